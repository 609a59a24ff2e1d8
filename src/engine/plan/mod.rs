//! Planning: transforms, in order, round after round, until nothing changes. No I/O, and it cannot fail: what
//! a transform comes to no end with is a bug of the transform, which costs it the files concerned.

pub mod codes;
mod endless;
pub mod held;
pub mod ignores;
mod options;
mod turn;

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use super::{Transform, check};
use crate::{
    project::{
        Project,
        change::{Change, Decline, FileChange, Outcome, Panicked},
    },
    text::{Place, Refusal, RepoPath, panics},
};
use endless::Endless;
use held::AllHeldBack;
use ignores::{Ignores, Used};
pub use options::{Options, Without};
use turn::{Look, Turn};

/// Everything a run would do. Planning again from [`Plan::after`] does nothing.
#[derive(Clone)]
pub struct Plan {
    /// The snapshot it was made from.
    pub before: Project,
    /// The steps, in order.
    pub steps: Vec<Step>,
    /// The places that the last round left alone, sorted.
    pub declines: Vec<Decline>,
    /// Changes that were wrong and that the engine dropped.
    pub bugs: Vec<Bug>,
    /// The ignore comments that kept something away.
    pub ignores: HashSet<Used>,
    /// The changes that the baseline held back.
    pub held: AllHeldBack,
}

/// A change that the engine dropped, with what it takes to see it again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bug {
    /// The transform that made it.
    pub transform: &'static str,
    /// What it would have done.
    pub title: String,
    /// The engine's objection, worded to follow "its change".
    pub objection: String,
    /// The files it touches, as it found them.
    pub input: Vec<(RepoPath, Arc<str>)>,
}

/// What one transform comes to when it is asked.
struct Looked {
    step: Option<Step>,
    declines: Vec<Decline>,
    bugs: Vec<Bug>,
    ignores: Vec<Used>,
    held: AllHeldBack,
}

/// The changes that one transform makes when it is asked.
#[derive(Clone)]
pub struct Step {
    /// The transform's name.
    pub transform: &'static str,
    /// The changes; places refer to the snapshot before.
    pub changes: Vec<Change>,
    /// The snapshot it left.
    pub after: Project,
}

const MAX_ROUNDS: usize = 100;

/// Applies `transforms` in order, each to what the one before left, until a whole round changes nothing.
///
/// A transform goes on until it has nothing more to do. After its first look it is shown the Dockerfiles that have
/// changed since it looked last; once these are done, all of them again, for one file can matter to another.
/// Changes that come again and again are left out, as a bug of their transform.
pub fn plan(before: Project, transforms: &[Transform], options: &Options) -> Plan {
    let before = before.as_on_disk();
    let mut endless = Endless::default();
    let selected = (!options.selection.is_all()).then(|| {
        let paths = before.dockerfile_paths().filter(|it| options.selection.selects(it));
        paths.cloned().collect::<HashSet<RepoPath>>()
    });
    loop {
        let look = Asked { transforms, options, endless: &endless, selected: selected.as_ref() };
        match look.plan(before.clone().with_own_facts()) {
            Ok(plan) => return plan,
            Err(steps) => endless.add(&steps),
        }
    }
}

/// What a plan is made of, besides the project.
struct Asked<'a> {
    transforms: &'a [Transform],
    options: &'a Options,
    endless: &'a Endless,
    /// The Dockerfiles that changes may start in, if these are not all.
    selected: Option<&'a HashSet<RepoPath>>,
}

impl Asked<'_> {
    /// The plan; the steps that come again and again if there is no end to it.
    fn plan(&self, before: Project) -> Result<Plan, Vec<Step>> {
        let mut plan = Plan::new(before);
        let mut seen = HashMap::from([(plan.before.fingerprint(&plan.before), 0)]);
        let mut turns: Vec<Turn<'_>> = self.transforms.iter().map(Turn::first).collect();
        let mut whole = true;
        for _ in 0..MAX_ROUNDS {
            let done = plan.steps.len();
            for turn in &mut turns {
                let mut all = whole;
                let begun = plan.steps.len();
                while plan.ask(turn, all, self) {
                    if plan.steps.len() - begun == MAX_ROUNDS {
                        return Err(plan.steps.split_off(plan.steps.len() - 1));
                    }
                    all = false;
                }
            }
            if plan.steps.len() > done {
                if let Some(since) =
                    seen.insert(plan.after().fingerprint(&plan.before), plan.steps.len())
                {
                    return Err(plan.steps.split_off(since));
                }
                whole = false;
            } else if turns.iter().filter_map(|it| it.last.as_ref()).all(|it| it.whole) {
                let looks = turns.into_iter().filter_map(|it| it.last);
                plan.declines = looks.flat_map(|it| it.declines).collect();
                plan.declines.sort();
                plan.declines.dedup();
                return Ok(plan);
            } else {
                whole = true;
            }
        }
        let last = plan.steps.len().saturating_sub(self.transforms.len());
        Err(plan.steps.split_off(last))
    }
}

/// Runs one transform on a project made from what is on disk, or on these Dockerfiles of it, as far as options,
/// comments and checks allow.
fn step(
    disk: &Project,
    project: &Project,
    dockerfiles: Option<HashSet<RepoPath>>,
    turn: &Turn<'_>,
    asked: &Asked<'_>,
) -> Looked {
    let (options, transform) = (asked.options, turn.transform);
    let shown = project.remembering(&turn.remembered);
    let shown = dockerfiles.map(|it| shown.focused(it)).unwrap_or(shown);
    let run = || (transform.run)(&shown, &options.settings);
    let outcome = panics::caught(run).unwrap_or_else(|message| {
        let first = project.dockerfiles().map(|it| it.0.path.clone()).next();
        let panics = first.map(|path| Panicked { path, message }).into_iter().collect();
        Outcome { panics, ..Outcome::default() }
    });
    let ignores = Ignores::new(disk, project, transform.name);
    let selected = |path: &RepoPath| {
        options.selection.selects(path) && options.settings.runs(transform.name, path)
    };
    let mut declines = outcome.declines;
    let mut used = Vec::new();
    declines.retain(|it| {
        let covering = ignores.cover(&it.place).filter(|_| selected(&it.place.path));
        let is_covered = covering.is_some();
        used.extend(covering.map(|it| it.used_by(transform.name)));
        selected(&it.place.path) && !is_covered
    });
    let decline = |change: &Change, why| Decline {
        transform: transform.name,
        place: change.place.clone(),
        why,
    };
    let mut held = AllHeldBack::new();
    let mut changes = outcome.changes;
    changes.retain(|change| {
        if !selected(&change.place.path) {
            return false;
        }
        let covering = ignores.forbid(change);
        let ignored = covering.as_ref().map(|it| Refusal::new(codes::IGNORED, it.said()));
        used.extend(covering.map(|it| it.used_by(transform.name)));
        if ignored.is_none() && options.held.holds(disk, transform.name, change, &mut held) {
            return false;
        }
        let why = ignored.or_else(|| refusal(transform.name, change, options));
        let is_made = why.is_none();
        declines.extend(why.map(|it| decline(change, it)));
        is_made
    });
    let (again, changes): (Vec<_>, Vec<_>) =
        changes.into_iter().partition(|it| asked.endless.holds(transform.name, it));
    let (after, changes, mut rejected) = take(project, changes);
    rejected.extend(again.into_iter().map(|it| (it, endless::OBJECTION.to_owned())));
    let text = |it: &RepoPath| Some((it.clone(), project.file(it.as_str())?.text.clone()));
    let mut bugs = Vec::new();
    for (change, objection) in rejected {
        let reason = format!("a bug in {}: its change {objection}", transform.name);
        declines.push(decline(&change, Refusal::new(codes::ENGINE, reason)));
        let input = change.files.keys().filter_map(text).collect();
        bugs.push(Bug { transform: transform.name, title: change.title, objection, input });
    }
    for Panicked { path, message } in outcome.panics.into_iter().filter(|it| selected(&it.path)) {
        let objection = format!("could not be worked out: {message}");
        let reason = format!("a bug in {}: its change {objection}", transform.name);
        let why = Refusal::new(codes::ENGINE, reason);
        declines.push(Decline { transform: transform.name, place: Place::line(&path, 1), why });
        let input = text(&path).into_iter().collect();
        bugs.push(Bug { transform: transform.name, title: "panic".to_owned(), objection, input });
    }
    let step = Step { transform: transform.name, changes, after };
    let step = (!step.changes.is_empty()).then_some(step);
    Looked { step, declines, bugs, ignores: used, held }
}

/// Why a change is not made, however right it is.
fn refusal(transform: &str, change: &Change, options: &Options) -> Option<Refusal> {
    let without = options.without.iter().find(|it| {
        change.files.contains_key(&it.dockerfile) && it.transform.is_none_or(|it| it == transform)
    });
    let elsewhere = |only: &RepoPath| change.files.keys().any(|it| it != only);
    if change.safety < options.floor {
        Some(Refusal::new(codes::REVIEW, "it needs a review, and only safe changes were asked for"))
    } else if options.only.as_ref().is_some_and(elsewhere) {
        Some(Refusal::new(codes::OTHER_FILES, "other files would have to change with it"))
    } else {
        without.map(|it| Refusal::new(codes::UNVERIFIED, it.reason.as_str()))
    }
}

/// Applies the changes that pass the engine's checks; the others come back with the objection.
fn take(project: &Project, changes: Vec<Change>) -> (Project, Vec<Change>, Vec<(Change, String)>) {
    let mut rejected = Vec::new();
    let mut sound = Vec::with_capacity(changes.len());
    for change in changes {
        match check::change(project, &change) {
            None => sound.push(change),
            Some(objection) => rejected.push((change, objection)),
        }
    }
    loop {
        let (after, applied) = project.apply(&sound);
        let broken = check::step(project, &after, &applied);
        if broken.is_empty() {
            let all = applied.len() == sound.len();
            let applied = (!all).then(|| applied.into_iter().cloned().collect());
            return (after, applied.unwrap_or(sound), rejected);
        }
        let (suspects, mut kept): (Vec<_>, Vec<_>) =
            sound.into_iter().partition(|it| it.files.keys().any(|path| broken.contains_key(path)));
        // One at a time, on top of those that proved right: the culprit goes, its neighbours stay.
        let (mut cleared, before) = (Vec::new(), rejected.len());
        for suspect in suspects.clone() {
            cleared.push(suspect);
            let (after, applied) = project.apply(&cleared);
            let objection = check::step(project, &after, &applied).into_values().next();
            rejected.extend(objection.and_then(|it| Some((cleared.pop()?, it))));
        }
        if rejected.len() == before {
            // No single culprit, so none of them can be trusted.
            let reason = broken.into_values().next().unwrap_or_default();
            rejected.extend(suspects.into_iter().map(|it| (it, reason.clone())));
        } else {
            kept.append(&mut cleared);
        }
        sound = kept;
    }
}

impl Bug {
    /// Returns true if it is the same bug, seen in another round.
    fn is(&self, other: &Self) -> bool {
        (self.transform, &self.title, &self.objection)
            == (other.transform, &other.title, &other.objection)
    }
}

impl Plan {
    fn new(before: Project) -> Self {
        Self {
            before,
            steps: Vec::new(),
            declines: Vec::new(),
            bugs: Vec::new(),
            ignores: HashSet::new(),
            held: AllHeldBack::new(),
        }
    }

    /// The snapshot that the run leaves.
    pub fn after(&self) -> &Project {
        self.steps.last().map_or(&self.before, |it| &it.after)
    }

    /// The place of a change in the files that the run leaves: the first line of a file that it makes. `None` if what
    /// was there is gone.
    pub fn place_after(&self, change: &Change) -> Option<Place> {
        let own = change.files.keys().filter(|it| **it == change.place.path);
        let mut paths = own.chain(change.files.keys());
        let found = paths.find_map(|path| {
            let file = self.after().file(path.as_str())?;
            let span = file.provenance().find(&change.place)?;
            Some(file.line_starts().place(path, &file.text, &span))
        });
        let is_made = |path: &&RepoPath| {
            matches!(change.files[*path], FileChange::Create(_))
                && self.after().file(path.as_str()).is_some()
        };
        let made = || change.files.keys().find(is_made).map(|it| Place::line(it, 1));
        found.or_else(made)
    }

    /// Asks a transform, unless it has nothing new to say, about all Dockerfiles or those that changed since it
    /// looked last; returns true if that changed something.
    fn ask(&mut self, turn: &mut Turn<'_>, whole: bool, asked: &Asked<'_>) -> bool {
        let steps = self.steps.len();
        let last = turn.last.as_ref();
        if last.is_some_and(|it| it.steps == steps && (it.whole || !whole)) {
            return false;
        }
        let changed = last.filter(|_| !whole).and_then(|it| self.changed_since(it));
        let whole = changed.is_none();
        let shown = match (changed, asked.selected) {
            (Some(changed), Some(all)) => Some(changed.intersection(all).cloned().collect()),
            (changed, all) => changed.or_else(|| all.cloned()),
        };
        let looked = step(&self.before, self.after(), shown, turn, asked);
        self.ignores.extend(looked.ignores);
        held::merge(&mut self.held, looked.held);
        for bug in looked.bugs {
            if !self.bugs.iter().any(|it| it.is(&bug)) {
                self.bugs.push(bug);
            }
        }
        turn.last = Some(Look { steps, whole, declines: looked.declines });
        if let Some(step) = looked.step {
            let done = self.steps.iter_mut().map(|it| &mut it.after);
            let mut earlier: Vec<&mut Project> =
                [&mut self.before].into_iter().chain(done).collect();
            if let Some(last) = earlier.last_mut() {
                last.forget_facts();
            }
            step.after.forget_replaced(&mut earlier);
            self.steps.push(step);
        }
        steps < self.steps.len()
    }

    /// The Dockerfiles that changed since a look; `None` when that is most of them, or other files changed.
    fn changed_since(&self, look: &Look) -> Option<HashSet<RepoPath>> {
        let then = look.steps.checked_sub(1).map_or(&self.before, |it| &self.steps[it].after);
        let changed = self.after().changed_dockerfiles(then)?;
        (2 * changed.len() < self.after().dockerfiles().count()).then_some(changed)
    }

    /// The plan as it was when its step `at` was done.
    #[must_use]
    pub fn until(&self, at: usize) -> Self {
        let steps = self.steps.iter().take(at + 1).cloned().collect();
        Self { steps, ..Self::new(self.before.clone()) }
    }

    /// Every change, in order, with the name of its transform.
    pub fn changes(&self) -> impl Iterator<Item = (&'static str, &Change)> {
        self.steps.iter().flat_map(|step| step.changes.iter().map(|it| (step.transform, it)))
    }
}

#[cfg(test)]
mod tests;
