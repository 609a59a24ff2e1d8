//! The commands of package managers that run a program, and how a command line is read with them.
//!
//! A manager's file says which they are, in [`Grammar::runner`](super::Grammar::runner).

use super::{grammar_of, partial, python::pip};
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
    let besides = || partial::named_or_besides(program).map(|it| &it.grammar);
    let grammar = grammar_of(program).or_else(besides)?;
    grammar.runner.as_ref().filter(|it| it.program == program)
}

/// Whether the programs that the manager of this name runs find the packages of all users.
pub fn runs_for_all(program: &str) -> bool {
    partial::named_or_besides(program).is_some_and(|it| it.runs_for_all)
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
