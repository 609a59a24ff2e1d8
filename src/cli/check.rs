//! `refit check`.

use std::mem::ManuallyDrop;

use clap::Args;

use super::{
    Status,
    args::Run,
    inputs::Inputs,
    output::{self, Output},
    pager, snippets, story, summary,
};
use crate::report::Report;

/// Print each change and each place left alone, with its line; exit with 1 when a change is pending
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
        let report = input.report(&plan, self.run.report.detail());
        let findings = |width| self.findings(&report, &input, output, width);
        self.run.report.write(&report, || output::plain(&findings(None)))?;
        let problems = summary::problems(&report, &input.named())?;
        let figures = |width| story::figures(&report, story::Kind::Proposed, width);
        let next = story::next(&report, story::Kind::Proposed, &self.run.scope);
        if !self.run.report.is_text() {
            output::say(|| figures(output::note_width()), output)?;
        } else if pager::is_wanted(output) && !output.quiet {
            let width = output::width();
            pager::page(&[figures(width), findings(width), next].join("\n"), output)?;
        } else {
            output::print(&findings(output::width()))?;
            output::say(|| figures(output::note_width()) + &next, output)?;
        }
        let pending = if report.files.is_empty() { Status::Done } else { Status::Pending };
        Ok(self.run.scope.status(problems.max(pending)))
    }

    fn findings(
        &self,
        report: &Report,
        input: &Inputs,
        output: &Output,
        width: Option<usize>,
    ) -> String {
        if self.run.statistics {
            story::statistics(report, true).trim_start_matches('\n').to_owned()
        } else if output.verbose || story::files(report) <= story::FILES {
            snippets::snippets(report, |path| input.file_of(path), width)
        } else {
            story::by_file(report, width).trim_start_matches('\n').to_owned()
        }
    }
}
