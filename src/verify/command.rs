//! What an image starts, and whether it can: the programs are looked for among its files, and what they
//! import is tried in a container.

mod python;
#[cfg(test)]
mod tests;
mod words;

pub use python::Import;
use words::Line;

use super::{config::Config, contents::Contents};

/// A program that an image starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The instruction that starts it, or the script: `CMD`, `HEALTHCHECK`, `/entrypoint.sh`.
    pub by: String,
    /// The program, as it is written.
    pub program: String,
    /// What it is given, as far as that is known.
    pub arguments: Vec<Option<String>>,
    /// Where it is found, or why it cannot be started: reads after `which`.
    pub found: Result<String, String>,
}

/// What an image starts.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// The programs, wrappers such as `tini` among them.
    pub programs: Vec<Started>,
    /// The Python modules and scripts that they are told to run.
    pub imports: Vec<Import>,
    interpreter: Vec<String>,
}

/// What ENTRYPOINT and CMD start, and what of that can be tried.
pub fn probe(config: &Config, contents: &Contents) -> Probe {
    let programs: Vec<Started> =
        started(config, contents).into_iter().filter(|it| it.by != HEALTHCHECK).collect();
    let (imports, interpreter) = python::imports(&programs, config, contents);
    Probe { programs, imports, interpreter }
}

impl Probe {
    /// The words to run in a container, with the image's own folder, user and environment: they import what
    /// is named, and print one line of JSON as their last: `{"outcome": "ok"}`, `{"outcome": "raised",
    /// "type": …, "text": …}` or `{"outcome": "running"}` when it has not come to an end after some seconds.
    /// Images that behave the same print the same. `None` when nothing is named, or no Python is there.
    pub fn words(&self, seconds: u32) -> Option<Vec<String>> {
        if self.imports.is_empty() || self.interpreter.is_empty() {
            return None;
        }
        let tasks: Vec<_> = self.imports.iter().map(Import::task).collect();
        let task = serde_json::json!({ "seconds": seconds, "tasks": tasks }).to_string();
        let mut words = self.interpreter.clone();
        words.extend(["-c".to_owned(), include_str!("command/probe.py").to_owned(), task]);
        Some(words)
    }
}

const HEALTHCHECK: &str = "HEALTHCHECK";

/// The programs that an image starts: of ENTRYPOINT and CMD, of scripts among them, and of HEALTHCHECK.
pub(super) fn started(config: &Config, contents: &Contents) -> Vec<Started> {
    let mut reader = words::Reader::new(config, contents);
    let own = |it: &Option<Vec<String>>| it.clone().unwrap_or_default();
    let (entrypoint, command) = (own(&config.entrypoint), own(&config.cmd));
    let mut whole: Vec<Option<String>> = entrypoint.iter().cloned().map(Some).collect();
    let by = if whole.is_empty() { "CMD" } else { "ENTRYPOINT" };
    whole.extend(command.into_iter().map(Some));
    reader.line(Line { by, words: &whole });
    let test =
        config.healthcheck.as_ref().and_then(|it| it.get("Test")).and_then(|it| it.as_array());
    let test: Vec<Option<String>> =
        test.into_iter().flatten().map(|it| it.as_str().map(str::to_owned)).collect();
    match test.split_first() {
        Some((Some(how), words)) if how == "CMD" => reader.line(Line { by: HEALTHCHECK, words }),
        Some((Some(how), [Some(text), ..])) if how == "CMD-SHELL" => {
            reader.script(HEALTHCHECK, text, &[]);
        }
        _ => {}
    }
    reader.found
}
