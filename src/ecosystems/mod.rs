//! Package managers: facts about their commands, in the words that transforms share.
//!
//! What a command reads of the image, what it needs of the project's source, what it makes, where it
//! caches and what turns its cache off. A manager is a file of facts, a page of cases beside it, which
//! `tests/suite/managers.rs` runs, and a line in [`MANAGERS`]. Whoever asks names none of them.

mod at;
mod cache;
pub mod cargo;
pub mod clutter;
pub mod code;
mod compiling;
pub mod complaints;
pub mod dotnet;
mod environments;
mod files;
pub mod frameworks;
pub mod go;
mod grammar;
mod guess;
pub mod habits;
pub mod history;
pub mod homes;
pub mod images;
mod install;
pub mod jvm;
pub mod node;
mod partial;
pub mod programs;
pub mod python;
mod runners;
mod scripts;
pub mod sources;
pub mod system;
pub mod version;

use std::sync::LazyLock;

use foldhash::HashMap;

use node::{npm, pnpm, yarn1};
use python::{pdm, pip, pipenv, poetry, uv};

use crate::{shell::Invocation, text::Refusal};

pub use at::{At, Setting};
pub use cache::{
    Cache, CacheKind, CachePlace, Caching, Location, Off, OffVariable, Sharing, Switch, caches,
    caches_at_home, off_variable,
};
pub use compiling::Compiling;
pub use environments::{
    ENVIRONMENT_FOLDER, Environments, OwnEnvironment, Preference, Tool, environments,
    installed_by_script, tools,
};
pub use files::{
    File, FileKind, cache_settings, file, files, is_lock, is_lock_in, is_manifest_of, makes,
    manifest_rank, marks_project,
};
pub use grammar::{Grammar, Verb};
pub use guess::{mentioned, mentioned_once, seems_to_install, seems_to_install_from_manifests};
pub use homes::Leaving;
use install::UNKNOWN;
pub use install::{Install, Lifecycle, Read, Source};
pub use runners::{
    Synced, invocation, invocation_of, is_current, runner, runs_for_all, syncs, syncs_by,
};
pub use scripts::{ScriptCall, Scripts, script_call, several};

/// A package manager.
#[derive(Clone, Copy, Debug)]
pub struct Manager {
    /// The name that it goes by on the command line and among packages.
    pub name: &'static str,
    /// The name as people write it.
    pub title: &'static str,
    /// What it installs packages for.
    pub ecosystem: Ecosystem,
    /// The packages of the index that it and its plugins come in; its own first.
    pub packages: &'static [&'static str],
    /// How the names of its plugins' packages begin: `poetry-`; empty if it has none.
    pub plugins: &'static str,
    /// The packages that distributions, Homebrew and conda-forge bring it in.
    pub system_packages: &'static [&'static str],
    /// How the names of the variables begin that configure it.
    pub variables: &'static str,
    /// The programs that it is called as, without versions and folders.
    pub programs: &'static [&'static str],
    /// The program that can start it in the version that a manifest asks for; `None` if there is none.
    pub starter: Option<Starter>,
    /// How its command line is read.
    pub grammar: Grammar,
    /// The files that it reads.
    pub files: &'static [File],
    /// The manifest that it reads in the folder where it runs; empty if it is told which.
    pub manifest: &'static str,
    /// The files that a manifest of it names, by its text: their paths from its folder.
    pub includes: fn(&str) -> Vec<String>,
    /// The folders that it makes beside a manifest.
    pub makes: &'static [&'static str],
    /// Where it keeps settings and data: folders below the home directory, and absolute paths.
    pub keeps: &'static [&'static str],
    /// Where it caches.
    pub cache: &'static [Cache],
    /// How it deals with virtual environments; `None` if it makes none, or is not known to install into one
    /// that it is given.
    pub environments: Option<Environments>,
    /// How its commands begin that set something for all that run later; empty if there are none.
    pub settles: &'static str,
    /// What it leaves in the home directory of the user that runs it, and what puts that elsewhere.
    pub leaves: &'static [Leaving],
    /// Where it comes from, besides an index of packages.
    pub installers: &'static [Installer],
    /// How the addresses begin that it can be downloaded from as an archive, without their scheme.
    pub archives: &'static [&'static str],
    /// What its commands touch without being told, for the engine's judgement; a verb that has no row may
    /// touch anything.
    pub habits: &'static [habits::Habit],
    /// What a call with one of the verbs of [`Grammar::install`], [`Grammar::fetch`] or [`Grammar::build`]
    /// installs; `None` if no manifest says what. Ask [`Manager::install`].
    pub facts: fn(&Verb, &Invocation, &At<'_>) -> Option<Install>,
    /// What is wrong with the text of a file of this name; `None` if it is sound, or another manager's.
    pub broken: fn(&str, &str) -> Option<Broken>,
    /// Why a call of one of its programs is not this manager's after all, but one with other rules and the
    /// same name: Yarn 2 and later. Ask [`Manager::is_other`].
    pub other: fn(&Invocation, &At<'_>) -> Option<String>,
}

/// What packages are for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ecosystem {
    /// Python.
    Python,
    /// Node.
    Node,
    /// Go.
    Go,
}

/// A program that starts a manager in the version that a manifest asks for: Corepack.
#[derive(Clone, Copy, Debug)]
pub struct Starter {
    /// The commands that put it in the manager's place; names of managers may follow.
    pub enabled_by: &'static [&'static str],
    /// Whether the text of a manifest makes the manager itself, of this version if that is known, fetch another one,
    /// keep it in its cache and start it from there, where the starter is not in its place.
    pub switches: fn(&str, Option<&version::Version>) -> bool,
    /// The words of commands that put another version in the manager's place, or may.
    pub replaced_by: &'static [&'static str],
    /// The version of the manager that an image brings, if it is one that the starter has to take the place of.
    pub brought_by: fn(&images::Known<'_>) -> Option<version::Version>,
}

/// A script on the net that installs a manager.
#[derive(Clone, Copy, Debug)]
pub struct Installer {
    /// What its address or file name has, and no other's: `install.python-poetry.org`.
    pub script: &'static str,
    /// The options that say which version to install.
    pub options: &'static [&'static str],
    /// The variable that does; empty if none does.
    pub variable: &'static str,
    /// The options that ask for something else than a release: a preview, a branch, an archive.
    pub unreleased: &'static [&'static str],
    /// The options with which it removes the manager.
    pub removes: &'static [&'static str],
    /// The folder below the home directory that the manager's programs end up in; empty if it is another.
    pub programs: &'static str,
    /// The variable that names another place to install to; empty if none does.
    pub home: &'static str,
    /// True if the script is gone from the net.
    pub is_gone: bool,
}

impl Installer {
    /// A script that takes no version, to start from.
    pub const NONE: Self = Self {
        script: "",
        options: &[],
        variable: "",
        unreleased: &[],
        removes: &[],
        programs: "",
        home: "",
        is_gone: false,
    };
}

/// A manifest that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// The line, counted from 1.
    pub line: usize,
    /// What its reader says.
    pub message: String,
}

/// The package managers that are known.
pub const MANAGERS: &[Manager] = &[
    pip::MANAGER,
    poetry::MANAGER,
    uv::MANAGER,
    pipenv::MANAGER,
    pdm::MANAGER,
    npm::MANAGER,
    yarn1::MANAGER,
    pnpm::MANAGER,
    go::MANAGER,
];

/// The programs that only install tools, each in an environment of its own.
pub const TOOL_INSTALLERS: [&str; 1] = [partial::PIPX];

/// The programs that fetch a file, and the packages that bring them.
pub const FETCHERS: [&str; 2] = ["curl", "wget"];

impl Manager {
    /// A manager of which nothing but its names is known, to start from.
    pub const fn new(name: &'static str, title: &'static str, ecosystem: Ecosystem) -> Self {
        Self {
            name,
            title,
            ecosystem,
            packages: &[],
            plugins: "",
            system_packages: &[],
            variables: "",
            programs: &[],
            starter: None,
            grammar: Grammar::NONE,
            files: &[],
            manifest: "",
            includes: |_| Vec::new(),
            makes: &[],
            keeps: &[],
            cache: &[],
            environments: None,
            settles: "",
            leaves: &[],
            installers: &[],
            archives: &[],
            habits: &[],
            facts: |_, _, _| None,
            broken: |_, _| None,
            other: |_, _| None,
        }
    }

    /// Whether a program of this name, without version and folder, is its own.
    pub fn has_program(&self, name: &str) -> bool {
        self.programs.contains(&name)
    }

    /// The package of the index that it comes in.
    pub fn package(&self) -> &'static str {
        self.packages.first().copied().unwrap_or(self.name)
    }

    /// Whether a package of the index is its own or one of its plugins.
    pub fn is_in(&self, package: &str) -> bool {
        self.packages.contains(&package)
            || (!self.plugins.is_empty() && package.starts_with(self.plugins))
    }

    /// The lock that it writes; empty if it writes none.
    pub fn lock(&self) -> &'static str {
        let lock = self.files.iter().find(|it| it.kind == FileKind::Lock);
        lock.map_or("", |it| it.pattern)
    }

    /// The variable by which Dockerfiles and its installers name the version to install; empty if there is none.
    pub fn version_variable(&self) -> &'static str {
        self.installers.iter().map(|it| it.variable).find(|it| !it.is_empty()).unwrap_or_default()
    }

    /// The script whose address or file name is in a text, of those that install it.
    pub fn installer_in(&self, text: &str) -> Option<&'static Installer> {
        self.installers.iter().find(|it| text.contains(it.script))
    }

    /// What a call of it installs; `None` if it installs nothing that a manifest lists.
    pub fn install(&self, call: &Invocation, at: &At<'_>) -> Option<Install> {
        let grammar = &self.grammar;
        let verb = grammar.verb(call, grammar.install);
        let verb = verb.or_else(|| grammar.verb(call, grammar.fetch));
        let verb = verb.or_else(|| grammar.verb(call, grammar.build))?;
        if let Some(reason) = self.is_other(call, at) {
            let source = Source::Now(Refusal::new("unknown-manifest", reason));
            return Some(Install { source, ..Install::default() });
        }
        (self.facts)(verb, call, at)
    }

    /// Why a call of one of its programs is another manager's; `None` if nothing says so.
    pub fn is_other(&self, call: &Invocation, at: &At<'_>) -> Option<String> {
        (self.other)(call, at)
    }
}

/// What is wrong with the text of a manifest of this name; `None` for a sound one and for other files.
pub fn broken_manifest(name: &str, text: &str) -> Option<Broken> {
    let mut readers = MANAGERS.iter().filter(|it| it.files.iter().any(|it| it.matches("", name)));
    readers.find_map(|it| (it.broken)(name, text))
}

/// Every program that a manager is called as: what to look for before reading a script.
pub fn programs() -> Vec<&'static str> {
    MANAGERS.iter().flat_map(|it| it.programs).copied().collect()
}

/// Whether a program is given the names of packages to install, with versions: `pip install x==1`.
pub fn takes_packages(program: &str) -> bool {
    verbs_of(program).is_some_and(Grammar::takes_names)
}

/// How the command line of a package manager is read, or of a program that is one among other things; `None` for
/// other programs.
fn verbs_of(program: &str) -> Option<&'static Grammar> {
    let known = of_program(program).map(|it| &it.grammar);
    known.or_else(|| partial::named_or_besides(program).map(|it| &it.grammar))
}

/// Whether a call installs packages, fetches them, or writes down what is to be installed; `None` if it is of
/// no package manager that is known.
pub fn installs_packages(call: &Invocation) -> Option<bool> {
    let installs = verbs_of(&call.program).map(|it| it.installs(call));
    installs.or_else(|| system::installs(call))
}

/// Whether a word, in lower case, is the name of a manager or of its manifest: `poetry`, `pyproject`; not if it
/// is a word of the language as well, as those of two letters are.
pub fn is_name(word: &str) -> bool {
    let is_stem = |file: &str| {
        let stem = file.split('.').next().unwrap_or_default();
        !stem.is_empty() && stem.eq_ignore_ascii_case(word)
    };
    2 < word.len() && MANAGERS.iter().any(|it| it.name == word || is_stem(it.manifest))
}

/// The manifests that a program, named without its folder, reads where it runs.
pub fn manifests_of(program: &str) -> impl Iterator<Item = &'static str> {
    let known = MANAGERS.iter().filter(move |it| it.name == program).map(|it| it.manifest);
    let partly = partial::named_or_besides(program).map(|it| it.manifest);
    known.chain(partly).filter(|it| !it.is_empty())
}

/// The manager that a call is of.
pub fn manager(call: &Invocation) -> Option<&'static Manager> {
    of_program(&call.program)
}

/// The managers by their programs, for every call in a script is asked for.
static BY_PROGRAM: LazyLock<HashMap<&str, &Manager>> = LazyLock::new(|| {
    let all = MANAGERS.iter().flat_map(|of| of.programs.iter().map(move |it| (*it, of)));
    // Of two with the same program the first counts.
    all.rev().collect()
});

/// The manager that a program, without version and folder, is of.
pub(super) fn of_program(name: &str) -> Option<&'static Manager> {
    BY_PROGRAM.get(name).copied()
}

/// How the command line of a manager is read, whether or not it has a file of facts; `None` for other programs.
pub fn grammar_of(program: &str) -> Option<&'static Grammar> {
    let known = of_program(program).map(|it| &it.grammar);
    known.or_else(|| partial::named(program).map(|it| &it.grammar))
}

/// Whether a file of this name is a list of requirements, which pip and uv decode by the mark that it begins with:
/// `auto_decode` in `pip/_internal/utils/encoding.py`, `read_to_string_transcode` in `crates/uv-fs/src/lib.rs`.
pub fn is_decoded_by_mark(name: &str) -> bool {
    [".in", ".txt"].iter().any(|it| name.ends_with(it))
        && python::pip::MANAGER.files.iter().any(|it| it.matches("", name))
}

/// Whether a program installs another one each time it is called, and runs that: `npx`.
pub fn is_runner(program: &str) -> bool {
    MANAGERS.iter().any(|it| it.grammar.runners.contains(&program)) || partial::runs(program)
}

/// What a call installs; `None` if it is of no manager, or installs nothing that a manifest lists.
pub fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    manager(call)?.install(call, at)
}
