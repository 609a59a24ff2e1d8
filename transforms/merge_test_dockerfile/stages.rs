//! The stages of a Dockerfile by their part in its default image, and the references to them.

use crate::{
    dockerfile::{
        Instruction, Keyword,
        stage::{Base, Stage},
    },
    run::Site,
};

/// The stages of a Dockerfile by their part in its default image.
pub(super) struct Layout<'s, 'a> {
    pub(super) site: &'s Site<'a>,
    /// The last stage and those that it is built on, the lowest first.
    pub(super) trunk: Vec<usize>,
    /// The other stages, in order.
    pub(super) sides: Vec<usize>,
}

/// An item of a Dockerfile and the stage that it is in, both by index.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct StageItem {
    pub(super) stage: usize,
    pub(super) item: usize,
}

/// A reference to a stage from a COPY, an ADD, a mount or a FROM.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The item with the reference.
    pub(super) item: usize,
    /// The stage that it names.
    pub(super) stage: usize,
    /// True for a number instead of a name.
    pub(super) by_number: bool,
}

impl<'s, 'a> Layout<'s, 'a> {
    /// Sorts the stages of a file; `None` if it has none.
    pub(super) fn of(site: &'s Site<'a>) -> Option<Self> {
        let last = site.stages.last()?;
        let trunk: Vec<usize> = last.lineage(&site.stages).iter().map(|it| it.index).collect();
        let sides = (0..site.stages.len()).filter(|it| !trunk.contains(it)).collect();
        Some(Self { site, trunk, sides })
    }

    pub(super) fn stage(&self, index: usize) -> &'s Stage<'a> {
        &self.site.stages[index]
    }

    /// The last stage, which is the default target.
    pub(super) fn last(&self) -> &'s Stage<'a> {
        self.stage(self.site.stages.len() - 1)
    }

    /// The instructions of these stages, without their FROMs.
    pub(super) fn instructions(&self, stages: &[usize]) -> Vec<StageItem> {
        let all = stages.iter().flat_map(|&stage| {
            self.stage(stage).instructions().map(move |(item, _, _)| StageItem { stage, item })
        });
        all.collect()
    }

    /// An item of a stage, with that stage.
    pub(super) fn stage_item(&self, item: usize) -> StageItem {
        let contains = |it: &&Stage<'_>| it.from < item && item < it.end;
        let stage = self.site.stages.iter().find(contains).map_or(0, |it| it.index);
        StageItem { stage, item }
    }

    /// The instruction at an item.
    pub(super) fn instruction(&self, item: usize) -> Option<&'a Instruction> {
        match &self.site.dockerfile.items[item].kind {
            crate::dockerfile::Kind::Instruction(it) => Some(it),
            _ => None,
        }
    }

    /// The stage of this name; the last one if several have it.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let mut stages = self.site.stages.iter();
        stages
            .rfind(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(name)))
            .map(|it| it.index)
    }

    /// All references to stages, except from a FROM of the trunk to the stage below it by name.
    pub(super) fn references(&self) -> Vec<Reference> {
        let mut found = Vec::new();
        for stage in &self.site.stages {
            if let Base::Stage(base) = *stage.base {
                let from = self.instruction(stage.from).and_then(Instruction::from);
                let by_number = from.is_some_and(|it| it.image.parse::<usize>().is_ok());
                if by_number || !self.trunk.contains(&stage.index) {
                    found.push(Reference { item: stage.from, stage: base, by_number });
                }
            }
            for (item, _, instruction) in stage.instructions() {
                let copied = instruction.copy().and_then(|it| it.from.map(str::to_owned));
                let mounted = instruction.mounts().filter_map(|mount| {
                    let mut fields = mount.fields.into_iter();
                    fields.find_map(|(key, value)| (key == "from").then_some(value))
                });
                for name in copied.into_iter().chain(mounted) {
                    let number = name.parse::<usize>().ok().filter(|it| *it < stage.index);
                    let named = self.named(&name).filter(|it| *it < stage.index);
                    if let Some(found_stage) = named.or(number) {
                        let by_number = named.is_none();
                        found.push(Reference { item, stage: found_stage, by_number });
                    }
                }
            }
        }
        found
    }

    /// The number of instructions in stages, FROMs included.
    pub(super) fn len(&self) -> usize {
        self.site.stages.iter().map(|it| 1 + it.instructions().count()).sum()
    }

    /// Returns true if a stage has an ONBUILD.
    pub(super) fn has_onbuild(&self) -> bool {
        let mut all = self.site.stages.iter().flat_map(Stage::instructions);
        all.any(|(_, _, instruction)| instruction.keyword == Keyword::Onbuild)
    }
}
