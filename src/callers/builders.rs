//! The builders of a Dockerfile, and what they do not know.

use std::collections::BTreeMap;

use super::{Build, BuildContext, platforms::railway_build};
use crate::{
    project::Project,
    text::{Place, RepoPath},
};

/// The program that runs the build, as far as the caller tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builder {
    /// Docker with BuildKit.
    Docker,
    /// Docker without BuildKit: after `DOCKER_BUILDKIT=0`, and in clouds that do not turn it on. It does not know
    /// `RUN --mount`.
    Classic,
    /// Buildah or Podman.
    Buildah,
    /// Kaniko, which does not know `RUN --mount`.
    Kaniko,
    /// Railway's, which refuses a cache mount whose `id=` does not have the id of the service.
    Railway,
}

impl Project {
    /// The place where a Dockerfile is built by one of these builders: by a caller, by those who follow a guide, or by
    /// a platform.
    pub fn built_by(&self, dockerfile: &RepoPath, builders: &[Builder]) -> Option<&Place> {
        let builds = self.builds(dockerfile).iter().map(|it| (it.builder, &it.place));
        let told = self.told_builders(dockerfile).iter().map(|it| (it.0, &it.1));
        builds.chain(told).find(|it| builders.contains(&it.0)).map(|it| it.1)
    }
}

/// The builders of Dockerfiles that guides and platforms have, each with its place.
pub(super) fn told(project: &Project) -> BTreeMap<RepoPath, Vec<(Builder, Place)>> {
    let mut found: BTreeMap<RepoPath, Vec<(Builder, Place)>> = BTreeMap::new();
    for file in project.files() {
        let told = file.callers().told.iter();
        let told = told.flat_map(|it| {
            meant(project, it).into_iter().map(|path| (path, it.builder, it.place.clone()))
        });
        let railway = railway_build(project, file).map(|it| (it.0, Builder::Railway, it.1));
        for (dockerfile, builder, place) in told.chain(railway) {
            found.entry(dockerfile).or_default().push((builder, place));
        }
    }
    found
}

/// The Dockerfiles of a build that a guide tells people to make. They may begin outside of the project, with
/// `cd the-project`, or in a folder that the text around it names: then any Dockerfile of the name may be meant.
fn meant(project: &Project, build: &Build) -> Vec<RepoPath> {
    let path = &build.dockerfile;
    let below = path.as_str().split_once('/').and_then(|it| RepoPath::new(it.1));
    let named = [Some(path.clone()), below].into_iter().flatten();
    if let Some(it) = named.into_iter().find(|it| project.tree().is_file(it)) {
        return vec![it];
    }
    let folder = path.parent().unwrap_or(RepoPath::root());
    let all = project.dockerfiles().map(|it| &it.0.path).filter(|it| {
        let is_whole = build.context == BuildContext::Folder(folder.clone());
        is_whole && it.file_name() == path.file_name() && it.strip_prefix(&folder).is_some()
    });
    all.cloned().collect()
}
