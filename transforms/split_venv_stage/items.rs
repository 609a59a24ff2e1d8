//! Where each instruction of the old stage comes to stand: in the builder, in the last stage, or in both.

use std::ops::Range;

use super::{Role, Separation, Step, Stop, copies, inputs, runtime::Runtime};
use crate::{
    dockerfile::Keyword,
    ecosystems,
    run::{
        CallSite,
        parts::{Part, STUCK},
    },
    shell::is_shell,
    text::{ImagePath, Refusal},
};

/// Where an instruction of the builder's part comes to stand.
#[derive(Debug)]
pub(super) struct Fate {
    /// What it is in the builder.
    pub(super) builder: Here,
    /// Its text in the last stage; `None` when it is not there.
    pub(super) last: Option<String>,
    /// The commands of a RUN that are not everywhere as they were.
    pub(super) altered: Vec<usize>,
    /// The texts of RUNs that are new.
    pub(super) new: Vec<String>,
}

/// What is in the place of an instruction.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Here {
    /// The same.
    Same,
    /// Another text.
    Text(String),
    /// Nothing.
    Gone,
}

impl Fate {
    pub(super) const BUILDER: Self =
        Self { builder: Here::Same, last: None, altered: Vec::new(), new: Vec::new() };

    pub(super) fn both(text: &str) -> Self {
        Self { last: Some(text.to_owned()), ..Self::BUILDER }
    }

    pub(super) fn moved(text: &str) -> Self {
        Self { builder: Here::Gone, ..Self::both(text) }
    }
}

/// The fates of all instructions up to the last install.
pub(super) fn fates(
    separation: &Separation<'_>,
    runtime: &Runtime<'_>,
) -> Result<Vec<(usize, Fate)>, Stop> {
    let stuck = |item| (item, Refusal::new("control-flow", STUCK));
    let mut fates = Vec::new();
    for (item, _, it) in separation.stage.instructions() {
        let step = separation.runs.iter().find(|it| it.run.item == item);
        if let Some(step) = step {
            let is_other = |at: &usize| matches!(step.roles[*at], Role::Other | Role::Account);
            let others: Vec<usize> = (0..step.roles.len()).filter(is_other).collect();
            let later = separation.last < item;
            let started = runtime.runs(&step.run, &others, later).map_err(|why| (item, why))?;
            if !started.is_empty() {
                let fate = without_runners(separation, step, started);
                fates.push((item, fate.ok_or_else(|| stuck(item))?));
            }
        }
        if separation.last < item {
            continue;
        }
        let text = separation.site.dockerfile.text(item);
        let fate = match (it.keyword, step) {
            (_, Some(step)) => {
                let fate = run(separation, step, text).map_err(|why| (item, why))?;
                fate.ok_or_else(|| stuck(item))?
            }
            (Keyword::Copy | Keyword::Add, _) => {
                copies::copy(separation, runtime.context.as_ref(), item, it, text)
            }
            (Keyword::Workdir, _) => {
                let state = separation.stage.state_before(item);
                let target = state.expand(it.text(), separation.site.dockerfile.escape);
                let idle = state.workdir.as_ref().is_some_and(ImagePath::is_root)
                    && target.as_deref() == Some("/");
                let mut later = separation.stage.instructions().filter(|it| item < it.0);
                // The last one says where the image's command runs, also where that changes nothing.
                let decides = !later.any(|it| it.2.keyword == Keyword::Workdir);
                if idle && !decides { Fate::BUILDER } else { Fate::both(text) }
            }
            (Keyword::Env | Keyword::Arg | Keyword::User | Keyword::Shell, _) => Fate::both(text),
            _ => Fate::moved(text),
        };
        fates.push((item, fate));
    }
    Ok(fates)
}

/// A RUN of the last stage in which these commands start by themselves; `None` where they cannot be told apart.
fn without_runners(
    separation: &Separation<'_>,
    step: &Step<'_>,
    started: Vec<(usize, Range<usize>)>,
) -> Option<Fate> {
    let text = separation.site.dockerfile.text(step.run.item);
    let mut part = Part::new(text, separation.site.dockerfile.escape);
    for (at, words) in &started {
        let gone: Vec<_> = words.clone().map(|it| (it, Vec::new())).collect();
        part = part.replace(*at, &gone)?;
    }
    let altered = started.into_iter().map(|it| it.0).collect();
    Some(Fate { builder: Here::Text(part.into_text()), altered, ..Fate::BUILDER })
}

/// A RUN that installs or prepares to; `None` where its commands cannot be told apart.
fn run(separation: &Separation<'_>, step: &Step<'_>, text: &str) -> Result<Option<Fate>, Refusal> {
    let others = |at: &usize| matches!(step.roles[*at], Role::Other | Role::Account);
    let others: Vec<usize> = (0..step.roles.len()).filter(others).collect();
    let packages = step.has(|it| it.is_of_packages() || *it == Role::SystemRemove);
    let system = step.has(|it| *it == Role::SystemInstall);
    if !packages && !system {
        let work = |it: &&usize| step.roles[**it] == Role::Other && !is_small(step, **it);
        if let Some(at) = others.iter().find(work) {
            return Err(other_work(step, *at));
        }
        let inputs: Vec<usize> =
            (0..step.roles.len()).filter(|it| step.roles[*it] == Role::Input).collect();
        if !inputs.is_empty() {
            let last = step.remains.text.clone();
            return Ok(Some(Fate { last, altered: inputs, ..Fate::BUILDER }));
        }
        let accounts = step.has(|it| *it == Role::Account) && !step.has(|it| *it == Role::Other);
        let upkeep = others.is_empty() && step.remains.text.is_none();
        return Ok(Some(match (accounts, upkeep) {
            (true, _) if !inputs::serves_installs(separation, step) && !owns(separation) => {
                Fate::moved(text)
            }
            (_, true) if !separation.installs_system(step.run.item) => Fate::BUILDER,
            _ => Fate::both(text),
        }));
    }
    let work = |at: &usize| step.roles[*at] == Role::Other && !is_small(step, *at);
    let end = step.roles.iter().rposition(Role::is_of_packages).unwrap_or(step.roles.len());
    let before = |at: &usize| step.run.item < separation.last || *at < end;
    if !system && let Some(at) = others.iter().find(|it| work(it) && before(it)) {
        return Err(other_work(step, *at));
    }
    let last = step.remains.text.clone();
    // What comes after the installs has no part in them.
    let behind: Vec<usize> =
        others.into_iter().filter(|it| end < *it && step.run.item == separation.last).collect();
    let Some(mut fate) = tweaked(separation, step, text, behind) else { return Ok(None) };
    fate.altered.extend(last.iter().flat_map(|_| step.remains.altered.iter().copied()));
    // What puts a package manager into place goes with it.
    let placed = |it: &CallSite| {
        let program = it.call.program.as_str();
        ["ln", "cp", "mv", "chmod"].contains(&program) || is_shell(program)
    };
    if last.is_none() && step.run.calls().iter().any(placed) {
        fate.altered = (0..step.roles.len()).collect();
    }
    fate.last = last;
    Ok(Some(fate))
}

/// Whether a command is done twice without a second thought.
fn is_small(step: &Step<'_>, command: usize) -> bool {
    const SMALL: &[&str] = &[
        "cp",
        "mv",
        "ln",
        "rm",
        "sed",
        "echo",
        "printf",
        "cat",
        "tee",
        "locale-gen",
        "update-locale",
        "localedef",
        "update-ca-certificates",
        "dpkg-reconfigure",
        "dpkg",
        "ldconfig",
        "update-alternatives",
        "apk",
        "which",
        "ls",
        "debconf-set-selections",
        "git-lfs",
    ];
    let command = &step.run.script.commands()[command];
    let name = command.program().unwrap_or_default();
    let asks = command
        .words
        .iter()
        .skip(1)
        .any(|it| matches!(it.raw.as_str(), "--version" | "-V" | "config"));
    asks || SMALL.contains(&name)
        || step.roles.contains(&Role::SystemInstall)
        || name == "["
        || name == "test"
}

fn other_work(step: &Step<'_>, command: usize) -> Refusal {
    let text = step.run.text(step.run.script.commands()[command].span.clone());
    let text = text.lines().next().unwrap_or_default().trim_end_matches(['\\', ' ']);
    Refusal::new("other-work", format!("`{text}` runs before an install that may need its results"))
}

/// Whether the builder gives files to a user, who must be there then.
fn owns(separation: &Separation<'_>) -> bool {
    let before = separation.stage.instructions().take_while(|it| it.0 <= separation.last);
    let mut runs = separation.runs.iter().filter(|it| it.run.item <= separation.last);
    before.into_iter().any(|it| it.2.flag("chown").is_some() || it.2.keyword == Keyword::User)
        || runs.any(|it| inputs::gives(it) && inputs::serves_installs(separation, it))
}

/// A RUN as the builder runs it, without the commands that come later; `None` where they cannot be told apart.
fn tweaked(
    separation: &Separation<'_>,
    step: &Step<'_>,
    text: &str,
    later: Vec<usize>,
) -> Option<Fate> {
    let escape = separation.site.dockerfile.escape;
    let mut part = Part::new(text, escape);
    let mut fate = Fate::BUILDER;
    for (at, word) in separation.system_flags(step) {
        part = part.replace(at, &[(word, Vec::new())])?;
        fate.altered.push(at);
    }
    let settings = separation.idle_settings(step);
    let gone: Vec<usize> = later.iter().chain(&settings).copied().collect();
    if separation.environment.is_new && step.run.item == separation.first {
        let begins = step.roles.iter().position(|it| *it == Role::Install).unwrap_or(0);
        if step.roles[..begins].iter().any(|it| matches!(it, Role::Tool(_))) {
            let before = (0..begins).filter(|it| step.roles[*it] != Role::Shell);
            let tail: Vec<usize> = before.chain(gone.iter().copied()).collect();
            let head: Vec<usize> = (begins..step.roles.len()).chain(gone).collect();
            let first = Part::new(text, escape).without(&head)?;
            let second = part.without(&tail)?;
            let (first, second) = (first.into_text(), second.into_text());
            let both = format!("{first}\n{}\n{second}", separation.environment_lines());
            fate.builder = Here::Text(both);
            fate.new = vec![first, second];
            fate.altered = (0..step.roles.len()).collect();
            return Some(fate);
        }
    }
    let does = |it: &usize| !gone.contains(it) && step.roles[*it] != Role::Shell;
    if later.is_empty() && !(0..step.roles.len()).any(|it| does(&it)) {
        // Comments above stay, and so must what they describe.
        if separation.site.dockerfile.comments_above(step.run.item).is_empty() {
            fate.builder = Here::Gone;
            fate.altered = settings;
        }
        return Some(fate);
    }
    match part.without(&gone).map(Part::into_text) {
        Some(it) if it != text => {
            fate.builder = Here::Text(it);
            fate.altered.extend(gone);
            Some(fate)
        }
        // The setting does no harm.
        None if !later.is_empty() => None,
        _ => Some(fate),
    }
}

impl Separation<'_> {
    /// Whether the last stage installs packages of the system by what a RUN before has made ready, or
    /// cleans up after.
    fn installs_system(&self, item: usize) -> bool {
        self.runs.iter().any(|it| {
            let kept = it.run.item > self.last || it.remains.text.is_some();
            it.run.item != item && kept && it.has(|it| *it == Role::SystemInstall)
        })
    }

    /// The commands of a RUN that tell a manager to make no environment, when there is a new one.
    pub(super) fn idle_settings(&self, step: &Step<'_>) -> Vec<usize> {
        let idle = |at: &usize| {
            let site = step.run.call_of(*at);
            site.and_then(|it| Some((&it.call, ecosystems::manager(&it.call)?))).is_some_and(
                |(call, manager)| {
                    let own = manager.environments.and_then(|it| it.own);
                    let off = own.and_then(|it| it.off);
                    off.is_some_and(|it| it.is_made_by(&manager.grammar, call))
                },
            )
        };
        match self.environment.is_new {
            true => (0..step.roles.len()).filter(idle).collect(),
            false => Vec::new(),
        }
    }

    /// The flags that tell a manager to pass over the new environment: command and word.
    pub(super) fn system_flags(&self, step: &Step<'_>) -> Vec<(usize, usize)> {
        let calls = step.run.calls().iter().filter(|_| self.environment.is_new);
        let flags = calls.flat_map(|site| {
            let own = ecosystems::manager(&site.call).and_then(|it| it.environments.as_ref());
            let system = own.map_or(&[][..], |it| it.system);
            site.call.flags(system).map(|it| (site.command, it.word)).collect::<Vec<_>>()
        });
        let mut flags: Vec<_> = flags.collect();
        flags.sort_unstable_by(|a, b| b.cmp(a));
        flags
    }

    /// The lines that make a new environment and enter it.
    pub(super) fn environment_lines(&self) -> String {
        let folder = &self.environment.folder;
        format!(
            "{} python -m venv {folder}\n{}",
            self.site.dockerfile.keyword("RUN"),
            self.entering()
        )
    }

    /// The line that enters the environment.
    pub(super) fn entering(&self) -> String {
        let folder = &self.environment.folder;
        format!(
            "{} VIRTUAL_ENV={folder} PATH={folder}/bin:$PATH",
            self.site.dockerfile.keyword("ENV")
        )
    }
}
