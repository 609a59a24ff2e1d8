//! Options that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Status, formats::Reports};

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to use colors; `auto` also honours NO_COLOR
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Print no summary
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Print every change and every place left alone
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// How many threads to use, at most 256 [default: one per core]
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=256))]
    pub(super) jobs: Option<u16>,
}

/// Paths, transforms and output format.
#[derive(Debug, Args)]
pub(super) struct Run {
    #[command(flatten)]
    pub(super) scope: Scope,
    #[command(flatten)]
    pub(super) report: Reports,
    /// The path of the Dockerfile on standard input, used to find its project
    #[arg(long, value_name = "FILE")]
    pub(super) stdin_filename: Option<PathBuf>,
}

/// Paths and transforms.
#[derive(Debug, Args)]
pub(super) struct Scope {
    /// Folders or Dockerfiles; `-` reads one Dockerfile from standard input
    #[arg(value_name = "PATH", default_value = ".")]
    pub(super) paths: Vec<PathBuf>,
    /// The recipe to run; `refit list` shows them [default: audit]
    #[arg(long, value_name = "NAME")]
    pub(super) recipe: Option<String>,
    /// Run only these transforms
    #[arg(long, value_name = "NAME", value_delimiter = ',', conflicts_with = "recipe")]
    pub(super) only: Vec<String>,
    /// Do not run these transforms
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    pub(super) skip: Vec<String>,
    /// Make only changes that need no review
    #[arg(long)]
    pub(super) safe: bool,
    /// Leave matching files alone; the syntax is that of a .gitignore in the current folder
    #[arg(long, value_name = "GLOB")]
    pub(super) exclude: Vec<String>,
    /// Exit with 0 also when changes are pending or not verified, or a named file cannot be read
    #[arg(long)]
    pub(super) exit_zero: bool,
    /// The configuration to use [default: the closest refit.toml above each Dockerfile]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

impl Scope {
    /// Returns true if the Dockerfile comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.paths.iter().any(|it| it.as_os_str() == "-")
    }

    /// The outcome of a command that ran to its end, as `--exit-zero` wants it.
    pub(super) fn status(&self, status: Status) -> Status {
        match status {
            Status::Pending | Status::Failed if self.exit_zero => Status::Done,
            it => it,
        }
    }
}

/// When to use colors.
#[derive(Clone, Copy, Debug, ValueEnum)]
pub(super) enum Color {
    Auto,
    Always,
    Never,
}

impl Color {
    /// Makes the choice hold for everything that is printed.
    pub(super) fn set(self) {
        let choice = match self {
            Self::Auto => anstream::ColorChoice::Auto,
            Self::Always => anstream::ColorChoice::Always,
            Self::Never => anstream::ColorChoice::Never,
        };
        choice.write_global();
    }
}
