//! Folders that must not be there when a program starts: it asks whether they are, and fills them if not.

use super::{Image, source::Source, state::is_shared};
use crate::text::{ImagePath, Refusal};

/// The folder to hand over for one that is written to: where the program asks whether there is something, and makes it
/// itself if there is not, it must not be there at the start.
///
/// # Errors
/// A decline's code and reason: the folder above is not the application's own.
pub(super) fn above(
    image: &Image<'_>,
    source: &Source,
    is_made: &dyn Fn(&ImagePath) -> bool,
    path: ImagePath,
) -> Result<ImagePath, Refusal> {
    let is_mounted = |it: &ImagePath| {
        let mut volumes = image.services().flat_map(|it| &it.service.volumes);
        volumes.any(|volume| ImagePath::new(&volume.target).is_some_and(|at| at.is_within(it)))
    };
    let is_there = |it: &ImagePath| {
        let mut made = image.state().made.iter().chain(&image.state().workdir);
        image.fills(it) || made.any(|made| made.is_within(it)) || is_made(it) || is_mounted(it)
    };
    let asked = source.asked.iter().filter(|it| path.is_within(&it.0) && !is_there(&it.0));
    let Some((asked, call)) = asked.min_by_key(|it| it.0.as_str().len()) else { return Ok(path) };
    match asked.parent().filter(|it| !is_shared(it)) {
        Some(above) => Ok(above),
        None => {
            let reason = format!(
                "{call} for {asked}, which must not be there at the start, and what is above is not the application's own"
            );
            Err(Refusal::new("shared-folder", reason))
        }
    }
}
