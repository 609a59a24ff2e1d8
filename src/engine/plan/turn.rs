//! The turns of a transform: what it was shown last, and what it came to.

use std::sync::Arc;

use crate::{
    engine::Transform,
    project::{Remembered, change::Decline},
};

/// A transform, and what it is known to say.
pub(super) struct Turn<'t> {
    pub(super) transform: &'t Transform,
    /// The last time that it was asked.
    pub(super) last: Option<Look>,
    /// What it came to for Dockerfiles that are as they were.
    pub(super) remembered: Arc<Remembered>,
}

impl<'t> Turn<'t> {
    pub(super) fn first(transform: &'t Transform) -> Self {
        Self { transform, last: None, remembered: Arc::default() }
    }
}

/// The last time that a transform was asked.
pub(super) struct Look {
    /// The steps that were done by then: it has nothing new to say before there is a further one.
    pub(super) steps: usize,
    /// True if it was shown all Dockerfiles.
    pub(super) whole: bool,
    /// What it left alone.
    pub(super) declines: Vec<Decline>,
}
