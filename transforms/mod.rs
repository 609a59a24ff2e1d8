//! The catalogue: every refactoring, in the order in which a run applies them.

mod copy_manifests_first;
mod merge_test_dockerfile;
mod mount_caches;
mod pin_poetry;
mod run_as_nonroot;
mod split_venv_stage;

use crate::Transform;

/// The transforms, in the order in which a run applies them.
pub const ALL: &[Transform] = &[
    pin_poetry::TRANSFORM,
    copy_manifests_first::TRANSFORM,
    split_venv_stage::TRANSFORM,
    mount_caches::TRANSFORM,
    merge_test_dockerfile::TRANSFORM,
    run_as_nonroot::TRANSFORM,
];
