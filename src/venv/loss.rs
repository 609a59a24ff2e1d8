//! What the image goes without once it is taken apart.

use super::calls;
use crate::packages::Refusal;

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

/// What the image goes without.
#[derive(Clone, Debug, Default)]
pub(super) struct Loss {
    /// Packages of the system.
    pub(super) packages: Vec<String>,
    /// Package managers, as people call them.
    pub(super) tools: Vec<&'static str>,
}

impl Loss {
    /// Whether it has nothing to compile with.
    pub(super) fn compiles(&self) -> bool {
        self.packages.iter().any(|it| !calls::FETCHERS.contains(&it.as_str()))
    }

    /// Whether it is not worth a stage.
    pub(super) fn is_small(&self) -> bool {
        !self.compiles() && self.tools.is_empty()
    }

    /// All of it, for people.
    pub(super) fn text(&self) -> String {
        let tools = self.tools.iter().map(|it| (*it).to_owned());
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
            Some(name) => Err(("compiles-at-runtime", format!("{name} compiles while it runs"))),
            None => Ok(()),
        }
    }
}

/// The name that a line of a manifest or a lock asks for.
fn requirement(line: &str) -> Option<String> {
    let line = line.trim().trim_start_matches("name = ").trim_start_matches(['"', '\'']);
    let inside = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
    let name = line.split(|it| !inside(it)).next().unwrap_or_default();
    (!name.is_empty()).then(|| name.to_ascii_lowercase())
}
