#![doc = include_str!("page.md")]

// [`evidence`] finds who else reads the files, [`health`] whether a server can be asked. [`version`] and [`waits`] make the
// changes.

mod evidence;
mod health;
mod version;
mod waits;

use std::sync::Arc;

use schemars::JsonSchema;
use serde::Deserialize;

use self::evidence::Evidence;
use crate::{
    callers::Kind,
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        File, Project,
        change::{Decline, Outcome},
    },
    text::{Place, Refusal, Span},
    yaml::{self, Entry, Node, Reading},
};

/// Brings compose files to the Compose Specification.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "commented",
        "old-compose",
        "other-file",
        "other-tool",
        "swarm",
        "unknown-health",
        "unusual-yaml",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "modernise-compose";

/// The options of this transform.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// Whether services wait for the servers that they depend on.
    pub wait: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { wait: true }
    }
}

/// A compose file that can be edited.
struct Compose<'a> {
    file: &'a File,
    root: Arc<Node>,
}

/// The documents of a compose file, read once.
struct Documents(Reading);

fn run(project: &Project, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    for file in project.files().filter(|it| is_asked_for(it)) {
        let Some(compose) = Compose::of(file) else { continue };
        let evidence = Evidence::of(project);
        let options: Options = settings.of(&file.path);
        version::look(&compose, evidence, &mut outcome);
        if options.wait {
            waits::look(project, &compose, evidence, &mut outcome);
        }
    }
    outcome
}

/// Returns true for a compose file with something to change in it, perhaps.
fn is_asked_for(file: &File) -> bool {
    let text = &file.text;
    Kind::of(&file.path) == Some(Kind::Compose)
        && text.contains("services")
        && (text.contains("version") || text.contains("depends_on"))
}

impl<'a> Compose<'a> {
    /// The file, if it is one document with services, and can be edited.
    fn of(file: &'a File) -> Option<Self> {
        let reading = documents(file);
        let [root] = reading.documents.as_slice() else { return None };
        let fits = reading.only_read.is_none() && root.get("services").is_some();
        fits.then(|| Self { file, root: Arc::clone(root) })
    }

    /// The services, by name.
    fn services(&self) -> &[Entry] {
        self.root.get("services").map_or(&[], |it| it.entries())
    }

    fn service(&self, name: &str) -> Option<&Entry> {
        self.services().iter().find(|it| it.key == name)
    }

    fn place(&self, span: &Span) -> Place {
        self.file.place(span)
    }

    fn decline(&self, span: &Span, why: Refusal) -> Decline {
        Decline { transform: NAME, place: self.place(span), why }
    }
}

/// The documents of a compose file; none of one that is no YAML.
fn documents(file: &File) -> &Reading {
    let read = || Documents(yaml::read_or_only_read(&file.text).unwrap_or_default());
    let Documents(reading) = file.memo.get(read);
    reading
}
