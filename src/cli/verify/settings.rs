//! How images are built: options of the command line, variables and the table `[verify]` of `refit.toml`.

use std::{collections::BTreeSet, env, num::NonZeroU8, str::FromStr, thread, time::Duration};

use clap::{Args, ValueEnum};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    cli::failure::Failure,
    verify::{
        Options,
        builder::Choice as BuilderChoice,
        edits::EditKind,
        run::{How as RunHow, Run},
    },
};

/// The time limit of a build, in seconds.
const TIMEOUT: u64 = 1800;
/// How long an image runs, in seconds.
const SECONDS: u64 = 10;
/// The most images that are in work at once, unless somebody asks for more.
const JOBS: usize = 4;

/// Options of the builds.
#[derive(Debug, Args)]
#[command(next_help_heading = "Builds")]
pub(in crate::cli) struct Building {
    /// The builder to use [default: auto]
    #[arg(long, value_name = "BUILDER")]
    builder: Option<Choice>,
    /// An option for the builder, such as --build-option=--network=host; may be given again
    #[arg(long, value_name = "OPTION", allow_hyphen_values = true)]
    build_option: Vec<String>,
    /// How long one build may take, in seconds [default: 1800]
    #[arg(long, value_name = "S")]
    timeout: Option<u64>,
    /// Build without the `# syntax=` line, where its image cannot be pulled
    #[arg(long)]
    no_syntax: bool,
    /// A command for the shell of both images: exit code and output must be the same
    #[arg(long, value_name = "CMD")]
    smoke: Option<String>,
    /// Start both images as today's is started, and compare what they do [default: auto]
    #[arg(long, value_name = "HOW")]
    run: Option<How>,
    /// How long each image runs, in seconds [default: 10]
    #[arg(long, value_name = "S")]
    run_seconds: Option<u64>,
    /// The network that running images join, such as bridge [default: none at all]
    #[arg(long, value_name = "NETWORK")]
    run_network: Option<String>,
    /// Build every image, also those that an earlier run has verified
    #[arg(long)]
    fresh: bool,
    /// Keep the images, copies and logs
    #[arg(long)]
    keep: bool,
}

/// How `refit verify` and `apply --verify` build images. It counts in the `refit.toml` of the whole project, and in the
/// one that `--config` names. Each option has a variable as well, such as `REFIT_TIMEOUT`, which comes before the
/// setting; an option of the command line comes before both.
///
/// What a builder or a container may reach is no setting: a file of the project does not decide that.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub(in crate::cli) struct Settings {
    /// The builder to use; `auto` is the first of the others that answers.
    #[schemars(extend("default" = "auto"))]
    builder: Option<Choice>,
    /// How many images are in work at once. Without it, half as many as there are cores, from 1 to 4: a build uses
    /// several, and each image in work needs room for two copies of its context and two images. Rebuilds, whose time
    /// is compared, are made one at a time.
    jobs: Option<NonZeroU8>,
    /// How long one build may take, in seconds.
    #[schemars(extend("default" = 1800))]
    timeout: Option<u64>,
    /// Build without the `# syntax=` line, where its image cannot be pulled.
    #[schemars(extend("default" = false))]
    no_syntax: Option<bool>,
    /// A command for the shell of both images: exit code and output must be the same.
    smoke: Option<String>,
    /// Start both images as today's is started, and compare what they do: `auto` if their user changes, `alone`
    /// always, `compose` with the services that they need, `none` never.
    #[schemars(extend("default" = "auto"))]
    run: Option<How>,
    /// How long each image runs, in seconds.
    #[schemars(extend("default" = 10))]
    run_seconds: Option<u64>,
    /// The edits after which `verify` builds again, to see what they cost.
    #[schemars(extend("default" = ["source", "manifest"]))]
    rebuilds: Option<Vec<Rebuilds>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum Choice {
    Auto,
    Docker,
    Buildah,
    Podman,
}

/// How images are started. The schema has no sentence for each, so that it is a plain list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
enum How {
    #[value(help = "By itself, if its user changes")]
    Auto,
    #[value(help = "By itself")]
    Alone,
    #[value(
        help = "With the services that it needs, where its compose file allows that; else by itself"
    )]
    Compose,
    #[value(help = "Start nothing")]
    None,
}

/// The edits to build again after.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub(in crate::cli) enum Rebuilds {
    #[value(help = "Of a source file")]
    Source,
    #[value(help = "Of a manifest")]
    Manifest,
    #[value(help = "Build once only")]
    None,
}

impl Settings {
    /// The settings of both; where this one says something, it holds.
    pub(in crate::cli) fn over(self, base: Self) -> Self {
        Self {
            builder: self.builder.or(base.builder),
            jobs: self.jobs.or(base.jobs),
            timeout: self.timeout.or(base.timeout),
            no_syntax: self.no_syntax.or(base.no_syntax),
            smoke: self.smoke.or(base.smoke),
            run: self.run.or(base.run),
            run_seconds: self.run_seconds.or(base.run_seconds),
            rebuilds: self.rebuilds.or(base.rebuilds),
        }
    }

    /// What the variables say.
    fn of_variables() -> Result<Self, Failure> {
        let rebuilds = variable("REFIT_REBUILDS")?.map(|text: String| {
            text.split(',').map(|it| value("REFIT_REBUILDS", it.trim())).collect()
        });
        Ok(Self {
            builder: chosen("REFIT_BUILDER")?,
            // It is also how many threads there are: the option's value comes with it.
            jobs: None,
            timeout: variable("REFIT_TIMEOUT")?,
            no_syntax: variable::<Switch>("REFIT_NO_SYNTAX")?.map(|it| it.0),
            smoke: variable("REFIT_SMOKE")?,
            run: chosen("REFIT_RUN")?,
            run_seconds: variable("REFIT_RUN_SECONDS")?,
            rebuilds: rebuilds.transpose()?,
        })
    }
}

impl Building {
    /// The first option that only matters when something is built.
    pub(in crate::cli) fn given(&self) -> Option<&'static str> {
        let all = [
            (self.builder.is_some(), "--builder"),
            (!self.build_option.is_empty(), "--build-option"),
            (self.timeout.is_some(), "--timeout"),
            (self.no_syntax, "--no-syntax"),
            (self.smoke.is_some(), "--smoke"),
            (self.run.is_some(), "--run"),
            (self.run_seconds.is_some(), "--run-seconds"),
            (self.run_network.is_some(), "--run-network"),
            (self.fresh, "--fresh"),
            (self.keep, "--keep"),
        ];
        all.into_iter().find(|it| it.0).map(|it| it.1)
    }

    fn settings(&self) -> Settings {
        Settings {
            builder: self.builder,
            jobs: None,
            timeout: self.timeout,
            no_syntax: self.no_syntax.then_some(true),
            smoke: self.smoke.clone(),
            run: self.run,
            run_seconds: self.run_seconds,
            rebuilds: None,
        }
    }
}

/// What options, variables and settings come to.
pub(super) struct Choices {
    pub(super) builder: BuilderChoice,
    pub(super) options: Options,
    /// True if every image is built, whatever earlier runs have verified.
    pub(super) is_fresh: bool,
    rebuilds: Option<Vec<Rebuilds>>,
}

impl Choices {
    /// Those for one build on each side; `jobs` is what the option or the variable of that name says.
    pub(super) fn new(
        building: &Building,
        file: &Settings,
        jobs: Option<u16>,
    ) -> Result<Self, Failure> {
        let settings = Settings::of_variables()?.over(file.clone());
        let Settings { builder, jobs: set, timeout, no_syntax, smoke, run, run_seconds, rebuilds } =
            building.settings().over(settings);
        let mut build_options = building.build_option.clone();
        if build_options.is_empty() {
            let all = variable::<String>("REFIT_BUILD_OPTIONS")?.unwrap_or_default();
            build_options = all.split_whitespace().map(str::to_owned).collect();
        }
        let network = match &building.run_network {
            Some(it) => Some(it.clone()),
            None => variable("REFIT_RUN_NETWORK")?,
        };
        let jobs = jobs.map(usize::from).or(set.map(|it| usize::from(it.get())));
        let how = match run.unwrap_or(How::Auto) {
            How::Auto => RunHow::Auto,
            How::Alone => RunHow::Alone,
            How::Compose => RunHow::Compose,
            How::None => RunHow::None,
        };
        let options = Options {
            build_options,
            timeout: Duration::from_secs(timeout.unwrap_or(TIMEOUT)),
            no_syntax: no_syntax.unwrap_or_default(),
            smoke,
            rebuilds: BTreeSet::new(),
            run: Run { how, seconds: run_seconds.unwrap_or(SECONDS), network },
            keep: building.keep,
            jobs: jobs.unwrap_or_else(default_jobs),
        };
        let builder = match builder.unwrap_or(Choice::Auto) {
            Choice::Auto => BuilderChoice::Auto,
            Choice::Docker => BuilderChoice::Docker,
            Choice::Buildah => BuilderChoice::Buildah,
            Choice::Podman => BuilderChoice::Podman,
        };
        Ok(Self { builder, options, is_fresh: building.fresh, rebuilds })
    }

    /// These, with builds after edits: those of the option, or else of its variable or setting.
    pub(super) fn with(mut self, rebuilds: &[Rebuilds]) -> Result<Self, Failure> {
        let set = Some(rebuilds.to_vec()).filter(|it| !it.is_empty()).or(self.rebuilds.take());
        let rebuilds = set.unwrap_or_else(|| vec![Rebuilds::Source, Rebuilds::Manifest]);
        // `none` beside others says nothing that could be meant.
        if 1 < rebuilds.len() && rebuilds.contains(&Rebuilds::None) {
            let hint = "give none alone, or the edits to build again after";
            return Err(Failure::new("rebuilds are none and others", hint));
        }
        let kinds = |it: &Rebuilds| match it {
            Rebuilds::Source => vec![EditKind::Source, EditKind::Shared],
            Rebuilds::Manifest => vec![EditKind::Manifest],
            Rebuilds::None => Vec::new(),
        };
        self.options.rebuilds = rebuilds.iter().flat_map(kinds).collect();
        Ok(self)
    }
}

/// How many images are in work at once if nobody says so. A build uses several cores, and each image in work needs
/// room for two contexts and two images.
fn default_jobs() -> usize {
    let cores = thread::available_parallelism().map_or(1, usize::from);
    (cores / 2).clamp(1, JOBS)
}

/// The number of jobs that the variable says.
pub(in crate::cli) fn jobs() -> Result<Option<u16>, Failure> {
    let jobs = variable::<u16>("REFIT_JOBS")?;
    match jobs {
        Some(jobs) if !(1..=256).contains(&jobs) => Err(wrong("REFIT_JOBS", &jobs.to_string())),
        jobs => Ok(jobs),
    }
}

/// A variable that is on or off.
struct Switch(bool);

impl FromStr for Switch {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        match text.to_ascii_lowercase().as_str() {
            "1" | "true" | "yes" | "on" => Ok(Self(true)),
            "0" | "false" | "no" | "off" => Ok(Self(false)),
            _ => Err(()),
        }
    }
}

/// The value of a variable; an empty one is not set.
fn variable<T: FromStr>(name: &str) -> Result<Option<T>, Failure> {
    let Some(text) = env::var_os(name).filter(|it| !it.is_empty()) else { return Ok(None) };
    let text = text.to_str().ok_or_else(|| wrong(name, &text.to_string_lossy()))?;
    text.trim().parse().map(Some).map_err(|_| wrong(name, text))
}

/// The value of a variable that has one of several.
fn chosen<T: ValueEnum>(name: &str) -> Result<Option<T>, Failure> {
    variable::<String>(name)?.map(|it| value(name, &it)).transpose()
}

fn value<T: ValueEnum>(name: &str, text: &str) -> Result<T, Failure> {
    T::from_str(text, true).map_err(|_| {
        let values = T::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let values: Vec<String> = values.map(|it| it.get_name().to_owned()).collect();
        Failure::new(format!("{name} is `{text}`"), format!("it can be {}", values.join(", ")))
    })
}

fn wrong(name: &str, text: &str) -> Failure {
    let option = name.trim_start_matches("REFIT_").to_lowercase().replace('_', "-");
    let hint = format!("`refit verify --help` says what --{option} takes");
    Failure::new(format!("{name} is `{text}`"), hint)
}
