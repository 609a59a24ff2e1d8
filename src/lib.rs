//! Refactors Dockerfiles.

pub mod change;
pub mod dockerfile;
pub mod path;
pub mod project;
pub mod text;
