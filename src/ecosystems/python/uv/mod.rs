//! uv: `uv sync`, `uv pip install` and their kin.
//!
//! After uv's documentation: "Using uv in Docker", "Caching" and the reference of its settings.

mod options;
mod run;
mod settings;

use super::{COMPILING, pip, pyproject::Pyproject};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, Environments, File, Grammar, Install, Installer, Leaving,
        Manager, Off, OffVariable, OwnEnvironment, Setting, Source, Switch, UNKNOWN, Verb,
        habits::{Habit, Own},
        homes::Brought,
        runners::Synced,
    },
    shell::{Invocation, Letters, Options, Runner},
    text::Refusal,
};
use options::RUN_VALUED;
use settings::{folder, has_no_others, takes_settings};

/// Whether a run finds the environment up to date that a sync has brought.
pub(in crate::ecosystems) fn is_current(synced: &Synced<'_>) -> bool {
    run::is_current(synced)
}

/// What it is called on the command line.
pub const NAME: &str = "uv";
/// What people call it.
pub const TITLE: &str = "uv";

/// uv.
pub const MANAGER: Manager = Manager {
    packages: &["uv"],
    system_packages: &["uv"],
    variables: "UV_",
    programs: &[NAME],
    grammar: Grammar {
        // The command line's reference, docs.astral.sh/uv/reference/cli.
        letters: Letters { flags: "hnqUvV", valued: "bcCefioprPtw" },
        valued: &[
            "--directory",
            "--project",
            "--config-file",
            "--cache-dir",
            "--color",
            "--python-preference",
            "--allow-insecure-host",
            "--prompt",
        ],
        install: &[Verb::new("sync"), Verb::new("pip install"), Verb::new("pip sync")],
        fetch: &[Verb::new("export")],
        change: &[Verb::new("add"), Verb::new("lock"), Verb::new("remove")],
        apart: &[
            Verb::new("venv"),
            Verb::new("python"),
            Verb::new("cache"),
            Verb::new("tool"),
            Verb::new("self"),
            Verb::new("pip install"),
            Verb::new("pip uninstall"),
            Verb::new("pip list"),
            Verb::new("pip freeze"),
            Verb::new("pip check"),
        ],
        clean: &[Verb::new("cache clean"), Verb::new("cache prune")],
        tools: &[Verb::new("tool install")],
        update_self: &[Verb::new("self update")],
        runner: Some(Runner {
            program: NAME,
            verb: Some("run"),
            options: Options { short: "CPfipw", long: RUN_VALUED },
            modules: true,
        }),
        run: &[Verb::new("tool run")],
        runners: &["uvx"],
        ..Grammar::NONE
    },
    files: &[
        File::manifest("pyproject.toml").marking_project().with_cache_keys(&["symlink"]),
        File::lock("uv.lock"),
        File::settings("uv.toml").with_cache_keys(&["cache-dir", "no-cache", "symlink"]),
        File::runtime(".python-version"),
    ],
    manifest: "pyproject.toml",
    makes: &[".venv"],
    keeps: &[".config/uv", ".local/share/uv", ".local/state/uv"],
    cache: &[Cache {
        compiling: Some(COMPILING),
        places: &[
            CachePlace::Option(&["--cache-dir"]),
            CachePlace::Variable("UV_CACHE_DIR"),
            CachePlace::Xdg("uv"),
        ],
        filled_by: &[
            Verb::new("sync"),
            Verb::new("add"),
            Verb::new("lock"),
            Verb::new("pip install"),
            Verb::new("pip sync"),
            Verb::new("pip compile"),
            Verb::new("tool install"),
        ],
        off: &[
            Off::Option("--no-cache"),
            Off::Option("-n"),
            Off::Option("--no-cache-dir"),
            Off::Variable(OffVariable { name: "UV_NO_CACHE", when: is_true }),
        ],
        // A script's environment lives in the cache.
        linked: &[
            Switch::Value("--link-mode", "symlink"),
            Switch::Variable("UV_LINK_MODE", "symlink"),
            Switch::Option("--script"),
        ],
        offline: &[Switch::Option("--offline"), Switch::Set("UV_OFFLINE")],
        printed_by: &["uv cache dir"],
        ..Cache::NONE
    }],
    environments: Some(Environments {
        fills: &[
            Verb::new("sync"),
            Verb::new("add"),
            Verb::new("pip install"),
            Verb::new("pip sync"),
        ],
        makes: &[Verb::new("venv")],
        interpreters: &[Verb::new("python")],
        programs: &[Verb::new("tool")],
        own: Some(OwnEnvironment {
            filled_by: &[Verb::new("sync"), Verb::new("add")],
            beside: None,
            off: None,
            yields: false,
        }),
        elsewhere: &["-t", "--target", "--prefix", "--python", "-p"],
        elsewhere_variables: &["UV_PYTHON"],
        system: &["--system", "--break-system-packages"],
        system_variables: &["UV_SYSTEM_PYTHON"],
        binaries: &["uv", "uvx"],
        folders: &["/.local/bin", "/.cargo/bin"],
        ..Environments::NONE
    }),
    leaves: LEAVES,
    installers: &[Installer {
        script: "astral.sh/uv",
        programs: ".local/bin",
        home: "UV_INSTALL_DIR",
        ..Installer::NONE
    }],
    habits: &[
        Habit {
            verbs: &["sync"],
            reads: &["pyproject.toml", "uv.lock"],
            above: ABOVE,
            folder: FOLDER,
            makes: &[".venv"],
            made: Some("UV_PROJECT_ENVIRONMENT"),
            manifest: Some("pyproject.toml"),
            without_folders: &["--no-install-workspace", "--no-install-local"],
            whole: &["[tool.uv.workspace]", "dynamic=[\"dependencies"],
            alone: &["--no-install-workspace"],
            unchecked: Some(("--frozen", "UV_FROZEN")),
            own: Some(Own {
                without: &["--no-install-project", "--no-install-workspace"],
                unless: &["package=false"],
                needs: &["[build-system]", "package=true"],
            }),
            ..Habit::IDLE
        },
        Habit {
            verbs: &["export"],
            reads: &["pyproject.toml", "uv.lock"],
            above: ABOVE,
            folder: FOLDER,
            targets: &["-o", "--output-file"],
            manifest: Some("pyproject.toml"),
            whole: &["[tool.uv.workspace]", "dynamic=[\"dependencies"],
            ..Habit::IDLE
        },
        Habit { verbs: &["pip sync"], lists_follow: true, ..PIP },
        PIP,
        Habit {
            verbs: &[
                "venv",
                "python",
                "cache",
                "tool",
                "self",
                "pip uninstall",
                "pip list",
                "pip freeze",
                "pip check",
            ],
            lists: pip::FILES,
            ..Habit::IDLE
        },
    ],
    facts: |verb, call, at| match verb.words {
        "sync" | "export" => sync(call, at, verb.words == "export"),
        _ => pip_install(call, at, verb.words == "pip sync"),
    },
    broken: Pyproject::broken,
    ..Manager::new(NAME, TITLE, Ecosystem::Python)
};

/// Interpreters and tools. After "Python versions", "Tools" and "Environment variables" of its documentation.
const LEAVES: &[Leaving] = &[
    Leaving {
        verbs: &[Verb::new("python install")],
        unless: &[Switch::Set("UV_PYTHON_INSTALL_DIR")],
        ..Leaving::ALWAYS
    },
    Leaving {
        verbs: &[Verb::new("tool install")],
        unless: &[Switch::Set("UV_TOOL_DIR")],
        ..Leaving::ALWAYS
    },
    // It fetches an interpreter if the image has none.
    Leaving {
        verbs: &[Verb::new("sync"), Verb::new("venv")],
        without: Some(Brought::Python),
        unless: &[
            Switch::Set("UV_NO_MANAGED_PYTHON"),
            Switch::Set("UV_PYTHON_DOWNLOADS"),
            Switch::Set("UV_PYTHON_INSTALL_DIR"),
            Switch::Set("UV_PYTHON_PREFERENCE"),
        ],
        ..Leaving::ALWAYS
    },
];

const ABOVE: &[(&str, &str)] =
    &[("uv.toml", ""), (".python-version", ""), ("pyproject.toml", "[tool.uv")];

const FOLDER: &[&str] = &["--directory", "--project"];

const PIP: Habit = Habit {
    verbs: &["pip install"],
    above: &[("uv.toml", ""), ("pyproject.toml", "[tool.uv")],
    folder: FOLDER,
    lists: pip::FILES,
    paths: pip::HABIT_PATHS,
    targets: pip::HABIT_TARGETS,
    ..Habit::IDLE
};

fn is_true(value: &str) -> bool {
    ["1", "true", "t", "yes", "y", "on"].contains(&value.to_ascii_lowercase().as_str())
}

/// `uv pip install` reads what `pip install` reads; `uv pip sync` names its files without a flag.
fn pip_install(call: &Invocation, at: &At<'_>, names_files: bool) -> Option<Install> {
    let mut inner = call.clone();
    let verb = inner.arguments.iter().position(|it| it.text.as_deref() == Some("pip"))?;
    inner.arguments.remove(verb);
    if names_files {
        let files: Vec<usize> = inner.positionals(pip::VALUED).iter().map(|it| it.word).collect();
        for argument in inner.arguments.iter_mut().filter(|it| files.contains(&it.word)) {
            argument.text = argument.text.take().map(|it| format!("--requirement={it}"));
        }
    }
    let mut install = pip::requirements(&inner, at)?;
    match folder(call, at) {
        Some(it) => takes_settings(&mut install, call, at, &it),
        None => install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN)),
    }
    // uv reads a manifest as a list of requirements, without installing its project.
    for it in call.values(&["-r", "--requirement", "--requirements"]) {
        if it.is_some_and(|it| {
            it.ends_with("pyproject.toml") || it.ends_with("setup.py") || it.ends_with("setup.cfg")
        }) {
            let text = it.and_then(|it| (at.text)(&at.path(it)?));
            let manifest = text.and_then(|it| Pyproject::read(&it).ok());
            if let Some(path) = manifest.as_ref().and_then(|it| it.paths.first()) {
                let reason = format!("pyproject.toml depends on {path}, so uv needs its source");
                install.source = Source::Now(Refusal::new("local-requirement", reason));
            } else if manifest.is_none_or(|it| it.dynamic_dependencies) {
                install.source = Source::Now(Refusal::new(
                    "dynamic-metadata",
                    "uv has to build the project to know its dependencies",
                ));
            }
        }
    }
    Some(install)
}

fn sync(call: &Invocation, at: &At<'_>, exports: bool) -> Option<Install> {
    // A script lists its dependencies itself.
    if call.has(&["--script"]) {
        return None;
    }
    let directory = folder(call, at)?;
    let file = |name: &str| directory.join(name);
    let mut install = Install::default();
    install.needs(file("pyproject.toml"));
    install.takes(file("uv.lock"));
    let mut workspace = false;
    // Settings and workspaces are looked for in the folders above, too.
    for above in directory.ancestors() {
        install.takes(above.join(".python-version"));
        let text = (at.text)(&above.join("pyproject.toml"));
        workspace |= text.is_some_and(|it| Pyproject::read(&it).is_ok_and(|it| it.workspace));
    }
    takes_settings(&mut install, call, at, &directory);
    if exports {
        let files = call.values(&["-o", "--output-file"]).into_iter().flatten();
        install.makes.extend(files.filter_map(|it| at.path(it)));
    } else {
        match at.variable(call, "UV_PROJECT_ENVIRONMENT") {
            Setting::Known(it) if !it.is_empty() => {
                install.makes.push(directory.join(&it));
            }
            Setting::Unknown => {
                install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
            }
            _ => install.makes.push(file(".venv")),
        }
    }
    if install.source != Source::Nothing {
        return Some(install);
    }
    let manifest = match at.pyproject(&file("pyproject.toml")) {
        Ok(it) => it,
        Err(source) => {
            install.source = source;
            return Some(install);
        }
    };
    let lock = (at.text)(&file("uv.lock"));
    // A lock that is taken as it is says whether the project itself is installed.
    let is_package =
        manifest.is_uv_package || lock.as_deref().is_some_and(settings::has_editable_root);
    let one = call.has(&["--package", "--all-packages"]);
    // Asked for no more than to install what the lock says, uv looks at no manifest but that of the root
    // ("Using uv in Docker", on intermediate layers in workspaces).
    let frozen = call.has(&["--frozen"])
        || matches!(at.variable(call, "UV_FROZEN"), Setting::Known(it) if is_true(&it));
    let is_alone =
        !one && frozen && manifest.workspace && lock.is_some_and(|it| has_no_others(&it));
    install.source = if workspace && is_alone && !exports {
        match call.has(&["--no-install-workspace", "--no-install-local"]) {
            true => Source::Nothing,
            false => Source::First { leaves_out: vec!["--no-install-workspace"] },
        }
    } else if workspace || one {
        let reason = match (one, frozen) {
            (true, _) => "it installs members of a workspace by name, whose manifests uv reads",
            (false, true) => {
                "the lock does not show which folders are members of the workspace alone"
            }
            (false, false) => {
                "without --frozen, uv compares the lock with the manifests of every member of the workspace"
            }
        };
        Source::Now(Refusal::new("workspace", reason))
    } else if let Some(path) = manifest.paths.first() {
        Source::Now(Refusal::new(
            "local-requirement",
            format!("pyproject.toml depends on {path}, so uv needs its source"),
        ))
    } else if manifest.dynamic_dependencies {
        Source::Now(Refusal::new(
            "dynamic-metadata",
            "uv has to build the project to know its dependencies",
        ))
    } else if exports && !call.has(&["--no-emit-project"]) && is_package {
        Source::Now(Refusal::new("local-requirement", "what is exported names the project itself"))
    } else if exports
        || !is_package
        || call.has(&["--no-install-project", "--no-install-workspace"])
    {
        Source::Nothing
    } else {
        Source::First { leaves_out: vec!["--no-install-project"] }
    };
    Some(install)
}
