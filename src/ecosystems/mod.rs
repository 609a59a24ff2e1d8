//! Package managers: facts about their commands, in the words that transforms share.
//!
//! What a command reads of the image, what it needs of the project's source, what it makes, where it
//! caches and what turns its cache off. Each manager is a file of facts and a line in [`MANAGERS`];
//! transforms name none of them.

mod install;
pub mod python;
pub mod system;
pub mod version;

use python::{pdm, pip, pipenv, poetry, pyproject, uv};
use std::sync::Arc;

use crate::{
    dockerfile::stage::State,
    shell::Invocation,
    text::{ImagePath, glob::Glob},
};

use install::UNKNOWN;
pub use install::{Install, Local, Read, Source};

/// A package manager.
#[derive(Clone, Copy, Debug)]
pub struct Manager {
    /// The name it goes by.
    pub name: &'static str,
    /// The programs it is called as, without versions and folders.
    pub programs: &'static [&'static str],
    /// The names of the files that it reads: patterns as COPY's.
    pub manifests: &'static [&'static str],
    /// What a command installs; `None` when it installs nothing that a manifest lists.
    pub install: fn(&Invocation, &At<'_>) -> Option<Install>,
    /// How a command uses the manager's cache; `None` when it fills none.
    pub caching: fn(&Invocation, &At<'_>) -> Option<Caching>,
    /// The files that configure the manager, each with what it says there of the cache.
    pub cache_config: &'static [(&'static str, &'static str)],
}

/// The package managers that are known.
pub const MANAGERS: &[Manager] =
    &[pip::MANAGER, poetry::MANAGER, uv::MANAGER, pipenv::MANAGER, pdm::MANAGER];

/// The programs that fetch a file, and the packages that bring them.
pub const FETCHERS: [&str; 2] = ["curl", "wget"];

/// Where a command runs.
pub struct At<'a> {
    /// What the Dockerfile says holds there.
    pub state: &'a State,
    /// The directory it runs in; `None` when it cannot be known.
    pub directory: Option<&'a ImagePath>,
    /// The text of the file that a COPY put at a path of the image.
    pub text: &'a dyn Fn(&ImagePath) -> Option<Arc<str>>,
    /// The version of the manager, when the Dockerfile pins one.
    pub version: &'a dyn Fn() -> Option<version::Version>,
}

/// How a command uses its manager's cache.
#[derive(Clone, Debug, Default)]
pub struct Caching {
    /// The folders that hold nothing but cache, as absolute paths of the image; mount these.
    pub folders: Vec<String>,
    /// The folder above them, whose removal is meant to empty them.
    pub root: String,
    /// The arguments that turn the cache off, by position among the command's words.
    pub off: Vec<usize>,
    /// The variables that turn it off when they are set, and how to tell.
    pub off_variables: &'static [OffVariable],
    /// Whether what is installed leads into the cache or lives in it, which the image then needs.
    pub linked: bool,
    /// Whether it takes what is in the cache for granted, without network.
    pub offline: bool,
    /// Whether builds that fill it at the same time may trip over each other.
    pub exclusive: bool,
}

/// A variable that turns a cache off.
#[derive(Clone, Copy, Debug)]
pub struct OffVariable {
    /// Its name.
    pub name: &'static str,
    /// Whether a value turns the cache off.
    pub when: fn(&str) -> bool,
}

impl At<'_> {
    /// `path` as the command sees it; `None` if it is relative and the directory is not known.
    pub fn path(&self, path: &str) -> Option<ImagePath> {
        ImagePath::new(path).or_else(|| self.directory.map(|it| it.join(path)))
    }

    /// The value of a variable as a command sees it: its own assignments first.
    pub fn variable(&self, call: &Invocation, name: &str) -> Setting {
        if let Some((_, value)) = call.assignments.iter().rfind(|it| it.0 == name) {
            return value.clone().map_or(Setting::Unknown, Setting::Known);
        }
        match self.state.variables.get(name) {
            None => Setting::Unset,
            Some(it) if it.from_argument => Setting::Unknown,
            Some(it) => it.value().map_or(Setting::Unknown, |it| Setting::Known(it.to_owned())),
        }
    }

    /// Where a program keeps its cache by the XDG rules: `own` if set, else `$XDG_CACHE_HOME/name`, else
    /// `$HOME/.cache/name`; `None` when that cannot be known.
    pub fn cache(&self, call: &Invocation, own: &str, name: &str) -> Option<String> {
        let absolute = |it: String| it.starts_with('/').then_some(it);
        match self.variable(call, own) {
            Setting::Known(it) if !it.is_empty() => return absolute(it),
            Setting::Unknown => return None,
            _ => {}
        }
        match self.variable(call, "XDG_CACHE_HOME") {
            Setting::Known(it) if !it.is_empty() => {
                return absolute(format!("{}/{name}", it.trim_end_matches('/')));
            }
            Setting::Unknown => return None,
            _ => {}
        }
        absolute(format!("{}/.cache/{name}", self.home(call)?.trim_end_matches('/')))
    }

    /// The home directory as a command sees it; `None` when that cannot be known.
    pub fn home(&self, call: &Invocation) -> Option<String> {
        match self.variable(call, "HOME") {
            Setting::Known(it) => Some(it),
            Setting::Unknown => None,
            Setting::Unset => self.state.home().map(str::to_owned),
        }
    }
}

/// A variable, as far as a Dockerfile tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing sets it.
    Unset,
    /// It has this value.
    Known(String),
    /// It is set to what the Dockerfile does not tell, or a build argument may change it.
    Unknown,
}

/// What a file of this name and text says about caches: the managers, and the key that it sets.
pub fn cache_settings<'a>(
    name: &'a str,
    text: &'a str,
) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
    let says =
        |key: &str| text.lines().any(|it| !it.trim_start().starts_with('#') && it.contains(key));
    let all = MANAGERS.iter().flat_map(|it| it.cache_config.iter().map(|of| (it.name, of)));
    all.filter(move |(_, it)| it.0 == name && says(it.1)).map(|(manager, it)| (manager, it.1))
}

/// What is wrong with the text of a manifest of this name; `None` for a sound one and for other files.
pub fn broken_manifest(name: &str, text: &str) -> Option<pyproject::Broken> {
    match name {
        "pyproject.toml" => pyproject::Pyproject::read(text).err(),
        "Pipfile" => pyproject::pipfile_paths(text).err(),
        _ => None,
    }
}

/// Every program that a manager is called as: what to look for before reading a script.
pub fn programs() -> Vec<&'static str> {
    MANAGERS.iter().flat_map(|it| it.programs).copied().collect()
}

/// The variable of this name that turns a cache off.
pub fn off_variable(name: &str) -> Option<OffVariable> {
    let all = [pip::NO_CACHE, uv::NO_CACHE, pdm::NO_CACHE];
    all.into_iter().find(|it| it.name == name)
}

/// Whether a text that cannot be read as shell seems to install packages.
pub fn seems_to_install(text: &str) -> bool {
    seeming_install(text).is_some()
}

/// Whether a text that cannot be read as shell seems to install from manifests: pip is given names of
/// packages as well as files.
pub fn seems_to_install_from_manifests(text: &str) -> bool {
    let names_files = || {
        let mut words = words(text);
        words.any(|it| it.contains("requirement") || it.starts_with("-r"))
    };
    seeming_install(text).is_some_and(|it| it != "pip" || names_files())
}

/// The program that seems to install packages in a text.
fn seeming_install(text: &str) -> Option<&str> {
    let words: Vec<&str> = words(text).collect();
    words.windows(2).find_map(|it| {
        let program = it[0].rsplit('/').next().unwrap_or_default();
        let program = program.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
        let known = MANAGERS.iter().any(|it| it.programs.contains(&program));
        (known && ["install", "sync", "pip"].contains(&it[1])).then_some(program)
    })
}

fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|it: char| !it.is_alphanumeric() && !"-_./".contains(it));
    parts.filter(|it| !it.is_empty())
}

/// Whether a file of this name is there for package managers and not for the program: a manifest, a lock,
/// or what manifests refer to.
pub fn is_manifest(name: &str) -> bool {
    let patterns = MANAGERS.iter().flat_map(|it| it.manifests).chain(&[
        "README*",
        "LICEN[CS]E*",
        "*.lock",
        "*.whl",
    ]);
    patterns.into_iter().any(|it| Glob::new(it).is_ok_and(|it| it.matches(name)))
}

/// The manager that a call is of.
pub fn manager(call: &Invocation) -> Option<&'static Manager> {
    MANAGERS.iter().find(|it| it.programs.contains(&call.program.as_str()))
}
