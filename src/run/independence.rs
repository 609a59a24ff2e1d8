//! Which commands of a RUN can be told not to read what a COPY brings.
//!
//! Nothing is assumed of a command that is not listed here: it may read the source.

use super::{CallSite, Reading};
use crate::{
    ecosystems::{self, At, Lifecycle, Source},
    shell::{Command, Invocation},
    text::{ImagePath, Refusal},
};

/// What a command has to do with files that a COPY brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Role {
    /// It installs from manifests.
    Install(ecosystems::Install),
    /// It does not look at the files.
    Independent,
    /// It changes nothing but the shell it runs in: `cd`, `export`, `set`.
    Shell,
    /// It may read them.
    MayRead,
}

/// The role of a command of a RUN.
///
/// `brought` tells whether the COPYs in question put something at a path of the image or below it.
pub fn role(
    command: &Command,
    site: Option<&CallSite>,
    at: &At<'_>,
    brought: &dyn Fn(&ImagePath) -> bool,
) -> Role {
    // A redirection reads or writes a file; a word in another language may do anything.
    let redirected = command.redirects.iter().filter_map(|it| it.file()).any(|it| {
        let path = it.value.as_deref().and_then(|it| at.path(it));
        path.is_none_or(|it| brought(&it))
    });
    if redirected || command.words.iter().any(crate::shell::Word::has_substitution) {
        return Role::MayRead;
    }
    if command.words.is_empty() {
        return Role::Shell;
    }
    let Some(CallSite { call, .. }) = site else { return Role::MayRead };
    // A program that the source brings is not there before it.
    let programs = command.words.iter().take(command.program_index().map_or(0, |it| it + 1));
    let own = |it: &str| it.contains('/') && at.path(it).is_none_or(|it| brought(&it));
    if programs.filter_map(|it| it.value.as_deref()).any(own) {
        return Role::MayRead;
    }
    if matches!(
        call.program.as_str(),
        "cd" | "export"
            | "set"
            | "unset"
            | "umask"
            | "test"
            | "["
            | "true"
            | ":"
            | "false"
            | "local"
    ) {
        let reads = call.texts().any(|it| at.path(it).is_some_and(|it| brought(&it)));
        return if reads && matches!(call.program.as_str(), "test" | "[") {
            Role::MayRead
        } else {
            Role::Shell
        };
    }
    // An environment that is entered: `. /opt/venv/bin/activate`.
    if matches!(call.program.as_str(), "." | "source") {
        let known = call
            .texts()
            .next()
            .and_then(|it| at.path(it))
            .is_some_and(|it| !brought(&it) && it.file_name() == "activate");
        return if known { Role::Shell } else { Role::MayRead };
    }
    if call.runner.is_some() {
        return Role::MayRead;
    }
    if let Some(manager) = ecosystems::manager(call) {
        if let Some(mut install) = manager.install(call, at) {
            // What it downloads is fetched without folders and scripts of the project.
            if matches!(install.source, Source::Fetch { .. }) {
                return Role::Install(install);
            }
            let own = install.folders().find(|it| it.0.is_none_or(brought));
            let own = own.map(|it| ("local-requirement", it.1.to_owned()));
            // A path after a verb that takes none: nobody knows what comes of it.
            let own = own.or_else(|| {
                let mut named = manager.grammar.unexpected(call);
                let is_list = |path: &ImagePath| install.files().any(|it| it.0 == path);
                let is_it = |it: ImagePath| brought(&it) && !is_list(&it);
                let path = named.find(|it| at.path(it).is_some_and(is_it))?;
                Some(("local-requirement", format!("it names {path}, and its verb takes no paths")))
            });
            let own = own.or_else(|| {
                let is_open = !matches!(install.source, Source::Now(_));
                let unknown = call.arguments.iter().filter(|it| is_open && it.text.is_none());
                let mut words = unknown.filter_map(|it| command.words.get(it.word));
                // `package==$VERSION` is no file; of a variable that the Dockerfile sets the value can be looked up.
                let is_unset = |it: &String| !at.state.sets(it);
                let word = words
                    .find(|it| !it.raw.contains("==") && it.variables().iter().any(is_unset))?;
                Some(("unknown-manifest", format!("what {} stands for is not known", word.raw)))
            });
            let why = own.or_else(|| {
                let script = install.runs.iter().find(|it| may_read(it, at, brought))?;
                let Lifecycle { name, text, .. } = script;
                Some(("reads-source", format!("{name} runs `{text}`, which may read the source")))
            });
            if let Some((code, reason)) = why {
                install.source = Source::Now(Refusal::new(code, reason));
            }
            return Role::Install(install);
        }
        // A path in the place of a setting's name: nobody knows what comes of it.
        let named = manager.grammar.words(call).nth(1).filter(|it| it.starts_with(['/', '.']));
        let is_brought = named.is_some_and(|it| at.path(it).is_none_or(|it| brought(&it)));
        return match manager.grammar.is_apart(call) && !is_brought {
            true => Role::Independent,
            false => Role::MayRead,
        };
    }
    if is_independent(call, at, brought) { Role::Independent } else { Role::MayRead }
}

/// Whether a script that an install starts may read what the COPYs in question bring.
fn may_read(script: &Lifecycle, at: &At<'_>, brought: &dyn Fn(&ImagePath) -> bool) -> bool {
    let state = at.state.at_directory(script.directory.clone());
    let Ok(reading) = Reading::of_text(&script.text, state) else { return true };
    reading.script.commands().iter().enumerate().any(|(index, command)| {
        let site = reading.call_of(index);
        let directory = reading.directory(command);
        let at = At { state: &reading.state, directory: directory.as_ref(), ..*at };
        // An install that a script starts may start scripts again.
        let manager = site.and_then(|it| Some((ecosystems::manager(&it.call)?, &it.call)));
        manager.is_some_and(|(manager, call)| !manager.grammar.is_apart(call))
            || !matches!(role(command, site, &at, brought), Role::Independent | Role::Shell)
    })
}

/// Whether a program is known: a package manager, or one that touches only what its command line names.
pub fn is_known(program: &str) -> bool {
    const SHELL: &[&str] = &[
        "cd",
        "export",
        "set",
        "unset",
        "umask",
        "test",
        "[",
        "true",
        ":",
        "false",
        "local",
        ".",
        "source",
        "venv",
        "virtualenv",
        "python",
    ];
    SHELL.contains(&program)
        || TOUCH_ARGUMENTS.contains(&program)
        || ecosystems::programs().contains(&program)
}

/// Programs that touch only what their command line names.
const TOUCH_ARGUMENTS: &[&str] = &[
    "apt-get",
    "apt",
    "apt-key",
    "apt-mark",
    "add-apt-repository",
    "dpkg",
    "dpkg-reconfigure",
    "apk",
    "yum",
    "dnf",
    "microdnf",
    "tdnf",
    "zypper",
    "pacman",
    "mkdir",
    "rm",
    "rmdir",
    "touch",
    "ln",
    "chmod",
    "chown",
    "chgrp",
    "useradd",
    "groupadd",
    "adduser",
    "addgroup",
    "usermod",
    "groupmod",
    "passwd",
    "install",
    "cp",
    "mv",
    "cat",
    "echo",
    "printf",
    "curl",
    "wget",
    "tar",
    "unzip",
    "gunzip",
    "gpg",
    "sha256sum",
    "locale-gen",
    "update-locale",
    "localedef",
    "update-ca-certificates",
    "update-alternatives",
    "ldconfig",
    "sed",
    "grep",
    "head",
    "tail",
    "which",
    "sleep",
    "date",
    "uname",
    "id",
    "whoami",
    "pipx",
    "rustup",
    "corepack",
    "hash",
    "mktemp",
    "tee",
    "sysctl",
    "setcap",
    "ls",
    "stat",
];

/// Programs whose arguments are text, and those whose arguments are packages unless they have a slash.
const SAY: &[&str] = &["echo", "printf", "sleep", "date", "uname", "id", "whoami"];
/// Programs that write where they run, unless they are told where.
const EXTRACT: &[&str] = &["tar", "unzip"];
const INSTALL: &[&str] =
    &["apt-get", "apt", "apk", "yum", "dnf", "microdnf", "tdnf", "zypper", "pacman"];
/// Programs whose arguments are names of users and groups unless they have a slash.
const ACCOUNTS: &[&str] =
    &["useradd", "groupadd", "adduser", "addgroup", "usermod", "groupmod", "passwd"];

fn is_independent(call: &Invocation, at: &At<'_>, brought: &dyn Fn(&ImagePath) -> bool) -> bool {
    let program = call.program.as_str();
    let known = match program {
        "venv" | "virtualenv" => true,
        "python" => matches!(call.texts().next(), Some("--version" | "-V")),
        program => TOUCH_ARGUMENTS.contains(&program),
    };
    let unpacks =
        EXTRACT.contains(&program) && call.values(&["-C", "--directory", "-d"]).is_empty();
    if !known || (unpacks && at.directory.is_none_or(brought)) {
        return false;
    }
    let touches = |text: &str| touches(call, at, text, brought);
    let reads = |it: &crate::shell::Argument| it.text.as_deref().is_none_or(touches);
    SAY.contains(&program) || !call.arguments.iter().any(reads)
}

/// Whether an argument names a file or folder that is brought.
fn touches(
    call: &Invocation,
    at: &At<'_>,
    text: &str,
    brought: &dyn Fn(&ImagePath) -> bool,
) -> bool {
    let program = call.program.as_str();
    if let Some((_, address)) = text.split_once("://") {
        // What is fetched may be written by its own name.
        let name = address.split(['?', '#']).next().unwrap_or_default().rsplit('/').next();
        let writes = name.is_none_or(|it| at.path(it).is_none_or(|it| brought(&it)));
        return writes && keeps_name(call);
    }
    // What follows the sign in `--output=file` may be a path, too.
    let value = text.rsplit('=').next().unwrap_or(text);
    if value.is_empty()
        || value.starts_with('-')
        || ([INSTALL, ACCOUNTS].iter().any(|it| it.contains(&program)) && !value.contains('/'))
    {
        return false;
    }
    // Of a pattern, all of its folder is taken for what it may match; to `sed` it is no file's.
    let start = value.find(['*', '?', '[', '{']).filter(|_| !["sed", "grep"].contains(&program));
    let value = start.map_or(value, |it| value[..it].rsplit_once('/').map_or(".", |it| it.0));
    let value = if start.is_some() && value.is_empty() { "/" } else { value };
    // A folder that is there already is no harm to `mkdir -p`, if root may make it.
    let makes = program == "mkdir"
        && call.has(&["-p", "--parents", "-pv", "-vp"])
        && !call.texts().any(|it| it.starts_with("-m") || it.starts_with("--mode"))
        && at.state.is_root() == Some(true);
    match at.path(value) {
        // Archives for the whole system bring tools.
        Some(path) if path.is_root() => !EXTRACT.contains(&program),
        Some(path) => !makes && brought(&path),
        None => value.contains('/') || value == ".",
    }
}

/// Whether a download goes into a file of the name that it has on the net.
fn keeps_name(call: &Invocation) -> bool {
    let short = |letter: char| {
        call.texts().any(|it| it.starts_with('-') && !it.starts_with("--") && it.contains(letter))
    };
    match call.program.as_str() {
        "curl" => short('O') || call.has(&["--remote-name", "--remote-name-all"]),
        "wget" => !short('O') && !call.has(&["--output-document"]),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dockerfile::Dockerfile, run::Site, text::RepoPath};

    #[test]
    fn scripts_that_an_install_starts_are_read() {
        let path = RepoPath::new("Dockerfile").unwrap();
        let dockerfile = Dockerfile::parse("FROM a\nWORKDIR /srv\nRUN true\n");
        let site = Site::new(&path, &dockerfile);
        let run = site.run(&site.stages[0], 2).unwrap();
        let srv = ImagePath::new("/srv").unwrap();
        let brought = |it: &ImagePath| it.is_within(&srv);
        let at = run.at(&run.calls()[0]);
        let reads = |text: &str| {
            let (name, text) = ("prepare".to_owned(), text.to_owned());
            may_read(&Lifecycle { name, text, directory: srv.clone() }, &at, &brought)
        };
        for text in ["true", "echo done && cd /tmp", "mkdir -p /opt/x", "pip list"] {
            assert!(!reads(text), "{text}");
        }
        for text in ["node setup.js", "cat config.json", "pip install .", "(", "cat < config.json"]
        {
            assert!(reads(text), "{text}");
        }
    }
}
