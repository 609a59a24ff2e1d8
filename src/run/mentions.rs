//! Which RUNs of a Dockerfile mention something, before their shell is read: looked for once, for each RUN asks.

use std::collections::BTreeSet;

use elsa::sync::FrozenMap;

use super::Site;
use crate::{
    dockerfile::{Dockerfile, stage::Stage},
    ecosystems::{self, Ecosystem, MANAGERS, Manager},
    shell::Script,
    text::Each,
};

/// The RUNs of a Dockerfile whose text has one of some words.
#[derive(Default)]
struct Mentioning(FrozenMap<String, Vec<usize>>);

/// What the stages of a Dockerfile mention, by their numbers.
#[derive(Default)]
struct Mentioned {
    /// The numbers of the managers that a stage mentions itself.
    here: Each<Vec<usize>>,
    /// What the managers are for that a stage or one below it mentions.
    below: Each<Vec<Ecosystem>>,
}

impl<'a> Site<'a> {
    /// The RUNs of a stage whose text has one of these words, by the index of their items, ascending.
    pub fn runs(&self, stage: &Stage<'_>, words: &[&str]) -> impl Iterator<Item = usize> + use<'a> {
        let all = self.mentioning(words);
        let until = |end: usize| all.partition_point(|it| *it < end);
        all[until(stage.from)..until(stage.end)].iter().copied()
    }

    /// The RUNs of the Dockerfile whose text has one of these words; looked for once, for each RUN asks for others.
    fn mentioning(&self, words: &[&str]) -> &'a [usize] {
        let Mentioning(known) = self.dockerfile.memo.get(Mentioning::default);
        let key = words.join("\n");
        known.get(key.as_str()).unwrap_or_else(|| {
            let all = self.dockerfile.instructions_at(0..self.dockerfile.items.len());
            let all = all.filter(|it| Script::mentions(self.dockerfile, it.1, words));
            known.insert(key, all.map(|it| it.0).collect())
        })
    }

    /// What the package managers are for that the RUNs of a stage and of those below it mention.
    pub fn ecosystems(&self, stage: &Stage<'a>) -> &'a [Ecosystem] {
        let Mentioned { here, below } = self.dockerfile.memo.get(Mentioned::default);
        below.get(stage.index, || {
            let lineage = stage.lineage(&self.stages);
            let own = |stage: &Stage<'a>| here.get(stage.index, || self.mentioned_in(stage));
            let numbers: BTreeSet<usize> = lineage.iter().flat_map(own).copied().collect();
            let mut found: Vec<Ecosystem> = Vec::new();
            for it in numbers.into_iter().filter_map(|it| MANAGERS.get(it)) {
                if !found.contains(&it.ecosystem) {
                    found.push(it.ecosystem);
                }
            }
            found
        })
    }

    /// The numbers of the managers that the RUNs of a stage mention.
    fn mentioned_in(&self, stage: &Stage<'a>) -> Vec<usize> {
        // Most Dockerfiles mention one or two.
        let Dockerfile { memo, source, .. } = self.dockerfile;
        let anywhere = ecosystems::mentioned_once(memo, source);
        let mentions = |it: &Manager| {
            anywhere.iter().any(|known| known.name == it.name)
                && self.runs(stage, it.programs).next().is_some()
        };
        (0..MANAGERS.len()).filter(|it| mentions(&MANAGERS[*it])).collect()
    }
}
