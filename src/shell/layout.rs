//! The lines that a script stands on, and how to take text out of them.
//!
//! Taking a word or a command out of a continued instruction is more than deleting its bytes: a line
//! that is left without text goes with its continuation, the line before the last one must not continue
//! any more, comment and blank lines between them stay, and what stood apart must not run together.

use super::Script;
use crate::text::{Edit, Span};

/// A line of the region.
pub(super) struct Line {
    /// All of it, line end included.
    span: Span,
    /// Its text, without the continuation and the line end.
    content: Span,
    /// True if the next line belongs to the same logical line.
    continued: bool,
    /// True for a comment or blank line inside a continued instruction.
    pub(super) skipped: bool,
}

/// The effect of edits on a line.
#[derive(Default)]
struct Fate {
    /// The part that is removed from its content.
    removed: Vec<Span>,
    /// True if nothing is left of it.
    dead: bool,
}

impl Line {
    /// All of it, line end included.
    pub(super) fn all(&self) -> Span {
        self.span.clone()
    }

    /// The offset where it begins.
    pub(super) fn start(&self) -> usize {
        self.span.start
    }

    /// Returns true if these bytes extend beyond it.
    pub(super) fn is_within(&self, span: &Span) -> bool {
        span.start < self.span.end && self.span.start < span.end
    }

    /// The part of its text that these bytes cover.
    pub(super) fn part(&self, span: &Span) -> Option<Span> {
        let part = span.start.max(self.content.start)..span.end.min(self.content.end);
        (part.start < part.end && !self.skipped).then_some(part)
    }
}

impl Script {
    /// The white space that a line begins with.
    pub(super) fn indent(&self, line: &Line) -> &str {
        let text = &self.source[line.content.clone()];
        &text[..text.len() - text.trim_start().len()]
    }

    pub(super) fn lines(&self) -> Vec<Line> {
        let mut at = self.region.start;
        let mut lines: Vec<Line> = Vec::new();
        for text in self.source[self.region.clone()].split_inclusive('\n') {
            let span = at..at + text.len();
            at = span.end;
            let bare = text.trim_end_matches(['\n', '\r']);
            let trimmed = if self.heredoc { bare } else { bare.trim_end_matches([' ', '\t']) };
            let kept = trimmed.trim_end_matches(self.escape);
            let escapes = (trimmed.len() - kept.len()) / self.escape.len_utf8();
            // Docker's rule and the shell's differ where there are several.
            let continued = if self.heredoc { escapes % 2 == 1 } else { escapes == 1 };
            let end = if continued { trimmed.len() - self.escape.len_utf8() } else { bare.len() };
            let text = bare.trim();
            let skipped =
                !self.heredoc && !lines.is_empty() && (text.is_empty() || text.starts_with('#'));
            let content = span.start..span.start + end;
            lines.push(Line { span, content, continued: continued && !skipped, skipped });
        }
        lines
    }

    /// The offset where the line end of a line begins.
    fn line_end(&self, line: &Line) -> usize {
        line.span.start + self.source[line.span.clone()].trim_end_matches(['\n', '\r']).len()
    }

    /// Returns true if only white space is left in these bytes.
    pub(super) fn is_blank(&self, span: Span) -> bool {
        self.source[span].trim().is_empty()
    }

    /// Takes these ranges out of the script, each from the start of a token to the end of one.
    pub(super) fn cut(&self, ranges: &[Span]) -> Vec<Edit> {
        let lines = self.lines();
        let mut ranges = ranges.to_vec();
        ranges.sort_by_key(|it| it.start);
        let mut fates: Vec<Fate> = lines.iter().map(|it| self.fate(it, &ranges)).collect();
        let mut deleted: Vec<Span> = Vec::new();
        for last in 0..lines.len() {
            if !fates[last].dead || lines[last].continued {
                continue;
            }
            // The line before what ended the command now ends it.
            for i in (0..last).rev() {
                let line = &lines[i];
                if line.skipped || fates[i].dead {
                    continue;
                }
                if line.continued && self.is_blank(line.content.clone()) {
                    fates[i].dead = true;
                    continue;
                }
                if line.continued {
                    let end = self.source[..line.content.end].trim_end().len();
                    deleted.push(end.max(line.content.start)..self.line_end(line));
                }
                break;
            }
        }
        // A range in a here-document that goes on over a line end takes that, and leaves its last.
        let over: Vec<Span> =
            ranges.into_iter().filter(|it| self.spans_line_end(it, &lines, &fates)).collect();
        let ends = |line: &Line| over.iter().any(|it| line.content.contains(&(it.end - 1)));
        for (i, (line, fate)) in lines.iter().zip(&fates).enumerate() {
            if fate.dead && ends(line) {
                continue;
            }
            if fate.dead {
                deleted.push(self.line_and_end(line, i.checked_sub(1).map(|it| &lines[it])));
            } else {
                deleted.extend(fate.removed.iter().cloned());
            }
        }
        deleted.extend(over);
        let mut edits = merged(deleted);
        self.keep_apart(&mut edits, &lines, &fates);
        edits
    }

    /// A line with its line end; the last one of a file that ends without, with the line end before.
    fn line_and_end(&self, line: &Line, before: Option<&Line>) -> Span {
        let ends = self.source[line.span.clone()].ends_with('\n');
        match before {
            Some(before) if !ends => self.line_end(before)..line.span.end,
            _ => line.span.clone(),
        }
    }

    fn fate(&self, line: &Line, ranges: &[Span]) -> Fate {
        if line.skipped {
            return Fate::default();
        }
        let inside: Vec<Span> = ranges.iter().filter_map(|it| line.part(it)).collect();
        let mut removed = Vec::new();
        let (mut at, mut text_before) = (line.content.start, false);
        for (i, span) in inside.iter().enumerate() {
            text_before |= !self.is_blank(at..span.start);
            let end = self.source[span.clone()].trim_end().len() + span.start;
            let start = span.start.max(line.content.start + self.indent(line).len());
            let span = start.min(end)..end;
            at = span.end;
            if text_before {
                // The white space before it goes, too.
                let start = self.source[..span.start].trim_end_matches([' ', '\t']).len();
                removed.push(start..span.end);
            } else {
                // It is the first of its line: the indentation stays.
                let limit = inside.get(i + 1).map_or(line.content.end, |it| it.start);
                let rest = &self.source[span.end..limit];
                let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
                removed.push(span.start..span.end + blank);
            }
        }
        let dead = !inside.is_empty() && !text_before && self.is_blank(at..line.content.end);
        Fate { removed, dead }
    }

    fn spans_line_end(&self, range: &Span, lines: &[Line], fates: &[Fate]) -> bool {
        let touched = lines.iter().zip(fates).filter(|(it, _)| it.is_within(range));
        let goes_on = |it: &Line| !it.continued && it.span.end < range.end;
        self.heredoc && touched.into_iter().any(|(it, fate)| goes_on(it) && !fate.dead)
    }

    /// Puts a space where a removal would let two words run together, or make a digit a descriptor.
    fn keep_apart(&self, edits: &mut Vec<Edit>, lines: &[Line], fates: &[Fate]) {
        let mut spaces = Vec::new();
        for edit in edits.iter_mut().filter(|it| !self.source[it.span.clone()].contains('\n')) {
            let before = self.source[..edit.span.start].chars().next_back();
            let after = self.source[edit.span.end..].chars().next();
            let within = lines
                .iter()
                .any(|it| it.content.start < edit.span.start && edit.span.end < it.content.end);
            if within && run_together(before, after) {
                " ".clone_into(&mut edit.text);
            }
        }
        let mut live = (0..lines.len()).filter(|it| !lines[*it].skipped && !fates[*it].dead);
        let Some(mut one) = live.next() else { return };
        for other in live {
            let changed = fates[one + 1..other].iter().any(|it| it.dead)
                || fates[one]
                    .removed
                    .last()
                    .is_some_and(|it| self.is_blank(it.end..lines[one].content.end))
                || fates[other]
                    .removed
                    .first()
                    .is_some_and(|it| self.is_blank(lines[other].content.start..it.start));
            let end = lines[one].content.end;
            // A line whose continuation is gone has no next line to run into.
            let goes_on = lines[one].continued && !edits.iter().any(|it| it.span.contains(&end));
            if changed && goes_on {
                let before = self.left(&lines[one], edits).chars().next_back();
                let after = self.left(&lines[other], edits).chars().next();
                if run_together(before, after) {
                    spaces.push(Edit::insert(end, " "));
                }
            }
            one = other;
        }
        edits.extend(spaces);
    }

    /// The rest of a line's content after the edits.
    fn left(&self, line: &Line, edits: &[Edit]) -> String {
        let content = &line.content;
        let kept = |it: &(usize, char)| {
            let at = content.start + it.0;
            !edits.iter().any(|it| it.text.is_empty() && it.span.contains(&at))
        };
        self.source[content.clone()].char_indices().filter(kept).map(|it| it.1).collect()
    }
}

fn run_together(before: Option<char>, after: Option<char>) -> bool {
    let apart = |it: char| it.is_whitespace() || ";&|()".contains(it);
    match (before, after) {
        (Some(before), Some(after)) => !apart(before) && !apart(after),
        _ => false,
    }
}

/// Deletions that neither overlap nor touch.
fn merged(mut spans: Vec<Span>) -> Vec<Edit> {
    spans.retain(|it| !it.is_empty());
    spans.sort_by_key(|it| it.start);
    let mut edits: Vec<Edit> = Vec::new();
    for span in spans {
        match edits.last_mut() {
            Some(last) if span.start <= last.span.end => {
                last.span.end = last.span.end.max(span.end);
            }
            _ => edits.push(Edit::delete(span)),
        }
    }
    edits
}
