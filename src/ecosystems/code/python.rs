//! Python: the nodes of its grammar, and what its library writes, after <https://docs.python.org/3/library/>.

use std::sync::OnceLock;

use tree_sitter::Node;

use super::{
    Import, Value,
    facts::{
        Argument::{At, Named, Object},
        Does, Fact, Gives, Kind, gives, may_write, needs_root, starts, starts_with, writes,
        writes_if,
    },
    grammar::{Compiled, Grammar, Role, line},
    listening, python_more, python_packages, python_rights, python_settings,
    scopes::{Definition, Scopes},
    when::When,
};

static GRAMMAR: Grammar = Grammar {
    roles: &[
        ("call", Role::Call { function: "function", arguments: "arguments" }),
        ("keyword_argument", Role::Named { name: "name", value: "value" }),
        ("attribute", Role::Member { object: "object", name: "attribute" }),
        ("subscript", Role::Index { object: "value", key: "subscript" }),
        ("string", Role::Text),
        ("concatenated_string", Role::Text),
        ("string_content", Role::Plain),
        ("interpolation", Role::Group),
        ("identifier", Role::Name),
        ("assignment", Role::Assign { left: "left", right: "right" }),
        ("as_pattern", Role::As { name: "alias" }),
        ("integer", Role::Constant),
        ("float", Role::Constant),
        ("none", Role::Constant),
        ("true", Role::Constant),
        ("false", Role::Constant),
        ("named_expression", Role::Assign { left: "name", right: "value" }),
        ("augmented_assignment", Role::Change { left: "left" }),
        ("for_statement", Role::Over { left: "left", right: "right" }),
        ("dictionary", Role::Table),
        ("pair", Role::Pair { key: "key", value: "value" }),
        ("list", Role::List),
        ("tuple", Role::List),
        ("function_definition", Role::Function { name: "name", parameters: "parameters" }),
        ("lambda", Role::Function { name: "name", parameters: "parameters" }),
        ("default_parameter", Role::Parameter { name: "name", default: "value" }),
        ("typed_default_parameter", Role::Parameter { name: "name", default: "value" }),
        ("typed_parameter", Role::Parameter { name: "name", default: "value" }),
        ("return_statement", Role::Return),
        ("class_definition", Role::Class { name: "name" }),
        ("parenthesized_expression", Role::Group),
        ("await", Role::Group),
        ("binary_operator", Role::Operation { left: "left", right: "right" }),
        ("boolean_operator", Role::Operation { left: "left", right: "right" }),
        ("conditional_expression", Role::Choice(0, 2)),
        ("if_statement", Role::If { condition: "condition", then: "consequence" }),
        ("import_statement", Role::Import),
        ("import_from_statement", Role::Import),
    ],
    facts: &[
        LIBRARY,
        PATHS,
        python_packages::FACTS,
        python_more::FACTS,
        python_rights::FACTS,
        listening::PYTHON,
    ],
    entries: python_settings::ENTRIES,
    keyed: python_settings::KEYED,
    settings: python_settings::SETTINGS,
    keywords: python_settings::KEYWORDS,
    modules: python_settings::ON_IMPORT,
    loaders: python_settings::LOADERS,
    // docs.python.org/3/library/__main__.html
    guards: &["__name__==\"__main__\"", "\"__main__\"==__name__"],
    constructors: &["__init__"],
    declares_option: Some("add_argument"),
    object: &["self", "cls"],
    is_standard: |it| STANDARD.contains(&it.split('.').next().unwrap_or(it)),
    ..Grammar::of(tree_sitter_python::LANGUAGE, import)
};

/// The modules of Python's own library that programs give names of files to.
const STANDARD: [&str; 58] = [
    "argparse",
    "array",
    "ast",
    "asyncio",
    "base64",
    "builtins",
    "bz2",
    "cProfile",
    "calendar",
    "cgi",
    "codecs",
    "collections",
    "configparser",
    "contextlib",
    "copy",
    "csv",
    "dataclasses",
    "datetime",
    "dbm",
    "email",
    "enum",
    "errno",
    "fnmatch",
    "functools",
    "getpass",
    "glob",
    "gzip",
    "hashlib",
    "html",
    "http",
    "importlib",
    "inspect",
    "io",
    "itertools",
    "json",
    "linecache",
    "logging",
    "lzma",
    "mimetypes",
    "operator",
    "os",
    "pathlib",
    "pickle",
    "platform",
    "pprint",
    "re",
    "shlex",
    "shutil",
    "signal",
    "socket",
    "ssl",
    "string",
    "subprocess",
    "sys",
    "tarfile",
    "typing",
    "unittest",
    "urllib",
];

const LIBRARY: &[Fact] = &[
    writes_if("open", At(0, "file"), At(1, "mode"), &["w", "a", "x", "+"]),
    writes_if("io.open", At(0, "file"), At(1, "mode"), &["w", "a", "x", "+"]),
    writes_if("codecs.open", At(0, "filename"), At(1, "mode"), &["w", "a", "x", "+"]),
    writes_if("gzip.open", At(0, "filename"), At(1, "mode"), &["w", "a", "x"]),
    writes_if("bz2.open", At(0, "filename"), At(1, "mode"), &["w", "a", "x"]),
    writes_if("lzma.open", At(0, "filename"), At(1, "mode"), &["w", "a", "x"]),
    writes_if("tarfile.open", At(0, "name"), At(1, "mode"), &["w", "a", "x"]),
    writes_if("zipfile.ZipFile", At(0, "file"), At(1, "mode"), &["w", "a", "x"]),
    writes_if("os.open", At(0, "path"), At(1, "flags"), &["O_CREAT", "O_WRONLY", "O_RDWR"]),
    writes_if("aiofiles.open", At(0, "file"), At(1, "mode"), &["w", "a", "x", "+"]),
    writes("os.makedirs", At(0, "name"), Kind::Folder),
    writes("os.mkdir", At(0, "path"), Kind::Folder),
    writes("aiofiles.os.makedirs", At(0, "name"), Kind::Folder),
    writes("os.link", At(1, "dst"), Kind::File),
    writes("os.mkfifo", At(0, "path"), Kind::File),
    writes("os.symlink", At(1, "dst"), Kind::File),
    writes("os.rename", At(1, "dst"), Kind::Entry),
    writes("os.renames", At(1, "new"), Kind::Entry),
    writes("tempfile.mkdtemp", At(2, "dir"), Kind::Folder),
    writes("tempfile.mkstemp", At(2, "dir"), Kind::Folder),
    writes("tempfile.TemporaryDirectory", At(2, "dir"), Kind::Folder),
    writes("tempfile.NamedTemporaryFile", Named("dir"), Kind::Folder),
    writes("os.replace", At(1, "dst"), Kind::Entry),
    may_write("os.remove", At(0, "path"), Kind::Entry),
    may_write("os.unlink", At(0, "path"), Kind::Entry),
    may_write("os.rmdir", At(0, "path"), Kind::Entry),
    may_write("shutil.rmtree", At(0, "path"), Kind::Entry),
    needs_root("os.chown"),
    needs_root("os.lchown"),
    needs_root("os.chroot"),
    needs_root("os.initgroups"),
    needs_root("os.setgid"),
    needs_root("os.setgroups"),
    needs_root("os.setuid"),
    needs_root("shutil.chown"),
    writes("shutil.copy", At(1, "dst"), Kind::File),
    writes("shutil.copy2", At(1, "dst"), Kind::File),
    writes("shutil.copyfile", At(1, "dst"), Kind::File),
    writes("shutil.copytree", At(1, "dst"), Kind::Folder),
    writes("shutil.move", At(1, "dst"), Kind::Entry),
    writes("shutil.make_archive", At(0, "base_name"), Kind::File),
    writes("shutil.unpack_archive", At(1, "extract_dir"), Kind::Folder),
    writes("urllib.request.urlretrieve", At(1, "filename"), Kind::File),
    writes("logging.FileHandler", At(0, "filename"), Kind::File),
    writes("logging.handlers.RotatingFileHandler", At(0, "filename"), Kind::Entry),
    writes("logging.handlers.TimedRotatingFileHandler", At(0, "filename"), Kind::Entry),
    writes("logging.handlers.WatchedFileHandler", At(0, "filename"), Kind::File),
    writes("logging.basicConfig", Named("filename"), Kind::File),
    writes("sqlite3.connect", At(0, "database"), Kind::Database),
    writes("shelve.open", At(0, "filename"), Kind::Database),
    writes("shelve.DbfilenameShelf", At(0, "filename"), Kind::Database),
    writes("dbm.open", At(0, "file"), Kind::Database),
    writes("dbm.dumb.open", At(0, "filename"), Kind::Database),
    writes("dbm.gnu.open", At(0, "filename"), Kind::Database),
    writes("pathlib.Path.mkdir", At(0, "self"), Kind::Folder),
    writes("cProfile.run", At(1, "filename"), Kind::File),
    writes_if("wave.open", At(0, "f"), At(1, "mode"), &["w"]),
    starts("subprocess.run", At(0, "args")),
    starts("subprocess.call", At(0, "args")),
    starts("subprocess.check_call", At(0, "args")),
    starts("subprocess.check_output", At(0, "args")),
    starts("subprocess.Popen", At(0, "args")),
    starts_with("asyncio.create_subprocess_exec", 0),
    starts("asyncio.create_subprocess_shell", At(0, "cmd")),
    starts("os.system", At(0, "command")),
    starts("os.popen", At(0, "cmd")),
    Fact { name: "importlib.import_module", does: Does::Imports(0) },
    gives("importlib.import_module", Gives::Module),
    Fact { name: "__import__", does: Does::Imports(0) },
    Fact { name: "runpy.run_module", does: Does::Imports(0) },
    Fact { name: "runpy.run_path", does: Does::RunsFile(0) },
    Fact { name: "importlib.util.spec_from_file_location", does: Does::Loads(1) },
    Fact { name: "importlib.machinery.SourceFileLoader", does: Does::Loads(1) },
    Fact { name: "imp.load_source", does: Does::Loads(1) },
    gives("sys.executable", Gives::Text("python")),
];

const PATHS: &[Fact] = &[
    gives("__file__", Gives::File),
    gives("os.path.join", Gives::Join),
    gives("os.path.dirname", Gives::Parent),
    gives("os.path.abspath", Gives::First),
    gives("os.path.realpath", Gives::First),
    gives("os.path.normpath", Gives::First),
    gives("os.path.expanduser", Gives::First),
    gives("os.path.expandvars", Gives::First),
    gives("os.fspath", Gives::First),
    gives("str", Gives::First),
    // An object whose attributes are the options that the parser was told.
    gives(".parse_args", Gives::Nothing),
    gives("int", Gives::First),
    gives("os.getcwd", Gives::Working),
    gives("os.curdir", Gives::Working),
    gives("os.getenv", Gives::Variable),
    gives("os.environ", Gives::Environment),
    gives("os.environ.get", Gives::Variable),
    gives("os.environ.setdefault", Gives::Variable),
    gives("tempfile.gettempdir", Gives::Temporary),
    gives("tempfile.mkdtemp", Gives::Temporary),
    gives("tempfile.mkstemp", Gives::Temporary),
    gives("tempfile.mktemp", Gives::Temporary),
    gives("tempfile.TemporaryDirectory", Gives::Temporary),
    gives("tempfile.NamedTemporaryFile", Gives::Temporary),
    gives("pathlib.Path", Gives::Join),
    gives("pathlib.PurePath", Gives::Join),
    gives("pathlib.PosixPath", Gives::Join),
    gives("pathlib.Path.cwd", Gives::Working),
    gives("pathlib.Path.home", Gives::Home),
    gives(".parent", Gives::ParentOfObject),
    gives(".parents", Gives::Ancestors),
    gives(".resolve", Gives::Object),
    gives(".absolute", Gives::Object),
    gives(".expanduser", Gives::Object),
    gives(".as_posix", Gives::Object),
    gives(".joinpath", Gives::JoinObject),
    writes(".mkdir", Object, Kind::Folder),
    writes(".write_text", Object, Kind::File),
    writes(".write_bytes", Object, Kind::File),
    writes(".touch", Object, Kind::File).with(&["pathlib"]),
    writes_if(".open", Object, At(0, "mode"), &["w", "a", "x", "+"]).with(&["pathlib"]),
    writes(".symlink_to", Object, Kind::File),
    writes(".hardlink_to", Object, Kind::File),
    may_write(".unlink", Object, Kind::Entry),
    may_write(".rename", At(0, "target"), Kind::Entry).when(When::File(At(0, "target"))),
    gives(".with_name", Gives::BesideObject),
    gives(".with_stem", Gives::BesideObject),
    gives(".with_suffix", Gives::BesideObject),
    gives(".strip", Gives::Object),
    gives(".rstrip", Gives::Object),
    gives(".format", Gives::Formatted),
    gives("io.BytesIO", Gives::Nothing),
    gives("io.StringIO", Gives::Nothing),
    gives("io.TextIOWrapper", Gives::Nothing),
    // What was written to memory; a name may stand for the buffer first and for this afterwards.
    gives(".getvalue", Gives::Nothing),
    gives(".getbuffer", Gives::Nothing),
    gives("sys.stdout", Gives::Nothing),
    gives("sys.stderr", Gives::Nothing),
    gives("sys.__stdout__", Gives::Nothing),
    gives("sys.__stderr__", Gives::Nothing),
    gives("sys.stdout.buffer", Gives::Nothing),
    gives("os.devnull", Gives::Nothing),
];

/// Parts of the names of the functions that start programs, and of pip's.
pub(super) const STARTS: [&str; 6] =
    ["StdioServerParameters", "create_subprocess", "os.popen", "os.system", "pip", "subprocess"];

/// The grammar of Python.
pub(super) fn grammar() -> &'static Compiled {
    static CELL: OnceLock<Compiled> = OnceLock::new();
    Compiled::once(&CELL, &GRAMMAR)
}

fn import<'t>(scopes: &mut Scopes<'t>, node: Node<'t>, scope: usize) {
    let mut cursor = node.walk();
    let from = node.child_by_field_name("module_name").map(|it| scopes.text_of(it));
    let mut names = Vec::new();
    for child in node.children_by_field_name("name", &mut cursor) {
        let name = child.child_by_field_name("name").unwrap_or(child);
        let name = scopes.text_of(name);
        let alias = child.child_by_field_name("alias").map(|it| scopes.text_of(it));
        let Some(module) = from else {
            scopes.imports.push(Import {
                module: name.to_owned(),
                names: Vec::new(),
                line: line(node),
            });
            // `import a.b` binds `a`.
            let first = name.split('.').next().unwrap_or(name);
            let value =
                |module: &str| Value::Reference { module: module.to_owned(), path: Vec::new() };
            match alias {
                Some(alias) => scopes.define(scope, alias, Definition::Import(value(name))),
                None => scopes.define(scope, first, Definition::Import(value(first))),
            }
            continue;
        };
        names.push(name.to_owned());
        let value = Value::Reference { module: module.to_owned(), path: vec![name.to_owned()] };
        scopes.define(scope, alias.unwrap_or(name), Definition::Import(value));
    }
    if let Some(module) = from {
        scopes.imports.push(Import { module: module.to_owned(), names, line: line(node) });
    }
}
