//! Compose, as Docker's plugin or as the program that came before it: several containers that see each other.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use super::{
    Builder, Error, Kind, PATIENCE, Started,
    commands::plain,
    engine::unique_name,
    process::{self, End, capture, output},
};

/// The lines of a failed command to repeat.
const REPEATED: usize = 3;

/// A compose that answered.
pub struct Compose<'a> {
    builder: &'a Builder,
    program: PathBuf,
    /// The first word, where it is a plugin.
    plugin: Option<&'static str>,
}

/// A project that compose was told to create. It is removed with its volumes and networks when this is dropped.
pub struct Composed<'a> {
    compose: Compose<'a>,
    name: String,
    file: PathBuf,
    timeout: Duration,
}

impl Builder {
    /// The compose of this engine: `docker compose`, else `docker-compose`; `None` if neither answers.
    pub fn compose(&self) -> Option<Compose<'_>> {
        if !matches!(self.kind, Kind::Docker(_)) {
            return None;
        }
        let ways = [(self.program.clone(), Some("compose")), ("docker-compose".into(), None)];
        let all = ways.map(|(program, plugin)| Compose { builder: self, program, plugin });
        all.into_iter().find(|it| {
            let mut version = it.command();
            version.arg("version");
            output(version, PATIENCE, "compose version").is_ok()
        })
    }
}

impl<'a> Compose<'a> {
    fn command(&self) -> Command {
        let mut command = plain(&self.program);
        command.args(self.plugin);
        command
    }

    /// Compose files as one, with every variable replaced and every path absolute: YAML.
    pub fn config(&self, files: &[PathBuf]) -> Result<String, Error> {
        let mut config = self.command();
        for file in files {
            config.arg("--file").arg(file);
        }
        config.arg("config");
        output(config, PATIENCE, "compose config")
    }

    /// Creates the containers of a compose file, which run once they are [started](Composed::start). What is not on
    /// this machine is pulled or built.
    pub fn create(self, file: &Path, timeout: Duration) -> Result<Composed<'a>, Error> {
        let project =
            Composed { compose: self, name: unique_name(), file: file.to_owned(), timeout };
        project.follow(&["up", "--no-start"])?;
        Ok(project)
    }
}

impl<'a> Composed<'a> {
    /// The container of a service.
    pub fn container(&self, service: &str) -> Result<Started<'a>, Error> {
        let builder = self.compose.builder;
        let mut list = builder.command();
        list.args(["ps", "--all", "--quiet", "--no-trunc"]);
        for (label, value) in [("project", self.name.as_str()), ("service", service)] {
            list.args(["--filter", &format!("label=com.docker.compose.{label}={value}")]);
        }
        let what = format!("the container of {service}");
        let said = output(list, PATIENCE, &what)?;
        let name = said.lines().next().filter(|it| !it.is_empty()).map(str::to_owned);
        name.map(|it| Started::known(builder, it)).ok_or(Error::Strange { what })
    }

    /// Starts all, each when those that it depends on have started, are healthy or have ended, as the file says.
    pub fn start(&self) -> Result<(), Error> {
        self.follow(&["up", "--detach"])
    }

    fn command(&self) -> Command {
        let mut command = self.compose.command();
        command.arg("--file").arg(&self.file).args(["--project-name", &self.name]);
        command
    }

    /// Runs a command that an interrupt ends.
    fn follow(&self, words: &[&str]) -> Result<(), Error> {
        let what = format!("compose {}", words.join(" "));
        let mut command = self.command();
        command.args(words);
        let mut said: Vec<String> = Vec::new();
        let end = process::lines(command, self.timeout, &mut |line| {
            let line = String::from_utf8_lossy(line).trim().to_owned();
            said.extend(Some(line).filter(|it| !it.is_empty()));
            said.drain(..said.len().saturating_sub(REPEATED));
            Ok(())
        });
        match end.map_err(|it| Error::io(&what, it))? {
            End::Exited(status) if status.success() => Ok(()),
            End::Exited(_) => Err(Error::Failed { what, said: said.join("; ") }),
            End::TimedOut => Err(Error::TimedOut { what, after: self.timeout }),
        }
    }
}

impl Drop for Composed<'_> {
    fn drop(&mut self) {
        let mut down = self.command();
        down.args(["down", "--volumes", "--remove-orphans", "--timeout", "1"]);
        // It may never have come to be.
        let _ = capture(down, PATIENCE);
    }
}
