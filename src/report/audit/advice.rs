//! What to do beyond what refit does.

use schemars::JsonSchema;
use serde::Serialize;

use super::{Audited, Figures};
use crate::callers::Caller;

/// Something to do that is not refit's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, JsonSchema)]
pub struct Advice {
    /// What to do, in a sentence without a full stop.
    pub title: String,
    /// Why, and what to look out for.
    pub text: String,
    /// The commands that do it, if there are any.
    pub commands: Vec<String>,
}

/// Advice for a repository that builds images. No command deletes data: caches alone, and never volumes.
///
/// docs.docker.com: "docker builder prune", "docker buildx prune".
pub(super) fn advice(audited: &Audited<'_>, figures: Figures) -> Vec<Advice> {
    if figures.dockerfiles.before == 0 {
        return Vec::new();
    }
    let files = audited.plan.before.files();
    let mut builds = files.flat_map(|it| &it.callers().builds);
    let in_ci = builds.any(|it| matches!(it.caller, Caller::GitHubActions | Caller::GitLab));
    let place =
        if in_ci { "after the builds of a CI runner that keeps its disk" } else { "now and then" };
    vec![Advice {
        title: "Keep the build cache small without losing it".to_owned(),
        text: format!(
            "Run one of these {place}: cache that was used last is kept, up to this size. The first is for Docker, \
             the second for releases of buildx that have the option. Neither touches images or volumes; a `prune` \
             with `--volumes` deletes data, and belongs in no job."
        ),
        commands: vec![
            "docker builder prune --force --keep-storage=5GB".to_owned(),
            "docker buildx prune --force --reserved-space=5GB".to_owned(),
        ],
    }]
}
