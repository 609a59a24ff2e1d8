//! Reads a project from disk: one walk, and the text of only those files that matter.
//!
//! Git's ignore files are honoured, with or without a repository, but for files that git tracks. Symbolic links are never followed out
//! of the root. The text of source files and locks is read when a transform asks the snapshot for it. What cannot be
//! read becomes a [`Problem`](crate::project::Problem); only a path that makes no sense is an error.
//! Nothing here understands what it reads: see [`crate::callers`] and [`crate::context`].

pub mod commit;
mod follow;
pub mod git;
mod ignored;
mod kept;
mod listing;
mod text;
mod walk;
mod wanted;

use std::path::{Path, PathBuf};

use crate::project::{
    Project, is_dockerfile,
    selection::{BadPattern, Pattern, Selection},
};
use crate::text::RepoPath;
use kept::Seen;
use walk::{Walk, walk};

/// Options for loading.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// Files not to change. They are read all the same: the contexts of other Dockerfiles may need them.
    pub exclude: Vec<Pattern>,
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
    seen: Seen,
}

impl Loaded {
    /// A project that was not read from disk, or of which more is asked than was read.
    pub fn new(project: Project, root: PathBuf, selection: Selection) -> Self {
        Self { project, root, selection, nested: Vec::new(), seen: Seen::default() }
    }

    /// Whether a file or folder is on the disk, which is asked only about folders that were not listed.
    pub fn has(&self, path: &RepoPath) -> bool {
        self.seen.exists(&self.root, self.project.tree(), path)
    }
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
    let mut found = walk(&root, &selected);
    if selected.iter().any(|it| !found.reaches(it)) {
        (root, selected) = locate(paths, false)?;
        found = walk(&root, &selected);
    }
    let mut selection = Selection::below(&root, selected);
    for pattern in &options.exclude {
        selection = selection.without(pattern)?;
    }
    let Walk {
        tree,
        pruned,
        hidden,
        nested,
        mut texts,
        mut problems,
        mut unread,
        folders_named_dockerfile,
        seen,
    } = found;
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
    let kept = seen.kept_from_git(&root, &tree, &texts);
    let committed = ignored::committed(&root, &pruned);
    let tree = tree.with_ignored(pruned.into_iter().chain(kept)).with_hidden(hidden);
    let tree = tree.with_committed(committed);
    problems.retain(|it| selection.selects(&it.path));
    problems.sort();
    problems.dedup();
    unread.sort();
    let project = Project::loaded(texts, tree, problems);
    let project = project.with_reader(text::reader(&root)).with_unread(unread);
    let project = project.with_lister(listing::lister(&root));
    let nested = nested.into_iter().filter(|it| selection.reaches(it)).collect();
    Ok(Loaded { nested, seen, ..Loaded::new(project, root, selection) })
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

/// A path below the root; `None` when its name is not text, as no Dockerfile could then name it.
fn relative(root: &Path, path: &Path) -> Option<RepoPath> {
    RepoPath::new(path.strip_prefix(root).ok()?.to_str()?)
}
