//! An environment that is installed in a stage of its own and copied from there.

use std::rc::Rc;

use super::{
    Blueprint, Copied, Effect, From,
    compare::{Allowed, Rules, align, is_idle, is_new, objection, same},
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        self, Ecosystem,
        images::{self, Release},
        system::{self, What, apt},
    },
    text::ImagePath,
};

/// The copy of an environment out of the stage that installs it.
pub(super) struct Apart<'a> {
    at: usize,
    stage: Rc<Blueprint<'a>>,
    environment: ImagePath,
}

/// Where an image takes this folder, and nothing else, from a stage of its own at the same path.
pub(super) fn built_apart<'a>(
    effects: &[Effect<'a>],
    environment: &ImagePath,
) -> Option<Apart<'a>> {
    let is_it = |it: &Copied<'_>| {
        it.keyword == Keyword::Copy
            && it.flags.is_empty()
            && environment.strip_prefix(&ImagePath::root()) == Some(&it.source)
            && it.destination == *environment
    };
    effects.iter().enumerate().find_map(|(at, effect)| match effect {
        Effect::Copy(it) if is_it(it) => match &it.from {
            From::Stage(stage) => {
                let environment = environment.clone();
                Some(Apart { at, stage: Rc::clone(stage), environment })
            }
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
    (image, new): (&Blueprint<'_>, &Blueprint<'_>),
    apart: &Apart<'_>,
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    if !new.config.leads_to(&apart.environment.join("bin")) {
        return Err("PATH, which does not lead to the environment".to_owned());
    }
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
    if let Some(package) = missed(before, after, image) {
        return Err(format!("the packages of the system: nothing stands for {package}"));
    }
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

/// A package of the system that an image had and may need, and that it has no more, nor what stands for it.
fn missed(before: &[Effect<'_>], after: &[Effect<'_>], image: &Blueprint<'_>) -> Option<String> {
    let release = images::named(&image.base).release().unwrap_or(Release::ANY);
    let (has, gone) = (packages(after, "install"), packages(before, "remove"));
    packages(before, "install").into_iter().find(|package| {
        if has.contains(package) || gone.contains(package) {
            return false;
        }
        match apt::role(package, release) {
            apt::Role::BuildOnly => false,
            apt::Role::Runtime(instead) => !instead.iter().all(|it| has.contains(it)),
            // The image's own Python is another one than the distribution's.
            apt::Role::Both if apt::is_python(package) => false,
            // Who calls them from scripts is asked by the transform.
            apt::Role::Both if apt::fetches(package) => image.config.starts(package),
            apt::Role::Both => true,
        }
    })
}

/// The packages that the RUNs of a list install or remove with apt.
fn packages(effects: &[Effect<'_>], verb: &str) -> Vec<String> {
    let runs = effects.iter().filter_map(|it| match it {
        Effect::Run(run) => run.calls(),
        _ => None,
    });
    let mut found = Vec::new();
    for call in runs.flatten() {
        match (verb, call.subcommand()) {
            ("install", _) => {
                let wanted = system::wanted(&call);
                let items = wanted.iter().flat_map(|it| &it.items);
                found.extend(items.filter_map(|it| match it.what {
                    What::Package { name, .. } => Some(name.to_owned()),
                    What::File(_) | What::Unknown => None,
                }));
            }
            (_, Some("remove" | "purge" | "autoremove")) if call.program.starts_with("apt") => {
                found.extend(call.texts().map(str::to_owned));
            }
            _ => {}
        }
    }
    found
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

/// Whether a path is that of a package manager.
fn names_manager(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    ["poetry", "uv", "uvx", "pipx", "pdm"].contains(&name)
}

/// Whether an effect is of use to an install alone, so that only what it installed is missed.
fn only_installs(effect: &Effect<'_>) -> bool {
    match effect {
        Effect::Run(run) => run.calls().is_some_and(|calls| {
            let fetches =
                calls.iter().any(|it| ecosystems::FETCHERS.contains(&it.program.as_str()));
            calls.iter().all(|it| match it.program.as_str() {
                // They run an installer that was fetched; what else they run is not known.
                "python" | "sh" | "bash" => fetches,
                "ln" | "cp" | "mv" | "chmod" => it.texts().any(names_manager),
                program => INSTALLS.contains(&program),
            })
        }),
        Effect::Copy(copy) => {
            let name = copy.source.rsplit('/').next().unwrap_or_default();
            match copy.from {
                From::Context => Ecosystem::Python.is_manifest(name.trim_end_matches('*')),
                From::Image(_) | From::Stage(_) => {
                    matches!(name, "uv" | "uvx" | "poetry" | "wheels" | "wheelhouse")
                        || Ecosystem::Python.is_manifest(name)
                }
            }
        }
        Effect::Folder { .. } => false,
    }
}
