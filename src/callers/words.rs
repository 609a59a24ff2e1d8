//! Words of shell lines, as far as finding `docker build` in a script asks for.
//!
//! No shell: what cannot be told becomes [`UNKNOWN`]. Scripts inside RUN are read by a real parser.

use std::collections::HashMap;

use super::traced::Traced;
use crate::text::RepoPath;

/// Marks text that is unknown until the script runs.
pub(super) const UNKNOWN: char = '\u{1}';
/// Stands for the project's root at the start of a path.
pub(super) const ROOT: char = '\u{2}';

/// A folder of the project, as a path that starts with [`ROOT`].
pub(super) fn rooted(folder: &RepoPath) -> String {
    let slash = if folder.is_root() { "" } else { "/" };
    format!("{ROOT}{slash}{}", folder.as_str())
}

/// A piece of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Token {
    /// A word.
    Word(Word),
    /// The end of a command: a line end, `;`, `&`, `|` and their kin.
    End,
    /// `(`
    Open,
    /// `)`
    Close,
    /// The body of a here-document of the line before, and its first line in the script.
    Document(Traced, usize),
}

/// A word with its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Word {
    /// The text.
    pub(super) text: Traced,
    /// Its line in the script, counted from 1.
    pub(super) line: usize,
    /// The byte of the file on which it begins.
    pub(super) start: Option<usize>,
    /// The byte of the file at which more words can be appended.
    pub(super) end: Option<usize>,
}

/// Splits a script; comments are left out.
pub(super) fn tokens(script: &Traced) -> Vec<Token> {
    let mut reader = Reader { script, at: 0, line: 1 };
    let mut tokens = Vec::new();
    let mut heredocs: Vec<String> = Vec::new();
    while let Some(c) = reader.peek(0) {
        match c {
            '\n' => {
                reader.next();
                tokens.push(Token::End);
                for name in heredocs.drain(..) {
                    let line = reader.line;
                    tokens.push(Token::Document(reader.heredoc(&name), line));
                }
            }
            '\\' if reader.continues() => {}
            c if c.is_whitespace() => _ = reader.next(),
            '#' => {
                while reader.peek(0).is_some_and(|it| it != '\n') {
                    reader.next();
                }
            }
            ';' | '&' | '|' => {
                reader.next();
                tokens.push(Token::End);
            }
            '(' | ')' => {
                reader.next();
                tokens.push(if c == '(' { Token::Open } else { Token::Close });
            }
            _ => {
                let line = reader.line;
                let start = script.place(reader.at);
                let text = reader.word();
                let end = script.boundary(reader.at);
                let word = text.text();
                tokens.push(Token::Word(Word { text, line, start, end }));
                if let Some(name) = word.split_once("<<").map(|it| it.1.trim_start_matches('-')) {
                    let next = match name.is_empty() {
                        true => reader.next_word().text(),
                        false => name.to_owned(),
                    };
                    if !next.starts_with('<') {
                        heredocs.push(next.replace(['"', '\'', '\\'], ""));
                    }
                }
            }
        }
    }
    tokens
}

struct Reader<'a> {
    script: &'a Traced,
    at: usize,
    line: usize,
}

impl Reader<'_> {
    fn peek(&self, ahead: usize) -> Option<char> {
        self.script.get(self.at + ahead)
    }

    fn next(&mut self) -> Option<char> {
        let c = self.peek(0)?;
        self.at += 1;
        self.line += usize::from(c == '\n');
        Some(c)
    }

    /// Goes past the next character, which is part of `word`.
    fn take(&mut self, word: &mut Traced) {
        word.append(&self.script.slice(self.at..self.at + 1));
        self.next();
    }

    /// Goes past a backslash at the end of a line.
    fn continues(&mut self) -> bool {
        let carriage = usize::from(self.peek(1) == Some('\r'));
        let continues = self.peek(0) == Some('\\') && self.peek(1 + carriage) == Some('\n');
        for _ in 0..(2 + carriage) * usize::from(continues) {
            self.next();
        }
        continues
    }

    fn word(&mut self) -> Traced {
        let mut word = Traced::default();
        let mut quote = None;
        while let Some(c) = self.peek(0) {
            match (c, quote) {
                ('\\', None | Some('"')) => {
                    if !self.continues() {
                        self.take(&mut word);
                        self.take(&mut word);
                    }
                    continue;
                }
                ('$', None | Some('"'))
                    if self.peek(1).is_some_and(|it| matches!(it, '(' | '{')) =>
                {
                    self.take(&mut word);
                    self.group(&mut word);
                    continue;
                }
                ('"' | '\'' | '`', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                (c, None) if c.is_whitespace() || matches!(c, ';' | '&' | '|' | '(' | ')') => break,
                _ => {}
            }
            self.take(&mut word);
        }
        word
    }

    /// `{…}` or `(…)` after a `$`, with what is nested in it.
    fn group(&mut self, word: &mut Traced) {
        let mut depth = 0_usize;
        while let Some(c) = self.peek(0) {
            self.take(word);
            match c {
                '(' | '{' => depth += 1,
                ')' | '}' if depth == 1 => return,
                ')' | '}' => depth -= 1,
                _ => {}
            }
        }
    }

    fn next_word(&mut self) -> Traced {
        while self.peek(0).is_some_and(|it| it == ' ' || it == '\t') {
            self.next();
        }
        self.word()
    }

    /// Goes past the body of a here-document and the line that ends it.
    fn heredoc(&mut self, name: &str) -> Traced {
        let from = self.at;
        while self.peek(0).is_some() {
            let start = self.at;
            let mut line = String::new();
            while let Some(c) = self.next() {
                if c == '\n' {
                    break;
                }
                line.push(c);
            }
            if line.trim() == name {
                return self.script.slice(from..start);
            }
        }
        self.script.slice(from..self.at)
    }
}

/// The depth to which variables are expanded.
const NESTED: usize = 64;

/// How many characters variables may bring into a text. `A=$A$A` forty times over would fill any memory.
const BROUGHT: usize = 16 * 1024;

/// Whether variables made far more of a text than anybody writes.
pub(super) fn is_too_long(out: &Traced, text: &Traced) -> bool {
    text.len() + BROUGHT < out.len()
}

/// A text of which nothing is known.
pub(super) fn unknown() -> Traced {
    Traced::untraced(UNKNOWN.encode_utf8(&mut [0; 4]))
}

/// The state of reading a script.
pub(super) struct Values<'a> {
    /// Variables with one known value.
    pub(super) variables: &'a HashMap<String, Traced>,
    /// The folder of the script itself, as a path that starts with [`ROOT`].
    pub(super) folder: &'a str,
    /// The current folder; `None` when it is not known.
    pub(super) current: Option<&'a str>,
}

impl Values<'_> {
    /// Takes off quotes and puts in variables; what is not known becomes [`UNKNOWN`].
    pub(super) fn expand(&self, word: &Traced) -> Traced {
        let mut out = Traced::default();
        let mut quote = None;
        let mut at = 0;
        while let Some(c) = word.get(at) {
            at += 1;
            if is_too_long(&out, word) {
                return unknown();
            }
            match (c, quote) {
                ('\\', None) => {
                    out.append(&word.slice(at..at + 1));
                    at += 1;
                }
                ('$', None | Some('"')) => at = self.variable(word, at, &mut out),
                ('`', None | Some('"')) => {
                    let end = word.find("`", at).unwrap_or(word.len());
                    out.push_str(&self.output_of(&word.slice(at..end).text()));
                    at = end + 1;
                }
                ('"' | '\'', None) => quote = Some(c),
                (c, Some(open)) if c == open => quote = None,
                _ => out.append(&word.slice(at - 1..at)),
            }
        }
        out
    }

    /// Puts in variables as compose does: quotes and backslashes are text, `$$` is a dollar sign.
    pub(super) fn interpolate(&self, text: &Traced) -> Traced {
        let mut out = Traced::default();
        let mut at = 0;
        while let Some(c) = text.get(at) {
            at += 1;
            if is_too_long(&out, text) {
                return unknown();
            }
            match c {
                '$' if text.get(at) == Some('$') => {
                    out.append(&text.slice(at..at + 1));
                    at += 1;
                }
                '$' => at = self.variable(text, at, &mut out),
                _ => out.append(&text.slice(at - 1..at)),
            }
        }
        out
    }

    /// Puts in the variable whose `$` stands before `at`; returns where it ends.
    ///
    /// Variables in defaults of variables are followed, but not without end.
    fn variable(&self, text: &Traced, at: usize, out: &mut Traced) -> usize {
        let is_name = |it: &char| it.is_ascii_alphanumeric() || *it == '_';
        match text.get(at) {
            Some(open @ ('{' | '(')) => {
                let close = if open == '{' { '}' } else { ')' };
                let mut depth = 0_usize;
                let end = text.chars().skip(at).position(|it| {
                    depth += usize::from(it == open);
                    depth -= usize::from(it == close);
                    depth == 0
                });
                let Some(end) = end.map(|it| at + it) else {
                    out.push(UNKNOWN);
                    return text.len();
                };
                let inner = text.slice(at + 1..end).text();
                if inner.matches('$').count() > NESTED {
                    out.push(UNKNOWN);
                } else if close == '}' {
                    self.braced(&inner, out);
                } else {
                    out.push_str(&self.output_of(&inner));
                }
                end + 1
            }
            Some(c) if is_name(&c) => {
                let len = text.chars().skip(at).take_while(is_name).count();
                let name = text.slice(at..at + len).text();
                match self.value(&name) {
                    Some(it) => out.append(&it),
                    None => out.push(UNKNOWN),
                }
                at + len
            }
            Some('@' | '*' | '#' | '?' | '!') => {
                out.push(UNKNOWN);
                at + 1
            }
            _ => {
                out.append(&text.slice(at - 1..at));
                at
            }
        }
    }

    /// A variable in braces. One with a default is there to be set from outside, so that what it says
    /// stands nowhere.
    fn braced(&self, inner: &str, out: &mut Traced) {
        let name_end = inner.find(|it: char| !it.is_ascii_alphanumeric() && it != '_');
        let (name, rest) = inner.split_at(name_end.unwrap_or(inner.len()));
        let value = self.value(name);
        let default = rest.strip_prefix(":-").or(rest.strip_prefix('-'));
        match (value, default) {
            (Some(it), None) if rest.is_empty() => out.append(&it),
            (Some(it), Some(_)) => out.append(&it.forgotten()),
            (None, Some(default)) => {
                out.append(&self.expand(&Traced::untraced(default)));
            }
            _ => out.push(UNKNOWN),
        }
    }

    fn value(&self, name: &str) -> Option<Traced> {
        let given = self.variables.get(name).cloned();
        match name {
            "PWD" => self.current.map(Traced::untraced),
            // Names that CI systems give to the checkout; a script does not say which system runs it.
            "CI_PROJECT_DIR" | "GITHUB_WORKSPACE" => {
                given.or_else(|| Some(Traced::untraced(&rooted(&RepoPath::root()))))
            }
            _ => given,
        }
    }

    /// The few commands whose output is a folder that can be told.
    fn output_of(&self, command: &str) -> String {
        let command = command.trim();
        let unknown = || UNKNOWN.to_string();
        if matches!(command, "pwd" | "CURDIR") {
            return self.current.map_or_else(unknown, str::to_owned);
        }
        if command == "git rev-parse --show-toplevel" {
            return ROOT.into();
        }
        if let Some(argument) = command.strip_prefix("dirname ") {
            let argument = argument.trim().trim_start_matches("-- ").replace('"', "");
            let own = ["$0", "${0}", "$BASH_SOURCE", "${BASH_SOURCE}", "${BASH_SOURCE[0]}"];
            let own = own.contains(&argument.as_str()) || argument.ends_with("$0)");
            return if own { self.folder.to_owned() } else { unknown() };
        }
        // `$(cd X && pwd)`, the usual way to an absolute path.
        let inside = command.strip_prefix("cd ").and_then(|it| it.rsplit_once("pwd"));
        if let Some((folder, _)) = inside {
            let folder = folder.trim_end().trim_end_matches("-P").trim_end();
            let folder = folder.trim_end_matches([';', '&']).trim();
            let folder = folder.trim_start_matches("-P ").trim_start_matches("-- ");
            let folder = folder.trim_end_matches(">/dev/null 2>&1").trim_end();
            return self.expand(&Traced::untraced(folder)).text();
        }
        unknown()
    }
}
