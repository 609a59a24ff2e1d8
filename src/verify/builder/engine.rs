//! Running containers with docker and podman.

use std::{
    io::{self, Read},
    ops::RangeInclusive,
    process,
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, SystemTime},
};

use super::{
    Builder, Error, FILES_PATIENCE, PATIENCE, Ran,
    process::{End, capture, output, read as read_output},
};

/// The statuses with which docker and podman say that a container did not start.
const REFUSED: RangeInclusive<i32> = 125..=127;

impl Builder {
    /// The files of a container that never runs.
    pub(super) fn engine_files<T>(
        &self,
        image: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, Error> {
        let container = Container::new(self);
        let mut create = self.command();
        create.args(["create", "--network", "none", "--name", &container.name]);
        // An image without a command has none to create a container for; this one is never run.
        create.args([image, "true"]);
        output(create, PATIENCE, &format!("{} create {image}", self.noun()))?;
        let mut export = self.command();
        export.args(["export", &container.name]);
        read_output(export, FILES_PATIENCE, &format!("{} export {image}", self.noun()), read)
    }

    pub(super) fn engine_run(
        &self,
        image: &str,
        words: &[&str],
        timeout: Duration,
    ) -> Result<Ran, Error> {
        let what = format!("{} run {image}", self.noun());
        let [program, arguments @ ..] = words else {
            return Err(Error::io(&what, io::ErrorKind::InvalidInput.into()));
        };
        let container = Container::new(self);
        let mut run = self.command();
        run.args(["run", "--network", "none", "--no-healthcheck", "--name", &container.name]);
        run.args(["--entrypoint", program, image]).args(arguments);
        let captured = capture(run, timeout).map_err(|it| Error::io(&what, it))?;
        let code = match captured.end {
            End::Exited(status) => status.code(),
            End::TimedOut => None,
        };
        if let Some(said) = code.and_then(|it| self.refusal(it, &captured.stderr)) {
            return Err(Error::Failed { what, said });
        }
        Ok(Ran { code, stdout: captured.stdout, stderr: captured.stderr })
    }

    /// The engine's own error message, if it is the engine's: a command may end with any status, too.
    fn refusal(&self, code: i32, stderr: &[u8]) -> Option<String> {
        if !REFUSED.contains(&code) {
            return None;
        }
        let text = String::from_utf8_lossy(stderr);
        let own = format!("{}: ", self.noun());
        let said = text.lines().find(|it| it.starts_with("Error: ") || it.starts_with(&own))?;
        // A program that is not there, or is none, says something of the image.
        let program = ["exec: \"", "exec failed", "executable file", "command that was not found"];
        (!program.iter().any(|it| said.contains(it))).then(|| said.trim().to_owned())
    }
}

/// A container with a name of its own. It is removed with its volumes when this is dropped, running or not:
/// that a client is ended does not end its container.
pub(super) struct Container<'a> {
    pub(super) builder: &'a Builder,
    pub(super) name: String,
    /// True if someone else removes it.
    pub(super) is_kept: bool,
}

impl<'a> Container<'a> {
    pub(super) fn new(builder: &'a Builder) -> Self {
        Self { builder, name: unique_name(), is_kept: false }
    }
}

impl Drop for Container<'_> {
    fn drop(&mut self) {
        if self.is_kept {
            return;
        }
        let mut remove = self.builder.command();
        remove.args(["rm", "--force", "--volumes", &self.name]);
        // It may never have come to be.
        let _ = capture(remove, PATIENCE);
    }
}

/// A name that no other container has, whichever process made it.
pub(super) fn unique_name() -> String {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    let now = now.map_or(0, |it| it.as_micros());
    format!("refit-verify-{}-{count}-{now:x}", process::id())
}
