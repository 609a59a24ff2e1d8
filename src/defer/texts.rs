//! The text of COPYs that move, and of those that stay in their place.

use std::ops::Range;

use super::{Deferral, Kept};
use crate::{
    dockerfile::{Kind, instruction::Word, stage::absolute},
    path::RepoPath,
    project::copies::{CopyIn, below},
    run::Run,
    text::{Edit, Span, apply},
};

impl Deferral<'_> {
    /// The edits: each COPY leaves behind what is kept of it, and comes after the RUN, followed by
    /// `after`; `head` takes the place of the RUN.
    pub fn edits(
        &self,
        run: &Run<'_>,
        kept: &Kept,
        head: Option<&str>,
        after: Option<&str>,
    ) -> Vec<Edit> {
        let dockerfile = self.site.dockerfile;
        let mut edits: Vec<Edit> =
            head.map(|it| dockerfile.replace(run.item, it)).into_iter().collect();
        let mut lines: Vec<String> = Vec::new();
        let mut gone: Vec<Range<usize>> = Vec::new();
        for &item in &self.moved {
            let comments = dockerfile.comments_above(item);
            // A comment on dependencies belongs to the manifests that stay.
            let stays =
                |at: usize| kept.contains_key(&item) && speaks_of_dependencies(dockerfile.text(at));
            let leaves = !comments.clone().any(stays);
            let first = if leaves { comments.start } else { item };
            if !lines.is_empty() && dockerfile.begins_paragraph(item) {
                lines.push(String::new());
            }
            lines.extend((first..item).map(|it| dockerfile.text(it).to_owned()));
            lines.push(self.moved_text(item, run, kept.get(&item).map_or(&[], Vec::as_slice)));
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
        edits.extend(gone.into_iter().map(|it| dockerfile.remove(it)));
        lines.extend(after.map(str::to_owned));
        edits.push(dockerfile.insert_after(
            run.item,
            &lines.join("\n"),
            dockerfile.begins_paragraph(run.item),
        ));
        edits
    }

    /// A COPY as it stands after the RUN: a relative destination is spelled out when WORKDIR has changed,
    /// and files that stay behind are named no more.
    fn moved_text(&self, item: usize, run: &Run<'_>, kept: &[(RepoPath, String)]) -> String {
        let text = self.site.dockerfile.text(item);
        let before = self.stage.state_before(item, &self.site.stages).workdir;
        let Kind::Instruction(it) = &self.site.dockerfile.items[item].kind else {
            return text.to_owned();
        };
        let Some(words) = it.copy().filter(|_| it.json().is_none()) else { return text.to_owned() };
        let start = self.site.dockerfile.items[item].span.start;
        let within = |range: Span| {
            let span = it.logical.source_span(range);
            span.start - start..span.end - start
        };
        let mut edits = Vec::new();
        let raw = words.destination.text.as_str();
        if !raw.starts_with(['/', '"', '\'']) && before != run.state.workdir {
            let slash = if raw.ends_with(['/', '.']) { "/" } else { "" };
            let absolute = absolute(before.as_deref().unwrap_or("/"), raw);
            let absolute = if absolute == "/" { absolute } else { format!("{absolute}{slash}") };
            edits.push(Edit::replace(within(words.destination.range.clone()), absolute));
        }
        let copy = self
            .layers
            .copies
            .iter()
            .find(|it| it.item == item)
            .and_then(|it| it.copy.as_ref().ok());
        let stays = |word: &str| {
            let mut own =
                copy.into_iter().flat_map(|it| &it.sources).filter(|it| it.word == word).peekable();
            own.peek().is_some()
                && own.all(|it| !it.is_folder && kept.iter().any(|kept| kept.0 == it.path))
        };
        for (at, word) in words.sources.iter().enumerate().filter(|it| stays(&it.1.text)) {
            let next = words.sources.get(at + 1).unwrap_or(&words.destination);
            edits.push(Edit::delete(within(word.range.start..next.range.start)));
        }
        apply(text, &edits)
    }

    /// COPYs of these files to where the COPY at an item puts them.
    fn manifest_copies(&self, item: usize, files: &[(RepoPath, String)]) -> String {
        let dockerfile = self.site.dockerfile;
        let layer = self
            .layers
            .copies
            .iter()
            .find(|it| it.item == item)
            .and_then(|it| it.copy.as_ref().ok());
        let (Kind::Instruction(it), Some(copy)) = (&dockerfile.items[item].kind, layer) else {
            return dockerfile.text(item).to_owned();
        };
        let Some(words) = it.copy() else { return dockerfile.text(item).to_owned() };
        let keyword = &dockerfile.source[it.keyword_span.clone()];
        let keyword = if keyword.chars().all(char::is_lowercase) { "copy" } else { "COPY" };
        let flags = it.flags.iter().filter(|it| {
            ["chown", "chmod", "link", "parents", "exclude"].contains(&it.name.as_str())
        });
        let flags = flags.map(|flag| &it.logical.text[flag.range.clone()]);
        let head: Vec<&str> = [keyword].into_iter().chain(flags).collect();
        let mut folders: Vec<(String, Vec<String>)> = Vec::new();
        for (file, path) in files {
            let folder =
                path.rsplit_once('/').map_or("/", |it| if it.0.is_empty() { "/" } else { it.0 });
            let folder = if copy.parents { copy.destination.as_str() } else { folder };
            let name = self.source_name(copy, &words.sources, file);
            match folders.iter_mut().find(|it| it.0 == folder) {
                Some((_, names)) => names.push(name),
                None => folders.push((folder.to_owned(), vec![name])),
            }
        }
        let raw = words.destination.text.trim_matches(['"', '\'']);
        let line = |(folder, names): (String, Vec<String>)| {
            let rest = below(&folder, &copy.destination).unwrap_or_default();
            let base = if matches!(raw, "." | "./") { "." } else { raw.trim_end_matches('/') };
            let destination =
                if rest.is_empty() { format!("{base}/") } else { format!("{base}/{rest}/") };
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
        if dotted { format!("./{name}") } else { name.to_owned() }
    }
}

fn speaks_of_dependencies(comment: &str) -> bool {
    let text = comment.to_lowercase();
    ["dependenc", "requirement", "install", "package", "poetry", "manifest", "lock", "pyproject"]
        .iter()
        .any(|it| text.contains(it))
}
