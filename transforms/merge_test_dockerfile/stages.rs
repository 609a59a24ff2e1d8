//! How the stages of a Dockerfile make its default image, and who names which.

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
    /// The last stage and those it is built on, the lowest first.
    pub(super) trunk: Vec<usize>,
    /// The others, in order.
    pub(super) sides: Vec<usize>,
}

/// A stage that is named elsewhere than in the FROM of the next one of the trunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Reference {
    /// The item that names it.
    pub(super) item: usize,
    /// The stage.
    pub(super) stage: usize,
    /// Whether by its number.
    pub(super) by_number: bool,
}

impl<'s, 'a> Layout<'s, 'a> {
    /// `None` for a file without stages.
    pub(super) fn of(site: &'s Site<'a>) -> Option<Self> {
        let last = site.stages.last()?;
        let trunk: Vec<usize> = last.lineage(&site.stages).iter().map(|it| it.index).collect();
        let sides = (0..site.stages.len()).filter(|it| !trunk.contains(it)).collect();
        Some(Self { site, trunk, sides })
    }

    pub(super) fn stage(&self, index: usize) -> &'s Stage<'a> {
        &self.site.stages[index]
    }

    /// The last stage: the default target.
    pub(super) fn last(&self) -> &'s Stage<'a> {
        self.stage(self.site.stages.len() - 1)
    }

    /// The instructions of these stages behind their FROMs: stage and item.
    pub(super) fn instructions(&self, stages: &[usize]) -> Vec<(usize, usize)> {
        let all = stages.iter().flat_map(|stage| {
            self.stage(*stage).instructions().map(move |(item, _, _)| (*stage, item))
        });
        all.collect()
    }

    /// The instruction at an item.
    pub(super) fn instruction(&self, item: usize) -> Option<&'a Instruction> {
        match &self.site.dockerfile.items[item].kind {
            crate::dockerfile::Kind::Instruction(it) => Some(it),
            _ => None,
        }
    }

    /// The stage of this name, the last of several.
    pub(super) fn named(&self, name: &str) -> Option<usize> {
        let mut stages = self.site.stages.iter();
        stages
            .rfind(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(name)))
            .map(|it| it.index)
    }

    /// Where stages are named by COPY, ADD, mounts and FROM, but not where the trunk goes on.
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
            for (item, _, it) in stage.instructions() {
                let copied = it.copy().and_then(|it| it.from.map(str::to_owned));
                let mounted = it.mounts().filter_map(|it| {
                    it.fields.into_iter().find(|it| it.0 == "from").map(|it| it.1)
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

    /// How many instructions it has, FROMs included.
    pub(super) fn len(&self) -> usize {
        self.site.stages.iter().map(|it| 1 + it.instructions().count()).sum()
    }

    /// The first ONBUILD.
    pub(super) fn onbuild(&self) -> Option<usize> {
        let mut all = self.site.stages.iter().flat_map(Stage::instructions);
        all.find(|it| it.2.keyword == Keyword::Onbuild).map(|it| it.0)
    }
}
