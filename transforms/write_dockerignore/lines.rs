//! The lines of an ignore file.

use std::collections::BTreeMap;

use super::found::{Found, name};
use crate::{
    context::dockerignore::{Dockerignore, Pattern},
    ecosystems::clutter::{self, Class, Place},
    project::change::FileChange,
    text::Edit,
};

/// A line to write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Line {
    pub(super) pattern: String,
    pub(super) class: Option<Class>,
    /// True if it is for a folder.
    pub(super) is_folder: bool,
}

/// The patterns for something that was found: as few as leave alone what has the same name and stays.
pub(super) fn patterns(found: &Found) -> Vec<String> {
    let spares = |it: &String| {
        let rules = Dockerignore::of_flags([it.as_str()]);
        !found.kept.iter().any(|it| rules.excludes(it))
    };
    let patterns = short(found);
    match patterns.iter().all(spares) {
        true => patterns,
        false => found.places().map(str::to_owned).filter(spares).collect(),
    }
}

fn short(found: &Found) -> Vec<String> {
    let row = found.row;
    let is_anywhere = row.place == Place::Anywhere;
    if row.class.is_local() {
        // What is called `dist` in one folder may be source in another.
        if row.class == Class::Outputs && !is_anywhere && found.places().count() < 4 {
            return found.places().map(str::to_owned).collect();
        }
        let deep = is_anywhere || found.is_nested();
        return vec![if deep { format!("**/{}", row.name) } else { row.name.to_owned() }];
    }
    match row.name.contains('*') {
        // One name says more than a pattern.
        true if found.there.len() > 1 && row.class == Class::Containers => {
            vec![if found.is_nested() { format!("**/{}", row.name) } else { row.name.to_owned() }]
        }
        false if is_anywhere && found.there.len() > 1 => vec![format!("**/{}", row.name)],
        _ => found.there.iter().cloned().collect(),
    }
}

/// The change of an ignore file that adds lines: at the end, or beside those of the same kind.
pub(super) fn change(text: Option<&str>, lines: &[Line]) -> FileChange {
    let Some(text) = text else {
        let patterns = lines.iter().map(|it| format!("{}\n", it.pattern));
        return FileChange::Create(patterns.collect());
    };
    let rules = Dockerignore::parse(text);
    // After a `!` the order matters, so nothing is put before one.
    let exceptions = rules.patterns().iter().filter(|it| it.exception);
    let last_exception = exceptions.map(|it| it.line).max().unwrap_or(0);
    let has_headings = text.lines().filter(|it| it.starts_with('#')).count() > 1;
    let mut beside: BTreeMap<usize, Vec<String>> = BTreeMap::new();
    let mut rest: Vec<String> = Vec::new();
    let mut last = None;
    let has_slashes = has_slashes(text);
    for line in lines {
        let slash = if line.is_folder && has_slashes { "/" } else { "" };
        let written = format!("{}{slash}", line.pattern);
        let like = |it: &&Pattern| line.class.is_some() && class_of(&it.text) == line.class;
        let neighbour = rules.patterns().iter().filter(|it| !it.exception).rfind(like);
        match neighbour.filter(|it| last_exception < it.line) {
            Some(it) => beside.entry(it.line).or_default().push(written),
            None => {
                if has_headings && last != Some(line.class) {
                    rest.push(String::new());
                    rest.extend(line.class.map(|it| format!("# {}", it.title())));
                }
                last = Some(line.class);
                rest.push(written);
            }
        }
    }
    let end = text.lines().count();
    // Beside the last line is the end.
    if let Some(mut own) = (!rest.is_empty()).then(|| beside.remove(&end)).flatten() {
        own.append(&mut rest);
        rest = own;
    }
    let mut edits: Vec<Edit> =
        beside.iter().map(|(line, lines)| Dockerignore::add(text, Some(*line), lines)).collect();
    if !rest.is_empty() {
        edits.push(Dockerignore::add(text, None, &rest));
    }
    FileChange::Edit(edits)
}

/// Returns true if most lines of an ignore file that are for folders of clutter end with a slash.
fn has_slashes(text: &str) -> bool {
    let lines = text.lines().map(str::trim);
    let folders = lines.filter(|it| {
        let name = name(it.trim_end_matches('/'));
        clutter::TABLE.iter().any(|row| row.is_folder() && row.name == name)
    });
    let (with, without): (Vec<&str>, Vec<&str>) = folders.partition(|it| it.ends_with('/'));
    with.len() > without.len()
}

/// The kind of clutter that a pattern is for.
fn class_of(pattern: &str) -> Option<Class> {
    clutter::class_of(name(pattern))
}
