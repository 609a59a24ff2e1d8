//! Takes the last apply back.

use std::path::Path;

use super::transaction::{self, Recovered, Transaction};
use crate::{load::git, text::RepoPath};

/// Why nothing was undone.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There was no apply, or it was taken back already.
    #[error("there is nothing to undo")]
    Nothing,
    /// There is no interrupted run to forget.
    #[error("no apply or undo was interrupted here")]
    NotInterrupted,
    /// The files are not as apply left them, or the disk refused.
    #[error(transparent)]
    Transaction(#[from] transaction::Error),
}

/// The files that were restored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Undone {
    /// The last apply.
    Last(Vec<RepoPath>),
    /// A run that was interrupted: an apply that is rolled back now, or an undo that is finished.
    Interrupted(Recovered),
}

/// Takes the last apply back, whole, unless a file changed since.
///
/// # Errors
/// There is nothing to undo, a file changed since, or the disk refuses.
pub fn undo(root: &Path) -> Result<Undone, UndoError> {
    if !git::state_folder(root).exists() {
        return Err(UndoError::Nothing);
    }
    let mut transaction = Transaction::begin(root)?;
    if let Some(recovered) = transaction.recovered.take() {
        return Ok(Undone::Interrupted(recovered));
    }
    let entries = transaction.last()?.ok_or(UndoError::Nothing)?;
    let paths = entries.iter().map(|it| it.path.clone()).collect();
    transaction.undo(entries)?;
    Ok(Undone::Last(paths))
}

/// Forgets a run that was interrupted: its files stay as they are.
///
/// # Errors
/// No run was interrupted, or the disk refuses.
pub fn forget(root: &Path) -> Result<Recovered, UndoError> {
    if !Transaction::is_pending(root) {
        return Err(UndoError::NotInterrupted);
    }
    Transaction::forget(root)?.ok_or(UndoError::NotInterrupted)
}
