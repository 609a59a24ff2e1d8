//! The summary of a run on standard error.

use std::{
    collections::{BTreeMap, HashSet},
    fmt::Write as _,
};

use super::{
    Status,
    failure::Failure,
    output::{self, BOLD, DIM, GREEN, Output, YELLOW},
};
use crate::{
    engine::plan::codes,
    project::Problem,
    report::{ChangeReport, DeclineReport, Report},
    text::{RepoPath, count::counted},
};

/// What a command did with the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Shown as a diff.
    Proposed,
    /// Listed with the places left alone.
    Listed,
    /// Written to disk.
    Applied,
}

/// Changes to print before the rest is only counted.
const CHANGES: usize = 20;
/// Places to print per code before the rest is only counted.
const PLACES: usize = 3;

/// Prints the problems, bugs and figures of a run. It fails when a file that the arguments name could not be
/// read or parsed, and when there is no Dockerfile; other problems are reported.
pub(super) fn print(
    report: &Report,
    kind: Kind,
    named: &[String],
    output: &Output,
) -> anyhow::Result<Status> {
    let mut hints = HashSet::new();
    for it in &report.problems {
        // The same advice once.
        let hint = if hints.insert(&it.hint) { it.hint.clone() } else { String::new() };
        let path = RepoPath::new(&it.path).unwrap_or(RepoPath::root());
        output::problem(&Problem { path, line: it.line, message: it.message.clone(), hint })?;
    }
    for it in &report.warnings {
        let line = it.line.map(|it| format!(":{it}")).unwrap_or_default();
        let (path, message, hint) = (&it.path, &it.message, &it.hint);
        output::note(&format!("{YELLOW}warning{YELLOW:#}: {path}{line}: {message}; {hint}\n"))?;
    }
    for it in report.declines.iter().filter(|it| it.code == codes::ENGINE) {
        let place = &it.place;
        output::note(&format!(
            "{YELLOW}warning{YELLOW:#}: {place}: {}; it was dropped, please report it with `bugs` of --format json\n",
            it.reason
        ))?;
    }
    if report.summary.dockerfiles == 0 && report.problems.is_empty() {
        let hint = if report.summary.vendored == 0 {
            "name a folder of the project, or a file called Dockerfile, Dockerfile.* or *.Dockerfile"
        } else {
            "those below vendor/ and the like are other people's; name their folder to have them done"
        };
        output::failure(&Failure::new("no Dockerfile here", hint))?;
        return Ok(Status::NoDockerfile);
    }
    if !output.quiet {
        output::note(&figures(report, kind))?;
        if kind != Kind::Listed {
            output::note(&changes(report, output.verbose))?;
            output::note(&declines(report, output.verbose))?;
        }
    }
    let failed = report.problems.iter().any(|it| named.contains(&it.path));
    Ok(match (failed, report.summary.dockerfiles) {
        (true, _) => Status::Failed,
        (false, 0) => Status::NoDockerfile,
        (false, _) => Status::Done,
    })
}

/// `pin-poetry: api/Dockerfile:5 pin Poetry to 1.8.3: poetry.lock says so [safe]`.
pub(super) fn change_line(change: &ChangeReport) -> String {
    format!(
        "{}: {} {}: {} [{}]",
        change.transform, change.place, change.title, change.reason, change.safety
    )
}

/// `pin-poetry: api/Dockerfile:5 left alone: what it installs is in a variable [variable]`.
pub(super) fn decline_line(decline: &DeclineReport) -> String {
    format!(
        "{}: {} left alone: {} [{}]",
        decline.transform, decline.place, decline.reason, decline.code
    )
}

fn figures(report: &Report, kind: Kind) -> String {
    let summary = &report.summary;
    let mut out = String::new();
    let looked = counted(summary.dockerfiles, "Dockerfile");
    if summary.changes == 0 {
        let _ = writeln!(out, "{BOLD}nothing to change{BOLD:#} in {looked}");
    } else {
        let verb = if kind == Kind::Applied { "changed" } else { "would change" };
        let files = counted(summary.changed_files, "file");
        let all = counted(summary.changes, "change");
        let (safe, review) = (summary.safe, summary.review);
        let _ = writeln!(
            out,
            "{BOLD}{files} {verb}{BOLD:#}: {all} ({safe} safe, {review} to review) in {looked}"
        );
    }
    if summary.vendored != 0 {
        let left = counted(summary.vendored, "Dockerfile");
        let _ = writeln!(
            out,
            "  {left} below vendor/ and the like left out as other people's; name the folder to have them done"
        );
    }
    let width = summary.by_transform.keys().map(|it| it.len()).max().unwrap_or_default();
    for (name, counts) in &summary.by_transform {
        let by = [("safe", counts.safe), ("to review", counts.review)];
        let by: Vec<_> =
            by.iter().filter(|it| it.1 != 0).map(|it| format!("{} {}", it.1, it.0)).collect();
        let _ = writeln!(out, "  {name:width$}  {}", by.join(", "));
    }
    out
}

fn changes(report: &Report, verbose: bool) -> String {
    let mut out = String::new();
    let shown = if verbose { usize::MAX } else { CHANGES };
    if !report.changes.is_empty() {
        let _ = writeln!(out, "{GREEN}changes{GREEN:#}:");
    }
    for it in report.changes.iter().take(shown) {
        let _ = writeln!(out, "  {}", change_line(it));
    }
    rest(&mut out, "  ", report.changes.len(), shown);
    out
}

fn declines(report: &Report, verbose: bool) -> String {
    let mut out = String::new();
    let shown = if verbose { usize::MAX } else { PLACES };
    let mut by_code: BTreeMap<(&str, &str), Vec<&DeclineReport>> = BTreeMap::new();
    for it in report.declines.iter().filter(|it| it.code != codes::ENGINE) {
        by_code.entry((&it.transform, it.code)).or_default().push(it);
    }
    if !by_code.is_empty() {
        let _ = writeln!(out, "{YELLOW}left alone{YELLOW:#}:");
    }
    for ((transform, code), places) in by_code {
        let total = counted(places.len(), "place");
        let _ = writeln!(out, "  {transform} [{code}] {DIM}{total}{DIM:#}");
        for it in places.iter().take(shown) {
            let _ = writeln!(out, "    {} {}", it.place, it.reason);
        }
        rest(&mut out, "    ", places.len(), shown);
    }
    out
}

fn rest(out: &mut String, indent: &str, all: usize, shown: usize) {
    if shown < all {
        let _ = writeln!(out, "{indent}{DIM}and {} more; -v names them{DIM:#}", all - shown);
    }
}
