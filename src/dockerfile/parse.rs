//! Lines to items, as BuildKit's `parser.go` reads them.

use std::sync::Arc;

use memchr::memchr;

use super::{
    Directive, Dockerfile, Heredoc, Instruction, Item, Keyword, Kind, Logical, Reader as By,
    SyntaxError, refusals, word,
};
use crate::text::{Memo, Span};

/// BuildKit reads lines with Go's `bufio.Scanner`, which gives up on longer ones.
const MAX_LINE: usize = 64 * 1024 - 1;

/// The byte order mark.
const MARK: char = '\u{feff}';

pub(super) fn parse(source: Arc<str>) -> Dockerfile {
    let mut reader = Reader {
        lines: Lines { source: &source, at: 0, number: 0 },
        escape: '\\',
        directives: Some(Vec::new()),
        errors: Vec::new(),
    };
    let mut items = Vec::new();
    while let Some(line) = reader.lines.next() {
        let (start, first) = (line.start, reader.lines.number);
        let kind = reader.item(line);
        let lines = (first, reader.lines.number);
        items.push(Item { span: start..reader.lines.at, lines, kind });
    }
    let Reader { lines, escape, mut errors, .. } = reader;
    if !items.iter().any(|it| matches!(it.kind, Kind::Instruction(_))) {
        errors.push(SyntaxError {
            line: lines.number.max(1),
            message: "file with no instructions".to_owned(),
            refused_by: By::Parser,
        });
    }
    if let Some(number) = first_long_line(&source) {
        errors.push(SyntaxError {
            line: number,
            message: format!("line longer than the {MAX_LINE} bytes that BuildKit reads"),
            refused_by: By::Parser,
        });
    }
    // BuildKit reads no instruction of a file that its parser refuses; here each says all that is wrong.
    let mut in_stage = false;
    for item in &items {
        let Kind::Instruction(it) = &item.kind else { continue };
        in_stage |= it.keyword == Keyword::From;
        if refusals::has_text_after_array(it) {
            let message = "text after the array: one release of BuildKit ignores it, another takes the line for \
                           shell form"
                .to_owned();
            errors.push(SyntaxError { line: item.lines.0, message, refused_by: By::Neither });
        } else if let Some(message) = refusals::refusal(it, in_stage) {
            errors.push(SyntaxError { line: item.lines.0, message, refused_by: By::Instructions });
        }
    }
    errors.sort_by_key(|it| it.line);
    Dockerfile { source, items, errors, escape, memo: Memo::default(), edited: None }
}

/// The number of the first line that BuildKit cannot read for its length, counted from 1.
fn first_long_line(source: &str) -> Option<usize> {
    if source.len() < MAX_LINE {
        return None;
    }
    let is_long = |it: &str| MAX_LINE < it.len() + 1;
    source.split('\n').position(is_long).map(|it| it + 1)
}

struct Reader<'a> {
    lines: Lines<'a>,
    escape: char,
    /// The directives seen so far; `None` once something else has been seen.
    directives: Option<Vec<String>>,
    errors: Vec<SyntaxError>,
}

impl Reader<'_> {
    fn item(&mut self, line: Span) -> Kind {
        let text = self.lines.source[self.after_mark(&line)..line.end].trim();
        if let Some(comment) = text.strip_prefix('#') {
            let directive = self.directive(comment).map(Box::new);
            return directive.map_or(Kind::Comment, Kind::Directive);
        }
        self.directives = None;
        // A lone continuation character is a line without text, too.
        let (kept, _) = continued(text, self.escape);
        if kept.trim().is_empty() && !self.lines.continues_with_text(text, self.escape) {
            return Kind::Blank;
        }
        Kind::Instruction(Box::new(self.instruction(line)))
    }

    /// The start of a line without the byte order mark that a file may begin with. BuildKit discards one, at
    /// the start of the first line and nowhere else (`discardBOM` in `frontend/dockerfile/parser/parser.go`).
    fn after_mark(&self, line: &Span) -> usize {
        let marked = line.start == 0 && self.lines.source.starts_with(MARK);
        line.start + if marked { MARK.len_utf8() } else { 0 }
    }

    fn directive(&mut self, comment: &str) -> Option<Directive> {
        let seen = self.directives.as_mut()?;
        let parsed = comment.split_once('=').map(|(name, value)| (name.trim(), value.trim()));
        let Some((name, value)) = parsed.filter(|(name, value)| {
            let mut chars = name.chars();
            chars.next().is_some_and(|it| it.is_ascii_alphabetic())
                && chars.all(|it| it.is_ascii_alphanumeric())
                && !value.is_empty()
        }) else {
            self.directives = None;
            return None;
        };
        let name = name.to_ascii_lowercase();
        // An unknown one is a comment, but does not end the directives.
        if !["syntax", "escape", "check"].contains(&name.as_str()) {
            return None;
        }
        let line = self.lines.number;
        if seen.contains(&name) {
            let message = format!("only one {name} parser directive can be used");
            self.errors.push(SyntaxError { line, message, refused_by: By::Parser });
        }
        if name == "escape" {
            match value {
                "`" => self.escape = '`',
                "\\" => self.escape = '\\',
                _ => {
                    let message = format!("invalid escape token '{value}': it must be ` or \\");
                    self.errors.push(SyntaxError { line, message, refused_by: By::Parser });
                }
            }
        }
        seen.push(name.clone());
        Some(Directive { name, value: value.to_owned() })
    }

    fn instruction(&mut self, first: Span) -> Instruction {
        let source = self.lines.source;
        let start_line = self.lines.number;
        let logical = self.logical(first);
        let (mut instruction, errors) = Instruction::read(logical, self.escape);
        let mut unterminated = false;
        if instruction.may_have_heredocs() && instruction.logical.text.contains("<<") {
            for opener in word::heredocs(&instruction.logical.text) {
                let (body, terminated) = self.heredoc(&opener.name, opener.chomp);
                unterminated |= !terminated;
                let word::Opener { name, expand, chomp, descriptor } = opener;
                instruction.heredocs.push(Heredoc { name, body, expand, chomp, descriptor });
            }
        }
        let errors = errors.into_iter().chain(unterminated.then(|| "unterminated heredoc".into()));
        self.errors.extend(errors.map(|message| SyntaxError {
            line: start_line,
            message,
            refused_by: By::Parser,
        }));
        debug_assert!(instruction.heredocs.iter().all(|it| it.body.end <= source.len()));
        instruction
    }

    fn logical(&mut self, first: Span) -> Logical {
        let source = self.lines.source;
        let mut logical = Logical::default();
        let text = source[self.after_mark(&first)..first.end].trim_start();
        let mut line = first.end - text.len()..first.end;
        loop {
            let text = source[line.clone()].trim_end_matches(['\r', '\n']);
            let (kept, more) = continued(text, self.escape);
            logical.push(source, line.start..line.start + kept.len());
            // Comment and blank lines inside a continued instruction are no part of it.
            let next =
                more.then(|| self.lines.by_ref().find(|it| !is_skipped(&source[it.clone()])));
            match next.flatten() {
                Some(next) => line = next,
                None => return logical,
            }
        }
    }

    fn heredoc(&mut self, name: &str, chomp: bool) -> (Span, bool) {
        let source = self.lines.source;
        let start = self.lines.at;
        let mut end = start;
        for line in self.lines.by_ref() {
            let text = source[line.clone()].trim_end_matches(['\n', '\r']);
            let text = if chomp { text.trim_start_matches('\t') } else { text };
            if text == name {
                return (start..end, true);
            }
            end = line.end;
        }
        (start..end, false)
    }
}

/// The line without its continuation character, and whether it had one.
///
/// BuildKit's rule: the escape character, then only spaces and tabs, and no second escape before it.
pub(super) fn continued(line: &str, escape: char) -> (&str, bool) {
    match line.trim_end_matches([' ', '\t']).strip_suffix(escape) {
        Some(kept) if !kept.ends_with(escape) => (kept, true),
        _ => (line, false),
    }
}

fn is_skipped(line: &str) -> bool {
    let text = line.trim();
    text.is_empty() || text.starts_with('#')
}

/// The lines of a source, each with its line end, counted from 1.
struct Lines<'a> {
    source: &'a str,
    at: usize,
    number: usize,
}

impl Lines<'_> {
    /// Returns true if a line that is only a continuation leads to an instruction.
    fn continues_with_text(&self, line: &str, escape: char) -> bool {
        continued(line, escape).1 && !self.source[self.at..].lines().all(is_skipped)
    }
}

impl Iterator for Lines<'_> {
    type Item = Span;

    fn next(&mut self) -> Option<Span> {
        let start = self.at;
        if start == self.source.len() {
            return None;
        }
        let end = memchr(b'\n', &self.source.as_bytes()[start..]);
        self.at = end.map_or(self.source.len(), |it| start + it + 1);
        self.number += 1;
        Some(start..self.at)
    }
}
