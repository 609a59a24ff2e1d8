//! Which frontend a Dockerfile with cache mounts asks for.

use std::collections::BTreeMap;

use crate::{
    dockerfile::{Instruction, Keyword},
    ecosystems::images,
    project::Project,
    run::Site,
};

/// The frontend that a file without one asks for where the project uses none; cache mounts came with 1.2.
const SYNTAX: &str = "docker/dockerfile:1.7";

/// The frontend to ask for in a project; looked for once.
struct Frontend(String);

/// The frontend that most Dockerfiles of the project name, of those that know cache mounts.
pub(super) fn frontend(project: &Project) -> &str {
    let Frontend(name) = project.whole().get(|| {
        let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
        let named = project.dockerfiles().filter_map(|it| it.1.directive("syntax"));
        // Those that ask for this one may do so only since they got mounts.
        for it in named.filter(|it| *it != SYNTAX && images::is_released_with_cache_mounts(it)) {
            *counts.entry(it).or_default() += 1;
        }
        let most = counts.into_iter().rev().max_by_key(|it| it.1);
        Frontend(most.map_or(SYNTAX, |it| it.0).to_owned())
    });
    name
}

/// Whether a file lacks a frontend: it names none, and has no mounts, with which it is built without.
pub(super) fn is_missing(site: &Site<'_>) -> bool {
    let is_mounted = |it: &Instruction| it.keyword == Keyword::Run && it.mounts().next().is_some();
    let has_mounts = || HasMounts(site.dockerfile.instructions().any(|it| is_mounted(it.1)));
    site.dockerfile.directive("syntax").is_none() && !site.dockerfile.memo.get(has_mounts).0
}

/// Whether a RUN of a Dockerfile has a mount; looked for once.
struct HasMounts(bool);
