//! The catalogue: every refactoring, in the order in which a run applies them.

use crate::Transform;

/// The transforms, in the order in which a run applies them.
pub const ALL: &[Transform] = &[];
