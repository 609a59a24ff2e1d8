//! Source files: of which languages they are, by how their names end, and which a developer edits.
//!
//! To add a language, add a line to [`LANGUAGES`]; what begins a comment is in the reference of the language.

use super::{FileKind, file};
use crate::text::RepoPath;

/// A kind of source files.
#[derive(Clone, Copy, Debug)]
pub struct Language {
    /// How the names of its files end, after the dot.
    pub ending: &'static str,
    /// What begins a comment that goes to the end of the line; empty if nothing does.
    pub comment: &'static str,
    /// Whether a file with this ending is source wherever it is found: not so those of pages and components,
    /// which may be content.
    pub is_code: bool,
}

/// The languages that are known.
pub const LANGUAGES: [Language; 23] = [
    language("py", "#", true),
    language("pyx", "#", true),
    language("rb", "#", true),
    language("ru", "#", true),
    language("rake", "#", true),
    language("sh", "#", true),
    language("js", "//", true),
    language("jsx", "//", false),
    language("mjs", "//", true),
    language("cjs", "//", true),
    language("ts", "//", true),
    language("mts", "//", true),
    language("cts", "//", true),
    language("tsx", "//", false),
    language("vue", "", false),
    language("svelte", "", false),
    language("go", "//", true),
    language("rs", "//", true),
    language("java", "//", true),
    language("kt", "//", false),
    language("cs", "//", false),
    language("php", "//", false),
    language("html", "", false),
];

const fn language(ending: &'static str, comment: &'static str, is_code: bool) -> Language {
    Language { ending, comment, is_code }
}

/// The language of a file with this ending.
pub fn language_of(ending: &str) -> Option<&'static Language> {
    LANGUAGES.iter().find(|it| it.ending == ending)
}

/// Whether a file of this name is source, of a program or a script.
pub fn is_code(name: &str) -> bool {
    name.rsplit_once('.').and_then(|it| language_of(it.1)).is_some_and(|it| it.is_code)
}

/// Whether a developer of a program edits this file all day: source, and neither a manifest nor a setting, a test or a
/// migration.
pub fn is_edited(path: &RepoPath) -> bool {
    let name = path.file_name();
    let is_config = is_manifest(name) || name == "conftest.py" || name.contains(".config.");
    let is_test = path.as_str().split('/').any(|it| {
        matches!(it, "tests" | "test" | "__tests__" | "migrations" | "node_modules")
            || it.starts_with("test_")
    });
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    !is_config && !is_test && language_of(ending).is_some()
}

/// Whether a package manager reads a file of this name to know what to install.
pub fn is_manifest(name: &str) -> bool {
    file("", name).is_some_and(|it| it.kind == FileKind::Manifest)
}
