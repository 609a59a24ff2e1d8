//! The build contexts of a repository, and what builders are sent of them.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Audited, Figure, images::folder};
use crate::{context::shared::Load, text::RepoPath};

/// A build context.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct AuditedContext {
    /// The folder, `.` for the top.
    pub folder: String,
    /// The ignore file that the builds obey, or would if there was one.
    pub ignore_file: String,
    /// True if there is one today.
    pub has_ignore_file: bool,
    /// The Dockerfiles that are built from it today.
    pub dockerfiles: Vec<String>,
    /// The files that builders are sent.
    pub files: Figure,
    /// The size of these files, as they lie on disk today.
    pub bytes: Figure,
}

/// The build contexts of the Dockerfiles that are looked at.
pub(super) fn contexts(audited: &Audited<'_>) -> Vec<AuditedContext> {
    let (before, after) = (&audited.plan.before, audited.plan.after());
    let known = before.shared_contexts().known.iter();
    let known = known.filter(|it| it.1.iter().any(|it| audited.selection.selects(it)));
    let context =
        |((inside, ignore_file), dockerfiles): (&(RepoPath, RepoPath), &Vec<RepoPath>)| {
            let load = Load::of(before, before, inside, dockerfiles);
            let key = (inside.clone(), ignore_file.clone());
            let followers = after.shared_contexts().known.get(&key);
            let now = followers.map(|it| Load::of(after, before, inside, it)).unwrap_or_default();
            AuditedContext {
                folder: folder(&audited.path(inside)),
                ignore_file: audited.path(ignore_file),
                has_ignore_file: before.tree().exists(ignore_file),
                dockerfiles: dockerfiles.iter().map(|it| audited.path(it)).collect(),
                files: Figure::of(load.files, now.files),
                bytes: Figure { before: load.bytes, after: now.bytes },
            }
        };
    known.map(context).collect()
}
