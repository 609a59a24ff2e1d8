//! Paths inside an image: absolute, with `/`, in one spelling.

use std::{borrow::Borrow, fmt, sync::Arc};

use super::path::{folder_and_name, is_normal};

/// A file or folder of an image, absolute.
///
/// It has no `.`, `..` or empty components, so two equal files have one spelling. The root is `/`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ImagePath(Arc<str>);

impl ImagePath {
    /// The root of the image.
    pub fn root() -> Self {
        Self(Arc::from("/"))
    }

    /// Reads an absolute path; `None` if it is relative.
    pub fn new(path: &str) -> Option<Self> {
        let inside = path.strip_prefix('/')?;
        // Most are spelled so already.
        Some(if is_normal(inside) { Self(path.into()) } else { Self::root().join(inside) })
    }

    /// `path` seen from this folder; an absolute path is itself. `..` stops at the root, as in a file system.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let start = if path.starts_with('/') || self.is_root() { "" } else { self.as_str() };
        if is_normal(path) {
            return Self([start, "/", path].concat().into());
        }
        let mut whole = String::with_capacity(start.len() + 1 + path.len());
        whole.push_str(start);
        for part in path.split('/') {
            match part {
                "" | "." => {}
                ".." => whole.truncate(whole.rfind('/').unwrap_or_default()),
                part => {
                    whole.push('/');
                    whole.push_str(part);
                }
            }
        }
        if whole.is_empty() {
            whole.push('/');
        }
        Self(whole.into())
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (folder, name) = self.0.rsplit_once('/')?;
        let folder = if folder.is_empty() { "/" } else { folder };
        (!name.is_empty()).then(|| Self(folder.into()))
    }

    /// The path itself, then each folder above it up to the root.
    pub fn ancestors(&self) -> impl Iterator<Item = Self> + use<> {
        std::iter::successors(Some(self.clone()), Self::parent)
    }

    /// The last component; empty for the root.
    pub fn file_name(&self) -> &str {
        folder_and_name(&self.0).1
    }

    /// What follows `folder/`; the empty string for `folder` itself, `None` if it does not lie in `folder`.
    pub fn strip_prefix(&self, folder: &Self) -> Option<&str> {
        if folder.is_root() {
            return Some(&self.0[1..]);
        }
        let rest = self.0.strip_prefix(&*folder.0)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// Returns true if it is `folder` or lies in it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self.strip_prefix(folder).is_some()
    }

    /// What [`strip_prefix`](Self::strip_prefix) says of a folder that the code names, spelled as this type
    /// spells it and not the root: `/etc`.
    pub fn strip_fixed(&self, folder: &'static str) -> Option<&str> {
        debug_assert!(folder.len() > 1 && Self::new(folder).is_some_and(|it| it == folder));
        let rest = self.0.strip_prefix(folder)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// Returns true if it is or lies in one of the folders that the code names: `/etc`, `/usr`.
    pub fn is_within_fixed(&self, folders: &[&'static str]) -> bool {
        folders.iter().any(|it| self.strip_fixed(it).is_some())
    }

    /// Returns true if it is the root of the image.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for ImagePath {
    fn default() -> Self {
        Self::root()
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl PartialEq<str> for ImagePath {
    fn eq(&self, other: &str) -> bool {
        &*self.0 == other
    }
}

impl PartialEq<&str> for ImagePath {
    fn eq(&self, other: &&str) -> bool {
        &*self.0 == *other
    }
}

impl Borrow<str> for ImagePath {
    fn borrow(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(path: &str) -> ImagePath {
        ImagePath::new(path).unwrap()
    }

    #[test]
    fn a_path_has_one_spelling() {
        assert_eq!(path("//srv/./app/../api/").as_str(), "/srv/api");
        assert_eq!(path("/../..").as_str(), "/");
        assert_eq!(ImagePath::new("srv"), None);
        assert_eq!(path("/srv").join("/etc").as_str(), "/etc");
        assert_eq!(path("/srv").join("../etc/x").as_str(), "/etc/x");
        assert_eq!(path("/srv").join("..").as_str(), "/");
        assert_eq!(path("/srv").join("").as_str(), "/srv");
        assert_eq!(ImagePath::root().join("a//b/../../..").as_str(), "/");
    }

    #[test]
    fn folders_hold_what_lies_in_them() {
        assert_eq!(path("/srv/app").strip_prefix(&path("/srv")), Some("app"));
        assert_eq!(path("/srv").strip_prefix(&path("/srv")), Some(""));
        assert_eq!(path("/srv").strip_prefix(&ImagePath::root()), Some("srv"));
        assert!(!path("/srv-2").is_within(&path("/srv")));
        assert_eq!(path("/srv").parent(), Some(ImagePath::root()));
        assert_eq!((ImagePath::root().parent(), path("/a/b").file_name()), (None, "b"));
        assert_eq!(path("/srv/app").strip_fixed("/srv"), Some("app"));
        assert!(path("/etc").is_within_fixed(&["/srv", "/etc"]));
        assert!(!path("/etc-2").is_within_fixed(&["/etc"]));
        let above: Vec<_> = path("/a/b").ancestors().collect();
        assert_eq!(above, ["/a/b", "/a", "/"]);
    }
}
