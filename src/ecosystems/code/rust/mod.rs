//! Rust: the nodes of its grammar, its paths, and what attributes and macros say.

mod declared;
mod facts;
mod keepers;
#[cfg(test)]
mod tests;
mod values;

use std::sync::OnceLock;

use tree_sitter::Node;

use super::{
    Import, Value,
    grammar::{Compiled, Grammar, Packages, Role, line},
    scopes::{Definition, Scopes},
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("call_expression", Role::Call { function: "function", arguments: "arguments" }),
        ("field_expression", Role::Member { object: "value", name: "field" }),
        ("scoped_identifier", Role::Own),
        ("generic_function", Role::Group),
        ("string_literal", Role::Text),
        ("raw_string_literal", Role::Text),
        ("string_content", Role::Plain),
        ("escape_sequence", Role::Escape),
        ("integer_literal", Role::Constant),
        ("boolean_literal", Role::Constant),
        ("identifier", Role::Name),
        ("let_declaration", Role::Own),
        ("const_item", Role::Assign { left: "name", right: "value" }),
        ("static_item", Role::Assign { left: "name", right: "value" }),
        ("assignment_expression", Role::Set { left: "left", right: "right" }),
        ("compound_assignment_expr", Role::Change { left: "left" }),
        ("for_expression", Role::Each { left: "pattern", right: "value" }),
        ("let_condition", Role::Own),
        ("match_expression", Role::Own),
        ("match_block", Role::Own),
        ("match_arm", Role::Own),
        ("if_expression", Role::Own),
        ("else_clause", Role::Group),
        ("block", Role::Own),
        ("expression_statement", Role::Own),
        ("unsafe_block", Role::Group),
        ("field_initializer", Role::Pair { key: "field", value: "value" }),
        ("shorthand_field_initializer", Role::Own),
        ("field_declaration", Role::Own),
        ("macro_invocation", Role::Own),
        ("function_item", Role::Function { name: "name", parameters: "parameters" }),
        ("closure_expression", Role::Function { name: "name", parameters: "parameters" }),
        ("parameter", Role::Parameter { name: "pattern", default: "default" }),
        ("impl_item", Role::Class { name: "type" }),
        ("return_expression", Role::Return),
        ("parenthesized_expression", Role::Group),
        ("try_expression", Role::Group),
        ("await_expression", Role::Group),
        ("reference_expression", Role::Unary { operand: "value" }),
        ("unary_expression", Role::Group),
        ("type_cast_expression", Role::Unary { operand: "value" }),
        ("binary_expression", Role::Operation { left: "left", right: "right" }),
        ("use_declaration", Role::Import),
        ("mod_item", Role::Own),
    ],
    facts: facts::ALL,
    object: &["self", "&self", "&mut self", "mut self", "self: Arc<Self>", "self: &Arc<Self>"],
    packages: Some(Packages {
        constant: "const_item",
        named_type: "scoped_type_identifier",
        keepers: keepers::ALL,
        separator: "::",
        blocks: &["block", "match_arm", "if_expression", "while_expression", "for_expression"],
        shadows: "let_declaration",
        tokens: "token_tree",
        marks: &["fs::", "File::", "OpenOptions", "create_dir", "Connection::open"],
        grows: &["push"],
        changes: &[
            "clear",
            "extend",
            "insert_str",
            "pop",
            "push_str",
            "set_extension",
            "set_file_name",
            "truncate",
        ],
        left_out: declared::is_left_out,
        declare: declared::declare,
        value: values::value,
        called: values::called,
        function: values::function,
        ..Packages::NONE
    }),
    is_standard: |it| ["alloc", "core", "std"].contains(&it.split("::").next().unwrap_or(it)),
    ..Grammar::of(tree_sitter_rust::LANGUAGE, import)
};

/// The grammar of Rust.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let Some(argument) = node.child_by_field_name("argument") else { return };
    let line = line(node);
    bring(scopes, argument, "", scope, line);
}

/// Reads a tree of imports below a path: <https://doc.rust-lang.org/reference/items/use-declarations.html>
fn bring<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, above: &str, scope: usize, line: usize) {
    let text = scopes.text_of(node);
    let whole = |text: &str| match above {
        "" => text.trim_start_matches("::").to_owned(),
        _ => format!("{above}::{text}"),
    };
    let path = node.child_by_field_name("path").map(|it| whole(scopes.text_of(it)));
    match node.kind() {
        "use_list" => {
            let mut cursor = node.walk();
            for it in node.named_children(&mut cursor) {
                bring(scopes, it, above, scope, line);
            }
        }
        "scoped_use_list" => {
            if let Some(list) = node.child_by_field_name("list") {
                bring(scopes, list, path.as_deref().unwrap_or(above), scope, line);
            }
        }
        "use_as_clause" => {
            let name = node.child_by_field_name("alias").map(|it| scopes.text_of(it));
            if let (Some(path), Some(name)) = (path, name) {
                define(scopes, &path, name, scope, line);
            }
        }
        "use_wildcard" => {
            let path = whole(node.named_child(0).map_or("", |it| scopes.text_of(it)));
            // The names that `use std::fs::*` brings are not seen.
            let parts: Vec<&str> = path.split("::").collect();
            scopes.is_whole &= !parts.contains(&"fs") || LOCAL.contains(&parts[0]);
            scopes.imports.push(Import { module: path, names: Vec::new(), line });
        }
        "self" => {
            // `use std::fs::{self}` brings the name before the list.
            let list = std::iter::successors(Some(node), Node::parent);
            let mut lists = list.filter(|it| it.kind() == "scoped_use_list");
            let path = lists.next().and_then(|it| it.child_by_field_name("path"));
            let name = path.map_or("", |it| scopes.text_of(it));
            define(scopes, above, name.rsplit("::").next().unwrap_or(name), scope, line);
        }
        _ => {
            let name = text.rsplit("::").next().unwrap_or(text);
            define(scopes, &whole(text), name, scope, line);
        }
    }
}

/// The first parts of paths in the own crate.
const LOCAL: [&str; 4] = ["crate", "self", "super", "Self"];

fn define<'t>(scopes: &mut Scopes<'t>, path: &str, name: &'t str, scope: usize, line: usize) {
    let (module, last) = path.rsplit_once("::").unwrap_or((path, ""));
    let names = Some(last).filter(|it| !it.is_empty()).into_iter().map(str::to_owned);
    let value = Value::Reference { module: module.to_owned(), path: names.collect() };
    scopes.define(scope, name, Definition::Import(value));
    scopes.imports.push(Import { module: path.to_owned(), names: Vec::new(), line });
}
