//! A run in figures.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use crate::{
    engine::plan::Plan,
    project::{change::Safety, selection::Selection},
};

/// A run in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Summary {
    /// The Dockerfiles that were looked at.
    pub dockerfiles: usize,
    /// The Dockerfiles that were left out because they lie in folders of other people's code, as `vendor/`.
    pub vendored: usize,
    /// The files that differ.
    pub changed_files: usize,
    /// The changes.
    pub changes: usize,
    /// The safe ones.
    pub safe: usize,
    /// Those that need a review.
    pub review: usize,
    /// The places left alone.
    pub declines: usize,
    /// The changes that the baseline holds back.
    pub baseline: usize,
    /// The files that could not be read or understood.
    pub problems: usize,
    /// The changes by transform.
    pub by_transform: BTreeMap<&'static str, BySafety>,
}

/// Changes of one transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct BySafety {
    /// The safe ones.
    pub safe: usize,
    /// Those that need a review.
    pub review: usize,
}

impl Summary {
    /// The figures of a plan; files and problems are for the caller to count.
    pub(super) fn of(plan: &Plan, selection: &Selection) -> Self {
        let all = plan.before.files().filter(|it| it.dockerfile().is_some());
        let all: Vec<_> = all.map(|it| &it.path).collect();
        let mut summary = Self {
            dockerfiles: all.iter().filter(|it| selection.selects(it)).count(),
            vendored: all.iter().filter(|it| selection.leaves_out(it)).count(),
            declines: plan.declines.len(),
            baseline: plan.held.values().map(|it| it.count).sum(),
            ..Self::default()
        };
        for (transform, change) in plan.changes() {
            let counts = summary.by_transform.entry(transform).or_default();
            let (count, all) = match change.safety {
                Safety::Safe => (&mut counts.safe, &mut summary.safe),
                Safety::Review => (&mut counts.review, &mut summary.review),
            };
            *count += 1;
            *all += 1;
            summary.changes += 1;
        }
        summary
    }

    /// Adds the figures of another project.
    pub(super) fn add(&mut self, other: &Self) {
        self.dockerfiles += other.dockerfiles;
        self.vendored += other.vendored;
        self.changed_files += other.changed_files;
        self.changes += other.changes;
        self.safe += other.safe;
        self.review += other.review;
        self.declines += other.declines;
        self.baseline += other.baseline;
        self.problems += other.problems;
        for (name, counts) in &other.by_transform {
            let all = self.by_transform.entry(name).or_default();
            all.safe += counts.safe;
            all.review += counts.review;
        }
    }
}
