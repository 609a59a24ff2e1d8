//! Paths inside an image: absolute, with `/`, in one spelling.

use std::{borrow::Borrow, fmt, sync::Arc};

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
        path.starts_with('/').then(|| Self::root().join(path))
    }

    /// `path` seen from this folder; an absolute path is itself. `..` stops at the root, as in a file system.
    #[must_use]
    pub fn join(&self, path: &str) -> Self {
        let mut parts: Vec<&str> = Vec::new();
        let whole = [if path.starts_with('/') { "" } else { &*self.0 }, path];
        for part in whole.iter().flat_map(|it| it.split('/')) {
            match part {
                "" | "." => {}
                ".." => _ = parts.pop(),
                part => parts.push(part),
            }
        }
        Self(format!("/{}", parts.join("/")).into())
    }

    /// The folder it lies in; `None` for the root.
    pub fn parent(&self) -> Option<Self> {
        let (folder, name) = self.0.rsplit_once('/')?;
        let folder = if folder.is_empty() { "/" } else { folder };
        (!name.is_empty()).then(|| Self(folder.into()))
    }

    /// The last component; empty for the root.
    pub fn file_name(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or_default()
    }

    /// What follows `folder/`; the empty string for `folder` itself, `None` if it does not lie in `folder`.
    pub fn strip_prefix(&self, folder: &Self) -> Option<&str> {
        if folder.is_root() {
            return Some(&self.0[1..]);
        }
        let rest = self.0.strip_prefix(&*folder.0)?;
        if rest.is_empty() { Some(rest) } else { rest.strip_prefix('/') }
    }

    /// Whether it is `folder` or lies in it.
    pub fn is_within(&self, folder: &Self) -> bool {
        self.strip_prefix(folder).is_some()
    }

    /// Whether it is the root of the image.
    pub fn is_root(&self) -> bool {
        &*self.0 == "/"
    }

    /// The path as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ImagePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
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
    }

    #[test]
    fn folders_hold_what_lies_in_them() {
        assert_eq!(path("/srv/app").strip_prefix(&path("/srv")), Some("app"));
        assert_eq!(path("/srv").strip_prefix(&path("/srv")), Some(""));
        assert_eq!(path("/srv").strip_prefix(&ImagePath::root()), Some("srv"));
        assert!(!path("/srv-2").is_within(&path("/srv")));
        assert_eq!(path("/srv").parent(), Some(ImagePath::root()));
        assert_eq!((ImagePath::root().parent(), path("/a/b").file_name()), (None, "b"));
    }
}
