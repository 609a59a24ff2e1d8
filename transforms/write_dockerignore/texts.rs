//! The source, settings and scripts of a build context, and what they mention.

use elsa::sync::FrozenMap;

use super::found::name;
use crate::{
    ecosystems::{self, clutter, history, sources},
    project::{File, Project, selection::is_vendored},
    text::{Place, RepoPath, Span, is_path_at, line_start},
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
        // `glob("*.md")`
        let ending = name(path).rsplit_once('.').map(|it| it.1).filter(|it| !it.is_empty());
        let pattern = ending.map(|it| format!("*.{it}"));
        self.find(project, |file| {
            let pattern = pattern.as_ref().filter(|_| is_source(file.path.file_name()));
            let by_pattern = pattern.and_then(|it| named_by(&file.text, it));
            by_pattern.or_else(|| mentioned(&file.text, path))
        })
    }

    /// The first place that mentions a key, besides comments. Its name without its ending counts where the ending
    /// stands somewhere, too: `"server"` is most often something else.
    pub(super) fn mention_of_key(&self, project: &Project, path: &str) -> Option<Place> {
        let ending = name(path).rsplit_once('.').map_or("", |it| it.1);
        self.find(project, |file| {
            let span = mentioned(&file.text, path).filter(|it| !is_comment(file, it.start))?;
            let whole = file.text[span.start..].starts_with(name(path));
            (whole || file.text.contains(&format!(".{ending}"))).then_some(span)
        })
    }

    /// The first place, besides comments, that has a word of those that read settings, and names no other file of
    /// settings than `own`.
    pub(super) fn reads_settings(
        &self,
        project: &Project,
        words: &[&str],
        own: &[&str],
    ) -> Option<Place> {
        self.find(project, |file| {
            let is_json = file.path.file_name().ends_with(".json");
            // A list is data: settings and manifests are objects.
            if is_json && file.text.trim_start().starts_with('[') {
                return None;
            }
            words.iter().find_map(|word| {
                // The name of a package is the key of a dependency.
                let is_value = |at: usize| {
                    let is_name = is_json && word.starts_with('"') && word.ends_with('"');
                    is_name && !file.text[at + word.len()..].trim_start().starts_with(':')
                };
                // `process.env` is no file.
                let is_part = |it: char| it.is_alphanumeric() || "_)]}".contains(it);
                let is_member =
                    |at: usize| word.starts_with('.') && file.text[..at].ends_with(is_part);
                let mut all = file.text.match_indices(word).map(|it| it.0);
                let at = all.find(|it| {
                    !is_member(*it)
                        && !is_value(*it)
                        && !is_comment(file, *it)
                        && !names_others(&file.text, *it, own)
                        && !is_import(&file.text, *it)
                })?;
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

/// Where a text mentions a path of the context.
fn mentioned(text: &str, path: &str) -> Option<Span> {
    let own = name(path);
    // `README.md` may be told by `README*` or without its ending.
    let stem = own.split_once('.').map_or(own, |it| it.0);
    let word = if stem.is_empty() { own } else { stem };
    let is_it =
        |at: &usize| is_path_at(text, *at..at + word.len()) && !is_for_developers(text, *at);
    let at = text.match_indices(word).map(|it| it.0).find(is_it)?;
    Some(at..at + word.len())
}

/// Whether a place is in a line that is a comment.
fn is_comment(file: &File, at: usize) -> bool {
    let line = file.text[line_start(&file.text, at)..at].trim_start();
    let ending = file.path.file_name().rsplit_once('.').map_or("", |it| it.1);
    // `#include`, `#if`
    let has_directives = ["c", "cc", "cpp", "cs", "cxx", "fs", "h", "hpp", "swift", "vb"];
    (line.starts_with('#') && !has_directives.contains(&ending)) || line.starts_with("//")
}

/// Whether a line of Python takes functions of a library by their names, or the library itself: it is their calls that
/// read.
fn is_import(text: &str, at: usize) -> bool {
    let line = text[line_start(text, at)..].lines().next().unwrap_or_default().trim_start();
    let is_import = line.starts_with("import ") || line.starts_with("from ");
    is_import && text.contains("load_dotenv(")
}

/// Whether the rest of a line names files of settings, and none of these: `load_dotenv('.env.test')`.
fn names_others(text: &str, at: usize, own: &[&str]) -> bool {
    let line = text[at..].lines().next().unwrap_or_default();
    let quoted = line.split(['"', '\'', '`']).map(name);
    let named: Vec<&str> = quoted.filter(|it| it.starts_with(".env")).collect();
    !named.is_empty() && !named.iter().any(|it| own.contains(it) || it.contains(['$', '{', '*']))
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
        && clutter::classes_of_tracked(path).next().is_none()
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
