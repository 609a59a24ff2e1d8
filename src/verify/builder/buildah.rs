//! buildah's working containers: files of an image, and words that run in it.

use std::{
    io::{self, Read},
    process::Command,
    time::Duration,
};

use super::{
    Builder, Error, FILES_PATIENCE, PATIENCE, Ran,
    engine::unique_name,
    process::{End, capture, output, read as read_output},
};

/// Mounts a container and packs what is there. `$1` is buildah, `$2` the container.
const PACK: &str = r#"folder=$("$1" mount "$2") && exec tar --numeric-owner -C "$folder" -cf - ."#;

impl Builder {
    pub(super) fn buildah_files<T>(
        &self,
        image: &str,
        read: impl FnOnce(&mut dyn Read) -> io::Result<T>,
    ) -> Result<T, Error> {
        let container = Working::new(self, image)?;
        // Mounts of an ordinary user are visible in that user's own namespace only.
        let mut pack = if is_root() {
            super::commands::plain("sh".as_ref())
        } else {
            let mut unshare = self.command();
            unshare.args(["unshare", "sh"]);
            unshare
        };
        pack.args(["-c", PACK, "sh"]).arg(&self.program).arg(&container.name);
        read_output(pack, FILES_PATIENCE, &format!("buildah mount and tar of {image}"), read)
    }

    pub(super) fn buildah_run(
        &self,
        image: &str,
        words: &[&str],
        timeout: Duration,
    ) -> Result<Ran, Error> {
        let what = format!("buildah run {image}");
        if words.is_empty() {
            return Err(Error::io(&what, io::ErrorKind::InvalidInput.into()));
        }
        let container = Working::new(self, image)?;
        let mut run = self.quiet();
        run.args(["run", "--network", "none", "--", &container.name]).args(words);
        let captured = capture(run, timeout).map_err(|it| Error::io(&what, it))?;
        let code = match captured.end {
            End::Exited(status) => status.code(),
            End::TimedOut => None,
        };
        let text = String::from_utf8_lossy(&captured.stderr);
        let (own, others): (Vec<_>, Vec<_>) = text.split_inclusive('\n').partition(|it| is_own(it));
        if code == Some(125)
            && let Some(said) = own.iter().find(|it| it.starts_with("Error: "))
            && !said.starts_with("Error: exit status ")
        {
            return Err(Error::Failed { what, said: said.trim().to_owned() });
        }
        Ok(Ran { code, stdout: captured.stdout, stderr: others.concat().into_bytes() })
    }

    /// buildah without its warnings, which would stand between what the words write.
    fn quiet(&self) -> Command {
        let mut command = self.command();
        command.args(["--log-level", "error"]);
        command
    }
}

/// Returns true if the error is buildah's own: it repeats the status of the command it ran.
fn is_own(line: &str) -> bool {
    line.starts_with("Error: ") || line.starts_with("subprocess exited with status ")
}

/// A working container, removed when this is dropped.
struct Working<'a> {
    builder: &'a Builder,
    name: String,
}

impl<'a> Working<'a> {
    fn new(builder: &'a Builder, image: &str) -> Result<Self, Error> {
        let container = Self { builder, name: unique_name() };
        let mut from = builder.quiet();
        from.args(["from", "--pull-never", "--name", &container.name, image]);
        output(from, PATIENCE, &format!("buildah from {image}"))?;
        Ok(container)
    }
}

impl Drop for Working<'_> {
    fn drop(&mut self) {
        let mut remove = self.builder.quiet();
        remove.args(["rm", &self.name]);
        // It may never have come to be.
        let _ = capture(remove, PATIENCE);
    }
}

#[cfg(unix)]
fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

#[cfg(not(unix))]
fn is_root() -> bool {
    true
}
