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

    /// The anchor of its value, which may stand on the next line.
    pub fn anchor<'s>(&self, source: &'s str) -> Option<&'s str> {
        let value = source[self.span.end..].trim_start_matches(['"', '\'', ' ']);
        let anchor = value.strip_prefix(':')?.trim_start().strip_prefix('&')?;
        anchor.split_whitespace().next()
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

    /// The lines of an entry in block style, from the first byte of its key's line to the end of its last. `None` where
    /// that is not how it is written, or where it has text in a block of its own.
    pub fn lines(&self, source: &str) -> Option<Span> {
        self.is_block(source).then_some(())?;
        let start = line_start(source, self.span.start);
        let depth = self.span.start - start;
        let mut end = line_end(source, self.span.end);
        let mut at = end;
        while let Some(next) = source[at..].find('\n').map(|it| at + it + 1) {
            at = line_end(source, next);
            let line = &source[next..at];
            let inner = line.trim_start_matches(' ');
            let is_item = !self.value.items().is_empty() && inner.starts_with("- ");
            match line.len() - inner.len() {
                _ if inner.is_empty() || inner.starts_with('#') => {}
                it if depth < it || it == depth && is_item => end = at,
                _ => break,
            }
        }
        let is_header = |it: &str| {
            let last = it.split_whitespace().next_back().unwrap_or_default();
            last.starts_with(['|', '>']) && last.len() <= 3
        };
        (!source[start..end].lines().any(is_header)).then_some(start..end)
    }

    /// The comment lines right above an entry, from the nearest up.
    pub fn comments_above<'s>(&self, source: &'s str) -> impl Iterator<Item = &'s str> {
        let above = source[..line_start(source, self.span.start)].lines().rev();
        above.map_while(|it| it.trim_start().strip_prefix('#')).map(str::trim)
    }

    /// A comment in the lines of an entry.
    pub fn inner_comment<'s>(&self, source: &'s str) -> Option<&'s str> {
        let lines = source[self.lines(source)?].lines();
        let mut comments = lines.filter_map(|it| match it.trim_start().strip_prefix('#') {
            Some(comment) => Some(comment),
            None => it.split_once(" #").map(|it| it.1),
        });
        comments.next().map(str::trim)
    }

    /// Puts other lines of the same mapping in the place of an entry, or takes it out where there are none. A comment in
    /// it goes with it.
    pub fn replaced(&self, source: &str, new: &[NewLine]) -> Option<Edit> {
        let lines = self.lines(source)?;
        if new.is_empty() {
            let next = source[lines.end..].find('\n').map_or(source.len(), |it| lines.end + it + 1);
            return Some(Edit::delete(lines.start..next));
        }
        let layout = Layout::at(source, self.span.start);
        let text: String = new.iter().map(|it| layout.new_line(it.deeper) + &it.text).collect();
        Some(Edit::replace(lines, text.strip_prefix(layout.end).unwrap_or(&text)))
    }

    /// The lines of an entry, to be put below the key of another mapping, which this one merges at its first line.
    pub fn moved_below(&self, source: &str, to: &Self) -> Option<Edit> {
        let lines = self.lines(source)?;
        let depth = self.span.start - lines.start;
        let target = to.lines(source)?;
        let merges = source[target.clone()].match_indices("<<").map(|it| target.start + it.0);
        let merge = merges.into_iter().find(|it| begins_line(source, *it))?;
        let indent = &source[line_start(source, merge)..merge];
        let end = Layout::at(source, self.span.start).end;
        let text = source[lines].lines().map(|it| match it.get(depth..) {
            Some(rest) if !rest.is_empty() => format!("{end}{indent}{rest}"),
            _ => end.to_owned(),
        });
        Some(Edit::insert(line_end(source, merge), text.collect::<String>()))
    }

    /// Puts new entries of the same mapping above an entry in block style.
    pub fn preceded_by(&self, source: &str, lines: &[NewLine]) -> Option<Edit> {
        let own = self.lines(source)?;
        let layout = Layout::at(source, self.span.start);
        let text: String = lines.iter().map(|it| layout.new_line(it.deeper) + &it.text).collect();
        let text = text.strip_prefix(layout.end).unwrap_or(&text);
        Some(Edit::insert(own.start, format!("{text}{}", layout.end)))
    }

    /// Puts new entries at the end of the mapping that is its value, of which nothing but a merge key is its own.
    pub fn ended_by(&self, source: &str, lines: &[NewLine]) -> Option<Edit> {
        let own = self.lines(source)?;
        let layout = Layout::at(source, self.span.start);
        let deeper = |it: &NewLine| layout.new_line(it.deeper + 1) + &it.text;
        Some(Edit::insert(own.end, lines.iter().map(deeper).collect::<String>()))
    }

    /// Adds a name to its list of names, or to its mapping, there with an entry of its own. `None` where that is written
    /// in a way that is not edited.
    pub fn with_item(&self, source: &str, name: &str, own: &str) -> Option<Edit> {
        (self.is_block(source) && self.is_written_out()).then_some(())?;
        if let Some(last) = self.value.items().last() {
            last.as_str().filter(|it| !it.contains('\n'))?;
            let end = line_end(source, last.span.end);
            let is_one_line = !source[self.span.end..last.span.end].contains('\n');
            if is_one_line {
                return Some(Edit::insert(last.span.end, format!(", {name}")));
            }
            let dash = dash(source, last)?;
            let line = line_start(source, dash);
            let layout = Layout::at(source, dash);
            return Some(Edit::insert(
                end,
                format!("{}{}- {name}", layout.end, &source[line..dash]),
            ));
        }
        let mut own_entries = self.value.entries().iter().filter(|it| self.value.holds(&it.span));
        let last = own_entries.next_back()?;
        let end = last.lines(source)?.end;
        let layout = Layout::at(source, last.span.start);
        let text = format!("{}{name}:{}{own}", layout.new_line(0), layout.new_line(1));
        Some(Edit::insert(end, text))
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

/// How often a document has an alias of this name.
pub fn aliases(source: &str, name: &str) -> usize {
    let alias = format!("*{name}");
    let goes_on = |it: char| it.is_alphanumeric() || "-_".contains(it);
    let found = source.match_indices(&alias);
    found.filter(|it| !source[it.0 + alias.len()..].starts_with(goes_on)).count()
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

    fn new_lines(all: &[(usize, &str)]) -> Vec<NewLine> {
        all.iter().map(|it| NewLine { deeper: it.0, text: it.1.to_owned() }).collect()
    }

    #[test]
    fn an_entry_of_several_lines_is_replaced() {
        let rows = [
            (
                "a:\n  b:\n    c: 1\n\n    d: [2,\n      3]\n\n  # e\n  e: 1\n",
                Some("a:\n  i: 1\n\n  # e\n  e: 1\n"),
            ),
            ("a:\n  b: c # d\n", Some("a:\n  i: 1\n")),
            ("a:\r\n  b:\r\n    c: 1\r\n  e: 1\r\n", Some("a:\r\n  i: 1\r\n  e: 1\r\n")),
            ("a:\n  b:\n  - c\n  - d\n  e: 1\n", Some("a:\n  i: 1\n  e: 1\n")),
            ("a:\n  b:\n    c: |\n      d\n  e: 1\n", None),
            ("a:\n  b: &b\n    c: 1\nd: *b\n", None),
            ("a: {b: c}\n", None),
        ];
        for (source, expected) in rows {
            let edit = find(source, &["a", "b"]).replaced(source, &new_lines(&[(0, "i: 1")]));
            let found = edit.map(|it| text::apply(source, [&it]));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
        let source = "a:\n  b: c\n  e: 1\n";
        let edit = find(source, &["a", "b"]).replaced(source, &[]).unwrap();
        assert_eq!(text::apply(source, [&edit]), "a:\n  e: 1\n");
    }

    #[test]
    fn an_entry_moves_below_a_merge_key() {
        let source = "x: &x\n  b:\n    c: 1 # d\n\n    e: 2\n  f: 3\ns:\n    t:\n        << : *x\n        g: 4\n";
        let edit =
            find(source, &["x", "b"]).moved_below(source, &find(source, &["s", "t"])).unwrap();
        let end =
            "        << : *x\n        b:\n          c: 1 # d\n\n          e: 2\n        g: 4\n";
        assert!(text::apply(source, [&edit]).ends_with(end));
        let none = "x: &x\n  b: 1\ns:\n  t:\n    g: 4\n";
        assert_eq!(find(none, &["x", "b"]).moved_below(none, &find(none, &["s", "t"])), None);
    }

    #[test]
    fn a_name_is_added_to_what_is_there() {
        let rows = [
            ("a:\n  d: [x] # y\n", Some("a:\n  d: [x, n] # y\n")),
            ("a:\n  d:\n  - x # y\n  e: 1\n", Some("a:\n  d:\n  - x # y\n  - n\n  e: 1\n")),
            (
                "a:\n  d:\n    x: {c: y}\n\n  e: 1\n",
                Some("a:\n  d:\n    x: {c: y}\n    n:\n      c: z\n\n  e: 1\n"),
            ),
            ("a:\n  d: {x: {c: y}}\n", None),
            ("a:\n  d: []\n", None),
            ("a:\n  d: [x,\n    y]\n", None),
            ("b: &b [x]\na:\n  d: *b\n", None),
        ];
        for (source, expected) in rows {
            let edit = find(source, &["a", "d"]).with_item(source, "n", "c: z");
            let found = edit.map(|it| text::apply(source, [&it]));
            assert_eq!(found.as_deref(), expected, "{source}");
        }
    }
}
