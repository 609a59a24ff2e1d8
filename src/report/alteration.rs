//! What changes alter on purpose, as data.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Serialize;

use super::PlaceReport;
use crate::{
    ecosystems::clutter::Class,
    project::{
        Project,
        change::{Alteration, Change, Composed, Origin},
    },
    text::RepoPath,
};

/// What a change alters of an image on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AlterationReport {
    /// An environment variable.
    Env {
        /// Its name.
        name: String,
    },
    /// A package is installed in a fixed version instead of whatever the index offers.
    Pinned {
        /// Its name.
        package: String,
    },
    /// A build argument is new; with its default every image stays what it was.
    Argument {
        /// Its name.
        name: String,
    },
    /// A command of a RUN is another one, or gone.
    Pipeline {
        /// Where it is on disk.
        place: PlaceReport,
    },
    /// COPYs of source come later, after commands that do not read them.
    Order,
    /// Packages are installed in a stage of their own, and only one folder of it gets into the image.
    Split {
        /// That folder.
        environment: String,
    },
    /// There is a new RUN.
    Run {
        /// Its script.
        script: String,
    },
    /// There is a new RUN that downloads what a later install takes from a cache.
    Fetch {
        /// Its script.
        script: String,
    },
    /// Builders are no longer sent these files of a build context.
    Unsent {
        /// The kinds of clutter that they are of.
        classes: Vec<Class>,
        /// Patterns that the settings ask for.
        asked_for: Vec<String>,
    },
    /// A compose file has no `version` any more.
    NoVersion,
    /// A service of a compose file waits until another one is healthy.
    Waits {
        /// The service.
        service: String,
        /// The one that it depends on.
        on: String,
    },
    /// A service of a compose file has a health check.
    Checked {
        /// The service.
        service: String,
    },
    /// A service of a compose file runs the image that another one builds.
    Shares {
        /// The service.
        service: String,
        /// The one that builds.
        builder: String,
    },
    /// A service of a compose file starts after another one.
    Starts {
        /// The service.
        service: String,
        /// The one that it depends on.
        on: String,
    },
    /// A setting of the image.
    Config {
        /// The instruction that sets it.
        instruction: String,
    },
    /// An image is built from another Dockerfile, unchanged.
    Moved {
        /// The Dockerfile that it was built from.
        from: String,
        /// The Dockerfile that it is built from now.
        to: String,
        /// The stage; `null` for the last one.
        target: Option<String>,
        /// The build arguments.
        arguments: BTreeMap<String, String>,
    },
}

impl AlterationReport {
    /// What an alteration is of a change that was made from this project.
    pub(super) fn new(before: &Project, change: &Change, alteration: &Alteration) -> Self {
        match alteration {
            Alteration::Env(name) => Self::Env { name: name.clone() },
            Alteration::Pinned(package) => Self::Pinned { package: (*package).to_owned() },
            Alteration::Argument(name) => Self::Argument { name: name.clone() },
            Alteration::Pipeline(span) => {
                let file = before.file(change.place.path.as_str());
                let place = file.map(|it| it.place(span));
                Self::Pipeline { place: PlaceReport::from(place.as_ref().unwrap_or(&change.place)) }
            }
            Alteration::Order => Self::Order,
            Alteration::Split { environment } => {
                Self::Split { environment: environment.to_string() }
            }
            Alteration::Run(script) => Self::Run { script: script.clone() },
            Alteration::Fetch(script) => Self::Fetch { script: script.clone() },
            Alteration::Config(keyword) => {
                Self::Config { instruction: keyword.as_str().to_owned() }
            }
            Alteration::Unsent { classes, asked_for } => {
                Self::Unsent { classes: classes.clone(), asked_for: asked_for.clone() }
            }
            Alteration::Composed(Composed::NoVersion) => Self::NoVersion,
            Alteration::Composed(Composed::Waits { service, on }) => {
                Self::Waits { service: service.clone(), on: on.clone() }
            }
            Alteration::Composed(Composed::Checked { service, .. }) => {
                Self::Checked { service: service.clone() }
            }
            Alteration::Composed(Composed::Shares { service, builder }) => {
                Self::Shares { service: service.clone(), builder: builder.clone() }
            }
            Alteration::Composed(Composed::Starts { service, on }) => {
                Self::Starts { service: service.clone(), on: on.clone() }
            }
            Alteration::Moved { from, to } => {
                let Origin { dockerfile, target, arguments } = to;
                Self::Moved {
                    from: from.to_string(),
                    to: dockerfile.to_string(),
                    target: target.clone(),
                    arguments: arguments.clone(),
                }
            }
        }
    }

    /// Names its files as seen from above the project's folder.
    pub(super) fn lie_below(&mut self, folder: &RepoPath) {
        let move_to = |it: &mut String| *it = format!("{folder}/{it}");
        match self {
            Self::Pipeline { place } => move_to(&mut place.path),
            Self::Moved { from, to, .. } => [from, to].into_iter().for_each(move_to),
            _ => {}
        }
    }
}
