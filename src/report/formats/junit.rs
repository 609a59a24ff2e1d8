//! JUnit's XML, which every CI service reads: a suite per file, a failure per change.

use std::fmt::Write as _;

use super::{Finding, Level, findings};
use crate::report::Report;

/// The report as XML: a change is a failure, a place left alone is skipped, and a file that cannot be read is an
/// error.
pub fn junit(report: &Report) -> String {
    let all = findings(report);
    let suites: Vec<&[Finding]> = all.chunk_by(|a, b| a.path == b.path).collect();
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    let _ = writeln!(out, "<testsuites name=\"refit\" {}>", counts(&all));
    for suite in suites {
        let path = suite.first().map_or("", |it| &it.path);
        let _ = writeln!(out, "  <testsuite name=\"{}\" {}>", escaped(path), counts(suite));
        for it in suite {
            let name = format!("{}:{}:{} {}", it.path, it.line(), it.column(), it.code);
            let (class, name) = (escaped(&it.path), escaped(&name));
            let _ = writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">");
            let element = match it.level {
                Level::Note => "skipped",
                Level::Warning => "failure",
                Level::Error => "error",
            };
            let _ = writeln!(out, "      <{element} message=\"{}\"/>", escaped(&it.message));
            out.push_str("    </testcase>\n");
        }
        out.push_str("  </testsuite>\n");
    }
    out.push_str("</testsuites>\n");
    out
}

fn counts(findings: &[Finding]) -> String {
    let count = |level: Level| findings.iter().filter(|it| it.level == level).count();
    format!(
        "tests=\"{}\" failures=\"{}\" errors=\"{}\" skipped=\"{}\"",
        findings.len(),
        count(Level::Warning),
        count(Level::Error),
        count(Level::Note)
    )
}

/// A text as the value of an attribute. XML has no way to say most control characters, so they are written as in
/// Rust.
fn escaped(text: &str) -> String {
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
