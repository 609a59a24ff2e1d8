#![doc = include_str!("page.md")]

// [`health`] finds whether a server can be asked. [`version`] and [`waits`] make the changes.

mod health;
mod version;
mod waits;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::{
    callers::{ComposeFile, ComposeReaders, Kind},
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        File, Project,
        change::{Decline, Outcome},
    },
    text::{Refusal, Span},
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

fn run(project: &Project, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    for file in project.files().filter(|it| is_asked_for(it)) {
        let Some(compose) = ComposeFile::of(file) else { continue };
        let readers = ComposeReaders::of(project);
        let options: Options = settings.of(&file.path);
        version::look(&compose, readers, &mut outcome);
        if options.wait {
            waits::look(project, &compose, readers, &mut outcome);
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

fn decline(compose: &ComposeFile<'_>, span: &Span, why: Refusal) -> Decline {
    Decline { transform: NAME, place: compose.place(span), why }
}
