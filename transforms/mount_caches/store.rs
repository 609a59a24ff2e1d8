//! Who needs what is in a store: there packages stay where they were fetched to.
//!
//! A store is judged with all stages that are built on the same image: each of their RUNs that uses it has to get
//! the mount, since it would find an empty folder else, and nobody may run what is built of them.

use super::{
    Caches, guard,
    readers::{Reach, locations},
};
use crate::{
    dockerfile::{Instruction, Keyword, instruction::Copy, stage::Stage},
    ecosystems::{self, Cache, CacheKind, Caching, FileKind, Manager, habits, images},
    project::Project,
    run::{CallSite, Run, Site, independence},
    text::{ImagePath, Refusal},
};

/// What a RUN says that has what it needs to download for itself alone: passwords and keys.
const SECRETS: &[&str] =
    &["netrc", ".ssh", "ssh-", "type=ssh", "type=secret", "git config", "token", "TOKEN"];

/// Programs besides those that only touch what they are given: none of them uses packages of a manager.
const APART: &[&str] = &["git", "strip", "upx"];

/// Whether no image needs what is in the stores, and each RUN that does gets the mounts.
pub(super) fn check(
    caches: &Caches<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Result<(), Refusal> {
    match needed(caches, project, site, stage) {
        Some(reason) => Err(Refusal::new("store-needed", reason)),
        None => Ok(()),
    }
}

/// Why what is in the stores has to stay in the image; `None` if nothing speaks against mounts.
fn needed(
    caches: &Caches<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Option<String> {
    let (manager, _) = caches.stores().next()?;
    let image = caches.run.state.image.as_deref().map(images::named);
    if !image.is_some_and(|it| it.brings(manager.name)) {
        return Some(format!("its image is not known to bring {}", manager.title));
    }
    let family = family(site, stage);
    if let Some(it) = family.iter().find(|it| is_run(project, site, it)) {
        let name = it.name.map_or_else(|| "the last stage".to_owned(), |it| format!("stage {it}"));
        return Some(format!("{name} is run, and may need the packages then"));
    }
    if let Some(why) = denied(caches, project, site, stage, &family) {
        return Some(why);
    }
    for own in &family {
        for item in site.runs(own, &[""]) {
            if own.index == stage.index && item == caches.run.item {
                continue;
            }
            let line = site.line(item);
            let Ok(run) = site.run(own, item) else {
                return Some(format!("{line} cannot be read, and may need the packages"));
            };
            let other = Caches::of(site, own, &run);
            let other = other.as_ref().filter(|it| it.fills_a_store());
            if let Some(other) = other {
                if !caches.stores().all(|it| other.fills_same(it.1)) {
                    return Some(format!("{line} needs the packages and has them elsewhere"));
                }
                let why = denied(other, project, site, own, &family)
                    .or_else(|| Some(other.check_alone(project, site, own).err()?.reason))
                    .or_else(|| Some(other.let_fill().err()?.reason));
                if let Some(why) = why {
                    return Some(format!(
                        "{line} needs the packages and cannot get the mount: {why}"
                    ));
                }
            } else if caches.stores().any(|it| !mounts(&run, it.1) && needs(&run, it)) {
                return Some(format!("{line} may need the packages"));
            }
        }
    }
    None
}

/// The stages that are built on the same image as this one.
fn family<'s>(site: &'s Site<'_>, stage: &'s Stage<'_>) -> Vec<&'s Stage<'s>> {
    let first = stage.lineage(&site.stages).iter().map(|it| it.index).min().unwrap_or(stage.index);
    site.stages.iter().filter(|it| it.is_built_on(first)).collect()
}

/// Whether an image is made of a stage, by default or because something asks for it, or seems to be.
fn is_run(project: &Project, site: &Site<'_>, stage: &Stage<'_>) -> bool {
    let is_asked = |target: &str| stage.is_called(target);
    let starts = |it: Keyword| {
        matches!(it, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck | Keyword::Onbuild)
    };
    stage.index + 1 == site.stages.len()
        || project.builds(site.path).iter().filter_map(|it| it.target.as_deref()).any(is_asked)
        || stage.instructions().any(|it| starts(it.2.keyword))
}

/// Whether a COPY of one of these stages may put files of the build context into a folder.
fn is_filled(family: &[&Stage<'_>], folder: &ImagePath) -> bool {
    let fills = |stage: &&Stage<'_>| {
        stage.instructions().any(|(item, _, instruction)| {
            let Some(copy) = instruction.copy().filter(|it| it.from.is_none()) else {
                return false;
            };
            let state = stage.state_before(item);
            let to = state.expand(&copy.destination.text, stage.dockerfile.escape);
            let to = to.and_then(|it| state.absolute(&it));
            to.is_none_or(|it| it.is_within(folder) || folder.is_within(&it))
        })
    };
    family.iter().any(fills)
}

/// What the Dockerfile or the project says against mounts.
fn denied(
    caches: &Caches<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    family: &[&Stage<'_>],
) -> Option<String> {
    let says = |words: &[&'static str], only_runs| said(site, family, words, only_runs, "");
    let stores = caches.uses.iter().filter(|it| it.caching.cache.kind == CacheKind::Store);
    for used in stores {
        let cache = used.caching.cache;
        if let Some(it) = says(cache.denied_by, false) {
            return Some(format!("the stage says `{it}`, so packages may be elsewhere"));
        }
        // What is set for good is set in what is built on it, too.
        let lasting = ecosystems::manager(&used.site.call).map_or("", |it| it.settles);
        if let Some(it) = said(site, family, cache.denied_by_run, true, lasting) {
            return Some(format!("a RUN says `{it}`, so another may not get the packages again"));
        }
        let folder = used.site.directory.as_ref();
        let location = used.caching.location.as_ref();
        // The working directory of the base image may be one that the project never uses: `/go`.
        let holds = |it: &ImagePath| {
            !it.is_root()
                && location.is_some_and(|location| location.root.is_within(it))
                && is_filled(family, it)
        };
        if folder.is_some_and(holds) {
            let folder = folder.map_or("/", ImagePath::as_str);
            return Some(format!("the packages are in {folder}, which the project is copied to"));
        }
        let manager = ecosystems::manager(&used.site.call);
        let manifest = manager.map_or("", |it| it.manifest);
        // A workspace names the modules whose packages are fetched ("go help work").
        let manifests = manager.iter().flat_map(|it| it.files);
        let mut manifests = manifests.filter(|it| it.kind == FileKind::Manifest);
        let (brought, listed) = guard::with_files(caches, project, site, stage, |text| {
            // A module is that of the folder, or of one above it ("go help modules").
            let folders = || folder.into_iter().flat_map(ImagePath::ancestors);
            let is_there = |name: &str| folders().any(|it| text(&it.join(name)).is_some());
            (
                cache.brought_by.iter().any(|it| is_there(it)),
                manifests.any(|it| is_there(it.pattern)),
            )
        });
        if brought {
            return Some("the project brings the packages along".to_owned());
        }
        if !cache.shown_by.is_empty() && !listed && says(cache.shown_by, false).is_none() {
            return Some(format!("no {manifest} shows that packages are there"));
        }
    }
    if let Some(line) = copied_to(caches, site, family) {
        return Some(format!("{line} copies packages there, which the mount would hide"));
    }
    let secret = says(SECRETS, true)?;
    Some(format!("a RUN says `{secret}`, so another may not get the packages again"))
}

/// The line of a COPY that puts something into a store.
fn copied_to(caches: &Caches<'_>, site: &Site<'_>, family: &[&Stage<'_>]) -> Option<String> {
    let fills = |stage: &Stage<'_>, item: usize, copy: &Copy<'_>| {
        let state = stage.state_before(item);
        let Some(to) = state.expand(&copy.destination.text, site.dockerfile.escape) else {
            return copy.from.is_some();
        };
        let folder = state.workdir.clone().unwrap_or_else(ImagePath::root);
        match caches.reach_of(&folder.join(&to)) {
            Reach::Within | Reach::Root | Reach::AllCaches => true,
            // What another stage has below may be packages.
            Reach::Above => copy.from.is_some(),
            _ => false,
        }
    };
    family.iter().find_map(|stage| {
        let mut copies = stage.instructions().filter_map(|it| Some((it.0, it.2.copy()?)));
        let found = copies.find(|(item, copy)| fills(stage, *item, copy))?;
        Some(site.line(found.0))
    })
}

/// The first of these words in the instructions of some stages, or in their RUNs; not in commands that contain
/// `lasting`, if that is not empty.
fn said(
    site: &Site<'_>,
    stages: &[&Stage<'_>],
    words: &[&'static str],
    only_runs: bool,
    lasting: &str,
) -> Option<&'static str> {
    let all = stages.iter().flat_map(|it| it.instructions());
    let mut all = all.filter(|it| !only_runs || it.2.keyword == Keyword::Run);
    all.find_map(|it| {
        let text = site.dockerfile.text(it.0);
        let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
        let text: String = lines.flat_map(|it| [it, "\n"]).collect();
        let commands = text.split(['&', ';']);
        let is_lasting = |it: &&str| !lasting.is_empty() && it.contains(lasting);
        let text: String = commands.filter(|it| !is_lasting(it)).flat_map(|it| [it, ";"]).collect();
        words.iter().copied().find(|word| says(it.2, &text, word))
    })
}

/// Whether an instruction of this text says a word that matters to a build: labels say nothing to it, and a variable
/// only by an option or a path in its value, or as it is set.
fn says(instruction: &Instruction, text: &str, word: &str) -> bool {
    let is_option = |it: &str| it.contains(word) && (it.starts_with('-') || it.contains('/'));
    match instruction.keyword {
        Keyword::Label | Keyword::Maintainer => false,
        Keyword::Env | Keyword::Arg => instruction.pairs().iter().any(|it| {
            let value = it.value.as_deref().unwrap_or_default().trim_matches(['"', '\'']);
            format!("{}={value}", it.name) == word || value.split_whitespace().any(is_option)
        }),
        _ => text.contains(word),
    }
}

/// Whether what a cache holds of an earlier build may be out of date with what the stages install besides.
pub(super) fn is_stale(site: &Site<'_>, stage: &Stage<'_>, cache: &Cache) -> bool {
    cache.kind == CacheKind::Cache
        && !cache.denied_by.is_empty()
        && said(site, &family(site, stage), cache.denied_by, true, "").is_some()
}

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

    /// Leaves out the managers with a store, and returns true if others are left.
    pub(super) fn leave_stores(&mut self) -> bool {
        let stores: Vec<&str> = self.stores().map(|it| it.0.name).collect();
        self.uses.retain(|it| {
            ecosystems::manager(&it.site.call).is_none_or(|it| !stores.contains(&it.name))
        });
        self.locations = locations(&self.uses);
        !self.uses.is_empty()
    }

    /// Whether each store that this RUN fills is this one, in the same place.
    fn fills_same(&self, caching: &Caching) -> bool {
        caching.location.is_some() && self.stores().all(|it| it.1.location == caching.location)
    }
}

/// Whether a RUN has a mount on the store.
fn mounts(run: &Run<'_>, caching: &Caching) -> bool {
    let Some(location) = &caching.location else { return false };
    let mut targets = run.instruction.mounts().filter_map(|it| it.target);
    targets.any(|it| ImagePath::new(&it).is_some_and(|it| location.root.is_within(&it)))
}

/// Whether a command of a RUN that fills no store may need what is in one.
fn needs(run: &Run<'_>, (manager, caching): (&Manager, &Caching)) -> bool {
    let needs = |it: &CallSite| {
        let program = it.call.program.as_str();
        let own = ecosystems::manager(&it.call).is_some_and(|it| it.name == manager.name);
        match own {
            true => !manager.grammar.is_apart(&it.call),
            // What is not known may start one that does.
            false => {
                let is_known = independence::is_known(program)
                    || habits::touches(program).is_some()
                    || APART.contains(&program);
                caching.cache.used_by.contains(&program) || !is_known
            }
        }
    };
    // Words that are no call are not known either.
    let unread = run
        .script
        .commands()
        .iter()
        .enumerate()
        .any(|(at, it)| !it.words.is_empty() && run.call_of(at).is_none());
    unread || run.calls().iter().any(needs)
}
