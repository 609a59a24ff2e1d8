//! Builds that are mappings, in YAML, HCL and JSON: entries put beside those that are there, in their style.

use std::sync::Arc;

use super::site::More;
use crate::{
    text::{Edit, Span, line_start},
    yaml::{
        self, Node,
        layout::{Layout, argument, line_end, plain, quoted},
    },
};

/// A build that is a mapping, or a scalar that is short for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entries {
    /// The format of the file.
    pub(super) syntax: Syntax,
    /// The format's names for the settings of a build.
    pub(super) names: Names,
    /// The place for new entries.
    pub(super) anchor: Anchor,
    /// The build arguments that are there.
    pub(super) arguments: Option<Arguments>,
}

/// A format of mappings.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Syntax {
    /// YAML by indentation.
    Block,
    /// YAML in braces, which may be JSON.
    Flow,
    /// HCL.
    Hcl,
}

/// The keys of a format.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Names {
    pub(super) context: &'static str,
    pub(super) file: &'static str,
    pub(super) target: &'static str,
    pub(super) arguments: &'static str,
    /// Returns true if build arguments are the lines of a text.
    pub(super) lines: bool,
}

/// The keys of compose files, which others took over.
pub(super) const COMPOSE: Names = Names {
    context: "context",
    file: "dockerfile",
    target: "target",
    arguments: "args",
    lines: false,
};

/// The place for new entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// After this entry.
    After(Field),
    /// After this entry, in a new mapping under this key.
    Within(Field, &'static str),
    /// Into the mapping that takes the place of the scalar: `build: .`
    Short(Field),
    /// Nowhere that is known.
    Nowhere,
}

/// An entry in the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Field {
    pub(super) key: Span,
    pub(super) value: Span,
}

/// The notation of build arguments.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Arguments {
    /// As a mapping that ends with this entry.
    Map(Field, Syntax),
    /// As a list that ends with this item.
    List(Span, Syntax),
    /// As the lines of a scalar.
    Lines(Span),
    /// In another way.
    Other,
}

impl Field {
    /// The entry of this key, when it is written in the mapping itself and not merged into it.
    pub(super) fn of(mapping: &Node, key: &str) -> Option<Self> {
        own(mapping).find(|it| it.key == key).map(Self::from)
    }
}

impl From<&yaml::Entry> for Field {
    fn from(entry: &yaml::Entry) -> Self {
        Self { key: entry.span.clone(), value: entry.value.span.clone() }
    }
}

/// The entries that are written in a mapping with values of their own, neither merged nor by an alias.
pub(super) fn own(mapping: &Node) -> impl Iterator<Item = &yaml::Entry> {
    let inside = |it: &&yaml::Entry| {
        mapping.span.start <= it.span.start
            && it.is_written_out()
            && it.value.span.end <= mapping.span.end
    };
    mapping.entries().iter().filter(inside)
}

/// The notation of a collection in a YAML file.
pub(super) fn syntax(source: &str, node: &Node) -> Syntax {
    let flow = source.get(node.span.clone()).is_some_and(|it| it.starts_with(['{', '[']));
    if flow { Syntax::Flow } else { Syntax::Block }
}

impl Entries {
    /// The build that this YAML mapping is.
    pub(super) fn of(source: &str, mapping: &Arc<Node>, names: Names) -> Self {
        let keys = [names.file, names.context];
        let beside = keys.iter().find_map(|it| Field::of(mapping, it));
        let beside =
            beside.or_else(|| own(mapping).find(|it| it.value.as_str().is_some()).map(Field::from));
        Self {
            syntax: syntax(source, mapping),
            names,
            anchor: beside.map_or(Anchor::Nowhere, Anchor::After),
            arguments: mapping.get(names.arguments).map(|it| {
                match own(mapping).any(|it| it.key == names.arguments) {
                    true => Arguments::of(source, it),
                    false => Arguments::Other,
                }
            }),
        }
    }

    /// A build that only the surrounding mapping describes; `key` will hold it, after an existing entry.
    pub(super) fn within(
        source: &str,
        around: &Node,
        key: &'static str,
        after: Field,
        names: Names,
    ) -> Self {
        let anchor = Anchor::Within(after, key);
        Self { syntax: syntax(source, around), names, anchor, arguments: None }
    }

    /// A place that no other build has.
    pub(super) fn mark(&self) -> Option<Span> {
        match &self.anchor {
            Anchor::After(it) | Anchor::Within(it, _) | Anchor::Short(it) => Some(it.key.clone()),
            Anchor::Nowhere => None,
        }
    }
}

impl Arguments {
    fn of(source: &str, node: &Node) -> Self {
        let syntax = syntax(source, node);
        match &node.value {
            yaml::Value::Mapping(_) => match own(node).last() {
                Some(it) => Self::Map(Field::from(it), syntax),
                None => Self::Other,
            },
            yaml::Value::Sequence(items) => match items.last() {
                Some(it) => Self::List(it.span.clone(), syntax),
                None => Self::Other,
            },
            yaml::Value::Scalar(_) => Self::Lines(node.span.clone()),
        }
    }
}

/// The edits that say more.
///
/// # Errors
/// A clause that says why it cannot be said.
pub(super) fn add(source: &str, entries: &Entries, more: &More<'_>) -> Result<Vec<Edit>, String> {
    let mut edits = Vec::new();
    let mut new: Vec<(&str, Value<'_>)> = Vec::new();
    new.extend(more.file.as_deref().map(|it| (entries.names.file, Value::Text(it))));
    new.extend(more.target.map(|it| (entries.names.target, Value::Text(it))));
    if !more.arguments.is_empty() {
        match &entries.arguments {
            None => new
                .push((entries.names.arguments, Value::Map(&more.arguments, entries.names.lines))),
            Some(Arguments::Map(last, syntax)) => {
                let syntax = if entries.syntax == Syntax::Hcl { Syntax::Hcl } else { *syntax };
                let pairs = more.arguments.iter().map(|(name, it)| (*name, Value::Argument(it)));
                edits.push(append_after(source, last, syntax, &pairs.collect::<Vec<_>>()));
            }
            Some(Arguments::List(last, syntax)) => {
                edits.push(items(source, last, *syntax, &more.arguments));
            }
            Some(Arguments::Lines(it)) => edits.push(lines(source, it, &more.arguments)?),
            Some(Arguments::Other) => return Err("its build arguments stand elsewhere".to_owned()),
        }
    }
    if new.is_empty() {
        return Ok(edits);
    }
    match &entries.anchor {
        // A block on one line has one attribute.
        Anchor::After(it)
            if entries.syntax == Syntax::Hcl && !Layout::at(source, it.key.start).own_line =>
        {
            return Err("it is written on one line".to_owned());
        }
        Anchor::After(it) => edits.push(append_after(source, it, entries.syntax, &new)),
        Anchor::Within(it, key) => {
            edits.push(append_after(source, it, entries.syntax, &[(key, Value::Nested(&new))]));
        }
        Anchor::Short(it) => edits.extend(widened(source, it, entries, &new)),
        Anchor::Nowhere => return Err("there is no place for more settings".to_owned()),
    }
    Ok(edits)
}

enum Value<'a> {
    Text(&'a str),
    /// A build argument, which is text whatever it looks like.
    Argument(&'a str),
    Map(&'a [(&'a str, &'a str)], bool),
    Nested(&'a [(&'a str, Self)]),
}

/// New entries after an existing one.
fn append_after(source: &str, entry: &Field, syntax: Syntax, new: &[(&str, Value<'_>)]) -> Edit {
    let layout = Layout::at(source, entry.key.start);
    if syntax == Syntax::Block {
        let text: String = new.iter().map(|it| block(&layout, it, 0)).collect();
        return Edit::insert(line_end(source, entry.value.end), text);
    }
    let after = &source[entry.value.end..];
    let comma = after.trim_start_matches([' ', '\t']).starts_with(',');
    let flow: Vec<_> = new.iter().map(|it| flow(&layout, it, syntax)).collect();
    let attributes = syntax == Syntax::Hcl && !comma && layout.own_line;
    if attributes {
        let text: String = flow.iter().map(|it| layout.new_line(0) + it).collect();
        return Edit::insert(line_end(source, entry.value.end), text);
    }
    let between = if layout.own_line { layout.new_line(0) } else { " ".to_owned() };
    let text: String = flow.iter().map(|it| format!(",{between}{it}")).collect();
    Edit::insert(entry.value.end, text)
}

/// An entry of a block mapping, on lines of its own.
fn block(layout: &Layout<'_>, (key, value): &(&str, Value<'_>), deeper: usize) -> String {
    let line = layout.new_line(deeper);
    match value {
        Value::Text(it) => format!("{line}{key}: {}", plain(it)),
        Value::Argument(it) => format!("{line}{key}: {}", argument(it)),
        Value::Nested(pairs) => {
            let pairs = pairs.iter().map(|it| block(layout, it, deeper + 1));
            format!("{line}{key}:{}", pairs.collect::<String>())
        }
        Value::Map(pairs, true) => match pairs {
            [(name, value)] => format!("{line}{key}: {}", plain(&format!("{name}={value}"))),
            _ => {
                let below = layout.new_line(deeper + 1);
                let pairs = pairs.iter().map(|(name, value)| format!("{below}{name}={value}"));
                format!("{line}{key}: |{}", pairs.collect::<String>())
            }
        },
        Value::Map(pairs, false) => {
            let pairs = pairs
                .iter()
                .map(|(name, it)| block(layout, &(*name, Value::Argument(it)), deeper + 1));
            format!("{line}{key}:{}", pairs.collect::<String>())
        }
    }
}

/// An entry of a mapping in braces.
fn flow(layout: &Layout<'_>, (key, value): &(&str, Value<'_>), syntax: Syntax) -> String {
    let quote = layout.quote;
    let sign = if syntax == Syntax::Hcl && quote.is_empty() { " =" } else { ":" };
    let strict = syntax == Syntax::Hcl || !quote.is_empty();
    let text = |it: &str| if strict { quoted(it) } else { plain(it) };
    let value = match value {
        Value::Text(it) => text(it),
        Value::Argument(it) if strict => quoted(it),
        Value::Argument(it) => argument(it),
        Value::Nested(pairs) => {
            let pairs: Vec<_> = pairs.iter().map(|it| flow(layout, it, syntax)).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        Value::Map(pairs, true) => {
            let pairs: Vec<_> = pairs.iter().map(|(name, it)| format!("{name}={it}")).collect();
            if let [one] = pairs.as_slice() { text(one) } else { quoted(&pairs.join("\n")) }
        }
        Value::Map(pairs, false) => {
            let pair =
                |(name, it): &(&str, &str)| flow(layout, &(name, Value::Argument(it)), syntax);
            let pairs: Vec<_> = pairs.iter().map(pair).collect();
            let space = if syntax == Syntax::Hcl && quote.is_empty() { " " } else { "" };
            format!("{{{space}{}{space}}}", pairs.join(", "))
        }
    };
    format!("{quote}{key}{quote}{sign} {value}")
}

/// New items after the last one of a list of `NAME=value`.
fn items(source: &str, last: &Span, syntax: Syntax, new: &[(&str, &str)]) -> Edit {
    let written = &source[last.clone()];
    let quote = written.chars().next().filter(|it| matches!(it, '"' | '\''));
    let item = |(name, value): &(&str, &str)| {
        let text = format!("{name}={value}");
        match quote {
            Some(it) => format!("{it}{text}{it}"),
            None => plain(&text),
        }
    };
    let layout = Layout::at(source, last.start);
    if syntax == Syntax::Block {
        let line = line_start(source, last.start);
        let before = &source[line..last.start];
        let new = new.iter().map(|it| format!("{}{before}{}", layout.end, item(it)));
        return Edit::insert(line_end(source, last.end), new.collect::<String>());
    }
    let between = if layout.own_line { layout.new_line(0) } else { " ".to_owned() };
    let new = new.iter().map(|it| format!(",{between}{}", item(it)));
    Edit::insert(last.end, new.collect::<String>())
}

/// New lines after the last one of a scalar that lists `NAME=value`.
fn lines(source: &str, scalar: &Span, new: &[(&str, &str)]) -> Result<Edit, String> {
    let written = &source[scalar.clone()];
    let end = if written.contains("\r\n") { "\r\n" } else { "\n" };
    let pairs = new.iter().map(|(name, value)| format!("{name}={value}"));
    if written.starts_with('|') {
        let body = written.trim_end();
        let last = body.lines().last().unwrap_or_default();
        let indent = &last[..last.len() - last.trim_start().len()];
        let text: String = pairs.map(|it| format!("{end}{indent}{it}")).collect();
        return Ok(Edit::insert(scalar.start + body.len(), text));
    }
    let layout = Layout::at(source, scalar.start);
    let text = written.trim_matches(['"', '\'']);
    let is_plain = !written.contains(['\n', '\\', '>']) && !text.contains(['"', '\'']);
    let line = line_start(source, scalar.start);
    if !is_plain || text.is_empty() || source[line..scalar.start].contains(['{', '[']) {
        return Err("its build arguments are written in an unusual way".to_owned());
    }
    let line = layout.new_line(1);
    let pairs: String = pairs.map(|it| format!("{line}{it}")).collect();
    Ok(Edit::replace(scalar.clone(), format!("|{line}{text}{pairs}")))
}

/// `build: .` as a mapping with more in it.
fn widened(source: &str, short: &Field, entries: &Entries, new: &[(&str, Value<'_>)]) -> Vec<Edit> {
    let layout = Layout::at(source, short.key.start);
    let context = entries.names.context;
    if entries.syntax == Syntax::Block {
        let text: String = new.iter().map(|it| block(&layout, it, 1)).collect();
        let line = layout.new_line(1);
        return vec![
            Edit::replace(short.key.end..short.value.start, format!(":{line}{context}: ")),
            Edit::insert(line_end(source, short.value.end), text),
        ];
    }
    let quote = layout.quote;
    let new: String =
        new.iter().map(|it| format!(", {}", flow(&layout, it, entries.syntax))).collect();
    vec![
        Edit::insert(short.value.start, format!("{{{quote}{context}{quote}: ")),
        Edit::insert(short.value.end, format!("{new}}}")),
    ]
}
