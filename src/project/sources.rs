//! Files whose text is read when it is first asked for: source files and locks.

use std::sync::Arc;

use elsa::sync::FrozenMap;

use super::{File, Problem, Project};
use crate::{
    ecosystems::code::{self, Language, SourceFacts},
    text::RepoPath,
};

/// Reads the text of a file that was not read with the project; `None` if it has none that matters.
///
/// # Errors
/// What stands in the way, if the file matters whatever it says.
pub type Reader = dyn Fn(&RepoPath) -> Result<Option<String>, Problem> + Send + Sync;

/// What came of reading a file.
type Late = Result<Option<Arc<File>>, Problem>;

/// Source files and locks, each read when it is first asked for: most are never needed.
#[derive(Default)]
pub(super) struct Sources {
    reader: Option<Box<Reader>>,
    files: FrozenMap<RepoPath, Box<Late>>,
}

/// What a source file says when it is run, or when it is imported.
struct Facts<const IS_RUN: bool>(Option<SourceFacts>);

impl Sources {
    /// Whether there are files to read.
    pub(super) fn has_reader(&self) -> bool {
        self.reader.is_some()
    }

    fn late(&self) -> impl Iterator<Item = &Late> {
        self.files.keys_cloned().into_iter().filter_map(|it| self.files.get(&it))
    }
}

impl Project {
    /// The same project, which reads source files and locks when they are asked for.
    #[must_use]
    pub fn with_reader(mut self, reader: Box<Reader>) -> Self {
        self.sources = Arc::new(Sources { reader: Some(reader), files: FrozenMap::default() });
        self
    }

    /// The source file at `path`, which is read now if it was not read with the project: the same text each
    /// time. `None` if the project does not have it, or its text cannot be read.
    pub fn source(&self, path: &RepoPath) -> Option<&File> {
        self.text_at(path.as_str()).or_else(|| self.read_late(path)).map(AsRef::as_ref)
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
