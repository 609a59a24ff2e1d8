//! What happened when images were started.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::Sides;

/// One way in which both images were started.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunReport {
    /// The compose service that starts them: `web in compose.yaml`; empty for the image's own command.
    pub by: String,
    /// The outcome.
    pub outcome: RunOutcome,
    /// Why it was not tried, or why what was seen proves nothing: a sentence without a full stop.
    pub reason: Option<String>,
    /// The differences, which are among those of the image as well.
    pub differences: Vec<String>,
    /// What was seen of both; `null` if they were not started.
    pub sides: Option<Sides<RunSide>>,
    /// The files that have their logs, if they differ.
    pub logs: Vec<String>,
    /// True if it needs more than it was given, and was not tried with compose.
    pub might_have_others: bool,
}

/// The outcome of starting two images.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum RunOutcome {
    /// The new one did what the old one did.
    Same,
    /// They cannot be started here as they are started today.
    NotTried,
    /// Both did the same, and that proves nothing: today it fails here.
    Unclear,
    /// The new one did something else.
    Differs,
}

/// A container when its time was up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct RunSide {
    /// What it did.
    pub state: RunState,
    /// The status that it ended with.
    pub exit_code: Option<i32>,
    /// The paths that it made, changed or removed, the first hundred.
    pub written: Vec<String>,
    /// The last line of its log.
    pub log: Option<String>,
}

/// What a container did when its time was up.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum RunState {
    /// It ran.
    Running,
    /// It had ended.
    Exited,
    /// It did not start.
    NotStarted,
    /// It needed more memory than it got.
    OutOfMemory,
}

impl RunReport {
    /// ` of web in compose.yaml`, to follow `run`; nothing for the image's own command.
    pub fn of(&self) -> String {
        if self.by.is_empty() { String::new() } else { format!(" of {}", self.by) }
    }
}

impl fmt::Display for RunReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "run{}: {}", self.of(), self.outcome)?;
        self.reason.iter().try_for_each(|it| write!(f, ", {it}"))
    }
}

impl fmt::Display for RunOutcome {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Same => "same",
            Self::NotTried => "not tried",
            Self::Unclear => "unclear",
            Self::Differs => "differs",
        })
    }
}
