//! A lossless Dockerfile: a flat list of items whose spans tile the source, and typed views over it.
//!
//! Parsing is total: any text gives a [`Dockerfile`], and what BuildKit would refuse is in
//! [`Dockerfile::errors`]. Rules follow BuildKit's own parser (`frontend/dockerfile/parser`), whose
//! parse of thousands of real files is the test, and its reader of instructions (`refusals`). Nothing here reads the shell inside RUN; see
//! [`crate::shell`].

mod disk;
pub mod edit;
pub mod image;
pub mod instruction;
mod json;
mod keyword;
pub mod mount;
mod parse;
mod refusals;
pub mod stage;
pub mod variables;
pub mod word;

use std::{ops::Range, sync::Arc};

pub use instruction::Instruction;
pub use keyword::Keyword;

use crate::text::{Memo, Span};

/// A parsed Dockerfile.
///
/// Invariant: `items` tile `source`: the first starts at 0, each starts where the last ended, and the
/// last ends at `source.len()`. No byte of the file is outside the tree, so none can be lost.
#[derive(Debug)]
pub struct Dockerfile {
    /// The text as it was read.
    pub source: Arc<str>,
    /// Its items, in order.
    pub items: Vec<Item>,
    /// The errors that BuildKit would report; a file with errors is reported and left alone.
    pub errors: Vec<SyntaxError>,
    /// The character that continues a line: a backslash, or what `# escape=` says.
    pub escape: char,
    /// Facts about it: its stages, the scripts of its RUNs, …
    pub memo: Memo,
    /// The way back to the files on disk; `None` when the text is one of them.
    edited: Option<disk::Edited>,
}

/// A run of whole lines of a Dockerfile that belong together.
#[derive(Debug)]
pub struct Item {
    /// Its lines, with their line ends.
    pub span: Span,
    /// The lines that it covers on disk, counted from 1, both ends included.
    pub lines: (usize, usize),
    /// Its kind.
    pub kind: Kind,
}

/// The kinds of items.
#[derive(Debug)]
pub enum Kind {
    /// A line without text.
    Blank,
    /// A line that begins with `#` and directs nothing.
    Comment,
    /// A parser directive: `# syntax=`, `# escape=` or `# check=` above everything else.
    Directive(Box<Directive>),
    /// An instruction with its continuation lines, the comments among them and its heredocs.
    Instruction(Box<Instruction>),
}

/// A parser directive.
#[derive(Debug)]
pub struct Directive {
    /// Its name in lower case.
    pub name: String,
    /// The value after `=`, trimmed.
    pub value: String,
}

/// Which of BuildKit's readers refuses a Dockerfile.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reader {
    /// The one that makes words of lines: `frontend/dockerfile/parser`.
    Parser,
    /// The one that makes instructions of words: `frontend/dockerfile/instructions`.
    Instructions,
    /// Neither, but its releases disagree on what it means.
    Neither,
}

/// Something that BuildKit refuses before it builds, or that its releases read differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError {
    /// The line, counted from 1.
    pub line: usize,
    /// The error, in lower case and without a full stop.
    pub message: String,
    /// Who refuses it.
    pub refused_by: Reader,
}

/// A logical line: continuations and interior comments removed, and the way back to the source.
#[derive(Clone, Debug, Default)]
pub struct Logical {
    /// The text as the builder sees it.
    pub text: String,
    /// The offset in the source of the first piece; most lines are not continued and have no other.
    first: Option<usize>,
    /// `(offset in text, offset in source)` of the others, ascending; each piece runs to the next.
    more: Vec<(usize, usize)>,
}

/// A here-document of a RUN, COPY or ADD.
#[derive(Debug)]
pub struct Heredoc {
    /// The delimiter, unquoted.
    pub name: String,
    /// The body's lines in the source, without the terminator.
    pub body: Span,
    /// True if `$VAR` is expanded in the body: the delimiter was not quoted.
    pub expand: bool,
    /// True if leading tabs are removed: `<<-`.
    pub chomp: bool,
    /// The file descriptor before `<<`; 0 when there is none.
    pub descriptor: u32,
}

impl Dockerfile {
    /// Reads a Dockerfile; never fails.
    pub fn parse(source: impl Into<Arc<str>>) -> Self {
        parse::parse(source.into())
    }

    /// The instructions, in order, each with its item.
    pub fn instructions(&self) -> impl DoubleEndedIterator<Item = (&Item, &Instruction)> {
        self.items.iter().filter_map(|item| match &item.kind {
            Kind::Instruction(it) => Some((item, &**it)),
            _ => None,
        })
    }

    /// The instructions among these items, each with its index.
    pub fn instructions_at(
        &self,
        items: Range<usize>,
    ) -> impl DoubleEndedIterator<Item = (usize, &Instruction)> {
        let indexed = items.clone().zip(&self.items[items]);
        indexed.filter_map(|(at, item)| match &item.kind {
            Kind::Instruction(it) => Some((at, &**it)),
            _ => None,
        })
    }

    /// The value of the parser directive of this name.
    pub fn directive(&self, name: &str) -> Option<&str> {
        self.items.iter().find_map(|item| match &item.kind {
            Kind::Directive(it) if it.name == name => Some(it.value.as_str()),
            _ => None,
        })
    }

    /// The line end of the file, which new lines must use.
    pub fn line_end(&self) -> &'static str {
        match self.source.find('\n') {
            Some(at) if self.source[..at].ends_with('\r') => "\r\n",
            _ => "\n",
        }
    }
}

impl Logical {
    fn push(&mut self, source: &str, span: Span) {
        match self.first {
            None => {
                self.first = Some(span.start);
                self.text.reserve_exact(span.len());
            }
            Some(_) => self.more.push((self.text.len(), span.start)),
        }
        self.text.push_str(&source[span]);
    }

    /// The offset in the source of byte `at` of the logical text; its end maps to the end of its last piece.
    pub fn source_offset(&self, at: usize) -> usize {
        let more = &self.more[..self.more.partition_point(|(logical, _)| *logical <= at)];
        let first = (0, self.first.unwrap_or_default());
        let (logical, source) = more.last().copied().unwrap_or(first);
        source + (at - logical)
    }

    /// The source bytes of a non-empty range of the logical text, continuations inside it included.
    pub fn source_span(&self, range: Span) -> Span {
        match range.is_empty() {
            true => self.source_offset(range.start)..self.source_offset(range.start),
            false => self.source_offset(range.start)..self.source_offset(range.end - 1) + 1,
        }
    }

    /// The part of this logical line that `range` covers, as one of its own.
    #[must_use]
    pub fn slice(&self, range: Span) -> Self {
        let first = Some(self.source_offset(range.start));
        let inside = self.more.iter().filter(|it| range.start < it.0 && it.0 < range.end);
        let more = inside.map(|(logical, source)| (logical - range.start, *source)).collect();
        Self { text: self.text[range].to_owned(), first, more }
    }
}
