//! Dockerfiles that are variants of one another: `Dockerfile` and `Dockerfile.test`.
//!
//! [`names`] tells them by name, [`Merger`] makes one file of two, and [`guard`] knows what about their
//! builds speaks against it. What differs becomes a build argument around an install, or a stage.

mod align;
pub mod alike;
mod comments;
pub mod guard;
mod merge;
pub mod names;
mod stages;
mod switch;
mod write;

pub use align::{ENOUGH, LOOKS_ALIKE, likeness};
pub use merge::{Merged, Merger};
pub use names::{Kind, Twins, Way};
