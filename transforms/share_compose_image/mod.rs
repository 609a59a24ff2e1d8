#![doc = include_str!("page.md")]

// [`groups`] finds services that build the same, [`builder`] chooses the one that goes on building, [`named`] looks for
// who names what the others lose, and [`edits`] writes the change.

mod builder;
mod edits;
mod groups;
mod named;

use schemars::JsonSchema;
use serde::Deserialize;

use self::{edits::Sharing, groups::Group};
use crate::{
    callers::{ComposeFile, ComposeReaders, Kind, Needs},
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        File, Project,
        change::{Alteration, Change, Composed, Decline, FileChange, Outcome, Safety},
    },
    text::{Refusal, count::listed},
};

/// Has services with the same build share its image.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "alone",
        "commented",
        "image-names",
        "inherited",
        "named",
        "no-builder",
        "old-compose",
        "other-file",
        "other-tool",
        "pull-policy",
        "swarm",
        "unusual-yaml",
        "watched",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "share-compose-image";

/// The options of this transform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Whether a service may come to depend on the one that builds its image, where it does not yet.
    pub depend: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { depend: true }
    }
}

fn run(project: &Project, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    for file in project.files().filter(|it| is_asked_for(it)) {
        let Some(compose) = ComposeFile::of(file) else { continue };
        let options: Options = settings.of(&file.path);
        for group in groups::of(&compose) {
            match change(project, &compose, &group, &options) {
                Ok(change) => outcome.changes.push(change),
                Err(why) => {
                    let place = compose.place(&group.members[0].service.span);
                    outcome.declines.push(Decline { transform: NAME, place, why });
                }
            }
        }
    }
    outcome
}

/// Returns true for a compose file in which more than one service may build.
fn is_asked_for(file: &File) -> bool {
    Kind::of(&file.path) == Some(Kind::Compose)
        && file.text.contains("services")
        && file.text.contains("build")
}

/// Has one service of a group build, and the others run its image.
fn change(
    project: &Project,
    compose: &ComposeFile<'_>,
    group: &Group<'_>,
    options: &Options,
) -> Result<Change, Refusal> {
    let readers = ComposeReaders::of(project);
    if let Some(why) = readers.objection(compose.file, &compose.root, Needs::SECOND) {
        return Err(why);
    }
    compose.editable()?;
    group.fits(compose)?;
    let choice = builder::choose(compose, group)?;
    named::elsewhere(project, compose, group)?;
    named::names(project, compose, group, &choice)?;
    if let Some(alone) = choice.joins.first().filter(|_| !options.depend) {
        let reason = format!(
            "{alone} can be started without {}, which would build its image, and `depend` is off",
            choice.builder.service.key
        );
        return Err(Refusal::new("alone", reason));
    }
    let sharing = Sharing { compose, group, choice: &choice };
    let edits = sharing.edits()?;
    let builder = &choice.builder.service.key;
    let others: Vec<&str> = sharing.others().map(|it| it.service.key.as_str()).collect();
    let shares = others
        .iter()
        .map(|it| Composed::Shares { service: (*it).to_owned(), builder: builder.clone() });
    let starts = choice
        .joins
        .iter()
        .map(|it| Composed::Starts { service: (*it).to_owned(), on: builder.clone() });
    Ok(Change {
        title: format!("Build the image of {} once", listed(&group.names())),
        reason: reason(&sharing, &others, readers),
        safety: Safety::Review,
        place: compose.place(&group.members[0].service.span),
        files: [(compose.file.path.clone(), FileChange::Edit(edits))].into(),
        alters: shares.chain(starts).map(Alteration::Composed).collect(),
    })
}

fn reason(sharing: &Sharing<'_>, others: &[&str], readers: &ComposeReaders) -> String {
    let Sharing { group, choice, .. } = sharing;
    let builder = &choice.builder.service.key;
    let mut reason = match group.image {
        None => format!(
            "they have the same build, so Compose makes {} images of it",
            group.members.len()
        ),
        Some(image) => format!(
            "each of them builds {image}, and two exports of one name at the same time can fail \
             with \"already exists\""
        ),
    };
    let run = if others.len() == 1 { "runs" } else { "run" };
    reason += &format!("; {builder} builds, and {} {run} that image", listed(others));
    if !choice.joins.is_empty() {
        let start = if choice.joins.len() == 1 { "starts" } else { "start" };
        reason += &format!(
            "; {} {start} after {builder} from now on, so that it is there",
            listed(&choice.joins)
        );
    }
    if let Some(place) = readers.old_name().filter(|_| group.image.is_none()) {
        reason += &format!("; `docker-compose` in {place} has to be Compose 2");
    }
    reason
}
