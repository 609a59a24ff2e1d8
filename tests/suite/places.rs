//! Places in reports and what reasons quote, against the files as they are on disk.

use std::collections::BTreeMap;

use refit::{
    dockerfile::{Dockerfile, Item, Keyword, Kind},
    engine::plan::Plan,
    project::selection::Selection,
    report::{PlaceReport, Report},
    text::Place,
};

/// Fails for a place or a quotation in a plan of a corpus that is not one of the files on disk.
pub(crate) fn check(name: &str, plan: &Plan) {
    let mut faults = BTreeMap::new();
    look(name, plan, &mut faults);
    let shown = faults.values().flat_map(|it: &Vec<String>| it.iter().take(8));
    let shown: String = shown.map(|it| format!("{it}\n")).collect();
    let counts: Vec<_> = faults.iter().map(|it| (it.0, it.1.len())).collect();
    assert!(faults.is_empty(), "{counts:?}\n{shown}");
}

/// Collects what is wrong with the places of a plan, by kind.
fn look(name: &str, plan: &Plan, faults: &mut BTreeMap<&'static str, Vec<String>>) {
    let mut fault = |kind, what: String| {
        faults.entry(kind).or_default().push(format!("{kind}: {name}: {what}"));
    };
    let changes = plan.changes().map(|it| (it.0, &it.1.place, &it.1.reason));
    let declines = plan.declines.iter().map(|it| (it.transform, &it.place, &it.why.reason));
    for (transform, place, reason) in changes.chain(declines) {
        let said = || format!("{transform}: {place} {reason}");
        let Some(file) = plan.before.file(place.path.as_str()) else {
            fault("no such file", said());
            continue;
        };
        if !is_inside(&file.text, place) {
            fault("beyond the file", said());
            continue;
        }
        let Some(dockerfile) = file.dockerfile() else { continue };
        if !is_subject(transform, dockerfile, place) {
            fault("not its subject", format!("{place:?} {}", said()));
        }
        if !is_one_item(dockerfile, place) {
            fault("not one instruction", format!("{place:?} {}", said()));
        }
        for (line, before, after) in lines(reason) {
            let Some(item) = item_at(dockerfile, line) else {
                fault("no such line", said());
                continue;
            };
            if !fits(dockerfile, item, before, after) {
                fault("another instruction", said());
            }
        }
        for quoted in quotations(reason) {
            if !has_words(&file.text, quoted)
                && !plan.before.files().any(|it| has_words(&it.text, quoted))
            {
                fault("not in a file", format!("{quoted}: {}", said()));
            }
        }
    }
    let report = Report::new(plan, &Selection::all());
    for change in &report.changes {
        let Some(PlaceReport { path, line, .. }) = &change.after else { continue };
        let lines = plan.after().file(path).map_or(0, |it| it.text.lines().count());
        if lines < *line {
            fault("beyond the file after", format!("{}: {}", change.place, change.title));
        }
    }
}

fn is_inside(text: &str, place: &Place) -> bool {
    let width = |line: usize| text.lines().nth(line - 1).map(|it| it.chars().count());
    let has = |line: usize, column: usize| width(line).is_some_and(|it| column <= it + 1);
    has(place.line, place.column)
        && has(place.end_line, place.end_column)
        && (place.line, place.column) <= (place.end_line, place.end_column)
}

/// Returns true for a place that is one item, or between two.
fn is_one_item(dockerfile: &Dockerfile, place: &Place) -> bool {
    let is_point = (place.line, place.column) == (place.end_line, place.end_column);
    is_point
        || item_at(dockerfile, place.line)
            .is_some_and(|it| place.line == it.lines.0 && place.end_line <= it.lines.1)
}

/// Returns true if a transform can mean the instruction at a place, or if refit wrote what it means.
fn is_subject(transform: &str, dockerfile: &Dockerfile, place: &Place) -> bool {
    let is_point = (place.line, place.column) == (place.end_line, place.end_column);
    let Some(item) = item_at(dockerfile, place.line) else { return false };
    let Kind::Instruction(instruction) = &item.kind else { return is_point };
    let text = &dockerfile.source[item.span.clone()];
    match transform {
        "copy-manifests-first" => instruction.keyword == Keyword::Run,
        "mount-caches" => matches!(instruction.keyword, Keyword::Run | Keyword::Env),
        "pin-poetry" => text.contains("poetry"),
        _ => true,
    }
}

fn item_at(dockerfile: &Dockerfile, line: usize) -> Option<&Item> {
    dockerfile.items.iter().find(|it| it.lines.0 <= line && line <= it.lines.1)
}

/// The lines that a reason names, each with the words before and after it.
fn lines(reason: &str) -> impl Iterator<Item = (usize, &str, &str)> {
    reason.match_indices("line ").filter_map(|it| {
        let rest = &reason[it.0 + it.1.len()..];
        let end = rest.find(|it: char| !it.is_ascii_digit()).unwrap_or(rest.len());
        let found = (rest[..end].parse().ok()?, &reason[..it.0], &rest[end..]);
        Some(found).filter(|it| !it.2.starts_with(" of "))
    })
}

/// Returns true if a reason can say this of an item.
fn fits(dockerfile: &Dockerfile, item: &Item, before: &str, said: &str) -> bool {
    use Keyword::{Add, Arg, Copy, Env, Run, Volume};
    let keyword = match &item.kind {
        Kind::Instruction(it) => it.keyword,
        _ => return before.ends_with("comment on "),
    };
    let is = |keywords: &[Keyword]| keywords.contains(&keyword);
    let text = &dockerfile.source[item.span.clone()];
    let said = said.trim_start();
    if said.starts_with("copies") {
        is(&[Copy, Add])
    } else if said.starts_with("makes a volume") {
        is(&[Volume])
    } else if said.starts_with("sets a variable") {
        is(&[Env, Arg])
    } else if let Some(quoted) = said.strip_prefix("may read the source: `") {
        is(&[Run]) && has_words(text, quoted.split_once('`').map_or(quoted, |it| it.0))
    } else {
        true
    }
}

/// What a reason quotes; a comment for the owner to write is in no file yet.
fn quotations(reason: &str) -> impl Iterator<Item = &str> {
    reason.split('`').skip(1).step_by(2).filter(|it| !it.starts_with("# refit:"))
}

/// Returns true if a text has these words in this order, but for an ellipsis at the end.
fn has_words(text: &str, quoted: &str) -> bool {
    // A command in exec form is quoted as a line.
    let words = |it: &str| {
        let words = it.split(|it: char| it.is_whitespace() || "[]\",".contains(it));
        words.filter(|it| !matches!(*it, "" | "\\")).collect::<Vec<_>>().join(" ")
    };
    words(text).contains(words(quoted).trim_end_matches(['…', ' ']))
}
