//! Edits that nodes hand out, so that transforms do no offset arithmetic.
//!
//! New lines imitate the file: its line ends, its blank lines between paragraphs, the case of its
//! keywords and the indentation of its continuations.

use super::{Dockerfile, Instruction, Kind, parse::continued};
use crate::text::{Edit, Span, apply, line_start};

impl Instruction {
    /// Puts `text` in the place of a range of the logical line, such as a word's.
    pub fn replace(&self, range: Span, text: impl Into<String>) -> Edit {
        Edit::replace(self.logical.source_span(range), text)
    }
}

impl Dockerfile {
    /// The source text of the item at `at`, without the end of its last line.
    pub fn text(&self, at: usize) -> &str {
        self.text_of(at..at + 1).trim_end_matches(['\n', '\r'])
    }

    /// The text of an item, without its last line end, after `edits` of this file; those of other items are
    /// passed over.
    pub fn text_with(&self, at: usize, edits: &[Edit]) -> String {
        let item = &self.items[at].span;
        let own = edits.iter().filter(|it| item.start <= it.span.start && it.span.end <= item.end);
        let own: Vec<Edit> = own.map(|it| it.from(item.start)).collect();
        let text = apply(&self.source[item.clone()], &own);
        let text = if item.start == 0 { without_mark(&text) } else { &text };
        text.trim_end_matches(['\n', '\r']).to_owned()
    }

    /// The source text of several items; without the byte order mark of the file, which belongs to no item.
    pub fn text_of(&self, items: std::ops::Range<usize>) -> &str {
        &self.source[self.start_of(items.start)..self.items[items.end - 1].span.end]
    }

    /// Where an item begins; the byte order mark of the file belongs to none.
    fn start_of(&self, at: usize) -> usize {
        match self.items[at].span.start {
            0 => self.start(),
            start => start,
        }
    }

    fn start(&self) -> usize {
        self.source.len() - without_mark(&self.source).len()
    }

    /// The comment lines that stand directly above an item and belong to it.
    pub fn comments_above(&self, at: usize) -> std::ops::Range<usize> {
        let above = self.items[..at].iter().rev();
        let count = above.take_while(|it| matches!(it.kind, Kind::Comment)).count();
        at - count..at
    }

    /// The comment lines above an item that belong to it, and the banner above those: a paragraph of comments
    /// with a ruled line, which is the heading of what follows.
    pub fn heading_above(&self, at: usize) -> std::ops::Range<usize> {
        let own = self.comments_above(at).start;
        let blanks = self.items[..own].iter().rev();
        let end = own - blanks.take_while(|it| matches!(it.kind, Kind::Blank)).count();
        let banner = self.comments_above(end);
        let ruled = |it: usize| {
            let line = self.text(it).trim();
            line.len() > 3 && line.chars().all(|it| "#-=*~_+ ".contains(it))
        };
        let alone = banner.start == 0 || matches!(self.items[banner.start - 1].kind, Kind::Blank);
        if end < own && alone && banner.clone().any(ruled) { banner.start..at } else { own..at }
    }

    /// The last of the comment lines that stand directly below an item, when they say nothing of what comes
    /// next: a blank line follows them. Else the item itself.
    pub fn end_of_remarks(&self, at: usize) -> usize {
        let below = self.items[at + 1..].iter();
        let end = at + below.take_while(|it| matches!(it.kind, Kind::Comment)).count();
        match self.items.get(end + 1) {
            None | Some(super::Item { kind: Kind::Blank, .. }) => end,
            _ => at,
        }
    }

    /// Returns true if an item, with the comments above it, begins a paragraph: there is a blank line before it.
    pub fn begins_paragraph(&self, at: usize) -> bool {
        let first = self.comments_above(at).start;
        first > 0 && matches!(self.items[first - 1].kind, Kind::Blank)
    }

    /// Takes whole items out; of two blank lines that would meet, one goes with them.
    pub fn remove(&self, items: std::ops::Range<usize>) -> Edit {
        let span = self.start_of(items.start)..self.items[items.end - 1].span.end;
        let blank = |at: usize| self.items.get(at).is_some_and(|it| matches!(it.kind, Kind::Blank));
        let before = items.start == 0 || blank(items.start - 1);
        if before && blank(items.end) {
            return Edit::delete(span.start..self.items[items.end].span.end);
        }
        if before && items.start > 0 && items.end == self.items.len() {
            return Edit::delete(self.start_of(items.start - 1)..span.end);
        }
        Edit::delete(span)
    }

    /// Puts lines in the place of an item; its comments and blank lines stay.
    pub fn replace(&self, at: usize, lines: &str) -> Edit {
        let start = self.start_of(at);
        match self.open_end(at) {
            Some(end) => {
                let lines = without_open_end(lines, self.escape);
                Edit::replace(start..end, self.with_line_ends(lines))
            }
            None => Edit::replace(start..start + self.text(at).len(), self.with_line_ends(lines)),
        }
    }

    /// Where the escape character begins, with the blanks before it, that continues the last instruction of the file
    /// to a line that is not there.
    fn open_end(&self, at: usize) -> Option<usize> {
        let text = self.text(at);
        let kept = without_open_end(text, self.escape);
        let is_last =
            at + 1 == self.items.len() && matches!(self.items[at].kind, Kind::Instruction(_));
        (is_last && kept.len() < text.len()).then(|| self.start_of(at) + kept.len())
    }

    /// Puts lines after an item, as a paragraph of their own if `paragraph`.
    pub fn insert_after(&self, at: usize, lines: &str, paragraph: bool) -> Edit {
        let end = self.line_end();
        let gap = if paragraph { end } else { "" };
        let lines = self.with_line_ends(lines);
        let span = &self.items[at].span;
        if let Some(open) = self.open_end(at) {
            // It would be continued by the new lines.
            let last = if self.source.ends_with('\n') { end } else { "" };
            return Edit::replace(open..span.end, format!("{end}{gap}{lines}{last}"));
        }
        match self.source[span.clone()].ends_with('\n') {
            true => Edit::insert(span.end, format!("{gap}{lines}{end}")),
            // The file's last line has no end; the new last line has none either.
            false => Edit::insert(span.end, format!("{end}{gap}{lines}")),
        }
    }

    /// Puts lines before an item and the comments above it.
    pub fn insert_before(&self, at: usize, lines: &str) -> Edit {
        let start = self.start_of(self.comments_above(at).start);
        let end = self.line_end();
        Edit::insert(start, format!("{}{end}", self.with_line_ends(lines)))
    }

    /// Puts lines between an item and the comments above it.
    pub fn insert_between(&self, at: usize, lines: &str) -> Edit {
        let end = self.line_end();
        Edit::insert(self.start_of(at), format!("{}{end}", self.with_line_ends(lines)))
    }

    /// Names the stage that the FROM at an item begins, whatever its name was.
    pub fn name_stage(&self, at: usize, name: &str) -> Option<Edit> {
        let Kind::Instruction(it) = &self.items[at].kind else { return None };
        let words = it.words();
        match (words.get(2), it.from()?.name) {
            (Some(old), Some(_)) => {
                Some(Edit::replace(it.logical.source_span(old.range.clone()), name))
            }
            _ => {
                let image = it.logical.source_span(it.from()?.image_range);
                Some(Edit::insert(image.end, format!(" {} {name}", self.keyword("AS"))))
            }
        }
    }

    /// A keyword in the case in which the file writes most of its own; `AS` as it stands in its FROMs.
    pub fn keyword(&self, keyword: &str) -> String {
        let froms = || self.instructions().filter_map(|it| it.1.from().map(|from| (it.1, from)));
        let lower = match keyword {
            "AS" => {
                let named = froms().find(|it| it.1.name.is_some());
                named.and_then(|it| it.0.words().into_iter().nth(1)).map(|it| it.text == "as")
            }
            _ => None,
        };
        let is_lower =
            |it: &Instruction| !self.source[it.keyword_span.clone()].contains(char::is_uppercase);
        let (lowers, uppers): (Vec<_>, Vec<_>) = self.instructions().partition(|it| is_lower(it.1));
        let most = lowers.len() > uppers.len();
        if lower.unwrap_or(most) { keyword.to_lowercase() } else { keyword.to_owned() }
    }

    /// The comment lines inside an instruction, trimmed.
    pub fn inner_comments(&self, at: usize) -> impl Iterator<Item = &str> {
        let lines = match self.items[at].kind {
            Kind::Instruction(_) => self.text(at),
            _ => "",
        };
        lines.lines().skip(1).map(str::trim).filter(|it| it.starts_with('#'))
    }

    /// The text of whole items, without the blank lines at both ends, with `\n` at the end of each line.
    pub fn lines(&self, items: std::ops::Range<usize>) -> String {
        let Some(last) = items.clone().next_back() else { return String::new() };
        let text = self.text_of(items.start..last + 1).replace("\r\n", "\n");
        let text = text.trim_matches('\n');
        match self.open_end(last) {
            Some(_) => without_open_end(text, self.escape).to_owned(),
            None => text.to_owned(),
        }
    }

    /// Makes a parser directive the first line of the file.
    pub fn add_directive(&self, name: &str, value: &str) -> Edit {
        Edit::insert_shared(self.start(), format!("# {name}={value}{}", self.line_end()))
    }

    /// Adds builder flags to an instruction, after those it has.
    ///
    /// One short flag stays on the line; more than one, or a long one, take a line each. How long the line is
    /// depends on the edits that are made with this one.
    pub fn add_flags(&self, instruction: &Instruction, flags: &[String], others: &[Edit]) -> Edit {
        let at = match instruction.flags.last() {
            Some(last) => instruction.logical.source_span(last.range.clone()).end,
            None => instruction.keyword_span.end,
        };
        let line = self.source[at..].lines().next().unwrap_or_default();
        let start = line_start(&self.source, at);
        let rest = self.line_after(at, others);
        let width = at - start + rest + flags.iter().map(|it| it.len() + 1).sum::<usize>();
        let breaks =
            format!(" {}{}{}", self.escape, self.line_end(), self.indentation(instruction));
        if !instruction.flags.is_empty() && line.trim() == self.escape.to_string() {
            // The flags that are there have lines of their own.
            let flags: String = flags.iter().map(|it| format!("{breaks}{it}")).collect();
            return Edit::insert(at, flags);
        }
        if flags.len() == 1 && (width <= 100 || line.trim() == self.escape.to_string()) {
            // One blank is enough after it, however many aligned the line before.
            let blanks = line.len() - line.trim_start().len();
            let more = if line.trim().is_empty() { 0 } else { blanks.saturating_sub(1) };
            return Edit::replace(at..at + more, format!(" {}", flags[0]));
        }
        let mut text = format!(" {}", flags.join(&breaks));
        let gap = line.len() - line.trim_start().len();
        // The rest of the line moves down, unless nothing is left of it but its continuation.
        let mut span = at..at;
        if line.trim() != self.escape.to_string() {
            text += &breaks;
            span.end += gap;
        }
        Edit::replace(span, text)
    }

    /// How long the rest of a line is after byte `at`, once these edits are made.
    fn line_after(&self, at: usize, edits: &[Edit]) -> usize {
        let is_after = |it: &&Edit| at <= it.span.start;
        let after: Vec<Edit> = edits.iter().filter(is_after).map(|it| it.from(at)).collect();
        let text = apply(&self.source[at..], &after);
        text.lines().next().map_or(0, str::len)
    }

    /// The indentation of an instruction's continuation lines, of those that are indented least; four
    /// spaces when it has none.
    pub fn indentation(&self, instruction: &Instruction) -> &str {
        let text = instruction.logical.source_span(0..instruction.logical.text.len());
        let more = self.source[text].split_inclusive('\n').skip(1);
        let indents = more.map(|it| &it[..it.len() - it.trim_start_matches([' ', '\t']).len()]);
        indents.filter(|it| !it.is_empty()).min_by_key(|it| it.len()).unwrap_or("    ")
    }

    /// Takes one NAME=VALUE out of an ENV, LABEL or ARG; the whole instruction when it is the only one.
    pub fn remove_pair(&self, at: usize, name: &str) -> Option<Edit> {
        let Kind::Instruction(it) = &self.items[at].kind else { return None };
        let pairs = it.pairs();
        let index = pairs.iter().position(|it| it.name == name)?;
        if pairs.len() == 1 {
            return Some(self.remove(at..at + 1));
        }
        let span = |at: usize| it.logical.source_span(pairs[at].range.clone());
        let own = span(index);
        // The separator goes, too: the one before it, or the one after.
        let lines = self.lines_of(&own);
        let begins = self.source[lines.start..own.start].trim().is_empty();
        let follower = (index + 1 < pairs.len()).then(|| span(index + 1));
        let cut = match index {
            0 => own.start..span(1).start,
            // The first of a line makes room for the next of it.
            _ if begins && follower.as_ref().is_some_and(|it| it.start < lines.end) => {
                own.start..follower.map_or(own.end, |it| it.start)
            }
            _ => span(index - 1).end..own.end,
        };
        if !self.has_comment(&cut) {
            return Some(Edit::delete(cut));
        }
        // Beside a comment only what has lines of its own can go, and a line must follow them.
        let next = (0 < index && index + 1 < pairs.len()).then(|| span(index + 1))?;
        let lines = self.lines_of(&own);
        let alone = self.source[lines.start..own.start].trim().is_empty();
        (alone && lines.end <= next.start).then(|| Edit::delete(lines))
    }

    /// The whole lines that a span is in.
    fn lines_of(&self, span: &Span) -> Span {
        let start = line_start(&self.source, span.start);
        let end =
            self.source[span.end..].find('\n').map_or(self.source.len(), |it| span.end + it + 1);
        start..end
    }

    fn has_comment(&self, span: &Span) -> bool {
        self.source[span.clone()].lines().skip(1).any(|it| it.trim_start().starts_with('#'))
    }

    fn with_line_ends(&self, lines: &str) -> String {
        match self.line_end() {
            "\n" => lines.to_owned(),
            end => lines.replace("\r\n", "\n").replace('\n', end),
        }
    }
}

/// A text without an escape character at its end, which continues its last line to one that is not there.
fn without_open_end(text: &str, escape: char) -> &str {
    let mut kept = text;
    while let (line, true) = continued(kept, escape) {
        kept = line.trim_end();
    }
    kept
}

/// The text of a file without its byte order mark.
fn without_mark(text: &str) -> &str {
    text.strip_prefix('\u{feff}').unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn edited(source: &str, edit: impl Fn(&Dockerfile) -> Edit) -> String {
        apply(source, &[edit(&Dockerfile::parse(source))])
    }

    #[test]
    fn removing_an_item_leaves_one_blank_line() {
        assert_eq!(edited("FROM a\n\nRUN b\n\nCMD c\n", |it| it.remove(2..3)), "FROM a\n\nCMD c\n");
        assert_eq!(edited("FROM a\n\nRUN b\n", |it| it.remove(2..3)), "FROM a\n");
        assert_eq!(edited("FROM a\nRUN b\n\nCMD c\n", |it| it.remove(1..2)), "FROM a\n\nCMD c\n");
    }

    #[test]
    fn a_last_line_without_end_stays_without() {
        assert_eq!(
            edited("FROM a\r\nRUN b", |it| it.insert_after(1, "RUN c", false)),
            "FROM a\r\nRUN b\r\nRUN c"
        );
    }

    #[test]
    fn what_comes_after_an_open_last_line_is_not_a_part_of_it() {
        let rows = [
            ("FROM a\nRUN b \\\n", "FROM a\nRUN b\nRUN c\n"),
            ("FROM a\nRUN b \\", "FROM a\nRUN b\nRUN c"),
            (
                "FROM a\r\nRUN b && \\\r\n  d \\\r\n  \\\r\n",
                "FROM a\r\nRUN b && \\\r\n  d\r\nRUN c\r\n",
            ),
            ("# escape=`\nFROM a\nRUN b `\n", "# escape=`\nFROM a\nRUN b\nRUN c\n"),
        ];
        for (source, expected) in rows {
            let dockerfile = Dockerfile::parse(source);
            let last = dockerfile.items.len() - 1;
            let edit = dockerfile.insert_after(last, "RUN c", false);
            assert_eq!(apply(source, std::slice::from_ref(&edit)), expected);
            let both = [dockerfile.replace(last, dockerfile.text(last)), edit];
            assert_eq!(apply(source, &both), expected);
        }
    }

    #[test]
    fn flags_stay_on_the_line_or_take_one_each() {
        let add = |source: &str, flags: &[&str]| {
            let flags: Vec<String> = flags.iter().map(|it| (*it).to_owned()).collect();
            edited(source, |it| {
                let run = it.instructions().last().unwrap().1;
                it.add_flags(run, &flags, &[])
            })
        };
        assert_eq!(add("FROM a\nRUN b", &["--x=1"]), "FROM a\nRUN --x=1 b");
        assert_eq!(add("FROM a\nRUN --y b", &["--x=1"]), "FROM a\nRUN --y --x=1 b");
        assert_eq!(add("FROM a\nRUN \\\n  b", &["--x=1"]), "FROM a\nRUN --x=1 \\\n  b");
        assert_eq!(
            add("FROM a\nRUN --x \\\n  b", &["--y", "--z"]),
            "FROM a\nRUN --x \\\n  --y \\\n  --z \\\n  b"
        );
        assert_eq!(
            add("\u{feff}FROM a\r\nRUN b && \\\r\n\tc\r\n", &["--x=1", "--y=2"]),
            "\u{feff}FROM a\r\nRUN --x=1 \\\r\n\t--y=2 \\\r\n\tb && \\\r\n\tc\r\n"
        );
        assert_eq!(
            add("FROM a\nRUN b && \\\n  c", &["--x=1", "--y=2"]),
            "FROM a\nRUN --x=1 \\\n  --y=2 \\\n  b && \\\n  c"
        );
        assert_eq!(
            add("FROM a\nRUN \\\n  b", &["--x", "--y"]),
            "FROM a\nRUN --x \\\n  --y \\\n  b"
        );
    }

    #[test]
    fn remarks_below_an_item_end_at_a_blank_line() {
        let end = |source: &str| Dockerfile::parse(source).end_of_remarks(0);
        assert_eq!(end("FROM a\n# b\n# c\n\nRUN d\n"), 2);
        assert_eq!(end("FROM a\n# b\nRUN d\n"), 0);
        assert_eq!(end("FROM a\n"), 0);
    }

    #[test]
    fn a_pair_goes_with_what_separates_it() {
        let cut = |source: &str| edited(source, |it| it.remove_pair(1, "B").unwrap());
        assert_eq!(cut("FROM a\nENV A=1 B=2 C=3\n"), "FROM a\nENV A=1 C=3\n");
        assert_eq!(cut("FROM a\nENV B=2 \\\n    C=3\n"), "FROM a\nENV C=3\n");
        assert_eq!(cut("FROM a\nENV A=1 \\\n    B=2\n"), "FROM a\nENV A=1\n");
        assert_eq!(cut("FROM a\nENV B 2\nCMD c\n"), "FROM a\nCMD c\n");
        let commented = "FROM a\nENV A=1 \\\n  # b\n  B=2 \\\n  # c\n  C=3\n";
        assert_eq!(cut(commented), "FROM a\nENV A=1 \\\n  # b\n  # c\n  C=3\n");
        let last = Dockerfile::parse("FROM a\nENV A=1 \\\n  # b\n  B=2\n");
        assert_eq!(last.remove_pair(1, "B"), None);
    }

    #[test]
    fn a_directive_comes_after_the_byte_order_mark() {
        assert_eq!(
            edited("\u{feff}FROM a\n", |it| it.add_directive("syntax", "x")),
            "\u{feff}# syntax=x\nFROM a\n"
        );
    }

    #[test]
    fn a_byte_order_mark_stays_where_it_is() {
        let edited = |edit: &dyn Fn(&Dockerfile) -> Edit| {
            let it = Dockerfile::parse("\u{feff}FROM a\n\nRUN b\n");
            apply(&it.source, &[edit(&it)])
        };
        assert_eq!(edited(&|it| it.insert_before(0, "ARG A")), "\u{feff}ARG A\nFROM a\n\nRUN b\n");
        assert_eq!(edited(&|it| it.insert_between(0, "ARG A")), "\u{feff}ARG A\nFROM a\n\nRUN b\n");
        assert_eq!(edited(&|it| it.replace(0, "FROM b")), "\u{feff}FROM b\n\nRUN b\n");
        assert_eq!(edited(&|it| it.remove(0..1)), "\u{feff}RUN b\n");
    }

    #[test]
    fn the_mark_of_a_file_is_no_part_of_its_text() {
        let it = Dockerfile::parse("\u{feff}# a\nFROM b\n");
        assert_eq!((it.text(0), it.text_of(0..2)), ("# a", "# a\nFROM b\n"));
        assert_eq!(it.lines(0..1), "# a");
        assert!(it.errors.is_empty());
        for text in ["FROM a\n\u{feff}RUN b\n", "FROM a\n\u{feff}# c\n", "\u{feff}\u{feff}FROM a\n"]
        {
            let errors = Dockerfile::parse(text).errors;
            assert!(errors.iter().any(|it| it.message.contains("unknown instruction")), "{text:?}");
        }
    }
}
