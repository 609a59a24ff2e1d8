//! The layout of a file's mappings and scalars.

use crate::text::line_start;

/// The layout of a file's lines.
pub(crate) struct Layout<'a> {
    /// The line end.
    pub(crate) end: &'static str,
    /// The indentation of the entry's line.
    pub(crate) indent: &'a str,
    /// One step of indentation.
    pub(crate) step: usize,
    /// Returns true if the entry begins its line.
    pub(crate) own_line: bool,
    /// The quotes of keys.
    pub(crate) quote: &'static str,
}

impl<'a> Layout<'a> {
    pub(crate) fn at(source: &'a str, at: usize) -> Self {
        let line = line_start(source, at);
        let before = &source[line..at];
        let blank = before.len() - before.trim_start_matches([' ', '\t']).len();
        // A list's dash is as wide as a space.
        let dashed = before.trim_start_matches([' ', '\t', '-']).is_empty();
        let steps = source.lines().filter(|it| !it.trim().is_empty());
        let steps = steps.map(|it| it.len() - it.trim_start_matches(' ').len());
        let step = steps.filter(|it| *it > 0).min().unwrap_or(2);
        Self {
            end: if source[..at].contains("\r\n") { "\r\n" } else { "\n" },
            indent: &before[..if dashed { before.len() } else { blank }],
            step: step.min(8),
            own_line: before.trim().is_empty(),
            quote: if source[at..].starts_with('"') { "\"" } else { "" },
        }
    }

    pub(crate) fn new_line(&self, deeper: usize) -> String {
        let indent: String =
            self.indent.chars().map(|it| if it == '-' { ' ' } else { it }).collect();
        format!("{}{indent}{}", self.end, " ".repeat(self.step * deeper))
    }
}

/// Returns true if there is only white space before this byte on its line.
pub(crate) fn begins_line(source: &str, at: usize) -> bool {
    let line = line_start(source, at);
    source[line..at].trim().is_empty()
}

/// The end of the line on which byte `at` lies, before its line break.
pub(crate) fn line_end(source: &str, at: usize) -> usize {
    let rest = &source[at..];
    let len = rest.find('\n').unwrap_or(rest.len());
    at + rest[..len].trim_end_matches('\r').len()
}

/// A scalar of YAML, quoted when it would not be text otherwise.
pub(crate) fn plain(text: &str) -> String {
    let bare = |it: char| it.is_ascii_alphanumeric() || "._-/=".contains(it);
    let starts = text.starts_with(|it: char| it.is_ascii_alphabetic() || ".".contains(it));
    let word = !matches!(
        text.to_ascii_lowercase().as_str(),
        "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
    );
    let digits = text.trim_start_matches('.').starts_with(|it: char| it.is_ascii_digit());
    if starts && word && !digits && text.chars().all(bare) { text.to_owned() } else { quoted(text) }
}

/// A build argument's value: what looks like a truth value or a number is quoted.
pub(crate) fn argument(value: &str) -> String {
    plain(value)
}

pub(crate) fn quoted(text: &str) -> String {
    let text = text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n");
    format!("\"{text}\"")
}
