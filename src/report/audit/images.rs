//! The images of a repository, each today and after the changes of the plan.

use schemars::JsonSchema;
use serde::Serialize;

use super::Audited;
use crate::{
    dockerfile::stage::Stage,
    ecosystems::images::stages,
    engine::cache::{Edit, ImageSteps},
    project::Project,
    text::{RepoPath, line_at},
    verify::{
        edits::{EditKind, edits},
        images::{ImageBuild, images_of},
    },
};

/// An image that is built from a Dockerfile.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct AuditedImage {
    /// Its name: that of its compose service, or of the folder that its Dockerfile lies in.
    pub name: String,
    /// Its Dockerfile.
    pub dockerfile: String,
    /// The stage that it is; `null` for the last one.
    pub target: Option<String>,
    /// The folder that it is built from, `.` for the top; `null` if that is not known.
    pub context: Option<String>,
    /// The reason why not more is known of it.
    pub unknown: Option<String>,
    /// The Dockerfile that it is built from after the plan.
    pub dockerfile_after: Option<String>,
    /// The stage that it is after the plan.
    pub target_after: Option<String>,
    /// The image today.
    pub before: Option<ImageState>,
    /// The image after the plan.
    pub after: Option<ImageState>,
    /// The transforms that change what it is built from.
    pub transforms: Vec<&'static str>,
}

/// An image at one time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct ImageState {
    /// The user that its containers run as, as USER has it; `null` if that is not known.
    pub user: Option<String>,
    /// True if that is root; `null` if it is not known.
    pub is_root: Option<bool>,
    /// The number of steps that it takes: RUN, COPY, ADD and WORKDIR.
    pub steps: usize,
    /// An edit of a source file of the service itself, the one that is likeliest to be edited; `null` if the image gets
    /// no source file.
    pub source_edit: Option<SourceEdit>,
    /// The edit of a source file that runs most steps again.
    pub costliest_edit: Option<SourceEdit>,
}

/// An edit of a source file, and what it costs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct SourceEdit {
    /// The file.
    pub file: String,
    /// The lines of the steps that run again, in the Dockerfile of that time.
    pub lines: Vec<usize>,
}

/// An image, and how it is built.
pub(super) struct Found {
    pub(super) report: AuditedImage,
    /// Its build today; `None` if that is not known.
    pub(super) build: Option<ImageBuild>,
    /// The items of its Dockerfile that an edit of a source file runs again.
    pub(super) again: Vec<usize>,
}

/// The images of the Dockerfiles that are looked at, and these Dockerfiles whose context is not known.
pub(super) fn images(audited: &Audited<'_>) -> Vec<Found> {
    let Audited { plan, selection, .. } = audited;
    let (images, unknown) = images_of(plan, &|it| selection.selects(it));
    let known = images.into_iter().map(|image| {
        let edited = edits(&plan.before, &image.before).into_iter();
        let edited = edited.filter(|it| it.kind == EditKind::Source).map(|it| it.path).next();
        let state = |project, build| state(audited, project, build, edited.as_ref());
        let before = state(&plan.before, &image.before);
        let after = image.after.as_ref().and_then(|it| state(plan.after(), it));
        let (origin, now) = (&image.before.origin, image.after.as_ref().map(|it| &it.origin));
        let report = AuditedImage {
            name: image.name,
            dockerfile: audited.path(&origin.dockerfile),
            target: origin.target.clone(),
            context: Some(folder(&audited.path(&image.before.context))),
            unknown: before.is_none().then(|| {
                let target = origin.target.as_deref().unwrap_or_default();
                format!("its Dockerfile has no stage {target}")
            }),
            dockerfile_after: now.map(|it| audited.path(&it.dockerfile)),
            target_after: now.and_then(|it| it.target.clone()),
            before: before.as_ref().map(|it| it.0.clone()),
            after: after.map(|it| it.0),
            transforms: image.transforms,
        };
        let again = before.map(|it| it.1).unwrap_or_default();
        Found { report, build: Some(image.before), again }
    });
    let known: Vec<Found> = known.collect();
    let unknown = unknown.into_iter().map(|it| {
        let dockerfile = audited.path(&it.dockerfile);
        let name = it.dockerfile.parent().filter(|it| !it.is_root());
        let name = name.as_ref().unwrap_or(&it.dockerfile).file_name().to_owned();
        let unknown = Some(it.reason);
        let report = AuditedImage { name, dockerfile, unknown, ..AuditedImage::default() };
        Found { report, build: None, again: Vec::new() }
    });
    let mut all: Vec<Found> = known.into_iter().chain(unknown).collect();
    all.sort_by(|a, b| a.report.dockerfile.cmp(&b.report.dockerfile));
    all
}

/// What is known of an image in a snapshot, and the items of the steps that the costliest source edit runs again;
/// `edited` is the source file that is likeliest to be edited.
fn state(
    audited: &Audited<'_>,
    project: &Project,
    build: &ImageBuild,
    edited: Option<&RepoPath>,
) -> Option<(ImageState, Vec<usize>)> {
    let ImageBuild { origin, context, .. } = build;
    let steps = ImageSteps::new(project, origin, context, &build.named_folders())?;
    let dockerfile = project.file(origin.dockerfile.as_str())?.dockerfile()?;
    let stages = stages(dockerfile);
    let stage = target(&stages, origin.target.as_deref())?;
    let last = stage.state_before(stage.end);
    let items = |it: &Edit| it.again.iter().map(|it| steps.steps()[*it].item).collect::<Vec<_>>();
    let report = |it: &Edit| SourceEdit {
        file: audited.path(&it.file),
        lines: items(it)
            .into_iter()
            .map(|it| line_at(&dockerfile.source, dockerfile.items[it].span.start))
            .collect(),
    };
    let costliest = steps.costliest_edit();
    let own = edited.map(|it| Edit { file: it.clone(), again: steps.after_edit(it) });
    let own = own.or_else(|| costliest.clone());
    let state = ImageState {
        user: last.user.clone(),
        is_root: last.is_root(),
        steps: steps.steps().len(),
        source_edit: own.as_ref().map(report),
        costliest_edit: costliest.as_ref().map(report),
    };
    Some((state, costliest.as_ref().map(items).unwrap_or_default()))
}

/// The stage that an image is.
pub(super) fn target<'s, 'a>(
    stages: &'s [Stage<'a>],
    target: Option<&str>,
) -> Option<&'s Stage<'a>> {
    match target {
        Some(name) => stages.iter().rfind(|it| it.is_called(name)),
        None => stages.last(),
    }
}

/// A folder as people write it.
pub(super) fn folder(path: &str) -> String {
    if path.is_empty() { ".".to_owned() } else { path.to_owned() }
}
