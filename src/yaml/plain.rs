//! Values without their places, to be compared.

use std::collections::BTreeMap;

use super::{Entry, Node, Value};

/// A value of a document, without its place; what aliases and merge keys bring is part of it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Plain {
    /// A scalar.
    Text(String),
    /// A sequence.
    List(Vec<Self>),
    /// A mapping, whose order says nothing.
    Map(BTreeMap<String, Self>),
}

impl Plain {
    /// The most values of a file, those that aliases bring counted each time.
    pub const MOST: usize = 100_000;

    /// A node with what its aliases bring; `None` if that is more than `left` nodes.
    pub fn of(node: &Node, left: &mut usize) -> Option<Self> {
        *left = left.checked_sub(1)?;
        Some(match &node.value {
            Value::Scalar(it) => Self::Text(it.clone()),
            Value::Sequence(it) => {
                Self::List(it.iter().map(|it| Self::of(it, left)).collect::<Option<_>>()?)
            }
            Value::Mapping(it) => {
                let mut entry = |it: &Entry| Some((it.key.clone(), Self::of(&it.value, left)?));
                Self::Map(it.iter().map(&mut entry).collect::<Option<_>>()?)
            }
        })
    }

    /// The text of a scalar.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text(it) => Some(it),
            _ => None,
        }
    }

    /// The entries of a mapping.
    pub fn map(&mut self) -> Option<&mut BTreeMap<String, Self>> {
        match self {
            Self::Map(it) => Some(it),
            _ => None,
        }
    }

    /// The value of a key of a mapping.
    pub fn get(&mut self, key: &str) -> Option<&mut Self> {
        self.map()?.get_mut(key)
    }
}
