//! A Code Quality report of GitLab: <https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format>.

use serde::Serialize;

use super::{Finding, Level, findings};
use crate::{
    engine::plan::held::hash,
    report::{Report, number},
};

#[derive(Serialize)]
struct Issue {
    description: String,
    check_name: String,
    fingerprint: String,
    severity: &'static str,
    location: Location,
}

#[derive(Serialize)]
struct Location {
    path: String,
    lines: Lines,
}

#[derive(Serialize)]
struct Lines {
    begin: usize,
    end: usize,
}

/// The report as GitLab's merge requests show it.
///
/// # Errors
/// None that is known of: its types are texts and numbers.
pub fn gitlab(report: &Report) -> serde_json::Result<String> {
    let mut issues: Vec<Issue> = findings(report).into_iter().map(Issue::from).collect();
    number(issues.iter_mut().map(|it| &mut it.fingerprint));
    Ok(serde_json::to_string_pretty(&issues)? + "\n")
}

impl From<Finding> for Issue {
    fn from(finding: Finding) -> Self {
        let begin = finding.line();
        let end = finding.place.as_ref().map_or(begin, |it| it.end_line);
        Self {
            fingerprint: match finding.fingerprint.is_empty() {
                true => hash(&[&finding.path, &finding.code, &finding.message]),
                false => finding.fingerprint,
            },
            description: finding.message,
            check_name: format!("refit/{}", finding.code),
            severity: match finding.level {
                Level::Note => "info",
                Level::Warning => "minor",
                Level::Error => "major",
            },
            location: Location { path: finding.path, lines: Lines { begin, end } },
        }
    }
}
