#![doc = include_str!("run_as_nonroot.md")]

use crate::{
    Transform,
    change::{Change, Outcome, Safety},
    project::Project,
    run::Site,
    settings::Settings,
    users::{self, Image},
};

/// A service runs as a user of its own.
pub(super) const TRANSFORM: Transform =
    Transform { name: NAME, docs: include_str!("run_as_nonroot.md"), run };

const NAME: &str = "run-as-nonroot";

fn run(project: &Project, _: &Settings) -> Outcome {
    project.each_dockerfile(&["FROM", "from", "From"], |file, dockerfile| {
        let site = Site::new(&file.path, dockerfile);
        let mut outcome = Outcome::default();
        let Some(image) = Image::of(project, &site) else { return outcome };
        match users::handover(&image) {
            Ok(Some(it)) => outcome.changes.push(change(&site, &image, &it)),
            Ok(None) => {}
            Err(why) => outcome.declines.push(site.decline(NAME, image.item(), why)),
        }
        outcome
    })
}

fn change(site: &Site<'_>, image: &Image<'_>, handover: &users::Handover) -> Change {
    let (item, edits) = handover.edits(image);
    let (title, reason) = (handover.title(), handover.evidence());
    // What a program writes is in its source, which nobody here has read.
    let mut change = site.change(item, Safety::Review, title, reason, edits);
    change.alters = handover.alters();
    change
}
