//! What a transform answers: changes, whole or not at all, and the places it left alone.

use std::collections::BTreeMap;

use crate::{path::RepoPath, text::Edit};

/// How sure we are that a change keeps what the image does; ordered, so that one comparison is the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// It changes the image on purpose; what it needs to be right was checked.
    Review,
    /// The image that comes out behaves the same.
    Safe,
}

impl Safety {
    /// The word users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Review => "review",
            Self::Safe => "safe",
        }
    }
}

/// A line of a file, for people to open.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Place {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1.
    pub line: usize,
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
    }
}

/// One change across as many files as it takes, applied whole or not at all.
#[derive(Clone, Debug)]
pub struct Change {
    /// What it does, in the imperative, as a commit subject would say it.
    pub title: String,
    /// Why it is right here: what was looked at.
    pub reason: String,
    /// How sure we are.
    pub safety: Safety,
    /// Where it starts, in the snapshot it was made from.
    pub place: Place,
    /// What it does to each file.
    pub files: BTreeMap<RepoPath, FileChange>,
    /// What it means to alter of the image; the engine objects to anything else.
    pub alters: Vec<Alteration>,
}

/// What a change does to one file.
#[derive(Clone, Debug)]
pub enum FileChange {
    /// Replaces parts of it.
    Edit(Vec<Edit>),
    /// Makes it, with this text.
    Create(String),
    /// Removes it.
    Delete,
}

/// A part of an image that a change alters on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// The environment variable of this name.
    Env(String),
}

/// A place that looked like a target and was left alone.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decline {
    /// The transform that declined.
    pub transform: &'static str,
    /// Where.
    pub place: Place,
    /// A stable code, documented on the transform's page.
    pub code: &'static str,
    /// A sentence without a full stop: what stands in the way.
    pub reason: String,
}

/// What a transform answers for a project.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The changes it would make.
    pub changes: Vec<Change>,
    /// The places it left alone.
    pub declines: Vec<Decline>,
}

impl Change {
    /// Whether applying both would depend on their order.
    pub fn conflicts(&self, other: &Self) -> bool {
        self.files.iter().any(|(path, ours)| match (ours, other.files.get(path)) {
            (_, None) => false,
            (FileChange::Edit(a), Some(FileChange::Edit(b))) => {
                a.iter().any(|a| b.iter().any(|b| a.conflicts(b)))
            }
            _ => true,
        })
    }
}

impl Extend<Self> for Outcome {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, outcomes: T) {
        for it in outcomes {
            self.changes.extend(it.changes);
            self.declines.extend(it.declines);
        }
    }
}
