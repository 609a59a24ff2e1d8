//! What the base image starts in a container that replaces its ENTRYPOINT or CMD only in part, or not at all.

use super::Image;
use crate::{
    dockerfile::Keyword,
    ecosystems::images::{self, Starts},
    text::Refusal,
};

/// Which parts of what the base image starts a container replaces.
#[derive(Clone, Copy, Debug)]
pub(super) struct Replaces {
    pub(super) entrypoint: bool,
    pub(super) command: bool,
}

impl Replaces {
    /// What the Dockerfile replaces, also by an empty array.
    pub(super) fn of(image: &Image<'_>) -> Self {
        let has = |keyword| image.instructions().any(|it| it.instruction.keyword == keyword);
        Self { entrypoint: has(Keyword::Entrypoint), command: has(Keyword::Cmd) }
    }

    /// With what is replaced for one container.
    pub(super) fn with(self, entrypoint: bool, command: bool) -> Self {
        Self { entrypoint: self.entrypoint || entrypoint, command: self.command || command }
    }
}

/// Checks that the base image starts nothing of its own in a container. Another ENTRYPOINT replaces its CMD as well
/// (<https://docs.docker.com/reference/dockerfile/#understand-how-cmd-and-entrypoint-interact>).
///
/// # Errors
/// A decline's code and reason: it starts something that is not of the project.
pub(super) fn check(image: &Image<'_>, replaces: Replaces, who: &str) -> Result<(), Refusal> {
    let Some(base) = image.base().filter(|_| !replaces.entrypoint) else { return Ok(()) };
    let (code, reason) = match images::named(base).starts() {
        Some(Starts::Entrypoint) => (
            "service-image",
            format!("{who} starts with the ENTRYPOINT of {base}, which sets up a server as root"),
        ),
        Some(Starts::Server) if !replaces.command => (
            "no-command",
            format!("{who} gives no command, so that {base} starts a server of its own"),
        ),
        _ => return Ok(()),
    };
    Err(Refusal::new(code, reason))
}
