//! pip: `pip install`, `wheel` and `download`.
//!
//! After pip's documentation: "Requirements File Format", "Caching" and "Configuration".

mod options;

pub(crate) use options::VALUED;
use options::{CONFIGURED, INDEXES, TARGETS};
pub(super) use options::{FILES, HABIT_PATHS, HABIT_TARGETS};

use super::{
    COMPILING,
    requirements::{self, Line},
};
use crate::{
    ecosystems::{
        At, Cache, CachePlace, Ecosystem, Environments, File, Grammar, Install, Installer, Leaving,
        Manager, Off, OffVariable, Read, Setting, Source, Switch, UNKNOWN, Verb, habits::Habit,
    },
    shell::{Invocation, Letters},
    text::{ImagePath, Refusal},
};

/// What it is called on the command line.
pub const NAME: &str = "pip";
/// What people call it.
pub const TITLE: &str = "pip";

/// pip.
pub const MANAGER: Manager = Manager {
    packages: &["pip"],
    system_packages: &["python3-pip", "python-pip", "py3-pip", "pip"],
    variables: "PIP_",
    programs: &[NAME],
    grammar: Grammar {
        // pip/_internal/cli/cmdoptions.py and pip/_internal/commands.
        letters: Letters { flags: "hIlqUvVy", valued: "bcCdefiprtw" },
        valued: VALUED,
        manifest_options: FILES,
        install: &[Verb::new("install")],
        fetch: &[Verb::new("wheel"), Verb::new("download")],
        // Nothing but names of packages: what lists them was asked for before.
        apart: &[
            Verb::new("install"),
            Verb::new("download"),
            Verb::new("uninstall"),
            Verb::new("list"),
            Verb::new("freeze"),
            Verb::new("show"),
            Verb::new("config"),
            Verb::new("cache"),
            Verb::new("check"),
        ],
        configure: &[Verb::new("config")],
        clean: &[Verb::new("cache purge"), Verb::new("cache remove")],
        ..Grammar::NONE
    },
    files: &[
        File::manifest("requirements.txt").marking_project(),
        File::manifest("*requirements*.txt"),
        File::manifest("*requirements*.in"),
        File::manifest("requirements*.pip"),
        File::manifest("constraints*.txt"),
        File::manifest("setup.py").marking_project(),
        File::manifest("setup.cfg"),
        File::settings("pip.conf").with_cache_keys(&["cache"]),
        File::named("*requirement*.in"),
        File::named("*requirement*.pip"),
        File::named("*requirement*.txt"),
        File::named("*requirement"),
        File::named("*requirements"),
        File::named("*reqs*.in"),
        File::named("*reqs*.pip"),
        File::named("*reqs*.txt"),
        File::named("*reqs"),
        File::named("*constraint*.in"),
        File::named("*constraint*.pip"),
        File::named("*constraint*.txt"),
        File::named("*constraint"),
        File::named("*constraints"),
        File::named("*dependencies*.in"),
        File::named("*dependencies*.pip"),
        File::named("*dependencies*.txt"),
        File::named("*dependencies"),
        File::named("*requirement*/*.in"),
        File::named("*requirement*/*.pip"),
        File::named("*requirement*/*.txt"),
        File::named("*reqs*/*.in"),
        File::named("*reqs*/*.pip"),
        File::named("*reqs*/*.txt"),
        File::named("*constraint*/*.in"),
        File::named("*constraint*/*.pip"),
        File::named("*constraint*/*.txt"),
        File::named("*dependencies*/*.in"),
        File::named("*dependencies*/*.pip"),
        File::named("*dependencies*/*.txt"),
    ],
    includes: requirements::included,
    keeps: &[".config/pip", ".pip", "/etc/pip.conf"],
    cache: &[Cache {
        compiling: Some(COMPILING),
        places: &[
            CachePlace::Option(&["--cache-dir"]),
            CachePlace::Variable("PIP_CACHE_DIR"),
            CachePlace::Xdg("pip"),
        ],
        filled_by: &[Verb::new("install"), Verb::new("wheel"), Verb::new("download")],
        off: &[Off::Abbreviated("--no-cache-dir", "--no-ca"), NO_CACHE],
        idle: &["--no-index"],
        printed_by: &["pip cache dir"],
        ..Cache::NONE
    }],
    environments: Some(Environments {
        fills: &[Verb::new("install")],
        elsewhere: &["-t", "--target", "--prefix", "--root", "--user", "--python"],
        elsewhere_variables: &["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_USER"],
        lists: &["-r", "--requirement"],
        in_place: &["-e", "--editable"],
        is_bundled: true,
        ..Environments::NONE
    }),
    leaves: &[Leaving {
        verbs: &[Verb::new("install")],
        when: USER,
        unless: &[Switch::Set("PYTHONUSERBASE")],
        ..Leaving::ALWAYS
    }],
    installers: &[Installer { script: "get-pip.py", ..Installer::NONE }],
    habits: &[
        Habit {
            verbs: &["install", "wheel", "download"],
            lists: FILES,
            paths: HABIT_PATHS,
            targets: HABIT_TARGETS,
            ..Habit::IDLE
        },
        Habit {
            verbs: &["uninstall", "list", "freeze", "show", "config", "cache", "check"],
            lists: FILES,
            ..Habit::IDLE
        },
    ],
    facts: |_, call, at| requirements(call, at),
    ..Manager::new(NAME, TITLE, Ecosystem::Python)
};

/// What makes pip install to `~/.local`: "User Installs".
const USER: &[Switch] = &[Switch::Option("--user"), Switch::Set("PIP_USER")];

/// pip takes any value that is set and not empty for a yes, `0` and `false` included
/// (`_handle_no_cache_dir` in `cmdoptions.py` says why).
pub(super) const NO_CACHE: Off =
    Off::Variable(OffVariable { name: "PIP_NO_CACHE_DIR", when: |it| !it.is_empty() });

/// What `pip install` and its like (`uv pip install`) read; `None` when no file says what to install.
pub(super) fn requirements(call: &Invocation, at: &At<'_>) -> Option<Install> {
    let mut install = Install::default();
    let mut seen = Vec::new();
    let locals = call.positionals(VALUED);
    let locals = locals.iter().map(|it| it.text.as_deref());
    for local in locals.chain(call.values(&["-e", "--editable"])) {
        match local {
            Some(it @ ("." | "..")) => local_requirement(&mut install, at, it, "the command line"),
            Some(it) => {
                if let Some(path) = requirements::local(it) {
                    local_requirement(&mut install, at, &path, "it");
                }
            }
            None => install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN)),
        }
    }
    for file in call.values(FILES) {
        match file.and_then(|it| at.path(it)) {
            Some(path) if !file.is_some_and(|it| it.contains("://")) => {
                read(&mut install, at, path, &mut seen);
            }
            Some(_) => {}
            None => install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN)),
        }
    }
    for folder in call.values(&["-f", "--find-links"]) {
        archives(&mut install, at, folder.unwrap_or("$"), "it");
    }
    for index in call.values(INDEXES).into_iter().flatten() {
        archives(&mut install, at, index, "it");
    }
    for group in call.values(&["--group"]) {
        let file = group.and_then(|it| it.split_once(':')).map_or("pyproject.toml", |it| it.0);
        at.path(file).into_iter().for_each(|it| install.needs(it));
    }
    // Files and folders that the environment names are read by every call.
    for (name, is_file) in
        [("PIP_REQUIREMENT", true), ("PIP_CONSTRAINT", true), ("PIP_FIND_LINKS", false)]
    {
        match at.variable(call, name) {
            Setting::Known(value) if value.is_empty() || value.contains("://") => {}
            Setting::Known(value) if is_file => {
                at.path(&value).into_iter().for_each(|it| read(&mut install, at, it, &mut seen));
            }
            Setting::Known(value) => archives(&mut install, at, &value, name),
            Setting::Unknown => {
                install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
            }
            Setting::Unset => {}
        }
    }
    for target in call.values(TARGETS) {
        match target.and_then(|it| at.path(it)) {
            Some(path) => install.makes.push(path),
            None => install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN)),
        }
    }
    if install.is_empty() {
        return None;
    }
    for name in ["PIP_TARGET", "PIP_PREFIX", "PIP_ROOT"] {
        if let Setting::Known(path) = at.variable(call, name) {
            install.makes.extend(at.path(&path));
        }
    }
    for file in call.values(&["--cert", "--client-cert"]).into_iter().flatten() {
        at.path(file).into_iter().for_each(|it| install.takes(it));
    }
    let own = install.reads.len();
    let variables = ["PIP_CONFIG_FILE", "PIP_CERT", "PIP_CLIENT_CERT"];
    install.settings(call, at, &variables, &[".config/pip/pip.conf", ".pip/pip.conf"]);
    // A configuration that names further files is not followed.
    let names_files = |it: &Read| {
        let Read::File { path, .. } = it else { return false };
        let text = (at.text)(path).filter(|_| path.as_str().ends_with(".conf"));
        text.is_some_and(|it| it.lines().any(|it| CONFIGURED.contains(&key(it))))
    };
    if install.reads[own..].iter().any(names_files) {
        install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
    }
    Some(install)
}

/// Whether a file of constraints says which versions a call installs.
pub fn is_constrained(call: &Invocation, at: &At<'_>) -> bool {
    call.has(&["-c", "--constraint", "--constraints"])
        || at.variable(call, "PIP_CONSTRAINT") != Setting::Unset
}

fn key(line: &str) -> &str {
    line.split(['=', ':']).next().unwrap_or_default().trim()
}

/// A folder of archives, unless it is on the net.
fn archives(install: &mut Install, at: &At<'_>, folder: &str, place: &str) {
    let folder = folder.strip_prefix("file://").unwrap_or(folder);
    if folder.contains("://") || folder.contains('@') {
        return;
    }
    if folder.contains('$') {
        install.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
    }
    install.takes_folder(at.path(folder), format!("{place} takes archives from {folder}"));
}

/// A requirements or constraints file and the files it names, each once.
fn read(install: &mut Install, at: &At<'_>, path: ImagePath, seen: &mut Vec<ImagePath>) {
    if seen.contains(&path) {
        return;
    }
    seen.push(path.clone());
    install.needs(path.clone());
    if ["pyproject.toml", "setup.py", "setup.cfg"].iter().any(|it| path.as_str().ends_with(it)) {
        return;
    }
    let text = (at.text)(&path);
    let folder = path.parent().unwrap_or_else(ImagePath::root);
    for (line, asked) in requirements::read(text.as_deref().unwrap_or_default()) {
        let place = format!("{}:{line}", path.file_name());
        match asked {
            // A clone to edit stands below the directory that pip runs in.
            Line::Package(it) if it.starts_with("git+") && it.contains("#egg=") => {
                let name = it.rsplit("#egg=").next().unwrap_or_default();
                install.makes.extend(at.path(&format!("src/{}", name.trim())));
            }
            Line::Package(_) => {}
            // Nested files are relative to the file that names them, local packages to the directory.
            Line::Include(nested) => read(install, at, folder.join(&nested), seen),
            Line::Local(local) => local_requirement(install, at, &local, &place),
            Line::FindLinks(folder) => archives(install, at, &folder, &place),
        }
    }
}

/// A file or folder: an archive is one more file to copy, a folder of the project needs its source.
fn local_requirement(install: &mut Install, at: &At<'_>, local: &str, place: &str) {
    let is_archive = [".whl", ".tar.gz", ".zip", ".tar.bz2"].iter().any(|it| local.ends_with(it));
    let is_pattern = local.contains(['*', '?', '[']);
    // Of a pattern, all of its folder is taken for what it may match.
    let folder = if is_pattern { local.rsplit_once('/').map_or(".", |it| it.0) } else { local };
    match at.path(folder) {
        Some(path) if is_archive && !is_pattern => install.needs(path),
        path => {
            let reason = match local {
                "." => "pip installs the project itself and needs its source".to_owned(),
                local => format!("{place} installs {local}, so pip needs its source"),
            };
            install.takes_folder(path, reason);
        }
    }
}
