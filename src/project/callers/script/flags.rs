//! The flags of `docker build`, and of those who build like it.

use std::collections::BTreeMap;

use super::display;
use crate::project::callers::{Builder, words::UNKNOWN};

/// What the flags of a build say.
#[derive(Default)]
pub(super) struct BuildFlags {
    /// The context, as written.
    pub(super) context: Option<String>,
    /// The Dockerfile, as written.
    pub(super) file: Option<String>,
    /// The stage.
    pub(super) target: Option<String>,
    /// The build arguments.
    pub(super) arguments: BTreeMap<String, Option<String>>,
    /// Contexts with names.
    pub(super) contexts: BTreeMap<String, String>,
}

/// The flags of a build that take no value.
const SWITCHES: [&str; 20] = [
    "--check",
    "--compress",
    "--debug",
    "--disable-content-trust",
    "--force-rm",
    "--help",
    "--layers",
    "--load",
    "--no-cache",
    "--pull",
    "--push",
    "--quiet",
    "--rm",
    "--squash",
    "--stream",
    "--tls-verify",
    "--no-push",
    "--cleanup",
    "--reproducible",
    "--skip-tls-verify",
];

impl BuildFlags {
    /// Reads the words after `build`.
    pub(super) fn read(words: Vec<String>, builder: Builder) -> Self {
        let mut flags = Self::default();
        let mut words = words.into_iter();
        while let Some(word) = words.next() {
            if word.is_empty() {
                continue;
            }
            if matches!(word.as_str(), "<" | ">" | ">>" | "2>") {
                words.next();
                continue;
            }
            let switch = SWITCHES.contains(&word.as_str()) || matches!(word.as_str(), "-q" | "-D");
            if word.starts_with(['>', '<']) || word.starts_with("2>") || switch {
                continue;
            }
            // An unknown variable on its own is most likely a list of flags.
            if word.chars().all(|it| it == UNKNOWN) && builder == Builder::Docker {
                flags.context = flags.context.or(Some(word));
                continue;
            }
            if !word.starts_with('-') || word == "-" {
                // The last word counts: one before it may be the value of an unknown flag.
                flags.context = Some(word);
                continue;
            }
            let (name, value) = match word.split_once('=') {
                Some((name, value)) if name.starts_with("--") => {
                    (name.to_owned(), value.to_owned())
                }
                _ if !word.starts_with("--") && word.chars().count() > 2 => {
                    let (name, value) = word.split_at(2);
                    (name.to_owned(), value.trim_start_matches('=').to_owned())
                }
                _ => (word, words.next().unwrap_or_default()),
            };
            match (name.as_str(), builder) {
                ("-f" | "--file" | "--dockerfile", _) => flags.file = Some(value),
                ("-c" | "--context", Builder::Kaniko) => {
                    let folder = value.strip_prefix("dir://").unwrap_or(&value);
                    flags.context = Some(folder.to_owned());
                }
                ("--target", _) => flags.target = Some(display(&value)),
                ("--build-arg", _) => {
                    let (name, value) = match value.split_once('=') {
                        Some((name, value)) => (name, Some(display(value))),
                        None => (value.as_str(), None),
                    };
                    flags.arguments.insert(name.to_owned(), value);
                }
                ("--build-context", _) => {
                    if let Some((name, value)) = value.split_once('=') {
                        flags.contexts.insert(name.to_owned(), display(value));
                    }
                }
                _ => {}
            }
        }
        flags
    }
}
