//! How a Dockerfile installs Poetry.

use crate::{
    packages::{Argument, Setting, pip, version::Version},
    run::{CallSite, Run},
};

/// A way of installing Poetry that leaves its version open, or that no longer works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Installer {
    /// A package on the command line of pip, pipx or uv.
    Package {
        /// The word of the command.
        word: usize,
        /// What stands before the version: `poetry`, with extras.
        name: String,
        /// The version constraint, when there is one.
        constraint: Option<String>,
    },
    /// The official installer script, fetched and piped into Python.
    Script {
        /// Whether the command has the `-` after which the script's options go.
        has_dash: bool,
    },
    /// `get-poetry.py`, which is gone, with the version that it is given.
    DeadScript(Option<Version>),
    /// A way that has no place for a version, and why.
    Unpinnable(&'static str),
}

/// How a call installs Poetry; `None` when it does not, or when the version is pinned already.
pub fn installer(run: &Run<'_>, site: &CallSite) -> Option<Installer> {
    let call = &site.call;
    let verb = call.subcommands();
    match call.program.as_str() {
        "pip" | "pipx" | "uv"
            if matches!(verb, (Some("install"), _) | (Some("tool" | "pip"), Some("install"))) =>
        {
            call.positionals(pip::VALUED).into_iter().find_map(|it| package(run, site, it))
        }
        "python" => script(run, site),
        "apt-get" | "apt" | "apk" | "dnf" | "yum" | "conda" | "mamba" | "brew" => {
            let asked = matches!(verb.0, Some("install" | "add"));
            let named =
                call.texts().any(|it| ["poetry", "python3-poetry", "py3-poetry"].contains(&it));
            (asked && named).then_some(Installer::Unpinnable(
                "Poetry comes from a distribution, whose versions are its own",
            ))
        }
        _ => None,
    }
}

fn package(run: &Run<'_>, site: &CallSite, argument: &Argument) -> Option<Installer> {
    let command = &run.script.commands()[site.command];
    let raw = command.words.get(argument.word)?.raw.trim_matches(['"', '\'']);
    let text = argument.text.as_deref().unwrap_or(raw);
    let rest = text.strip_prefix("poetry")?;
    let extras = if rest.starts_with('[') { rest.find(']').map_or(0, |it| it + 1) } else { 0 };
    let (name, constraint) = (format!("poetry{}", &rest[..extras]), rest[extras..].trim());
    if constraint.starts_with("==") && !constraint.contains('*') || constraint.starts_with('@') {
        return None;
    }
    if !constraint.is_empty() && !constraint.starts_with(['=', '<', '>', '~', '!']) {
        // `poetry-core` is another package; `poetry$VERSION` is this one.
        let open = argument.text.is_none() && constraint.starts_with('$');
        return open.then_some(Installer::Unpinnable("its version is put together from variables"));
    }
    let constraint = (!constraint.is_empty()).then(|| constraint.to_owned());
    Some(Installer::Package { word: argument.word, name, constraint })
}

fn script(run: &Run<'_>, site: &CallSite) -> Option<Installer> {
    let command = &run.script.commands()[site.command];
    let piped = command.stages > 1 && command.position + 1 == command.stages;
    let text =
        if piped { run.text(command.pipeline.clone()) } else { run.text(command.span.clone()) };
    let dead = text.contains("get-poetry.py");
    if !dead && !text.contains("install.python-poetry.org") && !text.contains("install-poetry.py") {
        return None;
    }
    let version = site.call.values(&["--version"]).last().copied();
    if dead {
        return Some(match piped {
            true => Installer::DeadScript(version.flatten().and_then(|it| it.parse().ok())),
            false => Installer::Unpinnable("get-poetry.py is gone, and it is run from a file here"),
        });
    }
    // The script reads the variable, too.
    let set = run.at(site).variable(&site.call, "POETRY_VERSION") != Setting::Unset;
    if version.is_some() || set || run.script.assigns("POETRY_VERSION") {
        return None;
    }
    if !piped {
        return Some(Installer::Unpinnable("the installer script is run from a file"));
    }
    Some(Installer::Script { has_dash: site.call.texts().any(|it| it == "-") })
}

/// Whether a text that cannot be read as shell seems to install Poetry.
pub fn seems_to_install(text: &str) -> bool {
    ["install poetry", "python-poetry.org", "get-poetry.py"].iter().any(|it| text.contains(it))
}
