//! Commands that work on files which only the builder has: they stay with the builder. And folders that an install
//! of the builder needs.

use super::{Role, Separation, Step, Stop, copies};
use crate::{
    dockerfile::{Instruction, Keyword, stage::State},
    ecosystems::{self, Source, images},
    run::CallSite,
    text::{ImagePath, Refusal, RepoPath, glob::Glob},
};

/// A file or folder that only the builder has at some item.
pub(super) struct Gone {
    item: usize,
    /// The folder that it is in.
    pub(super) folder: ImagePath,
    /// Its name, as a COPY or a command writes it; it may be a pattern.
    name: String,
}

impl Gone {
    /// Whether it is the one at a path.
    pub(super) fn is(&self, path: &ImagePath) -> bool {
        let is_named = |name: &str| {
            name == self.name || Glob::new(&self.name).is_ok_and(|it| it.matches(name))
        };
        path.parent().as_ref() == Some(&self.folder) && is_named(path.file_name())
    }
}

/// What a command does to files that it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Verb {
    /// It makes a copy, or gives it another name: the last one named.
    Moves,
    /// It removes them; whether it may find nothing.
    Removes { forced: bool },
    /// It reads or changes them where they are.
    Edits,
}

/// Keeps with the builder what works on files that the last stage does not have.
///
/// # Errors
/// Where, and why that cannot be done: a command names what both have, or what it makes may be for the image.
pub(super) fn settle(
    separation: &mut Separation<'_>,
    context: Option<&RepoPath>,
) -> Result<(), Stop> {
    let mut gone: Vec<Gone> = Vec::new();
    let mut settled: Vec<(usize, Vec<usize>)> = Vec::new();
    for (item, _, it) in separation.stage.instructions() {
        if separation.last < item {
            break;
        }
        if matches!(it.keyword, Keyword::Copy | Keyword::Add) {
            if copies::is_for_builder(separation, context, item, it) {
                let state = separation.stage.state_before(item);
                gone.extend(brought(&state, it, item, separation.site.dockerfile.escape));
            }
            continue;
        }
        let Some(index) = separation.runs.iter().position(|it| it.run.item == item) else {
            continue;
        };
        let stop = |why| (item, why);
        let own = commands(separation, &separation.runs[index], &mut gone).map_err(stop)?;
        if !own.is_empty() {
            settled.push((index, own));
        }
    }
    let dockerfile = separation.site.dockerfile;
    for (index, own) in settled {
        let step = &mut separation.runs[index];
        for at in &own {
            step.roles[*at] = Role::Input;
        }
        let (text, roles) = (dockerfile.text(step.run.item), step.roles.clone());
        let stuck = || (step.run.item, Refusal::new("control-flow", crate::run::parts::STUCK));
        step.remains.leave_out(&own, &roles, text, dockerfile.escape).ok_or_else(stuck)?;
    }
    Ok(())
}

/// What a COPY of the builder brings, wherever its destination turns out to be a folder.
pub(super) fn brought(
    state: &State,
    instruction: &Instruction,
    item: usize,
    escape: char,
) -> Vec<Gone> {
    let Some(copy) = instruction.copy() else { return Vec::new() };
    let place = state.expand(&copy.destination.text, escape).and_then(|it| state.absolute(&it));
    let Some(place) = place else { return Vec::new() };
    let mut gone = Vec::new();
    for source in &copy.sources {
        let name = source.text.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
        gone.push(Gone { item, folder: place.clone(), name: name.to_owned() });
    }
    if let ([_], Some(folder)) = (copy.sources.as_slice(), place.parent()) {
        gone.push(Gone { item, folder, name: place.file_name().to_owned() });
    }
    gone
}

/// The commands of a RUN that only work on what is gone; what they make is gone, too.
fn commands(
    separation: &Separation<'_>,
    step: &Step<'_>,
    gone: &mut Vec<Gone>,
) -> Result<Vec<usize>, Refusal> {
    let mut own = Vec::new();
    for site in step.run.calls() {
        let at = site.command;
        let role = &step.roles[at];
        let paths = paths(step, site);
        let is_gone = |it: &ImagePath| {
            gone.iter().any(|gone| gone.is(it)) || is_lost_folder(separation, step, gone, it)
        };
        let text = || {
            let text = step.run.said(&step.run.script.commands()[at].span);
            text.lines().next().unwrap_or_default().trim_end_matches(['\\', ' ']).to_owned()
        };
        if *role == Role::Shell && site.call.program == "cd" {
            if step.remains.text.is_some() && paths.iter().any(is_gone) {
                let reason = format!("`{}` enters a folder that only the builder has", text());
                return Err(Refusal::new("other-work", reason));
            }
            continue;
        }
        let may = matches!(role, Role::Other | Role::Account | Role::SystemUpkeep);
        let Some(verb) = verb(&site.call.program, &site.call).filter(|_| may) else { continue };
        let count = paths.iter().filter(|it| is_gone(it)).count();
        if count == 0 {
            continue;
        }
        let (named, made) = match verb {
            Verb::Moves => paths.split_at(paths.len().saturating_sub(1)),
            _ => (&paths[..], &[][..]),
        };
        let others = named.iter().any(|it| !is_gone(it));
        if verb == (Verb::Removes { forced: true }) && others {
            continue;
        }
        let command = &step.run.script.commands()[at];
        let written = command.redirects.iter().filter(|it| it.operator.starts_with('>'));
        let written = written.filter_map(|it| step.run.at(site).path(it.target.value.as_deref()?));
        let made: Vec<ImagePath> = made.iter().cloned().chain(written).collect();
        let scratch = ["/tmp", "/var/tmp", "/dev"];
        let wanted = made.iter().any(|it| !it.is_within_fixed(&scratch) && !is_input(it));
        if others && verb != Verb::Edits || wanted {
            let reason = format!(
                "`{}` works on files that only the builder has, and may be for the image, too",
                text()
            );
            return Err(Refusal::new("other-work", reason));
        }
        for it in made {
            let names: Vec<String> = named.iter().map(|it| it.file_name().to_owned()).collect();
            gone.extend(names.into_iter().map(|name| Gone {
                item: step.run.item,
                folder: it.clone(),
                name,
            }));
            let name = it.file_name().to_owned();
            gone.extend(it.parent().map(|folder| Gone { item: step.run.item, folder, name }));
        }
        own.push(at);
    }
    Ok(own)
}

/// Whether a path is called like what installs read, so that no image needs it.
fn is_input(path: &ImagePath) -> bool {
    let name = path.file_name();
    ecosystems::file("", name).is_some()
}

/// The paths that a call names.
fn paths(step: &Step<'_>, site: &CallSite) -> Vec<ImagePath> {
    let at = step.run.at(site);
    // The first word of these is a user or a mode.
    let first = usize::from(["chgrp", "chmod", "chown"].contains(&site.call.program.as_str()));
    let named = site.call.texts().filter(|it| !it.starts_with('-') && !it.contains("://"));
    let named = named.skip(first);
    let is_pattern =
        |it: &&str| site.call.program == "sed" && it.contains('/') && !it.starts_with('/');
    named.filter(|it| !is_pattern(it)).filter_map(|it| at.path(it.trim_end_matches('/'))).collect()
}

fn verb(program: &str, call: &crate::shell::Invocation) -> Option<Verb> {
    let forced = || call.texts().any(|it| it.starts_with('-') && it.contains('f'));
    Some(match program {
        "cp" | "mv" | "ln" => Verb::Moves,
        "rm" => Verb::Removes { forced: forced() },
        "cat" | "chgrp" | "chmod" | "chown" | "ls" | "sed" | "touch" => Verb::Edits,
        _ => return None,
    })
}

/// Whether nothing but a COPY of the builder has made a folder.
fn is_lost_folder(
    separation: &Separation<'_>,
    step: &Step<'_>,
    gone: &[Gone],
    path: &ImagePath,
) -> bool {
    let holds = gone.iter().any(|it| it.item < step.run.item && it.folder.is_within(path));
    let is_there = || {
        images::FOLDERS.contains(&path.as_str())
            || separation.stage.instructions().take_while(|it| it.0 <= step.run.item).any(|it| {
                let state = separation.stage.state_before(it.0 + 1);
                let here = state.workdir.as_ref().is_some_and(|it| it.is_within(path));
                let makes = separation.runs.iter().filter(|step| step.run.item == it.0);
                let mut makes = makes.flat_map(|it| {
                    let calls = it.run.calls().iter().filter(|it| it.call.program == "mkdir");
                    calls.flat_map(|site| paths(it, site)).collect::<Vec<_>>()
                });
                let copied = it.2.copy().is_some_and(|copy| {
                    let escape = separation.site.dockerfile.escape;
                    let place = state.expand(&copy.destination.text, escape);
                    let place = place.and_then(|it| state.absolute(&it));
                    !gone.iter().any(|gone| gone.item == it.0)
                        && place.is_none_or(|it| it.is_within(path))
                });
                here || copied || makes.any(|it| it.is_within(path))
            })
    };
    holds && !is_there()
}

/// Whether an install of the builder, or a COPY to it, needs a folder or file that a RUN makes or changes.
pub(super) fn serves_installs(separation: &Separation<'_>, step: &Step<'_>) -> bool {
    let makes = ["chgrp", "chmod", "chown", "mkdir", "touch"];
    let calls = step.run.calls().iter().filter(|it| makes.contains(&it.call.program.as_str()));
    let item = step.run.item;
    let later = |it: usize| item < it && it <= separation.last;
    let (folders, others): (Vec<_>, Vec<_>) = calls.partition(|it| it.call.program == "mkdir");
    let others = others.into_iter().flat_map(|it| paths(step, it));
    let folders = folders.into_iter().flat_map(|it| paths(step, it));
    let folders: Vec<ImagePath> = folders.collect();
    let again = folders.iter().filter(|it| !is_made_again(separation, item, it)).cloned();
    let made: Vec<ImagePath> = others.chain(again).collect();
    let named_by_copy = separation.stage.instructions().filter(|it| later(it.0)).any(|it| {
        let Some(copy) = it.2.copy() else { return false };
        let state = separation.stage.state_before(it.0);
        let escape = separation.site.dockerfile.escape;
        let place = state.expand(&copy.destination.text, escape);
        let becomes = !copy.destination.text.ends_with('/') && copy.sources.len() == 1;
        let place = place.and_then(|it| state.absolute(&it)).filter(|_| becomes);
        // What is a folder anyway stays one.
        let is_folder = |it: &ImagePath| {
            images::FOLDERS.contains(&it.as_str())
                || state.workdir.as_ref().is_some_and(|workdir| workdir.is_within(it))
        };
        place
            .filter(|it| !is_folder(it))
            .is_some_and(|place| folders.iter().chain(&made).any(|it| it.is_within(&place)))
    });
    named_by_copy
        || separation.runs.iter().filter(|it| later(it.run.item)).any(|after| {
            let sites = after.run.calls().iter();
            let mut sites = sites.filter(|it| after.roles[it.command].is_of_packages());
            sites.any(|site| {
                let at = after.run.at(site);
                let Some(folder) = &site.directory else { return true };
                let reads = ecosystems::install(&site.call, &at);
                let whole = reads.is_some_and(|it| {
                    it.source != Source::Nothing || it.folders().next().is_some()
                });
                let named: Vec<_> = site.call.texts().filter_map(|it| at.path(it)).collect();
                made.iter().any(|it| {
                    folder.is_within(it)
                        || (whole && it.is_within(folder))
                        || named.iter().any(|path| path.is_within(it))
                })
            })
        })
}

/// Whether an install of the builder after an item reads all of a folder that this path lies in: it installs the
/// project there.
pub(super) fn reads_whole(separation: &Separation<'_>, item: usize, path: &ImagePath) -> bool {
    let after = |it: &&Step<'_>| item < it.run.item && it.run.item <= separation.last;
    separation.runs.iter().filter(after).any(|step| {
        let mut sites =
            step.run.calls().iter().filter(|it| step.roles[it.command].is_of_packages());
        sites.any(|site| {
            let Some(install) = ecosystems::install(&site.call, &step.run.at(site)) else {
                return false;
            };
            let lies_in = |it: Option<&ImagePath>| it.is_none_or(|it| path.is_within(it));
            (install.source != Source::Nothing && lies_in(site.directory.as_ref()))
                || install.folders().any(|it| lies_in(it.0))
        })
    })
}

/// Whether a WORKDIR or a COPY of the builder makes a folder anyway, after an item.
fn is_made_again(separation: &Separation<'_>, item: usize, folder: &ImagePath) -> bool {
    let escape = separation.site.dockerfile.escape;
    let later = separation.stage.instructions();
    let mut later = later.filter(|it| item < it.0 && it.0 <= separation.last);
    later.any(|it| {
        let state = separation.stage.state_before(it.0 + 1);
        let place = match it.2.keyword {
            Keyword::Workdir => state.workdir.clone(),
            Keyword::Copy | Keyword::Add => it.2.copy().and_then(|it| {
                state.expand(&it.destination.text, escape).and_then(|it| state.absolute(&it))
            }),
            _ => None,
        };
        place.is_some_and(|it| it.is_within(folder))
    })
}

/// Whether a RUN gives files to a user.
pub(super) fn gives(step: &Step<'_>) -> bool {
    step.run.calls().iter().any(|it| matches!(it.call.program.as_str(), "chgrp" | "chown"))
}
