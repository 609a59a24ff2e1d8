//! Builds in Makefiles.

use std::collections::HashMap;

use super::{
    Caller, Callers, own_folder_or_root,
    script::Script,
    words::{ROOT, UNKNOWN},
};
use crate::path::RepoPath;

/// Reads the recipes: each line runs in a shell of its own, unless `.ONESHELL` joins them.
pub(super) fn read(path: &RepoPath, text: &str, into: &mut Callers) {
    let folder = path.parent().unwrap_or(RepoPath::root());
    // A Makefile runs where it lies; a file that others include runs where they lie.
    let is_included = path.file_name().ends_with(".mk");
    let script = Script {
        path,
        caller: Caller::Makefile,
        starts: if is_included { own_folder_or_root(path) } else { vec![folder.clone()] },
        variables: HashMap::new(),
        lists: HashMap::new(),
    };
    let mut variables = HashMap::from([
        ("CURDIR".to_owned(), format!("{ROOT}/{}", folder.as_str())),
        ("DOCKER".to_owned(), "docker".to_owned()),
    ]);
    let lines = logical(text);
    for (_, line) in lines.iter().filter(|it| !it.1.starts_with('\t')) {
        if let Some((name, value)) = variable(line) {
            let value = expand(value, &variables);
            variables.insert(name.to_owned(), value);
        }
    }
    for (first, recipe) in lines.iter().filter(|it| it.1.starts_with('\t')) {
        let command = recipe.trim_start_matches(['\t', ' ', '@', '-', '+']);
        script.read(&expand(command, &variables), &|it| first + it - 1, into);
    }
}

/// The lines of a Makefile with their continuations, and the line each starts on.
fn logical(text: &str) -> Vec<(usize, String)> {
    let mut all: Vec<(usize, String)> = Vec::new();
    let mut continues = false;
    let one_shell = text.lines().any(|it| it.starts_with(".ONESHELL:"));
    for (at, line) in text.lines().enumerate() {
        let goes_on = |it: &String| one_shell && line.starts_with('\t') && it.starts_with('\t');
        match all.last_mut() {
            Some((_, last)) if continues || goes_on(last) => {
                last.push('\n');
                last.push_str(line);
            }
            _ => all.push((at + 1, line.to_owned())),
        }
        continues = line.ends_with('\\');
    }
    all
}

fn variable(line: &str) -> Option<(&str, &str)> {
    let (name, value) = line.split_once('=')?;
    let name = name.trim().trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name);
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let value = value.split_once(" #").map_or(value, |it| it.0);
    (!name.is_empty() && name.chars().all(plain)).then_some((name, value.trim()))
}

/// Puts in make's variables; `$$` becomes the shell's `$`.
fn expand(text: &str, variables: &HashMap<String, String>) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('$') {
        out.push_str(before);
        let mut chars = after.chars();
        rest = match chars.next() {
            Some('$') => {
                out.push('$');
                chars.as_str()
            }
            Some(open @ ('(' | '{')) => {
                let close = if open == '(' { ')' } else { '}' };
                let (name, rest) = chars.as_str().split_once(close).unwrap_or((chars.as_str(), ""));
                match name {
                    "shell pwd" => out.extend(variables.get("CURDIR").map(String::as_str)),
                    "shell git rev-parse --show-toplevel" => out.push(ROOT),
                    _ => match variables.get(name) {
                        Some(it) => out.push_str(it),
                        None => out.push(UNKNOWN),
                    },
                }
                rest
            }
            Some(_) => {
                out.push(UNKNOWN);
                chars.as_str()
            }
            None => "",
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::super::tests::builds;

    #[test]
    fn recipes_build() {
        let text = "\
SERVICE := api
IMAGE ?= x/$(SERVICE)
build: deps
\t@docker build -t $(IMAGE) \\
\t\t-f $(SERVICE)/Dockerfile .
\tcd web && docker build --no-cache -t web .
\tdocker build other
\tfor s in a b; do docker build -t $$s svc/$$s; done
\tdocker build -f $@/Dockerfile .
\tdocker build - < Dockerfile
";
        assert_eq!(
            builds("Makefile", text),
            [
                "4 api/Dockerfile .",
                "6 web/Dockerfile web",
                "7 other/Dockerfile other",
                "8 svc/a/Dockerfile svc/a",
                "8 svc/b/Dockerfile svc/b",
                "9 lost",
            ]
        );
    }
}
