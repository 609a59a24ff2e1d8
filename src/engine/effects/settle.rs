//! What files say of further files: lists of requirements, manifests.

use super::{Effects, How, Text, Touch};
use crate::text::ImagePath;

/// How many files one list may lead to.
const MANY: usize = 200;

impl Effects {
    /// The files and folders that are touched once the texts of lists and manifests are read: each is read,
    /// changed, made or entered.
    pub(in crate::engine) fn settled(&self, text: Text<'_>) -> Vec<Touch> {
        let mut all = Vec::new();
        for touch in &self.touches {
            let reads = |path: ImagePath| Touch::new(path, How::Reads);
            match &touch.how {
                How::List(directory) => list(&touch.path, directory, text, &mut all),
                How::Says(needle) => {
                    let says = |it: &str| it.replace(' ', "").contains(needle);
                    if text(&touch.path).text().is_none_or(|it| says(&it)) {
                        all.push(reads(touch.path.clone()));
                    }
                }
                How::Lists(start) => {
                    all.push(reads(touch.path.clone()));
                    let lists = |it: &str| it.lines().any(|it| it.starts_with(start));
                    let said = text(&touch.path);
                    let said = said.is_unknown() || said.text().is_some_and(|it| lists(&it));
                    all.extend(touch.path.parent().filter(|_| said).map(reads));
                }
                How::Names(key) => {
                    let Some(folder) = touch.path.parent() else { continue };
                    let said = text(&touch.path);
                    if said.is_unknown() {
                        all.push(reads(folder));
                        continue;
                    }
                    let said = said.text().unwrap_or_default();
                    let values = said.lines().filter_map(|it| it.trim_start().strip_prefix(key));
                    let values = values.filter(|it| it.starts_with([' ', '\t', '=']));
                    let values = values.map(|it| it.trim_matches([' ', '\t', '=', '"', '\'']));
                    all.extend(values.map(|it| reads(folder.join(it))));
                }
                How::Manifest { habit, folders, own, whole } => {
                    let Some(folder) = touch.path.parent() else { continue };
                    let said = text(&touch.path);
                    if said.is_unknown() {
                        all.push(reads(folder));
                        continue;
                    }
                    let said = said.text().unwrap_or_default();
                    if *folders {
                        let named = paths(&said).into_iter().map(|it| folder.join(it));
                        all.extend(named.map(reads));
                    }
                    let bare = said.replace([' ', '\''], "");
                    let named = habit.hooks.iter().filter(|_| *own);
                    let named = named.filter(|it| {
                        let reads = |file: &&str| text(&folder.join(file)).text();
                        bare.contains(&format!("\"{}\":", it.package))
                            || (it.reads.iter().any(|it| reads(it).is_some())
                                && habit
                                    .reads
                                    .iter()
                                    .filter_map(reads)
                                    .any(|said| said.contains(it.package)))
                    });
                    for it in named {
                        all.extend(it.reads.iter().map(|it| reads(folder.join(it))));
                        for said in it.reads.iter().filter_map(|it| text(&folder.join(it)).text()) {
                            all.extend(quoted(&said, it.named).map(|it| reads(folder.join(it))));
                        }
                        all.extend(keyed(&bare, it.key).map(|it| reads(folder.join(it))));
                    }
                    let own = habit.own.filter(|_| *own).is_some_and(|it| {
                        !it.unless.iter().any(|it| bare.contains(it))
                            && (it.needs.is_empty() || it.needs.iter().any(|it| says(&bare, it)))
                    });
                    let needs = |it: &&str| bare.contains(it);
                    if own || (*whole && habit.whole.iter().any(needs)) {
                        all.push(reads(folder));
                    }
                }
                _ => all.push(touch.clone()),
            }
        }
        all
    }
}

/// A list of requirements and what it names: other lists from its own folder, the rest from `directory`.
fn list(file: &ImagePath, directory: &ImagePath, text: Text<'_>, all: &mut Vec<Touch>) {
    if MANY < all.len() || all.iter().any(|it| it.path == *file) {
        return;
    }
    all.push(Touch::new(file.clone(), How::Reads));
    let said = text(file);
    if said.is_unknown() {
        // It may name any file or folder.
        all.push(Touch::new(directory.clone(), How::Reads));
    }
    let Some(said) = said.text() else { return };
    let Some(folder) = file.parent() else { return };
    for line in logical(&said) {
        let mut words = line.split([' ', '\t', '=']).filter(|it| !it.is_empty());
        let Some(first) = words.next() else { continue };
        let value = words.next().unwrap_or_default().trim_matches(['"', '\'']);
        let local = |it: &str| !it.is_empty() && !it.contains("://");
        match first {
            "-r" | "--requirement" | "-c" | "--constraint" => {
                if local(value) {
                    list(&folder.join(value), directory, text, all);
                }
            }
            "-e" | "--editable" | "-f" | "--find-links" => {
                if local(value) {
                    let value = value.split('[').next().unwrap_or_default();
                    all.push(Touch::new(directory.join(value), How::Reads));
                }
            }
            _ if first.starts_with("-r") || first.starts_with("-c") => {
                list(&folder.join(&first[2..]), directory, text, all);
            }
            _ if first.starts_with('-') => {}
            _ => {
                let target = line.split_once(" @ ").map_or(first, |it| it.1.trim());
                let path = target.strip_prefix("file://").or_else(|| target.strip_prefix("file:"));
                let is_file = path.is_some();
                let path = path.unwrap_or(target).split(['[', ';', '#', ' ']).next();
                let path = path.unwrap_or_default();
                if is_file
                    || (local(path) && path.contains('/'))
                    || path.ends_with(".whl") && local(path)
                {
                    all.push(Touch::new(directory.join(path), How::Reads));
                }
            }
        }
    }
}

/// The lines of a list without comments, continued ones put together. A comment ends a continued line.
fn logical(text: &str) -> Vec<String> {
    let (mut lines, mut open) = (Vec::new(), String::new());
    for line in text.trim_start_matches('\u{feff}').lines() {
        let is_comment = line.trim_start().starts_with('#');
        match line.strip_suffix('\\').filter(|_| !is_comment) {
            Some(kept) => open.push_str(kept),
            None => {
                open.push_str(if is_comment { "" } else { line });
                lines.push(std::mem::take(&mut open));
            }
        }
    }
    lines.push(open);
    let bare = |it: String| it.split(" #").next().unwrap_or_default().trim().to_owned();
    lines.into_iter().map(bare).filter(|it| !it.is_empty()).collect()
}

/// Whether a manifest says something: a script that only prints a text or does nothing does not count.
fn says(manifest: &str, what: &str) -> bool {
    manifest.match_indices(what).any(|(at, _)| {
        let value = manifest[at + what.len()..].strip_prefix('"').filter(|_| what.ends_with(':'));
        let script = value.and_then(|it| it.split('"').next());
        script.is_none_or(|it| {
            let is_idle = it.starts_with("echo") || it == "true" || it == "exit0";
            !is_idle || it.contains(['&', ';', '|', '<', '>', '$', '`', '\\'])
        })
    })
}

/// The texts in quotes that follow a key; none for an empty key.
fn quoted<'t>(text: &'t str, key: &'t str) -> impl Iterator<Item = &'t str> {
    let after =
        text.match_indices(key).filter(|_| !key.is_empty()).map(|it| &text[it.0 + key.len()..]);
    after.filter_map(|it| {
        it.trim_start().strip_prefix(['"', '\'', '`'])?.split(['"', '\'', '`']).next()
    })
}

/// The value of the last part of a key in a manifest without blanks.
fn keyed<'m>(manifest: &'m str, key: Option<&str>) -> Option<&'m str> {
    let name = key?.rsplit('/').next()?;
    let (_, rest) = manifest.split_once(&format!("\"{name}\":\""))?;
    rest.split('"').next()
}

/// The values of `path = "…"` of dependencies and of `file:…` in a manifest.
fn paths(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut lists = false;
    for line in text.lines().map(str::trim).filter(|it| !it.starts_with('#')) {
        if line.starts_with('[') && line.ends_with(']') {
            lists = ["dependencies", "sources", "packages"].iter().any(|it| line.contains(it));
        }
        for (at, key) in line.match_indices("path") {
            let is_key = match line[..at].trim_end().chars().next_back() {
                None => lists,
                Some(it) => ['{', ','].contains(&it),
            };
            let rest = line[at + key.len()..].trim_start();
            let value = rest.strip_prefix('=').filter(|_| is_key).map(str::trim_start);
            let quote =
                value.and_then(|it| it.chars().next()).filter(|it| ['"', '\''].contains(it));
            found.extend(quote.zip(value).and_then(|(quote, it)| it[1..].split(quote).next()));
        }
        for key in ["\"file:", "\"link:"] {
            let values = line.match_indices(key).map(|(at, _)| &line[at + key.len()..]);
            found.extend(values.filter_map(|it| it.split('"').next()));
        }
        for (at, key) in line.match_indices("@ file:") {
            let rest = line[at + key.len()..].trim_start_matches("//");
            found.extend(rest.split(['"', '\'']).next());
        }
    }
    found
}
