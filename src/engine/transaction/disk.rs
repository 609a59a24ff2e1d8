//! The door to the file system: everything that a transaction does to a disk, one call each.
//!
//! Paths are taken below two folders that are opened once, the project's and the one for state, and no
//! link leads out of them (the sandbox of `cap-std`). Each call opens what it needs and closes it again.

use std::{
    io::{self, Read as _, Write as _},
    path::{Path, PathBuf},
};

use cap_std::{
    ambient_authority,
    fs::{Dir, File, OpenOptions},
};

/// Which of the two folders a path is below.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Base {
    /// The project's root.
    Project,
    /// The folder for journals and texts on their way.
    State,
}

/// A file or folder of a transaction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Spot {
    pub(super) base: Base,
    /// Relative, without `..`; empty for the folder itself.
    pub(super) path: PathBuf,
}

impl Spot {
    pub(super) fn project(path: impl Into<PathBuf>) -> Self {
        Self { base: Base::Project, path: path.into() }
    }

    pub(super) fn state(path: impl Into<PathBuf>) -> Self {
        Self { base: Base::State, path: path.into() }
    }

    /// The folder that it lies in; of a base itself, the base.
    pub(super) fn folder(&self) -> Self {
        let path = self.path.parent().unwrap_or(Path::new("")).to_owned();
        Self { base: self.base, path }
    }

    /// A file in this folder.
    pub(super) fn join(&self, name: &str) -> Self {
        Self { base: self.base, path: self.path.join(name) }
    }
}

/// What a rename does with a file that has the new name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rename {
    /// It is replaced.
    Over,
    /// It gets the old name: both files are kept.
    Exchange,
    /// The rename fails with [`io::ErrorKind::AlreadyExists`].
    Fresh,
}

/// Owner and permissions of a file, where the system has such, and the device that it lies on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    /// Permission bits.
    pub(super) mode: Option<u32>,
    /// Number of the user.
    pub(super) user: Option<u32>,
    /// Number of the group.
    pub(super) group: Option<u32>,
    /// Number of the device.
    pub(super) device: Option<u64>,
}

/// What a transaction asks of a disk. Each call can fail, and the tests let each fail once.
pub(super) trait Disk: Sync {
    /// The bytes of a regular file; `None` when nothing is there.
    fn read(&self, spot: &Spot) -> io::Result<Option<Vec<u8>>>;
    /// Owner, permissions and device of a file or folder.
    fn attributes(&self, spot: &Spot) -> io::Result<Attributes>;
    /// A new file, on the disk when this returns. Fails when the name is taken.
    fn create(&self, spot: &Spot, bytes: &[u8], attributes: Attributes) -> io::Result<()>;
    /// Gives a file another name.
    fn rename(&self, from: &Spot, to: &Spot, how: Rename) -> io::Result<()>;
    /// Deletes a file.
    fn remove(&self, spot: &Spot) -> io::Result<()>;
    /// Makes a folder and those above it.
    fn make_folder(&self, spot: &Spot) -> io::Result<()>;
    /// Deletes a folder that is empty.
    fn remove_folder(&self, spot: &Spot) -> io::Result<()>;
    /// The names of files in a folder that are text.
    fn names(&self, spot: &Spot) -> io::Result<Vec<String>>;
    /// Makes the names in a folder last. Where that is impossible, they only last a little later.
    fn sync(&self, spot: &Spot) -> io::Result<()>;
}

/// The real disk.
pub(super) struct Folders {
    project: Dir,
    state: Dir,
}

impl Folders {
    /// Opens the two folders, which must be there.
    pub(super) fn open(project: &Path, state: &Path) -> io::Result<Self> {
        let open = |it: &Path| Dir::open_ambient_dir(it, ambient_authority());
        Ok(Self { project: open(project)?, state: open(state)? })
    }

    /// Opens a file of the state for its lock, and makes it if needed.
    pub(super) fn lock(&self, name: &str) -> io::Result<std::fs::File> {
        let mut options = OpenOptions::new();
        options.write(true).create(true);
        Ok(self.state.open_with(name, at_once(&mut options))?.into_std())
    }

    fn base(&self, base: Base) -> &Dir {
        match base {
            Base::Project => &self.project,
            Base::State => &self.state,
        }
    }

    /// The open folder of a file, and the file's name in it.
    fn parent<'a>(&self, spot: &'a Spot) -> io::Result<(Dir, &'a Path)> {
        let name = spot.path.file_name().ok_or(io::ErrorKind::InvalidInput)?;
        Ok((self.folder(&spot.folder())?, Path::new(name)))
    }

    fn folder(&self, spot: &Spot) -> io::Result<Dir> {
        let base = self.base(spot.base);
        if spot.path.as_os_str().is_empty() { base.try_clone() } else { base.open_dir(&spot.path) }
    }
}

impl Disk for Folders {
    fn read(&self, spot: &Spot) -> io::Result<Option<Vec<u8>>> {
        let mut options = OpenOptions::new();
        let opened = self.base(spot.base).open_with(&spot.path, at_once(options.read(true)));
        let mut file = match opened {
            Ok(it) => it,
            Err(it) if is_absence(&it) => return Ok(None),
            Err(it) => return Err(it),
        };
        let metadata = file.metadata()?;
        if !metadata.is_file() {
            return Err(io::Error::other("not a regular file"));
        }
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or(0));
        file.read_to_end(&mut bytes)?;
        Ok(Some(bytes))
    }

    fn attributes(&self, spot: &Spot) -> io::Result<Attributes> {
        let base = self.base(spot.base);
        let metadata = match spot.path.as_os_str().is_empty() {
            true => base.dir_metadata(),
            false => base.metadata(&spot.path),
        };
        metadata.map(|it| attributes(&it))
    }

    fn create(&self, spot: &Spot, bytes: &[u8], attributes: Attributes) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let mut file =
            self.base(spot.base).open_with(&spot.path, options.write(true).create_new(true))?;
        let written = file.write_all(bytes).and_then(|()| {
            imitate(&file, attributes)?;
            file.sync_all()
        });
        written.inspect_err(|_| _ = self.remove(spot))
    }

    fn rename(&self, from: &Spot, to: &Spot, how: Rename) -> io::Result<()> {
        let ((from_folder, from), (to_folder, to)) = (self.parent(from)?, self.parent(to)?);
        rename(&from_folder, from, &to_folder, to, how)
    }

    fn remove(&self, spot: &Spot) -> io::Result<()> {
        self.base(spot.base).remove_file(&spot.path)
    }

    fn make_folder(&self, spot: &Spot) -> io::Result<()> {
        if spot.path.as_os_str().is_empty() {
            return Ok(());
        }
        self.base(spot.base).create_dir_all(&spot.path)
    }

    fn remove_folder(&self, spot: &Spot) -> io::Result<()> {
        self.base(spot.base).remove_dir(&spot.path)
    }

    fn names(&self, spot: &Spot) -> io::Result<Vec<String>> {
        let mut names = Vec::new();
        for entry in self.folder(spot)?.entries()? {
            names.extend(entry?.file_name().into_string().ok());
        }
        Ok(names)
    }

    fn sync(&self, spot: &Spot) -> io::Result<()> {
        match self.folder(spot)?.open(".")?.sync_all() {
            Err(it) if is_unsupported(&it) => Ok(()),
            it => it,
        }
    }
}

/// Whether an error says that nothing has this name.
pub(super) fn is_absence(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
}

/// Whether a file system cannot do a rename of this kind.
pub(super) fn is_unsupported(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::Unsupported | io::ErrorKind::InvalidInput)
}

/// Opens without waiting for whoever is at the other end of a pipe.
#[cfg(unix)]
fn at_once(options: &mut OpenOptions) -> &mut OpenOptions {
    use cap_std::fs::OpenOptionsExt as _;
    options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed())
}

#[cfg(unix)]
fn attributes(metadata: &cap_std::fs::Metadata) -> Attributes {
    use cap_std::fs::MetadataExt as _;
    Attributes {
        mode: Some(metadata.mode() & 0o7777),
        user: Some(metadata.uid()),
        group: Some(metadata.gid()),
        device: Some(metadata.dev()),
    }
}

#[cfg(unix)]
fn imitate(file: &File, attributes: Attributes) -> io::Result<()> {
    use cap_std::fs::{MetadataExt as _, PermissionsExt as _};
    let made = file.metadata()?;
    let user = attributes.user.filter(|it| *it != made.uid());
    let group = attributes.group.filter(|it| *it != made.gid());
    if user.is_some() || group.is_some() {
        // Only root may give files away; for anyone else the file changes hands, as with any editor.
        let _ = std::os::unix::fs::fchown(file, user, group);
    }
    attributes
        .mode
        .map_or(Ok(()), |it| file.set_permissions(cap_std::fs::Permissions::from_mode(it)))
}

#[cfg(any(target_os = "linux", target_os = "android", target_vendor = "apple"))]
fn rename(from: &Dir, old: &Path, to: &Dir, new: &Path, how: Rename) -> io::Result<()> {
    use rustix::fs::{RenameFlags, renameat_with};
    let flags = match how {
        Rename::Over => RenameFlags::empty(),
        Rename::Exchange => RenameFlags::EXCHANGE,
        Rename::Fresh => RenameFlags::NOREPLACE,
    };
    Ok(renameat_with(from, old, to, new, flags)?)
}

#[cfg(not(any(target_os = "linux", target_os = "android", target_vendor = "apple")))]
fn rename(from: &Dir, old: &Path, to: &Dir, new: &Path, how: Rename) -> io::Result<()> {
    match how {
        Rename::Over => from.rename(old, to, new),
        Rename::Exchange | Rename::Fresh => Err(io::ErrorKind::Unsupported.into()),
    }
}

#[cfg(not(unix))]
fn at_once(options: &mut OpenOptions) -> &mut OpenOptions {
    options
}

#[cfg(not(unix))]
fn attributes(_metadata: &cap_std::fs::Metadata) -> Attributes {
    Attributes::default()
}

#[cfg(not(unix))]
fn imitate(_file: &File, _attributes: Attributes) -> io::Result<()> {
    Ok(())
}
