//! What is in an image when it runs: the files that COPYs bring, also by way of other stages, and what compose
//! mounts.

use std::cell::OnceCell;

use super::{Image, image::Placed, mounts, own::Compiled, packages::Packages, started::Started};
use crate::{
    context::{
        brought::Brought,
        copies::Opaque,
        layers::{Layer, Layers},
    },
    dockerfile::Keyword,
    text::{ImagePath, Place, Refusal, RepoPath},
};

/// What is found out about the contents of an image, when it is first asked for.
#[derive(Default)]
pub(super) struct Contents<'a> {
    brought: OnceCell<Result<Brought<'a>, Refusal>>,
    mounts: OnceCell<Vec<Mount<'a>>>,
    pub(super) packages: Packages<'a>,
    pub(super) compiled: OnceCell<Vec<Compiled>>,
}

/// A mount of a compose service.
pub(super) struct Mount<'a> {
    /// The service that mounts it.
    pub started: Started<'a>,
    /// The place that names it.
    pub place: &'a Place,
    /// Where it is mounted.
    pub target: ImagePath,
    /// The path of the host as it is written; `None` for a volume.
    pub host: Option<&'a str>,
    /// The same as a path of the project, if it lies in it.
    pub own: Option<RepoPath>,
}

impl<'a> Image<'a> {
    /// The files that its stages get from the build context.
    ///
    /// # Errors
    /// A decline's code and reason, if its build context is not known.
    pub(super) fn brought(&self) -> Result<&Brought<'a>, &Refusal> {
        let read = || Brought::new(self.project, self.site.path, &self.site.stages);
        self.contents.brought.get_or_init(read).as_ref()
    }

    /// The files that its COPYs bring; `None` if its build context is not known.
    pub(super) fn layers(&self) -> Option<&Layers<'a>> {
        self.brought().ok()?.layers(self.stage.index)
    }

    /// The folder of the build context, if it is known.
    pub(super) fn context_folder(&self) -> Option<&RepoPath> {
        self.brought().ok().map(Brought::folder)
    }

    /// Whether a COPY brings a folder of the project.
    pub(super) fn brings(&self, folder: &RepoPath) -> bool {
        let copies = self.layers().into_iter().flat_map(|it| &it.copies);
        let mut sources = copies.filter_map(Layer::brings).flat_map(|it| &it.sources);
        sources.any(|it| it.is_folder && folder.strip_prefix(&it.path).is_some())
    }

    /// Whether COPYs bring source to a folder or below it.
    pub(super) fn brings_code(&self, path: &ImagePath) -> bool {
        let below = self.brought().ok().map(|it| it.below(self.stage.index, path));
        below.is_some_and(|it| it.values().any(mounts::is_code))
    }

    /// Whether a COPY brings the repository of git itself, as far as the builder is sent it.
    pub(super) fn has_repository(&self) -> bool {
        let git = RepoPath::root().join(".git/HEAD");
        let sent = |it: &Layers<'_>| git.as_ref().is_some_and(|git| !it.sent.excludes(git));
        self.layers().is_some_and(sent) && self.brings(&RepoPath::root())
    }

    /// The mounts of the services that run it, as far as their paths are known.
    pub(super) fn mounts(&self) -> &[Mount<'a>] {
        self.contents.mounts.get_or_init(|| {
            let all = self.services().flat_map(|started| {
                let volumes = started.service.volumes.iter();
                volumes.filter_map(move |it| {
                    let target = ImagePath::new(&it.target)?;
                    let host = it.source.as_deref().filter(|_| it.is_bind());
                    let own = host.and_then(|it| of_project(started.file, it));
                    Some(Mount { started, place: &it.place, target, host, own })
                })
            });
            all.collect()
        })
    }

    /// The file of the project that COPYs bring to a path of the image, relative to the last working directory.
    pub(super) fn provider(&self, path: &str) -> Option<RepoPath> {
        self.provided(&self.state().absolute(path)?)
    }

    /// The file of the project that COPYs bring to a path of the image.
    pub(super) fn provided(&self, path: &ImagePath) -> Option<RepoPath> {
        let found = self.brought().ok()?.at(self.stage.index, path, &|_| Vec::new())?;
        (!self.is_replaced(path)).then_some(found)
    }

    /// The file of the project that is at a path when the image runs, or from which it was made: `made_from` gives
    /// the paths of what a file may have been made from.
    pub(super) fn origin(
        &self,
        path: &ImagePath,
        made_from: &dyn Fn(&ImagePath) -> Vec<ImagePath>,
    ) -> Option<RepoPath> {
        let brought = self.brought().ok().and_then(|it| it.at(self.stage.index, path, made_from));
        brought.or_else(|| self.mounted(path))
    }

    /// The file of the project that a process finds at a path, relative to the last working directory: one that a
    /// COPY brings, or one that compose mounts there.
    pub(super) fn source(&self, path: &str) -> Option<RepoPath> {
        let absolute = self.state().absolute(path)?;
        let file = self.mounts().iter().find(|it| it.target == absolute);
        let file = file.and_then(|it| it.own.clone());
        file.filter(|it| self.project.tree().is_file(it))
            .or_else(|| self.provided(&absolute))
            .or_else(|| self.mounted(&absolute))
    }

    /// The file of the project that compose mounts at a path.
    fn mounted(&self, path: &ImagePath) -> Option<RepoPath> {
        self.mounts().iter().find_map(|it| {
            let found = it.own.as_ref()?.join(path.strip_prefix(&it.target)?)?;
            self.project.tree().is_file(&found).then_some(found)
        })
    }

    /// The mount that brings a file of the project to a path where the image itself has nothing: no COPY leads there, and
    /// no RUN fetches the source.
    pub(super) fn brought_by_host(&self, path: &ImagePath) -> Option<&Mount<'a>> {
        let covers = |it: Placed<'_>| {
            let Some(copy) = it.instruction.copy() else { return false };
            self.path_at(it.item, &copy.destination.text).is_none_or(|it| path.is_within(&it))
        };
        if self.instructions().any(covers) || self.mentions_run(&["git clone"]) {
            return None;
        }
        self.mounted(path)?;
        self.mounts().iter().find(|it| it.host.is_some() && path.is_within(&it.target))
    }

    /// Whether a path of the image is known not to be there: its build context is known, and no COPY brings it.
    pub(super) fn is_absent(&self, path: &str) -> bool {
        self.layers().is_some() && self.source(path).is_none()
    }

    /// Why the file at a path of the image is not known, as the rest of a sentence that names it.
    pub(super) fn whereabouts(&self, path: &str) -> String {
        let brought = match self.brought() {
            Ok(it) => it,
            Err(why) => {
                return format!(
                    "which was not found, as its build context is not known: {}",
                    why.reason
                );
            }
        };
        let Some(absolute) = self.state().absolute(path) else {
            return match self.workdir_of_arguments() {
                Some(folder) => {
                    format!("whose folder, {folder}, depends on arguments of the build")
                }
                None => "whose folder is not known".to_owned(),
            };
        };
        // `/srv/scripts/run.sh` may be `scripts/run.sh` of the project.
        let parts = absolute.as_str().match_indices('/').map(|it| &absolute.as_str()[it.0 + 1..]);
        let mut paths = parts.filter_map(|it| brought.folder().join(it));
        match paths.find(|it| !it.is_root() && self.project.tree().is_file(it)) {
            Some(it) => {
                format!("which no COPY is known to bring into the image (the project has {it})")
            }
            None => "which is not in the project".to_owned(),
        }
    }

    /// The last WORKDIR, as it is written, if a variable is in it.
    fn workdir_of_arguments(&self) -> Option<&'a str> {
        let workdirs = self.instructions().filter(|it| it.instruction.keyword == Keyword::Workdir);
        workdirs.last().map(|it| it.instruction.text().trim()).filter(|it| it.contains('$'))
    }

    /// The text of the manifest at a path relative to the working directory; else of the one that the build
    /// context has there, which another stage may have copied.
    pub(super) fn manifest(&self, path: &str) -> Option<String> {
        let sent = || self.layers().and_then(|it| it.sent.folder.join(path));
        self.text(&self.source(path).or_else(sent)?)
    }

    /// Whether a COPY puts something at a folder or below it.
    pub(super) fn is_destination(&self, path: &ImagePath) -> bool {
        self.instructions().any(|Placed { item, instruction }| {
            let Some(copy) = instruction.copy() else { return false };
            let destination = self.path_at(item, &copy.destination.text);
            destination.is_some_and(|it| it.is_within(path))
        })
    }

    /// Whether a COPY, also of another stage, would bring what lies at a path if the build context had it: a working copy
    /// has files that git does not, as programs leave them where they run.
    pub(super) fn would_bring(&self, path: &ImagePath) -> bool {
        let Ok(brought) = self.brought() else { return false };
        brought.places(self.stage.index, path).iter().any(|it| {
            let Some(layers) = brought.layers(it.stage) else { return false };
            layers.copies.iter().any(|layer| match layer.brings() {
                Some(copy) => copy.would_provide(&it.path, &layers.sent).is_some(),
                None => names_missing(layer, &it.path),
            })
        })
    }

    /// Whether a COPY puts files into a folder, possibly by copying a folder above it.
    pub(super) fn fills(&self, path: &ImagePath) -> bool {
        let brings = |it: &Layers<'_>| {
            let mut copies = it.copies.iter().filter_map(Layer::brings);
            copies.any(|copy| copy.may_provide(path, &it.sent).is_some())
        };
        self.is_destination(path) || self.layers().is_some_and(brings)
    }
}

/// Whether a COPY of a file that the project does not have would put it at a path.
fn names_missing(layer: &Layer, path: &ImagePath) -> bool {
    let (Err(Opaque::Missing(source)), Some(to)) = (&layer.copy, &layer.destination) else {
        return false;
    };
    let name = source.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    path == to || *path == to.join(name)
}

/// The file or folder of the project that a bind mount of a compose file means; `None` if it lies elsewhere.
pub(super) fn of_project(file: &RepoPath, host: &str) -> Option<RepoPath> {
    // Compose is run in the folder of its file.
    let here = ["${PWD}", "$PWD"].iter().find_map(|it| host.strip_prefix(it));
    let rest = here.map(|it| it.trim_start_matches('/'));
    let path = rest.or_else(|| Some(host).filter(|it| !it.starts_with(['/', '~', '$'])))?;
    file.parent().unwrap_or(RepoPath::root()).join(path)
}
