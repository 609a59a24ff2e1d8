//! The files of a snapshot by path. Snapshots of one run share what was read, and hold only what has changed since.

use std::{
    collections::{BTreeMap, BTreeSet},
    iter,
    sync::Arc,
};

use foldhash::HashMap;

use super::File;
use crate::text::RepoPath;

/// Files by path; a clone costs nothing, and the first change to it as much as what differs from the files that were
/// read.
#[derive(Clone, Default)]
pub(super) struct Files {
    /// The files as they were read.
    read: Arc<Read>,
    /// What has become of some of them, by their places among these; `None` for a file that is gone.
    changed: Arc<BTreeMap<usize, Option<Arc<File>>>>,
    /// The files that were not read.
    added: Arc<BTreeMap<RepoPath, Arc<File>>>,
}

/// The files of a reading, which stay as they are.
#[derive(Default)]
struct Read {
    /// By path.
    sorted: Vec<Arc<File>>,
    /// The place of each among these.
    places: HashMap<RepoPath, usize>,
}

impl Read {
    fn get(&self, path: &str) -> Option<&Arc<File>> {
        self.places.get(path).map(|it| &self.sorted[*it])
    }

    fn paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.sorted.iter().map(|it| &it.path)
    }
}

/// A file in two snapshots, which is not the same in both.
pub(super) struct Difference<'f> {
    /// Its path.
    pub(super) path: &'f RepoPath,
    /// The file in the earlier snapshot.
    pub(super) before: Option<&'f Arc<File>>,
    /// The file in the later one.
    pub(super) after: Option<&'f Arc<File>>,
}

impl Files {
    pub(super) fn get(&self, path: &str) -> Option<&Arc<File>> {
        let Some(place) = self.read.places.get(path) else { return self.added.get(path) };
        match self.changed.get(place) {
            Some(it) => it.as_ref(),
            None => Some(&self.read.sorted[*place]),
        }
    }

    /// The files, by path.
    pub(super) fn values(&self) -> impl Iterator<Item = &Arc<File>> {
        let mut changed = self.changed.iter().peekable();
        let read = self.read.sorted.iter().enumerate().filter_map(move |(place, file)| {
            let since = changed.next_if(|it| *it.0 == place);
            since.map_or(Some(file), |it| it.1.as_ref())
        });
        let (mut read, mut added) = (read.peekable(), self.added.values().peekable());
        iter::from_fn(move || match (read.peek(), added.peek()) {
            (Some(one), Some(other)) if other.path < one.path => added.next(),
            (None, _) => added.next(),
            _ => read.next(),
        })
    }

    /// Adds a file, or replaces the one of its path, which is returned.
    pub(super) fn insert(&mut self, file: Arc<File>) -> Option<Arc<File>> {
        let old = self.get(file.path.as_str()).cloned();
        self.put(&file.path.clone(), Some(file));
        old
    }

    /// Takes out the file of a path, which is returned.
    pub(super) fn remove(&mut self, path: &RepoPath) -> Option<Arc<File>> {
        let old = self.get(path.as_str()).cloned();
        self.put(path, None);
        old
    }

    fn put(&mut self, path: &RepoPath, file: Option<Arc<File>>) {
        match (self.read.places.get(path), file) {
            (Some(place), file) => _ = Arc::make_mut(&mut self.changed).insert(*place, file),
            (None, Some(it)) => _ = Arc::make_mut(&mut self.added).insert(path.clone(), it),
            (None, None) => _ = Arc::make_mut(&mut self.added).remove(path),
        }
    }

    /// Puts a file in the place of another one of its path, if that is here and was not read like this; returns true if
    /// it was.
    pub(super) fn exchange(&mut self, old: &Arc<File>, new: &Arc<File>) -> bool {
        let is_old = |it: Option<&Arc<File>>| it.is_some_and(|it| Arc::ptr_eq(it, old));
        let path = old.path.as_str();
        let is_here = is_old(self.get(path)) && !is_old(self.read.get(path));
        if is_here {
            self.put(&new.path, Some(Arc::clone(new)));
        }
        is_here
    }

    /// The files that are not the same object in an `earlier` snapshot, by path. If both come from one reading, the
    /// work grows with what has changed since.
    pub(super) fn differences<'f>(&'f self, earlier: &'f Self) -> Vec<Difference<'f>> {
        let mut paths: BTreeSet<&RepoPath> = self.touched().chain(earlier.touched()).collect();
        if !Arc::ptr_eq(&self.read, &earlier.read) {
            paths.extend(self.read.paths().chain(earlier.read.paths()));
        }
        let pairs = paths.into_iter().map(|path| {
            let (before, after) = (earlier.get(path.as_str()), self.get(path.as_str()));
            Difference { path, before, after }
        });
        let differ = |it: &Difference<'_>| match (it.before, it.after) {
            (Some(before), Some(after)) => !Arc::ptr_eq(before, after),
            (before, after) => before.is_some() || after.is_some(),
        };
        pairs.filter(differ).collect()
    }

    /// The paths of files that are not as they were read.
    fn touched(&self) -> impl Iterator<Item = &RepoPath> {
        let changed = self.changed.keys().map(|place| &self.read.sorted[*place].path);
        changed.chain(self.added.keys())
    }
}

impl FromIterator<File> for Files {
    fn from_iter<T: IntoIterator<Item = File>>(files: T) -> Self {
        // Of two with one path the last counts.
        let files: BTreeMap<_, _> = files.into_iter().map(|it| (it.path.clone(), it)).collect();
        let sorted: Vec<_> = files.into_values().map(Arc::new).collect();
        let places = sorted.iter().enumerate().map(|(at, it)| (it.path.clone(), at)).collect();
        Self { read: Arc::new(Read { sorted, places }), ..Self::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(path: &str, text: &str) -> File {
        File::new(RepoPath::new(path).unwrap(), text)
    }

    fn seen(files: &Files) -> Vec<String> {
        files.values().map(|it| format!("{}={}", it.path, it.text)).collect()
    }

    #[test]
    fn what_has_changed_stands_in_the_place_of_what_was_read() {
        let read: Files = ["b", "d", "f"].map(|it| file(it, "1")).into_iter().collect();
        let mut files = read.clone();
        for it in ["a", "c", "d", "g"] {
            let old = files.insert(Arc::new(file(it, "2")));
            assert_eq!(old.is_some(), it == "d");
        }
        assert!(files.remove(&RepoPath::new("b").unwrap()).is_some());
        assert!(files.remove(&RepoPath::new("g").unwrap()).is_some());
        assert!(files.remove(&RepoPath::new("x").unwrap()).is_none());
        assert_eq!(seen(&files), ["a=2", "c=2", "d=2", "f=1"]);
        assert_eq!(seen(&read), ["b=1", "d=1", "f=1"]);
        assert_eq!(files.get("d").unwrap().text.as_ref(), "2");
        assert!(files.get("b").is_none() && files.get("e").is_none());
    }

    #[test]
    fn differences_are_the_same_whether_or_not_two_snapshots_share_what_was_read() {
        let files = ["a", "b", "c"].map(|it| file(it, "1"));
        let read: Files = files.into_iter().collect();
        let mut after = read.clone();
        after.insert(Arc::new(file("b", "2")));
        after.remove(&RepoPath::new("c").unwrap());
        after.insert(Arc::new(file("d", "2")));
        let said = |after: &Files, before: &Files| {
            let all = after.differences(before).into_iter();
            let all = all.map(|it| (it.path.to_string(), it.before.is_some(), it.after.is_some()));
            all.collect::<Vec<_>>()
        };
        let expected = [("b", true, true), ("c", true, false), ("d", false, true)];
        let expected = expected.map(|it| (it.0.to_owned(), it.1, it.2));
        assert_eq!(said(&after, &read), expected);
        assert!(said(&read, &read).is_empty() && said(&after, &after).is_empty());
        let mut other = Files::default();
        read.values().for_each(|it| _ = other.insert(Arc::clone(it)));
        assert_eq!(said(&after, &other), expected);
    }

    #[test]
    fn a_file_is_exchanged_where_it_is_and_not_where_it_was_read() {
        let read: Files = ["a", "b"].map(|it| file(it, "1")).into_iter().collect();
        let mut files = read.clone();
        let old = Arc::new(file("a", "2"));
        files.insert(Arc::clone(&old));
        let bare = Arc::new(old.bare());
        let mut other = read.clone();
        assert!(!other.exchange(&old, &bare) && files.exchange(&old, &bare));
        assert!(!files.exchange(&old, &bare), "it is gone");
        assert!(Arc::ptr_eq(files.get("a").unwrap(), &bare));
        let first = Arc::clone(read.get("b").unwrap());
        assert!(!files.exchange(&first, &Arc::new(first.bare())));
        assert_eq!((seen(&files), seen(&other)), (vec!["a=2".into(), "b=1".into()], seen(&read)));
    }
}
