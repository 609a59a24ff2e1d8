//! Every path of a project, so that existence, folders and globs can be asked without the disk.

use std::{collections::BTreeSet, ops::Bound};

use crate::path::RepoPath;

/// The files of a project by path, and what git ignores but a build context would still send.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeSet<RepoPath>,
    /// Files and folders that exist, are ignored by git and were therefore not walked.
    ignored: BTreeSet<RepoPath>,
}

impl Tree {
    /// A tree of these files.
    pub fn new(files: impl IntoIterator<Item = RepoPath>) -> Self {
        Self { files: files.into_iter().collect(), ignored: BTreeSet::new() }
    }

    /// Adds what exists although git ignores it, such as `.venv`.
    #[must_use]
    pub fn with_ignored(mut self, ignored: impl IntoIterator<Item = RepoPath>) -> Self {
        self.ignored = ignored.into_iter().collect();
        self
    }

    /// Adds a file.
    pub fn insert(&mut self, path: RepoPath) {
        self.files.insert(path);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &RepoPath) {
        self.files.remove(path);
    }

    /// Whether there is such a file.
    pub fn is_file(&self, path: &RepoPath) -> bool {
        self.files.contains(path)
    }

    /// Whether there is such a folder, with a file below it.
    pub fn is_folder(&self, path: &RepoPath) -> bool {
        path.is_root() || self.below(path).next().is_some()
    }

    /// Whether there is such a file or folder, also one that git ignores.
    pub fn exists(&self, path: &RepoPath) -> bool {
        self.is_file(path) || self.is_folder(path) || self.ignored.contains(path)
    }

    /// The files below a folder, in order; the work grows with what is below it only.
    pub fn below<'a>(&'a self, folder: &RepoPath) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let prefix = match folder.is_root() {
            true => String::new(),
            false => format!("{folder}/"),
        };
        let from = self.files.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.take_while(move |it| it.as_str().starts_with(&prefix))
    }

    /// What lies directly in a folder: its files and its folders, in order.
    pub fn children(&self, folder: &RepoPath) -> Vec<RepoPath> {
        let mut children = Vec::new();
        let mut next = self.below(folder).next();
        while let Some(file) = next {
            let Some(rest) = file.strip_prefix(folder) else { break };
            let name = rest.split('/').next().unwrap_or_default();
            let Some(child) = folder.join(name) else { break };
            // A folder is left in one step, however much it holds: `0` is what follows `/`.
            let after = match rest.contains('/') {
                true => Bound::Included(format!("{child}0")),
                false => Bound::Excluded(child.as_str().to_owned()),
            };
            let bound = (after.as_ref().map(String::as_str), Bound::Unbounded);
            next = self
                .files
                .range::<str, _>(bound)
                .next()
                .filter(|it| it.strip_prefix(folder).is_some());
            children.push(child);
        }
        // What git ignores is sent all the same.
        let ignored = self.ignored_below(folder).filter(|it| it.parent().as_ref() == Some(folder));
        children.extend(ignored.cloned());
        children
    }

    /// What exists below a folder although git ignores it; a folder stands for all it holds.
    pub fn ignored_below<'a>(&'a self, folder: &'a RepoPath) -> impl Iterator<Item = &'a RepoPath> {
        self.ignored.iter().filter(|it| it.strip_prefix(folder).is_some())
    }

    /// Every file, in order.
    pub fn files(&self) -> impl Iterator<Item = &RepoPath> {
        self.files.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_files_and_folders_once_each() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let tree = Tree::new(["a/x", "a/y/z", "a/y/zz", "a.txt", "b"].map(path));
        let names =
            |it: &str| tree.children(&path(it)).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(names(""), ["a.txt", "a", "b"]);
        assert_eq!(names("a"), ["a/x", "a/y"]);
        assert!(names("b").is_empty());
    }
}
