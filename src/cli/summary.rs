//! The summary of a run, and what went wrong in it.

use std::{collections::HashSet, fmt::Write as _};

use super::{
    Status,
    args::Run,
    failure::Failure,
    inputs::Named,
    output::{self, DIM, Output, YELLOW},
    story::{self, Kind},
};
use crate::{engine::plan::codes, project::Problem, report::Report, text::RepoPath};

/// Prints the problems and bugs of a run. It fails when a file that the arguments name could not be read or parsed,
/// and when there is no Dockerfile; other problems are reported.
pub(super) fn problems(report: &Report, named: &Named) -> anyhow::Result<Status> {
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
        if named.is_limited {
            output::note("no Dockerfile changed\n")?;
            return Ok(Status::Done);
        }
        let hint = if report.summary.vendored == 0 {
            "name a folder of the project, or a file called Dockerfile, Dockerfile.* or *.Dockerfile"
        } else {
            "those below vendor/ and the like are other people's; name their folder to have them done"
        };
        output::failure(&Failure::new("no Dockerfile here", hint))?;
        return Ok(Status::NoDockerfile);
    }
    let failed = report.problems.iter().any(|it| named.paths.contains(&it.path));
    Ok(match (failed, report.summary.dockerfiles) {
        (true, _) => Status::Failed,
        (false, 0) => Status::NoDockerfile,
        (false, _) => Status::Done,
    })
}

/// The summary of a run: figures, the story of each file or a table, and what to do next; lines no longer than
/// `width`.
pub(super) fn text(
    report: &Report,
    kind: Kind,
    run: &Run,
    output: &Output,
    width: Option<usize>,
) -> String {
    let mut out = story::figures(report, kind, width);
    if run.statistics {
        out.push_str(&story::statistics(report, true));
    } else if output.verbose || story::files(report) <= story::FILES {
        out.push_str(&story::by_file(report, width));
    } else {
        out.push_str(&story::statistics(report, false));
        let _ = writeln!(out, "\n{DIM}-v shows each file{DIM:#}");
    }
    out.push_str(&story::next(report, kind, &run.scope));
    out
}
