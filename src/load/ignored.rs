//! What git ignores, read by ourselves: a library that follows links and opens whatever has the name of an
//! ignore file hangs on a pipe, and fills the memory from a device.
//!
//! After gitignore(5): the deepest file that says something about a path wins, in one file the last line; then
//! `.git/info/exclude`, then the user's own file. The files of a repository above another one say nothing
//! about what is in that one.

use std::{
    collections::HashMap,
    fs,
    io::{self, Read as _},
    path::{Path, PathBuf},
    sync::{Arc, Mutex, PoisonError},
};

use ignore::{
    Match,
    gitignore::{Gitignore, GitignoreBuilder},
};

/// The largest ignore file that is read.
const LIMIT: u64 = 1 << 20;

/// The ignore files of the folders of one walk, which comes to a folder before it comes to what is in it.
pub(super) struct Ignored {
    folders: Mutex<HashMap<PathBuf, Arc<Rules>>>,
    /// The user's own file.
    global: Gitignore,
}

/// What is said about the files of a folder.
struct Rules {
    /// Of the folder's own file first, then of its repository's, if one begins here.
    own: Vec<Gitignore>,
    /// What is said further up; nothing where a repository begins.
    above: Option<Arc<Self>>,
}

impl Ignored {
    /// The ignore files of a walk that begins in this folder.
    pub(super) fn below(root: &Path) -> Self {
        let ignored = Self { folders: Mutex::default(), global: Gitignore::global().0 };
        ignored.enter(root, None);
        ignored
    }

    /// Whether git ignores a file or folder. One that it does not ignore can be walked into.
    pub(super) fn hides(&self, path: &Path, is_folder: bool) -> bool {
        let above = path.parent().and_then(|it| self.lock().get(it).cloned());
        let mut rules = above.as_ref();
        let mut said = Match::None;
        while let (true, Some(it)) = (said.is_none(), rules) {
            let own = it.own.iter().map(|it| it.matched(path, is_folder));
            said = own.into_iter().find(|it| !it.is_none()).unwrap_or(Match::None);
            rules = it.above.as_ref();
        }
        let hidden = said.or(self.global.matched(path, is_folder)).is_ignore();
        if is_folder && !hidden {
            self.enter(path, above);
        }
        hidden
    }

    fn enter(&self, folder: &Path, above: Option<Arc<Rules>>) {
        let mut own = Vec::from_iter(rules(folder, &folder.join(".gitignore")));
        let begins = folder.join(".git").symlink_metadata().is_ok();
        if begins {
            own.extend(rules(folder, &folder.join(".git/info/exclude")));
        }
        let above = above.filter(|_| !begins);
        let rules = match above {
            // Most folders say nothing of their own.
            Some(above) if own.is_empty() => above,
            above => Arc::new(Rules { own, above }),
        };
        self.lock().insert(folder.to_owned(), rules);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<PathBuf, Arc<Rules>>> {
        self.folders.lock().unwrap_or_else(PoisonError::into_inner)
    }
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
