//! Why something is left alone.

use std::{cmp::Ordering, panic::Location};

/// Why something is left alone.
///
/// Two are equal when they say the same, wherever it was decided.
#[derive(Clone, Debug)]
pub struct Refusal {
    /// A stable code, documented on the transform's page.
    pub code: &'static str,
    /// The reason, a sentence without a full stop.
    pub reason: String,
    /// The place in refit's source that decided it: what tells declines of the same code apart.
    pub at: &'static Location<'static>,
}

impl Refusal {
    /// A refusal that is decided where this is called.
    #[track_caller]
    pub fn new(code: &'static str, reason: impl Into<String>) -> Self {
        Self { code, reason: reason.into(), at: Location::caller() }
    }

    fn said(&self) -> (&'static str, &str) {
        (self.code, &self.reason)
    }
}

impl PartialEq for Refusal {
    fn eq(&self, other: &Self) -> bool {
        self.said() == other.said()
    }
}

impl Eq for Refusal {}

impl PartialOrd for Refusal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Refusal {
    fn cmp(&self, other: &Self) -> Ordering {
        self.said().cmp(&other.said())
    }
}
