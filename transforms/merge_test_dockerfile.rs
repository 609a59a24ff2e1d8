#![doc = include_str!("merge_test_dockerfile.md")]

use std::collections::BTreeMap;

use crate::{
    Transform,
    change::{Alteration, Change, Decline, FileChange, Origin, Outcome, Place, Safety},
    packages::Refusal,
    path::RepoPath,
    project::{
        Project,
        callers::{Move, retarget},
    },
    run::Site,
    settings::Settings,
    twins::{Merged, Merger, Twins, guard, names},
};

/// One Dockerfile builds the production image and its variant.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("merge_test_dockerfile.md"), run };

const NAME: &str = "merge-test-dockerfile";

fn run(project: &Project, _: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    let mut merged: Vec<&RepoPath> = Vec::new();
    for twins in names::find(project) {
        // A second variant of one file is looked at when the first one is part of it.
        if merged.contains(&&twins.ours.path) {
            continue;
        }
        match merge(project, &twins) {
            Ok(change) => {
                merged.push(&twins.ours.path);
                outcome.changes.push(change);
            }
            Err(Some(decline)) => outcome.declines.push(decline),
            Err(None) => {}
        }
    }
    outcome
}

/// Makes one file of two; `None` for what only its folder's name makes look like a variant.
fn merge(project: &Project, twins: &Twins<'_>) -> Result<Change, Option<Decline>> {
    let at = |line: usize, (code, reason): Refusal| Decline {
        transform: NAME,
        place: Place { path: twins.theirs.path.clone(), line },
        code,
        reason,
    };
    let decline = |why: Refusal| Some(at(1, why));
    if !twins.look_alike() {
        return Err(None);
    }
    let (ours, theirs) = guard::readable(twins).map_err(decline)?;
    guard::directives(ours, theirs).map_err(decline)?;
    let ignore_file = guard::contexts(project, twins).map_err(decline)?;
    let sites = (Site::new(&twins.ours.path, ours), Site::new(&twins.theirs.path, theirs));
    let merger = Merger::new(&sites.0, &sites.1, twins.kind);
    let none = || decline(("unparsable", "one of the two has no stage".to_owned()));
    let merged = merger.ok_or_else(none)?.merge();
    let merged = merged.map_err(|it| Some(at(sites.1.place(it.item).line, it.why)))?;
    guard::builds(project, twins, &merged).map_err(decline)?;
    change(project, twins, &sites.0, merged, ignore_file).map_err(decline)
}

/// The change of both files and of all who build the one that goes.
fn change(
    project: &Project,
    twins: &Twins<'_>,
    site: &Site<'_>,
    merged: Merged,
    ignore_file: Option<RepoPath>,
) -> Result<Change, Refusal> {
    let (ours, theirs) = (&twins.ours.path, &twins.theirs.path);
    let arguments = merged.argument.iter().map(|it| (it.clone(), "true".to_owned()));
    let to = Origin {
        dockerfile: ours.clone(),
        target: merged.target.clone(),
        arguments: arguments.collect(),
    };
    let moved = retarget(project, &[Move { from: theirs.clone(), to: to.clone() }]);
    if let Some(it) = moved.stuck.first() {
        return Err(("caller", format!("{} {}", it.place, it.reason)));
    }
    let mut files: BTreeMap<RepoPath, FileChange> = BTreeMap::new();
    files.extend(moved.edits.into_iter().map(|(path, edits)| (path, FileChange::Edit(edits))));
    if !merged.edits.is_empty() {
        files.insert(ours.clone(), FileChange::Edit(merged.edits));
    }
    files
        .extend([theirs.clone()].into_iter().chain(ignore_file).map(|it| (it, FileChange::Delete)));
    let title = match (merged.target, &merged.argument) {
        (None, None) => format!("Merge {theirs}, which says the same"),
        (None, Some(it)) => format!("Merge {theirs}, to be built with {it}=true"),
        (Some(target), None) => format!("Merge {theirs} as the target {target}"),
        (Some(target), Some(it)) => {
            format!("Merge {theirs} as the target {target}, to be built with {it}=true")
        }
    };
    let mut mentions: Vec<String> = moved.mentions.iter().map(ToString::to_string).collect();
    mentions.dedup();
    let reason = match mentions.as_slice() {
        [] => "both images stay what they are".to_owned(),
        places => format!(
            "both images stay what they are; {} still names the old file",
            places.join(", ")
        ),
    };
    let mut change = site.change(merged.item, Safety::Review, title, reason, Vec::new());
    change.files = files;
    change
        .alters
        .extend(merged.argument.into_iter().chain(merged.others).map(Alteration::Argument));
    change.alters.push(Alteration::Moved { from: theirs.clone(), to });
    Ok(change)
}
