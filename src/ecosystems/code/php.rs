//! PHP: the nodes of its grammar, and what its library writes, after <https://www.php.net/manual/en/>.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::{
    Import, Value,
    facts::{
        Argument::At, Does, Fact, Gives, Kind, When, asks, gives, may_write, needs_root, removes,
        starts, writes, writes_if,
    },
    grammar::{Compiled, Grammar, Open, Parts as _, Role, line},
    listening, php_packages,
    scopes::{Definition, Scopes},
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("function_call_expression", Role::Call { function: "function", arguments: "arguments" }),
        ("object_creation_expression", Role::Call { function: "0", arguments: "1" }),
        (
            "member_call_expression",
            Role::Method { object: "object", name: "name", arguments: "arguments" },
        ),
        (
            "nullsafe_member_call_expression",
            Role::Method { object: "object", name: "name", arguments: "arguments" },
        ),
        (
            "scoped_call_expression",
            Role::Method { object: "scope", name: "name", arguments: "arguments" },
        ),
        ("argument", Role::Named { name: "name", value: "last" }),
        ("cast_expression", Role::Named { name: "type", value: "value" }),
        ("member_access_expression", Role::Member { object: "object", name: "name" }),
        ("nullsafe_member_access_expression", Role::Member { object: "object", name: "name" }),
        ("scoped_property_access_expression", Role::Member { object: "scope", name: "name" }),
        ("class_constant_access_expression", Role::Member { object: "0", name: "1" }),
        ("subscript_expression", Role::Index { object: "0", key: "1" }),
        ("string", Role::Text),
        ("encapsed_string", Role::Text),
        ("string_content", Role::Plain),
        ("escape_sequence", Role::Escape),
        ("variable_name", Role::Name),
        ("name", Role::Name),
        ("qualified_name", Role::Name),
        ("relative_scope", Role::Name),
        ("integer", Role::Constant),
        ("float", Role::Constant),
        ("boolean", Role::Constant),
        ("null", Role::Constant),
        ("assignment_expression", Role::Assign { left: "left", right: "right" }),
        ("reference_assignment_expression", Role::Assign { left: "left", right: "right" }),
        ("static_variable_declaration", Role::Assign { left: "name", right: "value" }),
        ("augmented_assignment_expression", Role::Default { left: "left", right: "right" }),
        ("foreach_statement", Role::Foreach),
        ("const_element", Role::Assign { left: "0", right: "last" }),
        ("property_element", Role::Attribute { name: "name", value: "default_value" }),
        ("array_creation_expression", Role::Table),
        ("array_element_initializer", Role::Pair { key: "0", value: "last" }),
        ("pair", Role::Pair { key: "0", value: "last" }),
        ("function_definition", Role::Function { name: "name", parameters: "parameters" }),
        ("method_declaration", Role::Function { name: "name", parameters: "parameters" }),
        ("anonymous_function", Role::Function { name: "name", parameters: "parameters" }),
        ("arrow_function", Role::Function { name: "name", parameters: "parameters" }),
        ("simple_parameter", Role::Parameter { name: "name", default: "default_value" }),
        (
            "property_promotion_parameter",
            Role::Parameter { name: "name", default: "default_value" },
        ),
        ("return_statement", Role::Return),
        ("class_declaration", Role::Class { name: "name" }),
        ("trait_declaration", Role::Class { name: "name" }),
        ("interface_declaration", Role::Class { name: "name" }),
        ("enum_declaration", Role::Class { name: "name" }),
        ("parenthesized_expression", Role::Group),
        ("error_suppression_expression", Role::Group),
        ("binary_expression", Role::Operation { left: "left", right: "right" }),
        (
            "conditional_expression",
            Role::Ternary { condition: "condition", then: "body", otherwise: "alternative" },
        ),
        ("shell_command_expression", Role::Line),
        ("include_expression", Role::Include),
        ("include_once_expression", Role::Include),
        ("require_expression", Role::Include),
        ("require_once_expression", Role::Include),
        ("namespace_use_declaration", Role::Import),
    ],
    facts: &[LIBRARY, PATHS, PROGRAMS, php_packages::FACTS, listening::PHP],
    entries: php_packages::ENTRIES,
    constructors: &["__construct"],
    open: Some(Open {
        gives_last: false,
        defines: &["define"],
        makes: "",
        autoloads: &["vendor/autoload.php"],
        keepers: php_packages::KEEPERS,
    }),
    ..Grammar::of(tree_sitter_php::LANGUAGE_PHP, import)
};

/// The marks of modes that open a file for writing: php.net: `fopen`.
const MODES: &[&str] = &["w", "a", "x", "c", "+"];

const LIBRARY: &[Fact] = &[
    writes("file_put_contents", At(0, "filename"), Kind::File),
    writes_if("fopen", At(0, "filename"), At(1, "mode"), MODES),
    writes_if("gzopen", At(0, "filename"), At(1, "mode"), MODES),
    writes_if("bzopen", At(0, "file"), At(1, "mode"), &["w"]),
    writes_if("SplFileObject", At(0, "filename"), At(1, "mode"), MODES),
    writes_if("dba_open", At(0, "path"), At(1, "mode"), &["w", "c", "n"]),
    writes("mkdir", At(0, "directory"), Kind::Folder),
    writes("touch", At(0, "filename"), Kind::File),
    writes("rename", At(1, "to"), Kind::Entry),
    writes("copy", At(1, "to"), Kind::File),
    writes("symlink", At(1, "link"), Kind::File),
    writes("link", At(1, "link"), Kind::File),
    writes("move_uploaded_file", At(1, "to"), Kind::Entry),
    removes("unlink", At(0, "filename")),
    removes("rmdir", At(0, "directory")),
    removes("rename", At(0, "from")),
    asks("file_exists", At(0, "filename")),
    asks("is_dir", At(0, "filename")),
    writes("tempnam", At(0, "directory"), Kind::Folder),
    // `error_log($message, 3, $file)`: php.net: `error_log`.
    writes("error_log", At(2, "destination"), Kind::File),
    // php.net: `curl_setopt`.
    writes("curl_setopt", At(2, "value"), Kind::File)
        .when(When::Says(At(1, "option"), "CURLOPT_COOKIEJAR")),
    // A setting of PHP: php.net: "Runtime Configuration".
    writes("ini_set", At(1, ""), Kind::File).when(When::Told(At(0, ""), &["error_log"])),
    writes("ini_set", At(1, ""), Kind::Folder)
        .when(When::Told(At(0, ""), &["session.save_path", "upload_tmp_dir"])),
    writes("session_save_path", At(0, "path"), Kind::Folder),
    writes("PDO", At(0, "dsn"), Kind::Url),
    writes("SQLite3", At(0, "filename"), Kind::Database),
    writes("sqlite_open", At(0, "filename"), Kind::Database),
    // Pictures: php.net: "GD and Image Functions"; without a file they go to the output.
    writes("imagepng", At(1, "file"), Kind::File),
    writes("imagejpeg", At(1, "file"), Kind::File),
    writes("imagegif", At(1, "file"), Kind::File),
    writes("imagewebp", At(1, "file"), Kind::File),
    may_write(".writeImage", At(0, "filename"), Kind::File),
    may_write(".extractTo", At(0, "pathto"), Kind::Folder),
    may_write(".saveHTMLFile", At(0, "filename"), Kind::File),
    needs_root("posix_setuid"),
    needs_root("chown"),
];

const PATHS: &[Fact] = &[
    gives("__FILE__", Gives::File),
    gives("__DIR__", Gives::Folder),
    gives("dirname", Gives::Parent),
    gives("realpath", Gives::First),
    gives("rtrim", Gives::First),
    gives("trim", Gives::First),
    gives("strval", Gives::First),
    gives("sprintf", Gives::Format),
    gives("getcwd", Gives::Working),
    gives("getenv", Gives::Variable),
    gives("$_ENV", Gives::Environment),
    gives("$_SERVER", Gives::Environment),
    gives("sys_get_temp_dir", Gives::Temporary),
    gives("tempnam", Gives::TemporaryIn),
    gives("tmpfile", Gives::Nothing),
    gives("DIRECTORY_SEPARATOR", Gives::Separator),
    gives("STDOUT", Gives::Nothing),
    gives("STDERR", Gives::Nothing),
];

const PROGRAMS: &[Fact] = &[
    starts("exec", At(0, "command")),
    starts("shell_exec", At(0, "command")),
    starts("system", At(0, "command")),
    starts("passthru", At(0, "command")),
    starts("popen", At(0, "command")),
    starts("proc_open", At(0, "command")),
    Fact { name: "pcntl_exec", does: Does::StartsAll },
    // What runs is computed.
    Fact { name: "eval", does: Does::Imports(0) },
];

/// The grammar of PHP.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

/// Reads `use A\B;`, `use A\B as C;` and `use A\{B, C as D};`.
fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let mut cursor = node.walk();
    let parts: Vec<Node<'t>> = node.named_children(&mut cursor).collect();
    let prefix = parts.iter().find(|it| it.kind() == "namespace_name");
    let prefix = prefix.map(|it| format!("{}\\", scopes.text_of(*it))).unwrap_or_default();
    let clauses = match node.part("body") {
        Some(group) => {
            let mut cursor = group.walk();
            group.named_children(&mut cursor).collect()
        }
        None => parts,
    };
    for clause in clauses.into_iter().filter(|it| it.kind() == "namespace_use_clause") {
        let Some(name) = clause.part("0") else { continue };
        let name = scopes.text_of(name).trim_start_matches('\\');
        let last = name.rsplit('\\').next().unwrap_or(name);
        let alias = clause.part("alias").map_or(last, |it| scopes.text_of(it));
        // A class without a namespace is PHP's own.
        let module = format!("{prefix}{name}");
        let line = line(node);
        let import = Import { module: module.clone(), names: Vec::new(), line };
        scopes.imports.push(import);
        let value = match module.contains('\\') {
            true => Value::Reference { module, path: Vec::new() },
            false => Value::global(&module),
        };
        scopes.define(scope, alias, Definition::Import(value));
    }
}
