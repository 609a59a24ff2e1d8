//! Which commands reuse what others fetched: all that find it in the image today get the mount, or none does.
//!
//! An install that does without the mount would not find there what a mounted one has fetched, and one in the mount
//! does not see what is in the image: either downloads everything again.

use super::{Caches, Use, guard::nested, off};
use crate::{
    dockerfile::stage::Stage,
    ecosystems::{self, Manager},
    project::Project,
    run::{Run, Site},
    text::Refusal,
};

/// A RUN that uses a cache.
struct User<'s, 'a> {
    stage: &'s Stage<'a>,
    item: usize,
}

impl Caches<'_> {
    /// Whether the mount can go to every RUN that reuses what this one fetches, and to those whose downloads it
    /// reuses.
    ///
    /// # Errors
    /// A decline, with the line that has to do without.
    pub(super) fn together(
        &self,
        project: &Project,
        site: &Site<'_>,
        stage: &Stage<'_>,
    ) -> Result<(), Refusal> {
        for own in self.reused() {
            for it in self.others(own, site, stage) {
                let Err(why) = off::can_have_mounts(project, site, it.stage, it.item) else {
                    continue;
                };
                let line = site.line(it.item);
                let reason = format!("{line} uses the same cache, without a mount: {why}");
                return Err(Refusal::new("cache-needed", reason));
            }
        }
        Ok(())
    }

    /// Whether another RUN reuses the caches.
    pub(super) fn is_shared(&self, site: &Site<'_>, stage: &Stage<'_>) -> bool {
        self.reused().any(|it| !self.others(it, site, stage).is_empty())
    }

    /// The uses of caches that later commands take packages from.
    fn reused(&self) -> impl Iterator<Item = &Use<'_>> {
        self.uses.iter().filter(|it| it.caching.cache.reused)
    }

    /// The other RUNs that use a cache, in the stages that share what is in it.
    fn others<'s, 'a>(
        &self,
        own: &Use<'_>,
        site: &'s Site<'a>,
        stage: &Stage<'_>,
    ) -> Vec<User<'s, 'a>> {
        let Some(manager) = ecosystems::manager(&own.site.call) else { return Vec::new() };
        let users = |stage: &'s Stage<'a>| -> Vec<User<'s, 'a>> {
            let runs = site.runs(stage, manager.programs);
            let runs = runs.filter(|it| self.is_user(own, manager, site, stage, *it));
            runs.map(|item| User { stage, item }).collect()
        };
        // Whatever is built on the first stage that fills it starts from what is in its image.
        let below = site.stages.iter().filter(|it| stage.is_built_on(it.index));
        let Some(first) = below.clone().find(|it| it.index == stage.index || !users(it).is_empty())
        else {
            return Vec::new();
        };
        let all = site.heirs(first).flat_map(users);
        all.filter(|it| it.item != self.run.item).collect()
    }

    /// Whether the RUN at an item of a stage uses a cache as this one does.
    fn is_user(
        &self,
        own: &Use<'_>,
        manager: &Manager,
        site: &Site<'_>,
        stage: &Stage<'_>,
        item: usize,
    ) -> bool {
        let Ok(run) = site.run(stage, item) else {
            return ecosystems::seems_to_install(site.dockerfile.text(item));
        };
        let Some(other) = Caches::of(site, stage, &run) else { return nested(&run).is_some() };
        other.uses.iter().any(|it| {
            ecosystems::manager(&it.site.call).is_some_and(|it| it.name == manager.name)
                && shares_folder(own, it, &run)
                // What is installed for everyone has nothing in common with the project; but if it came
                // before, the mount would hide it.
                && (!it.caching.linked || item < self.run.item)
        })
    }
}

/// Whether a call in another RUN uses the folder of a cache.
fn shares_folder(own: &Use<'_>, other: &Use<'_>, run: &Run<'_>) -> bool {
    match (&own.caching.location, &other.caching.location) {
        (Some(own), Some(other)) => own.folders.iter().any(|it| other.folders.contains(it)),
        // Another user's home directory is another one.
        _ => run.state.is_root() != Some(false),
    }
}
