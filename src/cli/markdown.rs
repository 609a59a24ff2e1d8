//! Pages for a terminal: the part of Markdown that they use.

use std::fmt::Write as _;

use super::{
    output::{BOLD, CYAN, DIM, colored, plain},
    wrap::wrap,
};

const INDENT: &str = "    ";
/// The width of lines that are not for a terminal.
const WIDTH: usize = 100;
/// The narrowest column of a table.
const NARROW: usize = 12;

/// A page with bold headings, indented code, colored diffs, tables in columns and paragraphs in lines no longer than
/// `width`; without colors, marks stay where they carry meaning.
pub(super) fn render(page: &str, colors: bool, width: Option<usize>) -> String {
    let width = width.unwrap_or(WIDTH).min(WIDTH);
    let mut out = String::with_capacity(page.len() * 2);
    let mut lines = page.lines().peekable();
    while let Some(line) = lines.next() {
        if line.starts_with("```") {
            let fence = &line[..line.len() - line.trim_start_matches('`').len()];
            let language = &line[fence.len()..];
            let body: Vec<&str> = lines.by_ref().take_while(|it| *it != fence).collect();
            for line in body {
                let shown = match (colors, language) {
                    (true, "diff") => colored(line),
                    (true, _) => format!("{DIM}{line}{DIM:#}"),
                    (false, _) => line.to_owned(),
                };
                let _ = writeln!(out, "{}", format!("{INDENT}{shown}").trim_end());
            }
        } else if line.starts_with('#') {
            let heading = inline(line.trim_start_matches('#').trim(), false);
            let _ = writeln!(out, "{BOLD}{heading}{BOLD:#}");
        } else if line.starts_with('|') {
            let mut rows = vec![line];
            while let Some(row) = lines.next_if(|it| it.starts_with('|')) {
                rows.push(row);
            }
            out.push_str(&table(&rows, colors, width));
        } else if line.trim().is_empty() {
            out.push('\n');
        } else {
            let marker = marker(line);
            let mut text = line[marker.len()..].trim().to_owned();
            while let Some(more) = lines.next_if(|it| continues(it)) {
                text.push(' ');
                text.push_str(more.trim());
            }
            let rest = " ".repeat(marker.len());
            out.push_str(&wrap(&inline(&text, colors), marker, &rest, Some(width)));
        }
    }
    out
}

/// What comes before the text of an entry of a list, with its indentation; empty for a paragraph.
fn marker(line: &str) -> &str {
    let indent = line.len() - line.trim_start().len();
    let rest = &line[indent..];
    let digits = rest.len() - rest.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let after = match (rest.strip_prefix("- "), digits) {
        (Some(_), _) => 2,
        (None, 0) => return "",
        (None, digits) if rest[digits..].starts_with(". ") => digits + 2,
        _ => return "",
    };
    &line[..indent + after]
}

/// Returns true for a line that goes on with the paragraph or entry above it.
fn continues(line: &str) -> bool {
    let text = line.trim_start();
    !text.is_empty()
        && !text.starts_with(['#', '|'])
        && !text.starts_with("```")
        && marker(line).is_empty()
}

/// A table in columns, cells wrapped where it would be too wide.
fn table(rows: &[&str], colors: bool, width: usize) -> String {
    let is_rule = |it: &&&str| !it.trim_matches(['|', '-', ':', ' ']).is_empty();
    let rows = rows.iter().filter(is_rule).map(|row| {
        let row = row.trim();
        let row = row.strip_prefix('|').unwrap_or(row);
        let row = row.strip_suffix('|').unwrap_or(row);
        cells(row).into_iter().map(|it| inline(it.trim(), colors)).collect::<Vec<_>>()
    });
    let rows: Vec<Vec<String>> = rows.collect();
    let columns = rows.iter().map(Vec::len).max().unwrap_or_default();
    let natural =
        |at: usize| rows.iter().filter_map(|it| it.get(at)).map(|it| columns_of(it)).max();
    let mut widths: Vec<usize> = (0..columns).map(|it| natural(it).unwrap_or_default()).collect();
    while width < widths.iter().map(|it| it + 2).sum() {
        let Some(widest) = widths.iter_mut().max().filter(|it| NARROW < **it) else { break };
        *widest -= 1;
    }
    let mut out = String::new();
    for (number, row) in rows.iter().enumerate() {
        let cells: Vec<Vec<String>> = row
            .iter()
            .zip(&widths)
            .map(|(cell, width)| {
                wrap(cell, "", "", Some(*width)).lines().map(str::to_owned).collect()
            })
            .collect();
        for line in 0..cells.iter().map(Vec::len).max().unwrap_or_default() {
            let mut text = String::new();
            for (cell, width) in cells.iter().zip(&widths) {
                let part = cell.get(line).map_or("", String::as_str);
                let blanks = " ".repeat((width + 2).saturating_sub(columns_of(part)).max(2));
                text.push_str(part);
                text.push_str(&blanks);
            }
            match number {
                0 => _ = writeln!(out, "{BOLD}{}{BOLD:#}", text.trim_end()),
                _ => _ = writeln!(out, "{}", text.trim_end()),
            }
        }
    }
    out
}

/// The cells of a row, between the bars before which no backslash stands.
fn cells(row: &str) -> Vec<&str> {
    let (mut cells, mut start) = (Vec::new(), 0);
    for (at, _) in row.match_indices('|').filter(|it| !row[..it.0].ends_with('\\')) {
        cells.push(&row[start..at]);
        start = at + 1;
    }
    cells.push(&row[start..]);
    cells
}

/// A text without the backslashes before punctuation, which keep it from being markup.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match (c, chars.peek()) {
            ('\\', Some(it)) if it.is_ascii_punctuation() => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

fn columns_of(text: &str) -> usize {
    textwrap::core::display_width(&plain(text))
}

/// Code and emphasis in a line are colored instead of marked; without colors code stays marked.
fn inline(line: &str, colors: bool) -> String {
    let mut out = String::with_capacity(line.len());
    let is_whole = line.matches('`').count().is_multiple_of(2);
    let mut is_bold = false;
    for (at, part) in line.split('`').enumerate() {
        if is_whole && at % 2 == 1 {
            match colors {
                true => _ = write!(out, "{CYAN}{part}{CYAN:#}"),
                false => _ = write!(out, "`{part}`"),
            }
            continue;
        }
        if !is_whole && 0 < at {
            out.push('`');
        }
        for (at, part) in part.split("**").enumerate() {
            is_bold ^= 0 < at;
            let part = unescaped(part);
            match colors && is_bold {
                true => _ = write!(out, "{BOLD}{part}{BOLD:#}"),
                false => out.push_str(&part),
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = "# Do `it`\n\nSee `RUN **`,\nor **not**.\n\n```diff\n-a\n+b\n\n```\n\n`x`:\n\n```text\ncode\n```\n";

    #[test]
    fn a_page_without_colors_is_text() {
        let plain = plain(&render(PAGE, false, None));
        assert_eq!(
            plain,
            "Do `it`\n\nSee `RUN **`, or not.\n\n    -a\n    +b\n\n\n`x`:\n\n    code\n"
        );
    }

    #[test]
    fn a_page_with_colors_says_the_same() {
        let colored = render(PAGE, true, None);
        assert!(colored.contains("\u{1b}["));
        assert_eq!(
            plain(&colored),
            "Do `it`\n\nSee RUN **, or not.\n\n    -a\n    +b\n\n\nx:\n\n    code\n"
        );
    }

    #[test]
    fn lists_and_tables_fit_the_width() {
        let page = "- `one`: two three four\n  five six\n- seven\n\n10. ten\n\n\
                    | a | b |\n|---|---|\n| `x` | one two three four five six |\n";
        let expected = "- `one`: two three\n  four five six\n- seven\n\n10. ten\n\n\
                        a    b\n`x`  one two three\n     four five six\n";
        assert_eq!(plain(&render(page, false, Some(20))), expected);
    }

    #[test]
    fn escaped_punctuation_is_no_markup() {
        let page = "an\\_ame \\[x\\] `a\\_b`\n\n| a\\|b | c |\n|---|---|\n";
        assert_eq!(plain(&render(page, false, None)), "an_ame [x] `a\\_b`\n\na|b  c\n");
    }
}
