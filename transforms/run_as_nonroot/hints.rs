//! What the project says beside its source about the files that its program makes: examples of settings, and what git
//! is told to ignore.

use super::{
    Image,
    evidence::{Trace, named},
    given::Folder,
    source::Source,
};
use crate::{
    ecosystems::programs::settings::{Setting, Value, variables},
    project::File,
    text::{Refusal, RepoPath},
};

/// The files that show which variables a program reads.
const EXAMPLES: [&str; 9] = [
    ".env.default",
    ".env.dist",
    ".env.example",
    ".env.sample",
    ".env.template",
    ".example.env",
    "env.example",
    "example.env",
    "sample.env",
];

/// Folders of people's own machines: an example that names them is not meant for a container.
const PERSONAL: [&str; 5] = ["/Users/", "/home/", "/mnt/", "/path/", "/root/"];

/// The names of folders that programs fill.
const FILLED: [&str; 9] =
    ["backup", "backups", "data", "database", "db", "media", "storage", "upload", "uploads"];

/// Others, which at the top of a project are those of tools and of databases beside it.
const INSIDE: [&str; 3] = ["cache", "state", "volumes"];

/// The variables of a file; read once.
struct Variables(Vec<Setting>);

/// What examples of settings name that the image does not set itself. What a service sets says nothing about a
/// container that is started without compose.
pub(super) fn examples(image: &Image<'_>) -> Vec<Trace> {
    let mut found = Vec::new();
    for file in beside(image, &EXAMPLES) {
        let Variables(all) = file.memo.get(|| Variables(variables(&file.text)));
        for setting in all {
            let Value::Text(value) = &setting.value else { continue };
            let personal = PERSONAL.iter().any(|it| value.contains(it));
            if personal || value.contains("..") || image.sets(&setting.key) {
                continue;
            }
            let evidence = format!("{} of {}:{}", setting.key, file.path, setting.line);
            found.extend(named(&setting.key, value).map(|it| Trace::new(it, evidence)));
        }
    }
    found
}

/// Checks that git does not ignore a folder of the application that its program may fill, where not all of its source
/// was read.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn ignored(image: &Image<'_>, source: &Source, known: &[Folder]) -> Result<(), Refusal> {
    if source.is_whole {
        return Ok(());
    }
    for file in beside(image, &[".gitignore"]) {
        let folder = file.path.parent().unwrap_or(RepoPath::root());
        for (at, line) in file.text.lines().enumerate() {
            let plain = line.trim().trim_end_matches("/*").trim_matches('/');
            if plain.is_empty() || plain.contains(['*', '?', '[', '!', '#', '\\']) {
                continue;
            }
            let Some(path) = folder.join(plain) else { continue };
            let name = path.file_name();
            let ends =
                |it: &&str| name.strip_suffix(*it).is_some_and(|it| it.ends_with(['.', '_', '-']));
            let is_inside = plain.contains('/')
                && FILLED.iter().chain(&INSIDE).any(|it| name == *it || ends(it));
            let is_filled = is_inside || FILLED.contains(&name);
            let is_known = known.iter().any(|it| it.path.file_name() == path.file_name());
            if is_filled && !is_known && path.parent().is_some_and(|it| image.brings(&it)) {
                let reason = format!(
                    "{}, and {}:{} names {plain}, which it may write to",
                    source.said(),
                    file.path,
                    at + 1
                );
                return Err(Refusal::new("unknown-write", reason));
            }
        }
    }
    Ok(())
}

/// The files of these names in the build context and beside the Dockerfile.
fn beside<'i>(image: &'i Image<'_>, names: &[&str]) -> Vec<&'i File> {
    let own = image.site.path.parent().unwrap_or(RepoPath::root());
    let mut folders: Vec<RepoPath> = image.context_folder().cloned().into_iter().collect();
    if !folders.contains(&own) {
        folders.push(own);
    }
    let paths = folders.iter().flat_map(|folder| names.iter().filter_map(|it| folder.join(it)));
    paths.filter_map(|it| image.project.source(&it)).collect()
}
