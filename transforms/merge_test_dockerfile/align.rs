//! What two Dockerfiles have in common, instruction by instruction.

use super::{
    alike::{self, is_same},
    names::Kind,
    stages::Layout,
    switch::{self, Place},
};
use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword},
    engine::blueprint,
    shell::Switch,
    text::Edit,
};

/// The share, in percent, of two files' instructions that must be one in the merged file.
///
/// Measured on real pairs: what people would merge shares 60 and more, what only has a name in common
/// less than 45.
pub const ENOUGH: usize = 50;

/// The share, in percent, of equal instructions at which files look like variants of each other.
pub const LOOKS_ALIKE: usize = 35;

/// How an instruction of ours stands for one of theirs.
pub(super) enum Change {
    /// It is the same.
    Same,
    /// It is, after these edits, when the argument says so.
    Branch(Vec<Edit>),
    /// They have it alone: this text does what it does when the argument says so, and else nothing.
    Only(String),
}

/// An instruction of theirs and what stands for it.
pub(super) struct Match {
    /// The stage of ours.
    pub(super) stage: usize,
    /// Our item; of an instruction that only they have, the one that it comes after.
    pub(super) ours: usize,
    /// Their item.
    pub(super) theirs: usize,
    pub(super) change: Change,
}

/// What stages have in common from their start.
#[derive(Default)]
pub(super) struct Alignment {
    pub(super) matches: Vec<Match>,
    /// What follows in ours: stage and item.
    pub(super) ours: Vec<(usize, usize)>,
    /// What follows in theirs.
    pub(super) theirs: Vec<(usize, usize)>,
}

impl Match {
    pub(super) fn is_same(&self) -> bool {
        matches!(self.change, Change::Same)
    }
}

/// Two files, to be aligned stage by stage.
pub(super) struct Pair<'s, 'a> {
    pub(super) ours: &'s Layout<'s, 'a>,
    pub(super) theirs: &'s Layout<'s, 'a>,
    pub(super) argument: &'s str,
}

impl Pair<'_, '_> {
    fn switch(&self) -> Switch<'_> {
        Switch { variable: self.argument, value: "true" }
    }

    /// Whether two items say the same.
    pub(super) fn is_same(&self, ours: usize, theirs: usize) -> bool {
        let pair = self.ours.instruction(ours).zip(self.theirs.instruction(theirs));
        let files = (self.ours.site.dockerfile, self.theirs.site.dockerfile);
        pair.is_some_and(|(a, b)| is_same((files.0, a), (files.1, b)) || is_default(a, b))
    }

    /// The argument of a variant that was merged before, where ours declares it and theirs does not.
    pub(super) fn declares_another(&self, ours: usize) -> Option<String> {
        let it = self.ours.instruction(ours).filter(|it| it.keyword == Keyword::Arg)?;
        let [pair] = it.pairs().try_into().ok()?;
        let other = Kind::is_argument(&pair.name) && pair.value.as_deref() == Some("false");
        let unknown = !self.theirs.site.dockerfile.source.contains(&pair.name);
        (other && unknown).then_some(pair.name)
    }

    /// Aligns stages of ours with stages of theirs, as far as they go together.
    pub(super) fn align(&self, ours: &[usize], theirs: &[usize]) -> Alignment {
        let (own, other) = (self.ours.instructions(ours), self.theirs.instructions(theirs));
        let (mut at, mut to) = (0, 0);
        let mut matches: Vec<Match> = Vec::new();
        loop {
            if own.get(at).is_some_and(|it| self.declares_another(it.1).is_some()) {
                at += 1;
                continue;
            }
            let Some(&(stage, theirs)) = other.get(to) else { break };
            // What only they have goes into the stage of what comes next, which others may not build on.
            let next = own.get(at).map_or(ours[0], |it| it.0);
            let last = matches.last().filter(|it| it.stage == next);
            let after = last.map_or(self.ours.stage(next).from, |it| it.ours);
            let same = own.get(at).is_some_and(|it| self.is_same(it.1, theirs));
            // Ours may come after a few instructions that only they have.
            let comes = own.get(at).is_some_and(|own| {
                other[to + 1..].iter().take(3).any(|it| self.is_same(own.1, it.1))
            });
            let place =
                Place { site: self.theirs.site, stage: self.theirs.stage(stage), item: theirs };
            if same {
                let (stage, ours) = own[at];
                matches.push(Match { stage, ours, theirs, change: Change::Same });
                at += 1;
            } else if let Some(text) = comes.then(|| self.only(&matches, place)).flatten() {
                let change = Change::Only(text);
                matches.push(Match { stage: next, ours: after, theirs, change });
            } else if let Some(edits) = own.get(at).and_then(|it| self.branch(*it, place)) {
                let (stage, ours) = own[at];
                matches.push(Match { stage, ours, theirs, change: Change::Branch(edits) });
                at += 1;
            } else if let Some(text) = self.only_before(&own[at..], &other[to..], &matches) {
                let change = Change::Only(text);
                matches.push(Match { stage: next, ours: after, theirs, change });
            } else {
                break;
            }
            to += 1;
        }
        Alignment { matches, ours: own[at..].to_vec(), theirs: other[to..].to_vec() }
    }

    fn branch(&self, (stage, item): (usize, usize), theirs: Place<'_, '_>) -> Option<Vec<Edit>> {
        let ours = Place { site: self.ours.site, stage: self.ours.stage(stage), item };
        switch::between(ours, theirs, self.switch())
    }

    /// Our text of a RUN that only they have, where the one behind it stands for ours.
    fn only_before(
        &self,
        own: &[(usize, usize)],
        other: &[(usize, usize)],
        before: &[Match],
    ) -> Option<String> {
        let place = |it: &(usize, usize)| Place {
            site: self.theirs.site,
            stage: self.theirs.stage(it.0),
            item: it.1,
        };
        self.branch(*own.first()?, place(other.get(1)?))?;
        self.only(before, place(other.first()?))
    }

    fn only(&self, before: &[Match], theirs: Place<'_, '_>) -> Option<String> {
        let runs = before.iter().filter(|it| !matches!(it.change, Change::Only(_)));
        let place = |it: &Match| Place {
            site: self.ours.site,
            stage: self.ours.stage(it.stage),
            item: it.ours,
        };
        let runs: Vec<_> = runs.map(place).collect();
        let text = switch::only_theirs(theirs, self.switch())?;
        switch::leaves_nothing(theirs, &runs).then_some(text)
    }

    /// Gives back what better begins a stage of its own: installs with nothing in common behind them,
    /// arguments for what comes, and a CMD that an ENTRYPOINT behind it would clear.
    pub(super) fn trim(&self, alignment: &mut Alignment) {
        if alignment.ours.is_empty() && alignment.theirs.is_empty() {
            return;
        }
        let keyword = |it: &Match| self.theirs.instruction(it.theirs).map(|it| it.keyword);
        let starts =
            |it: Option<&Instruction>| it.is_some_and(|it| it.keyword == Keyword::Entrypoint);
        let ours = alignment.ours.iter().map(|it| self.ours.instruction(it.1));
        let theirs = alignment.theirs.iter().map(|it| self.theirs.instruction(it.1));
        if ours.chain(theirs).any(starts) {
            let cmd = alignment.matches.iter().position(|it| keyword(it) == Some(Keyword::Cmd));
            self.give_back(alignment, cmd.unwrap_or(usize::MAX));
        }
        let kept = alignment
            .matches
            .iter()
            .rposition(|it| it.is_same() && keyword(it) != Some(Keyword::Arg));
        self.give_back(alignment, kept.map_or(0, |it| it + 1));
    }

    /// Ends what is common before a match.
    fn give_back(&self, alignment: &mut Alignment, from: usize) {
        let from = from.min(alignment.matches.len());
        let gone: Vec<Match> = alignment.matches.drain(from..).collect();
        let stage_of = |layout: &Layout<'_, '_>, item: usize| {
            layout.site.stages.iter().position(|it| it.from < item && item < it.end).unwrap_or(0)
        };
        let own = gone.iter().filter(|it| !matches!(it.change, Change::Only(_)));
        let own: Vec<_> = own.map(|it| (it.stage, it.ours)).collect();
        let other: Vec<_> =
            gone.iter().map(|it| (stage_of(self.theirs, it.theirs), it.theirs)).collect();
        alignment.ours.splice(0..0, own);
        alignment.theirs.splice(0..0, other);
    }
}

/// Whether ours runs what theirs does unless the argument of another variant says otherwise.
fn is_default(ours: &Instruction, theirs: &Instruction) -> bool {
    let off = |name: &str| Kind::is_argument(name).then(|| "false".to_owned());
    let shell = |it: &Instruction| {
        it.keyword == Keyword::Run && it.json().is_none() && it.heredocs.is_empty()
    };
    shell(ours)
        && shell(theirs)
        && ours.text().contains("$INSTALL_")
        && alike::flags(ours) == alike::flags(theirs)
        && blueprint::runs_alike(ours.text(), theirs.text(), &off)
}

/// The share of instructions, in percent, that two files have in common in the same order.
pub fn likeness(one: &Dockerfile, other: &Dockerfile) -> usize {
    let (a, b): (Vec<_>, Vec<_>) = (
        one.instructions().map(|it| it.1).collect(),
        other.instructions().map(|it| it.1).collect(),
    );
    // Longer files than any person writes are compared in their first parts.
    let (a, b) = (&a[..a.len().min(400)], &b[..b.len().min(400)]);
    let mut row = vec![0_usize; b.len() + 1];
    for x in a {
        let mut diagonal = 0;
        for (at, y) in b.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = match is_same((one, x), (other, y)) {
                true => diagonal + 1,
                false => above.max(row[at]),
            };
            diagonal = above;
        }
    }
    200 * row[b.len()] / (a.len() + b.len()).max(1)
}
