//! New texts into place, old ones out of it.

use std::{
    collections::{BTreeMap, BTreeSet},
    io,
};

use rayon::{iter::Either, prelude::*};

use super::{
    Error, Transaction, at,
    disk::{Attributes, Base, Rename, Spot, is_absence, is_unsupported},
    journal::Entry,
};

/// The prefix and suffix of temporary files, by which a later run finds and deletes them.
const TEMPORARY: (&str, &str) = (".refit-", ".tmp");
/// The bit of a folder whose files get its group.
const SET_GROUP: u32 = 0o2000;

/// The folder for texts on their way: out of sight, so that no commit takes them along.
pub(super) fn folder() -> Spot {
    Spot::state("new")
}

/// Whether a file in this folder is one that a run left on its way.
pub(super) fn is_temporary(folder: &Spot, name: &str) -> bool {
    match folder.base {
        Base::State => *folder == self::folder() || name.ends_with(TEMPORARY.1),
        Base::Project => name.starts_with(TEMPORARY.0) && name.ends_with(TEMPORARY.1),
    }
}

/// Why not all texts came into place.
pub(super) struct Failed {
    pub(super) error: Error,
    /// The files that were changed before that.
    pub(super) done: BTreeMap<Spot, Entry>,
}

/// A file that is about to change.
struct Staged<'a> {
    target: &'a Spot,
    entry: &'a Entry,
    /// Where the new text waits, and then the old one.
    aside: Spot,
}

impl Transaction {
    /// Writes all new texts, then puts them in place, then deletes: each file only if it still holds the
    /// text that its entry says.
    pub(super) fn swap_all(&self, targets: &BTreeMap<Spot, Entry>) -> Result<(), Failed> {
        let result = self.stage_all(targets).and_then(|staged| {
            let result = self.swap_staged(&staged);
            for Staged { entry, aside, .. } in &staged {
                // Only what is refit's own; what stays behind is cleared by the next run.
                if self.holds(aside, entry.before.as_deref())
                    || self.holds(aside, entry.after.as_deref())
                {
                    let _ = self.disk.remove(aside);
                }
            }
            result
        });
        self.tidy(targets, result.is_ok());
        result
    }

    fn stage_all<'a>(&self, targets: &'a BTreeMap<Spot, Entry>) -> Result<Vec<Staged<'a>>, Failed> {
        let none = |error| Failed { error, done: BTreeMap::new() };
        self.disk.make_folder(&folder()).map_err(|it| none(at(&self.shown(&folder()))(it)))?;
        let numbered: Vec<_> = targets.iter().enumerate().collect();
        let staged = numbered.into_par_iter().map(|(number, (target, entry))| {
            self.stage(number, target, entry).map_err(at(&self.shown(target)))
        });
        let (staged, failed): (Vec<_>, Vec<_>) = staged.partition_map(|it| match it {
            Ok(it) => Either::Left(it),
            Err(it) => Either::Right(it),
        });
        match failed.into_iter().next() {
            None => Ok(staged),
            Some(error) => {
                for it in staged.iter().filter(|it| it.entry.after.is_some()) {
                    let _ = self.disk.remove(&it.aside);
                }
                Err(none(error))
            }
        }
    }

    fn swap_staged(&self, staged: &[Staged<'_>]) -> Result<(), Failed> {
        let mut done = BTreeMap::new();
        let (kept, deleted): (Vec<_>, Vec<_>) =
            staged.iter().partition(|it| it.entry.after.is_some());
        for staged in kept.into_iter().chain(deleted) {
            if let Err(error) = self.swap(staged) {
                return Err(Failed { error, done });
            }
            done.insert(staged.target.clone(), staged.entry.clone());
        }
        Ok(())
    }

    /// Writes the new text of a file to where it waits.
    fn stage<'a>(
        &self,
        number: usize,
        target: &'a Spot,
        entry: &'a Entry,
    ) -> io::Result<Staged<'a>> {
        let parent = target.folder();
        if entry.after.is_some() {
            self.disk.make_folder(&parent)?;
        }
        let device = |it: &Spot| self.disk.attributes(it).ok().and_then(|it| it.device);
        let aside = match device(&parent) == device(&folder()) {
            true => folder().join(&number.to_string()),
            false => beside(target, number),
        };
        let staged = Staged { target, entry, aside };
        self.write(&staged, &staged.aside)?;
        Ok(staged)
    }

    fn write(&self, staged: &Staged<'_>, aside: &Spot) -> io::Result<()> {
        let Some(text) = &staged.entry.after else { return Ok(()) };
        let attributes = match self.disk.attributes(staged.target) {
            Ok(it) => Attributes { mode: staged.entry.mode.or(it.mode), ..it },
            Err(it) if is_absence(&it) => {
                let parent = self.disk.attributes(&staged.target.folder())?;
                let shared = parent.mode.is_some_and(|it| it & SET_GROUP != 0);
                let group = parent.group.filter(|_| shared);
                Attributes { mode: staged.entry.mode, group, ..Attributes::default() }
            }
            Err(it) => return Err(it),
        };
        match self.disk.create(aside, text.as_bytes(), attributes) {
            Err(it) if it.kind() == io::ErrorKind::AlreadyExists => {
                self.disk.remove(aside)?;
                self.disk.create(aside, text.as_bytes(), attributes)
            }
            it => it,
        }
    }

    /// Puts one file in place, if it still holds what it should.
    fn swap(&self, staged: &Staged<'_>) -> Result<(), Error> {
        let Staged { target, entry, aside } = staged;
        let changed = || Error::Changed(vec![entry.path.clone()]);
        let failed = |it| at(&self.shown(target))(it);
        let (from, to, how) = match (&entry.before, &entry.after) {
            (Some(_), Some(_)) => (aside, *target, Rename::Exchange),
            (None, Some(_)) => (aside, *target, Rename::Fresh),
            (Some(_), None) => (*target, aside, Rename::Fresh),
            (None, None) => return Ok(()),
        };
        match self.disk.rename(from, to, how) {
            Ok(()) => {}
            Err(it) if it.kind() == io::ErrorKind::CrossesDevices && aside.base == Base::State => {
                // One device by its number, and yet two to the system: mounts of one file system.
                let near = beside(target, 0);
                self.write(staged, &near).map_err(failed)?;
                let swapped = self.swap(&Staged { target, entry, aside: near.clone() });
                // What stays behind is cleared by the next run.
                let _ = self.disk.remove(&near);
                return swapped;
            }
            Err(it) if it.kind() == io::ErrorKind::AlreadyExists => return Err(changed()),
            Err(it) if is_absence(&it) && entry.before.is_some() => return Err(changed()),
            Err(it) if is_unsupported(&it) => {
                // The file system cannot do both in one step: the look comes first, and a moment is lost.
                if !self.holds(target, entry.before.as_deref()) {
                    return Err(changed());
                }
                return self.disk.rename(from, to, Rename::Over).map_err(failed);
            }
            Err(it) => return Err(failed(it)),
        }
        if entry.before.is_none() || self.holds(aside, entry.before.as_deref()) {
            return Ok(());
        }
        // Somebody wrote to it in the last moment: theirs goes back.
        self.disk.rename(to, from, how).map_err(failed)?;
        Err(changed())
    }

    /// Deletes the folders that are empty now, as git does, and makes the names last.
    fn tidy(&self, targets: &BTreeMap<Spot, Entry>, is_done: bool) {
        // Gone are the files that were deleted, or those that were not made after all.
        let gone = targets.iter().filter(|(_, entry)| match is_done {
            true => entry.after.is_none(),
            false => entry.before.is_none(),
        });
        for (target, _) in gone {
            let mut folder = target.folder();
            while !folder.path.as_os_str().is_empty() && self.disk.remove_folder(&folder).is_ok() {
                folder = folder.folder();
            }
        }
        for folder in targets.keys().map(Spot::folder).collect::<BTreeSet<_>>() {
            // Where that is impossible, they only last a little later.
            let _ = self.disk.sync(&folder);
        }
    }
}

fn beside(target: &Spot, number: usize) -> Spot {
    target.folder().join(&format!("{}{number}{}", TEMPORARY.0, TEMPORARY.1))
}
