//! The part of a project that may be changed.

use std::path::{Path, PathBuf};

use ignore::gitignore::{Gitignore, GitignoreBuilder};

use crate::text::RepoPath;

/// Folders of other people's code that a project keeps a copy of, with the projects in them.
///
/// <https://github.com/github-linguist/linguist/blob/main/lib/linguist/vendor.yml>
const VENDORED: [&str; 9] = [
    "3rdparty",
    "bower_components",
    "node_modules",
    "third-party",
    "third_party",
    "thirdparty",
    "vendor",
    "vendored",
    "vendors",
];

/// The part of a project that may be changed: what the paths on the command line name, less what
/// patterns take out and what is a copy of other people's code, unless a path leads into it.
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
        let mut below = self.paths.iter().filter_map(|it| folder.strip_prefix(it));
        below.any(|it| !is_vendored(&format!("{it}/Dockerfile"))) && !self.excludes(folder)
    }

    /// Returns true if every file may be changed.
    pub fn is_all(&self) -> bool {
        self.excluded.is_empty() && self.paths.iter().any(RepoPath::is_root)
    }

    /// Returns true if a file may be changed.
    pub fn selects(&self, path: &RepoPath) -> bool {
        let mut below = self.paths.iter().filter_map(|it| path.strip_prefix(it));
        below.any(|it| !is_vendored(it)) && !self.excludes(path)
    }

    /// Returns true if a file was asked for only by a folder above one with copies of other people's code.
    pub fn leaves_out(&self, path: &RepoPath) -> bool {
        let is_below = self.paths.iter().any(|it| path.strip_prefix(it).is_some());
        is_below && !self.selects(path) && !self.excludes(path)
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

/// Returns true if a file lies in a folder of a folder for other people's code. What lies directly in such a folder is about
/// the folder, or a service for vendors.
pub fn is_vendored(path: &str) -> bool {
    let mut above = path.split('/').rev().skip(2);
    above.any(|folder| VENDORED.iter().any(|it| it.eq_ignore_ascii_case(folder)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_peoples_code_has_to_be_named() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let of = |chosen: &str| Selection::below(Path::new("/p"), vec![path(chosen)]);
        let vendored = path("a/vendor/example.org/b/Dockerfile");
        assert!(!of("").selects(&vendored) && of("").leaves_out(&vendored));
        assert!(
            !of("").reaches(&path("a/vendor/example.org")) && of("").reaches(&path("a/vendor"))
        );
        assert!(!of("a").selects(&vendored) && !of("b").leaves_out(&vendored));
        for named in ["a/vendor", "a/vendor/example.org"] {
            assert!(of(named).reaches(&path("a/vendor/example.org")), "{named}");
            assert!(of(named).selects(&vendored) && !of(named).leaves_out(&vendored), "{named}");
        }
        for own in [
            "Dockerfile",
            "vendor/Dockerfile",
            "vendored-api/x/Dockerfile",
            "Third_Party/Dockerfile",
        ] {
            assert!(of("").selects(&path(own)), "{own}");
        }
        assert!(!of("").selects(&path("Third_Party/x/Dockerfile")));
    }

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
