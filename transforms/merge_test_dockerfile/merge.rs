//! One Dockerfile out of two.

use std::collections::{BTreeMap, HashSet};

use super::{
    align::{Alignment, Change, ENOUGH, Match, Pair},
    names::Kind,
    stages::Layout,
    write::Writer,
};
use crate::{
    run::Site,
    text::{Edit, Refusal},
};

/// Why two files stay two: where in theirs, and a decline's code and reason.
pub struct Apart {
    /// The item of theirs; the first one when it is about the whole.
    pub item: usize,
    /// The code and the reason.
    pub why: Refusal,
}

/// One file that builds what two did.
pub struct Merged {
    /// What makes our file the one.
    pub edits: Vec<Edit>,
    /// The stage that is now built instead of theirs; `None` for the default one.
    pub target: Option<String>,
    /// The argument that must be `true` for it.
    pub argument: Option<String>,
    /// The arguments of other variants, which theirs is built with now, too.
    pub others: Vec<String>,
    /// The item of ours where the first change is.
    pub item: usize,
    /// The name of our last stage.
    last: Option<String>,
}

/// Two files about to become one.
pub struct Merger<'s, 'a> {
    pub(super) ours: Layout<'s, 'a>,
    pub(super) theirs: Layout<'s, 'a>,
    pub(super) kind: Kind,
    pub(super) argument: String,
}

/// What stands for what.
pub(super) struct Plan {
    /// Our stage for each of their side stages; `None` for one that only they have.
    pub(super) sides: BTreeMap<usize, Option<usize>>,
    /// What the side stages have in common.
    matches: Vec<Match>,
    /// The last stage and those below it.
    pub(super) trunk: Alignment,
}

impl<'s, 'a> Merger<'s, 'a> {
    /// `None` when one of them has no stage.
    pub fn new(ours: &'s Site<'a>, theirs: &'s Site<'a>, kind: Kind) -> Option<Self> {
        let (ours, theirs) = (Layout::of(ours)?, Layout::of(theirs)?);
        Some(Self { ours, theirs, kind, argument: kind.argument() })
    }

    /// Makes them one.
    ///
    /// # Errors
    /// Why they stay two.
    pub fn merge(&self) -> Result<Merged, Apart> {
        self.heads()?;
        let plan = self.plan()?;
        self.enough(&plan)?;
        let branches = plan.all().any(|it| !it.is_same());
        if branches {
            self.argument_is_free()?;
        }
        let needs_stage = !plan.trunk.ours.is_empty()
            || !plan.trunk.theirs.is_empty()
            || plan.sides.values().any(Option::is_none);
        let target = needs_stage.then(|| self.kind.target().to_owned());
        let (edits, first) = Writer::write(self, &plan, needs_stage)?;
        let last = self.ours.last().name.map(str::to_owned);
        let pair = self.pair();
        let items = 0..self.ours.site.dockerfile.items.len();
        let others = items.filter_map(|it| pair.declares_another(it)).collect();
        let argument = branches.then(|| self.argument.clone());
        Ok(Merged {
            edits,
            target,
            argument,
            item: first.unwrap_or(self.ours.stage(0).from),
            last,
            others,
        })
    }

    /// What stands before the first FROM.
    fn heads(&self) -> Result<(), Apart> {
        for layout in [&self.ours, &self.theirs] {
            if layout.onbuild().is_some() {
                let reason = "ONBUILD runs in the builds of others, and a stage on it would run it";
                return Err(Apart { item: 0, why: Refusal::new("onbuild", reason) });
            }
        }
        let head = |it: &Layout<'_, 'a>| {
            let end = it.stage(0).from;
            (0..end).filter(|at| it.instruction(*at).is_some()).collect::<Vec<_>>()
        };
        let pair = self.pair();
        let own = head(&self.ours);
        match head(&self.theirs)
            .into_iter()
            .find(|it| !own.iter().any(|own| pair.is_same(*own, *it)))
        {
            Some(item) => {
                let text = self.theirs.site.dockerfile.text(item);
                let reason = format!("`{text}` before the first FROM is not in the other file");
                Err(Apart { item, why: Refusal::new("different-base", reason) })
            }
            None => Ok(()),
        }
    }

    fn pair(&self) -> Pair<'_, 'a> {
        Pair { ours: &self.ours, theirs: &self.theirs, argument: &self.argument }
    }

    fn plan(&self) -> Result<Plan, Apart> {
        let pair = self.pair();
        let (own, other) =
            (self.ours.stage(self.ours.trunk[0]), self.theirs.stage(self.theirs.trunk[0]));
        if !pair.is_same(own.from, other.from) {
            let bases = [(&self.ours, own.from), (&self.theirs, other.from)];
            let [own, other] = bases.map(|(it, from)| it.site.dockerfile.text(from).to_owned());
            let reason = format!("`{other}` is not `{own}`, on which the other file builds");
            return Err(Apart {
                item: self.theirs.stage(self.theirs.trunk[0]).from,
                why: Refusal::new("different-base", reason),
            });
        }
        let mut plan =
            Plan { sides: BTreeMap::new(), matches: Vec::new(), trunk: Alignment::default() };
        for side in &self.theirs.sides {
            self.side(*side, &mut plan)?;
        }
        plan.trunk = pair.align(&self.ours.trunk, &self.theirs.trunk);
        pair.trim(&mut plan.trunk);
        let last = self.theirs.last().index;
        if let Some((_, item)) = plan.trunk.theirs.iter().find(|it| it.0 != last) {
            let reason = "it differs in a stage that others of its stages build on";
            return Err(Apart { item: *item, why: Refusal::new("stages-differ", reason) });
        }
        self.references(&plan)?;
        Ok(plan)
    }

    /// Finds our stage for one of their side stages.
    fn side(&self, side: usize, plan: &mut Plan) -> Result<(), Apart> {
        let stage = self.theirs.stage(side);
        let found = match stage.name {
            Some(name) => self.ours.named(name),
            None => self
                .ours
                .sides
                .iter()
                .copied()
                .find(|it| *it == side && self.ours.stage(*it).name.is_none()),
        };
        let Some(found) = found else {
            if stage.name.is_none() {
                let reason = "its stage has no name, and none of the other file's stands for it";
                return Err(Apart { item: stage.from, why: Refusal::new("stages-differ", reason) });
            }
            plan.sides.insert(side, None);
            return Ok(());
        };
        let pair = self.pair();
        let base = pair.is_same(self.ours.stage(found).from, stage.from);
        let alignment = pair.align(&[found], &[side]);
        let rest = alignment.theirs.first().map(|it| it.1);
        let differs = rest.or((!alignment.ours.is_empty()).then_some(stage.from));
        let differs = differs.or((!base || self.ours.trunk.contains(&found)).then_some(stage.from));
        if let Some(item) = differs {
            let name = stage.name.unwrap_or("without a name");
            let text = self.theirs.site.dockerfile.text(item).lines().next().unwrap_or_default();
            let reason = format!(
                "the stage {name} is another one from `{text}` on, and only installs can depend on an argument"
            );
            return Err(Apart { item, why: Refusal::new("stages-differ", reason) });
        }
        plan.sides.insert(side, Some(found));
        plan.matches.extend(alignment.matches);
        Ok(())
    }

    /// Whether whoever names a stage still names the same one.
    fn references(&self, plan: &Plan) -> Result<(), Apart> {
        let matched: HashSet<usize> = plan.all().map(|it| it.theirs).collect();
        for it in self.theirs.references() {
            let stands = match plan.sides.get(&it.stage) {
                Some(Some(ours)) => {
                    !it.by_number || (*ours == it.stage && matched.contains(&it.item))
                }
                Some(None) => !it.by_number,
                None => self.is_whole(it.stage, plan) && !it.by_number,
            };
            if !stands {
                let text = self.theirs.site.dockerfile.text(it.item);
                let reason = format!("`{text}` names a stage that would be another one");
                let why = match it.by_number {
                    true => Refusal::new("numbered-stage", reason),
                    false => Refusal::new("stages-differ", reason),
                };
                return Err(Apart { item: it.item, why });
            }
        }
        let split = self.split(plan);
        for it in self.ours.references().iter().filter(|it| it.by_number) {
            if split.is_some_and(|split| split <= it.stage) {
                let text = self.ours.site.dockerfile.text(it.item);
                let reason = format!("`{text}` counts stages, and one more would come before");
                return Err(Apart { item: 0, why: Refusal::new("numbered-stage", reason) });
            }
        }
        Ok(())
    }

    /// Whether a stage of their trunk is one of ours by name, from its start to its end.
    fn is_whole(&self, stage: usize, plan: &Plan) -> bool {
        let name = self.theirs.stage(stage).name;
        let Some(ours) = name.and_then(|it| self.ours.named(it)) else { return false };
        let all = self.theirs.stage(stage).instructions().map(|it| it.0);
        let mut all = all.map(|item| plan.trunk.matches.iter().find(|it| it.theirs == item));
        all.all(|it| it.is_some_and(|it| it.stage == ours))
            && !plan.trunk.ours.iter().any(|it| it.0 == ours)
    }

    /// Our stage that must become two, when one must.
    pub(super) fn split(&self, plan: &Plan) -> Option<usize> {
        if plan.trunk.ours.is_empty() && plan.trunk.theirs.is_empty() {
            return None;
        }
        let stage = plan.trunk.ours.first().map_or(self.ours.last().index, |it| it.0);
        plan.trunk.matches.iter().any(|it| it.stage == stage).then_some(stage)
    }

    /// Whether enough of the two is one in the merged file.
    fn enough(&self, plan: &Plan) -> Result<(), Apart> {
        let shared = plan.all().filter(|it| !matches!(it.change, Change::Only(_))).count();
        let froms = plan.sides.values().flatten().count() + 1;
        let share = 200 * (shared + froms) / (self.ours.len() + self.theirs.len()).max(1);
        if ENOUGH <= share {
            return Ok(());
        }
        let at = plan.trunk.theirs.first().map_or(0, |it| it.1);
        let text = self.theirs.site.dockerfile.text(at).lines().next().unwrap_or_default();
        let reason = format!(
            "only {share} in 100 of their instructions would be one: they part at `{text}`"
        );
        Err(Apart { item: at, why: Refusal::new("little-in-common", reason) })
    }

    /// Whether nothing knows the argument's name yet.
    fn argument_is_free(&self) -> Result<(), Apart> {
        let name = &self.argument;
        let taken = [&self.ours, &self.theirs]
            .iter()
            .any(|it| it.site.dockerfile.source.contains(name.as_str()));
        match taken {
            true => Err(Apart {
                item: 0,
                why: Refusal::new("argument-taken", format!("{name} means something already")),
            }),
            false => Ok(()),
        }
    }
}

impl Merged {
    /// Whether a target of our file, as a caller names it, is its last stage.
    pub fn is_last(&self, target: &str) -> bool {
        self.last.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(target))
    }
}

impl Plan {
    pub(super) fn all(&self) -> impl Iterator<Item = &Match> {
        self.matches.iter().chain(&self.trunk.matches)
    }
}
