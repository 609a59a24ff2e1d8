//! What the owner of a project says about its Dockerfiles: which transforms run, and their options.
//!
//! Each transform defines its own options, and the engine hands them over unread.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::de::DeserializeOwned;
use toml_edit::de::{Deserializer, Error};

use crate::text::RepoPath;

/// The settings of a run, by folder: the closest above a Dockerfile hold.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    scopes: Vec<Scope>,
}

/// The settings of the Dockerfiles in a folder and below it.
#[derive(Clone, Debug)]
pub struct Scope {
    /// The folder.
    pub folder: RepoPath,
    /// The transforms that run there; `None` for all that the run has.
    pub transforms: Option<Vec<&'static str>>,
    /// The options of transforms.
    pub tables: Tables,
}

/// The options of all transforms; those that nobody has set have their defaults.
#[derive(Clone, Default)]
pub struct Tables(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

/// How the options of a transform are read from its table in `refit.toml`.
///
/// # Errors
/// A key that the transform does not have, or a value of the wrong type.
pub type Reader = fn(Deserializer, &mut Tables) -> Result<(), Error>;

/// The options of a transform: a type that it defines.
#[derive(Clone, Copy, Debug)]
pub struct Options {
    /// Reads them.
    pub read: Reader,
    /// Describes them: the comments of the type are what its users read.
    pub schema: fn(&mut SchemaGenerator) -> Schema,
}

impl Options {
    /// The options of this type.
    pub const fn of<T>() -> Self
    where
        T: DeserializeOwned + JsonSchema + Any + Send + Sync,
    {
        Self { read: Tables::read::<T>, schema: SchemaGenerator::subschema_for::<T> }
    }
}

impl Settings {
    /// Settings by folder.
    pub fn new(scopes: Vec<Scope>) -> Self {
        Self { scopes }
    }

    /// The same options for all Dockerfiles, and every transform.
    pub fn everywhere(tables: Tables) -> Self {
        Self::new(vec![Scope { folder: RepoPath::root(), transforms: None, tables }])
    }

    /// The options of this type for a Dockerfile.
    pub fn of<T: Any + Clone + Default>(&self, dockerfile: &RepoPath) -> T {
        self.scope(dockerfile).map(|it| it.tables.get()).unwrap_or_default()
    }

    /// Returns true if a transform runs on a Dockerfile.
    pub fn runs(&self, transform: &str, dockerfile: &RepoPath) -> bool {
        let named = self.scope(dockerfile).and_then(|it| it.transforms.as_ref());
        named.is_none_or(|it| it.contains(&transform))
    }

    fn scope(&self, dockerfile: &RepoPath) -> Option<&Scope> {
        let above = self.scopes.iter().filter(|it| dockerfile.strip_prefix(&it.folder).is_some());
        above.max_by_key(|it| it.folder.as_str().len())
    }
}

impl Tables {
    /// The options of this type.
    pub fn get<T: Any + Clone + Default>(&self) -> T {
        let known = self.0.get(&TypeId::of::<T>());
        known.and_then(|it| it.downcast_ref()).cloned().unwrap_or_default()
    }

    /// Reads the options of this type from a table: a [`Reader`].
    ///
    /// # Errors
    /// A key that the type does not have, or a value of the wrong type.
    fn read<T>(table: Deserializer, tables: &mut Self) -> Result<(), Error>
    where
        T: DeserializeOwned + Any + Send + Sync,
    {
        tables.0.insert(TypeId::of::<T>(), Arc::new(T::deserialize(table)?));
        Ok(())
    }
}

impl fmt::Debug for Tables {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tables").field("set", &self.0.len()).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_closest_folder_holds() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let scope = |folder: RepoPath, names: &[&'static str]| Scope {
            folder,
            transforms: Some(names.to_vec()),
            tables: Tables::default(),
        };
        let settings = Settings::new(vec![
            scope(path("api"), &["a"]),
            scope(RepoPath::root(), &["b"]),
            scope(path("api/old"), &[]),
        ]);
        let rows = [("Dockerfile", "b"), ("api/x/Dockerfile", "a"), ("apis/Dockerfile", "b")];
        for (dockerfile, name) in rows {
            assert!(settings.runs(name, &path(dockerfile)), "{dockerfile}");
        }
        assert!(!settings.runs("a", &path("api/old/Dockerfile")));
        assert!(Settings::default().runs("a", &path("Dockerfile")));
    }
}
