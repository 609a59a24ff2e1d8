//! Errors that stop a command, and what to do about them.

use std::path::Path;

use super::config::{ConfigError, FILE_NAME, Unknown};
use crate::{
    engine::{transaction, undo::UndoError},
    load::{LoadError, git::Unsaved},
    verify::{builder::NoBuilder, settle},
};

/// An error that stops a command: `error:` and `hint:`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub(super) struct Failure {
    pub(super) message: String,
    pub(super) hint: Option<String>,
}

impl Failure {
    pub(super) fn new(message: impl Into<String>, hint: impl Into<String>) -> Self {
        Self { message: message.into(), hint: Some(hint.into()) }
    }

    /// An error in a configuration file, with its place.
    pub(super) fn config(path: &Path, error: &ConfigError) -> Self {
        let message = format!("{}:{}: {error}", path.display(), error.line);
        Self { message, hint: error.hint.clone() }
    }

    /// The message for an error: its causes in one line, and the first hint among them.
    pub(super) fn from_error(error: &anyhow::Error) -> Self {
        let hint = error.chain().find_map(|it| {
            let known = it.downcast_ref::<Self>().and_then(|it| it.hint.clone());
            let known = known.or_else(|| it.downcast_ref().map(unsaved));
            let known = known.or_else(|| it.downcast_ref().and_then(disk));
            let known = known.or_else(|| it.downcast_ref().and_then(undo));
            let known = known.or_else(|| it.downcast_ref().map(no_builder));
            let known = known.or_else(|| it.downcast_ref().map(unsettled));
            known.or_else(|| it.downcast_ref().and_then(load))
        });
        Self { message: format!("{error:#}"), hint }
    }
}

impl From<Unknown> for Failure {
    fn from(unknown: Unknown) -> Self {
        Self::new(unknown.message, unknown.hint)
    }
}

fn unsaved(error: &Unsaved) -> String {
    match error {
        Unsaved::Changes(_) => "commit or stash them first, or use --allow-dirty (--allow-staged if all of them are staged)",
        Unsaved::NotKept(_) => "add and commit them first, or use --allow-dirty",
        Unsaved::NoRepository(_) | Unsaved::Git(_) => {
            "use --allow-dirty to write anyway; `refit undo` takes it back"
        }
    }
    .to_owned()
}

fn disk(error: &transaction::Error) -> Option<String> {
    use transaction::Error::{Busy, Changed, Interrupted, Io, Link, Outside, Stuck};
    let hint = match error {
        Changed(_) => "nothing was written; look at the files and run refit again",
        Outside(_) | Link(_) => "nothing was written; replace the link, or exclude the file",
        Busy => "wait until it is done",
        Interrupted { .. } => {
            "nothing was written; put these files back and run `refit undo`, \
             or keep all as they are with `refit undo --forget`"
        }
        Stuck { .. } => {
            "their texts are in pending.json, in .git/refit or .refit; `refit undo` tries again"
        }
        Io { .. } => return None,
    };
    Some(hint.to_owned())
}

fn undo(error: &UndoError) -> Option<String> {
    match error {
        UndoError::Nothing => {
            let hint = "only the last `refit apply` of a repository can be taken back, once";
            Some(hint.to_owned())
        }
        UndoError::NotInterrupted => {
            Some("there is nothing to forget; `refit undo` takes the last apply back".to_owned())
        }
        UndoError::Transaction(transaction::Error::Changed(_)) => {
            Some("nothing was taken back: these files are not as apply left them".to_owned())
        }
        UndoError::Transaction(it) => disk(it),
    }
}

fn no_builder(error: &NoBuilder) -> String {
    error.hint.to_owned()
}

fn unsettled(error: &settle::Error) -> String {
    match error {
        settle::Error::CouldNotRun(_) => "nothing was written; once that is mended, try again",
        settle::Error::Interrupted => "nothing was changed",
        settle::Error::Unsettled => "nothing was written; please report it",
    }
    .to_owned()
}

fn load(error: &LoadError) -> Option<String> {
    match error {
        LoadError::NotADockerfile(_) => Some(
            "name a folder, or a file called Dockerfile, Dockerfile.* or *.Dockerfile".to_owned(),
        ),
        LoadError::NotUtf8(_) => Some("rename it: refit only takes paths that are text".to_owned()),
        LoadError::NothingInCommon(..) => Some("run refit once for each".to_owned()),
        LoadError::Pattern(_) => Some(format!("see --exclude, and `exclude` in {FILE_NAME}")),
        LoadError::Unreadable { .. } => None,
    }
}
