//! A RUN in place: its script, the calls in it, and what holds where it stands.

use std::cell::OnceCell;

use crate::{
    change::{Change, Decline, FileChange, Place, Safety},
    dockerfile::{
        Dockerfile, Instruction, Keyword,
        stage::{Stage, State, absolute, stages},
    },
    packages::{At, Call, version::Version},
    path::RepoPath,
    shell::{Command, Directory, NotShell, Script},
    text::Edit,
};

/// A Dockerfile under refactoring: where it is, its text and its stages.
pub struct Site<'a> {
    /// Where it is.
    pub path: &'a RepoPath,
    /// What it says.
    pub dockerfile: &'a Dockerfile,
    /// Its stages, in order.
    pub stages: Vec<Stage<'a>>,
}

/// A RUN that a shell runs.
pub struct Run<'a> {
    /// Its index among the items.
    pub item: usize,
    /// The instruction.
    pub instruction: &'a Instruction,
    /// Its script.
    pub script: Script,
    /// What holds before it.
    pub state: State,
    source: &'a str,
    calls: OnceCell<Vec<CallSite>>,
}

/// A call in a script.
#[derive(Clone, Debug)]
pub struct CallSite {
    /// Its index among the script's commands.
    pub command: usize,
    /// The call.
    pub call: Call,
    /// The directory it runs in, absolute; `None` when it cannot be known.
    pub directory: Option<String>,
}

impl<'a> Site<'a> {
    /// A Dockerfile with its stages.
    pub fn new(path: &'a RepoPath, dockerfile: &'a Dockerfile) -> Self {
        Self { path, dockerfile, stages: stages(dockerfile) }
    }

    /// The RUNs of a stage whose text has one of these words, by the index of their items.
    pub fn runs<'s>(
        &'s self,
        stage: &'s Stage<'a>,
        words: &'s [&str],
    ) -> impl Iterator<Item = usize> + 's {
        let mentions = |it: &Instruction| Script::mentions(self.dockerfile, it, words);
        stage.instructions().filter(move |it| mentions(it.2)).map(|it| it.0)
    }

    /// The RUN at an item.
    ///
    /// # Errors
    /// A decline's code and reason, when no POSIX shell runs it or the shell is not understood.
    pub fn run(&self, stage: &Stage<'a>, item: usize) -> Result<Run<'a>, (&'static str, String)> {
        let found = stage.instructions().find(|it| it.0 == item);
        let Some((_, _, instruction)) = found.filter(|it| it.2.keyword == Keyword::Run) else {
            return Err(refusal(NotShell::NotRun));
        };
        let state = stage.state_before(item, &self.stages);
        if !state.is_posix_shell() {
            return Err(("not-posix-shell", "SHELL names a shell that is not POSIX".to_owned()));
        }
        let script = Script::of(self.dockerfile, instruction).map_err(refusal)?;
        let source = &self.dockerfile.source;
        Ok(Run { item, instruction, script, state, source, calls: OnceCell::new() })
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

    /// The stages that are built on this one, itself included.
    pub fn heirs<'s>(&'s self, stage: &'s Stage<'a>) -> impl Iterator<Item = &'s Stage<'a>> {
        self.stages
            .iter()
            .filter(|it| it.lineage(&self.stages).iter().any(|it| it.index == stage.index))
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
        Place { path: self.path.clone(), line: self.dockerfile.items[item].lines.0 }
    }

    /// A decline at an item.
    pub fn decline(
        &self,
        transform: &'static str,
        item: usize,
        why: (&'static str, String),
    ) -> Decline {
        Decline { transform, place: self.place(item), code: why.0, reason: why.1 }
    }
}

impl Run<'_> {
    /// The calls of programs that are known, in order.
    pub fn calls(&self) -> &[CallSite] {
        self.calls.get_or_init(|| {
            let commands = self.script.commands().iter().enumerate();
            commands.filter_map(|(at, it)| self.call(at, it)).collect()
        })
    }

    fn call(&self, at: usize, command: &Command) -> Option<CallSite> {
        let lookup = |name: &str| self.variable(name);
        let resolve = |it| self.script.resolve(it, &lookup);
        let words: Vec<_> = command.words.iter().map(resolve).collect();
        let assignments =
            command.assignments.iter().map(|it| (it.name.clone(), resolve(&it.value)));
        let call = Call::read(&words, assignments.collect())?;
        Some(CallSite { command: at, call, directory: self.directory(command) })
    }

    /// The text of the file behind a span of the script.
    pub fn text(&self, span: crate::text::Span) -> &str {
        &self.source[span]
    }

    /// The directory that a command runs in, absolute.
    pub fn directory(&self, command: &Command) -> Option<String> {
        let Directory::Into(targets) = &command.directory else { return None };
        let lookup = |name: &str| self.variable(name);
        let mut directory = self.state.workdir.clone();
        for target in targets {
            let target = self.script.resolve(target, &lookup)?;
            directory = match target.starts_with('/') {
                true => Some(absolute("/", &target)),
                false => directory.map(|it| absolute(&it, &target)),
            };
        }
        directory
    }

    /// Where a call runs, for the facts of package managers that need no file.
    pub fn at<'r>(&'r self, site: &'r CallSite) -> At<'r> {
        At {
            state: &self.state,
            directory: site.directory.as_deref(),
            text: &|_| None,
            version: None,
        }
    }

    /// The value of a variable where nothing but the Dockerfile has set it.
    fn variable(&self, name: &str) -> Option<String> {
        match self.state.variables.get(name) {
            Some(it) if it.from_argument => None,
            Some(it) => it.value.clone(),
            None if name == "HOME" => self.state.home().map(str::to_owned),
            None => None,
        }
    }
}

/// The version of `package` that a call installs, when it pins one.
fn installs(run: &Run<'_>, site: &CallSite, package: &str) -> Option<Version> {
    let call = &site.call;
    if !["pip", "pipx", "uv"].contains(&call.program.as_str()) {
        return None;
    }
    // A version in an ARG is the version that is built unless somebody asks for another one.
    let lookup = |name: &str| run.state.variable(name).map(str::to_owned);
    let command = &run.script.commands()[site.command];
    call.arguments.iter().find_map(|it| {
        let text = run.script.resolve(&command.words[it.word], &lookup)?;
        text.strip_prefix(package)?.strip_prefix("==")?.parse().ok()
    })
}

fn refusal(it: NotShell) -> (&'static str, String) {
    let (code, reason) = match it {
        NotShell::Exec => ("exec-form", "RUN is in exec form, without a shell"),
        NotShell::Heredoc | NotShell::Interpreter => ("heredoc", "RUN takes a here-document"),
        NotShell::NotRun | NotShell::Unparsable | NotShell::Empty => {
            ("unreadable-shell", "the shell in RUN cannot be read")
        }
    };
    (code, reason.to_owned())
}
