//! Edits that a developer makes all day, to see what they cost: a line in a source file, one in a manifest.

use std::fmt;

use super::images::ImageBuild;
use crate::{
    context::copies::{CopyIn, Sent},
    dockerfile::{Dockerfile, Keyword},
    ecosystems::{
        images::stages,
        sources::{self, is_edited, is_manifest},
    },
    project::Project,
    text::RepoPath,
};

/// A file to add a line to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchedFile {
    /// The kind.
    pub kind: EditKind,
    /// The file.
    pub path: RepoPath,
}

/// The kinds of edits that a developer makes.
#[derive(
    Clone,
    Copy,
    Debug,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    serde::Serialize,
    serde::Deserialize,
    schemars::JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum EditKind {
    /// A source file of the service.
    Source,
    /// A source file of what the image copies before anything else, such as a library that services share.
    Shared,
    /// A manifest: what names the packages to install.
    Manifest,
}

impl fmt::Display for EditKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Source => "source",
            Self::Shared => "shared source",
            Self::Manifest => "manifest",
        })
    }
}

/// The files that a service starts from, the likeliest first.
const ENTRIES: [&str; 8] = ["main", "app", "server", "index", "__main__", "manage", "wsgi", "asgi"];

/// Comment markers of manifests by file extension, in the order in which a developer is likely to edit them. JSON
/// has no comments.
const MANIFEST_COMMENTS: [(&str, &str); 3] = [("toml", "#"), ("txt", "#"), ("json", "")];

/// The files that a developer of this image edits: a source file of its own, one of what it copies first if that
/// is something else, and a manifest. The builder gets each of them both before and after the change.
pub fn edits(project: &Project, build: &ImageBuild) -> Vec<TouchedFile> {
    let dockerfile = project.file(build.origin.dockerfile.as_str());
    let Some(dockerfile) = dockerfile.and_then(|it| it.dockerfile()) else { return Vec::new() };
    let sent = Sent::new(project, build.context.clone(), &build.origin.dockerfile);
    // The files that each COPY brings, in order.
    let copies = copies(project, dockerfile, &sent);
    let home = build.origin.dockerfile.parent().unwrap_or(RepoPath::root());
    let all = copies.iter().flatten();
    let own = all.clone().filter(|it| is_edited(it)).min_by_key(|it| rank(it, &home));
    let mut edits = Vec::new();
    let edit = |kind, path: &&RepoPath| TouchedFile { kind, path: (*path).clone() };
    edits.extend(own.as_ref().map(|it| edit(EditKind::Source, it)));
    let first = copies.iter().find(|it| it.iter().any(is_edited));
    let first = first.filter(|it| own.is_some_and(|own| !it.contains(own)));
    let shared = first.into_iter().flatten().filter(|it| is_edited(it));
    edits.extend(shared.min_by_key(|it| rank(it, &home)).map(|it| edit(EditKind::Shared, &it)));
    let manifest = all.filter_map(|it| Some((manifest(it)?, it)));
    let manifest =
        manifest.min_by_key(|it| (it.1.strip_prefix(&home).is_none(), it.0, depth(it.1)));
    edits.extend(manifest.map(|it| edit(EditKind::Manifest, &it.1)));
    edits
}

/// A line without meaning for a file of this name; `salt` makes it a different one each time.
pub fn line(path: &RepoPath, salt: &str) -> String {
    let extension = extension(path.file_name());
    let manifest = MANIFEST_COMMENTS.iter().find(|it| it.0 == extension).map(|it| it.1);
    let marker = manifest.or_else(|| Some(sources::language_of(extension)?.comment));
    match marker.unwrap_or_default() {
        // Without comments, a blank line: as many spaces as the salt says.
        "" => " ".repeat(1 + salt.bytes().map(usize::from).sum::<usize>() % 997) + "\n",
        comment => format!("{comment} {salt}\n"),
    }
}

fn copies(project: &Project, dockerfile: &Dockerfile, sent: &Sent<'_>) -> Vec<Vec<RepoPath>> {
    let stages = stages(dockerfile);
    let mut copies = Vec::new();
    for stage in &stages {
        for (at, _, it) in stage.instructions() {
            if !matches!(it.keyword, Keyword::Copy | Keyword::Add) {
                continue;
            }
            let state = stage.state_before(at);
            let Ok(read) = CopyIn::read(it, &state, sent, dockerfile.escape) else { continue };
            let files = |source: &crate::context::copies::Source| -> Vec<RepoPath> {
                let below = project.tree().below(&source.path).cloned();
                if source.is_folder { below.collect() } else { vec![source.path.clone()] }
            };
            let files = read.sources.iter().flat_map(files);
            copies.push(files.filter(|it| sent.has_file(it)).collect());
        }
    }
    copies
}

/// The distance of a file from the one that a developer of the service has open: not below the Dockerfile's
/// folder, not where a service starts, deep.
fn rank(path: &RepoPath, home: &RepoPath) -> (bool, usize, usize, String) {
    let stem = path.file_name().split('.').next().unwrap_or_default();
    let entry = ENTRIES.iter().position(|it| *it == stem).unwrap_or(ENTRIES.len());
    (path.strip_prefix(home).is_none(), entry, depth(path), path.to_string())
}

fn manifest(path: &RepoPath) -> Option<usize> {
    let name = path.file_name();
    let position = MANIFEST_COMMENTS.iter().position(|it| it.0 == extension(name));
    position.filter(|_| is_manifest(name))
}

fn depth(path: &RepoPath) -> usize {
    path.as_str().matches('/').count()
}

fn extension(name: &str) -> &str {
    name.rsplit_once('.').map_or("", |it| it.1)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use std::collections::BTreeMap;

    use super::*;
    use crate::project::change::Origin;

    fn found(files: &[(&str, &str)], dockerfile: &str, context: &str) -> Vec<String> {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let project = Project::new(files.iter().map(|it| (path(it.0), it.1.to_owned())));
        let origin =
            Origin { dockerfile: path(dockerfile), target: None, arguments: BTreeMap::new() };
        let context = if context.is_empty() { RepoPath::root() } else { path(context) };
        let build = ImageBuild { origin, context, contexts: BTreeMap::new() };
        edits(&project, &build).iter().map(|it| format!("{}: {}", it.kind, it.path)).collect()
    }

    #[test]
    fn what_a_developer_edits_is_the_service_its_library_and_its_manifest() {
        let files = [
            (
                "api/Dockerfile",
                "FROM a\nCOPY shared ./shared\nCOPY api/pyproject.toml ./\nCOPY api/src ./src\n",
            ),
            ("shared/pyproject.toml", ""),
            ("shared/models.py", ""),
            ("api/pyproject.toml", ""),
            ("api/src/deep/main.py", ""),
            ("api/src/zebra.py", ""),
            ("api/src/main.py", ""),
            ("other/main.py", ""),
        ];
        let expected = [
            "source: api/src/main.py",
            "shared source: shared/models.py",
            "manifest: api/pyproject.toml",
        ];
        assert_eq!(found(&files, "api/Dockerfile", ""), expected);
        // Of one COPY there is nothing that comes first.
        let whole = [
            ("Dockerfile", "FROM a\nCOPY . .\n"),
            ("a/util.py", ""),
            ("setup.py", ""),
            ("tests/app.py", ""),
        ];
        assert_eq!(found(&whole, "Dockerfile", ""), ["source: a/util.py"]);
        // A text is a manifest only if a package manager reads it.
        let texts = [
            ("Dockerfile", "FROM a\nCOPY . .\n"),
            ("README.txt", ""),
            ("b/requirements.txt", ""),
            ("c.py", ""),
        ];
        let expected = ["source: c.py", "manifest: b/requirements.txt"];
        assert_eq!(found(&texts, "Dockerfile", ""), expected);
        // Editing a file that the ignore file excludes has no effect.
        let ignored = [
            ("Dockerfile", "FROM a\nCOPY . .\n"),
            (".dockerignore", "app.py"),
            ("app.py", ""),
            ("b.js", ""),
        ];
        assert_eq!(found(&ignored, "Dockerfile", ""), ["source: b.js"]);
    }

    #[test]
    fn a_line_means_nothing_to_its_file() {
        let line = |it: &str| line(&RepoPath::new(it).unwrap(), "salt");
        assert_eq!(line("a/main.py"), "# salt\n");
        assert_eq!(line("requirements.txt"), "# salt\n");
        assert_eq!(line("src/index.ts"), "// salt\n");
        assert_eq!(line("package.json").trim(), "");
        assert!(line("package.json").ends_with(" \n"));
    }
}
