//! Merges two RUNs that differ only in their installs: a build argument decides between them.

use std::ops::Range;

use super::names::Kind;
use crate::{
    dockerfile::stage::Stage,
    ecosystems,
    run::{Run, Site},
    shell::{At, Command, Joined, Script, Step, Switch},
    text::Edit,
};

/// The most commands in a branch of an `if`: one that repeats more is as long as two RUNs.
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

/// The edits that make production's RUN do what the variant's does if the argument is true. `None` if they
/// differ in more than their installs, or in a way that no `if` can express.
pub(super) fn between(
    production: Place<'_, '_>,
    variant: Place<'_, '_>,
    switch: Switch<'_>,
) -> Option<Vec<Edit>> {
    let (production, variant) = (production.run()?, variant.run()?);
    if super::alike::flags(production.instruction) != super::alike::flags(variant.instruction) {
        return None;
    }
    let production_steps = production.script.steps();
    let variant_steps = variant.script.steps();
    let common = Common::of(&production_steps, &variant_steps);
    let middles = [(&*production.script, &production_steps), (&*variant.script, &variant_steps)]
        .map(|(script, steps)| (script, &steps[common.middle(steps)]));
    // Long middles stay in two stages, and so do those with conditions or loops of their own.
    let is_simple = |(script, steps): (&Script, &[Step])| {
        let is_compound = |it: &Step| script.commands_of(it).any(|it| !it.is_top_level());
        steps.len() <= MOST && !steps.iter().any(|it| is_compound(it) && !is_earlier_switch(it))
    };
    if !middles.iter().all(|it| is_simple(*it)) || !install_alike(middles) {
        return None;
    }
    let (at, variant_steps) = common.branches(&production_steps, &variant_steps)?;
    production.script.branch(switch, at, &variant.script, variant_steps)
}

/// Returns true if the differing steps of each file, if it has any, install something, and with a program
/// that the other file uses as well.
fn install_alike(middles: [(&Script, &[Step]); 2]) -> bool {
    let programs = middles.map(|(script, steps)| {
        let commands = steps.iter().flat_map(|it| script.commands_of(it));
        let names = commands.filter(|it| installs(it)).filter_map(Command::program);
        names.collect::<Vec<_>>()
    });
    let [production, variant] = &programs;
    match middles.map(|(_, steps)| steps.is_empty()) {
        [true, _] => !variant.is_empty(),
        [_, true] => !production.is_empty(),
        _ => production.iter().any(|it| variant.contains(it)),
    }
}

/// The text, for production, of a RUN that only the variant has: it does nothing unless the argument is true.
pub(super) fn only_variant(variant: Place<'_, '_>, switch: Switch<'_>) -> Option<String> {
    let run = variant.run()?;
    let is_flat = run.script.commands().iter().all(Command::is_top_level);
    if !is_flat || !run.script.commands().iter().any(installs) {
        return None;
    }
    let edits = run.script.only_if(switch)?;
    let text = variant.site.dockerfile.text_with(variant.item, &edits);
    Some(text.trim_end().to_owned())
}

/// The number of equal steps at the start and at the end of two scripts.
#[derive(Clone, Copy)]
struct Common {
    head: usize,
    tail: usize,
}

impl Common {
    fn of(production: &[Step], variant: &[Step]) -> Self {
        let is_same = |(a, b): &(&Step, &Step)| a.text == b.text && a.joined == b.joined;
        let head = production.iter().zip(variant).take_while(is_same).count();
        let rest = production.len().min(variant.len()) - head;
        let from_end = production.iter().rev().zip(variant.iter().rev()).take(rest);
        Self { head, tail: from_end.take_while(is_same).count() }
    }

    /// The steps between the common ones.
    fn middle(self, steps: &[Step]) -> Range<usize> {
        self.head..steps.len() - self.tail
    }

    /// The steps of production and of the variant for the two branches of an `if`. They are all steps if
    /// operators other than `&&` and `;` tie the middle to the rest; `None` if the scripts are equal.
    fn branches(self, production: &[Step], variant: &[Step]) -> Option<(At, Range<usize>)> {
        let are_joined = |with: Joined| {
            let mut steps = production.iter().chain(variant);
            steps.all(|it| it.joined == Joined::First || it.joined == with)
        };
        if !are_joined(Joined::And) && !are_joined(Joined::Sequence) {
            return Some((At::Steps(0, production.len()), 0..variant.len()));
        }
        let (production, variant) = (self.middle(production), self.middle(variant));
        Some(match (production.is_empty(), variant.is_empty()) {
            (true, true) => return None,
            (false, false) => (At::Steps(production.start, production.end), variant),
            (true, false) if self.head > 0 && are_joined(Joined::And) => {
                (At::Behind(self.head - 1), variant)
            }
            // The shell does not allow an empty branch, so both repeat a common neighbour.
            _ if self.head > 0 => {
                (At::Steps(production.start - 1, production.end), variant.start - 1..variant.end)
            }
            _ => (At::Steps(production.start, production.end + 1), variant.start..variant.end + 1),
        })
    }
}

/// Returns true if a step is the `if` of a variant merged earlier.
fn is_earlier_switch(step: &Step) -> bool {
    let name = step.text.strip_prefix("if [ \"$").and_then(|it| it.split('"').next());
    name.is_some_and(Kind::is_argument)
}

/// Returns true if a command installs packages or writes down which to install. A program that is not known does
/// so if it is told to `install` something.
fn installs(command: &Command) -> bool {
    let call = ecosystems::invocation_of(command, |word| word.value.clone());
    call.is_some_and(|it| {
        ecosystems::installs_packages(&it).unwrap_or_else(|| it.subcommand() == Some("install"))
    })
}

/// Returns true if some RUN of production that always runs has each cache mount of the variant's RUN. The
/// folder of a mount stays in the image even if no command uses it.
pub(super) fn leaves_no_folder(variant: Place<'_, '_>, production: &[Place<'_, '_>]) -> bool {
    let Some(run) = variant.run() else { return false };
    run.instruction.flags.iter().filter(|it| it.name == "mount").all(|mount| {
        let has_mount = |run: Run<'_>| run.instruction.flags.iter().any(|it| it.text == mount.text);
        production.iter().any(|it| it.run().is_some_and(has_mount))
    })
}
