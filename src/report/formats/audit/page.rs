//! An audit as one page for a browser: it needs no network, is read without its script, and can be printed.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
};

use super::{
    Row, again, alike, change,
    diff::{lines, tables},
    remedy, rows, summary, user,
};
use crate::{
    engine::plan::codes,
    report::{
        ChangeReport, DeclineReport, FileReport,
        audit::{Audit, AuditedImage, ImageState, Priority, Trouble},
        formats::{
            html::{sentence, text},
            markup,
        },
    },
    text::count::{counted, number},
};

const STYLE: &str = include_str!("page.css");
const SCRIPT: &str = include_str!("page.js");

/// What a browser may do with the page: nothing but show it and run what is in it.
const POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'";

/// The audit as a page.
pub fn audit_html(audit: &Audit) -> String {
    let mut out =
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n".to_owned();
    let _ = writeln!(out, "<meta name=\"viewport\" content=\"width=device-width\">");
    let _ = writeln!(out, "<meta http-equiv=\"Content-Security-Policy\" content=\"{POLICY}\">");
    let _ = writeln!(out, "<title>Docker audit</title>\n<style>\n{STYLE}</style>\n</head>\n<body>");
    let files = files(audit);
    header(&mut out, audit, &files);
    out.push_str("<main>\n");
    problems(&mut out, &audit.problems, &files);
    images(&mut out, &audit.images, &files);
    diffs(&mut out, &files);
    advice(&mut out, audit);
    let tool = &audit.tool;
    let _ = writeln!(
        out,
        "</main>\n<footer><p>Made by {} {}. Steps are computed from the Dockerfiles, sizes are those on disk; nothing \
         was built.</p></footer>\n<script>\n{SCRIPT}</script>\n</body>\n</html>",
        tool.name, tool.version
    );
    out
}

/// What there is to say about a file.
#[derive(Default)]
struct Chapter<'a> {
    changes: Vec<&'a ChangeReport>,
    declines: Vec<&'a DeclineReport>,
    diff: Option<&'a FileReport>,
}

/// The files that change, and those in which something is left alone, by path.
fn files(audit: &Audit) -> BTreeMap<&str, Chapter<'_>> {
    let mut files: BTreeMap<&str, Chapter<'_>> = BTreeMap::new();
    for it in &audit.plan.files {
        files.entry(&it.path).or_default().diff = Some(it);
    }
    for it in &audit.plan.changes {
        files.entry(&it.place.path).or_default().changes.push(it);
    }
    for it in audit.plan.declines.iter().filter(|it| it.code != codes::ENGINE) {
        files.entry(&it.place.path).or_default().declines.push(it);
    }
    for it in files.values_mut() {
        it.changes.sort_by_key(|it| it.place.line);
        it.declines.sort_by_key(|it| it.place.line);
    }
    files
}

/// The anchor of a file.
fn anchor(path: &str) -> String {
    let plain = |it: char| if it.is_ascii_alphanumeric() || "._-".contains(it) { it } else { '-' };
    // Two paths may differ only in what is replaced.
    let other: u32 = path.chars().filter(|it| plain(*it) != *it).map(u32::from).sum();
    format!("file-{}-{other}", path.chars().map(plain).collect::<String>())
}

/// The path of a file, with a link where there is something to say about it.
fn linked(path: &str, shown: &str, files: &BTreeMap<&str, Chapter<'_>>) -> String {
    match files.contains_key(path) {
        true => format!("<a href=\"#{}\"><code>{}</code></a>", anchor(path), text(shown)),
        false => format!("<code>{}</code>", text(shown)),
    }
}

fn header(out: &mut String, audit: &Audit, files: &BTreeMap<&str, Chapter<'_>>) {
    let _ = writeln!(out, "<header>\n<h1>Docker audit</h1>\n<p>{}</p>", sentence(&summary(audit)));
    let parts = [
        ("problems", "Problems", !audit.problems.is_empty()),
        ("images", "Images", !audit.images.is_empty()),
        ("changes", "Changes", !files.is_empty()),
        ("advice", "Advice", !audit.advice.is_empty()),
    ];
    out.push_str("<nav>");
    for (id, name, _) in parts.iter().filter(|it| it.2) {
        let _ = write!(out, "<a href=\"#{id}\">{name}</a> ");
    }
    out.push_str("</nav>\n<dl class=\"tiles\">\n");
    let places = |priority: Priority| {
        let problems = audit.problems.iter().filter(|it| it.priority == priority);
        problems.map(|it| it.places.len()).sum::<usize>()
    };
    let found = Priority::ALL.map(|it| (it.as_str(), places(it)));
    let found = found.iter().filter(|it| it.1 != 0);
    let found = found.map(|(name, count)| {
        format!("<span class=\"{name}\">{} {name}</span>", number(*count as u64))
    });
    let found = found.collect::<Vec<_>>().join(" ");
    let found = if found.is_empty() { "none".to_owned() } else { found };
    let _ = writeln!(out, "<div class=\"tile\"><dt>Problems, by place</dt><dd>{found}</dd></div>");
    for Row { name, before, after, is_better } in rows(&audit.figures) {
        let (name, before) = (text(name), text(&before));
        let class = if is_better { " class=\"better\"" } else { "" };
        let said = match before == after {
            true => format!("<span>{before}</span>"),
            false => format!("<span>{before}</span> → <span{class}>{}</span>", text(&after)),
        };
        let _ = writeln!(out, "<div class=\"tile\"><dt>{name}</dt><dd>{said}</dd></div>");
    }
    out.push_str("</dl>\n</header>\n");
}

fn problems(out: &mut String, problems: &[Trouble], files: &BTreeMap<&str, Chapter<'_>>) {
    if problems.is_empty() {
        return;
    }
    out.push_str("<section id=\"problems\">\n<h2>Problems</h2>\n");
    for Trouble { code, priority, title, why, places } in problems {
        let open = if *priority <= Priority::High { " open" } else { "" };
        let mended = places.iter().filter(|it| it.mended_by.is_some()).count();
        let (name, count) = (priority.as_str(), counted(places.len(), "place"));
        let mended = match mended {
            0 => String::new(),
            it => format!(", refit mends {}", number(it as u64)),
        };
        let _ = writeln!(
            out,
            "<details class=\"card problem\" id=\"problem-{code}\"{open}>\n<summary><span class=\"tag {name}\">{name}</span> \
             <b>{}</b> <small>{count}{mended}</small></summary>\n<p>{}</p>\n<ul>",
            sentence(title),
            sentence(why)
        );
        for spots in alike(places) {
            let names = spots.iter().map(|it| linked(&it.place.path, &it.place.to_string(), files));
            let names = names.collect::<Vec<_>>().join(", ");
            let (detail, remedy) = (sentence(&spots[0].detail), sentence(&remedy(spots[0])));
            let _ =
                writeln!(out, "<li>{detail}; <span class=\"dim\">{remedy}</span><br>{names}</li>");
        }
        out.push_str("</ul>\n</details>\n");
    }
    out.push_str("</section>\n");
}

fn images(out: &mut String, images: &[AuditedImage], files: &BTreeMap<&str, Chapter<'_>>) {
    if images.is_empty() {
        return;
    }
    out.push_str("<section id=\"images\">\n<h2>Images</h2>\n<div class=\"tools\">\n");
    out.push_str(
        "<input id=\"filter\" type=\"search\" placeholder=\"Filter\" aria-label=\"Filter\">\n",
    );
    out.push_str("<select id=\"transform\" aria-label=\"Transform\"><option value=\"\">all transforms</option>");
    let transforms: BTreeSet<&str> = images.iter().flat_map(|it| &it.transforms).copied().collect();
    for it in transforms {
        let _ = write!(out, "<option value=\"{it}\">{it}</option>");
    }
    out.push_str("</select>\n<span id=\"shown\" class=\"dim\" role=\"status\"></span>\n</div>\n");
    out.push_str("<div class=\"wide\">\n<table class=\"services\">\n<thead><tr>");
    for (name, class) in COLUMNS {
        let _ = write!(out, "<th{class}><button type=\"button\">{name}</button></th>");
    }
    out.push_str("</tr></thead>\n<tbody>\n");
    for it in images {
        image(out, it, files);
    }
    out.push_str("</tbody>\n</table>\n</div>\n<p><small>Steps: those that run again after an edit of the service's own \
                  source.</small></p>\n</section>\n");
}

/// The columns of the table of images, with their classes.
const COLUMNS: [(&str, &str); 6] = [
    ("Image", ""),
    ("Dockerfile", ""),
    ("User", ""),
    ("Steps run again", " class=\"n\""),
    ("Changes", " class=\"n\""),
    ("Left alone", " class=\"n\""),
];

fn image(out: &mut String, image: &AuditedImage, files: &BTreeMap<&str, Chapter<'_>>) {
    let AuditedImage { name, dockerfile, before, after, transforms, .. } = image;
    let (before, after) = (before.as_ref(), after.as_ref());
    let chapter = files.get(dockerfile.as_str());
    let changes = chapter.map_or(0, |it| it.changes.len());
    let declines = chapter.map_or(0, |it| it.declines.len());
    let of = |state: Option<&ImageState>| {
        state.and_then(|it| it.source_edit.as_ref()).map_or(0, |it| it.lines.len())
    };
    let (file, user) = (linked(dockerfile, dockerfile, files), change(user(before), user(after)));
    let target = image.target.as_ref().map(|it| format!(" <small>{}</small>", text(it)));
    let why = image.unknown.as_ref().map(|it| format!("<br><small>{}</small>", sentence(it)));
    let _ = writeln!(
        out,
        "<tr data-transforms=\"{}\"><td>{}{}{}</td><td>{file}</td><td data-label=\"user\">{}</td>\
         <td class=\"n\" data-label=\"steps run again\" data-sort=\"{}\">{}</td>\
         <td class=\"n\" data-label=\"changes\">{changes}</td><td class=\"n\" data-label=\"left alone\">{declines}</td></tr>",
        transforms.join(" "),
        text(name),
        target.unwrap_or_default(),
        why.unwrap_or_default(),
        text(&user),
        of(before),
        text(&change(&again(before), &again(after))),
    );
}

fn diffs(out: &mut String, files: &BTreeMap<&str, Chapter<'_>>) {
    if files.is_empty() {
        return;
    }
    out.push_str("<section id=\"changes\">\n<h2>Changes, and what is left alone</h2>\n");
    out.push_str("<input class=\"view\" type=\"radio\" name=\"view\" id=\"unified\" checked>");
    out.push_str("<input class=\"view\" type=\"radio\" name=\"view\" id=\"side\">\n");
    out.push_str("<div class=\"views\"><label for=\"unified\">unified</label><label for=\"side\">side by side</label></div>\n");
    out.push_str("<div class=\"files\">\n");
    for (path, chapter) in files {
        let _ = writeln!(
            out,
            "<article class=\"card file\" id=\"{}\">\n<h3>{}</h3>",
            anchor(path),
            text(path)
        );
        for it in &chapter.changes {
            let ChangeReport { transform, safety, title, reason, place, url, .. } = it;
            let (title, reason, url) = (sentence(title), sentence(reason), markup(url));
            let _ = writeln!(
                out,
                "<p class=\"change\"><span class=\"tag {safety}\">{safety}</span> <b>{title}</b>: {reason} <small>line {}, \
                 <a href=\"{url}\">{transform}</a></small></p>",
                place.line
            );
        }
        for it in &chapter.declines {
            let DeclineReport { transform, code, place, reason, url, .. } = it;
            let (reason, url) = (sentence(reason), markup(url));
            let _ = writeln!(
                out,
                "<p class=\"change\"><span class=\"tag left\">left alone</span> {reason} <small>line {}, {transform}: \
                 <a href=\"{url}\">{code}</a></small></p>",
                place.line
            );
        }
        if let Some(it) = chapter.diff {
            let (added, removed) = (lines(&it.diff, '+'), lines(&it.diff, '-'));
            let _ = writeln!(
                out,
                "<details><summary>diff <small>+{added} −{removed}</small></summary>\n<div class=\"wide\">"
            );
            tables(out, &it.diff);
            out.push_str("</div>\n</details>\n");
        }
        out.push_str("</article>\n");
    }
    out.push_str("</div>\n</section>\n");
}

fn advice(out: &mut String, audit: &Audit) {
    if audit.advice.is_empty() {
        return;
    }
    out.push_str("<section id=\"advice\">\n<h2>Advice</h2>\n");
    for it in &audit.advice {
        let (title, said) = (sentence(&it.title), sentence(&it.text));
        let _ = writeln!(out, "<div class=\"card\">\n<b>{title}</b>\n<p>{said}</p>");
        if !it.commands.is_empty() {
            let commands: Vec<String> = it.commands.iter().map(|it| text(it)).collect();
            let _ = writeln!(out, "<pre class=\"commands\">{}</pre>", commands.join("\n"));
        }
        out.push_str("</div>\n");
    }
    out.push_str("</section>\n");
}
