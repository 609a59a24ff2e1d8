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

pub use distributions::{
    SEEDS, TOOL_CACHES, TOOL_DATA, adds_named, installs_from_disk, is_builder, is_tool,
    may_run_pip, named, runs_pip_unnamed, takes_names,
};

/// The programs that do nothing but make virtual environments, in the folder that follows.
pub const ENVIRONMENT_MAKERS: &[&str] = &["venv", "virtualenv"];

/// Those of them that are packages.
pub const ENVIRONMENT_TOOLS: &[&str] = &["virtualenv"];

/// Managers of which only the names of the programs are known.
pub const UNREAD: &[&str] = &["conda", "mamba", "micromamba"];

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
