//! The catalogue: every refactoring, in the order in which a run applies them.

pub mod copy_manifests_first;
pub mod merge_test_dockerfile;
pub mod modernise_compose;
pub mod mount_caches;
pub mod pin_poetry;
pub mod recipe;
pub mod run_as_nonroot;
pub mod share_compose_image;
pub mod split_venv_stage;
pub mod write_dockerignore;

use crate::engine::Transform;

/// The transforms, in the order in which a run applies them.
pub const ALL: &[Transform] = &[
    pin_poetry::TRANSFORM,
    copy_manifests_first::TRANSFORM,
    split_venv_stage::TRANSFORM,
    mount_caches::TRANSFORM,
    merge_test_dockerfile::TRANSFORM,
    run_as_nonroot::TRANSFORM,
    write_dockerignore::TRANSFORM,
    share_compose_image::TRANSFORM,
    modernise_compose::TRANSFORM,
];

/// The transform of this name.
pub fn find(name: &str) -> Option<&'static Transform> {
    ALL.iter().find(|it| it.name == name)
}
