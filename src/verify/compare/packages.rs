//! The system's packages of two images.

use std::collections::BTreeSet;

use super::{Comparison, Pair, some};
use crate::ecosystems::{
    images::Release,
    system::apt::{self, Role},
};

/// The system's packages compared.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// Packages that stay in the builder.
    pub(super) gone: BTreeSet<String>,
    /// Packages whose loss is a difference.
    pub(super) lost: BTreeSet<String>,
    /// Packages in another version.
    pub(super) other: BTreeSet<String>,
}

pub(super) fn compare(pair: Pair<'_>, comparison: &mut Comparison) -> Fates {
    let Pair { before: (_, before), after: (_, after), declared } = pair;
    let (old, new) = (before.system().packages(), after.system().packages());
    let release = before.codename().and_then(Release::named).unwrap_or(Release::ANY);
    let gone: BTreeSet<&str> =
        old.keys().map(String::as_str).filter(|it| !new.contains_key(*it)).collect();
    let builds = |name: &&str| match &old[*name] {
        it if it.is_alpine => only_builds_on_alpine(name),
        _ => {
            apt::role(name, release) != Role::Both
                || apt::programs(name).is_some()
                || apt::is_python(name)
        }
    };
    let roots: Vec<&str> = match declared.environment {
        Some(_) => gone.iter().copied().filter(builds).collect(),
        None => Vec::new(),
    };
    let closure = before.system().closure(roots.iter().copied());
    // A package that was asked for by name counts, even if others need it, too.
    let own = |it: &&str| roots.contains(it) || !before.system().is_asked_for(it);
    let (explained, lost): (Vec<&str>, Vec<&str>) =
        gone.iter().copied().partition(|it| closure.contains(it) && own(it));
    let needed = |name: &str| {
        let mut others = gone.iter().filter(|it| **it != name && old.contains_key(**it));
        others.any(|it| old[*it].requires.iter().any(|it| it == name))
    };
    for name in &lost {
        comparison.differences.push(format!(
            "the package {name} {} is gone, and it is not known to be needed only to build",
            old[*name].version
        ));
    }
    // A file that was linked with a library during the build needs the library itself.
    for name in roots.iter().filter(|it| !needed(it) && before.system().is_asked_for(it)) {
        let Role::Runtime(stays) = apt::role(name, release) else { continue };
        for stays in stays.iter().filter(|it| gone.contains(it.as_str())) {
            comparison.differences.push(format!(
                "the package {stays} is gone with {name}, and files that were built with {name} may need it"
            ));
        }
    }
    let fresh: Vec<&String> = new.keys().filter(|it| !old.contains_key(*it)).collect();
    if !fresh.is_empty() {
        comparison.notes.push(format!("new packages of the system: {}", some(fresh, 6)));
    }
    let other: BTreeSet<String> = old
        .iter()
        .filter(|(name, it)| new.get(*name).is_some_and(|of| of.version != it.version))
        .map(|it| it.0.clone())
        .collect();
    if !other.is_empty() {
        let text = some(other.iter().map(|it| format!("{it} {}", new[it].version)), 4);
        comparison.notes.push(format!("packages of the system in other versions: {text}"));
    }
    let own = |it: Vec<&str>| it.into_iter().map(str::to_owned).collect();
    Fates { gone: own(explained), lost: own(lost), other }
}

/// Alpine's packages to build with, by its own conventions: headers are in `-dev`, and people give what they
/// install for a while a name with a dot.
fn only_builds_on_alpine(name: &str) -> bool {
    const COMPILERS: [&str; 10] =
        ["build-base", "cargo", "cmake", "g++", "gcc", "make", "musl-dev", "patch", "rust", "git"];
    name.ends_with("-dev")
        || name.ends_with("-headers")
        || name.starts_with('.')
        || COMPILERS.contains(&name)
}
