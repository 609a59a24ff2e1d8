//! A model of the build cache: which steps of an image BuildKit runs again after an edit of a file.
//!
//! A step is a RUN, COPY, ADD or WORKDIR. An edit runs again
//! - each step that takes the file from a build context, by COPY, ADD or a bind mount, unless an ignore file or
//!   `--exclude` keeps it out;
//! - each step after one of those in its stage, and all steps of stages that are built on it;
//! - each step that takes from a stage something that may be different now. BuildKit compares the checksums of what
//!   is copied and mounted from stages, so a file that is the same again is found in the cache.
//!
//! A `COPY --link` does not depend on the steps before it. ARG, ENV and the other instructions make no files and are
//! no steps. Sources: docs.docker.com, "Build cache invalidation"; `CacheMap` and `getMountDeps` in
//! `solver/llbsolver/ops` of moby/buildkit; "Copying files with --link" in the Dockerfile reference.
//!
//! Not modelled: ONBUILD, and steps of two stages that are equal down to their base, which BuildKit runs once.

mod content;
mod step;
#[cfg(test)]
mod tests;

use std::{
    cell::OnceCell,
    collections::{BTreeMap, BTreeSet},
    ops::Range,
};

pub use self::step::Step;
use self::{content::Writes, step::Reader};
use crate::{
    context::copies::Sent,
    dockerfile::{
        Dockerfile,
        stage::{Base, Outline, Stage},
        variables::Arguments,
    },
    ecosystems::{images, sources},
    project::{Project, change::Origin},
    text::RepoPath,
};

/// The steps of an image, and what each takes.
pub struct ImageSteps<'a> {
    project: &'a Project,
    dockerfile: &'a Dockerfile,
    arguments: Arguments,
    sent: Sent<'a>,
    /// Every stage of the Dockerfile; those that the image does not need have no steps.
    stages: Vec<Built>,
    steps: Vec<Step>,
    /// What the RUNs write, by step; read when it is first asked for.
    writes: OnceCell<Vec<Option<Writes>>>,
}

/// A stage of the image.
struct Built {
    /// The stage that it is built on.
    base: Option<usize>,
    /// The folder of the project that it is built on, if that is a named context.
    folder: Option<RepoPath>,
    /// Its steps.
    steps: Range<usize>,
}

/// An edit of a file, and the steps that it runs again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The file.
    pub file: RepoPath,
    /// The numbers of the steps, ascending.
    pub again: Vec<usize>,
}

impl<'a> ImageSteps<'a> {
    /// The steps of the image that is built like this from a folder, with these folders as named contexts; `None` if
    /// its Dockerfile cannot be read or has no such stage.
    pub fn new(
        project: &'a Project,
        origin: &Origin,
        context: &RepoPath,
        named: &BTreeMap<String, RepoPath>,
    ) -> Option<Self> {
        let file = project.file(origin.dockerfile.as_str())?;
        let dockerfile = file.dockerfile().filter(|it| it.errors.is_empty())?;
        let given = origin.arguments.iter();
        let arguments: Arguments = given.map(|it| (it.0.clone(), Some(it.1.clone()))).collect();
        let outline = Outline::of(dockerfile, &arguments, &images::start);
        let stages = outline.stages(dockerfile);
        let target = match &origin.target {
            Some(name) => stages.iter().rfind(|it| it.is_called(name))?,
            None => stages.last()?,
        };
        let sent = Sent::new(project, context.clone(), &origin.dockerfile);
        let reader = Reader { project, sent: &sent, stages: &stages, named };
        let all: Vec<Vec<Step>> = stages.iter().map(|it| reader.steps(it)).collect();
        let needed = needed(target.index, &stages, &all);
        let (mut steps, mut built) = (Vec::new(), Vec::new());
        for (stage, own) in stages.iter().zip(all) {
            let start = steps.len();
            steps.extend(own.into_iter().filter(|_| needed.contains(&stage.index)));
            let (base, folder) = match stage.base {
                Base::Stage(it) => (Some(*it), None),
                Base::Image(it) => (None, named.get(it).cloned()),
                Base::Unknown(_) => (None, None),
            };
            built.push(Built { base, folder, steps: start..steps.len() });
        }
        let writes = OnceCell::new();
        Some(Self { project, dockerfile, arguments, sent, stages: built, steps, writes })
    }

    /// The steps, in the order of the Dockerfile; stages that the image does not need have none.
    pub fn steps(&self) -> &[Step] {
        &self.steps
    }

    /// The numbers of the steps that run again after an edit of a file, ascending.
    pub fn after_edit(&self, file: &RepoPath) -> Vec<usize> {
        let taken: Vec<bool> = self.steps.iter().map(|it| self.takes(it, file)).collect();
        self.again(file, &taken)
    }

    fn again(&self, file: &RepoPath, taken: &[bool]) -> Vec<usize> {
        let mut again = vec![false; self.steps.len()];
        let mut is_new = vec![false; self.stages.len()];
        for (number, stage) in self.stages.iter().enumerate() {
            let in_base = stage.folder.as_ref().is_some_and(|it| file.strip_prefix(it).is_some());
            let mut broken = in_base || stage.base.is_some_and(|it| is_new[it]);
            for at in stage.steps.clone() {
                let own = taken[at] || {
                    let content = content::Edited { image: self, file, taken, again: &again };
                    self.steps[at].from.iter().any(|it| content.reaches(it))
                };
                again[at] = own || (broken && !self.steps[at].is_linked);
                broken |= own;
            }
            is_new[number] = broken;
        }
        again.iter().enumerate().filter(|it| *it.1).map(|it| it.0).collect()
    }

    /// Whether a step takes a file from a build context.
    fn takes(&self, step: &Step, file: &RepoPath) -> bool {
        step.takes(file) && (step.is_of_named_context || !self.sent.excludes(file))
    }

    /// The source files that the image gets, manifests and locks not among them.
    pub fn source_files(&self) -> impl Iterator<Item = &'a RepoPath> {
        let folders = self.steps.iter().flat_map(Step::folders).collect::<BTreeSet<_>>();
        let files: BTreeSet<&RepoPath> = folders
            .iter()
            .flat_map(|it| self.files_at(it))
            .filter(|it| sources::is_edited(it))
            .collect();
        let is_taken = |it: &&RepoPath| self.steps.iter().any(|step| self.takes(step, it));
        files.into_iter().filter(is_taken).collect::<Vec<_>>().into_iter()
    }

    /// A file, or the files below a folder.
    fn files_at(&self, path: &RepoPath) -> Vec<&'a RepoPath> {
        let tree = self.project.tree();
        match tree.file(path.as_str()) {
            Some(file) => vec![file],
            None => tree.below(path).collect(),
        }
    }

    /// The edit of a source file after which most steps run again; of several, that of the first file with the
    /// shortest path. `None` if the image gets no source file.
    pub fn costliest_edit(&self) -> Option<Edit> {
        let copies_from_stages = self.steps.iter().any(|it| !it.from.is_empty());
        // Files that the same steps take from the same folder end in the same place.
        let mut known: BTreeMap<(Vec<bool>, Option<RepoPath>), Vec<usize>> = BTreeMap::new();
        let mut costliest: Option<Edit> = None;
        for file in self.source_files() {
            let taken: Vec<bool> = self.steps.iter().map(|it| self.takes(it, file)).collect();
            let key = (taken, file.parent().filter(|_| copies_from_stages));
            let again = match known.get(&key) {
                Some(it) => it.clone(),
                None => {
                    let again = self.again(file, &key.0);
                    known.insert(key, again.clone());
                    again
                }
            };
            let rank = |it: &Edit| (it.again.len(), std::cmp::Reverse(depth(&it.file)));
            let edit = Edit { file: file.clone(), again };
            if costliest.as_ref().is_none_or(|it| rank(it) < rank(&edit)) {
                costliest = Some(edit);
            }
        }
        costliest
    }
}

fn depth(path: &RepoPath) -> usize {
    path.as_str().matches('/').count()
}

/// The numbers of the stages that a stage needs, its own among them.
fn needed(target: usize, stages: &[Stage<'_>], steps: &[Vec<Step>]) -> BTreeSet<usize> {
    let (mut needed, mut open) = (BTreeSet::new(), vec![target]);
    while let Some(stage) = open.pop() {
        if !needed.insert(stage) {
            continue;
        }
        if let Base::Stage(it) = stages[stage].base {
            open.push(*it);
        }
        open.extend(steps[stage].iter().flat_map(|it| &it.from).map(|it| it.stage));
    }
    needed
}
