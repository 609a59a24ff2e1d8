//! Rules that the compiler does not know.

#![allow(clippy::print_stderr, clippy::unwrap_used, reason = "tests may")]

mod support;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use refit::transforms;

/// A source file: its path from the root, and its text.
struct Source {
    path: String,
    text: String,
}

impl Source {
    /// What of it is no test.
    fn code(&self) -> &str {
        self.text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default()
    }

    fn is_test(&self) -> bool {
        self.path.ends_with("tests.rs") || self.path.starts_with("tests/")
    }
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// The Rust files below these folders, in order.
fn sources(folders: &[&str]) -> Vec<Source> {
    let mut found = Vec::new();
    let mut open: Vec<PathBuf> = folders.iter().map(|it| root().join(it)).collect();
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|it| it == "rs") {
                let text = fs::read_to_string(&path).unwrap();
                let path = path.strip_prefix(root()).unwrap().to_str().unwrap().to_owned();
                found.push(Source { path, text });
            }
        }
    }
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn assert_none(rule: &str, offenders: &[String]) {
    assert!(offenders.is_empty(), "{rule}:\n  {}", offenders.join("\n  "));
}

/// The lines of these sources that mention a word.
fn mentions<'a>(sources: impl Iterator<Item = &'a Source>, words: &[&str]) -> Vec<String> {
    let mut found = Vec::new();
    for source in sources {
        for (number, line) in source.code().lines().enumerate() {
            let code = line.split("//").next().unwrap_or_default();
            if words.iter().any(|it| code.contains(it)) {
                found.push(format!("{}:{}: {}", source.path, number + 1, line.trim()));
            }
        }
    }
    found
}

#[test]
fn every_transform_is_in_the_catalogue_and_has_a_page() {
    let mut names: Vec<String> =
        transforms::ALL.iter().map(|it| it.name.replace('-', "_")).collect();
    names.sort();
    let files = |extension: &str| {
        let entries = fs::read_dir(root().join("transforms")).unwrap().map(|it| it.unwrap().path());
        let files = entries.filter(|it| it.extension().is_some_and(|it| it == extension));
        let stems = files.map(|it| it.file_stem().unwrap().to_str().unwrap().to_owned());
        let mut stems: Vec<_> = stems.filter(|it| it != "mod" && it != "README").collect();
        stems.sort();
        stems
    };
    assert_eq!(files("rs"), names);
    assert_eq!(files("md"), names);
    for it in transforms::ALL {
        let page =
            fs::read_to_string(root().join(format!("transforms/{}.md", it.name.replace('-', "_"))));
        assert_eq!(it.docs, page.unwrap(), "{} has another page", it.name);
        let title = it.docs.lines().next().unwrap_or_default();
        assert!(title.starts_with("# ") && !title.ends_with('.'), "{}: {title}", it.name);
    }
}

#[test]
fn the_index_of_the_pages_is_fresh() {
    let path = root().join("transforms/README.md");
    let index = support::page::index();
    if env::var_os("UPDATE").is_some() {
        fs::write(&path, &index).unwrap();
    }
    let written = fs::read_to_string(path).unwrap_or_default();
    assert_eq!(written, index, "UPDATE=1 cargo test --test tidy writes it");
}

#[test]
fn files_fit_in_the_head() {
    const LINES: usize = 400;
    let sources = sources(&["src", "transforms", "tests", "benches"]);
    let long = sources.iter().filter(|it| LINES < it.code().lines().count());
    let long: Vec<_> =
        long.map(|it| format!("{}: {}", it.path, it.code().lines().count())).collect();
    assert_none("files of more than 400 lines, tests beside the code not counted", &long);
}

#[test]
fn each_parser_has_one_owner() {
    let owners = [
        ("brush_parser", "src/shell"),
        ("object::", "src/verify/contents/elf.rs"),
        ("tar::", "src/verify/contents"),
        ("yaml_edit", "src/yaml"),
    ];
    for (parser, owner) in owners {
        let sources = sources(&["src", "transforms"]);
        let others = sources.iter().filter(|it| !it.path.starts_with(owner));
        assert_none(&format!("only {owner} names {parser}"), &mentions(others, &[parser]));
    }
}

#[test]
fn only_cli_prints() {
    let sources = sources(&["src", "transforms"]);
    let others = sources.iter().filter(|it| !it.path.starts_with("src/cli") && !it.is_test());
    let words = ["print!(", "println!(", "stdout()", "stderr()", "dbg!("];
    assert_none("only cli prints", &mentions(others, &words));
}

#[test]
fn only_the_edges_touch_the_disk() {
    const EDGES: [&str; 8] = [
        "src/main.rs",
        "src/project/load",
        "src/transaction",
        "src/apply.rs",
        "src/undo.rs",
        "src/git.rs",
        "src/cli",
        "src/verify",
    ];
    let sources = sources(&["src", "transforms"]);
    let inside =
        |it: &&Source| !it.is_test() && !EDGES.iter().any(|edge| it.path.starts_with(edge));
    let words = [
        "std::fs",
        " fs::",
        "(fs::",
        "std::env",
        " env::",
        "(env::",
        "std::process",
        "std::net",
        "std::io",
    ];
    assert_none("no I/O here", &mentions(sources.iter().filter(inside), &words));
}

#[test]
fn transforms_use_the_model() {
    let sources = sources(&["transforms"]);
    let words = [".span.start", ".span.end", "source_offset", "source_span", ".unwrap()"];
    assert_none("no offset arithmetic in transforms", &mentions(sources.iter(), &words));
}

#[test]
fn the_code_is_formatted() {
    let output = Command::new(env!("CARGO")).args(["fmt", "--check"]).current_dir(root()).output();
    let Ok(output) = output else { return };
    let stderr = String::from_utf8_lossy(&output.stderr);
    if stderr.contains("not installed") || stderr.contains("no such command") {
        eprintln!("skipped: cargo fmt is not installed");
        return;
    }
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
