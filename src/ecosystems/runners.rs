//! The commands of package managers that run a program, and how a command line is read with them.
//!
//! A manager's file says which they are, in [`Grammar::runner`](super::Grammar::runner).

use super::{
    Grammar, Verb, grammar_of, partial,
    python::{pdm, pip, uv},
};
use crate::shell::{Command, Invocation, Letters, Programs, Runner, Word};

const PROGRAMS: Programs = Programs { runner, versioned: &[pip::NAME, partial::PIPX], letters };

/// The letters of programs that are no managers: "Summary of Options" in the manual of GNU make.
const LETTERS: [(&str, Letters); 2] = [
    ("gmake", Letters { flags: "BbdeikmnpqRrsStvw", valued: "CEfIoW" }),
    ("make", Letters { flags: "BbdeikmnpqRrsStvw", valued: "CEfIoW" }),
];

/// The options of one letter that a program takes together in one word.
fn letters(program: &str) -> Letters {
    let own = || LETTERS.iter().find(|it| it.0 == program).map(|it| it.1);
    grammar_of(program).map(|it| it.letters).or_else(own).unwrap_or_default()
}

/// The command of the manager of this name that runs a program, if it has one.
pub fn runner(program: &str) -> Option<&'static Runner> {
    let grammar = super::verbs_of(program)?;
    grammar.runner.as_ref().filter(|it| it.program == program)
}

/// Whether the programs that the manager of this name runs find the packages of all users.
pub fn runs_for_all(program: &str) -> bool {
    partial::named_or_besides(program).is_some_and(|it| it.runs_for_all)
}

/// A manager that brings the environment of the project up to date before it runs a program in it.
struct Syncs {
    manager: &'static str,
    /// The options and the variables that keep it from doing so.
    off: &'static [&'static str],
    variables: &'static [&'static str],
    /// The verbs that bring the environment.
    brings: &'static [Verb],
    /// Whether the environment that such a call has brought is up to date.
    is_current: fn(&Synced<'_>) -> bool,
}

/// An environment of a project that a call has brought, and a call that runs a program in it.
pub struct Synced<'s> {
    /// The call that has brought it.
    pub sync: &'s Invocation,
    /// The words of the call that runs a program, before that.
    pub run: &'s [Option<String>],
    /// The text of the manifest.
    pub manifest: &'s str,
    /// The text of the lock.
    pub lock: &'s str,
    /// Whether a variable is set.
    pub is_set: &'s dyn Fn(&str) -> bool,
    /// True if no source came after it.
    pub is_last: bool,
}

/// docs.astral.sh/uv: "Running commands in projects"; pdm-project.org: "Scripts".
const SYNCS: [Syncs; 2] = [
    Syncs {
        manager: uv::NAME,
        off: &["--no-sync"],
        variables: &["UV_NO_SYNC"],
        brings: &[Verb::new("sync")],
        is_current: uv::is_current,
    },
    Syncs { manager: pdm::NAME, off: &[], variables: &[], brings: &[], is_current: |_| false },
];

/// Whether a call brings the environment of a project in which this manager runs programs.
pub fn syncs_by(manager: &str, call: &Invocation) -> bool {
    let syncs = SYNCS.iter().find(|it| it.manager == manager && call.program == manager);
    let grammar = grammar_of(manager).unwrap_or(&Grammar::NONE);
    syncs.is_some_and(|it| grammar.has(call, it.brings))
}

/// Whether this manager finds an environment up to date and so leaves it as it is.
pub fn is_current(manager: &str, synced: &Synced<'_>) -> bool {
    SYNCS.iter().any(|it| it.manager == manager && (it.is_current)(synced))
}

/// Whether the environment in which the manager of this name runs programs is the project's, which it sets up or
/// brings up to date first; `None` if it is the user's. `words` are those of the call, and `is_set` says which
/// variables are.
pub fn syncs(
    manager: &str,
    words: &[Option<String>],
    is_set: &dyn Fn(&str) -> bool,
) -> Option<bool> {
    let syncs = SYNCS.iter().find(|it| it.manager == manager)?;
    let is_off = |it: &Option<String>| it.as_deref().is_some_and(|it| syncs.off.contains(&it));
    Some(!words.iter().any(is_off) && !syncs.variables.iter().any(|it| is_set(it)))
}

/// The call that words make; see [`Invocation::read`].
pub fn invocation(words: &[Option<String>]) -> Option<Invocation> {
    Invocation::read(words, &PROGRAMS)
}

/// The call that a shell command makes; see [`Invocation::of_command`].
pub fn invocation_of(
    command: &Command,
    resolve: impl Fn(&Word) -> Option<String>,
) -> Option<Invocation> {
    Invocation::of_command(command, &PROGRAMS, resolve)
}
