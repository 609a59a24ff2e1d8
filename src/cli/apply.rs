//! `refit apply`.

use clap::Args;

use super::{
    Status,
    args::{Format, Run},
    failure::Failure,
    input::Input,
    output::{self, Output},
    summary,
    verify::{self, Building, Session},
};
use crate::{engine::apply, load::git, text::count::counted};

/// Write exactly what `diff` shows, all files or none; `undo` takes it back
#[derive(Debug, Args)]
pub(super) struct Apply {
    #[command(flatten)]
    run: Run,
    /// Write although git has uncommitted changes, or does not keep the files
    #[arg(long)]
    allow_dirty: bool,
    /// Build every image before and after, and write only what is verified
    #[arg(long)]
    verify: bool,
    #[command(flatten)]
    building: Building,
}

impl Apply {
    pub(super) fn run(&self, jobs: usize, output: &Output) -> anyhow::Result<Status> {
        if let Some(option) = self.building.given().filter(|_| !self.verify) {
            let hint = "give --verify as well: without it nothing is built";
            return Err(Failure::new(format!("{option} without --verify"), hint).into());
        }
        if self.verify && self.run.scope.is_stdin() {
            return Err(verify::no_context().into());
        }
        let mut input = Input::read(&self.run, jobs)?;
        if let Some(root) = &input.root {
            let recovered = apply::recover(root)?;
            if !recovered.is_empty() {
                let count = counted(recovered.len(), "file");
                output::note(&format!("an interrupted apply was rolled back: {count}\n"))?;
                input = Input::read(&self.run, jobs)?;
            }
        }
        let mut plan = input.plan()?;
        let mut verification = None;
        if let Some(root) = input.root.as_deref().filter(|_| self.verify && !plan.steps.is_empty())
        {
            // Not after half an hour of builds.
            if !self.allow_dirty {
                git::check_saved(root)?;
            }
            let (verified, report) = Session::settle(&self.building, &input, output)?;
            plan = verified;
            if self.run.format == Format::Text {
                output::note(&verify::text(&report, output))?;
            }
            verification = Some(report);
        }
        let mut report = input.report(&plan);
        report.verification = verification;
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
        let left_out = report.verification.as_ref().is_some_and(|it| !it.is_verified());
        let problems = summary::print(&report, summary::Kind::Applied, input.selection(), output)?;
        let verified = if left_out { Status::Pending } else { Status::Done };
        Ok(self.run.scope.status(problems.max(verified)))
    }
}
