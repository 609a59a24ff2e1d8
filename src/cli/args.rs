//! Options that several commands share.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Status, formats::Reports};

/// Options of every command.
#[derive(Debug, Args)]
pub(super) struct Global {
    /// When to use colors; `auto` also honours NO_COLOR and CLICOLOR_FORCE
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(super) color: Color,
    /// Print no summary
    #[arg(short, long, global = true)]
    pub(super) quiet: bool,
    /// Print every change and every place left alone
    #[arg(short, long, global = true, conflicts_with = "quiet")]
    pub(super) verbose: bool,
    /// Show nothing in a pager; else it is $REFIT_PAGER, $PAGER or `less -FRX`, on a terminal
    #[arg(long, global = true)]
    pub(super) no_pager: bool,
    /// How many threads to use, and how many images to build at once; at most 256 [default: one per core; half as many
    /// images, at most 4]
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
    /// Sum up by transform and by the code of what was left alone, instead of file by file
    #[arg(long)]
    pub(super) statistics: bool,
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
    #[command(flatten)]
    differing: Differing,
    /// Do not hold back the changes of refit-baseline.json
    #[arg(long)]
    pub(super) no_baseline: bool,
    /// Exit with 0 also when changes are pending or not verified, or a named file cannot be read
    #[arg(long)]
    pub(super) exit_zero: bool,
    /// The configuration to use [default: the closest refit.toml above each Dockerfile]
    #[arg(long, value_name = "FILE")]
    pub(super) config: Option<PathBuf>,
}

/// Which Dockerfiles are looked at, of those at the paths.
#[derive(Debug, Args)]
struct Differing {
    /// Only Dockerfiles that are different from this commit, or new
    #[arg(long, value_name = "COMMIT", conflicts_with_all = ["changed", "staged"])]
    since: Option<String>,
    /// Only Dockerfiles that are different from the last commit, or new: --since HEAD
    #[arg(long, conflicts_with = "staged")]
    changed: bool,
    /// Only Dockerfiles that are staged, as the working tree has them
    #[arg(long)]
    staged: bool,
}

impl Scope {
    /// Returns true if the Dockerfile comes from standard input.
    pub(super) fn is_stdin(&self) -> bool {
        self.paths.iter().any(|it| it.as_os_str() == "-")
    }

    /// The arguments that choose files and transforms, to be given to another command: each with a blank before it.
    pub(super) fn arguments(&self) -> String {
        let mut all: Vec<String> = Vec::new();
        let lists = [("--only", &self.only), ("--skip", &self.skip), ("--exclude", &self.exclude)];
        all.extend(self.recipe.iter().flat_map(|it| ["--recipe".to_owned(), it.clone()]));
        all.extend(lists.iter().flat_map(|(name, values)| {
            values.iter().flat_map(|it| [(*name).to_owned(), it.clone()])
        }));
        let config = self.config.iter();
        all.extend(config.flat_map(|it| ["--config".to_owned(), it.display().to_string()]));
        all.extend(self.differing.since.iter().flat_map(|it| ["--since".to_owned(), it.clone()]));
        let Differing { changed, staged, .. } = self.differing;
        let flags = [
            ("--safe", self.safe),
            ("--changed", changed),
            ("--staged", staged),
            ("--no-baseline", self.no_baseline),
        ];
        all.extend(flags.iter().filter(|it| it.1).map(|it| it.0.to_owned()));
        let here = self.paths.iter().all(|it| it.as_os_str() == ".");
        all.extend(self.paths.iter().filter(|_| !here).map(|it| it.display().to_string()));
        all.iter().map(|it| format!(" {}", quoted(it))).collect()
    }

    /// The commit that Dockerfiles have to differ from; for `--staged` the index has to.
    pub(super) fn base(&self) -> Option<Base<'_>> {
        let Differing { since, changed, staged } = &self.differing;
        match (since, changed, staged) {
            (Some(since), _, _) => Some(Base::Commit(since)),
            (None, true, _) => Some(Base::Commit("HEAD")),
            (None, _, true) => Some(Base::Index),
            (None, false, false) => None,
        }
    }

    /// The outcome of a command that ran to its end, as `--exit-zero` wants it.
    pub(super) fn status(&self, status: Status) -> Status {
        match status {
            Status::Pending | Status::Failed if self.exit_zero => Status::Done,
            it => it,
        }
    }
}

/// What Dockerfiles are compared with, to look only at those that changed.
#[derive(Clone, Copy, Debug)]
pub(super) enum Base<'a> {
    /// A commit.
    Commit(&'a str),
    /// The last commit, with the index.
    Index,
}

/// A word as a shell reads it.
fn quoted(word: &str) -> String {
    let plain = |it: char| it.is_ascii_alphanumeric() || "-_./,:=@+%".contains(it);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_owned(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
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
