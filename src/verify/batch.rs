//! The images of a plan, several at once.

use std::{
    collections::BTreeSet,
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use super::{
    Event, Verification, builder,
    edits::EditKind,
    images::Image,
    locked,
    measure::edits_of,
    report::{ImageReport, Stopped, Verdict},
    verdicts::Inputs,
};
use crate::{engine::plan::Plan, text::count::counted};

/// After how many images in a row that could not be built here the others are not tried.
const MOST: usize = 3;

/// What became of the images of a plan.
#[derive(Debug)]
pub struct Batch {
    /// Their reports, in the order of the images; those that were not tried have none.
    pub reports: Vec<ImageReport>,
    /// Why not all were tried.
    pub stopped: Option<Stopped>,
}

/// Counts builds that could not run.
#[derive(Debug, Default)]
struct Row(Mutex<Vec<String>>);

impl Row {
    /// Takes note of what became of an image.
    fn note(&self, report: &ImageReport) {
        let mut row = locked(&self.0);
        if row.len() >= MOST {
            return;
        }
        match report.could_not_run {
            Some(cause) => row.push(cause.to_string()),
            None => row.clear(),
        }
    }

    /// Why there is no use in trying another one.
    fn reason(&self) -> Option<String> {
        let row = locked(&self.0);
        let last = row.last().filter(|_| row.len() >= MOST)?;
        Some(format!("{} in a row could not be built here: {last}", counted(MOST, "image")))
    }
}

impl Verification<'_> {
    /// Builds images before and after a plan, and compares the two; of those that an earlier run has verified, what
    /// that run found.
    pub fn images(&self, plan: &Plan, images: &[&Image]) -> Batch {
        let all: Vec<usize> = (0..images.len()).collect();
        let asked = self.each(&all, |at| self.ask(plan, images[at], &self.options.rebuilds));
        let (inputs, mut reports): (Vec<Option<Inputs>>, Vec<Option<ImageReport>>) =
            asked.into_iter().unzip();
        let missing: Vec<usize> = (0..images.len()).filter(|at| reports[*at].is_none()).collect();
        let planned = missing.iter().map(|at| {
            let edits = edits_of(plan, images[*at], &self.options.rebuilds).len();
            (images[*at].name.as_str(), 2 * (1 + edits))
        });
        self.tell(Event::Planned(&planned.collect::<Vec<_>>()));
        let row = Row::default();
        self.fetch_all(plan, missing.iter().map(|at| images[*at]));
        let built = self.each(&missing, |at| {
            if builder::is_interrupted() || row.reason().is_some() {
                return None;
            }
            let report = self.build(plan, images[at], &self.options.rebuilds, inputs[at]);
            row.note(&report);
            // One that was interrupted says nothing.
            (!builder::is_interrupted()).then_some(report)
        });
        for (at, report) in missing.into_iter().zip(built) {
            reports[at] = report;
        }
        let skipped = images.iter().zip(&reports).filter(|it| it.1.is_none());
        let skipped: Vec<String> = skipped.map(|it| it.0.name.clone()).collect();
        let stopped = row.reason().map(|reason| Stopped { reason, images: skipped });
        let stopped = stopped.filter(|it| !it.images.is_empty());
        Batch { reports: reports.into_iter().flatten().collect(), stopped }
    }

    /// Builds an image before and after a plan, and compares the two; if an earlier run has verified it, what that
    /// run found.
    pub fn image(&self, plan: &Plan, image: &Image) -> ImageReport {
        self.verified(plan, image, &self.options.rebuilds)
    }

    /// Returns true if an image is still the same; measures nothing.
    pub(super) fn is_kept(&self, plan: &Plan, image: &Image) -> bool {
        self.verified(plan, image, &BTreeSet::new()).verdict == Verdict::Verified
    }

    fn verified(&self, plan: &Plan, image: &Image, rebuilds: &BTreeSet<EditKind>) -> ImageReport {
        let (inputs, known) = self.ask(plan, image, rebuilds);
        known.unwrap_or_else(|| self.build(plan, image, rebuilds, inputs))
    }

    /// What there is to know an image by in a later run, and what an earlier one has found.
    fn ask(
        &self,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
    ) -> (Option<Inputs>, Option<ImageReport>) {
        let inputs = self.inputs(plan, image);
        let known = inputs.and_then(|it| self.known(it, plan, image, rebuilds));
        (inputs, known)
    }

    fn build(
        &self,
        plan: &Plan,
        image: &Image,
        rebuilds: &BTreeSet<EditKind>,
        inputs: Option<Inputs>,
    ) -> ImageReport {
        let job = self.job(&image.name);
        let report = job.measure(plan, image, rebuilds);
        // What was built is what was asked about only if nobody has edited it meanwhile.
        if let Some(inputs) = inputs.filter(|it| job.copied.get() == Some(*it)) {
            self.keep(inputs, plan, image, rebuilds, &report);
        }
        if !builder::is_interrupted() {
            self.tell(Event::Done(&image.name, report.verdict));
        }
        report
    }

    /// Has all base images fetched before the first build, so that no download takes time from a build that is
    /// measured. One that cannot be had is in the report of who needs it.
    fn fetch_all<'i>(&self, plan: &Plan, images: impl Iterator<Item = &'i Image>) {
        let mut row = 0;
        for image in images {
            let Some(after) = &image.after else { continue };
            let fetched = self.fetch([(&plan.before, &image.before), (plan.after(), after)]);
            row = if matches!(fetched, Ok(None)) { 0 } else { row + 1 };
            if builder::is_interrupted() || MOST <= row {
                return;
            }
        }
    }

    /// Does something for each of these, in as many threads as images may be in work at once; returns the results
    /// in order.
    fn each<T: Send>(&self, all: &[usize], each: impl Fn(usize) -> T + Sync) -> Vec<T> {
        let next = AtomicUsize::new(0);
        let work = || {
            let mut done = Vec::new();
            while let Some(at) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                done.push((*at, each(*at)));
            }
            done
        };
        let mut done: Vec<(usize, T)> = match self.options.jobs.min(all.len()) {
            0 | 1 => work(),
            threads => thread::scope(|scope| {
                let threads: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
                let done = threads.into_iter().map(|it| match it.join() {
                    Ok(done) => done,
                    Err(panic) => std::panic::resume_unwind(panic),
                });
                done.flatten().collect()
            }),
        };
        done.sort_by_key(|it| it.0);
        done.into_iter().map(|it| it.1).collect()
    }
}
