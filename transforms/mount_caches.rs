#![doc = include_str!("mount_caches.md")]

use crate::{
    Transform,
    change::{Alteration, Change, Outcome, Safety},
    dockerfile::{Keyword, stage::Stage},
    packages::{self, Caching, OffVariable, Refusal, Setting},
    project::{Project, callers::Builder, copies::below},
    run::{CallSite, Run, Site},
    settings::Settings,
    text::Edit,
};

/// Package caches outlive a build in cache mounts.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("mount_caches.md"), run };

const NAME: &str = "mount-caches";

/// The frontend that a file without one asks for; cache mounts came with 1.2.
const SYNTAX: &str = "docker/dockerfile:1.7";

fn run(project: &Project, settings: &Settings) -> Outcome {
    project.each_dockerfile(|file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let words = packages::programs();
        let mut outcome = Outcome::default();
        for stage in &site.stages {
            for item in site.runs(stage, &words) {
                match mount(project, settings, &site, stage, item) {
                    Ok(change) => outcome.changes.extend(change),
                    Err(why) => outcome.declines.push(site.decline(NAME, item, why)),
                }
            }
            outcome.changes.extend(stage.instructions().filter_map(|it| unset(&site, stage, it.0)));
        }
        outcome
    })
}

/// The calls of a RUN that fill a cache, and how.
fn uses<'r>(run: &'r Run<'_>) -> Vec<(&'r CallSite, Caching)> {
    let caching = |site: &'r CallSite| {
        let caching = (packages::manager(&site.call)?.caching)(&site.call, &run.at(site))?;
        Some((site, caching))
    };
    run.calls().iter().filter_map(caching).collect()
}

/// The cache folders that a RUN fills and that no mount covers yet.
fn unmounted<'u>(run: &Run<'_>, escape: char, uses: &'u [(&CallSite, Caching)]) -> Vec<&'u str> {
    let targets = run.instruction.mounts().filter_map(|it| it.target);
    // A target that cannot be expanded is somebody's cache mount all the same.
    let targets: Vec<_> = targets.map(|it| run.state.expand(&it, escape)).collect();
    let covers = |folder: &str| {
        targets.iter().any(|it| it.as_deref().is_none_or(|it| below(folder, it).is_some()))
    };
    let mut folders: Vec<&str> = Vec::new();
    for folder in uses.iter().flat_map(|it| &it.1.folders) {
        if !folders.contains(&folder.as_str()) && !covers(folder) {
            folders.push(folder);
        }
    }
    folders
}

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
    let uses = uses(&run);
    let folders = unmounted(&run, site.dockerfile.escape, &uses);
    if folders.is_empty() {
        return Ok(None);
    }
    guard(project, site, stage, &run, &uses)?;
    let off = turned_off(&run, &uses)?;
    if let Some(off) = off {
        removable(project, site, stage, off)?;
    }
    let flags: Vec<String> =
        folders.iter().map(|it| format!("--mount=type=cache,target={it}")).collect();
    let mut edits = vec![site.dockerfile.add_flags(run.instruction, &flags)];
    for (call, caching) in &uses {
        let command = &run.script.commands()[call.command];
        let off = || ("cache-off", "what turns the cache off here cannot be taken out".to_owned());
        edits.extend(run.script.remove_words(command, &caching.off).ok_or_else(off)?);
    }
    edits.extend(without_cleaning(&run, &uses)?);
    if settings.mount_caches.syntax && site.dockerfile.directive("syntax").is_none() {
        edits.push(site.dockerfile.add_directive("syntax", SYNTAX));
    }
    let title = format!("Keep {} in a cache mount", folders.join(" and "));
    let managers: Vec<&str> = uses.iter().map(|it| it.0.call.program.as_str()).collect();
    let reason = format!(
        "{} caches there as the user in force, and the image does not need it",
        managers[0]
    );
    // The variable that empties the mount goes next, and it is part of the image.
    let safety = if off.is_some() { Safety::Review } else { Safety::Safe };
    Ok(Some(site.change(item, safety, title, reason, edits)))
}

/// What must hold for a cache mount to be right, whatever the variables say.
fn guard(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    run: &Run<'_>,
    uses: &[(&CallSite, Caching)],
) -> Result<(), Refusal> {
    let decline = |code, reason: &str| Err((code, reason.to_owned()));
    if run.script.is_heredoc() {
        return decline("heredoc", "the commands stand in a here-document");
    }
    if project.builds(site.path).iter().any(|it| it.builder == Builder::Kaniko) {
        return decline("kaniko", "it is built with Kaniko, which does not know RUN --mount");
    }
    match site.dockerfile.directive("syntax").map(knows_cache_mounts) {
        Some(Some(false)) => {
            return decline(
                "old-syntax",
                "its # syntax= is older than 1.2, which brought cache mounts",
            );
        }
        Some(None) => {
            return decline(
                "unknown-syntax",
                "its # syntax= names a frontend that may not know cache mounts",
            );
        }
        _ => {}
    }
    if uses.iter().any(|it| it.0.call.other_user) {
        return decline("other-user", "sudo runs it for a user whose cache is elsewhere");
    }
    match run.state.is_root() {
        Some(true) => {}
        Some(false) => {
            return decline(
                "non-root-user",
                "it runs as a user who could not write to a mount that root owns",
            );
        }
        None => return decline("unknown-user", "nothing tells which user the base image runs as"),
    }
    for (call, caching) in uses {
        if caching.root.is_empty() {
            return decline("unknown-cache", "nothing tells where the cache is");
        }
        if !caching.off.is_empty() && call.call.has(&["-t", "--target"]) {
            return decline(
                "target-install",
                "it installs to a folder of its own, without a cache on purpose",
            );
        }
        if copied_into(site, stage, run, &caching.root) {
            return decline(
                "cache-has-files",
                "an earlier COPY or ADD puts files there, which the mount would hide",
            );
        }
    }
    Ok(())
}

/// Whether a frontend knows cache mounts; `None` when nothing tells.
fn knows_cache_mounts(frontend: &str) -> Option<bool> {
    let image = crate::dockerfile::image::ImageRef::parse(frontend.split_whitespace().next()?);
    if !image.repository.ends_with("docker/dockerfile")
        && !image.repository.ends_with("docker/dockerfile-upstream")
    {
        return None;
    }
    let tag = image.tag.unwrap_or("latest").trim_start_matches('v');
    let mut parts = tag.split(['.', '-']);
    match (parts.next()?, parts.next().and_then(|it| it.parse::<u32>().ok())) {
        ("1", Some(minor)) => Some(minor >= 2),
        ("0", _) => Some(false),
        _ => Some(true),
    }
}

fn copied_into(site: &Site<'_>, stage: &Stage<'_>, run: &Run<'_>, root: &str) -> bool {
    let parent = root.rsplit_once('/').map_or("/", |it| it.0);
    stage.lineage(&site.stages).iter().any(|below_| {
        below_.instructions().filter(|it| below_.index != stage.index || it.0 < run.item).any(
            |(at, _, it)| {
                let Some(copy) = it.copy() else { return false };
                let state = below_.state_before(at, &site.stages);
                let destination = state.expand(&copy.destination.text, site.dockerfile.escape);
                let destination = destination.and_then(|it| state.absolute(&it));
                destination.is_some_and(|it| below(&it, parent).is_some())
            },
        )
    })
}

/// The variable in force that turns a cache off.
fn turned_off(
    run: &Run<'_>,
    uses: &[(&CallSite, Caching)],
) -> Result<Option<OffVariable>, Refusal> {
    for (site, caching) in uses {
        for off in caching.off_variables {
            let own = site.call.assignments.iter().any(|it| it.0 == off.name);
            match run.at(site).variable(&site.call, off.name) {
                Setting::Known(it) if (off.when)(&it) && !own => return Ok(Some(*off)),
                Setting::Known(it) if !(off.when)(&it) => {}
                Setting::Unset => {}
                _ => return Err(("cache-off", format!("{} turns the cache off here", off.name))),
            }
        }
    }
    Ok(None)
}

/// Whether a variable that turns caches off can go: every RUN that it reaches can have a mount.
fn removable(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    off: OffVariable,
) -> Result<(), Refusal> {
    let in_force = |stage: &Stage<'_>| stage.state_before(stage.end, &site.stages).sets(off.name);
    for heir in
        stage.lineage(&site.stages).iter().flat_map(|it| site.heirs(it)).filter(|it| in_force(it))
    {
        for item in site.runs(heir, &packages::programs()) {
            let needed = |why: Refusal| {
                (
                    "cache-off",
                    format!(
                        "{} has to stay for line {}: {}",
                        off.name,
                        site.place(item).line,
                        why.1
                    ),
                )
            };
            let run = match site.run(heir, item) {
                Ok(run) => run,
                Err(why) if packages::seems_to_install(site.dockerfile.text(item)) => {
                    return Err(needed(why));
                }
                Err(_) => continue,
            };
            let uses = uses(&run);
            if !unmounted(&run, site.dockerfile.escape, &uses).is_empty() {
                guard(project, site, heir, &run, &uses).map_err(needed)?;
                without_cleaning(&run, &uses).map_err(needed)?;
            }
        }
    }
    Ok(())
}

/// Takes out an ENV that would leave the mounts empty, once every RUN that it reaches has its mounts.
fn unset(site: &Site<'_>, stage: &Stage<'_>, item: usize) -> Option<Change> {
    let (_, _, it) = stage.instructions().find(|it| it.0 == item)?;
    if it.keyword != Keyword::Env {
        return None;
    }
    let names = it.pairs().into_iter().map(|it| it.name);
    let (name, _) = names
        .map(|name| (packages::off_variable(&name), name))
        .find_map(|it| Some((it.1, it.0?)))?;
    let mut mounted = 0;
    for heir in site.heirs(stage) {
        for at in site
            .runs(heir, &packages::programs())
            .filter(|at| heir.index != stage.index || item < *at)
        {
            let Ok(run) = site.run(heir, at) else {
                if packages::seems_to_install(site.dockerfile.text(at)) {
                    return None;
                }
                continue;
            };
            let uses = uses(&run);
            if uses.iter().any(|it| it.1.off_variables.iter().any(|it| it.name == name)) {
                if !unmounted(&run, site.dockerfile.escape, &uses).is_empty() {
                    return None;
                }
                mounted += 1;
            }
        }
    }
    if mounted == 0 {
        return None;
    }
    let edits = vec![site.dockerfile.remove_pair(item, &name)?];
    let reason =
        "every package install that it reaches has a cache mount, which it would leave empty"
            .to_owned();
    let mut change = site.change(
        item,
        Safety::Review,
        format!("Let the cache mounts fill: remove {name}"),
        reason,
        edits,
    );
    change.alters.push(Alteration::Env(name));
    Some(change)
}

/// Takes out what empties the caches in the RUN that fills them: in a mount it would delete what the next
/// build needs, and `rm -rf` of a mounted folder fails.
fn without_cleaning(run: &Run<'_>, uses: &[(&CallSite, Caching)]) -> Result<Vec<Edit>, Refusal> {
    let mut edits = Vec::new();
    for site in run.calls() {
        let command = &run.script.commands()[site.command];
        let emptied = || {
            let text = command.words.iter().map(|it| it.raw.as_str()).collect::<Vec<_>>().join(" ");
            ("cache-emptied", format!("`{text}` would empty the mount and cannot be taken out"))
        };
        let is_cleaner =
            packages::manager(&site.call).is_some() && site.call.subcommand() == Some("cache");
        let cleaned: Vec<usize> = match site.call.program.as_str() {
            _ if is_cleaner => Vec::new(),
            "rm" => {
                let path = |it: &packages::Argument| {
                    run.at(site).path(it.text.as_deref()?.trim_end_matches(['/', '*']))
                };
                let cleans = |it: &&packages::Argument| match path(it) {
                    Some(path) => uses.iter().any(|(_, it)| {
                        it.folders.iter().any(|it| below(&path, it).is_some())
                            || path == it.root
                            || (path.ends_with("/.cache") && below(&it.root, &path).is_some())
                    }),
                    None => command.words[it.word].raw.contains("cache"),
                };
                site.call.arguments.iter().filter(cleans).map(|it| it.word).collect()
            }
            _ => {
                let inside = |it: &str| uses.iter().any(|use_| it.contains(use_.1.root.as_str()));
                if command.words.iter().any(|it| inside(&it.raw))
                    && packages::manager(&site.call).is_none()
                {
                    return Err(emptied());
                }
                continue;
            }
        };
        let paths = site.call.texts().filter(|it| !it.starts_with('-')).count();
        if is_cleaner || (!cleaned.is_empty() && cleaned.len() == paths) {
            edits.extend(run.script.remove_pipeline(command).ok_or_else(emptied)?);
        } else {
            edits.extend(run.script.remove_words(command, &cleaned).ok_or_else(emptied)?);
        }
    }
    Ok(edits)
}
