//! Package managers.
pub mod pyproject;
pub mod requirements;
