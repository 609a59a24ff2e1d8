//! Files whose text is read when it is first asked for: source files and locks.

use std::sync::Arc;

use elsa::sync::FrozenMap;

use super::{File, Project};
use crate::{
    ecosystems::code::{self, Language, SourceFacts},
    text::RepoPath,
};

/// Reads the text of a file that was not read with the project; `None` if it has none.
pub type Reader = dyn Fn(&RepoPath) -> Option<String> + Send + Sync;

/// Source files and locks, each read when it is first asked for: most are never needed.
#[derive(Default)]
pub(super) struct Sources {
    reader: Option<Box<Reader>>,
    files: FrozenMap<RepoPath, Box<Option<Arc<File>>>>,
}

/// What a source file says when it is run, or when it is imported.
struct Facts<const IS_RUN: bool>(Option<SourceFacts>);

impl Sources {
    /// Whether there are files to read.
    pub(super) fn has_reader(&self) -> bool {
        self.reader.is_some()
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
        self.files.get(path).or_else(|| self.read_late(path)).map(AsRef::as_ref)
    }

    pub(super) fn read_late(&self, path: &RepoPath) -> Option<&Arc<File>> {
        if !self.tree.is_file(path) {
            return None;
        }
        let read = || {
            let text = self.sources.reader.as_ref()?(path)?;
            Some(Arc::new(File::new(path.clone(), text)))
        };
        let known = self.sources.files.get(path);
        known.unwrap_or_else(|| self.sources.files.insert(path.clone(), Box::new(read()))).as_ref()
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
