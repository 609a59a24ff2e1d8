//! The build contexts of a project, each with the Dockerfiles that are built from it, and what builders are sent of
//! one.

use std::collections::BTreeMap;

use super::{
    dockerignore::Dockerignore,
    named::NamedContext,
    taken::{Wanted, takes},
};
use crate::{
    project::{DiskFile, Project},
    text::RepoPath,
};

/// The contexts of the Dockerfiles of a project.
pub struct SharedContexts {
    /// The Dockerfiles that are built from a folder and obey one ignore file, by the two; the ignore file may not exist.
    pub known: BTreeMap<(RepoPath, RepoPath), Vec<RepoPath>>,
    /// The Dockerfiles of which it is not known what they are built from, by path.
    pub unknown: Vec<RepoPath>,
    /// The Dockerfiles with named contexts.
    pub named: Vec<(RepoPath, NamedContext)>,
}

/// Files that builders are sent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Load {
    /// How many there are.
    pub files: usize,
    /// Their size.
    pub bytes: u64,
}

impl Project {
    /// The build contexts of its Dockerfiles; found once.
    pub fn shared_contexts(&self) -> &SharedContexts {
        self.whole().get(|| SharedContexts::of(self))
    }
}

impl SharedContexts {
    fn of(project: &Project) -> Self {
        let mut contexts = Self { known: BTreeMap::new(), unknown: Vec::new(), named: Vec::new() };
        for (file, _) in project.dockerfiles() {
            let named = project.named_contexts(&file.path).into_iter();
            contexts.named.extend(named.map(|it| (file.path.clone(), it)));
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

/// The files on disk below a folder that are taken, each seen from the folder; they are those of the `disk` that a
/// project was read from.
pub fn on_disk<'p>(
    disk: &'p Project,
    folder: &RepoPath,
    is_taken: impl Fn(&str) -> bool,
) -> impl Iterator<Item = (&'p str, u64)> {
    let all = disk.on_disk(folder).iter();
    let folder = folder.clone();
    let inside = move |it: &'p DiskFile| Some((it.path.strip_prefix(&folder)?, it.bytes));
    all.filter_map(inside).filter(move |it| is_taken(it.0))
}

impl Load {
    /// What a builder is sent of a folder for these Dockerfiles, all together: what their steps take and no ignore file
    /// excludes. Sizes are those on the `disk` that the project was read from, without what has been deleted since.
    pub fn of(
        project: &Project,
        disk: &Project,
        folder: &RepoPath,
        dockerfiles: &[RepoPath],
    ) -> Self {
        let parsed = dockerfiles.iter().filter_map(|it| project.file(it.as_str())?.dockerfile());
        let wanted: Vec<Wanted> = parsed.map(|it| Wanted::of(project, takes(it), folder)).collect();
        let first = dockerfiles.first();
        let rules = first.and_then(|it| Dockerignore::for_build(project, it, folder));
        let is_gone = |it: &str| {
            folder
                .join(it)
                .is_some_and(|it| disk.tree().is_file(&it) && !project.tree().is_file(&it))
        };
        let is_taken = |it: &str| {
            !rules.as_ref().is_some_and(|rules| rules.1.excludes(it))
                && wanted.iter().any(|wanted| wanted.takes(it))
                && !is_gone(it)
        };
        let mut load = Self::default();
        for (_, bytes) in on_disk(disk, folder, is_taken) {
            load += Self { files: 1, bytes };
        }
        load
    }
}

impl std::ops::AddAssign for Load {
    fn add_assign(&mut self, other: Self) {
        self.files += other.files;
        self.bytes += other.bytes;
    }
}
