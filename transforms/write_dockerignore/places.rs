//! Where folders of the context come to lie in an image.

use super::readers::Readers;
use crate::{
    context::{is_whole, taken::takes},
    dockerfile::stage::Stage,
    project::tree,
    run::Site,
    text::ImagePath,
};

/// Where the COPYs of a stage put a folder of the context that they bring with what is in it; `None` if that is not known
/// of one of them, or a mount shows the folder.
pub(super) fn of(
    readers: &Readers<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    folder: &str,
) -> Option<Vec<ImagePath>> {
    let context = &readers.group.folder;
    let rest_below = |source: &str| {
        let rest = match source.is_empty() {
            true => folder,
            false => folder.strip_prefix(source)?,
        };
        let is_below = source.is_empty() || rest.is_empty() || rest.starts_with('/');
        is_below.then(|| rest.trim_start_matches('/'))
    };
    let mut places = Vec::new();
    for (item, _, it) in stage.instructions() {
        let taken = takes(site.dockerfile).iter().filter(|it| it.item == item);
        let rests: Vec<&str> = taken
            .flat_map(|take| {
                if is_whole(&take.source) {
                    return vec![folder];
                }
                let found = tree::sources(readers.project.tree(), context, &take.source);
                let found = found.iter().filter_map(|it| it.strip_prefix(context));
                found.filter_map(rest_below).collect()
            })
            .collect();
        if rests.is_empty() {
            continue;
        }
        let copy = it.copy()?;
        let state = stage.state_before(item);
        let destination = state.expand(&copy.destination.text, site.dockerfile.escape)?;
        let destination = state.absolute(&destination)?;
        places.extend(rests.into_iter().map(|it| destination.join(it)));
    }
    Some(places)
}

/// Where a stage copies something from another stage or image.
pub(super) fn copied(stage: &Stage<'_>, escape: char) -> Vec<ImagePath> {
    let copies = stage.instructions().filter_map(|(item, _, it)| {
        let copy = it.copy().filter(|it| it.from.is_some())?;
        let state = stage.state_before(item);
        state.absolute(&state.expand(&copy.destination.text, escape)?)
    });
    copies.collect()
}
