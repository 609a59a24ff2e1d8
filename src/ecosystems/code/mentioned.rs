//! The texts of a file that may name other source files, folders of them, or patterns of their names.

use std::collections::HashSet;

use super::{Import, Language, scopes::Scopes};

/// A text that may name source files.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Mention {
    /// The path, without what a template or a pattern fills: `/commands/` of `${__dirname}/commands/**/*.js`.
    pub path: String,
    /// True for a pattern, which means files below the folder.
    pub is_pattern: bool,
}

/// The longest path.
const LONGEST: usize = 120;

/// What the texts of a file may name.
///
/// What it imports is followed in any case.
pub(super) fn of(scopes: &Scopes<'_>, imports: &[Import]) -> Vec<Mention> {
    let imported: HashSet<&str> = imports.iter().map(|it| it.module.as_str()).collect();
    let mut known = HashSet::new();
    let mut found: Vec<Mention> = Vec::new();
    for node in &scopes.texts {
        let text = scopes.text_of(*node).trim_start_matches(['f', 'r', 'b', 'u']);
        let mention = mention(text.trim_matches(['"', '\'', '`']));
        let mention = mention.filter(|it| !imported.contains(it.path.as_str()));
        found.extend(mention.filter(|it| known.insert(it.clone())));
    }
    found
}

fn mention(text: &str) -> Option<Mention> {
    // `${__dirname}/jobs/a.js`, `{here}/jobs/a.py`
    let mut path = text;
    while let Some(rest) = path.strip_prefix("${").or_else(|| path.strip_prefix('{')) {
        path = rest.split_once('}')?.1;
    }
    let is_plain = |it: char| it.is_ascii_alphanumeric() || "._-/@*?[]{}$,".contains(it);
    if path.is_empty() || LONGEST < path.len() || !path.chars().all(is_plain) || path.contains("//")
    {
        return None;
    }
    let is_source = ending(path);
    let open = path.find(['*', '?', '[', '{', '$', ',']);
    let is_beside = path.starts_with("./") || path.starts_with("../") || path != text;
    match open {
        Some(at) if is_source => {
            let folder = path[..at].rfind('/').map_or("", |it| &path[..=it]);
            Some(Mention { path: folder.to_owned(), is_pattern: true })
        }
        None if is_source || is_beside => {
            Some(Mention { path: path.to_owned(), is_pattern: false })
        }
        _ => None,
    }
}

/// Whether a text has the ending of a source file, or of a choice of such: `*.{js,ts}`.
fn ending(text: &str) -> bool {
    let last = text.rsplit('/').next().unwrap_or(text);
    let is_choice = ["js}", "ts}", "*(", "{ts", "{js"].iter().any(|it| last.contains(it));
    is_choice
        || Language::of(last)
            .is_some_and(|it| ![Language::CSharp, Language::Go, Language::Java].contains(&it))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_name_files_and_patterns() {
        let file = |it: &str| Some(Mention { path: it.to_owned(), is_pattern: false });
        let pattern = |it: &str| Some(Mention { path: it.to_owned(), is_pattern: true });
        assert_eq!(mention("_pages/a.py"), file("_pages/a.py"));
        assert_eq!(mention("./worker"), file("./worker"));
        assert_eq!(mention("${__dirname}/commands/**/*.{js,ts}"), pattern("/commands/"));
        assert_eq!(mention("*.py"), pattern(""));
        for it in ["a b.py", "worker", "a/b.txt", "https://a/b.js", ""] {
            assert_eq!(mention(it), None, "{it}");
        }
    }
}
