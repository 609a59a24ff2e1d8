//! Compose files as documents that can be edited.

use std::sync::Arc;

use crate::{
    callers::Kind,
    project::{File, Project},
    text::{Place, Refusal, Span},
    yaml::{self, Entry, Node, Reading, YamlError},
};

/// A compose file: one document with services.
pub struct ComposeFile<'a> {
    /// The file.
    pub file: &'a File,
    /// Its document.
    pub root: Arc<Node>,
    /// Why it is read and cannot be edited, if so.
    only_read: Option<&'a YamlError>,
}

/// The documents of a compose file, read once.
struct Documents(Reading);

impl<'a> ComposeFile<'a> {
    /// The file, if it is one document with services.
    pub fn of(file: &'a File) -> Option<Self> {
        let reading = documents(file);
        let [root] = reading.documents.as_slice() else { return None };
        let only_read = reading.only_read.as_ref();
        root.get("services").map(|_| Self { file, root: Arc::clone(root), only_read })
    }

    /// Whether it can be edited.
    ///
    /// # Errors
    /// What the reader refuses whose spans edits need.
    pub fn editable(&self) -> Result<(), Refusal> {
        let Some(YamlError { line, message }) = self.only_read else { return Ok(()) };
        let place = self.file.line(*line);
        let reason = format!("{place} is written in a way that is not edited ({message})");
        Err(Refusal::new("unusual-yaml", reason))
    }

    /// The services, by name.
    pub fn services(&self) -> &[Entry] {
        self.root.get("services").map_or(&[], |it| it.entries())
    }

    /// The service of this name.
    pub fn service(&self, name: &str) -> Option<&Entry> {
        self.services().iter().find(|it| it.key == name)
    }

    /// The place of a part of the file.
    pub fn place(&self, span: &Span) -> Place {
        self.file.place(span)
    }

    /// The services of the other compose files in its folder, which may be read with it, each with its file.
    pub fn services_beside<'p>(
        &self,
        project: &'p Project,
    ) -> impl Iterator<Item = (&'p File, &'p Entry)> {
        let (path, folder) = (self.file.path.clone(), self.file.path.parent());
        let others = project.files().map(|it| &**it).filter(move |it| {
            it.path != path
                && it.path.parent() == folder
                && Kind::of(&it.path) == Some(Kind::Compose)
        });
        others.flat_map(|file| {
            let services = documents(file).documents.iter().filter_map(|it| it.get("services"));
            services.flat_map(|it| it.entries()).map(move |it| (file, it))
        })
    }
}

/// The documents of a compose file; none of one that is no YAML.
fn documents(file: &File) -> &Reading {
    let read = || Documents(yaml::read_or_only_read(&file.text).unwrap_or_default());
    let Documents(reading) = file.memo.get(read);
    reading
}
