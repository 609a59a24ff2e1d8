//! What lies in the folder of a project and most images do without: version control, caches, environments, editors'
//! settings, documentation. By the names that tools give it.
//!
//! To add something, add a line to [`TABLE`]. What a package manager makes beside a manifest, its facts say
//! ([`super::Manager::makes`]).

mod made;
mod readers;
mod table;

use std::sync::LazyLock;

use foldhash::HashMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::MANAGERS;
pub use made::BUILD_STATE;
pub use readers::{
    DEVELOPERS_TABLES, DOTENV_PROGRAMS, READS_DOTENV, adds_folders, is_private_key, may_test,
    may_use_packages, runs_tests,
};
pub use table::TABLE;

/// The kinds of clutter.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// The history of the repository.
    VersionControl,
    /// Caches and reports of compilers, linters and test runners.
    Caches,
    /// Virtual environments: what is installed for this machine.
    Environments,
    /// Packages that a manager installs beside the manifest.
    Packages,
    /// What a build makes.
    Outputs,
    /// Settings of editors.
    Editors,
    /// What operating systems leave in folders.
    System,
    /// Logs that package managers leave.
    Logs,
    /// Dockerfiles, compose files and the like.
    Containers,
    /// Settings of CI and of services around the repository.
    Ci,
    /// Documentation.
    Docs,
    /// Tests.
    Tests,
    /// Passwords and private keys.
    Secrets,
    /// Databases of developers.
    Databases,
}

/// A file or folder of a kind, by its name.
#[derive(Clone, Copy, Debug)]
pub struct Clutter {
    /// Its name, in which `*` stands for anything.
    pub name: &'static str,
    /// Its kind.
    pub class: Class,
    /// The folders that it is found in.
    pub place: Place,
    /// False if something that belongs to the source may have the same name: then it counts only where git ignores it.
    pub is_distinct: bool,
    /// Files of a folder beside or below which it comes to be, by name; `*` stands for anything.
    beside: &'static [&'static str],
    /// Packages that make it, as manifests name them.
    pub packages: &'static [&'static str],
    /// A file without which nobody has it, by name, where neither of these shows it; empty if anybody may have it.
    pub with: &'static str,
    /// The commands in scripts of a `package.json` that make it.
    scripts: &'static [&'static str],
    /// The commands that make it again: a program and words of its command line, in order.
    made_by: &'static [&'static str],
    /// Programs that read it where it lies, without being told.
    pub read_by: &'static [&'static str],
    /// What a manifest beside it has if something reads it.
    pub read_with: &'static [&'static str],
}

/// The folders that a kind of clutter is found in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// The folder of the repository.
    Top,
    /// Beside a manifest.
    Project,
    /// Any folder.
    Anywhere,
}

impl Class {
    /// All kinds, in the order in which an ignore file lists them.
    pub const ALL: [Self; 14] = [
        Self::VersionControl,
        Self::Environments,
        Self::Packages,
        Self::Caches,
        Self::Outputs,
        Self::Editors,
        Self::System,
        Self::Logs,
        Self::Containers,
        Self::Ci,
        Self::Docs,
        Self::Tests,
        Self::Secrets,
        Self::Databases,
    ];

    /// What it is called in the heading of a list.
    pub fn title(self) -> &'static str {
        match self {
            Self::VersionControl => "Version control",
            Self::Caches => "Caches",
            Self::Environments => "Virtual environments",
            Self::Packages => "Packages",
            Self::Outputs => "Build outputs",
            Self::Editors => "Editors",
            Self::System => "Operating systems",
            Self::Logs => "Logs",
            Self::Containers => "Docker",
            Self::Ci => "CI",
            Self::Docs => "Documentation",
            Self::Tests => "Tests",
            Self::Secrets => "Secrets",
            Self::Databases => "Databases",
        }
    }

    /// True if no image is meant to have it: a tool made it for this machine, and makes it again wherever it is needed.
    pub fn is_local(self) -> bool {
        !matches!(
            self,
            Self::Containers
                | Self::Ci
                | Self::Docs
                | Self::Tests
                | Self::Secrets
                | Self::Databases
        )
    }
}

impl Clutter {
    const fn new(name: &'static str, class: Class, place: Place) -> Self {
        Self {
            name,
            class,
            place,
            is_distinct: true,
            beside: &[],
            packages: &[],
            with: "",
            scripts: &[],
            made_by: &[],
            read_by: &[],
            read_with: &[],
        }
    }

    const fn near(self, beside: &'static [&'static str]) -> Self {
        Self { beside, ..self }
    }

    const fn of_packages(self, packages: &'static [&'static str]) -> Self {
        Self { packages, ..self }
    }

    const fn with(self, with: &'static str) -> Self {
        Self { with, ..self }
    }

    const fn by_scripts(self, scripts: &'static [&'static str]) -> Self {
        Self { scripts, ..self }
    }

    const fn made_by(self, made_by: &'static [&'static str]) -> Self {
        Self { made_by, ..self }
    }

    const fn read_by(self, read_by: &'static [&'static str]) -> Self {
        Self { read_by, ..self }
    }

    const fn read_with(self, read_with: &'static [&'static str]) -> Self {
        Self { read_with, ..self }
    }

    const fn or_source(self) -> Self {
        Self { is_distinct: false, ..self }
    }

    /// The names of files beside or below which it comes to be: those of the table, the manifest that the managers which
    /// make it have in common, and the lock of one that makes it alone.
    pub fn beside(&self) -> impl Iterator<Item = &'static str> + use<> {
        let name = self.name;
        let makers = move || MANAGERS.iter().filter(move |it| it.makes.contains(&name));
        let is_alone = makers().count() == 1;
        let files = makers().map(move |it| if is_alone { it.lock() } else { it.manifest });
        self.beside.iter().copied().chain(files)
    }

    /// Whether it is a folder.
    pub fn is_folder(&self) -> bool {
        const FILES: [&str; 4] = ["*.tsbuildinfo", ".coverage", ".eslintcache", "*.log"];
        const FOLDERS: [&str; 4] = [".circleci", ".devcontainer", ".github", ".gitlab"];
        match self.class {
            Class::System | Class::Logs | Class::Secrets | Class::Databases => false,
            Class::Containers | Class::Ci => FOLDERS.contains(&self.name),
            Class::Docs => !self.name.contains(['*', '.']),
            _ => !FILES.contains(&self.name),
        }
    }

    /// Whether a file or folder of this name may be it.
    pub fn is_called(&self, name: &str) -> bool {
        is_like(self.name, name)
    }
}

/// Whether a name is like one in which `*` stands for anything.
pub fn is_like(pattern: &str, name: &str) -> bool {
    super::files::is_like(pattern.as_bytes(), name.as_bytes())
}

/// The rows of the table by their names: every part of every path is looked up.
struct Names {
    whole: HashMap<&'static str, usize>,
    patterns: Vec<usize>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let all = TABLE.iter().enumerate().map(|(at, row)| (row.name, at));
    let (patterns, whole): (Vec<_>, Vec<_>) = all.partition(|it| it.0.contains('*'));
    Names {
        whole: whole.into_iter().collect(),
        patterns: patterns.into_iter().map(|it| it.1).collect(),
    }
});

/// The number of the first row of the [`TABLE`] that a file or folder of this name may be of.
pub fn number_of(name: &str) -> Option<usize> {
    let by_pattern = || NAMES.patterns.iter().copied().find(|at| TABLE[*at].is_called(name));
    NAMES.whole.get(name).copied().or_else(by_pattern)
}

/// The kinds of clutter that a path, seen from a build context, is or lies in by its names, from the top.
pub fn classes_of(path: &str) -> impl Iterator<Item = Class> {
    path.split('/').filter_map(number_of).map(|it| TABLE[it].class)
}

/// The same of a path that git has: what may be source is none of them.
pub fn classes_of_tracked(path: &str) -> impl Iterator<Item = Class> {
    let rows = path.split('/').filter_map(number_of).map(|it| &TABLE[it]);
    rows.filter(|it| it.is_distinct).map(|it| it.class)
}

/// The first of them.
pub fn class_of(path: &str) -> Option<Class> {
    classes_of(path).next()
}

/// The names of what git often ignores and a builder is sent all the same; its own folder is not asked for.
pub fn often_ignored() -> impl Iterator<Item = &'static str> {
    let is_ignored = |it: Class| it.is_local() && it != Class::VersionControl;
    let rows = TABLE.iter().filter(move |it| is_ignored(it.class) || it.class == Class::Secrets);
    rows.map(|it| it.name).filter(|it| !it.contains('*')).chain(IGNORE_FILES)
}

/// Files that say what a builder is not sent, which some projects keep out of git.
const IGNORE_FILES: [&str; 2] = [".containerignore", ".dockerignore"];

/// Files that make their folder a project, beside the manifests of the managers that are known.
const PROJECTS: &[&str] = &[
    "Cargo.toml",
    "Gemfile",
    "Package.swift",
    "build.gradle",
    "build.gradle.kts",
    "build.sbt",
    "composer.json",
    "deno.json",
    "mix.exs",
    "pom.xml",
    "setup.cfg",
    "*.csproj",
    "*.sln",
];

/// Whether a folder with a file of this name is a project, of any language.
pub fn begins_project(name: &str) -> bool {
    super::marks_project(name) || PROJECTS.iter().any(|it| is_like(it, name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_its_own_comes_before_the_patterns_that_it_is_like() {
        for (at, row) in TABLE.iter().enumerate().filter(|it| !it.1.name.contains('*')) {
            assert_eq!(
                TABLE.iter().position(|it| it.is_called(row.name)),
                Some(at),
                "{}",
                row.name
            );
        }
    }

    #[test]
    fn what_managers_make_is_clutter() {
        let unknown = crate::ecosystems::makes().filter(|it| class_of(it).is_none());
        assert_eq!(unknown.collect::<Vec<_>>(), [""; 0]);
    }

    #[test]
    fn a_path_is_what_the_first_of_its_folders_is() {
        let rows = [
            ("web/node_modules/a/README.md", Some(Class::Packages)),
            (".git", Some(Class::VersionControl)),
            ("api/tests/__pycache__/a.pyc", Some(Class::Tests)),
            ("deploy/Dockerfile.dev", Some(Class::Containers)),
            ("src/main.py", None),
            (".gitignore", None),
        ];
        for (path, expected) in rows {
            assert_eq!(class_of(path), expected, "{path}");
        }
    }

    #[test]
    fn environments_come_beside_the_manifests_of_their_managers() {
        let row = TABLE.iter().find(|it| it.name == ".venv").unwrap();
        assert!(row.beside().any(|it| it == "pyproject.toml"));
        let is_beside = |name: &str| row.beside().any(|it| is_like(it, name));
        assert!(is_beside("requirements-dev.txt") && !is_beside("package.json"));
    }
}
