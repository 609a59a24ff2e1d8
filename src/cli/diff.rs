//! `refit diff`.

use std::mem::ManuallyDrop;

use clap::Args;

use super::{
    Status,
    args::Run,
    inputs::Inputs,
    output::{self, Output},
    pager,
    story::Kind,
    summary,
};
use crate::report::formats;

/// Show what would change, as unified diffs that `git apply` takes; write nothing
#[derive(Debug, Args)]
pub(super) struct Diff {
    #[command(flatten)]
    run: Run,
    /// Exit with 1 when there is a change
    #[arg(long)]
    exit_code: bool,
    /// Show a series of patches instead, one for each transform: mails that `git am` takes
    #[arg(long, conflicts_with_all = ["format", "output"])]
    steps: bool,
}

impl Diff {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        // The process ends with the command, and to free a large project piece by piece takes long.
        let input = ManuallyDrop::new(Inputs::read(&self.run)?);
        input.check_settled()?;
        let plan = ManuallyDrop::new(input.plans());
        let report = input.report(&plan, self.run.report.detail());
        let diffs = || match self.steps {
            true => input.mails(&plan),
            false => formats::patch(&report),
        };
        self.run.report.write(&report, diffs)?;
        let problems = summary::problems(&report, &input.named())?;
        let summary = |width| summary::text(&report, Kind::Proposed, &self.run, output, width);
        if !self.run.report.is_text() {
            output::say(|| summary(output::note_width()), output)?;
        } else if pager::is_wanted(output) {
            let summary =
                if output.quiet { String::new() } else { summary(output::width()) + "\n" };
            pager::page(&(summary + &output::colored(&diffs())), output)?;
        } else {
            output::diff(&diffs())?;
            output::say(|| summary(output::note_width()), output)?;
        }
        let pending = self.exit_code && !report.files.is_empty();
        let pending = if pending { Status::Pending } else { Status::Done };
        Ok(self.run.scope.status(problems.max(pending)))
    }
}
