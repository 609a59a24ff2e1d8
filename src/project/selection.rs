//! The part of a project that may be changed.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::text::RepoPath;

/// The part of a project that may be changed: what the paths on the command line name, less what
/// patterns take out.
#[derive(Clone, Debug)]
pub struct Selection {
    root: PathBuf,
    paths: Vec<RepoPath>,
    excluded: Vec<Gitignore>,
}

/// A pattern of what is not to be changed, read as a line of a `.gitignore` in a folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pattern {
    /// The folder it is written for.
    pub folder: PathBuf,
    /// The line.
    pub glob: String,
}

/// A pattern that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` is not a glob: {reason}")]
pub struct BadPattern {
    /// As it was written.
    pub glob: String,
    /// The error.
    pub reason: String,
}

impl Selection {
    /// Everything.
    pub fn all() -> Self {
        Self::below(Path::new(""), vec![RepoPath::root()])
    }

    /// Selects these paths of a project and everything below them.
    pub fn below(root: &Path, paths: Vec<RepoPath>) -> Self {
        Self { root: root.to_owned(), paths, excluded: Vec::new() }
    }

    /// The same without what a pattern takes out.
    pub fn without(mut self, pattern: &Pattern) -> Result<Self, BadPattern> {
        let bad = |it: ignore::Error| {
            let reason = match it {
                ignore::Error::Glob { err, .. } => err,
                other => other.to_string(),
            };
            BadPattern { glob: pattern.glob.clone(), reason }
        };
        let mut builder = GitignoreBuilder::new(&pattern.folder);
        builder.allow_unclosed_class(false);
        builder.add_line(None, &pattern.glob).map_err(bad)?;
        self.excluded.push(builder.build().map_err(bad)?);
        Ok(self)
    }

    /// The paths that were chosen.
    pub fn paths(&self) -> &[RepoPath] {
        &self.paths
    }

    /// Returns true if a folder and what is below it were asked for.
    pub fn reaches(&self, folder: &RepoPath) -> bool {
        self.paths.iter().any(|it| folder.strip_prefix(it).is_some()) && !self.excludes(folder)
    }

    /// Returns true if a file may be changed.
    pub fn selects(&self, path: &RepoPath) -> bool {
        let named = self.paths.iter().any(|it| path.strip_prefix(it).is_some());
        named && !self.excludes(path)
    }

    /// Returns true if a pattern excludes a file.
    pub fn excludes(&self, path: &RepoPath) -> bool {
        if self.excluded.is_empty() || path.is_root() {
            return false;
        }
        let path = self.root.join(path.as_str());
        let mut near = self.excluded.iter().filter(|it| path.starts_with(it.path()));
        near.any(|it| it.matched_path_or_any_parents(&path, false).is_ignore())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_are_read_as_gitignore_reads_them() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let pattern =
            |folder: &str, glob: &str| Pattern { folder: folder.into(), glob: glob.into() };
        let selection = Selection::below(Path::new("/p"), vec![path("a"), path("b/Dockerfile")]);
        let selection = selection.without(&pattern("/", "vendor/")).unwrap();
        let selection = selection.without(&pattern("/p/a", "/old/*.test")).unwrap();
        let yes = ["a/Dockerfile", "a/x/old/Dockerfile.test", "b/Dockerfile"];
        let no =
            ["ab/Dockerfile", "b/Dockerfile.test", "a/vendor/Dockerfile", "a/old/Dockerfile.test"];
        assert!(yes.iter().all(|it| selection.selects(&path(it))));
        assert!(!no.iter().any(|it| selection.selects(&path(it))));
        assert!(Selection::all().without(&pattern("", "a[")).is_err());
    }
}
