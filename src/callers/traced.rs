//! Text that remembers where each of its characters stands in the file.
//!
//! A name is put together from words, variables, a matrix and what a CI system calls the checkout; in the
//! end its characters still tell which bytes of the file to edit.

use std::{collections::HashMap, fmt, sync::Arc};

use crate::{
    text::Span,
    yaml::{Entry, Node},
};

/// Marks a character that is not in the file, or that may change from day to day.
const NOWHERE: u32 = u32::MAX;

/// A text with the place of each character.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Traced(Vec<(char, u32)>);

impl Traced {
    /// A text that stands nowhere.
    pub(super) fn untraced(text: &str) -> Self {
        Self(text.chars().map(|it| (it, NOWHERE)).collect())
    }

    /// A text that stands in the file as it is, from byte `start` on.
    pub(super) fn at(text: &str, start: usize) -> Self {
        let place = |at: usize| u32::try_from(start + at).unwrap_or(NOWHERE);
        Self(text.char_indices().map(|(at, it)| (it, place(at))).collect())
    }

    /// The same text, standing nowhere.
    pub(super) fn forgotten(&self) -> Self {
        Self(self.0.iter().map(|it| (it.0, NOWHERE)).collect())
    }

    pub(super) fn push(&mut self, c: char) {
        self.0.push((c, NOWHERE));
    }

    pub(super) fn push_at(&mut self, c: char, at: usize) {
        self.0.push((c, u32::try_from(at).unwrap_or(NOWHERE)));
    }

    pub(super) fn push_str(&mut self, text: &str) {
        text.chars().for_each(|it| self.push(it));
    }

    pub(super) fn append(&mut self, other: &Self) {
        self.0.extend_from_slice(&other.0);
    }

    /// The number of characters.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn get(&self, at: usize) -> Option<char> {
        self.0.get(at).map(|it| it.0)
    }

    pub(super) fn chars(&self) -> impl DoubleEndedIterator<Item = char> {
        self.0.iter().map(|it| it.0)
    }

    /// The characters from `range`, counted in characters.
    pub(super) fn slice(&self, range: std::ops::Range<usize>) -> Self {
        Self(self.0.get(range).unwrap_or_default().to_vec())
    }

    /// The text as it is.
    pub(super) fn text(&self) -> String {
        self.chars().collect()
    }

    /// The first position of this text at or after character `from`, counted in characters.
    pub(super) fn find(&self, text: &str, from: usize) -> Option<usize> {
        let len = text.chars().count();
        let last = self.len().checked_sub(len)?;
        (from..=last).find(|at| self.0[*at..at + len].iter().map(|it| it.0).eq(text.chars()))
    }

    /// The parts before and after the first `text`.
    pub(super) fn split_once(&self, text: &str) -> Option<(Self, Self)> {
        let at = self.find(text, 0)?;
        Some((self.slice(0..at), self.slice(at + text.chars().count()..self.len())))
    }

    /// Without what `is_gone` says of at its start.
    pub(super) fn trim_start(&self, is_gone: impl Fn(char) -> bool) -> Self {
        let start = self.chars().take_while(|it| is_gone(*it)).count();
        self.slice(start..self.len())
    }

    /// Without white space at its ends.
    pub(super) fn trim(&self) -> Self {
        let end = self.len() - self.chars().rev().take_while(|it| it.is_whitespace()).count();
        self.slice(0..end).trim_start(char::is_whitespace)
    }

    /// Its lines, without their ends.
    pub(super) fn lines(&self) -> Vec<Self> {
        let mut lines = self.split(|it| it == '\n');
        if lines.last().is_some_and(Self::is_empty) {
            lines.pop();
        }
        let without_return = |it: Self| match it.get(it.len().saturating_sub(1)) {
            Some('\r') => it.slice(0..it.len() - 1),
            _ => it,
        };
        lines.into_iter().map(without_return).collect()
    }

    /// Its words.
    pub(super) fn words(&self) -> Vec<Self> {
        let words = self.split(char::is_whitespace).into_iter();
        words.filter(|it| !it.is_empty()).collect()
    }

    fn split(&self, is_between: impl Fn(char) -> bool) -> Vec<Self> {
        self.0.split(|it| is_between(it.0)).map(|it| Self(it.to_vec())).collect()
    }

    /// The byte of the file on which this character begins.
    pub(super) fn place(&self, at: usize) -> Option<usize> {
        let place = self.0.get(at)?.1;
        (place != NOWHERE).then_some(place as usize)
    }

    /// The byte of the file after the character before `at`, or that of the character at `at`, which wins.
    pub(super) fn boundary(&self, at: usize) -> Option<usize> {
        let before =
            at.checked_sub(1).and_then(|it| Some(self.place(it)? + self.get(it)?.len_utf8()));
        self.place(at).or(before)
    }

    /// The span of all of it, if it is one piece of the file.
    pub(super) fn span(&self) -> Option<Span> {
        let start = self.place(0)?;
        let mut end = start;
        for (at, c) in self.chars().enumerate() {
            if self.place(at)? != end {
                return None;
            }
            end += c.len_utf8();
        }
        Some(start..end)
    }
}

impl fmt::Display for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.chars().try_for_each(|it| fmt::Write::write_char(f, it))
    }
}

impl fmt::Debug for Traced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}@{:?}", self.to_string(), self.span())
    }
}

/// The variables that a mapping gives literal values.
pub(super) fn literals(source: &str, node: Option<&Arc<Node>>) -> HashMap<String, Traced> {
    let entries = node.map(|it| it.entries()).unwrap_or_default();
    let text = |it: &Entry| {
        let value = it.value.as_str().map(|_| &it.value).or_else(|| it.value.get("value"))?;
        Some((it.key.clone(), super::traced(source, value)?))
    };
    entries.iter().filter_map(text).collect()
}
