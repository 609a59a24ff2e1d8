//! Names of package managers outside of `ecosystems`: each is a fact in the wrong place.
//!
//! The list in `literals.tsv` has the files that still name one, with the number of lines that do. It may
//! only shrink: a new line is a failure, and so is a number that is too high. At zero it goes.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
};

use refit::ecosystems::MANAGERS;

use crate::support::source::{assert_none, root, sources};

/// The words by which literals name a manager: its names, programs, packages and files.
fn names() -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for manager in MANAGERS {
        names.extend([manager.name, manager.title].map(str::to_owned));
        let words = manager.programs.iter().chain(manager.packages);
        names.extend(words.map(|it| (*it).to_owned()));
        let files = manager.files.iter().map(|it| it.pattern).filter(|it| !it.contains('*'));
        names.extend(files.map(str::to_owned));
    }
    names
}

/// The literals of a line, without their quotes.
fn literals(line: &str) -> impl Iterator<Item = &str> {
    line.split('"').skip(1).step_by(2)
}

/// The number of lines in each file outside of `ecosystems` with a literal that names a manager.
fn found() -> BTreeMap<String, usize> {
    let names = names();
    let prefixes: Vec<&str> =
        MANAGERS.iter().map(|it| it.variables).filter(|it| !it.is_empty()).collect();
    let is_word = |it: char| it.is_alphanumeric() || "_.-".contains(it);
    let names_one = |literal: &str| {
        literal.split(|it| !is_word(it)).any(|word| {
            names.contains(word.trim_matches(['.', '-']))
                || prefixes.iter().any(|it| word.starts_with(it))
        })
    };
    let mut found = BTreeMap::new();
    for source in sources(&["src", "transforms"]) {
        if source.room() == "ecosystems" || source.is_test() {
            continue;
        }
        let code = source.without_comments();
        // The names of transforms are no managers'.
        let lines = code.lines().filter(|it| !it.starts_with("const NAME: &str"));
        let count = lines.filter(|it| literals(it).any(names_one)).count();
        if 0 < count {
            found.insert(source.path, count);
        }
    }
    found
}

#[test]
fn managers_are_named_in_ecosystems_alone() {
    let path = root().join("tests/suite/literals.tsv");
    let found = found();
    if std::env::var_os("UPDATE").is_some() {
        let mut text = String::new();
        for (path, count) in &found {
            let _ = writeln!(text, "{path}\t{count}");
        }
        fs::write(&path, text).unwrap();
    }
    let listed = fs::read_to_string(path).unwrap();
    let listed: BTreeMap<&str, usize> = listed
        .lines()
        .filter_map(|it| it.split_once('\t'))
        .map(|(path, count)| (path, count.parse().unwrap()))
        .collect();
    let count_in = |path: &str| listed.get(path).copied().unwrap_or(0);
    let more = found.iter().filter(|it| count_in(it.0) < *it.1);
    let more: Vec<String> = more.map(|(path, it)| format!("{path}: {it} lines")).collect();
    assert_none("more lines name a package manager: it is a fact, for `ecosystems`", &more);
    let fewer = listed.iter().filter(|it| found.get(*it.0).copied().unwrap_or(0) < *it.1);
    let fewer: Vec<String> = fewer.map(|(path, it)| format!("{path}: {it} listed")).collect();
    assert_none("fewer lines than listed (UPDATE=1 writes the list)", &fewer);
}
