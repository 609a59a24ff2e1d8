//! Bake files in HCL: blocks, strings, lists and maps. A call or a condition makes a value unknown and
//! nothing more.
//!
//! The only file that names `hcl-edit`. What platforms say in HCL, Terraform and Nomad, is read by [`tree`].

use std::collections::BTreeMap;

use hcl_edit::{
    Span as _,
    expr::{Expression, ObjectKey, ObjectValue, TraversalOperator},
    structure::{BlockLabel, Body, Structure},
    template::{Element, StringTemplate},
};

use crate::{
    callers::{
        entries::Field,
        platforms::tree::{Entry as TreeEntry, Item, Value as Tree},
        traced::Traced,
        words::UNKNOWN,
    },
    text::{Span, line_at},
    yaml::second::Leaf,
};

/// A value.
#[derive(Clone, Debug)]
pub(in crate::callers) enum Value {
    /// A string with its templates, a number, or the template that a bare name means.
    Text(Traced),
    /// A list.
    List(Vec<Self>),
    /// A map, or the body of a block: each entry with where it stands.
    Map(BTreeMap<String, (Self, Field)>),
    /// Anything else.
    Unknown,
}

/// A block or an attribute at the top of a file.
pub(in crate::callers) struct Entry {
    /// The block's type, or the attribute's name.
    pub(in crate::callers) name: String,
    /// The labels of a block.
    pub(in crate::callers) labels: Vec<String>,
    /// The line of the name, counted from 1.
    pub(in crate::callers) line: usize,
    /// The value.
    pub(in crate::callers) value: Value,
}

/// A syntax error.
pub(in crate::callers) struct HclError {
    /// The line, counted from 1.
    pub(in crate::callers) line: usize,
    /// The error, in lower case and without a full stop.
    pub(in crate::callers) message: String,
}

impl Value {
    /// The text, when it is one.
    pub(in crate::callers) fn text(&self) -> Option<&Traced> {
        match self {
            Self::Text(it) => Some(it),
            _ => None,
        }
    }
}

/// The blocks and attributes of a file.
///
/// # Errors
/// The first syntax error.
pub(in crate::callers) fn read(text: &str) -> Result<Vec<Entry>, HclError> {
    let body = parse(text)?;
    let line = |span: Option<Span>| span.map_or(1, |it| line_at(text, it.start));
    let entries = body.iter().map(|it| match it {
        Structure::Attribute(it) => Entry {
            name: it.key.to_string(),
            labels: Vec::new(),
            line: line(it.key.span()),
            value: value(text, &it.value),
        },
        Structure::Block(it) => Entry {
            name: it.ident.to_string(),
            labels: it.labels.iter().map(|it| it.as_str().to_owned()).collect(),
            line: line(it.ident.span()),
            value: Value::Map(attributes(text, &it.body)),
        },
    });
    Ok(entries.collect())
}

/// All values of a file, as far as they are known: those of `jsonencode`, too, and of JSON in a string. A block is
/// found by its type and its labels.
///
/// # Errors
/// The first syntax error.
pub(in crate::callers) fn tree(text: &str) -> Result<Item, HclError> {
    let body = parse(text)?;
    Ok(Item { line: 1, value: tree_of_body(text, &body, 0) })
}

/// How deep values are looked into.
const DEPTH: usize = 32;

fn tree_of_body(text: &str, body: &Body, depth: usize) -> Tree {
    if DEPTH < depth {
        return Tree::Unknown;
    }
    let line = |span: Option<Span>| span.map_or(1, |it| line_at(text, it.start));
    let entries = body.iter().map(|it| match it {
        Structure::Attribute(it) => TreeEntry {
            key: it.key.to_string(),
            item: Item { line: line(it.key.span()), value: tree_of(text, &it.value, depth + 1) },
        },
        Structure::Block(it) => {
            let line = line(it.ident.span());
            let mut value = tree_of_body(text, &it.body, depth + 1);
            for label in it.labels.iter().rev() {
                let entry =
                    TreeEntry { key: label.as_str().to_owned(), item: Item { line, value } };
                value = Tree::Map(vec![entry]);
            }
            TreeEntry { key: it.ident.to_string(), item: Item { line, value } }
        }
    });
    Tree::Map(entries.collect())
}

fn tree_of(text: &str, expression: &Expression, depth: usize) -> Tree {
    if DEPTH < depth {
        return Tree::Unknown;
    }
    let line = |span: Option<Span>| span.map_or(1, |it| line_at(text, it.start));
    match expression {
        Expression::Array(all) => {
            let one = |it: &Expression| Item {
                line: line(it.span()),
                value: tree_of(text, it, depth + 1),
            };
            Tree::List(all.iter().map(one).collect())
        }
        Expression::Object(all) => {
            let one = |(key, it): (&ObjectKey, &ObjectValue)| {
                let item =
                    Item { line: line(key_span(key)), value: tree_of(text, it.expr(), depth + 1) };
                Some(TreeEntry { key: key_name(key)?, item })
            };
            Tree::Map(all.iter().filter_map(one).collect())
        }
        Expression::Parenthesis(it) => tree_of(text, it.inner(), depth + 1),
        Expression::FuncCall(call) => match call.args.iter().next() {
            // They give a list or a map another form, or its type.
            Some(it)
                if ["jsonencode", "toset", "tolist", "tomap"]
                    .contains(&call.name.name.as_str()) =>
            {
                tree_of(text, it, depth + 1)
            }
            _ => Tree::Unknown,
        },
        Expression::HeredocTemplate(it) => {
            let start = expression.span().map_or(0, |it| it.start);
            let mut said = String::new();
            for element in &it.template {
                match element {
                    Element::Literal(it) => said.push_str(it),
                    Element::Interpolation(_) | Element::Directive(_) => said.push_str("${…}"),
                }
            }
            // The text begins on the line after the marker.
            Item::text_at(line_at(text, start), &said).value
        }
        Expression::String(it) => Tree::Text(it.to_string()),
        _ => match value(text, expression) {
            Value::Text(it) => Item::text_at(1, &it.text()).value,
            _ => Tree::Unknown,
        },
    }
}

/// The values of a file that are no lists and no maps, in the order of the text, as they are written.
///
/// # Errors
/// The first syntax error.
pub(in crate::callers) fn leaves(text: &str) -> Result<Vec<Leaf>, HclError> {
    let mut found = Vec::new();
    of_body(text, &parse(text)?, &mut Vec::new(), &mut found);
    Ok(found)
}

fn parse(text: &str) -> Result<Body, HclError> {
    text.parse().map_err(|it: hcl_edit::parser::Error| {
        let message = it.message().lines().next().unwrap_or_default();
        let message = format!("not HCL ({})", message.to_lowercase().trim_end_matches('.'));
        HclError { line: it.location().line(), message }
    })
}

/// The attributes of a block; of blocks within it, nothing is known.
fn attributes(text: &str, body: &Body) -> BTreeMap<String, (Value, Field)> {
    let attributes = body.attributes().filter_map(|it| {
        let field = Field { key: it.key.span()?, value: it.value.span()? };
        Some((it.key.to_string(), (value(text, &it.value), field)))
    });
    attributes.collect()
}

fn value(text: &str, expression: &Expression) -> Value {
    let written = || expression.span().and_then(|it| text.get(it)).unwrap_or_default();
    match expression {
        Expression::Bool(_) | Expression::Number(_) => Value::Text(Traced::untraced(written())),
        Expression::String(_) => Value::Text(match expression.span() {
            Some(it) if written().starts_with('"') => literal(text, it.start + 1..it.end - 1),
            _ => Traced::untraced(&UNKNOWN.to_string()),
        }),
        Expression::StringTemplate(it) => Value::Text(template(text, it)),
        Expression::Array(it) => Value::List(it.iter().map(|it| value(text, it)).collect()),
        Expression::Object(it) => {
            let entries = it.iter().filter_map(|(key, it)| {
                let field = Field { key: key_span(key)?, value: it.expr().span()? };
                Some((key_name(key)?, (value(text, it.expr()), field)))
            });
            Value::Map(entries.collect())
        }
        Expression::Parenthesis(it) => value(text, it.inner()),
        _ => match named(expression) {
            Some(name) => Value::Text(Traced::untraced(&format!("${{{name}}}"))),
            None => Value::Unknown,
        },
    }
}

/// The name of a variable, or of an attribute of one: `TAG`, `item.name`.
fn named(expression: &Expression) -> Option<String> {
    match expression {
        Expression::Variable(it) => Some(it.to_string()),
        Expression::Traversal(it) => {
            let mut name = named(&it.expr)?;
            for operator in &it.operators {
                let TraversalOperator::GetAttr(attribute) = operator.value() else { return None };
                name = format!("{name}.{}", attribute.as_str());
            }
            Some(name)
        }
        _ => None,
    }
}

/// A string with the names of variables in `${…}`, and [`UNKNOWN`] for anything else that is put in.
fn template(text: &str, template: &StringTemplate) -> Traced {
    let mut out = Traced::default();
    for element in template {
        match element {
            Element::Literal(it) => match it.span() {
                Some(span) => out.append(&literal(text, span)),
                None => out.push(UNKNOWN),
            },
            Element::Interpolation(it) => match named(&it.expr) {
                Some(name) => out.push_str(&format!("${{{name}}}")),
                None => out.push(UNKNOWN),
            },
            Element::Directive(_) => out.push(UNKNOWN),
        }
    }
    out
}

/// The characters between the quotes of a string that has no templates in it.
fn literal(text: &str, span: Span) -> Traced {
    let mut value = Traced::default();
    let raw = text.get(span.clone()).unwrap_or_default();
    let mut chars = raw.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => match chars.next() {
                Some((_, 'n')) => value.push('\n'),
                Some((_, 't')) => value.push('\t'),
                Some((_, it @ ('"' | '\\'))) => value.push(it),
                _ => value.push(UNKNOWN),
            },
            // `$${` is the text `${`.
            '$' | '%' if raw[at + 1..].starts_with(&format!("{c}{{")) => value.push(UNKNOWN),
            c => value.push_at(c, span.start + at),
        }
    }
    value
}

fn key_name(key: &ObjectKey) -> Option<String> {
    match key {
        ObjectKey::Ident(it) => Some(it.to_string()),
        ObjectKey::Expression(Expression::String(it)) => Some(it.to_string()),
        ObjectKey::Expression(it) => named(it),
    }
}

fn key_span(key: &ObjectKey) -> Option<Span> {
    match key {
        ObjectKey::Ident(it) => it.span(),
        ObjectKey::Expression(it) => it.span(),
    }
}

type Path = Vec<(Option<String>, Span)>;

fn of_body(text: &str, body: &Body, path: &mut Path, into: &mut Vec<Leaf>) {
    for structure in body {
        let span = structure.span().unwrap_or_default();
        match structure {
            Structure::Attribute(it) => {
                let key = it.key.span().unwrap_or(span);
                path.push((Some(it.key.to_string()), key));
                of_value(text, &it.value, path, into);
            }
            Structure::Block(it) => {
                let labels = it.labels.iter().map(BlockLabel::as_str);
                let name = [it.ident.as_str()].into_iter().chain(labels).collect::<Vec<_>>();
                path.push((Some(name.join(" ")), it.ident.span().unwrap_or(span)));
                of_body(text, &it.body, path, into);
            }
        }
        path.pop();
    }
}

fn of_value(text: &str, expression: &Expression, path: &mut Path, into: &mut Vec<Leaf>) {
    let span = expression.span().unwrap_or_default();
    match expression {
        Expression::Array(items) => {
            for item in items {
                path.push((None, item.span().unwrap_or_default()));
                of_value(text, item, path, into);
                path.pop();
            }
        }
        Expression::Object(entries) => {
            for (key, it) in entries {
                let at = key_span(key).unwrap_or_default();
                let name = text.get(at.clone()).map(str::to_owned);
                path.push((name, at));
                of_value(text, it.expr(), path, into);
                path.pop();
            }
        }
        _ => {
            let value = text.get(span.clone()).unwrap_or_default().to_owned();
            into.push(Leaf { path: path.clone(), value, span });
        }
    }
}
