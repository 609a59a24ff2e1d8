//! Markdown for the description of a pull request or the summary of a job.

use std::{collections::BTreeMap, fmt::Write as _};

use super::on_one_line;
use crate::{
    report::{ChangeReport, DeclineReport, Report},
    text::count::counted,
};

/// The length, in bytes, after which no further diff is shown, no change and nothing else. GitHub refuses comments
/// and descriptions of more than 65,536 characters.
const DIFFS: usize = 40_000;
const CHANGES: usize = 48_000;
const REST: usize = 60_000;

/// The report as Markdown: figures, a list of changes by file with their diffs, and what was left alone.
pub fn markdown(report: &Report) -> String {
    let summary = &report.summary;
    let mut out = String::new();
    if report.changes.is_empty() {
        let looked = counted(summary.dockerfiles, "Dockerfile");
        let _ = writeln!(out, "**refit**: nothing to change in {looked}.");
    } else {
        let (changes, files) =
            (counted(summary.changes, "change"), counted(summary.changed_files, "file"));
        let _ = writeln!(out, "**refit**: {changes} in {files}\n");
        out.push_str("| | safe | to review |\n|---|---:|---:|\n");
        for (name, counts) in &summary.by_transform {
            let url = report.changes.iter().find(|it| it.transform == *name).map(|it| &it.url);
            let name = url.map_or_else(|| (*name).to_owned(), |it| format!("[{name}]({it})"));
            let _ = writeln!(out, "| {name} | {} | {} |", counts.safe, counts.review);
        }
        changes_by_file(&mut out, report);
    }
    declines(&mut out, report);
    for it in &report.problems {
        if REST < out.len() {
            break;
        }
        let line = it.line.map(|it| format!(":{it}")).unwrap_or_default();
        let place = code(&format!("{}{line}", it.path));
        let _ = writeln!(out, "\n**{place} could not be read**: {}", text(&it.message));
    }
    out
}

fn changes_by_file(out: &mut String, report: &Report) {
    let mut by_file: BTreeMap<&str, Vec<&ChangeReport>> = BTreeMap::new();
    for it in &report.changes {
        by_file.entry(&it.place.path).or_default().push(it);
    }
    let (mut left_out, mut without) = (0, 0);
    for (path, changes) in by_file {
        if CHANGES < out.len() {
            left_out += changes.len();
            continue;
        }
        let _ = writeln!(out, "\n#### {}\n", code(path));
        for it in changes {
            if CHANGES < out.len() {
                left_out += 1;
                continue;
            }
            let (title, reason) = (text(&it.title), text(&it.reason));
            let _ =
                writeln!(out, "- **{title}** (line {}, {}): {reason}", it.place.line, it.safety);
            if DIFFS < out.len() + it.diff.len() {
                without += 1;
                continue;
            }
            let fence = fence(&it.diff);
            let _ = writeln!(out, "\n  <details><summary>diff</summary>\n\n  {fence}diff");
            it.diff.lines().for_each(|it| _ = writeln!(out, "  {it}"));
            let _ = writeln!(out, "  {fence}\n\n  </details>\n");
        }
    }
    if 0 < without {
        let _ = writeln!(out, "\nThe diffs of {} are left out.", counted(without, "change"));
    }
    rest(out, left_out);
}

fn declines(out: &mut String, report: &Report) {
    if report.declines.is_empty() {
        return;
    }
    let places = counted(report.declines.len(), "place");
    let _ = writeln!(out, "\n<details><summary>{places} left alone</summary>\n");
    let mut shown = 0;
    for it in &report.declines {
        if REST < out.len() {
            break;
        }
        let DeclineReport { transform, code: name, place, reason, url, .. } = it;
        let place = code(&place.to_string());
        let _ = writeln!(out, "- {place} {transform}: {} ([{name}]({url}))", text(reason));
        shown += 1;
    }
    rest(out, report.declines.len() - shown);
    out.push_str("\n</details>\n");
}

fn rest(out: &mut String, more: usize) {
    if 0 < more {
        let _ = writeln!(out, "\nand {more} more");
    }
}

/// A text between backquotes, of which there are more than in any row inside.
pub(super) fn code(text: &str) -> String {
    let text = on_one_line(text);
    let marks = "`".repeat(longest(&text) + 1);
    if marks.len() == 1 { format!("`{text}`") } else { format!("{marks} {text} {marks}") }
}

pub(super) fn fence(text: &str) -> String {
    "`".repeat((longest(text) + 1).max(3))
}

fn longest(text: &str) -> usize {
    text.split(|it| it != '`').map(str::len).max().unwrap_or_default()
}

/// A sentence of refit's: its quotations are code, and nothing else in it is markup.
pub(super) fn text(said: &str) -> String {
    let said = on_one_line(said);
    let mut out = String::with_capacity(said.len());
    for (at, part) in said.split('`').enumerate() {
        if 0 < at {
            out.push('`');
        }
        match at % 2 {
            1 => out.push_str(part),
            _ => {
                for c in part.chars() {
                    if matches!(c, '\\' | '*' | '_' | '<' | '>' | '[' | ']' | '|' | '#') {
                        out.push('\\');
                    }
                    out.push(c);
                }
            }
        }
    }
    out
}
