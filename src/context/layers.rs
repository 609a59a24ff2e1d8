//! The files that the COPYs of a stage and of those below it put into the image, in order.

use std::collections::HashSet;

use super::{
    Context,
    copies::{CopyIn, Opaque, Sent},
};
use crate::project::Project;
use crate::{
    dockerfile::{
        instruction,
        stage::{Base, Stage, State},
    },
    ecosystems::images,
    text::{ImagePath, Refusal, RepoPath, glob::Glob},
};

/// The COPYs and ADDs of a stage and of those below it.
pub struct Layers<'a> {
    /// The files that the builder is sent.
    pub sent: Sent<'a>,
    /// The copies, in order.
    pub copies: Vec<Layer>,
}

/// One COPY or ADD.
pub struct Layer {
    /// The stage it is in.
    pub stage: usize,
    /// Its index among the items.
    pub item: usize,
    /// The files it brings, or the reason why they are not known.
    pub copy: Result<CopyIn, Opaque>,
    /// The files it brings while build arguments have their defaults, if these alone decide that.
    by_default: Option<CopyIn>,
    /// The destination; `None` if it is not known.
    pub destination: Option<ImagePath>,
    /// What it takes from another stage of the Dockerfile, if that is where it copies from.
    pub from_stage: Option<FromStage>,
}

/// A COPY of files of another stage.
pub struct FromStage {
    /// The number of the other stage.
    pub stage: usize,
    /// The paths there, which may be patterns.
    sources: Vec<ImagePath>,
    /// The destination.
    destination: ImagePath,
}

impl<'a> Layers<'a> {
    /// The build context of a Dockerfile.
    ///
    /// # Errors
    /// A decline's code and reason, when it has none, or several.
    pub fn context(project: &Project, dockerfile: &RepoPath) -> Result<RepoPath, Refusal> {
        match project.context_of(dockerfile) {
            Context::Known { folder, .. } => Ok(folder.clone()),
            Context::Several(folders) => {
                let folders: Vec<String> = folders.iter().map(ToString::to_string).collect();
                Err(Refusal::new(
                    "several-contexts",
                    format!("it is built from different folders: {}", folders.join(", ")),
                ))
            }
            Context::Unknown(reason) => Err(Refusal::new("unknown-context", reason)),
        }
    }

    /// The copies behind one of the `stages` of the Dockerfile at `path`, with the context in `folder`.
    pub fn read(
        project: &'a Project,
        path: &'a RepoPath,
        stages: &[Stage<'_>],
        stage: &Stage<'_>,
        folder: RepoPath,
    ) -> Self {
        let sent = Sent::new(project, folder, path);
        let escape = stage.dockerfile.escape;
        let mut copies = Vec::new();
        let lineage = stage.lineage(stages);
        let is_empty = |it: &Base| matches!(it, Base::Image(it) if images::named(it).is_empty());
        let is_filled = lineage.first().is_some_and(|it| !is_empty(it.base));
        let system = images::FOLDERS.iter().chain(&images::PROGRAMS).filter(|_| is_filled);
        let mut folders: HashSet<ImagePath> = system.filter_map(|it| ImagePath::new(it)).collect();
        for below in lineage {
            for (item, _, it) in below.instructions() {
                let Some(words) = it.copy() else { continue };
                let state = below.state_before(item);
                let destination = state.expand(&words.destination.text, escape);
                let destination = destination.and_then(|it| state.absolute(&it));
                let mut copy = CopyIn::read(it, &state, &sent, escape);
                // A folder that the base image has, or an earlier copy has made, is copied into.
                if let Ok(copy) = &mut copy {
                    copy.into |= folders.contains(&copy.destination);
                    copy.folders(&mut folders);
                }
                let from_stage = FromStage::read(&words, &state, destination.as_ref(), stages);
                let by_default = matches!(copy, Err(Opaque::UnknownVariable))
                    .then(|| CopyIn::by_default(it, &state, &sent, escape, project.builds(path)));
                let (stage, by_default) = (below.index, by_default.flatten());
                copies.push(Layer { stage, item, copy, by_default, destination, from_stage });
            }
        }
        Self { sent, copies }
    }

    /// The copies before an item of a stage, the last one first.
    pub fn before(&self, stage: usize, item: usize) -> impl Iterator<Item = &Layer> {
        self.copies.iter().rev().filter(move |it| it.stage != stage || it.item < item)
    }

    /// The file of the project that stands at a path of the image before an item, and the copy that put it
    /// there.
    pub fn provider(
        &self,
        stage: usize,
        item: usize,
        path: &ImagePath,
    ) -> Option<(&Layer, RepoPath)> {
        self.before(stage, item).find_map(|layer| {
            let found = layer.copy.as_ref().ok()?.provides(path, &self.sent)?;
            Some((layer, found))
        })
    }
}

impl Layer {
    /// Whether it may bring files of the build context or of another stage that are not known.
    pub fn may_bring_more(&self) -> bool {
        match &self.from_stage {
            Some(from) => from.sources.iter().any(|it| it.file_name().contains(['*', '?', '['])),
            None => {
                let is_unknown = matches!(self.copy, Err(Opaque::UnknownVariable));
                is_unknown && self.by_default.is_none()
            }
        }
    }

    /// The files it brings, as far as nobody gives build arguments that say otherwise.
    pub fn brings(&self) -> Option<&CopyIn> {
        self.copy.as_ref().ok().or(self.by_default.as_ref())
    }
}

impl FromStage {
    /// Reads a COPY where `state` holds; `None` if it is not known to copy from a stage.
    fn read(
        copy: &instruction::Copy<'_>,
        state: &State,
        destination: Option<&ImagePath>,
        stages: &[Stage<'_>],
    ) -> Option<Self> {
        let from = copy.from?;
        let stage = stages.iter().rfind(|it| it.is_called(from))?;
        let escape = stage.dockerfile.escape;
        let sources = copy.sources.iter().filter_map(|it| state.expand(&it.text, escape));
        let sources = sources.map(|it| ImagePath::root().join(&it)).collect();
        Some(Self { stage: stage.index, sources, destination: destination?.clone() })
    }

    /// The paths of the other stage from which it may have put something at a path: a folder is copied as its
    /// contents, a file under its own name or that of the destination.
    pub(super) fn origins(&self, path: &ImagePath) -> impl Iterator<Item = ImagePath> + '_ {
        let rest = path.strip_prefix(&self.destination).map(str::to_owned);
        let sources = self.sources.iter().rev();
        sources
            .flat_map(move |source| {
                let Some(rest) = rest.as_deref() else { return [None, None] };
                let name = source.file_name();
                // One file that matches gets the name of the destination.
                if name.contains(['*', '?', '[']) && rest.is_empty() {
                    return [Some(source.clone()), None];
                }
                if name.contains(['*', '?', '[']) {
                    let is_match =
                        !rest.is_empty() && Glob::new(name).is_ok_and(|it| it.matches(rest));
                    return [source.parent().filter(|_| is_match).map(|it| it.join(rest)), None];
                }
                let inside = if rest.is_empty() { source.clone() } else { source.join(rest) };
                [Some(inside), (rest == name).then(|| source.clone())]
            })
            .flatten()
    }

    /// The folders of the other stage whose contents lie in a folder of this one, each with where.
    pub(super) fn folders(&self, folder: &ImagePath) -> Vec<(ImagePath, ImagePath)> {
        if self.destination.is_within(folder) {
            let plain = self.sources.iter().filter(|it| !it.file_name().contains(['*', '?', '[']));
            return plain.map(|it| (it.clone(), self.destination.clone())).collect();
        }
        self.origins(folder).map(|it| (it, folder.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::{Dockerfile, stage};

    #[test]
    fn folders_of_programs_are_copied_into_where_the_image_has_any() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let rows = [
            ("alpine", "/usr/bin", Some("/usr/bin/start.sh")),
            ("alpine", "/usr/bin/", Some("/usr/bin/start.sh")),
            ("alpine", "/start", Some("/start")),
            ("scratch", "/usr/bin", Some("/usr/bin")),
        ];
        for (base, to, expected) in rows {
            let text = format!("FROM {base}\nCOPY start.sh {to}\n");
            let files = [(path("Dockerfile"), text.clone()), (path("start.sh"), String::new())];
            let project = Project::new(files);
            let dockerfile = Dockerfile::parse(text.as_str());
            let stages = stage::stages(&dockerfile, |_| stage::Start::default());
            let own = path("Dockerfile");
            let layers = Layers::read(&project, &own, &stages, &stages[0], RepoPath::root());
            let copy = layers.copies[0].copy.as_ref().unwrap();
            let found = ["/start", "/usr/bin", "/usr/bin/start.sh"].into_iter().find(|it| {
                let at = ImagePath::new(it).unwrap();
                copy.provides(&at, &layers.sent).is_some()
            });
            assert_eq!(found, expected, "{base} {to}");
        }
    }
}
