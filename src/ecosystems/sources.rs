//! Source files of languages, by how their names end.
//!
//! To add a language, add a line to [`LANGUAGES`]; what begins a comment is in the reference of the language.

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
