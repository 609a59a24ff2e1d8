//! The audit of a repository: what is wrong, how much it matters, what refit does about it, and figures of both.

mod advice;
mod callers;
mod contexts;
mod images;
mod kinds;
mod problems;
mod unpinned;

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

pub use advice::Advice;
pub use contexts::AuditedContext;
pub use images::{AuditedImage, ImageState, SourceEdit};
use kinds::KINDS;
pub use kinds::Priority;
pub use problems::{Spot, Trouble};

use super::{PlaceReport, Report, Tool};
use crate::{
    engine::plan::Plan,
    project::selection::Selection,
    text::{Place, RepoPath},
};

/// An audit, as `refit report --format json` prints it.
///
/// Fields are only ever added; `version` rises when one changes its meaning.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Audit {
    /// The version of this form: 1.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The repository in figures.
    pub figures: Figures,
    /// The problems, the gravest first.
    pub problems: Vec<Trouble>,
    /// The images, in the order of their Dockerfiles.
    pub images: Vec<AuditedImage>,
    /// The build contexts.
    pub contexts: Vec<AuditedContext>,
    /// What to do beyond what refit does.
    pub advice: Vec<Advice>,
    /// What refit would do, and what it leaves alone.
    pub plan: Report,
}

/// A repository in figures: today, and after the changes of the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figures {
    /// The Dockerfiles.
    pub dockerfiles: Figure,
    /// The images that are known to be built from them.
    pub images: Figure,
    /// The files that builders are sent, all contexts together.
    pub context_files: Figure,
    /// The size of these files, as they lie on disk today.
    pub context_bytes: Figure,
    /// The steps of all images: RUN, COPY, ADD and WORKDIR.
    pub steps: Figure,
    /// The steps that run again after an edit of the service's own source, all images together. This is computed from
    /// the Dockerfiles, not measured.
    pub steps_again: Figure,
    /// The steps that run again after an edit of the source file that costs most, such as one that services share.
    pub steps_again_at_most: Figure,
    /// The images that are known to run as root.
    pub root: Figure,
    /// The places that install a tool in whatever version is the newest.
    pub unpinned_tools: Figure,
    /// The base images without a tag, or with `latest`.
    pub unpinned_bases: Figure,
    /// The builds in compose files and CI that only repeat another one of the same file.
    pub repeated_builds: Figure,
}

/// A figure today, and after the changes of the plan.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Figure {
    /// Today.
    pub before: u64,
    /// After the changes of the plan.
    pub after: u64,
}

impl Figure {
    fn of(before: usize, after: usize) -> Self {
        Self { before: before as u64, after: after as u64 }
    }
}

impl std::ops::AddAssign for Figure {
    fn add_assign(&mut self, other: Self) {
        self.before += other.before;
        self.after += other.after;
    }
}

/// What an audit is made from.
pub(super) struct Audited<'a> {
    plan: &'a Plan,
    selection: &'a Selection,
    /// The project's folder, as seen from where paths begin.
    folder: &'a RepoPath,
    report: &'a Report,
}

impl Audited<'_> {
    fn path(&self, path: &RepoPath) -> String {
        self.folder.join(path.as_str()).as_ref().unwrap_or(path).to_string()
    }

    fn place(&self, place: &Place) -> PlaceReport {
        PlaceReport { path: self.path(&place.path), ..PlaceReport::from(place) }
    }
}

impl Audit {
    /// The audit of a plan, its files as seen from above the project's folder; `report` is that of the same plan.
    pub fn of(plan: &Plan, selection: &Selection, folder: &RepoPath, report: Report) -> Self {
        let audited = Audited { plan, selection, folder, report: &report };
        let images = images::images(&audited);
        let contexts = contexts::contexts(&audited);
        let found = problems::problems(&audited, &images);
        let count = |project: &crate::project::Project| {
            project.dockerfile_paths().filter(|it| selection.selects(it)).count()
        };
        let mut figures = Figures {
            dockerfiles: Figure::of(count(&plan.before), count(plan.after())),
            unpinned_tools: found.unpinned_tools,
            unpinned_bases: found.unpinned_bases,
            repeated_builds: found.repeated_builds,
            ..Figures::default()
        };
        for it in &images {
            figures.add_image(&it.report);
        }
        for it in &contexts {
            figures.add_context(it);
        }
        Self {
            version: 1,
            tool: Tool::default(),
            figures,
            problems: found.found,
            advice: advice::advice(&audited, figures),
            images: images.into_iter().map(|it| it.report).collect(),
            contexts,
            plan: report,
        }
    }

    /// The audit of several projects.
    pub fn join(audits: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self { version: 1, ..Self::default() };
        let mut plans = Vec::new();
        for it in audits {
            all.figures.add(&it.figures);
            problems::join(&mut all.problems, it.problems);
            all.images.extend(it.images);
            all.contexts.extend(it.contexts);
            all.advice.extend(it.advice);
            plans.push(it.plan);
        }
        all.advice.sort();
        all.advice.dedup();
        all.plan = Report::join(plans);
        all
    }
}

impl Figures {
    fn add(&mut self, other: &Self) {
        self.dockerfiles += other.dockerfiles;
        self.images += other.images;
        self.context_files += other.context_files;
        self.context_bytes += other.context_bytes;
        self.steps += other.steps;
        self.steps_again += other.steps_again;
        self.steps_again_at_most += other.steps_again_at_most;
        self.root += other.root;
        self.unpinned_tools += other.unpinned_tools;
        self.unpinned_bases += other.unpinned_bases;
        self.repeated_builds += other.repeated_builds;
    }

    fn add_image(&mut self, image: &AuditedImage) {
        let AuditedImage { before, after, .. } = image;
        self.images += Figure::of(usize::from(before.is_some()), usize::from(after.is_some()));
        let (Some(before), Some(after)) = (before, after) else { return };
        let count = |it: Option<&SourceEdit>| it.map_or(0, |it| it.lines.len());
        let again = |it: &ImageState| count(it.source_edit.as_ref());
        let most = |it: &ImageState| count(it.costliest_edit.as_ref());
        self.steps += Figure::of(before.steps, after.steps);
        self.steps_again += Figure::of(again(before), again(after));
        self.steps_again_at_most += Figure::of(most(before), most(after));
        let is_root = |it: &ImageState| usize::from(it.is_root == Some(true));
        self.root += Figure::of(is_root(before), is_root(after));
    }

    fn add_context(&mut self, context: &AuditedContext) {
        self.context_files += context.files;
        self.context_bytes += context.bytes;
    }
}

/// The codes of problems, the gravest first.
pub fn codes() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|it| it.code)
}

/// A page about problems of this code: what is wrong, why it matters, and what mends it.
pub fn explained(code: &str) -> Option<String> {
    let kind = kinds::find(code)?;
    let (title, why, priority) = (kind.title, kind.why, kind.priority.as_str());
    let mends = match kind.transform {
        Some(it) => format!("`{it}` mends it where it can: `refit explain {it}` says more."),
        None => "No transform mends it.".to_owned(),
    };
    Some(format!(
        "# {code}\n\nA problem that `refit report` tells of ({priority}): {title}.\n\n{why}\n\n{mends}\n"
    ))
}

/// The JSON Schema of an audit; `schemas/audit.json` has its text.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Audit>()
}
