//! A read view of YAML: anchors, aliases and merge keys resolved, every node with its place.
//!
//! The only room that names `yaml-edit`, and [`second`] the only file that names another parser.

pub mod edits;
pub(crate) mod layout;
mod places;
mod plain;
pub mod second;

use std::{collections::HashMap, sync::Arc};

use yaml_edit::{
    AnchorRegistry, Mapping, YamlFile, YamlNode,
    validator::{Severity, Validator},
};

use crate::text::{self, Span};
pub use plain::Plain;

/// A node of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Node {
    /// Its value.
    pub value: Value,
    /// Its tag, such as `!reference`.
    pub tag: Option<String>,
    /// The line it starts on, counted from 1: for a block scalar, the line of its `|`.
    pub line: usize,
    /// Its span in the text; for an alias, the span of what it names.
    pub span: Span,
    block: bool,
}

/// The value of a node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// A scalar, unquoted; the empty string for null.
    Scalar(String),
    /// A sequence.
    Sequence(Vec<Arc<Node>>),
    /// A mapping; what a merge key brings follows its own entries.
    Mapping(Vec<Entry>),
}

/// An entry of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The key, unquoted.
    pub key: String,
    /// The line of the key, counted from 1.
    pub line: usize,
    /// The span of the key in the text.
    pub span: Span,
    /// The value.
    pub value: Arc<Node>,
}

/// A syntax error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct YamlError {
    /// The line, counted from 1.
    pub line: usize,
    /// The error, in lower case and without a full stop.
    pub message: String,
}

/// The documents of a text that can be read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The roots.
    pub documents: Vec<Arc<Node>>,
    /// The reason not to edit it: the strict reader, whose spans edits need, refuses what others accept.
    pub only_read: Option<YamlError>,
}

/// The documents of a text, by the second reader when the first refuses it: a closing bracket at the
/// indentation of its key is one of the things that libyaml accepts, and so everybody who is built on it.
///
/// # Errors
/// The first syntax error, when neither accepts it.
pub fn read_or_only_read(source: &str) -> Result<Reading, YamlError> {
    let strict = read(source);
    strict.map(|documents| Reading { documents, only_read: None }).or_else(|error| {
        let documents = second::read(source).map_err(|_| error.clone())?;
        Ok(Reading { documents, only_read: Some(error) })
    })
}

/// The documents of a text that is not going to be edited, as [`read`] gives them but for the ends of lists and
/// mappings: by the second reader, which takes a tenth of the time, and by the first if that refuses it.
///
/// # Errors
/// The first syntax error, when neither accepts it.
pub fn read_only(source: &str) -> Result<Reading, YamlError> {
    let documents = second::read(source).or_else(|_| read(source))?;
    Ok(Reading { documents, only_read: None })
}

/// The documents of a text.
///
/// # Errors
/// The first syntax error in the text: a tab as indentation, a duplicate key, an open bracket.
pub fn read(source: &str) -> Result<Vec<Arc<Node>>, YamlError> {
    let error = |at: usize, message: &str| YamlError {
        line: text::line_at(source, at),
        message: lower_first(message),
    };
    let parsed = YamlFile::parse(source);
    if let Some(it) = parsed.positioned_errors().first() {
        return Err(error(it.range.start as usize, it.message.lines().next().unwrap_or_default()));
    }
    let mut documents = Vec::new();
    for document in parsed.tree().documents() {
        let violations = Validator::new().validate(&document);
        if let Some(it) = violations.iter().find(|it| it.severity == Severity::Error) {
            let at = it.text_range.map_or(0, |it| it.start as usize);
            return Err(error(at, &it.message));
        }
        let anchors = AnchorRegistry::from_document(&document);
        let root = document.as_mapping().map(YamlNode::Mapping);
        let root = root.or_else(|| document.as_sequence().map(YamlNode::Sequence));
        let mut reader =
            Reader { source, anchors, nodes: HashMap::new(), lines: Lines::new(source) };
        documents.extend(root.map(|it| reader.node(&it, 0)));
    }
    Ok(documents)
}

impl Entry {
    /// Returns true if its value follows its key and is not an alias.
    pub fn is_written_out(&self) -> bool {
        self.span.end <= self.value.span.start
    }
}

impl Node {
    /// The text of a scalar.
    pub fn as_str(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar(it) => Some(it),
            _ => None,
        }
    }

    /// The items of a sequence; none when it is something else.
    pub fn items(&self) -> &[Arc<Self>] {
        match &self.value {
            Value::Sequence(it) => it,
            _ => &[],
        }
    }

    /// The entries of a mapping; none when it is something else.
    pub fn entries(&self) -> &[Entry] {
        match &self.value {
            Value::Mapping(it) => it,
            _ => &[],
        }
    }

    /// The value of this key.
    pub fn get(&self, key: &str) -> Option<&Arc<Self>> {
        self.entries().iter().find(|it| it.key == key).map(|it| &it.value)
    }

    /// The entry of this key that stands in the mapping itself: neither an alias nor a merge key brings it.
    pub fn own(&self, key: &str) -> Option<&Entry> {
        self.entries().iter().find(|it| it.key == key && self.holds(&it.span))
    }

    /// Returns true if a span lies in it, and not where an alias or a merge key has it from.
    fn holds(&self, span: &Span) -> bool {
        self.span.start <= span.start && span.end <= self.span.end
    }

    /// The text of the scalar under this key.
    pub fn text(&self, key: &str) -> Option<&str> {
        self.get(key)?.as_str()
    }

    /// The line of the file on which line `at` of the scalar's text stands, both counted from 1.
    pub fn line_of(&self, at: usize) -> usize {
        if self.block { self.line + at } else { self.line + at - 1 }
    }
}

/// The depth to which nodes are followed through aliases; deeper ones are null.
const DEPTH: usize = 128;

struct Reader<'a> {
    source: &'a str,
    anchors: AnchorRegistry,
    /// The nodes read so far, so that what many aliases name is read once.
    nodes: HashMap<(u32, u32), Arc<Node>>,
    lines: Lines,
}

impl Reader<'_> {
    fn node(&mut self, node: &YamlNode, depth: usize) -> Arc<Node> {
        let range = node.byte_range();
        if let Some(known) = self.nodes.get(&(range.start, range.end)) {
            return Arc::clone(known);
        }
        let mut read = Node {
            value: Value::Scalar(String::new()),
            tag: None,
            line: self.lines.at(range.start as usize),
            span: range.start as usize..range.end as usize,
            block: self.source[range.start as usize..].starts_with(['|', '>']),
        };
        if depth > DEPTH {
            return Arc::new(read);
        }
        match node {
            YamlNode::Alias(alias) => {
                return match self.anchors.resolve_alias(alias) {
                    Ok(it) if !matches!(it, YamlNode::Alias(_)) => self.node(&it, depth + 1),
                    _ => Arc::new(read),
                };
            }
            YamlNode::TaggedNode(tagged) => {
                read.tag = tagged.tag();
                let collection = tagged.as_mapping().map(YamlNode::Mapping);
                let inner = collection
                    .or_else(|| tagged.as_sequence().map(YamlNode::Sequence))
                    .or_else(|| tagged.value().map(YamlNode::Scalar));
                if let Some(inner) = inner {
                    let inner = self.node(&inner, depth + 1);
                    read.value = inner.value.clone();
                    read.block = inner.block;
                }
            }
            YamlNode::Scalar(scalar) => {
                let null = !scalar.is_quoted() && !scalar.is_block() && scalar.is_null();
                read.value = Value::Scalar(if null { String::new() } else { scalar.as_string() });
            }
            YamlNode::Sequence(sequence) => {
                let items: Vec<_> = sequence.values().collect();
                let items = items.iter().map(|it| self.node(it, depth + 1));
                read.value = Value::Sequence(items.collect());
            }
            YamlNode::Mapping(mapping) => {
                read.value = Value::Mapping(self.entries(mapping, depth));
            }
        }
        let read = Arc::new(read);
        self.nodes.insert((range.start, range.end), Arc::clone(&read));
        read
    }

    fn entries(&mut self, mapping: &Mapping, depth: usize) -> Vec<Entry> {
        let mut own = Vec::new();
        let mut merged: Vec<Arc<Node>> = Vec::new();
        for (key, value) in mapping.iter() {
            let value = self.node(&value, depth + 1);
            let key_node = self.node(&key, depth + 1);
            let Some(key) = key_node.as_str().map(str::to_owned) else { continue };
            if key == "<<" {
                match &value.value {
                    Value::Sequence(all) => merged.extend(all.iter().cloned()),
                    _ => merged.push(value),
                }
                continue;
            }
            own.push(Entry { key, line: key_node.line, span: key_node.span.clone(), value });
        }
        for entry in merged.iter().flat_map(|it| it.entries()) {
            if !own.iter().any(|it| it.key == entry.key) {
                own.push(entry.clone());
            }
        }
        own
    }
}

/// The offsets at which lines start.
struct Lines(Vec<usize>);

impl Lines {
    fn new(source: &str) -> Self {
        Self(source.match_indices('\n').map(|it| it.0 + 1).collect())
    }

    fn at(&self, at: usize) -> usize {
        self.0.partition_point(|it| *it <= at) + 1
    }
}

fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    let first = chars.next().map(|it| it.to_lowercase().to_string()).unwrap_or_default();
    first + chars.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn one(source: &str) -> Arc<Node> {
        read(source).unwrap().remove(0)
    }

    #[test]
    fn nodes_have_values_and_lines() {
        let root = one("# c\na: 'x y' # d\nb:\n  - \"q\\t\"\n  - 3\nc: ~\n");
        assert_eq!(root.text("a"), Some("x y"));
        assert_eq!(root.text("c"), Some(""));
        let items: Vec<_> = root.get("b").unwrap().items().iter().map(|it| it.as_str()).collect();
        assert_eq!(items, [Some("q\t"), Some("3")]);
        assert_eq!(root.entries().iter().map(|it| it.line).collect::<Vec<_>>(), [2, 3, 6]);
    }

    #[test]
    fn aliases_and_merge_keys_are_resolved() {
        let source = "x: &base\n  build: .\n  image: a\n\
                      y:\n  <<: *base\n  image: b\nz: *base\nw:\n  <<: [*base, {n: 1}]\n";
        let root = one(source);
        let text = |a: &str, b: &str| root.get(a).unwrap().text(b).map(str::to_owned);
        assert_eq!(text("y", "build").as_deref(), Some("."));
        assert_eq!(text("y", "image").as_deref(), Some("b"));
        assert_eq!(text("z", "image").as_deref(), Some("a"));
        assert_eq!(text("w", "n").as_deref(), Some("1"));
        assert_eq!(root.get("z").unwrap().line, 2);
    }

    #[test]
    fn a_block_scalar_knows_the_lines_of_its_text() {
        let root = one("run: |\n  a\n  b\nplain: c\n");
        assert_eq!(root.text("run"), Some("a\nb\n"));
        assert_eq!(root.get("run").unwrap().line_of(2), 3);
        assert_eq!(root.get("plain").unwrap().line_of(1), 4);
    }

    #[test]
    fn what_is_no_yaml_has_a_line() {
        let rows = [("a:\n\tb: c\n", 2), ("a: 1\na: 2\n", 2), ("a:\n  - [b\n", 3), ("a: *x\n", 1)];
        for (source, line) in rows {
            assert_eq!(read(source).unwrap_err().line, line, "{source}");
        }
    }

    #[test]
    fn loops_and_depth_end() {
        assert!(read("a: &x [*x]\nb: *x\n").is_ok());
        assert!(read(&"[".repeat(5000)).is_err());
        let bomb = "a: &a [x,x]\nb: &b [*a,*a]\nc: &c [*b,*b]\nd: [*c,*c]\n";
        assert_eq!(one(bomb).get("d").unwrap().items().len(), 2);
    }
}
