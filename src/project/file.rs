//! A file of a snapshot: its text, what is known about it, and the way back to the disk.

use std::{
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, OnceLock},
};

use super::{Project, change::Change, edited};
use crate::{
    dockerfile::Dockerfile,
    ecosystems::{self, Manager},
    text::{self, Edit, LineStarts, Memo, OnDisk, Place, Provenance, RepoPath, Span},
};

/// A file whose text was read.
pub struct File {
    /// Its path.
    pub path: RepoPath,
    /// Its text.
    pub text: Arc<str>,
    /// Facts about it.
    pub memo: Memo,
    /// What it is as a Dockerfile, if its name says that it is one.
    dockerfile: Option<OnceLock<Dockerfile>>,
    /// The way back to the disk; `None` for a file that is as it is there.
    pub(super) provenance: Option<Arc<Provenance>>,
}

/// What [`File::fingerprint`] is, once it was asked for.
struct Fingerprint(u64);

impl File {
    /// A file of this text.
    pub fn new(path: RepoPath, text: impl Into<Arc<str>>) -> Self {
        let dockerfile = is_dockerfile(path.file_name()).then(OnceLock::new);
        Self { path, text: text.into(), memo: Memo::default(), dockerfile, provenance: None }
    }

    /// The file after edits that fit it and do not conflict, each with the change that it is part of.
    pub(super) fn edited(&self, project: &Project, edits: &[(&Edit, &Change)]) -> Self {
        let text = text::apply(&self.text, edits.iter().map(|it| it.0));
        let provenance = Some(Arc::new(edited::provenance(project, self, edits)));
        Self { provenance, ..Self::new(self.path.clone(), text) }
    }

    /// The same file, of which nothing is known yet.
    pub(super) fn bare(&self) -> Self {
        let new = Self::new(self.path.clone(), Arc::clone(&self.text));
        Self { provenance: self.provenance.clone(), ..new }
    }

    /// The way back to the files on disk.
    pub fn provenance(&self) -> &Provenance {
        let own = || OnDisk::new(self.path.clone(), Arc::clone(&self.text));
        match &self.provenance {
            Some(it) => it,
            None => self.memo.get(|| Provenance::of(own())),
        }
    }

    /// The place on disk of a span of the text.
    pub fn place(&self, span: &Span) -> Place {
        let edited = self.provenance.as_ref().and_then(|it| it.place(&self.text, span));
        edited.unwrap_or_else(|| self.line_starts().place(&self.path, &self.text, span))
    }

    /// Where its lines start.
    pub fn line_starts(&self) -> &LineStarts {
        self.memo.get(|| LineStarts::of(&self.text))
    }

    /// The place on disk of a line of the text, counted from 1.
    pub fn line(&self, line: usize) -> Place {
        self.place(&self.line_starts().span(line))
    }

    /// A number that differs when path or text do; computed once.
    pub(super) fn fingerprint(&self) -> u64 {
        let Fingerprint(number) = self.memo.get(|| {
            let mut hasher = DefaultHasher::new();
            (&self.path, &self.text).hash(&mut hasher);
            Fingerprint(hasher.finish())
        });
        *number
    }

    /// The package managers whose programs its text mentions, be it in other words; found once.
    pub fn managers(&self) -> &[&'static Manager] {
        let facts = self.dockerfile().map_or(&self.memo, |it| &it.memo);
        ecosystems::mentioned_once(facts, &self.text)
    }

    /// The programs of [these managers](Self::managers): what to look for before reading a script.
    pub fn programs(&self) -> Vec<&'static str> {
        self.managers().iter().flat_map(|it| it.programs).copied().collect()
    }

    fn parsed(&self) -> Dockerfile {
        let parsed = Dockerfile::parse(Arc::clone(&self.text));
        match &self.provenance {
            Some(it) => parsed.with_provenance(Arc::clone(it)),
            None => parsed,
        }
    }

    /// The file as a Dockerfile, when its name says it is one; parsed once.
    pub fn dockerfile(&self) -> Option<&Dockerfile> {
        Some(self.dockerfile.as_ref()?.get_or_init(|| self.parsed()))
    }
}

/// Returns true for the name of a Dockerfile: `Dockerfile`, `dockerfile`, `Dockerfile.*`, `Dockerfile-*`,
/// `Dockerfile_*`, `*.Dockerfile`, `*.dockerfile` or `Containerfile*`, but no `.dockerignore`, no template
/// and no text about one.
pub fn is_dockerfile(name: &str) -> bool {
    let named = matches!(name, "Dockerfile" | "dockerfile")
        || ["Dockerfile.", "Dockerfile-", "Dockerfile_"].iter().any(|it| name.starts_with(it))
        || name.ends_with(".Dockerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with("Containerfile");
    let extension = name.rsplit_once('.').map_or("", |it| it.1);
    let other = [
        "dockerignore",
        "containerignore",
        "j2",
        "jinja",
        "jinja2",
        "erb",
        "tmpl",
        "tpl",
        "template",
        "mustache",
        "hbs",
        "md",
    ];
    named && !other.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_known_by_name() {
        let yes = [
            "Dockerfile",
            "Dockerfile.test",
            "api.Dockerfile",
            "api.dockerfile",
            "Containerfile.in",
            "Dockerfile-test",
            "Dockerfile_dev",
            "dockerfile",
        ];
        let no = [
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "dockerfile.md",
            "MyDockerfile",
            "Dockerfiles",
            "Dockerfile-test.j2",
            "Dockerfile-notes.md",
            ".dockerignore",
        ];
        assert!(yes.iter().all(|it| is_dockerfile(it)));
        assert!(!no.iter().any(|it| is_dockerfile(it)));
    }
}
