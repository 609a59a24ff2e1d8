//! Containers that run by themselves for a while, to be looked at from outside: docker and podman.

use std::{
    collections::BTreeMap,
    io::{self, Read},
    path::Path,
};

use tempfile::TempDir;

use super::{
    Builder, Error, FILES_PATIENCE, Kind, PATIENCE,
    engine::Container,
    process::{capture, output, read as read_output},
};
use crate::text::ImagePath;

/// The label of every container that refit starts.
pub(super) const LABEL: &str = "refit.verify=1";
/// The memory that a container gets. Swap is not limited: kernels without its accounting would complain.
const MEMORY: &str = "2g";
/// The processes and threads that a container may have.
const PROCESSES: &str = "1024";

/// A container to start: an image, and what the one who starts it gives it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Launch {
    /// The image.
    pub image: String,
    /// The network to join; `None` for none at all.
    pub network: Option<String>,
    /// The user, instead of the image's.
    pub user: Option<String>,
    /// The folder to start in, instead of the image's.
    pub workdir: Option<String>,
    /// Variables, besides the image's.
    pub environment: BTreeMap<String, String>,
    /// The folders that volumes are mounted on. Each is new, with what the image has there.
    pub volumes: Vec<ImagePath>,
    /// The folders that are in memory.
    pub tmpfs: Vec<ImagePath>,
    /// The words in the place of ENTRYPOINT, where they are given: CMD's then count no longer.
    pub entrypoint: Option<Vec<String>>,
    /// The words in the place of CMD, where they are given.
    pub cmd: Option<Vec<String>>,
}

/// The state of a container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum State {
    /// It runs.
    Running,
    /// It ended with this status.
    Exited(i32),
    /// It needed more memory than it may have, and was ended.
    OutOfMemory,
    /// It did not start: the engine's reason.
    Refused(String),
}

/// What became of a path since a container was created.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It is new.
    Made,
    /// Its content, its owner or its permissions changed; of a folder, also what is directly in it.
    Changed,
    /// It is gone.
    Removed,
}

/// A container that was created. One that is refit's own is removed with its volumes when this is dropped, running
/// or not.
pub struct Started<'a> {
    container: Container<'a>,
}

impl Builder {
    /// Returns true if it starts containers whose changes it can tell.
    pub fn tells_changes(&self) -> bool {
        matches!(self.kind, Kind::Docker(_) | Kind::Podman)
    }

    /// Creates a container. It runs once it is [started](Started::start).
    pub fn create(&self, launch: &Launch) -> Result<Started<'_>, Error> {
        let container = Container::new(self);
        let mut create = self.command();
        create.args(["create", "--name", &container.name, "--label", LABEL]);
        create.args(["--network", launch.network.as_deref().unwrap_or("none")]);
        create.args(["--memory", MEMORY, "--pids-limit", PROCESSES]);
        for (flag, value) in [("--user", &launch.user), ("--workdir", &launch.workdir)] {
            if let Some(value) = value {
                create.args([flag, value]);
            }
        }
        for (name, value) in &launch.environment {
            create.arg("--env").arg(format!("{name}={value}"));
        }
        for target in &launch.volumes {
            create.args(["--volume", target.as_str()]);
        }
        for target in &launch.tmpfs {
            create.args(["--tmpfs", target.as_str()]);
        }
        // The option takes one word; the others come before those of the command.
        let (first, more) = match &launch.entrypoint {
            Some(words) => match words.split_first() {
                Some((first, more)) => (Some(first.as_str()), more),
                None => (Some(""), &[][..]),
            },
            None => (None, &[][..]),
        };
        if let Some(first) = first {
            create.args(["--entrypoint", first]);
        }
        create.arg(&launch.image).args(more).args(launch.cmd.iter().flatten());
        output(create, PATIENCE, &format!("{} create {}", self.noun(), launch.image))?;
        Ok(Started { container })
    }
}

impl<'a> Started<'a> {
    /// A container that exists already, and that someone else removes.
    pub(super) fn known(builder: &'a Builder, name: String) -> Self {
        Self { container: Container { builder, name, is_kept: true } }
    }

    /// Copies a file or a folder to a path in the container whose parent is there, with the numbers of its owners.
    pub fn fill(&self, from: &Path, target: &ImagePath) -> Result<(), Error> {
        let what = format!("{} cp {}", self.builder().noun(), from.display());
        let mut copy = self.builder().command();
        copy.arg("cp");
        // Without this podman gives everything to the container's user; with it Docker does.
        if self.builder().kind == Kind::Podman {
            copy.arg("--archive=false");
        }
        // What is copied under a name of its own brings its owner along, also to a folder that is there.
        let named = self.named(from, target).map_err(|it| Error::io(&what, it))?;
        match &named {
            Some(folder) => {
                copy.arg("--follow-link").arg(folder.path().join(target.file_name()));
                copy.arg(self.at(&target.parent().unwrap_or_default()));
            }
            None => {
                copy.arg(if from.is_dir() { from.join(".") } else { from.to_owned() });
                copy.arg(self.at(target));
            }
        }
        output(copy, FILES_PATIENCE, &what).map(|_| ())
    }

    /// A folder with a link to a file or folder that has the name of the target; `None` where the engine follows no
    /// links.
    fn named(&self, from: &Path, target: &ImagePath) -> io::Result<Option<TempDir>> {
        if target.is_root() || !matches!(self.builder().kind, Kind::Docker(_)) {
            return Ok(None);
        }
        let folder = tempfile::Builder::new().prefix("refit-verify-").tempdir()?;
        let is_linked = link(&from.canonicalize()?, &folder.path().join(target.file_name()))?;
        Ok(is_linked.then_some(folder))
    }

    /// Starts it.
    pub fn start(&self) -> Result<(), Error> {
        self.output(&["start"]).map(|_| ())
    }

    /// Its state now.
    pub fn state(&self) -> Result<State, Error> {
        const FORMAT: &str =
            "{{.State.Running}} {{.State.ExitCode}} {{.State.OOMKilled}} {{.State.Status}}";
        let said = self.output(&["inspect", "--format", FORMAT])?;
        let mut fields = said.split_whitespace();
        let (running, code, killed) = (fields.next(), fields.next(), fields.next());
        match (running, code.and_then(|it| it.parse().ok()), killed) {
            (Some("true"), ..) => Ok(State::Running),
            (_, _, Some("true")) => Ok(State::OutOfMemory),
            (_, Some(code), _) => Ok(State::Exited(code)),
            _ => Err(Error::Strange { what: self.what("inspect") }),
        }
    }

    /// What it has written to its standard output and error: the first 4 MiB of each.
    pub fn log(&self) -> Result<String, Error> {
        let what = self.what("logs");
        let captured = capture(self.command(&["logs"]), PATIENCE);
        let captured = captured.map_err(|it| Error::io(&what, it))?;
        let [out, err] =
            [captured.stdout, captured.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
        let between = if out.is_empty() || out.ends_with('\n') { "" } else { "\n" };
        Ok(format!("{out}{between}{err}"))
    }

    /// The paths that it made, changed or removed, volumes left out.
    pub fn changes(&self) -> Result<BTreeMap<ImagePath, Deed>, Error> {
        Ok(changes(&self.output(&["diff"])?))
    }

    /// Reads what lies at a path, also on a volume, as a tar stream. The paths begin with the name of the last
    /// folder of `target`.
    pub fn files<T>(
        &self,
        target: &ImagePath,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, Error> {
        let mut copy = self.builder().command();
        copy.arg("cp").arg(self.at(target)).arg("-");
        read_output(copy, FILES_PATIENCE, &self.what("cp"), read)
    }

    fn builder(&self) -> &'a Builder {
        self.container.builder
    }

    fn at(&self, target: &ImagePath) -> String {
        format!("{}:{target}", self.container.name)
    }

    fn what(&self, verb: &str) -> String {
        format!("{} {verb} {}", self.builder().noun(), self.container.name)
    }

    fn command(&self, words: &[&str]) -> std::process::Command {
        let mut command = self.builder().command();
        command.args(words).arg(&self.container.name);
        command
    }

    fn output(&self, words: &[&str]) -> Result<String, Error> {
        let verb = words.first().copied().unwrap_or_default();
        output(self.command(words), PATIENCE, &self.what(verb))
    }
}

/// Makes a symbolic link; false where it takes a privilege.
#[cfg(unix)]
fn link(to: &Path, at: &Path) -> io::Result<bool> {
    std::os::unix::fs::symlink(to, at).map(|()| true)
}

#[cfg(not(unix))]
fn link(_: &Path, _: &Path) -> io::Result<bool> {
    Ok(false)
}

/// The lines of `docker diff`: `A /app/data`.
/// <https://docs.docker.com/reference/cli/docker/container/diff/>
fn changes(said: &str) -> BTreeMap<ImagePath, Deed> {
    let lines = said.lines().filter_map(|line| {
        let (deed, path) = line.split_once(' ')?;
        let deed = match deed {
            "A" => Deed::Made,
            "C" => Deed::Changed,
            "D" => Deed::Removed,
            _ => return None,
        };
        Some((ImagePath::new(path)?, deed))
    });
    lines.collect()
}
