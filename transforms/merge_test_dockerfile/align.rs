//! Aligns two Dockerfiles instruction by instruction.

use super::{
    alike::{self, InFile, is_same},
    names::Kind,
    stages::{Layout, StageItem},
    switch::{self, Place},
};
use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword},
    engine::blueprint,
    shell::Switch,
    text::Edit,
};

/// The percentage of two files' instructions that the merged file must share between them.
///
/// It lies between the real pairs that a person would merge and those that have only a name in common.
pub const ENOUGH: usize = 50;

/// The percentage of equal instructions from which files look like variants of each other.
pub const LOOKS_ALIKE: usize = 35;

/// The number of instructions from the start of each file that are compared: nobody writes longer files.
const COMPARED: usize = 400;

/// How the merged file covers an instruction of the variant.
pub(super) enum Coverage {
    /// An instruction of production does the same.
    Same,
    /// After these edits, an instruction of production does the same if the argument is true.
    Branch(Vec<Edit>),
    /// Production has no counterpart. This text, added to it, runs the instruction only if the argument is
    /// true.
    VariantOnly(String),
}

/// An instruction of the variant and its counterpart in production.
pub(super) struct Match {
    /// The stage in production.
    pub(super) stage: usize,
    /// The item in production. If only the variant has the instruction, the item to insert it after.
    pub(super) production: usize,
    /// The item in the variant.
    pub(super) variant: usize,
    pub(super) coverage: Coverage,
}

/// The common beginning of stages, and the instructions after it.
#[derive(Default)]
pub(super) struct Alignment {
    pub(super) matches: Vec<Match>,
    /// The rest of production.
    pub(super) production: Vec<StageItem>,
    /// The rest of the variant.
    pub(super) variant: Vec<StageItem>,
}

impl Match {
    pub(super) fn is_same(&self) -> bool {
        matches!(self.coverage, Coverage::Same)
    }

    /// Returns true if production has no counterpart.
    pub(super) fn is_variant_only(&self) -> bool {
        matches!(self.coverage, Coverage::VariantOnly(_))
    }
}

impl Alignment {
    /// Returns true if neither file has anything after the common beginning.
    pub(super) fn is_complete(&self) -> bool {
        self.production.is_empty() && self.variant.is_empty()
    }
}

/// Two files to align stage by stage.
pub(super) struct Pair<'s, 'a> {
    pub(super) production: &'s Layout<'s, 'a>,
    pub(super) variant: &'s Layout<'s, 'a>,
    pub(super) argument: &'s str,
}

impl<'s, 'a> Pair<'s, 'a> {
    fn switch(&self) -> Switch<'_> {
        Switch { variable: self.argument, value: "true" }
    }

    fn production_place(&self, at: StageItem) -> Place<'s, 'a> {
        let layout = self.production;
        Place { site: layout.site, stage: layout.stage(at.stage), item: at.item }
    }

    fn variant_place(&self, at: StageItem) -> Place<'s, 'a> {
        let layout = self.variant;
        Place { site: layout.site, stage: layout.stage(at.stage), item: at.item }
    }

    /// Returns true if an item of production does the same as one of the variant.
    pub(super) fn is_same(&self, production: usize, variant: usize) -> bool {
        let instructions =
            self.production.instruction(production).zip(self.variant.instruction(variant));
        instructions.is_some_and(|(production, variant)| {
            is_same(
                InFile { dockerfile: self.production.site.dockerfile, instruction: production },
                InFile { dockerfile: self.variant.site.dockerfile, instruction: variant },
            ) || is_same_by_default(production, variant)
        })
    }

    /// Returns the argument of a variant merged earlier if this item of production declares it and this
    /// variant does not know it.
    pub(super) fn earlier_argument(&self, production: usize) -> Option<String> {
        let instruction = self.production.instruction(production)?;
        if instruction.keyword != Keyword::Arg {
            return None;
        }
        let [pair] = instruction.pairs() else { return None };
        let is_earlier = Kind::is_argument(&pair.name) && pair.value.as_deref() == Some("false");
        let is_unknown = !self.variant.site.dockerfile.source.contains(&pair.name);
        (is_earlier && is_unknown).then(|| pair.name.clone())
    }

    /// Aligns stages of production with stages of the variant, up to the first difference that no argument
    /// can decide.
    pub(super) fn align(&self, production: &[usize], variant: &[usize]) -> Alignment {
        let first_stage = production[0];
        let production = self.production.instructions(production);
        let variant = self.variant.instructions(variant);
        let (mut at, mut to) = (0, 0);
        let mut matches: Vec<Match> = Vec::new();
        loop {
            let next = production.get(at).copied();
            if next.is_some_and(|it| self.earlier_argument(it.item).is_some()) {
                at += 1;
                continue;
            }
            let Some(&wanted) = variant.get(to) else { break };
            // An instruction that only the variant has goes into the stage of the next common one: other
            // stages may not be built on that stage.
            let stage = next.map_or(first_stage, |it| it.stage);
            let last = matches.last().filter(|it| it.stage == stage);
            let after = last.map_or(self.production.stage(stage).from, |it| it.production);
            let is_same = |it: StageItem| next.is_some_and(|next| self.is_same(next.item, it.item));
            // The counterpart may come after a few instructions that only the variant has.
            let comes_later = || variant[to + 1..].iter().take(3).any(|it| is_same(*it));
            let variant_only = |text| Match {
                stage,
                production: after,
                variant: wanted.item,
                coverage: Coverage::VariantOnly(text),
            };
            let counterpart = |at: StageItem, coverage| Match {
                stage: at.stage,
                production: at.item,
                variant: wanted.item,
                coverage,
            };
            let same = next.filter(|_| is_same(wanted));
            if let Some(next) = same {
                matches.push(counterpart(next, Coverage::Same));
                at += 1;
            } else if let Some(text) =
                comes_later().then(|| self.variant_only(&matches, wanted)).flatten()
            {
                matches.push(variant_only(text));
            } else if let Some((next, edits)) =
                next.and_then(|it| Some((it, self.branch(it, wanted)?)))
            {
                matches.push(counterpart(next, Coverage::Branch(edits)));
                at += 1;
            } else if let Some(text) =
                self.variant_only_before_branch(&production[at..], &variant[to..], &matches)
            {
                matches.push(variant_only(text));
            } else {
                break;
            }
            to += 1;
        }
        Alignment {
            matches,
            production: production[at..].to_vec(),
            variant: variant[to..].to_vec(),
        }
    }

    fn branch(&self, production: StageItem, variant: StageItem) -> Option<Vec<Edit>> {
        let production = self.production_place(production);
        switch::between(production, self.variant_place(variant), self.switch())
    }

    /// Returns the text for a RUN that only the variant has if the one after it is the counterpart of
    /// production's next RUN.
    fn variant_only_before_branch(
        &self,
        production: &[StageItem],
        variant: &[StageItem],
        before: &[Match],
    ) -> Option<String> {
        self.branch(*production.first()?, *variant.get(1)?)?;
        self.variant_only(before, *variant.first()?)
    }

    /// Returns the text for a RUN that only the variant has.
    fn variant_only(&self, before: &[Match], variant: StageItem) -> Option<String> {
        let variant = self.variant_place(variant);
        let text = switch::only_variant(variant, self.switch())?;
        let runs = before.iter().filter(|it| !it.is_variant_only());
        let items = runs.map(|it| StageItem { stage: it.stage, item: it.production });
        let runs: Vec<_> = items.map(|it| self.production_place(it)).collect();
        switch::leaves_no_folder(variant, &runs).then_some(text)
    }

    /// Shortens the common beginning by what belongs at the start of the separate stages: installs with
    /// nothing in common after them, arguments for later instructions, and a CMD that a later ENTRYPOINT
    /// would clear.
    pub(super) fn trim(&self, alignment: &mut Alignment) {
        if alignment.is_complete() {
            return;
        }
        let keyword = |it: &Match| self.variant.instruction(it.variant).map(|it| it.keyword);
        let is_entrypoint = |layout: &Layout<'_, '_>, at: &StageItem| {
            layout.instruction(at.item).is_some_and(|it| it.keyword == Keyword::Entrypoint)
        };
        if alignment.production.iter().any(|it| is_entrypoint(self.production, it))
            || alignment.variant.iter().any(|it| is_entrypoint(self.variant, it))
        {
            let cmd = alignment.matches.iter().position(|it| keyword(it) == Some(Keyword::Cmd));
            self.give_back(alignment, cmd.unwrap_or(usize::MAX));
        }
        let kept = alignment
            .matches
            .iter()
            .rposition(|it| it.is_same() && keyword(it) != Some(Keyword::Arg));
        self.give_back(alignment, kept.map_or(0, |it| it + 1));
    }

    /// Ends the common beginning before this match.
    fn give_back(&self, alignment: &mut Alignment, from: usize) {
        let from = from.min(alignment.matches.len());
        let removed: Vec<Match> = alignment.matches.drain(from..).collect();
        let production = removed.iter().filter(|it| !it.is_variant_only());
        let production = production.map(|it| StageItem { stage: it.stage, item: it.production });
        let variant = removed.iter().map(|it| self.variant.stage_item(it.variant));
        alignment.production.splice(0..0, production);
        alignment.variant.splice(0..0, variant);
    }
}

/// Returns true if production's RUN does the same as the variant's while the arguments of all variants
/// merged earlier are false.
fn is_same_by_default(production: &Instruction, variant: &Instruction) -> bool {
    let off = |name: &str| Kind::is_argument(name).then(|| "false".to_owned());
    let is_shell = |instruction: &Instruction| {
        instruction.keyword == Keyword::Run
            && instruction.json().is_none()
            && instruction.heredocs.is_empty()
    };
    is_shell(production)
        && is_shell(variant)
        && production.text().contains("$INSTALL_")
        && alike::flags(production) == alike::flags(variant)
        && blueprint::runs_alike(production.text(), variant.text(), &off)
}

/// The percentage of instructions that two files have in common in the same order.
pub fn likeness(production: &Dockerfile, variant: &Dockerfile) -> usize {
    let instructions = |dockerfile| -> Vec<InFile<'_>> {
        let all = Dockerfile::instructions(dockerfile).take(COMPARED);
        all.map(|(_, instruction)| InFile { dockerfile, instruction }).collect()
    };
    let (production, variant) = (instructions(production), instructions(variant));
    // The longest common subsequence, one row of its table at a time.
    let mut row = vec![0_usize; variant.len() + 1];
    for one in &production {
        let mut diagonal = 0;
        for (at, other) in variant.iter().enumerate() {
            let above = row[at + 1];
            row[at + 1] = match is_same(*one, *other) {
                true => diagonal + 1,
                false => above.max(row[at]),
            };
            diagonal = above;
        }
    }
    200 * row[variant.len()] / (production.len() + variant.len()).max(1)
}
