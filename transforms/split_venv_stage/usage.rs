//! What people, CI and Makefiles run in an image besides what it starts.

use super::{Stop, login, runtime::Runtime};
use crate::{
    dockerfile::{Keyword, instruction::Command, stage::Stage},
    ecosystems,
    text::{Refusal, RepoPath, words},
};

impl Runtime<'_> {
    /// What CI, Makefiles and scripts run in its containers.
    ///
    /// # Errors
    /// A decline's code and reason, when that needs what is gone.
    pub(super) fn executions(&self, dockerfile: &RepoPath) -> Result<(), Refusal> {
        let executions = self.project.executions(dockerfile);
        // Who installs a manager there does not need the image's. What is said begins with options and images, so it
        // is not read as a command line.
        let mut own = executions.filter(|it| !words(&it.said).any(installs_tools));
        match own.find_map(|it| Some((&it.place, self.named_tool(&it.said)?))) {
            Some((at, tool)) => {
                let place = format!("{}:{}", at.path, at.line);
                let reason =
                    format!("{place} runs {tool} in a container, which only the builder has");
                Err(Refusal::new("manager-at-runtime", reason))
            }
            None => Ok(()),
        }
    }

    /// What deployments and development containers start in the image.
    ///
    /// # Errors
    /// A decline's code and reason, when that needs what is gone.
    pub(super) fn elsewhere(&self, dockerfile: &RepoPath) -> Result<(), Refusal> {
        for said in self.project.said_elsewhere(dockerfile) {
            let line = said.text;
            if let Some(tool) = self.named_tool(line) {
                let place = said.place();
                let reason = format!("{place} calls {tool}, which only the builder has");
                return Err(Refusal::new("manager-at-runtime", reason));
            }
            let named =
                |it: Refusal| Refusal { reason: format!("{}: {}", said.place(), it.reason), ..it };
            login::check(line).map_err(named)?;
            for word in words(line) {
                self.path(word).map_err(named)?;
            }
        }
        Ok(())
    }

    /// The files of recipes that a stage copies by name, to be run in the image.
    ///
    /// # Errors
    /// Where, and a decline's code and reason, when one needs what is gone, or may.
    pub(super) fn recipes(&self, stage: &Stage<'_>) -> Result<(), Stop> {
        let names = ["GNUmakefile", "Makefile", "Procfile", "Taskfile.yml", "dvc.yaml", "justfile"];
        for (item, _, it) in stage.instructions() {
            let copy = it.copy().filter(|it| it.from.is_none());
            let sources = copy.iter().flat_map(|it| &it.sources);
            let files = sources.filter_map(|it| it.text.rsplit('/').next());
            for name in files.filter(|it| names.contains(it)) {
                self.script(name).map_err(|why| (item, why))?;
            }
        }
        Ok(())
    }
}

/// Whether a word is the program that managers are installed with.
fn installs_tools(word: &str) -> bool {
    let call = ecosystems::invocation(&[Some(word.to_owned())]);
    let own = call.and_then(|it| ecosystems::manager(&it)?.environments);
    own.is_some_and(|it| it.is_bundled)
}

/// The commands that only keep a container there.
const WAITS: &[&str] = &["sleep infinity", "tail -F /dev/null", "tail -f /dev/null"];

/// Whether a stage starts nothing but what keeps its container there, or its help: people say what runs.
pub(super) fn waits(stage: &Stage<'_>) -> bool {
    let command = stage.instructions().rfind(|it| it.2.keyword == Keyword::Cmd);
    let started = stage.instructions().any(|it| it.2.keyword == Keyword::Entrypoint);
    let said = command.and_then(|it| it.2.command()).map(|it| match it {
        Command::Exec(words) => {
            words.iter().map(|it| it.text.as_str()).collect::<Vec<_>>().join(" ")
        }
        Command::Shell(text) => text.trim().to_owned(),
    });
    let Some(said) = said.filter(|_| !started) else { return false };
    WAITS.contains(&said.as_str()) || said.ends_with(" --help")
}
