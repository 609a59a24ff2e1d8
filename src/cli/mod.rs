//! The command line: the only code that prints.

mod apply;
mod args;
mod baseline;
mod check;
mod choose;
mod completions;
pub mod config;
mod diff;
mod explain;
mod failure;
mod formats;
mod ignores;
mod init;
mod input;
mod inputs;
mod list;
mod markdown;
mod output;
mod pager;
mod report;
mod scopes;
mod snippets;
mod story;
mod summary;
mod undo;
mod verify;
mod wrap;

use std::{io, process::ExitCode};

use clap::{Parser, Subcommand};

use failure::Failure;
use output::Output;

use crate::text::panics;

/// Refactors Dockerfiles: equivalent or declared, whole or not at all.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100, after_help = AFTER_HELP)]
struct Cli {
    #[command(subcommand)]
    command: Command,
    #[command(flatten)]
    global: args::Global,
}

#[derive(Debug, Subcommand)]
enum Command {
    Diff(diff::Diff),
    Apply(apply::Apply),
    Check(check::Check),
    Report(report::Report),
    Verify(verify::Verify),
    Undo(undo::Undo),
    List(list::List),
    Explain(explain::Explain),
    Init(init::Init),
    Baseline(baseline::Take),
    Completions(completions::Completions),
    Man(completions::Man),
}

impl Command {
    /// Whether it reads the files of projects.
    fn looks_at_projects(&self) -> bool {
        !matches!(
            self,
            Self::List(_) | Self::Explain(_) | Self::Completions(_) | Self::Man(_) | Self::Undo(_)
        )
    }
}

const AFTER_HELP: &str = "Exit codes: 0 nothing to do or done, 1 changes pending (`check`, `diff --exit-code`) or \
                          not verified (`verify`), 2 an error, or a file that was named cannot be read, \
                          3 no Dockerfile here, 4 builds could not run (`verify`): \
                          the network, a registry, the disk or the builder, 130 interrupted.";

/// The outcome of a command, the worst last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Status {
    /// Nothing to do, or done.
    Done,
    /// Changes are pending, or are not verified.
    Pending,
    /// A file that was asked for could not be done, or nothing could.
    Failed,
    /// There is no Dockerfile where the arguments point.
    NoDockerfile,
    /// Builds could not run here, so that nothing is known.
    CouldNotRun,
    /// A signal of this number ended the command.
    Interrupted(u8),
}

impl Status {
    /// The exit code of the process; after a signal, what a shell makes of one.
    fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Pending => 1,
            Self::Failed => 2,
            Self::NoDockerfile => 3,
            Self::CouldNotRun => 4,
            Self::Interrupted(signal) => 128 + signal,
        }
    }
}

/// Runs the command that the process was called with.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(it) => it,
        Err(error) => {
            // To clap, help and version are errors too. A closed pipe is not an error to anybody.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { 2 } else { 0 });
        }
    };
    cli.global.color.set();
    panics::quiet();
    let output = Output::new(&cli.global);
    let status = match run(&cli, &output) {
        Ok(it) => it,
        Err(error) if is_closed_pipe(&error) => Status::Done,
        Err(error) => {
            // If even that cannot be printed, there is still the exit code.
            let _ = output::failure(&Failure::from_error(&error));
            let failed = match verify::could_not_run(&error) {
                true => Status::CouldNotRun,
                false => Status::Failed,
            };
            verify::signal().map_or(failed, Status::Interrupted)
        }
    };
    ExitCode::from(status.code())
}

/// Starts the threads that look at files side by side. This one is among them: for a small project, to start one more
/// would take longer than what there is to do.
fn start_threads(jobs: Option<impl Into<usize>>) {
    let pool = rayon::ThreadPoolBuilder::new().use_current_thread();
    let pool = match jobs {
        Some(jobs) => pool.num_threads(jobs.into()),
        None => pool,
    };
    // Only a second pool could fail, and there is none.
    let _ = pool.build_global();
}

fn run(cli: &Cli, output: &Output) -> anyhow::Result<Status> {
    let jobs = match cli.global.jobs {
        Some(jobs) => Some(jobs),
        None => verify::jobs()?,
    };
    if cli.command.looks_at_projects() {
        start_threads(jobs);
    }
    match &cli.command {
        Command::Diff(it) => it.run(output),
        Command::Apply(it) => it.run(output, jobs),
        Command::Check(it) => it.run(output),
        Command::Report(it) => it.run(output),
        Command::Verify(it) => it.run(output, jobs),
        Command::Undo(it) => it.run(output),
        Command::List(it) => it.run(),
        Command::Explain(it) => it.run(output),
        Command::Init(it) => it.run(output),
        Command::Baseline(it) => it.run(output),
        Command::Completions(it) => it.run(),
        Command::Man(it) => it.run(),
    }
}

/// Returns true if the reader of the output closed the pipe, as `head` does.
fn is_closed_pipe(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|it| it.downcast_ref::<io::Error>());
    causes.any(|it| it.kind() == io::ErrorKind::BrokenPipe)
}
