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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        path::RepoPath,
        plan::{Options, plan},
    };

    fn changed(source: &str) -> String {
        let project = Project::new([(RepoPath::new("Dockerfile").unwrap(), source.to_owned())]);
        let plan = plan(project, &[TRANSFORM], &Options::default()).unwrap();
        plan.after().file("Dockerfile").unwrap().text.to_string()
    }

    #[test]
    fn line_ends_and_a_byte_order_mark_stay() {
        assert_eq!(
            changed("\u{feff}FROM alpine:3.20\r\nCOPY a /a\r\n\r\n# why\r\nCMD [\"/a\"]"),
            "\u{feff}FROM alpine:3.20\r\n\
             RUN addgroup -S -g 10001 app && adduser -S -D -H -u 10001 -G app app\r\n\
             COPY a /a\r\n\r\nUSER 10001:10001\r\n\r\n# why\r\nCMD [\"/a\"]"
        );
    }

    #[test]
    fn a_last_line_without_end_stays_without() {
        assert_eq!(
            changed("FROM node:22\nCMD [\"node\", \"a.js\"]\nRUN npm --version"),
            "FROM node:22\nCMD [\"node\", \"a.js\"]\nRUN npm --version\nUSER 1000:1000"
        );
        assert_eq!(
            changed("FROM scratch\nCMD [\"/a\"]"),
            "FROM scratch\nUSER 10001:10001\nCMD [\"/a\"]"
        );
    }
}
