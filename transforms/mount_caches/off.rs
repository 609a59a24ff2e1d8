//! The variables that turn caches off, and whether they can go.

use super::{Caches, guard, nested, store};
use crate::{
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{
        self, OffVariable, Setting,
        python::{pip, runs_pip_unnamed},
    },
    project::Project,
    run::Site,
    text::Refusal,
};

impl Caches<'_> {
    /// The variable in force that turns a cache off and that an ENV sets.
    ///
    /// # Errors
    /// A decline, when something turns a cache off that no ENV says.
    pub fn turned_off(&self) -> Result<Option<OffVariable>, Refusal> {
        for it in &self.uses {
            for off in it.caching.cache.off_variables() {
                let why = || format!("{} turns the cache off here", off.name);
                let call = &it.site.call;
                let own = call.assignments.iter().any(|it| it.0 == off.name);
                if guard::set_by_script(&self.run.script, off.name) {
                    return Err(Refusal::new("cache-off", why()));
                }
                match self.run.at(it.site).variable(call, off.name) {
                    Setting::Known(it) if (off.when)(&it) && !own => return Ok(Some(*off)),
                    Setting::Known(it) if !(off.when)(&it) => {}
                    Setting::Unset => {}
                    _ => return Err(Refusal::new("cache-off", why())),
                }
            }
        }
        Ok(None)
    }
}

/// Whether a variable that turns caches off can go: every RUN that it reaches can have a mount.
///
/// # Errors
/// A decline, with the line that needs it.
pub fn removable(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    off: OffVariable,
) -> Result<(), Refusal> {
    let lineage = stage.lineage(&site.stages);
    let in_force = |it: &Stage<'_>| it.state_before(it.end).sets(off.name);
    for heir in lineage.iter().flat_map(|it| site.heirs(it)).filter(|it| in_force(it)) {
        for (item, _, it) in heir.instructions() {
            let needed = |why: &str| {
                let line = site.line(item);
                format!("{} has to stay for {line}: {why}", off.name)
            };
            match it.keyword {
                Keyword::Env if it.pairs().iter().any(|it| it.name == off.name) => {
                    let stuck = || Refusal::new("cache-off", needed("a comment stands beside it"));
                    site.dockerfile.remove_pair(item, off.name).ok_or_else(stuck)?;
                }
                Keyword::Run => can_have_mounts(project, site, heir, item)
                    .map_err(|why| Refusal::new("cache-off", needed(&why)))?,
                _ => {}
            }
        }
    }
    Ok(())
}

/// Whether a RUN can have the mounts that it needs, whatever the others have; why not.
pub(super) fn can_have_mounts(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<(), String> {
    let text = site.dockerfile.text(item);
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if ecosystems::seems_to_install(text) => return Err(why.reason),
        Err(_) => return Ok(()),
    };
    if let Some(why) = nested(&run) {
        return Err(why.reason);
    }
    if runs_pip_unnamed(text) {
        return Err(format!("what it runs installs with {}", pip::TITLE));
    }
    let Some(mut caches) = Caches::of(site, stage, &run) else { return Ok(()) };
    if caches.are_mounted() {
        return Ok(());
    }
    // What stays in the image has nothing to do with the variable.
    if store::check(&caches, project, site, stage).is_err() && !caches.leave_stores() {
        return Ok(());
    }
    caches.check_alone(project, site, stage).map_err(|it| it.reason)?;
    caches.let_fill().map(|_| ()).map_err(|it| it.reason)
}

/// Whether every install that a variable of this stage reaches, from an item on, has its mount.
pub fn all_mounted(site: &Site<'_>, stage: &Stage<'_>, item: usize, variable: &str) -> bool {
    let mut mounted = 0;
    for heir in site.heirs(stage) {
        let after = |at: &usize| heir.index != stage.index || item < *at;
        for at in heir.instructions().filter(|it| it.2.keyword == Keyword::Run).map(|it| it.0) {
            let text = site.dockerfile.text(at);
            let run = site.run(heir, at).ok().filter(|_| after(&at));
            let Some(run) = run else {
                if after(&at) && ecosystems::seems_to_install(text) {
                    return false;
                }
                continue;
            };
            let caches = Caches::of(site, heir, &run).filter(|it| it.heeds(variable));
            match caches {
                Some(it) if !it.are_mounted_for(variable) => return false,
                Some(_) => mounted += 1,
                None if nested(&run).is_some() || runs_pip_unnamed(text) => return false,
                None => {}
            }
        }
    }
    mounted > 0
}
