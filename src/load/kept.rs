//! Finds the files that git ignores and a builder is sent all the same.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

use foldhash::HashSet;
use rayon::prelude::*;

use super::wanted;
use crate::{
    context,
    project::{File, Tree},
    text::{RepoPath, glob},
};

/// What a walk saw besides the files of the project.
#[derive(Default)]
pub(super) struct Seen {
    /// The folders of which every entry is known.
    pub(super) listed: HashSet<RepoPath>,
    /// The entries of these folders that are no files of the project: folders, and what git ignores.
    pub(super) others: HashSet<RepoPath>,
}

impl Seen {
    /// Files that git ignores and a builder is sent all the same: some names beside
    /// manifests and Dockerfiles, and what Dockerfiles copy. The disk is asked only about what the walk did not see.
    pub(super) fn kept_from_git(
        &self,
        root: &Path,
        tree: &Tree,
        texts: &BTreeMap<RepoPath, File>,
    ) -> BTreeSet<RepoPath> {
        let named = texts.keys().filter(|it| wanted::marks_a_context(it.file_name()));
        let folders: HashSet<_> =
            named.filter_map(RepoPath::parent).chain([RepoPath::root()]).collect();
        let names: HashSet<_> = wanted::often_ignored().collect();
        let is_beside = |it: &&RepoPath| {
            names.contains(it.file_name()) && it.parent().is_some_and(|it| folders.contains(&it))
        };
        let beside = self.others.iter().filter(is_beside).cloned();
        let unseen = folders.iter().flat_map(|folder| {
            let is_listed = self.listed.contains(folder);
            let unseen = names.iter().filter(move |it| !is_listed || it.contains('/'));
            unseen.filter_map(|it| folder.join(it))
        });
        let files: Vec<_> = texts.values().collect();
        let copied = files.par_iter().flat_map_iter(|it| not_in_tree(it, tree));
        let copied: Vec<_> = copied.collect();
        let asked = unseen.chain(copied).filter(|it| self.exists(root, tree, it));
        asked.chain(beside).filter(|it| !tree.exists(it)).collect()
    }

    /// Whether a file or folder is on the disk.
    pub(super) fn exists(&self, root: &Path, tree: &Tree, path: &RepoPath) -> bool {
        let Some(folder) = path.parent() else { return true };
        if self.listed.contains(&folder) {
            return self.others.contains(path) || tree.is_file(path);
        }
        self.exists(root, tree, &folder) && root.join(path.as_str()).symlink_metadata().is_ok()
    }
}

/// The sources of a Dockerfile's COPYs that no folder above it holds, in each of those folders.
fn not_in_tree(file: &File, tree: &Tree) -> Vec<RepoPath> {
    let sources = file.dockerfile().map(context::context_sources).unwrap_or_default();
    let names = sources.iter().filter(|it| !glob::is_pattern(it));
    let places = names.map(|name| file.path.ancestors().filter_map(|it| it.join(name)).collect());
    let missing = places.filter(|it: &Vec<RepoPath>| !it.iter().any(|it| tree.exists(it)));
    missing.flatten().collect()
}
