//! Takes the last apply back.

use std::path::Path;

use super::transaction::{self, Transaction};
use crate::{load::git, text::RepoPath};

/// Why nothing was undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There was no apply, or it was taken back already.
    #[error("there is nothing to undo")]
    Nothing,
    /// The files are not as apply left them, or the disk refused.
    #[error(transparent)]
    Transaction(#[from] transaction::Error),
}

/// The files that were restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The last apply.
    Last(Vec<RepoPath>),
    /// An apply that was interrupted.
    Interrupted(Vec<RepoPath>),
}

/// Takes the last apply back, whole, unless a file changed since.
pub fn undo(root: &Path) -> Result<Undone, UndoError> {
    if !git::state_folder(root).exists() {
        return Err(UndoError::Nothing);
    }
    let transaction = Transaction::begin(root)?;
    if !transaction.recovered.is_empty() {
        return Ok(Undone::Interrupted(transaction.recovered));
    }
    let entries = transaction.last()?.ok_or(UndoError::Nothing)?;
    let paths = entries.iter().map(|it| it.path.clone()).collect();
    transaction.undo(entries)?;
    Ok(Undone::Last(paths))
}
