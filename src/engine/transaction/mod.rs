//! Files on disk, changed all or not at all.
//!
//! A journal with every text before and after is on disk before the first file changes. While it is
//! there, a run is under way or was interrupted; who comes next rolls an apply back and finishes an undo.
//!
//! A new text changes places with the old one in a single step, and only then is the old one looked at: so
//! what somebody saved in the last moment is seen, and put back.

mod disk;
mod journal;
mod swap;

use std::{
    collections::{BTreeMap, BTreeSet, btree_map::Entry as MapEntry},
    fs::{self, File, TryLockError},
    io,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use crate::{load::git, text::RepoPath};
use disk::{Disk, Folders, Spot, is_absence};
use journal::Journal;
pub use journal::{Direction, Entry};

/// The only one who may change files of a project at the moment.
pub struct Transaction {
    /// The project's folder, symbolic links resolved.
    root: PathBuf,
    /// The folder for journals and texts on their way.
    state: PathBuf,
    disk: Box<dyn Disk>,
    /// Kept for its lock, which ends with it.
    _lock: File,
    /// The run that was interrupted and is settled now.
    pub recovered: Option<Recovered>,
}

/// An interrupted run that was rolled back or finished, by its direction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recovered {
    /// What the run was for.
    pub direction: Direction,
    /// Its files.
    pub paths: Vec<RepoPath>,
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
    #[error("an earlier {direction} was interrupted, and these files were changed since: {}", list(.paths))]
    Interrupted {
        /// What the run was for.
        direction: Direction,
        /// The files that hold neither the text before nor the one after.
        paths: Vec<RepoPath>,
    },
    /// It failed midway, and not all could be put back.
    #[error("{error}, and these could not be put back: {}", list(.paths))]
    Stuck {
        /// The first error.
        error: Box<Self>,
        /// The files that are not as they were.
        paths: Vec<RepoPath>,
    },
    /// The disk refused.
    #[error("{}: {error}", .path.display())]
    Io {
        /// The path.
        path: PathBuf,
        /// The error.
        error: io::Error,
    },
}

const PENDING: &str = "pending.json";
const LAST: &str = "last.json";
const LOCK: &str = "lock";

/// How often a lock that is held is asked for again, 20 ms apart: a process that was just started shares the
/// locks of its parent until it becomes another program.
const PATIENCE: u32 = 25;

impl Transaction {
    /// Takes the lock of a project, and settles what an interrupted run left.
    ///
    /// # Errors
    /// Someone else has the lock, the files of an interrupted run were changed since, or the disk refuses.
    pub fn begin(root: &Path) -> Result<Self, Error> {
        let mut transaction = Self::locked(root, |it| Box::new(it))?;
        transaction.recover()?;
        Ok(transaction)
    }

    /// Drops the journal of an interrupted run and leaves its files as they are; `None` when there is none.
    ///
    /// # Errors
    /// Someone else has the lock, or the disk refuses.
    pub fn forget(root: &Path) -> Result<Option<Recovered>, Error> {
        let transaction = Self::locked(root, |it| Box::new(it))?;
        // A journal that cannot be read is forgotten all the same.
        let journal = Journal::read(&*transaction.disk, PENDING);
        let entries = match journal {
            Ok(None) => return Ok(None),
            Ok(Some(it)) => it,
            Err(_) => Journal::new(Direction::Apply, Vec::new()),
        };
        transaction.clear(&entries.entries);
        transaction.remove_journal(PENDING)?;
        let paths = entries.entries.into_iter().map(|it| it.path).collect();
        Ok(Some(Recovered { direction: entries.direction, paths }))
    }

    /// Returns true if an interrupted run left something to settle.
    pub fn is_pending(root: &Path) -> bool {
        git::state_folder(root).join(PENDING).exists()
    }

    /// The lock of a project, with the disk as `through` hands it on.
    fn locked(root: &Path, through: impl FnOnce(Folders) -> Box<dyn Disk>) -> Result<Self, Error> {
        let root = root.canonicalize().map_err(at(root))?;
        let state = git::state_folder(&root);
        fs::create_dir_all(&state).map_err(at(&state))?;
        if state.parent() == Some(&root) {
            // In the open, so that no one commits it.
            let path = state.join(".gitignore");
            fs::write(&path, "*\n").map_err(at(&path))?;
        }
        let folders = Folders::open(&root, &state).map_err(at(&state))?;
        let lock = folders.lock(LOCK).map_err(at(&state.join(LOCK)))?;
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
        let disk = through(folders);
        Ok(Self { root, state, disk, _lock: lock, recovered: None })
    }

    /// Rolls an interrupted apply back, and finishes an interrupted undo.
    fn recover(&mut self) -> Result<(), Error> {
        let journal = Journal::read(&*self.disk, PENDING).map_err(at(&self.state.join(PENDING)))?;
        let Some(Journal { direction, entries, .. }) = journal else {
            self.clear(&[]);
            return Ok(());
        };
        self.clear(&entries);
        let paths: Vec<_> = entries.iter().map(|it| it.path.clone()).collect();
        let wanted = match direction {
            Direction::Apply => entries.into_iter().map(Entry::reversed).collect(),
            Direction::Undo => entries,
        };
        // First it is decided, then written: a file that somebody changed leaves all the others alone.
        let mut stuck = Vec::new();
        let mut open = Vec::new();
        for entry in wanted {
            let target = self.target(&entry).ok();
            let holds = |text| target.as_ref().is_some_and(|it| self.holds(it, text));
            if holds(entry.after.as_deref()) {
                continue;
            }
            match holds(entry.before.as_deref()) {
                true => open.push(entry),
                false => stuck.push(entry.path),
            }
        }
        if !stuck.is_empty() {
            return Err(Error::Interrupted { direction, paths: stuck });
        }
        let open = self.resolved(open)?;
        self.swap_all(&open).map_err(|it| it.error)?;
        if direction == Direction::Undo {
            self.remove_journal(LAST)?;
        }
        self.remove_journal(PENDING)?;
        self.recovered = Some(Recovered { direction, paths });
        Ok(())
    }

    /// The entries of the last run, for taking it back.
    ///
    /// # Errors
    /// The journal cannot be read.
    pub fn last(&self) -> Result<Option<Vec<Entry>>, Error> {
        let journal = Journal::read(&*self.disk, LAST).map_err(at(&self.state.join(LAST)))?;
        Ok(journal.map(|it| it.entries))
    }

    /// Changes the files and remembers how to take that back.
    ///
    /// # Errors
    /// A file is not as the entry says, leads out of the project, or the disk refuses.
    pub fn apply(self, entries: Vec<Entry>) -> Result<(), Error> {
        self.run(Direction::Apply, entries, || {
            let (from, to) = (Spot::state(PENDING), Spot::state(LAST));
            self.disk.rename(&from, &to, disk::Rename::Over).map_err(at(&self.state.join(PENDING)))
        })?;
        // It only lasts a little later otherwise.
        let _ = self.disk.sync(&Spot::state(""));
        Ok(())
    }

    /// Changes the files back as the last run found them, and forgets it.
    ///
    /// # Errors
    /// A file is not as the run left it, leads out of the project, or the disk refuses.
    pub fn undo(self, entries: Vec<Entry>) -> Result<(), Error> {
        let entries = entries.into_iter().map(Entry::reversed).collect();
        self.run(Direction::Undo, entries, || self.remove_journal(LAST))?;
        // The files are right. If this fails, whoever comes next finds nothing to do and tries again.
        let _ = self.remove_journal(PENDING);
        Ok(())
    }

    /// Changes the files under a journal; `last` is the step that makes it count.
    fn run(
        &self,
        direction: Direction,
        entries: Vec<Entry>,
        last: impl FnOnce() -> Result<(), Error>,
    ) -> Result<(), Error> {
        let mut targets = self.resolved(entries)?;
        let changed = targets.iter().filter(|it| !self.holds(it.0, it.1.before.as_deref()));
        let changed: Vec<_> = changed.map(|it| it.1.path.clone()).collect();
        if !changed.is_empty() {
            return Err(Error::Changed(changed));
        }
        for (target, entry) in &mut targets {
            let attributes = entry.before.as_ref().and_then(|_| self.disk.attributes(target).ok());
            entry.mode = entry.mode.or_else(|| attributes?.mode);
        }
        let journal = Journal::new(direction, targets.values().cloned().collect());
        if let Err(error) = journal.write(&*self.disk, PENDING) {
            self.remove_journal(PENDING)?;
            return Err(at(&self.state.join(PENDING))(error));
        }
        let failed = match self.swap_all(&targets) {
            Ok(()) => match last() {
                Ok(()) => return Ok(()),
                Err(error) => swap::Failed { error, done: targets },
            },
            Err(it) => it,
        };
        let back = failed.done.into_iter().map(|(it, entry)| (it, entry.reversed())).collect();
        if let Err(again) = self.swap_all(&back) {
            let back = back.into_iter().filter(|it| !again.done.contains_key(&it.0));
            let paths = back.map(|it| it.1.path).collect();
            return Err(Error::Stuck { error: Box::new(failed.error), paths });
        }
        self.remove_journal(PENDING)?;
        Err(failed.error)
    }

    /// The entries by the file that each really is.
    fn resolved(&self, entries: Vec<Entry>) -> Result<BTreeMap<Spot, Entry>, Error> {
        let mut targets: BTreeMap<Spot, Entry> = BTreeMap::new();
        for entry in entries {
            match targets.entry(self.target(&entry)?) {
                MapEntry::Vacant(it) => _ = it.insert(entry),
                // Two names of one file, by a symbolic link: both must mean the same.
                MapEntry::Occupied(it) if it.get().after == entry.after => {}
                MapEntry::Occupied(_) => return Err(Error::Link(entry.path)),
            }
        }
        Ok(targets)
    }

    /// The file that an entry really is, which is never outside the project.
    fn target(&self, entry: &Entry) -> Result<Spot, Error> {
        let path = self.root.join(entry.path.as_str());
        let outside = || Error::Outside(entry.path.clone());
        let inside = |real: &Path, rest: &Path| {
            let folder = real.strip_prefix(&self.root).map_err(|_| outside())?;
            Ok(Spot::project(if rest == Path::new("") { folder.into() } else { folder.join(rest) }))
        };
        if entry.after.is_none() && path.is_symlink() {
            return Err(Error::Link(entry.path.clone()));
        }
        match path.canonicalize() {
            Ok(real) => return inside(&real, Path::new("")),
            Err(_) if path.is_symlink() => return Err(Error::Link(entry.path.clone())),
            Err(_) => {}
        }
        // It is not there: then the nearest folder that is must lie inside.
        let mut folders = path.ancestors().skip(1);
        let folder = folders.find(|it| it.symlink_metadata().is_ok()).ok_or_else(outside)?;
        let real = folder.canonicalize().map_err(at(folder))?;
        inside(&real, path.strip_prefix(folder).map_err(|_| outside())?)
    }

    /// Compares a file with this text; `None` means no file.
    fn holds(&self, target: &Spot, text: Option<&str>) -> bool {
        let read = self.disk.read(target);
        read.is_ok_and(|it| it.as_deref() == text.map(str::as_bytes))
    }

    /// Deletes what interrupted runs left on its way. What cannot be deleted does no harm.
    fn clear(&self, entries: &[Entry]) {
        let targets = entries.iter().filter_map(|it| Some(self.target(it).ok()?.folder()));
        let folders: BTreeSet<_> = targets.chain([Spot::state(""), swap::folder()]).collect();
        for folder in folders {
            for name in self.disk.names(&folder).unwrap_or_default() {
                if swap::is_temporary(&folder, &name) {
                    let _ = self.disk.remove(&folder.join(&name));
                }
            }
        }
    }

    /// Deletes a journal, if there is one.
    fn remove_journal(&self, name: &str) -> Result<(), Error> {
        match self.disk.remove(&Spot::state(name)) {
            Err(it) if !is_absence(&it) => Err(at(&self.state.join(name))(it)),
            _ => Ok(()),
        }
    }

    /// The path of a file, for messages.
    fn shown(&self, spot: &Spot) -> PathBuf {
        match spot.base {
            disk::Base::Project => self.root.join(&spot.path),
            disk::Base::State => self.state.join(&spot.path),
        }
    }
}

fn at(path: &Path) -> impl FnOnce(io::Error) -> Error {
    let path = path.to_owned();
    move |error| Error::Io { path, error }
}

fn list(paths: &[RepoPath]) -> String {
    paths.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod faults;
#[cfg(test)]
mod tests;
