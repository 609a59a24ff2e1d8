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
    Recipe { name: "audit", title: "Everything refit knows how to do", names: None },
    Recipe {
        name: "caching",
        title: "Rebuild less after an edit, download less",
        names: Some(&["copy-manifests-first", "mount-caches"]),
    },
];

/// The recipe of a run that names none.
pub const DEFAULT: &str = "audit";

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
        assert!(find(DEFAULT).is_some());
    }
}
