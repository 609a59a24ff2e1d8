//! Why something is left alone.

/// Why something is left alone: a decline's code and reason.
pub type Refusal = (&'static str, String);
