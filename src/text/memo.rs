//! Facts about a text or a snapshot, each computed once.

use std::{
    any::{Any, TypeId},
    fmt,
    sync::Arc,
};

use elsa::sync::FrozenBTreeMap;

/// Facts about one immutable thing, at most one of each type, each computed on first use.
///
/// A lower layer keeps what higher layers find out, without knowing their types: a Dockerfile its stages and
/// scripts, a snapshot who builds what.
#[derive(Clone, Default)]
pub struct Memo(Arc<FrozenBTreeMap<TypeId, Box<dyn Any + Send + Sync>>>);

impl Memo {
    /// The fact of this type, computed by `compute` if it is not known yet.
    ///
    /// `compute` must depend on nothing but what the memo is about. It may ask for other facts. Two threads
    /// may both compute a fact; the first result stays.
    pub fn get<T: Any + Send + Sync>(&self, compute: impl FnOnce() -> T) -> &T {
        let id = TypeId::of::<T>();
        let known = self.0.get(&id);
        let fact = known.unwrap_or_else(|| self.0.insert(id, Box::new(compute())));
        fact.downcast_ref().unwrap_or_else(|| unreachable!("a fact is filed under its own type"))
    }

    /// Forgets all facts, unless somebody else shares them. It is still about the same thing.
    pub fn forget(&mut self) {
        if let Some(facts) = Arc::get_mut(&mut self.0) {
            *facts = FrozenBTreeMap::default();
        }
    }

    /// Returns true if both are about the same thing.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

/// Facts about the parts of one immutable thing, by their numbers, each computed on first use.
pub struct Each<T>(FrozenBTreeMap<usize, Box<T>>);

impl<T> Each<T> {
    /// The fact about the part of this number, computed by `compute` if it is not known yet; see [`Memo::get`].
    pub fn get(&self, number: usize, compute: impl FnOnce() -> T) -> &T {
        let known = self.0.get(&number);
        known.unwrap_or_else(|| self.0.insert(number, Box::new(compute())))
    }
}

impl<T> Default for Each<T> {
    fn default() -> Self {
        Self(FrozenBTreeMap::default())
    }
}

impl fmt::Debug for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Memo")
    }
}
