//! Java: the nodes of its grammar, its imports, and what annotations say.

mod facts;
mod keepers;
mod more;
#[cfg(test)]
mod tests;

use std::sync::OnceLock;

use tree_sitter::Node;

use super::{
    super::jvm,
    Import, Value,
    evaluate::Evaluator,
    grammar::{Compiled, Grammar, Packages, Role, line},
    scopes::{Definition, Located, Scopes},
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("method_invocation", Role::Call { function: "name", arguments: "arguments" }),
        ("object_creation_expression", Role::Call { function: "type", arguments: "arguments" }),
        (
            "explicit_constructor_invocation",
            Role::Call { function: "constructor", arguments: "arguments" },
        ),
        ("field_access", Role::Member { object: "object", name: "field" }),
        ("string_literal", Role::Text),
        ("string_fragment", Role::Plain),
        ("multiline_string_fragment", Role::Plain),
        ("escape_sequence", Role::Escape),
        ("decimal_integer_literal", Role::Constant),
        ("null_literal", Role::Constant),
        ("true", Role::Constant),
        ("false", Role::Constant),
        ("identifier", Role::Name),
        ("type_identifier", Role::Name),
        ("scoped_type_identifier", Role::Own),
        ("generic_type", Role::Group),
        ("variable_declarator", Role::Assign { left: "name", right: "value" }),
        ("resource", Role::Assign { left: "name", right: "value" }),
        ("assignment_expression", Role::Set { left: "left", right: "right" }),
        ("enhanced_for_statement", Role::Each { left: "name", right: "value" }),
        ("method_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("constructor_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("lambda_expression", Role::Function { name: "name", parameters: "parameters" }),
        ("formal_parameter", Role::Parameter { name: "name", default: "default" }),
        ("class_declaration", Role::Class { name: "name" }),
        ("record_declaration", Role::Class { name: "name" }),
        ("enum_declaration", Role::Class { name: "name" }),
        ("interface_declaration", Role::Class { name: "name" }),
        ("return_statement", Role::Return),
        ("parenthesized_expression", Role::Group),
        ("cast_expression", Role::Unary { operand: "value" }),
        ("ternary_expression", Role::Choice(1, 2)),
        ("binary_expression", Role::Operation { left: "left", right: "right" }),
        ("import_declaration", Role::Import),
        ("formal_parameters", Role::Own),
        ("package_declaration", Role::Own),
        ("field_declaration", Role::Own),
        ("method_reference", Role::Own),
    ],
    facts: facts::ALL,
    packages: Some(Packages {
        named_type: "type_identifier",
        keepers: keepers::ALL,
        blocks: &["block", "constructor_body"],
        roots: &["java", "javax"],
        declare,
        value,
        called,
        function,
        annotated,
        ..Packages::NONE
    }),
    is_standard: |it| ["java.", "javax.", "jdk."].iter().any(|start| it.starts_with(start)),
    ..Grammar::of(tree_sitter_java::LANGUAGE, import)
};

/// The grammar of Java.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

/// The classes that are there without an import: docs.oracle.com, java.lang.
const LANGUAGE: [&str; 5] = ["ProcessBuilder", "Runtime", "String", "System", "Objects"];

/// The classes that an import of all of a package may bring, as far as facts name them.
const WHOLE: [(&str, &[&str]); 15] = [
    (
        "java.io",
        &[
            "File",
            "FileOutputStream",
            "FileWriter",
            "PrintStream",
            "PrintWriter",
            "RandomAccessFile",
        ],
    ),
    ("java.net.http", &["HttpResponse"]),
    ("java.nio.file", &["Files", "Path", "Paths"]),
    ("java.sql", &["DriverManager"]),
    ("java.util", &["Objects", "Optional", "Formatter"]),
    ("java.util.logging", &["FileHandler"]),
    ("jakarta.servlet.http", &["Part"]),
    ("javax.servlet.http", &["Part"]),
    ("com.github.dockerjava.core", &["DockerClientBuilder"]),
    ("com.itextpdf.kernel.pdf", &["PdfWriter"]),
    ("net.sf.jasperreports.engine", &["JasperExportManager"]),
    ("okhttp3", &["Cache"]),
    ("okio", &["Okio"]),
    ("org.apache.commons.exec", &["CommandLine"]),
    ("org.bytedeco.javacv", &["FFmpegFrameRecorder"]),
];

fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let text = scopes.text_of(node).trim_start_matches("import ").trim().trim_end_matches(';');
    let line = line(node);
    let is_static = text.starts_with("static ");
    let path = text.trim_start_matches("static ").trim();
    if let Some(package) = path.strip_suffix(".*") {
        let known = WHOLE.iter().find(|it| it.0 == package);
        for name in known.into_iter().flat_map(|it| it.1) {
            let value = Value::Reference { module: format!("{package}.{name}"), path: Vec::new() };
            scopes.define(scope, name, Definition::Import(value));
            let module = format!("{package}.{name}");
            scopes.imports.push(Import { module, names: Vec::new(), line });
        }
        // `import static java.nio.file.Files.*` brings names that are not seen.
        scopes.is_whole &= !(is_static && package.starts_with("java."));
        scopes.imports.push(Import { module: package.to_owned(), names: Vec::new(), line });
        return;
    }
    let (above, name) = path.rsplit_once('.').unwrap_or(("", path));
    let value = match is_static {
        true => Value::Reference { module: above.to_owned(), path: vec![name.to_owned()] },
        false => Value::Reference { module: path.to_owned(), path: Vec::new() },
    };
    scopes.define(scope, name, Definition::Import(value));
    let module = if is_static { above } else { path };
    scopes.imports.push(Import { module: module.to_owned(), names: Vec::new(), line });
}

fn declare<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    match node.kind() {
        "package_declaration" => {
            for name in LANGUAGE {
                let module = format!("java.lang.{name}");
                let value = Value::Reference { module, path: Vec::new() };
                scopes.define(scope, name, Definition::Import(value));
            }
        }
        "method_reference" => {
            let text = scopes.text_of(node);
            let writes =
                ["Files::", "FileWriter::", "FileOutputStream::", "::mkdirs", "::createNewFile"];
            if writes.iter().any(|it| text.contains(it)) {
                scopes.is_whole = false;
            }
        }
        "field_declaration" => field(scopes, node),
        // What made a record says what its parts are.
        "formal_parameters"
            if node.parent().is_some_and(|it| it.kind() == "record_declaration") =>
        {
            let mut cursor = node.walk();
            let all: Vec<Node<'t>> = node.named_children(&mut cursor).collect();
            for it in all.into_iter().filter_map(|it| it.child_by_field_name("name")) {
                let name = scopes.text_of(it);
                scopes.attributes.entry(name).or_default().push(Definition::Open);
            }
        }
        _ => {}
    }
}

/// The value of a class that is named as a whole.
fn value<'t>(evaluator: &Evaluator<'_, 't>, at: Located<'t>, _: usize) -> Value {
    match at.node.kind() {
        "scoped_type_identifier" => {
            let module = evaluator.scopes.text_of(at.node).to_owned();
            Value::Reference { module, path: Vec::new() }
        }
        _ => Value::Unknown,
    }
}

/// Gives a field the value that its annotations say, or anything if others set it.
fn field<'t>(scopes: &mut Scopes<'t>, node: Node<'t>) {
    let text = scopes.text_of(node);
    let value = annotated(text);
    let is_final = text.split('=').next().is_some_and(|it| it.contains("final "));
    let class = std::iter::successors(node.parent(), Node::parent);
    let mut class = class.filter(|it| it.kind().ends_with("_declaration"));
    let head = class.next().map_or("", |it| scopes.text_of(it));
    let head = head.split('{').next().unwrap_or(head);
    // projectlombok.org/features/Data, docs.spring.io: "Type-safe Configuration Properties".
    let is_set = ["@ConfigurationProperties", "@Data", "@Setter", "@Entity", "@ConfigMapping"]
        .iter()
        .any(|it| head.contains(it) || text.contains(it));
    let value = match value {
        Some(it) => it,
        None if is_set && !is_final => Value::Unknown,
        None => return,
    };
    let mut cursor = node.walk();
    let all: Vec<Node<'t>> = node.children_by_field_name("declarator", &mut cursor).collect();
    for it in all.into_iter().filter_map(|it| it.child_by_field_name("name")) {
        let definition = Definition::Import(value.clone());
        scopes.attributes.entry(scopes.text_of(it)).or_default().push(definition);
    }
}

/// The value that an annotation gives a field or a parameter: `@Value("${upload.folder:/srv/up}")`.
///
/// docs.spring.io/spring-framework: "Using @Value"; quarkus.io/guides/config: `@ConfigProperty`.
fn annotated(text: &str) -> Option<Value> {
    let text = text.trim_start();
    if !text.starts_with('@') && !text.contains(" @") {
        return None;
    }
    if let Some(rest) = text.split_once("@Value(").map(|it| it.1) {
        let inner = rest.trim_start().trim_start_matches("value").trim_start_matches([' ', '=']);
        let inner = inner.strip_prefix('"').and_then(|it| it.split('"').next());
        return Some(inner.map_or(Value::Unknown, jvm::placeholder));
    }
    let others = ["@ConfigProperty", "@NamedConfig", "@Property"];
    others.iter().any(|it| text.contains(it)).then_some(Value::Unknown)
}

fn called<'t>(scopes: &Scopes<'t>, node: Node<'t>, _: usize) -> Option<String> {
    (node.kind() == "generic_type").then(|| {
        let text = scopes.text_of(node);
        text.split('<').next().unwrap_or(text).to_owned()
    })
}

/// Nobody sees who calls a method with annotations: frameworks do.
fn function<'t>(scopes: &Scopes<'t>, node: Node<'t>, _: usize) -> Option<String> {
    let first = node.named_child(0).filter(|it| it.kind() == "modifiers");
    let told = first.map(|it| scopes.text_of(it)).filter(|it| it.contains('@'));
    (node.kind() == "method_declaration" && told.is_some()).then(String::new)
}
