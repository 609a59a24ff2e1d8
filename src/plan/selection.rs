//! Which Dockerfiles a run may change.

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::path::RepoPath;

/// Which Dockerfiles a run may change: those below the chosen paths that no glob excludes.
#[derive(Clone, Debug)]
pub struct Selection {
    within: Vec<RepoPath>,
    /// Globs, each with the folder it is written for.
    excluded: Vec<(RepoPath, Gitignore)>,
}

/// A glob that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{glob}` is not a glob: {reason}")]
pub struct BadGlob {
    /// As it was written.
    pub glob: String,
    /// What is wrong with it.
    pub reason: String,
}

impl Selection {
    /// Every Dockerfile.
    pub fn all() -> Self {
        Self::within(vec![RepoPath::root()])
    }

    /// The Dockerfiles at or below these paths.
    pub fn within(paths: Vec<RepoPath>) -> Self {
        Self { within: paths, excluded: Vec::new() }
    }

    /// Leaves out what a glob matches, read as a line of a `.gitignore` in `folder`.
    pub fn exclude(mut self, folder: &RepoPath, glob: &str) -> Result<Self, BadGlob> {
        let bad = |it: ignore::Error| BadGlob { glob: glob.to_owned(), reason: it.to_string() };
        let mut builder = GitignoreBuilder::new("");
        builder.add_line(None, glob).map_err(bad)?;
        self.excluded.push((folder.clone(), builder.build().map_err(bad)?));
        Ok(self)
    }

    /// Whether this file is among them.
    pub fn contains(&self, path: &RepoPath) -> bool {
        self.within.iter().any(|it| path.strip_prefix(it).is_some()) && !self.excludes(path)
    }

    /// Whether a glob excludes this file.
    pub fn excludes(&self, path: &RepoPath) -> bool {
        self.excluded.iter().any(|(folder, globs)| {
            let inside = path.strip_prefix(folder).filter(|it| !it.is_empty());
            inside.is_some_and(|it| globs.matched_path_or_any_parents(it, false).is_ignore())
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn globs_are_read_as_gitignore_reads_them() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let selection = Selection::within(vec![path("a"), path("b/Dockerfile")]);
        let selection = selection.exclude(&RepoPath::root(), "vendor/").unwrap();
        let selection = selection.exclude(&path("a"), "/old/*.test").unwrap();
        let yes = ["a/Dockerfile", "a/x/old/Dockerfile.test", "b/Dockerfile"];
        let no =
            ["ab/Dockerfile", "b/Dockerfile.test", "a/vendor/Dockerfile", "a/old/Dockerfile.test"];
        assert!(yes.iter().all(|it| selection.contains(&path(it))));
        assert!(!no.iter().any(|it| selection.contains(&path(it))));
        assert!(Selection::all().exclude(&RepoPath::root(), "[b-a]").is_err());
    }
}
