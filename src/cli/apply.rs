//! `refit apply`.

use clap::Args;

use super::{
    Status,
    args::{Format, Run},
    input::Input,
    output::{self, Output},
    summary,
};
use crate::{apply, git, report::Report};

/// Write exactly what `diff` shows, all files or none; `undo` takes it back
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    run: Run,
    /// Write although git has uncommitted changes, or does not keep the files
    #[arg(long)]
    allow_dirty: bool,
}

impl Apply {
    pub(super) fn run(&self, jobs: usize, output: &Output) -> anyhow::Result<Status> {
        let mut input = Input::read(&self.run, jobs)?;
        if let Some(root) = &input.root {
            let recovered = apply::recover(root)?;
            if !recovered.is_empty() {
                let count = summary::count(recovered.len(), "file");
                output::note(&format!("an interrupted apply was rolled back: {count}\n"))?;
                input = Input::read(&self.run, jobs)?;
            }
        }
        let plan = input.plan()?;
        let report = Report::new(&plan, input.selection());
        if let Some(root) = input.root.as_deref().filter(|_| !report.files.is_empty()) {
            if !self.allow_dirty {
                git::check_saved(root)?;
            }
            apply::apply(&plan, root)?;
        }
        match (self.run.format, &input.stdin) {
            (Format::Json, _) => output::print(&summary::json(&report)?)?,
            (Format::Text, Some(path)) => {
                output::print_raw(plan.after().file(path.as_str()).map_or("", |it| &it.text))?;
            }
            (Format::Text, None) => {}
        }
        summary::print(&report, summary::Kind::Applied, output)
    }
}
