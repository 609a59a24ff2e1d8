//! What each command of a RUN is to a virtual environment: what makes it, what fills it, what only brings
//! the tools for that, and what has nothing to do with it.

use super::{environment::unknown_folder, loss};
use crate::{
    ecosystems::{
        self, Cache, ENVIRONMENT_FOLDER, Ecosystem, Environments, Manager, TOOL_INSTALLERS, Tool,
        python::{ENVIRONMENT_MAKERS, PROJECT_SCRIPT, UNREAD, is_builder},
        system::{self, System},
        tools,
    },
    run::{CallSite, Run, independence::is_known},
    shell::{Argument, Command, Invocation, is_shell},
    text::Refusal,
};

/// What a command is to the environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// It installs packages into the environment.
    Install,
    /// It makes the environment in this folder, as written.
    Create(String),
    /// It installs a tool to install with, which the environment does not need.
    Tool(Tool),
    /// It updates the packages that others are built and installed with.
    Upgrade,
    /// It asks a package manager for something else: settings, caches, lists.
    Manage,
    /// `apt-get install`.
    SystemInstall,
    /// `apt-get remove` and the like.
    SystemRemove,
    /// It prepares `apt-get install`, or cleans up after it.
    SystemUpkeep,
    /// It changes only the shell it runs in.
    Shell,
    /// It makes users and folders.
    Account,
    /// It works on files that only the builder has.
    Input,
    /// Anything else.
    Other,
}

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
            let site = run.call_of(at);
            if let Some(tool) = ecosystems::installed_by_script(pipeline)
                && handles_files(&commands[at], site)
            {
                return Ok(Role::Tool(tool));
            }
            match site {
                Some(site) => role(run, site),
                None if commands[at].words.is_empty() => Ok(Role::Shell),
                None => Ok(Role::Other),
            }
        })
        .collect()
}

/// Whether a command may fetch a script or run it: of another program nobody knows what it does with an address.
fn handles_files(command: &Command, site: Option<&CallSite>) -> bool {
    let first = command.words.first().map_or("", |it| it.raw.as_str());
    let program = site.map_or(first, |it| it.call.program.as_str());
    let is_script = || first.contains('/') || ecosystems::installed_by_script(first).is_some();
    !first.contains("://")
        && (site.is_none() || is_known(program) || is_shell(program) || is_script())
}

fn role(run: &Run<'_>, site: &CallSite) -> Result<Role, Refusal> {
    let call = &site.call;
    let command = &run.script.commands()[site.command];
    let manager = ecosystems::manager(call).filter(|it| it.ecosystem == Ecosystem::Python);
    if let Some(runner) = call.runner {
        return Ok(if fills_from_within(runner, manager, call) {
            Role::Install
        } else {
            Role::Other
        });
    }
    let role = match manager {
        Some(manager) => of_manager(manager, command, call)?,
        None => of_program(command, call)?,
    };
    if !role.is_of_packages() {
        return Ok(role);
    }
    if command.words.first().is_none_or(|it| it.value.is_none()) {
        return Err(Refusal::new(
            "unknown-environment",
            "a variable names the program that installs",
        ));
    }
    // What it writes to a file may be meant for the image, unless it is a list to install.
    let exports = manager.is_some_and(|it| it.grammar.has(call, it.grammar.fetch));
    Ok(if writes(command) && !exports { Role::Other } else { role })
}

/// Whether a manager that another one runs in its environment fills that: `poetry run pip install`.
fn fills_from_within(runner: &str, manager: Option<&Manager>, call: &Invocation) -> bool {
    // Where the others keep their environments is not known.
    let is_known = ecosystems::MANAGERS.iter().any(|it| it.name == runner);
    let own = manager.and_then(|it| Some((it, it.environments.as_ref()?)));
    is_known && own.is_some_and(|(it, own)| own.is_bundled && it.grammar.has(call, own.fills))
}

/// Whether a command writes to a file that somebody may want.
fn writes(command: &Command) -> bool {
    let is_wanted = |file: &str| {
        !loss::is_unquoted(file)
            && !file.starts_with('&')
            && !file.starts_with("/dev/")
            && file.parse::<u8>().is_err()
    };
    let mut outputs = command.redirects.iter().filter(|it| it.operator.contains('>'));
    outputs.any(|it| it.target.value.as_deref().is_none_or(is_wanted))
}

fn of_program(command: &Command, call: &Invocation) -> Result<Role, Refusal> {
    let program = call.program.as_str();
    Ok(match program {
        "python" => python(call)?,
        "rm" => match command.words.iter().skip(1).all(|it| is_cleaning(&it.raw)) {
            true => Role::SystemUpkeep,
            false => Role::Other,
        },
        "ln" | "cp" | "mv" | "chmod" if call.texts().any(is_tool_path) => Role::Manage,
        "cd" | "export" | "set" | "unset" | "umask" | "true" | ":" | "test" | "[" | "."
        | "source" => Role::Shell,
        "echo" if !writes(command) => Role::Shell,
        _ if ENVIRONMENT_MAKERS.contains(&program) => {
            let is_option =
                |it: &Argument| it.text.as_deref().is_some_and(|it| it.starts_with('-'));
            let folder = call.arguments.iter().rfind(|it| !is_option(it));
            Role::Create(folder.and_then(|it| it.text.clone()).ok_or_else(unknown_folder)?)
        }
        _ if TOOL_INSTALLERS.contains(&program) && call.subcommand() == Some("install") => {
            tool(call.arguments.iter().map(|it| name(command, it))).map_or(Role::Other, Role::Tool)
        }
        _ if UNREAD.contains(&program) => return Err(other_manager(program)),
        _ if System::of(program) == Some(System::Apt) => system(System::Apt, call),
        _ if ACCOUNTS.contains(&program) => Role::Account,
        _ => Role::Other,
    })
}

fn other_manager(program: &str) -> Refusal {
    let reason = format!("{program} is not known to install into an environment that is given");
    Refusal::new("other-manager", reason)
}

/// Whether an argument of `rm` is an option, or a path of which no image needs anything.
fn is_cleaning(argument: &str) -> bool {
    argument.starts_with('-')
        || ["/var/cache/", "/tmp/", "/var/tmp/"].iter().any(|it| argument.starts_with(it))
        || system::CACHES.iter().flat_map(Cache::endings).any(|it| argument.starts_with(&it))
        || argument.to_lowercase().contains("cache")
}

/// Whether a path leads to the program of a tool.
fn is_tool_path(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default();
    path.contains("bin/") && tools().any(|it| it.has_program(name))
}

/// The role of a manager's own call.
fn of_manager(
    manager: &'static Manager,
    command: &Command,
    call: &Invocation,
) -> Result<Role, Refusal> {
    let Some(own) = &manager.environments else { return Err(other_manager(manager.name)) };
    let has = |verbs| manager.grammar.has(call, verbs);
    if has(own.interpreters) {
        let reason = format!("{} installs a Python of its own", manager.title);
        return Err(Refusal::new("managed-python", reason));
    }
    if has(own.programs) {
        return Ok(Role::Other);
    }
    let makes = has(own.makes);
    if !makes && !has(own.fills) {
        let is_verb = |it: &str| it.bytes().all(|it| it.is_ascii_lowercase() || it == b'-');
        let is_known = match manager.grammar.words(call).next() {
            Some(it) => is_verb(it),
            None => !call.arguments.is_empty() && call.arguments.iter().all(|it| it.text.is_some()),
        };
        return Ok(if is_known { Role::Manage } else { Role::Other });
    }
    if let Some(flag) = call.flags(own.elsewhere).next().and_then(|it| it.text.as_deref()) {
        let reason = format!("{} is told to install elsewhere: {flag}", manager.title);
        return Err(Refusal::new("install-elsewhere", reason));
    }
    if makes {
        let folder = call.positionals(manager.grammar.valued).into_iter().next();
        return Ok(Role::Create(match folder {
            None => ENVIRONMENT_FOLDER.to_owned(),
            Some(it) => it.text.clone().ok_or_else(unknown_folder)?,
        }));
    }
    match own.is_bundled {
        true => bundled(manager, own, command, call),
        false => {
            let names = call.positionals(manager.grammar.valued);
            match tool(names.into_iter().map(|it| name(command, it))) {
                Some(tool) => {
                    let reason = format!(
                        "{} installs {} beside the packages that the image needs, where it would stay",
                        manager.title,
                        tool.title()
                    );
                    Err(Refusal::new("mixed-install", reason))
                }
                None => Ok(Role::Install),
            }
        }
    }
}

/// The role of an install by the manager that tools are installed with, too.
fn bundled(
    manager: &Manager,
    own: &Environments,
    command: &Command,
    call: &Invocation,
) -> Result<Role, Refusal> {
    if manager.grammar.names_nothing(call) {
        return Ok(Role::Other);
    }
    let names = call.positionals(manager.grammar.valued);
    let names: Vec<&str> = names.into_iter().map(|it| name(command, it)).collect();
    let is_tool = |it: &&&str| tools().any(|tool| tool.is_in(it));
    let others = names.iter().any(|it| !is_tool(&it) && !is_builder(it));
    if names.is_empty() || others || call.has(own.lists) || call.has(own.in_place) {
        return match names.iter().find(is_tool) {
            Some(it) => Err(Refusal::new(
                "mixed-install",
                format!(
                    "one command installs {it}, which only builds, and packages that the image needs"
                ),
            )),
            None => Ok(Role::Install),
        };
    }
    Ok(tool(names.into_iter()).map_or(Role::Upgrade, Role::Tool))
}

/// The first tool among packages of these names.
fn tool<'t>(mut names: impl Iterator<Item = &'t str>) -> Option<Tool> {
    names.find_map(|name| tools().find(|it| it.is_in(bare(name))))
}

/// The name that an argument begins with, also when a variable gives the version.
fn name<'c>(command: &'c Command, argument: &'c Argument) -> &'c str {
    let raw = || command.words.get(argument.word).map_or("", |it| it.raw.as_str());
    bare(argument.text.as_deref().unwrap_or_else(raw).trim_matches(['"', '\'']))
}

/// A requirement's name: `django` for `django[argon2]==4.2`.
fn bare(requirement: &str) -> &str {
    let inside = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    requirement.split(|it| !inside(it)).next().unwrap_or_default()
}

fn python(call: &Invocation) -> Result<Role, Refusal> {
    let mut texts = call.texts();
    let Some(script) = texts.find(|it| !it.starts_with('-')) else { return Ok(Role::Other) };
    if script.rsplit('/').next() != Some(PROJECT_SCRIPT.name) {
        return Ok(Role::Other);
    }
    let verb = texts.next().unwrap_or_default();
    if PROJECT_SCRIPT.fills.contains(&verb) {
        return Ok(Role::Install);
    }
    let name = PROJECT_SCRIPT.name;
    let reason = format!("`{name} {verb}` leaves what it builds beside the source");
    Err(Refusal::new("builds-in-source", reason))
}

fn system(system: System, call: &Invocation) -> Role {
    match call.subcommand() {
        Some("install") => Role::SystemInstall,
        Some(verb) if system.removes().contains(&verb) => Role::SystemRemove,
        Some(verb) if system.upkeep().contains(&verb) => Role::SystemUpkeep,
        _ => Role::Other,
    }
}
