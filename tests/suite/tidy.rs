//! Rules that the compiler does not know.

use crate::support;
use std::{collections::BTreeSet, env, fs, process::Command};

use crate::support::source::{Source, assert_none, mentions, root, sources};
use refit::transforms;

#[test]
fn every_transform_is_in_the_catalogue_and_has_a_page() {
    let mut names: Vec<String> =
        transforms::ALL.iter().map(|it| it.name.replace('-', "_")).collect();
    names.sort();
    let entries = fs::read_dir(root().join("transforms")).unwrap().map(|it| it.unwrap().path());
    let folders = entries.filter(|it| it.is_dir());
    let mut folders: Vec<String> =
        folders.map(|it| it.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    folders.sort();
    assert_eq!(folders, names);
    for it in transforms::ALL {
        let page = fs::read_to_string(
            root().join(format!("transforms/{}/page.md", it.name.replace('-', "_"))),
        );
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
    assert_eq!(written, index, "UPDATE=1 cargo test --test suite tidy writes it");
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
fn each_dependency_has_a_reason() {
    let manifest: toml_edit::DocumentMut =
        fs::read_to_string(root().join("Cargo.toml")).unwrap().parse().unwrap();
    let mut tables = vec![&manifest["dependencies"], &manifest["dev-dependencies"]];
    tables.extend(manifest["target"].as_table().unwrap().iter().map(|it| &it.1["dependencies"]));
    let names =
        tables.iter().flat_map(|it| it.as_table().unwrap().iter().map(|it| it.0.to_owned()));
    let names: BTreeSet<String> = names.collect();
    let text = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let section = text.split("## What it depends on").nth(1).unwrap();
    let section = section.split("\n## ").next().unwrap();
    let rows = section.lines().filter_map(|it| it.strip_prefix("| ")?.split(" | ").next());
    let named = rows.flat_map(|it| it.split('`').skip(1).step_by(2).map(str::to_owned));
    assert_eq!(named.collect::<BTreeSet<_>>(), names);
}

#[test]
fn parameters_have_names() {
    let mut nameless = Vec::new();
    for source in sources(&["src", "transforms", "tests", "benches"]) {
        for (at, line) in source.code().lines().enumerate() {
            // A closure of one line may call its parameter so, and so may prose.
            let Some((before, typ)) = line.split_once("it: ") else { continue };
            let is_parameter = before.trim().is_empty() || before.ends_with(['(', ' ']);
            let is_closure = before.matches('|').count() % 2 == 1;
            let is_type = typ.starts_with(['&', '(']) || typ.starts_with(char::is_uppercase);
            if is_parameter && is_type && !is_closure && !before.contains('"') {
                nameless.push(format!("{}:{}: {}", source.path, at + 1, line.trim()));
            }
        }
    }
    assert_none("parameters that are called `it`", &nameless);
}

#[test]
fn each_parser_has_one_owner() {
    let owners = [
        ("brush_parser", "src/shell"),
        ("granit_parser", "src/yaml/second.rs"),
        ("hcl_edit", "src/callers/bake/hcl.rs"),
        ("object::", "src/verify/contents/elf.rs"),
        ("tar::", "src/verify/contents"),
        ("tree_sitter", "src/ecosystems/code"),
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
        // Names functions of the library as facts about other programs.
        "src/ecosystems/code/rust/",
        "src/main.rs",
        "src/load",
        "src/engine/transaction",
        "src/engine/apply.rs",
        "src/engine/undo.rs",
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
