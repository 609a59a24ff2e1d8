//! What programs need of the user that runs them, and what they do when a container starts.
//!
//! The facts are in `programs/table.tsv`, whose head says how to add a line. What programs leave in a home
//! directory at build time is in [`homes`](super::homes), what they do to files in [`habits`](super::habits).

pub mod paths;
pub mod settings;

use std::sync::LazyLock;

const TEXT: &str = include_str!("table.tsv");

/// The lines of the table, which are sorted.
static TABLE: LazyLock<Vec<(&str, &str)>> = LazyLock::new(|| rows().collect());

/// Commands that build programs from source.
pub const BUILDS: [&str; 7] =
    ["cargo build", "cargo install", "go build", "go install", "make", "cmake", "gcc"];

/// Programs whose last argument names the file that they make, or the folder that they put files into.
pub const COPIES: [&str; 5] = ["cp", "install", "ln", "mv", "rsync"];

/// Programs, and the options by which they are told the file that they make, or the folder that they fill.
pub const TARGETS: [(&str, &[&str]); 4] = [
    ("curl", &["-o", "--output", "--output-dir"]),
    ("tar", &["-C", "--directory"]),
    ("unzip", &["-d"]),
    ("wget", &["-O", "--output-document", "-P", "--directory-prefix"]),
];

/// Something that is known of a program.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trait {
    /// It is a builtin of shells, or a small tool that only says or looks something up.
    Builtin,
    /// It changes or makes the files that it is given.
    Changes,
    /// Told a user, it starts as root and changes to that user itself.
    DropsRoot,
    /// It starts the functions of a cloud, as a user of the cloud's own.
    Functions,
    /// Images for other purposes have it, too.
    General,
    /// It fails without a home directory.
    Home,
    /// It runs source in Python that its arguments name or that it finds in its folder.
    HostsPython,
    /// It does so with source in PHP.
    HostsPhp,
    /// It does so with source in Ruby.
    HostsRuby,
    /// It does so with source in JavaScript or TypeScript.
    HostsScripts,
    /// It needs no home directory.
    Homeless,
    /// It does nothing by itself.
    Idle,
    /// Without arguments, it waits for input.
    Prompt,
    /// It runs the file of source that it is given.
    Interpreter,
    /// It refuses to work in a repository of another user.
    Repository,
    /// It needs root.
    Root,
    /// It is not a program but a distribution's package, installed for something that needs root.
    RootPackage,
    /// It is a service with users and folders of its own.
    Service,
    /// Its first argument names a task.
    Tasks,
    /// It tests or inspects code.
    Test,
    /// People run it on their own files and accounts.
    Tool,
    /// It runs code whose source is not read.
    Unread,
}

impl Trait {
    /// The word for it in the table.
    const fn word(self) -> &'static str {
        match self {
            Self::Builtin => "builtin",
            Self::Changes => "changes",
            Self::DropsRoot => "drops-root",
            Self::Functions => "functions",
            Self::General => "general",
            Self::Home => "home",
            Self::HostsPhp => "hosts-php",
            Self::HostsPython => "hosts-python",
            Self::HostsRuby => "hosts-ruby",
            Self::HostsScripts => "hosts-scripts",
            Self::Homeless => "homeless",
            Self::Idle => "idle",
            Self::Interpreter => "interpreter",
            Self::Prompt => "prompt",
            Self::Repository => "repository",
            Self::Root => "root",
            Self::RootPackage => "root-package",
            Self::Service => "service",
            Self::Tasks => "tasks",
            Self::Test => "test",
            Self::Tool => "tool",
            Self::Unread => "unread",
        }
    }
}

/// What is known of a program; nothing for one without a line in the table.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    facts: &'static str,
}

/// Looks a program up by its name without folder and version.
pub fn named(program: &str) -> Program {
    let at = TABLE.binary_search_by_key(&program, |it| it.0);
    Program { facts: at.map(|it| TABLE[it].1).unwrap_or_default() }
}

impl Program {
    fn words(self) -> impl Iterator<Item = &'static str> {
        self.facts.split(' ').filter(|it| !it.is_empty())
    }

    /// Whether it has a line in the table.
    pub fn is_listed(self) -> bool {
        !self.facts.is_empty()
    }

    /// Whether this is known of it.
    pub fn is(self, what: Trait) -> bool {
        self.words().any(|it| it == what.word())
    }

    /// Whether an image in which a distribution's package of this name is installed, and that runs it, may be
    /// for other purposes all the same.
    pub fn is_general(self) -> bool {
        self.is(Trait::General) || self.is(Trait::Homeless) || self.is(Trait::Builtin)
    }

    /// Whether this is among the words of a list: `write` of `writes=`.
    fn lists(self, list: &str, word: &str) -> bool {
        let words = self.words().find_map(|it| it.strip_prefix(list)?.strip_prefix('='));
        words.is_some_and(|it| it.split(',').any(|it| it == word))
    }

    /// Whether it makes or changes a database, given this first argument.
    pub fn migrates(self, first: &str) -> bool {
        self.lists("database", first)
    }

    /// Whether it keeps what it found in the folder that it starts in, given this option or first argument; empty for
    /// a program that always does.
    pub fn keeps(self, option: &str) -> bool {
        match option {
            "" => self.words().any(|it| it == "keeps"),
            option => self.lists("keeps", option),
        }
    }

    /// Whether it only reads, given this first argument.
    pub fn only_reads(self, first: &str) -> bool {
        self.lists("reads", first)
    }

    /// Whether it needs root with this option.
    pub fn needs_root(self, option: &str) -> bool {
        self.lists("root", option)
    }

    /// Whether it sends something to a server, given this option.
    pub fn sends(self, option: &str) -> bool {
        self.lists("sends", option)
    }

    /// Whether this option is followed by a value.
    pub fn takes_value(self, option: &str) -> bool {
        self.lists("valued", option)
    }

    /// Whether this option is followed by source, of a program that is no interpreter alone.
    pub fn takes_source(self, option: &str) -> bool {
        self.lists("inline", option)
    }

    /// Whether it installs, builds or keeps files next to the source, given this first argument; empty for a
    /// call without arguments.
    pub fn writes(self, first: &str) -> bool {
        let first = if first.is_empty() { "-" } else { first };
        self.lists("writes", first) || self.words().any(|it| it == "writes")
    }

    /// Whether its settings say if it keeps files next to the source, given this first argument.
    pub fn may_write(self, first: &str) -> bool {
        self.lists("may-write", first) || self.words().any(|it| it == "may-write")
    }
}

/// The lines of the table: a name, and what is known.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let columns = TEXT.lines().filter(|it| !it.starts_with('#')).map(|it| it.split('\t'));
    columns.filter_map(|mut it| Some((it.next()?, it.next()?)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: [Trait; 22] = [
        Trait::Repository,
        Trait::HostsPhp,
        Trait::HostsRuby,
        Trait::HostsPython,
        Trait::HostsScripts,
        Trait::Builtin,
        Trait::Changes,
        Trait::DropsRoot,
        Trait::Functions,
        Trait::General,
        Trait::Home,
        Trait::Homeless,
        Trait::Idle,
        Trait::Interpreter,
        Trait::Prompt,
        Trait::Root,
        Trait::RootPackage,
        Trait::Service,
        Trait::Tasks,
        Trait::Test,
        Trait::Tool,
        Trait::Unread,
    ];

    #[test]
    fn lines_are_sorted_and_all_their_words_are_known() {
        let lines: Vec<_> = TEXT.lines().filter(|it| !it.starts_with('#')).collect();
        assert_eq!(lines.iter().find(|it| it.split('\t').count() != 3), None);
        assert_eq!(rows().count(), lines.len());
        let names: Vec<_> = rows().map(|it| it.0).collect();
        assert_eq!(names.windows(2).find(|it| it[1] <= it[0]), None);
        let known = |word: &str| {
            ALL.iter().any(|it| it.word() == word)
                || ["keeps", "may-write", "writes"].contains(&word)
                || word.starts_with("database=")
                || [
                    "inline=",
                    "keeps=",
                    "may-write=",
                    "reads=",
                    "root=",
                    "sends=",
                    "valued=",
                    "writes=",
                ]
                .iter()
                .any(|it| word.starts_with(it))
        };
        let unknown = rows().find(|it| it.1.is_empty() || !it.1.split(' ').all(known));
        assert_eq!(unknown, None);
        // Each word stands in the head of the table, and is used.
        let unused = ALL.iter().find(|it| !rows().any(|row| named(row.0).is(**it)));
        assert_eq!(unused, None);
        assert!(
            ALL.iter().all(|it| TEXT.contains(&format!("\n#   {} ", it.word()))),
            "the head explains each word"
        );
    }

    #[test]
    fn managers_that_only_install_have_no_line() {
        let managers = crate::ecosystems::MANAGERS.iter().filter(|it| it.grammar.build.is_empty());
        let managers: Vec<_> = managers.flat_map(|it| it.programs).collect();
        assert_eq!(rows().find(|it| managers.contains(&&it.0)), None);
    }

    #[test]
    fn programs_write_with_some_arguments_or_all() {
        assert!(named("make").writes("") && named("make").writes("all"));
        assert!(named("go").writes("run") && !named("go").writes("version"));
        assert!(named("manage.py").migrates("migrate") && !named("manage.py").migrates("check"));
        assert!(named("next").writes("") && !named("next").writes("start"));
        assert!(!named("python").writes("run") && !named("no-such-program").is(Trait::Root));
    }
}
