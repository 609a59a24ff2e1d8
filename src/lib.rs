//! Refactors Dockerfiles: [`load::load`] reads a snapshot, [`engine::plan::plan`] runs transforms over it to a
//! fixpoint, and a [`engine::plan::Plan`] becomes a diff, a report or files on disk. ARCHITECTURE.md has the map.
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

pub mod callers;
pub mod cli;
pub mod context;
pub mod dockerfile;
pub mod ecosystems;
pub mod engine;
pub mod load;
pub mod project;
pub mod report;
pub mod run;
pub mod shell;
pub mod text;
pub mod verify;
pub mod yaml;

// The catalogue is a top-level folder of its own; see transforms/mod.rs.
#[path = "../transforms/mod.rs"]
pub mod transforms;
