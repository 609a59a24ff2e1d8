//! Files on disk, changed all or not at all.
//!
//! A journal with every text before and after is on disk before the first file changes. While it is
//! there, a run is under way or was interrupted; who comes next rolls it back.

mod journal;

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry as MapEntry},
    fs::{self, File, TryLockError},
    io::{self, Write as _},
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use rayon::prelude::*;
use tempfile::NamedTempFile;

use crate::{load::git, text::RepoPath};
pub use journal::Entry;
use journal::Journal;

/// The only one who may change files of a project at the moment.
pub struct Transaction {
    /// The project's folder, symbolic links resolved.
    root: PathBuf,
    state: PathBuf,
    /// Kept for its lock, which ends with it.
    _lock: File,
    /// The files of an interrupted run that was rolled back.
    pub recovered: Vec<RepoPath>,
}

/// Why files were not changed. Unless the error says otherwise, all files are as they were.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The files differ from those that the change was made for.
    #[error("changed in the meantime: {}", list(.0))]
    Changed(Vec<RepoPath>),
    /// It leads out of the project.
    #[error("{0} leads out of the project")]
    Outside(RepoPath),
    /// It is a symbolic link, and what it points at is not meant.
    #[error("{0} is a symbolic link")]
    Link(RepoPath),
    /// Someone else is at work.
    #[error("another refit is changing files here")]
    Busy,
    /// An earlier run was interrupted, and what it left was changed since.
    #[error("an earlier run was interrupted and cannot be rolled back: {}", list(.0))]
    Interrupted(Vec<RepoPath>),
    /// It failed midway, and not all could be put back.
    #[error("{error}, and these could not be put back: {}", list(.paths))]
    Stuck {
        /// The first error.
        error: Box<Self>,
        /// The files that are not as they were.
        paths: Vec<RepoPath>,
    },
    /// The disk refused.
    #[error("{}: {source}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The error.
        source: io::Error,
    },
}

const PENDING: &str = "pending.json";
const LAST: &str = "last.json";
/// The prefix and suffix of temporary files, by which a later run finds and deletes them.
const TEMPORARY: (&str, &str) = (".refit-", ".tmp");

/// How often a lock that is held is asked for again, 20 ms apart: a process that was just started shares the
/// locks of its parent until it becomes another program.
const PATIENCE: u32 = 25;

impl Transaction {
    /// Takes the lock of a project, and rolls back what an interrupted run left.
    pub fn begin(root: &Path) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(at(root))?;
        let state = git::state_folder(&root);
        fs::create_dir_all(&state).map_err(at(&state))?;
        if state.parent() == Some(&root) {
            // In the open, so that no one commits it.
            let path = state.join(".gitignore");
            fs::write(&path, "*\n").map_err(at(&path))?;
        }
        let path = state.join("lock");
        let lock = File::create(&path).map_err(at(&path))?;
        let mut taken = lock.try_lock();
        for _ in 0..PATIENCE {
            if !matches!(taken, Err(TryLockError::WouldBlock)) {
                break;
            }
            thread::sleep(Duration::from_millis(20));
            taken = lock.try_lock();
        }
        // Not every file system has locks; the journal still guards.
        if matches!(taken, Err(TryLockError::WouldBlock)) {
            return Err(Error::Busy);
        }
        let mut transaction = Self { root, state, _lock: lock, recovered: Vec::new() };
        if let Some(journal) = Journal::read(&transaction.state.join(PENDING))? {
            transaction.clear_temporary(&journal.entries);
            let stuck = transaction.restore(&journal.entries);
            if !stuck.is_empty() {
                return Err(Error::Interrupted(stuck));
            }
            transaction.remove_journal(PENDING)?;
            transaction.recovered = journal.entries.into_iter().map(|it| it.path).collect();
        }
        Ok(transaction)
    }

    /// Returns true if an interrupted run left something to roll back.
    pub fn is_pending(root: &Path) -> bool {
        git::state_folder(root).join(PENDING).exists()
    }

    /// The entries of the last run, for taking it back.
    pub fn last(&self) -> Result<Option<Vec<Entry>>, Error> {
        Ok(Journal::read(&self.state.join(LAST))?.map(|it| it.entries))
    }

    /// Changes the files and remembers how to take that back.
    pub fn apply(self, entries: Vec<Entry>) -> Result<(), Error> {
        self.run(entries)?;
        let (from, to) = (self.state.join(PENDING), self.state.join(LAST));
        fs::rename(&from, &to).map_err(at(&from))?;
        sync_folder(&self.state);
        Ok(())
    }

    /// Changes the files back as the last run found them, and forgets it.
    pub fn undo(self, entries: Vec<Entry>) -> Result<(), Error> {
        self.run(entries.into_iter().map(Entry::reversed).collect())?;
        self.remove_journal(LAST)?;
        self.remove_journal(PENDING)
    }

    fn run(&self, entries: Vec<Entry>) -> Result<(), Error> {
        let mut targets: BTreeMap<PathBuf, Entry> = BTreeMap::new();
        for entry in entries {
            match targets.entry(self.target(&entry)?) {
                MapEntry::Vacant(it) => _ = it.insert(entry),
                // Two names of one file, by a symbolic link: both must mean the same.
                MapEntry::Occupied(it) if it.get().after == entry.after => {}
                MapEntry::Occupied(_) => return Err(Error::Link(entry.path)),
            }
        }
        let changed = targets.iter().filter(|(it, entry)| !holds(it, entry.before.as_deref()));
        let changed: Vec<_> = changed.map(|it| it.1.path.clone()).collect();
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        for (target, entry) in &mut targets {
            entry.mode = entry.mode.or_else(|| mode(target));
        }
        let entries: Vec<_> = targets.values().cloned().collect();
        let journal = Journal { version: journal::VERSION, entries };
        journal.write(&self.state.join(PENDING))?;
        sync_folder(&self.state);
        self.write(&targets).map_err(|error| {
            let stuck = self.restore(&journal.entries);
            if !stuck.is_empty() {
                return Error::Stuck { error: Box::new(error), paths: stuck };
            }
            self.remove_journal(PENDING).err().unwrap_or(error)
        })
    }

    /// Writes all new texts beside their targets, then puts them in place, then deletes.
    fn write(&self, targets: &BTreeMap<PathBuf, Entry>) -> Result<(), Error> {
        for (target, _) in targets.iter().filter(|it| it.1.after.is_some()) {
            let folder = target.parent().unwrap_or(&self.root);
            fs::create_dir_all(folder).map_err(at(folder))?;
        }
        let written = targets.par_iter().filter_map(|(target, entry)| {
            let file = temporary(target, entry.after.as_deref()?, entry.mode);
            Some(file.map(|it| (it, target)).map_err(at(target)))
        });
        for (file, target) in written.collect::<Result<Vec<_>, Error>>()? {
            file.persist(target).map_err(|it| at(target)(it.error))?;
        }
        for (target, _) in targets.iter().filter(|it| it.1.after.is_none()) {
            self.delete(target).map_err(at(target))?;
        }
        let folders: BTreeSet<_> = targets.keys().filter_map(|it| it.parent()).collect();
        folders.into_iter().for_each(sync_folder);
        Ok(())
    }

    /// Puts back what stood there before; the files that hold neither text are handed back.
    fn restore(&self, entries: &[Entry]) -> Vec<RepoPath> {
        let stuck = entries.iter().filter(|entry| {
            let Ok(target) = self.target(entry) else { return true };
            if holds(&target, entry.before.as_deref()) {
                return false;
            }
            let restored = holds(&target, entry.after.as_deref()).then(|| match &entry.before {
                None => self.delete(&target),
                Some(text) => {
                    fs::create_dir_all(target.parent().unwrap_or(&self.root))?;
                    let file = temporary(&target, text, entry.mode)?;
                    file.persist(&target).map(drop).map_err(|it| it.error)
                }
            });
            !matches!(restored, Some(Ok(())))
        });
        stuck.map(|it| it.path.clone()).collect()
    }

    /// Deletes a file, and folders that it leaves empty, as git does.
    fn delete(&self, target: &Path) -> io::Result<()> {
        fs::remove_file(target)?;
        let folders = target.ancestors().skip(1).take_while(|it| *it != self.root);
        for folder in folders {
            if fs::remove_dir(folder).is_err() {
                break;
            }
        }
        Ok(())
    }

    /// The real path of an entry's file, which is never outside the project.
    fn target(&self, entry: &Entry) -> Result<PathBuf, Error> {
        let path = self.root.join(entry.path.as_str());
        let outside = || Error::Outside(entry.path.clone());
        if entry.after.is_none() && path.is_symlink() {
            return Err(Error::Link(entry.path.clone()));
        }
        match path.canonicalize() {
            Ok(real) if real.starts_with(&self.root) => return Ok(real),
            Ok(_) => return Err(outside()),
            Err(_) if path.is_symlink() => return Err(Error::Link(entry.path.clone())),
            Err(_) => {}
        }
        // It is not there: then the nearest folder that is must lie inside.
        let mut folders = path.ancestors().skip(1);
        let folder = folders.find(|it| it.symlink_metadata().is_ok()).ok_or_else(outside)?;
        let real = folder.canonicalize().map_err(at(folder))?;
        if real.starts_with(&self.root) { Ok(path) } else { Err(outside()) }
    }

    fn clear_temporary(&self, entries: &[Entry]) {
        let folders =
            entries.iter().filter_map(|it| Some(self.target(it).ok()?.parent()?.to_owned()));
        for folder in folders.collect::<BTreeSet<_>>() {
            for file in fs::read_dir(folder).into_iter().flatten().flatten() {
                let name = file.file_name();
                let name = name.to_string_lossy();
                if name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1) {
                    // A leftover does no harm.
                    let _ = fs::remove_file(file.path());
                }
            }
        }
    }

    fn remove_journal(&self, name: &str) -> Result<(), Error> {
        let path = self.state.join(name);
        fs::remove_file(&path).map_err(at(&path))
    }
}

/// Compares a file with this text; `None` means no file.
fn holds(path: &Path, text: Option<&str>) -> bool {
    match (fs::read(path), text) {
        (Ok(bytes), Some(text)) => bytes == text.as_bytes(),
        (Err(error), None) => {
            matches!(error.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory)
        }
        _ => false,
    }
}

/// A file beside `target` that holds `text` and, once renamed, passes for it.
fn temporary(target: &Path, text: &str, mode: Option<u32>) -> io::Result<NamedTempFile> {
    let folder = target.parent().unwrap_or(Path::new("."));
    let mut builder = tempfile::Builder::new();
    builder.prefix(TEMPORARY.0).suffix(TEMPORARY.1);
    #[cfg(unix)]
    let builder = {
        use std::os::unix::fs::PermissionsExt as _;
        builder.permissions(fs::Permissions::from_mode(0o666))
    };
    let mut file = builder.tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    imitate(target, &file, mode)?;
    file.as_file().sync_all()?;
    Ok(file)
}

#[cfg(unix)]
fn imitate(target: &Path, file: &NamedTempFile, mode: Option<u32>) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, fchown};
    if let Ok(old) = target.metadata() {
        let new = file.as_file().metadata()?;
        if (old.uid(), old.gid()) != (new.uid(), new.gid()) {
            // Only root may give files away; for anyone else the file changes hands, as with any editor.
            let _ = fchown(file.as_file(), Some(old.uid()), Some(old.gid()));
        }
    }
    mode.map_or(Ok(()), |it| file.as_file().set_permissions(fs::Permissions::from_mode(it)))
}

#[cfg(unix)]
fn mode(target: &Path) -> Option<u32> {
    use std::os::unix::fs::PermissionsExt as _;
    target.metadata().ok().map(|it| it.permissions().mode() & 0o7777)
}

#[cfg(not(unix))]
fn imitate(_target: &Path, _file: &NamedTempFile, _mode: Option<u32>) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn mode(_target: &Path) -> Option<u32> {
    None
}

/// Makes renames in a folder last. Where that is impossible, they only last a little later.
fn sync_folder(folder: &Path) {
    if let Ok(folder) = File::open(folder) {
        let _ = folder.sync_all();
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |source| Error::Io { path, source }
}

fn list(paths: &[RepoPath]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests;
