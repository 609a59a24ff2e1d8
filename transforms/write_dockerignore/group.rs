//! The build contexts of a project, each with the Dockerfiles that are built from it and obey one ignore file.

use std::{
    collections::{BTreeMap, HashSet},
    sync::OnceLock,
};

use super::named::words;
use crate::{
    context::{
        Context,
        dockerignore::Dockerignore,
        is_whole,
        taken::{Take, Wanted, takes},
    },
    dockerfile::Dockerfile,
    project::{File, Project},
    text::RepoPath,
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
    /// The Dockerfiles that may be, as nobody knows what they are built from.
    pub(super) strangers: Vec<Taker<'a>>,
}

/// A Dockerfile, and what it takes of a folder.
pub(super) struct Taker<'a> {
    pub(super) file: &'a File,
    pub(super) dockerfile: &'a Dockerfile,
    pub(super) wanted: Wanted,
    words: OnceLock<HashSet<String>>,
}

/// The contexts of the Dockerfiles of a project, by folder and ignore file.
struct Contexts {
    known: BTreeMap<(RepoPath, RepoPath), Vec<RepoPath>>,
    unknown: Vec<RepoPath>,
}

/// The groups of which one Dockerfile at least is to be looked at and takes a whole folder.
pub(super) fn groups(project: &Project) -> Vec<Group<'_>> {
    let contexts = project.whole().get(|| Contexts::of(project));
    let near = contexts.known.iter().filter(|it| it.1.iter().any(|it| project.is_in_focus(it)));
    let taker = |folder: &RepoPath, path: &RepoPath| Taker::new(project, folder, path);
    let groups = near.filter_map(|((folder, path), dockerfiles)| {
        let takes_folders =
            |it: &Taker<'_>| takes(it.dockerfile).iter().any(|it| !is_file(project, folder, it));
        let builds: Vec<_> = dockerfiles.iter().filter_map(|it| taker(folder, it)).collect();
        if !builds.iter().any(takes_folders) {
            return None;
        }
        let strangers = contexts.unknown.iter().filter(|it| it.strip_prefix(folder).is_some());
        let rules = project.tree().exists(path).then(|| {
            let first = dockerfiles.first()?;
            Some(Dockerignore::for_build(project, first, folder)?.1)
        });
        Some(Group {
            folder: folder.clone(),
            path: path.clone(),
            rules: rules.flatten(),
            builds,
            strangers: strangers.filter_map(|it| taker(folder, it)).collect(),
        })
    });
    groups.collect()
}

/// The Dockerfiles that take a whole context of which it is not known which folder it is, with the reason.
pub(super) fn unknown(project: &Project) -> Vec<(&File, &Dockerfile, String)> {
    let contexts = project.whole().get(|| Contexts::of(project));
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

impl Contexts {
    fn of(project: &Project) -> Self {
        let mut contexts = Self { known: BTreeMap::new(), unknown: Vec::new() };
        for (file, _) in project.dockerfiles() {
            let folders = project.context_of(&file.path).folders();
            for folder in folders {
                let shared = || folder.join(".dockerignore");
                let path = Dockerignore::path(project, &file.path, folder).or_else(shared);
                let key = path.map(|it| (folder.clone(), it));
                if let Some(key) = key {
                    contexts.known.entry(key).or_default().push(file.path.clone());
                }
            }
            if folders.is_empty() {
                contexts.unknown.push(file.path.clone());
            }
        }
        contexts
    }
}

impl<'a> Taker<'a> {
    fn new(project: &'a Project, folder: &RepoPath, path: &RepoPath) -> Option<Self> {
        let file = project.file(path.as_str())?;
        let dockerfile = file.dockerfile()?;
        let wanted = Wanted::of(project, dockerfile, folder);
        Some(Self { file, dockerfile, wanted, words: OnceLock::new() })
    }

    /// The words of its commands, and of those of the services that run it.
    pub(super) fn words(&self, project: &Project) -> &HashSet<String> {
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
        !is_excluded && self.builds.iter().any(|it| it.wanted.takes(path))
    }

    /// Returns true if the builder is sent a path, seen from the folder, today and with a folder that a step takes.
    pub(super) fn sends(&self, path: &str) -> bool {
        let is_excluded = self.rules.as_ref().is_some_and(|it| it.excludes(path));
        !is_excluded && self.builds.iter().any(|it| it.wanted.takes_with_folder(path))
    }
}

fn is_file(project: &Project, folder: &RepoPath, take: &Take) -> bool {
    folder.join(&take.source).is_some_and(|it| project.tree().is_file(&it))
}
