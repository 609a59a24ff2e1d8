//! What git ignores, read by ourselves: a library that follows links and opens whatever has the name of an
//! ignore file hangs on a pipe, and fills the memory from a device.
//!
//! After gitignore(5): the deepest file that says something about a path wins, in one file the last line; then
//! `.git/info/exclude`, then the user's own file. The files of a repository above another one say nothing
//! about what is in that one. None of them counts for a file that git tracks: it is in every checkout.

use std::{
    collections::BTreeSet,
    env, fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, OnceLock},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

use super::git;
use crate::text::RepoPath;

/// The largest ignore file that is read.
const LIMIT: u64 = 1 << 20;

/// What the user's own file ignores everywhere, and so what is ignored besides the files of the project.
pub(super) struct Ignored(Gitignore);

/// The files of a repository that git tracks although an ignore file names them.
pub(super) struct Tracked {
    /// The folder of the repository; `None` without one.
    root: Option<PathBuf>,
    /// The paths, sorted. Git is asked when something is hidden, which is nothing in most checkouts.
    paths: OnceLock<Vec<String>>,
}

/// What is said about the files of a folder.
#[derive(Default)]
pub(super) struct Rules {
    /// Of the folder's own file first, then of its repository's, if one begins here.
    own: Vec<Gitignore>,
    /// What is said further up; nothing where a repository begins.
    above: Option<Arc<Self>>,
}

impl Ignored {
    /// What the user ignores.
    pub(super) fn by_the_user() -> Self {
        match user_ignores() {
            true => Self(Gitignore::global().0),
            false => Self(Gitignore::empty()),
        }
    }

    /// Whether git ignores a file or folder in a folder with these rules.
    pub(super) fn hides(&self, rules: &Rules, path: &Path, is_folder: bool) -> bool {
        let mut rules = Some(rules);
        let mut said = Match::None;
        while let (true, Some(it)) = (said.is_none(), rules) {
            let own = it.own.iter().map(|it| it.matched(path, is_folder));
            said = own.into_iter().find(|it| !it.is_none()).unwrap_or(Match::None);
            rules = it.above.as_deref();
        }
        said.or(self.0.matched(path, is_folder)).is_ignore()
    }
}

impl Tracked {
    /// Those of a folder in which a repository may begin.
    pub(super) fn of(root: &Path) -> Self {
        let root = root.join(".git").exists().then(|| root.to_owned());
        Self { root, paths: OnceLock::new() }
    }

    /// Whether git tracks a file although it is ignored, or a file below such a folder.
    pub(super) fn has(&self, path: &RepoPath, is_folder: bool) -> bool {
        let Some(root) = &self.root else { return false };
        let paths = self.paths.get_or_init(|| {
            let arguments = ["ls-files", "-z", "--cached", "--ignored", "--exclude-standard"];
            let listed = git::ask(root, &arguments, &[]).unwrap_or_default();
            let mut paths: Vec<String> = listed.split_terminator('\0').map(str::to_owned).collect();
            paths.sort_unstable();
            paths
        });
        let (path, at) = (path.as_str(), |it: &str| paths.partition_point(|other| **other < *it));
        match is_folder {
            true => {
                let start = format!("{path}/");
                paths.get(at(&start)).is_some_and(|it| it.starts_with(&start))
            }
            false => paths.get(at(path)).is_some_and(|it| it == path),
        }
    }
}

/// The most folders that git is asked about.
const FOLDERS: usize = 1_000;

/// Those of the folders that were not walked in which git keeps files.
pub(super) fn committed(root: &Path, folders: &[RepoPath]) -> Vec<RepoPath> {
    if folders.is_empty() || !root.join(".git").exists() {
        return Vec::new();
    }
    let paths: Vec<&str> = folders.iter().take(FOLDERS).map(RepoPath::as_str).collect();
    let arguments = ["--literal-pathspecs", "ls-files", "-z", "--cached", "--"];
    let listed = git::ask(root, &arguments, &paths).unwrap_or_default();
    let files: BTreeSet<&str> = listed.split_terminator('\0').collect();
    let is_kept = |it: &&RepoPath| {
        let start = format!("{it}/");
        files.range(start.as_str()..).next().is_some_and(|it| it.starts_with(&start))
    };
    folders.iter().filter(is_kept).cloned().collect()
}

impl Rules {
    /// The rules of a folder, which may have an ignore file, and in which a repository may begin.
    pub(super) fn of(folder: &Path, has_file: bool, begins: bool, above: &Arc<Self>) -> Arc<Self> {
        let file = has_file.then(|| rules(folder, &folder.join(".gitignore"))).flatten();
        let mut own = Vec::from_iter(file);
        if begins {
            own.extend(rules(folder, &folder.join(".git/info/exclude")));
        }
        // Most folders say nothing of their own.
        match own.is_empty() && !begins {
            true => Arc::clone(above),
            false => Arc::new(Self { own, above: (!begins).then(|| Arc::clone(above)) }),
        }
    }
}

/// Whether the user may have an ignore file: git's settings name one, or it lies where git looks for one.
///
/// To find that out in these settings, the library compiles a regular expression, which takes a tenth of a run on a
/// small repository.
fn user_ignores() -> bool {
    let given = |name| env::var_os(name).filter(|it| !it.is_empty()).map(PathBuf::from);
    let home = env::home_dir();
    let folder = given("XDG_CONFIG_HOME").or_else(|| Some(home.as_ref()?.join(".config")));
    let folder = folder.map(|it| it.join("git"));
    let settings = [
        given("GIT_CONFIG_GLOBAL"),
        home.map(|it| it.join(".gitconfig")),
        folder.as_ref().map(|it| it.join("config")),
        Some(given("GIT_CONFIG_SYSTEM").unwrap_or_else(|| "/etc/gitconfig".into())),
    ];
    let names_one =
        |it: PathBuf| read(&it).is_ok_and(|it| it.to_ascii_lowercase().contains("excludesfile"));
    folder.is_some_and(|it| it.join("ignore").exists())
        || settings.into_iter().flatten().any(names_one)
}

/// The rules of an ignore file, if it is a regular file.
fn rules(folder: &Path, path: &Path) -> Option<Gitignore> {
    let metadata = path.symlink_metadata().ok()?;
    if !metadata.is_file() || LIMIT < metadata.len() {
        return None;
    }
    let text = read(path).ok()?;
    let mut builder = GitignoreBuilder::new(folder);
    for line in text.lines() {
        // A line that is no pattern says nothing, as with git.
        let _ = builder.add_line(None, line);
    }
    builder.build().ok().filter(|it| !it.is_empty())
}

fn read(path: &Path) -> io::Result<String> {
    let mut bytes = Vec::new();
    fs::File::open(path)?.take(LIMIT).read_to_end(&mut bytes)?;
    let text = String::from_utf8_lossy(&bytes);
    Ok(text.strip_prefix('\u{feff}').unwrap_or(&text).to_owned())
}
