//! The forms in which a report is printed for machines; the text for people is `cli`'s.

mod audit;
mod concise;
mod github;
mod gitlab;
mod html;
mod junit;
mod markdown;
mod sarif;

use std::fmt::Write as _;

pub use audit::{Length, audit_html, audit_json, audit_markdown};
pub use concise::concise;
pub use github::github;
pub use gitlab::gitlab;
pub use html::html;
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;

use super::{PlaceReport, Report};
use crate::engine::plan::codes;

/// The report as one JSON object and a line end.
///
/// # Errors
/// None that is known of: its types are texts and numbers.
pub fn json(report: &Report) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(report)? + "\n")
}

/// The diffs of the files, as `git apply` takes them.
pub fn patch(report: &Report) -> String {
    report.files.iter().map(|it| it.diff.as_str()).collect()
}

/// How much somebody should care.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Level {
    /// Something was left alone.
    Note,
    /// Something can be better.
    Warning,
    /// A file cannot be read, or refit is wrong.
    Error,
}

/// One line of a list: a change, a place left alone, or a file with a problem.
struct Finding {
    /// `pin-poetry`, `pin-poetry/onbuild`, `problem` or `warning`.
    code: String,
    level: Level,
    path: String,
    /// `None` for a whole file.
    place: Option<PlaceReport>,
    message: String,
    /// Empty for a problem, which is known by its file, code and message.
    fingerprint: String,
}

impl Finding {
    fn line(&self) -> usize {
        self.place.as_ref().map_or(1, |it| it.line)
    }

    fn column(&self) -> usize {
        self.place.as_ref().map_or(1, |it| it.column)
    }
}

/// All that a report lists, by file and place.
fn findings(report: &Report) -> Vec<Finding> {
    let changes = report.changes.iter().map(|it| Finding {
        code: it.transform.clone(),
        level: Level::Warning,
        path: it.place.path.clone(),
        place: Some(it.place.clone()),
        message: format!("{}: {} [{}]", it.title, it.reason, it.safety),
        fingerprint: it.fingerprint.clone(),
    });
    let declines = report.declines.iter().map(|it| Finding {
        code: format!("{}/{}", it.transform, it.code),
        level: if it.code == codes::ENGINE { Level::Error } else { Level::Note },
        path: it.place.path.clone(),
        place: Some(it.place.clone()),
        message: format!("left alone: {}", it.reason),
        fingerprint: it.fingerprint.clone(),
    });
    let problems = report.problems.iter().map(|it| (it, "problem", Level::Error));
    let warnings = report.warnings.iter().map(|it| (it, "warning", Level::Warning));
    let problems = problems.chain(warnings).map(|(it, code, level)| Finding {
        code: code.to_owned(),
        level,
        path: it.path.clone(),
        place: it.line.map(|line| PlaceReport {
            path: it.path.clone(),
            line,
            column: 1,
            end_line: line,
            end_column: 1,
        }),
        message: format!("{}; {}", it.message, it.hint).trim_end_matches("; ").to_owned(),
        fingerprint: String::new(),
    });
    let mut all: Vec<_> = changes.chain(declines).chain(problems).collect();
    all.sort_by(|a, b| (&a.path, a.line(), a.column()).cmp(&(&b.path, b.line(), b.column())));
    all
}

/// A text in which control characters are escaped, so that it stays on its line.
pub(super) fn on_one_line(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c.is_control() {
            true => _ = write!(out, "{}", c.escape_default()),
            false => out.push(c),
        }
    }
    out
}

/// A text as the value of an attribute or the content of an element of XML or HTML. They have no way to say most
/// control characters, so these are written as in Rust.
fn markup(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\r' | '\t' => _ = write!(out, "&#{};", u32::from(c)),
            c if c.is_control() || matches!(c, '\u{fffe}' | '\u{ffff}') => {
                _ = write!(out, "{}", c.escape_default());
            }
            c => out.push(c),
        }
    }
    out
}

#[cfg(test)]
mod tests;
