//! Places in files, for people and editors to open.

use std::fmt;

use super::{LineStarts, RepoPath, Span};

/// A place in a file as it is on disk.
///
/// LineStarts and columns are counted from 1, columns in characters. The end is the place after the last character.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// The line it starts on.
    pub line: usize,
    /// The column it starts at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column it ends before.
    pub end_column: usize,
}

impl Place {
    /// The place of a span of a file's text, without the blanks around it.
    pub fn of(path: &RepoPath, text: &str, span: &Span) -> Self {
        LineStarts::of(text).place(path, text, span)
    }

    /// The start of a line of a file, where nothing tells more about where on it.
    pub fn line(path: &RepoPath, line: usize) -> Self {
        Self { path: path.clone(), line, column: 1, end_line: line, end_column: 1 }
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// A span without the blanks at its ends; where nothing else is in it, its start.
pub(super) fn trimmed(text: &str, span: &Span) -> Span {
    let blank = |it: char| it.is_whitespace() || it == '\u{feff}';
    let inside = text[span.clone()].trim_end_matches(blank);
    if inside.is_empty() {
        return span.start..span.start;
    }
    span.start + (inside.len() - inside.trim_start_matches(blank).len())..span.start + inside.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_count_characters_and_the_end_is_after_the_last() {
        let path = RepoPath::new("Dockerfile").unwrap();
        let text = "FROM a\n  RUN é \\\n  b\n\n";
        let place = Place::of(&path, text, &(7..text.len()));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 3, 3, 4));
        let lines = LineStarts::of(text);
        assert_eq!(lines.byte(text, place.line, place.column), 9);
        let place = Place::of(&path, text, &(13..15));
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 7, 2, 8));
        assert_eq!([1, 2, 4, 9].map(|it| lines.span(it)), [0..6, 7..17, 22..22, 23..23]);
    }
}
