//! Image builders of this machine, used through their own command lines: Docker's BuildKit, buildah, podman.

mod buildah;
mod cache;
mod commands;
mod compose;
mod engine;
mod find;
mod inspected;
mod process;
mod progress;
mod started;

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, BufWriter, Read, Write as _},
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;

use super::config::Config;
pub use compose::{Compose, Composed};
pub use find::NoBuilder;
use process::End;
use progress::Progress;
pub use started::{Deed, Launch, Started, State};

/// The choice of a builder.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Choice {
    /// The first that answers, in the order of the others.
    #[default]
    Auto,
    /// Docker, with buildx or the BuildKit that clients before 23 have built in.
    Docker,
    /// buildah.
    Buildah,
    /// podman.
    Podman,
}

/// A builder that answered.
#[derive(Clone, Debug)]
pub struct Builder {
    name: String,
    program: PathBuf,
    kind: Kind,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Docker(BuildKit),
    Buildah,
    Podman,
}

/// The way in which a Docker client reaches BuildKit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum BuildKit {
    /// By itself: clients before 23, with `DOCKER_BUILDKIT=1`.
    BuiltIn,
    /// `docker buildx`.
    Buildx {
        /// True if it supports `--progress=rawjson`.
        rawjson: bool,
    },
}

/// A build.
#[derive(Clone, Copy, Debug)]
pub struct Request<'a> {
    /// The folder that is the context.
    pub context: &'a Path,
    /// The Dockerfile; it need not lie in the context.
    pub dockerfile: &'a Path,
    /// The stage to build, instead of the last one.
    pub target: Option<&'a str>,
    /// `--build-arg`, by name.
    pub arguments: &'a BTreeMap<String, String>,
    /// `--build-context`, by name.
    pub contexts: &'a BTreeMap<String, String>,
    /// The tag that the image gets.
    pub image: &'a str,
    /// True to ignore layers of earlier builds: `--no-cache`. Cache mounts are kept all the same.
    pub cold: bool,
    /// More options, for the builder as they are.
    pub options: &'a [String],
    /// The time limit.
    pub timeout: Duration,
    /// The file for everything that the builder says.
    pub log: &'a Path,
}

/// A build that came to an end.
#[derive(Clone, Debug, PartialEq)]
pub struct Build {
    /// The outcome.
    pub outcome: Outcome,
    /// The duration in seconds of wall-clock time.
    pub seconds: f64,
    /// The instructions that were looked at, in the order in which they began.
    pub steps: Vec<Step>,
    /// The bytes of contexts that were sent to the builder. BuildKit sends what has changed since it last saw
    /// the same folder. None where nothing is sent: to buildah and podman, and without a COPY from a context.
    pub context_bytes: Option<u64>,
}

/// The outcome of a build.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The image is there.
    Built,
    /// The reason why it failed: the step, the last lines of its output, the error.
    Failed(String),
    /// It took too long and was ended.
    TimedOut,
}

/// An instruction that a builder ran, or knew the result of. BuildKit tells those that make files, buildah and
/// podman tell all but FROM.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// `[builder 3/6] RUN pip install …`
    pub name: String,
    /// True if its result was cached.
    pub cached: bool,
    /// The duration in seconds.
    pub seconds: f64,
}

/// An image, without its files.
#[derive(Clone, Debug, PartialEq)]
pub struct Inspected {
    /// In bytes, all layers together, as the builder counts: to be compared with the same builder's only.
    pub size: u64,
    /// The number of layers.
    pub layers: usize,
    /// The configuration that containers start with.
    pub config: Config,
}

/// The result of a command in a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ran {
    /// The status that they ended with; none if they took too long and were ended.
    pub code: Option<i32>,
    /// The first 4 MiB of what they wrote.
    pub stdout: Vec<u8>,
    /// The first 4 MiB of what they complained about.
    pub stderr: Vec<u8>,
}

/// Why a builder did not answer.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// It refused.
    #[error("{what} failed: {said}")]
    Failed {
        /// The request.
        what: String,
        /// The last of what it said.
        said: String,
    },
    /// It did not come to an end.
    #[error("{what} took more than {} s", .after.as_secs())]
    TimedOut {
        /// The request.
        what: String,
        /// The time limit.
        after: Duration,
    },
    /// It could not be started, or what it wrote could not be read.
    #[error("{what}: {source}")]
    Io {
        /// The request.
        what: String,
        /// The system's error.
        source: io::Error,
    },
    /// Its answer is not of a form that is known.
    #[error("{what}: the answer is not understood")]
    Strange {
        /// The request.
        what: String,
    },
}

impl Error {
    fn io(what: &str, source: io::Error) -> Self {
        Self::Io { what: what.to_owned(), source }
    }
}

/// The time limit of everything but builds.
const PATIENCE: Duration = Duration::from_secs(5 * 60);
/// The time limit for reading the files of an image.
const FILES_PATIENCE: Duration = Duration::from_secs(20 * 60);

/// What ends the builds that run, and those that would begin, once it is set: to be handed to whoever is
/// told of signals.
pub fn interrupt() -> Arc<AtomicBool> {
    process::interrupt()
}

/// Returns true after an interrupt.
pub fn is_interrupted() -> bool {
    interrupt().load(Ordering::Relaxed)
}

impl Builder {
    /// The first of this machine's builders that answers, or the one that is asked for.
    ///
    /// Every `docker` on PATH is tried in turn: it needs an engine that answers, and buildx or a client before
    /// 23, which has BuildKit built in.
    pub fn find(choice: Choice) -> Result<Self, NoBuilder> {
        find::find(choice)
    }

    /// Returns true if it still answers: an engine may stop during a build.
    ///
    /// # Errors
    /// Its error instead.
    pub fn answers(&self) -> Result<(), String> {
        find::answers(self)
    }

    /// Its name and version: `docker 20.10.24 with BuildKit`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Builds. `watch` is told the step that begins.
    ///
    /// An error means that the build could not be tried; one that fails is an outcome.
    pub fn build(&self, request: &Request<'_>, watch: &mut dyn FnMut(&str)) -> io::Result<Build> {
        let (command, mut dialect) = self.build_command(request)?;
        let mut log = BufWriter::new(File::create(request.log)?);
        let mut progress = Progress::default();
        let began = Instant::now();
        let end = process::lines(command, request.timeout, &mut |line| {
            let line = String::from_utf8_lossy(line);
            let line = line.trim_end_matches('\r');
            progress.line(&mut dialect, line, began.elapsed().as_secs_f64(), &mut log)?;
            progress.now().iter().for_each(|it| watch(it));
            Ok(())
        })?;
        let seconds = began.elapsed().as_secs_f64();
        log.flush()?;
        let outcome = match end {
            End::Exited(status) if status.success() => Outcome::Built,
            End::Exited(status) => {
                let unsaid = || format!("{} ended with {status}", self.name);
                Outcome::Failed(progress.failure().unwrap_or_else(unsaid))
            }
            End::TimedOut => Outcome::TimedOut,
        };
        let (steps, context_bytes) = (progress.steps(), progress.context_bytes());
        Ok(Build { outcome, seconds, steps, context_bytes })
    }

    /// An image's size, layers and configuration.
    pub fn inspect(&self, image: &str) -> Result<Inspected, Error> {
        let what = format!("{} inspect {image}", self.noun());
        let answer = process::output(self.inspect_command(image), PATIENCE, &what)?;
        let parsed = serde_json::from_str(&answer).ok();
        let inspected = parsed.and_then(|it| match self.kind {
            Kind::Docker(_) | Kind::Podman => inspected::of_engine(&it),
            Kind::Buildah => inspected::of_buildah(&it),
        });
        inspected.ok_or(Error::Strange { what })
    }

    /// What tells an image of this name from every other one; `None` if there is none on this machine.
    pub fn identity(&self, image: &str) -> Option<String> {
        let answer = process::output(self.inspect_command(image), PATIENCE, image).ok()?;
        let answer: Value = serde_json::from_str(&answer).ok()?;
        let id = answer.pointer("/0/Id").or_else(|| answer.pointer("/FromImageID"))?;
        id.as_str().map(str::to_owned)
    }

    /// The files of an image as one tar stream, all layers together. A path may begin with `./`.
    ///
    /// The stream ends early if the builder fails; then its error is given, whatever `read` gave.
    pub fn files<T>(
        &self,
        image: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, Error> {
        match self.kind {
            Kind::Docker(_) | Kind::Podman => self.engine_files(image, read),
            Kind::Buildah => self.buildah_files(image, read),
        }
    }

    /// Runs words in a fresh container without network, as the image's user, in its folder and environment;
    /// its entrypoint is passed over, and nothing survives.
    pub fn run(&self, image: &str, words: &[&str], timeout: Duration) -> Result<Ran, Error> {
        match self.kind {
            Kind::Docker(_) | Kind::Podman => self.engine_run(image, words, timeout),
            Kind::Buildah => self.buildah_run(image, words, timeout),
        }
    }

    /// Removes an image. Failing to is not an error: there is nothing to be done about it.
    pub fn remove(&self, image: &str) {
        let mut command = self.command();
        match self.kind {
            Kind::Docker(_) | Kind::Podman => command.args(["image", "rm", "--force", image]),
            Kind::Buildah => command.args(["rmi", "--force", image]),
        };
        let _ = process::capture(command, PATIENCE);
    }

    /// A Docker of this program.
    #[cfg(test)]
    pub(in crate::verify) fn fake(program: &Path) -> Self {
        let kind = Kind::Docker(BuildKit::BuiltIn);
        Self { name: "docker 20".to_owned(), program: program.to_owned(), kind }
    }

    /// The program's name, for messages.
    fn noun(&self) -> &'static str {
        match self.kind {
            Kind::Docker(_) => "docker",
            Kind::Buildah => "buildah",
            Kind::Podman => "podman",
        }
    }
}
