//! As much of HCL as bake files are made of: blocks, strings, lists and maps.
//!
//! Anything else (a call, a condition) makes the value unknown and nothing more.

use std::collections::BTreeMap;

use crate::{
    callers::{entries::Field, traced::Traced},
    text::{Span, line_at},
};

/// A value.
#[derive(Clone, Debug)]
pub(in crate::callers) enum Value {
    /// A string with its templates, a number, or the template that a bare name means.
    Text(Traced),
    /// A list.
    List(Vec<Self>),
    /// A map, or the body of a block: each entry with where it stands.
    Map(BTreeMap<String, (Self, Field)>),
    /// Anything else.
    Unknown,
}

/// A block or an attribute at the top of a file.
pub(in crate::callers) struct Entry {
    /// The block's type, or the attribute's name.
    pub(in crate::callers) name: String,
    /// The labels of a block.
    pub(in crate::callers) labels: Vec<String>,
    /// The line of the name, counted from 1.
    pub(in crate::callers) line: usize,
    /// The value.
    pub(in crate::callers) value: Value,
}

impl Value {
    /// The text, when it is one.
    pub(in crate::callers) fn text(&self) -> Option<&Traced> {
        match self {
            Self::Text(it) => Some(it),
            _ => None,
        }
    }
}

/// The blocks and attributes of a file; never fails.
pub(in crate::callers) fn read(text: &str) -> Vec<Entry> {
    let mut reader = Reader { tokens: tokens(text), at: 0, depth: 0 };
    let mut entries = Vec::new();
    while let Some((token, span)) = reader.next() {
        let Token::Word(name) = token else { continue };
        if let Some((labels, value)) = reader.entry() {
            let line = line_at(text, span.start);
            entries.push(Entry { name, labels, line, value });
        }
    }
    entries
}

/// The value that a JSON file is, comments and spare commas allowed.
pub(in crate::callers) fn read_json(text: &str) -> Value {
    Reader { tokens: tokens(text), at: 0, depth: 0 }.value()
}

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(Traced),
    Mark(char),
}

fn tokens(text: &str) -> Vec<(Token, Span)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    let end_of_line = |it: &str| it.find('\n').unwrap_or(it.len());
    while let Some(c) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, len) = match c {
            '#' => (None, end_of_line(rest)),
            '/' if rest.starts_with("//") => (None, end_of_line(rest)),
            '/' if rest.starts_with("/*") => {
                (None, rest.find("*/").map_or(rest.len(), |it| it + 2))
            }
            '"' => {
                let (value, len) = string(rest, at);
                (Some(Token::Text(value)), len)
            }
            c if c.is_alphanumeric() || c == '_' => {
                let is_word = |it: char| it.is_alphanumeric() || matches!(it, '_' | '-' | '.');
                let len = rest.find(|it| !is_word(it)).unwrap_or(rest.len());
                (Some(Token::Word(rest[..len].to_owned())), len)
            }
            c => ((!c.is_whitespace()).then_some(Token::Mark(c)), c.len_utf8()),
        };
        tokens.extend(token.map(|it| (it, at..at + len)));
        at += len;
    }
    tokens
}

/// The string at the start of `text`, which is at byte `start` of the file, and how many bytes it takes.
fn string(text: &str, start: usize) -> (Traced, usize) {
    let mut value = Traced::default();
    let mut chars = text.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => return (value, at + 1),
            '\\' => {
                if let Some((_, it)) = chars.next() {
                    value.push(it);
                }
            }
            c => value.push_at(c, start + at),
        }
    }
    (value, text.len())
}

/// The depth to which values nest; deeper ones are unknown.
const DEPTH: usize = 32;

struct Reader {
    tokens: Vec<(Token, Span)>,
    at: usize,
    depth: usize,
}

impl Reader {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|it| &it.0)
    }

    fn next(&mut self) -> Option<(Token, Span)> {
        let next = self.tokens.get(self.at).cloned()?;
        self.at += 1;
        Some(next)
    }

    /// What comes after a name: labels and a body, or `=` and a value.
    fn entry(&mut self) -> Option<(Vec<String>, Value)> {
        let mut labels = Vec::new();
        while let Some(Token::Text(it)) = self.peek() {
            labels.push(it.text());
            self.at += 1;
        }
        match self.peek()? {
            Token::Mark('{') => Some((labels, self.value())),
            Token::Mark('=' | ':') => {
                self.at += 1;
                Some((labels, self.value()))
            }
            _ => None,
        }
    }

    fn value(&mut self) -> Value {
        if self.depth == DEPTH {
            return Value::Unknown;
        }
        self.depth += 1;
        let value = self.simple();
        self.depth -= 1;
        match self.peek() {
            Some(Token::Mark('(')) => {
                self.skip_call();
                Value::Unknown
            }
            Some(Token::Mark('?' | '+' | '*' | '!' | '&' | '|' | '<' | '>')) => Value::Unknown,
            _ => value,
        }
    }

    fn simple(&mut self) -> Value {
        let Some((token, _)) = self.next() else { return Value::Unknown };
        match token {
            Token::Text(it) => Value::Text(it),
            Token::Word(it) if it == "null" => Value::Unknown,
            Token::Word(it) => {
                let literal = it == "true" || it == "false" || it.starts_with(char::is_numeric);
                let text = if literal { it } else { format!("${{{it}}}") };
                Value::Text(Traced::untraced(&text))
            }
            Token::Mark('{') => {
                let mut entries = BTreeMap::new();
                while let Some((token, key)) = self.next() {
                    let name = match token {
                        Token::Mark('}') => break,
                        Token::Word(name) => name,
                        Token::Text(name) => name.text(),
                        Token::Mark(_) => continue,
                    };
                    let first = self.at + 1;
                    if let Some((_, value)) = self.entry() {
                        let start = self.tokens.get(first).map(|it| it.1.start);
                        let end = self.at.checked_sub(1).and_then(|it| self.tokens.get(it));
                        let value_span =
                            start.unwrap_or(key.end)..end.map_or(key.end, |it| it.1.end);
                        entries.insert(name, (value, Field { key, value: value_span }));
                    }
                }
                Value::Map(entries)
            }
            Token::Mark('[') => {
                let mut items = Vec::new();
                while self.peek().is_some_and(|it| *it != Token::Mark(']')) {
                    let before = self.at;
                    items.push(self.value());
                    // A comma, or whatever stands where none should.
                    if self.peek() == Some(&Token::Mark(',')) || self.at == before {
                        self.at += 1;
                    }
                }
                self.at += 1;
                Value::List(items)
            }
            Token::Mark(_) => Value::Unknown,
        }
    }

    fn skip_call(&mut self) {
        let mut depth = 0_usize;
        while let Some((token, _)) = self.next() {
            match token {
                Token::Mark('(') => depth += 1,
                Token::Mark(')') if depth <= 1 => return,
                Token::Mark(')') => depth -= 1,
                _ => {}
            }
        }
    }
}
