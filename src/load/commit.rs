//! Commits of texts that are in the working tree already, or will be by the last of them.

use std::{
    collections::HashMap,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use super::git::{self, AT_ONCE, Unsaved};
use crate::text::RepoPath;

/// A file as a commit has it; without a text it is removed.
#[derive(Clone, Copy, Debug)]
pub struct Committed<'t> {
    /// The file.
    pub path: &'t RepoPath,
    /// Its text.
    pub text: Option<&'t str>,
}

/// Commits these files, and what is in the index besides, with a message; hooks run as always.
///
/// The working tree is not touched.
///
/// # Errors
/// git cannot write, or a hook refuses the commit.
pub fn commit(root: &Path, files: &[Committed<'_>], message: &str) -> Result<(), Unsaved> {
    let gone: Vec<&str> =
        files.iter().filter(|it| it.text.is_none()).map(|it| it.path.as_str()).collect();
    for paths in gone.chunks(AT_ONCE) {
        git::ask(root, &["update-index", "--force-remove", "--"], paths)?;
    }
    let kept = files.iter().filter_map(|it| Some((it.path.as_str(), it.text?)));
    let kept: Vec<(&str, &str)> = kept.collect();
    let modes = modes(root, kept.iter().map(|it| it.0).collect())?;
    let mut entries = String::new();
    for (path, text) in kept {
        // As git would add it: with the line ends and filters of its attributes.
        let blob = tell(root, &["hash-object", "-w", "--stdin", "--path", path], text)?;
        let mode = modes.get(path).map_or("100644", String::as_str);
        entries += &format!("{mode} {}\t{path}\0", blob.trim());
    }
    if !entries.is_empty() {
        tell(root, &["update-index", "-z", "--index-info"], &entries)?;
    }
    tell(root, &["commit", "--quiet", "--file", "-"], message)?;
    Ok(())
}

/// The modes that files have in the index, as far as they are in it.
fn modes(root: &Path, paths: Vec<&str>) -> Result<HashMap<String, String>, Unsaved> {
    let mut modes = HashMap::new();
    for paths in paths.chunks(AT_ONCE) {
        for it in git::staged(root, paths)? {
            modes.entry(it.path).or_insert(it.mode);
        }
    }
    Ok(modes)
}

/// The author of a commit made here: `Ada <ada@example.com>`.
///
/// # Errors
/// git knows none.
pub fn author(root: &Path) -> Result<String, Unsaved> {
    let identity = git::ask(root, &["var", "GIT_AUTHOR_IDENT"], &[])?;
    // `Ada <ada@example.com> 1700000000 +0000`
    Ok(identity.split_inclusive('>').next().unwrap_or_default().trim().to_owned())
}

/// The files that are different from a commit, also those that git does not know yet; without one, those of the
/// index that differ from the last commit. Paths are relative to the repository's folder.
///
/// # Errors
/// There is no such commit, or git fails.
pub fn changed(root: &Path, since: Option<&str>) -> Result<Vec<String>, Unsaved> {
    let names = ["diff", "--name-only", "-z", "--no-renames", "--no-ext-diff"];
    let mut listed = match since {
        None => git::ask(root, &names, &["--cached", "--"])?,
        Some(since) if since.starts_with('-') => {
            return Err(Unsaved::Git(format!("{since} is no commit")));
        }
        Some(since) => git::ask(root, &names, &[since, "--"])?,
    };
    if since.is_some() {
        listed += &git::ask(root, &["ls-files", "--others", "--exclude-standard", "-z"], &[])?;
    }
    Ok(listed.split_terminator('\0').map(str::to_owned).collect())
}

/// What git answers to a text.
fn tell(root: &Path, arguments: &[&str], text: &str) -> Result<String, Unsaved> {
    let failed = |it: std::io::Error| Unsaved::Git(it.to_string());
    let mut command = Command::new("git");
    git::at_home(&mut command);
    command.args(arguments).current_dir(root);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().map_err(failed)?;
    if let Some(mut stdin) = child.stdin.take() {
        stdin.write_all(text.as_bytes()).map_err(failed)?;
    }
    let output = child.wait_with_output().map_err(failed)?;
    if !output.status.success() {
        return Err(Unsaved::Git(String::from_utf8_lossy(&output.stderr).trim().to_owned()));
    }
    Ok(String::from_utf8_lossy(&output.stdout).into_owned())
}
