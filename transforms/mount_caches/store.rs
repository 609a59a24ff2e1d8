//! Who needs what is in a store: there packages stay where they were fetched to.
//!
//! A store is judged with all that is built on the stage: a RUN that fills it is given the mount as well, and
//! every other one would find it empty.

use super::Caches;
use crate::{
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{self, CacheKind, Caching, Manager},
    run::{CallSite, Run, Site, independence},
    text::ImagePath,
};

impl Caches<'_> {
    /// The stores that this RUN fills, each with its manager.
    fn stores(&self) -> impl Iterator<Item = (&'static Manager, &Caching)> {
        let stores = self.uses.iter().filter(|it| it.caching.cache.kind == CacheKind::Store);
        stores.filter_map(|it| Some((ecosystems::manager(&it.site.call)?, &it.caching)))
    }

    /// Whether this RUN fills a store.
    pub(super) fn fills_a_store(&self) -> bool {
        self.stores().next().is_some()
    }

    /// Whether a later instruction of the image needs what is in a store.
    pub(super) fn needs_store(
        &self,
        site: &Site<'_>,
        stage: &Stage<'_>,
        item: usize,
        instruction: &Instruction,
    ) -> bool {
        let starts = |text: &str| {
            let words = text.split(|it: char| !it.is_alphanumeric() && !"-_.".contains(it));
            let mut words = words.filter(|it| !it.is_empty());
            words.any(|word| self.stores().any(|it| is_user(it, word)))
        };
        self.fills_a_store()
            && match instruction.keyword {
                Keyword::Run => match site.run(stage, item) {
                    Ok(run) => self.stores().any(|it| !mounts(&run, it.1) && needs(&run, it)),
                    Err(_) => true,
                },
                Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck => {
                    starts(instruction.text())
                }
                _ => false,
            }
    }
}

/// Whether a program uses what is in a store.
fn is_user((manager, caching): (&Manager, &Caching), program: &str) -> bool {
    manager.programs.contains(&program) || caching.cache.used_by.contains(&program)
}

/// Whether a RUN has a mount on the store.
fn mounts(run: &Run<'_>, caching: &Caching) -> bool {
    let Some(location) = &caching.location else { return false };
    let mut targets = run.instruction.mounts().filter_map(|it| it.target);
    targets.any(|it| ImagePath::new(&it).is_some_and(|it| location.root.is_within(&it)))
}

/// Whether a command of a RUN needs what is in a store and does not fill it.
fn needs(run: &Run<'_>, (manager, caching): (&Manager, &Caching)) -> bool {
    let needs = |it: &CallSite| {
        let own = ecosystems::manager(&it.call).is_some_and(|it| it.name == manager.name);
        let grammar = &manager.grammar;
        match own {
            true => !grammar.is_apart(&it.call) && !grammar.has(&it.call, caching.cache.filled_by),
            // What is not known may start one that does.
            false => {
                caching.cache.used_by.contains(&it.call.program.as_str())
                    || !independence::is_known(&it.call.program)
            }
        }
    };
    run.calls().iter().any(needs)
}
