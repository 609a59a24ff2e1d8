//! What folders hold on disk, whether or not git ignores it. Few transforms ask, and only where they change something.

use std::sync::Arc;

use elsa::sync::FrozenMap;

use super::Project;
use crate::text::RepoPath;

/// Lists all files below a folder, those included that git ignores.
pub type Lister = dyn Fn(&RepoPath) -> Vec<DiskFile> + Send + Sync;

/// The contents of folders, each listed when it is first asked for.
#[derive(Default)]
pub(super) struct Listings {
    lister: Option<Box<Lister>>,
    folders: FrozenMap<RepoPath, Vec<DiskFile>>,
}

/// A file as it lies on disk.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DiskFile {
    /// Its path.
    pub path: RepoPath,
    /// Its size.
    pub bytes: u64,
    /// True for a symbolic link.
    pub is_link: bool,
}

impl Project {
    /// The same project, which lists folders when they are asked for.
    #[must_use]
    pub fn with_lister(mut self, lister: Box<Lister>) -> Self {
        self.listings = Arc::new(Listings { lister: Some(lister), ..Listings::default() });
        self
    }

    /// All files on disk below a folder, those included that git ignores, by path; listed once, before anything is
    /// changed. A project that was not read from disk has its own files.
    pub fn on_disk(&self, folder: &RepoPath) -> &[DiskFile] {
        let own = |path: &RepoPath| {
            let bytes = self.file(path.as_str()).map_or(0, |it| it.text.len() as u64);
            DiskFile { path: path.clone(), bytes, is_link: false }
        };
        let list = || match &self.listings.lister {
            Some(lister) => lister(folder),
            None => self.tree.below(folder).map(own).collect(),
        };
        let known = self.listings.folders.get(folder);
        known.unwrap_or_else(|| self.listings.folders.insert(folder.clone(), list()))
    }
}
