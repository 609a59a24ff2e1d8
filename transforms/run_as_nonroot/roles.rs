//! What the commands of a script are for: the program of a container, a step before it, or a condition.

use crate::{
    ecosystems::{
        self,
        programs::{self, Trait},
    },
    shell::{Command, Scope},
};

/// What a process is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Role {
    /// It is what the container is there for.
    #[default]
    Main,
    /// It runs before or beside that.
    Step,
    /// Its status decides how a script goes on.
    Condition,
    /// It looks whether the container is well.
    Check,
}

/// What each command of a script is for: a container is there for the program that the script becomes by `exec`,
/// or for what the script ends in.
pub(super) fn roles(commands: &[Command]) -> Vec<Role> {
    let conditions = [Scope::IfCondition, Scope::WhileCondition];
    let is_condition = |it: &Command| it.scope.iter().any(|scope| conditions.contains(scope));
    let replaces = |it: &Command| it.words.first().is_some_and(|it| it.raw == "exec");
    let idles = |it: &Command| {
        let call = ecosystems::invocation_of(it, |it| it.value.clone());
        call.is_some_and(|it| {
            let program = programs::named(&it.program);
            program.is(Trait::Idle) || program.is(Trait::Builtin)
        })
    };
    // What a script ends in may be a loop or a choice.
    let end = commands
        .iter()
        .rposition(Command::is_top_level)
        .map_or(0, |it| if it + 1 == commands.len() { it } else { it + 1 });
    let ends = |at: usize| end <= at;
    // A loop that waits between its rounds, or a script that waits for what it has started, does not only wait.
    let works = commands
        .iter()
        .enumerate()
        .any(|(at, it)| !is_condition(it) && !idles(it) && (ends(at) || it.background));
    // `until python worker.py; do sleep 10; done` starts it again and again.
    let repeats = |at: usize, it: &Command| {
        !works && ends(at) && it.scope.contains(&Scope::WhileCondition) && !idles(it)
    };
    let works = works || commands.iter().enumerate().any(|(at, it)| repeats(at, it));
    let roles = commands.iter().enumerate().map(|(at, it)| {
        if is_condition(it) && !repeats(at, it) {
            Role::Condition
        } else if replaces(it) || (ends(at) && !(works && idles(it))) {
            Role::Main
        } else {
            Role::Step
        }
    });
    roles.collect()
}
