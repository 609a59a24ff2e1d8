//! Where a command runs, and what it finds there.

use std::sync::Arc;

use super::version::Version;
use crate::{dockerfile::stage::State, shell::Invocation, text::ImagePath};

/// Where a command runs.
pub struct At<'a> {
    /// What the Dockerfile says holds there.
    pub state: &'a State,
    /// The directory it runs in; `None` when it cannot be known.
    pub directory: Option<&'a ImagePath>,
    /// The text of the file that a COPY put at a path of the image.
    pub text: &'a dyn Fn(&ImagePath) -> Option<Arc<str>>,
    /// The version of the manager, when the Dockerfile pins one.
    pub version: &'a dyn Fn() -> Option<Version>,
}

impl At<'_> {
    /// `path` as the command sees it; `None` if it is relative and the directory is not known.
    pub fn path(&self, path: &str) -> Option<ImagePath> {
        ImagePath::new(path).or_else(|| self.directory.map(|it| it.join(path)))
    }

    /// The value of a variable as a command sees it: its own assignments first.
    pub fn variable(&self, call: &Invocation, name: &str) -> Setting {
        if let Some((_, value)) = call.assignments.iter().rfind(|it| it.0 == name) {
            return value.clone().map_or(Setting::Unknown, Setting::Known);
        }
        if call.is_environment_empty {
            return Setting::Unknown;
        }
        match self.state.variables.get(name) {
            None => Setting::Unset,
            Some(it) if it.from_argument => Setting::Unknown,
            Some(it) => it.value().map_or(Setting::Unknown, |it| Setting::Known(it.to_owned())),
        }
    }

    /// The home directory as a command sees it; `None` when that cannot be known.
    pub fn home(&self, call: &Invocation) -> Option<String> {
        match self.variable(call, "HOME") {
            Setting::Known(it) => Some(it),
            Setting::Unknown => None,
            Setting::Unset => self.state.home().map(str::to_owned),
        }
    }
}

/// A variable, as far as a Dockerfile tells.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Setting {
    /// Nothing sets it.
    Unset,
    /// It has this value.
    Known(String),
    /// It is set to what the Dockerfile does not tell, or a build argument may change it.
    Unknown,
}
