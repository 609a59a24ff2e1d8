//! What others copy out of the image, or read in its containers, and only the builder would have.

use super::{Separation, copies, inputs, runtime::Runtime};
use crate::text::{ImagePath, Refusal};

/// # Errors
/// A decline's code and reason, when the project copies a file out of the image, or names one in a container, that
/// would not be there, or would be in another place.
pub(super) fn check(separation: &Separation<'_>, runtime: &Runtime<'_>) -> Result<(), Refusal> {
    let (project, dockerfile) = (separation.project, separation.site.path);
    for it in project.copied_out().iter().filter(|it| it.may_be_of(dockerfile)) {
        let named =
            |why: Refusal| Refusal { reason: format!("{}: {}", it.place, why.reason), ..why };
        runtime.path(&it.path).map_err(named)?;
        if is_gone(separation, runtime, &it.path, true) {
            let reason = format!(
                "{} copies {} out of the image, and the last stage would not have all of it",
                it.place, it.path
            );
            return Err(Refusal::new("copied-out", reason));
        }
    }
    for it in project.executions(dockerfile) {
        if let Some(path) = it.paths().find(|path| is_gone(separation, runtime, path, false)) {
            let reason = format!(
                "{} names {path} in a container, which only the builder would have",
                it.place
            );
            return Err(Refusal::new("copied-out", reason));
        }
    }
    Ok(())
}

/// Whether only the builder has a file of the image, or one in the folder of this path, if folders count.
fn is_gone(
    separation: &Separation<'_>,
    runtime: &Runtime<'_>,
    path: &str,
    with_folders: bool,
) -> bool {
    let Some(wanted) = ImagePath::new(path) else { return false };
    let context = runtime.context.as_ref();
    let copies = separation.stage.instructions().take_while(|it| it.0 <= separation.last);
    let copies = copies.filter(|(item, _, it)| {
        it.copy().is_some() && copies::is_for_builder(separation, context, *item, it)
    });
    let escape = separation.site.dockerfile.escape;
    let mut gone = copies.flat_map(|(item, _, it)| {
        inputs::brought(&separation.stage.state_before(item), it, item, escape)
    });
    gone.any(|it| it.is(&wanted) || with_folders && it.folder.is_within(&wanted))
}
