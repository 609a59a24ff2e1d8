//! A plan onto disk: whole or not at all.

use std::path::Path;

use super::{
    diff::changed,
    plan::Plan,
    transaction::{Entry, Error, Recovered, Transaction},
};
use crate::{project::Project, text::RepoPath};

/// Rolls an interrupted apply back, or finishes an interrupted undo.
///
/// To be called before the project is loaded: a plan made from half a change would be refused.
///
/// # Errors
/// A file was changed since, or the disk refuses.
pub fn recover(root: &Path) -> Result<Option<Recovered>, Error> {
    if !Transaction::is_pending(root) {
        return Ok(None);
    }
    Ok(Transaction::begin(root)?.recovered)
}

/// Writes a plan to the folder it was made from, and returns the files it touched.
///
/// Every file must still hold the text the plan was made from. [`super::undo::undo`] takes it back.
pub fn apply(plan: &Plan, root: &Path) -> Result<Vec<RepoPath>, Error> {
    let entries = entries(&plan.before, plan.after());
    let paths = entries.iter().map(|it| it.path.clone()).collect();
    if !entries.is_empty() {
        Transaction::begin(root)?.apply(entries)?;
    }
    Ok(paths)
}

/// The files of the disk that a plan writes over or deletes.
pub fn overwritten(plan: &Plan) -> Vec<RepoPath> {
    let exists = |it: &&RepoPath| plan.before.file(it.as_str()).is_some();
    changed(&plan.before, plan.after()).into_iter().filter(exists).cloned().collect()
}

fn entries(before: &Project, after: &Project) -> Vec<Entry> {
    let text = |project: &Project, path: &RepoPath| {
        project.file(path.as_str()).map(|it| it.text.to_string())
    };
    let entry = |path: &RepoPath| {
        let (before, after) = (text(before, path), text(after, path));
        Entry { path: path.clone(), before, after, mode: None }
    };
    changed(before, after).into_iter().map(entry).collect()
}
