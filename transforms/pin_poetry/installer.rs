//! Recognizes the calls that install Poetry.

use crate::{
    ecosystems::{Setting, images, python::pip, version::Version},
    run::{CallSite, Run},
    shell::{Argument, Word},
    text::Refusal,
};

/// A way of installing Poetry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Installer {
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
    /// The official installer script.
    Script {
        /// True if the command has the `-` or the file after which the script's options go.
        takes_options: bool,
    },
    /// `get-poetry.py`, which no longer exists, with the version on its command line.
    DeadScript(Option<Version>),
    /// A way that has no place for a version, with the reason.
    Unpinnable(Refusal),
}

const SCRIPTS: [&str; 3] = ["install.python-poetry.org", "install-poetry.py", DEAD_SCRIPT];
const DEAD_SCRIPT: &str = "get-poetry.py";

/// The first call of a RUN that installs a Poetry of any version.
///
/// # Errors
/// A decline's code and reason if Poetry is installed in an unknown way.
pub(super) fn find<'r>(run: &'r Run<'_>) -> Result<Option<(&'r CallSite, Installer)>, Refusal> {
    let mut pinned = false;
    for site in run.calls() {
        match read(run, site) {
            Some(Installer::Unpinnable(why)) => return Err(why),
            Some(Installer::Pinned) => pinned = true,
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
    let says = |it: &&CallSite| {
        ["echo", "printf"].contains(&it.call.program.as_str()) || it.call.has(&["--uninstall"])
    };
    let commands = run.script.commands();
    let said = run.calls().iter().filter(says).map(|it| commands[it.command].pipeline.clone());
    let said: Vec<_> = said.collect();
    let others = commands.iter().filter(|it| !said.contains(&it.pipeline));
    let mut texts = others.map(|it| run.text(it.span.clone()));
    if !pinned && !run.state.sets("POETRY_VERSION") && texts.any(seems_to_install) {
        return Err(Refusal::new("unknown-installer", "Poetry is installed in an unknown way"));
    }
    Ok(None)
}

/// The variable that gives a pip call an unpinned Poetry, maybe among other packages.
fn variable(run: &Run<'_>, site: &CallSite) -> Option<String> {
    let call = &site.call;
    if call.runner.is_some() || call.program != "pip" || call.subcommand() != Some("install") {
        return None;
    }
    let words = &run.script.commands()[site.command].words;
    let open = call.arguments.iter().filter(|it| it.text.is_none());
    let mut names = open.filter_map(|it| words.get(it.word)).flat_map(Word::variables);
    names.find(|name| {
        let value = run.state.variable(name).unwrap_or_default();
        seems_to_install(&format!("pip install {value}"))
    })
}

/// The way in which a call installs Poetry; `None` if it does not.
pub(super) fn read(run: &Run<'_>, site: &CallSite) -> Option<Installer> {
    let call = &site.call;
    // `poetry run pip install poetry` is for the project's own environment.
    if call.runner.is_some() {
        return None;
    }
    let verb = call.subcommands();
    match call.program.as_str() {
        "pip" | "pipx" | "uv"
            if matches!(verb, (Some("install"), _) | (Some("tool" | "pip"), Some("install"))) =>
        {
            call.positionals(pip::VALUED).into_iter().find_map(|it| package(run, site, it))
        }
        "python" => script(run, site),
        "apt-get" | "apt" | "apk" | "dnf" | "microdnf" | "yum" | "conda" | "mamba"
        | "micromamba" | "brew" => {
            let asked = matches!(verb.0, Some("install" | "add"));
            let named =
                call.texts().any(|it| ["poetry", "python3-poetry", "py3-poetry"].contains(&it));
            let reason = "a distribution's package of Poetry has the distribution's version";
            (asked && named)
                .then(|| Installer::Unpinnable(Refusal::new("unknown-installer", reason)))
        }
        _ => None,
    }
}

fn package(run: &Run<'_>, site: &CallSite, argument: &Argument) -> Option<Installer> {
    let command = &run.script.commands()[site.command];
    let word = command.words.get(argument.word)?;
    let raw = word.raw.trim_matches(['"', '\'']);
    let rest = argument.text.as_deref().unwrap_or(raw).strip_prefix("poetry")?;
    let extras = if rest.starts_with('[') { rest.find(']').map_or(0, |it| it + 1) } else { 0 };
    let (name, constraint) = (format!("poetry{}", &rest[..extras]), rest[extras..].trim());
    if argument.text.is_none() && constraint.starts_with('$') {
        return Some(Installer::Unpinnable(Refusal::new(
            "unknown-installer",
            "the version is put together from variables",
        )));
    }
    let exact = constraint.starts_with("==") && !constraint.contains('*');
    let at = constraint.strip_prefix('@').filter(|it| it.trim() != "latest");
    if exact || at.is_some() {
        let set = |it: &String| run.state.sets(it) || run.script.assigns(it);
        let unset = word.variables().into_iter().find(|it| !set(it));
        // Other images may set variables themselves.
        let is_python =
            || run.state.image.as_deref().is_some_and(|it| images::named(it).is_python());
        let unset = unset.filter(|_| argument.text.is_none() && is_python());
        let why = |it| {
            Refusal::new(
                "unset-version",
                format!("the version is ${it}, which is not set in the stage"),
            )
        };
        return Some(unset.map_or(Installer::Pinned, |it| Installer::Unpinnable(why(it))));
    }
    let constraint = constraint.strip_prefix('@').map_or(constraint, |_| "");
    if !constraint.is_empty() && !constraint.starts_with(['=', '<', '>', '~', '!']) {
        // `poetry-core` is another package.
        return None;
    }
    if command.is_cut_short(word) {
        let reason = "the shell takes the unquoted `>` or `<` after `poetry` as a redirection";
        return Some(Installer::Unpinnable(Refusal::new("unknown-installer", reason)));
    }
    let constraint = (!constraint.is_empty()).then(|| constraint.to_owned());
    Some(Installer::Package { word: argument.word, name, constraint })
}

fn script(run: &Run<'_>, site: &CallSite) -> Option<Installer> {
    let command = &run.script.commands()[site.command];
    let piped = command.stages > 1 && command.position + 1 == command.stages;
    // In a pipeline, the URL is an argument of `curl` before the pipe.
    let commands = run.script.commands();
    let same = |it: &&CallSite| commands[it.command].pipeline == command.pipeline;
    let fetch: Vec<&str> = match piped {
        true => run.calls().iter().filter(same).flat_map(|it| it.call.texts()).collect(),
        false => site.call.texts().take(1).collect(),
    };
    let has = |name: &str| fetch.iter().any(|it| it.contains(name));
    let dead = has(DEAD_SCRIPT);
    if !SCRIPTS.iter().any(|it| has(it)) || site.call.has(&["--uninstall"]) {
        return None;
    }
    if site.call.has(&["--preview", "-p", "--git", "--path"]) {
        let reason = "the installer script is asked for a version that is not a release";
        return Some(Installer::Unpinnable(Refusal::new("unknown-installer", reason)));
    }
    let version = site.call.values(&["--version"]).last().copied();
    if dead {
        return Some(match piped {
            true => Installer::DeadScript(version.flatten().and_then(|it| it.parse().ok())),
            false => Installer::Unpinnable(Refusal::new(
                "unknown-installer",
                "get-poetry.py no longer exists, and it is run from a file",
            )),
        });
    }
    // The script reads the variable, too.
    let set = run.at(site).variable(&site.call, "POETRY_VERSION") != Setting::Unset;
    if version.is_some() || set || run.script.assigns("POETRY_VERSION") {
        return Some(Installer::Pinned);
    }
    let takes_options = !piped || site.call.texts().any(|it| it == "-");
    Some(Installer::Script { takes_options })
}

/// Returns true if a text that is not parsed as shell seems to install an unpinned Poetry.
pub(super) fn seems_to_install(text: &str) -> bool {
    if SCRIPTS.iter().any(|it| text.contains(it)) {
        return true;
    }
    let mut installs = false;
    let mut program = false;
    for word in text.split(|it: char| it.is_whitespace() || "\"'[](),`".contains(it)) {
        let name = word.rsplit('/').next().unwrap_or_default();
        let open = word.strip_prefix("poetry").is_some_and(|it| {
            it.is_empty() || (it.starts_with(['<', '>', '~', '!']) && !it.starts_with("=="))
        });
        match word {
            _ if name.starts_with("pip") || name == "uv" => program = true,
            "install" if program => installs = true,
            _ if installs && open => return true,
            ";" | "&&" | "||" | "|" => (program, installs) = (false, false),
            _ => {}
        }
    }
    false
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
