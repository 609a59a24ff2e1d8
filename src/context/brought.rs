//! Which file of the project stands at a path of a stage, also where it comes by way of other stages.

use std::{cell::OnceCell, collections::BTreeMap};

use super::layers::Layers;
use crate::{
    dockerfile::stage::Stage,
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
};

/// The files that the stages of a Dockerfile get from its build context. The COPYs of each stage are read once.
pub struct Brought<'a> {
    project: &'a Project,
    dockerfile: &'a RepoPath,
    stages: &'a [Stage<'a>],
    folder: RepoPath,
    layers: Vec<OnceCell<Layers<'a>>>,
}

/// A path of a stage.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StagePath {
    /// The number of the stage.
    pub stage: usize,
    /// The path.
    pub path: ImagePath,
}

/// How many stages a file is followed through.
const STAGES: usize = 6;

/// The most places that a file may come from.
const PLACES: usize = 32;

impl<'a> Brought<'a> {
    /// The files of the stages of the Dockerfile at a path.
    ///
    /// # Errors
    /// A decline's code and reason, when its build context is not known.
    pub fn new(
        project: &'a Project,
        dockerfile: &'a RepoPath,
        stages: &'a [Stage<'a>],
    ) -> Result<Self, Refusal> {
        let folder = Layers::context(project, dockerfile)?;
        let layers = stages.iter().map(|_| OnceCell::new()).collect();
        Ok(Self { project, dockerfile, stages, folder, layers })
    }

    /// The folder of the build context.
    pub fn folder(&self) -> &RepoPath {
        &self.folder
    }

    /// The COPYs of a stage and of those below it; `None` if there is no stage of this number.
    pub fn layers(&self, stage: usize) -> Option<&Layers<'a>> {
        let read = || {
            let folder = self.folder.clone();
            Layers::read(self.project, self.dockerfile, self.stages, &self.stages[stage], folder)
        };
        Some(self.layers.get(stage)?.get_or_init(read))
    }

    /// The places that what stands at a path of a stage may come from by way of COPYs, itself first.
    pub fn places(&self, stage: usize, path: &ImagePath) -> Vec<StagePath> {
        let mut places = vec![StagePath { stage, path: path.clone() }];
        let mut at = 0;
        while let Some(StagePath { stage, path }) = places.get(at).cloned() {
            at += 1;
            let copies = self.layers(stage).map(|it| it.copies.as_slice()).unwrap_or_default();
            let stages = copies.iter().rev().filter_map(|it| it.from_stage.as_ref());
            for from in stages {
                let found = from.origins(&path).map(|path| StagePath { stage: from.stage, path });
                let found: Vec<_> = found.filter(|it| !places.contains(it)).collect();
                places.extend(found);
            }
            places.truncate(PLACES);
        }
        places
    }

    /// The file of the project that stands at a path when a stage is built, or the one from which it was made:
    /// `made_from` gives the paths of what a file may have been made from in the same stage.
    pub fn at(
        &self,
        stage: usize,
        path: &ImagePath,
        made_from: &dyn Fn(&ImagePath) -> Vec<ImagePath>,
    ) -> Option<RepoPath> {
        self.within(stage, path, made_from, STAGES)
    }

    fn within(
        &self,
        stage: usize,
        path: &ImagePath,
        made_from: &dyn Fn(&ImagePath) -> Vec<ImagePath>,
        depth: usize,
    ) -> Option<RepoPath> {
        let depth = depth.checked_sub(1)?;
        let layers = self.layers(stage)?;
        let found = layers.copies.iter().rev().find_map(|layer| match &layer.from_stage {
            Some(from) => {
                let mut inside = from.origins(path);
                inside.find_map(|it| self.within(from.stage, &it, made_from, depth))
            }
            None => layer.brings()?.provides(path, &layers.sent),
        });
        found.or_else(|| {
            let origins = made_from(path);
            origins.iter().find_map(|it| Some(layers.provider(stage, usize::MAX, it)?.1))
        })
    }

    /// The files of the project below a folder of a stage, by where they stand.
    pub fn below(&self, stage: usize, folder: &ImagePath) -> BTreeMap<ImagePath, RepoPath> {
        self.below_within(stage, folder, STAGES)
    }

    fn below_within(
        &self,
        stage: usize,
        folder: &ImagePath,
        depth: usize,
    ) -> BTreeMap<ImagePath, RepoPath> {
        let mut found = BTreeMap::new();
        let (Some(depth), Some(layers)) = (depth.checked_sub(1), self.layers(stage)) else {
            return found;
        };
        for layer in &layers.copies {
            match (&layer.from_stage, layer.brings()) {
                (Some(from), _) => {
                    for (inside, at) in from.folders(folder) {
                        let all = self.below_within(from.stage, &inside, depth).into_iter();
                        found.extend(all.filter_map(|(path, file)| {
                            Some((at.join(path.strip_prefix(&inside)?), file))
                        }));
                    }
                }
                (None, Some(copy)) => found.extend(copy.below(folder, &layers.sent)),
                (None, None) => {}
            }
        }
        found
    }
}
