//! `refit undo`.

use std::path::PathBuf;

use anyhow::Context as _;
use clap::Args;

use super::{
    Status,
    output::{self, Output},
};
use crate::{
    engine::undo::{Undone, undo},
    text::count::counted,
};

/// Take the last apply back, whole
#[derive(Debug, Args)]
pub(super) struct Undo {
    /// A path of the project
    #[arg(value_name = "PATH", default_value = ".")]
    path: PathBuf,
}

impl Undo {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        let path = self.path.canonicalize().with_context(|| self.path.display().to_string())?;
        let folder = if path.is_dir() { path.as_path() } else { path.parent().unwrap_or(&path) };
        let mut folders = folder.ancestors();
        let is_root = |it: &std::path::Path| it.join(".refit").is_dir() || it.join(".git").exists();
        let (origin, files) = match undo(folders.find(|it| is_root(it)).unwrap_or(folder))? {
            Undone::Last(files) => ("", files),
            Undone::Interrupted(files) => (" from before an interrupted apply", files),
        };
        if !output.quiet {
            output::note(&format!("restored {}{origin}\n", counted(files.len(), "file")))?;
            for file in &files {
                output::note(&format!("  {file}\n"))?;
            }
        }
        Ok(Status::Done)
    }
}
