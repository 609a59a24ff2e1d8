//! What a run may change.

use super::held::Held;
use crate::{
    engine::settings::Settings,
    project::{change::Safety, selection::Selection},
    text::RepoPath,
};

/// Options of a run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The least safety that a change must have.
    pub floor: Safety,
    /// The Dockerfiles that changes may start in.
    pub selection: Selection,
    /// The one file that may change at all, when there is one: an editor's buffer.
    pub only: Option<RepoPath>,
    /// The transforms' options in `refit.toml`.
    pub settings: Settings,
    /// Changes that are not to be made, because real builds spoke against them.
    pub without: Vec<Without>,
    /// Changes that people hold back for now.
    pub held: Held,
}

/// A change that is kept from a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Without {
    /// The Dockerfile.
    pub dockerfile: RepoPath,
    /// The transform whose changes are not made; `None` for all of them.
    pub transform: Option<&'static str>,
    /// The finding of the builds, a sentence without a full stop.
    pub reason: String,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            floor: Safety::Review,
            selection: Selection::all(),
            only: None,
            settings: Settings::default(),
            without: Vec::new(),
            held: Held::default(),
        }
    }
}
