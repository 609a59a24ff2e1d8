//! The Python distributions of two images.

use std::collections::{BTreeMap, BTreeSet};

use super::{Comparison, Pair, some};
use crate::{
    ecosystems::python::{SEEDS, is_tool},
    text::count::counted,
    verify::contents::{Contents, Distribution},
};

/// The distributions compared.
#[derive(Debug, Default)]
pub(super) struct Fates {
    /// The names of those that stay in the builder.
    pub(super) gone: BTreeSet<String>,
    /// The names of those whose loss is a difference.
    pub(super) lost: BTreeSet<String>,
    /// The tools among those that stay that people asked for.
    pub(super) tools: BTreeSet<String>,
    /// The names of those that another version of is there.
    pub(super) other: BTreeSet<String>,
}

type Versions<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

pub(super) fn compare(pair: Pair<'_>, comparison: &mut Comparison) -> Fates {
    let Pair { before: (_, before), after: (_, after), declared } = pair;
    let (old, new) = (versions(before), versions(after));
    let lost = |it: &&str| !new.contains_key(it);
    let pinned: Vec<&str> = declared.pinned.iter().map(String::as_str).collect();
    let tools: Vec<&str> = old.keys().copied().filter(|it| is_tool(it)).filter(lost).collect();
    let of_tools = match declared.environment {
        Some(_) => closure(before.distributions(), tools.iter().chain(&pinned)),
        // Another version of a tool requires others; the same requires the same.
        None => {
            let is_other = |name: &&&str| {
                new.get(**name).is_some_and(|versions| old.get(**name) != Some(versions))
            };
            closure(before.distributions(), pinned.iter().filter(is_other))
        }
    };
    let of_pinned: BTreeSet<&str> = closure(before.distributions(), &pinned)
        .into_iter()
        .chain(closure(after.distributions(), &pinned))
        .collect();
    let required = required(after.distributions());
    let left: BTreeSet<String> =
        after.distributions().iter().flat_map(Distribution::modules).collect();
    let mut fates = Fates::default();
    let (mut gone, mut moved) = (BTreeSet::new(), Vec::new());
    for (name, versions) in &old {
        let listed = || some(versions, 9);
        let Some(others) = new.get(name) else {
            let by = required.get(name);
            let mut lose = |why: &str| {
                let text = format!("the Python distribution {name} {} is gone{why}", listed());
                comparison.differences.push(text);
                fates.lost.insert((*name).to_owned());
            };
            let explained =
                of_tools.contains(name) || declared.environment.is_some() && SEEDS.contains(name);
            match (by, imported(before, after, &left, name)) {
                (Some(by), _) => lose(&format!(", which {by} requires")),
                (None, Some(by)) => lose(&format!(", and {by}")),
                _ if explained => _ = gone.insert((*name).to_owned()),
                _ if of_system(before, after, name) => {}
                _ => lose(""),
            }
            continue;
        };
        if versions.is_subset(others) {
            comparison.distributions += 1;
            continue;
        }
        fates.other.insert((*name).to_owned());
        // A second copy that came with the system, or with what was installed beside it.
        let copy = others.is_subset(versions) && of_system(before, after, name);
        if SEEDS.contains(name) && declared.environment.is_some() || copy {
            comparison.distributions += 1;
        } else if of_pinned.contains(name) {
            moved.push(format!("{name} {}", some(others, 9)));
        } else {
            comparison.differences.push(format!(
                "the Python distribution {name} is {} instead of {}",
                some(others, 9),
                listed()
            ));
        }
    }
    for (name, versions) in new.iter().filter(|it| !old.contains_key(it.0)) {
        if SEEDS.contains(name) && declared.environment.is_some() || of_pinned.contains(name) {
            continue;
        }
        let version = some(versions, 9);
        let text = format!("the Python distribution {name} {version} is new");
        match of_system(after, before, name) {
            true => comparison.notes.push(text),
            false => comparison.differences.push(text),
        }
    }
    if !moved.is_empty() {
        let what = counted(moved.len(), "Python distribution");
        let text = format!("{what} in other versions, as pinned: {}", some(moved, 4));
        comparison.notes.push(text);
    }
    fates.gone = gone;
    // Tools that others of them need are not what people asked for.
    let is_needed = |name: &str| {
        let others = before.distributions().iter().filter(|it| it.name != name);
        let mut others = others.filter(|it| fates.gone.contains(&it.name));
        others.any(|it| it.requires.iter().any(|it| it.name == name))
    };
    let tools = tools.into_iter().filter(|it| fates.gone.contains(*it) && !is_needed(it));
    fates.tools = tools.map(str::to_owned).collect();
    fates
}

fn versions(contents: &Contents) -> Versions<'_> {
    let mut versions = Versions::new();
    for it in contents.distributions() {
        versions.entry(&it.name).or_default().insert(&it.version);
    }
    versions
}

/// Whether all copies of a distribution that only `one` has belong to packages of the system that only it has.
fn of_system(one: &Contents, other: &Contents, name: &str) -> bool {
    let is_in_other = |copy: &&Distribution| {
        other.distributions().iter().any(|it| it.name == name && it.version == copy.version)
    };
    let copies = one.distributions().iter().filter(|it| it.name == name);
    let mut copies = copies.filter(|it| !is_in_other(it)).peekable();
    copies.peek().is_some()
        && copies.all(|copy| {
            let metadata = [copy.place.clone(), copy.place.join("METADATA")];
            let owner = metadata.iter().find_map(|it| one.system().owner(it));
            owner.is_some_and(|it| !other.system().packages().contains_key(it))
        })
}

/// What imports a module that only a distribution that is gone has, as a sentence: not every package that files
/// import is declared as required.
fn imported(
    before: &Contents,
    after: &Contents,
    left: &BTreeSet<String>,
    name: &str,
) -> Option<String> {
    let copies = before.distributions().iter().filter(|it| it.name == name);
    let modules: BTreeSet<String> = copies.flat_map(Distribution::modules).collect();
    let mut modules = modules.iter().filter(|it| !left.contains(*it));
    modules.find_map(|it| after.importer(it).map(|file| format!("{file} imports {it}")))
}

/// The distributions that others require, each with one that requires it.
fn required(all: &[Distribution]) -> BTreeMap<&str, &str> {
    let extras = extras(all);
    let mut required = BTreeMap::new();
    for it in all {
        let own = extras.get(it.name.as_str()).map_or(&[][..], Vec::as_slice);
        for needed in it.requires.iter().filter(|it| it.holds(own)) {
            required.entry(needed.name.as_str()).or_insert(it.name.as_str());
        }
    }
    required
}

/// The extras of each distribution that others ask for.
fn extras(all: &[Distribution]) -> BTreeMap<&str, Vec<String>> {
    let mut extras: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for it in all.iter().flat_map(|it| &it.requires).filter(|it| it.only_with.is_empty()) {
        extras.entry(&it.name).or_default().extend(it.extras.iter().cloned());
    }
    extras
}

/// The distributions of these names, and all that they require.
fn closure<'a>(
    all: &'a [Distribution],
    names: impl IntoIterator<Item = &'a &'a str>,
) -> BTreeSet<&'a str> {
    let extras = extras(all);
    let mut open: Vec<&str> = names.into_iter().copied().collect();
    let mut closed = BTreeSet::new();
    while let Some(name) = open.pop() {
        let mut found = all.iter().filter(|it| it.name == name).peekable();
        if found.peek().is_none() || !closed.insert(name) {
            continue;
        }
        let own = extras.get(name).map_or(&[][..], Vec::as_slice);
        let needed = found.flat_map(|it| &it.requires).filter(|it| it.holds(own));
        open.extend(needed.map(|it| it.name.as_str()));
    }
    closed
}
