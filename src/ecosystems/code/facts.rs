//! The words in which a language says which of its functions write, and which give a path.

pub(super) use super::{
    asked::{asks, removes},
    tables::{Entry, Keeper, Keyed, OptionOf, Setting, setting},
    when::When,
};

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
    /// It says whether there is something at the path that an argument names.
    Asks(Argument),
    /// It uses the database that the settings of a program name.
    Uses(&'static str),
    /// It writes the logs that a settings file says, which an argument names or is read from.
    Configures(Argument),
    /// It starts the program that an argument names: with its arguments, or as a line for the shell.
    Starts(Argument),
    /// It starts the program that its first argument names, or the line for the shell if that is all.
    StartsAll,
    /// It runs a command of a framework, whose first word is an argument: as if this were started with it.
    Runs(&'static [&'static str], Argument),
    /// It starts the program that the argument at a position names, with the arguments after it.
    StartsWith(usize),
    /// It starts the program that the argument at a position names, whose arguments other calls give.
    StartsAlone(usize),
    /// It writes, and no argument says where.
    WritesSomewhere,
    /// It needs root.
    NeedsRoot(Needs),
    /// It listens on the port of the address that an argument names, if the file imports one of these modules; of no
    /// module if there is none.
    Listens(Argument, &'static [&'static str]),
    /// It imports the module that an argument names.
    Imports(usize),
    /// It loads the modules, files or folders that the arguments from a position on name.
    Loads(usize),
    /// It runs the file that an argument names as a program of its own.
    RunsFile(usize),
    /// It does so if the argument is a path; it may be a function as well.
    MayRunFile(Argument),
    /// It imports the module of this name of each package of the project.
    Finds(&'static str),
    /// It imports the modules of folders of the project if the argument is given.
    LoadsFolders(Argument),
    /// It imports the file that an argument names, seen from the folder of its own file.
    ImportsBeside(usize),
}

impl Does {
    /// Whether it depends on what the file imports which function of the name is meant.
    pub(super) fn is_with(&self) -> bool {
        matches!(self, Self::Writes(Writes { certainty: Certainty::With(_), .. }))
    }

    /// The modules whose import tells whether a function of the name is the one that is meant, if any do.
    pub(super) fn told_by(&self) -> Option<&'static [&'static str]> {
        match self {
            // The name alone does where the file only mentions the module.
            Self::Writes(Writes { when: When::File(_), .. }) => None,
            Self::Writes(Writes { certainty: Certainty::With(modules), .. }) => Some(modules),
            _ => None,
        }
    }

    /// Whether a function of the name is the one that is meant, in a file that imports what `imports` says.
    pub(super) fn is_meant(&self, imports: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::Writes(Writes { certainty: Certainty::With(modules), .. }) => {
                modules.iter().any(|it| imports(it))
            }
            Self::Writes(it) => !it.is_vague(),
            _ => true,
        }
    }
}

/// When a function needs root.
#[derive(Clone, Copy, Debug)]
pub(super) struct Needs {
    /// The text that an argument contains; `None` if it needs root in any case.
    pub told: Option<(Argument, &'static str)>,
    /// The argument with which it does not.
    pub spared: Option<Argument>,
    /// The variable of the environment with which it does not; empty if there is none.
    pub unless: &'static str,
    /// The modules of which the file imports one if the call is of this function; empty if any call of its name is.
    pub with: &'static [&'static str],
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
    /// Something in the folder that the first argument names; the one for temporary files if it is empty.
    TemporaryIn,
    /// Its arguments, joined as a path.
    Join,
    /// Its arguments, joined as a path, of which none replaces those before.
    Below,
    /// The object and its arguments, joined as a path.
    JoinObject,
    /// Its first argument, with the others in place of its verbs: `%s`.
    Format,
    /// The first of its arguments that is not empty.
    Or,
    /// The object, or else what the first argument gives, which may be a function.
    ObjectOr,
    /// The folder for temporary files, or with this many arguments another one.
    TemporaryUnless(usize),
    /// The property of the system that the first argument names; the default is the second.
    SystemProperty,
    /// Its first argument, seen from the folder that the second one names.
    Within,
    /// Something in a folder below the application's own, in which it starts.
    In(&'static str),
    /// The folder of the program's assembly.
    Program,
    /// The folder of the system that the first argument names.
    Special,
    /// The setting that the first argument names, in the section that the object is, or in this one; the default is the
    /// second.
    Setting(&'static str),
    /// What stands between the parts of a path.
    Separator,
    /// Its first argument.
    First,
    /// The object of a method.
    Object,
    /// The folder of the first argument.
    Parent,
    /// The folder of the object.
    ParentOfObject,
    /// Something beside the object.
    BesideObject,
    /// The folders above the object, by number.
    Ancestors,
    /// The option of the command line that the first argument names; the default is the second.
    CommandOption,
    /// The variable that the first argument names; the default is the second, or `default`.
    Variable,
    /// The environment: its members are variables.
    Environment,
    /// The argument `default`, or else the first.
    Default,
    /// The entry `default` of the table that is the first argument.
    Preset,
    /// The module that the first argument names.
    Module,
    /// A URL of a file: the first argument, beside the file that the second one names if there is one.
    Beside,
    /// The object of a method, a text whose places in braces are filled.
    Formatted,
    /// What is called that beside the outermost package that the file is in.
    Beneath(&'static str),
    /// Nothing that is a place: a stream, memory.
    Nothing,
    /// A text.
    Text(&'static str),
}

impl Gives {
    /// Whether a method gives this of an object of which nothing is known.
    pub(super) const fn is_for_any(self) -> bool {
        !matches!(
            self,
            Self::Object
                | Self::JoinObject
                | Self::ParentOfObject
                | Self::BesideObject
                | Self::Formatted
        )
    }
}

/// How a function writes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Writes {
    /// What names the place.
    pub path: Argument,
    /// What names the folder instead, if it is given.
    pub folder: Option<Argument>,
    /// The place if no argument names one: a path, or `$NAME:path` for the value of a variable or else a path; `None` if
    /// the function writes nothing then.
    pub otherwise: Option<&'static str>,
    /// What is written.
    pub kind: Kind,
    /// When it writes.
    pub when: When,
    /// Whether a function of this name is the one that is meant.
    pub certainty: Certainty,
}

/// Whether a function of a name is the one that is meant.
#[derive(Clone, Copy, Debug)]
pub(super) enum Certainty {
    /// It is.
    Sure,
    /// It is if the file imports one of these modules.
    With(&'static [&'static str]),
    /// Other functions have the same name and do not write.
    May,
}

/// What is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file.
    File,
    /// A file that another one replaces, or that goes: its folder is written to, whether or not it is there.
    Entry,
    /// A folder, or files in it.
    Folder,
    /// A database: a file, and others beside it.
    Database,
    /// The database that a URL names, if that is a file.
    Url,
    /// The folder that a URL names, if it is one of files: `file:///srv/results`.
    FolderUrl,
    /// What is removed or moved away: a file, or a folder with all that is in it.
    Removed,
    /// A file that is fetched unless it is there; its name alone.
    Fetched,
    /// A socket, if the address is a path: `unix:///srv/web.sock`.
    Socket,
}

/// An argument of a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Argument {
    /// The one at a position, or of a name.
    At(usize, &'static str),
    /// The one of a name, which has no position.
    Named(&'static str),
    /// The entry of a table that is the argument at a position; a function there passes it to its last parameter.
    Entry(usize, &'static str),
    /// The object of a method.
    Object,
}

/// A fact about a value.
pub(super) const fn gives(name: &'static str, gives: Gives) -> Fact {
    Fact { name, does: Does::Gives(gives) }
}

/// A function that writes what an argument names.
pub(super) const fn writes(name: &'static str, path: Argument, kind: Kind) -> Fact {
    let (when, certainty) = (When::Always, Certainty::Sure);
    let writes = Writes { path, folder: None, otherwise: None, kind, when, certainty };
    Fact { name, does: Does::Writes(writes) }
}

/// A function that may write what an argument names: its name alone does not tell.
pub(super) const fn may_write(name: &'static str, path: Argument, kind: Kind) -> Fact {
    writes(name, path, kind).certain(Certainty::May)
}

/// A function that writes what an argument names if another one says so.
pub(super) const fn writes_if(
    name: &'static str,
    path: Argument,
    mode: Argument,
    marks: &'static [&'static str],
) -> Fact {
    writes(name, path, Kind::File).when(When::Mode(mode, marks))
}

/// A function that writes what an argument names unless another one says that it only reads.
pub(super) const fn writes_unless(
    name: &'static str,
    path: Argument,
    mode: Argument,
    marks: &'static [&'static str],
) -> Fact {
    writes(name, path, Kind::File).when(When::Unless(mode, marks))
}

/// A function that opens a database, which is a file if an argument names such an engine.
pub(super) const fn opens(name: &'static str, engine: Argument, path: Argument) -> Fact {
    writes(name, path, Kind::Database).when(When::Engine(engine))
}

/// A function that writes, and no argument says where.
pub(super) const fn writes_somewhere(name: &'static str) -> Fact {
    Fact { name, does: Does::WritesSomewhere }
}

/// A function that needs root.
pub(super) const fn needs_root(name: &'static str) -> Fact {
    Fact { name, does: Does::NeedsRoot(NEEDS) }
}

/// A function that needs root whatever it is given.
pub(super) const NEEDS: Needs = Needs { told: None, spared: None, unless: "", with: &[] };

/// A client of Docker's daemon, whose socket is root's unless another host is told.
pub(super) const DOCKER: Needs = Needs { unless: "DOCKER_HOST", ..NEEDS };

/// A function that needs root then.
pub(super) const fn needs_root_if(name: &'static str, needs: Needs) -> Fact {
    Fact { name, does: Does::NeedsRoot(needs) }
}

/// A function that listens on the port of the address that an argument names.
pub(super) const fn listens(name: &'static str, address: Argument) -> Fact {
    Fact { name, does: Does::Listens(address, &[]) }
}

/// A method that does so if the file imports one of these modules.
pub(super) const fn listens_with(
    name: &'static str,
    address: Argument,
    with: &'static [&'static str],
) -> Fact {
    Fact { name, does: Does::Listens(address, with) }
}

/// A function that starts a program.
pub(super) const fn starts(name: &'static str, words: Argument) -> Fact {
    Fact { name, does: Does::Starts(words) }
}

impl Fact {
    /// The fact with another way to write.
    const fn as_writes(self, writes: Writes) -> Self {
        Self { name: self.name, does: Does::Writes(writes) }
    }

    /// How it writes; of its object, for a function that does not.
    const fn how(self) -> Writes {
        match self.does {
            Does::Writes(it) => it,
            _ => writes("", Argument::Object, Kind::File).how(),
        }
    }

    /// A method of this name is the one that is meant if the file imports one of these modules.
    pub(super) const fn with(self, modules: &'static [&'static str]) -> Self {
        self.certain(Certainty::With(modules))
    }

    const fn certain(self, certainty: Certainty) -> Self {
        self.as_writes(Writes { certainty, ..self.how() })
    }

    /// Its name alone does not tell whether it writes.
    pub(super) const fn perhaps(self) -> Self {
        self.certain(Certainty::May)
    }

    /// It writes only then.
    pub(super) const fn when(self, when: When) -> Self {
        self.as_writes(Writes { when, ..self.how() })
    }

    /// An argument may name the folder instead.
    pub(super) const fn within(self, folder: Argument) -> Self {
        self.as_writes(Writes { folder: Some(folder), ..self.how() })
    }

    /// Where it writes if no argument says so.
    pub(super) const fn or(self, place: &'static str) -> Self {
        self.as_writes(Writes { otherwise: Some(place), ..self.how() })
    }
}

/// A function that starts the program that the argument at a position names, with the arguments after it.
pub(super) const fn starts_with(name: &'static str, at: usize) -> Fact {
    Fact { name, does: Does::StartsWith(at) }
}

/// A function that starts the program that the argument at a position names, whose arguments other calls give.
pub(super) const fn starts_alone(name: &'static str, at: usize) -> Fact {
    Fact { name, does: Does::StartsAlone(at) }
}
