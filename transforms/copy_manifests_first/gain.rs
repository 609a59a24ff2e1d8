//! Whether anything is gained: what stays before the install may change with every edit all the same.

use super::{Deferral, source};
use crate::{
    context::{
        copies::Opaque,
        layers::{Layer, Layers},
    },
    dockerfile::{
        Keyword, Kind,
        instruction::{Copy, Instruction},
        stage::Stage,
    },
    ecosystems,
    project::Project,
    run::Run,
    text::{ImagePath, Refusal, RepoPath},
};

/// Folders in which a build leaves tools, and nothing that it makes of the source, as far as can be told.
const SYSTEM: [&str; 10] =
    ["/bin", "/etc", "/home", "/lib", "/lib64", "/opt", "/root", "/sbin", "/usr", "/var"];

impl Deferral<'_> {
    /// Whether an edit of the source keeps the layer of the install once the COPYs have moved.
    ///
    /// # Errors
    /// A decline's code and reason: what stays before the install and changes with the source.
    pub(super) fn gains(&self, project: &Project, run: &Run<'_>) -> Result<(), Refusal> {
        let no_gain = |item: usize, what: String| {
            let line = self.site.line(item);
            let reason = format!("{line} {what}, so the install would still run after each edit");
            Err(Refusal::new("no-gain", reason))
        };
        for below in self.stage.lineage(&self.site.stages) {
            let is_own = below.index == self.stage.index;
            let stays = |item: usize| !is_own || (item < run.item && !self.moved.contains(&item));
            for (item, _, it) in below.instructions().filter(|it| stays(it.0)) {
                let own = |it: &&Layer| it.stage == below.index && it.item == item;
                let layer = self.layers.copies.iter().find(own).filter(|_| !is_own);
                let copied =
                    layer.map_or_else(Vec::new, |it| self.source_of(project, it, &self.layers));
                if self.is_covered(&copied) {
                    return no_gain(item, "copies the source".to_owned());
                }
                if let Some(from) = it.copy().and_then(|it| self.other_stage(&it, below.index))
                    && self.is_covered(&self.copied(project, below.index, item, from))
                {
                    let stages = &self.site.stages;
                    let name = stages[from].name.map_or_else(|| from.to_string(), str::to_owned);
                    return no_gain(item, format!("copies what stage {name} makes of the source"));
                }
                let mounted = it.mounts().filter_map(|it| self.in_context(it.source()?));
                if it.keyword == Keyword::Run && self.is_covered(&mounted.collect::<Vec<_>>()) {
                    return no_gain(item, "mounts the source".to_owned());
                }
            }
        }
        Ok(())
    }

    /// Whether all that moves lies in these files and folders, so that no edit of it leaves them alone.
    fn is_covered(&self, origins: &[RepoPath]) -> bool {
        let within = |it: &RepoPath| origins.iter().any(|of| it.strip_prefix(of).is_some());
        let mut moved = self.copies(usize::MAX).flat_map(|it| &it.sources).peekable();
        !origins.is_empty() && moved.peek().is_some() && moved.all(|it| within(&it.path))
    }

    /// The number of the stage that a COPY in another one copies from.
    pub(super) fn other_stage(&self, copy: &Copy<'_>, stage: usize) -> Option<usize> {
        let from = copy.from?;
        let before = &self.site.stages[..stage];
        let is_named = |it: &Stage| it.name.is_some_and(|it| it.eq_ignore_ascii_case(from));
        let number = || from.parse().ok().filter(|it| *it < stage);
        before.iter().rposition(is_named).or_else(number)
    }

    /// The files and folders of the project that what a COPY takes from another stage changes with.
    fn copied(&self, project: &Project, stage: usize, item: usize, from: usize) -> Vec<RepoPath> {
        let Some(copy) = self.instruction(item).and_then(Instruction::copy) else {
            return Vec::new();
        };
        let state = self.site.stages[stage].state_before(item);
        let escape = self.site.dockerfile.escape;
        // A path in another stage is seen from its root.
        let paths = copy.sources.iter().filter_map(|it| state.expand(&it.text, escape));
        let paths = paths.map(|it| ImagePath::root().join(&it));
        paths.flat_map(|it| self.origins(project, from, &it)).collect()
    }

    /// The files and folders of the project that what a stage has at a path changes with.
    fn origins(&self, project: &Project, stage: usize, path: &ImagePath) -> Vec<RepoPath> {
        // The builder compares contents: what an install makes, and manifests, stay what they are.
        let name = path.file_name().replace('*', "");
        let is_kept = |it: &str| ecosystems::makes().any(|made| made == it);
        if self.ecosystems.iter().any(|it| it.is_manifest(&name))
            || path.as_str().split('/').any(is_kept)
        {
            return Vec::new();
        }
        let stages = &self.site.stages;
        let folder = self.layers.sent.folder.clone();
        let layers = Layers::read(project, self.site.path, stages, &stages[stage], folder);
        let is_elsewhere = !path.is_within_fixed(&SYSTEM);
        let is_near = |it: &&Layer| {
            let place = it.destination.as_ref();
            is_elsewhere
                || place
                    .is_none_or(|it| !it.is_root() && (path.is_within(it) || it.is_within(path)))
        };
        let of_layer = |layer: &Layer| match &layer.copy {
            Err(Opaque::OtherStage) => {
                let copy = self.instruction(layer.item).and_then(Instruction::copy);
                let from = copy.and_then(|it| self.other_stage(&it, layer.stage));
                from.map_or_else(Vec::new, |it| self.copied(project, layer.stage, layer.item, it))
            }
            _ => self.source_of(project, layer, &layers),
        };
        layers.copies.iter().filter(is_near).flat_map(of_layer).collect()
    }

    /// What a COPY names of the project, if that is source.
    fn source_of(&self, project: &Project, layer: &Layer, layers: &Layers<'_>) -> Vec<RepoPath> {
        let copy = layer.copy.as_ref().ok();
        let copy =
            copy.filter(|it| source::brings_source(self.ecosystems, it, project, &layers.sent));
        copy.into_iter().flat_map(|it| &it.sources).map(|it| it.path.clone()).collect()
    }

    fn instruction(&self, item: usize) -> Option<&Instruction> {
        match &self.site.dockerfile.items[item].kind {
            Kind::Instruction(it) => Some(it),
            _ => None,
        }
    }
}
