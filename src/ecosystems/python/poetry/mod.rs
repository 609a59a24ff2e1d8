//! Poetry: `poetry install`, `poetry sync`, and what its versions can do.
//!
//! After Poetry's documentation ("Commands", "Configuration", the FAQ on Docker layers), its changelog and
//! the `Requires-Python` of its releases.

mod versions;

pub use versions::{DEFAULT, DEFAULT_2, Feature, full, lock_needs_2, missing, pythons};

use super::{COMPILING, pyproject::Pyproject};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, Environments, File, Grammar, Install, Installer, Leaving,
        Manager, Off, OwnEnvironment, Preference, Sharing, Source, Switch, Verb,
        habits::{Habit, Own},
        version::Version,
    },
    shell::{Invocation, Letters, Options, Runner},
    text::{ImagePath, Refusal},
};

/// What it is called on the command line.
pub const NAME: &str = "poetry";
/// What people call it.
pub const TITLE: &str = "Poetry";

/// Poetry.
pub const MANAGER: Manager = Manager {
    packages: &[
        "poetry",
        "poetry-core",
        "poetry-plugin-export",
        "poetry-plugin-bundle",
        "poetry-dynamic-versioning",
    ],
    plugins: "poetry-",
    system_packages: &["poetry", "python3-poetry", "py3-poetry"],
    variables: "POETRY_",
    programs: &[NAME],
    grammar: Grammar {
        // poetry/console/application.py and poetry/console/commands.
        letters: Letters { flags: "Dhlnqv", valued: "CEfGoP" },
        valued: &["-C", "--directory", "-P", "--project"],
        install: &[Verb::new("install"), Verb::new("sync")],
        fetch: &[Verb::new("export")],
        change: &[Verb::new("add"), Verb::new("lock"), Verb::new("remove"), Verb::new("update")],
        apart: &[
            // Written beside the manifest, where the source may bring a file of the same name.
            Verb::new("config").without(&["--local"]),
            Verb::new("self"),
            Verb::new("about"),
            Verb::new("cache"),
            Verb::new("debug"),
        ],
        configure: &[Verb::new("config")],
        clean: &[Verb::new("cache clear")],
        add_plugin: &[Verb::new("self add")],
        update_self: &[Verb::new("self update")],
        runner: Some(Runner {
            program: NAME,
            verb: Some("run"),
            options: Options { short: "CP", long: &["directory", "project"] },
            modules: false,
        }),
        ..Grammar::NONE
    },
    files: &[
        File::manifest("pyproject.toml").marking_project(),
        File::lock("poetry.lock"),
        File::settings("poetry.toml").with_cache_keys(&["cache-dir"]),
    ],
    manifest: "pyproject.toml",
    makes: &[".venv"],
    keeps: &[".config/pypoetry", ".local/share/pypoetry"],
    // The place also holds virtual environments, which the image needs: only the two folders below it that
    // are nothing but cache are mounted.
    cache: &[Cache {
        compiling: Some(COMPILING),
        places: &[CachePlace::Variable("POETRY_CACHE_DIR"), CachePlace::Xdg("pypoetry")],
        parts: &["cache", "artifacts"],
        filled_by: &[
            Verb::new("install"),
            Verb::new("sync"),
            Verb::new("add"),
            Verb::new("update"),
            Verb::new("lock"),
        ],
        off: &[Off::Option("--no-cache")],
        // Before, an archive that is being written looks like one that is there.
        sharing: Sharing::LockedBefore(&[1, 3]),
        spills: true,
        printed_by: &["poetry config cache-dir"],
        ..Cache::NONE
    }],
    environments: Some(Environments {
        fills: FILLS,
        own: Some(OwnEnvironment {
            filled_by: FILLS,
            beside: Some(IN_PROJECT),
            off: Some(CREATE),
            yields: true,
        }),
        folders: &["/.local/bin", "/.poetry/bin", "POETRY_HOME/bin", "{POETRY_HOME}/bin"],
        ..Environments::NONE
    }),
    leaves: &[ENVIRONMENT],
    installers: INSTALLERS,
    habits: &[
        Habit {
            verbs: &["install", "sync"],
            reads: &["pyproject.toml", "poetry.lock", "poetry.toml"],
            folder: &["-C", "--directory", "-P", "--project"],
            makes: &[".venv"],
            manifest: Some("pyproject.toml"),
            without_folders: &["--no-directory"],
            own: Some(Own { without: &["--no-root"], unless: &["package-mode=false"], needs: &[] }),
            ..Habit::IDLE
        },
        Habit {
            verbs: &["export"],
            reads: &["pyproject.toml", "poetry.lock", "poetry.toml"],
            folder: &["-C", "--directory", "-P", "--project"],
            targets: &["-o", "--output"],
            manifest: Some("pyproject.toml"),
            ..Habit::IDLE
        },
        Habit { verbs: &["config", "self", "about", "cache", "debug"], ..Habit::IDLE },
    ],
    facts: |verb, call, at| install(verb.words, call, at),
    broken: Pyproject::broken,
    ..Manager::new(NAME, TITLE, Ecosystem::Python)
};

/// The verbs that install packages.
const FILLS: &[Verb] =
    &[Verb::new("install"), Verb::new("sync"), Verb::new("add"), Verb::new("update")];

/// The environment is next to the project.
const IN_PROJECT: Preference = Preference {
    variable: "POETRY_VIRTUALENVS_IN_PROJECT",
    key: "virtualenvs.in-project",
    values: &["true", "1"],
};

/// Poetry makes no environment.
const CREATE: Preference = Preference {
    variable: "POETRY_VIRTUALENVS_CREATE",
    key: "virtualenvs.create",
    values: &["false", "0"],
};

/// Virtual environments, which are in its cache by default. After "Configuration": `virtualenvs.create`,
/// `virtualenvs.in-project` and `virtualenvs.path`; with an active environment it makes none.
const ENVIRONMENT: Leaving = Leaving {
    verbs: &[Verb::new("install"), Verb::new("sync")],
    unless: &[Switch::Set("VIRTUAL_ENV"), Switch::Set("POETRY_VIRTUALENVS_PATH")],
    preferences: &[IN_PROJECT, CREATE],
    settings: &["poetry.toml"],
    said: &["virtualenvs.path", "VIRTUAL_ENV=", "bin/activate"],
    run_needs_only_this: true,
    ..Leaving::ALWAYS
};

/// The scripts that install Poetry.
pub const INSTALLERS: &[Installer] = &[
    Installer { script: "install.python-poetry.org", ..INSTALLER },
    Installer { script: "install-poetry.py", ..INSTALLER },
    // Of Poetry 1.1 and before.
    Installer {
        script: "get-poetry.py",
        unreleased: &["--preview", "-p", "--file"],
        programs: ".poetry/bin",
        is_gone: true,
        ..INSTALLER
    },
];

const INSTALLER: Installer = Installer {
    options: &["--version"],
    variable: "POETRY_VERSION",
    unreleased: &["--preview", "-p", "--git", "--path"],
    removes: &["--uninstall"],
    programs: ".local/bin",
    home: "POETRY_HOME",
    ..Installer::NONE
};

fn install(verb: &str, call: &Invocation, at: &At<'_>) -> Option<Install> {
    let directory = directory(call, at)?;
    let file = |name: &str| directory.join(name);
    let mut install = Install::default();
    install.needs(file("pyproject.toml"));
    install.takes(file("poetry.lock"));
    install.takes(file("poetry.toml"));
    install.settings(
        call,
        at,
        &[],
        &[".config/pypoetry/config.toml", ".config/pypoetry/auth.toml"],
    );
    if install.source != Source::Nothing {
        return Some(install);
    }
    match verb {
        "export" => {
            let files = call.values(&["-o", "--output"]).into_iter().flatten();
            install.makes.extend(files.filter_map(|it| at.path(it)));
        }
        _ => install.makes.push(file(".venv")),
    }
    let manifest = match at.pyproject(&file("pyproject.toml")) {
        Ok(it) => it,
        Err(source) => {
            install.source = source;
            return Some(install);
        }
    };
    let archives =
        manifest.paths.iter().filter(|it| it.ends_with(".whl") || it.ends_with(".tar.gz"));
    archives.for_each(|it| install.needs(directory.join(it)));
    // Without a lock Poetry resolves, and reads the manifests of the folders that it depends on.
    let unlocked = (at.text)(&file("poetry.lock")).is_none();
    let folders =
        manifest.paths.iter().filter(|it| !it.ends_with(".whl") && !it.ends_with(".tar.gz"));
    for folder in folders.filter(|_| unlocked) {
        let path = directory.join(&format!("{folder}/pyproject.toml"));
        let own = (at.text)(&path).and_then(|it| Pyproject::read(&it).ok());
        if !own.is_some_and(|it| it.has_poetry) {
            let reason = format!("there is no poetry.lock, so Poetry has to resolve {folder}");
            install.source = Source::Now(Refusal::new("no-lock", reason));
            return Some(install);
        }
        install.needs(path);
    }
    let has_folders =
        manifest.paths.iter().any(|it| !it.ends_with(".whl") && !it.ends_with(".tar.gz"));
    let installs_root = manifest.package_mode && !call.has(&["--no-root"]);
    let mut flags = Vec::new();
    if installs_root {
        flags.push("--no-root");
    }
    if has_folders && !call.has(&["--no-directory"]) {
        flags.push("--no-directory");
    }
    let version = if has_folders { (at.version)() } else { None };
    let can_skip_folders = version.as_ref().is_some_and(|it| *it >= Version::new(&[1, 5]));
    install.source = if let Some(path) = manifest.paths.first().filter(|_| verb == "export") {
        Source::Now(Refusal::new(
            "local-requirement",
            format!("pyproject.toml depends on {path}, and so does what is exported"),
        ))
    } else if verb == "export" {
        Source::Nothing
    } else if call.has(&["--only-root"]) {
        Source::Now(Refusal::new(
            "root-only",
            "poetry install --only-root installs nothing but the project itself",
        ))
    } else if flags.contains(&"--no-directory") && !can_skip_folders {
        let version = match &version {
            Some(it) => format!("Poetry {it} does not know --no-directory (1.5)"),
            None => {
                "this stage does not show which Poetry it has: before 1.5 there is no --no-directory"
                    .to_owned()
            }
        };
        let reason = format!("pyproject.toml depends on folders of the project, and {version}");
        Source::Now(Refusal::new("poetry-version", reason))
    } else if flags.is_empty() {
        Source::Nothing
    } else {
        Source::First { leaves_out: flags }
    };
    Some(install)
}

/// The directory whose manifest a call reads.
pub fn directory(call: &Invocation, at: &At<'_>) -> Option<ImagePath> {
    match call.values(&["-C", "--directory", "-P", "--project"]).last() {
        Some(it) => at.path((*it)?),
        None => at.directory.cloned(),
    }
}
