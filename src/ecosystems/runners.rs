//! The commands of package managers that run a program, and how a command line is read with them.
//!
//! A manager's file says which they are, in [`Grammar::runner`](super::Grammar::runner).

use super::{grammar_of, partial, python::pip};
use crate::shell::{Command, Invocation, Programs, Runner, Word};

const PROGRAMS: Programs = Programs { runner, versioned: &[pip::NAME, partial::PIPX] };

/// The command of the manager of this name that runs a program, if it has one.
pub fn runner(program: &str) -> Option<&'static Runner> {
    grammar_of(program)?.runner.as_ref().filter(|it| it.program == program)
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
