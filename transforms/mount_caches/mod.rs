#![doc = include_str!("page.md")]

// The caches that a RUN fills, and what it takes to keep them in cache mounts.
//
// What a manager's command fills is that manager's to know (see [`crate::ecosystems`]). Here is what the
// Dockerfile around it has to say: who runs it, what else reads or empties the cache, which mounts are
// there. Nothing here changes a file.

mod cleaning;
mod flags;
mod frontend;
mod guard;
mod off;
mod readers;
mod remarks;
mod started;
mod store;
mod there;
mod together;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    dockerfile::{Instruction, Keyword, stage::Stage},
    ecosystems::{self, At, Caching, Location, Manager},
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        Project,
        change::{Alteration, Altered, Change, Outcome, Safety},
    },
    run::{CallSite, Run, Site},
    text::{ImagePath, Refusal},
};
pub use off::{all_mounted, removable};

/// Package caches outlive a build in cache mounts.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "cache-config",
        "cache-emptied",
        "cache-has-files",
        "cache-needed",
        "cache-off",
        "classic-builder",
        "compiled-packages",
        "exec-form",
        "heredoc",
        "indirect-install",
        "kaniko",
        "linked-packages",
        "non-root-user",
        "not-posix-shell",
        "odd-mount",
        "odd-path",
        "old-syntax",
        "other-home",
        "other-user",
        "railway",
        "store-needed",
        "target-install",
        "unknown-cache",
        "unknown-caller",
        "unknown-syntax",
        "unknown-user",
        "unreadable-shell",
        "windows",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "mount-caches";

/// The options of this transform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Whether to ask for a Dockerfile frontend with `# syntax=` where a file names none.
    pub syntax: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { syntax: true }
    }
}

fn run(project: &Project, settings: &Settings) -> Outcome {
    let any = |_: &Manager| true;
    project.each_dockerfile_of(any, |project, file, dockerfile| {
        let options: Options = settings.of(&file.path);
        let site = Site::new(&file.path, dockerfile);
        let words = file.programs();
        let mut outcome = Outcome::default();
        for stage in &site.stages {
            let look = |item| mount(project, &options, &site, stage, item);
            outcome.extend([site.each_run(NAME, stage, &words, look)]);
            outcome.changes.extend(
                stage.instructions().filter_map(|it| unset(project, &site, stage, it.0, it.2)),
            );
        }
        outcome
    })
}

/// Gives a RUN the mounts that it lacks.
fn mount(
    project: &Project,
    options: &Options,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if ecosystems::seems_to_install(site.dockerfile.text(item)) => return Err(why),
        Err(_) => return Ok(None),
    };
    let Some(mut caches) = Caches::of(site, stage, &run) else {
        return guard::nested(&run).map_or(Ok(None), Err);
    };
    if !caches.are_mounted()
        && let Err(why) = store::check(&caches, project, site, stage)
        && !caches.leave_stores()
    {
        return Err(why);
    }
    if caches.are_mounted() {
        return Ok(feed(project, site, stage, &run, &caches));
    }
    caches.check_alone(project, site, stage)?;
    caches.together(project, site, stage)?;
    let off = caches.turned_off()?;
    off.map(|it| removable(project, site, stage, it)).transpose()?;
    let (mut edits, alters) = caches.let_fill()?;
    let flags = caches.flags(site, stage);
    edits.push(site.dockerfile.add_flags(run.instruction, &flags, &edits));
    if options.syntax && frontend::is_missing(site) {
        edits.push(site.dockerfile.add_directive("syntax", frontend::frontend(project)));
    }
    let folders: Vec<&str> = caches.unmounted().into_iter().map(ImagePath::as_str).collect();
    let mounts = if folders.len() == 1 { "a cache mount" } else { "cache mounts" };
    let title = format!("Keep {} in {mounts}", folders.join(" and "));
    let fill = if caches.managers().len() == 1 { "caches" } else { "cache" };
    let managers = caches.managers().join(" and ");
    let wanted = caches.wanted_by(site);
    let said = caches.spoken_of(site).filter(|_| wanted.is_none());
    let called = caches.called_by(project, site, stage);
    let rest = match (&called, caches.is_shared(site, stage)) {
        (Some(call), _) => format!("{call} in the container, which will not find the cache there"),
        (None, true) => "all that reuses the cache here can have the mount".to_owned(),
        (None, false) => "nothing else here uses the cache".to_owned(),
    };
    let mut reason = format!("{managers} {fill} there as root, and {rest}");
    if let Some(line) = &wanted {
        reason += &format!("; but the comment on {line} seems to want it in the image");
    }
    if let Some(line) = &said {
        reason += &format!("; the comment on {line} may speak against it");
    }
    // The variable that empties the mount goes next, and it is part of the image.
    let is_safe = off.is_none() && wanted.is_none() && said.is_none() && called.is_none();
    let safety = if is_safe { Safety::Safe } else { Safety::Review };
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
fn unset(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    instruction: &Instruction,
) -> Option<Change> {
    if instruction.keyword != Keyword::Env {
        return None;
    }
    let mut names = instruction.pairs().iter().map(|it| it.name.as_str());
    let name = names.find(|it| ecosystems::off_variable(it).is_some())?;
    let off = ecosystems::off_variable(name)?;
    let after = stage.state_before(item + 1);
    let is_off = after.variable(name).is_some_and(off.when);
    let is_explained = || off::explained(site, item, instruction, name).is_some();
    if !is_off || is_explained() || !all_mounted(project, site, stage, item, name) {
        return None;
    }
    let edits = vec![site.dockerfile.remove_pair(item, name)?];
    let title = format!("Let the cache mounts fill: remove {name}");
    let reason = "every install that it reaches has a cache mount, which it would leave empty";
    let mut change = site.change(item, Safety::Review, title, reason.to_owned(), edits);
    change.alters.push(Alteration::Env(name.to_owned()));
    Some(change)
}

/// The calls of a RUN that fill caches.
pub struct Caches<'r> {
    run: &'r Run<'r>,
    uses: Vec<Use<'r>>,
    /// Where the caches are, as far as that is known; each place once, for many calls fill one cache.
    locations: Vec<Location>,
    mounts: Vec<Mounted>,
}

/// A call that fills a cache.
struct Use<'r> {
    site: &'r CallSite,
    caching: Caching,
}

/// A mount that a RUN has.
struct Mounted {
    is_cache: bool,
    /// Where; `None` when it cannot be known.
    target: Option<ImagePath>,
    raw: String,
}

impl<'r> Caches<'r> {
    /// What the calls of a RUN fill; `None` when they fill nothing.
    pub fn of(site: &Site<'_>, stage: &Stage<'_>, run: &'r Run<'r>) -> Option<Self> {
        let mut uses: Vec<_> =
            run.calls().iter().flat_map(|it| Use::of(site, stage, run, it)).collect();
        there::keep(&mut uses, site, stage, run);
        let mounts = run.instruction.mounts().filter_map(|it| {
            let raw = it.target?;
            let target = run.state.expand(&raw, site.dockerfile.escape);
            let target = target.and_then(|it| run.state.absolute(&it));
            Some(Mounted { is_cache: it.kind == "cache", target, raw })
        });
        let locations = readers::locations(&uses);
        (!uses.is_empty()).then(|| Self { run, uses, locations, mounts: mounts.collect() })
    }

    /// The known folders that no mount covers yet.
    pub fn unmounted(&self) -> Vec<&ImagePath> {
        let mut folders = Vec::new();
        for folder in self.uses.iter().flat_map(|it| it.caching.folders()) {
            if !folders.contains(&folder) && !self.is_covered(folder, false) {
                folders.push(folder);
            }
        }
        folders
    }

    /// Whether mounts cover every folder, those included that are not known.
    pub fn are_mounted(&self) -> bool {
        self.uses.iter().all(|it| self.is_mounted(it, false))
    }

    /// The same of the caches that a variable of this name would turn off.
    fn are_mounted_for(&self, variable: &str) -> bool {
        let heeds = |it: &&Use<'_>| it.caching.cache.off_variables().any(|it| it.name == variable);
        self.uses.iter().filter(heeds).all(|it| self.is_mounted(it, false))
    }

    /// Whether a flag empties a cache mount that is there.
    pub fn starves(&self) -> bool {
        self.uses.iter().any(|it| !it.caching.off.is_empty() && self.is_mounted(it, true))
    }

    /// Whether mounts, or cache mounts alone, cover the folders of a cache. Where they are is not known for
    /// some: a mount whose target is not known either is then taken for theirs.
    fn is_mounted(&self, cache_use: &Use<'_>, by_cache: bool) -> bool {
        match &cache_use.caching.location {
            Some(cache_use) => cache_use.folders.iter().all(|it| self.is_covered(it, by_cache)),
            None => {
                let is_its = |it: &Mounted| {
                    cache_use
                        .caching
                        .cache
                        .endings()
                        .any(|end| it.raw.ends_with(end.trim_end_matches('/')))
                };
                self.mounts(by_cache).any(|it| it.target.is_none() || is_its(it))
            }
        }
    }

    fn is_covered(&self, folder: &ImagePath, by_cache: bool) -> bool {
        // A target that cannot be expanded is somebody's cache mount all the same.
        let covers = |target: &ImagePath| folder.is_within(target);
        self.mounts(by_cache).any(|it| it.target.as_ref().is_none_or(covers))
    }

    fn mounts(&self, by_cache: bool) -> impl Iterator<Item = &Mounted> {
        self.mounts.iter().filter(move |it| it.is_cache || !by_cache)
    }

    /// The managers that fill the caches, by the names of their programs.
    pub fn managers(&self) -> Vec<&str> {
        let mut names: Vec<&str> =
            self.uses.iter().map(|it| it.site.call.program.as_str()).collect();
        names.dedup();
        names
    }

    /// Whether a variable of this name would turn one of the caches off.
    pub fn heeds(&self, variable: &str) -> bool {
        self.uses.iter().any(|it| it.caching.cache.off_variables().any(|it| it.name == variable))
    }

    /// Takes out what turns the caches off or empties them in this RUN.
    ///
    /// # Errors
    /// A decline, when that cannot be done without touching more.
    pub fn let_fill(&self) -> Result<Altered, Refusal> {
        let (mut edits, mut alters) = self.without_cleaning()?;
        for it in self.uses.iter().filter(|it| !it.caching.off.is_empty()) {
            let command = &self.run.script.commands()[it.site.command];
            let off =
                || Refusal::new("cache-off", "what turns the cache off here cannot be taken out");
            edits.extend(self.run.script.remove_words(command, &it.caching.off).ok_or_else(off)?);
            alters.push(Alteration::Pipeline(command.pipeline.clone()));
        }
        Ok((edits, alters))
    }

    /// Whether the caches may be kept out of the image, and in mounts.
    ///
    /// # Errors
    /// A decline, when something speaks against it or nothing tells.
    pub fn check(
        &self,
        project: &Project,
        site: &Site<'_>,
        stage: &Stage<'_>,
    ) -> Result<(), Refusal> {
        self.check_alone(project, site, stage)?;
        store::check(self, project, site, stage)
    }

    /// The same without what other RUNs need of a store.
    fn check_alone(
        &self,
        project: &Project,
        site: &Site<'_>,
        stage: &Stage<'_>,
    ) -> Result<(), Refusal> {
        guard::builder(project, site)?;
        guard::user(self)?;
        guard::place(self)?;
        guard::compiled(self)?;
        guard::home(self, site, stage)?;
        guard::configuration(self, project, site, stage)?;
        guard::files(self, site, stage)?;
        readers::check(self, site, stage)?;
        self.check_remarks(site)
    }
}

impl<'r> Use<'r> {
    /// The caches that a call fills.
    fn of(site: &Site<'_>, stage: &Stage<'_>, run: &Run<'_>, call: &'r CallSite) -> Vec<Self> {
        let Some(manager) = ecosystems::manager(&call.call) else { return Vec::new() };
        let version = || site.version(stage, run.item, manager);
        let at = At { version: &version, ..run.at(call) };
        if ecosystems::python::installs_from_disk(&call.call) {
            return Vec::new();
        }
        let cachings = manager.cachings(&call.call, &at).into_iter();
        let fresh = cachings.filter(|it| !store::is_stale(site, stage, it.cache));
        fresh.map(|caching| Use { site: call, caching }).collect()
    }
}
