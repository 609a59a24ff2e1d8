//! BuildKit's words: flags, `name=value` pairs, quotes, `$VAR` expansion and heredoc openers.
//!
//! After `parser/line_parsers.go`, `parser/split_command.go` and `shell/lex.go` of BuildKit.

mod heredoc;
mod pattern;

use std::cell::Cell;

use crate::text::Span;
pub(super) use heredoc::{Opener, heredocs, is_heredoc};
use pattern::Pattern;

/// The ranges of the words of a NAME=VALUE list in `text`, with quotes and escapes.
pub(super) fn pairs(text: &str, escape: char) -> Vec<Span> {
    let mut words = Vec::new();
    let mut chars = text.char_indices();
    let mut start = None;
    let mut quote = None;
    while let Some((at, c)) = chars.next() {
        match quote {
            None if c.is_whitespace() => words.extend(start.take().map(|it| it..at)),
            Some(open) => {
                if c == open {
                    quote = None;
                } else if c == escape && open != '\'' {
                    chars.next();
                }
            }
            None => {
                start = start.or(Some(at));
                if c == '\'' || c == '"' {
                    quote = Some(c);
                } else if c == escape {
                    chars.next();
                }
            }
        }
    }
    words.extend(start.map(|it| it..text.len()));
    words
}

/// The ranges of the words between white space in `text`.
pub(super) fn fields(text: &str) -> Vec<Span> {
    let mut words = Vec::new();
    let mut start = None;
    for (at, byte) in text.bytes().enumerate() {
        match is_blank(byte) {
            true => words.extend(start.take().map(|it| it..at)),
            false => start = start.or(Some(at)),
        }
    }
    words.extend(start.map(|it| it..text.len()));
    words
}

/// The first of the [fields] of a text that starts with one.
pub(super) fn first_field(text: &str) -> &str {
    &text[..text.bytes().position(is_blank).unwrap_or(text.len())]
}

/// Whether a byte is white space between words; no part of a longer character is.
fn is_blank(byte: u8) -> bool {
    matches!(byte, b'\t' | 0x0b | 0x0c | b'\r' | b' ')
}

/// The builder flags at the start of `text` (`--name=value`), and where the arguments begin.
pub(super) fn flags(text: &str) -> (Vec<(Span, String)>, usize) {
    let mut flags = Vec::new();
    let mut at = 0;
    loop {
        let start = at + (text[at..].len() - text[at..].trim_start().len());
        if !text[start..].starts_with("--") {
            return (flags, start);
        }
        let mut value = String::new();
        let mut quote = None;
        let mut chars = text[start..].char_indices();
        let mut end = text.len();
        while let Some((offset, c)) = chars.next() {
            match quote {
                None if c.is_whitespace() => {
                    end = start + offset;
                    break;
                }
                None if c == '\'' || c == '"' => {
                    quote = Some(c);
                    continue;
                }
                Some(open) if c == open => {
                    quote = None;
                    continue;
                }
                _ => {}
            }
            match c {
                '\\' => value.extend(chars.next().map(|it| it.1)),
                c => value.push(c),
            }
        }
        if value == "--" {
            return (flags, end);
        }
        flags.push((start..end, value));
        at = end;
    }
}

/// A variable's value; `None` when it is not set.
pub type Lookup<'a> = &'a dyn Fn(&str) -> Option<String>;

/// Removes quotes and expands `$VAR`, `${VAR}`, `${VAR:-word}` and their kin, as BuildKit does in every
/// instruction but RUN, CMD and ENTRYPOINT. An unset variable is the empty string.
///
/// # Errors
/// A syntax error to BuildKit: an open quote, a bad substitution, `${VAR?}` of an unset variable. And what
/// nobody writes and would take long: a result of more than 32 KiB, substitutions 100 deep.
pub fn expand(text: &str, escape: char, lookup: Lookup<'_>) -> Result<String, String> {
    Lexer { unset_stays: false, ..Lexer::new(escape, lookup) }.word(text)
}

/// As [`expand`], split into words at unquoted white space, also at such as variables bring.
///
/// # Errors
/// As [`expand`].
pub fn expand_words(text: &str, escape: char, lookup: Lookup<'_>) -> Result<Vec<String>, String> {
    Lexer { unset_stays: false, ..Lexer::new(escape, lookup) }.words(text)
}

struct Lexer<'a> {
    escape: char,
    raw_quotes: bool,
    raw_escapes: bool,
    /// True if a reference to an unset variable stays as it is.
    unset_stays: bool,
    lookup: Lookup<'a>,
    /// How deep in substitutions.
    depth: Cell<usize>,
    /// The bytes that substitutions have brought.
    brought: Cell<usize>,
}

/// How deep substitutions may stand in one another.
const DEPTH: usize = 100;
/// How many bytes substitutions may bring: doubled forty times, `ENV V=$V$V` would fill any memory.
const BROUGHT: usize = 32 * 1024;

/// The characters still to be read.
type Rest<'a> = std::iter::Peekable<std::str::Chars<'a>>;

/// A result as a whole, and as words.
#[derive(Default)]
struct Out {
    text: String,
    words: Vec<String>,
    word: String,
    in_word: bool,
}

impl Out {
    fn split(&mut self, c: char) {
        self.text.push(c);
        if !c.is_whitespace() {
            self.word.push(c);
            self.in_word = true;
        } else if self.in_word && !self.word.is_empty() {
            self.words.push(std::mem::take(&mut self.word));
            self.in_word = false;
        }
    }

    fn raw(&mut self, text: &str) {
        self.text.push_str(text);
        self.word.push_str(text);
        self.in_word = true;
    }

    fn into_words(mut self) -> Vec<String> {
        if !self.word.is_empty() {
            self.words.push(self.word);
        }
        self.words
    }
}

impl<'a> Lexer<'a> {
    fn new(escape: char, lookup: Lookup<'a>) -> Self {
        Self {
            escape,
            raw_quotes: false,
            raw_escapes: false,
            unset_stays: true,
            lookup,
            depth: Cell::new(0),
            brought: Cell::new(0),
        }
    }

    fn word(&self, text: &str) -> Result<String, String> {
        Ok(self.until(&mut text.chars().peekable(), None, self.raw_escapes)?.text)
    }

    fn words(&self, text: &str) -> Result<Vec<String>, String> {
        Ok(self.until(&mut text.chars().peekable(), None, self.raw_escapes)?.into_words())
    }

    fn until(
        &self,
        rest: &mut Rest<'_>,
        stop: Option<char>,
        raw_escapes: bool,
    ) -> Result<Out, String> {
        let mut out = Out::default();
        while let Some(c) = rest.next() {
            match c {
                c if Some(c) == stop => return Ok(out),
                '\'' => out.raw(&self.single(rest)?),
                '"' => out.raw(&self.double(rest, raw_escapes)?),
                '$' => self.dollar(rest)?.chars().for_each(|it| out.split(it)),
                '<' if rest.next_if_eq(&'<').is_some() => {
                    out.raw("<<");
                    while let Some(space) = rest.next_if(|it| matches!(it, ' ' | '\t' | '\r')) {
                        out.raw(space.encode_utf8(&mut [0; 4]));
                    }
                }
                '<' => out.raw("<"),
                c if c == self.escape => {
                    if raw_escapes {
                        out.raw(c.encode_utf8(&mut [0; 4]));
                    }
                    let Some(c) = rest.next() else { break };
                    out.raw(c.encode_utf8(&mut [0; 4]));
                }
                c => out.split(c),
            }
        }
        match stop {
            Some(stop) => {
                Err(format!("unexpected end of statement while looking for matching {stop}"))
            }
            None => Ok(out),
        }
    }

    fn single(&self, rest: &mut Rest<'_>) -> Result<String, String> {
        let mut out = String::new();
        for c in rest.by_ref() {
            if c == '\'' {
                return Ok(if self.raw_quotes { format!("'{out}'") } else { out });
            }
            out.push(c);
        }
        Err("unexpected end of statement while looking for matching single-quote".to_owned())
    }

    fn double(&self, rest: &mut Rest<'_>, raw_escapes: bool) -> Result<String, String> {
        let mut out = String::new();
        while let Some(c) = rest.next() {
            match c {
                '"' => return Ok(if self.raw_quotes { format!("\"{out}\"") } else { out }),
                '$' => out += &self.dollar(rest)?,
                c if c == self.escape => {
                    if raw_escapes {
                        out.push(c);
                    }
                    match rest.peek() {
                        None => {}
                        Some(next) if ['"', '$', self.escape].contains(next) => {
                            out.extend(rest.next());
                        }
                        Some(_) => out.push(c),
                    }
                }
                c => out.push(c),
            }
        }
        Err("unexpected end of statement while looking for matching double-quote".to_owned())
    }

    fn dollar(&self, rest: &mut Rest<'_>) -> Result<String, String> {
        self.depth.set(self.depth.get() + 1);
        if DEPTH < self.depth.get() {
            return Err(format!("substitutions more than {DEPTH} deep"));
        }
        let value = self.substituted(rest)?;
        self.depth.set(self.depth.get() - 1);
        self.brought.set(self.brought.get() + value.len());
        if BROUGHT < self.brought.get() {
            return Err(format!("a value of more than {} KiB", BROUGHT / 1024));
        }
        Ok(value)
    }

    fn substituted(&self, rest: &mut Rest<'_>) -> Result<String, String> {
        if rest.next_if_eq(&'{').is_none() {
            let name = name(rest);
            return Ok(match (self.lookup)(&name) {
                _ if name.is_empty() => "$".to_owned(),
                Some(value) => value,
                None if self.unset_stays => format!("${name}"),
                None => String::new(),
            });
        }
        if matches!(rest.peek(), Some('{' | '}' | ':')) {
            return Err("syntax error: bad substitution".to_owned());
        }
        let name = name(rest);
        let value = (self.lookup)(&name);
        let open = || "syntax error: missing '}'".to_owned();
        let mut operator = String::from(rest.next().ok_or_else(open)?);
        match operator.as_str() {
            "}" if value.is_none() && self.unset_stays => return Ok(format!("${{{name}}}")),
            "}" => return Ok(value.unwrap_or_default()),
            ":" => operator.extend(rest.next()),
            _ => {}
        }
        let kind = operator.chars().last().unwrap_or_default();
        if kind == '/' && operator.len() == 1 {
            return self.replaced(rest, &name, value);
        }
        if !"+-?#%".contains(kind) || (operator.len() == 2 && "#%".contains(kind)) {
            return Err(format!("unsupported modifier ({operator}) in substitution"));
        }
        let word =
            self.until(rest, Some('}'), "#%".contains(kind)).map_err(|it| match rest.peek() {
                None => open(),
                Some(_) => it,
            })?;
        let word = word.text;
        if self.unset_stays && value.is_none() {
            return Ok(format!("${{{name}{operator}{word}}}"));
        }
        let null_is_unset = operator.len() == 2;
        let held = value.clone().filter(|it| !(null_is_unset && it.is_empty()));
        match (kind, held) {
            ('-', held) => Ok(held.unwrap_or(word)),
            ('+', held) => Ok(held.map_or(String::new(), |_| word)),
            ('?', Some(held)) => Ok(held),
            ('?', None) => {
                Err(format!("{name}: {}", if word.is_empty() { "is not set" } else { &word }))
            }
            (kind, _) => {
                let (greedy, pattern) = match word.strip_prefix(kind) {
                    Some(pattern) => (true, pattern),
                    None => (false, word.as_str()),
                };
                let pattern = Pattern::parse(pattern)?;
                let value = value.unwrap_or_default();
                match kind {
                    '#' => pattern.trim_start(&value, greedy),
                    _ => pattern.trim_end(&value, greedy),
                }
            }
        }
    }

    /// `${name/pattern/replacement}` and `${name//pattern/replacement}`.
    fn replaced(
        &self,
        rest: &mut Rest<'_>,
        name: &str,
        value: Option<String>,
    ) -> Result<String, String> {
        let all = rest.next_if_eq(&'/').is_some();
        let pattern = self.until(rest, Some('/'), true)?.text;
        let replacement = self.until(rest, Some('}'), true)?.text;
        if self.unset_stays && value.is_none() {
            return Ok(format!("${{{name}/{pattern}/{replacement}}}"));
        }
        Pattern::parse(&pattern)?.replace(&value.unwrap_or_default(), &replacement, all)
    }
}

fn name(rest: &mut Rest<'_>) -> String {
    let mut name = String::new();
    match rest.peek() {
        Some(c) if c.is_numeric() => {
            while let Some(c) = rest.next_if(|it| it.is_numeric()) {
                name.push(c);
            }
        }
        Some('@' | '*' | '#' | '?' | '-' | '$' | '!') => name.extend(rest.next()),
        _ => {
            while let Some(c) = rest.next_if(|it| it.is_alphanumeric() || *it == '_') {
                name.push(c);
            }
        }
    }
    name
}
