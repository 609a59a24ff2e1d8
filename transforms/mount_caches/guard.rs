//! What must hold for a cache mount to be right, whatever else the RUN does.

use std::{cell::OnceCell, sync::Arc};

use super::Caches;
use crate::{
    callers::Builder,
    context::layers::Layers,
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{
        self, At, Cache, Location,
        images::{self, Family},
    },
    project::Project,
    run::{CallSite, Run, Site},
    shell::{Command, Script},
    text::{ImagePath, Refusal},
};

/// Whoever builds the file has to know cache mounts.
pub(super) fn builder(project: &Project, site: &Site<'_>) -> Result<(), Refusal> {
    if let Some(place) = project.built_by(site.path, &[Builder::Kaniko]) {
        let why = format!("{place} builds it with Kaniko, which does not know RUN --mount");
        return Err(Refusal::new("kaniko", why));
    }
    if let Some(place) = project.built_by(site.path, &[Builder::Classic]) {
        let why = format!("{place} builds it without BuildKit, which RUN --mount needs");
        return Err(Refusal::new("classic-builder", why));
    }
    if let Some(place) = project.built_by(site.path, &[Builder::Railway]) {
        let why = format!(
            "{place} has Railway build it, which refuses a cache mount without the id of the service"
        );
        return Err(Refusal::new("railway", why));
    }
    if let Some(it) = project.unread_caller(site.path) {
        return Err(Refusal::new("unknown-caller", it.reason()));
    }
    match site.dockerfile.directive("syntax").map(images::knows_cache_mounts) {
        Some(Some(false)) => Err(Refusal::new(
            "old-syntax",
            "its # syntax= is older than 1.2, which brought cache mounts",
        )),
        Some(None) => Err(Refusal::new(
            "unknown-syntax",
            "its # syntax= names a frontend that may not know cache mounts",
        )),
        Some(Some(true)) | None => Ok(()),
    }
}

/// The mount is root's, so root has to run the install.
pub(super) fn user(caches: &Caches<'_>) -> Result<(), Refusal> {
    let run = caches.run;
    let image = run.state.image.as_deref().map(images::named);
    if image.is_some_and(|it| it.family() == Family::Windows) {
        return Err(Refusal::new("windows", "it is a Windows image"));
    }
    if run.script.is_heredoc() {
        return Err(Refusal::new("heredoc", "the commands stand in a here-document"));
    }
    if caches.uses.iter().any(|it| it.site.call.other_user.is_some()) {
        return Err(Refusal::new("other-user", "sudo runs it for a user whose cache is elsewhere"));
    }
    match run.state.is_root() {
        Some(true) => Ok(()),
        Some(false) => Err(Refusal::new(
            "non-root-user",
            "it runs as a user who could not write to a mount that root owns",
        )),
        None => Err(Refusal::new("unknown-user", "the user of the base image is not known")),
    }
}

/// The cache has to be where the mount goes, and nowhere else.
pub(super) fn place(caches: &Caches<'_>) -> Result<(), Refusal> {
    for it in &caches.mounts {
        let within = it.target.as_ref().is_some_and(|target| {
            let inside = |folder: &ImagePath| target != folder && target.is_within(folder);
            caches.locations.iter().flat_map(|it| &it.folders).any(inside)
        });
        if it.raw.starts_with('~') {
            return Err(Refusal::new(
                "odd-mount",
                format!("builders do not know the ~ of its mount on {}", it.raw),
            ));
        }
        if within {
            return Err(Refusal::new(
                "odd-mount",
                format!("its mount on {} is inside the cache", it.raw),
            ));
        }
    }
    // The flag is a line of CSV in a word of the instruction, which has no way to say these.
    let is_odd = |it: &&&ImagePath| {
        it.is_root() || it.as_str().contains(|c: char| c.is_whitespace() || "\\\",'$".contains(c))
    };
    if let Some(folder) = caches.unmounted().iter().find(is_odd) {
        let what = format!("its cache is {folder}, and a mount cannot be put there");
        return Err(Refusal::new("odd-path", what));
    }
    let mut seen: Vec<*const Cache> = Vec::new();
    for it in &caches.uses {
        let caching = &it.caching;
        // Many calls fill few caches, and of each the whole script is asked.
        let is_new = !seen.contains(&std::ptr::from_ref(caching.cache));
        if is_new {
            seen.push(caching.cache);
        }
        if caching.linked {
            return Err(Refusal::new(
                "linked-packages",
                "what it installs leads into the cache, so the image needs it",
            ));
        }
        if caching.location.is_none() {
            return Err(Refusal::new("unknown-cache", "the place of the cache is not known"));
        }
        if let Some(name) = Some(it).filter(|_| is_new).and_then(|it| moved_by_script(caches, it)) {
            return Err(Refusal::new(
                "unknown-cache",
                format!("the script sets {name}, so the place of the cache is not known"),
            ));
        }
        if !caching.off.is_empty() && it.site.call.has(&["-t", "--target"]) {
            return Err(Refusal::new(
                "target-install",
                "it installs to a folder of its own, without a cache on purpose",
            ));
        }
    }
    Ok(())
}

/// What is compiled on the way has to be compiled again where its settings change, and a cache that knows it by its
/// source alone would hand out what other settings made.
pub(super) fn compiled(caches: &Caches<'_>) -> Result<(), Refusal> {
    for it in &caches.uses {
        let settings = it.caching.cache.compiling;
        let set = || set_for_all(caches.run, settings?.variables).map(str::to_owned);
        if let Some(name) = it.caching.compiled_with.clone().or_else(set) {
            let why = format!(
                "{name} may change how packages are compiled, and the cache would keep what other settings made"
            );
            return Err(Refusal::new("compiled-packages", why));
        }
    }
    Ok(())
}

/// The first variable of a kind that a script sets for the commands that follow.
fn set_for_all<'r>(run: &'r Run<'_>, is_meant: fn(&str) -> bool) -> Option<&'r str> {
    let commands = run.script.commands();
    let declares = |it: &&Command| it.program().is_some_and(|it| DECLARES.contains(&it));
    let declared = || commands.iter().filter(declares).flat_map(|it| &it.words);
    let all_are_exported = commands.iter().any(|it| it.program() == Some("set") && exports_all(it));
    // A variable of the shell alone is none of the commands'.
    let reaches_commands = |name: &&str| {
        all_are_exported
            || run.state.variables.get(name).is_some()
            || declared().any(|it| it.raw == **name)
    };
    let alone = commands.iter().filter(|it| it.words.is_empty()).flat_map(|it| &it.assignments);
    let alone = alone.map(|it| it.name.as_str()).filter(reaches_commands);
    let exported = declared().filter_map(|it| it.raw.split_once('=')).map(|it| it.0);
    alone.chain(exported).find(|it| is_meant(it))
}

/// Whether a `set` exports each variable that is assigned after it: `set -a`, `set -o allexport`.
fn exports_all(set: &Command) -> bool {
    let is_short = |it: &str| it.starts_with('-') && it.contains('a');
    set.words.iter().skip(1).any(|it| is_short(&it.raw) || it.raw == "allexport")
}

/// The programs of a shell that give variables values.
const DECLARES: [&str; 5] = ["export", "declare", "readonly", "typeset", "eval"];

/// A variable that the script itself sets and that moves the cache.
fn moved_by_script(caches: &Caches<'_>, cache_use: &super::Use<'_>) -> Option<&'static str> {
    cache_use.caching.cache.variables().find(|it| set_by_script(&caches.run.script, it))
}

/// Whether a script gives a variable a value for more than one command.
///
/// A file that it sources may, too, but environments and version managers leave caches alone.
pub(super) fn set_by_script(script: &Script, name: &str) -> bool {
    let set = format!("{name}=");
    let inside = |it: char| it.is_ascii_alphanumeric() || it == '_';
    let sets = |it: &str| it.match_indices(&set).any(|(at, _)| !it[..at].ends_with(inside));
    script.commands().iter().any(|it| {
        let alone = it.words.is_empty() && it.assignments.iter().any(|it| it.name == name);
        let declares = it.program().is_some_and(|it| DECLARES.contains(&it));
        alone || (declares && it.words.iter().any(|it| sets(&it.raw)))
    })
}

/// The folders above a mount are root's in the image, which is in the way of others where no cache has
/// been before.
pub(super) fn home(caches: &Caches<'_>, site: &Site<'_>, stage: &Stage<'_>) -> Result<(), Refusal> {
    let run = caches.run;
    let starts = caches.uses.iter().any(|it| !it.caching.off.is_empty());
    let starts =
        starts || caches.turned_off()?.is_some() || !caches.without_cleaning()?.0.is_empty();
    let home = run.state.home().filter(|it| *it != "/root").unwrap_or("/home");
    let home = ImagePath::root().join(home);
    let shared = run.state.variable("XDG_CACHE_HOME").and_then(ImagePath::new);
    let others = site.heirs(stage).any(|it| it.state_before(it.end).is_root() != Some(true));
    let is_others = |it: &&&ImagePath| {
        it.is_within(&home)
            || it.is_within_fixed(&["/home"])
            || (others && shared.as_ref().is_some_and(|shared| it.is_within(shared)))
    };
    match caches.unmounted().iter().find(is_others) {
        Some(it) if starts => Err(Refusal::new(
            "other-home",
            format!("the folders above {it} would be root's, and another may want to write there"),
        )),
        _ => Ok(()),
    }
}

/// No command and no file of the project may configure the cache: that beats the defaults.
pub(super) fn configuration(
    caches: &Caches<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Result<(), Refusal> {
    let words = ["config"];
    for used in &caches.uses {
        let Some(manager) = ecosystems::manager(&used.site.call) else { continue };
        if let Some(why) = other(caches, used, project, site, stage) {
            return Err(Refusal::new("unknown-cache", format!("{why}, so its cache is elsewhere")));
        }
        if let Some(file) = keeps_itself(caches, used, project, site, stage) {
            return Err(Refusal::new(
                "linked-packages",
                format!("{file} asks for a version of {}, which lives in the cache", manager.title),
            ));
        }
        let mut settings = project.cache_settings().iter();
        if let Some((path, _, key)) = settings.find(|it| it.1 == manager.name) {
            return Err(Refusal::new("cache-config", format!("{path} sets {key}")));
        }
        for below in stage.lineage(&site.stages) {
            let runs = site
                .runs(&below, &words)
                .filter(|it| below.index != stage.index || *it <= caches.run.item);
            for run in runs.filter_map(|it| site.run(&below, it).ok()) {
                let keys = || manager.files.iter().flat_map(|it| it.cache_keys);
                let is_key = |text: &str| {
                    let moves = |it: &str| text.starts_with(it);
                    text.contains("cache")
                        || keys().any(|it| moves(it))
                        || used.caching.cache.variables().any(moves)
                };
                let configures = |it: &&CallSite| {
                    ecosystems::manager(&it.call).is_some_and(|it| it.name == manager.name)
                        && manager.grammar.has(&it.call, manager.grammar.configure)
                        && it.call.texts().any(is_key)
                };
                if let Some(it) = run.calls().iter().find(configures) {
                    let text = run.text(run.script.commands()[it.command].span.clone());
                    return Err(Refusal::new(
                        "cache-config",
                        format!("`{text}` configures the cache"),
                    ));
                }
            }
        }
    }
    Ok(())
}

/// Why a call is one of another manager of the same name, as far as the Dockerfile and the project tell.
fn other(
    caches: &Caches<'_>,
    used: &super::Use<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Option<String> {
    let manager = ecosystems::manager(&used.site.call)?;
    let version = || site.version(stage, caches.run.item, manager);
    with_files(caches, project, site, stage, |text| {
        let at = At { text, version: &version, ..caches.run.at(used.site) };
        manager.is_other(&used.site.call, &at)
    })
}

/// The manifest that makes a manager start another version of itself from its cache.
fn keeps_itself(
    caches: &Caches<'_>,
    used: &super::Use<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Option<ImagePath> {
    let manager = ecosystems::manager(&used.site.call)?;
    let starter = manager.starter?;
    let folder = used.site.directory.as_ref()?;
    let found = with_files(caches, project, site, stage, |text| {
        let manifests = folder.ancestors().map(|it| it.join(manager.manifest));
        let own = site.installed(stage, caches.run.item, manager.name);
        let switches =
            |it: &ImagePath| text(it).is_some_and(|it| (starter.switches)(&it, own.as_ref()));
        manifests.into_iter().find(switches)
    });
    found.filter(|_| !site.enables(stage, caches.run.item + 1, manager))
}

/// Asks for files that COPYs put into the image before a RUN; they are read when the first is asked for.
pub(super) fn with_files<T>(
    caches: &Caches<'_>,
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    ask: impl FnOnce(&dyn Fn(&ImagePath) -> Option<Arc<str>>) -> T,
) -> T {
    let (item, layers) = (caches.run.item, OnceCell::new());
    let read = || {
        let folder = Layers::context(project, site.path).ok()?;
        Some(Layers::read(project, site.path, &site.stages, stage, folder))
    };
    ask(&|path| {
        let layers: &Option<Layers<'_>> = layers.get_or_init(read);
        let file = layers.as_ref()?.provider(stage.index, item, path)?.1;
        project.text(file.as_str())
    })
}

/// No earlier COPY may have put files where the mount would hide them.
pub(super) fn files(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Result<(), Refusal> {
    for layer in stage.lineage(&site.stages) {
        let before =
            layer.instructions().filter(|it| layer.index != stage.index || it.0 < caches.run.item);
        for (at, _, it) in before.filter(|it| matches!(it.2.keyword, Keyword::Copy | Keyword::Add))
        {
            let Some(copy) = it.copy() else { continue };
            let state = layer.state_before(at);
            let destination = state.expand(&copy.destination.text, site.dockerfile.escape);
            let Some(destination) = destination.and_then(|it| state.absolute(&it)) else {
                continue;
            };
            let hides = |it: &Location| {
                let is_whole = destination.file_name() == ".cache"
                    && it.root.parent().as_ref() == Some(&destination);
                is_whole || destination.is_within(&it.root)
            };
            if caches.locations.iter().any(hides) {
                return Err(Refusal::new(
                    "cache-has-files",
                    "an earlier COPY or ADD puts files there, which the mount would hide",
                ));
            }
        }
    }
    Ok(())
}

/// Why an install is not read that a RUN hands to another shell or program.
pub(super) fn nested(run: &Run<'_>) -> Option<Refusal> {
    const SAYS: &[&str] = &["echo", "printf", "cat", "grep", "sed", "test", "[", "alias"];
    let mut commands = run.script.commands().iter().enumerate();
    let (_, nested) = commands.find(|(at, it)| {
        let call = run.call_of(*at);
        let known = call.is_some_and(|it| ecosystems::manager(&it.call).is_some());
        let says = it.program().is_some_and(|it| SAYS.contains(&it));
        !known && !says && ecosystems::seems_to_install(run.text(it.span.clone()))
    })?;
    let program = nested.program().unwrap_or("a program that is not known");
    Some(Refusal::new(
        "indirect-install",
        format!("{program} runs the install, and how is not read here"),
    ))
}
