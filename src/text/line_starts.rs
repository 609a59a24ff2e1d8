//! Where the lines of a text start, found once for many questions.

use memchr::memchr_iter;

use super::{Place, RepoPath, Span, place::trimmed};

/// The bytes at which the lines of a text start.
#[derive(Clone, Debug)]
pub struct LineStarts {
    starts: Vec<usize>,
    len: usize,
}

impl LineStarts {
    /// Those of a text.
    pub fn of(text: &str) -> Self {
        let after = memchr_iter(b'\n', text.as_bytes()).map(|it| it + 1);
        Self { starts: std::iter::once(0).chain(after).collect(), len: text.len() }
    }

    /// The bytes of a line, counted from 1, without its line end; empty and at the end for one that is not there.
    pub fn span(&self, line: usize) -> Span {
        let Some(start) = self.starts.get(line.saturating_sub(1)) else {
            return self.len..self.len;
        };
        *start..self.starts.get(line.max(1)).map_or(self.len, |it| it - 1)
    }

    /// The byte of a line and a column of this text, both counted from 1, columns in characters; the end of the line
    /// for a column beyond it.
    pub fn byte(&self, text: &str, line: usize, column: usize) -> usize {
        let line = self.span(line);
        let mut chars = text[line.clone()].char_indices();
        chars.nth(column - 1).map_or(line.end, |it| line.start + it.0)
    }

    /// The place of a span of this text, without the blanks around it.
    pub fn place(&self, path: &RepoPath, text: &str, span: &Span) -> Place {
        let span = trimmed(text, span);
        let (line, column) = self.position(text, span.start);
        let (end_line, end_column) = self.position(text, span.end);
        Place { path: path.clone(), line, column, end_line, end_column }
    }

    /// The line and the column of a byte, counted from 1, columns in characters.
    pub fn position(&self, text: &str, at: usize) -> (usize, usize) {
        let line = self.starts.partition_point(|it| *it <= at);
        let start = self.starts.get(line - 1).copied().unwrap_or_default();
        (line, text[start..at].chars().count() + 1)
    }
}
