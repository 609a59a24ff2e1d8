//! SARIF 2.1.0, which code scanning of GitHub and many editors read:
//! <https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html>.

use std::{collections::BTreeMap, fmt::Write as _};

use serde_json::{Value, json};

use crate::{
    engine::plan::codes,
    report::{ChangeReport, DeclineReport, EditReport, FileEdits, PlaceReport, Report, pages},
    transforms,
};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/os/schemas/sarif-schema-2.1.0.json";

/// The report as SARIF: a change is a warning with its fix, a place left alone is informational, and a file that
/// cannot be read is a notification of the tool.
///
/// # Errors
/// None that is known of: its types are texts and numbers.
pub fn sarif(report: &Report) -> serde_json::Result<String> {
    let rules = Rules::of(report);
    let changes = report.changes.iter().map(|it| change(it, &rules));
    let declines = report.declines.iter().map(|it| decline(it, &rules));
    let results: Vec<Value> = changes.chain(declines).collect();
    let tool = &report.tool;
    let log = json!({
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": tool.name,
                "version": tool.version,
                "semanticVersion": tool.version,
                "informationUri": tool.url,
                "rules": rules.all,
            }},
            "columnKind": "unicodeCodePoints",
            "invocations": [{
                "executionSuccessful": true,
                "toolExecutionNotifications": notifications(report),
            }],
            "results": results,
        }],
    });
    Ok(serde_json::to_string_pretty(&log)? + "\n")
}

/// The rules that results refer to, by their number.
struct Rules {
    all: Vec<Value>,
    numbers: BTreeMap<String, usize>,
}

impl Rules {
    fn of(report: &Report) -> Self {
        let mut rules = Self { all: Vec::new(), numbers: BTreeMap::new() };
        for it in &report.changes {
            if rules.numbers.contains_key(&it.transform) {
                continue;
            }
            let docs = docs(&it.transform);
            rules.add(&it.transform, pages::title(docs), pages::summary(docs), &it.url);
        }
        for it in &report.declines {
            let id = rule(it);
            if rules.numbers.contains_key(&id) {
                continue;
            }
            let meaning = pages::meanings(it.code)
                .into_iter()
                .find(|meaning| meaning.transform.is_none_or(|name| name == it.transform));
            let text = meaning.map(|it| it.text).unwrap_or_default();
            let title = format!("{} left a place alone: {}", it.transform, it.code);
            rules.add(&id, &title, &text, &it.url);
        }
        rules
    }

    fn add(&mut self, id: &str, title: &str, text: &str, url: &str) {
        self.numbers.insert(id.to_owned(), self.all.len());
        let text = if text.is_empty() { title } else { text };
        self.all.push(json!({
            "id": id,
            "shortDescription": {"text": title},
            "fullDescription": {"text": text.replace('\n', " ")},
            "help": {"text": format!("{text}\n\n{url}"), "markdown": format!("{text}\n\n[More]({url})")},
            "helpUri": url,
            "properties": {"tags": ["dockerfile"]},
        }));
    }

    fn result(&self, id: &str) -> serde_json::Map<String, Value> {
        let mut result = serde_json::Map::new();
        result.insert("ruleId".to_owned(), id.into());
        let number = self.numbers.get(id);
        _ = number.map(|it| result.insert("ruleIndex".to_owned(), (*it).into()));
        result
    }
}

fn docs(transform: &str) -> &'static str {
    transforms::find(transform).map_or("", |it| it.docs)
}

fn rule(decline: &DeclineReport) -> String {
    format!("{}/{}", decline.transform, decline.code)
}

fn change(change: &ChangeReport, rules: &Rules) -> Value {
    let mut result = rules.result(&change.transform);
    result.insert("kind".to_owned(), "fail".into());
    result.insert("level".to_owned(), "warning".into());
    let message = format!("{}: {}", change.title, change.reason);
    result.insert("message".to_owned(), json!({"text": message}));
    result.insert("locations".to_owned(), json!([location(&change.place)]));
    result.insert("partialFingerprints".to_owned(), json!({"refit/v1": change.fingerprint}));
    result
        .insert("properties".to_owned(), json!({"safety": change.safety, "alters": change.alters}));
    if let Some(edits) = change.edits.as_deref().and_then(artifact_changes) {
        let fix = json!({"description": {"text": change.title}, "artifactChanges": edits});
        result.insert("fixes".to_owned(), json!([fix]));
    }
    result.into()
}

fn decline(decline: &DeclineReport, rules: &Rules) -> Value {
    let is_bug = decline.code == codes::ENGINE;
    let mut result = rules.result(&rule(decline));
    // Of what is no failure the level has to be `none` (3.27.10).
    let (kind, level) = if is_bug { ("fail", "note") } else { ("informational", "none") };
    result.insert("kind".to_owned(), kind.into());
    result.insert("level".to_owned(), level.into());
    let message = format!("left alone: {}", decline.reason);
    result.insert("message".to_owned(), json!({"text": message}));
    result.insert("locations".to_owned(), json!([location(&decline.place)]));
    result.insert("partialFingerprints".to_owned(), json!({"refit/v1": decline.fingerprint}));
    result.into()
}

/// The changes of a fix; `None` if it removes a file, for which SARIF has no word.
fn artifact_changes(files: &[FileEdits]) -> Option<Vec<Value>> {
    let changes = files.iter().map(|file| {
        let (path, replacements) = match file {
            FileEdits::Delete { .. } => return None,
            FileEdits::Create { path, text } => {
                let start = EditReport {
                    start: 0,
                    end: 0,
                    line: 1,
                    column: 1,
                    end_line: 1,
                    end_column: 1,
                    text: text.clone(),
                    shared: false,
                };
                (path, vec![replacement(&start)])
            }
            FileEdits::Edit { path, edits } => (path, edits.iter().map(replacement).collect()),
        };
        Some(json!({"artifactLocation": artifact(path), "replacements": replacements}))
    });
    changes.collect()
}

fn replacement(edit: &EditReport) -> Value {
    json!({
        "deletedRegion": {
            "startLine": edit.line,
            "startColumn": edit.column,
            "endLine": edit.end_line,
            "endColumn": edit.end_column,
        },
        "insertedContent": {"text": edit.text},
    })
}

fn location(place: &PlaceReport) -> Value {
    json!({"physicalLocation": {
        "artifactLocation": artifact(&place.path),
        "region": {
            "startLine": place.line,
            "startColumn": place.column,
            "endLine": place.end_line,
            "endColumn": place.end_column,
        },
    }})
}

fn notifications(report: &Report) -> Vec<Value> {
    let problems = report.problems.iter().map(|it| (it, "error"));
    let all = problems.chain(report.warnings.iter().map(|it| (it, "warning")));
    let notification = all.map(|(it, level)| {
        let message = format!("{}; {}", it.message, it.hint);
        let mut physical = json!({"artifactLocation": artifact(&it.path)});
        if let Some(line) = it.line {
            physical["region"] = json!({"startLine": line});
        }
        json!({
            "level": level,
            "message": {"text": message.trim_end_matches("; ")},
            "locations": [{"physicalLocation": physical}],
        })
    });
    notification.collect()
}

fn artifact(path: &str) -> Value {
    json!({"uri": uri(path), "uriBaseId": "%SRCROOT%"})
}

/// A path as a relative reference: RFC 3986, 2.3 and 3.3. A colon is escaped too, for in the first part of a path
/// it would end a scheme.
fn uri(path: &str) -> String {
    let mut out = String::with_capacity(path.len());
    for byte in path.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' => out.push(char::from(byte)),
            b'-' | b'.' | b'_' | b'~' | b'/' | b'@' | b'+' | b'=' => out.push(char::from(byte)),
            byte => _ = write!(out, "%{byte:02X}"),
        }
    }
    out
}
