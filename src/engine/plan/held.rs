//! Changes that people hold back for now: those that they were asked about and do not want, and those of a baseline.

use std::collections::{BTreeMap, HashMap, HashSet};

use twox_hash::XxHash3_64;

use crate::{
    project::{Project, change::Change},
    text::{Place, RepoPath},
};

/// The changes of a run that are not made, however right they are.
#[derive(Clone, Debug, Default)]
pub struct Held {
    /// Those that a person was asked about and does not want.
    pub unwanted: HashSet<Identity>,
    /// Those that a project has accepted to be without for now.
    pub baseline: Baseline,
}

/// What a project has accepted to be without for now.
#[derive(Clone, Debug)]
pub enum Baseline {
    /// Changes by fingerprint, each as many times as it could be made in its file.
    Changes(HashMap<String, usize>),
    /// All that there are: for who takes the baseline.
    Everything,
}

/// What a change is known by within one run.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Identity {
    transform: &'static str,
    title: String,
    place: Place,
}

/// A change that the baseline held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldBack {
    /// The transform that would have made it.
    pub transform: &'static str,
    /// The file that it would have started in.
    pub path: RepoPath,
    /// What it would have done.
    pub title: String,
    /// How many times it could have been made in the file.
    pub count: usize,
}

/// Changes that the baseline held back, by fingerprint.
pub type AllHeldBack = BTreeMap<String, HeldBack>;

impl Default for Baseline {
    fn default() -> Self {
        Self::Changes(HashMap::new())
    }
}

impl Baseline {
    /// How many changes of this fingerprint it has.
    fn count(&self, fingerprint: &str) -> usize {
        match self {
            Self::Changes(all) => all.get(fingerprint).copied().unwrap_or_default(),
            Self::Everything => usize::MAX,
        }
    }

    fn is_empty(&self) -> bool {
        matches!(self, Self::Changes(all) if all.is_empty())
    }
}

impl Identity {
    /// Of a change that this transform makes.
    pub fn of(transform: &'static str, change: &Change) -> Self {
        Self { transform, title: change.title.clone(), place: change.place.clone() }
    }
}

impl Held {
    /// Returns true if a change is held back; one of the baseline is counted. `disk` is the snapshot of what is on disk.
    pub(super) fn holds(
        &self,
        disk: &Project,
        transform: &'static str,
        change: &Change,
        counted: &mut AllHeldBack,
    ) -> bool {
        if !self.unwanted.is_empty() && self.unwanted.contains(&Identity::of(transform, change)) {
            return true;
        }
        if self.baseline.is_empty() {
            return false;
        }
        let Change { place, title, .. } = change;
        let fingerprint = fingerprint(disk, &RepoPath::root(), transform, title, place);
        let most = self.baseline.count(&fingerprint);
        let new =
            || HeldBack { transform, path: place.path.clone(), title: title.clone(), count: 0 };
        let before = counted.get(&fingerprint).map_or(0, |it| it.count);
        if before < most {
            counted.entry(fingerprint).or_insert_with(new).count += 1;
        }
        before < most
    }
}

/// Adds what one look of a transform counted: the same changes come again with each look.
pub(super) fn merge(all: &mut AllHeldBack, counted: AllHeldBack) {
    for (fingerprint, held) in counted {
        let known = all.entry(fingerprint).or_insert_with(|| held.clone());
        known.count = known.count.max(held.count);
    }
}

/// A number for what a transform says of a place: of the text there and not of its line, which moves. `folder` is the
/// project's, as seen from where paths are to begin.
pub fn fingerprint(
    disk: &Project,
    folder: &RepoPath,
    transform: &str,
    what: &str,
    place: &Place,
) -> String {
    let file = disk.file(place.path.as_str());
    let said = file.map_or("", |it| {
        let lines = it.line_starts();
        it.text
            .get(lines.span(place.line).start..lines.span(place.end_line).end)
            .unwrap_or_default()
    });
    let path = folder.join(place.path.as_str()).unwrap_or_else(|| place.path.clone());
    hash(&[transform, path.as_str(), what, said])
}

/// A number for some texts, in hexadecimal.
pub fn hash(parts: &[&str]) -> String {
    format!("{:016x}", XxHash3_64::oneshot(parts.join("\0").as_bytes()))
}
