//! A RUN in place: its script, the calls in it, and what holds where it stands.

pub mod independence;
pub mod line;
mod mentions;
pub mod parts;

use std::{
    ops::Deref,
    sync::{Arc, OnceLock},
};

use crate::{
    dockerfile::{
        Dockerfile, Instruction, Keyword, Kind,
        stage::{Stage, State},
    },
    ecosystems::{self, At, Install, MANAGERS, Manager, images, images::stages, version::Version},
    project::change::{Change, Decline, FileChange, Outcome, Safety},
    shell::{self, Command, Directory, Invocation, NotShell, Script, Word},
    text::{Each, Edit, ImagePath, Place, Refusal, RepoPath},
};

/// A Dockerfile under refactoring: where it is, its text and its stages.
pub struct Site<'a> {
    /// Its path.
    pub path: &'a RepoPath,
    /// Its contents.
    pub dockerfile: &'a Dockerfile,
    /// Its stages, in order.
    pub stages: Vec<Stage<'a>>,
    readings: &'a Readings,
}

/// The RUNs of a Dockerfile, by the index of their items: each is read once and asked for many times.
type Readings = Each<Result<Arc<Reading>, Refusal>>;

/// A RUN that a shell runs.
pub struct Run<'a> {
    /// Its index among the items.
    pub item: usize,
    /// The instruction.
    pub instruction: &'a Instruction,
    dockerfile: &'a Dockerfile,
    reading: Arc<Reading>,
}

/// The result of reading a RUN: a [`Run`] dereferences to it.
pub struct Reading {
    /// Its script.
    pub script: Arc<Script>,
    /// The state before it.
    pub state: State,
    calls: OnceLock<Vec<CallSite>>,
}

impl Deref for Run<'_> {
    type Target = Reading;

    fn deref(&self) -> &Reading {
        &self.reading
    }
}

/// A call in a script.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// Its index among the script's commands.
    pub command: usize,
    /// The call.
    pub call: Invocation,
    /// The directory it runs in; `None` when it cannot be known.
    pub directory: Option<ImagePath>,
}

impl<'a> Site<'a> {
    /// A Dockerfile with its stages.
    pub fn new(path: &'a RepoPath, dockerfile: &'a Dockerfile) -> Self {
        let readings = dockerfile.memo.get(Each::default);
        Self { path, dockerfile, stages: stages(dockerfile), readings }
    }

    /// Calls `look` for the RUNs of a stage whose text has one of these words, and collects changes and declines
    /// of the transform of this name.
    pub fn each_run(
        &self,
        transform: &'static str,
        stage: &Stage<'a>,
        words: &[&str],
        look: impl Fn(usize) -> Result<Option<Change>, Refusal>,
    ) -> Outcome {
        let mut outcome = Outcome::default();
        for item in self.runs(stage, words) {
            match look(item) {
                Ok(change) => outcome.changes.extend(change),
                Err(why) => outcome.declines.push(self.decline(transform, item, why)),
            }
        }
        outcome
    }

    /// The RUN at an item; read once.
    ///
    /// # Errors
    /// A decline's code and reason, when no POSIX shell runs it or the shell is not understood.
    pub fn run(&self, stage: &Stage<'_>, item: usize) -> Result<Run<'a>, Refusal> {
        let found = match &self.dockerfile.items[item].kind {
            Kind::Instruction(it) if it.keyword == Keyword::Run => it,
            _ => return Err(refusal(NotShell::NotRun)),
        };
        let reading = self.readings.get(item, || self.read(stage, item).map(Arc::new));
        let reading = Arc::clone(reading.as_ref().map_err(Clone::clone)?);
        Ok(Run { item, instruction: found, dockerfile: self.dockerfile, reading })
    }

    fn read(&self, stage: &Stage<'_>, item: usize) -> Result<Reading, Refusal> {
        let state = stage.state_before(item);
        if !shell::is_posix(&state) {
            return Err(Refusal::new("not-posix-shell", "SHELL names a shell that is not POSIX"));
        }
        let script = Script::at(self.dockerfile, item).map_err(refusal)?;
        Ok(Reading { script, state, calls: OnceLock::new() })
    }

    /// The version of a package that the stages up to an item install with pip, pipx or uv, when the last
    /// such install pins one.
    pub fn installed(&self, stage: &Stage<'a>, item: usize, package: &str) -> Option<Version> {
        let mut version = None;
        for below in stage.lineage(&self.stages) {
            let words = [package];
            let before = self.runs(&below, &words);
            let before = before.filter(|it| below.index != stage.index || *it <= item);
            for run in before.filter_map(|it| self.run(&below, it).ok()) {
                for site in run.calls() {
                    version = installs(&run, site, package).or(version);
                }
            }
        }
        version
    }

    /// The version of a manager at an item: the one that is [`installed`](Self::installed), or the one that the image
    /// brings, if nothing may have taken its place.
    pub fn version(&self, stage: &Stage<'a>, item: usize, manager: &Manager) -> Option<Version> {
        self.installed(stage, item, manager.name).or_else(|| {
            let starter = manager.starter?;
            let state = stage.state_before(item);
            let version = (starter.brought_by)(&images::named(state.image.as_deref()?))?;
            let is_replaced = stage.lineage(&self.stages).iter().any(|below| {
                let mut runs = self.runs(below, starter.replaced_by);
                runs.any(|it| below.index != stage.index || it <= item)
            });
            (!is_replaced).then_some(version)
        })
    }

    /// Whether something shows that a program of a manager is there before an item: the base image, or a RUN
    /// that calls it, installs it, downloads it or makes it available.
    pub fn has_program(&self, stage: &Stage<'a>, item: usize, manager: &Manager) -> bool {
        let brings = |call: &Invocation, said: &str| {
            let downloads = || manager.archives.iter().any(|it| said.contains(&format!("//{it}")));
            downloads()
                || manager.programs.contains(&call.program.as_str())
                || (call.program != "echo" && call.texts().any(|it| is_package(manager, it)))
        };
        let state = stage.state_before(item);
        let image = state.image.as_deref().map(images::named);
        image.is_some_and(|it| manager.programs.iter().any(|program| it.brings(program)))
            || self.enables(stage, item, manager)
            || self.calls_before(stage, item, brings)
    }

    /// Whether a RUN before an item puts a manager's starter in its place.
    pub fn enables(&self, stage: &Stage<'a>, item: usize, manager: &Manager) -> bool {
        manager.starter.is_some_and(|starter| {
            self.calls_before(stage, item, |call, _| {
                let words: Vec<&str> =
                    [call.program.as_str()].into_iter().chain(call.texts()).collect();
                // Without names it is for all that it knows.
                let own = words.get(2).is_none_or(|it| manager.programs.contains(it));
                let words = words.iter().take(2).copied();
                own && starter.enabled_by.iter().any(|it| it.split(' ').eq(words.clone()))
            })
        })
    }

    /// Whether the RUNs of a stage and of those below it surely make a call like this before an item, by what it is and
    /// how it is written.
    fn calls_before(
        &self,
        stage: &Stage<'a>,
        item: usize,
        is_like: impl Fn(&Invocation, &str) -> bool,
    ) -> bool {
        stage.lineage(&self.stages).iter().any(|below| {
            let runs = self.runs(below, &[""]);
            let runs = runs.filter(|it| below.index != stage.index || *it < item);
            runs.filter_map(|it| self.run(below, it).ok()).any(|run| {
                let commands = run.script.commands();
                run.calls().iter().any(|it| {
                    let command = &commands[it.command];
                    command.runs_always() && is_like(&it.call, run.said(&command.span))
                })
            })
        })
    }

    /// The stages that are built on this one, itself included.
    pub fn heirs<'s>(&'s self, stage: &'s Stage<'a>) -> impl Iterator<Item = &'s Stage<'a>> {
        self.stages.iter().filter(|it| it.is_built_on(stage.index))
    }

    /// A change of this file that starts at an item.
    pub fn change(
        &self,
        item: usize,
        safety: Safety,
        title: String,
        reason: String,
        edits: Vec<Edit>,
    ) -> Change {
        let files = [(self.path.clone(), FileChange::Edit(edits))].into();
        Change { title, reason, safety, place: self.place(item), files, alters: Vec::new() }
    }

    /// The place of an item.
    pub fn place(&self, item: usize) -> Place {
        self.dockerfile.place(self.path, item)
    }

    /// The line of an item, in words: `line 6`, with its file where that is not clear.
    pub fn line(&self, item: usize) -> String {
        let Place { path, line, .. } = self.place(item);
        match self.dockerfile.is_mixed() {
            true => format!("line {line} of {path}"),
            false => format!("line {line}"),
        }
    }

    /// A decline at an item.
    pub fn decline(&self, transform: &'static str, item: usize, why: Refusal) -> Decline {
        Decline { transform, place: self.place(item), why }
    }
}

/// Whether a word names the package that a manager comes in, with a version or without.
pub fn is_package(manager: &Manager, word: &str) -> bool {
    manager.packages.iter().any(|package| {
        let rest = word.strip_prefix(package);
        rest.is_some_and(|it| it.is_empty() || it.starts_with(['@', '=']))
    })
}

impl Run<'_> {
    /// The text of the file at a span of the script.
    pub fn text(&self, span: crate::text::Span) -> &str {
        &self.dockerfile.source[span]
    }

    /// The text on disk of a span of the script: what to quote.
    pub fn said(&self, span: &crate::text::Span) -> &str {
        self.dockerfile.said(span)
    }
}

impl Reading {
    /// A script that a command in a RUN starts, with what holds before it.
    ///
    /// # Errors
    /// What is no shell, or none that is read here.
    pub fn of_text(text: &str, state: State) -> Result<Self, NotShell> {
        let script = Arc::new(Script::of_text(text)?);
        Ok(Self { script, state, calls: OnceLock::new() })
    }

    /// The calls of programs that are known, in order.
    pub fn calls(&self) -> &[CallSite] {
        self.calls.get_or_init(|| {
            let commands = self.script.commands();
            // They are kept and large, and most commands are one.
            let mut calls = Vec::with_capacity(commands.len());
            calls.extend(commands.iter().enumerate().filter_map(|(at, it)| self.call(at, it)));
            calls
        })
    }

    /// The call that the command of this number makes, if its program is known.
    pub fn call_of(&self, command: usize) -> Option<&CallSite> {
        let calls = self.calls();
        let at = calls.binary_search_by_key(&command, |it| it.command).ok()?;
        calls.get(at)
    }

    fn call(&self, at: usize, command: &Command) -> Option<CallSite> {
        let lookup = |name: &str| self.variable(name);
        let resolve = |it: &Word| self.script.resolve(it, &lookup);
        let call = ecosystems::invocation_of(command, resolve)?;
        Some(CallSite { command: at, call, directory: self.directory(command) })
    }

    /// The directory that a command runs in; `None` when it cannot be known.
    pub fn directory(&self, command: &Command) -> Option<ImagePath> {
        let Directory::Into(targets) = &command.directory else { return None };
        let lookup = |name: &str| self.variable(name);
        let mut directory = self.state.workdir.clone();
        for target in targets {
            let target = self.script.resolve(target, &lookup)?;
            directory = ImagePath::new(&target).or_else(|| directory.map(|it| it.join(&target)));
        }
        directory
    }

    /// The installs from manifests, in order; `text` gives what a COPY put at a path of the image, if that
    /// is known.
    pub fn installs<'r>(
        &'r self,
        text: &'r dyn Fn(&ImagePath) -> Option<Arc<str>>,
    ) -> impl Iterator<Item = (&'r CallSite, Install)> {
        let install = move |site: &'r CallSite| {
            let install = ecosystems::install(&site.call, &At { text, ..self.at(site) })?;
            Some((site, install))
        };
        self.calls().iter().filter_map(install)
    }

    /// The surroundings of a call, for facts that need no file.
    pub fn at<'r>(&'r self, site: &'r CallSite) -> At<'r> {
        At {
            state: &self.state,
            directory: site.directory.as_ref(),
            text: &|_| None,
            version: &|| None,
        }
    }

    /// The value of a variable where nothing but the Dockerfile has set it.
    fn variable(&self, name: &str) -> Option<String> {
        match self.state.variables.get(name) {
            Some(it) if it.from_argument => None,
            Some(it) => it.value().map(str::to_owned),
            None if name == "HOME" => self.state.home().map(str::to_owned),
            None => None,
        }
    }
}

/// The version of `package` that a call installs, when it pins one.
fn installs(run: &Run<'_>, site: &CallSite, package: &str) -> Option<Version> {
    let call = &site.call;
    let pipeline = &run.script.commands()[site.command].pipeline;
    let text = run.text(pipeline.clone());
    let installer = MANAGERS.iter().find_map(|manager| {
        let mut installers = manager.installers.iter();
        Some((manager, installers.find(|it| text.contains(it.script))?))
    });
    if let Some((manager, installer)) = installer.filter(|_| call.program == "python") {
        // An installer takes a version as an option or from the environment.
        let option = call.values(installer.options).pop().flatten();
        let mut assigned = call.assignments.iter().filter(|it| it.0 == installer.variable);
        let assigned = assigned.next().and_then(|it| it.1.as_deref());
        let version = option.or(assigned).or_else(|| run.state.variable(installer.variable));
        return version.filter(|_| package == manager.name)?.parse().ok();
    }
    if !ecosystems::takes_packages(&call.program) {
        return None;
    }
    // A version in an ARG is the version that is built unless a caller gives another one.
    let lookup = |name: &str| run.state.variable(name).map(str::to_owned);
    let command = &run.script.commands()[site.command];
    call.arguments.iter().find_map(|it| {
        let text = run.script.resolve(&command.words[it.word], &lookup)?;
        // `poetry==1.8.3`, `pnpm@10.5.0`.
        let rest = text.strip_prefix(package)?;
        rest.strip_prefix("==").or_else(|| rest.strip_prefix('@'))?.parse().ok()
    })
}

fn refusal(why: NotShell) -> Refusal {
    match why {
        NotShell::Exec => Refusal::new("exec-form", "RUN is in exec form, without a shell"),
        NotShell::Heredoc | NotShell::Interpreter => {
            Refusal::new("heredoc", "RUN takes a here-document")
        }
        NotShell::NotRun | NotShell::Unparsable | NotShell::Empty => {
            Refusal::new("unreadable-shell", "the shell in RUN cannot be read")
        }
    }
}
