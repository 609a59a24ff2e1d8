//! The values of paths, blocks and macros.

use tree_sitter::Node;

use super::{
    super::{
        Value,
        evaluate::Evaluator,
        grammar::Parts as _,
        scopes::{Definition, Located, Scopes},
    },
    LOCAL,
};

/// The value of what only Rust has.
pub(super) fn value<'t>(evaluator: &Evaluator<'_, 't>, at: Located<'t>, depth: usize) -> Value {
    let Located { node, scope } = at;
    let field = |name: &str| node.child_by_field_name(name);
    let one = |node: Node<'t>| evaluator.eval(Located { node, scope }, depth);
    let any = |nodes: Vec<Node<'t>>| {
        let all = nodes.into_iter().filter(|it| !ends(evaluator.scopes, *it));
        Value::any(all.map(one).collect::<Vec<_>>())
    };
    match node.kind() {
        "scoped_identifier" => reference(evaluator, node, scope),
        "block" => node.part("last").map_or(Value::Nothing, one),
        "expression_statement" => match evaluator.scopes.text_of(node).ends_with(';') {
            true => Value::Nothing,
            false => node.named_child(0).map_or(Value::Unknown, one),
        },
        "if_expression" => {
            let parts = ["consequence", "alternative"].map(field);
            if parts[1].is_none() {
                Value::Nothing
            } else {
                any(parts.into_iter().flatten().collect())
            }
        }
        "match_expression" => field("body").map_or(Value::Unknown, one),
        "match_block" => {
            let mut cursor = node.walk();
            any(node.named_children(&mut cursor).filter(|it| it.kind() == "match_arm").collect())
        }
        "match_arm" => field("value").map_or(Value::Unknown, one),
        "macro_invocation" => {
            let name = field("macro").map_or("", |it| evaluator.scopes.text_of(it));
            match name {
                "format" => format(evaluator, at, depth),
                _ => Value::Unknown,
            }
        }
        _ => Value::Unknown,
    }
}

/// Whether an expression has no value because the function or the program ends there.
fn ends(scopes: &Scopes<'_>, node: Node<'_>) -> bool {
    let marks = [
        "return",
        "continue",
        "break",
        "panic!",
        "bail!",
        "anyhow::bail!",
        "unreachable!",
        "todo!",
        "std::process::exit(",
        "process::exit(",
        "exit(",
    ];
    match node.kind() {
        "block" => node.part("last").is_some_and(|it| ends(scopes, it)),
        "match_arm" => node.child_by_field_name("value").is_some_and(|it| ends(scopes, it)),
        "else_clause" | "expression_statement" => {
            node.named_child(0).is_some_and(|it| ends(scopes, it))
        }
        _ => {
            let text = scopes.text_of(node);
            marks.iter().any(|it| text.starts_with(it))
        }
    }
}

/// The whole path that a node names, through the imports of the file: `std::fs::write` for `fs::write`.
pub(super) fn path(scopes: &Scopes<'_>, node: Node<'_>, scope: usize) -> Option<String> {
    let text = scopes.text_of(node);
    let mut plain = String::new();
    let mut depth = 0_usize;
    for it in text.chars() {
        match it {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            _ if depth == 0 && !it.is_whitespace() => plain.push(it),
            _ => {}
        }
    }
    let mut parts: Vec<&str> = plain.split("::").filter(|it| !it.is_empty()).collect();
    let first = *parts.first()?;
    if text.starts_with('<') {
        return None;
    }
    let found = scopes.definitions(first, scope);
    let import = found.iter().find_map(|it| match it {
        Definition::Import(Value::Reference { module, path }) => Some((module, path)),
        _ => None,
    });
    let mut whole: Vec<&str> = Vec::new();
    if let Some((module, path)) = import {
        parts.remove(0);
        whole.push(module);
        whole.extend(path.iter().map(String::as_str));
    } else if first == "Self" {
        parts.remove(0);
        whole.push(class(scopes, scope));
    }
    whole.extend(parts);
    whole.retain(|it| !it.is_empty());
    Some(whole.join("::"))
}

/// The type of the `impl` that a scope is in.
fn class<'t>(scopes: &Scopes<'t>, scope: usize) -> &'t str {
    let mut all = std::iter::successors(Some(scope), |it| scopes.all[*it].parent);
    let name = all.find(|it| scopes.all[*it].is_class).map_or("", |it| scopes.all[it].name);
    name.split('<').next().unwrap_or(name)
}

fn reference<'t>(evaluator: &Evaluator<'_, 't>, node: Node<'t>, scope: usize) -> Value {
    let Some(whole) = path(evaluator.scopes, node, scope) else { return Value::Unknown };
    let (module, last) = whole.rsplit_once("::").unwrap_or(("", &whole));
    let name = vec![last.to_owned()];
    if !evaluator.scopes.grammar.facts(&whole).is_empty() {
        return Value::Reference { module: module.to_owned(), path: name };
    }
    let first = module.split("::").next().unwrap_or(module);
    let is_type = |it: &str| it.starts_with(|it: char| it.is_ascii_uppercase());
    let module = if LOCAL.contains(&first) || is_type(first) { "" } else { first };
    Value::Reference { module: module.to_owned(), path: name }
}

/// The name by which the parameters of a function are known that belongs to a type: `Store::open`.
pub(super) fn called<'t>(scopes: &Scopes<'t>, node: Node<'t>, scope: usize) -> Option<String> {
    if node.kind() != "scoped_identifier" {
        return None;
    }
    let whole = path(scopes, node, scope)?;
    let mut parts = whole.rsplit("::");
    let (last, kind) = (parts.next()?, parts.next()?);
    Some(match kind.starts_with(|it: char| it.is_ascii_uppercase()) {
        true => format!("{kind}::{last}"),
        false => last.to_owned(),
    })
}

/// The name by which the parameters of a function are known that has no object.
pub(super) fn function<'t>(scopes: &Scopes<'t>, node: Node<'t>, scope: usize) -> Option<String> {
    let name = node.child_by_field_name("name").map(|it| scopes.text_of(it))?;
    let parameters = node.child_by_field_name("parameters")?;
    let first = parameters.named_child(0);
    let has_object = first.is_some_and(|it| scopes.text_of(it).contains("self"));
    let kind = class(scopes, scope);
    (scopes.all[scope].is_class && !has_object && !kind.is_empty())
        .then(|| format!("{kind}::{name}"))
}

/// The text that `format!` gives: <https://doc.rust-lang.org/std/fmt/>
fn format<'t>(evaluator: &Evaluator<'_, 't>, at: Located<'t>, depth: usize) -> Value {
    let mut cursor = at.node.walk();
    let tokens = at.node.named_children(&mut cursor).find(|it| it.kind() == "token_tree");
    let Some(tokens) = tokens else { return Value::Unknown };
    let mut cursor = tokens.walk();
    let mut groups: Vec<Vec<Node<'t>>> = vec![Vec::new()];
    for token in tokens.children(&mut cursor) {
        match token.kind() {
            "," => groups.push(Vec::new()),
            "(" | ")" | "[" | "]" | "{" | "}" => {}
            _ => groups.last_mut().into_iter().for_each(|it| it.push(token)),
        }
    }
    let mut groups = groups.into_iter();
    let Some([template]) = groups.next().and_then(|it| <[Node<'t>; 1]>::try_from(it).ok()) else {
        return Value::Unknown;
    };
    let Value::Text(template) = evaluator.eval(Located { node: template, scope: at.scope }, depth)
    else {
        return Value::Unknown;
    };
    let arguments: Vec<Value> =
        groups.map(|it| argument(evaluator, &it, at.scope, depth)).collect();
    let named = |name: &str| {
        let found = evaluator.scopes.definitions(name, at.scope);
        match evaluator.seen(found, at.node) {
            Some(seen) if !seen.is_empty() => evaluator.grown(&seen, depth),
            _ => Value::global(name),
        }
    };
    let mut parts: Vec<Value> = Vec::new();
    let template = template.replace("{{", "\u{1}").replace("}}", "\u{2}");
    let (mut rest, mut next) = (template.as_str(), 0);
    while let Some((before, after)) = rest.split_once('{') {
        parts.push(Value::Text(before.to_owned()));
        let (place, after) = after.split_once('}').unwrap_or((after, ""));
        rest = after;
        let value = match place {
            "" => {
                next += 1;
                arguments.get(next - 1).cloned()
            }
            _ if place.contains(':') => None,
            _ => match place.parse::<usize>() {
                Ok(number) => arguments.get(number).cloned(),
                Err(_) => Some(named(place)),
            },
        };
        parts.push(value.unwrap_or(Value::Unknown));
    }
    parts.push(Value::Text(rest.to_owned()));
    for part in &mut parts {
        if let Value::Text(text) = part {
            *text = text.replace('\u{1}', "{").replace('\u{2}', "}");
        }
    }
    parts.retain(|it| !matches!(it, Value::Text(text) if text.is_empty()));
    if parts.is_empty() { Value::Text(String::new()) } else { Value::Concat(parts).bounded() }
}

/// The value of an argument of a macro, as far as its tokens are a name, a field or a text.
fn argument<'t>(
    evaluator: &Evaluator<'_, 't>,
    tokens: &[Node<'t>],
    scope: usize,
    depth: usize,
) -> Value {
    let text = |it: &Node<'t>| evaluator.scopes.text_of(*it);
    let shows = ["display", "to_string_lossy", "as_str", "to_str", "clone"];
    match tokens {
        [inner @ .., dot, method, call]
            if text(dot) == "." && shows.contains(&text(method)) && call.kind() == "token_tree" =>
        {
            argument(evaluator, inner, scope, depth)
        }
        [node] => match node.kind() {
            "identifier" | "string_literal" => {
                evaluator.eval(Located { node: *node, scope }, depth)
            }
            _ => Value::Unknown,
        },
        [.., dot, field] if text(dot) == "." && field.kind() == "identifier" => {
            Value::Field(text(field).to_owned())
        }
        _ => Value::Unknown,
    }
}
