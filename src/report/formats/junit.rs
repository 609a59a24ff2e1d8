//! JUnit's XML, which every CI service reads: a suite per file, a failure per change.

use std::fmt::Write as _;

use super::{Finding, Level, findings, markup};
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
        let _ = writeln!(out, "  <testsuite name=\"{}\" {}>", markup(path), counts(suite));
        for it in suite {
            let name = format!("{}:{}:{} {}", it.path, it.line(), it.column(), it.code);
            let (class, name) = (markup(&it.path), markup(&name));
            let _ = writeln!(out, "    <testcase classname=\"{class}\" name=\"{name}\">");
            let element = match it.level {
                Level::Note => "skipped",
                Level::Warning => "failure",
                Level::Error => "error",
            };
            let _ = writeln!(out, "      <{element} message=\"{}\"/>", markup(&it.message));
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
