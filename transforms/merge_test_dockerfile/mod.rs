#![doc = include_str!("page.md")]

// Dockerfiles that are variants of one another: `Dockerfile` and `Dockerfile.test`.
//
// [`names`] tells them by name, [`Merger`] makes one file of two, and [`guard`] knows what about their
// builds speaks against it. What differs becomes a build argument around an install, or a stage.

mod align;
pub mod alike;
mod comments;
pub mod guard;
mod merge;
pub mod names;
mod stages;
mod switch;
mod write;

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    callers::{Move, retarget},
    engine::{Transform, settings::Settings},
    project::{
        Project,
        change::{Alteration, Change, Decline, FileChange, Origin, Outcome, Safety},
    },
    run::Site,
    text::{Place, Refusal, RepoPath},
};
pub use align::{ENOUGH, LOOKS_ALIKE, likeness};
pub use merge::{Merged, Merger};
pub use names::{Kind, Twins, Way};

/// One Dockerfile builds the production image and its variant.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "argument-taken",
        "builds-a-stage",
        "builds-every-stage",
        "caller",
        "different-base",
        "different-contexts",
        "different-directives",
        "different-dockerignore",
        "little-in-common",
        "numbered-stage",
        "onbuild",
        "stage-name-taken",
        "stages-differ",
        "unknown-context",
        "unparsable",
    ],
    options: None,
    run,
};

const NAME: &str = "merge-test-dockerfile";

fn run(project: &Project, _: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    let mut ready: Vec<Ready<'_>> = Vec::new();
    for twins in names::find(project) {
        match merge(project, twins) {
            Ok(it) => ready.push(it),
            Err(decline) => outcome.declines.extend(decline),
        }
    }
    let mut done: BTreeSet<&RepoPath> = BTreeSet::new();
    for one in &ready {
        let group = one.group(project, &ready);
        // A second variant of one file is looked at when the first one is part of it.
        if group.iter().any(|it| done.contains(&it.twins.ours.path)) {
            continue;
        }
        match change(project, &group) {
            Ok(change) => {
                done.extend(group.iter().map(|it| &it.twins.ours.path));
                outcome.changes.push(change);
            }
            Err(why) => outcome.declines.push(decline(&one.twins, 1, why)),
        }
    }
    outcome
}

/// Two files that can be one, as far as their own text goes.
struct Ready<'a> {
    twins: Twins<'a>,
    merged: Merged,
    /// The ignore file that goes with the variant.
    ignore_file: Option<RepoPath>,
    place: Place,
    to: Origin,
}

fn decline(twins: &Twins<'_>, line: usize, why: Refusal) -> Decline {
    let place = Place { path: twins.theirs.path.clone(), line };
    Decline { transform: NAME, place, why }
}

/// Makes one file of two; `None` for what only its folder's name makes look like a variant.
fn merge<'a>(project: &Project, twins: Twins<'a>) -> Result<Ready<'a>, Option<Decline>> {
    let whole = |why: Refusal| Some(decline(&twins, 1, why));
    if !twins.look_alike() {
        return Err(None);
    }
    let (Some(ours), Some(theirs)) = (twins.ours.dockerfile(), twins.theirs.dockerfile()) else {
        return Err(None);
    };
    guard::readable(twins.theirs, theirs).map_err(whole)?;
    guard::readable(twins.ours, ours).map_err(whole)?;
    guard::directives(ours, theirs).map_err(whole)?;
    let ignore_file = guard::contexts(project, &twins).map_err(whole)?;
    let sites = (Site::new(&twins.ours.path, ours), Site::new(&twins.theirs.path, theirs));
    let merger = Merger::new(&sites.0, &sites.1, twins.kind);
    let none = || whole(Refusal::new("unparsable", "one of the two has no stage"));
    let merged = merger.ok_or_else(none)?.merge();
    let merged = merged.map_err(|it| Some(decline(&twins, sites.1.place(it.item).line, it.why)))?;
    guard::builds(project, &twins, &merged).map_err(whole)?;
    let arguments = merged.argument.iter().map(|it| (it.clone(), "true".to_owned())).collect();
    let (dockerfile, target) = (twins.ours.path.clone(), merged.target.clone());
    let to = Origin { dockerfile, target, arguments };
    let place = sites.0.place(merged.item);
    Ok(Ready { twins, merged, ignore_file, place, to })
}

impl Ready<'_> {
    fn moves(&self) -> Move {
        Move { from: self.twins.theirs.path.clone(), to: self.to.clone() }
    }

    /// It and those that must move with it, since one line of a caller names them all.
    fn group<'r>(&'r self, project: &Project, ready: &'r [Self]) -> Vec<&'r Self> {
        let mut group = vec![self];
        let alone = retarget(project, &[self.moves()]);
        let shares: BTreeSet<RepoPath> = alone.stuck.into_iter().flat_map(|it| it.shares).collect();
        let others = ready.iter().filter(|it| shares.contains(&it.twins.theirs.path));
        for it in others {
            // Two variants of one file cannot be merged at once.
            if group.iter().all(|other| other.twins.ours.path != it.twins.ours.path) {
                group.push(it);
            }
        }
        group
    }

    fn title(&self) -> String {
        let theirs = &self.twins.theirs.path;
        match (&self.merged.target, &self.merged.argument) {
            (None, None) => format!("Merge {theirs}, which says the same"),
            (None, Some(it)) => format!("Merge {theirs}, to be built with {it}=true"),
            (Some(target), None) => format!("Merge {theirs} as the target {target}"),
            (Some(target), Some(it)) => {
                format!("Merge {theirs} as the target {target}, to be built with {it}=true")
            }
        }
    }
}

/// The change of these files and of all who build those that go.
fn change(project: &Project, group: &[&Ready<'_>]) -> Result<Change, Refusal> {
    let moves: Vec<Move> = group.iter().map(|it| it.moves()).collect();
    let moved = retarget(project, &moves);
    if let Some(it) = moved.stuck.first() {
        return Err(Refusal::new("caller", format!("{} {}", it.place, it.reason)));
    }
    let mut files: BTreeMap<RepoPath, FileChange> = BTreeMap::new();
    files.extend(moved.edits.into_iter().map(|(path, edits)| (path, FileChange::Edit(edits))));
    let mut alters = Vec::new();
    for it in group {
        let merged = &it.merged;
        if !merged.edits.is_empty() {
            files.insert(it.twins.ours.path.clone(), FileChange::Edit(merged.edits.clone()));
        }
        let gone = std::iter::once(&it.twins.theirs.path).chain(&it.ignore_file);
        files.extend(gone.map(|it| (it.clone(), FileChange::Delete)));
        let arguments = merged.argument.iter().chain(&merged.others);
        alters.extend(arguments.cloned().map(Alteration::Argument));
        let Move { from, to } = it.moves();
        alters.push(Alteration::Moved { from, to });
    }
    let mut mentions: Vec<String> = moved.mentions.iter().map(ToString::to_string).collect();
    mentions.dedup();
    let mut title = group[0].title();
    if let [_, others @ ..] = group
        && !others.is_empty()
    {
        let others: Vec<&str> = others.iter().map(|it| it.twins.theirs.path.as_str()).collect();
        title = format!("{title}, and with it {}", others.join(", "));
    }
    let reason = match mentions.as_slice() {
        [] => "the images stay what they are".to_owned(),
        places => {
            format!("the images stay what they are; {} still names the old file", places.join(", "))
        }
    };
    let place = group[0].place.clone();
    Ok(Change { title, reason, safety: Safety::Review, place, files, alters })
}
