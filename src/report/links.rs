//! Where the pages are that explain what a report says.

use crate::engine::plan::codes;

/// The folder of the pages on the web.
///
/// They are not published yet, and `.example` is a name that nobody can own (RFC 2606). This line is all that
/// has to change.
const PAGES: &str = "https://refit.example/docs";

/// The page of refit itself.
pub(super) fn tool() -> String {
    format!("{PAGES}/")
}

/// The page of a transform.
pub(super) fn transform(name: &str) -> String {
    format!("{PAGES}/transforms/{name}")
}

/// The part of a page that explains a code of a transform.
pub(super) fn code(transform_name: &str, code: &str) -> String {
    match codes::MEANINGS.iter().any(|it| it.code == code) {
        true => format!("{PAGES}/codes#{code}"),
        false => format!("{}#{code}", transform(transform_name)),
    }
}
