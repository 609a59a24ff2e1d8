//! JavaScript and TypeScript: the nodes of their grammars, and what Node writes.
//!
//! What its functions do is from <https://nodejs.org/api/fs.html>; those that other modules add, from
//! <https://github.com/jprichardson/node-fs-extra#methods>.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::{
    Import, Value,
    facts::{
        Argument::At, Does, Fact, Gives, Kind, asks, gives, needs_root, removes, starts, writes,
        writes_if,
    },
    grammar::{Compiled, Grammar, Role, line},
    listening, node_packages,
    scopes::{Definition, Scopes},
    value::module,
};

const ROLES: &[(&str, Role)] = &[
    ("call_expression", Role::Call { function: "function", arguments: "arguments" }),
    ("new_expression", Role::Call { function: "constructor", arguments: "arguments" }),
    ("member_expression", Role::Member { object: "object", name: "property" }),
    ("subscript_expression", Role::Index { object: "object", key: "index" }),
    ("string", Role::Text),
    ("template_string", Role::Text),
    ("string_fragment", Role::Plain),
    ("escape_sequence", Role::Escape),
    ("template_substitution", Role::Group),
    ("identifier", Role::Name),
    ("this", Role::Name),
    ("import", Role::Name),
    ("meta_property", Role::Name),
    ("number", Role::Constant),
    ("null", Role::Constant),
    ("undefined", Role::Constant),
    ("true", Role::Constant),
    ("false", Role::Constant),
    ("shorthand_property_identifier", Role::Name),
    ("shorthand_property_identifier_pattern", Role::Name),
    ("variable_declarator", Role::Assign { left: "name", right: "value" }),
    ("assignment_expression", Role::Assign { left: "left", right: "right" }),
    ("augmented_assignment_expression", Role::Change { left: "left" }),
    ("for_in_statement", Role::Over { left: "left", right: "right" }),
    ("field_definition", Role::Attribute { name: "property", value: "value" }),
    ("public_field_definition", Role::Attribute { name: "name", value: "value" }),
    ("enum_assignment", Role::Attribute { name: "name", value: "value" }),
    ("object", Role::Table),
    ("pair", Role::Pair { key: "key", value: "value" }),
    ("pair_pattern", Role::Pair { key: "key", value: "value" }),
    ("object_pattern", Role::Pattern),
    ("array", Role::List),
    ("function_declaration", Role::Function { name: "name", parameters: "parameters" }),
    ("function_expression", Role::Function { name: "name", parameters: "parameters" }),
    ("generator_function_declaration", Role::Function { name: "name", parameters: "parameters" }),
    ("arrow_function", Role::Function { name: "name", parameters: "parameters" }),
    ("method_definition", Role::Function { name: "name", parameters: "parameters" }),
    ("assignment_pattern", Role::Parameter { name: "left", default: "right" }),
    ("required_parameter", Role::Parameter { name: "pattern", default: "value" }),
    ("optional_parameter", Role::Parameter { name: "pattern", default: "value" }),
    ("return_statement", Role::Return),
    ("class_declaration", Role::Class { name: "name" }),
    ("class", Role::Class { name: "name" }),
    ("sequence_expression", Role::Sequence),
    ("spread_element", Role::Group),
    ("parenthesized_expression", Role::Group),
    ("await_expression", Role::Group),
    ("non_null_expression", Role::Group),
    ("as_expression", Role::Group),
    ("satisfies_expression", Role::Group),
    ("binary_expression", Role::Operation { left: "left", right: "right" }),
    ("ternary_expression", Role::Choice(1, 2)),
    ("if_statement", Role::If { condition: "condition", then: "consequence" }),
    ("import_statement", Role::Import),
    ("export_statement", Role::Import),
];

const fn language(language: tree_sitter_language::LanguageFn) -> Grammar {
    Grammar {
        roles: ROLES,
        facts: &[FILES, OBJECTS, PATHS, MODULES, node_packages::FACTS, listening::SCRIPTS],
        entries: node_packages::ENTRIES,
        loaders: node_packages::LOADERS,
        // nodejs.org/api/modules.html: "Accessing the main module"; nodejs.org/api/esm.html: `import.meta.main`.
        guards: &[
            "require.main===module",
            "require.main==module",
            "module===require.main",
            "module==require.main",
            "!module.parent",
            "import.meta.main",
        ],
        constructors: &["constructor"],
        interop: INTEROP,
        is_standard: |it| STANDARD.contains(&it.split(['/', ':']).next().unwrap_or(it)),
        iterators: &["every", "filter", "flatMap", "forEach", "map", "some"],
        ..Grammar::of(language, import)
    }
}

/// What TypeScript, Babel and esbuild write around imports: typescriptlang.org/tsconfig (`esModuleInterop`,
/// `importHelpers`), babeljs.io/docs (`@babel/plugin-transform-modules-commonjs`), esbuild.github.io/content-types.
const INTEROP: &[&str] = &[
    "__importDefault",
    "__importStar",
    "__toESM",
    "_interopRequireDefault",
    "_interopRequireWildcard",
];

static JAVASCRIPT: Grammar = language(tree_sitter_javascript::LANGUAGE);
static TYPESCRIPT: Grammar = language(tree_sitter_typescript::LANGUAGE_TYPESCRIPT);
static TSX: Grammar = language(tree_sitter_typescript::LANGUAGE_TSX);

/// The modules whose functions work on files: those of Node and those that add to them.
macro_rules! files {
    ($($module:literal),*) => {
        &[$(
            writes(concat!($module, ".writeFile"), At(0, ""), Kind::File),
            writes(concat!($module, ".writeFileSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".appendFile"), At(0, ""), Kind::File),
            writes(concat!($module, ".appendFileSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".createWriteStream"), At(0, ""), Kind::File),
            writes(concat!($module, ".mkdir"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".mkdirSync"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".copyFile"), At(1, ""), Kind::File),
            writes(concat!($module, ".copyFileSync"), At(1, ""), Kind::File),
            writes(concat!($module, ".cp"), At(1, ""), Kind::Folder),
            writes(concat!($module, ".cpSync"), At(1, ""), Kind::Folder),
            writes(concat!($module, ".rename"), At(1, ""), Kind::Entry),
            writes(concat!($module, ".renameSync"), At(1, ""), Kind::Entry),
            writes(concat!($module, ".symlink"), At(1, ""), Kind::File),
            writes(concat!($module, ".symlinkSync"), At(1, ""), Kind::File),
            writes(concat!($module, ".truncate"), At(0, ""), Kind::File),
            writes_if(concat!($module, ".open"), At(0, ""), At(1, ""), &["w", "a", "+", "O_CREAT"]),
            writes_if(concat!($module, ".openSync"), At(0, ""), At(1, ""), &["w", "a", "+", "O_CREAT"]),
            // https://github.com/jprichardson/node-fs-extra#methods
            writes(concat!($module, ".ensureDir"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".ensureDirSync"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".mkdirp"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".outputFile"), At(0, ""), Kind::File),
            writes(concat!($module, ".outputFileSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".writeJson"), At(0, ""), Kind::File),
            writes(concat!($module, ".writeJsonSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".writeJSON"), At(0, ""), Kind::File),
            writes(concat!($module, ".writeJSONSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".outputJson"), At(0, ""), Kind::File),
            writes(concat!($module, ".outputJsonSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".outputJSON"), At(0, ""), Kind::File),
            writes(concat!($module, ".outputJSONSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".mkdirs"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".mkdirsSync"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".mkdirpSync"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".emptyDir"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".emptyDirSync"), At(0, ""), Kind::Folder),
            writes(concat!($module, ".ensureFile"), At(0, ""), Kind::File),
            writes(concat!($module, ".ensureFileSync"), At(0, ""), Kind::File),
            writes(concat!($module, ".copy"), At(1, ""), Kind::File),
            writes(concat!($module, ".copySync"), At(1, ""), Kind::File),
            writes(concat!($module, ".move"), At(1, ""), Kind::Entry),
            writes(concat!($module, ".moveSync"), At(1, ""), Kind::Entry),
            writes(concat!($module, ".link"), At(1, ""), Kind::File),
            writes(concat!($module, ".linkSync"), At(1, ""), Kind::File),
            asks(concat!($module, ".access"), At(0, "")),
            asks(concat!($module, ".accessSync"), At(0, "")),
            asks(concat!($module, ".exists"), At(0, "")),
            asks(concat!($module, ".existsSync"), At(0, "")),
            asks(concat!($module, ".pathExists"), At(0, "")),
            asks(concat!($module, ".pathExistsSync"), At(0, "")),
            asks(concat!($module, ".stat"), At(0, "")),
            asks(concat!($module, ".statSync"), At(0, "")),
            removes(concat!($module, ".move"), At(0, "")),
            removes(concat!($module, ".moveSync"), At(0, "")),
            removes(concat!($module, ".remove"), At(0, "")),
            removes(concat!($module, ".removeSync"), At(0, "")),
            removes(concat!($module, ".rename"), At(0, "")),
            removes(concat!($module, ".renameSync"), At(0, "")),
            removes(concat!($module, ".rmdir"), At(0, "")),
            removes(concat!($module, ".rmdirSync"), At(0, "")),
            removes(concat!($module, ".rm"), At(0, "")),
            removes(concat!($module, ".rmSync"), At(0, "")),
            removes(concat!($module, ".unlink"), At(0, "")),
            removes(concat!($module, ".unlinkSync"), At(0, "")),
            gives(concat!($module, ".mkdtemp"), Gives::First),
            gives(concat!($module, ".mkdtempSync"), Gives::First),
        )*]
    };
}

const FILES: &[Fact] = files!(
    "fs",
    "fs.promises",
    "fs/promises",
    "fs-extra",
    "fs-extra/esm",
    "fs-extra-promise",
    "fs-promise",
    "graceful-fs",
    "mz/fs",
    "original-fs"
);

/// Methods of the names that Node gives them, also of an object that brings the module.
const OBJECTS: &[Fact] = &[
    writes(".writeFileSync", At(0, ""), Kind::File),
    writes(".appendFileSync", At(0, ""), Kind::File),
    writes(".mkdirSync", At(0, ""), Kind::Folder),
    writes(".createWriteStream", At(0, ""), Kind::File).with(&["fs", "fs-extra", "graceful-fs"]),
];

const PATHS: &[Fact] = &[
    gives("__filename", Gives::File),
    gives("__dirname", Gives::Folder),
    gives("import.meta.url", Gives::File),
    gives("import.meta.filename", Gives::File),
    gives("import.meta.dirname", Gives::Folder),
    gives("import.meta.dir", Gives::Folder),
    gives("url.fileURLToPath", Gives::First),
    gives("fileURLToPath", Gives::First),
    gives("url.pathToFileURL", Gives::First),
    gives("URL", Gives::Beside),
    gives("url.URL", Gives::Beside),
    gives(".href", Gives::Object),
    gives(".pathname", Gives::Object),
    gives("path.join", Gives::Join),
    gives("path.resolve", Gives::Join),
    gives("path.posix.join", Gives::Join),
    gives("path.normalize", Gives::First),
    gives("path.dirname", Gives::Parent),
    gives("String", Gives::First),
    gives("Number", Gives::First),
    gives("parseInt", Gives::First),
    gives("Number.parseInt", Gives::First),
    gives(".toString", Gives::Object),
    gives("process.cwd", Gives::Working),
    gives("process.env", Gives::Environment),
    gives("Bun.env", Gives::Environment),
    gives("import.meta.env", Gives::Environment),
    gives("os.tmpdir", Gives::Temporary),
    gives("os.homedir", Gives::Home),
    gives("require.main.filename", Gives::File),
    gives("process.stdout", Gives::Nothing),
    gives("process.stderr", Gives::Nothing),
    gives("Bun.stdout", Gives::Nothing),
    gives("Bun.stderr", Gives::Nothing),
];

/// Node's own modules: nodejs.org/api.
const STANDARD: [&str; 30] = [
    "assert",
    "async_hooks",
    "buffer",
    "bun",
    "child_process",
    "cluster",
    "console",
    "crypto",
    "dgram",
    "dns",
    "events",
    "fs",
    "http",
    "http2",
    "https",
    "module",
    "net",
    "node",
    "os",
    "path",
    "perf_hooks",
    "process",
    "querystring",
    "readline",
    "stream",
    "string_decoder",
    "tls",
    "url",
    "util",
    "zlib",
];

const MODULES: &[Fact] = &[
    starts("child_process.exec", At(0, "")),
    starts("child_process.execSync", At(0, "")),
    starts("child_process.execFile", At(0, "")),
    starts("child_process.execFileSync", At(0, "")),
    starts("child_process.spawn", At(0, "")),
    starts("child_process.spawnSync", At(0, "")),
    // It is run in the directory of the process: nodejs.org/api/child_process.html and worker_threads.html.
    Fact { name: "child_process.fork", does: Does::RunsFile(0) },
    Fact { name: "worker_threads.Worker", does: Does::RunsFile(0) },
    Fact { name: "Worker", does: Does::RunsFile(0) },
    // nodejs.org/api/process.html
    needs_root("process.initgroups"),
    needs_root("process.setgid"),
    needs_root("process.setgroups"),
    needs_root("process.setuid"),
    gives("process.execPath", Gives::Text("node")),
    starts("execa", At(0, "")),
    starts("execa.execa", At(0, "")),
    Fact { name: "require", does: Does::Imports(0) },
    Fact { name: "import", does: Does::Imports(0) },
    gives("require", Gives::Module),
    gives("import", Gives::Module),
];

/// The grammar of JavaScript.
pub(super) fn javascript() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &JAVASCRIPT)
}

/// The grammar of TypeScript.
pub(super) fn typescript() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &TYPESCRIPT)
}

/// The grammar of TypeScript with JSX.
pub(super) fn tsx() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &TSX)
}

fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let source = node.child_by_field_name("source");
    let Some(source) = source.or_else(|| node.named_child(0)?.child_by_field_name("source")) else {
        return;
    };
    let module = module(scopes.text_of(source).trim_matches(['"', '\'']));
    let text = scopes.text;
    let mut bind = |name: &'t str, path: Vec<String>| {
        let value = Value::Reference { module: module.clone(), path };
        scopes.define(scope, name, Definition::Import(value));
    };
    let mut cursor = node.walk();
    let text_of = |node: Node<'t>| text.get(node.byte_range()).unwrap_or_default();
    for clause in node.named_children(&mut cursor) {
        let mut cursor = clause.walk();
        for part in clause.named_children(&mut cursor) {
            match part.kind() {
                // The default export, which is the module itself for those of Node.
                "identifier" => bind(text_of(part), Vec::new()),
                "namespace_import" => {
                    if let Some(name) = part.named_child(0) {
                        bind(text_of(name), Vec::new());
                    }
                }
                "named_imports" => {
                    let mut cursor = part.walk();
                    for one in part.named_children(&mut cursor) {
                        let Some(name) = one.child_by_field_name("name") else { continue };
                        let alias = one.child_by_field_name("alias").unwrap_or(name);
                        let path = match text_of(name) {
                            "default" => Vec::new(),
                            name => vec![name.to_owned()],
                        };
                        bind(text_of(alias), path);
                    }
                }
                "export_specifier" => {
                    if let Some(name) = part.child_by_field_name("name") {
                        bind(text_of(name), vec![text_of(name).to_owned()]);
                    }
                }
                _ => {}
            }
        }
    }
    scopes.imports.push(Import { module, names: Vec::new(), line: line(node) });
}
