//! The text of COPYs that move, and of those that stay in their place.

use std::ops::Range;

use super::{Deferral, Kept};
use crate::{
    context::copies::CopyIn,
    dockerfile::{
        Kind,
        instruction::{self, Word},
    },
    ecosystems,
    run::{Run, parts::Texts},
    text::{Edit, ImagePath, RepoPath, Span, count::listed},
};

/// The title and the reason of a change.
pub(super) fn words(kept: &Kept, texts: &Texts) -> (String, String) {
    let files: Vec<&str> = kept.values().flatten().map(|it| it.0.file_name()).collect();
    let title = match files.as_slice() {
        [] => "Install the dependencies before copying the source".to_owned(),
        files => format!("Copy {} and install before copying the source", listed(files)),
    };
    let reason = match texts.flags.as_slice() {
        flags @ [_, ..] => format!(
            "{} leaves out what needs the source, and the same install adds it afterwards",
            flags.join(" ")
        ),
        [] if texts.after.is_some() => {
            "what follows the install in its RUN may read the source and stays behind it".to_owned()
        }
        [] => {
            "the install reads nothing else of the source, so an edit of the source keeps its layer"
                .to_owned()
        }
    };
    (title, reason)
}

impl<'a> Deferral<'a> {
    /// The edits: each COPY leaves behind what is kept of it, and comes after the RUN, followed by
    /// what the RUN leaves for after it.
    pub fn edits(&self, run: &Run<'_>, kept: &Kept, texts: &Texts) -> Vec<Edit> {
        let dockerfile = self.site.dockerfile;
        let mut edits: Vec<Edit> =
            texts.head.iter().map(|it| dockerfile.replace(run.item, it)).collect();
        let mut lines: Vec<String> = Vec::new();
        let mut gone: Vec<Range<usize>> = Vec::new();
        for &item in &self.moved {
            let comments = dockerfile.comments_above(item);
            let text = self.moved_text(item, run, kept.get(&item).map_or(&[], Vec::as_slice));
            let repeated = texts.after.is_none() && self.is_repeated(item, run, &text);
            // A comment on dependencies belongs to the manifests that stay.
            let stays = |at: usize| {
                kept.contains_key(&item) && (repeated || is_about_dependencies(dockerfile.text(at)))
            };
            let leaves = !comments.clone().any(stays);
            let first = if leaves { comments.start } else { item };
            if !repeated {
                if !lines.is_empty() && dockerfile.begins_paragraph(item) {
                    lines.push(String::new());
                }
                lines.extend((first..item).map(|it| dockerfile.text(it).to_owned()));
                lines.push(text);
            }
            let end = match kept.get(&item) {
                Some(files) => {
                    edits.push(dockerfile.replace(item, &self.manifest_copies(item, files)));
                    item
                }
                None => item + 1,
            };
            match gone.last_mut().filter(|it| it.end == first) {
                Some(last) => last.end = end,
                None if first < end => gone.push(first..end),
                None => {}
            }
        }
        if let Some(after) = &texts.after {
            // What tells of the project itself belongs to the step that installs it.
            let comments = dockerfile.comments_above(run.item);
            let speaks = |at: &usize| {
                let comment = dockerfile.text(*at);
                texts.flags.iter().any(|it| comment.contains(it.trim_start_matches('-')))
            };
            let first = match texts.is_added {
                true => comments.start,
                false => comments.clone().find(speaks).unwrap_or(comments.end),
            };
            lines.extend((first..comments.end).map(|it| dockerfile.text(it).to_owned()));
            lines.push(after.clone());
            match gone.last_mut().filter(|it| it.end == first) {
                Some(last) => last.end = comments.end,
                None if first < comments.end => gone.push(first..comments.end),
                None => {}
            }
        }
        edits.extend(gone.into_iter().map(|it| dockerfile.remove(it)));
        if !lines.is_empty() {
            let paragraph = dockerfile.begins_paragraph(run.item);
            edits.push(dockerfile.insert_after(run.item, &lines.join("\n"), paragraph));
        }
        edits
    }

    /// Whether the file copies the same again right behind the RUN.
    fn is_repeated(&self, item: usize, run: &Run<'_>, text: &str) -> bool {
        let next = self.stage.instructions().find(|it| run.item < it.0);
        self.moved.last() == Some(&item)
            && next.is_some_and(|it| self.site.dockerfile.text(it.0) == text)
    }

    /// A COPY as it stands after the RUN: a relative destination is spelled out when WORKDIR has changed,
    /// and files that stay behind are named no more.
    fn moved_text(&self, item: usize, run: &Run<'_>, kept: &[(RepoPath, ImagePath)]) -> String {
        let before = self.stage.state_before(item);
        let mut edits = Vec::new();
        if let Some(words) = self.words(item) {
            let folder = before.workdir.clone().unwrap_or_else(ImagePath::root);
            let escape = self.site.dockerfile.escape;
            let word = &words.destination;
            if before.workdir != run.state.workdir
                && before.expand(&word.text, escape).is_some_and(|it| !it.starts_with('/'))
            {
                edits.push((word.range.clone(), spelled_out(word, &folder)));
            }
            // What a folder beside it brings as well need not be taken out: it is the same either way.
            let names = words
                .sources
                .iter()
                .filter(|it| self.stays(item, &it.text, kept) && !self.is_doubled(item, &it.text));
            edits.extend(names.map(|it| (it.range.clone(), String::new())));
        }
        self.edited(item, edits)
    }

    /// The words of a COPY.
    fn words(&self, item: usize) -> Option<instruction::Copy<'a>> {
        match &self.site.dockerfile.items[item].kind {
            Kind::Instruction(it) => it.copy(),
            _ => None,
        }
    }

    /// The COPY at an item, as it was read.
    fn copy(&self, item: usize) -> Option<&CopyIn> {
        self.layers.copies.iter().find(|it| it.item == item)?.copy.as_ref().ok()
    }

    /// Whether all that a word of a COPY names is kept.
    fn stays(&self, item: usize, word: &str, kept: &[(RepoPath, ImagePath)]) -> bool {
        let sources = self.copy(item).into_iter().flat_map(|it| &it.sources);
        let mut own = sources.filter(|it| it.word == word).peekable();
        own.peek().is_some()
            && own.all(|it| !it.is_folder && kept.iter().any(|kept| kept.0 == it.path))
    }

    /// Whether a folder that the same COPY names has all that a word of it names.
    fn is_doubled(&self, item: usize, word: &str) -> bool {
        let sources = || self.copy(item).into_iter().flat_map(|it| &it.sources);
        let folders = || sources().filter(|it| it.is_folder && it.word != word);
        let mut own = sources().filter(|it| it.word == word);
        own.all(|it| folders().any(|folder| it.path.strip_prefix(&folder.path).is_some()))
    }

    /// The text of an item with words of it replaced; a word that becomes empty goes with what follows it.
    fn edited(&self, item: usize, changes: Vec<(Span, String)>) -> String {
        let dockerfile = self.site.dockerfile;
        let (Kind::Instruction(it), Some(words)) = (&dockerfile.items[item].kind, self.words(item))
        else {
            return dockerfile.text(item).to_owned();
        };
        let starts: Vec<usize> =
            words.sources.iter().chain([&words.destination]).map(|it| it.range.start).collect();
        let edit = |(range, new): (Span, String)| {
            let next = starts.iter().copied().find(|it| range.end <= *it);
            match next.filter(|_| new.is_empty()) {
                Some(next) => it.replace(range.start..next, ""),
                None => it.replace(range, new),
            }
        };
        dockerfile.text_with(item, &changes.into_iter().map(edit).collect::<Vec<_>>())
    }

    /// COPYs of these files to where the COPY at an item puts them.
    fn manifest_copies(&self, item: usize, files: &[(RepoPath, ImagePath)]) -> String {
        let dockerfile = self.site.dockerfile;
        let (Kind::Instruction(it), Some(copy), Some(words)) =
            (&dockerfile.items[item].kind, self.copy(item), self.words(item))
        else {
            return dockerfile.text(item).to_owned();
        };
        let named = words.sources.iter().filter(|it| self.stays(item, &it.text, files));
        if named.clone().count() == files.len() {
            // Each has a word of its own, so nothing but the other words goes.
            let others = words.sources.iter().filter(|it| !self.stays(item, &it.text, files));
            return self.edited(item, others.map(|it| (it.range.clone(), String::new())).collect());
        }
        let keyword = dockerfile.keyword("COPY");
        let flags = it.flags.iter().filter(|it| {
            ["chown", "chmod", "link", "parents", "exclude"].contains(&it.name.as_str())
        });
        let flags = flags.map(|flag| &it.logical.text[flag.range.clone()]);
        let head: Vec<&str> = [keyword.as_str()].into_iter().chain(flags).collect();
        let mut folders: Vec<(ImagePath, Vec<String>)> = Vec::new();
        for (file, path) in files {
            let folder = path.parent().filter(|_| !copy.parents);
            let folder = folder.unwrap_or_else(|| copy.destination.clone());
            let name = self.source_name(copy, &words.sources, file);
            match folders.iter_mut().find(|it| it.0 == folder) {
                Some((_, names)) => names.push(name),
                None => folders.push((folder, vec![name])),
            }
        }
        let raw = words.destination.text.trim_matches(['"', '\'']);
        let line = |(folder, names): (ImagePath, Vec<String>)| {
            let rest = folder.strip_prefix(&copy.destination).unwrap_or_default();
            let base = if matches!(raw, "." | "./") { "." } else { raw.trim_end_matches('/') };
            let destination = match (rest, base, names.as_slice()) {
                ("", ".", [_]) => raw.to_owned(),
                ("", ..) => format!("{base}/"),
                _ => format!("{base}/{rest}/"),
            };
            let words: Vec<String> = names.into_iter().chain([destination]).collect();
            let arguments = match words.iter().any(|it| it.contains(char::is_whitespace)) {
                true => format!(
                    "[{}]",
                    words.iter().map(|it| format!("{it:?}")).collect::<Vec<_>>().join(", ")
                ),
                false => words.join(" "),
            };
            format!("{} {arguments}", head.join(" "))
        };
        folders.into_iter().map(line).collect::<Vec<_>>().join("\n")
    }

    /// How a file is named in a COPY: as the pattern that stood for it, or plainly.
    fn source_name(&self, copy: &CopyIn, words: &[Word], file: &RepoPath) -> String {
        let own = copy.sources.iter().find(|it| it.path == *file && !it.is_folder);
        // `poetry.lock*` lets the file be missing; `*` would bring everything.
        let pattern = own
            .map(|it| it.word.as_str())
            .filter(|it| it.strip_suffix('*').is_some_and(|it| it.len() > 3));
        if let Some(pattern) = pattern {
            return pattern.to_owned();
        }
        let name = file.strip_prefix(&self.layers.sent.folder).unwrap_or(file.as_str());
        let dotted = words.iter().all(|it| it.text.starts_with("./"));
        // What git ignores may be missing.
        let star = if self.layers.sent.has_file(file) { "" } else { "*" };
        format!("{}{name}{star}", if dotted { "./" } else { "" })
    }
}

/// A relative destination from `folder`, quoted as it was.
fn spelled_out(word: &Word, folder: &ImagePath) -> String {
    let bare = word.text.trim_matches(['"', '\'']);
    let slash = if bare.ends_with(['/', '.']) { "/" } else { "" };
    let path = match bare.contains('$') {
        // What a variable holds decides what its `..` mean, so the text is kept.
        true if folder.is_root() => format!("/{}", bare.trim_start_matches("./")),
        true => format!("{folder}/{}", bare.trim_start_matches("./")),
        false => match folder.join(bare) {
            path if path.is_root() => path.to_string(),
            path => format!("{path}{slash}"),
        },
    };
    // A word of a JSON array has its quotes in the file only.
    let is_json = word.range.len() != word.text.len();
    let quote = word.text.chars().next().filter(|it| ['"', '\''].contains(it));
    match if is_json { Some('"') } else { quote } {
        Some(quote) => format!("{quote}{path}{quote}"),
        None => path,
    }
}

/// Returns true if a comment is about dependencies, or names a package manager or its manifest.
fn is_about_dependencies(comment: &str) -> bool {
    let text = comment.to_lowercase();
    ["dependenc", "requirement", "install", "package", "manifest", "lock"]
        .iter()
        .any(|it| text.contains(it))
        || text.split(|it: char| !it.is_alphanumeric()).any(ecosystems::is_name)
}
