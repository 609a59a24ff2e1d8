//! What the names of functions, settings and files say where no fact does: that something is kept there.
//!
//! Names are taken apart at dots, dashes, underscores and capitals: `download.default_directory`, `saveToFile`.
//! The words are in `words.tsv`, whose head says how to add one.

use std::{collections::HashSet, sync::LazyLock};

/// What the name of a function says that it does with a file that it is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verb {
    /// It makes it.
    Writes,
    /// It only reads it, or takes it as a text.
    Reads,
    /// Nothing.
    Unknown,
}

/// What the name of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ending {
    /// A program keeps its state in it: `.db`, `.lock`.
    State,
    /// Programs make such files for people and for others: `.pdf`, `.csv`.
    Output,
    /// Settings and texts have it as well: `.json`, `.txt`.
    Text,
    /// It has no such ending.
    None,
}

const TEXT: &str = include_str!("words.tsv");

static TABLE: LazyLock<HashSet<(&str, &str)>> = LazyLock::new(|| rows().collect());

/// The last words of the names of settings that name places.
static PLACES: LazyLock<Vec<&str>> =
    LazyLock::new(|| rows().filter(|it| it.0 == "place").map(|it| it.1).collect());

/// The lines of the table: what a word says, and the word.
fn rows() -> impl Iterator<Item = (&'static str, &'static str)> {
    let lines = TEXT.lines().filter(|it| !it.starts_with('#'));
    let columns = lines.filter_map(|it| it.split_once('\t'));
    columns.flat_map(|(kind, words)| words.split(' ').map(move |it| (kind, it)))
}

/// Whether a word says this.
fn says(kind: &'static str, word: &str) -> bool {
    TABLE.contains(&(kind, word))
}

/// Whether a module keeps what it is given in a database, where a path is a text like any other.
pub fn is_record(module: &str) -> bool {
    let is_part = |it: &str| it.is_empty() || it.starts_with(['.', '/', ':', '\\']);
    rows().any(|it| it.0 == "records" && module.strip_prefix(it.1).is_some_and(is_part))
}

/// The words of a name, in small letters.
pub fn words(name: &str) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    let mut is_small = false;
    let mut is_open = false;
    for letter in name.chars() {
        if !letter.is_ascii_alphanumeric() {
            (is_open, is_small) = (false, false);
            continue;
        }
        let begins = !is_open || letter.is_ascii_uppercase() && is_small;
        (is_open, is_small) = (true, !letter.is_ascii_uppercase());
        let letter = letter.to_ascii_lowercase();
        match all.last_mut().filter(|_| !begins) {
            Some(word) => word.push(letter),
            None => all.push(letter.to_string()),
        }
    }
    all
}

/// What the name of a function says that it does.
pub fn verb(function: &str) -> Verb {
    let all = words(function);
    let Some(first) = all.first().map(String::as_str) else { return Verb::Reads };
    let reads = all.iter().any(|it| says("input", it));
    let makes = all.iter().filter(|it| !reads || *it != "create").any(|it| says("makes", it));
    if makes || !reads && says("writes", first) {
        return Verb::Writes;
    }
    let is_problem =
        all.last().is_some_and(|it| ["error", "exception", "warning"].contains(&it.as_str()));
    if reads || says("reads", first) || is_problem { Verb::Reads } else { Verb::Unknown }
}

/// Whether a function of this name takes the name of a file for a message, a form or a page.
pub fn names_only(function: &str) -> bool {
    words(function).iter().any(|it| says("names", it))
}

/// What the ending of a text says, if it may be the name of a file.
pub fn ending(text: &str) -> Ending {
    let name = text.rsplit('/').next().unwrap_or(text);
    let Some((stem, ending)) = name.rsplit_once('.') else { return Ending::None };
    let ending = ending.to_ascii_lowercase();
    match () {
        () if stem.is_empty() => Ending::None,
        () if says("state", &ending) => Ending::State,
        () if says("output", &ending) => Ending::Output,
        () if says("text", &ending) => Ending::Text,
        () => Ending::None,
    }
}

/// Whether the end of a name is that of a file.
pub fn ends(text: &str) -> bool {
    is_path(text) && ending(&format!("x{text}")) != Ending::None
}

/// How surely the name of a setting says that something is kept there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeping {
    /// It is written to.
    Sure,
    /// It may only be read, if it is there.
    Perhaps,
}

/// What the name of a setting says of a place: `cache_dir`, `logFile`, `download.default_directory`, `outdir`.
pub fn keeping(name: &str) -> Option<Keeping> {
    let all = words(name);
    let told = |it: &str| match () {
        () if says("input", it) => None,
        () if says("kept", it) => Some(Keeping::Sure),
        () if says("found", it) => Some(Keeping::Perhaps),
        () => None,
    };
    let (last, before) = all.split_last()?;
    let mut joined = PLACES.iter().filter_map(|it| last.strip_suffix(it));
    let counts = |it: &&String| says("input", it) || told(it).is_some();
    let before = before.iter().rfind(counts).filter(|_| says("place", last));
    joined.find_map(told).or_else(|| told(before?))
}

/// Whether the name of a setting says that it is a file.
pub fn is_file(name: &str) -> bool {
    let files = ["file", "filename", "filepath", "jar", "template"];
    words(name).last().is_some_and(|it| files.iter().any(|end| it.ends_with(end)))
}

/// The name of the setting that a function sets, by its own name: `LogDir` of `setLogDir`, `cache` of `enable_cache`.
pub fn set_by(function: &str) -> Option<&str> {
    let all = words(function);
    let verbs = ["enable", "set", "use", "with"];
    let first = all.first().filter(|it| 1 < all.len() && verbs.contains(&it.as_str()))?;
    function.get(first.len()..).map(|it| it.trim_start_matches('_'))
}

/// Whether the name of a setting says that it is a place, of whatever kind: `dir`, `folderPath`, `dirName`.
pub fn is_place(name: &str) -> bool {
    let all = words(name);
    let last = all.iter().rev().find(|it| *it != "name");
    last.is_some_and(|it| it.ends_with("dirname") || says("place", it) && it != "template")
}

/// The path of a store that a text addresses: `data` of `rocksdb://data`.
///
/// surrealdb.com/docs: "Connect".
pub fn store(text: &str) -> Option<&str> {
    let schemes = ["rocksdb://", "surrealkv://", "surrealkv+versioned://"];
    schemes.iter().find_map(|it| text.strip_prefix(it)).filter(|it| is_path(it))
}

/// Whether a text may be a path: no address, no type of media, no text for people, no pattern.
pub fn is_path(text: &str) -> bool {
    let other = [
        ' ', '\n', '\t', '<', '>', '{', '}', '|', ';', ',', '%', '?', '=', '&', '@', ':', '*', '(',
        ')', '[', ']', '"', '\'', '$', '#', '^', '+', '!', '`', '\\',
    ];
    let kinds = ["application/", "audio/", "font/", "image/", "multipart/", "text/", "video/"];
    !text.is_empty()
        && text.len() < 200
        && !text.contains(other)
        && !text.contains("//")
        && !kinds.iter().any(|it| text.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn databases_keep_names_and_not_files() {
        assert!(is_record("mongoose") && is_record("django.db.models"));
        assert!(!is_record("mongoosefs") && !is_record("express") && !is_record(""));
    }

    #[test]
    fn names_are_taken_apart() {
        assert_eq!(words("download.default_directory"), ["download", "default", "directory"]);
        assert_eq!(words("saveToPDF"), ["save", "to", "pdf"]);
        assert_eq!(words("CacheDir"), ["cache", "dir"]);
    }

    #[test]
    fn names_of_functions_tell_what_they_do() {
        for it in ["save", "writePdf", "to_png", "load_file_or_create", "SqliteWriter"] {
            assert_eq!(verb(it), Verb::Writes, "{it}");
        }
        for it in ["load", "endswith", "getFile", "ValidationError", "println", ""] {
            assert_eq!(verb(it), Verb::Reads, "{it}");
        }
        for it in ["SqliteDict", "open", "enable_cache", "Toast"] {
            assert_eq!(verb(it), Verb::Unknown, "{it}");
        }
        assert!(names_only("FileResponse") && !names_only("Workbook"));
    }

    #[test]
    fn names_of_settings_tell_where_something_is_kept() {
        for it in [
            "cache_dir",
            "logFile",
            "outdir",
            "download.default_directory",
            "UPLOAD_FOLDER",
            "savePath",
        ] {
            assert_eq!(keeping(it), Some(Keeping::Sure), "{it}");
        }
        for it in ["data_dir", "dbPath", "storage_path"] {
            assert_eq!(keeping(it), Some(Keeping::Perhaps), "{it}");
        }
        for it in ["template_dir", "path", "profile", "data", "outlier_file_count", "about_dir"] {
            assert_eq!(keeping(it), None, "{it}");
        }
        assert!(is_file("lockfile") && !is_file("outdir"));
        assert!(is_place("dirName") && is_place("folder_path") && !is_place("name"));
        assert_eq!(set_by("setLogDir"), Some("LogDir"));
        assert_eq!((set_by("enable_cache"), set_by("settle")), (Some("cache"), None));
        assert_eq!((store("rocksdb://data"), store("redis://data")), (Some("data"), None));
    }

    #[test]
    fn endings_tell_what_a_file_is() {
        assert_eq!(ending("./data/a.sqlite3"), Ending::State);
        assert_eq!(ending("a.PDF"), Ending::Output);
        assert_eq!(ending("a/b.json"), Ending::Text);
        for it in [".db", "a.py", "log", "a.b/c"] {
            assert_eq!(ending(it), Ending::None, "{it}");
        }
        assert!(is_path("./data/a.db") && !is_path("image/png") && !is_path("a b.pdf"));
        assert!(!is_path("https://a/b.pdf"));
    }
}
