//! One walk of a project: each folder is listed once, and the files in it that matter are read.

use std::{
    collections::BTreeMap,
    ffi::OsString,
    fs::{self, FileType},
    io,
    path::{Path, PathBuf},
    sync::Arc,
};

use rayon::prelude::*;

use super::{
    ignored::{Ignored, Rules, Tracked},
    kept::Seen,
    text, wanted,
};
use crate::{
    callers,
    project::{File, Problem, Tree, Unread, is_dockerfile},
    text::RepoPath,
};

/// The fewest files that are worth another core.
const TOGETHER: usize = 16;

/// What one walk finds.
#[derive(Default)]
pub(super) struct Walk {
    /// The files.
    pub(super) tree: Tree,
    /// Folders that are not looked into.
    pub(super) pruned: Vec<RepoPath>,
    /// Folders of version control.
    pub(super) hidden: Vec<RepoPath>,
    /// The folders of other repositories, in order.
    pub(super) nested: Vec<RepoPath>,
    /// The files whose text matters.
    pub(super) texts: BTreeMap<RepoPath, File>,
    /// What cannot be read.
    pub(super) problems: Vec<Problem>,
    /// The files without a text that may say who builds or starts an image.
    pub(super) unread: Vec<Unread>,
    /// Folders with the name of a Dockerfile.
    pub(super) folders_named_dockerfile: Vec<RepoPath>,
    /// What the folders hold besides these files.
    pub(super) seen: Seen,
}

/// A folder to look into.
struct Folder {
    place: PathBuf,
    /// Its path in the project; `None` when it is not text.
    path: Option<RepoPath>,
    /// What is ignored in the folder above it.
    above: Arc<Rules>,
    /// Whether it lies in another repository.
    is_nested: bool,
    /// Whether git ignores it, so that only what git tracks all the same is looked at.
    is_ignored: bool,
}

/// What decides which entries of folders are looked at.
struct Hiding {
    /// Whether a repository begins at the root.
    is_repository: bool,
    ignored: Ignored,
    tracked: Tracked,
}

/// An entry of a folder.
struct Entry {
    name: OsString,
    kind: FileType,
}

/// What one folder holds.
#[derive(Default)]
struct Holds {
    /// What it adds to the walk, but for the files and texts.
    walk: Walk,
    files: Vec<(RepoPath, text::Read)>,
    folders: Vec<Folder>,
}

/// Walks a project folder by folder: those of one depth side by side, so that depth costs no stack.
pub(super) fn walk(root: &Path, selected: &[RepoPath]) -> Walk {
    let hiding = Hiding {
        is_repository: root.join(".git").exists(),
        ignored: Ignored::by_the_user(),
        tracked: Tracked::of(root),
    };
    let top = Folder {
        place: root.to_owned(),
        path: Some(RepoPath::root()),
        above: Arc::default(),
        is_nested: false,
        is_ignored: false,
    };
    let mut found = Walk::default();
    let (mut files, mut texts) = (Vec::new(), Vec::new());
    let mut level = vec![top];
    while !level.is_empty() {
        let look = |it: &Folder| it.look(root, &hiding);
        let all: Vec<Holds> = level.par_iter().map(look).collect();
        level.clear();
        for holds in all {
            level.extend(holds.folders);
            found.extend(holds.walk);
            for (path, read) in holds.files {
                found.add(&path, read, &mut texts);
                files.push(path);
            }
        }
    }
    files.sort_unstable();
    // A Dockerfile that git ignores is done when it is named.
    let mut named: Vec<_> = selected.iter().filter(|it| is_dockerfile(it.file_name())).collect();
    named.retain(|it| files.binary_search(it).is_err() && !root.join(it.as_str()).is_dir());
    for path in named {
        found.add(path, text::read(root, path), &mut texts);
        files.push(path.clone());
    }
    found.nested.sort();
    found.tree = Tree::new(files);
    found.texts = texts.into_iter().map(|it| (it.path.clone(), it)).collect();
    found
}

impl Folder {
    fn look(&self, root: &Path, hiding: &Hiding) -> Holds {
        let mut holds = Holds::default();
        let walk = &mut holds.walk;
        let listed = fs::read_dir(&self.place).and_then(|it| it.map(Entry::of).collect());
        let entries: Vec<Entry> = match listed {
            Ok(it) => it,
            Err(error) => {
                let path = self.path.clone().unwrap_or(RepoPath::root());
                walk.problems.push(text::unreadable(&path, &error.to_string()));
                return holds;
            }
        };
        let mut is_nested = self.is_nested;
        let begins = entries.iter().any(|it| it.name == ".git");
        if let Some(path) = self.path.as_ref().filter(|it| begins && !it.is_root())
            && self.place.join(".git").exists()
        {
            walk.nested.push(path.clone());
            is_nested = true;
            // What is no repository itself is only the folder that they lie in.
            if !hiding.is_repository {
                walk.pruned.push(path.clone());
                return holds;
            }
        }
        let has_rules = entries.iter().any(|it| it.name == ".gitignore");
        let rules = Rules::of(&self.place, has_rules, begins, &self.above);
        let mut files = Vec::new();
        for Entry { name, kind } in entries {
            let place = self.place.join(&name);
            let path = self.path.as_ref().and_then(|it| it.join(name.to_str()?));
            let is_ignored = self.is_ignored || hiding.ignored.hides(&rules, &place, kind.is_dir());
            let is_tracked = |it: &RepoPath| hiding.tracked.has(it, kind.is_dir());
            if is_ignored && !path.as_ref().is_some_and(is_tracked) {
                walk.seen.others.extend(path);
                continue;
            }
            let Some(path) = path else {
                // Below such a folder, too: what is left out is said of each file that would have mattered.
                walk.problems.extend(unnameable(root, &place));
                if kind.is_dir() {
                    let above = Arc::clone(&rules);
                    holds.folders.push(Self { place, path, above, is_nested, is_ignored });
                }
                continue;
            };
            if !kind.is_dir() {
                files.push((path, kind.is_file()));
                continue;
            }
            walk.seen.others.insert(path.clone());
            match wanted::folder(path.file_name(), &place) {
                wanted::Folder::Walk => {}
                wanted::Folder::Hide => {
                    walk.hidden.push(path);
                    continue;
                }
                wanted::Folder::Note => {
                    walk.pruned.push(path);
                    continue;
                }
                wanted::Folder::Report => walk.folders_named_dockerfile.push(path.clone()),
            }
            let above = Arc::clone(&rules);
            let path = Some(path);
            holds.folders.push(Self { place, path, above, is_nested, is_ignored });
        }
        walk.seen.listed.extend(self.path.clone());
        let read = |(path, is_regular): (RepoPath, bool)| {
            let read = match (is_nested && wanted::is_evidence(&path), is_regular) {
                (true, _) => text::Read::Skipped,
                (false, true) => text::read_regular(root, &path),
                (false, false) => text::read(root, &path),
            };
            (path, read)
        };
        holds.files = files.into_par_iter().with_min_len(TOGETHER).map(read).collect();
        holds
    }
}

impl Entry {
    fn of(entry: io::Result<fs::DirEntry>) -> io::Result<Self> {
        let entry = entry?;
        Ok(Self { kind: entry.file_type()?, name: entry.file_name() })
    }
}

impl Walk {
    /// Returns true if the walk came to a path that exists, or to anything below it.
    pub(super) fn reaches(&self, path: &RepoPath) -> bool {
        self.tree.is_file(path) || self.tree.is_folder(path)
    }

    fn extend(&mut self, more: Self) {
        self.pruned.extend(more.pruned);
        self.hidden.extend(more.hidden);
        self.nested.extend(more.nested);
        self.problems.extend(more.problems);
        self.folders_named_dockerfile.extend(more.folders_named_dockerfile);
        self.seen.listed.extend(more.seen.listed);
        self.seen.others.extend(more.seen.others);
    }

    fn add(&mut self, path: &RepoPath, read: text::Read, texts: &mut Vec<File>) {
        match read {
            text::Read::Text(it) => texts.push(File::new(path.clone(), it)),
            text::Read::Problem(it) => {
                if callers::is_caller(path) {
                    let (line, why) = (it.line.unwrap_or(1), it.message.clone());
                    self.unread.push(Unread { path: path.clone(), line, why });
                }
                self.problems.push(it);
            }
            text::Read::Unread(it) => self.unread.push(it),
            text::Read::Skipped => {}
        }
    }
}

/// The problem of a Dockerfile or caller whose path is not text, named as well as it can be.
fn unnameable(root: &Path, path: &Path) -> Option<Problem> {
    let name = path.strip_prefix(root).ok()?.to_string_lossy();
    let path = RepoPath::new(&name)
        .filter(|it| is_dockerfile(it.file_name()) || callers::is_caller(it))?;
    let hint = "rename it; until then it is left out";
    Some(text::problem(&path, "the path is not UTF-8", hint))
}
