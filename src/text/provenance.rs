//! The way back from a text that was edited to the files on disk that it was made from.

use std::sync::Arc;

use super::{LineStarts, Memo, Place, RepoPath, Span, place::trimmed};

/// A file as it is on disk.
#[derive(Debug)]
pub struct OnDisk {
    /// Its path.
    pub path: RepoPath,
    /// Its text.
    pub text: Arc<str>,
    /// Facts about it, for all texts that were made from it.
    pub memo: Memo,
}

impl OnDisk {
    /// A file of this text.
    pub fn new(path: RepoPath, text: Arc<str>) -> Self {
        Self { path, text, memo: Memo::default() }
    }

    /// The place of a span of its text.
    pub fn place(&self, span: &Span) -> Place {
        self.line_starts().place(&self.path, &self.text, span)
    }

    fn line_starts(&self) -> &LineStarts {
        self.memo.get(|| LineStarts::of(&self.text))
    }
}

/// The pieces of a text, each with the place on disk that it comes from.
///
/// They tile the text. Text that nobody but refit wrote has the place where it was put in.
#[derive(Clone, Debug, Default)]
pub struct Provenance {
    pieces: Vec<Piece>,
    len: usize,
}

/// A piece of a text; it runs to the start of the next.
#[derive(Clone, Debug)]
struct Piece {
    start: usize,
    disk: Arc<OnDisk>,
    at: usize,
    /// True if its bytes are those on disk; else refit wrote them, at this place.
    is_kept: bool,
}

impl Provenance {
    /// That of a text which is a file on disk.
    pub fn of(disk: OnDisk) -> Self {
        let len = disk.text.len();
        Self { pieces: vec![Piece { start: 0, disk: Arc::new(disk), at: 0, is_kept: true }], len }
    }

    /// Adds the text of a span of another text; nothing that this text has may come after it.
    pub fn keep(&mut self, other: &Self, span: Span) {
        for (at, piece) in other.overlapping(&span) {
            let skipped = at.start - piece.start;
            let from = if piece.is_kept { piece.at + skipped } else { piece.at };
            self.push(Piece { at: from, ..piece.clone() }, at.len());
        }
    }

    /// Adds `len` bytes that refit wrote at byte `at` of another text.
    pub fn write(&mut self, len: usize, other: &Self, at: usize) {
        let before = other.pieces.partition_point(|it| it.start <= at).saturating_sub(1);
        let Some(piece) = other.pieces.get(before).filter(|_| 0 < len) else { return };
        let skipped = if piece.is_kept { at - piece.start } else { 0 };
        self.push(Piece { at: piece.at + skipped, is_kept: false, ..piece.clone() }, len);
    }

    fn push(&mut self, piece: Piece, len: usize) {
        if len == 0 {
            return;
        }
        let start = self.len;
        self.len += len;
        let follows = self.pieces.last().is_some_and(|last| {
            let at = if last.is_kept { last.at + (start - last.start) } else { last.at };
            last.is_kept == piece.is_kept && at == piece.at && Arc::ptr_eq(&last.disk, &piece.disk)
        });
        if !follows {
            self.pieces.push(Piece { start, ..piece });
        }
    }

    /// The pieces that a span has a part of, each with that part.
    fn overlapping<'p>(&'p self, span: &Span) -> impl Iterator<Item = (Span, &'p Piece)> + 'p {
        let first = self.pieces.partition_point(|it| it.start <= span.start).saturating_sub(1);
        let ends = self.pieces.iter().skip(first + 1).map(|it| it.start).chain([self.len]);
        let pieces = self.pieces.iter().skip(first).zip(ends);
        let (start, end) = (span.start, span.end);
        let parts = pieces.map(move |(it, to)| (it.start.max(start)..to.min(end), it));
        parts.take_while(move |it| it.0.start < end).filter(|it| !it.0.is_empty())
    }

    /// Returns true if the text comes from more than one file.
    pub fn is_mixed(&self) -> bool {
        self.pieces.windows(2).any(|it| it[0].disk.path != it[1].disk.path)
    }

    /// The part of a file on disk that a span of `text` comes from: from the first byte that is on disk to the
    /// last that follows it there. Empty, where the text was put in, if refit wrote all of it.
    pub fn on_disk(&self, text: &str, span: &Span) -> Option<(&OnDisk, Span)> {
        let span = trimmed(text, span);
        let span = span.start..span.end.max(span.start + 1);
        let mut found: Option<(&OnDisk, Span)> = None;
        for (part, piece) in self.overlapping(&span).filter(|it| it.1.is_kept) {
            if text.get(part.clone()).is_some_and(|it| it.trim().is_empty()) {
                continue;
            }
            let at = piece.at + (part.start - piece.start);
            let end = at + part.len();
            match &mut found {
                None => found = Some((&piece.disk, at..end)),
                Some((disk, known)) if disk.path == piece.disk.path && known.end <= at => {
                    known.end = end;
                }
                Some(_) => {}
            }
        }
        found.or_else(|| {
            let near = self.pieces.partition_point(|it| it.start <= span.start).saturating_sub(1);
            let piece = self.pieces.get(near)?;
            // After the last line there is nothing to show.
            let text = &piece.disk.text;
            let at = if piece.at == text.len() { text.trim_end().len() } else { piece.at };
            Some((&*piece.disk, at..at))
        })
    }

    /// The place on disk of a span of `text`; see [`Place::of`].
    pub fn place(&self, text: &str, span: &Span) -> Option<Place> {
        let (disk, span) = self.on_disk(text, span)?;
        Some(disk.place(&span))
    }

    /// The text on disk of a span of `text`, as its author knows it; that of `text` if refit wrote it.
    pub fn said<'t>(&'t self, text: &'t str, span: &Span) -> &'t str {
        let found = self.on_disk(text, span).filter(|it| !it.1.is_empty());
        let said = found.and_then(|it| it.0.text.get(it.1));
        said.or_else(|| text.get(span.clone())).unwrap_or_default()
    }

    /// The span of this text that comes from a place on disk, or the nearest after it that is still there.
    pub fn find(&self, place: &Place) -> Option<Span> {
        let own = |it: &&Piece| it.is_kept && it.disk.path == place.path;
        let disk = &self.pieces.iter().find(own)?.disk;
        let byte = |line, column| disk.line_starts().byte(&disk.text, line, column);
        let start = byte(place.line, place.column);
        let end = byte(place.end_line, place.end_column);
        let ends = self.pieces.iter().skip(1).map(|it| it.start).chain([self.len]);
        let pieces = self.pieces.iter().zip(ends).filter(|it| own(&it.0));
        let parts = pieces.filter_map(|(piece, to)| {
            let there = piece.at..piece.at + (to - piece.start);
            let part = there.start.max(start)..there.end.min(end.max(start + 1));
            let here = |at: usize| piece.start + (at - piece.at);
            (part.start < part.end).then(|| here(part.start)..here(part.end))
        });
        parts.reduce(
            |all, it| if it.start < all.start { it } else { all.start..it.end.max(all.end) },
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn disk(path: &str, text: &str) -> Provenance {
        Provenance::of(OnDisk::new(RepoPath::new(path).unwrap(), text.into()))
    }

    fn shown(it: &Provenance, text: &str, part: &str) -> String {
        let at = text.find(part).unwrap();
        let place = it.place(text, &(at..at + part.len())).unwrap();
        let said = it.said(text, &(at..at + part.len()));
        let Place { path, line, column, end_line, end_column } = place;
        format!("{path} {line}:{column}-{end_line}:{end_column} {said}")
    }

    /// `FROM a`, then what refit wrote, then `RUN b`, then `RUN c` of another file.
    fn merged() -> (Provenance, &'static str) {
        let (one, other) = (disk("A", "FROM a\nRUN b\n"), disk("B", "FROM a\n\nRUN c\n"));
        let mut both = Provenance::default();
        both.keep(&one, 0..7);
        both.write(6, &one, 7);
        both.keep(&one, 7..11);
        both.write(5, &one, 11);
        both.keep(&one, 11..13);
        both.keep(&other, 8..14);
        (both, "FROM a\nARG x\nRUN -xyz b\nRUN c\n")
    }

    #[test]
    fn what_was_edited_keeps_its_place() {
        let (it, text) = merged();
        assert_eq!(shown(&it, text, "FROM a\n"), "A 1:1-1:7 FROM a");
        assert_eq!(shown(&it, text, "RUN -xyz b\n"), "A 2:1-2:6 RUN b");
        assert_eq!(shown(&it, text, "RUN c\n"), "B 3:1-3:6 RUN c");
        assert!(it.is_mixed());
    }

    #[test]
    fn what_refit_wrote_has_the_place_where_it_was_put() {
        let (it, text) = merged();
        assert_eq!(shown(&it, text, "ARG x\n"), "A 2:1-2:1 ARG x\n");
        let one = disk("A", "FROM a\n");
        let mut more = Provenance::default();
        more.keep(&one, 0..7);
        more.write(7, &one, 7);
        assert_eq!(shown(&more, "FROM a\nUSER b\n", "USER b\n"), "A 1:7-1:7 USER b\n");
    }

    #[test]
    fn a_place_is_found_again() {
        let (it, text) = merged();
        let found = |path: &str, line: usize, width: usize| {
            let place = Place::line(&RepoPath::new(path).unwrap(), line);
            it.find(&Place { end_column: width + 1, ..place }).map(|it| &text[it])
        };
        assert_eq!(found("A", 2, 5), Some("RUN -xyz b"));
        assert_eq!(found("B", 3, 5), Some("RUN c"));
        assert_eq!(found("B", 1, 4), None);
    }
}
