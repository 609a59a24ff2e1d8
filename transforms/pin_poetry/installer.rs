//! Recognizes the calls that install Poetry.

use super::POETRY;
use crate::{
    ecosystems::{Installer, Setting, images, python, system, version::Version},
    run::{CallSite, Run},
    shell::{Argument, Word},
    text::Refusal,
};

/// A way of installing Poetry.
#[derive(Clone, Debug)]
pub(super) enum Way {
    /// One that names the version already.
    Pinned,
    /// A package on the command line of pip, pipx or uv.
    Package {
        /// The word of the command.
        word: usize,
        /// The text before the version: `poetry`, with extras.
        name: String,
        /// The version constraint, if there is one.
        constraint: Option<String>,
    },
    /// An official installer script.
    Script {
        /// The script.
        installer: &'static Installer,
        /// True if the command has the `-` or the file that the script's options follow.
        takes_options: bool,
    },
    /// An installer script that no longer exists.
    DeadScript {
        /// The script.
        installer: &'static Installer,
        /// The version on its command line.
        version: Option<Version>,
    },
    /// A way that has no place for a version, with the reason.
    Unpinnable(Refusal),
}

/// The first call of a RUN that installs a Poetry of any version.
///
/// # Errors
/// Declines if Poetry is installed in an unknown way.
pub(super) fn find<'r>(run: &'r Run<'_>) -> Result<Option<(&'r CallSite, Way)>, Refusal> {
    let mut pinned = false;
    for site in run.calls() {
        match read(run, site) {
            Some(Way::Unpinnable(why)) => return Err(why),
            Some(Way::Pinned) => pinned = true,
            Some(open) => return Ok(Some((site, open))),
            None => {}
        }
    }
    if let Some(name) = run.calls().iter().find_map(|it| variable(run, it)) {
        return Err(Refusal::new(
            "unknown-installer",
            format!("the package name comes from the variable {name}"),
        ));
    }
    let installs_nothing = |it: &&CallSite| {
        ["echo", "printf"].contains(&it.call.program.as_str())
            || POETRY.installers.iter().any(|script| it.call.has(script.removes))
    };
    let commands = run.script.commands();
    let idle = run.calls().iter().filter(installs_nothing);
    let idle: Vec<_> = idle.map(|it| commands[it.command].pipeline.clone()).collect();
    let others = commands.iter().filter(|it| !idle.contains(&it.pipeline));
    let mut texts = others.map(|it| run.text(it.span.clone()));
    if !pinned && !run.state.sets(POETRY.version_variable()) && texts.any(seems_to_install) {
        let reason = format!("{} is installed in an unknown way", POETRY.title);
        return Err(Refusal::new("unknown-installer", reason));
    }
    Ok(None)
}

/// The variable that names an unpinned Poetry, perhaps among other packages, for a call that installs packages.
fn variable(run: &Run<'_>, site: &CallSite) -> Option<String> {
    let call = &site.call;
    if call.runner.is_some() || python::named(call).is_none() {
        return None;
    }
    let words = &run.script.commands()[site.command].words;
    let open = call.arguments.iter().filter(|it| it.text.is_none());
    let mut names = open.filter_map(|it| words.get(it.word)).flat_map(Word::variables);
    names.find(|name| {
        let value = run.state.variable(name).unwrap_or_default();
        loose_words(value).any(is_open)
    })
}

/// The way in which a call installs Poetry; `None` if it does not.
pub(super) fn read(run: &Run<'_>, site: &CallSite) -> Option<Way> {
    let call = &site.call;
    // `poetry run pip install poetry` is for the project's own environment.
    if call.runner.is_some() {
        return None;
    }
    if let Some(arguments) = python::named(call) {
        return arguments.into_iter().find_map(|it| package(run, site, it));
    }
    if call.program == "python" {
        return script(run, site);
    }
    let of_system = system::installs_one_of(call, POETRY.system_packages);
    of_system.then(|| {
        let reason =
            format!("a distribution's package of {} has the distribution's version", POETRY.title);
        Way::Unpinnable(Refusal::new("unknown-installer", reason))
    })
}

/// The way of a call that installs Poetry as a package, if an argument names that.
fn package(run: &Run<'_>, site: &CallSite, argument: &Argument) -> Option<Way> {
    let command = &run.script.commands()[site.command];
    let word = command.words.get(argument.word)?;
    let raw = word.raw.trim_matches(['"', '\'']);
    let rest = argument.text.as_deref().unwrap_or(raw).strip_prefix(POETRY.package())?;
    let extras = if rest.starts_with('[') { rest.find(']').map_or(0, |it| it + 1) } else { 0 };
    let name = format!("{}{}", POETRY.package(), &rest[..extras]);
    let constraint = rest[extras..].trim();
    if argument.text.is_none() && constraint.starts_with('$') {
        return Some(Way::Unpinnable(Refusal::new(
            "unknown-installer",
            "the version is put together from variables",
        )));
    }
    let exact = constraint.starts_with("==") && !constraint.contains('*');
    let at = constraint.strip_prefix('@').filter(|it| it.trim() != "latest");
    if exact || at.is_some() {
        let is_set = |name: &String| run.state.sets(name) || run.script.assigns(name);
        let unset = word.variables().into_iter().find(|it| !is_set(it));
        // Other images may set the variable.
        let is_python =
            || run.state.image.as_deref().is_some_and(|it| images::named(it).is_python());
        let unset = unset.filter(|_| argument.text.is_none() && is_python());
        let why = |name| {
            Refusal::new(
                "unset-version",
                format!("the version is ${name}, which is not set in the stage"),
            )
        };
        return Some(unset.map_or(Way::Pinned, |it| Way::Unpinnable(why(it))));
    }
    let constraint = constraint.strip_prefix('@').map_or(constraint, |_| "");
    if !constraint.is_empty() && !constraint.starts_with(['=', '<', '>', '~', '!']) {
        // `poetry-core` is another package.
        return None;
    }
    if command.is_cut_short(word) {
        let reason = format!(
            "the shell takes the unquoted `>` or `<` after `{}` as a redirection",
            POETRY.package()
        );
        return Some(Way::Unpinnable(Refusal::new("unknown-installer", reason)));
    }
    let constraint = (!constraint.is_empty()).then(|| constraint.to_owned());
    Some(Way::Package { word: argument.word, name, constraint })
}

/// The way of a call of Python that runs an installer script, if it does.
fn script(run: &Run<'_>, site: &CallSite) -> Option<Way> {
    let command = &run.script.commands()[site.command];
    let is_piped = command.stages > 1 && command.position + 1 == command.stages;
    // In a pipeline, the URL is an argument of `curl` before the pipe.
    let commands = run.script.commands();
    let in_pipeline = |it: &&CallSite| commands[it.command].pipeline == command.pipeline;
    let mut sources: Box<dyn Iterator<Item = &str>> = match is_piped {
        true => Box::new(run.calls().iter().filter(in_pipeline).flat_map(|it| it.call.texts())),
        false => Box::new(site.call.texts().take(1)),
    };
    let installer = sources.find_map(|it| POETRY.installer_in(it))?;
    if site.call.has(installer.removes) {
        return None;
    }
    if site.call.has(installer.unreleased) {
        let reason = "the installer script is asked for a version that is not a release";
        return Some(Way::Unpinnable(Refusal::new("unknown-installer", reason)));
    }
    let version = site.call.values(installer.options).last().copied();
    if installer.is_gone && !is_piped {
        let reason = format!("{} no longer exists, and it is run from a file", installer.script);
        return Some(Way::Unpinnable(Refusal::new("unknown-installer", reason)));
    }
    if installer.is_gone {
        let version = version.flatten().and_then(|it| it.parse().ok());
        return Some(Way::DeadScript { installer, version });
    }
    // The script reads the variable, too.
    let is_set = run.at(site).variable(&site.call, installer.variable) != Setting::Unset;
    if version.is_some() || is_set || run.script.assigns(installer.variable) {
        return Some(Way::Pinned);
    }
    let takes_options = !is_piped || site.call.texts().any(|it| it == "-");
    Some(Way::Script { installer, takes_options })
}

/// Returns true if a text that is not parsed as shell seems to install an unpinned Poetry.
pub(super) fn seems_to_install(text: &str) -> bool {
    if POETRY.installer_in(text).is_some() {
        return true;
    }
    let mut installs = false;
    let mut takes_names = false;
    for word in loose_words(text) {
        match word {
            "install" if takes_names => installs = true,
            _ if installs && is_open(word) => return true,
            ";" | "&&" | "||" | "|" => (takes_names, installs) = (false, false),
            _ => takes_names |= python::takes_names(word),
        }
    }
    false
}

/// The words of a text that is not parsed as shell.
fn loose_words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|it: char| it.is_whitespace() || "\"'[](),`".contains(it))
}

/// Returns true if a word names Poetry's package and does not pin a version of it.
fn is_open(word: &str) -> bool {
    word.strip_prefix(POETRY.package()).is_some_and(|rest| {
        rest.is_empty() || (rest.starts_with(['<', '>', '~', '!']) && !rest.starts_with("=="))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_texts_are_read_word_by_word() {
        for text in [
            "[\"pip\", \"install\", \"poetry\"]",
            "bash -c 'python3 -m pip install -U pip poetry'",
            "python3 <(curl -sSL https://install.python-poetry.org)",
        ] {
            assert!(seems_to_install(text), "{text}");
        }
        for text in [
            "[\"pip\", \"install\", \"poetry==1.8.3\"]",
            "pip install x && poetry install",
            "apt-get install -y curl # poetry",
            "[\"poetry\", \"install\"]",
        ] {
            assert!(!seems_to_install(text), "{text}");
        }
    }
}
