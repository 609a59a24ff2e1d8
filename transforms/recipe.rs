//! Recipes: named lists of transforms.

use crate::{engine::Transform, transforms};

/// A named list of transforms.
#[derive(Clone, Copy, Debug)]
pub struct Recipe {
    /// The name that users type.
    pub name: &'static str,
    /// What it is for, in one line.
    pub title: &'static str,
    /// The transforms it names; `None` for all there are.
    pub names: Option<&'static [&'static str]>,
}

/// The recipes, the default first.
pub const ALL: &[Recipe] = &[
    Recipe {
        name: "audit",
        title: "Smaller images that rebuild less, run as a user, and are sent less",
        names: Some(&[
            "pin-poetry",
            "copy-manifests-first",
            "split-venv-stage",
            "mount-caches",
            "merge-test-dockerfile",
            "run-as-nonroot",
            "write-dockerignore",
        ]),
    },
    Recipe {
        name: "caching",
        title: "Rebuild less after an edit, download less",
        names: Some(&["copy-manifests-first", "mount-caches"]),
    },
    Recipe {
        name: "repository",
        title: "What stands around the Dockerfiles: build contexts and compose files",
        names: Some(&["write-dockerignore", "share-compose-image", "modernise-compose"]),
    },
    Recipe { name: "all", title: "Everything refit knows how to do", names: None },
];

/// The name of [`usual`].
pub const DEFAULT: &str = "audit";

/// The recipe of a run that names none.
pub fn usual() -> &'static Recipe {
    &ALL[0]
}

/// The recipe of this name.
pub fn find(name: &str) -> Option<&'static Recipe> {
    ALL.iter().find(|it| it.name == name)
}

impl Recipe {
    /// Its transforms, in the order of the catalogue.
    pub fn transforms(&self) -> impl Iterator<Item = &'static Transform> {
        let names = self.names;
        transforms::ALL.iter().filter(move |it| names.is_none_or(|names| names.contains(&it.name)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn recipes_name_transforms_that_exist() {
        for recipe in ALL {
            let names = recipe.names.unwrap_or_default();
            let unknown = names.iter().find(|it| !transforms::ALL.iter().any(|t| t.name == **it));
            assert_eq!(unknown, None, "recipe {}", recipe.name);
        }
        assert_eq!(usual().name, DEFAULT);
    }
}
