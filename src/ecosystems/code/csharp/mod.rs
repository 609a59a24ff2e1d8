//! C#: the nodes of its grammar, its namespaces, and what properties and settings give.
//!
//! A `using` brings all names of a namespace, another file of the project may have it for all of them, and so may the
//! project itself. So types are known by their last names wherever they are used.

mod facts;
mod keepers;
pub(super) mod settings;
#[cfg(test)]
mod tests;

use std::{borrow::Cow, sync::OnceLock};

use tree_sitter::Node;

use super::{
    Import, Value,
    evaluate::Evaluator,
    facts::Gives,
    grammar::{Compiled, Grammar, Packages, Parts as _, Role, line},
    open::children_of,
    scopes::{Definition, Located, Scopes},
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("invocation_expression", Role::Call { function: "function", arguments: "arguments" }),
        ("object_creation_expression", Role::Call { function: "type", arguments: "arguments" }),
        ("member_access_expression", Role::Member { object: "expression", name: "name" }),
        ("conditional_access_expression", Role::Member { object: "condition", name: "last" }),
        ("qualified_name", Role::Member { object: "qualifier", name: "name" }),
        ("member_binding_expression", Role::Group),
        ("element_access_expression", Role::Own),
        ("argument", Role::Named { name: "name", value: "last" }),
        ("string_literal", Role::Text),
        ("interpolated_string_expression", Role::Text),
        ("raw_string_literal", Role::Text),
        ("string_literal_content", Role::Plain),
        ("string_content", Role::Plain),
        ("raw_string_content", Role::Plain),
        ("escape_sequence", Role::Escape),
        ("interpolation", Role::Own),
        ("verbatim_string_literal", Role::Own),
        ("integer_literal", Role::Constant),
        ("real_literal", Role::Constant),
        ("boolean_literal", Role::Constant),
        ("null_literal", Role::Constant),
        ("identifier", Role::Name),
        ("implicit_parameter", Role::Name),
        ("generic_name", Role::Group),
        ("variable_declarator", Role::Assign { left: "name", right: "1" }),
        ("property_declaration", Role::Own),
        ("assignment_expression", Role::Set { left: "left", right: "right" }),
        ("foreach_statement", Role::Each { left: "left", right: "right" }),
        ("method_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("constructor_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("local_function_statement", Role::Function { name: "name", parameters: "parameters" }),
        ("lambda_expression", Role::Function { name: "name", parameters: "parameters" }),
        ("anonymous_method_expression", Role::Function { name: "name", parameters: "parameters" }),
        ("parameter", Role::Parameter { name: "name", default: "default" }),
        ("parameter_list", Role::Own),
        ("class_declaration", Role::Class { name: "name" }),
        ("record_declaration", Role::Class { name: "name" }),
        ("struct_declaration", Role::Class { name: "name" }),
        ("interface_declaration", Role::Class { name: "name" }),
        ("return_statement", Role::Return),
        ("arrow_expression_clause", Role::Group),
        ("parenthesized_expression", Role::Group),
        ("await_expression", Role::Group),
        ("postfix_unary_expression", Role::Group),
        ("checked_expression", Role::Group),
        ("cast_expression", Role::Unary { operand: "value" }),
        ("as_expression", Role::Group),
        (
            "conditional_expression",
            Role::Ternary { condition: "condition", then: "consequence", otherwise: "alternative" },
        ),
        ("binary_expression", Role::Operation { left: "left", right: "right" }),
        ("implicit_object_creation_expression", Role::Own),
        ("using_directive", Role::Import),
    ],
    facts: facts::ALL,
    packages: Some(Packages {
        constant: "variable_declaration",
        keepers: keepers::ALL,
        blocks: &["block"],
        marks: &MARKS,
        roots: &["Microsoft", "System"],
        builtin: &BUILTIN,
        properties: &PROPERTIES,
        initializer: "initializer_expression",
        is_named_by_type: true,
        declare,
        value,
        called,
        function,
        annotated,
        ..Packages::NONE
    }),
    is_standard: |it| it == "System" || it.starts_with("System."),
    prepare: typed,
    ..Grammar::of(tree_sitter_c_sharp::LANGUAGE, import)
};

/// The grammar of C#.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

/// Parts of source that writes, or starts programs.
pub(super) const MARKS: [&str; 13] = [
    "Directory.",
    "DirectoryInfo",
    "ExtractTo",
    "File.",
    "FileInfo",
    "FileMode",
    "FileStream",
    "Process",
    "Sqlite",
    "StreamWriter",
    "WriteAll",
    "WriteTo",
    "ZipFile",
];

/// The types that facts name, wherever their namespaces are brought in.
const BUILTIN: [&str; 33] = [
    "System.AppContext",
    "System.AppDomain",
    "System.Diagnostics.Process",
    "System.Diagnostics.ProcessStartInfo",
    "System.Diagnostics.TextWriterTraceListener",
    "System.Environment",
    "System.IO.BinaryReader",
    "System.IO.BinaryWriter",
    "System.IO.Compression.GZipStream",
    "System.IO.Compression.ZipArchive",
    "System.IO.Compression.ZipFile",
    "System.IO.Directory",
    "System.IO.DirectoryInfo",
    "System.IO.File",
    "System.IO.FileInfo",
    "System.IO.FileStream",
    "System.IO.FileSystemWatcher",
    "System.IO.MemoryStream",
    "System.IO.Path",
    "System.IO.Pipes.NamedPipeServerStream",
    "System.IO.StreamReader",
    "System.IO.StreamWriter",
    "System.IO.StringReader",
    "System.IO.StringWriter",
    "System.IO.BufferedStream",
    "System.String",
    "System.Text.StringBuilder",
    "System.Uri",
    "System.Xml.XmlReader",
    "System.Xml.XmlTextWriter",
    "System.Xml.XmlWriter",
    "System.Net.WebClient",
    "System.Reflection.Assembly",
];

/// The properties that give a place: learn.microsoft.com, "ASP.NET Core fundamentals" ("Content root", "Web root"),
/// `AppContext.BaseDirectory`, `FileSystemInfo.FullName`.
const PROPERTIES: [(&str, Gives); 8] = [
    ("BaseDirectory", Gives::Program),
    ("ContentRootPath", Gives::Working),
    ("CurrentDirectory", Gives::Working),
    ("DirectoryName", Gives::ParentOfObject),
    ("FullName", Gives::Object),
    ("Location", Gives::Beside),
    ("Value", Gives::Setting("")),
    ("WebRootPath", Gives::In("wwwroot")),
];

/// The name of an import that all files of a project have.
pub(super) const EVERYWHERE: &str = "*";

/// Reads what a file uses: `using System.IO;`, `using Store = Shop.Files.Store;`, `using static System.IO.File;`.
fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let text = scopes.text_of(node).trim_end_matches(';').trim();
    let text = text.trim_start_matches("global ").trim().trim_start_matches("using").trim();
    let is_static = text.starts_with("static ");
    let is_global = scopes.text_of(node).starts_with("global ");
    let text = text.trim_start_matches("static ").trim_start_matches("unsafe ").trim();
    let module = match (node.child_by_field_name("name"), text.split_once('=')) {
        (Some(name), Some((_, path))) => {
            let path = path.trim();
            let known = path.starts_with("System");
            if known {
                let value = Value::Reference { module: path.to_owned(), path: Vec::new() };
                scopes.define(scope, scopes.text_of(name), Definition::Import(value));
            }
            path
        }
        _ => text,
    };
    // Names that such an import brings are not seen.
    let is_hidden = is_static && BUILTIN.contains(&module) && module.starts_with("System.IO");
    scopes.is_whole &= !is_hidden;
    scopes.hides_writes |= is_hidden;
    let names = if is_global { vec![EVERYWHERE.to_owned()] } else { Vec::new() };
    scopes.imports.push(Import { module: module.to_owned(), names, line: line(node) });
}

fn declare<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    match node.kind() {
        "property_declaration" => property(scopes, node, scope),
        // Those of a class itself: `class Store(string folder)`; of a record they are properties.
        "parameter_list" => {
            let class = node.parent().filter(|it| it.kind().ends_with("_declaration"));
            let class = class.filter(|it| scopes.grammar.role(*it).is_some_and(is_class));
            let Some(class) = class else { return };
            let function =
                class.child_by_field_name("name").map_or("", |it| scopes.text_of(it)).to_owned();
            let all = children_of(node).into_iter();
            let names = all.filter_map(|it| it.child_by_field_name("name"));
            for (index, name) in names.enumerate() {
                let name = scopes.text_of(name);
                let definition = Definition::Parameter {
                    function: function.clone(),
                    index,
                    name,
                    default: None,
                };
                scopes.define(scope, name, definition);
                if class.kind() == "record_declaration" {
                    scopes.define(scope, name, Definition::Open);
                }
            }
        }
        // `return new(path, FileMode.Create)`, whose type stands elsewhere.
        "implicit_object_creation_expression" => {
            let text = scopes.text_of(node);
            if ["FileMode.", "FileStreamOptions"].iter().any(|it| text.contains(it)) {
                scopes.is_whole = false;
                scopes.hides_writes = true;
            }
        }
        _ => {}
    }
}

const fn is_class(role: Role) -> bool {
    matches!(role, Role::Class { .. })
}

/// Notes what a property gives: its value, what its getter gives, and what settings or others set it to.
///
/// learn.microsoft.com: "Properties (C# Programming Guide)", "Options pattern in .NET".
fn property<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let Some(name) = node.child_by_field_name("name").map(|it| scopes.text_of(it)) else { return };
    if let Some(node) = node.child_by_field_name("value") {
        scopes.define(scope, name, Definition::Is(Located { node, scope }));
    }
    let Some(accessors) = node.child_by_field_name("accessors") else { return };
    for accessor in children_of(accessors) {
        let kind = accessor.child_by_field_name("name").map_or("", |it| it.kind());
        let body = accessor.child_by_field_name("body");
        match (kind, body) {
            ("get", Some(node)) if node.kind() == "arrow_expression_clause" => {
                scopes.define(scope, name, Definition::Is(Located { node, scope }));
            }
            ("get", Some(_)) => scopes.define(scope, name, Definition::Open),
            ("set" | "init", _) => {
                let class = scopes.all.get(scope).map_or("", |it| it.name);
                let is_bound = settings::ENDINGS.iter().any(|it| class.ends_with(it));
                let definition = match is_bound {
                    true => Definition::Import(settings::bound(name)),
                    false => Definition::Open,
                };
                scopes.define(scope, name, definition);
            }
            _ => {}
        }
    }
}

fn value<'t>(evaluator: &Evaluator<'_, 't>, at: Located<'t>, depth: usize) -> Value {
    let scopes = evaluator.scopes;
    match at.node.kind() {
        "interpolation" => {
            let inside = children_of(at.node).into_iter();
            let inside = inside.filter(|it| !it.kind().starts_with("interpolation_"));
            let inside = inside.map(|node| evaluator.eval(Located { node, ..at }, depth)).next();
            inside.unwrap_or(Value::Unknown)
        }
        "verbatim_string_literal" => {
            let text = scopes.text_of(at.node).trim_start_matches('@');
            Value::Text(text.trim_matches('"').replace("\"\"", "\""))
        }
        "element_access_expression" => {
            let part = |name: &str| at.node.child_by_field_name(name);
            let key = part("subscript").and_then(|it| it.part("0")).and_then(|it| it.part("last"));
            let (Some(object), Some(node)) = (part("expression"), key) else {
                return Value::Unknown;
            };
            let key = evaluator.eval(Located { node, ..at }, depth);
            let inside = evaluator.eval(Located { node: object, ..at }, depth);
            let is_settings = scopes.text_of(object).to_lowercase().contains("config");
            match settings::inside(&inside, &key) {
                Some(found) => found,
                None if is_settings => settings::setting("", &key),
                None => Value::Unknown,
            }
        }
        _ => Value::Unknown,
    }
}

fn called<'t>(scopes: &Scopes<'t>, node: Node<'t>, _: usize) -> Option<String> {
    (node.kind() != "identifier").then(|| {
        let name = scopes.last_name(node);
        name.split('<').next().unwrap_or(name).to_owned()
    })
}

/// A stream that a function is given is no place.
fn annotated(text: &str) -> Option<Value> {
    let mut words = text.split_whitespace().filter(|it| !["in", "ref", "this"].contains(it));
    let kind = words.next().unwrap_or_default().trim_end_matches('?');
    let is_stream = ["Stream", "TextWriter"].iter().any(|it| kind.ends_with(it));
    is_stream.then_some(Value::Nothing)
}

/// Nobody sees who calls a method with attributes: frameworks do.
fn function<'t>(scopes: &Scopes<'t>, node: Node<'t>, _: usize) -> Option<String> {
    let first = node.named_child(0).filter(|it| it.kind() == "attribute_list");
    (first.is_some() && !scopes.text_of(node).is_empty()).then(String::new)
}

/// Gives `new(…)` the type that stands before the name which it is assigned to: `FileStream file = new(path, mode)`.
fn typed(text: &str) -> Cow<'_, str> {
    let mut made = String::new();
    let mut done = 0;
    for (at, _) in text.match_indices("new") {
        if !text[at + 3..].trim_start().starts_with('(') {
            continue;
        }
        if at < done {
            continue;
        }
        let Some(before) = text[done..at].trim_end().strip_suffix('=') else { continue };
        let before = before.trim_end();
        let is_name = |it: char| it.is_alphanumeric() || it == '_';
        let above = before.trim_end_matches(is_name);
        if above.len() == before.len() {
            continue;
        }
        let above = above.trim_end().trim_end_matches('?');
        let kind = &above[above.trim_end_matches(is_name).len()..];
        if TYPED.contains(&kind) {
            made.push_str(&text[done..at + 3]);
            made.push(' ');
            made.push_str(kind);
            done = at + 3;
        }
    }
    if made.is_empty() {
        return Cow::Borrowed(text);
    }
    made.push_str(&text[done..]);
    Cow::Owned(made)
}

/// The types whose constructors facts name.
const TYPED: [&str; 9] = [
    "BinaryWriter",
    "DirectoryInfo",
    "FileInfo",
    "FileStream",
    "LiteDatabase",
    "ProcessStartInfo",
    "SqliteConnection",
    "StreamWriter",
    "XmlTextWriter",
];
