//! Pages for a terminal: the part of Markdown that they use.

use std::fmt::Write as _;

use super::output::{BOLD, CYAN, DIM, colored};

const INDENT: &str = "    ";

/// A page with bold headings, indented code and colored diffs; without colors, marks stay where they
/// carry meaning.
pub(super) fn render(page: &str, colors: bool) -> String {
    let mut out = String::with_capacity(page.len() * 2);
    let mut lines = page.lines();
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
        } else {
            let _ = writeln!(out, "{}", inline(line, colors));
        }
    }
    out
}

/// Code in a line is colored instead of quoted.
fn inline(line: &str, colors: bool) -> String {
    if !colors || line.matches('`').count() % 2 == 1 {
        return line.to_owned();
    }
    let mut out = String::with_capacity(line.len());
    for (at, part) in line.split('`').enumerate() {
        match at % 2 {
            0 => out.push_str(part),
            _ => _ = write!(out, "{CYAN}{part}{CYAN:#}"),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str =
        "# Do `it`\n\nSee `RUN`.\n\n```diff\n-a\n+b\n\n```\n\n`x`:\n\n```\ncode\n```\n";

    #[test]
    fn a_page_without_colors_is_text() {
        let plain = anstream::adapter::strip_str(&render(PAGE, false)).to_string();
        assert_eq!(plain, "Do `it`\n\nSee `RUN`.\n\n    -a\n    +b\n\n\n`x`:\n\n    code\n");
    }

    #[test]
    fn a_page_with_colors_says_the_same() {
        let colored = render(PAGE, true);
        assert!(colored.contains("\u{1b}["));
        let plain = anstream::adapter::strip_str(&colored).to_string();
        assert_eq!(plain, "Do `it`\n\nSee RUN.\n\n    -a\n    +b\n\n\nx:\n\n    code\n");
    }
}
