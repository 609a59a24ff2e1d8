//! Edits of a document in block style. What they do not name, comments among it, stays byte for byte.

use super::{
    Entry, Node,
    layout::{Layout, begins_line, line_end},
};
use crate::text::{Edit, Span, line_start};

/// A line of new entries: how many steps deeper than the entry that they belong to, and what it says.
pub struct NewLine {
    /// Steps of indentation.
    pub deeper: usize,
    /// The key, and what follows it.
    pub text: String,
}

impl Entry {
    /// Returns true if the entry stands on lines of its own, in block style.
    pub fn is_block(&self, source: &str) -> bool {
        begins_line(source, self.span.start) && !self.is_anchored(source)
    }

    /// Returns true if its value has an anchor, so that other places of the file may have it as well.
    fn is_anchored(&self, source: &str) -> bool {
        let end = line_end(source, self.span.end);
        let value = source[self.span.end..end].trim_start_matches(['"', '\'', ':', ' ']);
        value.starts_with('&')
    }

    /// The end of a value that is a scalar; of the key where there is none.
    fn end(&self) -> usize {
        self.value.span.end.max(self.span.end)
    }

    /// Returns true if its value is a scalar on one line.
    fn is_line(&self) -> bool {
        self.value.as_str().is_some_and(|it| !it.contains('\n'))
    }

    /// What a comment on its line says, where the value is a scalar.
    pub fn comment<'s>(&self, source: &'s str) -> Option<&'s str> {
        let end = self.end();
        let rest = source[end..line_end(source, end)].trim_start();
        rest.strip_prefix('#').map(str::trim)
    }

    /// Takes out an entry whose value is a scalar, with its line, and the blank line below it where one is above it as
    /// well or nothing is. `None` where more stands on the line.
    pub fn removed(&self, source: &str) -> Option<Edit> {
        let start = line_start(source, self.span.start);
        let end = self.end();
        let line = line_end(source, end);
        let is_alone =
            self.is_block(source) && self.is_line() && source[end..line].trim().is_empty();
        is_alone.then_some(())?;
        let next = |at: usize| source[at..].find('\n').map_or(source.len(), |it| at + it + 1);
        let mut stop = next(line);
        let above = source[..start].lines().next_back();
        let is_blank_below = stop < source.len() && source[stop..next(stop)].trim().is_empty();
        if is_blank_below && above.is_none_or(|it| it.trim().is_empty()) {
            stop = next(stop);
        }
        Some(Edit::delete(start..stop))
    }

    /// Puts new entries of the same mapping below an entry whose value is a scalar.
    pub fn followed_by(&self, source: &str, lines: &[NewLine]) -> Option<Edit> {
        (self.is_block(source) && self.is_line() && self.is_written_out()).then_some(())?;
        let at = line_end(source, self.end());
        let step = Layout::at(source, self.span.start);
        let text: String = lines.iter().map(|it| step.new_line(it.deeper) + &it.text).collect();
        Some(Edit::insert(at, text))
    }

    /// Makes its list of names a mapping, each name with an entry of its own. `None` where that is written in a way that
    /// is not edited.
    pub fn with_named_items(&self, source: &str, of: impl Fn(&str) -> String) -> Option<Vec<Edit>> {
        let items = self.value.items();
        let is_plain = |it: &Node| {
            it.as_str().is_some_and(|name| {
                let raw = source.get(it.span.clone()).unwrap_or_default();
                raw.trim_matches(['"', '\'']) == name && !raw.contains('\n')
            })
        };
        let is_here = self.is_block(source)
            && self.is_written_out()
            && !items.is_empty()
            && items.iter().all(|it| is_plain(it) && self.span.end < it.span.start);
        is_here.then_some(())?;
        let layout = Layout::at(source, self.span.start);
        let lines = |item: &Node| {
            let name = &source[item.span.clone()];
            let own = of(item.as_str().unwrap_or_default());
            format!("{}{name}:{}{own}", layout.new_line(1), layout.new_line(2))
        };
        let first = items.first()?;
        if begins_line(source, first.span.start) {
            return None;
        }
        let between = &source[self.span.end..first.span.start];
        let between = between.trim_start_matches(['"', '\'']).trim_start().strip_prefix(':')?;
        let last = items.last()?;
        if between.trim() == "[" {
            // Over several lines there may be comments.
            let is_one_line = !source[self.span.end..last.span.end].contains('\n');
            is_one_line.then_some(())?;
            let close = line_end(source, last.span.end);
            let rest = &source[last.span.end..close];
            let end = rest.find(']')? + last.span.end + 1;
            let after = source[end..close].trim_start();
            (after.is_empty() || after.starts_with('#')).then_some(())?;
            let text: String = items.iter().map(|it| lines(it)).collect();
            let key = self.value_start(source)?;
            return Some(vec![Edit::replace(key..end, text)]);
        }
        let edits = items.iter().map(|item| {
            let dash = dash(source, item)?;
            let line = source[..dash].rfind('\n')?;
            let start = if source[..line].ends_with('\r') { line - 1 } else { line };
            Some(Edit::replace(start..item.span.end, lines(item)))
        });
        edits.collect()
    }

    /// Where its value may begin: the byte after its colon.
    fn value_start(&self, source: &str) -> Option<usize> {
        let colon = source[self.span.end..].find(':')?;
        Some(self.span.end + colon + 1)
    }
}

/// A line of text as a scalar: in single quotes where it would be something else, or hard to read, without.
pub fn plain_or_quoted(text: &str) -> String {
    let is_plain = text.starts_with(|it: char| it.is_ascii_alphabetic())
        && !text.contains(['"', '\'', '#', '{', '[', '&', '*', '!', '%', '@', '`', '\\'])
        && !text.contains(": ")
        && !text.ends_with(':');
    if is_plain { text.to_owned() } else { format!("'{}'", text.replace('\'', "''")) }
}

/// The dash of a list's item, if only it and blanks stand before the item on its line.
fn dash(source: &str, item: &Node) -> Option<usize> {
    let line = line_start(source, item.span.start);
    let before = &source[line..item.span.start];
    let dash = before.find('-')?;
    let blank: Span = 0..dash;
    let is_alone = before[blank].trim().is_empty() && before[dash + 1..].trim().is_empty();
    is_alone.then_some(line + dash)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{text, yaml};

    /// The document, its one entry of this name and of that in it, if there is one.
    fn find(source: &str, path: &[&str]) -> Entry {
        let root = yaml::read(source).unwrap().remove(0);
        let mut entry: Option<Entry> = None;
        for key in path {
            let node = entry.as_ref().map_or(&root, |it| &it.value);
            entry = node.entries().iter().find(|it| it.key == *key).cloned();
        }
        entry.unwrap()
    }

    #[test]
    fn an_entry_goes_with_its_line() {
        let rows = [
            ("version: '3'\n\nservices: {}\n", Some("services: {}\n")),
            ("# a\n\nversion: \"3\"\n\nservices: {}\n", Some("# a\n\nservices: {}\n")),
            ("# a\nversion: 3\n\nservices: {}\n", Some("# a\n\nservices: {}\n")),
            ("services: {}\r\nversion: 3\r\n", Some("services: {}\r\n")),
            ("services: {}\nversion: 3", Some("services: {}\n")),
            (" version: 3\n services: {}\n", Some(" services: {}\n")),
            ("version: 3 # why\nservices: {}\n", None),
            ("{version: 3, services: {}}\n", None),
            ("version: &v 3\nservices: *v\n", None),
        ];
        for (source, expected) in rows {
            let edit = find(source, &["version"]).removed(source);
            let found = edit.map(|it| text::apply(source, [&it]));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn a_list_of_names_becomes_a_mapping() {
        let rows = [
            (
                "a:\n  d:\n    - x # 1\n    # 2\n    - \"y\"\n  e: 1\n",
                Some("a:\n  d:\n    x:\n      c: x # 1\n    # 2\n    \"y\":\n      c: y\n  e: 1\n"),
            ),
            (
                "a:\n  d:\n  - x\n  - y\n",
                Some("a:\n  d:\n    x:\n      c: x\n    y:\n      c: y\n"),
            ),
            (
                "a:\n    d: [x, y] # 1\n",
                Some(
                    "a:\n    d:\n        x:\n            c: x\n        y:\n            c: y # 1\n",
                ),
            ),
            ("a:\r\n  d:\r\n    - x\r\n", Some("a:\r\n  d:\r\n    x:\r\n      c: x\r\n")),
            ("a:\n  d:\n    [x]\n", None),
            ("a:\n  d: [x,\n    y]\n", None),
            ("a: {d: [x]}\n", None),
            ("a:\n  d: &d\n    - x\n", None),
            ("b: &b [x]\na:\n  d: *b\n", None),
        ];
        for (source, expected) in rows {
            let edits = find(source, &["a", "d"]).with_named_items(source, |it| format!("c: {it}"));
            let found = edits.map(|it| text::apply(source, &it));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }

    #[test]
    fn new_entries_come_below_an_entry() {
        let lines = |all: &[(usize, &str)]| -> Vec<NewLine> {
            all.iter().map(|it| NewLine { deeper: it.0, text: it.1.to_owned() }).collect()
        };
        let lines = lines(&[(0, "n:"), (1, "m: 1")]);
        let rows = [
            ("a:\n  i: x # y\n  e: 1\n", Some("a:\n  i: x # y\n  n:\n    m: 1\n  e: 1\n")),
            ("a:\n  i: x", Some("a:\n  i: x\n  n:\n    m: 1")),
            ("a: {i: x}\n", None),
            ("a:\n  i: |\n    x\n", None),
        ];
        for (source, expected) in rows {
            let edit = find(source, &["a", "i"]).followed_by(source, &lines);
            let found = edit.map(|it| text::apply(source, [&it]));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }
}
