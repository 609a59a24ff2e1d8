//! A plan that does only what was verified: what fails is left out, transform by transform.

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::Arc,
};

use super::{
    Verification,
    batch::Batch,
    builder,
    images::{Image, ImageBuild, Unknown, images},
    report::{ImageReport, LeftOut, Stopped, Verdict},
};
use crate::{
    engine::plan::{Plan, Without},
    text::RepoPath,
};

/// A plan of which every image was verified.
pub struct Settled {
    /// The rest of the plan.
    pub plan: Plan,
    /// Its images.
    pub images: Vec<ImageReport>,
    /// The changes that were left out.
    pub left_out: Vec<LeftOut>,
}

/// Why a plan could not be settled.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says what it is")]
pub enum Error {
    #[error("interrupted")]
    Interrupted,
    #[error("images are touched although nothing may touch them")]
    Unsettled,
    #[error("{0}")]
    CouldNotRun(String),
}

/// The inputs of an image: its build on both sides, and the texts that the plan may change.
#[derive(PartialEq)]
struct Made {
    before: ImageBuild,
    after: Option<ImageBuild>,
    texts: Vec<Option<Arc<str>>>,
}

/// Plans, verifies, leaves out what fails, and plans again, until all that is left is verified.
///
/// `plan` makes the plan without what it is given. Where a rewrite breaks an image, the states between the
/// plan's steps are built as well, to find the one step that did it; the transform of that step is kept
/// from the Dockerfile. A Dockerfile that cannot be built today is left alone.
///
/// # Errors
/// It is interrupted, or never settles.
pub fn settle(
    verification: &Verification<'_>,
    mut plan: impl FnMut(&[Without]) -> Plan,
) -> Result<Settled, Error> {
    let mut known: Vec<(Made, ImageReport)> = Vec::new();
    let (mut without, mut left_out) = (Vec::new(), Vec::new());
    loop {
        if builder::is_interrupted() {
            return Err(Error::Interrupted);
        }
        let plan = plan(&without);
        let (images, unknown) = images(&plan);
        let mut new: Vec<LeftOut> = unknown.into_iter().map(LeftOut::from).collect();
        let made: Vec<Made> = images.iter().map(|it| Made::new(&plan, it)).collect();
        let is_new = |it: &&Made| known.iter().all(|known| known.0 != **it);
        let untried: Vec<&Image> =
            images.iter().zip(&made).filter(|it| is_new(&it.1)).map(|it| it.0).collect();
        let Batch { reports, stopped } = verification.images(&plan, &untried);
        if let Some(Stopped { reason, .. }) = stopped {
            return Err(Error::CouldNotRun(reason));
        }
        if builder::is_interrupted() {
            return Err(Error::Interrupted);
        }
        let tried: BTreeMap<String, ImageReport> =
            reports.into_iter().map(|it| (it.name.clone(), it)).collect();
        let mut reports = Vec::new();
        for (image, made) in images.iter().zip(made) {
            let report = match known.iter().find(|it| it.0 == made) {
                Some(it) => it.1.clone(),
                None => {
                    let Some(report) = tried.get(&image.name) else { continue };
                    known.push((made, report.clone()));
                    report.clone()
                }
            };
            if report.verdict != Verdict::Verified {
                new.push(left_out_for(verification, &plan, image, &report));
            }
            reports.push(report);
        }
        let mut taken = BTreeSet::new();
        new.retain(|it| taken.insert((it.dockerfile.clone(), it.transform)));
        if new.is_empty() {
            return Ok(Settled { plan, images: reports, left_out });
        }
        let count = without.len();
        for mut it in new {
            let known = |it: &LeftOut| {
                without.iter().any(|known: &Without| {
                    known.transform == it.transform && known.dockerfile.as_str() == it.dockerfile
                })
            };
            // Left out already, and still it fails: then nothing here can be trusted.
            if known(&it) {
                it.transform = None;
            }
            let Some(dockerfile) = RepoPath::new(&it.dockerfile).filter(|_| !known(&it)) else {
                continue;
            };
            without.push(Without {
                dockerfile,
                transform: it.transform,
                reason: it.reason.clone(),
            });
            left_out.push(it);
        }
        if without.len() == count {
            return Err(Error::Unsettled);
        }
    }
}

/// Decides what to leave out when an image could not be verified.
fn left_out_for(
    verification: &Verification<'_>,
    plan: &Plan,
    image: &Image,
    report: &ImageReport,
) -> LeftOut {
    let is_bug = matches!(report.verdict, Verdict::Breaks | Verdict::Differs);
    let transform = if is_bug { culprit(verification, plan, image) } else { None };
    let why = report.differences.first().and_then(|it| it.lines().next()).unwrap_or_default();
    let mended = report.verdict == Verdict::BrokenBefore
        && report.after.as_ref().is_some_and(|it| it.measured.is_some());
    let mended = if mended { " (it builds with the changes)" } else { "" };
    LeftOut {
        dockerfile: image.before.origin.dockerfile.to_string(),
        transform,
        is_bug,
        could_not_run: report.verdict == Verdict::CouldNotRun,
        reason: format!("{}{mended}: {why}", report.verdict),
        logs: report.logs.clone(),
    }
}

/// The transform of the first step after which the image is not what it was.
fn culprit(verification: &Verification<'_>, plan: &Plan, image: &Image) -> Option<&'static str> {
    let origins = [Some(&image.before), image.after.as_ref()].into_iter().flatten();
    let files: Vec<&RepoPath> = origins.map(|it| &it.origin.dockerfile).collect();
    let touches = |at: &usize| {
        plan.steps[*at].changes.iter().any(|it| it.files.keys().any(|it| files.contains(&it)))
    };
    let steps: Vec<usize> = (0..plan.steps.len()).filter(touches).collect();
    // The last state is wrong and the one before all steps is right: halve what lies between.
    let (mut right, mut wrong) = (0, steps.len());
    while wrong - right > 1 {
        let middle = usize::midpoint(right, wrong);
        let part = plan.until(steps[middle - 1]);
        let (images, _) = images(&part);
        let is_kept = match images.iter().find(|it| it.before == image.before) {
            Some(it) => verification.is_kept(&part, it),
            None => true,
        };
        if is_kept { right = middle } else { wrong = middle }
    }
    wrong.checked_sub(1).and_then(|it| steps.get(it)).map(|it| plan.steps[*it].transform)
}

impl Made {
    fn new(plan: &Plan, image: &Image) -> Self {
        let sides = [(&plan.before, Some(&image.before)), (plan.after(), image.after.as_ref())];
        let texts = sides.into_iter().flat_map(|(project, build)| {
            let paths = build.into_iter().flat_map(|it| {
                let dockerfile = &it.origin.dockerfile;
                let own = format!("{dockerfile}.dockerignore");
                let shared = it.context.join(".dockerignore").map(|it| it.to_string());
                [Some(dockerfile.to_string()), Some(own), shared]
            });
            paths.flatten().map(|it| project.file(&it).map(|it| Arc::clone(&it.text)))
        });
        let texts = texts.collect();
        Self { before: image.before.clone(), after: image.after.clone(), texts }
    }
}

impl From<Unknown> for LeftOut {
    fn from(unknown: Unknown) -> Self {
        Self {
            dockerfile: unknown.dockerfile.to_string(),
            transform: None,
            is_bug: false,
            could_not_run: false,
            reason: format!("it cannot be told how it is built: {}", unknown.reason),
            logs: Vec::new(),
        }
    }
}
