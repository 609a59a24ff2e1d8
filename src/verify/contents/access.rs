//! What a user may write to, in an image and on what is mounted over it.

use std::collections::BTreeMap;

use super::{Contents, Entry, Kind, Listed, User};
use crate::text::ImagePath;

/// The file system of a container: an image, and what is mounted over it.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The image.
    pub image: &'a Contents,
    /// What lies on volumes, by the folder where each is mounted.
    pub volumes: &'a BTreeMap<ImagePath, BTreeMap<ImagePath, Listed>>,
    /// The folders in memory, which everybody may write to.
    pub tmpfs: &'a [ImagePath],
}

/// A file or folder whose owner and permissions keep a user from writing.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Obstacle {
    /// The file or folder.
    pub path: ImagePath,
    /// The numbers of its user and group.
    pub owner: (u64, u64),
    /// Its permissions.
    pub mode: u32,
}

/// The sticky bit: in a folder that has it, only owners remove files.
const STICKY: u32 = 0o1000;

impl Ground<'_> {
    /// What keeps a user from making, changing or removing a path; `None` if nothing does.
    ///
    /// A path that is not there is to be made, with the folders above it.
    pub fn obstacle(&self, path: &ImagePath, removes: bool, user: &User) -> Option<Obstacle> {
        let folder = path.parent()?;
        // Links lead to where the write ends up.
        let path = self.image.follow(&self.image.follow(&folder).join(path.file_name()));
        if user.id == 0 || self.tmpfs.iter().any(|it| path.is_within(it)) {
            return None;
        }
        let above: Vec<ImagePath> = path.ancestors().skip(1).collect();
        // The kernel enters the folders from the root down.
        let entered = above.iter().rev().filter_map(|it| Some((it, self.entry(it)?)));
        if let Some((at, entry)) = { entered }.find(|it| !user.may(&it.1, 1)) {
            return Some(Obstacle::new(at, &entry));
        }
        if let Some(entry) = self.entry(&path).filter(|_| !removes) {
            return (!user.may(&entry, 2)).then(|| Obstacle::new(&path, &entry));
        }
        let (at, entry) = above.iter().find_map(|it| Some((it, self.entry(it)?)))?;
        let kept = removes
            && entry.mode & STICKY != 0
            && entry.owner.0 != user.id
            && self.entry(&path).is_some_and(|it| it.owner.0 != user.id);
        (kept || !user.may(&entry, 2)).then(|| Obstacle::new(at, &entry))
    }

    /// Returns true if a folder lies there.
    pub fn is_folder(&self, path: &ImagePath) -> bool {
        self.entry(path).is_some_and(|it| it.kind == Kind::Folder)
    }

    fn entry(&self, path: &ImagePath) -> Option<Entry> {
        let volume = self.volumes.iter().rfind(|it| path.is_within(it.0));
        if let Some((_, listed)) = volume {
            return listed.get(path).map(|it| it.entry.clone());
        }
        let entry = self.image.entry(path).cloned();
        // Not every stream has the root itself.
        entry.or_else(|| path.is_root().then(Entry::root))
    }
}

impl Obstacle {
    fn new(path: &ImagePath, entry: &Entry) -> Self {
        Self { path: path.clone(), owner: entry.owner, mode: entry.mode }
    }
}

impl Entry {
    /// The root folder, as builders make it.
    fn root() -> Self {
        Self {
            kind: Kind::Folder,
            mode: 0o755,
            owner: (0, 0),
            size: 0,
            digest: 0,
            interpreter: None,
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use tar::EntryType::{Directory, Regular};

    use super::*;
    use crate::verify::contents::tests::Image;

    #[test]
    fn writing_takes_what_the_kernel_asks_for() {
        let image = Image::new()
            .with("app/", Directory, 0o755, (0, 0))
            .with("app/own/", Directory, 0o700, (7, 7))
            .with("app/group/", Directory, 0o775, (0, 8))
            .with("app/all", Regular, 0o666, (0, 0))
            .with("closed/", Directory, 0o700, (0, 0))
            .with("closed/open/", Directory, 0o777, (0, 0))
            .with("tmp/", Directory, 0o1777, (0, 0))
            .with("tmp/root", Regular, 0o644, (0, 0))
            .with("tmp/mine", Regular, 0o644, (7, 7))
            .link("app/link", "/app/own")
            .file("etc/passwd", "me:x:7:7::/home/me:/bin/sh\n")
            .file("etc/group", "us:x:8:you,me\n")
            .read();
        let path = |it: &str| ImagePath::new(it).unwrap();
        let listed = |mode| Listed { entry: Entry { mode, ..Entry::root() }, modified: 0 };
        let volumes = [
            (path("/app/volume"), [(path("/app/volume"), listed(0o777))].into()),
            (path("/app/own/v"), [(path("/app/own/v"), listed(0o755))].into()),
        ];
        let (volumes, tmpfs) = (BTreeMap::from(volumes), [path("/app/memory")]);
        let ground = Ground { image: &image, volumes: &volumes, tmpfs: &tmpfs };
        let me = image.user("me").unwrap();
        let stopped = |it: &str, removes| {
            ground.obstacle(&path(it), removes, &me).map(|it| it.path.to_string())
        };
        let rows = [
            ("/app/new", Some("/app")),
            ("/app/new/deep/er", Some("/app")),
            ("/new", Some("/")),
            ("/app/own/new/deep", None),
            ("/app/group/new", None),
            ("/app/link/new", None),
            ("/app/all", None),
            ("/closed/open/new", Some("/closed")),
            ("/tmp/new", None),
            ("/tmp/root", Some("/tmp/root")),
            ("/app/volume/new", None),
            ("/app/own/v/new", Some("/app/own/v")),
            ("/app/memory/new", None),
        ];
        for (it, obstacle) in rows {
            assert_eq!(stopped(it, false).as_deref(), obstacle, "{it}");
        }
        let removed = ["/app/all", "/app/own/x", "/tmp/root", "/tmp/mine"];
        let removed = removed.map(|it| stopped(it, true));
        assert_eq!(removed, [Some("/app".to_owned()), None, Some("/tmp".to_owned()), None]);
        let root = image.user("").unwrap();
        assert_eq!(ground.obstacle(&path("/app/new"), false, &root), None);
        assert_eq!([image.home(&me), image.home(&root)], [path("/home/me"), ImagePath::root()]);
    }
}
