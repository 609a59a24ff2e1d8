//! Python's distributions: which of them are tools, and which calls install them by name.

use super::pip;
use crate::{
    ecosystems::{Ecosystem, Grammar, MANAGERS, Manager, partial, partial::Partial},
    shell::{Argument, Invocation},
};

/// The distributions that virtual environments and images come with, each in a version of its own.
pub const SEEDS: &[&str] = &["pip", "setuptools", "wheel"];

/// Whether packages are built and installed with a distribution; an update of such ones installs nothing else.
pub fn is_builder(distribution: &str) -> bool {
    SEEDS.contains(&distribution) || distribution == "build"
}

/// The distributions that install and build others, besides the package managers and their plugins, in
/// alphabetical order.
const TOOLS: &[&str] = &[
    "build",
    "crashtest",
    "flit",
    "flit-core",
    "hatch",
    "hatchling",
    "installer",
    "pip-tools",
    "pipx",
    "twine",
    "virtualenv",
];

/// Folders below the home directory in which tools without a file of facts keep what they have fetched and
/// built.
pub const TOOL_CACHES: &[&str] = &[".cache/hatch", ".cache/pip-tools", ".cache/virtualenv"];

/// Folders below the home directory in which such tools keep settings and data.
pub const TOOL_DATA: &[&str] = &[".local/share/virtualenv"];

fn managers() -> impl Iterator<Item = &'static Manager> {
    MANAGERS.iter().filter(|it| it.ecosystem == Ecosystem::Python)
}

/// Whether a distribution is there to install or build others. Those of [`SEEDS`] do not count.
pub fn is_tool(distribution: &str) -> bool {
    !SEEDS.contains(&distribution)
        && (TOOLS.contains(&distribution) || managers().any(|it| it.is_in(distribution)))
}

/// How the command line of a program is read, if it is a package manager of Python.
fn grammar(program: &str) -> Option<&'static Grammar> {
    let manager = managers().find(|it| it.has_program(program)).map(|it| &it.grammar);
    let is_python = |it: &&Partial| it.ecosystem == Some(Ecosystem::Python);
    manager.or_else(|| partial::named_or_besides(program).filter(is_python).map(|it| &it.grammar))
}

/// The arguments by which a call names distributions to install, with versions or without: of `pip install`,
/// `uv pip install`, `pipx install` and `uv tool install`. `None` for any other call.
pub fn named(call: &Invocation) -> Option<Vec<&Argument>> {
    let verb = grammar(&call.program)?.naming_verb(call)?;
    let mut named = call.positionals(pip::VALUED);
    // The first word of the verb is not among them.
    named.drain(..named.len().min(verb.count().saturating_sub(1)));
    Some(named)
}

/// Whether a program, named with or without its folder and version, installs distributions that its command
/// line names.
pub fn takes_names(program: &str) -> bool {
    let name = program.rsplit('/').next().unwrap_or(program);
    let name = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    grammar(name).is_some_and(Grammar::takes_names)
}

/// Whether a call installs distributions that it names, if only beside a tool that is there: `pipx inject`.
pub fn adds_named(call: &Invocation) -> bool {
    grammar(&call.program)
        .is_some_and(|it| it.naming_verb(call).is_some() || it.has(call, it.inject))
}

/// Whether a text that may be a script runs pip without naming it: installers of other managers, pipx, an
/// environment of conda.
pub fn runs_pip_unnamed(text: &str) -> bool {
    const COMMANDS: [&str; 3] = ["pipx ", "conda env ", "mamba env "];
    managers().any(|it| it.installer_in(text).is_some())
        || COMMANDS.iter().any(|it| text.contains(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Invocation {
        let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
        crate::ecosystems::invocation(&words).unwrap()
    }

    #[test]
    fn named_distributions_follow_the_verb() {
        let rows = [
            ("pip3 install -q -r a.txt poetry==1.8 uv", Some("poetry==1.8 uv")),
            ("python -m pip --no-cache-dir install poetry", Some("poetry")),
            ("uv pip install --python 3.12 poetry", Some("poetry")),
            ("uv tool install poetry", Some("poetry")),
            ("pipx install poetry", Some("poetry")),
            ("pipx inject poetry poetry-plugin-export", None),
            ("pip download poetry", None),
            ("uv sync", None),
            ("npm install -g poetry", None),
            ("cargo install poetry", None),
        ];
        for (line, expected) in rows {
            let call = call(line);
            let names = named(&call).map(|it| {
                it.iter().filter_map(|it| it.text.as_deref()).collect::<Vec<_>>().join(" ")
            });
            assert_eq!(names.as_deref(), expected, "{line}");
        }
        assert!(adds_named(&call("pipx inject poetry poetry-plugin-export")));
        assert!(!adds_named(&call("pipx list")));
    }

    #[test]
    fn plugins_of_managers_are_tools_and_seeds_are_not() {
        let tools = ["poetry", "poetry-plugin-up", "pdm", "pdm-backend", "twine", "pip-tools"];
        assert!(tools.into_iter().all(is_tool));
        assert!(!["pip", "setuptools", "npm", "requests"].into_iter().any(is_tool));
        assert!(TOOLS.is_sorted());
    }
}
