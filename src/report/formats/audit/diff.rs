//! A diff on a page: unified, or side by side.

use std::fmt::Write as _;

use crate::report::formats::html::text;

/// The lines of the hunks of a diff.
fn body(diff: &str) -> impl Iterator<Item = &str> {
    diff.lines().skip_while(|it| !it.starts_with("@@ "))
}

/// How many lines of a diff have a sign.
pub(super) fn lines(diff: &str, sign: char) -> usize {
    body(diff).filter(|it| it.starts_with(sign)).count()
}

/// A line of a diff, with its number.
type Line<'d> = (usize, &'d str);

/// A diff as two tables, one of which is shown.
pub(super) fn tables(out: &mut String, diff: &str) {
    out.push_str("<table class=\"diff unified\">\n<colgroup><col class=\"no\"><col class=\"no\"><col></colgroup>\n");
    let (mut old, mut new) = (0, 0);
    for line in body(diff) {
        let (sign, said) = line.split_at_checked(1).unwrap_or(("", ""));
        let (class, before, after) = match sign {
            "@" => {
                (old, new) = starts(line);
                let _ =
                    writeln!(out, "<tr class=\"at\"><td colspan=\"3\">{}</td></tr>", text(line));
                continue;
            }
            "+" => ("add", None, Some(new)),
            "-" => ("del", Some(old), None),
            " " => ("", Some(old), Some(new)),
            // The end of the file has no line end.
            _ => continue,
        };
        old += usize::from(before.is_some());
        new += usize::from(after.is_some());
        let cell = |it: Option<usize>| it.map_or_else(String::new, |it| it.to_string());
        let _ = writeln!(
            out,
            "<tr class=\"{class}\"><td class=\"no\">{}</td><td class=\"no\">{}</td><td>{sign}{}</td></tr>",
            cell(before),
            cell(after),
            code(said)
        );
    }
    out.push_str(
        "</table>\n<table class=\"diff split\">\n<colgroup><col class=\"no\"><col><col class=\"no\"><col></colgroup>\n",
    );
    let (mut removed, mut added): (Vec<Line<'_>>, Vec<Line<'_>>) = (Vec::new(), Vec::new());
    for line in body(diff) {
        let (sign, said) = line.split_at_checked(1).unwrap_or(("", ""));
        match sign {
            "-" => {
                removed.push((old, said));
                old += 1;
            }
            "+" => {
                added.push((new, said));
                new += 1;
            }
            "@" => {
                pairs(out, &mut removed, &mut added);
                (old, new) = starts(line);
                let _ =
                    writeln!(out, "<tr class=\"at\"><td colspan=\"4\">{}</td></tr>", text(line));
            }
            " " => {
                pairs(out, &mut removed, &mut added);
                pair(out, Some((old, said)), Some((new, said)), ["", ""]);
                (old, new) = (old + 1, new + 1);
            }
            _ => {}
        }
    }
    pairs(out, &mut removed, &mut added);
    out.push_str("</table>\n");
}

/// A line of a file as the content of an element, its tabs kept.
fn code(line: &str) -> String {
    line.split('\t').map(text).collect::<Vec<_>>().join("\t")
}

/// The numbers of the lines that a hunk starts with: `@@ -3,7 +3,8 @@`.
fn starts(line: &str) -> (usize, usize) {
    let number = |sign: char| {
        let word = line.split(' ').find_map(|it| it.strip_prefix(sign))?;
        word.split(',').next()?.parse().ok()
    };
    (number('-').unwrap_or(1), number('+').unwrap_or(1))
}

/// Lines that are removed beside those that are added in their place.
fn pairs(out: &mut String, removed: &mut Vec<Line<'_>>, added: &mut Vec<Line<'_>>) {
    for at in 0..removed.len().max(added.len()) {
        pair(out, removed.get(at).copied(), added.get(at).copied(), ["del", "add"]);
    }
    removed.clear();
    added.clear();
}

fn pair(out: &mut String, old: Option<Line<'_>>, new: Option<Line<'_>>, classes: [&str; 2]) {
    out.push_str("<tr>");
    for (line, class) in [old, new].into_iter().zip(classes) {
        let _ = match line {
            Some((number, said)) => write!(
                out,
                "<td class=\"no {class}\">{number}</td><td class=\"{class}\">{}</td>",
                code(said)
            ),
            None => write!(out, "<td class=\"no\"></td><td></td>"),
        };
    }
    out.push_str("</tr>\n");
}
