//! The tables of a verification: for a terminal, and for a pull request.

use std::{collections::BTreeMap, fmt::Write as _};

use super::figures::{bytes, pair, seconds, size, tenths};
use crate::{
    cli::{
        output::{BOLD, DIM, GREEN, RED, YELLOW, plain},
        wrap::wrap,
    },
    text::count::{counted, number},
    verify::{
        edits::EditKind,
        report::{
            ImageReport, LeftOut, Measured, Report, RunOutcome, RunReport, Sides, Stopped, Verdict,
        },
    },
};

/// The columns of the table of images.
const COLUMNS: [&str; 8] = [
    "image",
    "verdict",
    "first build",
    "after a source edit",
    "after a manifest edit",
    "size",
    "user",
    "run",
];
/// What stands in a cell of which nothing is known.
const NONE: &str = "—";
/// Missing files to name per group.
const EXAMPLES: usize = 3;

/// For a terminal: the images, what all of them take, and what is to be said of each; lines no longer than `width`.
pub(super) fn text(report: &Report, verbose: bool, width: Option<usize>) -> String {
    let mut out = String::new();
    if !report.images.is_empty() {
        out += &images(report, width);
        out.push('\n');
        out += &totals(report, width);
    }
    for image in &report.images {
        let is_known = |it: &RunReport| it.outcome == RunOutcome::Same;
        let is_fine = image.verdict == Verdict::Verified && image.runs.iter().all(is_known);
        if is_fine && !verbose {
            continue;
        }
        let style = verdict_style(image.verdict);
        let dockerfile = &image.before.dockerfile;
        let _ = writeln!(
            out,
            "\n{BOLD}{}{BOLD:#} ({dockerfile}): {style}{}{style:#}",
            image.name, image.verdict
        );
        for remark in remarks(image, verbose) {
            for (at, line) in remark.lines().enumerate() {
                let indent = if at == 0 { "  " } else { "    " };
                out += &wrap(line, indent, "    ", width);
            }
        }
    }
    for it in &report.unknown {
        let line = format!("{YELLOW}not built{YELLOW:#}: {}: {}", it.dockerfile, it.reason);
        out += &wrap(&line, "", "  ", width);
    }
    out += &left_out_lines(report, width);
    let mut runs = report.images.iter().flat_map(|it| &it.runs);
    if runs.any(|it| it.outcome == RunOutcome::NotTried && it.might_have_others) {
        let line = "--run=compose starts services with those that they need";
        out += &wrap(&format!("{DIM}{line}{DIM:#}"), "", "", width);
    }
    for line in said_of_all(report) {
        out += &wrap(&format!("{DIM}{line}{DIM:#}"), "", "", width);
    }
    if !report.images.is_empty() || report.stopped.is_some() {
        out.push('\n');
        let line = format!("{BOLD}{}{BOLD:#} with {}", verified(report), report.builder);
        out += &wrap(&line, "", "", width);
    }
    out
}

/// `3 of 5 images verified`.
fn verified(report: &Report) -> String {
    let count = |verdict| report.images.iter().filter(|it| it.verdict == verdict).count();
    let untried = report.stopped.as_ref().map_or(0, |it| it.images.len());
    let all = counted(report.images.len() + untried, "image");
    let mut text = format!("{} of {all} verified", count(Verdict::Verified));
    for (count, what) in [(count(Verdict::CouldNotRun), "could not run"), (untried, "not tried")] {
        if count != 0 {
            let _ = write!(text, ", {count} {what}");
        }
    }
    text
}

/// What is to be known about the figures of several images, and about images that have none.
fn said_of_all(report: &Report) -> Vec<String> {
    let mut lines = Vec::new();
    let mut days: BTreeMap<&str, usize> = BTreeMap::new();
    for day in report.images.iter().filter_map(|it| it.verified_on.as_deref()) {
        *days.entry(day).or_default() += 1;
    }
    for (day, count) in days {
        let images = counted(count, "image");
        lines.push(format!("{images} as verified on {day}; --fresh builds again"));
    }
    let built = report.images.iter().filter(|it| it.measured().is_some());
    let at_once = built.map(|it| it.at_once).max().unwrap_or(1);
    if 1 < at_once && 1 < report.images.len() {
        lines.push(format!(
            "up to {at_once} images were built at once: their first builds take longer than with --jobs 1"
        ));
    }
    if let Some(Stopped { reason, images }) = &report.stopped {
        lines.push(format!("{reason}; not tried: {}", images.join(", ")));
    }
    lines
}

/// The images, one a line; where that is too wide, each in a few lines.
fn images(report: &Report, width: Option<usize>) -> String {
    let rows: Vec<_> = report.images.iter().map(row).collect();
    let is_empty = |column: usize| rows.iter().all(|it| it[column] == NONE);
    let used: Vec<usize> = (0..COLUMNS.len()).filter(|it| !is_empty(*it)).collect();
    let head: Vec<String> = used.iter().map(|it| COLUMNS[*it].to_owned()).collect();
    let cells: Vec<Vec<String>> =
        rows.iter().map(|row| used.iter().map(|it| row[*it].clone()).collect()).collect();
    let table = aligned(&head, &cells);
    if fits(&table, width) {
        return table;
    }
    let mut out = String::new();
    for (image, row) in report.images.iter().zip(&rows) {
        let style = verdict_style(image.verdict);
        let head = format!("{BOLD}{}{BOLD:#}  {style}{}{style:#}", image.name, image.verdict);
        out += &wrap(&head, "", "  ", width);
        let cells = COLUMNS.iter().zip(row).skip(2).filter(|it| it.1 != NONE);
        let cells: Vec<String> = cells.map(|it| format!("{DIM}{}{DIM:#} {}", it.0, it.1)).collect();
        if !cells.is_empty() {
            out += &wrap(&cells.join("; "), "  ", "  ", width);
        }
    }
    out
}

/// The sums of all images, side by side; where that is too wide, one after the other.
fn totals(report: &Report, width: Option<usize>) -> String {
    let rows = sums(report);
    let table = aligned(&["", "before", "after"].map(str::to_owned), &rows);
    if fits(&table, width) {
        return table;
    }
    let line = |it: &Vec<String>| {
        wrap(&format!("{DIM}{}{DIM:#} {}", it[0], pair(&it[1], &it[2])), "", "  ", width)
    };
    rows.iter().map(line).collect()
}

/// Returns true if no line is longer than `width`.
fn fits(text: &str, width: Option<usize>) -> bool {
    width.is_none_or(|width| plain(text).lines().all(|it| it.chars().count() <= width))
}

/// For a pull request.
pub(super) fn markdown(report: &Report) -> String {
    let mut out = String::new();
    if report.images.is_empty() && report.unknown.is_empty() && report.left_out.is_empty() {
        return "No image changes.\n".to_owned();
    }
    let _ = writeln!(
        out,
        "**{}** with {}: each was built before and after, and compared.\n",
        verified(report),
        report.builder
    );
    let head = ["", "before", "after"].map(str::to_owned);
    out += &piped(&head, &sums(report));
    out.push('\n');
    let rows: Vec<_> = report.images.iter().map(row).collect();
    out += &piped(&COLUMNS.map(str::to_owned), &rows);
    let unknown =
        report.unknown.iter().map(|it| format!("not built: `{}`: {}", it.dockerfile, it.reason));
    let left = report.left_out.iter().map(|it| format!("left out: {}", left_out(it)));
    for (at, line) in unknown.chain(left).chain(said_of_all(report)).enumerate() {
        let _ = writeln!(out, "{}- {line}", if at == 0 { "\n" } else { "" });
    }
    for image in &report.images {
        let _ = writeln!(out, "\n<details><summary>{}: {}</summary>\n", image.name, image.verdict);
        for line in remarks(image, true) {
            let _ = writeln!(out, "- {}", line.replace('\n', "\n  "));
        }
        out += "\n</details>\n";
    }
    out
}

fn row(image: &ImageReport) -> Vec<String> {
    let none = || NONE.to_owned();
    let sides = image.measured();
    let cell = |it: &dyn Fn(&Sides<&Measured>) -> String| sides.as_ref().map_or_else(none, it);
    let edit = |kind| {
        sides.as_ref().and_then(|it| {
            let (old, new) = (it.before.rebuild(kind)?, it.after.rebuild(kind)?);
            let steps = pair(&old.steps.to_string(), &new.steps.to_string());
            Some(format!("{}, {steps} steps", seconds(old.seconds, new.seconds)))
        })
    };
    // An edit of shared code costs most.
    let source = edit(EditKind::Shared).or_else(|| edit(EditKind::Source));
    vec![
        image.name.clone(),
        image.verdict.to_string(),
        cell(&|it| seconds(it.before.seconds, it.after.seconds)),
        source.unwrap_or_else(none),
        edit(EditKind::Manifest).unwrap_or_else(none),
        cell(&|it| bytes(it.before.size, it.after.size)),
        cell(&|it| pair(user(it.before), user(it.after))),
        image.run().map_or_else(none, |it| it.to_string()),
    ]
}

/// The totals of all images that were built on both sides.
fn sums(report: &Report) -> Vec<Vec<String>> {
    let built: Vec<_> = report.images.iter().filter_map(ImageReport::measured).collect();
    let row = |name: String, before: String, after: String| vec![name, before, after];
    let dockerfiles = report.dockerfiles;
    let mut rows = vec![row(
        "Dockerfiles".to_owned(),
        dockerfiles.before.to_string(),
        dockerfiles.after.to_string(),
    )];
    if built.is_empty() {
        return rows;
    }
    let of = counted(built.len(), "image");
    let total = |it: &dyn Fn(&Measured) -> f64| {
        let sum = |side: &dyn Fn(&Sides<&Measured>) -> f64| {
            format!("{} s", tenths(built.iter().map(side).sum()))
        };
        (sum(&|sides| it(sides.before)), sum(&|sides| it(sides.after)))
    };
    let (before, after) = total(&|it| it.seconds);
    rows.push(row(format!("first build of {of}"), before, after));
    for kind in [EditKind::Source, EditKind::Shared, EditKind::Manifest] {
        let both = |it: &&Sides<&Measured>| {
            it.before.rebuild(kind).is_some() && it.after.rebuild(kind).is_some()
        };
        let edited: Vec<_> = built.iter().filter(both).collect();
        if edited.is_empty() {
            continue;
        }
        let sum =
            |side: &dyn Fn(&Sides<&Measured>) -> f64| edited.iter().map(|it| side(it)).sum::<f64>();
        let steps = |side: &dyn Fn(&Sides<&Measured>) -> usize| {
            edited.iter().map(|it| side(it)).sum::<usize>()
        };
        let of = |it: &Measured| it.rebuild(kind).map_or((0.0, 0), |it| (it.seconds, it.steps));
        let cell = |seconds: f64, steps: usize| {
            format!("{} s, {}", tenths(seconds), counted(steps, "step"))
        };
        rows.push(row(
            format!("after an edit of {kind}, {}", counted(edited.len(), "image")),
            cell(sum(&|it| of(it.before).0), steps(&|it| of(it.before).1)),
            cell(sum(&|it| of(it.after).0), steps(&|it| of(it.after).1)),
        ));
    }
    let sum = |it: &dyn Fn(&Measured) -> u64| {
        let before: u64 = built.iter().map(|sides| it(sides.before)).sum();
        let after: u64 = built.iter().map(|sides| it(sides.after)).sum();
        (before, after)
    };
    let (before, after) = sum(&|it| it.size);
    rows.push(row("image size".to_owned(), size(before), size(after)));
    let (before, after) = sum(&|it| it.layers as u64);
    rows.push(row("layers".to_owned(), number(before), number(after)));
    if built.iter().all(|it| it.before.context_bytes.is_some() && it.after.context_bytes.is_some())
    {
        let (before, after) = sum(&|it| it.context_bytes.unwrap_or_default());
        rows.push(row("context sent".to_owned(), size(before), size(after)));
    }
    rows
}

/// The remarks about an image.
fn remarks(image: &ImageReport, verbose: bool) -> Vec<String> {
    let mut out = image.differences.clone();
    if image.verdict != Verdict::Verified {
        out.push(format!("this is {}", image.verdict.cause()));
    }
    out.extend(image.logs.iter().map(|it| format!("log: {it}")));
    // The differences are named one by one.
    let shown = |it: &&RunReport| match it.outcome {
        RunOutcome::Same => verbose,
        RunOutcome::NotTried | RunOutcome::Unclear => true,
        RunOutcome::Differs => false,
    };
    out.extend(image.runs.iter().filter(shown).map(ToString::to_string));
    if !verbose {
        // The advantages of the changes, even so.
        let mended = image.verdict == Verdict::BrokenBefore;
        out.extend(image.notes.iter().filter(|_| mended).cloned());
        return out;
    }
    out.push(format!("changed by {}", image.transforms.join(", ")));
    out.extend(image.verified_on.as_ref().map(|it| format!("as verified on {it}")));
    if image.distributions != 0 {
        out.push(format!("{} are the same", counted(image.distributions, "Python distribution")));
    }
    for it in &image.missing {
        let shown: Vec<&str> = it.examples.iter().take(EXAMPLES).map(String::as_str).collect();
        let more = if it.files > shown.len() { ", …" } else { "" };
        out.push(format!("{it}: {}{more}", shown.join(", ")));
    }
    if let Some(sides) = image.measured() {
        for (old, new) in sides.before.rebuilds.iter().zip(&sides.after.rebuilds) {
            let steps = pair(&old.steps.to_string(), &new.steps.to_string());
            out.push(format!(
                "after an edit in {}: {}, {steps} steps run again",
                old.path,
                seconds(old.seconds, new.seconds)
            ));
        }
        out.push(format!(
            "layers: {}",
            pair(&sides.before.layers.to_string(), &sides.after.layers.to_string())
        ));
        if let (Some(old), Some(new)) = (sides.before.context_bytes, sides.after.context_bytes) {
            out.push(format!("context sent: {}", bytes(old, new)));
        }
    }
    out.extend(image.notes.iter().cloned());
    out
}

/// The changes that were left out, one line each.
pub(super) fn left_out_lines(report: &Report, width: Option<usize>) -> String {
    let line = |it| wrap(&format!("{YELLOW}left out{YELLOW:#}: {}", left_out(it)), "", "  ", width);
    report.left_out.iter().map(line).collect()
}

/// `rest_service/Dockerfile, split-venv-stage: it differs: …`.
fn left_out(left_out: &LeftOut) -> String {
    let transform = left_out.transform.map_or("all changes", |it| it);
    let bug = if left_out.is_bug { "; this is a bug in refit, please report it" } else { "" };
    let logs = if left_out.logs.is_empty() {
        String::new()
    } else {
        format!("; log: {}", left_out.logs.join(", "))
    };
    format!("{}, {transform}: {}{bug}{logs}", left_out.dockerfile, left_out.reason)
}

fn user(measured: &Measured) -> &str {
    match measured.user.as_str() {
        "" | "0" => "root",
        user => user,
    }
}

/// The colour of a verdict.
pub(super) fn verdict_style(verdict: Verdict) -> anstyle::Style {
    match verdict {
        Verdict::Verified => GREEN,
        Verdict::BrokenBefore | Verdict::Unknown | Verdict::CouldNotRun => YELLOW,
        Verdict::Differs | Verdict::Breaks => RED,
    }
}

/// Columns side by side, figures and all to the left.
fn aligned(head: &[String], rows: &[Vec<String>]) -> String {
    let width = |column: usize| {
        let cells = rows.iter().filter_map(|it| it.get(column)).chain(head.get(column));
        cells.map(|it| it.chars().count()).max().unwrap_or_default()
    };
    let widths: Vec<usize> = (0..head.len()).map(width).collect();
    let line = |cells: &[String]| {
        let cells = cells.iter().zip(&widths).map(|(it, width)| format!("{it:width$}"));
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    let mut out = format!("{DIM}{}{DIM:#}\n", line(head));
    out.extend(rows.iter().map(|it| line(it) + "\n"));
    out
}

fn piped(head: &[String], rows: &[Vec<String>]) -> String {
    let line = |cells: &[String]| {
        let cells: Vec<_> = cells.iter().map(|it| it.replace('|', "\\|")).collect();
        format!("| {} |\n", cells.join(" | "))
    };
    let rule = format!("|{}\n", "---|".repeat(head.len()));
    line(head) + &rule + &rows.iter().map(|it| line(it)).collect::<String>()
}

#[cfg(test)]
mod tests;
