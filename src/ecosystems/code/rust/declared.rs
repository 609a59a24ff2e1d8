//! What the items of a file declare: modules, fields and what their attributes say, names that patterns bind.

use tree_sitter::Node;

use super::super::{
    Import, Value,
    grammar::line,
    scopes::{Definition, Located, Scopes},
};

/// Whether an item is compiled for tests or for other systems only.
///
/// <https://doc.rust-lang.org/reference/conditional-compilation.html>
pub(super) fn is_left_out<'t>(scopes: &Scopes<'t>, node: Node<'t>) -> bool {
    let is_item = ["mod_item", "function_item", "impl_item", "use_declaration", "const_item"];
    is_item.contains(&node.kind())
        && attributes(node).into_iter().any(|it| {
            let text: String = scopes.text_of(it).split_whitespace().collect();
            let is_test =
                text == "#[test]" || text.ends_with("::test]") || text.contains("::test(");
            let only = [
                "cfg(test)",
                "cfg(windows)",
                "cfg(target_os=\"windows\")",
                "cfg(target_os=\"macos\")",
            ];
            is_test || only.iter().any(|it| text.contains(it))
        })
}

/// The attributes of an item, the last one first.
fn attributes(node: Node<'_>) -> Vec<Node<'_>> {
    let mut found = Vec::new();
    let mut next = node.prev_named_sibling();
    while let Some(it) = next.filter(|it| it.is_extra() || it.kind() == "attribute_item") {
        if it.kind() == "attribute_item" {
            found.push(it);
        }
        next = it.prev_named_sibling();
    }
    found
}

/// Reads what only Rust has.
pub(super) fn declare<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    match node.kind() {
        "mod_item" => module(scopes, node, scope),
        "field_declaration" => field(scopes, node),
        "shorthand_field_initializer" => {
            if let Some(node) = node.named_child(0) {
                let definition = Definition::Is(Located { node, scope });
                scopes.attributes.entry(scopes.text_of(node)).or_default().push(definition);
            }
        }
        "let_declaration" | "let_condition" => {
            let value = node.child_by_field_name("value");
            // `if let Some(folder) = folder`
            let is_new = node.kind() == "let_condition";
            let from = scopes.all[scope].parent.filter(|_| is_new).unwrap_or(scope);
            if let Some(pattern) = node.child_by_field_name("pattern") {
                bind(scopes, pattern, value, from, scope);
            }
        }
        "match_arm" => {
            let whole = node.parent().and_then(|it| it.parent());
            let value = whole.and_then(|it| it.child_by_field_name("value"));
            let from = scopes.all[scope].parent.unwrap_or(scope);
            if let Some(pattern) = node.child_by_field_name("pattern") {
                bind(scopes, pattern, value, from, scope);
            }
        }
        "scoped_identifier" => {
            let mut around = std::iter::successors(node.parent(), Node::parent).take(8);
            if around.any(|it| it.kind() == "use_declaration") {
                return;
            }
            scopes.members.push(Located { node, scope });
            if node.parent().is_none_or(|it| it.kind() != "scoped_identifier") {
                let line = line(node);
                if let Some(path) = super::values::path(scopes, node, scope) {
                    scopes.imports.push(Import { module: path, names: Vec::new(), line });
                }
            }
        }
        _ => {}
    }
}

/// Binds the names of a pattern.
fn bind<'t>(
    scopes: &mut Scopes<'t>,
    pattern: Node<'t>,
    value: Option<Node<'t>>,
    from: usize,
    scope: usize,
) {
    match pattern.kind() {
        "identifier" => {
            let name = scopes.text_of(pattern);
            let definition = match value {
                Some(node) => Definition::Is(Located { node, scope: from }),
                None => return,
            };
            scopes.define(scope, name, definition);
        }
        "tuple_struct_pattern" => {
            let kind = pattern.child_by_field_name("type").map(|it| scopes.text_of(it));
            let value = value.filter(|_| matches!(kind, Some("Ok" | "Some")));
            let mut cursor = pattern.walk();
            for part in pattern.named_children(&mut cursor).skip(1) {
                match value {
                    Some(_) => bind(scopes, part, value, from, scope),
                    None => open(scopes, part, scope),
                }
            }
        }
        "mut_pattern" | "ref_pattern" | "match_pattern" | "reference_pattern" => {
            let mut cursor = pattern.walk();
            for part in pattern.named_children(&mut cursor) {
                bind(scopes, part, value, from, scope);
            }
        }
        _ => open(scopes, pattern, scope),
    }
}

/// Anything may be in the names of a pattern.
fn open<'t>(scopes: &mut Scopes<'t>, pattern: Node<'t>, scope: usize) {
    if matches!(pattern.kind(), "identifier" | "shorthand_field_identifier") {
        scopes.define(scope, scopes.text_of(pattern), Definition::Open);
    }
    let mut cursor = pattern.walk();
    for part in pattern.named_children(&mut cursor) {
        open(scopes, part, scope);
    }
}

/// Declares the file of a module: <https://doc.rust-lang.org/reference/items/modules.html>
fn module<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let Some(name) = node.child_by_field_name("name").map(|it| scopes.text_of(it)) else { return };
    let value = Value::Reference { module: "crate".to_owned(), path: vec![name.to_owned()] };
    scopes.define(scope, name, Definition::Import(value));
    if node.child_by_field_name("body").is_some() {
        return;
    }
    let told = attributes(node).into_iter().find_map(|it| {
        let rest = scopes.text_of(it).strip_prefix("#[path")?.trim_start().strip_prefix('=')?;
        rest.trim().strip_prefix('"')?.split('"').next()
    });
    let around = std::iter::successors(node.parent(), Node::parent);
    let around = around.filter(|it| it.kind() == "mod_item");
    let mut folders: Vec<&str> = around
        .filter_map(|it| it.child_by_field_name("name"))
        .map(|it| scopes.text_of(it))
        .collect();
    folders.reverse();
    folders.push(told.unwrap_or(name));
    let module = format!("./{}", folders.join("/"));
    scopes.imports.push(Import { module, names: Vec::new(), line: line(node) });
}

/// Gives a field the value that its attributes say, if the struct is read from outside.
///
/// docs.rs/clap: "Arg Attributes"; docs.rs/envconfig.
fn field<'t>(scopes: &mut Scopes<'t>, node: Node<'t>) {
    let Some(name) = node.child_by_field_name("name").map(|it| scopes.text_of(it)) else { return };
    let squeezed = |it: Node<'t>| -> String { unspaced(scopes.text_of(it)) };
    let own: Vec<String> = attributes(node).into_iter().map(squeezed).collect();
    let is_option =
        |it: &&String| ["#[arg", "#[clap", "#[structopt"].iter().any(|mark| it.starts_with(mark));
    let outer = std::iter::successors(node.parent(), Node::parent);
    let mut outer = outer.filter(|it| matches!(it.kind(), "struct_item" | "enum_item"));
    let is_read = outer.next().is_some_and(|it| {
        let derives = attributes(it).into_iter().map(squeezed).collect::<String>();
        ["Deserialize", "Parser", "Args", "StructOpt", "Subcommand", "FromEnv", "Envconfig"]
            .iter()
            .any(|it| derives.contains(it))
    });
    let value = if let Some(text) = own.iter().find(is_option) {
        option(text, name)
    } else if let Some(text) = own.iter().find(|it| it.starts_with("#[envconfig")) {
        let default = literal(text, "default").map(|it| Box::new(Value::Text(it.to_owned())));
        let from = literal(text, "from");
        from.map_or(Value::Unknown, |it| Value::Variable { name: it.to_owned(), default })
    } else if is_read {
        Value::Unknown
    } else {
        return;
    };
    scopes.attributes.entry(name).or_default().push(Definition::Import(value));
}

/// The value of an option: of the command line, or else of a variable, or else its default.
fn option(text: &str, name: &str) -> Value {
    let has = |key: &str| {
        let marks =
            [format!("({key},"), format!(",{key},"), format!("({key})"), format!(",{key})")];
        marks.iter().any(|it| text.contains(it.as_str()))
    };
    let default = ["default_value", "default_value_t"].iter().find_map(|it| literal(text, it));
    let mut value = default.map_or(Value::Unknown, |it| Value::Text(it.to_owned()));
    let variable = literal(text, "env").map(str::to_owned);
    let variable = variable.or_else(|| has("env").then(|| name.to_uppercase()));
    let mut known = variable.is_some();
    if let Some(name) = variable {
        value = Value::variable(Value::Text(name), Some(value));
    }
    let long = literal(text, "long").map(str::to_owned);
    let long = long.or_else(|| has("long").then(|| name.replace('_', "-")));
    if let Some(long) = long {
        known = true;
        value = Value::variable(Value::Text(format!("-{long}")), Some(value));
    }
    let short = text.split_once("short='").and_then(|it| it.1.chars().next());
    let short = short.or_else(|| has("short").then(|| name.chars().next()).flatten());
    if let Some(short) = short {
        known = true;
        value = Value::variable(Value::Text(format!("-{short}")), Some(value));
    }
    if known { value } else { Value::Unknown }
}

/// The literal that a key of an attribute has.
fn literal<'a>(text: &'a str, key: &str) -> Option<&'a str> {
    let marks = [format!("({key}="), format!(",{key}=")];
    let at = marks.iter().find_map(|it| Some(text.find(it.as_str())? + it.len()))?;
    text[at..].strip_prefix('"')?.split('"').next()
}

/// A text without the spaces outside of its literals.
fn unspaced(text: &str) -> String {
    let parts = text.split('"').enumerate();
    let parts = parts.map(|(at, it)| match at % 2 {
        0 => it.split_whitespace().collect(),
        _ => it.to_owned(),
    });
    parts.collect::<Vec<String>>().join("\"")
}
