//! The result of a verification as data.

mod runs;

use std::{collections::BTreeMap, fmt};

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    builder::{Build, Inspected},
    compare::Missing,
    edits::EditKind,
    images::{Image, ImageBuild, Unknown},
};
use crate::{
    ecosystems::complaints::{self, Cause},
    engine::plan::Plan,
    project::{Project, selection::Selection},
};
pub use runs::{RunOutcome, RunReport, RunSide, RunState};

/// A verification, as `--format json` prints it.
///
/// Fields are only ever added; `version` rises when one changes its meaning.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
    /// The builder, with its version.
    pub builder: String,
    /// The Dockerfiles of the project before and after.
    pub dockerfiles: Sides<usize>,
    /// The images that the plan touches.
    pub images: Vec<ImageReport>,
    /// The Dockerfiles of which it could not be told how they are built.
    pub unknown: Vec<UnknownReport>,
    /// The changes that were left out; only `apply --verify` leaves out.
    pub left_out: Vec<LeftOut>,
    /// Why not all images were tried; `null` if they were.
    pub stopped: Option<Stopped>,
}

/// An early end, as several builds in a row could not run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Stopped {
    /// The reason, a sentence without a full stop.
    pub reason: String,
    /// The names of the images that were not tried.
    pub images: Vec<String>,
}

/// Something before and after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Sides<T> {
    /// Before the plan.
    pub before: T,
    /// After it.
    pub after: T,
}

/// One image.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ImageReport {
    /// Its name.
    pub name: String,
    /// Its build before.
    pub before: BuildReport,
    /// Its build after; `null` if that is not known.
    pub after: Option<BuildReport>,
    /// The transforms that changed what it is built from.
    pub transforms: Vec<&'static str>,
    /// The verdict.
    pub verdict: Verdict,
    /// Why it is not verified: sentences without a full stop.
    pub differences: Vec<String>,
    /// Things that are no longer in the image, each with the reason why that is right.
    pub missing: Vec<Missing>,
    /// Remarks that are not differences.
    pub notes: Vec<String>,
    /// The Python distributions that are the same in both.
    pub distributions: usize,
    /// What happened when both images were started: one for each way in which today they are.
    pub runs: Vec<RunReport>,
    /// The logs of builds that failed.
    pub logs: Vec<String>,
    /// Why a build could not run, which says nothing about the image; `null` if all ran.
    pub could_not_run: Option<Cause>,
    /// The most images that were in work when this one was: first builds take longer then.
    pub at_once: usize,
    /// The day, `2026-11-28`, on which an earlier run built it from the same files; `null` if this run did.
    pub verified_on: Option<String>,
}

/// One side of an image: how it is built, and what that gave.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BuildReport {
    /// The Dockerfile.
    pub dockerfile: String,
    /// The context.
    pub context: String,
    /// The target, when the caller names one.
    pub target: Option<String>,
    /// The build arguments.
    pub arguments: BTreeMap<String, String>,
    /// The measurements; `null` if it was not built.
    pub measured: Option<Measured>,
}

/// The measurements of a build.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Measured {
    /// The seconds of the first build: no layer cache, empty cache mounts, base images there.
    pub seconds: f64,
    /// The instructions that ran.
    pub steps: usize,
    /// The bytes sent to the builder, where it tells.
    pub context_bytes: Option<u64>,
    /// The bytes of the image.
    pub size: u64,
    /// Its layers.
    pub layers: usize,
    /// Its user; empty for root.
    pub user: String,
    /// The builds after an edit.
    pub rebuilds: Vec<Rebuild>,
}

/// A build after an edit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Rebuild {
    /// The edited file.
    pub kind: EditKind,
    /// The file.
    pub path: String,
    /// The duration in seconds.
    pub seconds: f64,
    /// The instructions that ran again.
    pub steps: usize,
}

/// The verdict on an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// It builds, and is what it was but for what the plan says.
    Verified,
    /// It does not build today, so there is nothing to compare with.
    BrokenBefore,
    /// Nothing can be said: it cannot be told how it is built after, or a build took too long.
    Unknown,
    /// Nothing can be said, because a build could not run here: the network, a registry, the disk or the builder.
    CouldNotRun,
    /// It builds, and is another.
    Differs,
    /// It does not build any more.
    Breaks,
}

/// A Dockerfile of which it could not be told how it is built.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct UnknownReport {
    /// The Dockerfile.
    pub dockerfile: String,
    /// The reason.
    pub reason: String,
}

/// Changes that were left out of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct LeftOut {
    /// The Dockerfile that they concern.
    pub dockerfile: String,
    /// The transform whose changes they are; `null` for all of them.
    pub transform: Option<&'static str>,
    /// True if refit is wrong, rather than the project being impossible to build: please report it.
    pub is_bug: bool,
    /// True if a build could not run here, which says nothing about the changes.
    pub could_not_run: bool,
    /// The reason, a sentence without a full stop.
    pub reason: String,
    /// The builder's message.
    pub logs: Vec<String>,
}

impl Report {
    /// A report of a plan before anything is built, on the Dockerfiles that were asked for.
    pub fn new(plan: &Plan, selection: &Selection) -> Self {
        let count = |it: &Project| {
            it.dockerfiles().filter(|(file, _)| selection.selects(&file.path)).count()
        };
        Self {
            version: 1,
            builder: String::new(),
            dockerfiles: Sides { before: count(&plan.before), after: count(plan.after()) },
            images: Vec::new(),
            unknown: Vec::new(),
            left_out: Vec::new(),
            stopped: None,
        }
    }

    /// Returns true if every image is the same and no change had to be left out for that.
    pub fn is_verified(&self) -> bool {
        let whole = self.unknown.is_empty() && self.left_out.is_empty() && self.stopped.is_none();
        whole && self.images.iter().all(|it| it.verdict == Verdict::Verified)
    }
}

impl Report {
    /// Returns true if a build could not run, so that another run may say something else.
    pub fn could_not_run(&self) -> bool {
        self.stopped.is_some()
            || self.images.iter().any(|it| it.verdict == Verdict::CouldNotRun)
            || self.left_out.iter().any(|it| it.could_not_run)
    }
}

impl ImageReport {
    /// The report of an image before anything is built.
    pub(super) fn new(image: &Image) -> Self {
        Self {
            name: image.name.clone(),
            before: BuildReport::new(&image.before),
            after: image.after.as_ref().map(BuildReport::new),
            transforms: image.transforms.clone(),
            verdict: Verdict::Verified,
            differences: Vec::new(),
            missing: Vec::new(),
            notes: Vec::new(),
            distributions: 0,
            runs: Vec::new(),
            logs: Vec::new(),
            could_not_run: None,
            at_once: 1,
            verified_on: None,
        }
    }

    /// Says why it is not verified.
    pub(super) fn fail(&mut self, verdict: Verdict, why: String) {
        self.verdict = self.verdict.max(verdict);
        self.differences.push(why);
    }

    /// Says that a build failed: for this reason, if the reason is not one of the surroundings.
    pub(super) fn failed(&mut self, verdict: Verdict, why: &str) {
        match complaints::cause(why) {
            Some(cause) => self.could_not_run(cause, why.to_owned()),
            None => self.fail(verdict, why.to_owned()),
        }
    }

    /// Says that a build could not run.
    pub(super) fn could_not_run(&mut self, cause: Cause, why: String) {
        self.could_not_run = Some(cause);
        self.fail(Verdict::CouldNotRun, why);
    }

    /// Says that nothing can be said.
    pub(super) fn took_too_long(&mut self) {
        self.fail(Verdict::Unknown, "its build took longer than --timeout allows".to_owned());
    }

    fn side(&mut self, label: &str) -> Option<&mut BuildReport> {
        if label == "before" { Some(&mut self.before) } else { self.after.as_mut() }
    }

    pub(super) fn first_built(&mut self, label: &str, measured: Measured) {
        if let Some(side) = self.side(label) {
            side.measured = Some(measured);
        }
    }

    pub(super) fn rebuilt(&mut self, label: &str, kind: EditKind, path: &str, built: &Build) {
        if let Some(measured) = self.side(label).and_then(|it| it.measured.as_mut()) {
            let steps = built.steps.iter().filter(|it| !it.cached).count();
            let (path, seconds) = (path.to_owned(), built.seconds);
            measured.rebuilds.push(Rebuild { kind, path, seconds, steps });
        }
    }

    /// The outcome of starting it, the worst of all ways; `None` if it was not asked for.
    pub fn run(&self) -> Option<RunOutcome> {
        self.runs.iter().map(|it| it.outcome).max()
    }

    /// The measurements of both sides.
    pub fn measured(&self) -> Option<Sides<&Measured>> {
        let before = self.before.measured.as_ref()?;
        Some(Sides { before, after: self.after.as_ref()?.measured.as_ref()? })
    }
}

impl BuildReport {
    /// The report of an image before it is built.
    pub(super) fn new(build: &ImageBuild) -> Self {
        let context = build.context.as_str();
        Self {
            dockerfile: build.origin.dockerfile.to_string(),
            context: if context.is_empty() { "." } else { context }.to_owned(),
            target: build.origin.target.clone(),
            arguments: build.origin.arguments.clone(),
            measured: None,
        }
    }
}

impl Measured {
    pub(super) fn new(build: &Build, inspected: &Inspected) -> Self {
        Self {
            seconds: build.seconds,
            steps: build.steps.len(),
            context_bytes: build.context_bytes,
            size: inspected.size,
            layers: inspected.layers,
            user: inspected.config.user.clone(),
            rebuilds: Vec::new(),
        }
    }

    /// The build after an edit of this kind.
    pub fn rebuild(&self, kind: EditKind) -> Option<&Rebuild> {
        self.rebuilds.iter().find(|it| it.kind == kind)
    }
}

impl Verdict {
    /// Whose it is to mend: reads after "differs".
    pub fn cause(self) -> &'static str {
        match self {
            Self::Verified => "",
            Self::BrokenBefore => "a trait of the project: no change is to blame",
            Self::Unknown => "of the surroundings: try again",
            Self::CouldNotRun => "of this machine and its network: no change is to blame",
            Self::Differs | Self::Breaks => {
                "a bug in refit, unless something says otherwise: please report it"
            }
        }
    }

    /// The words users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Verified => "verified",
            Self::BrokenBefore => "does not build today",
            Self::Unknown => "unknown",
            Self::CouldNotRun => "could not run",
            Self::Differs => "differs",
            Self::Breaks => "does not build any more",
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl From<Unknown> for UnknownReport {
    fn from(unknown: Unknown) -> Self {
        Self { dockerfile: unknown.dockerfile.to_string(), reason: unknown.reason }
    }
}
