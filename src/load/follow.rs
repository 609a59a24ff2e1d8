//! Reads the files whose names nobody can know beforehand: those that Dockerfiles, requirements files
//! and compose files name.

use std::{
    cell::OnceCell,
    collections::{BTreeMap, HashMap},
    path::Path,
};

use rayon::prelude::*;

use super::{
    text::{self, Read},
    wanted::{self, Wanted},
};
use crate::{
    callers,
    dockerfile::{Dockerfile, Keyword},
    ecosystems::{MANAGERS, programs::settings, python},
    project::{File, Problem, Tree, tree},
    text::{RepoPath, tails},
};

/// Reads the files that those read so far name, and the files that these name, until none is left.
pub(super) fn read_named(
    root: &Path,
    tree: &Tree,
    texts: &mut BTreeMap<RepoPath, File>,
    problems: &mut Vec<Problem>,
) {
    let settings = OnceCell::new();
    let settings = || settings.get_or_init(|| Settings::of(tree));
    let named: Vec<_> = texts.values().collect();
    let given: Vec<_> = named.iter().flat_map(|it| given(it)).collect();
    let given: Vec<_> = given.into_iter().flat_map(|it| settings().named(it)).collect();
    let named = named.par_iter().flat_map_iter(|it| names(it, tree));
    let named = named.chain(given);
    let mut queue: Vec<_> = named.collect();
    while let Some((path, wanted)) = queue.pop() {
        if texts.contains_key(&path) || !tree.is_file(&path) {
            continue;
        }
        if wanted::file(&path) == Some(Wanted::Lock) {
            continue;
        }
        match text::read_as(root, &path, wanted) {
            Read::Text(it) => {
                let file = File::new(path.clone(), it);
                queue.extend(names(&file, tree));
                texts.insert(path, file);
            }
            // Only its place in another file made it matter, so it may be anything.
            Read::Problem(it) if wanted == Wanted::Caller => problems.push(it),
            Read::Problem(_) | Read::Unread(_) | Read::Skipped => {}
        }
    }
}

fn names(file: &File, tree: &Tree) -> Vec<(RepoPath, Wanted)> {
    let name = file.path.file_name();
    let folder = file.path.parent().unwrap_or(RepoPath::root());
    let manifest = |it: RepoPath| (it, Wanted::Manifest);
    if file.dockerfile().is_some() {
        let started = started(file, tree).into_iter().map(|it| (it, Wanted::Script));
        return copied(file, tree).into_iter().map(manifest).chain(started).collect();
    }
    if name.ends_with(".txt") || name.ends_with(".in") {
        let named = MANAGERS.iter().flat_map(|it| (it.includes)(&file.text));
        return named.filter_map(|it| folder.join(&it)).map(manifest).collect();
    }
    match callers::Kind::of(&file.path) {
        Some(callers::Kind::Compose) => {
            let named = file.text.lines().filter_map(included);
            let named = named.filter_map(|it| folder.join(it)).map(|it| (it, Wanted::Caller));
            let variables = file.callers().services.iter().flat_map(|it| &it.env_files);
            let variables = variables.filter_map(|it| folder.join(it));
            named.chain(variables.map(|it| (it, Wanted::Manifest))).collect()
        }
        _ => Vec::new(),
    }
}

/// The settings files of a project by their names, without folders.
struct Settings<'t>(HashMap<&'t str, Vec<&'t RepoPath>>);

/// The options that give a program settings which are code.
const GIVES: [&str; 2] = ["-c", "--config"];

/// How many files of one name are read.
const ALIKE: usize = 16;

impl<'t> Settings<'t> {
    fn of(tree: &'t Tree) -> Self {
        let mut found: HashMap<&str, Vec<&RepoPath>> = HashMap::new();
        let is_one = |it: &&RepoPath| {
            settings::is_plain(it.file_name()) || settings::is_code(it.file_name())
        };
        for path in tree.files().filter(is_one) {
            found.entry(path.file_name()).or_default().push(path);
        }
        Self(found)
    }

    /// The files of a name: which of them ends up in an image is not known here.
    fn named(&self, name: &str) -> Vec<(RepoPath, Wanted)> {
        let found = self.0.get(name).into_iter().flatten().take(ALIKE);
        found.map(|it| ((*it).clone(), Wanted::Settings)).collect()
    }
}

/// The names of the settings files that the commands of a file give to programs, without folders.
fn given(file: &File) -> Vec<&str> {
    let starts = matches!(
        callers::Kind::of(&file.path),
        Some(callers::Kind::Compose | callers::Kind::Script)
    );
    if file.dockerfile().is_none() && !starts {
        return Vec::new();
    }
    let ends =
        |it: char| it.is_whitespace() || matches!(it, '"' | '\'' | ',' | '[' | ']' | '=' | ';');
    // Few words are names of settings files: those are looked for by their endings.
    let words = settings::endings(&file.text).filter_map(|end| {
        let (before, after) = file.text.split_at(end);
        let start = before.trim_end_matches(|it| !ends(it)).len();
        after.chars().next().is_none_or(ends).then(|| (&before[..start], &before[start..]))
    });
    let is_given = |before: &str| {
        let word = before.trim_end_matches(ends).rsplit(ends).next();
        word.is_some_and(|it| GIVES.contains(&it))
    };
    let given = words.filter(|(before, word)| {
        settings::is_plain(word) || (settings::is_code(word) && is_given(before))
    });
    given.map(|it| it.1.rsplit(['/', ':']).next().unwrap_or(it.1)).collect()
}

/// The manifests that a Dockerfile copies, wherever its context may be.
fn copied(file: &File, tree: &Tree) -> Vec<RepoPath> {
    let instructions = file.dockerfile().into_iter().flat_map(Dockerfile::instructions);
    let copies = instructions.filter_map(|it| it.1.copy()).filter(|it| it.from.is_none());
    let sources = copies.flat_map(|it| it.sources).map(|it| it.text);
    let is_manifest = |it: &String| {
        matches!(it.rsplit_once('.'), Some((_, "in" | "lock" | "toml" | "txt")))
            && !it.contains("://")
    };
    let sources: Vec<_> = sources.filter(is_manifest).collect();
    let contexts = file.path.ancestors().flat_map(|folder| {
        sources.iter().flat_map(move |it| tree::sources(tree, &folder, it)).collect::<Vec<_>>()
    });
    contexts.collect()
}

/// The files that CMD, ENTRYPOINT, HEALTHCHECK or a RUN of a Dockerfile may start, wherever its context may be: a path, or the
/// module of `python -m`.
fn started(file: &File, tree: &Tree) -> Vec<RepoPath> {
    let starts = [Keyword::Cmd, Keyword::Entrypoint, Keyword::Healthcheck, Keyword::Run];
    let instructions = file.dockerfile().into_iter().flat_map(Dockerfile::instructions);
    let lines = instructions.filter(|it| starts.contains(&it.1.keyword));
    let mut found = Vec::new();
    for text in lines.map(|it| &it.1.logical.text) {
        let modules = modules(text).flat_map(python::module_files);
        for name in scripts(text).map(str::to_owned).chain(modules) {
            for rest in tails(&name) {
                let places = file.path.ancestors().filter_map(|it| it.join(rest));
                found.extend(places.filter(|it| tree.is_file(it)));
            }
        }
    }
    found
}

/// The endings of scripts that an interpreter is given, without the dot.
const SCRIPTS: [&str; 5] = ["js", "mjs", "pl", "py", "rb"];

/// Whether a character is one of a path, as commands have them.
fn is_of_path(it: char) -> bool {
    it.is_alphanumeric() || matches!(it, '-' | '_' | '.' | '/')
}

/// The words of commands that end like scripts, but for those after `-m`. Few do: they are looked for by their endings.
fn scripts(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices('.').filter_map(|(at, _)| {
        let (before, rest) = (&text[..at], &text[at + 1..]);
        let after = SCRIPTS.iter().find_map(|it| rest.strip_prefix(it))?;
        let start = before.trim_end_matches(is_of_path).len();
        let word = &text[start..text.len() - after.len()];
        let before = text[..start].trim_end_matches(|it: char| !is_of_path(it));
        (!after.starts_with(is_of_path) && !is_module_option(before)).then_some(word)
    })
}

/// The words of commands after `-m`.
fn modules(text: &str) -> impl Iterator<Item = &str> {
    text.match_indices("-m").filter_map(|(at, option)| {
        let (before, rest) = text.split_at(at + option.len());
        let word = rest.trim_start_matches(|it: char| !is_of_path(it));
        let is_word = word.len() < rest.len() && !word.is_empty() && is_module_option(before);
        is_word.then(|| &word[..word.find(|it: char| !is_of_path(it)).unwrap_or(word.len())])
    })
}

/// Whether a text ends with the word `-m`.
fn is_module_option(text: &str) -> bool {
    text.strip_suffix("-m").is_some_and(|it| !it.ends_with(is_of_path))
}

/// The file that a line of a compose file includes or extends. Read line by line: what it names by
/// mistake is a file that is read in vain.
fn included(line: &str) -> Option<&str> {
    let line = line.trim();
    let value = ["file:", "path:", "- path:", "-"].iter().find_map(|it| line.strip_prefix(it))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (value.ends_with(".yml") || value.ends_with(".yaml")).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commands_start_scripts_by_their_endings_and_modules_after_an_option() {
        let rows: [(&str, &[&str], &[&str]); 7] = [
            ("python ./app/main.py --port=1.2", &["./app/main.py"], &[]),
            ("[\"node\", \"a.b.js\"] && perl x.pl;ruby y.rb", &["a.b.js", "x.pl", "y.rb"], &[]),
            ("python -m app.main && python -m pip", &[], &["app.main", "pip"]),
            ("python -m app.py x.py", &["x.py"], &["app.py"]),
            ("tool --mode x.pyc a.json -m", &[], &[]),
            ("set -e-m a.mjs", &["a.mjs"], &[]),
            ("", &[], &[]),
        ];
        for (text, expected_scripts, expected_modules) in rows {
            assert_eq!(scripts(text).collect::<Vec<_>>(), expected_scripts, "{text}");
            assert_eq!(modules(text).collect::<Vec<_>>(), expected_modules, "{text}");
        }
    }
}
