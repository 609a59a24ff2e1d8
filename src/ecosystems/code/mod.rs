//! What the source of a program writes to disk, imports and starts, read from its syntax tree.
//!
//! A language is a file of facts: which nodes of its grammar are calls, assignments, texts (`grammar`), which
//! functions write, and which give a path (`facts`). [`read`] finds their calls and follows what they are given
//! through the names of the file. What another file defines stays a [`Value::Reference`]; whoever knows the other
//! files looks it up. Nothing here knows a project.
//!
//! This is the only code that names tree-sitter.

mod asked;
mod call;
mod chains;
mod classes;
mod configured;
mod csharp;
mod evaluate;
mod everywhere;
mod facts;
mod go;
mod grammar;
mod guards;
mod handed;
mod java;
mod javascript;
mod known;
mod listening;
mod loops;
mod matching;
mod mentioned;
mod names;
mod node_packages;
mod open;
mod options;
mod packages;
mod php;
mod php_packages;
mod python;
mod python_more;
mod python_packages;
mod python_rights;
mod python_settings;
mod results;
mod rights;
mod ruby;
mod ruby_packages;
mod rust;
mod scopes;
mod shared;
mod started;
mod tables;
mod tasks;
#[cfg(test)]
mod tests;
mod tokens;
mod value;
mod when;
pub mod words;
mod writing;

use std::collections::{BTreeMap, BTreeSet};

pub use handed::Handed;
pub use mentioned::Mention;
pub use tables::Kept;
pub use tasks::{defines_tasks, runs_tasks};
pub use value::Value;
pub use {asked::Asked, facts::Kind};

use crate::text::RepoPath;
use grammar::Compiled;

/// A language whose source can be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Language {
    /// C#.
    CSharp,
    /// Go.
    Go,
    /// Java.
    Java,
    /// JavaScript, also with JSX.
    JavaScript,
    /// PHP.
    Php,
    /// Python.
    Python,
    /// Ruby.
    Ruby,
    /// Rust.
    Rust,
    /// TypeScript.
    TypeScript,
    /// TypeScript with JSX.
    Tsx,
}

/// What a source file says.
#[derive(Clone, Debug, Default)]
pub struct SourceFacts {
    /// What it writes, in order.
    pub writes: Vec<Write>,
    /// Where it asks whether something is there, and does more than to make it.
    pub asked: Vec<Asked>,
    /// The programs that it starts.
    pub starts: Vec<Start>,
    /// The modules that it imports, as it names them.
    pub imports: Vec<Import>,
    /// The imports of modules that it computes.
    pub loads: Vec<Load>,
    /// The module that it imports and that imports the files of the project's folder by itself, if any.
    pub loader: Option<&'static str>,
    /// The name of the modules that it has a framework import, one of each package of the project, if any.
    pub finds: Option<&'static str>,
    /// The names that the file defines outside of functions, with their values if these are known.
    pub names: BTreeMap<String, Value>,
    /// The attributes of its classes and objects, by name.
    pub attributes: BTreeMap<String, Value>,
    /// The calls of functions that are not known: what they pass.
    pub calls: Vec<Passing>,
    /// What it hands to functions that are not known and may be a file or folder.
    pub handed: Vec<Handed>,
    /// The names of its functions and classes.
    pub defines: BTreeSet<String>,
    /// Its texts that may name source files.
    pub mentions: Vec<Mention>,
    /// Its texts that have the form of a module's name.
    pub texts: Vec<String>,
    /// The calls of functions that need root.
    pub roots: Vec<Rooted>,
    /// The programs whose settings name the database that it uses, each with the line.
    pub uses: Vec<(usize, &'static str)>,
    /// The settings files of logs that it reads, each with the line.
    pub settings: Vec<(usize, Value)>,
    /// The addresses that it listens on.
    pub listens: Vec<Listening>,
    /// Which files see its names.
    pub seen_by: SeenBy,
    /// False if a part of it could not be read.
    pub is_whole: bool,
    /// True if such a part may write.
    pub hides_writes: bool,
}

/// Which files see the names of a file without importing it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum SeenBy {
    /// None.
    #[default]
    None,
    /// Those of its package.
    Package,
    /// All.
    All,
}

/// A call that needs root.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rooted {
    /// The line, counted from 1.
    pub line: usize,
    /// The function.
    pub what: &'static str,
    /// What its argument is; empty if it needs root with any.
    pub with: &'static str,
    /// The variable of the environment with which it does not need root; empty if there is none.
    pub unless: &'static str,
}

/// A call that listens on a port.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listening {
    /// The line, counted from 1.
    pub line: usize,
    /// The port, or the address that ends with it.
    pub address: Value,
}

/// A call that writes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    /// The line, counted from 1.
    pub line: usize,
    /// The function, as its module and name: `os.makedirs`, `.mkdir`.
    pub what: &'static str,
    /// What is written.
    pub kind: Kind,
    /// Where.
    pub target: Value,
    /// False if the call may be of another function of that name, or may only read.
    pub is_sure: bool,
    /// A text that has to contain `sqlite` for the call to write a file; `None` if it writes in any case.
    pub engine: Option<Value>,
    /// The modules of which the file imports one if the call is of this function; empty if any call of its name is.
    with: &'static [&'static str],
}

impl Write {
    /// A call that surely writes, whatever it is told besides.
    fn sure(line: usize, what: &'static str, kind: Kind, target: Value) -> Self {
        Self { line, what, kind, target, is_sure: true, engine: None, with: &[] }
    }

    /// The packages of which one brings the function; empty if any call of its name is meant.
    pub fn packages(&self) -> &'static [&'static str] {
        self.with
    }
}

/// A call that starts a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Start {
    /// The line, counted from 1.
    pub line: usize,
    /// The words of the command line.
    pub words: Vec<Value>,
    /// True if a shell splits the one word.
    pub is_line: bool,
}

impl Start {
    /// The words that are known as they stand.
    pub fn texts(&self) -> Vec<Option<String>> {
        self.words.iter().map(|it| it.text().map(str::to_owned)).collect()
    }
}

/// An import.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module.
    pub module: String,
    /// The names that are taken from it, which may be modules.
    pub names: Vec<String>,
    /// The line, counted from 1.
    pub line: usize,
}

/// An import of a module whose name is computed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Load {
    /// The line, counted from 1.
    pub line: usize,
    /// The module, or its file, or a folder of modules.
    pub module: Value,
    /// True if it is run as a program of its own, by its path in the directory of the process.
    pub is_run: bool,
}

/// What a call passes to a function.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passing {
    /// The last name of the function.
    pub function: String,
    /// The arguments, by name if they have one, or else by position.
    pub arguments: Vec<(Option<String>, Value)>,
}

/// The longest file that is read, in bytes: a longer one is generated, or data.
const LONGEST: usize = 512 << 10;

/// The same for a language that is compiled.
const LONGEST_COMPILED: usize = 2 << 20;

/// The longest line: one that is longer belongs to minified source.
const LONGEST_LINE: usize = 20_000;

impl Language {
    /// The language of a file of this name.
    pub fn of(name: &str) -> Option<Self> {
        if ["Gemfile", "Rakefile", "rakefile"].contains(&name) {
            return Some(Self::Ruby);
        }
        Some(match name.rsplit_once('.')?.1 {
            "cs" => Self::CSharp,
            "go" => Self::Go,
            "java" => Self::Java,
            "php" => Self::Php,
            "py" => Self::Python,
            "rb" | "ru" | "rake" => Self::Ruby,
            "rs" => Self::Rust,
            "js" | "cjs" | "mjs" | "jsx" => Self::JavaScript,
            "ts" | "cts" | "mts" => Self::TypeScript,
            "tsx" => Self::Tsx,
            _ => return None,
        })
    }

    /// Whether a file of this name is in this language, or in one that its modules may be in as well.
    pub fn is_family(self, name: &str) -> bool {
        let is_script = |it: Self| matches!(it, Self::JavaScript | Self::TypeScript | Self::Tsx);
        Self::of(name).is_some_and(|it| it == self || is_script(it) && is_script(self))
    }

    /// The language of a script, by the program that its first line names.
    pub fn of_script(text: &str) -> Option<Self> {
        let first = text.lines().next()?.strip_prefix("#!")?;
        let words = first.split_whitespace().filter(|it| !it.starts_with('-'));
        let program = words.filter_map(|it| it.rsplit('/').next()).find(|it| *it != "env")?;
        match program {
            "node" | "bun" => Some(Self::JavaScript),
            "php" => Some(Self::Php),
            "ruby" => Some(Self::Ruby),
            _ => program.starts_with("python").then_some(Self::Python),
        }
    }

    /// Its name.
    pub fn title(self) -> &'static str {
        match self {
            Self::CSharp => "C#",
            Self::Go => "Go",
            Self::Java => "Java",
            Self::JavaScript => "JavaScript",
            Self::Php => "PHP",
            Self::Python => "Python",
            Self::Ruby => "Ruby",
            Self::Rust => "Rust",
            Self::TypeScript | Self::Tsx => "TypeScript",
        }
    }

    fn grammar(self) -> &'static Compiled {
        match self {
            Self::CSharp => csharp::grammar(),
            Self::Go => go::grammar(),
            Self::Java => java::grammar(),
            Self::JavaScript => javascript::javascript(),
            Self::Php => php::grammar(),
            Self::Python => python::grammar(),
            Self::Ruby => ruby::grammar(),
            Self::Rust => rust::grammar(),
            Self::TypeScript => javascript::typescript(),
            Self::Tsx => javascript::tsx(),
        }
    }
}

/// The settings file beside the program, and its section, with which a module that a file imports loads modules of the
/// project's folders; `None` if it imports no such module.
pub fn told_loader(facts: &SourceFacts) -> Option<(&'static str, &'static str)> {
    let found = python_settings::TOLD_LOADERS.iter().find(|it| facts.imports(it.0));
    found.map(|it| (it.1, it.2))
}

/// Whether source in Python may start programs: if not, it need not be parsed to find them.
pub fn may_start(text: &str) -> bool {
    python::STARTS.iter().any(|it| text.contains(it))
}

/// Returns true if a file is for tests only.
pub fn is_test(path: &RepoPath) -> bool {
    let name = path.file_name();
    let folders = ["test", "tests", "__tests__", "testing", "testdata", "spec", "e2e"];
    path.as_str().split('/').rev().skip(1).any(|it| folders.contains(&it))
        || name.starts_with("test_")
        || [
            "_spec.rb", "_test.rb", "Test.php", "_test.py", "_test.go", ".test.js", ".spec.js",
            ".test.ts", ".spec.ts",
        ]
        .iter()
        .any(|it| name.ends_with(it))
        || name == "conftest.py"
}

/// Whether the address of a daemon is another than that of its socket on this machine: docs.docker.com, "Environment
/// variables" (`DOCKER_HOST`).
pub fn is_elsewhere(address: &str) -> bool {
    let is_socket = ["/", "fd://", "unix:"].iter().any(|it| address.starts_with(it));
    !address.is_empty() && !is_socket
}

/// Reads a source file that is run, and not one that another imports; `None` if it is too long to be written by hand.
pub fn read(language: Language, text: &str) -> Option<SourceFacts> {
    read_as(language, text, true)
}

/// Reads a source file: what it does when it is run, or when another one imports it; `None` if it is too long to be
/// written by hand.
pub fn read_as(language: Language, text: &str, is_run: bool) -> Option<SourceFacts> {
    let grammar = language.grammar();
    // What programs write in a language that is compiled is read with the rest of its package.
    let is_compiled = grammar.grammar.packages.is_some();
    let longest = if is_compiled { LONGEST_COMPILED } else { LONGEST };
    let is_long = |it: &str| !is_compiled && LONGEST_LINE < it.len();
    if longest < text.len() || text.lines().any(is_long) {
        return None;
    }
    let mut parser = tree_sitter::Parser::new();
    parser.set_language(&grammar.language).ok()?;
    let prepared = (grammar.grammar.prepare)(text);
    let text = &*prepared;
    let tree = parser.parse(text, None)?;
    let tokens = grammar.grammar.packages.map_or("", |it| it.tokens);
    let inner = tokens::trees(&mut parser, &tree, text, tokens);
    let mut scopes = scopes::Scopes::read(grammar, text, tree.root_node(), is_run);
    for it in &inner {
        scopes.read_tokens(it.tree.root_node(), it.start);
    }
    Some(matching::facts(&scopes))
}
