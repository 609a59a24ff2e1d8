//! Packages beside a manifest: they go where the Dockerfile installs its own.

use super::{
    found::{Found, parent},
    places,
    readers::{Readers, Verdict},
};
use crate::{
    dockerfile::stage::{Base, Stage},
    ecosystems::{
        self,
        clutter::{self, Clutter},
        images,
    },
    project::change::Safety,
    run::{Run, Site},
    text::ImagePath,
};

/// Whether packages may go: each stage that takes them with a folder installs its own there, or runs no program that
/// could use them.
pub(super) fn judge(readers: &Readers<'_>, found: &mut Found) -> Verdict {
    let is_needed = |path: &&str| {
        readers.group.all().any(|it| {
            if !it.wanted().takes_with_folder(path) {
                return false;
            }
            // A named context brings what it has.
            if it.name.is_some() {
                return true;
            }
            let site = Site::new(&it.file.path, it.dockerfile);
            site.stages.iter().any(|stage| needs(readers, &site, stage, found.row, path))
        })
    };
    let kept: Vec<String> = found.places().filter(is_needed).map(str::to_owned).collect();
    found.there.retain(|it| !kept.contains(it));
    found.expected.retain(|it| !kept.contains(it));
    match found.places().next() {
        None => Verdict::Stays,
        Some(_) => Verdict::Goes(Safety::Safe),
    }
}

/// Returns true if a stage needs the packages that lie in the context, as it does not install them itself.
fn needs(
    readers: &Readers<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    row: &Clutter,
    path: &str,
) -> bool {
    let Some(places) = places::of(readers, site, stage, parent(path)) else { return true };
    if places.is_empty() {
        return false;
    }
    // Another language's image has them by accident; what serves them names them.
    let manifests: Vec<&str> = row.beside().collect();
    let uses = |word: &str| {
        let program = word.rsplit('/').next().unwrap_or(word);
        clutter::may_use_packages(word)
            || ecosystems::manifests_of(program).any(|it| manifests.contains(&it))
    };
    let lineage = stage.lineage(&site.stages);
    let texts = lineage.iter().flat_map(|it| it.instructions().map(|it| it.2.text()));
    let mut words =
        texts.flat_map(|it| it.split(|it: char| !(it.is_alphanumeric() || "-_./".contains(it))));
    // Nobody knows what an image that is not well known starts.
    let is_open = match lineage[0].base {
        Base::Image(image) => uses(image) || !images::named(image).is_official(),
        Base::Unknown(_) => true,
        Base::Stage(_) => false,
    };
    let is_concerned = is_open || words.any(uses) || readers.is_started_by(site.path, uses);
    if !is_concerned {
        return readers.texts().mention(readers.project, row.name).is_some();
    }
    !places.iter().all(|place| fills(site, stage, row, place))
}

/// Returns true if a stage, or one that it is built on, has packages of its own in a folder of the image: it installs
/// there or above, or copies them from another stage.
fn fills(site: &Site<'_>, stage: &Stage<'_>, row: &Clutter, place: &ImagePath) -> bool {
    stage.lineage(&site.stages).iter().any(|below| {
        let copied = places::copied(below, site.dockerfile.escape)
            .into_iter()
            .any(|it| it.file_name() == row.name || (place.is_within(&it) && !it.is_root()));
        let manifests: Vec<&str> = row.beside().collect();
        let is_its =
            |program: &str| ecosystems::manifests_of(program).any(|it| manifests.contains(&it));
        let installs = |run: &Run<'_>| {
            run.calls().iter().any(|it| {
                let installs = ecosystems::installs_packages(&it.call) == Some(true);
                installs
                    && is_its(&it.call.program)
                    && it.directory.as_ref().is_some_and(|it| place.is_within(it))
            })
        };
        let mut runs = site.runs(below, &[""]).filter_map(|it| site.run(below, it).ok());
        copied || runs.any(|it| installs(&it))
    })
}
