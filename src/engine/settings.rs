//! Options of transforms: each transform defines its own, and the engine hands them over unread.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    fmt,
    sync::Arc,
};

use serde::de::DeserializeOwned;
use toml_edit::de::{Deserializer, Error};

/// The options of all transforms of a run; those that nobody has set have their defaults.
#[derive(Clone, Default)]
pub struct Settings(HashMap<TypeId, Arc<dyn Any + Send + Sync>>);

/// How the options of a transform are read from its table in `refit.toml`.
///
/// # Errors
/// A key that the transform does not have, or a value of the wrong type.
pub type Reader = fn(Deserializer, &mut Settings) -> Result<(), Error>;

impl Settings {
    /// The options of this type.
    pub fn get<T: Any + Clone + Default>(&self) -> T {
        let known = self.0.get(&TypeId::of::<T>());
        known.and_then(|it| it.downcast_ref()).cloned().unwrap_or_default()
    }

    /// Sets the options of this type.
    pub fn set<T: Any + Send + Sync>(&mut self, options: T) {
        self.0.insert(TypeId::of::<T>(), Arc::new(options));
    }

    /// Reads the options of this type from a table: the [`Reader`] of a transform that has options.
    ///
    /// # Errors
    /// A key that the type does not have, or a value of the wrong type.
    pub fn read<T>(table: Deserializer, settings: &mut Self) -> Result<(), Error>
    where
        T: DeserializeOwned + Any + Send + Sync,
    {
        settings.set(T::deserialize(table)?);
        Ok(())
    }
}

impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings").field("set", &self.0.len()).finish()
    }
}
