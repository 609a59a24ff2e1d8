//! The way back from an edited Dockerfile to the files on disk.

use std::sync::Arc;

use super::{Dockerfile, Item};
use crate::text::{LineStarts, Place, Provenance, RepoPath, Span};

/// What is known of an edited Dockerfile about the files on disk.
#[derive(Debug)]
pub(super) struct Edited {
    provenance: Arc<Provenance>,
    /// The places of its items.
    places: Vec<Place>,
}

impl Dockerfile {
    /// The same with the way back to the files on disk that its text was made from.
    #[must_use]
    pub fn with_provenance(mut self, provenance: Arc<Provenance>) -> Self {
        let (mut places, source) = (Vec::with_capacity(self.items.len()), &self.source);
        for item in &mut self.items {
            let Some(place) = place(&provenance, source, item) else { return self };
            item.lines = (place.line, place.end_line);
            places.push(place);
        }
        self.edited = Some(Edited { provenance, places });
        self
    }

    /// The place on disk of an item; `path` is that of this file.
    pub fn place(&self, path: &RepoPath, item: usize) -> Place {
        let edited = self.edited.as_ref().and_then(|it| it.places.get(item)).cloned();
        edited.unwrap_or_else(|| {
            let starts: &LineStarts = self.memo.get(|| LineStarts::of(&self.source));
            starts.place(path, &self.source, &self.items[item].span)
        })
    }

    /// The text on disk of a span of the text: what to quote.
    pub fn said(&self, span: &Span) -> &str {
        match &self.edited {
            Some(it) => it.provenance.said(&self.source, span),
            None => &self.source[span.clone()],
        }
    }

    /// The text of an item on disk, without its last line end: what to quote.
    pub fn item_said(&self, at: usize) -> &str {
        self.said(&self.items[at].span).trim_end_matches(['\n', '\r'])
    }

    /// Returns true if its text comes from more than one file, so that a line needs a file's name.
    pub fn is_mixed(&self) -> bool {
        self.edited.as_ref().is_some_and(|it| it.provenance.is_mixed())
    }
}

/// The place of an item on disk. Of one that refit wrote around a line of another, it is that other one.
fn place(provenance: &Provenance, source: &str, item: &Item) -> Option<Place> {
    let (disk, span) = provenance.on_disk(source, &item.span)?;
    let is_its_start = match (first_word(&disk.text, &span), first_word(source, &item.span)) {
        (Some(on_disk), Some(now)) => on_disk.eq_ignore_ascii_case(now),
        (on_disk, now) => on_disk == now,
    };
    if !span.is_empty() && !is_its_start {
        let whole = disk.memo.get(|| Dockerfile::parse(Arc::clone(&disk.text)));
        let around = whole.items.iter().find(|it| it.span.contains(&span.start))?;
        return Some(disk.place(&around.span));
    }
    Some(disk.place(&span))
}

fn first_word<'t>(text: &'t str, span: &Span) -> Option<&'t str> {
    text.get(span.clone())?.split_whitespace().next()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::OnDisk;

    #[test]
    fn an_instruction_around_a_line_of_another_has_its_place() {
        let path = RepoPath::new("Dockerfile").unwrap();
        let text: Arc<str> = "FROM a\nRUN b && \\\n  c\n".into();
        let disk = Provenance::of(OnDisk::new(path.clone(), text));
        let mut edited = Provenance::default();
        edited.keep(&disk, 0..7);
        edited.write(9, &disk, 7);
        edited.keep(&disk, 20..22);
        let parsed = Dockerfile::parse("FROM a\nRUN if x;c\n").with_provenance(Arc::new(edited));
        let place = parsed.place(&path, 1);
        assert_eq!((place.line, place.column, place.end_line, place.end_column), (2, 1, 3, 4));
        assert_eq!(parsed.items[1].lines, (2, 3));
        assert_eq!((parsed.item_said(1), parsed.is_mixed()), ("c", false));
    }
}
