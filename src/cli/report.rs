//! `refit report`.

use std::{fs, mem::ManuallyDrop, path::PathBuf};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{
    Status,
    args::Scope,
    inputs::Inputs,
    markdown,
    output::{self, Output},
    pager, summary,
};
use crate::report::{
    audit::Audit,
    formats::{self, Length},
};

/// Audit a repository: what is wrong by priority, what refit would do, and figures of both
#[derive(Debug, Args)]
pub(super) struct Report {
    #[command(flatten)]
    scope: Scope,
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write to a file, and print nothing
    #[arg(short, long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    /// For a terminal; -v shows every place
    Text,
    /// A document, with the diffs
    Markdown,
    /// A page for a browser: sorts, filters, shows the diffs, prints; needs no network
    Html,
    /// One object, with everything
    Json,
}

impl Report {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        // The process ends with the command, and to free a large project piece by piece takes long.
        let input = ManuallyDrop::new(Inputs::of_scope(&self.scope, None)?);
        input.check_settled()?;
        let plans = ManuallyDrop::new(input.plans());
        let audit = input.audit(&plans);
        let status = summary::problems(&audit.plan, &input.named())?;
        match &self.output {
            Some(file) => {
                let text = output::plain(&self.text(&audit, output, None)?);
                fs::write(file, text).with_context(|| file.display().to_string())?;
            }
            None if self.format == Format::Text && pager::is_wanted(output) => {
                pager::page(&self.text(&audit, output, output::width())?, output)?;
            }
            None if self.format == Format::Text => {
                output::print(&self.text(&audit, output, output::width())?)?;
            }
            None => output::print_raw(&self.text(&audit, output, None)?)?,
        }
        Ok(self.scope.status(status))
    }

    fn text(&self, audit: &Audit, output: &Output, width: Option<usize>) -> anyhow::Result<String> {
        let length = if output.verbose { Length::Long } else { Length::Short };
        Ok(match self.format {
            Format::Text => {
                let document = formats::audit_markdown(audit, length);
                markdown::render(&document, output::has_colors(), width)
            }
            Format::Markdown => formats::audit_markdown(audit, Length::Whole),
            Format::Html => formats::audit_html(audit),
            Format::Json => formats::audit_json(audit)?,
        })
    }
}
