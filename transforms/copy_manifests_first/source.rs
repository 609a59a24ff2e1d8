//! What counts as source: what changes with every edit of the program.

use crate::{
    context::copies::{CopyIn, Sent},
    dockerfile::Instruction,
    ecosystems::{self, Ecosystem, FileKind, sources},
    project::Project,
    text::{RepoPath, glob},
};

/// Whether a COPY brings source: a folder of it, or files of a program. Whoever names a settings file
/// beside the manifests has thought about the order, and a script among the system's programs is a tool.
pub(super) fn brings_source(
    ecosystems: &[Ecosystem],
    copy: &CopyIn,
    project: &Project,
    sent: &Sent<'_>,
) -> bool {
    let is_tool = copy.destination.as_str().split('/').any(|it| matches!(it, "bin" | "sbin"));
    copy.sources.iter().any(|it| match it.is_folder {
        true => is_source(ecosystems, &it.path, project, sent),
        false => !is_tool && is_code(it.path.as_str()) && !is_manifest(ecosystems, &it.path),
    })
}

/// Whether a folder of the context, as it is sent, has more in it than manifests.
pub(super) fn is_source(
    ecosystems: &[Ecosystem],
    folder: &RepoPath,
    project: &Project,
    sent: &Sent<'_>,
) -> bool {
    let tree = project.tree();
    let is_own = |it: &RepoPath| !is_manifest(ecosystems, it) && !sent.excludes(it);
    tree.is_folder(folder) && tree.below(folder).any(is_own)
}

/// Whether a file is a part of the program, by its path; one that an install may load is none, nor is one in the
/// folder of a tool: `.yarn/releases/yarn-1.22.22.cjs`.
fn is_code(path: &str) -> bool {
    let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
    let of_tool = folder.split('/').any(|it| it.starts_with('.') && 1 < it.len() && it != "..");
    let mut loaded = ecosystems::files().filter(|it| it.kind == FileKind::Named);
    !of_tool && sources::is_code(name) && !loaded.any(|it| it.matches("", name))
}

/// A manifest by its name, or by its folder: `requirements/base.txt`.
fn is_manifest(ecosystems: &[Ecosystem], path: &RepoPath) -> bool {
    let folder = path.parent();
    let folder = folder.as_ref().map_or("", |it| it.file_name());
    ecosystems.iter().any(|it| it.is_manifest_in(folder, path.file_name()))
}

/// Whether a COPY or ADD seems to bring source, judged by its text alone.
pub(super) fn seems_to_copy_source(ecosystems: &[Ecosystem], instruction: &Instruction) -> bool {
    let Some(copy) = instruction.copy().filter(|it| it.from.is_none()) else { return false };
    let is_manifest = |source: &str| {
        let name = source.trim_matches(['"', '\'']).trim_end_matches(['/', '*']);
        let name = name.rsplit('/').next().unwrap_or_default();
        ecosystems.iter().any(|it| it.is_manifest(name)) || source.contains("://")
    };
    let is_setting = |source: &str| {
        let name = source.rsplit('/').next().unwrap_or_default();
        name.contains('.')
            && !name.starts_with('.')
            && !name.ends_with('.')
            && !glob::is_pattern(name)
            && !is_code(source)
    };
    copy.sources.iter().any(|it| !is_manifest(&it.text) && !is_setting(&it.text))
}
