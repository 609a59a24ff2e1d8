//! Merges two Dockerfiles into one.

use std::collections::{BTreeMap, HashSet};

use super::{
    align::{Alignment, ENOUGH, Match, Pair},
    names::Kind,
    stages::{Layout, Reference},
    write::Writer,
};
use crate::{
    run::Site,
    text::{Edit, Refusal},
};

/// The reason why two files cannot be merged, and its place in the variant.
pub struct Obstacle {
    /// The item of the variant; the first one if the reason concerns the whole file.
    pub item: usize,
    /// The decline's code and reason.
    pub why: Refusal,
}

/// One file that builds the images of two.
pub struct Merged {
    /// The edits to production.
    pub edits: Vec<Edit>,
    /// The stage that is now built for the variant; `None` for the default one.
    pub target: Option<String>,
    /// The argument that must be `true` to build the variant.
    pub argument: Option<String>,
    /// The arguments of variants merged earlier. The variant is now built with their defaults.
    pub earlier_arguments: Vec<String>,
    /// The first item of production that changes.
    pub item: usize,
    /// The name of production's last stage.
    last: Option<String>,
}

/// Two files to merge.
pub struct Merger<'s, 'a> {
    pub(super) production: Layout<'s, 'a>,
    pub(super) variant: Layout<'s, 'a>,
    pub(super) kind: Kind,
    pub(super) argument: String,
}

/// The counterparts in production of the variant's stages and instructions.
pub(super) struct Plan {
    /// Production's stage for each side stage of the variant; `None` if only the variant has it.
    pub(super) sides: BTreeMap<usize, Option<usize>>,
    /// The matches in the side stages.
    matches: Vec<Match>,
    /// The alignment of the last stages and those below them.
    pub(super) trunk: Alignment,
}

impl<'s, 'a> Merger<'s, 'a> {
    /// Prepares the merge of two files; `None` if one of them has no stage.
    pub fn new(production: &'s Site<'a>, variant: &'s Site<'a>, kind: Kind) -> Option<Self> {
        let (production, variant) = (Layout::of(production)?, Layout::of(variant)?);
        Some(Self { production, variant, kind, argument: kind.argument() })
    }

    /// Merges the two files.
    ///
    /// # Errors
    /// The reason why they cannot be merged.
    pub fn merge(&self) -> Result<Merged, Obstacle> {
        self.check_heads()?;
        let plan = self.plan()?;
        self.check_share(&plan)?;
        let branches = plan.all().any(|it| !it.is_same());
        if branches {
            self.check_argument()?;
        }
        let needs_stage = !plan.trunk.is_complete() || plan.sides.values().any(Option::is_none);
        let target = needs_stage.then(|| self.kind.target().to_owned());
        let (edits, first) = Writer::write(self, &plan, needs_stage)?;
        let last = self.production.last().name.map(str::to_owned);
        let pair = self.pair();
        let items = 0..self.production.site.dockerfile.items.len();
        let earlier_arguments = items.filter_map(|it| pair.earlier_argument(it)).collect();
        let argument = branches.then(|| self.argument.clone());
        let item = first.unwrap_or(self.production.stage(0).from);
        Ok(Merged { edits, target, argument, earlier_arguments, item, last })
    }

    /// Checks that production has each argument that the variant declares before its first FROM, and that
    /// neither file has an ONBUILD.
    fn check_heads(&self) -> Result<(), Obstacle> {
        if self.production.has_onbuild() || self.variant.has_onbuild() {
            let reason = "ONBUILD instructions would run in the stages built on this one";
            return Err(Obstacle { item: 0, why: Refusal::new("onbuild", reason) });
        }
        let head = |layout: &Layout<'_, 'a>| {
            let items = 0..layout.stage(0).from;
            items.filter(|it| layout.instruction(*it).is_some()).collect::<Vec<_>>()
        };
        let pair = self.pair();
        let production = head(&self.production);
        let is_known = |item: usize| production.iter().any(|it| pair.is_same(*it, item));
        match head(&self.variant).into_iter().find(|it| !is_known(*it)) {
            Some(item) => {
                let text = self.variant.site.dockerfile.item_said(item);
                let named = |layout: &Layout<'_, 'a>, item: usize| {
                    let words = layout.instruction(item).map(|it| it.text().to_owned());
                    words.and_then(|it| Some(it.split(['=', ' ']).next()?.to_owned()))
                };
                let name = named(&self.variant, item);
                let other = production.iter().find(|it| named(&self.production, **it) == name);
                let reason = match other {
                    Some(other) => {
                        let other = self.production.site.dockerfile.item_said(*other);
                        format!("it has `{text}` before the first FROM, production `{other}`")
                    }
                    None => format!("production does not have `{text}` before the first FROM"),
                };
                Err(Obstacle { item, why: Refusal::new("different-base", reason) })
            }
            None => Ok(()),
        }
    }

    fn pair(&self) -> Pair<'_, 'a> {
        Pair { production: &self.production, variant: &self.variant, argument: &self.argument }
    }

    fn plan(&self) -> Result<Plan, Obstacle> {
        let pair = self.pair();
        let production = self.production.stage(self.production.trunk[0]).from;
        let variant = self.variant.stage(self.variant.trunk[0]).from;
        if !pair.is_same(production, variant) {
            let base = self.production.site.dockerfile.item_said(production);
            let other_base = self.variant.site.dockerfile.item_said(variant);
            let reason = format!("it starts with `{other_base}`, production with `{base}`");
            let why = Refusal::new("different-base", reason);
            return Err(Obstacle { item: variant, why });
        }
        let mut plan =
            Plan { sides: BTreeMap::new(), matches: Vec::new(), trunk: Alignment::default() };
        for side in &self.variant.sides {
            self.match_side(*side, &mut plan)?;
        }
        plan.trunk = pair.align(&self.production.trunk, &self.variant.trunk);
        pair.trim(&mut plan.trunk);
        let last = self.variant.last().index;
        if let Some(rest) = plan.trunk.variant.iter().find(|it| it.stage != last) {
            let reason = "a stage that its last stage is built on differs from production's";
            let why = Refusal::new("stages-differ", reason);
            return Err(Obstacle { item: rest.item, why });
        }
        self.check_references(&plan)?;
        Ok(plan)
    }

    /// Finds production's stage for a side stage of the variant and adds it to the plan.
    fn match_side(&self, side: usize, plan: &mut Plan) -> Result<(), Obstacle> {
        let stage = self.variant.stage(side);
        let found = match stage.name {
            Some(name) => self.production.named(name),
            None => self
                .production
                .sides
                .iter()
                .copied()
                .find(|it| *it == side && self.production.stage(*it).name.is_none()),
        };
        let Some(found) = found else {
            if stage.name.is_none() {
                let reason = "this unnamed stage has no counterpart in production";
                let why = Refusal::new("stages-differ", reason);
                return Err(Obstacle { item: stage.from, why });
            }
            plan.sides.insert(side, None);
            return Ok(());
        };
        let pair = self.pair();
        let same_base = pair.is_same(self.production.stage(found).from, stage.from);
        let alignment = pair.align(&[found], &[side]);
        let rest = alignment.variant.first().map(|it| it.item);
        let is_shorter = !alignment.production.is_empty();
        let is_trunk = self.production.trunk.contains(&found);
        let differs = rest.or((is_shorter || !same_base || is_trunk).then_some(stage.from));
        if let Some(item) = differs {
            let name =
                stage.name.map_or("this unnamed stage".to_owned(), |it| format!("stage {it}"));
            let text =
                self.variant.site.dockerfile.item_said(item).lines().next().unwrap_or_default();
            let reason = format!(
                "{name} differs from production's at `{text}`, and only installs can depend on an argument"
            );
            return Err(Obstacle { item, why: Refusal::new("stages-differ", reason) });
        }
        plan.sides.insert(side, Some(found));
        plan.matches.extend(alignment.matches);
        Ok(())
    }

    /// Checks that each reference to a stage still names the same stage.
    fn check_references(&self, plan: &Plan) -> Result<(), Obstacle> {
        let matched: HashSet<usize> = plan.all().map(|it| it.variant).collect();
        let holds = |reference: &Reference| match plan.sides.get(&reference.stage) {
            Some(Some(production)) => {
                let keeps_number = *production == reference.stage;
                !reference.by_number || (keeps_number && matched.contains(&reference.item))
            }
            Some(None) => !reference.by_number,
            None => !reference.by_number && self.is_whole(reference.stage, plan),
        };
        for reference in self.variant.references() {
            if !holds(&reference) {
                let item = reference.item;
                let text = self.variant.site.dockerfile.item_said(item);
                let reason = format!("`{text}` would refer to another stage in the merged file");
                let why = match reference.by_number {
                    true => Refusal::new("numbered-stage", reason),
                    false => Refusal::new("stages-differ", reason),
                };
                return Err(Obstacle { item, why });
            }
        }
        let Some(split) = self.split(plan) else { return Ok(()) };
        let shifts = |it: &&Reference| it.by_number && split <= it.stage;
        if let Some(reference) = self.production.references().iter().find(shifts) {
            let text = self.production.site.dockerfile.item_said(reference.item);
            let reason = format!(
                "production's `{text}` refers to a stage by number, and a new stage would come before it"
            );
            return Err(Obstacle { item: 0, why: Refusal::new("numbered-stage", reason) });
        }
        Ok(())
    }

    /// Returns true if a stage of the variant's trunk equals production's stage of that name.
    fn is_whole(&self, stage: usize, plan: &Plan) -> bool {
        let stage = self.variant.stage(stage);
        let Some(counterpart) = stage.name.and_then(|it| self.production.named(it)) else {
            return false;
        };
        let is_matched = |item: usize| {
            let found = plan.trunk.matches.iter().find(|it| it.variant == item);
            found.is_some_and(|it| it.stage == counterpart)
        };
        stage.instructions().all(|(item, _, _)| is_matched(item))
            && !plan.trunk.production.iter().any(|it| it.stage == counterpart)
    }

    /// The stage of production that must be split in two; `None` if all stages stay whole.
    pub(super) fn split(&self, plan: &Plan) -> Option<usize> {
        if plan.trunk.is_complete() {
            return None;
        }
        let first = plan.trunk.production.first();
        let stage = first.map_or(self.production.last().index, |it| it.stage);
        plan.trunk.matches.iter().any(|it| it.stage == stage).then_some(stage)
    }

    /// Checks that the merged file would share [`ENOUGH`] of the instructions.
    fn check_share(&self, plan: &Plan) -> Result<(), Obstacle> {
        let shared = plan.all().filter(|it| !it.is_variant_only()).count();
        let froms = plan.sides.values().flatten().count() + 1;
        let share = 200 * (shared + froms) / (self.production.len() + self.variant.len()).max(1);
        if ENOUGH <= share {
            return Ok(());
        }
        let item = plan.trunk.variant.first().map_or(0, |it| it.item);
        let text = self.variant.site.dockerfile.item_said(item).lines().next().unwrap_or_default();
        let reason = format!(
            "only {share}% of the instructions would be shared: the files diverge at `{text}`"
        );
        Err(Obstacle { item, why: Refusal::new("little-in-common", reason) })
    }

    /// Checks that neither file uses the argument's name.
    fn check_argument(&self) -> Result<(), Obstacle> {
        let name = self.argument.as_str();
        let uses = |layout: &Layout<'_, '_>| layout.site.dockerfile.source.contains(name);
        match uses(&self.production) || uses(&self.variant) {
            true => Err(Obstacle {
                item: 0,
                why: Refusal::new("argument-taken", format!("the name {name} is already in use")),
            }),
            false => Ok(()),
        }
    }
}

impl Merged {
    /// Returns true if a target that a caller names is production's last stage.
    pub fn is_last(&self, target: &str) -> bool {
        self.last.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(target))
    }
}

impl Plan {
    /// The matches of all stages.
    pub(super) fn all(&self) -> impl Iterator<Item = &Match> {
        self.matches.iter().chain(&self.trunk.matches)
    }
}
