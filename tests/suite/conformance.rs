//! BuildKit's own parser tests: the expected trees, the files that must fail, and the words of its lexer.

use crate::support;
use std::{collections::BTreeMap, fmt::Write as _};

use refit::dockerfile::{Dockerfile, Instruction, Keyword, word};

const ARCHIVE: &str = "buildkit-conformance.tar.xz";

fn texts() -> Option<BTreeMap<String, String>> {
    let files = support::files(&support::corpus(ARCHIVE)?);
    Some(
        files
            .into_iter()
            .filter_map(|(path, it)| Some((path, String::from_utf8(it).ok()?)))
            .collect(),
    )
}

#[test]
fn every_expected_tree_is_ours() {
    let Some(texts) = texts() else { return };
    let mut compared = 0;
    for (path, expected) in texts.iter().filter(|it| it.0.ends_with("/result")) {
        let source = &texts[&path.replace("/result", "/Dockerfile")];
        let dockerfile = Dockerfile::parse(source.as_str());
        let lines: Vec<String> = dockerfile.instructions().map(|it| dump(it.1)).collect();
        assert_eq!(lines.join("\n"), expected.trim_end(), "{path}");
        compared += 1;
    }
    println!("{compared} trees are BuildKit's");
    assert!(compared > 30);
}

#[test]
fn what_must_fail_fails_with_a_line() {
    let Some(texts) = texts() else { return };
    let failing = texts
        .iter()
        .filter(|it| it.0.contains("testfiles-negative") && it.0.ends_with("Dockerfile"));
    let mut failed = 0;
    for (path, source) in failing {
        let dockerfile = Dockerfile::parse(source.as_str());
        let first = dockerfile.errors.first().unwrap_or_else(|| panic!("{path} is accepted"));
        assert!((1..=source.lines().count().max(1)).contains(&first.line), "{path}: {first:?}");
        failed += 1;
    }
    println!("{failed} files fail as they must");
    assert!(failed >= 6);
}

#[test]
fn variables_expand_as_in_buildkit() {
    let Some(texts) = texts() else { return };
    let (_, rows) = texts.iter().find(|it| it.0.ends_with("shell/envVarTest")).unwrap();
    let lookup = |name: &str| {
        let known = [("PWD", "/home"), ("SHELL", "bash"), ("KOREAN", "한국어"), ("NULL", "")];
        known.iter().find(|it| it.0 == name).map(|it| it.1.to_owned())
    };
    let mut checked = 0;
    for row in rows.lines().map(str::trim).filter(|it| !it.is_empty() && !it.starts_with('#')) {
        let [platform, source, expected] = row.split('|').map(str::trim).collect::<Vec<_>>()[..]
        else {
            panic!("{row}")
        };
        if platform == "W" {
            continue;
        }
        let actual = word::expand(source, '\\', &lookup);
        match expected {
            "error" => assert!(actual.is_err(), "{row}: {actual:?}"),
            _ => assert_eq!(actual.as_deref(), Ok(expected), "{row}"),
        }
        checked += 1;
    }
    println!("{checked} expansions are BuildKit's");
    assert!(checked > 150);
}

#[test]
fn words_split_as_in_buildkit() {
    let Some(texts) = texts() else { return };
    let (_, rows) = texts.iter().find(|it| it.0.ends_with("shell/wordsTest")).unwrap();
    let mut known: BTreeMap<String, String> = BTreeMap::new();
    let mut checked = 0;
    for row in rows.lines().filter(|it| !it.is_empty() && !it.starts_with('#')) {
        if let Some((name, value)) = row.strip_prefix("ENV ").and_then(|it| it.split_once('=')) {
            known.insert(name.to_owned(), value.to_owned());
            continue;
        }
        let (source, expected) = row.split_once('|').unwrap();
        let actual = word::expand_words(source.trim(), '\\', &|name| known.get(name).cloned());
        match expected.strip_prefix(' ').unwrap_or(expected) {
            "error" => assert!(actual.is_err(), "{row}: {actual:?}"),
            expected => {
                assert_eq!(actual.unwrap(), expected.split(',').collect::<Vec<_>>(), "{row}");
            }
        }
        checked += 1;
    }
    println!("{checked} splits are BuildKit's");
    assert!(checked > 20);
}

/// An instruction as BuildKit's `Node.Dump` prints it.
fn dump(instruction: &Instruction) -> String {
    let keyword = instruction.logical.text.split_whitespace().next().unwrap().to_lowercase();
    let mut out = format!("({keyword}");
    if !instruction.flags.is_empty() {
        let flags: Vec<String> = instruction.flags.iter().map(|it| quoted(&it.text)).collect();
        let _ = write!(out, " [{}]", flags.join(" "));
    }
    match (instruction.keyword, &instruction.trigger) {
        (_, Some(trigger)) => out = format!("{out} {}", dump(trigger)),
        (Keyword::Env | Keyword::Label, _) => {
            for (pair, value) in instruction.pairs().iter().zip(instruction.values().chunks(2)) {
                let sign = if pair.legacy { "" } else { "=" };
                let _ =
                    write!(out, " {} {} {}", quoted(&value[0]), quoted(&value[1]), quoted(sign));
            }
        }
        _ => instruction.values().iter().for_each(|it| {
            let _ = write!(out, " {}", quoted(it));
        }),
    }
    out + ")"
}

/// A string as Go's `strconv.Quote` writes it.
fn quoted(text: &str) -> String {
    let mut out = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => out += "\\\"",
            '\\' => out += "\\\\",
            '\n' => out += "\\n",
            '\r' => out += "\\r",
            '\t' => out += "\\t",
            '\x08' => out += "\\b",
            '\x0c' => out += "\\f",
            c if c.is_control() => _ = write!(out, "\\x{:02x}", u32::from(c)),
            c => out.push(c),
        }
    }
    out + "\""
}
