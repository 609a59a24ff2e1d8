#![doc = include_str!("copy_manifests_first.md")]

use crate::{
    Transform,
    change::{Change, Outcome, Safety},
    defer::{Deferral, Kept},
    dockerfile::stage::Stage,
    independence::Role,
    packages::{self, Install, Refusal, Source},
    project::Project,
    run::{Run, Site},
    settings::Settings,
    split::Part,
};

/// Dependency manifests are copied and installed before the source.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("copy_manifests_first.md"), run };

const NAME: &str = "copy-manifests-first";

fn run(project: &Project, _: &Settings) -> Outcome {
    project.each_dockerfile(|file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let words = packages::programs();
        let mut outcome = Outcome::default();
        for stage in &site.stages {
            for item in site.runs(stage, &words) {
                match reorder(project, &site, stage, item) {
                    // The next install is looked at when this one stands where it belongs.
                    Ok(Some(change)) => {
                        outcome.changes.push(change);
                        break;
                    }
                    Ok(None) => {}
                    Err(why) => outcome.declines.push(site.decline(NAME, item, why)),
                }
            }
        }
        outcome
    })
}

/// Moves the COPYs of source before an install behind it.
fn reorder(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let run = match site.run(stage, item) {
        Ok(run) => run,
        Err(why) if packages::seems_to_install(site.dockerfile.text(item)) => {
            return Deferral::before(project, site, stage, item)?.map_or(Ok(None), |_| Err(why));
        }
        Err(_) => return Ok(None),
    };
    let installs = |it: &crate::run::CallSite| {
        packages::manager(&it.call)
            .is_some_and(|manager| (manager.install)(&it.call, &run.at(it)).is_some())
    };
    if !run.calls().iter().any(installs) {
        return Ok(None);
    }
    let Some(mut deferral) = Deferral::before(project, site, stage, item)? else { return Ok(None) };
    let roles = deferral.roles(project, &run);
    if deferral.repeats(&run, &roles) {
        return Ok(None);
    }
    let parts = Parts::new(&run, &roles)?;
    deferral.clear(project, &run)?;
    let installs: Vec<&Install> = parts.installs.iter().map(|it| it.1).collect();
    let kept = deferral.kept(&run, &installs)?;
    for (command, _) in &parts.installs {
        let folder = run.directory(&run.script.commands()[*command]);
        if !folder.is_some_and(|it| deferral.has_folder(&run, &kept, &it)) {
            return Err((
                "folder-missing",
                "it runs in a folder that only the COPY of the source makes".to_owned(),
            ));
        }
    }
    let (head, after) = parts.texts(site.dockerfile.text(item), site.dockerfile.escape)?;
    let edits = deferral.edits(&run, &kept, head.as_deref(), after.as_deref());
    let (title, reason) = words(&kept, after.is_some(), &parts);
    Ok(Some(site.change(item, Safety::Safe, title, reason, edits)))
}

/// A RUN in two: what can come before the source, and what must come after.
struct Parts<'r> {
    /// The installs that come before, by command.
    installs: Vec<(usize, &'r Install)>,
    /// The commands that only the first part has.
    before: Vec<usize>,
    /// The commands that only the second part has.
    after: Vec<usize>,
}

impl<'r> Parts<'r> {
    fn new(run: &Run<'_>, roles: &'r [Role]) -> Result<Self, Refusal> {
        let commands = run.script.commands();
        let waits = |it: &Role| match it {
            Role::Install(it) => matches!(it.source, Source::Now(..)),
            it => *it == Role::MayRead,
        };
        let end = roles.iter().position(waits).unwrap_or(roles.len());
        let installs: Vec<(usize, &Install)> = roles[..end]
            .iter()
            .enumerate()
            .filter_map(|(at, it)| match it {
                Role::Install(install) => Some((at, install)),
                _ => None,
            })
            .collect();
        if installs.is_empty() {
            let first = roles.iter().find_map(|it| match it {
                Role::Install(Install { source: Source::Now(code, reason), .. }) => {
                    Some((*code, reason.clone()))
                }
                _ => None,
            });
            let text = commands
                .get(end)
                .map(|it| run.text(it.span.clone()).lines().next().unwrap_or_default().trim());
            let text = text.unwrap_or_default();
            return Err(first
                .filter(|_| matches!(roles.get(end), Some(Role::Install(_))))
                .unwrap_or_else(|| {
                    (
                        "reads-source",
                        format!("`{text}` comes before the install and may read the source"),
                    )
                }));
        }
        let last = installs.iter().map(|it| it.0).max().unwrap_or_default();
        let cleans = |at: usize| {
            at > last && run.calls().iter().any(|it| it.command == at && it.call.program == "rm")
        };
        let before = (0..end).filter(|it| match &roles[*it] {
            Role::Install(install) => install.source == Source::Nothing,
            Role::Independent => !cleans(*it) && commands[*it].is_top_level(),
            _ => false,
        });
        let before = before.collect();
        Ok(Self { installs, before, after: (end..roles.len()).collect() })
    }

    /// What takes the place of the RUN, when it changes, and what comes after the source.
    fn texts(&self, text: &str, escape: char) -> Result<(Option<String>, Option<String>), Refusal> {
        let later = self.installs.iter().filter_map(|(at, it)| match &it.source {
            Source::Later(flags) => Some((*at, flags)),
            _ => None,
        });
        let later: Vec<_> = later.collect();
        if later.is_empty() && self.after.is_empty() {
            return Ok((None, None));
        }
        let stuck = || {
            (
                "control-flow",
                "its commands cannot be told apart: a condition, `;` or `||` binds them".to_owned(),
            )
        };
        let mut head = Part::new(text, escape).without(&self.after).ok_or_else(stuck)?;
        for (command, flags) in later {
            head = head.with_words(command, flags).ok_or_else(stuck)?;
        }
        let after = Part::new(text, escape).without(&self.before).ok_or_else(stuck)?;
        Ok((Some(head.into_text()), Some(after.into_text())))
    }
}

/// The title and the reason of a change.
fn words(kept: &Kept, again: bool, parts: &Parts<'_>) -> (String, String) {
    let files: Vec<&str> = kept.values().flatten().map(|it| it.0.file_name()).collect();
    let title = match files.as_slice() {
        [] => "Install the dependencies before copying the source".to_owned(),
        files => format!("Copy {} and install before copying the source", files.join(" and ")),
    };
    let flags = parts.installs.iter().find_map(|it| match &it.1.source {
        Source::Later(flags) => Some(flags.join(" ")),
        _ => None,
    });
    let reason = match flags {
        Some(flags) => format!(
            "{flags} leaves out what needs the source, and the same install adds it afterwards"
        ),
        None if again => {
            "what follows the install in its RUN may read the source and stays behind it".to_owned()
        }
        None => {
            "the install reads nothing else of the source, so an edit of the source keeps its layer"
                .to_owned()
        }
    };
    (title, reason)
}
