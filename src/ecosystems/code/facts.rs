//! The words in which a language says which of its functions write, and which give a path.

/// What is known of a function, a method (`.name`), a property (`.name`) or a name.
#[derive(Clone, Copy, Debug)]
pub(super) struct Fact {
    /// Its module and name, or `.name` for a method or property of any object.
    pub name: &'static str,
    /// What it does.
    pub does: Does,
}

/// What a function does.
#[derive(Clone, Copy, Debug)]
pub(super) enum Does {
    /// It has a value.
    Gives(Gives),
    /// It writes.
    Writes(Writes),
    /// It starts the program that an argument names: with its arguments, or as a line for the shell.
    Starts(Argument),
    /// It runs a command of a framework, whose first word is an argument: as if this were started with it.
    Runs(&'static [&'static str], Argument),
    /// It imports the module that an argument names.
    Imports(usize),
}

/// The value of a call or a name.
#[derive(Clone, Copy, Debug)]
pub(super) enum Gives {
    /// The path of the file itself.
    File,
    /// The folder of the file itself.
    Folder,
    /// The directory that the process runs in.
    Working,
    /// The user's home.
    Home,
    /// The folder for temporary files, or something in it.
    Temporary,
    /// Its arguments, joined as a path.
    Join,
    /// The object and its arguments, joined as a path.
    JoinObject,
    /// Its first argument.
    First,
    /// The object of a method.
    Object,
    /// The folder of the first argument.
    Parent,
    /// The folder of the object.
    ParentOfObject,
    /// The folders above the object, by number.
    Ancestors,
    /// The variable that the first argument names; the default is the second, or `default`.
    Variable,
    /// The environment: its members are variables.
    Environment,
    /// The argument `default`, or else the first.
    Default,
    /// The module that the first argument names.
    Module,
}

/// How a function writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writes {
    /// What names the place.
    pub path: Argument,
    /// What is written.
    pub kind: Kind,
    /// When it writes.
    pub when: When,
    /// False if other functions have the same name and do not write.
    pub is_sure: bool,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A folder, or files in it.
    Folder,
    /// A database: a file, and others beside it.
    Database,
    /// The database that a URL names, if that is a file.
    Url,
}

/// When a function writes.
#[derive(Clone, Copy, Debug)]
pub(super) enum When {
    /// Each time.
    Always,
    /// If the argument contains one of these.
    Mode(Argument, &'static [&'static str]),
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// The one at a position, or of a name.
    At(usize, &'static str),
    /// The entry of a table that is the argument at a position; a function there passes it to its last parameter.
    Entry(usize, &'static str),
    /// The object of a method.
    Object,
}

/// An entry of a table that names a place, if another entry says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The entry.
    pub key: &'static str,
    /// The other entry; empty if none is needed.
    pub beside: &'static str,
    /// What the other contains.
    pub contains: &'static str,
    /// What is written.
    pub kind: Kind,
    /// What to call it.
    pub what: &'static str,
}

/// A name whose value is a place that a library writes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// The name.
    pub name: &'static str,
    /// What is written.
    pub kind: Kind,
}

/// A fact about a value.
pub(super) const fn gives(name: &'static str, gives: Gives) -> Fact {
    Fact { name, does: Does::Gives(gives) }
}

/// A function that writes what an argument names.
pub(super) const fn writes(name: &'static str, path: Argument, kind: Kind) -> Fact {
    Fact { name, does: Does::Writes(Writes { path, kind, when: When::Always, is_sure: true }) }
}

/// A function that may write what an argument names: its name alone does not tell.
pub(super) const fn may_write(name: &'static str, path: Argument, kind: Kind) -> Fact {
    Fact { name, does: Does::Writes(Writes { path, kind, when: When::Always, is_sure: false }) }
}

/// A function that writes what an argument names if another one says so.
pub(super) const fn writes_if(
    name: &'static str,
    path: Argument,
    mode: Argument,
    marks: &'static [&'static str],
) -> Fact {
    let when = When::Mode(mode, marks);
    Fact { name, does: Does::Writes(Writes { path, kind: Kind::File, when, is_sure: true }) }
}

/// A function that starts a program.
pub(super) const fn starts(name: &'static str, words: Argument) -> Fact {
    Fact { name, does: Does::Starts(words) }
}
