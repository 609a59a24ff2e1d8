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

use super::{Compiling, images::PythonVersion};

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

/// How packages without a wheel are compiled. Wheels that were made here are known by their source: pip's
/// documentation, "Caching".
pub(super) const COMPILING: Compiling = Compiling {
    options: &[
        "--build-option",
        "--config-setting",
        "--config-settings",
        "--global-option",
        "--no-binary",
        "--no-binary-package",
    ],
    variables: sets_compiler,
    own_variables: is_own_setting,
};

/// Whether a variable says how packages are compiled: what compilers, CMake and the build scripts of packages with parts
/// in C read.
fn sets_compiler(name: &str) -> bool {
    const NAMES: [&str; 6] = ["CC", "CXX", "CUDAARCHS", "FORCE_CMAKE", "FORCE_CUDA", "NO_BINARY"];
    const STARTS: [&str; 4] = ["CMAKE_", "GGML_", "HOROVOD_WITH", "LLAMA_"];
    const ENDS: [&str; 6] = [
        "FLAGS",
        "_ARCH_LIST",
        "_NO_BINARY",
        "_CONFIG_SETTINGS",
        "_GLOBAL_OPTION",
        "_BUILD_OPTION",
    ];
    name != "MAKEFLAGS"
        && (NAMES.contains(&name)
            || STARTS.iter().any(|it| name.starts_with(it))
            || ENDS.iter().any(|it| name.ends_with(it)))
}

/// Whether a variable that one command gets says how packages are compiled: all but those of the managers, the network
/// and the system.
fn is_own_setting(name: &str) -> bool {
    const STARTS: [&str; 14] = [
        "CURL_",
        "DEBIAN_",
        "GIT_",
        "LC_",
        "PDM_",
        "PIPENV_",
        "PIP_",
        "POETRY_",
        "PYTHON",
        "REQUESTS_",
        "SETUPTOOLS_SCM_",
        "SSL_",
        "UV_",
        "XDG_",
    ];
    const NAMES: [&str; 9] = [
        "HOME",
        "LANG",
        "LD_LIBRARY_PATH",
        "MAKEFLAGS",
        "MAX_JOBS",
        "PATH",
        "TMPDIR",
        "USER",
        "VIRTUAL_ENV",
    ];
    let is_proxy = name.to_ascii_lowercase().ends_with("_proxy");
    let is_known = NAMES.contains(&name) || STARTS.iter().any(|it| name.starts_with(it));
    sets_compiler(name) || !(is_proxy || is_known)
}

/// The variables by which Python, and with it everything that it installs, looks in another place.
pub const ELSEWHERE: &[&str] = &["PYTHONHOME", "PYTHONUSERBASE"];

/// The files that test runners and linters read their settings from.
pub const TOOL_SETTINGS: &[&str] = &["pyproject.toml", "setup.cfg", "tox.ini"];
