//! Reads a project from disk: one walk, and the text of only those files that matter.
//!
//! Git's ignore files are honoured, with or without a repository. Symbolic links are never followed out
//! of the root. The text of source files is read when a transform asks the snapshot for it. What cannot be read becomes a [`Problem`]; only a path that makes no sense is an error.
//! Nothing here understands what it reads: see [`crate::callers`] and [`crate::context`].

mod follow;
pub mod git;
mod ignored;
mod text;
mod wanted;

use std::{
    collections::{BTreeMap, BTreeSet, HashSet},
    ffi::OsStr,
    fs,
    io::ErrorKind,
    ops::Bound,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use ignore::{DirEntry, WalkBuilder, WalkState};
use rayon::prelude::*;

use crate::project::{
    File, Problem, Project, Tree, Unread, is_dockerfile,
    selection::{BadPattern, Pattern, Selection},
};
use crate::text::RepoPath;
use crate::{callers, context, text::glob};

/// Options for loading.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files not to change. They are read all the same: the contexts of other Dockerfiles may need them.
    pub exclude: Vec<Pattern>,
    /// The number of threads; 0 uses one per core.
    pub jobs: usize,
}

/// A project as it lies on disk.
pub struct Loaded {
    /// The snapshot.
    pub project: Project,
    /// The project's root: absolute, without symbolic links.
    pub root: PathBuf,
    /// The files that the user asked for.
    pub selection: Selection,
    /// The folders of other repositories inside this project, which are projects of their own.
    pub nested: Vec<RepoPath>,
}

/// A path or pattern from the command line that makes no sense.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each says what it is")]
pub enum LoadError {
    #[error("{}", path.display())]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error("{}: not a folder and not named as a Dockerfile", .0.display())]
    NotADockerfile(PathBuf),
    #[error("{} and {} have no folder in common", .0.display(), .1.display())]
    NothingInCommon(PathBuf, PathBuf),
    #[error("{}: the path is not UTF-8", .0.display())]
    NotUtf8(PathBuf),
    #[error(transparent)]
    Pattern(#[from] BadPattern),
}

/// Loads the project that `paths` lie in.
///
/// The root of a path is the nearest folder above it that holds `.git`, so that whoever builds a Dockerfile
/// is seen, and paths are those that git knows. What another repository inside it, such as a submodule, brings
/// to a build context is known, but its Dockerfiles and callers are its own. Without one, and below a folder that git ignores, a folder
/// is its own root; that of a Dockerfile is the current folder when it lies below it, else its own. The
/// root of several paths is what their roots have in common.
///
/// # Errors
/// A path that is not there, or is neither a folder nor named as a Dockerfile; a broken pattern.
pub fn load(paths: &[PathBuf], options: &Options) -> Result<Loaded, LoadError> {
    let (mut root, mut selected) = locate(paths, true)?;
    let mut found = walk(&root, options.jobs, &selected);
    if selected.iter().any(|it| !found.reaches(it)) {
        (root, selected) = locate(paths, false)?;
        found = walk(&root, options.jobs, &selected);
    }
    let mut selection = Selection::below(&root, selected);
    for pattern in &options.exclude {
        selection = selection.without(pattern)?;
    }
    let Walk {
        files,
        pruned,
        nested,
        mut texts,
        mut problems,
        mut unread,
        folders_named_dockerfile,
    } = found;
    let tree = Tree::new(files);
    for folder in folders_named_dockerfile {
        if !tree.below(&folder).any(|it| is_dockerfile(it.file_name())) {
            problems.push(text::problem(
                &folder,
                "a folder with the name of a Dockerfile",
                "rename it, or remove it: Docker makes such a folder when it mounts a file that is missing",
            ));
        }
    }
    follow::read_named(&root, &tree, &mut texts, &mut problems);
    let ignored = pruned.into_iter().chain(kept_from_git(&root, &tree, &texts));
    let tree = tree.with_ignored(ignored);
    problems.retain(|it| selection.selects(&it.path));
    problems.sort();
    problems.dedup();
    unread.sort();
    let project = Project::loaded(texts, tree, problems);
    let project = project.with_reader(text::reader(&root)).with_unread(unread);
    let nested = nested.into_iter().filter(|it| selection.reaches(it)).collect();
    Ok(Loaded { project, root, selection, nested })
}

/// These paths by project: those of one repository together, and those of none.
///
/// # Errors
/// A path that is not there, or is neither a folder nor named as a Dockerfile.
pub fn by_project(paths: &[PathBuf]) -> Result<Vec<Vec<PathBuf>>, LoadError> {
    let mut projects: Vec<(Option<PathBuf>, Vec<PathBuf>)> = Vec::new();
    for path in paths {
        let (root, _) = root_of(path, true)?;
        let root = Some(root).filter(|it| it.join(".git").exists());
        match projects.iter_mut().find(|it| it.0 == root) {
            Some(known) => known.1.push(path.clone()),
            None => projects.push((root, vec![path.clone()])),
        }
    }
    Ok(projects.into_iter().map(|it| it.1).collect())
}

fn locate(paths: &[PathBuf], in_repository: bool) -> Result<(PathBuf, Vec<RepoPath>), LoadError> {
    let here = [PathBuf::from(".")];
    let paths = if paths.is_empty() { &here } else { paths };
    let mut found: Option<(PathBuf, &Path)> = None;
    let mut real_paths = Vec::new();
    for path in paths {
        let (own_root, real) = root_of(path, in_repository)?;
        let root = match &found {
            None => own_root,
            Some((root, first)) => {
                let common = root.ancestors().find(|it| own_root.starts_with(it));
                // All paths share the root of the file system, which is not a project.
                let common = common.filter(|it| it.parent().is_some());
                let nothing = || LoadError::NothingInCommon(first.to_path_buf(), path.clone());
                common.ok_or_else(nothing)?.to_path_buf()
            }
        };
        found = Some((root, path));
        real_paths.push(real);
    }
    let root = found.map(|it| it.0).unwrap_or_default();
    let selected = real_paths.iter().map(|it| {
        let outside = || LoadError::NotUtf8(it.clone());
        relative(&root, it).ok_or_else(outside)
    });
    let selected = selected.collect::<Result<_, _>>()?;
    Ok((root, selected))
}

fn root_of(path: &Path, in_repository: bool) -> Result<(PathBuf, PathBuf), LoadError> {
    let unreadable = |source| LoadError::Unreadable { path: path.to_path_buf(), source };
    // A link may point at nothing and still be there: what it means is said when it is read.
    path.symlink_metadata().map_err(unreadable)?;
    let repository = |folder: &Path| {
        let top = git::top(folder).filter(|_| in_repository);
        top.map(Path::to_path_buf)
    };
    if path.is_dir() {
        let real = path.canonicalize().map_err(unreadable)?;
        return Ok((repository(&real).unwrap_or_else(|| real.clone()), real));
    }
    let name = path.file_name().unwrap_or_default().to_str();
    let name = name.ok_or_else(|| LoadError::NotUtf8(path.to_path_buf()))?;
    if !is_dockerfile(name) {
        return Err(LoadError::NotADockerfile(path.to_path_buf()));
    }
    let folder = path.parent().filter(|it| !it.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let folder = folder.canonicalize().map_err(unreadable)?;
    let current = std::env::current_dir().and_then(|it| it.canonicalize()).ok();
    let current = current.as_deref().filter(|it| folder.starts_with(it));
    let root = repository(&folder).unwrap_or_else(|| current.unwrap_or(&folder).to_path_buf());
    Ok((root, folder.join(name)))
}

/// The files that one walk finds.
#[derive(Default)]
struct Walk {
    files: BTreeSet<RepoPath>,
    /// Folders that are not looked into.
    pruned: Vec<RepoPath>,
    /// The folders of other repositories.
    nested: Vec<RepoPath>,
    texts: BTreeMap<RepoPath, File>,
    problems: Vec<Problem>,
    unread: Vec<Unread>,
    folders_named_dockerfile: Vec<RepoPath>,
}

fn walk(root: &Path, jobs: usize, selected: &[RepoPath]) -> Walk {
    let threads = match jobs {
        0 => std::thread::available_parallelism().map_or(1, usize::from),
        jobs => jobs,
    };
    let mut builder = WalkBuilder::new(root);
    builder.standard_filters(false).follow_links(false).threads(threads);
    let ignored = ignored::Ignored::below(root);
    builder.filter_entry(move |it| {
        let is_folder = it.file_type().is_some_and(|it| it.is_dir());
        it.depth() == 0 || !ignored.hides(it.path(), is_folder)
    });
    let found = Mutex::new(Walk::default());
    builder.build_parallel().run(|| Box::new(|entry| visit(root, &found, entry)));
    let mut found = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    // A Dockerfile that git ignores is done when it is named.
    for path in selected.iter().filter(|it| is_dockerfile(it.file_name())) {
        if !found.files.contains(path) && !root.join(path.as_str()).is_dir() {
            found.add(path.clone(), text::read(root, path));
        }
    }
    found
}

fn visit(root: &Path, found: &Mutex<Walk>, entry: Result<DirEntry, ignore::Error>) -> WalkState {
    let lock = || found.lock().unwrap_or_else(PoisonError::into_inner);
    let entry = match entry {
        Ok(it) => it,
        Err(error) => {
            let path = path_of(&error).and_then(|it| relative(root, it));
            let reason = error.io_error().map_or_else(|| error.to_string(), ToString::to_string);
            lock().problems.push(text::unreadable(&path.unwrap_or(RepoPath::root()), &reason));
            return WalkState::Continue;
        }
    };
    let Some(path) = relative(root, entry.path()) else {
        // Below such a folder, too: what is left out is said of each file that would have mattered.
        lock().problems.extend(unnameable(root, entry.path()));
        return WalkState::Continue;
    };
    if entry.file_type().is_some_and(|it| it.is_dir()) {
        match wanted::folder(path.file_name(), entry.path()) {
            wanted::Folder::Walk => {}
            wanted::Folder::Hide => return WalkState::Skip,
            wanted::Folder::Note => {
                lock().pruned.push(path);
                return WalkState::Skip;
            }
            wanted::Folder::Report => lock().folders_named_dockerfile.push(path.clone()),
        }
        if !path.is_root() && entry.path().join(".git").exists() {
            let mut found = lock();
            found.nested.push(path.clone());
            // What is no repository itself is only the folder that they lie in.
            if !root.join(".git").exists() {
                found.pruned.push(path);
                return WalkState::Skip;
            }
        }
        return WalkState::Continue;
    }
    // Reading is done outside the lock.
    let read = match wanted::is_evidence(&path) && lock().is_nested(&path) {
        true => text::Read::Skipped,
        false => text::read(root, &path),
    };
    lock().add(path, read);
    WalkState::Continue
}

impl Walk {
    /// Returns true if the walk came to a path that exists, or to anything below it.
    fn reaches(&self, path: &RepoPath) -> bool {
        let below = format!("{path}/");
        let mut after =
            self.files.range::<str, _>((Bound::Included(below.as_str()), Bound::Unbounded));
        path.is_root()
            || self.files.contains(path)
            || after.next().is_some_and(|it| it.as_str().starts_with(&below))
    }

    /// Returns true if a path lies in another repository. A folder is seen before what is in it.
    fn is_nested(&self, path: &RepoPath) -> bool {
        self.nested.iter().any(|it| path.strip_prefix(it).is_some())
    }

    fn add(&mut self, path: RepoPath, read: text::Read) {
        match read {
            text::Read::Text(it) => {
                self.texts.insert(path.clone(), File::new(path.clone(), it));
            }
            text::Read::Problem(it) => {
                if callers::is_caller(&path) {
                    let (line, why) = (it.line.unwrap_or(1), it.message.clone());
                    self.unread.push(Unread { path: path.clone(), line, why });
                }
                self.problems.push(it);
            }
            text::Read::Unread(it) => self.unread.push(it),
            text::Read::Skipped => {}
        }
        self.files.insert(path);
    }
}

fn path_of(error: &ignore::Error) -> Option<&Path> {
    match error {
        ignore::Error::WithPath { path, .. } => Some(path),
        ignore::Error::WithDepth { err, .. } | ignore::Error::WithLineNumber { err, .. } => {
            path_of(err)
        }
        _ => None,
    }
}

/// A path below the root; `None` when its name is not text, as no Dockerfile could then name it.
fn relative(root: &Path, path: &Path) -> Option<RepoPath> {
    RepoPath::new(path.strip_prefix(root).ok()?.to_str()?)
}

/// The problem of a Dockerfile or caller whose path is not text, named as well as it can be.
fn unnameable(root: &Path, path: &Path) -> Option<Problem> {
    let name = path.strip_prefix(root).ok()?.to_string_lossy();
    let path = RepoPath::new(&name)
        .filter(|it| is_dockerfile(it.file_name()) || callers::is_caller(it))?;
    let hint = "rename it; until then it is left out";
    Some(text::problem(&path, "the path is not UTF-8", hint))
}

/// Files that git ignores and a builder is sent all the same: some names beside
/// manifests and Dockerfiles, and what Dockerfiles copy. Asked for by name, without a walk.
fn kept_from_git(root: &Path, tree: &Tree, texts: &BTreeMap<RepoPath, File>) -> Vec<RepoPath> {
    let named = texts.keys().filter(|it| wanted::marks_a_context(it.file_name()));
    let folders: BTreeSet<_> =
        named.filter_map(RepoPath::parent).chain([RepoPath::root()]).collect();
    let beside = folders.iter().flat_map(|folder| {
        wanted::often_ignored().filter_map(|it| folder.join(it)).collect::<Vec<_>>()
    });
    let files: Vec<_> = texts.values().collect();
    let copied = files.par_iter().flat_map_iter(|it| not_in_tree(it, tree));
    let asked: BTreeSet<_> = beside.chain(copied.collect::<Vec<_>>()).collect();
    let asked = asked.into_iter().filter(|it| !tree.exists(it));
    let mut beside: BTreeMap<_, Vec<_>> = BTreeMap::new();
    asked.for_each(|it| beside.entry(it.parent()).or_default().push(it));
    beside.into_par_iter().flat_map_iter(|(folder, paths)| existing(root, folder, paths)).collect()
}

/// Those of these paths in one folder that are on the disk. Where many are asked for, as in a folder above
/// many Dockerfiles, the folder is read once; one that does not exist is asked for nothing.
fn existing(root: &Path, folder: Option<RepoPath>, mut paths: Vec<RepoPath>) -> Vec<RepoPath> {
    const MANY: usize = 8;
    let exists = |it: &RepoPath| root.join(it.as_str()).symlink_metadata().is_ok();
    let Some(folder) = folder.filter(|_| MANY <= paths.len()) else {
        paths.retain(exists);
        return paths;
    };
    match fs::read_dir(root.join(folder.as_str())) {
        Ok(entries) => {
            let names: HashSet<_> = entries.filter_map(|it| Some(it.ok()?.file_name())).collect();
            paths.retain(|it| names.contains(OsStr::new(it.file_name())));
        }
        Err(error) if [ErrorKind::NotFound, ErrorKind::NotADirectory].contains(&error.kind()) => {
            paths.clear();
        }
        // A folder that cannot be listed can have files all the same.
        Err(_) => paths.retain(exists),
    }
    paths
}

/// The sources of a Dockerfile's COPYs that no folder above it holds, in each of those folders.
fn not_in_tree(file: &File, tree: &Tree) -> Vec<RepoPath> {
    let sources = file.dockerfile().map(context::context_sources).unwrap_or_default();
    let names = sources.iter().filter(|it| !glob::is_pattern(it));
    let places = names.map(|name| file.path.ancestors().filter_map(|it| it.join(name)).collect());
    let missing = places.filter(|it: &Vec<RepoPath>| !it.iter().any(|it| tree.exists(it)));
    missing.flatten().collect()
}
