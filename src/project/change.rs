//! What a transform answers: changes, whole or not at all, and the places it left alone.

use std::collections::BTreeMap;

use crate::{
    dockerfile::Keyword,
    text::{Edit, Place, RepoPath, Span},
};

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

/// A part of an image's blueprint that a change alters on purpose; the blueprint is the
/// flattened build: base, ordered effects, final configuration.
///
/// The engine compares the blueprints of every image before and after, and drops a change that alters
/// anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// The environment variable of this name: in the image, and for what is run after it is set.
    Env(String),
    /// A package is installed in another version than what the index happens to offer; what its name is.
    Pinned(&'static str),
    /// A build argument of this name is new; with its default every image stays what it was.
    Argument(String),
    /// What one pipeline of a RUN says, by where it stands in the file that the change starts in. What
    /// takes its place is again one pipeline, or nothing.
    Pipeline(Span),
    /// COPYs of source come later, behind RUNs that do not read them; an install may be done in two steps,
    /// of which the first is told to leave out what needs the source.
    Order,
    /// What RUNs install is made in a stage of its own, of which only this folder is copied into the image.
    Split {
        /// The virtual environment, absolute: the same path in both stages.
        environment: String,
    },
    /// A RUN of this script is new, as written behind `RUN`.
    Run(String),
    /// What this instruction sets in the image's configuration: `USER`, or the `CMD` of a tool that only
    /// starts another command.
    Config(Keyword),
    /// What was built from one Dockerfile is now built from another, and is the same image.
    Moved {
        /// The Dockerfile that it was the default target of.
        from: RepoPath,
        /// Where it is now.
        to: Origin,
    },
}

/// Edits of a file, and what they alter of its images.
pub type Altered = (Vec<Edit>, Vec<Alteration>);

/// How an image is built: a Dockerfile, a target and build arguments.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Origin {
    /// The Dockerfile.
    pub dockerfile: RepoPath,
    /// The stage; `None` for the last one.
    pub target: Option<String>,
    /// The build arguments that are given.
    pub arguments: BTreeMap<String, String>,
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
