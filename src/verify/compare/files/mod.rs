//! The files of two images.

mod places;
mod reason;

use std::collections::{BTreeMap, BTreeSet};

use reason::{Reason, Recorded};

use super::{Comparison, Declared, Missing, distributions, packages, some};
use crate::{
    dockerfile::Keyword,
    ecosystems::Ecosystem,
    text::{ImagePath, count::counted},
    verify::contents::{Contents, Entry, Kind, User},
};

/// Everything that may be the reason that a file is gone.
pub(super) struct Reasons<'a> {
    pub(super) before: &'a Contents,
    pub(super) after: &'a Contents,
    /// The user of the image after the change.
    pub(super) user: Option<User>,
    /// The caches of package managers that the environment names.
    pub(super) caches: Vec<ImagePath>,
    pub(super) declared: &'a Declared,
    pub(super) distributions: distributions::Fates,
    pub(super) packages: packages::Fates,
}

impl Reasons<'_> {
    /// Compares all files.
    pub(super) fn compare(&self, comparison: &mut Comparison) {
        let recorded = Recorded::of(self.before.distributions());
        let mut explained: BTreeMap<Reason, Vec<&ImagePath>> = BTreeMap::new();
        let mut gone: Vec<&ImagePath> = Vec::new();
        let mut other: BTreeMap<String, Vec<&ImagePath>> = BTreeMap::new();
        // Of these, a user that is declared has the first.
        let mut handed: [Vec<&ImagePath>; 2] = Default::default();
        let users = self.user.as_ref().filter(|_| self.declared.config.contains(&Keyword::User));
        let filled = folders(self.before);
        for (path, entry) in self.before.files() {
            match self.after.entry(path) {
                Some(new) => {
                    if new.owner != entry.owner && !places::is_volatile(path.as_str(), &new.kind) {
                        let other = !users.is_some_and(|it| it.owns(new.owner));
                        handed[usize::from(other)].push(path);
                    }
                    if let Some(what) = self.altered(path, entry, new, &recorded) {
                        other.entry(what).or_default().push(path);
                    }
                }
                // A folder goes with what is in it.
                None if entry.kind == Kind::Folder && filled.contains(path) => {}
                // The same place by another name: `/bin` may lead to `/usr/bin` in one of them.
                None if self.after.resolve(path).is_some() => {}
                None => match self.reason(path, entry, &recorded) {
                    Some(Reason::Told) => {}
                    Some(reason) => explained.entry(reason).or_default().push(path),
                    None => gone.push(path),
                },
            }
        }
        for (folder, files) in grouped(&gone) {
            comparison.differences.push(format!(
                "{} gone: {}",
                are(files.len(), &folder),
                some(files, 3)
            ));
        }
        for (what, files) in other {
            let be = if files.len() == 1 { "is" } else { "are" };
            let text = format!("{} {be} {what}: {}", counted(files.len(), "file"), some(files, 4));
            comparison.differences.push(text);
        }
        for (files, into) in handed.iter().zip([&mut comparison.notes, &mut comparison.differences])
        {
            if !files.is_empty() {
                let count = counted(files.len(), "file");
                into.push(format!("{count} of another owner: {}", some(files, 3)));
            }
        }
        self.fresh(comparison);
        for (reason, files) in explained {
            let examples = files.iter().take(3).map(ToString::to_string).collect();
            let reason = self.sentence(reason);
            comparison.missing.push(Missing { reason, files: files.len(), examples });
        }
        comparison.missing.sort_by_key(|it| std::cmp::Reverse(it.files));
    }

    /// The difference in a file that is in both; `None` if there is none, or if it is explained.
    fn altered(
        &self,
        path: &ImagePath,
        old: &Entry,
        new: &Entry,
        recorded: &Recorded<'_>,
    ) -> Option<String> {
        let passing = places::is_volatile(path.as_str(), &new.kind)
            || self.is_cache(path)
            || places::is_record(path.as_str());
        if passing || self.declared.unstable.contains(path) {
            return None;
        }
        // It is a file of a distribution that is there in another version, and told as that.
        if recorded.by(path.as_str()).is_some_and(|it| self.distributions.other.contains(it)) {
            return None;
        }
        if std::mem::discriminant(&old.kind) != std::mem::discriminant(&new.kind) {
            return Some("of another kind".to_owned());
        }
        let users =
            self.declared.config.contains(&Keyword::User) && places::is_account(path.as_str());
        if old.mode != new.mode && !users {
            return Some(format!("of mode {:04o} instead of {:04o}", new.mode, old.mode));
        }
        let same = match (&old.kind, &new.kind) {
            (Kind::Link(old), Kind::Link(new)) => old == new,
            _ => (old.size, old.digest) == (new.size, new.digest),
        };
        // Another version of a package manager exports and locks the same in other words.
        let managed = !self.declared.pinned.is_empty();
        let is_known = || {
            // Compiled files may differ from build to build.
            let compiled = old.kind == Kind::Elf && self.before.system().owner(path).is_none();
            let package = self.owner(path, old).is_some_and(|it| self.packages.other.contains(it));
            compiled
                || places::is_compiled(path.as_str())
                || users
                || package
                || path.as_str().contains(".dist-info/")
                || recorded.is_shared(path.as_str())
                || (managed && Ecosystem::Python.is_manifest(path.file_name()))
        };
        (!same && !is_known()).then(|| "not the same".to_owned())
    }

    /// Returns true if a path is in a cache of package managers.
    fn is_cache(&self, path: &ImagePath) -> bool {
        places::is_cache(path.as_str()) || self.caches.iter().any(|it| path.is_within(it))
    }

    /// Notes what is new.
    fn fresh(&self, comparison: &mut Comparison) {
        let recorded = Recorded::of(self.after.distributions());
        let users = self.declared.config.contains(&Keyword::User);
        let environment = self.declared.environment.as_ref();
        let filled = folders(self.after);
        let is_known = |path: &ImagePath, it: &Entry| {
            self.before.resolve(path).is_some()
                || (it.kind == Kind::Folder && filled.contains(path))
                || environment.is_some_and(|it| path.is_within(it))
                || places::is_volatile(path.as_str(), &it.kind)
                || self.is_cache(path)
                || places::is_record(path.as_str())
                || (users && places::is_account(path.as_str()))
                || self.after.system().owner(path).is_some()
                || recorded.by(path.as_str()).is_some()
        };
        let new = self.after.files().iter().filter(|it| self.before.entry(it.0).is_none());
        let new = new.filter(|(path, it)| !is_known(path, it));
        let new: Vec<&ImagePath> = new.map(|it| it.0).collect();
        for (folder, files) in grouped(&new) {
            let text = format!("{} new: {}", are(files.len(), &folder), some(files, 3));
            comparison.notes.push(text);
        }
    }
}

/// The folders that something is in which lasts.
fn folders(of: &Contents) -> BTreeSet<ImagePath> {
    let lasts = |it: &(&ImagePath, &Entry)| !places::is_volatile(it.0.as_str(), &it.1.kind);
    let all = of.files().iter().filter(lasts);
    all.filter_map(|it| it.0.parent()).collect()
}

/// `3 files below /app are`.
fn are(files: usize, folder: &ImagePath) -> String {
    let be = if files == 1 { "is" } else { "are" };
    format!("{} below {folder} {be}", counted(files, "file"))
}

/// Files by the folder that tells most of them: no more than one difference per folder at the top, or two
/// folders deep where the system's are.
fn grouped<'a>(files: &[&'a ImagePath]) -> BTreeMap<ImagePath, Vec<&'a ImagePath>> {
    let systems = ["/usr", "/var", "/etc", "/opt", "/home", "/root", "/lib"];
    let mut groups: BTreeMap<ImagePath, Vec<&ImagePath>> = BTreeMap::new();
    for path in files {
        let deep = if path.is_within_fixed(&systems) { 3 } else { 1 };
        let above: Vec<ImagePath> = path.ancestors().skip(1).collect();
        // The uppermost is the root.
        let deep = deep.min(above.len().saturating_sub(1));
        let folder = above.into_iter().rev().nth(deep);
        groups.entry(folder.unwrap_or_default()).or_default().push(path);
    }
    groups
}
