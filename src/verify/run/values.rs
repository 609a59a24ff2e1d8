//! Compose's values: variables, and words of a line.

use std::collections::{BTreeMap, BTreeSet};

use crate::ecosystems::programs::settings::{self, Value};

/// The variables that compose has for a file: those of `.env` beside it, and of the environment, which win.
///
/// <https://docs.docker.com/compose/how-tos/environment-variables/envvars-precedence/>
pub(super) struct Variables {
    beside: BTreeMap<String, String>,
    /// Those that are asked for and set nowhere.
    missing: BTreeSet<String>,
}

impl Variables {
    /// Reads the text of `.env`; empty if there is none.
    pub(super) fn new(text: &str) -> Self {
        let pairs = settings::variables(text).into_iter().filter_map(|it| match it.value {
            Value::Text(value) => Some((it.key, value)),
            Value::Variable(..) | Value::Computed(_) => None,
        });
        Self { beside: pairs.collect(), missing: BTreeSet::new() }
    }

    /// The variables that were asked for, had no default, and are set nowhere: compose makes them empty.
    pub(super) fn missing(self) -> BTreeSet<String> {
        self.missing
    }

    /// The value of a variable.
    pub(super) fn get(&self, name: &str) -> Option<String> {
        std::env::var(name).ok().or_else(|| self.beside.get(name).cloned())
    }

    /// A value with its variables replaced: `$A`, `${A}`, `${A:-default}`, `${A-default}`, `${A:?error}`,
    /// `${A:+other}`, and `$$` for a dollar sign.
    /// <https://docs.docker.com/reference/compose-file/interpolation/>
    pub(super) fn expand(&mut self, text: &str) -> String {
        let mut out = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('$') {
            out += before;
            let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_';
            if let Some(after) = after.strip_prefix('$') {
                out.push('$');
                rest = after;
            } else if let Some(inside) = after.strip_prefix('{') {
                let end = closing(inside);
                out += &self.braced(&inside[..end]);
                rest = inside.get(end + 1..).unwrap_or_default();
            } else {
                let end = after.find(|it| !is_name(it)).unwrap_or(after.len());
                match &after[..end] {
                    "" => out.push('$'),
                    name => out += &self.value(name),
                }
                rest = &after[end..];
            }
        }
        out + rest
    }

    fn value(&mut self, name: &str) -> String {
        self.get(name).unwrap_or_else(|| {
            self.missing.insert(name.to_owned());
            String::new()
        })
    }

    /// `A:-default`
    fn braced(&mut self, text: &str) -> String {
        let end = text.find([':', '-', '?', '+']).unwrap_or(text.len());
        let (name, how) = text.split_at(end);
        let (even_empty, how) = match how.strip_prefix(':') {
            Some(how) => (false, how),
            None => (true, how),
        };
        let known = self.get(name).filter(|it| even_empty || !it.is_empty());
        match (how.chars().next(), known) {
            (Some('+'), known) => known.map_or_else(String::new, |_| self.expand(&how[1..])),
            (_, Some(known)) => known,
            (Some('-'), None) => self.expand(&how[1..]),
            _ => self.value(name),
        }
    }
}

/// Where the bracket is that closes a text which follows an opening one; the end if none does.
fn closing(text: &str) -> usize {
    let mut depth = 0_usize;
    for (at, it) in text.char_indices() {
        match it {
            '{' => depth += 1,
            '}' if depth == 0 => return at,
            '}' => depth -= 1,
            _ => {}
        }
    }
    text.len()
}

/// The words of a line, divided as a shell does, which is all that compose does with it.
pub(super) fn words(line: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut word: Option<String> = None;
    let mut quote = None;
    let mut letters = line.chars();
    while let Some(c) = letters.next() {
        match (c, quote) {
            (c, Some(open)) if c == open => quote = None,
            ('"' | '\'', None) => {
                quote = Some(c);
                word.get_or_insert_default();
            }
            ('\\', None | Some('"')) => {
                word.get_or_insert_default().extend(letters.next());
            }
            (c, None) if c.is_whitespace() => words.extend(word.take()),
            (c, _) => word.get_or_insert_default().push(c),
        }
    }
    words.extend(word);
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_are_replaced_as_compose_does() {
        let mut variables =
            Variables::new("# a\nexport REFIT_A='x y' # b\nREFIT_B=\nREFIT_C=1 # c\n");
        let rows = [
            ("$REFIT_A-${REFIT_C}", "x y-1"),
            ("${REFIT_B:-b}${REFIT_B-b}", "b"),
            ("${REFIT_D:-${REFIT_C}}", "1"),
            ("${REFIT_C:+set}${REFIT_D:+set}", "set"),
            ("$$HOME costs 5$", "$HOME costs 5$"),
            ("a${REFIT_D}b", "ab"),
        ];
        for (text, expected) in rows {
            assert_eq!(variables.expand(text), expected, "{text}");
        }
        assert_eq!(variables.missing(), ["REFIT_D".to_owned()].into());
    }

    #[test]
    fn a_line_is_divided_into_words() {
        assert_eq!(words("sh -c 'a && b' \"\" c\\ d  e"), ["sh", "-c", "a && b", "", "c d", "e"]);
    }
}
