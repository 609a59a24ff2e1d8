//! What is known of the expressions of a file, so that none is followed again and again.

use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
};

use tree_sitter::Node;

use super::{Value, scopes::Located};

/// How many expressions of a file are followed; the values of others are unknown.
const STEPS: usize = 1_000_000;

/// What was found for expressions, by their nodes and scopes.
type Found<T> = RefCell<HashMap<(usize, usize), T>>;

/// What is known of the expressions of a file.
#[derive(Default)]
pub(super) struct Known<'t> {
    names: Found<Followed>,
    calls: Found<Followed>,
    tables: Found<Option<Node<'t>>>,
    files: Found<Option<Value>>,
    /// The expressions that were followed.
    steps: Cell<usize>,
    /// Whether one was too deep since this was last asked.
    is_cut: Cell<bool>,
}

/// The value of an expression, and how deep that was followed; [`usize::MAX`] if to the end.
struct Followed {
    value: Value,
    depth: usize,
}

impl<'t> Known<'t> {
    /// The depth that is left within an expression; `None` if it is too deep, or one too many.
    pub(super) fn enter(&self, depth: usize) -> Option<usize> {
        let steps = self.steps.get();
        self.steps.set(steps + 1);
        let left = depth.checked_sub(1).filter(|_| steps < STEPS);
        self.is_cut.set(self.is_cut.get() || left.is_none());
        left
    }

    /// The value of an expression that a name stands for.
    pub(super) fn name(
        &self,
        at: Located<'_>,
        depth: usize,
        find: impl FnOnce() -> Value,
    ) -> Value {
        self.value(&self.names, at, depth, find)
    }

    /// The value of a call.
    pub(super) fn call(
        &self,
        at: Located<'_>,
        depth: usize,
        find: impl FnOnce() -> Value,
    ) -> Value {
        self.value(&self.calls, at, depth, find)
    }

    fn value(
        &self,
        known: &Found<Followed>,
        at: Located<'_>,
        depth: usize,
        find: impl FnOnce() -> Value,
    ) -> Value {
        let key = (at.node.id(), at.scope);
        if let Some(it) = known.borrow().get(&key).filter(|it| depth <= it.depth) {
            self.is_cut.set(self.is_cut.get() || it.depth < usize::MAX);
            return it.value.clone();
        }
        // What is defined by itself.
        known.borrow_mut().insert(key, Followed { value: Value::Unknown, depth: usize::MAX });
        let was_cut = self.is_cut.replace(false);
        let value = find();
        let is_cut = self.is_cut.get();
        self.is_cut.set(is_cut || was_cut);
        let depth = if is_cut { depth } else { usize::MAX };
        known.borrow_mut().insert(key, Followed { value: value.clone(), depth });
        value
    }

    /// The table that an expression stands for.
    pub(super) fn table(
        &self,
        at: Located<'_>,
        find: impl FnOnce() -> Option<Node<'t>>,
    ) -> Option<Node<'t>> {
        once(&self.tables, at, find)
    }

    /// The file that an expression names.
    pub(super) fn file(
        &self,
        at: Located<'_>,
        find: impl FnOnce() -> Option<Value>,
    ) -> Option<Value> {
        once(&self.files, at, find)
    }
}

/// What is found for an expression; nothing while it is looked for.
fn once<T: Clone>(
    known: &Found<Option<T>>,
    at: Located<'_>,
    find: impl FnOnce() -> Option<T>,
) -> Option<T> {
    let key = (at.node.id(), at.scope);
    if let Some(it) = known.borrow().get(&key) {
        return it.clone();
    }
    known.borrow_mut().insert(key, None);
    let found = find();
    known.borrow_mut().insert(key, found.clone());
    found
}
