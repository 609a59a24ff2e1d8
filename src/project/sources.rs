//! Files whose text is read when it is first asked for: source files and locks.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use elsa::sync::FrozenMap;

use super::{File, Problem, Project};
use crate::{
    ecosystems::{
        self,
        code::{self, Language, SourceFacts},
    },
    text::RepoPath,
};

/// Reads the text of a file that was not read with the project; `None` if it has none that matters.
///
/// # Errors
/// What stands in the way, if the file matters whatever it says.
pub type Reader = dyn Fn(&RepoPath) -> Result<Option<Arc<str>>, Problem> + Send + Sync;

/// What came of reading a file.
type Late = Result<Option<Arc<File>>, Problem>;

/// Source files and locks, each read when it is first asked for: most are never needed.
#[derive(Default)]
pub(super) struct Sources {
    reader: Option<Box<Reader>>,
    files: FrozenMap<RepoPath, Box<Late>>,
    locks: Locks,
}

/// Locks of which only the text was asked for, which is not kept.
#[derive(Default)]
struct Locks {
    /// What is wrong with each that was read.
    seen: FrozenMap<RepoPath, Box<Option<Problem>>>,
    /// The texts that were read last, for those that are asked for several times in a row.
    recent: Mutex<VecDeque<(RepoPath, Option<Arc<str>>)>>,
}

/// How many texts of locks are remembered.
const RECENT: usize = 16;

/// What a source file says when it is run, or when it is imported.
struct Facts<const IS_RUN: bool>(Option<SourceFacts>);

impl Sources {
    /// The text of a lock that is there.
    fn lock(&self, path: &RepoPath) -> Option<Arc<str>> {
        let recent = || self.locks.recent.lock().unwrap_or_else(PoisonError::into_inner);
        let known = recent().iter().find(|it| it.0 == *path).map(|it| it.1.clone());
        if let Some(known) = known {
            return known;
        }
        let reader = self.reader.as_ref()?;
        let (text, problem) = match reader(path) {
            Ok(text) => (text, None),
            Err(problem) => (None, Some(problem)),
        };
        if self.locks.seen.get(path).is_none() {
            let broken = || Problem::of_manifest(path, text.as_ref()?);
            self.locks.seen.insert(path.clone(), Box::new(problem.or_else(broken)));
        }
        let mut recent = recent();
        recent.truncate(RECENT - 1);
        recent.push_front((path.clone(), text.clone()));
        text
    }

    fn late(&self) -> impl Iterator<Item = &Late> {
        self.files.keys_cloned().into_iter().filter_map(|it| self.files.get(&it))
    }
}

impl Project {
    /// The same project, which reads source files and locks when they are asked for.
    #[must_use]
    pub fn with_reader(mut self, reader: Box<Reader>) -> Self {
        self.sources = Arc::new(Sources { reader: Some(reader), ..Sources::default() });
        self
    }

    /// The source file at `path`, which is read now if it was not read with the project: the same text each
    /// time. `None` if the project does not have it, or its text cannot be read.
    pub fn source(&self, path: &RepoPath) -> Option<&File> {
        self.text_at(path.as_str()).or_else(|| self.read_late(path)).map(AsRef::as_ref)
    }

    /// The lock at a path, if its text was not read with the project.
    pub(super) fn late_lock(&self, path: &str) -> Option<&RepoPath> {
        // Most paths that are asked for do not exist.
        let path = self.sources.reader.as_ref().and(self.tree.file(path))?;
        let (folder, name) = path.as_str().rsplit_once('/').unwrap_or(("", path.as_str()));
        let folder = folder.rsplit('/').next().unwrap_or_default();
        ecosystems::is_lock_in(folder, name).then_some(path)
    }

    /// The text of a lock that was not read with the project.
    pub(super) fn lock(&self, path: &str) -> Option<Arc<str>> {
        let path = self.late_lock(path)?;
        match self.sources.files.get(path) {
            Some(it) => it.as_ref().ok()?.as_ref().map(|it| Arc::clone(&it.text)),
            None => self.sources.lock(path),
        }
    }

    /// What is wrong with the locks of which the text was asked for until now.
    pub(super) fn lock_problems(&self) -> impl Iterator<Item = Problem> {
        let seen = &self.sources.locks.seen;
        seen.keys_cloned().into_iter().filter_map(|it| seen.get(&it)?.clone())
    }

    pub(super) fn read_late(&self, path: &RepoPath) -> Option<&Arc<File>> {
        if !self.tree.is_file(path) {
            return None;
        }
        let read = || {
            let Some(reader) = &self.sources.reader else { return Ok(None) };
            let text = reader(path)?;
            Ok(text.map(|it| Arc::new(File::new(path.clone(), it))))
        };
        let known = self.sources.files.get(path);
        let late =
            known.unwrap_or_else(|| self.sources.files.insert(path.clone(), Box::new(read())));
        late.as_ref().ok()?.as_ref()
    }

    /// The files that were asked for until now and could not be read.
    pub fn late_problems(&self) -> impl Iterator<Item = &Problem> {
        self.sources.late().filter_map(|it| it.as_ref().err())
    }

    /// The files that were asked for until now.
    pub(super) fn late_files(&self) -> impl Iterator<Item = &Arc<File>> {
        self.sources.late().filter_map(|it| it.as_ref().ok()?.as_ref())
    }

    /// What the source file at `path` says when it is run, or when another one imports it; read once. `None` if its
    /// text cannot be read, or is too long.
    pub fn facts(&self, path: &RepoPath, language: Language, is_run: bool) -> Option<&SourceFacts> {
        let file = self.source(path)?;
        let read = || code::read_as(language, &file.text, is_run);
        match is_run {
            true => file.memo.get(|| Facts::<true>(read())).0.as_ref(),
            false => file.memo.get(|| Facts::<false>(read())).0.as_ref(),
        }
    }
}
