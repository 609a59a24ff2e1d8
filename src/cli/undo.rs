//! `refit undo`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{
    Status,
    output::{self, Output},
};
use crate::{
    engine::{
        transaction::{Direction, Recovered},
        undo::{Undone, forget, undo},
    },
    text::{RepoPath, count::counted},
};

/// Take the last apply back, whole
#[derive(Debug, Args)]
pub(super) struct Undo {
    /// A path of the project
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
    /// Forget an apply or undo that was interrupted; its files stay as they are
    #[arg(long)]
    forget: bool,
}

impl Undo {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        let path = self.path.canonicalize().with_context(|| self.path.display().to_string())?;
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
        let mut folders = folder.ancestors();
        let is_root = |it: &std::path::Path| it.join(".refit").is_dir() || it.join(".git").exists();
        let root = folders.find(|it| is_root(it)).unwrap_or(folder);
        if self.forget {
            let Recovered { direction, paths } = forget(root)?;
            let count = counted(paths.len(), "file");
            let line =
                format!("the interrupted {direction} is forgotten; as they are stay {count}");
            return Self::say(&line, &paths, output);
        }
        let (line, files) = match undo(root)? {
            Undone::Last(files) => (String::new(), files),
            Undone::Interrupted(Recovered { direction: Direction::Apply, paths }) => {
                (" from before an interrupted apply".to_owned(), paths)
            }
            Undone::Interrupted(Recovered { direction: Direction::Undo, paths }) => {
                (", which finishes an interrupted undo".to_owned(), paths)
            }
        };
        Self::say(&format!("restored {}{line}", counted(files.len(), "file")), &files, output)
    }

    fn say(line: &str, files: &[RepoPath], output: &Output) -> anyhow::Result<Status> {
        if !output.quiet {
            output::note(&format!("{line}\n"))?;
            for file in files {
                output::note(&format!("  {file}\n"))?;
            }
        }
        Ok(Status::Done)
    }
}
