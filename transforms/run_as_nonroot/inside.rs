//! What people, Makefiles, scripts and CI run in containers of the image beside its command: tests that keep what they
//! found, tools that write next to the source.

use super::{Image, given::Folder, needs, process::Process, processes};
use crate::text::Refusal;

/// Checks that nothing which is run in containers of the image writes to a folder that stays root's.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>, folders: &[Folder]) -> Result<(), Refusal> {
    let Some(start) = &image.state().workdir else { return Ok(()) };
    if folders.iter().any(|it| start.is_within(&it.path)) {
        return Ok(());
    }
    for (place, line) in image.project.commands_inside(image.site.path) {
        // What cannot be read is for people to know.
        let from = place.to_string();
        let found = processes::started(image, &[Some(line)], true, &from).unwrap_or_default();
        if let Some(it) = found.iter().find(|it| writes(it)) {
            let reason = format!(
                "{from} runs {} in a container of the image, which writes to folders that belong to root",
                it.program
            );
            return Err(Refusal::new("needs-root", reason));
        }
    }
    Ok(())
}

/// Whether a program writes to the folder that it starts in.
fn writes(process: &Process) -> bool {
    let facts = process.facts();
    process.known().any(|it| facts.keeps(it.split('=').next().unwrap_or(it)))
        || facts.keeps("")
        || needs::of(process).is_err_and(|it| it.code == "writes-at-start")
}
