//! Names of package managers outside of `ecosystems`: each would be a fact in the wrong place.

use std::collections::BTreeSet;

use refit::ecosystems::MANAGERS;

use crate::support::source::{assert_none, sources};

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

#[test]
fn managers_are_named_in_ecosystems_alone() {
    let names = names();
    let prefixes: Vec<&str> =
        MANAGERS.iter().map(|it| it.variables).filter(|it| !it.is_empty()).collect();
    let is_word = |it: char| it.is_alphanumeric() || "_.-".contains(it);
    // A name of two letters is a word of the language, and the ending of files: it counts where a literal is it,
    // or is a command line of it.
    let (short, names): (BTreeSet<String>, BTreeSet<String>) =
        names.into_iter().partition(|it| it.len() <= 2);
    let names_one = |literal: &str| {
        short.contains(literal.split(' ').next().unwrap_or_default())
            || literal.split(|it| !is_word(it)).any(|word| {
                names.contains(word.trim_matches(['.', '-']))
                    || prefixes.iter().any(|it| word.starts_with(it))
            })
    };
    let mut found = Vec::new();
    for source in sources(&["src", "transforms"]) {
        if source.room() == "ecosystems" || source.is_test() {
            continue;
        }
        let code = source.without_comments();
        // The names of transforms are no managers'.
        let lines = code.lines().filter(|it| !it.starts_with("const NAME: &str"));
        let naming = lines.filter(|it| literals(it).any(names_one));
        found.extend(naming.map(|it| format!("{}: {}", source.path, it.trim())));
    }
    assert_none("a line names a package manager: it is a fact, for `ecosystems`", &found);
}
