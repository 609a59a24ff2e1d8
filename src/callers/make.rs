//! Builds in Makefiles.

use std::collections::{BTreeMap, HashMap};

use super::{
    Caller, Callers, own_folder_or_root,
    script::{Script, may_build},
    traced::Traced,
    words::{ROOT, UNKNOWN, is_too_long, rooted, unknown},
};
use crate::text::RepoPath;

/// Reads the recipes: each line runs in a shell of its own, unless `.ONESHELL` joins them.
pub(super) fn read(path: &RepoPath, text: &str, into: &mut Callers) {
    if !may_build(text) {
        return;
    }
    let folder = path.parent().unwrap_or(RepoPath::root());
    // A Makefile runs where it lies; a file that others include runs where they lie.
    let is_included = path.file_name().ends_with(".mk");
    let script = Script {
        path,
        caller: Caller::Makefile,
        starts: if is_included { own_folder_or_root(path) } else { vec![folder.clone()] },
        variables: HashMap::new(),
        lists: BTreeMap::new(),
    };
    let mut variables = HashMap::from([
        ("CURDIR".to_owned(), Traced::untraced(&rooted(&folder))),
        ("DOCKER".to_owned(), Traced::untraced("docker")),
    ]);
    let lines = logical(text);
    for (_, line) in lines.iter().filter(|it| it.1.get(0) != Some('\t')) {
        if let Some((name, value)) = variable(line) {
            let value = expand(&value, &variables);
            variables.insert(name, value);
        }
    }
    for (first, recipe) in lines.iter().filter(|it| it.1.get(0) == Some('\t')) {
        let command = recipe.trim_start(|it| "\t @-+".contains(it));
        script.read(&expand(&command, &variables), &|it| first + it - 1, into);
    }
}

/// The lines of a Makefile with their continuations, and the line each starts on.
fn logical(text: &str) -> Vec<(usize, Traced)> {
    let mut all: Vec<(usize, Traced)> = Vec::new();
    let mut continues = false;
    let one_shell = text.lines().any(|it| it.starts_with(".ONESHELL:"));
    let mut start = 0;
    for (at, whole) in text.split_inclusive('\n').enumerate() {
        let line = whole.trim_end_matches(['\r', '\n']);
        let goes_on = |it: &Traced| one_shell && line.starts_with('\t') && it.get(0) == Some('\t');
        let traced = Traced::at(line, start);
        match all.last_mut() {
            Some((_, last)) if continues || goes_on(last) => {
                last.push('\n');
                last.append(&traced);
            }
            _ => all.push((at + 1, traced)),
        }
        continues = line.ends_with('\\');
        start += whole.len();
    }
    all
}

fn variable(line: &Traced) -> Option<(String, Traced)> {
    let (left, value) = line.split_once("=")?;
    let left = left.text();
    let name = left.trim().trim_end_matches([':', '?', '+', '!']).trim();
    let name = name.strip_prefix("export ").unwrap_or(name);
    let plain = |it: char| it.is_ascii_alphanumeric() || "_-.".contains(it);
    let value = value.split_once(" #").map_or(value, |it| it.0).trim();
    // A variable that is there to be set from outside says something else on another day.
    let value = if left.trim_end().ends_with('?') { value.forgotten() } else { value };
    (!name.is_empty() && name.chars().all(plain)).then(|| (name.to_owned(), value))
}

/// Puts in make's variables; `$$` becomes the shell's `$`.
fn expand(text: &Traced, variables: &HashMap<String, Traced>) -> Traced {
    let mut out = Traced::default();
    let mut at = 0;
    while let Some(c) = text.get(at) {
        at += 1;
        if is_too_long(&out, text) {
            return unknown();
        }
        if c != '$' {
            out.append(&text.slice(at - 1..at));
            continue;
        }
        match text.get(at) {
            Some('$') => {
                out.append(&text.slice(at..at + 1));
                at += 1;
            }
            Some(open @ ('(' | '{')) => {
                let close = if open == '(' { ")" } else { "}" };
                let end = text.find(close, at).unwrap_or(text.len());
                match text.slice(at + 1..end).text().as_str() {
                    "shell pwd" => {
                        if let Some(it) = variables.get("CURDIR") {
                            out.append(it);
                        }
                    }
                    "shell git rev-parse --show-toplevel" => out.push(ROOT),
                    name => match variables.get(name) {
                        Some(it) => out.append(it),
                        None => out.push(UNKNOWN),
                    },
                }
                at = end + 1;
            }
            Some(_) => {
                out.push(UNKNOWN);
                at += 1;
            }
            None => {}
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use crate::callers::{
        retarget::tests::{assert_follows, follow},
        tests::builds,
    };

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

    #[test]
    fn makefiles_follow() {
        assert_follows("Makefile", " SERVICE := api
-DOCKERFILE = Dockerfile.test # the twin
+DOCKERFILE = Dockerfile # the twin
 test:
-\t@docker build -t x \\
-\t\t-f $(SERVICE)/Dockerfile.test .
+\t@docker build -t x \\
+\t\t-f $(SERVICE)/Dockerfile \\
+\t\t--target test \\
+\t\t--build-arg INSTALL_TEST_DEPS=true .
-\tdocker build -f $(DOCKERFILE) -t x .
+\tdocker build -f $(DOCKERFILE) --target test --build-arg INSTALL_TEST_DEPS=true -t x .
-\tfor s in a b; do docker build -f $$s/Dockerfile.test .; done
+\tfor s in a b; do docker build -f $$s/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true .; done
");
        let overridable = "F ?= Dockerfile.test\nt:\n\tdocker build -f $(F) .\n";
        assert!(follow("Makefile", overridable).contains("comes from a variable"));
    }
}
