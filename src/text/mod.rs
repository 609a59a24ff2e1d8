//! Spans, edits, paths, places and refusals: the terms that all rooms share.

pub mod count;
mod edits;
pub mod glob;
mod image_path;
mod line_starts;
mod memo;
mod name;
pub mod panics;
mod path;
mod place;
mod provenance;
mod refusal;

pub use edits::Edits;
pub use image_path::ImagePath;
pub use line_starts::LineStarts;
pub use memo::{Each, Memo};
pub use name::{has_name, is_name_at, is_path_at, words};
pub use path::{RepoPath, folder_and_name, is_normal, tails};
pub use place::Place;
pub use provenance::{OnDisk, Provenance};
pub use refusal::Refusal;

use std::ops::Range;

/// The lines of a text, each with its number, counted from 1; one that ends in a backslash goes on in the next.
pub fn logical_lines(text: &str) -> impl Iterator<Item = (usize, String)> {
    let mut lines = text.lines().enumerate();
    std::iter::from_fn(move || {
        let (start, first) = lines.next()?;
        let mut whole = String::new();
        let mut line = first;
        while let Some(open) = line.trim_end().strip_suffix('\\') {
            whole = whole + open + " ";
            let Some((_, next)) = lines.next() else { break };
            line = next;
        }
        if !line.trim_end().ends_with('\\') {
            whole += line;
        }
        Some((start + 1, whole))
    })
}

/// A range of bytes of a source text.
pub type Span = Range<usize>;

/// Replaces the text in a span: an insertion when the span is empty, a deletion when the text is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    /// The replaced range, in bytes of the text before any edit.
    pub span: Span,
    /// The new text.
    pub text: String,
    /// True if changes that make the same edit make it together: a directive that each of them needs.
    pub shared: bool,
}

impl Edit {
    /// Puts `text` at byte `at`.
    pub fn insert(at: usize, text: impl Into<String>) -> Self {
        Self { span: at..at, text: text.into(), shared: false }
    }

    /// Puts `text` at byte `at`, once for all changes that do.
    pub fn insert_shared(at: usize, text: impl Into<String>) -> Self {
        Self { shared: true, ..Self::insert(at, text) }
    }

    /// Takes out what `span` covers.
    pub fn delete(span: Span) -> Self {
        Self { span, text: String::new(), shared: false }
    }

    /// Puts `text` in the place of what `span` covers.
    pub fn replace(span: Span, text: impl Into<String>) -> Self {
        Self { span, text: text.into(), shared: false }
    }

    /// The smallest edit that turns `old` into `new`, for formats edited through a tree of their own.
    pub fn between(old: &str, new: &str) -> Self {
        let prefix = old.char_indices().zip(new.chars()).take_while(|((_, a), b)| a == b);
        let start = prefix.last().map_or(0, |((at, a), _)| at + a.len_utf8());
        let suffix = old[start..].chars().rev().zip(new[start..].chars().rev());
        let len: usize = suffix.take_while(|(a, b)| a == b).map(|(a, _)| a.len_utf8()).sum();
        Self::replace(start..old.len() - len, &new[start..new.len() - len])
    }

    /// The same edit of a text that begins at byte `start` of this one; `start` must not come after it.
    #[must_use]
    pub fn from(&self, start: usize) -> Self {
        let span = self.span.start - start..self.span.end - start;
        Self { span, ..self.clone() }
    }

    /// Returns true if the result of applying both would depend on their order.
    pub fn conflicts(&self, other: &Self) -> bool {
        if self.shared && self == other {
            return false;
        }
        let disjoint = self.span.end <= other.span.start || other.span.end <= self.span.start;
        // Two insertions at one place, or an insertion inside a replaced span, have no order of
        // their own; one at the edge of a replaced span has.
        !disjoint || (self.span.is_empty() && self.span == other.span)
    }
}

/// Puts edits that do not conflict in the order of the text, and keeps one of those that are shared.
pub fn put_in_order<T>(edits: &mut Vec<T>, edit: impl Fn(&T) -> &Edit) {
    edits.sort_by_key(|it| (edit(it).span.start, edit(it).span.end));
    edits.dedup_by(|it, before| edit(it).shared && edit(it) == edit(before));
}

/// Applies edits that do not conflict; shared ones once.
pub fn apply<'e>(text: &str, edits: impl IntoIterator<Item = &'e Edit>) -> String {
    let mut edits: Vec<&Edit> = edits.into_iter().collect();
    put_in_order(&mut edits, |it| it);
    let grown: usize = edits.iter().map(|it| it.text.len()).sum();
    let mut out = String::with_capacity(text.len() + grown);
    let mut at = 0;
    for edit in edits {
        out.push_str(&text[at..edit.span.start]);
        out.push_str(&edit.text);
        at = edit.span.end;
    }
    out.push_str(&text[at..]);
    out
}

/// The 1-based line on which byte `at` of `text` lies.
pub fn line_at(text: &str, at: usize) -> usize {
    text.bytes().take(at).filter(|it| *it == b'\n').count() + 1
}

/// The byte at which the line of byte `at` of `text` starts.
pub fn line_start(text: &str, at: usize) -> usize {
    text[..at].rfind('\n').map_or(0, |it| it + 1)
}

/// Returns true if a text has the marks of Jinja, Go templates and their kin, which a program fills in:
/// `{{ name }}`, `{% if %}`. The expressions of GitHub, `${{ … }}`, are none.
pub fn is_template(text: &str) -> bool {
    let marks = text.match_indices("{{").any(|(at, _)| !text[..at].ends_with('$'));
    marks || text.contains("{%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn edits_apply_in_any_order() {
        let edits = [Edit::replace(4..7, "two"), Edit::insert(0, "> "), Edit::delete(7..11)];
        assert_eq!(apply("one 222 gone", &edits), "> one twoe");
    }

    #[test]
    fn a_shared_edit_is_made_once() {
        let [a, b] = ["# a\n", "# b\n"].map(|it| Edit::insert_shared(0, it));
        assert!(!a.conflicts(&a) && a.conflicts(&b));
        assert_eq!(apply("x", [&a, &Edit::delete(0..1), &a]), "# a\n");
        assert!(Edit::insert(0, "a").conflicts(&Edit::insert(0, "a")));
    }

    #[test]
    fn an_insertion_beside_a_replacement_is_no_conflict() {
        assert!(!Edit::insert(3, "a").conflicts(&Edit::delete(3..5)));
        assert!(Edit::insert(4, "a").conflicts(&Edit::delete(3..5)));
        assert!(Edit::insert(3, "a").conflicts(&Edit::insert(3, "b")));
    }

    #[test]
    fn between_is_minimal_on_character_boundaries() {
        assert_eq!(Edit::between("a: é # c", "a: è # c"), Edit::replace(3..5, "è"));
        assert_eq!(Edit::between("same", "same"), Edit::insert(4, ""));
    }

    #[test]
    fn templates_have_marks() {
        let yes = ["a: {{ b }}", "{% if x %}", "{{- .Values.x }}"];
        assert!(yes.iter().all(|it| is_template(it)));
        assert!(!["a: ${{ b }}", "{a: {b: c}}", "100%"].iter().any(|it| is_template(it)));
    }

    #[test]
    fn lines_go_on_after_a_backslash() {
        let lines: Vec<_> = logical_lines("a \\\n  b\nc\nd \\").collect();
        let expected = [(1, "a    b"), (3, "c"), (4, "d  ")];
        assert_eq!(lines, expected.map(|it| (it.0, it.1.to_owned())));
    }

    #[test]
    fn lines_are_counted_from_one() {
        assert_eq!([0, 1, 2, 9].map(|it| line_at("a\nb\n", it)), [1, 1, 2, 3]);
    }
}
