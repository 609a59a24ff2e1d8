//! Changes that come again and again: transforms that undo each other's work, or one that never has enough.

use std::collections::BTreeSet;

use super::Step;
use crate::{project::change::Change, text::RepoPath};

/// What the engine says of them, worded to follow "its change".
pub(super) const OBJECTION: &str = "comes again and again, without an end";
/// After how many attempts a transform is kept from all files, and not from one more.
const PATIENCE: usize = 10;

/// What is kept from a plan so that it comes to an end.
#[derive(Default)]
pub(super) struct Endless {
    /// A transform, and a file that it is kept from.
    files: BTreeSet<(&'static str, RepoPath)>,
    /// Transforms that are kept from everything.
    all: BTreeSet<&'static str>,
    attempts: usize,
}

impl Endless {
    /// Keeps the transforms of these steps, which came again and again, from the files that they changed.
    pub(super) fn add(&mut self, steps: &[Step]) {
        self.attempts += 1;
        for step in steps {
            if PATIENCE < self.attempts {
                self.all.insert(step.transform);
            }
            let paths = step.changes.iter().flat_map(|it| it.files.keys());
            self.files.extend(paths.map(|it| (step.transform, it.clone())));
        }
    }

    /// Whether a change is one of them.
    pub(super) fn holds(&self, transform: &'static str, change: &Change) -> bool {
        let is_known = |it: &RepoPath| self.files.contains(&(transform, it.clone()));
        let some = !self.files.is_empty() && change.files.keys().any(is_known);
        some || self.all.contains(transform)
    }
}
