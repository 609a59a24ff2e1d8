//! What the image no longer has once its stage is split.

use super::{Role, Separation, Stop};
use crate::{
    dockerfile::Keyword,
    ecosystems::{FETCHERS, Tool, images::PythonVersion, manager},
    text::Refusal,
};

/// Packages that compile when they run, with a compiler of the system.
const COMPILE_AT_RUNTIME: &[&str] = &[
    "theano",
    "pytensor",
    "pystan",
    "cmdstanpy",
    "brian2",
    "pymc",
    "pymc3",
    "pythran",
    "scipy-weave",
    "pyximport",
];

/// What the image no longer has.
#[derive(Clone, Debug, Default)]
pub(super) struct Loss {
    /// Packages of the system.
    pub(super) packages: Vec<String>,
    /// Tools to install with.
    pub(super) tools: Vec<Tool>,
}

impl Loss {
    /// Whether it has nothing to compile with.
    pub(super) fn compiles(&self) -> bool {
        self.packages.iter().any(|it| !FETCHERS.contains(&it.as_str()))
    }

    /// Whether it is not worth a stage.
    pub(super) fn is_small(&self) -> bool {
        !self.compiles() && self.tools.is_empty()
    }

    /// All of it, for people.
    pub(super) fn text(&self) -> String {
        let tools = self.tools.iter().map(|it| it.title().to_owned());
        let all: Vec<String> = self.packages.iter().cloned().chain(tools).collect();
        match all.as_slice() {
            [] => String::new(),
            [one] => one.clone(),
            [first @ .., last] => format!("{} and {last}", first.join(", ")),
        }
    }

    /// # Errors
    /// A decline's code and reason, when a package that the manifests name compiles while it runs.
    pub(super) fn compiles_later(&self, manifests: &[String]) -> Result<(), Refusal> {
        let names = manifests.iter().flat_map(|it| it.lines()).filter_map(requirement);
        let compiles = |it: &String| COMPILE_AT_RUNTIME.contains(&it.as_str());
        match names.filter(|_| self.compiles()).find(compiles) {
            Some(name) => {
                Err(Refusal::new("compiles-at-runtime", format!("{name} compiles while it runs")))
            }
            None => Ok(()),
        }
    }
}

/// What the image no longer has, and why it may lose that: a sentence without a full stop.
pub(super) fn reason(separation: &Separation<'_>) -> String {
    let reason = format!("drops {}, needed only to install", separation.loss.text());
    let steps = separation
        .runs
        .iter()
        .filter(|it| it.run.item <= separation.last && it.has(Role::is_of_packages));
    let mut commands = steps.flat_map(|it| it.run.script.commands());
    let unquoted = commands.find_map(|command| {
        let mut files = command.redirects.iter().filter_map(|it| it.target.value.as_deref());
        Some((command.program().unwrap_or_default(), files.find(|it| is_unquoted(it))?))
    });
    match unquoted {
        None => reason,
        Some((program, file)) => format!(
            "{reason}, and without {file}: a requirement lacks quotes, so the shell writes there what \
             {program} prints, and any version will do"
        ),
    }
}

/// Whether a file is what a shell makes of a requirement without quotes: `redis>=5` writes to `=5`.
pub(super) fn is_unquoted(file: &str) -> bool {
    file.starts_with('=')
}

/// Environments have `setuptools` of their own up to Python 3.11. Where the file installs it beside the package
/// manager, programs that import `pkg_resources` may live on it, unless a manifest asks for it, too.
///
/// # Errors
/// Where it is installed, if the new environment would not have it.
pub(super) fn setuptools(
    separation: &Separation<'_>,
    python: Option<PythonVersion>,
    manifests: &[String],
) -> Result<(), Stop> {
    let brought = python.is_some_and(|it| it < PythonVersion(3, 12))
        || manifests.iter().flat_map(|it| it.lines()).filter_map(requirement).any(|it| it == NAME);
    if brought || !separation.environment.is_new || separation.loss.tools.is_empty() {
        return Ok(());
    }
    let begins = |it: &Role| matches!(it, Role::Install | Role::Create(_));
    for step in separation.runs.iter().filter(|it| it.run.item <= separation.first) {
        let before = step.roles.iter().take_while(|it| !begins(it)).enumerate();
        let tools = before.filter(|it| matches!(it.1, Role::Upgrade | Role::Tool(_)));
        let mut calls = tools.filter_map(|it| step.run.call_of(it.0));
        let names = |text: &str| text.split(['=', '<', '>', '~', '!', '[']).next() == Some(NAME);
        if calls.any(|it| manager(&it.call).is_some() && it.call.texts().any(names)) {
            let reason = format!(
                "{NAME} is installed with the package manager, and the environment would not have it"
            );
            return Err((step.run.item, Refusal::new("mixed-install", reason)));
        }
    }
    Ok(())
}

const NAME: &str = "setuptools";

/// The name that a line of a manifest or a lock asks for.
fn requirement(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("name = ").trim_start_matches(['"', '\'']);
    let inside = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    let name = line.split(|it| !inside(it)).next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}

/// An image that nobody is told to run is a base for others or used by hand, with the tools that it has.
pub(super) fn command(separation: &Separation<'_>) -> Result<(), Stop> {
    let starts = |it: Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint);
    let mut services = separation.project.runs(separation.site.path).map(|it| &it.1);
    let known = separation.stage.instructions().any(|it| starts(it.2.keyword))
        || services.any(|it| it.command.is_some() || it.entrypoint.is_some());
    if known {
        return Ok(());
    }
    let reason = format!(
        "no CMD, ENTRYPOINT or compose file says what runs in it, so {} may be needed",
        separation.loss.text()
    );
    Err((separation.stage.from, Refusal::new("no-command", reason)))
}
