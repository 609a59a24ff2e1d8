//! Debian's packages: what a final stage needs of those that a build installs, and which programs they bring.
//!
//! The facts are in `apt/*.tsv`, each with its source and how it was made. What a call installs is read in
//! [`system`](crate::ecosystems::system). Not here: Alpine's packages, Red Hat's.

use std::sync::LazyLock;

use foldhash::HashMap;

use crate::ecosystems::images::{CODENAMES, Release};

/// What a final stage needs of a package that was there while its programs were built.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// Nothing: it only builds.
    BuildOnly,
    /// These packages instead.
    Runtime(Vec<String>),
    /// The package itself, or more is not known of it.
    Both,
}

/// What a final stage of this release needs of a package that was there while its programs were built.
///
/// Where a tag may stand for several releases, the answer is right in each of them, or [`Role::Both`]. What is
/// not known is `Both`, too; so are tools, for only their callers can tell whether they are called: ask
/// [`programs`].
pub fn role(package: &str, release: Release) -> Role {
    if let Some(it) = BUILD.get(package) {
        return needs(it.stays.iter().map(|it| (*it).to_owned()).collect());
    }
    let Some(columns) = DEVELOPMENT.get(package) else { return Role::Both };
    let left = release.codenames().iter().map(|it| columns[it.column()].as_ref());
    let Some(left) = left.collect::<Option<Vec<_>>>() else { return Role::Both };
    let Some((first, others)) = left.split_first() else { return Role::Both };
    // A name that only one of the releases uses is as good where another package answers to it.
    let common = |it: &Successor| {
        let names = std::iter::once(it.name).chain(it.also);
        names.into_iter().find(|name| others.iter().all(|it| it.iter().any(|it| it.is(name))))
    };
    let names: Option<Vec<_>> = first.iter().map(|it| common(it).map(str::to_owned)).collect();
    match names {
        Some(names) if others.iter().all(|it| it.len() == first.len()) => needs(names),
        _ => Role::Both,
    }
}

/// The programs that a package brings, when it matters for nothing else: nothing is linked to it. Whether a
/// final stage needs it depends on whether any of them is called there.
///
/// What fetches (curl, wget, git) also recommends `ca-certificates`, which images of bare distributions lack.
pub fn programs(package: &str) -> Option<&'static [&'static str]> {
    TOOLS.get(package).map(|it| it.programs.as_slice())
}

/// Whether a package is mostly there to fetch and unpack what a build needs.
pub fn fetches(package: &str) -> bool {
    TOOLS.get(package).is_some_and(|it| it.builds)
}

/// A library that comes with a build-only package by its dependencies and that prebuilt programs may rely on:
/// LightGBM's wheels want the `libgomp1` that `gcc` brings.
pub fn brings(package: &str) -> Option<&'static str> {
    BUILD.get(package)?.brings
}

/// Why a package is known to be needed only by a build.
pub fn why_build_only(package: &str) -> Option<&'static str> {
    BUILD.get(package).map(|it| it.why)
}

/// Whether a package is the distribution's own Python or builds against it; an image whose Python is
/// another one has no use for it unless somebody calls that Python by its path.
pub fn is_python(package: &str) -> bool {
    let rest = package.strip_prefix("lib").unwrap_or(package);
    let Some(rest) = rest.strip_prefix("python") else { return false };
    let rest = rest.trim_start_matches(|it: char| it.is_ascii_digit() || it == '.');
    let rest = rest.strip_prefix("-full").unwrap_or(rest);
    ["", "-dev", "-minimal", "-stdlib", "-pip", "-venv", "-distutils", "-setuptools", "-wheel"]
        .contains(&rest)
}

fn needs(packages: Vec<String>) -> Role {
    if packages.is_empty() { Role::BuildOnly } else { Role::Runtime(packages) }
}

/// A package that is needed instead of a development package.
#[derive(Debug)]
struct Successor {
    name: &'static str,
    /// The older name that it also answers to.
    also: Option<&'static str>,
}

impl Successor {
    fn is(&self, name: &str) -> bool {
        self.name == name || self.also == Some(name)
    }
}

/// A package that only a build needs.
struct Build {
    stays: Vec<&'static str>,
    brings: Option<&'static str>,
    why: &'static str,
}

/// A package of programs.
struct Tool {
    builds: bool,
    programs: Vec<&'static str>,
}

/// By development package and release: its successors; `None` where they are not known.
type Development = HashMap<&'static str, [Option<Vec<Successor>>; CODENAMES.len()]>;

static DEVELOPMENT: LazyLock<Development> = LazyLock::new(|| {
    let column = |text: Option<&'static str>| match text {
        None | Some("-" | "?") => None,
        Some(text) => Some(names(text).map(successor).collect()),
    };
    let rows = rows(include_str!("development.tsv"));
    rows.map(|(package, mut it)| (package, std::array::from_fn(|_| column(it.next())))).collect()
});

static BUILD: LazyLock<HashMap<&'static str, Build>> = LazyLock::new(|| {
    let rows = rows(include_str!("build.tsv"));
    rows.map(|(package, mut it)| {
        let stays = it.next().map(names).into_iter().flatten().collect();
        let brings = it.next().filter(|it| *it != "-");
        (package, Build { stays, brings, why: it.next().unwrap_or_default() })
    })
    .collect()
});

static TOOLS: LazyLock<HashMap<&'static str, Tool>> = LazyLock::new(|| {
    let rows = rows(include_str!("tools.tsv"));
    rows.map(|(package, mut it)| {
        let builds = it.next() == Some("build");
        (package, Tool { builds, programs: it.next().map(names).into_iter().flatten().collect() })
    })
    .collect()
});

/// The rows of a table: the package, and its further columns.
fn rows(
    table: &'static str,
) -> impl Iterator<Item = (&'static str, impl Iterator<Item = &'static str>)> {
    let rows = table.lines().filter(|it| !it.starts_with('#'));
    rows.filter_map(|it| {
        let mut columns = it.split('\t');
        Some((columns.next()?, columns))
    })
}

/// The packages or programs that a column names.
fn names(column: &'static str) -> impl Iterator<Item = &'static str> {
    column.split(' ').filter(|it| !it.is_empty() && *it != "nothing")
}

fn successor(name: &'static str) -> Successor {
    match name.split_once('=') {
        Some((name, also)) => Successor { name, also: Some(also) },
        None => Successor { name, also: None },
    }
}

#[cfg(test)]
mod tests;
