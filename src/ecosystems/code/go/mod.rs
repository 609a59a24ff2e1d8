//! Go: the nodes of its grammar, how it names packages, and what the tags of fields say.

mod facts;
mod keepers;
mod more;

use std::{borrow::Cow, sync::OnceLock};

use tree_sitter::Node;

use super::{
    Import, Value,
    facts::OptionOf,
    grammar::{Compiled, Grammar, Packages, Role, line},
    listening,
    scopes::{Definition, Scopes},
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("call_expression", Role::Call { function: "function", arguments: "arguments" }),
        ("composite_literal", Role::Call { function: "type", arguments: "body" }),
        ("type_conversion_expression", Role::Call { function: "type", arguments: "operand" }),
        ("selector_expression", Role::Member { object: "operand", name: "field" }),
        ("qualified_type", Role::Member { object: "package", name: "name" }),
        ("index_expression", Role::Index { object: "operand", key: "index" }),
        ("interpreted_string_literal", Role::Text),
        ("raw_string_literal", Role::Text),
        ("interpreted_string_literal_content", Role::Plain),
        ("raw_string_literal_content", Role::Plain),
        ("escape_sequence", Role::Escape),
        ("identifier", Role::Name),
        ("int_literal", Role::Constant),
        ("package_identifier", Role::Name),
        ("short_var_declaration", Role::Assign { left: "left", right: "right" }),
        ("assignment_statement", Role::Set { left: "left", right: "right" }),
        ("const_spec", Role::Assign { left: "name", right: "value" }),
        ("var_spec", Role::Assign { left: "name", right: "value" }),
        ("range_clause", Role::Each { left: "left", right: "right" }),
        ("expression_list", Role::List),
        ("literal_value", Role::Table),
        ("keyed_element", Role::Pair { key: "key", value: "value" }),
        ("literal_element", Role::Group),
        ("function_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("method_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("func_literal", Role::Function { name: "name", parameters: "parameters" }),
        ("parameter_declaration", Role::Parameter { name: "name", default: "default" }),
        ("variadic_parameter_declaration", Role::Parameter { name: "name", default: "default" }),
        ("field_declaration", Role::Tagged { name: "name", tag: "tag" }),
        ("return_statement", Role::Return),
        ("parenthesized_expression", Role::Group),
        ("unary_expression", Role::Unary { operand: "operand" }),
        ("binary_expression", Role::Operation { left: "left", right: "right" }),
        ("import_spec", Role::Import),
    ],
    prepare: terminated,
    facts: &[facts::LIBRARY, facts::PACKAGES, more::MORE, listening::GO],
    settings: facts::SETTINGS,
    packages: Some(Packages {
        constant: "const_spec",
        named_type: "qualified_type",
        sequences: &["slice_type", "array_type", "implicit_length_array_type"],
        options: OPTIONS,
        keepers: keepers::ALL,
        tag,
        ..Packages::NONE
    }),
    // go.dev/ref/mod: "Module paths": only those of the library have no dot in their first element.
    is_standard: |it| !it.is_empty() && !it.split('/').next().is_some_and(|it| it.contains('.')),
    ..Grammar::of(tree_sitter_go::LANGUAGE, import)
};

/// The methods of flags: pkg.go.dev/flag, pkg.go.dev/github.com/spf13/pflag.
const OPTIONS: &[OptionOf] =
    &[OptionOf { name: "StringVar", at: [1, 2] }, OptionOf { name: "StringVarP", at: [1, 3] }];

/// The grammar of Go.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

/// A text in which the last declaration of a group on one line ends as the others do, and the last line as all lines do,
/// which Go does not ask for and the grammar does: `var (a string; err error)` (go.dev/ref/spec: "Semicolons").
fn terminated(text: &str) -> Cow<'_, str> {
    let is_group = |line: &str| {
        let line = line.trim();
        let mut groups = ["const (", "import (", "type (", "var ("].into_iter();
        groups.any(|it| line.starts_with(it)) && line.contains(';') && line.ends_with(')')
    };
    let is_ended = text.ends_with('\n');
    if is_ended && !text.lines().any(is_group) {
        return Cow::Borrowed(text);
    }
    let ended = |line: &str| match is_group(line).then(|| line.rsplit_once(')')).flatten() {
        Some((before, after)) => format!("{before};){after}"),
        None => line.to_owned(),
    };
    let end = if is_ended { "" } else { "\n" };
    Cow::Owned(text.split('\n').map(ended).collect::<Vec<_>>().join("\n") + end)
}

fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let Some(path) = node.child_by_field_name("path") else { return };
    let path = scopes.text_of(path).trim_matches(['"', '`']);
    let own = node.child_by_field_name("name").map(|it| scopes.text_of(it));
    let value = Value::Reference { module: path.to_owned(), path: Vec::new() };
    // `import . "os"` brings names that are not seen; they matter if they are those of functions that write.
    scopes.is_whole &= own != Some(".") || !has_facts(path);
    let names = match own {
        Some(own) => vec![own],
        None => names(path),
    };
    for name in names {
        scopes.define(scope, name, Definition::Import(value.clone()));
    }
    let line = line(node);
    scopes.imports.push(Import { module: path.to_owned(), names: Vec::new(), line });
}

/// Whether something is known of the functions of a package.
fn has_facts(path: &str) -> bool {
    let mut all = GRAMMAR.facts.iter().copied().flatten();
    all.any(|it| it.name.strip_prefix(path).is_some_and(|it| it.starts_with('.')))
}

/// The names that a package may have by its path: the last part, before a version. Only the package itself says it,
/// and people leave out what they add to the names of repositories: `go-git`, `file-rotatelogs`.
fn names(path: &str) -> Vec<&str> {
    let is_version =
        |it: &str| it.strip_prefix('v').is_some_and(|it| it.chars().all(|it| it.is_ascii_digit()));
    let last = path.rsplit('/').find(|it| !is_version(it)).unwrap_or(path);
    let last = last.split_once(".v").map_or(last, |it| it.0);
    let first = last.split('-').next();
    let parts = [Some(last), last.rsplit('-').next(), first.filter(|it| *it != "go")];
    let mut names: Vec<&str> = parts.into_iter().flatten().collect();
    names.dedup();
    names
}

/// The value of a field that is decoded, by its tag: `env:"DATA_DIR" envDefault:"/srv/data"`. Any other tag lets a
/// file or a request say it.
///
/// After the pages of github.com/caarlos0/env, github.com/kelseyhightower/envconfig and
/// github.com/ilyakaznacheev/cleanenv.
fn tag(field: &str, text: &str) -> Value {
    let text = text.trim_matches('`');
    let get = |key: &str| {
        let rest = text.split_once(&format!("{key}:\""))?.1;
        Some(rest.split('"').next().unwrap_or(rest))
    };
    let from_file =
        ["yaml", "json", "toml", "mapstructure", "koanf"].iter().any(|it| get(it).is_some());
    let name = get("env").or_else(|| get("envconfig"));
    let name = name.map(|it| it.split(',').next().unwrap_or(it)).filter(|it| !it.is_empty());
    // `conf:"default:/srv/data,env:DATA_DIR"`: pkg.go.dev/github.com/ardanlabs/conf/v3.
    let parts = || get("conf").into_iter().flat_map(|it| it.split(','));
    let part = |key: &str| parts().find_map(|it| it.strip_prefix(key)?.strip_prefix(':'));
    let name = name.or_else(|| part("env"));
    let default = get("envDefault").or_else(|| get("env-default")).or_else(|| get("default"));
    let default = default.or_else(|| part("default"));
    let default = default.map(|it| Box::new(Value::Text(it.to_owned())));
    // Without a name of its own, the variable has that of the field, after those of the structs around it.
    let own = format!("*{}", field.to_uppercase().replace('_', ""));
    match name {
        Some(name) if !from_file || default.is_some() => {
            Value::Variable { name: name.to_owned(), default }
        }
        None if !from_file && default.is_some() => Value::Variable { name: own, default },
        _ => Value::Unknown,
    }
}
