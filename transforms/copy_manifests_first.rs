#![doc = include_str!("copy_manifests_first.md")]

use crate::{
    Transform,
    change::{Alteration, Change, Outcome, Safety},
    defer::{Deferral, Kept},
    dockerfile::stage::Stage,
    packages::{self, Install, Refusal},
    project::Project,
    run::Site,
    settings::Settings,
    split::{Parts, Texts},
};

/// Dependency manifests are copied and installed before the source.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("copy_manifests_first.md"), run };

const NAME: &str = "copy-manifests-first";

fn run(project: &Project, _: &Settings) -> Outcome {
    let words = packages::programs();
    project.each_dockerfile(&words, |file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let mut outcome = Outcome::default();
        outcome.extend(site.stages.iter().map(|stage| {
            let look = |item| reorder(project, &site, stage, item);
            let mut found = site.each_run(NAME, stage, &words, look);
            // The next install is looked at when this one stands where it belongs.
            found.changes.truncate(1);
            found
        }));
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
        Err(why) if packages::seems_to_install_from_manifests(site.dockerfile.text(item)) => {
            return Deferral::before(project, site, stage, item)?.map_or(Ok(None), |_| Err(why));
        }
        Err(_) => return Ok(None),
    };
    let installs = |it: &crate::run::CallSite| {
        packages::manager(&it.call)
            .is_some_and(|manager| (manager.install)(&it.call, &run.at(it)).is_some())
    };
    if !run.calls().iter().any(installs) {
        let unread = |text: &str| packages::seems_to_install_from_manifests(text);
        let mut nested = run.script.commands().iter().filter_map(|it| it.nested_script());
        let somewhere = run.calls().iter().any(|it| it.directory.is_none());
        let why = if nested.any(|it| unread(&it.raw)) {
            ("unreadable-shell", "it hands its script to another shell".to_owned())
        } else if somewhere && unread(site.dockerfile.text(item)) {
            ("unknown-variable", "the folder that it runs in is not known".to_owned())
        } else {
            return Ok(None);
        };
        return Deferral::before(project, site, stage, item)?.map_or(Ok(None), |_| Err(why));
    }
    let mut deferral = match Deferral::before(project, site, stage, item) {
        Ok(Some(it)) => it,
        Ok(None) => return Ok(None),
        Err(_) if Deferral::seems_repeated(site, stage, &run) => return Ok(None),
        Err(why) => return Err(why),
    };
    let roles = deferral.roles(project, &run);
    if deferral.repeats(&run, &roles) || deferral.mounts_source(project, &run) {
        return Ok(None);
    }
    let parts = Parts::new(&run, &roles)?;
    deferral.clear(project, &run)?;
    let installs: Vec<&Install> = parts.installs.iter().map(|it| it.1).collect();
    let kept = deferral.kept(&run, &installs)?;
    deferral.folders(project, &run, &kept, parts.end)?;
    let texts = parts.texts(site.dockerfile.text(item), site.dockerfile.escape)?;
    let edits = deferral.edits(&run, &kept, &texts);
    let (title, reason) = words(&kept, &texts);
    let change = site.change(item, Safety::Safe, title, reason, edits);
    Ok(Some(Change { alters: vec![Alteration::Order], ..change }))
}

/// The title and the reason of a change.
fn words(kept: &Kept, texts: &Texts) -> (String, String) {
    let files: Vec<&str> = kept.values().flatten().map(|it| it.0.file_name()).collect();
    let title = match files.as_slice() {
        [] => "Install the dependencies before copying the source".to_owned(),
        files => format!("Copy {} and install before copying the source", files.join(" and ")),
    };
    let reason = match texts.flags.as_slice() {
        flags @ [_, ..] => format!(
            "{} leaves out what needs the source, and the same install adds it afterwards",
            flags.join(" ")
        ),
        [] if texts.after.is_some() => {
            "what follows the install in its RUN may read the source and stays behind it".to_owned()
        }
        [] => {
            "the install reads nothing else of the source, so an edit of the source keeps its layer"
                .to_owned()
        }
    };
    (title, reason)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        path::RepoPath,
        plan::{Options, plan},
    };

    fn changed(dockerfile: &str) -> String {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = [("Dockerfile", dockerfile), ("requirements.txt", ""), ("main.py", "")];
        let project = Project::new(files.map(|(it, text)| (path(it), text.to_owned())));
        let plan = plan(project, &[TRANSFORM], &Options::default()).unwrap();
        plan.after().file("Dockerfile").unwrap().text.to_string()
    }

    #[test]
    fn line_ends_are_those_of_the_file() {
        assert_eq!(
            changed(
                "FROM a\r\nWORKDIR /b\r\nCOPY . .\r\n\r\nRUN pip install -r requirements.txt\r\n"
            ),
            "FROM a\r\nWORKDIR /b\r\nCOPY requirements.txt .\r\n\r\nRUN pip install -r requirements.txt\r\n\r\nCOPY . .\r\n"
        );
    }

    #[test]
    fn a_last_line_without_end_stays_without() {
        assert_eq!(
            changed("FROM a\nWORKDIR /b\nCOPY . .\nRUN pip install -r requirements.txt"),
            "FROM a\nWORKDIR /b\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCOPY . ."
        );
    }
}
