//! Workflow commands of GitHub Actions, which become annotations of a pull request.
//!
//! Format and escapes: <https://docs.github.com/actions/reference/workflow-commands-for-github-actions>, and
//! `escapeData` and `escapeProperty` of `packages/core/src/command.ts` in actions/toolkit.

use std::fmt::Write as _;

use super::{Level, findings};
use crate::report::Report;

/// The report as workflow commands: `::warning` for a change, `::notice` for a place left alone, `::error` for a
/// file that cannot be read.
pub fn github(report: &Report) -> String {
    let mut out = String::new();
    for it in findings(report) {
        let command = match it.level {
            Level::Note => "notice",
            Level::Warning => "warning",
            Level::Error => "error",
        };
        let _ = write!(out, "::{command} file={}", property(&it.path));
        if let Some(place) = &it.place {
            let _ = write!(out, ",line={},col={}", place.line, place.column);
            if place.line < place.end_line {
                let _ = write!(out, ",endLine={}", place.end_line);
            } else if place.column < place.end_column {
                let _ = write!(out, ",endColumn={}", place.end_column);
            }
        }
        let title = property(&format!("refit: {}", it.code));
        let _ = writeln!(out, ",title={title}::{}", data(&it.message));
    }
    out
}

fn data(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}
