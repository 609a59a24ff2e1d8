//! What is started in an image, and whether it can do without the tools that only the builder has.

use std::{ops::Range, sync::Arc};

use super::{
    login,
    loss::Loss,
    programs::{self, SUPERVISORS},
    target::alone,
};
use crate::{
    callers::service::{Given, Service},
    dockerfile::{Dockerfile, Instruction, Keyword},
    ecosystems::{self, Tool},
    project::Project,
    run::{
        Run,
        line::{Direct, Line},
    },
    shell::is_posix_shell,
    text::{Refusal, RepoPath, words},
};

/// What is known of the image in which things start.
pub(super) struct Runtime<'a> {
    /// The project.
    pub(super) project: &'a Project,
    /// The build context, when it is known.
    pub(super) context: Option<RepoPath>,
    /// What the image no longer has.
    pub(super) loss: &'a Loss,
    /// The environment's folder.
    pub(super) environment: &'a str,
    /// The manifests' texts.
    pub(super) manifests: Vec<String>,
    /// The text of the stage.
    pub(super) stage: &'a str,
}

impl Runtime<'_> {
    /// The new text of CMD, ENTRYPOINT or HEALTHCHECK at an item, if a tool that is gone starts its program;
    /// `None` if it can stay as it is.
    ///
    /// # Errors
    /// A decline's code and reason, when it needs what is gone, or may.
    pub(super) fn start(
        &self,
        dockerfile: &Dockerfile,
        item: usize,
        instruction: &Instruction,
    ) -> Result<Option<String>, Refusal> {
        if matches!(instruction.keyword, Keyword::Run | Keyword::Shell) {
            return Ok(None);
        }
        let Some(line) = Line::of(instruction) else { return Ok(None) };
        let Some(tool) = self.named_tool(&line.said) else {
            return self.starts(&line).map(|()| None);
        };
        let gone = || {
            let reason = format!("`{}` calls {tool}, which only the builder has", line.said);
            Refusal::new("manager-at-runtime", reason)
        };
        if instruction.keyword == Keyword::Healthcheck {
            return Err(gone());
        }
        let direct = Direct::of(instruction, tool).ok_or_else(gone)?;
        // Managers run scripts of Python, which need not be executable.
        if direct.programs.iter().any(|it| it.ends_with(".py")) {
            return Err(gone());
        }
        let text = dockerfile.text_with(item, &direct.edits);
        let new = alone(&text, dockerfile.escape);
        let new = new.instructions().next().and_then(|it| Line::of(it.1)).ok_or_else(gone)?;
        if self.named_tool(&new.said).is_some() {
            return Err(gone());
        }
        direct.programs.iter().try_for_each(|it| self.is_installed(it, tool))?;
        self.starts(&new)?;
        Ok(Some(text))
    }

    /// Managers start scripts of the project themselves, also when it is not installed.
    fn is_installed(&self, program: &str, tool: &str) -> Result<(), Refusal> {
        let manager = ecosystems::environments().find(|it| it.0.name == tool);
        let manifest = manager.map_or("a manifest", |it| it.0.manifest);
        if self.manifests.iter().any(|it| defines(it, program)) {
            let reason =
                format!("{program} is a script of {manifest}, which {tool} starts by itself");
            return Err(Refusal::new("manager-script", reason));
        }
        if self.manifests.is_empty() && !programs::is_of_packages(program) {
            let reason = format!("it is not known whether {program} is a script of {manifest}");
            return Err(Refusal::new("manager-script", reason));
        }
        Ok(())
    }

    /// The tool that a text names, of those that are gone. A word may be handed to a program that runs it, and
    /// a text may be a list, or in another language: the name alone counts.
    pub(super) fn named_tool(&self, said: &str) -> Option<&'static str> {
        let is_program = |tool: &Tool, word: &str| {
            let name = word.rsplit('/').next().unwrap_or_default();
            tool.has_program(word) || (word.contains("bin/") && tool.has_program(name))
        };
        let mut gone = self.loss.tools.iter();
        gone.find(|tool| words(said).any(|it| is_program(tool, it))).map(|it| it.name())
    }

    /// # Errors
    /// A decline's code and reason, when a command line needs what is gone, or may: each of its words counts, for
    /// a program may run what it is given.
    pub(super) fn starts(&self, line: &Line) -> Result<(), Refusal> {
        let said = &line.said;
        login::check(said)?;
        for word in words(said) {
            let name = word.rsplit('/').next().unwrap_or_default();
            if ["cron", "crond"].contains(&name) {
                return Err(Refusal::new("cron", "cron starts its jobs with a PATH of its own"));
            }
            if SUPERVISORS.contains(&name) {
                let reason =
                    format!("{name} may start programs that need what only the builder has");
                return Err(Refusal::new("unknown-script", reason));
            }
            if programs::compiles(name) && self.loss.compiles() {
                let packages = self.loss.packages.join(" and ");
                let reason = format!("`{said}` may need {packages}");
                return Err(Refusal::new("needs-build-tools", reason));
            }
            self.path(word)?;
        }
        let own = line.programs.iter().filter(|it| it.contains('/') || it.ends_with(".py"));
        own.filter(|it| !it.starts_with(self.environment))
            .try_for_each(|it| self.interpreter(it))?;
        let is_script = |word: &&str| word.ends_with(".sh") || word.ends_with(".bash");
        let programs = line.programs.iter().map(String::as_str).chain(words(said).take(1));
        let scripts = line.scripts.iter().map(String::as_str).chain(words(said).filter(is_script));
        let files = programs.filter(|it| self.is_own_program(it)).chain(scripts);
        let mut files: Vec<&str> =
            files.map(|it| it.rsplit('/').next().unwrap_or_default()).collect();
        files.sort_unstable();
        files.dedup();
        files.into_iter().try_for_each(|it| self.script(it))
    }

    /// Whether a program is a file that the image brings, and not the environment or the system.
    fn is_own_program(&self, path: &str) -> bool {
        let folders = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"];
        // `.venv/bin/python`, beside the working directory.
        let name = self.environment.rsplit('/').next().unwrap_or_default();
        let beside = path.trim_start_matches("./").strip_prefix(name);
        path.contains('/')
            && !beside.is_some_and(|it| it.starts_with("/bin/"))
            && !path.starts_with(self.environment)
            && !folders.iter().any(|it| path.starts_with(it))
            && !path.ends_with(".py")
    }

    /// The first line of a file of the project that is started names what runs it.
    fn interpreter(&self, program: &str) -> Result<(), Refusal> {
        let name = program.rsplit('/').next().unwrap_or_default();
        let file = self.context.as_ref().and_then(|it| self.project.file_below(it, program));
        let Some(file) = file else {
            // Without a folder it is one that a package brings: `django-admin.py`.
            let unread = name.ends_with(".py") && program.contains('/');
            let reason = || format!("it is not known which Python the first line of {name} names");
            return if unread { Err(Refusal::new("unknown-script", reason())) } else { Ok(()) };
        };
        let first = file.text.lines().next().unwrap_or_default();
        let named = first.strip_prefix("#!").map_or("", str::trim);
        let is_other = |it: &str| it.contains("python") && it.starts_with("/usr/local/");
        match named.split_whitespace().next().is_some_and(is_other) {
            true => {
                let reason = format!(
                    "{name} begins with {first}, a Python that does not see the packages of the environment"
                );
                Err(Refusal::new("absolute-path", reason))
            }
            false => Ok(()),
        }
    }

    /// A path that is in the environment from now on.
    pub(super) fn path(&self, word: &str) -> Result<(), Refusal> {
        let moved = || format!("{word} would be in the virtual environment");
        if ["site-packages", "dist-packages", "/usr/local/lib/python"]
            .iter()
            .any(|it| word.contains(it))
            && !word.starts_with(self.environment)
        {
            return Err(Refusal::new("absolute-path", moved()));
        }
        let Some(name) = word.strip_prefix("/usr/local/bin/") else { return Ok(()) };
        // The stage may bring it itself.
        let brought = self.stage.lines().any(|it| {
            let line = it.trim_start().to_ascii_uppercase();
            (line.starts_with("COPY") || line.starts_with("ADD")) && it.contains("/usr/local/bin")
                || (line.contains(" -O ") || line.contains("LN -S") || line.contains("INSTALL "))
                    && it.contains(word)
        });
        match brought && !name.starts_with("python") {
            true => Ok(()),
            false => Err(Refusal::new("absolute-path", moved())),
        }
    }

    /// A script that is started.
    pub(super) fn script(&self, name: &str) -> Result<(), Refusal> {
        let folder = self.context.as_ref();
        let mut found = folder
            .into_iter()
            .flat_map(|it| self.project.tree().below(it))
            .filter(|it| it.file_name() == name);
        let text = found
            .find_map(|it| self.project.file(it.as_str()))
            .filter(|it| !it.text.trim().is_empty());
        let Some(file) = text else {
            return Err(Refusal::new(
                "unknown-script",
                format!("the commands in {name} are not known"),
            ));
        };
        let first = file.text.lines().next().filter(|it| it.starts_with("#!"));
        let named = |it: Refusal| Refusal { reason: format!("{name}: {}", it.reason), ..it };
        first.map_or(Ok(()), login::check).map_err(named)?;
        for line in file.text.lines().filter(|it| !it.trim_start().starts_with('#')) {
            login::check(line).map_err(named)?;
            if let Some(tool) = self.named_tool(line) {
                return Err(Refusal::new(
                    "manager-at-runtime",
                    format!("{name} calls {tool}, which only the builder has"),
                ));
            }
            let mut before = "";
            for word in words(line) {
                let runs = !before.rsplit('/').next().unwrap_or_default().starts_with("python");
                if runs && word.contains('/') && word.ends_with(".py") {
                    self.interpreter(word)?;
                }
                before = word;
                let program = word.rsplit('/').next().unwrap_or_default();
                if programs::compiles(program) && self.loss.compiles() {
                    return Err(Refusal::new(
                        "needs-build-tools",
                        format!("{name} calls {program}"),
                    ));
                }
                self.path(word)?;
            }
        }
        Ok(())
    }

    /// What a RUN of the last stage runs besides package managers: the commands among these that a manager only
    /// starts, when the RUN stands in the last stage alone (`later`), with the positions of the manager's words.
    ///
    /// # Errors
    /// A decline's code and reason, when a command needs what is gone, or may.
    pub(super) fn runs(
        &self,
        run: &Run<'_>,
        commands: &[usize],
        later: bool,
    ) -> Result<Vec<(usize, Range<usize>)>, Refusal> {
        let mut started = Vec::new();
        for at in commands {
            let command = &run.script.commands()[*at];
            let text = run.text(command.span.clone());
            let call = run.call_of(*at).map(|it| &it.call);
            let words: Vec<&str> = command.words.iter().map(|it| it.raw.as_str()).collect();
            if let Some(tool) = self.named_tool(text) {
                let line = first_line(text);
                let Some(call) = call.filter(|it| later && it.runner == Some(tool)) else {
                    let reason = format!("`{line}` calls {tool}, which only the builder has");
                    return Err(Refusal::new("manager-at-runtime", reason));
                };
                let own = call.runner_words.clone();
                let own = own.filter(|it| self.named_tool(&words[it.end..].join(" ")).is_none());
                let Some(own) = own else {
                    let reason = format!("`{line}` gives {tool} options");
                    return Err(Refusal::new("manager-at-runtime", reason));
                };
                let said = [&words[..own.start], &words[own.end..]].concat().join(" ");
                self.is_installed(words[own.end], tool)?;
                self.starts(&Line::of_text(&said))?;
                started.push((*at, own));
                continue;
            }
            let name = command.program().unwrap_or_default();
            let path = call.map_or_else(|| words.first().copied(), |it| Some(it.path.as_str()));
            let is_local = path.is_some_and(|it| {
                let is_system = ["/bin/", "/usr/"].iter().any(|folder| it.starts_with(folder));
                it.contains('/') && !it.starts_with(self.environment) && !is_system
            });
            let script = words.iter().skip(1).any(|it| !it.starts_with('-') && !it.is_empty());
            let needs_packages = || {
                let packages = self.loss.packages.join(" and ");
                let reason = format!("`{}` may need {packages}", first_line(text));
                Refusal::new("needs-build-tools", reason)
            };
            if (is_posix_shell(name) && script) || is_local {
                if self.loss.compiles() && is_local && path.is_some_and(|it| it.ends_with(".py")) {
                    return Err(needs_packages());
                }
                self.starts(&Line::of_text(text))?;
                if self.loss.compiles() && is_local {
                    return Err(needs_packages());
                }
                continue;
            }
            words.iter().try_for_each(|it| self.path(it))?;
            if programs::compiles(name) && self.loss.compiles() {
                return Err(needs_packages());
            }
        }
        Ok(started)
    }

    /// What compose files tell the image to run.
    ///
    /// # Errors
    /// A decline's code and reason, when that needs what is gone, or may.
    pub(super) fn services<'s>(
        &self,
        services: impl Iterator<Item = &'s (RepoPath, Arc<Service>)>,
    ) -> Result<(), Refusal> {
        for (file, service) in services {
            let given = [&service.command, &service.entrypoint, &service.healthcheck];
            let line = given.into_iter().flatten().fold(Line::default(), |line, it| {
                line.then(match it {
                    Given::Line(text) => Line::of_text(text),
                    Given::Words(words) => match words.split_first() {
                        // The form of a health check.
                        Some((form, rest)) if form == "CMD" => Line::of_words(rest.to_vec()),
                        Some((form, rest)) if form == "CMD-SHELL" => Line::of_text(&rest.join(" ")),
                        _ => Line::of_words(words.clone()),
                    },
                })
            });
            if let Some(tool) = self.named_tool(&line.said) {
                let name = &service.name;
                let reason =
                    format!("{file} starts {name} with {tool}, which only the builder has");
                return Err(Refusal::new("manager-at-runtime", reason));
            }
            self.starts(&line)?;
        }
        Ok(())
    }
}

/// Whether a manifest defines a script of this name.
fn defines(manifest: &str, script: &str) -> bool {
    let mut inside = false;
    manifest.lines().any(|it| {
        let line = it.trim();
        if line.starts_with('[') {
            inside = line.contains("scripts]");
        }
        let name = line.split('=').next().unwrap_or_default().trim().trim_matches('"');
        inside && line.contains('=') && name == script
    })
}

fn first_line(text: &str) -> &str {
    text.lines().next().unwrap_or_default().trim_end_matches(['\\', ' '])
}
