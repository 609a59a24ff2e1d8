//! An immutable snapshot of the files that a refactoring looks at and may touch.
//!
//! Nothing here reads the disk: [`crate::load`] does, once. A clone is a snapshot; files are shared.

pub mod change;
mod edited;
mod file;
mod files;
mod ignored;
mod listings;
mod looks;
pub mod selection;
mod sources;
pub mod tree;

use std::{
    collections::{BTreeMap, HashSet},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::Arc,
};

pub use file::{File, is_dockerfile};
use files::{Difference, Files};
pub use listings::{DiskFile, Lister};
pub use looks::Remembered;
use looks::Watch;
use rayon::prelude::*;
pub use sources::Reader;
use sources::Sources;
pub use tree::Tree;

use self::change::{Change, FileChange, Taken};
use self::listings::Listings;
use crate::{
    dockerfile::Dockerfile,
    ecosystems,
    text::{Edit, Memo, RepoPath, is_template, tails},
};

/// A snapshot of a project.
#[derive(Clone, Default)]
pub struct Project {
    /// The files whose text matters, by path.
    files: Files,
    /// Every file and folder, also those whose text was not read.
    tree: Arc<Tree>,
    /// The files that could not be read.
    problems: Arc<Vec<Problem>>,
    /// The files without a text that may say who builds or starts an image.
    unread: Arc<Vec<Unread>>,
    /// Facts about the files other than Dockerfiles; kept while only Dockerfiles change.
    surroundings: Memo,
    /// What is known of its Dockerfiles among these files: it stays while the tree and the surroundings do.
    places: Memo,
    /// Facts about all files as they are: it stays while none changes.
    whole: Memo,
    /// The Dockerfiles to look at; all of them when there is none.
    focus: Option<Arc<HashSet<RepoPath>>>,
    /// What the transform that looks at it came to before.
    remembered: Option<Arc<Remembered>>,
    /// Takes note when a look at one Dockerfile goes beyond it.
    watch: Option<Arc<Watch>>,
    /// The source files that were asked for.
    sources: Arc<Sources>,
    /// The folders that were listed.
    listings: Arc<Listings>,
}

/// A file that configures a package manager's cache, with the manager and the key that it sets.
pub type CacheSetting = (RepoPath, &'static str, &'static str);

/// A file that could not be read or understood; the others are done all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1, when the problem has one.
    pub line: Option<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// A file that may say who builds or starts an image, of which nobody knows what it says.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Unread {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1, from which on it is not understood; 1 where that is not known.
    pub line: usize,
    /// A clause that says why: `not UTF-8: byte 0xE9 at offset 3`.
    pub why: String,
}

impl Problem {
    /// The problem of a manifest or lock that its package manager could not read.
    fn of_manifest(path: &RepoPath, text: &str) -> Option<Self> {
        // A template is a manifest only once somebody fills it in.
        let broken =
            ecosystems::broken_manifest(path.file_name(), text).filter(|_| !is_template(text))?;
        Some(Self {
            path: path.clone(),
            line: Some(broken.line),
            message: broken.message,
            hint: "mend it, so that what it installs is known".to_owned(),
        })
    }
}

impl Unread {
    /// The reason to leave alone what the file may rely on.
    pub fn reason(&self) -> String {
        let Self { path, line, why } = self;
        format!("{path}:{line} may build or start it, and is not understood: {why}")
    }
}

impl Project {
    /// A project of these files and nothing else: what tests and pages use.
    pub fn new(files: impl IntoIterator<Item = (RepoPath, String)>) -> Self {
        let files: Files = files.into_iter().map(|(path, text)| File::new(path, text)).collect();
        let tree = Tree::new(files.values().map(|it| it.path.clone()));
        Self { files, tree: Arc::new(tree), ..Self::default() }
    }

    /// A project as it was read: its files with text, every path of its tree, and what went wrong.
    pub fn loaded(files: BTreeMap<RepoPath, File>, tree: Tree, problems: Vec<Problem>) -> Self {
        let files = files.into_values().collect();
        Self { files, tree: Arc::new(tree), problems: Arc::new(problems), ..Self::default() }
    }

    /// The same project with files that may say who builds or starts an image, and could not be read.
    #[must_use]
    pub fn with_unread(mut self, unread: Vec<Unread>) -> Self {
        self.unread = Arc::new(unread);
        self
    }

    /// The files without a text that may say who builds or starts an image; see `Project::unread_caller`.
    pub fn unread(&self) -> &[Unread] {
        &self.unread
    }

    /// The same project with another text in one file, such as what an editor holds.
    #[must_use]
    pub fn with_text(mut self, path: &RepoPath, text: String) -> Self {
        self.insert(File::new(path.clone(), text));
        self
    }

    /// The same project, its files taken for those on disk: places in it are places in these texts.
    #[must_use]
    pub fn as_on_disk(mut self) -> Self {
        let edited = self.files.values().filter(|it| it.provenance.is_some());
        let edited = edited.map(|it| File::new(it.path.clone(), Arc::clone(&it.text)));
        for file in edited.collect::<Vec<_>>() {
            self.files.insert(Arc::new(file));
        }
        self
    }

    /// The file at `path`, when its text was read with the project, or if it is a lock.
    pub fn file(&self, path: &str) -> Option<&Arc<File>> {
        self.text_at(path).or_else(|| {
            let path = self.late_lock(path)?;
            self.read_late(path)
        })
    }

    /// The text of the file at `path`, as [`Project::file`] finds it. That of a lock is not kept, but read again when
    /// it is asked for later: locks are large, and each service may have one.
    pub fn text(&self, path: &str) -> Option<Arc<str>> {
        let read = self.text_at(path).map(|it| Arc::clone(&it.text));
        read.or_else(|| self.lock(path))
    }

    /// The file in a folder or below it that a path of an image may stand for, which has other folders before it.
    pub fn file_below(&self, folder: &RepoPath, path: &str) -> Option<&Arc<File>> {
        tails(path).find_map(|it| self.file(folder.join(it)?.as_str()))
    }

    /// The files whose text was read with the project, by path.
    pub fn files(&self) -> impl Iterator<Item = &Arc<File>> {
        self.looks_around();
        self.files.values()
    }

    /// Every path of the project.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The files that could not be read.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The manifests of package managers that cannot be read, and the locks of those that were asked for.
    pub fn manifest_problems(&self) -> impl Iterator<Item = Problem> {
        let files = self.files().chain(self.late_files());
        files.filter_map(|it| Problem::of_manifest(&it.path, &it.text)).chain(self.lock_problems())
    }

    /// The Dockerfiles, by path; those that BuildKit would refuse are not among them.
    pub fn dockerfiles(&self) -> impl Iterator<Item = (&Arc<File>, &Dockerfile)> {
        self.looks_around();
        self.parsed()
    }

    /// The Dockerfiles; whoever calls it looks at nothing but what they are called.
    fn parsed(&self) -> impl Iterator<Item = (&Arc<File>, &Dockerfile)> {
        let parsed = self.files.values().filter_map(|it| Some((it, it.dockerfile()?)));
        parsed.filter(|(_, it)| it.errors.is_empty())
    }

    /// Whether there is only one of [these](Self::dockerfiles), which no change of their texts alters.
    pub fn has_one_dockerfile(&self) -> bool {
        self.parsed().nth(1).is_none()
    }

    /// The paths of what is named as a Dockerfile.
    pub fn dockerfile_paths(&self) -> impl Iterator<Item = &RepoPath> {
        self.files.values().map(|it| &it.path).filter(|it| is_dockerfile(it.file_name()))
    }

    /// The Dockerfiles whose text is another than in an `earlier` snapshot; `None` if other files are, too.
    pub fn changed_dockerfiles(&self, earlier: &Self) -> Option<HashSet<RepoPath>> {
        if !self.places.is_same(&earlier.places) {
            return None;
        }
        let changed = self.files.differences(&earlier.files);
        Some(changed.into_iter().map(|it| it.path.clone()).collect())
    }

    /// The paths of the files that are not the same object in an `earlier` snapshot, in order; their texts may be the
    /// same.
    pub fn touched_since<'p>(&'p self, earlier: &'p Self) -> impl Iterator<Item = &'p RepoPath> {
        self.files.differences(&earlier.files).into_iter().map(|it| it.path)
    }

    /// The files that configure a package manager's cache, each with the manager and the key that it sets.
    pub fn cache_settings(&self) -> &[CacheSetting] {
        self.surroundings.get(|| {
            let settings = self.files.values().flat_map(|file| {
                let settings = ecosystems::cache_settings(file.path.file_name(), &file.text);
                settings.map(|(manager, key)| (file.path.clone(), manager, key))
            });
            settings.collect::<Vec<CacheSetting>>()
        })
    }

    /// Facts about the files other than Dockerfiles; kept while only Dockerfiles change.
    pub fn surroundings(&self) -> &Memo {
        &self.surroundings
    }

    /// What is known of Dockerfiles where they stand, and lasts while no other file changes and none comes
    /// or goes. Of a Dockerfile's own text it must not depend.
    pub fn places(&self) -> &Memo {
        &self.places
    }

    /// Facts about all files together, the texts of Dockerfiles among them; kept while no file changes.
    pub fn whole(&self) -> &Memo {
        self.looks_around();
        &self.whole
    }

    /// Applies what it can of `changes`: one that conflicts with an earlier one is left out, to be made
    /// afresh from the result. Returns the new snapshot and what went into it.
    pub fn apply<'c>(&self, changes: &'c [Change]) -> (Self, Vec<&'c Change>) {
        let mut taken = Taken::default();
        let applied: Vec<&Change> = changes.iter().filter(|it| taken.take(it)).collect();
        let mut next = self.clone();
        let mut edits: BTreeMap<&RepoPath, Vec<(&Edit, &Change)>> = BTreeMap::new();
        for &of in &applied {
            for (path, change) in &of.files {
                match change {
                    FileChange::Edit(it) => {
                        edits.entry(path).or_default().extend(it.iter().map(|it| (it, of)));
                    }
                    FileChange::Create(text) => {
                        next.insert(File::new(path.clone(), text.as_str()));
                    }
                    FileChange::Delete => next.remove(path),
                }
            }
        }
        let edited: Vec<File> = edits
            .into_par_iter()
            .filter_map(|(path, edits)| Some(self.file(path.as_str())?.edited(self, &edits)))
            .collect();
        for file in edited {
            next.insert(file);
        }
        (next, applied)
    }

    fn insert(&mut self, file: File) {
        let file = Arc::new(file);
        let old = self.files.insert(Arc::clone(&file));
        if old.is_none() {
            Arc::make_mut(&mut self.tree).insert(file.path.clone());
        }
        self.forget(old.as_deref(), Some(&file));
    }

    fn remove(&mut self, path: &RepoPath) {
        let old = self.files.remove(path);
        Arc::make_mut(&mut self.tree).remove(path);
        self.forget(old.as_deref(), None);
    }

    fn forget(&mut self, old: Option<&File>, new: Option<&File>) {
        self.whole = Memo::default();
        if old.is_none() || new.is_none() {
            self.places = Memo::default();
        }
        if old.into_iter().chain(new).any(|it| !is_dockerfile(it.path.file_name())) {
            self.surroundings = Memo::default();
            self.places = Memo::default();
        }
    }

    /// The same snapshot, whose facts about several files are its own: whoever made it may keep what is known of
    /// those alone.
    #[must_use]
    pub fn with_own_facts(mut self) -> Self {
        (self.surroundings, self.places, self.whole) = Default::default();
        self
    }

    /// Forgets the facts about several files that no other snapshot shares. What is asked again is found again; but
    /// an index of a large project takes much room, and of a snapshot that is followed by another one nobody asks.
    pub fn forget_facts(&mut self) {
        for facts in [&mut self.surroundings, &mut self.places, &mut self.whole] {
            facts.forget();
        }
    }

    /// Forgets what is known of the files that a later snapshot has otherwise, in the snapshots before it, which are
    /// given in order. What is asked again is found again; but what is known of a Dockerfile takes many times the room
    /// of its text, and of one that is followed by another nobody asks.
    pub fn forget_replaced(&self, earlier: &mut [&mut Self]) {
        let Some(last) = earlier.last() else { return };
        let differences = self.files.differences(&last.files).into_iter();
        let replaced: Vec<Arc<File>> = differences.filter_map(|it| it.before.cloned()).collect();
        for old in replaced {
            let bare = Arc::new(old.bare());
            // It is the same object in all snapshots that have it, so that it is seen that it did not change.
            for snapshot in earlier.iter_mut().rev() {
                if !snapshot.files.exchange(&old, &bare) {
                    break;
                }
            }
        }
    }

    /// A number for what differs from an `earlier` snapshot: another one when the text of any file is.
    pub fn fingerprint(&self, earlier: &Self) -> u64 {
        let mut hasher = DefaultHasher::new();
        for Difference { path, before, after } in self.files.differences(&earlier.files) {
            match (before, after) {
                (_, None) => path.hash(&mut hasher),
                (Some(before), Some(after)) if before.text == after.text => {}
                (_, Some(after)) => after.fingerprint().hash(&mut hasher),
            }
        }
        hasher.finish()
    }
}
