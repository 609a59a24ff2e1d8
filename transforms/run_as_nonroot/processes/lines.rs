//! Commands as they are given: words, or lines for a shell.

use crate::{callers::service::Given, dockerfile::instruction, shell::Script};

/// A word of a command, or a line for the shell.
#[derive(Clone, Debug)]
pub(super) enum Line {
    Word(String),
    Shell(String),
    /// A line that compose splits into words.
    Split(String),
}

/// The words or the line of a command of compose.
pub(super) fn lines(given: &Given) -> Vec<Line> {
    match given {
        Given::Words(words) => words.iter().cloned().map(Line::Word).collect(),
        Given::Line(text) => vec![Line::Split(text.clone())],
    }
}

/// The words of a command of a Dockerfile, or its line for the shell.
pub(super) fn lines_of(command: &instruction::Command<'_>) -> Vec<Line> {
    match command {
        instruction::Command::Exec(words) => {
            words.iter().map(|it| Line::Word(it.text.clone())).collect()
        }
        instruction::Command::Shell("") => Vec::new(),
        instruction::Command::Shell(text) => vec![Line::Shell((*text).to_owned())],
    }
}

/// The words of a line without operators, if all of them are known.
pub(super) fn split(line: &str) -> Option<Vec<String>> {
    let script = Script::of_text(line).ok()?;
    let [command] = script.commands() else { return None };
    let is_plain = command.redirects.is_empty() && command.assignments.is_empty();
    let words = command.words.iter().map(|it| it.value.clone());
    is_plain.then(|| words.collect())?
}
