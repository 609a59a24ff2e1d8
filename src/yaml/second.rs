//! A second reader of YAML, which shares no code with the first: it reads what is not edited, for it is faster, what
//! the first refuses although everybody else accepts it, and what the engine wrote with the spans of the first.
//!
//! The only file that names `granit-parser`, which agrees with libyaml on whether a text is YAML.

use std::{collections::HashMap, sync::Arc};

use granit_parser::{Event, Parser, ScalarStyle, Span as Place};

use super::{DEPTH, Entry, Lines, Node, Value, YamlError, lower_first};
use crate::text::Span;

/// The documents of a text, as [`super::read`] gives them: aliases and merge keys are resolved.
///
/// A key that stands twice in a mapping is an error, as it is for compose and for GitHub, and so is a node as deep as
/// nobody writes it.
///
/// # Errors
/// The first syntax error.
pub fn read(source: &str) -> Result<Vec<Arc<Node>>, YamlError> {
    // YAML ends a line at a lone carriage return as well; people and their editors do not.
    let mut reader = Reader {
        source,
        lines: Lines::new(source),
        before: 0,
        open: Vec::new(),
        anchors: HashMap::new(),
    };
    let mut documents = Vec::new();
    for event in Parser::new_from_str(source) {
        let (event, place) = event.map_err(|it| YamlError {
            line: it.marker().byte_offset().map_or(it.marker().line(), |at| reader.lines.at(at)),
            message: lower_first(it.to_string().split(" at char ").next().unwrap_or_default()),
        })?;
        if let Some(root) = reader.event(event, place)? {
            documents.push(root);
        }
    }
    documents.retain(|it| !matches!(it.value, Value::Scalar(_)));
    Ok(documents)
}

/// The nodes that are open, and those with an anchor.
struct Reader<'a> {
    source: &'a str,
    lines: Lines,
    /// The end of what was read last.
    before: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Arc<Node>>,
}

/// A collection whose end has not come yet.
struct Open {
    node: Node,
    anchor: usize,
    /// The key that waits for its value, in a mapping.
    key: Option<Arc<Node>>,
    /// Values of merge keys.
    merged: Vec<Arc<Node>>,
}

impl Reader<'_> {
    /// The span of a block scalar from its `|` on; the parser's begins with the text.
    fn with_header(&self, span: Span) -> Span {
        let above = self.source[..span.start].trim_end_matches([' ', '\t']);
        let is_text = above.ends_with('\n');
        let above = above.trim_end();
        let line = above.rfind('\n').map_or(0, |it| it + 1).max(self.before);
        let header = above.get(line..).and_then(|it| it.find(['|', '>'])).filter(|_| is_text);
        header.map_or(span.start, |it| line + it)..span.end
    }

    /// Takes the next event; returns the root of a document that it ends.
    fn event(&mut self, event: Event<'_>, place: Place) -> Result<Option<Arc<Node>>, YamlError> {
        let mut span = place.byte_range().unwrap_or_default();
        if let Event::Scalar(_, ScalarStyle::Literal | ScalarStyle::Folded, ..) = event {
            span = self.with_header(span);
        }
        self.before = span.end;
        let line = self.lines.at(span.start);
        let (value, tag, anchor) = match event {
            Event::Scalar(text, style, anchor, tag) => {
                let block = matches!(style, ScalarStyle::Literal | ScalarStyle::Folded);
                let null =
                    style == ScalarStyle::Plain && matches!(&*text, "~" | "null" | "Null" | "NULL");
                let value = Value::Scalar(if null { String::new() } else { text.into_owned() });
                let tag = tag.map(|it| it.to_string());
                let node = Arc::new(Node { value, tag, line, span, block });
                return self.add(node, anchor);
            }
            Event::Alias(anchor) => {
                let node = self.anchors.get(&anchor).cloned();
                let null = || Node {
                    value: Value::Scalar(String::new()),
                    tag: None,
                    line,
                    span,
                    block: false,
                };
                return self.add(node.unwrap_or_else(|| Arc::new(null())), 0);
            }
            Event::SequenceStart(_, anchor, tag) => (Value::Sequence(Vec::new()), tag, anchor),
            Event::MappingStart(_, anchor, tag) => (Value::Mapping(Vec::new()), tag, anchor),
            Event::SequenceEnd | Event::MappingEnd => {
                let Some(mut open) = self.open.pop() else { return Ok(None) };
                open.node.span.end = span.end.max(open.node.span.start);
                open.merge();
                return self.add(Arc::new(open.node), open.anchor);
            }
            Event::DocumentEnd => {
                self.anchors.clear();
                return Ok(None);
            }
            _ => return Ok(None),
        };
        if DEPTH < self.open.len() {
            return Err(YamlError { line, message: "nested too deeply".to_owned() });
        }
        let node = Node { value, tag: tag.map(|it| it.to_string()), line, span, block: false };
        self.open.push(Open { node, anchor, key: None, merged: Vec::new() });
        Ok(None)
    }

    /// Puts a node that is complete where it belongs.
    fn add(&mut self, node: Arc<Node>, anchor: usize) -> Result<Option<Arc<Node>>, YamlError> {
        if anchor != 0 {
            self.anchors.insert(anchor, Arc::clone(&node));
        }
        let Some(open) = self.open.last_mut() else { return Ok(Some(node)) };
        match (&mut open.node.value, open.key.take()) {
            (Value::Sequence(items), _) => items.push(node),
            (Value::Mapping(_), None) => open.key = Some(node),
            (Value::Mapping(entries), Some(key)) => {
                let Some(name) = key.as_str() else { return Ok(None) };
                if name == "<<" {
                    match &node.value {
                        Value::Sequence(all) => open.merged.extend(all.iter().cloned()),
                        _ => open.merged.push(node),
                    }
                    return Ok(None);
                }
                if entries.iter().any(|it| it.key == name) {
                    let message = format!("duplicate key '{name}'");
                    return Err(YamlError { line: key.line, message });
                }
                let (line, span) = (key.line, key.span.clone());
                entries.push(Entry { key: name.to_owned(), line, span, value: node });
            }
            (Value::Scalar(_), _) => {}
        }
        Ok(None)
    }
}

impl Open {
    /// Adds what merge keys bring, after the mapping's own entries.
    fn merge(&mut self) {
        let Value::Mapping(entries) = &mut self.node.value else { return };
        for entry in self.merged.iter().flat_map(|it| it.entries()) {
            if !entries.iter().any(|it| it.key == entry.key) {
                entries.push(entry.clone());
            }
        }
    }
}

/// A value of a document that is no collection, with the keys and places that lead to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Leaf {
    /// The steps from the root: keys with their spans, and the span of an item for its place in a list.
    pub path: Vec<(Option<String>, Span)>,
    /// The value.
    pub value: String,
    /// Its span in the text.
    pub span: Span,
}

/// The values of a document, in the order of the text. What an alias or a merge key brings is written
/// elsewhere, and found there.
pub fn leaves(root: &Node) -> Vec<Leaf> {
    let mut found = Vec::new();
    collect(root, &mut Vec::new(), &mut found);
    found
}

fn collect(node: &Node, path: &mut Vec<(Option<String>, Span)>, into: &mut Vec<Leaf>) {
    match &node.value {
        Value::Scalar(value) => {
            let (value, span) = (value.clone(), node.span.clone());
            into.push(Leaf { path: path.clone(), value, span });
        }
        Value::Sequence(items) => {
            for item in items.iter().filter(|it| node.holds(&it.span)) {
                path.push((None, item.span.clone()));
                collect(item, path, into);
                path.pop();
            }
        }
        Value::Mapping(entries) => {
            for entry in entries.iter().filter(|it| node.holds(&it.span) && it.is_written_out()) {
                path.push((Some(entry.key.clone()), entry.span.clone()));
                collect(&entry.value, path, into);
                path.pop();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn plain(node: &Node) -> String {
        match &node.value {
            // Where a value stands that is not written does not matter.
            Value::Scalar(it) if it.is_empty() => format!("@{}", node.line),
            Value::Scalar(it) => format!("{it:?}@{}:{}", node.line, node.span.start),
            Value::Sequence(it) => it.iter().map(|it| plain(it)).collect::<Vec<_>>().join(","),
            Value::Mapping(it) => it
                .iter()
                .map(|it| format!("{}@{}={{{}}}", it.key, it.line, plain(&it.value)))
                .collect::<Vec<_>>()
                .join(";"),
        }
    }

    #[test]
    fn both_readers_read_the_same() {
        let texts = [
            "a: 'x y' # d\nb:\n  - \"q\\t\"\n  - 3\nc: ~\n",
            "x: &base\n  build: .\n  image: a\ny:\n  <<: *base\n  image: b\nz: *base\nw:\n  <<: [*base, {n: 1}]\n",
            "run: |\n  a\n  b\nplain: c\nfolded: >-\n  a\n  b\n",
            "a: {b: [1, 2], c: }\n---\nb: !reference [a, b]\n",
            "a: | # >\n\n\n  b\n\n  c\nd|e: &x >2-\n   > f\ng:\n- |\n  h\n- k: |\n    l\n  m: |\n",
        ];
        for text in texts {
            let all = |it: Vec<Arc<Node>>| it.iter().map(|it| plain(it)).collect::<Vec<_>>();
            assert_eq!(all(yaml::read(text).unwrap()), all(read(text).unwrap()), "{text}");
        }
    }

    #[test]
    fn what_everybody_accepts_is_read() {
        let root = read("a:\n  b: [\n    \"c\"\n  ]\nd: 1\n").unwrap().remove(0);
        assert_eq!(root.get("a").unwrap().get("b").unwrap().items()[0].as_str(), Some("c"));
        assert_eq!(root.text("d"), Some("1"));
        for (broken, line) in [("a: 1\na: 2\n", 2), ("a:\n\tb: c\n", 2), ("a: [b\n", 1)] {
            assert_eq!(read(broken).unwrap_err().line, line, "{broken}");
        }
    }

    #[test]
    fn deep_and_wide_texts_end() {
        assert!(read(&"[".repeat(100_000)).is_err());
        assert!(read(&"- ".repeat(100_000)).is_err());
        let level = |it: usize| format!("k{}: &k{} [*k{it}, *k{it}]\n", it + 1, it + 1);
        let bomb = format!("k0: &k0 x\n{}", (0..40).map(level).collect::<String>());
        assert!(read(&bomb).is_ok());
    }
}
