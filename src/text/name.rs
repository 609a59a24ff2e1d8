//! Names of programs in texts that are not read yet: a cheap look before the shell is parsed.

use super::{Span, line_start};

/// Whether a text has a name. One of two letters, which longer words have in them as well, must stand alone.
pub fn has_name(text: &str, name: &str) -> bool {
    match is_short(name) {
        false => text.contains(name),
        true => text
            .match_indices(name)
            .any(|(at, it)| stands_alone(text.as_bytes(), at..at + it.len())),
    }
}

/// The words of a text in any language, without quotes and operators.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |it: char| !it.is_alphanumeric() && !matches!(it, '-' | '_' | '.' | '/' | '+');
    let parts = text.split(ends);
    parts.filter(|it| !it.is_empty())
}

/// Whether a name was found in a text at this place, which must stand alone if it is short.
pub fn is_name_at(text: &str, span: Span) -> bool {
    2 < span.len() || stands_alone(text.as_bytes(), span)
}

/// Whether a name is so short that other words have it in them.
fn is_short(name: &str) -> bool {
    matches!(name.len(), 1 | 2)
}

fn stands_alone(text: &[u8], span: Span) -> bool {
    let goes_on = |it: Option<&u8>| it.is_some_and(|it| it.is_ascii_alphanumeric() || *it == b'_');
    let before = span.start.checked_sub(1).and_then(|at| text.get(at));
    !goes_on(before) && !goes_on(text.get(span.end))
}

/// Returns true if what stands at a span is a path or a part of one: quoted, beside a slash, imported, or an item of a
/// list in YAML.
pub fn is_path_at(text: &str, span: Span) -> bool {
    let before = text[..span.start].chars().next_back();
    let after = text[span.end..].chars().next();
    let goes_on = |it: Option<char>| it.is_some_and(|it| it.is_alphanumeric() || "_-".contains(it));
    if goes_on(before) || goes_on(after) {
        return false;
    }
    let line = line_start(text, span.start);
    let lead = &text[line..span.start];
    let token = lead.rsplit(|it: char| it.is_whitespace() || "\"'`(<".contains(it)).next();
    if token.is_some_and(|it| it.contains("://")) {
        return false;
    }
    let marks = |it: Option<char>| it.is_some_and(|it| "\"'`/*\\".contains(it));
    // Of a list in YAML, which needs no quotes.
    let is_item = lead.trim_start() == "- " && matches!(after, None | Some('\n' | '\r'));
    let is_import = ["from ", "import ", "include ", "add_subdirectory("];
    let is_embedded = lead.trim_start().starts_with("//go:embed ");
    let is_import = is_embedded || is_import.iter().any(|it| lead.ends_with(it));
    marks(before) || marks(after) || is_import || is_item || after == Some('.')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_names_stand_alone() {
        for it in ["go build", "cd x&&go build", "/usr/local/go/bin/go", "a\ngo\tb", "xx-go build"]
        {
            assert!(has_name(it, "go"), "{it}");
        }
        for it in ["cargo build", "django", "gosu app", "golang", "_go", ""] {
            assert!(!has_name(it, "go"), "{it}");
        }
        assert!(
            has_name("cargo", "") && has_name("pip3 install", "pip") && is_name_at("pip3", 0..3)
        );
        assert!(!is_name_at("cargo", 3..5) && is_name_at("a go", 2..4));
    }

    #[test]
    fn paths_are_quoted_imported_or_beside_a_slash() {
        let rows = [
            ("open(\"docs\")", true),
            ("\"./docs/index.md\"", true),
            ("from docs import x", true),
            ("//go:embed docs\n", true),
            ("//go:embed a all:docs", true),
            ("add_subdirectory(docs)", true),
            ("packages:\n  - docs\n", true),
            ("dockerfile: docs", false),
            ("\t\"A\", \"tests\\docs.csproj\"", true),
            ("see https://x.y/docs/z", false),
            ("# see the docs\n", false),
            ("docs = 1", false),
            ("\"mydocs\"", false),
        ];
        for (text, expected) in rows {
            let at = text.find("docs").unwrap();
            assert_eq!(is_path_at(text, at..at + 4), expected, "{text}");
        }
    }
}
