//! One page for a browser, which needs nothing else: no scripts, no fonts, no network.

use std::{collections::BTreeMap, fmt::Write as _};

use super::{markup, on_one_line};
use crate::{
    engine::plan::codes,
    report::{ChangeReport, DeclineReport, Report},
    text::count::{counted, number},
};

const STYLE: &str = "\
:root{color-scheme:light dark;--line:#8884;--add:#2da44e33;--del:#cf222e33;--dim:#777}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:2rem auto;padding:0 1rem}
h2{font:600 1.1rem/1.5 ui-monospace,monospace;border-top:1px solid var(--line);padding-top:1rem;margin-top:2rem}
h3{font-size:1rem;margin:1rem 0 0}
p{margin:.2rem 0}
table{border-collapse:collapse}
td,th{padding:.2rem .8rem;text-align:right;border-bottom:1px solid var(--line)}
td:first-child,th:first-child{text-align:left}
pre{overflow-x:auto;border:1px solid var(--line);border-radius:6px;padding:.5rem 0;font-size:.85rem}
pre span{display:block;padding:0 .8rem}
.add{background:var(--add)}.del{background:var(--del)}.at,small{color:var(--dim)}
.tag{font-size:.8rem;font-weight:400;border:1px solid var(--line);border-radius:1rem;padding:0 .6rem}
.safe{background:var(--add)}.review{background:#d4a72c44}
";

/// The report as a page: figures, then each file with its changes, their diffs, and what was left alone.
pub fn html(report: &Report) -> String {
    let summary = &report.summary;
    let mut out =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n".to_owned();
    out.push_str("<meta name=\"viewport\" content=\"width=device-width\">\n<title>refit</title>\n");
    let _ = writeln!(out, "<style>\n{STYLE}</style>\n</head>\n<body>\n<h1>refit</h1>");
    let (files, changes) =
        (counted(summary.changed_files, "file"), counted(summary.changes, "change"));
    let (looked, left) =
        (counted(summary.dockerfiles, "Dockerfile"), counted(declines(report).count(), "place"));
    let _ = writeln!(out, "<p>{files} would change: {changes} in {looked}; {left} left alone.</p>");
    figures(&mut out, report);
    let mut by_file: BTreeMap<&str, (Vec<&ChangeReport>, Vec<&DeclineReport>)> = BTreeMap::new();
    for it in &report.changes {
        by_file.entry(&it.place.path).or_default().0.push(it);
    }
    for it in declines(report) {
        by_file.entry(&it.place.path).or_default().1.push(it);
    }
    for (path, (mut changes, mut declines)) in by_file {
        changes.sort_by_key(|it| it.place.line);
        declines.sort_by_key(|it| it.place.line);
        let _ = writeln!(out, "<section>\n<h2>{}</h2>", text(path));
        for it in changes {
            change(&mut out, it);
        }
        for it in declines {
            decline(&mut out, it);
        }
        out.push_str("</section>\n");
    }
    for it in &report.problems {
        let line = it.line.map(|it| format!(":{it}")).unwrap_or_default();
        let (path, message) = (text(&format!("{}{line}", it.path)), text(&it.message));
        let _ = writeln!(
            out,
            "<section>\n<h2>{path}</h2>\n<p>It could not be read: {message}</p>\n</section>"
        );
    }
    let tool = &report.tool;
    let _ = writeln!(out, "<footer><p><small>{} {}</small></p></footer>", tool.name, tool.version);
    out + "</body>\n</html>\n"
}

fn declines(report: &Report) -> impl Iterator<Item = &DeclineReport> {
    report.declines.iter().filter(|it| it.code != codes::ENGINE)
}

fn figures(out: &mut String, report: &Report) {
    let mut rows: BTreeMap<&str, [usize; 3]> = BTreeMap::new();
    for (name, counts) in &report.summary.by_transform {
        rows.insert(name, [counts.safe, counts.review, 0]);
    }
    for it in declines(report) {
        rows.entry(&it.transform).or_default()[2] += 1;
    }
    out.push_str("<table>\n<tr><th></th><th>safe</th><th>to review</th><th>left alone</th></tr>\n");
    for (name, counts) in rows {
        let cells = counts.map(|it| format!("<td>{}</td>", number(it as u64))).concat();
        let _ = writeln!(out, "<tr><td>{name}</td>{cells}</tr>");
    }
    out.push_str("</table>\n");
}

fn change(out: &mut String, change: &ChangeReport) {
    let ChangeReport { transform, safety, title, reason, place, diff, url, .. } = change;
    let (title, reason, url) = (sentence(title), sentence(reason), markup(url));
    let _ = writeln!(out, "<h3>{title} <span class=\"tag {safety}\">{safety}</span></h3>");
    let _ = writeln!(
        out,
        "<p>{reason} <small>line {}, <a href=\"{url}\">{transform}</a></small></p>",
        place.line
    );
    out.push_str("<details><summary>diff</summary>\n<pre>");
    let mut is_body = false;
    for line in diff.lines() {
        is_body = line.starts_with("@@ ") || is_body && !line.starts_with("diff --git ");
        let class = match line.as_bytes().first() {
            Some(b'+') if is_body => "add",
            Some(b'-') if is_body => "del",
            Some(b' ') => "",
            _ => "at",
        };
        let _ = write!(out, "<span class=\"{class}\">{}</span>", text(line));
    }
    out.push_str("</pre>\n</details>\n");
}

fn decline(out: &mut String, decline: &DeclineReport) {
    let DeclineReport { transform, code, place, reason, url, .. } = decline;
    let (reason, url) = (sentence(reason), markup(url));
    let _ = writeln!(
        out,
        "<p><span class=\"tag\">left alone</span> {reason} <small>line {}, {transform}: \
         <a href=\"{url}\">{code}</a></small></p>",
        place.line
    );
}

/// A text of one line, as the content of an element.
pub(super) fn text(text: &str) -> String {
    markup(&on_one_line(text))
}

/// A sentence of refit's, its quotations as code.
pub(super) fn sentence(said: &str) -> String {
    let said = text(said);
    if !said.matches('`').count().is_multiple_of(2) {
        return said;
    }
    let parts = said.split('`').enumerate();
    let parts = parts
        .map(|(at, it)| if at % 2 == 1 { format!("<code>{it}</code>") } else { it.to_owned() });
    parts.collect()
}
