//! An environment that is installed in a stage of its own and copied from there.

use std::rc::Rc;

use super::{
    Blueprint, Copied, Effect, From,
    compare::{Allowed, Rules, align, is_idle, is_new, objection, same},
};
use crate::packages;

/// The copy of an environment out of the stage that installs it.
pub(super) struct Apart<'a> {
    at: usize,
    stage: Rc<Blueprint<'a>>,
}

/// Where an image takes this folder, and nothing else, from a stage of its own at the same path.
pub(super) fn built_apart<'a>(effects: &[Effect<'a>], environment: &str) -> Option<Apart<'a>> {
    let is_it = |it: &Copied<'_>| {
        it.source == environment.trim_start_matches('/')
            && it.destination.trim_end_matches('/') == environment
    };
    effects.iter().enumerate().find_map(|(at, effect)| match effect {
        Effect::Copy(it) if is_it(it) => match &it.from {
            From::Stage(stage) => Some(Apart { at, stage: Rc::clone(stage) }),
            _ => None,
        },
        _ => None,
    })
}

/// Compares an image with one whose environment is built apart: what the image no longer does itself is
/// done there, in the same order, and is nothing but installing.
pub(super) fn compare(
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    image: &Blueprint<'_>,
    apart: &Apart<'_>,
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    if apart.stage.base != image.base {
        return Err(format!("the base of the environment to {}", apart.stage.base));
    }
    let own = {
        let rules = Rules {
            same: &|a, b| same(&before[a], &after[b], allowed),
            added: &|b| b == apart.at || is_new(&after[b], allowed),
            dropped: &|a| only_installs(&before[a]) || is_idle(&before[a], allowed),
        };
        align(before.len(), after.len(), &rules)
            .map_err(|(a, b)| objection(before.get(a), after.get(b)))?
    };
    let there = &apart.stage.effects;
    let rules = Rules {
        same: &|a, b| same(&before[a], &there[b], allowed),
        added: &|b| is_new(&there[b], allowed),
        dropped: &|a| own[a].is_some() || is_idle(&before[a], allowed),
    };
    align(before.len(), there.len(), &rules)
        .map(drop)
        .map_err(|(a, b)| objection(before.get(a), there.get(b)))
}

/// Programs that leave nothing outside the environment and the system's packages.
const INSTALLS: &[&str] = &[
    "pip",
    "pipx",
    "poetry",
    "uv",
    "pdm",
    "pipenv",
    "venv",
    "virtualenv",
    "apt-get",
    "apt",
    "apt-mark",
    "apk",
    "dnf",
    "microdnf",
    "yum",
    "cd",
    "set",
    "export",
    "echo",
    "true",
    ":",
    "[",
    "test",
    "python",
    "curl",
    "wget",
    "rm",
    "ensurepip",
    "setuptools",
    "easy_install",
    "ldconfig",
    "source",
    ".",
    "find",
];

/// Whether an effect is of use to an install alone, so that only what it installed is missed.
fn only_installs(effect: &Effect<'_>) -> bool {
    match effect {
        Effect::Run(run) => run.programs().is_some_and(|programs| {
            let has = |name: &str| programs.iter().any(|it| it == name);
            // Python runs an installer that was fetched; what else it runs is not known.
            let python = !has("python") || has("curl") || has("wget");
            python && programs.iter().all(|it| INSTALLS.contains(&it.as_str()))
        }),
        Effect::Copy(copy) => {
            let name = copy.source.rsplit('/').next().unwrap_or_default();
            match copy.from {
                From::Context => packages::is_manifest(name.trim_end_matches('*')),
                From::Image(_) | From::Stage(_) => {
                    matches!(name, "uv" | "uvx" | "poetry" | "wheels" | "wheelhouse")
                        || packages::is_manifest(name)
                }
            }
        }
        Effect::Folder { .. } => false,
    }
}
