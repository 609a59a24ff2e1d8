//! Paths inside a project: relative to its root, with `/`, never leaving it.

use std::{borrow::Borrow, fmt, sync::Arc};

use memchr::memrchr;

/// A file or folder of a project, relative to its root; the root itself is the empty path.
///
/// It has no `.`, `..` or empty components, so two equal files have one spelling.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RepoPath(Arc<str>);

impl RepoPath {
    /// The project's root.
    pub fn root() -> Self {
        Self(Arc::from(""))
    }

    /// Reads a relative path; `None` when it is absolute or leaves the root.
    pub fn new(path: &str) -> Option<Self> {
        Self::root().join(path)
    }

    /// `path` seen from this folder; `None` when it is absolute or leaves the root.
    pub fn join(&self, path: &str) -> Option<Self> {
        if path.starts_with('/') {
            return None;
        }
        // Most paths are normal, and this is asked for each COPY and each folder above it.
        if is_normal(path) {
            return Some(match self.is_root() {
                true => Self(path.into()),
                false => Self([&*self.0, "/", path].concat().into()),
            });
        }
        let mut parts: Vec<&str> = self.0.split('/').filter(|it| !it.is_empty()).collect();
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop()?,
                part => parts.push(part),
            }
        }
        Some(Self(parts.join("/").into()))
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        if self.is_root() {
            return None;
        }
        Some(Self(folder_and_name(&self.0).0.into()))
    }

    /// The folders it lies in, from the nearest to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> {
        std::iter::successors(self.parent(), Self::parent)
    }

    /// The last component; empty for the root.
    pub fn file_name(&self) -> &str {
        folder_and_name(&self.0).1
    }

    /// The rest after `folder/`; empty for `folder` itself, `None` if the path is not in `folder`.
    pub fn strip_prefix(&self, folder: &Self) -> Option<&str> {
        if folder.is_root() {
            return Some(&self.0);
        }
        let rest = self.0.strip_prefix(&*folder.0)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// This path relative to a folder, such as `../Dockerfile`; `.` for the folder itself.
    pub fn relative_to(&self, folder: &Self) -> String {
        let parts = |it: &Self| {
            it.0.split('/').filter(|it| !it.is_empty()).map(str::to_owned).collect::<Vec<_>>()
        };
        let (from, to) = (parts(folder), parts(self));
        let common = from.iter().zip(&to).take_while(|(a, b)| a == b).count();
        let up = std::iter::repeat_n("..".to_owned(), from.len() - common);
        let all: Vec<_> = up.chain(to.into_iter().skip(common)).collect();
        if all.is_empty() { ".".to_owned() } else { all.join("/") }
    }

    /// Returns true for the project's root.
    pub fn is_root(&self) -> bool {
        self.0.is_empty()
    }

    /// The path as text, empty for the root.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The folder that a path lies in, empty if it has none, and its last component.
///
/// It is asked for each file of a project, and `rfind` prepares more than a short text takes to search.
pub fn folder_and_name(path: &str) -> (&str, &str) {
    let at = memrchr(b'/', path.as_bytes());
    at.map_or(("", path), |at| (&path[..at], &path[at + 1..]))
}

/// Whether a relative path has no part that is empty, `.` or `..`.
pub fn is_normal(path: &str) -> bool {
    path.as_bytes().split(|it| *it == b'/').all(|it| !matches!(it, b"" | b"." | b".."))
}

/// A path of an image as it may be seen from a folder of the project: without the `/` or `./` at its front, then
/// without one folder after the other.
pub fn tails(path: &str) -> impl Iterator<Item = &str> {
    let whole = path.trim_start_matches("./").trim_start_matches('/');
    std::iter::successors(Some(whole), |it| it.split_once('/').map(|it| it.1))
}

impl fmt::Display for RepoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_root() { "." } else { &self.0 })
    }
}

impl Borrow<str> for RepoPath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_has_one_spelling_and_stays_inside() {
        let path = |it: &str| RepoPath::new(it).map(|it| it.to_string());
        assert_eq!(path("./a//b/../c/"), Some("a/c".to_owned()));
        assert_eq!(path("."), Some(".".to_owned()));
        assert_eq!(path("a/../.."), None);
        assert_eq!(path("/etc"), None);
    }

    #[test]
    fn a_path_is_written_from_any_folder() {
        let rows = [
            ("api/Dockerfile", "", "api/Dockerfile"),
            ("api/Dockerfile", "api", "Dockerfile"),
            ("Dockerfile", "api/test", "../../Dockerfile"),
            ("api/Dockerfile", "web", "../api/Dockerfile"),
            ("api", "api", "."),
        ];
        for (path, folder, expected) in rows {
            let (path, folder) = (RepoPath::new(path).unwrap(), RepoPath::new(folder).unwrap());
            assert_eq!(path.relative_to(&folder), expected);
        }
    }

    #[test]
    fn a_path_of_an_image_loses_its_folders_one_by_one() {
        assert_eq!(
            tails("/srv/app/a.py").collect::<Vec<_>>(),
            ["srv/app/a.py", "app/a.py", "a.py"]
        );
        assert_eq!(tails("./a.py").collect::<Vec<_>>(), ["a.py"]);
    }

    #[test]
    fn prefixes_are_whole_components() {
        let path = RepoPath::new("api/Dockerfile").unwrap();
        assert_eq!(path.strip_prefix(&RepoPath::new("api").unwrap()), Some("Dockerfile"));
        assert_eq!(path.strip_prefix(&RepoPath::new("ap").unwrap()), None);
        assert_eq!(path.strip_prefix(&RepoPath::root()), Some("api/Dockerfile"));
        assert_eq!(path.ancestors().map(|it| it.to_string()).collect::<Vec<_>>(), ["api", "."]);
    }
}
