//! A copy of what builds send, to build from: the project's own files are never touched.

use std::{
    fs::{self, DirEntry},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::images::ImageBuild;
use crate::{
    callers::is_caller,
    context::copies::Sent,
    dockerfile::{Dockerfile, Item, Kind},
    project::{File, Project, is_dockerfile},
    text::{self, Edit, RepoPath},
};

/// A folder that holds what a build needs.
///
/// Its context is the one of today on both sides: what a plan changes in Dockerfiles, and in files that name
/// builds, is no part of an image, and a `COPY . .` that takes it along tells nothing. The Dockerfile to
/// build is beside the context.
pub struct Scratch {
    root: PathBuf,
    dockerfile: PathBuf,
}

/// Edits of Dockerfiles for measuring; they build the same image.
#[derive(Clone, Debug, Default)]
pub struct Prepared<'a> {
    /// Part of the names of cache mounts: these start empty, and no others are touched.
    pub salt: &'a str,
    /// Leaves out `# syntax=`, for machines that cannot pull the frontend image.
    pub no_syntax: bool,
}

impl Scratch {
    /// Copies what `build` sends from the folder `from`, which a plan was made from in the state `before`,
    /// and lays over it what `project`, a snapshot of that plan, changes.
    ///
    /// # Errors
    /// A file that cannot be read or written; the error names it.
    pub fn new(
        root: PathBuf,
        from: &Path,
        (before, project): (&Project, &Project),
        build: &ImageBuild,
        how: &Prepared<'_>,
    ) -> io::Result<Self> {
        let scratch = Self { dockerfile: root.join("Dockerfile"), root: root.join("context") };
        fs::create_dir_all(&scratch.root).map_err(|it| named(&root, &it))?;
        let path = &build.origin.dockerfile;
        for folder in build.folders() {
            let sent = Sent::new(project, folder.clone(), path);
            walk(from, folder, &sent, &mut |found| scratch.take(&found))?;
        }
        for (path, text) in laid((before, project)) {
            match text {
                Some(text) => scratch.write(path, text)?,
                None => scratch.clear(path)?,
            }
        }
        let source = project.file(path.as_str()).map(|it| &*it.text).unwrap_or_default();
        let write = |path: &Path, text: &str| fs::write(path, text).map_err(|it| named(path, &it));
        write(&scratch.dockerfile, &prepared(source, how))?;
        let [own, shared] = ignore_files(project, build);
        // The builder looks for it beside the Dockerfile first.
        if let Some(own) = own {
            write(&root.join("Dockerfile.dockerignore"), &own.text)?;
        }
        if let Some(file) = shared {
            scratch.write(&file.path, &file.text)?;
        }
        Ok(scratch)
    }

    /// The Dockerfile to build.
    pub fn dockerfile(&self) -> &Path {
        &self.dockerfile
    }

    /// The place of a project's path in it.
    pub fn path(&self, path: &RepoPath) -> PathBuf {
        self.root.join(path.as_str())
    }

    /// Appends a line to a file, as a developer would.
    ///
    /// # Errors
    /// Errors of reading and writing; a link, which may lead to a file outside.
    pub fn append(&self, path: &RepoPath, line: &str) -> io::Result<()> {
        let path = self.path(path);
        let mut text = fs::read(&path).map_err(|it| named(&path, &it))?;
        if !text.is_empty() && !text.ends_with(b"\n") {
            text.push(b'\n');
        }
        text.extend_from_slice(line.as_bytes());
        self.own(&path)?;
        fs::write(&path, text).map_err(|it| named(&path, &it))
    }

    /// Removes it.
    ///
    /// # Errors
    /// The disk's.
    pub fn remove(self) -> io::Result<()> {
        let folder = self.root.parent().unwrap_or(&self.root);
        fs::remove_dir_all(folder).map_err(|it| named(folder, &it))
    }

    fn write(&self, path: &RepoPath, text: &str) -> io::Result<()> {
        let path = self.path(path);
        if let Some(folder) = path.parent() {
            fs::create_dir_all(folder).map_err(|it| named(folder, &it))?;
        }
        self.own(&path)?;
        fs::write(&path, text).map_err(|it| named(&path, &it))
    }

    fn clear(&self, path: &RepoPath) -> io::Result<()> {
        let path = self.path(path);
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(named(&path, &error)),
            _ => Ok(()),
        }
    }

    /// Makes sure that what is written at `path` is written here: links may lead anywhere.
    fn own(&self, path: &Path) -> io::Result<()> {
        let elsewhere = || {
            let message = "a link leads out of the copy";
            Err(named(path, &io::Error::new(io::ErrorKind::InvalidInput, message)))
        };
        let root = self.root.canonicalize().map_err(|it| named(&self.root, &it))?;
        let folder = path.parent().unwrap_or(path);
        if !folder.canonicalize().map_err(|it| named(folder, &it))?.starts_with(&root) {
            return elsewhere();
        }
        if fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink()) {
            fs::remove_file(path).map_err(|it| named(path, &it))?;
        }
        Ok(())
    }

    /// Copies what was found, unless it is there already.
    fn take(&self, found: &Found<'_>) -> io::Result<()> {
        let Found { path, source, kind } = found;
        let to = self.path(path);
        let is_new = || fs::symlink_metadata(&to).is_err();
        match kind {
            FoundKind::Folder => fs::create_dir_all(&to).map_err(|it| named(&to, &it)),
            FoundKind::Link if is_new() => {
                let link = fs::read_link(source).map_err(|it| named(source, &it))?;
                symlink(&link, &to).map_err(|it| named(&to, &it))
            }
            FoundKind::File if is_new() => {
                fs::copy(source, &to).map(drop).map_err(|it| named(source, &it))
            }
            FoundKind::Link | FoundKind::File => Ok(()),
            FoundKind::FolderEnd => {
                let about = fs::metadata(source).map_err(|it| named(source, &it))?;
                fs::set_permissions(&to, about.permissions()).map_err(|it| named(&to, &it))
            }
        }
    }
}

/// Something that a build sends.
pub(super) struct Found<'a> {
    /// Its path in the project.
    pub(super) path: &'a RepoPath,
    /// Its path on disk.
    pub(super) source: &'a Path,
    pub(super) kind: FoundKind,
}

/// What it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FoundKind {
    File,
    Link,
    /// A folder, before what is in it.
    Folder,
    /// A folder, after what is in it: so one that is read-only can be filled first.
    FolderEnd,
}

/// Shows everything in a folder, in order, but for what its ignore file keeps from the builder.
pub(super) fn walk(
    from: &Path,
    folder: &RepoPath,
    sent: &Sent<'_>,
    each: &mut dyn FnMut(Found<'_>) -> io::Result<()>,
) -> io::Result<()> {
    let source = from.join(folder.as_str());
    each(Found { path: folder, source: &source, kind: FoundKind::Folder })?;
    let entries = fs::read_dir(&source).and_then(Iterator::collect::<io::Result<Vec<DirEntry>>>);
    let mut entries = entries.map_err(|it| named(&source, &it))?;
    entries.sort_by_key(DirEntry::file_name);
    for entry in entries {
        // A pattern cannot name a path that is not UTF-8; it is left out.
        let Some(path) = entry.file_name().to_str().and_then(|it| folder.join(it)) else {
            continue;
        };
        let source = entry.path();
        let kind = entry.file_type().map_err(|it| named(&source, &it))?;
        let excluded = sent.excludes(&path);
        if kind.is_dir() {
            // An exception may bring back what is in it.
            let may_hold = sent.ignore.as_ref().is_some_and(|it| it.1.has_exceptions());
            if !excluded || may_hold {
                walk(from, &path, sent, each)?;
            }
        } else if !excluded && (kind.is_symlink() || kind.is_file()) {
            let kind = if kind.is_symlink() { FoundKind::Link } else { FoundKind::File };
            each(Found { path: &path, source: &source, kind })?;
        }
    }
    each(Found { path: folder, source: &source, kind: FoundKind::FolderEnd })
}

/// The files that a plan writes into a context, and those that it removes.
pub(super) fn laid<'a>(
    (before, after): (&'a Project, &'a Project),
) -> impl Iterator<Item = (&'a RepoPath, Option<&'a str>)> {
    let is_laid = |it: &RepoPath| !is_dockerfile(it.file_name()) && !is_caller(it);
    let gone = before.files().map(|it| &it.path);
    let gone = gone.filter(|it| after.file(it.as_str()).is_none()).map(|it| (it, None));
    let new = after
        .files()
        .filter(|file| before.file(file.path.as_str()).is_none_or(|it| it.text != file.text));
    let new = new.map(|it| (&it.path, Some(&*it.text)));
    gone.chain(new).filter(move |it| is_laid(it.0))
}

/// The ignore file beside a build's Dockerfile, and that of its context.
pub(super) fn ignore_files<'a>(
    project: &'a Project,
    build: &ImageBuild,
) -> [Option<&'a Arc<File>>; 2] {
    let own = project.file(&format!("{}.dockerignore", build.origin.dockerfile));
    let shared = build.context.join(".dockerignore");
    [own, shared.and_then(|it| project.file(it.as_str()))]
}

#[cfg(unix)]
fn symlink(link: &Path, to: &Path) -> io::Result<()> {
    std::os::unix::fs::symlink(link, to)
}

#[cfg(not(unix))]
fn symlink(link: &Path, to: &Path) -> io::Result<()> {
    // Links need a privilege there; what they point at will do, when it is there.
    let target = to.parent().map_or_else(|| link.to_owned(), |it| it.join(link));
    if target.is_file() { fs::copy(target, to).map(|_| ()) } else { Ok(()) }
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("{}: {error}", path.display()))
}

/// A Dockerfile that builds the same with caches of its own.
fn prepared(source: &str, how: &Prepared<'_>) -> String {
    let dockerfile = Dockerfile::parse(source);
    let mut edits = Vec::new();
    for (_, it) in dockerfile.instructions() {
        for flag in it.flags.iter().filter(|it| it.name == "mount") {
            let value = flag.value.as_deref().unwrap_or_default();
            if let Some(salted) = salted(value, how.salt) {
                let span = it.logical.source_span(flag.range.clone());
                edits.push(Edit::replace(span, format!("--mount={salted}")));
            }
        }
    }
    if how.no_syntax {
        let is_syntax = |it: &&Item| matches!(&it.kind, Kind::Directive(it) if it.name == "syntax");
        edits.extend(
            dockerfile.items.iter().find(is_syntax).map(|it| Edit::delete(it.span.clone())),
        );
    }
    text::apply(source, &edits)
}

/// Renames a cache mount: its own name, or the folder if it has none, after the salt.
fn salted(value: &str, salt: &str) -> Option<String> {
    let fields: Vec<&str> = value.split(',').collect();
    let get = |keys: &[&str]| {
        fields
            .iter()
            .find_map(|it| it.split_once('=').filter(|it| keys.contains(&it.0)).map(|it| it.1))
    };
    if get(&["type"]) != Some("cache") {
        return None;
    }
    let name = get(&["id"]).or_else(|| get(&["target", "dst", "destination"]))?;
    let kept = fields.iter().filter(|it| !it.starts_with("id="));
    let kept: Vec<&str> = kept.copied().collect();
    Some(format!("{},id={salt}{name}", kept.join(",")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn caches_start_empty_and_the_rest_stays() {
        let how = Prepared { salt: "s-", no_syntax: true };
        let source = "# syntax=docker/dockerfile:1.7\n# a\nFROM a\nRUN --mount=type=cache,target=/c \\\n    --mount=type=cache,id=npm,sharing=locked,target=/n --mount=type=bind,target=/b x\n";
        assert_eq!(
            prepared(source, &how),
            "# a\nFROM a\nRUN --mount=type=cache,target=/c,id=s-/c \\\n    --mount=type=cache,sharing=locked,target=/n,id=s-npm --mount=type=bind,target=/b x\n"
        );
        assert_eq!(prepared("FROM a\nRUN x\n", &how), "FROM a\nRUN x\n");
    }

    #[test]
    fn what_the_ignore_file_excludes_is_not_copied_and_nothing_is_touched() {
        let from = tempfile::tempdir().unwrap();
        let write = |path: &str, text: &str| {
            let path = from.path().join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        };
        write("a/Dockerfile", "FROM x\nCOPY . .\n");
        write("a/.dockerignore", "big\nlogs/*\n!logs/keep\n");
        write("a/main.py", "x = 1");
        write("a/big/file", "…");
        write("a/logs/one", "1");
        write("a/logs/keep", "2");
        write("b/other", "3");
        let path = |it: &str| RepoPath::new(it).unwrap();
        let before = Project::new(
            ["a/Dockerfile", "a/.dockerignore"]
                .map(|it| (path(it), fs::read_to_string(from.path().join(it)).unwrap())),
        );
        let after = before.clone().with_text(&path("a/Dockerfile"), "FROM y\n".to_owned());
        let build = ImageBuild {
            origin: crate::project::change::Origin {
                dockerfile: path("a/Dockerfile"),
                target: None,
                arguments: std::collections::BTreeMap::new(),
            },
            context: path("a"),
            contexts: std::collections::BTreeMap::new(),
        };
        let outside = tempfile::tempdir().unwrap();
        let theirs = outside.path().join("theirs.py");
        fs::write(&theirs, "y = 1\n").unwrap();
        symlink(&theirs, &from.path().join("a/link.py")).unwrap();
        let to = tempfile::tempdir().unwrap();
        let how = Prepared::default();
        let root = to.path().join("s");
        let scratch = Scratch::new(root, from.path(), (&before, &after), &build, &how).unwrap();
        let text = |it: &str| fs::read_to_string(scratch.path(&path(it))).ok();
        assert_eq!(fs::read_to_string(scratch.dockerfile()).unwrap(), "FROM y\n");
        // Files that `COPY . .` copies as well are the same on both sides.
        assert_eq!(text("a/Dockerfile").as_deref(), Some("FROM x\nCOPY . .\n"));
        assert_eq!(text("a/logs/keep").as_deref(), Some("2"));
        assert_eq!([text("a/logs/one"), text("a/big/file"), text("b/other")], [None, None, None]);
        for (it, was) in [("a/main.py", "x = 1\n"), ("a/link.py", "y = 1\n")] {
            scratch.append(&path(it), "# more\n").unwrap();
            assert_eq!(text(it), Some(format!("{was}# more\n")));
        }
        assert_eq!(fs::read_to_string(from.path().join("a/main.py")).unwrap(), "x = 1");
        assert_eq!(fs::read_to_string(theirs).unwrap(), "y = 1\n");
    }
}
