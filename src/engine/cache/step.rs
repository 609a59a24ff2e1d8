//! The steps of a stage, and what each takes.

use std::collections::{BTreeMap, BTreeSet};

use crate::{
    context::{copies::Sent, dockerignore::Dockerignore, taken},
    dockerfile::{Instruction, Keyword, stage::Stage},
    project::{Project, tree},
    text::{ImagePath, RepoPath},
};

/// A step of an image: an instruction that makes files.
#[derive(Debug)]
pub struct Step {
    /// The number of its stage.
    pub stage: usize,
    /// The index of the instruction among the items of the Dockerfile.
    pub item: usize,
    /// RUN, COPY, ADD or WORKDIR.
    pub keyword: Keyword,
    /// The files and folders of the project that it takes.
    pub(super) taken: BTreeSet<RepoPath>,
    /// True if it takes them from a named context, which obeys no ignore file of the Dockerfile.
    pub(super) is_of_named_context: bool,
    /// The patterns of `--exclude`, seen from each source.
    excludes: Dockerignore,
    /// True for a COPY or ADD that does not depend on the steps before it.
    pub(super) is_linked: bool,
    /// Where a COPY or ADD puts what it takes; `None` if that is not known.
    pub(super) destination: Option<ImagePath>,
    /// True if the folders above a source are kept.
    parents: bool,
    /// What it takes of other stages.
    pub(super) from: Vec<FromStage>,
}

/// What a step takes of another stage.
#[derive(Debug)]
pub(super) struct FromStage {
    /// The number of the stage.
    pub(super) stage: usize,
    /// The files and folders there; of one that is not known, the root.
    pub(super) paths: Vec<ImagePath>,
}

impl Step {
    /// The files and folders of the project that it takes.
    pub(super) fn folders(&self) -> impl Iterator<Item = &RepoPath> {
        self.taken.iter()
    }

    /// The source by which it takes a file.
    fn source(&self, file: &RepoPath) -> Option<RepoPath> {
        let own = self.taken.get(file).cloned();
        let source = own.or_else(|| file.ancestors().find(|it| self.taken.contains(it)))?;
        let inside = file.strip_prefix(&source)?;
        (!self.excludes.excludes(inside)).then_some(source)
    }

    /// Whether it takes a file of the context, if the builder is sent that.
    pub(super) fn takes(&self, file: &RepoPath) -> bool {
        !self.taken.is_empty() && self.source(file).is_some()
    }

    /// Where a file that it takes may stand in its stage; nowhere if it is only mounted. `None` if that is not known.
    pub(super) fn lands(&self, file: &RepoPath, context: &RepoPath) -> Option<Vec<ImagePath>> {
        if self.keyword == Keyword::Run {
            return Some(Vec::new());
        }
        let (destination, source) = (self.destination.as_ref()?, self.source(file)?);
        Some(match (file.strip_prefix(&source)?, self.parents) {
            (_, true) => vec![destination.join(file.strip_prefix(context)?)],
            ("", _) => vec![destination.clone(), destination.join(file.file_name())],
            (inside, _) => vec![destination.join(inside)],
        })
    }

    /// The files of the project that it may have put at a path of its stage.
    pub(super) fn origins(&self, path: &ImagePath, context: &RepoPath) -> Vec<RepoPath> {
        let Some(inside) = self.destination.as_ref().and_then(|it| path.strip_prefix(it)) else {
            return Vec::new();
        };
        if self.parents {
            return context.join(inside).into_iter().filter(|it| self.takes(it)).collect();
        }
        let found = self.taken.iter().filter_map(|it| {
            let is_itself = inside.is_empty() || inside == it.file_name();
            if is_itself { Some(it.clone()) } else { it.join(inside) }
        });
        found.collect()
    }
}

/// Reads the steps of an image.
pub(super) struct Reader<'r> {
    pub(super) project: &'r Project,
    pub(super) sent: &'r Sent<'r>,
    pub(super) stages: &'r [Stage<'r>],
    /// The folders that are named contexts.
    pub(super) named: &'r BTreeMap<String, RepoPath>,
}

impl Reader<'_> {
    /// The steps of a stage.
    pub(super) fn steps(&self, stage: &Stage<'_>) -> Vec<Step> {
        let steps = stage.instructions().filter(|it| {
            matches!(it.2.keyword, Keyword::Run | Keyword::Copy | Keyword::Add | Keyword::Workdir)
        });
        steps.map(|(item, _, it)| self.step(stage, item, it)).collect()
    }

    fn step(&self, stage: &Stage<'_>, item: usize, instruction: &Instruction) -> Step {
        let copy = instruction.copy();
        let state = stage.state_before(item);
        let expand = |it: &str| state.expand(it, stage.dockerfile.escape);
        let copied_from = copy.as_ref().and_then(|it| it.from).and_then(expand);
        let mounts = instruction.mounts().collect::<Vec<_>>();
        let mounted = mounts.iter().filter_map(|it| Some((it, expand(it.field(&["from"])?)?)));
        let mut from = Vec::new();
        for (mount, name) in mounted {
            let path = mount.field(&["source", "src"]).map_or(Some(String::new()), expand);
            from.extend(self.taken_of(stage, &name, [path]));
        }
        if let (Some(name), Some(copy)) = (&copied_from, &copy) {
            from.extend(self.taken_of(stage, name, copy.sources.iter().map(|it| expand(&it.text))));
        }
        let named = copied_from.as_ref().and_then(|name| Some((name, self.named.get(name)?)));
        let (folder, name) = match named {
            Some((_, folder)) => (folder, copy.as_ref().and_then(|it| it.from)),
            None => (&self.sent.folder, None),
        };
        let sources = taken::sources(stage, item, instruction, name);
        let tree = self.project.tree();
        let taken = sources.iter().flat_map(|it| tree::sources(tree, folder, it));
        let is_set =
            |name| instruction.flag(name).is_some_and(|it| it.value.as_deref() != Some("false"));
        let excludes = instruction.flags.iter().filter(|it| it.name == "exclude");
        let destination = copy.as_ref().and_then(|it| expand(&it.destination.text));
        Step {
            stage: stage.index,
            item,
            keyword: instruction.keyword,
            taken: taken.collect(),
            is_of_named_context: named.is_some(),
            excludes: Dockerignore::of_flags(excludes.filter_map(|it| it.value.as_deref())),
            is_linked: copy.is_some() && is_set("link"),
            destination: destination.and_then(|it| state.absolute(&it)),
            parents: is_set("parents"),
            from,
        }
    }

    /// What a step takes of the stage of this name; `None` if it is an image or a named context.
    fn taken_of(
        &self,
        stage: &Stage<'_>,
        name: &str,
        paths: impl IntoIterator<Item = Option<String>>,
    ) -> Option<FromStage> {
        let earlier = &self.stages[..stage.index];
        let found = earlier.iter().rfind(|it| it.is_called(name))?;
        let path = |it: Option<String>| match it {
            Some(it) => fixed(&it),
            None => ImagePath::root(),
        };
        Some(FromStage { stage: found.index, paths: paths.into_iter().map(path).collect() })
    }
}

/// The path of another stage, up to the first pattern.
fn fixed(path: &str) -> ImagePath {
    let parts = path.split('/').take_while(|it| !it.contains(['*', '?', '[']));
    ImagePath::root().join(&parts.collect::<Vec<_>>().join("/"))
}
