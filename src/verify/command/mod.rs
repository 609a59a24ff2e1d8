//! The commands of an image, and whether they can start: the programs are looked for among its files, and what they
//! import is tried in a container.

mod python;
#[cfg(test)]
mod tests;
mod words;

pub use python::Import;
use words::Line;

use super::{config::Config, contents::Contents};
use crate::text::ImagePath;

/// A program that an image starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Started {
    /// The instruction that starts it, the script, or the caller: `CMD`, `HEALTHCHECK`, `/entrypoint.sh`,
    /// `compose.yaml:12 command`.
    pub by: String,
    /// The program, as it is written.
    pub program: String,
    /// The arguments, as far as they are known.
    pub arguments: Vec<Option<String>>,
    /// The path where it is found, or why it cannot start, worded to follow `which`.
    pub found: Result<ImagePath, String>,
}

/// The commands of an image.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Probe {
    /// The programs, wrappers such as `tini` among them.
    pub programs: Vec<Started>,
    /// The Python modules and scripts that they are told to run.
    pub imports: Vec<Import>,
    interpreter: Vec<String>,
}

/// A command that a caller gives to a container of the image instead of its own.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given {
    /// Who says so: `compose.yaml:12 command`. The test of a health check ends in `healthcheck`; its words are
    /// in `cmd` behind an empty `entrypoint`, with the shell's where it is for one.
    pub by: String,
    /// The words in the place of ENTRYPOINT, where they are given: CMD's then count no longer.
    pub entrypoint: Option<Vec<String>>,
    /// The words in the place of CMD, where they are given.
    pub cmd: Option<Vec<String>>,
}

/// The programs that ENTRYPOINT and CMD start, those of callers, and which of them can be tried.
pub fn probe(config: &Config, contents: &Contents, given: &[Given]) -> Probe {
    let is_health = |it: &Started| it.by == HEALTHCHECK || it.by.ends_with(" healthcheck");
    let mut programs = started(config, contents, given);
    programs.retain(|it| !is_health(it));
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
        words.extend(["-c".to_owned(), include_str!("probe.py").to_owned(), task]);
        Some(words)
    }
}

const HEALTHCHECK: &str = "HEALTHCHECK";

/// The programs that an image starts: of ENTRYPOINT and CMD, of scripts among them, of HEALTHCHECK, and of what
/// callers give in their place.
pub(super) fn started(config: &Config, contents: &Contents, given: &[Given]) -> Vec<Started> {
    let mut reader = words::Reader::new(config, contents);
    let words = |it: &Option<Vec<String>>| it.clone().unwrap_or_default();
    let whole = |entrypoint: Vec<String>, cmd: Vec<String>| -> Vec<Option<String>> {
        entrypoint.into_iter().chain(cmd).map(Some).collect()
    };
    let (entrypoint, cmd) = (words(&config.entrypoint), words(&config.cmd));
    let by = if entrypoint.is_empty() { "CMD" } else { "ENTRYPOINT" };
    reader.line(Line { by, words: &whole(entrypoint.clone(), cmd.clone()) });
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
    let mut found = reader.found;
    for it in given {
        let own = |given: &Option<Vec<String>>, own: &[String]| {
            given.clone().unwrap_or_else(|| own.to_vec())
        };
        let cmd = if it.entrypoint.is_some() { words(&it.cmd) } else { own(&it.cmd, &cmd) };
        // A script starts different things with different arguments, so each call is read anew.
        let mut reader = words::Reader::new(config, contents);
        let words = whole(own(&it.entrypoint, &entrypoint), cmd);
        reader.line(Line { by: &it.by, words: &words });
        found.extend(reader.found);
    }
    found
}
