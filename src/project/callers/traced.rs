//! Text that remembers where each of its characters stands in the file.
//!
//! A name is put together from words, variables, a matrix and what a CI system calls the checkout; in the
//! end its characters still tell which bytes of the file to edit.

use std::fmt;

use crate::text::Span;

/// Stands for a character that is nowhere in the file, or that may be another one on another day.
const NOWHERE: u32 = u32::MAX;

/// A text with the place of each character.
#[derive(Clone, Default, PartialEq, Eq)]
pub(super) struct Traced(Vec<(char, u32)>);

#[allow(dead_code, reason = "the readers of scripts follow")]
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

    /// How many characters it has.
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

    /// The byte of the file on which this character begins.
    pub(super) fn place(&self, at: usize) -> Option<usize> {
        let place = self.0.get(at)?.1;
        (place != NOWHERE).then_some(place as usize)
    }

    /// Where all of it stands, when it stands in one piece.
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
