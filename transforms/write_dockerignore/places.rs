//! Where folders of the context come to lie in an image.

use super::readers::Readers;
use crate::{
    context::{is_whole, taken::takes},
    dockerfile::stage::Stage,
    project::tree,
    run::Site,
    text::ImagePath,
};

/// Where the COPYs of a stage put a folder of the context that they bring with what is in it.
pub(super) fn of(
    readers: &Readers<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    folder: &str,
) -> Vec<ImagePath> {
    let context = &readers.group.folder;
    let mut places = Vec::new();
    for (item, _, it) in stage.instructions() {
        let Some(copy) = it.copy().filter(|it| it.from.is_none()) else { continue };
        let state = stage.state_before(item);
        let destination = state.expand(&copy.destination.text, site.dockerfile.escape);
        let Some(destination) = destination.and_then(|it| state.absolute(&it)) else { continue };
        for take in takes(site.dockerfile).iter().filter(|it| it.item == item) {
            if is_whole(&take.source) {
                places.push(destination.join(folder));
                continue;
            }
            let found = tree::sources(readers.project.tree(), context, &take.source);
            for source in found.iter().filter_map(|it| it.strip_prefix(context)) {
                let rest =
                    folder.strip_prefix(source).filter(|it| it.is_empty() || it.starts_with('/'));
                places.extend(rest.map(|it| destination.join(it.trim_start_matches('/'))));
            }
        }
    }
    places
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
