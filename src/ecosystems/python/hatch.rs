//! Hatch, of which nothing but its runner is known: what it installs is not read.

use crate::shell::{Options, Runner};

/// `hatch run`.
pub const RUNNER: Runner = Runner {
    program: "hatch",
    verb: Some("run"),
    options: Options { short: "ep", long: &["cache-dir", "config", "data-dir", "env", "project"] },
    modules: false,
};
