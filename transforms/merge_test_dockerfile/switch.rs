//! A RUN of two: where only installs differ, a build argument decides between them.

use super::names::Kind;
use crate::{
    dockerfile::stage::Stage,
    run::{Run, Site},
    shell::{At, Command, Joined, Script, Step, Switch},
    text::Edit,
};

/// Programs whose every call fetches packages, unless it is told to do something else.
const MANAGERS: &[&str] = &[
    "apk",
    "apt",
    "apt-get",
    "bundle",
    "bun",
    "cargo",
    "composer",
    "conda",
    "dnf",
    "dotnet",
    "gem",
    "go",
    "mamba",
    "microdnf",
    "micromamba",
    "npm",
    "pdm",
    "pip",
    "pipenv",
    "pipx",
    "pnpm",
    "poetry",
    "uv",
    "yarn",
    "yum",
    "zypper",
];

/// What they are told when they fetch packages, or say which.
const VERBS: &[&str] = &[
    "add", "ci", "download", "export", "fetch", "get", "i", "install", "mod", "pip", "require",
    "restore", "sync", "update", "upgrade", "wheel",
];

/// How many commands an `if` may have in a branch: one that repeats more is no shorter than two RUNs.
const MOST: usize = 6;

/// A RUN in its file.
#[derive(Clone, Copy)]
pub(super) struct Place<'s, 'a> {
    pub(super) site: &'s Site<'a>,
    pub(super) stage: &'s Stage<'a>,
    pub(super) item: usize,
}

impl<'a> Place<'_, 'a> {
    fn run(&self) -> Option<Run<'a>> {
        let run = self.site.run(self.stage, self.item).ok()?;
        (!run.script.is_heredoc() && !run.script.steps().is_empty()).then_some(run)
    }
}

/// The edits that make our RUN do what theirs does when the argument says so; `None` where they differ in
/// more than what they install, or in a way that no `if` can hold.
pub(super) fn between(
    ours: Place<'_, '_>,
    theirs: Place<'_, '_>,
    switch: Switch<'_>,
) -> Option<Vec<Edit>> {
    let (ours, theirs) = (ours.run()?, theirs.run()?);
    if super::alike::flags(ours.instruction) != super::alike::flags(theirs.instruction) {
        return None;
    }
    let (own, other) = (ours.script.steps(), theirs.script.steps());
    let (head, tail) = ends(&own, &other);
    let middles = [(&*ours.script, &own), (&*theirs.script, &other)]
        .map(|(script, steps)| (script, &steps[head..steps.len() - tail]));
    // What decides by itself what it does is left whole, and so is what is long.
    let plain = |(script, steps): (&Script, &[Step])| {
        let compound = |it: &Step| script.commands_of(it).any(|it| !it.is_top_level());
        steps.len() <= MOST && !steps.iter().any(|it| compound(it) && !merged_before(it))
    };
    if !middles.iter().all(|it| plain(*it)) || !install_alike(middles) {
        return None;
    }
    let (at, others) = part(&own, &other, head, tail)?;
    ours.script.branch(switch, at, &theirs.script, others)
}

/// Whether both sides of what differs install, and with a program in common, where there are two sides.
fn install_alike(middles: [(&Script, &[Step]); 2]) -> bool {
    let programs = middles.map(|(script, steps)| {
        let commands = steps.iter().flat_map(|it| script.commands_of(it));
        let names = commands.filter(|it| installs(it)).filter_map(Command::program);
        names.collect::<Vec<_>>()
    });
    let [own, other] = &programs;
    match middles.map(|it| it.1.is_empty()) {
        [true, _] => !other.is_empty(),
        [_, true] => !own.is_empty(),
        _ => own.iter().any(|it| other.contains(it)),
    }
}

/// Our text of a RUN that only they have: it does nothing unless the argument says so.
pub(super) fn only_theirs(theirs: Place<'_, '_>, switch: Switch<'_>) -> Option<String> {
    let run = theirs.run()?;
    let top = run.script.commands().iter().all(Command::is_top_level);
    if !top || !run.script.commands().iter().any(installs) {
        return None;
    }
    let edits = run.script.only_if(switch)?;
    let text = theirs.site.dockerfile.text_with(theirs.item, &edits);
    Some(text.trim_end().to_owned())
}

/// How many steps are the same at the start and at the end.
fn ends(own: &[Step], other: &[Step]) -> (usize, usize) {
    let same = |it: &(&Step, &Step)| it.0.text == it.1.text && it.0.joined == it.1.joined;
    let head = own.iter().zip(other).take_while(same).count();
    let rest = own.len().min(other.len()) - head;
    let tail = own.iter().rev().zip(other.iter().rev()).take(rest).take_while(same).count();
    (head, tail)
}

/// Which of our steps come to stand beside which of theirs; all of them, where operators bind what differs
/// to what does not.
fn part(
    own: &[Step],
    other: &[Step],
    head: usize,
    tail: usize,
) -> Option<(At, std::ops::Range<usize>)> {
    let joined = |with: Joined| {
        own.iter().chain(other).all(|it| it.joined == Joined::First || it.joined == with)
    };
    if !joined(Joined::And) && !joined(Joined::Sequence) {
        return Some((At::Steps(0, own.len()), 0..other.len()));
    }
    let (ours, theirs) = (head..own.len() - tail, head..other.len() - tail);
    Some(match (ours.is_empty(), theirs.is_empty()) {
        (true, true) => return None,
        (false, false) => (At::Steps(ours.start, ours.end), theirs),
        (true, false) if head > 0 && joined(Joined::And) => (At::Behind(head - 1), theirs),
        // An empty branch is no shell: the neighbour stands in both.
        _ if head > 0 => (At::Steps(ours.start - 1, ours.end), theirs.start - 1..theirs.end),
        _ => (At::Steps(ours.start, ours.end + 1), theirs.start..theirs.end + 1),
    })
}

/// Whether a step is the `if` of a variant that was merged before.
fn merged_before(step: &Step) -> bool {
    let name = step.text.strip_prefix("if [ \"$").and_then(|it| it.split('"').next());
    name.is_some_and(Kind::is_argument)
}

/// Whether a command installs packages, or says which are to be installed.
fn installs(command: &Command) -> bool {
    let word = |it: &crate::shell::Word| it.value.clone().unwrap_or_default();
    let Some(program) = command.program() else { return false };
    let program = program.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    let mut words = command.arguments().iter().map(word).filter(|it| !it.starts_with('-'));
    if MANAGERS.contains(&program) {
        let verb = words.next();
        return verb.is_none_or(|it| VERBS.contains(&it.as_str()));
    }
    words.next().is_some_and(|it| it == "install")
}

/// Whether all cache mounts of their RUN are on one of ours that runs anyway: a mount leaves its folder in
/// the image even where nothing uses it.
pub(super) fn leaves_nothing(theirs: Place<'_, '_>, before: &[Place<'_, '_>]) -> bool {
    let Some(run) = theirs.run() else { return false };
    run.instruction.flags.iter().filter(|it| it.name == "mount").all(|flag| {
        let same = |it: &Place<'_, '_>| {
            it.run().is_some_and(|it| it.instruction.flags.iter().any(|it| it.text == flag.text))
        };
        before.iter().any(same)
    })
}
