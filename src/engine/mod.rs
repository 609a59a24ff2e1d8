//! The engine: transforms run to a fixpoint, each change checked, and the result written whole or not at all.
//!
//! It knows no transform and no rule.

pub mod apply;
pub mod blueprint;
pub mod cache;
pub mod check;
pub mod diff;
mod effects;
pub mod plan;
pub mod settings;
pub mod transaction;
pub mod undo;

use crate::project::{Project, change::Outcome};
use settings::Settings;

/// One refactoring: a name, a page, options and a function.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    /// The kebab-case name that users type: an imperative, read after "please".
    pub name: &'static str,
    /// The page that users read; its examples are also its tests.
    pub docs: &'static str,
    /// The codes that it may decline with, shared ones among them, sorted; its page explains each.
    pub codes: &'static [&'static str],
    /// Its table in `refit.toml`; `None` if it has no options.
    pub options: Option<settings::Options>,
    /// The changes it would make to a project.
    ///
    /// Pure: the same snapshot gives the same outcome, and no change once its changes are applied.
    pub run: fn(&Project, &Settings) -> Outcome,
}
