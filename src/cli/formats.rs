//! The formats of a report: one is printed, others go into files.

use std::{fs, path::PathBuf, str::FromStr};

use anyhow::Context as _;
use clap::{Args, ValueEnum};

use super::{config::suggestion, output};
use crate::report::{Detail, Report, formats};

/// Which formats to write, and where to.
#[derive(Debug, Args)]
pub(super) struct Reports {
    /// The format to print
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// Write a report to a file, as in `-o sarif=refit.sarif`; may be given again. Without a format it is that of
    /// --format, and nothing is printed
    #[arg(short, long, value_name = "[FORMAT=]FILE")]
    output: Vec<Target>,
}

/// A form of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// For people
    Text,
    /// A line each: `path:line:column: code message`
    Concise,
    /// One object, with everything
    Json,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// Workflow commands of GitHub Actions: annotations
    Github,
    /// GitLab's Code Quality report
    Gitlab,
    /// JUnit's XML
    Junit,
    /// For a pull request
    Markdown,
    /// One page for a browser
    Html,
    /// The diffs, for `git apply`
    Patch,
}

/// A file to write.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Target {
    /// `None` for that of `--format`.
    format: Option<Format>,
    file: PathBuf,
}

fn names() -> String {
    let all = Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
    all.map(|it| it.get_name().to_owned()).collect::<Vec<_>>().join(", ")
}

impl FromStr for Target {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, file)) = text.split_once('=').filter(|it| !it.0.contains(['/', '.']))
        else {
            return Ok(Self { format: None, file: text.into() });
        };
        let format = Format::from_str(name, false).map_err(|_| {
            let all = names();
            let meant = suggestion(name, all.split(", ")).map(|it| format!("; {it}"));
            format!("there is no format `{name}`{}", meant.unwrap_or_default())
        })?;
        if file.is_empty() {
            return Err("a file has to follow `=`".to_owned());
        }
        Ok(Self { format: Some(format), file: file.into() })
    }
}

impl Format {
    /// What it says about each change.
    fn detail(self) -> Detail {
        match self {
            Self::Json | Self::Sarif | Self::Markdown | Self::Html => Detail::All,
            Self::Gitlab => Detail::Fingerprints,
            Self::Text | Self::Concise | Self::Github | Self::Junit | Self::Patch => Detail::Few,
        }
    }
}

impl Reports {
    /// What the formats that are asked for say about each change.
    pub(super) fn detail(&self) -> Detail {
        let files = self.output.iter().map(|it| it.format.unwrap_or(self.format));
        let printed = Some(self.format).filter(|_| self.is_printed());
        files.chain(printed).map(Format::detail).max().unwrap_or(Detail::Few)
    }

    /// Returns true if text for people is printed.
    pub(super) fn is_text(&self) -> bool {
        self.format == Format::Text && self.is_printed()
    }

    /// Returns true if something is printed, and not only written to files.
    fn is_printed(&self) -> bool {
        self.output.iter().all(|it| it.format.is_some())
    }

    /// Writes the files that were asked for, and prints the report unless text for people was asked for, which the
    /// command prints itself; `text` is that without colors.
    pub(super) fn write(&self, report: &Report, text: impl Fn() -> String) -> anyhow::Result<()> {
        for it in &self.output {
            let written = write(it.format.unwrap_or(self.format), report, &text)?;
            fs::write(&it.file, written).with_context(|| it.file.display().to_string())?;
        }
        if self.is_printed() && !self.is_text() {
            output::print_raw(&write(self.format, report, &text)?)?;
        }
        Ok(())
    }
}

fn write(format: Format, report: &Report, text: &impl Fn() -> String) -> anyhow::Result<String> {
    Ok(match format {
        Format::Text => text(),
        Format::Concise => formats::concise(report),
        Format::Json => formats::json(report)?,
        Format::Sarif => formats::sarif(report)?,
        Format::Github => formats::github(report),
        Format::Gitlab => formats::gitlab(report)?,
        Format::Junit => formats::junit(report),
        Format::Markdown => formats::markdown(report),
        Format::Html => formats::html(report),
        Format::Patch => formats::patch(report),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_have_a_format() {
        let read = |it: &str| it.parse::<Target>();
        let target = |format, file: &str| Ok(Target { format, file: file.into() });
        assert_eq!(read("sarif=a/b.sarif"), target(Some(Format::Sarif), "a/b.sarif"));
        assert_eq!(read("refit.json"), target(None, "refit.json"));
        assert_eq!(read("./a=b"), target(None, "./a=b"));
        assert_eq!(
            read("sarfi=x"),
            Err("there is no format `sarfi`; did you mean `sarif`?".to_owned())
        );
        assert!(read("json=").is_err());
    }
}
