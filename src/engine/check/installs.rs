//! Whether every install still finds the files that it found.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    context::layers::Layers,
    dockerfile::{Dockerfile, stage::Stage},
    ecosystems,
    project::Project,
    run::Site,
    text::{ImagePath, RepoPath},
};

/// A file that an install reads.
struct Found {
    /// Where the install looks for it.
    path: ImagePath,
    /// Which file of the project stands there.
    file: Option<RepoPath>,
    /// Who reads it.
    program: String,
    line: usize,
}

/// The file that an install no longer finds, or finds another in its place; it reads after "its change".
pub(super) fn lost(
    path: &RepoPath,
    before: (&Project, &Dockerfile),
    after: (&Project, &Dockerfile),
) -> Option<String> {
    // Where a COPY names what is not there, nothing would tell the context afterwards.
    let folder = Layers::context(before.0, path).ok()?;
    let found = |(project, dockerfile)| {
        let site = Site::new(path, dockerfile);
        let of_stage = |it| found(project, &site, it, &folder);
        site.stages.iter().flat_map(of_stage).collect::<Vec<_>>()
    };
    let known = found(before).into_iter().filter_map(|it| Some((it.path, it.file?)));
    let known: BTreeMap<ImagePath, RepoPath> = known.collect();
    let lost = found(after).into_iter().find(|it| {
        let was = known.get(&it.path);
        was.is_some() && was != it.file.as_ref()
    })?;
    let Found { path, program, line, .. } = lost;
    Some(format!("leaves {program} on line {line} without {path}"))
}

/// What the installs of a stage read, as far as it comes from the build context.
fn found(project: &Project, site: &Site<'_>, stage: &Stage<'_>, folder: &RepoPath) -> Vec<Found> {
    let words = ecosystems::programs();
    let layers = Layers::read(project, site.path, &site.stages, stage, folder.clone());
    let runs = site.runs(stage, &words).filter_map(|it| site.run(stage, it).ok());
    let mut all = Vec::new();
    // What a mount shows is where it was.
    for run in runs.filter(|it| !it.instruction.mounts().any(|it| it.kind == "bind")) {
        let file = |path: &ImagePath| Some(layers.provider(stage.index, run.item, path)?.1);
        let text = |path: &ImagePath| {
            let read = project.file(file(path)?.as_str()).map(|it| it.text.clone());
            read.or_else(|| path.as_str().ends_with(".lock").then(|| Arc::from("")))
        };
        for (call, install) in run.installs(&text) {
            let (program, line) = (&call.call.program, site.place(run.item).line);
            all.extend(install.files().map(|(path, _)| Found {
                file: file(path),
                path: path.to_owned(),
                program: program.clone(),
                line,
            }));
        }
    }
    all
}
