//! The source, settings and scripts of a build context, and what they mention.

use elsa::sync::FrozenMap;

use super::found::name;
use crate::{
    ecosystems::{self, clutter, history, sources},
    project::{File, Project, selection::is_vendored},
    text::{Place, RepoPath, Span, is_path_at},
};

/// The most files that are read.
const MOST: usize = 3_000;

/// How the names of settings and scripts end, and of source in languages that nothing else is known of.
const ENDINGS: &[&str] = &[
    "R",
    "astro",
    "c",
    "cc",
    "cfg",
    "clj",
    "cmake",
    "conf",
    "config",
    "cpp",
    "csproj",
    "cxx",
    "dart",
    "ejs",
    "env",
    "erb",
    "ex",
    "exs",
    "fs",
    "fsproj",
    "gemspec",
    "gradle",
    "groovy",
    "h",
    "hpp",
    "hs",
    "ini",
    "jl",
    "json",
    "json5",
    "kts",
    "lua",
    "mdx",
    "mk",
    "pl",
    "properties",
    "props",
    "r",
    "sbt",
    "scala",
    "sln",
    "slnf",
    "slnx",
    "swift",
    "targets",
    "toml",
    "tt",
    "vb",
    "xml",
    "yaml",
    "yml",
];

/// The texts of a build context.
pub(super) struct Texts {
    files: Vec<RepoPath>,
    /// False if there are too many to read them all.
    pub(super) is_complete: bool,
}

/// The texts of the contexts of a project, by folder.
#[derive(Default)]
struct All(FrozenMap<RepoPath, Box<Texts>>);

impl Texts {
    /// The texts of the files in a folder that are neither clutter nor other people's.
    pub(super) fn of<'a>(project: &'a Project, folder: &RepoPath) -> &'a Self {
        let All(known) = project.surroundings().get(All::default);
        let read = || {
            let files = project.tree().below(folder);
            let files = files.filter(|it| is_read(it.strip_prefix(folder).unwrap_or_default()));
            let mut files: Vec<RepoPath> = files.take(MOST + 1).cloned().collect();
            let is_complete = files.len() <= MOST;
            files.truncate(MOST);
            Box::new(Self { files, is_complete })
        };
        known.get(folder).unwrap_or_else(|| known.insert(folder.clone(), read()))
    }

    /// The first place that mentions a path of the context.
    pub(super) fn mention(&self, project: &Project, path: &str) -> Option<Place> {
        let own = name(path);
        // `README.md` may be told by `README*` or without its ending.
        let stem = own.split_once('.').map_or(own, |it| it.0);
        let word = if stem.is_empty() { own } else { stem };
        let ending = own.rsplit_once('.').map_or("", |it| it.1);
        self.find(project, |file| {
            let text = &file.text;
            // `glob("*.md")`
            let pattern = Some(format!("*.{ending}")).filter(|_| !ending.is_empty());
            let pattern = pattern.filter(|_| is_source(file.path.file_name()));
            if let Some(it) = pattern.and_then(|it| named_by(text, &it)) {
                return Some(it);
            }
            let mut all = text.match_indices(word).map(|it| it.0);
            let is_it = |at: &usize| {
                is_path_at(text, *at..at + word.len()) && !is_for_developers(text, *at)
            };
            let at = all.find(is_it)?;
            Some(at..at + word.len())
        })
    }

    /// The first place that has one of these words.
    pub(super) fn word(&self, project: &Project, words: &[&str]) -> Option<Place> {
        self.find(project, |file| {
            words.iter().find_map(|word| {
                // `process.env` is no file.
                let is_part = |it: char| it.is_alphanumeric() || "_)]}".contains(it);
                let is_member =
                    |at: usize| word.starts_with('.') && file.text[..at].ends_with(is_part);
                let at = file.text.match_indices(word).map(|it| it.0).find(|it| !is_member(*it))?;
                Some(at..at + word.len())
            })
        })
    }

    /// Whether a file asks a repository for its history. Scripts count only if `runs_scripts`.
    pub(super) fn ask_history(&self, project: &Project, runs_scripts: bool) -> bool {
        let mut files = self.files.iter().filter(|it| runs_scripts || !is_script(it.file_name()));
        files.any(|it| {
            let file = project.source(it);
            file.is_some_and(|it| it.memo.get(|| Asked(history::asked_in(&it.text).is_some())).0)
        })
    }

    fn find(&self, project: &Project, find: impl Fn(&File) -> Option<Span>) -> Option<Place> {
        self.files.iter().filter_map(|it| project.source(it)).find_map(|file| {
            let span = find(file)?;
            Some(file.place(&span))
        })
    }
}

/// Whether a text asks for history.
struct Asked(bool);

/// Returns true if a file, seen from the context, is source, a script or settings.
fn is_read(path: &str) -> bool {
    let name = name(path);
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    let is_text = sources::language_of(ending).is_some()
        || ENDINGS.contains(&ending)
        || !name.contains('.')
        || clutter::adds_folders(name)
        || ecosystems::file("", name).is_some();
    is_text
        && !ecosystems::is_lock(name)
        && !name.contains("-lock.")
        && clutter::class_of(path).is_none()
        && !is_vendored(path)
}

fn is_script(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    matches!(ending, "bash" | "mk" | "sh") || !name.contains('.')
}

/// Where a text has a pattern of the names of files.
fn named_by(text: &str, pattern: &str) -> Option<Span> {
    let ends = |at: usize| !text[at..].starts_with(|it: char| it.is_alphanumeric());
    let mut all = text.match_indices(pattern).map(|it| it.0..it.0 + pattern.len());
    all.find(|it| ends(it.end))
}

fn is_source(name: &str) -> bool {
    let ending = name.rsplit_once('.').map_or("", |it| it.1);
    sources::language_of(ending).is_some()
}

/// Returns true if a place of a text is in a table of settings for a tool that runs on a developer's machine.
fn is_for_developers(text: &str, at: usize) -> bool {
    let table = text[..at].rfind("\n[").map_or("", |it| &text[it + 1..at]);
    clutter::DEVELOPERS_TABLES.iter().any(|it| table.starts_with(it))
}
