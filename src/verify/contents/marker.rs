//! What a distribution requires, and when: "Dependency specifiers" of the packaging specifications, for
//! CPython on Linux.

use std::cmp::Ordering;

use super::python::normalized;

/// Another distribution that one requires.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    /// Its name, normalised.
    pub name: String,
    /// The extras of it that are required.
    pub extras: Vec<String>,
    /// The extras of the one that requires it of which any asks for it; empty when it always does.
    pub only_with: Vec<String>,
}

impl Requirement {
    /// Reads a requirement; `None` for none that can be read, and for one that does not hold on Linux or
    /// with this minor version of Python 3.
    pub(super) fn read(text: &str, python: Option<u32>) -> Option<Self> {
        let (what, marker) = text.split_once(';').unwrap_or((text, ""));
        let inside = |it: char| it.is_ascii_alphanumeric() || "-_.".contains(it);
        let name = what.trim().split(|it| !inside(it)).next().filter(|it| !it.is_empty())?;
        let extras = what.split_once('[').and_then(|it| it.1.split_once(']'));
        let extras = extras.map_or("", |it| it.0).split(',').map(normalized);
        let only_with = extras_of(marker);
        let holds = |extra: &str| Marker::new(marker, python, extra).any() != Some(false);
        let only_with: Vec<String> = match holds("") {
            true => Vec::new(),
            false => only_with.into_iter().filter(|it| holds(it)).collect(),
        };
        if only_with.is_empty() && !holds("") {
            return None;
        }
        let extras = extras.filter(|it| !it.is_empty()).collect();
        Some(Self { name: normalized(name), extras, only_with })
    }

    /// Returns true if it is required by a distribution that is installed with these extras.
    pub fn holds(&self, extras: &[String]) -> bool {
        self.only_with.is_empty() || self.only_with.iter().any(|it| extras.contains(it))
    }
}

/// The extras that a marker names.
fn extras_of(marker: &str) -> Vec<String> {
    let parts = marker.split("extra").skip(1);
    let quoted = parts.filter_map(|it| it.split(['"', '\'']).nth(1));
    quoted.map(normalized).collect()
}

/// A marker being read. `None` means unknown.
struct Marker<'a> {
    rest: &'a str,
    python: Option<u32>,
    extra: &'a str,
    /// The number of open parentheses.
    depth: usize,
}

/// The depth to which parentheses are read: people write two or three, a broken file any number.
const DEPTH: usize = 20;

impl<'a> Marker<'a> {
    fn new(text: &'a str, python: Option<u32>, extra: &'a str) -> Self {
        Self { rest: text.trim(), python, extra, depth: 0 }
    }

    fn any(&mut self) -> Option<bool> {
        let mut met = self.all();
        while self.word("or") {
            let next = self.all();
            met = match (met, next) {
                (Some(true), _) | (_, Some(true)) => Some(true),
                (Some(false), Some(false)) => Some(false),
                _ => None,
            };
        }
        met
    }

    fn all(&mut self) -> Option<bool> {
        let mut met = self.one();
        while self.word("and") {
            let next = self.one();
            met = match (met, next) {
                (Some(false), _) | (_, Some(false)) => Some(false),
                (Some(true), Some(true)) => Some(true),
                _ => None,
            };
        }
        met
    }

    fn one(&mut self) -> Option<bool> {
        if let Some(rest) = self.rest.strip_prefix('(') {
            if self.depth == DEPTH {
                self.rest = "";
                return None;
            }
            self.depth += 1;
            self.rest = rest.trim_start();
            let met = self.any();
            self.depth -= 1;
            self.rest = self.rest.strip_prefix(')').unwrap_or(self.rest).trim_start();
            return met;
        }
        let left = self.token();
        let mut operator = self.token();
        if operator == "not" {
            self.token();
            operator = "not in";
        }
        let right = self.token();
        if unquoted(left).is_some() {
            return None;
        }
        let order = self.compare(left, unquoted(right)?)?;
        let is_version = left.starts_with("python_");
        match operator {
            "==" | "===" => Some(order.is_eq()),
            "!=" => Some(order.is_ne()),
            "<" if is_version => Some(order.is_lt()),
            "<=" if is_version => Some(order.is_le()),
            ">" if is_version => Some(order.is_gt()),
            ">=" if is_version => Some(order.is_ge()),
            _ => None,
        }
    }

    /// Compares the value of a variable with another one.
    fn compare(&self, variable: &str, with: &str) -> Option<Ordering> {
        let own = match variable {
            "extra" => return Some(self.extra.cmp(&normalized(with))),
            "sys_platform" => "linux",
            "os_name" => "posix",
            "platform_system" => "Linux",
            "implementation_name" => "cpython",
            "platform_python_implementation" => "CPython",
            "python_version" | "python_full_version" => {
                let mut numbers = with.split('.').map(|it| it.parse::<u32>().ok());
                let wanted = (numbers.next()??, numbers.next().unwrap_or(Some(0))?);
                // A patch release cannot be told from the path.
                let own = (3, self.python?);
                let patch = numbers.next().is_some();
                return (own != wanted || !patch).then(|| own.cmp(&wanted));
            }
            _ => return None,
        };
        Some(own.cmp(with))
    }

    /// Takes a word, when it is the next one.
    fn word(&mut self, word: &str) -> bool {
        let after = self.rest.strip_prefix(word);
        let Some(after) = after.filter(|it| it.starts_with([' ', '('])) else { return false };
        self.rest = after.trim_start();
        true
    }

    /// Takes a quoted text, a name or an operator.
    fn token(&mut self) -> &'a str {
        let text = self.rest;
        let first = text.chars().next().unwrap_or_default();
        let is_name = |it: char| it.is_alphanumeric() || it == '_' || it == '.';
        let end = match first {
            '"' | '\'' => text[1..].find(first).map_or(text.len(), |it| it + 2),
            it if is_name(it) => text.find(|it| !is_name(it)).unwrap_or(text.len()),
            '<' | '>' | '=' | '!' | '~' => {
                text.find(|it| !"<>=!~".contains(it)).unwrap_or(text.len())
            }
            it => it.len_utf8().min(text.len()),
        };
        self.rest = text[end..].trim_start();
        &text[..end]
    }
}

fn unquoted(token: &str) -> Option<&str> {
    let quote = token.chars().next().filter(|it| "\"'".contains(*it))?;
    Some(token.trim_matches(quote))
}
