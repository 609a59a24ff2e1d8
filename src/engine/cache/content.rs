//! Whether what stands at a path of a stage may be different after an edit.

use std::collections::BTreeMap;

use super::{ImageSteps, Step, step::FromStage};
use crate::{
    dockerfile::Keyword,
    engine::{
        blueprint::blueprints,
        effects::{Effects, How},
    },
    text::{ImagePath, RepoPath},
};

/// What a RUN writes.
pub(super) struct Writes {
    /// True if it runs a package manager or a program that is not known: it may write anywhere.
    anything: bool,
    /// The files and folders that it is known to change.
    paths: Vec<ImagePath>,
}

/// An edit of a file, and what is known so far of the steps that it runs again.
#[derive(Clone, Copy)]
pub(super) struct Edited<'e> {
    pub(super) image: &'e ImageSteps<'e>,
    pub(super) file: &'e RepoPath,
    /// The steps that take the file.
    pub(super) taken: &'e [bool],
    /// The steps that run again, of those that come before.
    pub(super) again: &'e [bool],
}

/// How many stages a path is followed through; beyond that it may be different.
const STAGES: usize = 8;

impl Edited<'_> {
    /// Whether something that a step takes of another stage may be different now.
    pub(super) fn reaches(&self, from: &FromStage) -> bool {
        from.paths.iter().any(|it| self.may_change(from.stage, it, STAGES))
    }

    fn may_change(&self, stage: usize, path: &ImagePath, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return true };
        let built = &self.image.stages[stage];
        let in_base = match (&built.folder, built.base) {
            (Some(folder), _) => self
                .file
                .strip_prefix(folder)
                .is_some_and(|it| overlap(&ImagePath::root().join(it), path)),
            (None, Some(base)) => self.may_change(base, path, depth),
            (None, None) => false,
        };
        in_base || built.steps.clone().any(|at| self.changes(at, path, depth))
    }

    /// Whether a step may put something different at a path of its stage.
    fn changes(&self, at: usize, path: &ImagePath, depth: usize) -> bool {
        let step = &self.image.steps[at];
        if self.taken[at] && self.brings(step, path) {
            return true;
        }
        if !self.again[at] {
            return false;
        }
        match step.keyword {
            Keyword::Run => self.image.writes()[at].as_ref().is_none_or(|it| {
                it.paths.iter().any(|it| overlap(it, path))
                    || (it.anything && !self.is_copied(step.stage, path))
            }),
            Keyword::Copy => {
                let Some(destination) = &step.destination else { return true };
                step.from.iter().any(|it| self.passes_on(it, destination, path, depth))
            }
            _ => false,
        }
    }

    /// Whether a COPY or ADD puts the edited file at a path or below it.
    fn brings(&self, step: &Step, path: &ImagePath) -> bool {
        let places = step.lands(self.file, &self.image.sent.folder);
        places.is_none_or(|it| it.iter().any(|it| overlap(it, path)))
    }

    /// Whether what a COPY takes of another stage and puts at a path may be different.
    fn passes_on(
        &self,
        from: &FromStage,
        destination: &ImagePath,
        path: &ImagePath,
        depth: usize,
    ) -> bool {
        let mut sources = from.paths.iter();
        let Some(inside) = path.strip_prefix(destination) else {
            return destination.is_within(path) && self.reaches(from);
        };
        sources.any(|source| {
            let (name, rest) = inside.split_once('/').unwrap_or((inside, ""));
            // The source may be a folder, of which the contents are copied, or a file.
            let as_file = (name == source.file_name() && rest.is_empty()).then(|| source.clone());
            let as_folder = if inside.is_empty() { source.clone() } else { source.join(inside) };
            let origins = as_file.into_iter().chain([as_folder]);
            origins.into_iter().any(|it| self.may_change(from.stage, &it, depth))
        })
    }

    /// Whether a path of a stage is a file of the context: what programs make is elsewhere.
    fn is_copied(&self, stage: usize, path: &ImagePath) -> bool {
        let (image, mut next) = (self.image, Some(stage));
        while let Some(stage) = next {
            let built = &image.stages[stage];
            let copies = image.steps[built.steps.clone()].iter();
            let mut files = copies.flat_map(|it| it.origins(path, &image.sent.folder));
            if files.any(|it| image.sent.has_file(&it)) {
                return true;
            }
            next = built.base;
        }
        false
    }
}

impl ImageSteps<'_> {
    /// What the RUNs write, by step.
    fn writes(&self) -> &[Option<Writes>] {
        self.writes.get_or_init(|| {
            let stages = blueprints(self.dockerfile, &self.arguments);
            let runs = stages.iter().flat_map(|it| it.image.effects_of_runs());
            let runs: BTreeMap<usize, Effects> = runs.collect();
            let writes = |it: &Step| runs.get(&it.item).map(Writes::of);
            self.steps.iter().map(writes).collect()
        })
    }
}

impl Writes {
    fn of(effects: &Effects) -> Self {
        let changes =
            |it: &How| matches!(it, How::Changes | How::Writes | How::Makes | How::Removes { .. });
        let paths = effects.touches.iter().filter(|it| changes(&it.how));
        Self {
            anything: effects.anything.is_some() || !effects.managers.is_empty(),
            paths: paths.map(|it| it.path.clone()).collect(),
        }
    }
}

/// Whether one path is the other, or lies in it.
fn overlap(one: &ImagePath, other: &ImagePath) -> bool {
    one.is_within(other) || other.is_within(one)
}
