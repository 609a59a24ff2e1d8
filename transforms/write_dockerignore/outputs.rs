//! Outputs of builds: they go where each image that takes them makes its own.

use std::sync::Arc;

use super::{
    found::{Found, parent},
    places,
    readers::{Readers, Verdict},
};
use crate::{
    dockerfile::stage::Stage,
    ecosystems::{self, clutter::Clutter},
    project::change::Safety,
    run::{CallSite, Run, Site},
    text::{ImagePath, RepoPath},
};

/// Whether outputs may go: each stage that no other is built on, and that takes them with a folder, makes them again or
/// copies them from another stage.
pub(super) fn judge(readers: &Readers<'_>, found: &mut Found) -> Verdict {
    let row = found.row;
    let is_made = |path: &String| {
        is_made_there(readers, row, path)
            && readers.group.all().all(|it| {
                if !it.wanted().takes_with_folder(path) {
                    return true;
                }
                // A named context brings what it has.
                if it.name.is_some() {
                    return false;
                }
                let site = Site::new(&it.file.path, it.dockerfile);
                let is_last = |stage: &&Stage<'_>| {
                    let mut others = site.stages.iter().filter(|it| it.index != stage.index);
                    !others.any(|it| it.is_built_on(stage.index))
                };
                let mut last = site.stages.iter().filter(is_last);
                last.all(|stage| makes(readers, &site, stage, row, path))
            })
    };
    found.there.retain(is_made);
    found.expected.retain(is_made);
    match found.places().next() {
        None => Verdict::Stays,
        Some(_) => Verdict::Goes(Safety::Safe),
    }
}

/// Returns true if the files beside a path, or those above it, show the tool that makes it, and none says that it is made
/// somewhere else.
fn is_made_there(readers: &Readers<'_>, row: &Clutter, path: &str) -> bool {
    let project = readers.project;
    let told = |folder: RepoPath| {
        let files = project.tree().children(&folder).filter(|it| project.tree().is_file(it));
        let files = files.filter(|it| row.may_be_told_by(it.file_name()));
        let text = |path: &RepoPath| match ecosystems::is_lock(path.file_name()) {
            true => project.text(path.as_str()),
            false => Some(Arc::clone(&project.source(path)?.text)),
        };
        let told = files.filter_map(|it| row.told_by(it.file_name(), &text(&it)?));
        told.collect::<Vec<bool>>()
    };
    // What a pattern is for may lie below: `src/shop.egg-info`.
    let depth = if row.name.contains('*') { usize::MAX } else { 1 };
    let folders =
        std::iter::successors(Some(parent(path)), |it| (!it.is_empty()).then(|| parent(it)));
    let folders = folders.take(depth).filter_map(|it| readers.group.folder.join(it));
    let beside = folders.map(told).find(|it| !it.is_empty());
    beside.is_some_and(|it| it.into_iter().all(|it| it))
}

/// Returns true if a stage, or one that it is built on, makes an output again wherever its COPYs put it.
fn makes(
    readers: &Readers<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    row: &Clutter,
    path: &str,
) -> bool {
    let lineage = stage.lineage(&site.stages);
    let is_made = |place: &ImagePath| {
        let is_it = |it: &CallSite| {
            let is_there =
                it.directory.as_ref().is_some_and(|folder| match Clutter::runs_script(&it.call) {
                    true => place == folder,
                    false => place.is_within(folder),
                });
            is_there && row.is_made_by(&it.call)
        };
        lineage.iter().any(|below| {
            let mut runs = site.runs(below, &[""]).filter_map(|it| site.run(below, it).ok());
            let own = place.join(row.name);
            places::copied(below, site.dockerfile.escape).contains(&own)
                || runs.any(|it: Run<'_>| it.calls().iter().any(is_it))
        })
    };
    lineage.iter().all(|it| {
        places::of(readers, site, it, parent(path)).is_some_and(|it| it.iter().all(is_made))
    })
}
