//! Every path of a project, so that existence, folders and globs can be asked without the disk.

use std::{
    collections::{BTreeSet, btree_set::Range},
    ops::Bound,
};

use elsa::sync::FrozenMap;
use foldhash::{HashSet, fast::RandomState};

use crate::text::{self, Memo, RepoPath, glob};

/// The files of a project by path, and what git ignores but a build context would still send.
#[derive(Clone, Debug, Default)]
pub struct Tree {
    files: BTreeSet<RepoPath>,
    /// Files and folders that exist, are ignored by git and were therefore not walked.
    ignored: BTreeSet<RepoPath>,
    /// Folders of version control, which no source is read from.
    hidden: BTreeSet<RepoPath>,
    /// What is known of these paths.
    memo: Memo,
    /// Folders of which tools make the like, such as `node_modules`, and that git keeps all the same.
    committed: BTreeSet<RepoPath>,
}

/// The names of the files and folders that folders hold, each folder listed when it is asked for.
#[derive(Default)]
struct Listed(FrozenMap<RepoPath, Vec<Box<str>>>);

/// The paths of a tree, without an order: of most that are asked for, only whether they exist matters.
struct Index {
    files: HashSet<RepoPath>,
    /// The folders with a file below them, but for the root.
    folders: HashSet<RepoPath>,
}

impl Index {
    fn of(files: &BTreeSet<RepoPath>) -> Self {
        let mut folders = HashSet::with_capacity_and_hasher(files.len(), RandomState::default());
        for file in files {
            for folder in file.ancestors().take_while(|it| !it.is_root()) {
                // Where one is known, those above it are.
                if !folders.insert(folder) {
                    break;
                }
            }
        }
        Self { files: files.iter().cloned().collect(), folders }
    }
}

impl Tree {
    /// A tree of these files.
    pub fn new(files: impl IntoIterator<Item = RepoPath>) -> Self {
        Self { files: files.into_iter().collect(), ..Self::default() }
    }

    /// Adds what exists although git ignores it, such as `.venv`.
    #[must_use]
    pub fn with_ignored(mut self, ignored: impl IntoIterator<Item = RepoPath>) -> Self {
        self.ignored = ignored.into_iter().collect();
        self
    }

    /// Adds the folders of version control that exist.
    #[must_use]
    pub fn with_hidden(mut self, hidden: impl IntoIterator<Item = RepoPath>) -> Self {
        self.hidden = hidden.into_iter().collect();
        self
    }

    /// Adds the folders among those that were not walked that git keeps.
    #[must_use]
    pub fn with_committed(mut self, committed: impl IntoIterator<Item = RepoPath>) -> Self {
        self.committed = committed.into_iter().collect();
        self
    }

    /// Returns true if git keeps a folder of which tools make the like: everyone has it, as it is there.
    pub fn is_committed(&self, path: &RepoPath) -> bool {
        self.committed.contains(path)
    }

    /// Returns true if the folder of version control exists, such as `.git`.
    pub fn is_hidden(&self, path: &RepoPath) -> bool {
        self.hidden.contains(path)
    }

    /// Adds a file.
    pub fn insert(&mut self, path: RepoPath) {
        self.memo = Memo::default();
        self.files.insert(path);
    }

    /// Takes a file out.
    pub fn remove(&mut self, path: &RepoPath) {
        self.memo = Memo::default();
        self.files.remove(path);
    }

    /// Returns true if the file exists.
    pub fn is_file(&self, path: &RepoPath) -> bool {
        self.index().files.contains(path)
    }

    /// The file of this path, if it exists.
    pub fn file(&self, path: &str) -> Option<&RepoPath> {
        self.index().files.get(path)
    }

    /// Returns true if the folder exists and has a file below it.
    pub fn is_folder(&self, path: &RepoPath) -> bool {
        path.is_root() || self.index().folders.contains(path)
    }

    fn index(&self) -> &Index {
        self.memo.get(|| Index::of(&self.files))
    }

    /// Returns true if the path of a file begins with these characters.
    pub fn has_prefix(&self, start: &str) -> bool {
        let next = self.from(Bound::Included(start)).next();
        next.is_some_and(|it| it.as_str().starts_with(start))
    }

    /// Returns true if the file or folder exists, even if git ignores it.
    pub fn exists(&self, path: &RepoPath) -> bool {
        path.is_root() || self.has(path.as_str())
    }

    /// Returns true if a path of the usual spelling exists; see [`Tree::exists`].
    fn has(&self, path: &str) -> bool {
        let Index { files, folders } = self.index();
        files.contains(path) || folders.contains(path) || self.ignored.contains(path)
    }

    /// The files below a folder, in order; the work grows with what is below it only.
    pub fn below<'a>(&'a self, folder: &RepoPath) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        self.beginning_with(&prefix(folder))
    }

    /// The files whose paths begin with these characters, in order; the work grows with their number.
    pub fn beginning_with<'a>(
        &'a self,
        start: &str,
    ) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let start = start.to_owned();
        let from = self.files.range::<str, _>((Bound::Included(start.as_str()), Bound::Unbounded));
        from.take_while(move |it| it.as_str().starts_with(&start))
    }

    /// The files from a path on, in order.
    fn from(&self, start: Bound<&str>) -> Range<'_, RepoPath> {
        self.files.range::<str, _>((start, Bound::Unbounded))
    }

    /// The files and folders directly in a folder, in the order of their first file; the work grows with
    /// their number and not with what they hold.
    pub fn children<'a>(&'a self, folder: &'a RepoPath) -> impl Iterator<Item = RepoPath> + 'a {
        self.children_named(folder, |_| true)
    }

    /// Those of the [children](Self::children) of a folder that have such a name.
    fn children_named<'a>(
        &'a self,
        folder: &'a RepoPath,
        is_one: impl Fn(&str) -> bool + Clone + 'a,
    ) -> impl Iterator<Item = RepoPath> + 'a {
        let is_named = is_one.clone();
        let walked = self.names(folder).iter().filter(move |it| is_named(it));
        let walked = walked.filter_map(|it| folder.join(it));
        let ignored = self.ignored_below(folder).filter(move |it| is_one(it.file_name()));
        walked.chain(ignored.filter(|it| it.parent().as_ref() == Some(folder)).cloned())
    }

    /// The names of the files and folders directly in a folder that git does not ignore.
    fn names(&self, folder: &RepoPath) -> &[Box<str>] {
        let Listed(known) = self.memo.get(Listed::default);
        known.get(folder).unwrap_or_else(|| {
            let head = prefix(folder);
            let mut rest = self.from(Bound::Excluded(&head));
            let names = std::iter::from_fn(|| {
                let next = rest.next()?.as_str().strip_prefix(&head)?;
                let Some((name, _)) = next.split_once('/') else { return Some(next.into()) };
                // `0` follows `/`, so this sorts after everything in a folder of this name.
                rest = self.from(Bound::Included(&format!("{head}{name}0")));
                Some(name.into())
            });
            known.insert(folder.clone(), names.collect())
        })
    }

    /// The files and folders below a folder that git ignores; a folder includes its contents.
    pub fn ignored_below<'a>(
        &'a self,
        folder: &RepoPath,
    ) -> impl Iterator<Item = &'a RepoPath> + use<'a> {
        let prefix = prefix(folder);
        let from =
            self.ignored.range::<str, _>((Bound::Included(prefix.as_str()), Bound::Unbounded));
        from.take_while(move |it| it.as_str().starts_with(&prefix))
    }

    /// Every file, in order.
    pub fn files(&self) -> impl Iterator<Item = &RepoPath> {
        self.files.iter()
    }
}

/// What the paths of all that a folder holds begin with.
fn prefix(folder: &RepoPath) -> String {
    match folder.is_root() {
        true => String::new(),
        false => [folder.as_str(), "/"].concat(),
    }
}

/// The files and folders that a source of COPY or ADD names, seen from the context, or
/// that its pattern matches. A folder includes its contents.
///
/// Empty when there is none, and when the source is a pattern Go refuses. A `..` stops at the context, as
/// in BuildKit: `../x` is `x`.
pub fn sources(tree: &Tree, context: &RepoPath, source: &str) -> Vec<RepoPath> {
    // Most sources are spelled plainly and are not in most of the folders that may be their context: of those no path
    // is made.
    let is_plain = text::is_normal(source) && !glob::is_pattern(source) && !source.contains('\\');
    if is_plain && !tree.has(&(prefix(context) + source)) {
        return Vec::new();
    }
    let mut parts: Vec<&str> = Vec::new();
    for part in source.split('/') {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    if !glob::is_pattern(source) {
        let path = glob::unescape(&parts.join("/")).and_then(|it| context.join(&it));
        return path.filter(|it| tree.exists(it)).into_iter().collect();
    }
    // Folder by folder, so that only folders that match are looked into.
    let mut found = vec![context.clone()];
    for part in parts {
        let Ok(glob) = glob::Glob::new(part) else { return Vec::new() };
        found = if glob::is_pattern(part) {
            let is_one = |name: &str| glob.matches(name);
            found.iter().flat_map(|it| tree.children_named(it, is_one)).collect()
        } else {
            let named = glob::unescape(part).unwrap_or_default();
            let named = found.iter().filter_map(|it| it.join(&named));
            named.filter(|it| tree.exists(it)).collect()
        };
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn children_are_what_a_folder_holds_itself() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = ["a", "b/c", "b/d/e", "b-f", "b.g/h", "b0/i"];
        let tree = Tree::new(files.map(path)).with_ignored([path(".env"), path("b/.venv")]);
        let children = |it: &RepoPath| {
            let mut all: Vec<_> = tree.children(it).map(|it| it.to_string()).collect();
            all.sort();
            all
        };
        assert_eq!(children(&RepoPath::root()), [".env", "a", "b", "b-f", "b.g", "b0"]);
        assert_eq!(children(&path("b")), ["b/.venv", "b/c", "b/d"]);
        assert!(children(&path("a")).is_empty());
    }

    #[test]
    fn sources_are_files_folders_and_matches_inside_the_context() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let files = ["api/a.txt", "api/b.txt", "api/src/main.py", "api/src/sub/x.txt", "c.txt"];
        let tree = Tree::new(files.map(path)).with_ignored([path("api/.env")]);
        let rows: [(&str, &[&str]); 12] = [
            ("a.txt", &["api/a.txt"]),
            ("/a.txt", &["api/a.txt"]),
            ("./src/", &["api/src"]),
            ("*.txt", &["api/a.txt", "api/b.txt"]),
            ("[ab].txt", &["api/a.txt", "api/b.txt"]),
            ("s*", &["api/src"]),
            ("src/*/x.txt", &["api/src/sub/x.txt"]),
            (".env*", &["api/.env"]),
            ("../c.txt", &[]),
            ("../a.txt", &["api/a.txt"]),
            ("**/x.txt", &[]),
            (".", &["api"]),
        ];
        for (source, expected) in rows {
            let found = sources(&tree, &path("api"), source);
            let found: Vec<_> = found.iter().map(RepoPath::as_str).collect();
            assert_eq!(found, expected, "{source}");
        }
    }
}
