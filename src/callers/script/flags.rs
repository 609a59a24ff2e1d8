//! The flags of `docker build`, and of those who build like it.

use std::collections::BTreeMap;

use super::display;
use crate::callers::{
    Builder, image_name,
    site::Flags,
    traced::Traced,
    words::{UNKNOWN, Word},
};

/// The flags of a build.
#[derive(Default)]
pub(super) struct BuildFlags {
    /// The context, as written.
    pub(super) context: Option<String>,
    /// The Dockerfile, as written.
    pub(super) file: Option<Traced>,
    /// The place of the flag that names the Dockerfile.
    pub(super) after: Option<Flags>,
    /// The stage.
    pub(super) target: Option<Traced>,
    /// The build arguments.
    pub(super) arguments: BTreeMap<String, Option<String>>,
    /// Contexts with names.
    pub(super) contexts: BTreeMap<String, String>,
    /// The names of the image.
    pub(super) tags: Vec<String>,
}

/// The flags of a build that take no value.
const SWITCHES: [&str; 23] = [
    "--check",
    "--compress",
    "--debug",
    "--disable-content-trust",
    "--force-rm",
    "--help",
    "--layers",
    "--load",
    "--no-cache",
    "--no-format",
    "--no-logs",
    "--no-wait",
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
    pub(super) fn read(words: Vec<Word>, builder: Builder) -> Self {
        let mut flags = Self::default();
        let mut words = words.into_iter();
        while let Some(traced) = words.next() {
            let word = traced.text.text();
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
            let is_docker = matches!(builder, Builder::Docker | Builder::Classic);
            if word.chars().all(|it| it == UNKNOWN) && is_docker {
                flags.context = flags.context.or(Some(word));
                continue;
            }
            if !word.starts_with('-') || word == "-" {
                // The last word counts: one before it may be the value of an unknown flag.
                flags.context = Some(word);
                continue;
            }
            let Word { text, start, mut end, .. } = traced;
            let (name, value) = match text.split_once("=") {
                Some((name, value)) if word.starts_with("--") => (name.text(), value),
                _ if !word.starts_with("--") && text.len() > 2 => {
                    let value = text.slice(2..text.len()).trim_start(|it| it == '=');
                    (text.slice(0..2).text(), value)
                }
                _ => {
                    let value = words.next();
                    end = value.as_ref().and_then(|it| it.end);
                    (word, value.map(|it| it.text).unwrap_or_default())
                }
            };
            match (name.as_str(), builder) {
                ("-f" | "--file" | "--dockerfile", _) => {
                    flags.file = Some(value);
                    flags.after = end.map(|end| Flags { start, end });
                }
                ("-c" | "--context", Builder::Kaniko) => {
                    let value = value.text();
                    let folder = value.strip_prefix("dir://").unwrap_or(&value);
                    flags.context = Some(folder.to_owned());
                }
                (
                    "-t" | "--tag" | "--image",
                    Builder::Docker | Builder::Classic | Builder::Buildah,
                )
                | ("--destination" | "-d", Builder::Kaniko) => {
                    flags.tags.extend(image_name(&value.text()));
                }
                ("--target", _) => flags.target = Some(value),
                ("--build-arg", _) => {
                    let value = value.text();
                    let (name, value) = match value.split_once('=') {
                        Some((name, value)) => (name, Some(display(value))),
                        None => (value.as_str(), None),
                    };
                    flags.arguments.insert(name.to_owned(), value);
                }
                ("--build-context", _) => {
                    if let Some((name, value)) = value.text().split_once('=') {
                        flags.contexts.insert(name.to_owned(), display(value));
                    }
                }
                _ => {}
            }
        }
        flags
    }
}
