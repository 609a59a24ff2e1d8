//! Python's package managers, and what they share.

mod distributions;
pub mod hatch;
pub mod pdm;
pub mod pip;
pub mod pipenv;
pub mod poetry;
pub mod pyproject;
pub mod requirements;
pub mod uv;

use super::images::PythonVersion;

pub use distributions::{
    SEEDS, TOOL_CACHES, TOOL_DATA, adds_named, installs_from_disk, is_builder, is_tool,
    may_run_pip, named, needs_openmp, runs_pip_unnamed, takes_names,
};

/// The programs that do nothing but make virtual environments, in the folder that follows.
pub const ENVIRONMENT_MAKERS: &[&str] = &["venv", "virtualenv"];

/// Those of them that are packages.
pub const ENVIRONMENT_TOOLS: &[&str] = &["virtualenv"];

/// Modules that are started with `-m`, leave nothing in the home directory and install only into the environment.
pub const INSTALLED_MODULES: [&str; 12] = [
    "build",
    "compileall",
    "ensurepip",
    "pip",
    "playwright",
    "py_compile",
    "site",
    "spacy",
    "unidic",
    "venv",
    "virtualenv",
    "zipfile",
];

/// The files that `python -m NAME` may start: the module, or the program of the package.
pub fn module_files(module: &str) -> [String; 2] {
    let path = module.replace('.', "/");
    [format!("{path}.py"), format!("{path}/__main__.py")]
}

/// Managers of which only the names of the programs are known.
pub const UNREAD: &[&str] = &["conda", "mamba", "micromamba"];

/// Whether a project asks for another Python than this one, by `requires-python` of its manifests or by the text of
/// its `.python-version`; whatever is pinned is another one than an unknown one.
pub fn asks_for_another<'t>(
    manifests: impl IntoIterator<Item = &'t str>,
    pinned: Option<&str>,
    python: Option<PythonVersion>,
) -> bool {
    let asked = |text: &str| {
        let line = text.lines().find(|it| it.trim_start().starts_with("requires-python"))?;
        let bound = line.split(">=").nth(1)?.trim_start();
        let bound = bound.split(|it: char| !it.is_ascii_digit() && it != '.').next()?;
        let mut numbers = bound.split('.').filter_map(|it| it.parse::<u32>().ok());
        Some(PythonVersion(numbers.next().unwrap_or(3), numbers.next().unwrap_or(0)))
    };
    let is_too_old = |text: &str| python.zip(asked(text)).is_some_and(|(it, wanted)| it < wanted);
    let is_pinned = |text: &str| {
        // `3.12`, `cpython-3.12.1`.
        let text = text.trim().rsplit('-').next().unwrap_or_default();
        python.is_none_or(|it| {
            let version = it.to_string();
            text != version && !text.starts_with(&format!("{version}."))
        })
    };
    manifests.into_iter().any(is_too_old) || pinned.is_some_and(is_pinned)
}

/// The script by which a project of setuptools builds and installs itself: `python setup.py install`.
pub const PROJECT_SCRIPT: ProjectScript = ProjectScript { name: "setup.py", fills: &["install"] };

/// A script of a project that is started with a verb.
#[derive(Clone, Copy, Debug)]
pub struct ProjectScript {
    /// Its name.
    pub name: &'static str,
    /// The verbs with which it installs into the environment; others leave what they build beside the source.
    pub fills: &'static [&'static str],
}

/// The variables by which Python, and with it everything that it installs, looks in another place.
pub const ELSEWHERE: &[&str] = &["PYTHONHOME", "PYTHONUSERBASE"];

/// The files that test runners and linters read their settings from.
pub const TOOL_SETTINGS: &[&str] = &["pyproject.toml", "setup.cfg", "tox.ini"];
