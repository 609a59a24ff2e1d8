#![doc = include_str!("page.md")]

// [`names`] finds files and their variants, [`guard`] checks their builds, and [`Merger`] makes one file of
// two: a difference becomes a build argument around an install, or a stage.

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
    callers::{Move, Retarget},
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

/// Builds the production image and its variant from one Dockerfile.
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
    let is_near = |it: &Twins<'_>| {
        project.is_in_focus(&it.production.path) || project.is_in_focus(&it.variant.path)
    };
    let (near, far): (Vec<_>, Vec<_>) = names::find(project).into_iter().partition(is_near);
    let mut outcome = Outcome::default();
    let mut ready = all_ready(project, near, &mut outcome);
    if ready.is_empty() {
        return outcome;
    }
    let mut retarget = callers_of(project, &ready);
    // One line of a caller may name the variants of others, which have to be merged with it.
    if !far.is_empty() && ready.iter().any(|it| !it.shares(&retarget).is_empty()) {
        ready.extend(all_ready(project, far, &mut outcome));
        ready.sort_by(|a, b| a.twins.variant.path.cmp(&b.twins.variant.path));
        retarget = callers_of(project, &ready);
    }
    let mut done: BTreeSet<&RepoPath> = BTreeSet::new();
    for one in &ready {
        let group = one.group(&retarget, &ready);
        // The second variant of a file waits until the first one is merged.
        if group.iter().any(|it| done.contains(&it.twins.production.path)) {
            continue;
        }
        match change(&retarget, &group) {
            Ok(change) => {
                done.extend(group.iter().map(|it| &it.twins.production.path));
                outcome.changes.push(change);
            }
            Err(why) => outcome.declines.push(one.twins.decline(why)),
        }
    }
    outcome
}

/// Those that can be merged as far as the two files tell; the others are declined.
fn all_ready<'a>(project: &Project, all: Vec<Twins<'a>>, outcome: &mut Outcome) -> Vec<Ready<'a>> {
    let mut ready = Vec::new();
    for twins in all {
        match merge(project, twins) {
            Ok(merge) => ready.push(merge),
            Err(decline) => outcome.declines.extend(decline),
        }
    }
    ready
}

/// Finds the callers of the variants that can be merged.
fn callers_of<'a>(project: &'a Project, ready: &[Ready<'_>]) -> Retarget<'a> {
    Retarget::new(project, ready.iter().map(|it| &it.twins.variant.path))
}

/// Two files that can be merged if their callers can follow.
struct Ready<'a> {
    twins: Twins<'a>,
    merged: Merged,
    /// The ignore file that is deleted with the variant.
    ignore_file: Option<RepoPath>,
    place: Place,
    to: Origin,
}

impl Twins<'_> {
    /// A decline of the whole variant, at its first instruction.
    fn decline(&self, why: Refusal) -> Decline {
        let first = self.variant.dockerfile().and_then(|it| it.instructions().next());
        let place = self.variant.place(&first.map_or(0..0, |it| it.0.span.clone()));
        Decline { transform: NAME, place, why }
    }
}

/// Merges two files.
///
/// # Errors
/// The reason why they cannot be merged; `None` if only their folders' names suggest a variant.
fn merge<'a>(project: &Project, twins: Twins<'a>) -> Result<Ready<'a>, Option<Decline>> {
    let whole = |why: Refusal| Some(twins.decline(why));
    if !twins.look_alike() {
        return Err(None);
    }
    let Some(files) = twins.parsed() else { return Err(None) };
    files.check(&twins).map_err(whole)?;
    guard::directives(&files).map_err(whole)?;
    let ignore_file = guard::contexts(project, &twins).map_err(whole)?;
    let production = Site::new(&twins.production.path, files.production);
    let variant = Site::new(&twins.variant.path, files.variant);
    let merger = Merger::new(&production, &variant, twins.kind);
    let no_stage = || whole(Refusal::new("unparsable", "one of the two files has no stage"));
    let merged = merger.ok_or_else(no_stage)?.merge();
    let merged = merged.map_err(|it| Some(variant.decline(NAME, it.item, it.why)))?;
    guard::builds(project, &twins, &merged).map_err(whole)?;
    let arguments = merged.argument.iter().map(|it| (it.clone(), "true".to_owned())).collect();
    let (dockerfile, target) = (twins.production.path.clone(), merged.target.clone());
    let to = Origin { dockerfile, target, arguments };
    let place = production.place(merged.item);
    Ok(Ready { twins, merged, ignore_file, place, to })
}

impl Ready<'_> {
    fn moves(&self) -> Move {
        Move { from: self.twins.variant.path.clone(), to: self.to.clone() }
    }

    /// The other Dockerfiles that one line of a caller names as well.
    fn shares(&self, retarget: &Retarget<'_>) -> BTreeSet<RepoPath> {
        let alone = retarget.follow(&[self.moves()]);
        alone.stuck.into_iter().flat_map(|it| it.shares).collect()
    }

    /// Returns this merge and those that must happen with it because one line of a caller names their
    /// variants as well.
    fn group<'r>(&'r self, retarget: &Retarget<'_>, ready: &'r [Self]) -> Vec<&'r Self> {
        let mut group = vec![self];
        let shares = self.shares(retarget);
        if shares.is_empty() {
            return group;
        }
        for other in ready.iter().filter(|it| shares.contains(&it.twins.variant.path)) {
            // Two variants of one file cannot be merged at once.
            let production = &other.twins.production.path;
            if group.iter().all(|it| it.twins.production.path != *production) {
                group.push(other);
            }
        }
        group
    }

    fn title(&self) -> String {
        let variant = &self.twins.variant.path;
        match (&self.merged.target, &self.merged.argument) {
            (None, None) => format!("Merge {variant}, which builds the same image"),
            (None, Some(argument)) => format!("Merge {variant}, built with {argument}=true"),
            (Some(target), None) => format!("Merge {variant} as the target {target}"),
            (Some(target), Some(argument)) => {
                format!("Merge {variant} as the target {target}, built with {argument}=true")
            }
        }
    }
}

/// The change that merges these files and rewrites the builds of their variants.
fn change(retarget: &Retarget<'_>, group: &[&Ready<'_>]) -> Result<Change, Refusal> {
    let moves: Vec<Move> = group.iter().map(|it| it.moves()).collect();
    let moved = retarget.follow(&moves);
    if let Some(stuck) = moved.stuck.first() {
        return Err(Refusal::new("caller", format!("{} {}", stuck.place, stuck.reason)));
    }
    let mut files: BTreeMap<RepoPath, FileChange> = BTreeMap::new();
    files.extend(moved.edits.into_iter().map(|(path, edits)| (path, FileChange::Edit(edits))));
    let mut alters = Vec::new();
    for Ready { twins, merged, ignore_file, .. } in group {
        if !merged.edits.is_empty() {
            let edits = merged.edits.clone();
            files.insert(twins.production.path.clone(), FileChange::Edit(edits));
        }
        let deleted = std::iter::once(&twins.variant.path).chain(ignore_file);
        files.extend(deleted.map(|it| (it.clone(), FileChange::Delete)));
        let arguments = merged.argument.iter().chain(&merged.earlier_arguments);
        alters.extend(arguments.cloned().map(Alteration::Argument));
    }
    alters.extend(moves.into_iter().map(|Move { from, to }| Alteration::Moved { from, to }));
    let mut mentions: Vec<String> = moved.mentions.iter().map(ToString::to_string).collect();
    mentions.dedup();
    let mut title = group[0].title();
    if let [_, others @ ..] = group
        && !others.is_empty()
    {
        let others: Vec<&str> = others.iter().map(|it| it.twins.variant.path.as_str()).collect();
        title = format!("{title}, together with {}", others.join(", "));
    }
    let reason = match mentions.as_slice() {
        [] => "the images stay the same".to_owned(),
        [place] => format!("the images stay the same; {place} still mentions the old file"),
        places => {
            format!("the images stay the same; {} still mention the old file", places.join(", "))
        }
    };
    let place = group[0].place.clone();
    Ok(Change { title, reason, safety: Safety::Review, place, files, alters })
}
