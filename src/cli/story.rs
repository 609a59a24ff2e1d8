//! A run as people read it: file by file, what changes there and what was left alone.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use anstyle::Style;

use super::{
    args::Scope,
    baseline::FILE_NAME,
    output::{BOLD, CYAN, DIM, GREEN, YELLOW},
    wrap::wrap,
};
use crate::{
    engine::plan::codes,
    report::{ChangeReport, DeclineReport, Report},
    text::count::{counted, number},
};

/// What a command did with the changes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// They are shown.
    Proposed,
    /// They are written to disk.
    Applied,
    /// They are written to disk and committed.
    Committed,
}

/// The most files that are told of one by one; of more only figures are shown, unless all is asked for.
pub(super) const FILES: usize = 10;
/// The most codes in the figures of a run that did not ask for them.
const CODES: usize = 10;
/// Where a title starts: after the line and the safety.
const INDENT: &str = "                ";

/// Everything about one file.
#[derive(Default)]
struct Chapter<'r> {
    changes: Vec<&'r ChangeReport>,
    declines: Vec<&'r DeclineReport>,
}

fn chapters(report: &Report) -> BTreeMap<&str, Chapter<'_>> {
    let mut files: BTreeMap<&str, Chapter<'_>> = BTreeMap::new();
    for it in &report.changes {
        files.entry(&it.place.path).or_default().changes.push(it);
    }
    for it in declines(report) {
        files.entry(&it.place.path).or_default().declines.push(it);
    }
    for chapter in files.values_mut() {
        chapter.changes.sort_by_key(|it| it.place.line);
        chapter.declines.sort_by_key(|it| it.place.line);
    }
    files
}

/// The places left alone but for bugs, of which there are warnings.
pub(super) fn declines(report: &Report) -> impl Iterator<Item = &DeclineReport> {
    report.declines.iter().filter(|it| it.code != codes::ENGINE)
}

/// The number of files that there is something to say about.
pub(super) fn files(report: &Report) -> usize {
    let changed = report.changes.iter().map(|it| &it.place.path);
    changed.chain(declines(report).map(|it| &it.place.path)).collect::<BTreeSet<_>>().len()
}

/// The figures of a run in one sentence, lines no longer than `width`.
pub(super) fn figures(report: &Report, kind: Kind, width: Option<usize>) -> String {
    let summary = &report.summary;
    let mut out = String::new();
    if summary.dockerfiles == 0 && report.problems.is_empty() {
        return out;
    }
    let looked = counted(summary.dockerfiles, "Dockerfile");
    let left = declines(report).count();
    let left = match left {
        0 => String::new(),
        left => format!("; {} left alone", counted(left, "place")),
    };
    let held = match summary.baseline {
        0 => String::new(),
        held => format!("; {} held back by {FILE_NAME}", counted(held, "change")),
    };
    if summary.changes == 0 {
        let text = format!("{BOLD}nothing to change{BOLD:#} in {looked}{left}{held}");
        out.push_str(&wrap(&text, "", "", width));
    } else {
        let verb = if kind == Kind::Proposed { "would change" } else { "changed" };
        let files = counted(summary.changed_files, "file");
        let all = counted(summary.changes, "change");
        let (safe, review) = (number(summary.safe as u64), number(summary.review as u64));
        let text = format!(
            "{BOLD}{files} {verb}{BOLD:#}: {all} ({safe} safe, {review} to review) in {looked}{left}{held}"
        );
        out.push_str(&wrap(&text, "", "", width));
    }
    if summary.vendored != 0 {
        let left = counted(summary.vendored, "Dockerfile");
        let text = format!(
            "{left} below vendor/ and the like left out as other people's; name the folder to have them done"
        );
        out.push_str(&wrap(&text, "", "", width));
    }
    out
}

/// The run file by file, lines no longer than `width`.
pub(super) fn by_file(report: &Report, width: Option<usize>) -> String {
    let mut out = String::new();
    for (path, chapter) in chapters(report) {
        let _ = writeln!(out, "\n{BOLD}{path}{BOLD:#}");
        let same = |a: &&ChangeReport, b: &&ChangeReport| {
            (a.place.line, &a.title, &a.reason) == (b.place.line, &b.title, &b.reason)
        };
        for group in chapter.changes.chunk_by(same) {
            let Some(it) = group.first() else { continue };
            out.push_str(&change(it, group.len(), width));
        }
        for it in chapter.declines {
            let (transform, code) = (&it.transform, it.code);
            let head = format!(
                "{:>6}  {DIM}left    {DIM:#}{transform} {YELLOW}[{code}]{YELLOW:#}",
                it.place.line
            );
            out.push_str(&wrap(&head, "", INDENT, width));
            out.push_str(&wrap(&it.reason, INDENT, INDENT, width));
        }
    }
    out
}

/// What one change does and why, lines no longer than `width`; `times` is how often its line has it.
pub(super) fn change(change: &ChangeReport, times: usize, width: Option<usize>) -> String {
    let times = match times {
        1 => String::new(),
        times => format!(" ({times} times)"),
    };
    let (style, safety) = safety(change);
    let (title, transform) = (&change.title, &change.transform);
    let head = format!(
        "{:>6}  {style}{safety:6}{style:#}  {title}{times}  {DIM}{transform}{DIM:#}",
        change.place.line
    );
    let others: Vec<&str> =
        change.files.iter().map(String::as_str).filter(|path| *path != change.place.path).collect();
    let others = match others.as_slice() {
        [] => String::new(),
        others => format!(" (with {})", others.join(", ")),
    };
    let reason = format!("{}{others}", change.reason);
    wrap(&head, "", INDENT, width) + &wrap(&reason, INDENT, INDENT, width)
}

fn safety(change: &ChangeReport) -> (Style, &'static str) {
    (if change.safety == "safe" { GREEN } else { YELLOW }, change.safety)
}

/// The run in figures: by transform, and by code of what was left alone; all codes if they were asked for.
pub(super) fn statistics(report: &Report, all: bool) -> String {
    let mut rows: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (name, counts) in &report.summary.by_transform {
        rows.insert(name, [counts.safe, counts.review, 0]);
    }
    let mut codes: BTreeMap<(&str, &str), usize> = BTreeMap::new();
    for it in declines(report) {
        rows.entry(&it.transform).or_default()[2] += 1;
        *codes.entry((&it.transform, it.code)).or_default() += 1;
    }
    let mut out = String::new();
    if rows.is_empty() {
        return out;
    }
    let width = rows.keys().map(|it| it.len()).max().unwrap_or_default();
    let _ = writeln!(out, "\n{DIM}{:width$}    safe  review  left alone{DIM:#}", "");
    for (name, counts) in &rows {
        let [safe, review, left] = counts.map(|it| match it {
            0 => "-".to_owned(),
            it => number(it as u64),
        });
        let _ = writeln!(
            out,
            "{name:width$}  {GREEN}{safe:>6}{GREEN:#}  {YELLOW}{review:>6}{YELLOW:#}  {left:>10}"
        );
    }
    let mut codes: Vec<_> = codes.into_iter().collect();
    codes.sort_by_key(|it| (std::cmp::Reverse(it.1), it.0));
    let shown = if all { codes.len() } else { CODES };
    if !codes.is_empty() {
        let _ = writeln!(out, "\n{DIM}places  left alone{DIM:#}");
    }
    for ((transform, code), places) in codes.iter().take(shown) {
        let places = number(*places as u64);
        let _ = writeln!(out, "{places:>6}  {transform} {YELLOW}[{code}]{YELLOW:#}");
    }
    if shown < codes.len() {
        let more = codes.len() - shown;
        let _ = writeln!(out, "        {DIM}and {more} more; --statistics shows all{DIM:#}");
    }
    out
}

/// What to do next after a run of this scope, a command a line.
pub(super) fn next(report: &Report, kind: Kind, scope: &Scope) -> String {
    let summary = &report.summary;
    let arguments = scope.arguments();
    let mut rows: Vec<(String, String)> = Vec::new();
    match kind {
        Kind::Applied if summary.changes != 0 => {
            rows.push(("git diff".to_owned(), "shows what is different now".to_owned()));
            rows.push(("refit undo".to_owned(), "takes it back".to_owned()));
        }
        Kind::Committed if summary.changes != 0 => {
            rows.push((
                "git log --patch".to_owned(),
                "shows the commits, one for each transform".to_owned(),
            ));
        }
        // Of standard input, `apply` writes to standard output, and nothing can be taken back.
        Kind::Proposed if summary.changes != 0 && !scope.is_stdin() => {
            let (safe, all) =
                (counted(summary.safe, "safe change"), number(summary.changes as u64));
            if summary.safe != 0 && summary.review != 0 {
                rows.push((format!("refit apply --safe{arguments}"), format!("makes the {safe}")));
            }
            let what = match (summary.changes, summary.review) {
                (1, _) => "makes it".to_owned(),
                (_, 0) => format!("makes the {safe}"),
                _ => format!("makes all {all}"),
            };
            let what = format!("{what}; `refit undo` takes that back");
            rows.push((format!("refit apply{arguments}"), what));
            if 1 < summary.changes {
                let what = "asks about each".to_owned();
                rows.push((format!("refit apply -i{arguments}"), what));
            }
        }
        Kind::Applied | Kind::Committed | Kind::Proposed => {}
    }
    if let Some(first) = declines(report).next() {
        let what = "says what a code means".to_owned();
        rows.push((format!("refit explain {}", first.code), what));
    }
    let width = rows.iter().map(|it| it.0.len()).max().unwrap_or_default();
    let mut out = String::new();
    for (command, what) in rows {
        let _ = writeln!(out, "  {CYAN}{command:width$}{CYAN:#}  {what}");
    }
    if out.is_empty() { out } else { format!("\n{out}") }
}
