//! The places of a scalar's characters in the file.

use super::{Node, Value};

impl Node {
    /// The characters of a scalar, each with the byte of `source` on which it begins; `None` for one that
    /// is written as an escape. Nothing at all when the scalar is written in a way that is not followed.
    pub fn places(&self, source: &str) -> Option<Vec<(char, Option<usize>)>> {
        let Value::Scalar(value) = &self.value else { return None };
        let raw = source.get(self.span.clone())?;
        let mut reader = Reader::new(raw)?;
        let mut places = Vec::with_capacity(value.len());
        for c in value.chars() {
            let at = match reader.find(c) {
                Some(it) => it,
                // The line end that a block scalar has even where the file ends without one.
                None if c == '\n' && reader.at == raw.len() => None,
                None => return None,
            };
            places.push((c, at.map(|it| self.span.start + it)));
        }
        Some(places)
    }
}

struct Reader<'a> {
    raw: &'a str,
    at: usize,
    quote: Option<char>,
    /// The indentation of a block scalar's lines; in other scalars all of it is skipped.
    indent: Option<usize>,
}

impl<'a> Reader<'a> {
    fn new(raw: &'a str) -> Option<Self> {
        let quote = raw.chars().next().filter(|it| matches!(it, '"' | '\''));
        let mut reader = Self { raw, at: usize::from(quote.is_some()), quote, indent: None };
        if raw.starts_with(['|', '>']) {
            let (header, body) = raw.split_once('\n')?;
            if header.contains(|it: char| it.is_ascii_digit()) {
                return None;
            }
            let first = body.lines().find(|it| !it.trim().is_empty())?;
            reader.indent = Some(first.len() - first.trim_start_matches(' ').len());
            reader.at = header.len() + 1;
            reader.skip_indentation();
        }
        Some(reader)
    }

    fn peek(&self) -> Option<char> {
        self.raw[self.at..].chars().next()
    }

    /// Goes past the next character of the value; where it stands, when it stands there as itself.
    #[allow(clippy::option_option, reason = "whether it is there, and where, are two questions")]
    fn find(&mut self, c: char) -> Option<Option<usize>> {
        loop {
            let rest = &self.raw[self.at..];
            let next = self.peek()?;
            let at = self.at;
            if self.quote == Some('\'') && rest.starts_with("''") && c == '\'' {
                self.at += 2;
                return Some(None);
            }
            if self.quote == Some('"') && next == '\\' {
                let escaped = rest.chars().nth(1)?;
                let is_it = matches!((escaped, c), ('n', '\n') | ('t', '\t'))
                    || (escaped == c && !escaped.is_ascii_alphanumeric());
                self.at += 1 + escaped.len_utf8();
                return is_it.then_some(None);
            }
            if rest.starts_with("\r\n") {
                self.at += 1;
                continue;
            }
            if next == c && !(self.indent.is_none() && c == ' ' && self.ends_line()) {
                self.at += c.len_utf8();
                if c == '\n' {
                    self.skip_indentation();
                }
                return Some(Some(at));
            }
            match next {
                // A folded line end.
                '\n' => {
                    self.at += 1;
                    self.skip_indentation();
                    if c == ' ' {
                        return Some(Some(at));
                    }
                }
                ' ' | '\t' if self.ends_line() => self.at += 1,
                _ => return None,
            }
        }
    }

    /// Returns true if only white space is left on this line, and another line follows.
    fn ends_line(&self) -> bool {
        let rest = self.raw[self.at..].split_once('\n');
        rest.is_some_and(|it| it.0.trim().is_empty())
    }

    fn skip_indentation(&mut self) {
        let rest = &self.raw[self.at..];
        let blank = rest.len() - rest.trim_start_matches([' ', '\t']).len();
        self.at += self.indent.map_or(blank, |it| it.min(blank));
    }
}

#[cfg(test)]
mod tests {
    use crate::yaml::read;

    /// The text at the places of the value of `a`, with `?` for escapes.
    fn seen(source: &str) -> String {
        let root = read(source).unwrap().remove(0);
        let places = root.get("a").unwrap().places(source).unwrap();
        let at = |it: Option<usize>| it.map_or('?', |it| source[it..].chars().next().unwrap());
        places.iter().map(|it| at(it.1)).collect()
    }

    #[test]
    fn a_character_knows_its_place() {
        let rows = [
            ("a: b c # d\n", "b c"),
            ("a: 'b''c'\n", "b?c"),
            ("a: \"b\\tc\\\"é\"\n", "b?c?é"),
            ("a: |\n  b\n    c\n\n  d\n", "b\n  c\n\nd\n"),
            ("a: |-\r\n  b\r\n  c\r\n", "b\nc"),
            ("a: >-\n  b\n  c\n", "b\nc"),
            ("a: >\n  b\n  c\n\n  d", "b\nc\nd?"),
            ("a: b\n  c\nd: e\n", "b\nc"),
        ];
        for (source, expected) in rows {
            assert_eq!(seen(source), expected, "{source:?}");
        }
        let mapping = "a: {b: c}\n";
        assert_eq!(read(mapping).unwrap()[0].get("a").unwrap().places(mapping), None);
    }
}
