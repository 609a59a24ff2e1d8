//! The parser against BuildKit's own parse of thousands of real files.

use crate::support;
use std::collections::BTreeMap;

use refit::dockerfile::{Dockerfile, Instruction, Keyword, Kind, Reader};
use serde_json::{Value, json};

/// Files whose parse differs from BuildKit's on purpose, each with its reason.
const EXCEPTIONS: &[(&str, &str)] = &[(
    "moby+buildkit/frontend/dockerfile/parser/testfiles/json/Dockerfile",
    "the record of BuildKit's parse went through C strings, which end at the NUL of \"\\u0000\"",
)];

#[test]
fn every_real_file_round_trips_and_parses_as_buildkit_does() {
    let Some(archive) = support::corpus("dockerfiles.tar.xz") else { return };
    let Some(expected) = support::corpus("dockerfiles.buildkit.jsonl.xz") else { return };
    let expected = String::from_utf8(support::unxz(&expected)).unwrap();
    let expected: BTreeMap<String, Value> = expected
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap())
        .map(|it| (it["path"].as_str().unwrap().to_owned(), it))
        .collect();
    let (mut files, mut parsed, mut wrong) = (0, 0, Vec::new());
    for (path, bytes) in support::files(&archive) {
        let Some(expected) = path.strip_prefix("dockerfiles/").and_then(|it| expected.get(it))
        else {
            continue;
        };
        let source = String::from_utf8(bytes).unwrap();
        let dockerfile = Dockerfile::parse(source.as_str());
        files += 1;
        let mut at = 0;
        for item in &dockerfile.items {
            assert_eq!(item.span.start, at, "{path}: items do not tile");
            at = item.span.end;
        }
        assert_eq!(at, source.len(), "{path}: items do not tile");
        let actual = if expected["ok"] == json!(true) { parse(&dockerfile) } else { json!(null) };
        let refused = dockerfile.errors.iter().any(|it| it.refused_by == Reader::Parser);
        let same = match expected["ok"] == json!(true) {
            true => !refused && actual == expected["instructions"],
            false => refused,
        };
        if !same && !EXCEPTIONS.iter().any(|it| path.ends_with(it.0)) {
            wrong.push(difference(&path, &dockerfile, &actual, &expected["instructions"]));
        }
        parsed += usize::from(expected["ok"] == json!(true));
    }
    println!("{files} files round-trip, {parsed} of them parse as BuildKit parses them");
    assert!(wrong.is_empty(), "{} files differ:\n{}", wrong.len(), wrong.join("\n"));
    assert_eq!((files, parsed), (5233, 5228));
}

fn difference(path: &str, dockerfile: &Dockerfile, actual: &Value, expected: &Value) -> String {
    let all = |it: &Value| it.as_array().cloned().unwrap_or_default();
    let (actual, expected) = (all(actual), all(expected));
    let first = actual.iter().zip(&expected).find(|(a, b)| a != b);
    let counts = format!("{} against {} instructions", actual.len(), expected.len());
    format!(
        "{path}: {:?}\n  {}",
        dockerfile.errors,
        first.map_or(counts, |(a, b)| format!("{a}\n  {b}"))
    )
}

fn parse(dockerfile: &Dockerfile) -> Value {
    let instructions = dockerfile.items.iter().filter_map(|item| match &item.kind {
        Kind::Instruction(it) => Some(node(it, item.lines, &dockerfile.source)),
        _ => None,
    });
    instructions.collect()
}

fn node(instruction: &Instruction, lines: (usize, usize), source: &str) -> Value {
    let trigger = instruction.trigger.as_deref();
    let heredoc = |heredoc: &refit::dockerfile::Heredoc| json!({"name": heredoc.name, "fd": heredoc.descriptor, "content": source[heredoc.body.clone()]});
    let inner = trigger.unwrap_or(instruction);
    let mut values = instruction.values();
    if inner.keyword == Keyword::Unknown {
        values = vec![String::new()];
    }
    let keyword = |it: &Instruction| it.logical.text.split_whitespace().next().map(str::to_owned);
    json!({
        "cmd": &source[instruction.keyword_span.clone()],
        "sub_cmd": trigger.and_then(keyword),
        "json": inner.json().is_some(),
        "start_line": lines.0,
        "end_line": lines.1,
        "flags": instruction.flags.iter().map(|it| &it.text).collect::<Vec<_>>(),
        "value": values,
        "heredocs": instruction.heredocs.iter().map(heredoc).collect::<Vec<_>>(),
    })
}
