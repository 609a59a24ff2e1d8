//! What is started in an image, and whether it can do without the tools that only the builder has.

use super::{
    loss::Loss,
    programs::{self, SUPERVISORS},
};
use crate::{
    callers::{Build, Caller},
    dockerfile::{
        Instruction, Keyword,
        instruction::{Command, Healthcheck},
    },
    project::Project,
    run::Run,
    shell::is_posix_shell,
    text::{Refusal, RepoPath},
    yaml::{self, Node},
};

/// What is known of the image in which things start.
pub(super) struct Runtime<'a> {
    /// The project.
    pub(super) project: &'a Project,
    /// The build context, when it is known.
    pub(super) context: Option<RepoPath>,
    /// What the image goes without.
    pub(super) loss: &'a Loss,
    /// The environment's folder.
    pub(super) environment: &'a str,
    /// The manifests' texts.
    pub(super) manifests: Vec<String>,
    /// The text of the stage.
    pub(super) stage: &'a str,
}

impl Runtime<'_> {
    /// What CMD, ENTRYPOINT or HEALTHCHECK becomes, when a package manager that is gone starts it; `None`
    /// when it can stay as it is.
    ///
    /// # Errors
    /// A decline's code and reason, when it needs what is gone, or may.
    pub(super) fn start(&self, it: &Instruction, text: &str) -> Result<Option<String>, Refusal> {
        if matches!(it.keyword, Keyword::Run | Keyword::Shell) {
            return Ok(None);
        }
        let (said, exec) = match (it.command(), it.healthcheck()) {
            (Some(Command::Exec(words)), _) | (_, Some(Healthcheck::Cmd(Command::Exec(words)))) => {
                let words: Vec<&str> = words.iter().map(|it| it.text.as_str()).collect();
                (words.join(" "), true)
            }
            (Some(Command::Shell(text)), _) | (_, Some(Healthcheck::Cmd(Command::Shell(text)))) => {
                (text.to_owned(), false)
            }
            _ => return Ok(None),
        };
        let mut rewritten = None;
        let mut says = said.clone();
        if let Some(tool) = self.called_manager(&said) {
            let (old, plain) = (format!("{tool} run "), format!("`{said}` calls {tool}"));
            let gone = || format!("{plain}, which only the builder has");
            if it.keyword == Keyword::Healthcheck {
                return Err(Refusal::new("manager-at-runtime", gone()));
            }
            let (new, new_said) = without_runner(text, &said, tool, exec)
                .ok_or_else(|| Refusal::new("manager-at-runtime", gone()))?;
            if self.called_manager(&new_said).is_some() {
                return Err(Refusal::new("manager-at-runtime", gone()));
            }
            for program in said.split(&old).skip(1).filter_map(|it| it.split_whitespace().next()) {
                self.is_installed(program.trim_matches(['"', '\'']), tool)?;
            }
            rewritten = Some(new);
            says = new_said;
        }
        self.starts(&says)?;
        Ok(rewritten)
    }

    /// Managers start scripts of the project themselves, also when it is not installed.
    fn is_installed(&self, program: &str, tool: &str) -> Result<(), Refusal> {
        if self.manifests.iter().any(|it| defines(it, program)) {
            let reason =
                format!("{program} is a script of pyproject.toml, which {tool} starts by itself");
            return Err(Refusal::new("manager-script", reason));
        }
        match self.manifests.is_empty() && !programs::is_of_packages(program) {
            true => Err(Refusal::new(
                "manager-script",
                format!("it is not known whether {program} is a script of pyproject.toml"),
            )),
            false => Ok(()),
        }
    }

    /// The tool that a text names, of those that are gone: where it is no command line, the name alone counts.
    pub(super) fn called_manager(&self, said: &str) -> Option<&'static str> {
        let gone = self.loss.tools.iter();
        let mut called = gone.filter(|tool| words(said).any(|it| tool.has_program(it)));
        called.next().map(|it| it.name())
    }

    /// # Errors
    /// A decline's code and reason, when a command line needs what is gone, or may.
    pub(super) fn starts(&self, said: &str) -> Result<(), Refusal> {
        let mut files = Vec::new();
        for (at, word) in words(said).enumerate() {
            let name = word.rsplit('/').next().unwrap_or_default();
            if ["cron", "crond"].contains(&name) {
                return Err(Refusal::new("cron", "cron starts its jobs with a PATH of its own"));
            }
            if SUPERVISORS.contains(&name) {
                let reason = format!("what {name} starts may need what only the builder has");
                return Err(Refusal::new("unknown-script", reason));
            }
            if programs::compiles(name) && self.loss.compiles() {
                return Err(Refusal::new(
                    "needs-build-tools",
                    format!("`{said}` may need {}", self.loss.packages.join(" and ")),
                ));
            }
            self.path(word)?;
            let is_script = word.ends_with(".sh") || word.ends_with(".bash");
            let own = at == 0 && word.contains('/') && !word.starts_with(self.environment);
            let system = ["/bin/", "/usr/bin/", "/sbin/", "/usr/sbin/"]
                .iter()
                .any(|it| word.starts_with(it));
            if is_script || (own && !system && !word.ends_with(".py")) {
                files.push(name);
            }
        }
        files.into_iter().try_for_each(|it| self.script(it))
    }

    /// A path that is in the environment from now on.
    fn path(&self, word: &str) -> Result<(), Refusal> {
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
        for line in file.text.lines().filter(|it| !it.trim_start().starts_with('#')) {
            if let Some(tool) = self.called_manager(line) {
                return Err(Refusal::new(
                    "manager-at-runtime",
                    format!("{name} calls {tool}, which only the builder has"),
                ));
            }
            for word in words(line) {
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

    /// What a RUN of the last stage runs besides package managers: the commands among these that a manager
    /// only starts, when the RUN stands in the last stage alone (`later`).
    ///
    /// # Errors
    /// A decline's code and reason, when a command needs what is gone, or may.
    pub(super) fn runs(
        &self,
        run: &Run<'_>,
        commands: &[usize],
        later: bool,
    ) -> Result<Vec<usize>, Refusal> {
        let mut started = Vec::new();
        for at in commands {
            let command = &run.script.commands()[*at];
            let text = run.text(command.span.clone());
            if let Some(tool) = self.called_manager(text) {
                let words: Vec<&str> = command.words.iter().map(|it| it.raw.as_str()).collect();
                let (["poetry" | "uv", "run", program, rest @ ..], true) =
                    (words.as_slice(), later)
                else {
                    let text = first_line(text);
                    let reason = format!("`{text}` calls {tool}, which only the builder has");
                    return Err(Refusal::new("manager-at-runtime", reason));
                };
                self.is_installed(program, tool)?;
                let rest = rest.join(" ");
                if program.starts_with('-') || self.called_manager(&rest).is_some() {
                    let reason = format!("`{}` gives {tool} options", first_line(text));
                    return Err(Refusal::new("manager-at-runtime", reason));
                }
                self.starts(&format!("{program} {rest}"))?;
                started.push(*at);
                continue;
            }
            let words: Vec<&str> = command.words.iter().map(|it| it.raw.as_str()).collect();
            let shell = command.program().is_some_and(is_posix_shell);
            let script = words.iter().skip(1).any(|it| !it.starts_with('-') && !it.is_empty());
            let own = words
                .first()
                .is_some_and(|it| it.contains('/') && !it.starts_with(self.environment));
            let local = own
                && words
                    .first()
                    .is_some_and(|it| !["/bin/", "/usr/"].iter().any(|of| it.starts_with(of)));
            if (shell && script) || local {
                self.starts(text)?;
                if self.loss.compiles() && local {
                    let reason = format!(
                        "`{}` may need {}",
                        first_line(text),
                        self.loss.packages.join(" and ")
                    );
                    return Err(Refusal::new("needs-build-tools", reason));
                }
                continue;
            }
            for word in &words {
                self.path(word)?;
            }
            let name = command.program().unwrap_or_default();
            if programs::compiles(name) && self.loss.compiles() {
                let reason =
                    format!("`{}` may need {}", first_line(text), self.loss.packages.join(" and "));
                return Err(Refusal::new("needs-build-tools", reason));
            }
        }
        Ok(started)
    }

    /// What those who start the image tell it to run.
    ///
    /// # Errors
    /// A decline's code and reason, when that needs what is gone, or may.
    pub(super) fn callers(&self, builds: &[Build]) -> Result<(), Refusal> {
        for build in builds.iter().filter(|it| it.caller == Caller::Compose) {
            let Some(file) = self.project.file(build.place.path.as_str()) else { continue };
            for root in yaml::read(&file.text).unwrap_or_default() {
                let Some(services) = root.get("services") else { continue };
                let builds = |it: &&yaml::Entry| {
                    it.value.get("build").is_some() && span(&it.value).contains(&build.place.line)
                };
                for service in services.entries().iter().filter(builds) {
                    let mut said = Vec::new();
                    for key in ["command", "entrypoint", "healthcheck"] {
                        service.value.get(key).into_iter().for_each(|it| texts(it, &mut said));
                    }
                    let said = said.join(" ");
                    if let Some(tool) = self.called_manager(&said) {
                        let reason = format!(
                            "{} starts {} with {tool}, which only the builder has",
                            build.place.path, service.key
                        );
                        return Err(Refusal::new("manager-at-runtime", reason));
                    }
                    self.starts(&said)?;
                }
            }
        }
        Ok(())
    }
}

/// The lines of a compose service, as far as its scalars tell.
fn span(node: &Node) -> std::ops::RangeInclusive<usize> {
    let mut lines = Vec::new();
    let mut nodes = vec![node];
    while let Some(node) = nodes.pop() {
        lines.push(node.line);
        nodes.extend(node.items().iter().map(AsRef::as_ref));
        nodes.extend(node.entries().iter().map(|it| it.value.as_ref()));
    }
    let first = lines.iter().min().copied().unwrap_or_default();
    first.saturating_sub(1)..=lines.iter().max().copied().unwrap_or_default()
}

fn texts(node: &Node, into: &mut Vec<String>) {
    into.extend(node.as_str().map(str::to_owned));
    node.items().iter().for_each(|it| texts(it, into));
    node.entries().iter().for_each(|it| texts(&it.value, into));
}

/// The text of an instruction without the manager that only starts another command, and what it says then.
fn without_runner(text: &str, said: &str, tool: &str, exec: bool) -> Option<(String, String)> {
    let runner = format!("{tool} run ");
    // Options of the runner have no place in the command itself.
    let plain = |it: &str| {
        !it.starts_with('-') && !it.split_whitespace().next().is_some_and(|it| it.ends_with(".py"))
    };
    if !said.split(&runner).skip(1).all(plain) {
        return None;
    }
    let new_said = said.replace(&runner, "");
    if exec && said.starts_with(&runner) {
        let start = text.find(&format!("\"{tool}\""))?;
        let rest = &text[start..];
        let run = rest.find("\"run\"")? + "\"run\"".len();
        let next = run + rest[run..].find('"')?;
        return Some((format!("{}{}", &text[..start], &rest[next..]), new_said));
    }
    let new = text.replace(&runner, "");
    (new != text).then_some((new, new_said))
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

pub(super) fn words(text: &str) -> impl Iterator<Item = &str> {
    let parts = text.split(|it: char| !it.is_alphanumeric() && !"-_./+".contains(it));
    parts.filter(|it| !it.is_empty())
}
