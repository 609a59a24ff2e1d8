//! Questions to git: where a project begins, whether its work is saved, and where to keep state.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

/// A reason why writing could lose work.
#[derive(Debug, thiserror::Error)]
pub enum Unsaved {
    /// There is no repository to restore the files from.
    #[error("{} is not kept by git", .0.display())]
    NoRepository(PathBuf),
    /// Changes that are not committed would mix with new ones.
    #[error("the git tree has uncommitted changes: {}", shortened(.0))]
    Changes(Vec<String>),
    /// git could not tell.
    #[error("git could not tell whether the tree is clean: {0}")]
    Git(String),
}

/// The folder of the repository that a path lies in.
pub fn top(path: &Path) -> Option<&Path> {
    path.ancestors().find(|it| it.join(".git").exists())
}

/// Refuses a tree with uncommitted changes, and one that no git keeps.
pub fn check_saved(root: &Path) -> Result<(), Unsaved> {
    // A repository further up does not keep it: then it would be the root, or ignores this folder.
    if !root.join(".git").exists() {
        return Err(Unsaved::NoRepository(root.to_owned()));
    }
    let mut status = Command::new("git");
    status.args(["status", "--porcelain", "-z", "--untracked-files=normal"]).current_dir(root);
    let output = status.env("GIT_OPTIONAL_LOCKS", "0").output();
    let output = output.map_err(|it| Unsaved::Git(it.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Unsaved::Git(reason));
    }
    let listed = String::from_utf8_lossy(&output.stdout);
    // `XY path`; a rename is followed by a record that is its old path alone.
    let mut records = listed.split_terminator('\0');
    let mut changed = Vec::new();
    while let Some(record) = records.next() {
        let (status, path) = record.split_at_checked(3).unwrap_or((record, ""));
        if status.starts_with(['R', 'C']) {
            records.next();
        }
        changed.push(path.to_owned());
    }
    if changed.is_empty() { Ok(()) } else { Err(Unsaved::Changes(changed)) }
}

/// The folder for what refit needs to take an apply back: inside `.git`, where no commit finds it, else
/// `.refit`.
pub fn state_folder(root: &Path) -> PathBuf {
    git_folder(root).map_or_else(|| root.join(".refit"), |it| it.join("refit"))
}

fn git_folder(root: &Path) -> Option<PathBuf> {
    let git = root.join(".git");
    if git.is_dir() {
        return Some(git);
    }
    // A worktree or a submodule: a file that names the folder.
    let text = fs::read_to_string(git).ok()?;
    let folder = root.join(text.strip_prefix("gitdir:")?.trim());
    folder.is_dir().then_some(folder)
}

fn shortened(files: &[String]) -> String {
    const SHOWN: usize = 5;
    let shown = files.iter().take(SHOWN).map(String::as_str).collect::<Vec<_>>().join(", ");
    match files.len().checked_sub(SHOWN) {
        None | Some(0) => shown,
        Some(more) => format!("{shown} and {more} more"),
    }
}
