//! An audit as a document: what an engineer shows to those who decide.

mod diff;
mod page;

use std::{collections::BTreeMap, fmt::Write as _};

pub use page::audit_html;

use super::markdown::{code, fence, text};
use crate::{
    engine::plan::codes,
    report::{
        ChangeReport, DeclineReport, Report,
        audit::{Advice, Audit, AuditedImage, Figure, Figures, ImageState, Spot, Trouble},
    },
    text::count::{counted, number, of_bytes},
};

/// How much a document says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// Everything, with the diffs.
    Whole,
    /// Every place of each problem, and no diffs.
    Long,
    /// Some places of each problem, and no diffs.
    Short,
}

/// The places of a problem, and the images, that a short document shows.
const SHOWN: usize = 8;

/// The audit as one JSON object and a line end.
///
/// # Errors
/// None that is known of: its types are texts and numbers.
pub fn audit_json(audit: &Audit) -> serde_json::Result<String> {
    Ok(serde_json::to_string_pretty(audit)? + "\n")
}

/// The audit as Markdown: figures, problems by priority, images, what refit would do and what it leaves alone, advice.
pub fn audit_markdown(audit: &Audit, length: Length) -> String {
    let mut out = String::from("# Docker audit\n\n");
    let _ = writeln!(out, "{}\n", text(&summary(audit)));
    figures(&mut out, &audit.figures);
    problems(&mut out, &audit.problems, length);
    images(&mut out, &audit.images, length);
    plan(&mut out, &audit.plan, length);
    advice(&mut out, &audit.advice);
    let tool = &audit.tool;
    let _ = writeln!(
        out,
        "\nMade by {} {}. Steps are computed from the Dockerfiles, sizes are those on disk; nothing was built.",
        tool.name, tool.version
    );
    out
}

/// The audit in a sentence or two.
fn summary(audit: &Audit) -> String {
    let Figures { dockerfiles, images, .. } = audit.figures;
    let count = |it: u64| usize::try_from(it).unwrap_or(usize::MAX);
    let files = counted(count(dockerfiles.before), "Dockerfile");
    let built = counted(count(images.before), "image");
    let contexts = counted(audit.contexts.len(), "build context");
    let found = counted(audit.problems.len(), "kind");
    let places = audit.problems.iter().map(|it| it.places.len()).sum();
    let places = counted(places, "place");
    let summary = &audit.plan.summary;
    let (changes, changed) =
        (counted(summary.changes, "change"), counted(summary.changed_files, "file"));
    let (safe, review) = (number(summary.safe as u64), number(summary.review as u64));
    let problems = match audit.problems.len() {
        0 => "No problem was found.".to_owned(),
        _ => format!("Problems of {found} were found at {places}."),
    };
    let plan = match summary.changes {
        0 => "refit has nothing to change.".to_owned(),
        _ => format!("refit would make {changes} ({safe} safe, {review} to review) in {changed}."),
    };
    format!("{files}, {built} and {contexts} were looked at. {problems} {plan}")
}

/// A row of the table of figures.
struct Row {
    name: &'static str,
    /// Today.
    before: String,
    /// After the plan.
    after: String,
    /// True if the plan makes it better: of steps nobody can say that by their number.
    is_better: bool,
}

impl Row {
    fn new(name: &'static str, figure: Figure, shown: impl Fn(u64) -> String) -> Self {
        let Figure { before, after } = figure;
        Self { name, before: shown(before), after: shown(after), is_better: after < before }
    }

    /// A part of all steps.
    fn of_steps(name: &'static str, part: Figure, all: Figure) -> Self {
        let of = |part: u64, all: u64| format!("{} of {}", number(part), number(all));
        let (before, after) = (of(part.before, all.before), of(part.after, all.after));
        Self { name, before, after, is_better: false }
    }
}

/// The rows of the table of figures.
fn rows(figures: &Figures) -> Vec<Row> {
    let Figures { steps, steps_again, steps_again_at_most: most, .. } = *figures;
    let mut rows = vec![
        Row::new("Dockerfiles", figures.dockerfiles, number),
        Row { is_better: false, ..Row::new("Images", figures.images, number) },
        Row::new("Files sent to builders", figures.context_files, number),
        Row::new("Their size", figures.context_bytes, of_bytes),
        Row::of_steps("Steps that an edit of a service's source runs again", steps_again, steps),
        Row::of_steps("The same, of the source file that costs most", most, steps),
        Row::new("Images that run as root", figures.root, number),
    ];
    let rest = [
        ("Tools without a version", figures.unpinned_tools),
        ("Base images without a version", figures.unpinned_bases),
        ("Builds that repeat another one", figures.repeated_builds),
    ];
    let rest = rest.into_iter().filter(|it| it.1 != Figure::default());
    rows.extend(rest.map(|(name, it)| Row::new(name, it, number)));
    rows
}

fn figures(out: &mut String, figures: &Figures) {
    out.push_str("| | today | with refit |\n|---|---:|---:|\n");
    for Row { name, before, after, .. } in rows(figures) {
        let _ = writeln!(out, "| {name} | {before} | {after} |");
    }
}

fn problems(out: &mut String, problems: &[Trouble], length: Length) {
    if problems.is_empty() {
        return;
    }
    out.push_str(
        "\n## Problems\n\n| priority | problem | places | refit mends |\n|---|---|---:|---:|\n",
    );
    for it in problems {
        let mended = it.places.iter().filter(|it| it.mended_by.is_some()).count();
        let (priority, title) = (it.priority.as_str(), text(it.title));
        let places = number(it.places.len() as u64);
        let _ = writeln!(out, "| {priority} | {title} | {places} | {} |", number(mended as u64));
    }
    for it in problems {
        let Trouble { priority, title, why, places, .. } = it;
        let _ = writeln!(out, "\n### {} ({})\n\n{}\n", text(title), priority.as_str(), text(why));
        for spots in alike(places) {
            let shown = if length == Length::Short { SHOWN } else { spots.len() };
            let _ = writeln!(out, "- {}", said(&spots, shown));
        }
    }
}

/// The places of a problem, those together of which the same is said.
fn alike(spots: &[Spot]) -> Vec<Vec<&Spot>> {
    let mut groups: Vec<Vec<&Spot>> = Vec::new();
    for spot in spots {
        let is_like =
            |it: &Vec<&Spot>| it[0].detail == spot.detail && remedy(it[0]) == remedy(spot);
        match groups.iter_mut().find(|it| is_like(it)) {
            Some(group) => group.push(spot),
            None => groups.push(vec![spot]),
        }
    }
    groups
}

/// What there is to say about places that are alike, the first of which are named.
fn said(spots: &[&Spot], shown: usize) -> String {
    let names = spots.iter().take(shown).map(|it| code(&it.place.to_string()));
    let names = names.collect::<Vec<_>>().join(", ");
    let more = spots.len().saturating_sub(shown);
    let more = if more == 0 { String::new() } else { format!(" and {} more", number(more as u64)) };
    format!("{}; {}: {names}{more}", text(&spots[0].detail), text(&remedy(spots[0])))
}

/// What mends a problem at a place, or why nothing does.
fn remedy(spot: &Spot) -> String {
    match (&spot.mended_by, spot.safety, &spot.left_alone) {
        (Some(transform), Some(safety), _) => format!("{transform} mends it [{safety}]"),
        (_, _, Some(reason)) => format!("refit leaves it alone: {reason}"),
        _ if spot.is_for_owner => "not refit's to mend".to_owned(),
        _ => "refit does not mend it here".to_owned(),
    }
}

/// The steps of an image that an edit of its own source runs again: `5 of 8`.
fn again(state: Option<&ImageState>) -> String {
    match state.map(|it| (it, &it.source_edit)) {
        Some((it, Some(edit))) => format!("{} of {}", edit.lines.len(), it.steps),
        Some((it, None)) => format!("– of {}", it.steps),
        None => "?".to_owned(),
    }
}

/// The user of an image.
fn user(state: Option<&ImageState>) -> &str {
    state.and_then(|it| it.user.as_deref()).unwrap_or("?")
}

/// What differs today and after the plan, with an arrow between the two; once if nothing does.
fn change(before: &str, after: &str) -> String {
    if before == after { before.to_owned() } else { format!("{before} → {after}") }
}

fn images(out: &mut String, images: &[AuditedImage], length: Length) {
    if images.is_empty() {
        return;
    }
    out.push_str(
        "\n## Images\n\n| image | Dockerfile | user | steps run again |\n|---|---|---|---:|\n",
    );
    let shown = if length == Length::Short { 2 * SHOWN } else { images.len() };
    for it in images.iter().take(shown) {
        let AuditedImage { name, dockerfile, before, after, .. } = it;
        let (before, after) = (before.as_ref(), after.as_ref());
        let now = it.dockerfile_after.as_ref().filter(|_| length != Length::Short);
        let file = change(dockerfile, now.unwrap_or(dockerfile));
        let (user, again) =
            (change(user(before), user(after)), change(&again(before), &again(after)));
        let _ = writeln!(out, "| {} | {} | {} | {again} |", text(name), text(&file), text(&user));
    }
    if shown < images.len() {
        let _ = writeln!(out, "| and {} more | | | |", number((images.len() - shown) as u64));
    }
    out.push_str(
        "\nThe steps are those that run again after an edit of the service's own source.\n",
    );
}

fn plan(out: &mut String, report: &Report, length: Length) {
    let mut rows: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (name, counts) in &report.summary.by_transform {
        rows.insert(name, [counts.safe, counts.review, 0]);
    }
    for it in declines(report) {
        rows.entry(&it.transform).or_default()[2] += 1;
    }
    if rows.is_empty() {
        return;
    }
    out.push_str(
        "\n## What refit would do\n\n| | safe | to review | left alone |\n|---|---:|---:|---:|\n",
    );
    for (name, counts) in rows {
        let [safe, review, left] = counts.map(|it| number(it as u64));
        let _ = writeln!(out, "| {name} | {safe} | {review} | {left} |");
    }
    if report.summary.changes != 0 {
        out.push_str("\n`refit diff` shows the changes, `refit apply` makes them, `refit undo` takes them back.\n");
    }
    if length == Length::Whole {
        changes(out, report);
    }
    if length != Length::Short && declines(report).next().is_some() {
        out.push_str("\n## What refit leaves alone\n\n");
        for it in declines(report) {
            let DeclineReport { transform, code: name, place, reason, .. } = it;
            let _ = writeln!(
                out,
                "- {}: {transform}: {} [{name}]",
                code(&place.to_string()),
                text(reason)
            );
        }
    }
}

fn declines(report: &Report) -> impl Iterator<Item = &DeclineReport> {
    report.declines.iter().filter(|it| it.code != codes::ENGINE)
}

fn changes(out: &mut String, report: &Report) {
    let mut by_file: BTreeMap<&str, Vec<&ChangeReport>> = BTreeMap::new();
    for it in &report.changes {
        by_file.entry(&it.place.path).or_default().push(it);
    }
    for (path, changes) in by_file {
        let _ = writeln!(out, "\n### {}\n", code(path));
        for it in changes {
            let (title, reason) = (text(&it.title), text(&it.reason));
            let _ =
                writeln!(out, "- **{title}** (line {}, {}): {reason}", it.place.line, it.safety);
        }
        if let Some(file) = report.files.iter().find(|it| it.path == path) {
            let fence = fence(&file.diff);
            let _ = writeln!(out, "\n<details><summary>diff</summary>\n\n{fence}diff");
            let _ = writeln!(out, "{}\n{fence}\n\n</details>", file.diff.trim_end());
        }
    }
}

fn advice(out: &mut String, advice: &[Advice]) {
    for Advice { title, text: said, commands } in advice {
        let _ = writeln!(out, "\n## {}\n\n{}", text(title), text(said));
        if !commands.is_empty() {
            let _ = writeln!(out, "\n```sh\n{}\n```", commands.join("\n"));
        }
    }
}
