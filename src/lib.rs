//! Refactors Dockerfiles: `project::load` reads a snapshot, [`plan::plan`] runs transforms over it to a
//! fixpoint, and a [`plan::Plan`] becomes a diff, a report or files on disk. ARCHITECTURE.md has the map.
//!
//! # Invariants
//!
//! 1. Planning does no I/O and cannot fail, only diverge.
//! 2. The items of a Dockerfile tile its source.
//! 3. A transform is a pure function of the snapshot, and makes no change to its own output.
//! 4. A change is applied whole or not at all, in memory and on disk.
//! 5. What is written is what was shown.
//! 6. Only [`cli`] prints; each foreign parser has one owner.
//! 7. Transforms do no offset arithmetic: nodes hand out edits.
//! 8. Nothing is in a diff that the change's title does not say.

pub mod apply;
pub mod caches;
pub mod change;
pub mod check;
pub mod cli;
pub mod config;
pub mod defer;
pub mod diff;
pub mod dockerfile;
pub mod git;
pub mod independence;
pub mod packages;
pub mod path;
pub mod plan;
pub mod project;
pub mod recipe;
pub mod report;
pub mod run;
pub mod settings;
pub mod shell;
pub mod split;
pub mod text;
pub mod transaction;
pub mod twins;
pub mod undo;
pub mod users;
pub mod venv;
pub mod verify;

// The catalogue is a top-level folder of its own; see transforms/mod.rs.
#[path = "../transforms/mod.rs"]
pub mod transforms;

use change::Outcome;
use project::Project;
use settings::Settings;

/// One refactoring: a name, a page and a function.
#[derive(Clone, Copy, Debug)]
pub struct Transform {
    /// The kebab-case name that users type: an imperative, read after "please".
    pub name: &'static str,
    /// The page that users read; its examples are also its tests.
    pub docs: &'static str,
    /// What it would do to a project.
    ///
    /// Pure: the same snapshot gives the same outcome, and no change once its changes are applied.
    pub run: fn(&Project, &Settings) -> Outcome,
}
pub mod yaml;
