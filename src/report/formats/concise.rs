//! A line each: `path:line:column: code message`, which editors and terminals make links of.

use std::fmt::Write as _;

use super::{findings, on_one_line};
use crate::report::Report;

/// The report with a line for each change, place left alone and problem.
pub fn concise(report: &Report) -> String {
    let mut out = String::new();
    for it in findings(report) {
        let (path, message) = (on_one_line(&it.path), on_one_line(&it.message));
        let _ = writeln!(out, "{path}:{}:{}: {} {message}", it.line(), it.column(), it.code);
    }
    out
}
