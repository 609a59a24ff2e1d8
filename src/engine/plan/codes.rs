//! Codes of the declines that the engine makes, whatever the transform.

/// A comment in the Dockerfile says so: `# refit: ignore`.
pub const IGNORED: &str = "ignored";
/// The change would have broken something: a bug in the transform.
pub const ENGINE: &str = "engine";
/// Only safe changes were asked for, and this one needs a person to look at it.
pub const REVIEW: &str = "review";
/// It needs other files to change, and only this one may.
pub const OTHER_FILES: &str = "other-files";
/// A real build showed that the image would not be what it was, or that it cannot be built at all.
pub const UNVERIFIED: &str = "unverified";

/// A code, and what it means to users.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Meaning {
    /// The code.
    pub code: &'static str,
    /// What it means: a sentence without a full stop.
    pub text: &'static str,
}

/// All of them.
pub const MEANINGS: [Meaning; 5] = [
    Meaning {
        code: IGNORED,
        text: "a `# refit: ignore` comment covers the place, or something else that the change would touch",
    },
    Meaning {
        code: REVIEW,
        text: "the change needs a review, and only safe changes were asked for (`--safe`)",
    },
    Meaning {
        code: OTHER_FILES,
        text: "the Dockerfile came from standard input, and other files would have to change with it",
    },
    Meaning {
        code: UNVERIFIED,
        text: "a real build showed that the image would not be what it was, or that it cannot be built at all",
    },
    Meaning {
        code: ENGINE,
        text: "the change would have broken something, so it was dropped: a bug in refit, please report it",
    },
];
