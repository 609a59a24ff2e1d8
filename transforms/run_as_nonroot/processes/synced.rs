//! Whether a manager that runs a program finds the environment of the project as the image has it.

use super::Image;
use crate::ecosystems::{self, FileKind, MANAGERS, Synced};

/// Whether the environment of the project is up to date when this manager runs a program: an install of the image has
/// brought it, from the manifest and the lock that the image has. `run` are the words of the call before the program.
pub(super) fn is_current(image: &Image<'_>, manager: &str, run: &[Option<String>]) -> bool {
    let Some(facts) = MANAGERS.iter().find(|it| it.name == manager) else { return false };
    let text = |name: &str| image.text(&image.source(name)?);
    let lock = facts.files.iter().find(|it| it.kind == FileKind::Lock);
    let Some((manifest, lock)) = text(facts.manifest).zip(lock.and_then(|it| text(it.pattern)))
    else {
        return false;
    };
    let Ok(runs) = image.runs(&[manager]) else { return false };
    let calls = runs.iter().flat_map(|run| run.calls().iter().map(move |it| (run, it)));
    let mut calls = calls.filter(|it| ecosystems::syncs_by(manager, &it.1.call));
    let Some((run_of, site)) = calls.next_back() else { return false };
    let is_here = site.directory.is_some() && site.directory == image.state().workdir;
    let is_bare = run_of.script.commands()[site.command].assignments.is_empty();
    let mut after = image.instructions().filter(|it| run_of.item < it.item);
    let is_last = !after.any(|it| it.instruction.copy().is_some_and(|it| it.from.is_none()));
    let is_set = |it: &str| image.environment(it).is_some_and(|it| !it.is_empty());
    let (manifest, lock) = (manifest.as_str(), lock.as_str());
    let synced = Synced { sync: &site.call, run, manifest, lock, is_set: &is_set, is_last };
    is_here && is_bare && ecosystems::is_current(manager, &synced)
}
