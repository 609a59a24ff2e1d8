//! The files that the COPYs of a stage and of those below it put into the image, in order.

use super::{
    Context,
    copies::{CopyIn, Opaque, Sent},
};
use crate::project::Project;
use crate::{
    dockerfile::stage::Stage,
    text::{ImagePath, Refusal, RepoPath},
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
    /// The destination; `None` if it is not known.
    pub destination: Option<ImagePath>,
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
        for below in stage.lineage(stages) {
            for (item, _, it) in below.instructions() {
                let Some(words) = it.copy() else { continue };
                let state = below.state_before(item);
                let destination = state.expand(&words.destination.text, escape);
                let destination = destination.and_then(|it| state.absolute(&it));
                let copy = CopyIn::read(it, &state, &sent, escape);
                copies.push(Layer { stage: below.index, item, copy, destination });
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
