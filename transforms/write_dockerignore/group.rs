//! The build contexts of a project, each with the Dockerfiles that are built from it and obey one ignore file.

use std::{borrow::Cow, sync::OnceLock};

use super::named::words;
use crate::{
    context::{
        Context,
        brought::Brought,
        dockerignore::Dockerignore,
        is_whole,
        layers::Layer,
        taken::{Take, Wanted, takes, takes_from},
    },
    dockerfile::{Dockerfile, stage::Stage},
    ecosystems::images,
    project::{File, Project},
    text::{ImagePath, Place, RepoPath},
};

/// The Dockerfiles that are built from one folder and obey one ignore file.
pub(super) struct Group<'a> {
    /// The folder.
    pub(super) folder: RepoPath,
    /// The ignore file, which may not exist yet.
    pub(super) path: RepoPath,
    /// Its rules; `None` if there is no such file.
    pub(super) rules: Option<Dockerignore>,
    /// The Dockerfiles that are built from the folder.
    pub(super) builds: Vec<Taker<'a>>,
    /// The Dockerfiles that may be, as nobody knows what they are built from, and those that take the folder as a named
    /// context.
    pub(super) strangers: Vec<Taker<'a>>,
}

/// A Dockerfile, and what it takes of a folder.
pub(super) struct Taker<'a> {
    pub(super) file: &'a File,
    pub(super) dockerfile: &'a Dockerfile,
    /// The name by which its steps take the folder, if that is not their build context.
    pub(super) name: Option<String>,
    /// What they take of it.
    pub(super) takes: Cow<'a, [Take]>,
    project: &'a Project,
    folder: RepoPath,
    wanted: OnceLock<Wanted>,
    words: OnceLock<Vec<String>>,
}

/// The groups of which one Dockerfile at least is to be looked at and takes a whole folder.
pub(super) fn groups(project: &Project) -> Vec<Group<'_>> {
    let contexts = project.shared_contexts();
    let near = contexts.known.iter().filter(|it| it.1.iter().any(|it| project.is_in_focus(it)));
    let groups = near.filter_map(|((folder, path), dockerfiles)| {
        let taker = |it: &RepoPath| Taker::new(project, folder, it, None);
        let takes_folders =
            |it: &Taker<'_>| it.takes.iter().any(|it| !is_file(project, folder, it));
        let builds: Vec<_> = dockerfiles.iter().filter_map(taker).collect();
        if !builds.iter().any(takes_folders) {
            return None;
        }
        // They are in order, so that those of a folder stand together.
        let start = if folder.is_root() { String::new() } else { format!("{folder}/") };
        let from = contexts.unknown.partition_point(|it| it.as_str() < start.as_str());
        let strangers = contexts.unknown[from..].iter();
        let strangers = strangers.take_while(|it| it.as_str().starts_with(&start));
        // A named context does not obey an ignore file of a Dockerfile.
        let is_shared = folder.join(".dockerignore").as_ref() == Some(path);
        let named = contexts.named.iter().filter(|it| is_shared && it.1.may_be(folder));
        let named =
            named.filter_map(|it| Taker::new(project, folder, &it.0, Some(it.1.name.clone())));
        let rules = project.tree().exists(path).then(|| {
            let first = dockerfiles.first()?;
            Some(Dockerignore::for_build(project, first, folder)?.1)
        });
        Some(Group {
            folder: folder.clone(),
            path: path.clone(),
            rules: rules.flatten(),
            builds,
            strangers: strangers.filter_map(taker).chain(named).collect(),
        })
    });
    groups.collect()
}

/// The Dockerfiles that take a whole context of which it is not known which folder it is, with the reason.
pub(super) fn unknown(project: &Project) -> Vec<(&File, &Dockerfile, String)> {
    let contexts = project.shared_contexts();
    let unknown = contexts.unknown.iter().filter(|it| project.is_in_focus(it));
    let unknown = unknown.filter_map(|path| {
        let file = project.file(path.as_str())?;
        let dockerfile = file.dockerfile()?;
        let Context::Unknown(why) = project.context_of(path) else { return None };
        let is_whole = takes(dockerfile).iter().any(|it| is_whole(&it.source));
        is_whole.then(|| (&**file, dockerfile, why.clone()))
    });
    unknown.collect()
}

impl<'a> Taker<'a> {
    /// The Dockerfile at `path`, which takes `folder` as its build context, or as the context of this name.
    fn new(
        project: &'a Project,
        folder: &RepoPath,
        path: &RepoPath,
        name: Option<String>,
    ) -> Option<Self> {
        let file = project.file(path.as_str())?;
        let dockerfile = file.dockerfile()?;
        let takes = match &name {
            Some(name) => Cow::Owned(takes_from(dockerfile, name)),
            None => Cow::Borrowed(takes(dockerfile)),
        };
        let (folder, wanted, words) = (folder.clone(), OnceLock::new(), OnceLock::new());
        Some(Self { file, dockerfile, name, takes, project, folder, wanted, words })
    }

    /// What its steps take of the folder, as it lies there; most Dockerfiles are never asked.
    pub(super) fn wanted(&self) -> &Wanted {
        self.wanted.get_or_init(|| Wanted::of(self.project, &self.takes, &self.folder))
    }

    /// Whether one of its images has a file of the project, or may have it: that of the last stage, or of one that a
    /// caller builds.
    fn may_leave_in_an_image(&self, project: &Project, path: &RepoPath) -> bool {
        let stages = images::stages(self.dockerfile);
        if self.name.is_some() {
            return true;
        }
        let Ok(brought) = Brought::new(project, &self.file.path, &stages) else { return true };
        let builds = project.builds(&self.file.path);
        let is_built = |stage: &Stage<'_>| {
            let mut targets = builds.iter().filter_map(|it| it.target.as_deref());
            stage.index + 1 == stages.len() || targets.any(|it| stage.is_called(it))
        };
        stages.iter().filter(|it| is_built(it)).any(|stage| {
            let layers = brought.layers(stage.index);
            let layers = layers.map(|it| it.copies.as_slice()).unwrap_or_default();
            layers.iter().any(Layer::may_bring_more)
                || brought.below(stage.index, &ImagePath::root()).values().any(|it| it == path)
        })
    }

    /// The words of its commands, and of those of the services that run it.
    pub(super) fn words(&self, project: &Project) -> &[String] {
        self.words.get_or_init(|| words(project, self))
    }
}

impl<'a> Group<'a> {
    /// All Dockerfiles that are built from the folder, or may be.
    pub(super) fn all(&self) -> impl Iterator<Item = &Taker<'a>> {
        self.builds.iter().chain(&self.strangers)
    }

    /// Returns true if the builder is sent a path, seen from the folder, today.
    pub(super) fn takes(&self, path: &str) -> bool {
        let is_excluded = self.rules.as_ref().is_some_and(|it| it.excludes(path));
        !is_excluded && self.builds.iter().any(|it| it.wanted().takes(path))
    }

    /// The step that takes a path, seen from the folder, with a folder that it lies in.
    pub(super) fn taken_by(&self, project: &Project, path: &str) -> Option<Place> {
        self.all().find_map(|taker| {
            let takes = |take: &&Take| {
                let wanted = Wanted::of(project, std::slice::from_ref(*take), &self.folder);
                wanted.takes_with_folder(path)
            };
            let item = taker.takes.iter().find(takes)?.item;
            Some(taker.dockerfile.place(&taker.file.path, item))
        })
    }

    /// Returns true if an image that is built has the file at a path, seen from the folder, today, or may have it.
    pub(super) fn is_in_an_image(&self, project: &Project, path: &str) -> bool {
        let Some(path) = self.folder.join(path) else { return true };
        self.all().any(|it| it.may_leave_in_an_image(project, &path))
    }

    /// Returns true if the builder is sent a path, seen from the folder, today and with a folder that a step takes.
    pub(super) fn sends(&self, path: &str) -> bool {
        let is_excluded = self.rules.as_ref().is_some_and(|it| it.excludes(path));
        !is_excluded && self.builds.iter().any(|it| it.wanted().takes_with_folder(path))
    }
}

fn is_file(project: &Project, folder: &RepoPath, take: &Take) -> bool {
    folder.join(&take.source).is_some_and(|it| project.tree().is_file(&it))
}
