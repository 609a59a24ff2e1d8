//! Python's package managers, and the files that they share.

pub mod hatch;
pub mod pdm;
pub mod pip;
pub mod pipenv;
pub mod poetry;
pub mod pyproject;
pub mod requirements;
pub mod uv;
