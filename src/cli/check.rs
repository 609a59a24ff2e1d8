//! `refit check`.

use std::{fmt::Write as _, mem::ManuallyDrop};

use clap::Args;

use super::{
    Status,
    args::Run,
    inputs::Inputs,
    output::{self, Output},
    summary,
};
use crate::report::Report;

/// Print a line per change and per place left alone; exit with 1 when a change is pending
#[derive(Debug, Args)]
pub(super) struct Check {
    #[command(flatten)]
    run: Run,
}

impl Check {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        // The process ends with the command, and to free a large project piece by piece takes long.
        let input = ManuallyDrop::new(Inputs::read(&self.run)?);
        input.check_settled()?;
        let plan = ManuallyDrop::new(input.plans());
        let report = input.report(&plan);
        self.run.report.write(&report, || lines(&report))?;
        if self.run.report.is_text() {
            output::print(&lines(&report))?;
        }
        let problems = summary::print(&report, summary::Kind::Listed, &input.named(), output)?;
        let pending = if report.files.is_empty() { Status::Done } else { Status::Pending };
        Ok(self.run.scope.status(problems.max(pending)))
    }
}

fn lines(report: &Report) -> String {
    let mut out = String::new();
    for change in &report.changes {
        let _ = writeln!(out, "{}", summary::change_line(change));
    }
    for decline in &report.declines {
        let _ = writeln!(out, "{}", summary::decline_line(decline));
    }
    out
}
