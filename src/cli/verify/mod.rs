//! `refit verify`, and what `apply --verify` shares with it.

mod figures;
mod progress;
mod settings;
mod table;

use std::{
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tempfile::TempDir;

use super::{
    Status,
    args::Scope,
    config::FILE_NAME,
    failure::Failure,
    input::Input,
    inputs::Inputs,
    output::{self, Output, YELLOW},
    story, summary,
};
use crate::{
    engine::plan::Plan,
    report::Detail,
    text::RepoPath,
    verify::{
        self, Options, Verification,
        builder::{self, Builder},
        images::{Image, images},
        report::{Report, UnknownReport},
        settle::{self, Settled, settle},
        verdicts::Verdicts,
    },
};
use progress::Progress;
use settings::Choices;
pub(super) use settings::{Building, Rebuilds, Settings, jobs};

/// Build every image that `apply` would touch, before and after, and compare the two
///
/// Builds run in copies: the working tree is not touched. An image is verified when it has the same
/// configuration, Python distributions, files and libraries as before, except for what the changes
/// declare, and if its command is still found and its imports work.
///
/// Copies of the contexts, two at a time, and logs of what fails go into a folder of their own below
/// TMPDIR. Images, layers and cache mounts are removed as soon as an image is done. An image that an earlier run has
/// verified, built from the same files with the same builder, is not built again.
///
/// Each option of the builds has a variable: REFIT_ and its name, such as REFIT_TIMEOUT or REFIT_BUILD_OPTIONS. Most
/// have a setting in the table [verify] of refit.toml as well. An option comes before its variable, and that before
/// the setting.
#[derive(Debug, Args)]
pub(super) struct Verify {
    #[command(flatten)]
    scope: Scope,
    /// Only this service: its name in compose, its Dockerfile, or the folder of that
    #[arg(long, value_name = "NAME")]
    service: Vec<String>,
    /// Print a table, one JSON object, or Markdown for a pull request
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    format: Format,
    /// The edits to build again after [default: source,manifest]
    #[arg(long, value_name = "EDITS", value_delimiter = ',')]
    rebuilds: Vec<Rebuilds>,
    #[command(flatten)]
    building: Building,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

impl Verify {
    pub(super) fn run(&self, output: &Output, jobs: Option<u16>) -> anyhow::Result<Status> {
        if self.scope.is_stdin() {
            return Err(no_context().into());
        }
        let input = Inputs::of_scope(&self.scope, None)?;
        let named = input.named();
        if input.all.is_empty() {
            return summary::problems(&crate::report::Report::default(), &named);
        }
        let input = input.only()?;
        let root = input.root.clone().unwrap_or_default();
        let plan = input.plan();
        let problems = input.report(&RepoPath::root(), &plan, Detail::Few);
        let figures = || story::figures(&problems, story::Kind::Proposed, output::note_width());
        output::say(figures, output)?;
        let problems = summary::problems(&problems, &named)?;
        let choices = choices(&self.building, &input, jobs)?.with(&self.rebuilds)?;
        let (images, unknown) = images(&plan);
        let images = self.chosen(images)?;
        let mut report = Report::new(&plan, input.selection());
        if self.service.is_empty() {
            report.unknown = unknown.into_iter().map(UnknownReport::from).collect();
        }
        if !images.is_empty() {
            let session = Session::new(choices, output)?;
            session.builder.name().clone_into(&mut report.builder);
            let all: Vec<&Image> = images.iter().collect();
            let batch = session.verifying(&root, |it| it.images(&plan, &all));
            (report.images, report.stopped) = (batch.reports, batch.stopped);
            session.close(&report)?;
        }
        output::print(&match self.format {
            Format::Json => serde_json::to_string_pretty(&report)? + "\n",
            Format::Text => table::text(&report, output.verbose, output::width()),
            Format::Markdown => table::markdown(&report),
        })?;
        Ok(self.scope.status(problems.max(status(&report))))
    }

    fn chosen(&self, images: Vec<Image>) -> Result<Vec<Image>, Failure> {
        let unknown = self.service.iter().find(|name| !images.iter().any(|it| it.is_called(name)));
        if let Some(name) = unknown {
            let names: Vec<_> = images.iter().map(|it| it.name.as_str()).collect();
            let hint = match names.as_slice() {
                [] => "no image changes here".to_owned(),
                names => format!("these change: {}", names.join(", ")),
            };
            return Err(Failure::new(format!("no image that changes is called {name}"), hint));
        }
        let is_chosen = |it: &Image| {
            self.service.is_empty() || self.service.iter().any(|name| it.is_called(name))
        };
        Ok(images.into_iter().filter(is_chosen).collect())
    }
}

/// The outcome of a command whose builds gave this.
pub(super) fn status(report: &Report) -> Status {
    match report.could_not_run() {
        true => Status::CouldNotRun,
        false if report.is_verified() => Status::Done,
        false => Status::Pending,
    }
}

/// Returns true if an error says that builds could not run here.
pub(super) fn could_not_run(error: &anyhow::Error) -> bool {
    let mut causes = error.chain().filter_map(|it| it.downcast_ref());
    causes.any(|it| matches!(it, settle::Error::CouldNotRun(_)))
}

/// What options, variables and the project's settings come to.
fn choices(building: &Building, input: &Input, jobs: Option<u16>) -> anyhow::Result<Choices> {
    for folder in &input.unheard {
        let file = format!("{folder}/{FILE_NAME}");
        let text =
            format!("[verify] counts in the {FILE_NAME} of the whole project, or with --config");
        output::note(&format!("{YELLOW}warning{YELLOW:#}: {file}: {text}\n"))?;
    }
    Ok(Choices::new(building, &input.verify, jobs)?)
}

/// A builder, and a folder for what is made.
pub(super) struct Session {
    builder: Builder,
    options: Options,
    is_fresh: bool,
    folder: TempDir,
    quiet: bool,
}

impl Session {
    fn new(choices: Choices, output: &Output) -> anyhow::Result<Self> {
        let Choices { builder, options, is_fresh, .. } = choices;
        let builder = Builder::find(builder)?;
        watch_signals().context("signals")?;
        let folder = tempfile::Builder::new().prefix("refit-verify-").tempdir();
        let folder = folder.context("a folder for what is built")?;
        Ok(Self { builder, options, is_fresh, folder, quiet: output.quiet })
    }

    /// Verifies images of the project in a folder, and shows what is done meanwhile.
    fn verifying<T>(&self, root: &Path, verify: impl FnOnce(&Verification<'_>) -> T) -> T {
        let progress = Progress::new(self.quiet, self.options.jobs);
        let watch = |it: verify::Event<'_>| progress.show(it);
        let verdicts = Verdicts::folder().map(|it| Verdicts::new(it, !self.is_fresh));
        let folders = (root, self.folder.path());
        verify(&Verification::new(&self.builder, &self.options, folders, verdicts, &watch))
    }

    /// Leaves out of a plan what cannot be verified.
    pub(super) fn settle(
        building: &Building,
        input: &Input,
        output: &Output,
        jobs: Option<u16>,
    ) -> anyhow::Result<(Plan, Report)> {
        let choices = choices(building, input, jobs)?;
        let session = Self::new(choices, output)?;
        let root = input.root.clone().unwrap_or_default();
        let settled =
            session.verifying(&root, |it| settle(it, |without| input.plan_without(without)));
        let Settled { plan, images, left_out } = settled?;
        let builder = session.builder.name().to_owned();
        let report = Report { builder, images, left_out, ..Report::new(&plan, input.selection()) };
        session.close(&report)?;
        Ok((plan, report))
    }

    /// Ends the session. Logs of failed builds and what `--keep` asks for stay.
    fn close(self, report: &Report) -> anyhow::Result<()> {
        let mut logs = report.images.iter().map(|it| &it.logs);
        let has_logs =
            logs.any(|it| !it.is_empty()) || report.left_out.iter().any(|it| !it.logs.is_empty());
        if self.options.keep || has_logs {
            let folder = self.folder.keep();
            output::note(&format!("kept in {}\n", folder.display()))?;
        } else {
            self.folder.close().context("the folder of what was built")?;
        }
        if builder::is_interrupted() {
            return Err(Failure::new("interrupted", "nothing was changed").into());
        }
        Ok(())
    }
}

/// Has what was made removed before a signal ends refit; a second one ends it at once.
#[cfg(unix)]
fn watch_signals() -> std::io::Result<()> {
    use signal_hook::{
        consts::{SIGINT, SIGTERM},
        flag::{register, register_conditional_shutdown, register_usize},
    };
    for signal in [SIGINT, SIGTERM] {
        register_conditional_shutdown(signal, 128 + signal, builder::interrupt())?;
        register(signal, builder::interrupt())?;
        register_usize(signal, Arc::clone(&SIGNAL), usize::try_from(signal).unwrap_or_default())?;
    }
    Ok(())
}

/// The number of the signal that came; 0 before one does.
static SIGNAL: LazyLock<Arc<AtomicUsize>> = LazyLock::new(Arc::default);

/// The signal that interrupted the builds.
pub(super) fn signal() -> Option<u8> {
    u8::try_from(SIGNAL.load(Ordering::Relaxed)).ok().filter(|it| 0 < *it)
}

#[cfg(not(unix))]
fn watch_signals() -> std::io::Result<()> {
    Ok(())
}

/// The error for a Dockerfile from standard input.
pub(super) fn no_context() -> Failure {
    let hint = "name its folder: what it copies has to be there";
    Failure::new("a Dockerfile on standard input cannot be built", hint)
}

/// The result of a verification as text; with `--quiet`, only the changes that were left out.
pub(super) fn text(report: &Report, output: &Output) -> String {
    if output.quiet {
        table::left_out_lines(report, output::note_width())
    } else {
        table::text(report, output.verbose, output::note_width())
    }
}
