//! What each command of a RUN is to a virtual environment: what makes it, what fills it, what only brings
//! the tools for that, and what has nothing to do with it.

use super::loss;
use crate::{
    ecosystems,
    run::{CallSite, Run},
    shell::{Argument, Command, Invocation},
    text::Refusal,
};

/// What a command is to the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It puts packages into it.
    Install,
    /// It makes it, at this path as written; `None` for the manager's own choice.
    Create(Option<String>),
    /// It installs a package manager, which the environment needs not: its name.
    Tool(&'static str),
    /// It brings pip and what builds packages up to date.
    Upgrade,
    /// It only speaks to a package manager: settings, caches, lists.
    Manage,
    /// `apt-get install`.
    SystemInstall,
    /// `apt-get remove` and its kin.
    SystemRemove,
    /// It makes `apt-get install` possible, or cleans up behind it.
    SystemUpkeep,
    /// It changes nothing but the shell it runs in.
    Shell,
    /// It makes users and folders, which no install asks for.
    Account,
    /// Anything else.
    Other,
}

/// The package managers that are installed to install, with the names of their plugins.
const TOOLS: &[(&str, &str)] = &[
    ("poetry", "Poetry"),
    ("poetry-core", "Poetry"),
    ("poetry-plugin-export", "Poetry"),
    ("poetry-plugin-bundle", "Poetry"),
    ("poetry-dynamic-versioning", "Poetry"),
    ("uv", "uv"),
    ("pipx", "pipx"),
    ("virtualenv", "virtualenv"),
];

/// What `pip install --upgrade` keeps fresh.
const BUILDERS: &[&str] = &["pip", "setuptools", "wheel", "build"];

/// The programs that make users and folders.
const ACCOUNTS: &[&str] = &[
    "mkdir", "useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod", "chmod", "chown",
    "chgrp", "touch",
];

impl Role {
    /// Whether it is done with a package manager and leaves nothing outside of the environment that the
    /// image would need.
    pub(super) fn is_of_packages(&self) -> bool {
        matches!(
            self,
            Self::Install | Self::Create(_) | Self::Tool(_) | Self::Upgrade | Self::Manage
        )
    }

    /// Whether it matters only to commands beside it.
    pub(super) fn is_beside(&self) -> bool {
        matches!(self, Self::Shell | Self::SystemUpkeep)
    }
}

/// The roles of a RUN's commands.
///
/// # Errors
/// A decline's code and reason, when a command installs to a place that is not the environment's or
/// cannot be known.
pub(super) fn roles(run: &Run<'_>) -> Result<Vec<Role>, Refusal> {
    let commands = run.script.commands();
    (0..commands.len())
        .map(|at| {
            let pipeline = run.text(commands[at].pipeline.clone());
            if let Some(tool) = piped(pipeline) {
                return Ok(Role::Tool(tool));
            }
            match run.calls().iter().find(|it| it.command == at) {
                Some(site) => role(run, at, site),
                None if commands[at].words.is_empty() => Ok(Role::Shell),
                None => Ok(Role::Other),
            }
        })
        .collect()
}

/// The tool that a pipeline fetches and installs.
fn piped(pipeline: &str) -> Option<&'static str> {
    let installers = [
        ("install.python-poetry.org", "Poetry"),
        ("install-poetry.py", "Poetry"),
        ("astral.sh/uv", "uv"),
    ];
    installers.into_iter().find(|it| pipeline.contains(it.0)).map(|it| it.1)
}

fn role(run: &Run<'_>, at: usize, site: &CallSite) -> Result<Role, Refusal> {
    let call = &site.call;
    let command = &run.script.commands()[at];
    if let Some(runner) = call.runner {
        // The environment's own pip, where the runner's environments are known.
        let known = ecosystems::MANAGERS.iter().any(|it| it.name == runner);
        let installs = known && call.program == "pip" && call.subcommand() == Some("install");
        return Ok(if installs { Role::Install } else { Role::Other });
    }
    // What is written to a file may be meant for the image.
    let writes = command.redirects.iter().any(|it| {
        it.operator.contains('>')
            && it
                .target
                .value
                .as_deref()
                // A file that nobody wants, or none.
                .is_none_or(|it| {
                    !loss::is_unquoted(it)
                        && !it.starts_with('&')
                        && !it.starts_with("/dev/")
                        && it.parse::<u8>().is_err()
                })
    });
    let role = match call.program.as_str() {
        "pip" => pip(command, call)?,
        "pipx" if call.subcommand() == Some("install") => {
            let names = call.arguments.iter().map(|it| name(command, it));
            tool(names).unwrap_or(Role::Other)
        }
        "poetry" => poetry(call),
        "uv" => uv(call)?,
        "pipenv" | "pdm" | "conda" | "mamba" | "micromamba" => {
            let reason = format!(
                "{} is not known to install into an environment that is given",
                call.program
            );
            return Err(Refusal::new("other-manager", reason));
        }
        "venv" | "virtualenv" => {
            let folder = call
                .arguments
                .iter()
                .rfind(|it| !it.text.as_deref().is_some_and(|it| it.starts_with('-')));
            let Some(folder) = folder.and_then(|it| it.text.clone()) else {
                return Err(Refusal::new(
                    "unknown-environment",
                    "where it makes the virtual environment is not known",
                ));
            };
            Role::Create(Some(folder))
        }
        "python" => python(call)?,
        "apt-get" | "apt" | "aptitude" => apt(call),
        "rm" => {
            let cleans = |it: &str| {
                it.starts_with('-')
                    || ["/var/lib/apt", "/var/cache/", "/tmp/", "/var/tmp/"]
                        .iter()
                        .any(|of| it.starts_with(of))
                    || it.to_lowercase().contains("cache")
            };
            let all = command.words.iter().skip(1).all(|it| cleans(&it.raw));
            if all { Role::SystemUpkeep } else { Role::Other }
        }
        "ln" | "cp" | "mv" | "chmod" if call.texts().any(is_tool_path) => Role::Manage,
        "cd" | "export" | "set" | "unset" | "umask" | "true" | ":" | "test" | "[" | "."
        | "source" => Role::Shell,
        "echo" if !writes => Role::Shell,
        it if ACCOUNTS.contains(&it) => Role::Account,
        _ => Role::Other,
    };
    let named = command.words.first().is_some_and(|it| it.value.is_some());
    if role.is_of_packages() && !named {
        return Err(Refusal::new(
            "unknown-environment",
            "a variable names the program that installs",
        ));
    }
    let exports = call.subcommand() == Some("export") || call.program == "echo";
    Ok(if writes && role.is_of_packages() && !exports { Role::Other } else { role })
}

/// Whether a path leads to a package manager's program.
fn is_tool_path(path: &str) -> bool {
    path.contains("bin/")
        && matches!(path.rsplit('/').next(), Some("poetry" | "uv" | "uvx" | "pipx"))
}

fn pip(command: &Command, call: &Invocation) -> Result<Role, Refusal> {
    if call.subcommand() != Some("install") {
        return Ok(Role::Manage);
    }
    let elsewhere = ["-t", "--target", "--prefix", "--root", "--user", "--python"];
    if let Some(flag) = call.flags(&elsewhere).next().and_then(|it| it.text.as_deref()) {
        return Err(Refusal::new(
            "install-elsewhere",
            format!("pip is told to install elsewhere: {flag}"),
        ));
    }
    let has_file = call.has(&["-r", "--requirement", "-e", "--editable"]);
    let names = call.positionals(ecosystems::python::pip::VALUED);
    let known: Vec<&str> = names.iter().map(|it| name(command, it)).collect();
    let is_tool = |it: &&&str| TOOLS.iter().any(|of| of.0 == **it);
    let tools = known.iter().filter(is_tool).count();
    let builders = known.iter().filter(|it| BUILDERS.contains(it)).count();
    if has_file || names.is_empty() || tools + builders < names.len() {
        return match known.iter().find(is_tool) {
            Some(it) => Err(Refusal::new(
                "mixed-install",
                format!(
                    "one command installs {it}, which only builds, and packages that the image needs"
                ),
            )),
            None => Ok(Role::Install),
        };
    }
    Ok(tool(known.into_iter()).unwrap_or(Role::Upgrade))
}

fn tool<'t>(mut names: impl Iterator<Item = &'t str>) -> Option<Role> {
    names.find_map(|it| TOOLS.iter().find(|of| of.0 == bare(it))).map(|it| Role::Tool(it.1))
}

/// The name that an argument begins with, also when a variable gives the version.
fn name<'c>(command: &'c Command, argument: &'c Argument) -> &'c str {
    let raw = || command.words.get(argument.word).map_or("", |it| it.raw.as_str());
    bare(argument.text.as_deref().unwrap_or_else(raw).trim_matches(['"', '\'']))
}

/// A requirement's name: `poetry` for `poetry[extra]==1.8.3`.
fn bare(requirement: &str) -> &str {
    let inside = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    requirement.split(|it| !inside(it)).next().unwrap_or_default()
}

fn poetry(call: &Invocation) -> Role {
    match call.subcommand() {
        Some("install" | "sync" | "add" | "update") => Role::Install,
        _ => Role::Manage,
    }
}

fn uv(call: &Invocation) -> Result<Role, Refusal> {
    let elsewhere = ["-t", "--target", "--prefix", "--python", "-p"];
    let (verb, second) = call.subcommands();
    let installs = matches!(verb, Some("sync" | "add"))
        || (verb == Some("pip") && matches!(second, Some("install" | "sync")));
    Ok(match verb {
        Some("python") => {
            return Err(Refusal::new("managed-python", "uv installs a Python of its own"));
        }
        Some("tool") => Role::Other,
        _ if installs || verb == Some("venv") => {
            if let Some(flag) = call.flags(&elsewhere).next().and_then(|it| it.text.as_deref()) {
                return Err(Refusal::new(
                    "install-elsewhere",
                    format!("uv is told what to install for: {flag}"),
                ));
            }
            match verb {
                Some("venv") => {
                    let folder = call.positionals(&["--prompt", "--cache-dir"]);
                    match folder.first() {
                        None => Role::Create(None),
                        Some(it) if it.text.is_some() => Role::Create(it.text.clone()),
                        Some(_) => {
                            return Err(Refusal::new(
                                "unknown-environment",
                                "where uv makes the virtual environment is not known",
                            ));
                        }
                    }
                }
                _ => Role::Install,
            }
        }
        _ => Role::Manage,
    })
}

fn python(call: &Invocation) -> Result<Role, Refusal> {
    let mut texts = call.texts();
    let Some(script) = texts.find(|it| !it.starts_with('-')) else { return Ok(Role::Other) };
    if script.rsplit('/').next() != Some("setup.py") {
        return Ok(Role::Other);
    }
    match texts.next() {
        Some("install") => Ok(Role::Install),
        verb => Err(Refusal::new(
            "builds-in-source",
            format!(
                "`setup.py {}` leaves what it builds beside the source",
                verb.unwrap_or_default()
            ),
        )),
    }
}

fn apt(call: &Invocation) -> Role {
    match call.subcommand() {
        Some("install") => Role::SystemInstall,
        Some("remove" | "purge" | "autoremove" | "auto-remove" | "autopurge") => Role::SystemRemove,
        Some("update" | "clean" | "autoclean" | "upgrade" | "dist-upgrade" | "full-upgrade") => {
            Role::SystemUpkeep
        }
        _ => Role::Other,
    }
}
