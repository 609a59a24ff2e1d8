//! `refit verify`, and what `apply --verify` shares with it.

mod figures;
mod progress;
mod table;

use std::{
    cell::RefCell,
    collections::BTreeSet,
    path::Path,
    sync::{
        Arc, LazyLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use anyhow::Context as _;
use clap::{Args, ValueEnum};
use tempfile::TempDir;

use super::{
    Status,
    args::Scope,
    failure::Failure,
    input::Input,
    inputs::Inputs,
    output::{self, Output},
    story, summary,
};
use crate::{
    engine::plan::Plan,
    report::Detail,
    text::RepoPath,
    verify::{
        self, Options, Verification,
        builder::{self, Builder},
        edits::EditKind,
        images::{Image, images},
        report::{ImageReport, Report, UnknownReport},
        run::{self, Run},
        settle::{Settled, settle},
    },
};
use progress::Progress;

/// Build every image that `apply` would touch, before and after, and compare the two
///
/// Builds run in copies: the working tree is not touched. An image is verified when it has the same
/// configuration, Python distributions, files and libraries as before, except for what the changes
/// declare, and if its command is still found and its imports work.
///
/// Copies of the contexts, two at a time, and logs of what fails go into a folder of their own below
/// TMPDIR. Images, layers and cache mounts are removed as soon as an image is done.
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
    /// The edits to build again after
    #[arg(long, value_name = "EDITS", value_delimiter = ',', default_value = "source,manifest")]
    rebuilds: Vec<Rebuilds>,
    #[command(flatten)]
    building: Building,
}

/// The default time limit of a build, in seconds.
const TIMEOUT: u64 = 1800;
/// The default time that an image runs, in seconds.
const SECONDS: u64 = 10;

/// Options of the builds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Builds")]
pub(super) struct Building {
    /// The builder to use
    #[arg(long, value_name = "BUILDER", default_value = "auto")]
    builder: Choice,
    /// An option for the builder, such as --build-option=--network=host; may be given again
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    build_option: Vec<String>,
    /// How long one build may take, in seconds
    #[arg(long, value_name = "S", default_value_t = TIMEOUT)]
    timeout: u64,
    /// Build without the `# syntax=` line, where its image cannot be pulled
    #[arg(long)]
    no_syntax: bool,
    /// A command for the shell of both images: exit code and output must be the same
    #[arg(long, value_name = "CMD")]
    smoke: Option<String>,
    /// Start both images as today's is started, and compare what they do: `auto` if their user changes
    #[arg(long, value_name = "HOW", default_value = "auto")]
    run: How,
    /// How long each image runs, in seconds
    #[arg(long, value_name = "S", default_value_t = SECONDS)]
    run_seconds: u64,
    /// The network that running images join, such as bridge [default: none at all]
    #[arg(long, value_name = "NETWORK")]
    run_network: Option<String>,
    /// Keep the images, copies and logs
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum How {
    /// By itself, if its user changes
    Auto,
    /// By itself
    Alone,
    /// With the services that it needs, where its compose file allows that; else by itself
    Compose,
    /// Start nothing
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Markdown,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Rebuilds {
    /// Of a source file
    Source,
    /// Of a manifest
    Manifest,
    /// Build once only
    None,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Choice {
    Auto,
    Docker,
    Buildah,
    Podman,
}

impl Building {
    /// The first option that only matters when something is built.
    pub(super) fn given(&self) -> Option<&'static str> {
        let all = [
            (self.builder != Choice::Auto, "--builder"),
            (!self.build_option.is_empty(), "--build-option"),
            (self.timeout != TIMEOUT, "--timeout"),
            (self.no_syntax, "--no-syntax"),
            (self.smoke.is_some(), "--smoke"),
            (self.run != How::Auto, "--run"),
            (self.run_seconds != SECONDS, "--run-seconds"),
            (self.run_network.is_some(), "--run-network"),
            (self.keep, "--keep"),
        ];
        all.into_iter().find(|it| it.0).map(|it| it.1)
    }
}

impl Verify {
    pub(super) fn run(&self, output: &Output) -> anyhow::Result<Status> {
        if self.scope.is_stdin() {
            return Err(no_context().into());
        }
        self.check()?;
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
        let (images, unknown) = images(&plan);
        let images = self.chosen(images)?;
        let mut report = Report::new(&plan, input.selection());
        if self.service.is_empty() {
            report.unknown = unknown.into_iter().map(UnknownReport::from).collect();
        }
        if !images.is_empty() {
            let session = Session::new(&self.building, self.rebuilds(), output)?;
            session.builder.name().clone_into(&mut report.builder);
            report.images = session.images(&plan, &images, &root);
            session.close(&report)?;
        }
        output::print(&match self.format {
            Format::Json => serde_json::to_string_pretty(&report)? + "\n",
            Format::Text => table::text(&report, output.verbose),
            Format::Markdown => table::markdown(&report),
        })?;
        let verified = if report.is_verified() { Status::Done } else { Status::Pending };
        Ok(self.scope.status(problems.max(verified)))
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

    /// `none` beside others says nothing that could be meant.
    fn check(&self) -> Result<(), Failure> {
        let mixed = self.rebuilds.len() > 1 && self.rebuilds.contains(&Rebuilds::None);
        let hint = "give none alone, or the edits to build again after";
        if mixed { Err(Failure::new("--rebuilds none and others", hint)) } else { Ok(()) }
    }

    fn rebuilds(&self) -> BTreeSet<EditKind> {
        let kinds = |it: &Rebuilds| match it {
            Rebuilds::Source => vec![EditKind::Source, EditKind::Shared],
            Rebuilds::Manifest => vec![EditKind::Manifest],
            Rebuilds::None => Vec::new(),
        };
        self.rebuilds.iter().flat_map(kinds).collect()
    }
}

/// A builder, and a folder for what is made.
pub(super) struct Session {
    builder: Builder,
    options: Options,
    folder: TempDir,
    progress: RefCell<Progress>,
}

impl Session {
    fn new(
        building: &Building,
        rebuilds: BTreeSet<EditKind>,
        output: &Output,
    ) -> anyhow::Result<Self> {
        let choice = match building.builder {
            Choice::Auto => builder::Choice::Auto,
            Choice::Docker => builder::Choice::Docker,
            Choice::Buildah => builder::Choice::Buildah,
            Choice::Podman => builder::Choice::Podman,
        };
        let builder = Builder::find(choice)?;
        watch_signals().context("signals")?;
        let options = Options {
            build_options: building.build_option.clone(),
            timeout: Duration::from_secs(building.timeout),
            no_syntax: building.no_syntax,
            smoke: building.smoke.clone(),
            rebuilds,
            run: Run {
                how: match building.run {
                    How::Auto => run::How::Auto,
                    How::Alone => run::How::Alone,
                    How::Compose => run::How::Compose,
                    How::None => run::How::None,
                },
                seconds: building.run_seconds,
                network: building.run_network.clone(),
            },
            keep: building.keep,
        };
        let folder = tempfile::Builder::new().prefix("refit-verify-").tempdir();
        let folder = folder.context("a folder for what is built")?;
        Ok(Self { builder, options, folder, progress: RefCell::new(Progress::new(output.quiet)) })
    }

    fn images(&self, plan: &Plan, images: &[Image], root: &Path) -> Vec<ImageReport> {
        let watch = RefCell::new(|it: verify::Event<'_>| self.progress.borrow_mut().show(it));
        let verification =
            Verification::new(&self.builder, &self.options, (root, self.folder.path()), &watch);
        let mut reports = Vec::with_capacity(images.len());
        for (at, image) in images.iter().enumerate() {
            if builder::is_interrupted() {
                break;
            }
            self.progress.borrow_mut().at = Some((at + 1, images.len()));
            reports.push(verification.image(plan, image));
        }
        reports
    }

    /// Leaves out of a plan what cannot be verified.
    pub(super) fn settle(
        building: &Building,
        input: &Input,
        output: &Output,
    ) -> anyhow::Result<(Plan, Report)> {
        let session = Self::new(building, BTreeSet::new(), output)?;
        let root = input.root.clone().unwrap_or_default();
        let watch = RefCell::new(|it: verify::Event<'_>| session.progress.borrow_mut().show(it));
        let folders = (root.as_path(), session.folder.path());
        let verification = Verification::new(&session.builder, &session.options, folders, &watch);
        let Settled { plan, images, left_out } =
            settle(&verification, |without| input.plan_without(without))?;
        let builder = session.builder.name().to_owned();
        let report = Report { builder, images, left_out, ..Report::new(&plan, input.selection()) };
        drop(verification);
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
    if output.quiet { table::left_out_lines(report) } else { table::text(report, output.verbose) }
}
