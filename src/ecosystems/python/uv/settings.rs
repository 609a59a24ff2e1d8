//! Which settings a call of uv reads, and what its lock names.

use super::{super::pyproject::Pyproject, FOLDER, MANAGER};
use crate::{
    ecosystems::{At, Install, Source, UNKNOWN},
    shell::Invocation,
    text::{ImagePath, Refusal},
};

/// The folder whose settings and manifest a call reads; `None` if it cannot be known.
pub(super) fn folder(call: &Invocation, at: &At<'_>) -> Option<ImagePath> {
    match call.values(FOLDER).last() {
        Some(it) => at.path((*it)?),
        None => at.directory.cloned(),
    }
}

/// Adds the settings that every verb reads, its own of `pip` too: `uv.toml` and `[tool.uv]` of `pyproject.toml`, in a
/// folder or those above it. They may name other indexes.
///
/// After "Configuration files" of uv's documentation: uv looks in "the current directory, or in the nearest parent".
pub(super) fn takes_settings(
    install: &mut Install,
    call: &Invocation,
    at: &At<'_>,
    folder: &ImagePath,
) {
    if call.has(&["--no-config"]) {
        return;
    }
    for above in folder.ancestors() {
        install.takes(above.join("uv.toml"));
        let manifest = above.join(MANAGER.manifest);
        let said = (at.text)(&manifest);
        let own = |it: &str| Pyproject::read(it).map_or(true, |it| it.has_uv);
        if said.is_some_and(|it| own(&it)) {
            install.takes(manifest);
        }
    }
    for file in call.values(&["--config-file"]) {
        match file.and_then(|it| at.path(it)) {
            Some(it) => install.needs(it),
            None => install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN)),
        }
    }
    install.settings(call, at, &["UV_CONFIG_FILE"], &[".config/uv/uv.toml"]);
}

/// Whether a lock says that the project itself is installed: `source = { editable = "." }`. One that is not is
/// `{ virtual = "." }`.
pub(super) fn has_editable_root(lock: &str) -> bool {
    lock.lines().any(|it| it.trim_end() == "source = { editable = \".\" }")
}

/// Whether a lock names no folder or file but those of the members of its workspace. What is empty was too large to be
/// read.
pub(super) fn has_no_others(lock: &str) -> bool {
    let members =
        lock.split_once("\nmembers = [").and_then(|it| it.1.split_once(']')).map(|it| it.0);
    let is_member = |name: &str| members.is_some_and(|it| it.contains(&format!("\"{name}\"")));
    let mut packages = lock.split("[[package]]").skip(1);
    !lock.is_empty()
        && packages.all(|package| {
            let local = ["{ directory = ", "{ editable = ", "{ path = ", "{ virtual = "];
            let is_local =
                |it: &str| it.starts_with("source = ") && local.iter().any(|of| it.contains(of));
            let name = package.lines().find_map(|it| it.strip_prefix("name = "));
            !package.lines().any(is_local) || name.is_some_and(|it| is_member(it.trim_matches('"')))
        })
}
