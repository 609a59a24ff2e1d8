//! What `refit.toml` says to the transforms.

use serde::Deserialize;

/// Options of the transforms, each under the transform's name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Settings {
    /// Options of `pin-poetry`.
    pub pin_poetry: PinPoetry,
    /// Options of `mount-caches`.
    pub mount_caches: MountCaches,
}

/// Options of `pin-poetry`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct PinPoetry {
    /// The version to pin, whatever the project says.
    pub version: Option<String>,
    /// Whether to pin through `ARG POETRY_VERSION` with a comment that Renovate keeps fresh.
    pub renovate: bool,
}

/// Options of `mount-caches`.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct MountCaches {
    /// Whether to ask for a Dockerfile frontend with `# syntax=` where a file names none.
    pub syntax: bool,
}

impl Default for MountCaches {
    fn default() -> Self {
        Self { syntax: true }
    }
}
