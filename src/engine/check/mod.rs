//! The engine's own checks: what no change may do to a Dockerfile, whoever made it.
//!
//! A transform that fails one has a bug. Its change is dropped, never written.

mod composed;
mod images;
mod sent;

use std::collections::{BTreeMap, HashMap, HashSet};

use images::Images;
use rayon::prelude::*;

use crate::{
    callers::spoiled,
    dockerfile::{Dockerfile, Kind},
    project::{
        File, Project,
        change::{Change, FileChange},
    },
    text::{self, Edit, RepoPath, panics},
};

/// What is wrong with a change by itself: edits that do not fit their file, or nothing that changes.
///
/// An objection reads after "its change".
pub fn change(project: &Project, change: &Change) -> Option<String> {
    panics::caught(|| unfit(project, change)).unwrap_or_else(|it| Some(panicked(&it)))
}

/// The objection where the engine cannot even look.
fn panicked(message: &str) -> String {
    format!("makes the engine panic ({message})")
}

fn unfit(project: &Project, change: &Change) -> Option<String> {
    let mut idle = true;
    for (path, change) in &change.files {
        let file = project.file(path.as_str());
        match (change, file) {
            (FileChange::Edit(edits), Some(file)) => {
                if !fit(&file.text, edits) {
                    return Some(format!("has edits that do not fit {path}"));
                }
                idle &= text::apply(&file.text, edits) == *file.text;
            }
            (FileChange::Create(_), None) if !project.tree().exists(path) => idle = false,
            (FileChange::Delete, Some(_)) => idle = false,
            (FileChange::Create(_), _) => {
                return Some(format!("creates {path}, which is there already"));
            }
            _ => return Some(format!("touches {path}, which is not there")),
        }
    }
    idle.then(|| "changes nothing".to_owned())
}

/// The files that a step broke, each with an objection that reads after "its change".
pub fn step(before: &Project, after: &Project, changes: &[&Change]) -> BTreeMap<RepoPath, String> {
    let mut touched: BTreeMap<&RepoPath, Vec<&Change>> = BTreeMap::new();
    for &change in changes {
        for path in change.files.keys() {
            touched.entry(path).or_default().push(change);
        }
    }
    let look = |path: &RepoPath, changes: Vec<&Change>| {
        let old = before.file(path.as_str());
        if let Some(objection) = sent::objection(before, after, path, &changes) {
            return Some(objection);
        }
        match (old, after.file(path.as_str())) {
            (Some(old), Some(new)) => file(old, new, &changes)
                .or_else(|| Images { before, after, changes: &changes }.of(old, new)),
            (Some(old), None) => Images { before, after, changes: &changes }.of_deleted(old),
            (None, new) => {
                new?.dockerfile()?.errors.first().map(|it| format!("has an error ({})", it.message))
            }
        }
    };
    let broken = touched.into_par_iter().filter_map(|(path, changes)| {
        let objection =
            panics::caught(|| look(path, changes)).unwrap_or_else(|it| Some(panicked(&it)))?;
        Some((path.clone(), format!("{objection} in {path}")))
    });
    broken.collect()
}

/// What is wrong with a file that was changed, before anybody asks what it builds.
fn file(before: &File, after: &File, changes: &[&Change]) -> Option<String> {
    match (before.dockerfile(), after.dockerfile()) {
        (Some(before), Some(after)) => dockerfile(before, after),
        _ => {
            let mut problems = after.callers().problems.iter();
            let old: Vec<_> = before.callers().problems.iter().map(|it| &it.message).collect();
            if let Some(new) = problems.find(|it| !old.contains(&&it.message)) {
                return Some(format!("brings an error ({})", new.message));
            }
            let edits = changes.iter().filter_map(|it| match it.files.get(&before.path)? {
                FileChange::Edit(edits) => Some(edits.clone()),
                FileChange::Create(_) | FileChange::Delete => None,
            });
            let edits: Vec<Edit> = edits.flatten().collect();
            spoiled(&before.path, &before.text, &after.text, &edits)
                .or_else(|| composed::objection(before, after, changes))
        }
    }
}

/// What `after` lost or broke of the text of `before`.
pub fn dockerfile(before: &Dockerfile, after: &Dockerfile) -> Option<String> {
    if !tiles(after) {
        return Some("loses bytes".to_owned());
    }
    let errors = |it: &Dockerfile| it.errors.iter().map(|it| it.message.clone()).collect();
    if let Some(error) = missing(errors(after), errors(before)) {
        return Some(format!("brings an error ({error})"));
    }
    if let Some(comment) = missing(comments(before), comments(after)) {
        return Some(format!("loses a comment ({comment})"));
    }
    if let Some(directive) = missing(directives(before), directives(after)) {
        return Some(format!("loses a directive ({directive})"));
    }
    None
}

/// Whether edits lie within the text, on character boundaries, and do not depend on their order.
fn fit(text: &str, edits: &[Edit]) -> bool {
    let inside = edits.iter().all(|it| text.get(it.span.clone()).is_some());
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|it| (it.span.start, it.span.end));
    inside && sorted.windows(2).all(|it| !it[0].conflicts(it[1]))
}

fn tiles(dockerfile: &Dockerfile) -> bool {
    let mut at = 0;
    let in_order = dockerfile.items.iter().all(|it| {
        let follows = it.span.start == at;
        at = it.span.end;
        follows
    });
    in_order && at == dockerfile.source.len()
}

/// The first of `these` that `those` have not as often.
fn missing(these: Vec<String>, those: Vec<String>) -> Option<String> {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for it in those {
        *counts.entry(it).or_default() += 1;
    }
    these.into_iter().find(|it| match counts.get_mut(it) {
        Some(count) if 0 < *count => {
            *count -= 1;
            false
        }
        _ => true,
    })
}

/// The first comment of a file that is nowhere in the one which takes its place.
fn forgotten(gone: &Dockerfile, kept: &Dockerfile) -> Option<String> {
    let kept: HashSet<String> = comments(kept).into_iter().collect();
    comments(gone).into_iter().find(|it| !kept.contains(it))
}

/// The text of every line that is a comment, also of those inside instructions.
fn comments(dockerfile: &Dockerfile) -> Vec<String> {
    let mut comments = Vec::new();
    for item in &dockerfile.items {
        let first = match item.kind {
            Kind::Comment => 0,
            Kind::Instruction(_) => 1,
            Kind::Blank | Kind::Directive(_) => continue,
        };
        let text = &dockerfile.source[item.span.clone()];
        let text = text.strip_prefix('\u{feff}').filter(|_| item.span.start == 0).unwrap_or(text);
        let lines = text.lines().skip(first).map(str::trim);
        comments.extend(lines.filter(|it| it.starts_with('#')).map(str::to_owned));
    }
    comments
}

fn directives(dockerfile: &Dockerfile) -> Vec<String> {
    let directives = dockerfile.items.iter().filter_map(|it| match &it.kind {
        Kind::Directive(it) => Some(format!("{}={}", it.name, it.value)),
        _ => None,
    });
    directives.collect()
}

#[cfg(test)]
mod tests;
