//! PDM: `pdm install` and `pdm sync`.
//!
//! After PDM's documentation of its commands and configuration.

use super::{COMPILING, pyproject::Pyproject};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, File, Grammar, Install, Installer, Manager, Off,
        OffVariable, Source, Switch, Verb,
        habits::{Habit, Own},
    },
    shell::{Invocation, Letters, Options, Runner},
    text::Refusal,
};

/// What it is called on the command line.
pub const NAME: &str = "pdm";
/// What people call it.
pub const TITLE: &str = "PDM";

/// PDM.
pub const MANAGER: Manager = Manager {
    packages: &["pdm"],
    plugins: "pdm-",
    system_packages: &["pdm"],
    variables: "PDM_",
    programs: &[NAME],
    grammar: Grammar {
        // pdm/cli/options.py.
        letters: Letters { flags: "dghqv", valued: "cGLp" },
        valued: &["-p", "--project", "-c", "--config", "-G", "--group", "--with", "--without"],
        install: &[Verb::new("install"), Verb::new("sync")],
        change: &[Verb::new("add"), Verb::new("lock"), Verb::new("remove"), Verb::new("update")],
        apart: &[Verb::new("config"), Verb::new("cache"), Verb::new("self"), Verb::new("plugin")],
        configure: &[Verb::new("config")],
        clean: &[Verb::new("cache clear"), Verb::new("cache remove")],
        add_plugin: &[Verb::new("self add"), Verb::new("plugin add")],
        update_self: &[Verb::new("self update")],
        runner: Some(Runner {
            program: NAME,
            verb: Some("run"),
            options: Options { short: "cp", long: &["config", "project", "venv"] },
            modules: false,
        }),
        ..Grammar::NONE
    },
    files: &[
        File::manifest("pyproject.toml").marking_project(),
        File::lock("pdm.lock"),
        File::settings("pdm.toml").with_cache_keys(&["cache"]),
        File::runtime(".pdm-python"),
        File::settings(".pdm.toml").with_cache_keys(&["cache"]),
    ],
    manifest: "pyproject.toml",
    makes: &[".venv", "__pypackages__"],
    keeps: &[".config/pdm"],
    cache: &[Cache {
        compiling: Some(COMPILING),
        places: &[CachePlace::Variable("PDM_CACHE_DIR"), CachePlace::Xdg("pdm")],
        filled_by: &[
            Verb::new("install"),
            Verb::new("sync"),
            Verb::new("add"),
            Verb::new("update"),
            Verb::new("lock"),
        ],
        off: &[
            Off::Option("--no-cache"),
            Off::Variable(OffVariable { name: "PDM_NO_CACHE", when: |it| !it.is_empty() }),
        ],
        // With this cache, packages are links into the cache.
        linked: &[Switch::Set("PDM_INSTALL_CACHE")],
        spills: true,
        ..Cache::NONE
    }],
    installers: &[Installer {
        script: "install-pdm.py",
        options: &["-v", "--version"],
        variable: "PDM_VERSION",
        unreleased: &["--prerelease"],
        removes: &["-r", "--remove"],
        programs: ".local/bin",
        home: "PDM_HOME",
        ..Installer::NONE
    }],
    habits: &[
        Habit {
            verbs: &["install", "sync"],
            reads: &[
                "pyproject.toml",
                "pdm.lock",
                "pdm.toml",
                ".pdm.toml",
                ".pdm-python",
                ".python-version",
            ],
            folder: &["-p", "--project"],
            makes: &[".venv", "__pypackages__"],
            manifest: Some("pyproject.toml"),
            whole: &["dynamic=[\"dependencies"],
            own: Some(Own {
                without: &["--no-self"],
                unless: &["distribution=false"],
                needs: &["[build-system]"],
            }),
            ..Habit::IDLE
        },
        Habit { verbs: &["config", "cache", "self", "plugin"], ..Habit::IDLE },
    ],
    facts: |_, call, at| install(call, at),
    broken: Pyproject::broken,
    ..Manager::new(NAME, TITLE, Ecosystem::Python)
};

fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    let directory = match call.values(&["-p", "--project"]).last() {
        Some(it) => at.path((*it)?)?,
        None => at.directory?.clone(),
    };
    let file = |name: &str| directory.join(name);
    let mut install = Install::default();
    install.needs(file("pyproject.toml"));
    for name in ["pdm.lock", "pdm.toml", ".pdm-python", ".python-version"] {
        install.takes(file(name));
    }
    install.settings(call, at, &["PDM_CONFIG_FILE"], &[".config/pdm/config.toml"]);
    install.makes.extend([file(".venv"), file("__pypackages__")]);
    let manifest = match at.pyproject(&file("pyproject.toml")) {
        Ok(it) => it,
        Err(source) => {
            install.source = source;
            return Some(install);
        }
    };
    install.source = if install.source != Source::Nothing {
        install.source
    } else if let Some(path) = manifest.paths.first() {
        Source::Now(Refusal::new(
            "local-requirement",
            format!("pyproject.toml depends on {path}, so PDM needs its source"),
        ))
    } else if manifest.dynamic_dependencies {
        Source::Now(Refusal::new(
            "dynamic-metadata",
            "PDM has to build the project to know its dependencies",
        ))
    } else if !manifest.has_build_system || manifest.pdm_virtual || call.has(&["--no-self"]) {
        Source::Nothing
    } else {
        Source::First { leaves_out: vec!["--no-self"] }
    };
    Some(install)
}
