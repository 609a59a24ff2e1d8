//! The variables that turn caches off, and whether they can go.

use std::cell::OnceCell;

use super::{
    Caches,
    guard::{self, nested},
    store,
};
use crate::{
    context::layers::Layers,
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{
        self, OffVariable, Setting,
        python::{may_run_pip, pip, runs_pip_unnamed},
    },
    project::Project,
    run::{Run, Site},
    text::Refusal,
};

impl Caches<'_> {
    /// The variable in force that turns a cache off and that an ENV sets.
    ///
    /// # Errors
    /// A decline, when something turns a cache off that no ENV says.
    pub fn turned_off(&self) -> Result<Option<OffVariable>, Refusal> {
        let mut not_set: Vec<&str> = Vec::new();
        for it in &self.uses {
            for off in it.caching.cache.off_variables() {
                let why = || format!("{} turns the cache off here", off.name);
                let call = &it.site.call;
                let own = call.assignments.iter().any(|it| it.0 == off.name);
                // Many calls fill one cache, and for each variable the whole script is asked.
                if !not_set.contains(&off.name) {
                    if guard::set_by_script(&self.run.script, off.name) {
                        return Err(Refusal::new("cache-off", why()));
                    }
                    not_set.push(off.name);
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
                    if let Some(line) = explained(site, item, it, off.name) {
                        let reason =
                            format!("{} has to stay: the comment on {line} is about it", off.name);
                        return Err(Refusal::new("cache-off", reason));
                    }
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
    if may_install(project, site, stage, item, &run) {
        return Err(format!("what it runs may install with {}", pip::TITLE));
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

/// Whether a RUN runs a program that may install with pip without saying so.
fn may_install(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    run: &Run<'_>,
) -> bool {
    if runs_pip_unnamed(site.dockerfile.text(item)) {
        return true;
    }
    let layers = OnceCell::new();
    let read = || {
        let folder = Layers::context(project, site.path).ok()?;
        Some(Layers::read(project, site.path, &site.stages, stage, folder))
    };
    run.calls().iter().any(|it| {
        let text = |path: &str| {
            let path = run.at(it).path(path)?;
            let layers = layers.get_or_init(read).as_ref()?;
            let file = layers.provider(stage.index, item, &path)?.1;
            project.text(file.as_str())
        };
        may_run_pip(&it.call, &text)
    })
}

/// The line of a comment that explains a variable which turns a cache off: without the variable it would be left with
/// nothing to explain, or say what is no longer so.
pub(super) fn explained(
    site: &Site<'_>,
    item: usize,
    instruction: &Instruction,
    name: &str,
) -> Option<String> {
    let dockerfile = site.dockerfile;
    let is_alone = instruction.pairs().len() == 1;
    let speaks = |text: &str| {
        let text = text.to_lowercase();
        let words = ["cache", "disk", "image size", "layer", "smaller"];
        words.iter().any(|it| text.contains(it)) || text.contains(&name.to_lowercase())
    };
    let mut above = dockerfile.comments_above(item);
    if let Some(it) = above.find(|it| is_alone || speaks(dockerfile.text(*it))) {
        return Some(site.line(it));
    }
    // Inside of a continued ENV, the comment right above the pair.
    let lines: Vec<&str> = dockerfile.text(item).lines().collect();
    let at = lines.iter().position(|it| {
        let it = it.trim_start();
        let it = it.strip_prefix("ENV ").map_or(it, str::trim_start);
        it.strip_prefix(name).is_some_and(|it| it.starts_with(['=', ' ']))
    })?;
    let is_comment = |at: usize| lines[at].trim_start().starts_with('#');
    let next = lines.get(at + 1).map_or("", |it| it.trim());
    let ends = next.is_empty() || next == "\\" || next.starts_with('#');
    let comment = at.checked_sub(1).filter(|it| is_comment(*it))?;
    (ends || speaks(lines[comment])).then(|| site.line(item))
}

/// Whether every install that a variable of this stage reaches, from an item on, has its mount.
pub fn all_mounted(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    variable: &str,
) -> bool {
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
                None if nested(&run).is_some() => return false,
                None if may_install(project, site, heir, at, &run) => return false,
                None => {}
            }
        }
    }
    mounted > 0
}
