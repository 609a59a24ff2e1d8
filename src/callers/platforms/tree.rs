//! One tree for all formats of platforms: YAML, JSON, TOML, HCL, the units of systemd and the templates of Unraid.
//!
//! Only values matter here, and where they stand; what is edited is read elsewhere.

use toml_edit::{Document, Item as TomlItem, TableLike, Value as TomlValue};

use crate::{
    callers::words::UNKNOWN,
    text::{Span, line_at},
    yaml::{self, Node, YamlError},
};

/// A value, and the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) struct Item {
    /// The line, counted from 1; of an entry, that of its key.
    pub(in crate::callers) line: usize,
    /// The value.
    pub(in crate::callers) value: Value,
}

/// What an item is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) enum Value {
    /// A scalar. What is not known of it stands in `${…}`.
    Text(String),
    /// A list.
    List(Vec<Item>),
    /// Entries; blocks of one type are entries of the same key.
    Map(Vec<Entry>),
    /// Something that is computed.
    Unknown,
}

/// An entry of a map.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) struct Entry {
    /// The key, as written.
    pub(in crate::callers) key: String,
    /// The value.
    pub(in crate::callers) item: Item,
}

/// How deep, and how many values of a file are looked into: aliases can repeat what is written once.
const DEPTH: usize = 32;
const VALUES: usize = 100_000;

impl Item {
    /// A scalar.
    pub(in crate::callers) fn text_at(line: usize, text: &str) -> Self {
        Self { line, value: Value::Text(text.replace(UNKNOWN, "${…}")) }
    }

    /// The text, if it is a scalar and not empty.
    pub(super) fn as_text(&self) -> Option<&str> {
        match &self.value {
            Value::Text(it) if !it.is_empty() => Some(it),
            _ => None,
        }
    }

    /// The entries of a map; none if it is something else.
    pub(super) fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Map(it) => it,
            _ => &[],
        }
    }

    /// The items of a list; none if it is something else.
    pub(super) fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(it) => it,
            _ => &[],
        }
    }

    /// The value of the first entry of a key, which is given in lower case and without `_` and `-`: formats spell
    /// `containerPath`, `ContainerPath` and `container_path`.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entries().iter().find(|it| it.is(key)).map(|it| &it.item)
    }

    /// The text of a key.
    pub(super) fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_text()
    }

    /// Whether a key is true.
    pub(super) fn has(&self, key: &str) -> bool {
        self.text(key) == Some("true")
    }

    /// The values of a key that a format may have several of: those of all its entries, and of their lists.
    pub(super) fn all(&self, key: &str) -> Vec<&Self> {
        let found = self.entries().iter().filter(|it| it.is(key)).map(|it| &it.item);
        found
            .flat_map(|it| match &it.value {
                Value::List(all) => all.iter().collect(),
                _ => vec![it],
            })
            .collect()
    }

    /// Visits this item and all below it.
    pub(super) fn visit<'i>(&'i self, visitor: &mut dyn FnMut(&'i Self)) {
        visitor(self);
        self.entries().iter().for_each(|it| it.item.visit(visitor));
        self.items().iter().for_each(|it| it.visit(visitor));
    }
}

impl Entry {
    /// Whether this is its key, given as for [`Item::get`].
    pub(super) fn is(&self, key: &str) -> bool {
        let own = self.key.chars().filter(|it| !matches!(it, '_' | '-'));
        own.map(|it| it.to_ascii_lowercase()).eq(key.chars())
    }
}

/// The documents of YAML, or of JSON, which may be indented with tabs.
///
/// # Errors
/// The first syntax error.
pub(super) fn yaml(text: &str) -> Result<Vec<Item>, YamlError> {
    let reading = yaml::read_only(text);
    let reading =
        reading.or_else(|it| yaml::read_only(&text.replace('\t', "  ")).map_err(|_| it))?;
    let mut left = VALUES;
    let documents = reading.documents.iter();
    Ok(documents.map(|it| of_node(it, it.line, DEPTH, &mut left)).collect())
}

fn of_node(node: &Node, line: usize, depth: usize, left: &mut usize) -> Item {
    let (Some(depth), Some(rest)) = (depth.checked_sub(1), left.checked_sub(1)) else {
        return Item { line, value: Value::Unknown };
    };
    *left = rest;
    let value = match &node.value {
        yaml::Value::Scalar(it) => return Item::text_at(line, &without_jinja(it)),
        yaml::Value::Sequence(all) => {
            Value::List(all.iter().map(|it| of_node(it, it.line, depth, left)).collect())
        }
        yaml::Value::Mapping(all) => {
            let entry = |it: &yaml::Entry| Entry {
                key: it.key.clone(),
                item: of_node(&it.value, it.line, depth, left),
            };
            Value::Map(all.iter().map(entry).collect())
        }
    };
    Item { line, value }
}

/// A text in which expressions of Jinja are variables: `{{ data }}/logs` is `${data}/logs`.
fn without_jinja(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, (expression, after))) =
        rest.split_once("{{").and_then(|it| Some((it.0, it.1.split_once("}}")?)))
    {
        out.push_str(before);
        out.push_str(&format!("${{{}}}", expression.trim().replace(['{', '}', ':'], "")));
        rest = after;
    }
    out + rest
}

/// A file of TOML; `None` if it cannot be read.
pub(super) fn toml(text: &str) -> Option<Item> {
    let document = Document::parse(text.to_owned()).ok()?;
    Some(Item { line: 1, value: of_table(document.as_table(), text) })
}

fn of_table(table: &dyn TableLike, text: &str) -> Value {
    let line = |span: Option<Span>| span.map_or(1, |it| line_at(text, it.start));
    let entry = |(key, it): (&str, &TomlItem)| Entry {
        key: key.to_owned(),
        item: Item {
            line: line(table.key(key).and_then(toml_edit::Key::span).or_else(|| it.span())),
            value: match it {
                TomlItem::None => Value::Unknown,
                TomlItem::Value(it) => of_toml(it, text),
                TomlItem::Table(it) => of_table(it, text),
                TomlItem::ArrayOfTables(all) => {
                    let one = |it: &toml_edit::Table| Item {
                        line: line(it.span()),
                        value: of_table(it, text),
                    };
                    Value::List(all.iter().map(one).collect())
                }
            },
        },
    };
    Value::Map(table.iter().map(entry).collect())
}

fn of_toml(value: &TomlValue, text: &str) -> Value {
    let line = |span: Option<Span>| span.map_or(1, |it| line_at(text, it.start));
    match value {
        TomlValue::String(it) => Value::Text(it.value().clone()),
        TomlValue::Integer(it) => Value::Text(it.value().to_string()),
        TomlValue::Boolean(it) => Value::Text(it.value().to_string()),
        TomlValue::Float(_) | TomlValue::Datetime(_) => Value::Unknown,
        TomlValue::InlineTable(it) => of_table(it, text),
        TomlValue::Array(all) => {
            let one = |it: &TomlValue| Item { line: line(it.span()), value: of_toml(it, text) };
            Value::List(all.iter().map(one).collect())
        }
    }
}

/// A unit of systemd: its sections, in which a key may stand several times.
pub(super) fn unit(text: &str) -> Item {
    let mut sections: Vec<Entry> = Vec::new();
    let mut lines = text.lines().enumerate();
    while let Some((at, line)) = lines.next() {
        let line = line.trim();
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.strip_suffix(']')) {
            let item = Item { line: at + 1, value: Value::Map(Vec::new()) };
            sections.push(Entry { key: name.to_owned(), item });
            continue;
        }
        let Some((key, value)) = line.split_once('=').filter(|_| !line.starts_with(['#', ';']))
        else {
            continue;
        };
        let mut value = value.trim().to_owned();
        while let Some(start) = value.strip_suffix('\\') {
            let next = lines.next().map_or("", |it| it.1.trim());
            value = format!("{start}{next}");
        }
        let Some(Entry { item: Item { value: Value::Map(section), .. }, .. }) = sections.last_mut()
        else {
            continue;
        };
        let item = Item::text_at(at + 1, &value);
        section.push(Entry { key: key.trim().to_owned(), item });
    }
    Item { line: 1, value: Value::Map(sections) }
}

/// The elements of XML that have these names, each with its attributes, and its text as `text`; elements in them are
/// no text.
pub(super) fn xml(text: &str, names: &[&str]) -> Item {
    let mut found = Vec::new();
    for (at, _) in text.match_indices('<') {
        let rest = &text[at + 1..];
        let Some(name) = names.iter().find(|it| {
            let after = rest.strip_prefix(**it);
            after.is_some_and(|it| it.starts_with([' ', '>', '/', '\n', '\t', '\r']))
        }) else {
            continue;
        };
        let Some((tag, after)) = rest[name.len()..].split_once('>') else { continue };
        let line = line_at(text, at);
        let mut entries = Vec::new();
        let mut tag_rest = tag;
        while let Some((key, value)) = tag_rest.split_once("=\"") {
            let Some((value, more)) = value.split_once('"') else { break };
            let item = Item::text_at(line, value);
            entries.push(Entry { key: key.trim().to_owned(), item });
            tag_rest = more;
        }
        if !tag.ends_with('/') {
            let said = after.split('<').next().unwrap_or_default().trim();
            entries.push(Entry { key: "text".to_owned(), item: Item::text_at(line, said) });
        }
        found.push(Entry {
            key: (*name).to_owned(),
            item: Item { line, value: Value::Map(entries) },
        });
    }
    Item { line: 1, value: Value::Map(found) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The values of a tree, a line each: its line, the keys that lead to it, the value.
    fn seen(item: &Item, path: &str, into: &mut Vec<String>) {
        match &item.value {
            Value::Text(it) => into.push(format!("{}{path}={it}", item.line)),
            Value::Unknown => into.push(format!("{}{path}?", item.line)),
            Value::List(all) => all.iter().for_each(|it| seen(it, &format!("{path} -"), into)),
            Value::Map(all) => {
                for entry in all {
                    seen(&entry.item, &format!("{path} {}", entry.key), into);
                }
            }
        }
    }

    fn all(item: &Item) -> Vec<String> {
        let mut found = Vec::new();
        seen(item, "", &mut found);
        found
    }

    #[test]
    fn every_format_is_one_tree() {
        let text = "a = 1\n[b.c]\nd = [\"x\", true]\n[[e]]\nf = \"y\"\n[[e]]\nf = 2020-01-01\n";
        let expected = ["1 a=1", "3 b c d -=x", "3 b c d -=true", "5 e - f=y", "7 e - f?"];
        assert_eq!(all(&toml(text).unwrap()), expected);
        let text = "[Unit]\n# A=1\n[Container]\nVolume=a:/a\nVolume=b:/b \\\n  c\n";
        assert_eq!(all(&unit(text)), ["4 Container Volume=a:/a", "5 Container Volume=b:/b c"]);
        let text = "<Container>\n<Repository>me/a</Repository>\n<Config Target=\"/d\" Mode=\"rw\"/>\n<Configs/>";
        let expected = ["2 Repository text=me/a", "3 Config Target=/d", "3 Config Mode=rw"];
        assert_eq!(all(&xml(text, &["Config", "Repository"])), expected);
        let text = "{\n\t\"a\": [\"{{ b }}/c\", null]\n}";
        assert_eq!(all(&yaml(text).unwrap()[0]), ["2 a -=${b}/c", "2 a -="]);
    }

    #[test]
    fn keys_are_the_same_in_all_spellings() {
        let documents = yaml("ContainerPath: a\nb:\n- 1\nB: 2\n").unwrap();
        assert_eq!(documents[0].text("containerpath"), Some("a"));
        assert_eq!(documents[0].all("b").len(), 2);
    }

    #[test]
    fn aliases_do_not_multiply_for_ever() {
        let mut text = "a0: &a0 [x]\n".to_owned();
        for it in 1..40 {
            text += &format!("a{it}: &a{it} [*a{0}, *a{0}]\n", it - 1);
        }
        let mut values = 0;
        yaml(&text).unwrap_or_default().iter().for_each(|it| it.visit(&mut |_| values += 1));
        assert!(values < 2 * VALUES + 100, "{values}");
    }
}
