#![doc = include_str!("mount_caches.md")]

use crate::{
    Transform,
    caches::{self, Caches},
    change::{Alteration, Change, Outcome, Safety},
    dockerfile::{Keyword, stage::Stage},
    packages::{self, Refusal},
    project::Project,
    run::{Run, Site},
    settings::Settings,
};

/// Package caches outlive a build in cache mounts.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("mount_caches.md"), run };

const NAME: &str = "mount-caches";

/// The frontend that a file without one asks for; cache mounts came with 1.2.
const SYNTAX: &str = "docker/dockerfile:1.7";

fn run(project: &Project, settings: &Settings) -> Outcome {
    let words = packages::programs();
    project.each_dockerfile(&words, |file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let mut outcome = Outcome::default();
        for stage in &site.stages {
            let look = |item| mount(project, settings, &site, stage, item);
            outcome.extend([site.each_run(NAME, stage, &words, look)]);
            outcome.changes.extend(stage.instructions().filter_map(|it| unset(&site, stage, it.0)));
        }
        outcome
    })
}

/// Gives a RUN the mounts that it lacks.
fn mount(
    project: &Project,
    settings: &Settings,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if packages::seems_to_install(site.dockerfile.text(item)) => return Err(why),
        Err(_) => return Ok(None),
    };
    let Some(caches) = Caches::of(site, stage, &run) else {
        return caches::nested(&run).map_or(Ok(None), Err);
    };
    if caches.unmounted().is_empty() {
        return Ok(feed(project, site, stage, &run, &caches));
    }
    caches.check(project, site, stage)?;
    let off = caches.turned_off()?;
    if let Some(off) = off {
        caches::removable(project, site, stage, off)?;
    }
    let mut edits = vec![site.dockerfile.add_flags(run.instruction, &caches.flags())];
    let (more, alters) = caches.let_fill()?;
    edits.extend(more);
    if settings.mount_caches.syntax && site.dockerfile.directive("syntax").is_none() {
        edits.push(site.dockerfile.add_directive("syntax", SYNTAX));
    }
    let folders = caches.unmounted();
    let mounts = if folders.len() == 1 { "a cache mount" } else { "cache mounts" };
    let title = format!("Keep {} in {mounts}", folders.join(" and "));
    let fill = if caches.managers().len() == 1 { "caches" } else { "cache" };
    let managers = caches.managers().join(" and ");
    let reason = format!("{managers} {fill} there as root, and nothing else here uses the cache");
    // The variable that empties the mount goes next, and it is part of the image.
    let safety = if off.is_some() { Safety::Review } else { Safety::Safe };
    Ok(Some(Change { alters, ..site.change(item, safety, title, reason, edits) }))
}

/// Takes out a flag that leaves a mount empty which is there already.
fn feed(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    run: &Run<'_>,
    caches: &Caches<'_>,
) -> Option<Change> {
    if !caches.starves() {
        return None;
    }
    caches.check(project, site, stage).ok()?;
    let (edits, alters) = caches.let_fill().ok()?;
    let title = "Let the cache mount fill".to_owned();
    let reason = "the RUN mounts a cache and turns it off".to_owned();
    Some(Change { alters, ..site.change(run.item, Safety::Safe, title, reason, edits) })
}

/// Takes out an ENV that would leave the mounts empty, once every RUN that it reaches has its mounts.
fn unset(site: &Site<'_>, stage: &Stage<'_>, item: usize) -> Option<Change> {
    let (_, _, it) = stage.instructions().find(|it| it.0 == item)?;
    if it.keyword != Keyword::Env {
        return None;
    }
    let names = it.pairs().into_iter().map(|it| it.name);
    let name = names.into_iter().find(|it| packages::off_variable(it).is_some())?;
    let off = packages::off_variable(&name)?;
    let after = stage.state_before(item + 1, &site.stages);
    let is_off = after.variable(&name).is_some_and(off.when);
    if !is_off || !caches::all_mounted(site, stage, item, &name) {
        return None;
    }
    let edits = vec![site.dockerfile.remove_pair(item, &name)?];
    let title = format!("Let the cache mounts fill: remove {name}");
    let reason = "every install that it reaches has a cache mount, which it would leave empty";
    let mut change = site.change(item, Safety::Review, title, reason.to_owned(), edits);
    change.alters.push(Alteration::Env(name));
    Some(change)
}
