//! The options, variables and settings by which programs are told where to write.
//!
//! The facts are in `paths.tsv`, whose head says how to add a line. What a settings file says is read by
//! [`settings`](super::settings).

use std::{
    collections::{HashMap, HashSet},
    sync::LazyLock,
};

const TEXT: &str = include_str!("paths.tsv");

/// What an option, a variable or a key of a settings file names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What {
    /// A variable with more options.
    Arguments,
    /// The address of a database, which is a file if it is SQLite.
    Database,
    /// The directory that the program changes to before anything else.
    Directory,
    /// A file that it writes.
    File,
    /// A folder that it writes to.
    Folder,
    /// Options with which it writes to the directory that it runs in.
    Here,
    /// A settings file of Python's logging.
    Logging,
    /// A settings file of its own.
    Settings,
    /// An address; with a path, it creates a socket there.
    Socket,
    /// A user that it changes to, so that it has to start as root.
    User,
}

/// A line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Naming {
    /// What is named.
    pub what: What,
    /// The options that name it.
    pub options: Vec<&'static str>,
    /// The variables that name it.
    pub variables: Vec<&'static str>,
    /// True if the last argument names it.
    pub is_last: bool,
    /// True if it is the directory that the program runs in, unless another line names a place.
    pub is_default: bool,
    /// The keys of its settings files that name it; of [`What::Settings`], the files that it reads unasked.
    pub keys: Vec<&'static str>,
}

impl What {
    const ALL: [(&'static str, Self); 10] = [
        ("arguments", Self::Arguments),
        ("database", Self::Database),
        ("directory", Self::Directory),
        ("file", Self::File),
        ("folder", Self::Folder),
        ("here", Self::Here),
        ("logging", Self::Logging),
        ("settings", Self::Settings),
        ("socket", Self::Socket),
        ("user", Self::User),
    ];

    /// Reads the word of the table.
    fn of(word: &str) -> Option<Self> {
        Self::ALL.iter().find(|it| it.0 == word).map(|it| it.1)
    }
}

/// The table, by program.
static TABLE: LazyLock<HashMap<&str, Vec<Naming>>> = LazyLock::new(|| {
    let mut table: HashMap<&str, Vec<Naming>> = HashMap::new();
    for row in rows() {
        table.entry(row.program).or_default().extend(row.naming());
    }
    table
});

/// The names of the files that programs read unasked: every file of a project is looked up.
static SETTINGS_FILES: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    let settings = TABLE.values().flatten().filter(|it| it.what == What::Settings);
    settings.flat_map(|it| &it.keys).filter_map(|it| it.rsplit('/').next()).collect()
});

/// How a program of this name, without folder and version, is told where to write.
pub fn of(program: &str) -> &'static [Naming] {
    TABLE.get(program).map_or(&[], Vec::as_slice)
}

/// Whether a file of this name is read unasked by a program that has lines in the table.
pub fn is_settings_file(name: &str) -> bool {
    SETTINGS_FILES.contains(name)
}

struct Row {
    program: &'static str,
    what: &'static str,
    how: &'static str,
}

impl Row {
    fn naming(&self) -> Option<Naming> {
        let begins = |with: char| move |it: &&'static str| it.starts_with(with);
        let words = || self.how.split(' ');
        Some(Naming {
            what: What::of(self.what)?,
            options: words().filter(begins('-')).collect(),
            variables: words().filter_map(|it| it.strip_prefix('$')).collect(),
            is_last: words().any(|it| it == "@last"),
            is_default: words().any(|it| it == "@default"),
            keys: words().filter(|it| !it.starts_with(['-', '$', '@'])).collect(),
        })
    }
}

fn rows() -> impl Iterator<Item = Row> {
    let columns = TEXT.lines().filter(|it| !it.starts_with('#')).map(|it| it.split('\t'));
    columns
        .filter_map(|mut it| Some(Row { program: it.next()?, what: it.next()?, how: it.next()? }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_sorted_and_all_their_words_are_known() {
        let lines: Vec<_> = TEXT.lines().filter(|it| !it.starts_with('#')).collect();
        assert_eq!(lines.iter().find(|it| it.split('\t').count() != 4), None);
        assert_eq!(lines.windows(2).find(|it| it[1] <= it[0]), None);
        assert_eq!(rows().map(|it| it.what).find(|it| What::of(it).is_none()), None);
        let explained = |word: &str| TEXT.contains(&format!("\n#   {word} "));
        let used = |word: &str| rows().any(|it| it.what == word);
        assert!(What::ALL.iter().all(|it| explained(it.0) && used(it.0)));
    }

    #[test]
    fn programs_with_lines_are_in_the_table_of_programs() {
        let unknown = rows().find(|it| !super::super::named(it.program).is_listed());
        assert_eq!(unknown.map(|it| it.program), None);
    }

    #[test]
    fn options_variables_and_keys_are_told_apart() {
        let files: Vec<_> = of("granian").iter().filter(|it| it.what == What::File).collect();
        assert_eq!(
            (&*files[0].options, &*files[0].variables),
            (&["--pid-file"][..], &["GRANIAN_PID_FILE"][..])
        );
        assert!(is_settings_file("gunicorn.conf.py") && is_settings_file("schema.prisma"));
        assert!(!is_settings_file("--config") && !is_settings_file("pidfile"));
    }
}
