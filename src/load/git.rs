//! Questions to git: where a project begins, whether its work is saved, and where to keep state.

use std::{
    collections::HashMap,
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
    /// Files that git does not keep would be written over.
    #[error("git does not keep {}", shortened(.0))]
    NotKept(Vec<String>),
    /// git could not tell.
    #[error("git could not tell whether the tree is clean: {0}")]
    Git(String),
}

/// The folder of the repository that a path lies in.
pub fn top(path: &Path) -> Option<&Path> {
    path.ancestors().find(|it| it.join(".git").exists())
}

/// Refuses a tree with uncommitted changes, and one that no git keeps; with `staged`, what the index has is kept
/// well enough.
///
/// # Errors
/// There is no repository, it has changes, or git fails.
pub fn check_saved(root: &Path, staged: bool) -> Result<(), Unsaved> {
    // A repository further up does not keep it: then it would be the root, or ignores this folder.
    if !root.join(".git").exists() {
        return Err(Unsaved::NoRepository(root.to_owned()));
    }
    let arguments =
        ["status", "--porcelain", "-z", "--untracked-files=normal", "--ignore-submodules=none"];
    let listed = ask(root, &arguments, &[])?;
    // `XY path`; a rename is followed by a record that is its old path alone.
    let mut records = listed.split_terminator('\0');
    let mut changed = Vec::new();
    while let Some(record) = records.next() {
        let (status, path) = record.split_at_checked(3).unwrap_or((record, ""));
        if status.starts_with(['R', 'C']) {
            records.next();
        }
        if staged && status.ends_with("  ") {
            continue;
        }
        changed.push(path.to_owned());
    }
    if changed.is_empty() { Ok(()) } else { Err(Unsaved::Changes(changed)) }
}

/// The number of paths that a command line of git is given.
pub(super) const AT_ONCE: usize = 500;

/// A file in the index.
pub(super) struct Staged {
    /// Its path.
    pub(super) path: String,
    /// Its mode, as git writes it: `100644`.
    pub(super) mode: String,
    /// The name of its text.
    blob: String,
    /// `0`, or the side of a conflict that it is of.
    stage: String,
}

/// What the index has at these paths, at most [`AT_ONCE`] of them.
pub(super) fn staged(root: &Path, paths: &[&str]) -> Result<Vec<Staged>, Unsaved> {
    let listed = ask(root, &["--literal-pathspecs", "ls-files", "-z", "--stage", "--"], paths)?;
    // `100644 0a1b… 0`, a tab and the path.
    let records = listed.split_terminator('\0').filter_map(|it| it.split_once('\t'));
    let staged = records.filter_map(|(record, path)| {
        let mut parts = record.split(' ').map(str::to_owned);
        let (mode, blob, stage) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Staged { path: path.to_owned(), mode, blob, stage })
    });
    Ok(staged.collect())
}

/// Refuses to write over files that git does not have just as they are: ignored ones, and those that
/// `git status` was told not to look at (`assume-unchanged`, `skip-worktree`).
///
/// The paths are relative to the repository's folder.
///
/// # Errors
/// A file is not in the index or differs from it, or git fails.
pub fn check_kept(root: &Path, paths: &[&str]) -> Result<(), Unsaved> {
    let (mut unknown, mut changed) = (Vec::new(), Vec::new());
    for paths in paths.chunks(AT_ONCE) {
        let staged = staged(root, paths)?;
        let merged = staged.iter().filter(|it| it.stage == "0");
        let index: HashMap<&str, &str> =
            merged.map(|it| (it.path.as_str(), it.blob.as_str())).collect();
        let (known, others): (Vec<&str>, Vec<&str>) =
            paths.iter().partition(|it| index.contains_key(*it));
        unknown.extend(others.into_iter().map(str::to_owned));
        if known.is_empty() {
            continue;
        }
        // As git would add them: with line endings and filters of its attributes.
        let hashes = ask(root, &["hash-object", "--"], &known)?;
        let differs = known.iter().zip(hashes.lines()).filter(|(it, hash)| index[*it] != *hash);
        changed.extend(differs.map(|it| (*it.0).to_owned()));
    }
    match (unknown.is_empty(), changed.is_empty()) {
        (true, true) => Ok(()),
        (false, _) => Err(Unsaved::NotKept(unknown)),
        (true, false) => Err(Unsaved::Changes(changed)),
    }
}

/// Variables by which git would look at another repository than the one it is started in: what
/// `git rev-parse --local-env-vars` lists.
const ELSEWHERE: &[&str] = &[
    "GIT_ALTERNATE_OBJECT_DIRECTORIES",
    "GIT_COMMON_DIR",
    "GIT_CONFIG",
    "GIT_CONFIG_COUNT",
    "GIT_CONFIG_PARAMETERS",
    "GIT_DIR",
    "GIT_GRAFT_FILE",
    "GIT_IMPLICIT_WORK_TREE",
    "GIT_INDEX_FILE",
    "GIT_INTERNAL_SUPER_PREFIX",
    "GIT_NO_REPLACE_OBJECTS",
    "GIT_OBJECT_DIRECTORY",
    "GIT_PREFIX",
    "GIT_REPLACE_REF_BASE",
    "GIT_SHALLOW_FILE",
    "GIT_WORK_TREE",
];

/// Keeps git in the repository of the folder that it is started in.
pub(super) fn at_home(command: &mut Command) {
    for variable in ELSEWHERE {
        command.env_remove(variable);
    }
}

/// What git answers in this folder.
pub(super) fn ask(root: &Path, arguments: &[&str], paths: &[&str]) -> Result<String, Unsaved> {
    let mut command = Command::new("git");
    at_home(&mut command);
    command.args(arguments).args(paths).current_dir(root).env("GIT_OPTIONAL_LOCKS", "0");
    let output = command.output().map_err(|it| Unsaved::Git(it.to_string()))?;
    if !output.status.success() {
        let reason = String::from_utf8_lossy(&output.stderr).trim().to_owned();
        return Err(Unsaved::Git(reason));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
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
