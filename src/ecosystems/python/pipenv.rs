//! Pipenv: `pipenv install` and `pipenv sync`.
//!
//! After Pipenv's documentation of its commands and environment variables.

use super::{COMPILING, pip, pyproject};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, File, Grammar, Install, Leaving, Manager, Off, Setting,
        Source, Switch, Verb, habits::Habit,
    },
    shell::{Invocation, Letters, Options, Runner},
    text::Refusal,
};

/// What it is called on the command line.
pub const NAME: &str = "pipenv";
/// What people call it.
pub const TITLE: &str = "Pipenv";

/// Pipenv.
pub const MANAGER: Manager = Manager {
    packages: &["pipenv"],
    system_packages: &["pipenv"],
    variables: "PIPENV_",
    programs: &[NAME],
    grammar: Grammar {
        // pipenv/cli/options.py.
        letters: Letters { flags: "dhqv", valued: "eir" },
        valued: VALUED,
        install: &[Verb::new("install"), Verb::new("sync")],
        change: &[
            Verb::new("lock"),
            Verb::new("uninstall"),
            Verb::new("update"),
            Verb::new("upgrade"),
        ],
        clean: &[Verb::new("").with(&["--clear"])],
        runner: Some(Runner {
            program: NAME,
            verb: Some("run"),
            options: Options { short: "", long: &["pypi-mirror", "python"] },
            modules: false,
        }),
        ..Grammar::NONE
    },
    files: &[File::manifest("Pipfile").marking_project(), File::lock("Pipfile.lock")],
    manifest: "Pipfile",
    makes: &[".venv"],
    // Pipenv gives its own cache folder to the pip that it runs.
    cache: &[Cache {
        compiling: Some(COMPILING),
        places: &[CachePlace::Variable("PIPENV_CACHE_DIR"), CachePlace::Xdg("pipenv")],
        filled_by: &[
            Verb::new("install"),
            Verb::new("sync"),
            Verb::new("update"),
            Verb::new("upgrade"),
            Verb::new("lock"),
        ],
        off: &[Off::Option("--clear"), pip::NO_CACHE],
        spills: true,
        ..Cache::NONE
    }],
    // Virtual environments. After "Virtual environments" and "Environment variables" of its documentation.
    leaves: &[Leaving {
        verbs: &[Verb::new("install"), Verb::new("sync")],
        unless: &[
            Switch::Option("--system"),
            Switch::Set("PIPENV_SYSTEM"),
            Switch::Set("PIPENV_VENV_IN_PROJECT"),
            Switch::Set("VIRTUAL_ENV"),
            Switch::Set("WORKON_HOME"),
        ],
        ..Leaving::ALWAYS
    }],
    habits: &[
        Habit {
            verbs: &["install", "sync"],
            reads: &["Pipfile", "Pipfile.lock"],
            lists: &["-r", "--requirements"],
            paths: &["-e", "--editable"],
            makes: &[".venv"],
            manifest: Some("Pipfile"),
            ..Habit::IDLE
        },
        Habit { verbs: &["--version", "check"], ..Habit::IDLE },
    ],
    facts: |_, call, at| install(call, at),
    broken: |name, text| {
        (name == "Pipfile").then(|| pyproject::pipfile_paths(text).err()).flatten()
    },
    ..Manager::new(NAME, TITLE, Ecosystem::Python)
};

const VALUED: &[&str] = &[
    "-r",
    "--requirements",
    "--python",
    "--pypi-mirror",
    "-i",
    "--index",
    "--categories",
    "--extra-pip-args",
];

fn install(call: &Invocation, at: &At<'_>) -> Option<Install> {
    // Packages on the command line change the Pipfile: that is no install from manifests.
    if !call.positionals(VALUED).is_empty()
        || call.has(&["-r", "--requirements", "-e", "--editable"])
    {
        return None;
    }
    let directory = at.directory?;
    let pipfile = match at.variable(call, "PIPENV_PIPFILE") {
        Setting::Known(it) if !it.is_empty() => at.path(&it)?,
        Setting::Unknown => return None,
        _ => directory.join("Pipfile"),
    };
    let mut install = Install::default();
    install.needs(pipfile.clone());
    install.takes(directory.join(&format!("{pipfile}.lock")));
    install.settings(call, at, &["PIP_CONFIG_FILE"], &[".config/pip/pip.conf", ".pip/pip.conf"]);
    if !call.has(&["--system"]) {
        install.makes.push(directory.join(".venv"));
    }
    if install.source != Source::Nothing {
        return Some(install);
    }
    let paths = (at.text)(&pipfile).and_then(|it| pyproject::pipfile_paths(&it).ok());
    install.source = match paths.as_deref() {
        None if (at.text)(&pipfile).is_some() => {
            Source::Now(Refusal::new("unknown-manifest", "the Pipfile cannot be read"))
        }
        None => {
            let reason = format!("the install reads {pipfile}, which is not in the build context");
            Source::Now(Refusal::new("manifest-not-found", reason))
        }
        Some([]) => Source::Nothing,
        Some([path, ..]) => Source::Now(Refusal::new(
            "local-requirement",
            format!("the Pipfile depends on {path}, so Pipenv needs its source"),
        )),
    };
    Some(install)
}
