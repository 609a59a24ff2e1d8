//! The answer of a transform: changes, each applied whole or not at all, and places left alone.

use std::collections::{BTreeMap, HashMap};

use crate::{
    dockerfile::Keyword,
    ecosystems::clutter::Class,
    text::{Edit, Edits, ImagePath, Place, Refusal, RepoPath, Span},
};

/// How sure we are that a change preserves behavior; ordered, so that one comparison is the policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Safety {
    /// It changes the image on purpose; its preconditions were checked.
    Review,
    /// The resulting image behaves the same.
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
    /// What it does, in the imperative, like the subject of a commit.
    pub title: String,
    /// Why it is right here: the evidence.
    pub reason: String,
    /// How sure we are.
    pub safety: Safety,
    /// Where it starts, in the snapshot that it was made from.
    pub place: Place,
    /// What it does to each file.
    pub files: BTreeMap<RepoPath, FileChange>,
    /// What it alters of the image on purpose; the engine objects to anything else.
    pub alters: Vec<Alteration>,
}

/// The effect of a change on one file.
#[derive(Clone, Debug)]
pub enum FileChange {
    /// Replaces parts of it.
    Edit(Vec<Edit>),
    /// Makes it, with this text.
    Create(String),
    /// Removes it.
    Delete,
}

/// A part of an image's blueprint that a change alters on purpose. The blueprint is the
/// flattened build: base, ordered effects, final configuration.
///
/// The engine compares the blueprints of every image before and after, and drops a change that alters
/// anything else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Alteration {
    /// The environment variable of this name: in the image, and for what is run after it is set.
    Env(String),
    /// The package of this name is installed in a fixed version instead of whatever the index offers.
    Pinned(&'static str),
    /// A build argument of this name is new; with its default every image stays what it was.
    Argument(String),
    /// The pipeline of a RUN at this place of the file that the change starts in. What
    /// takes its place is again one pipeline, or nothing.
    Pipeline(Span),
    /// COPYs of source come later, after RUNs that do not read them. An install may take two steps,
    /// of which the first is told to leave out what needs the source.
    Order,
    /// Packages are installed in a separate stage, and only this folder of it is copied into the image.
    Split {
        /// The virtual environment: the same path in both stages.
        environment: ImagePath,
    },
    /// There is a new RUN with this script.
    Run(String),
    /// There is a new RUN with this script, which downloads what the install after it takes from a cache, and
    /// does nothing else.
    Fetch(String),
    /// The setting of this instruction in the image's configuration: `USER`, or a `CMD` whose tool only
    /// starts another command.
    Config(Keyword),
    /// Builders are no longer sent these files of a build context, and no COPY of the whole context brings them.
    Unsent {
        /// The kinds of clutter that they are of.
        classes: Vec<Class>,
        /// Patterns of an ignore file that the owner of the project asks for.
        asked_for: Vec<String>,
    },
    /// A setting of the compose file that the change edits.
    Composed(Composed),
    /// The image that was built from one Dockerfile is now built from another, unchanged.
    Moved {
        /// The Dockerfile that it was the default target of.
        from: RepoPath,
        /// How it is built now.
        to: Origin,
    },
}

/// What a change alters of a compose file on purpose.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Composed {
    /// The file has no `version` any more.
    NoVersion,
    /// A service waits until another one is healthy, not only until its container runs.
    Waits {
        /// The service.
        service: String,
        /// The one that it depends on.
        on: String,
    },
    /// A service has this health check, and had none.
    Checked {
        /// The service.
        service: String,
        /// The settings of the check, each with its value.
        check: BTreeMap<String, String>,
    },
    /// A service runs the image that another one builds, and no longer builds the same itself.
    Shares {
        /// The service.
        service: String,
        /// The one that builds.
        builder: String,
    },
    /// A service starts after another one, and so brings it along.
    Starts {
        /// The service.
        service: String,
        /// The one that it depends on.
        on: String,
    },
}

/// Edits of a file, and what they alter of its images.
pub type Altered = (Vec<Edit>, Vec<Alteration>);

/// A way to build an image: a Dockerfile, a target and build arguments.
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
    /// The place.
    pub place: Place,
    /// The code and the reason.
    pub why: Refusal,
}

/// The answer of a transform for a project.
#[derive(Clone, Debug, Default)]
pub struct Outcome {
    /// The changes it would make.
    pub changes: Vec<Change>,
    /// The places it left alone.
    pub declines: Vec<Decline>,
    /// The Dockerfiles that it came to no end with.
    pub panics: Vec<Panicked>,
}

/// A Dockerfile that made a transform panic: a bug, which costs this file and not the run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Panicked {
    /// The Dockerfile.
    pub path: RepoPath,
    /// What the panic says, and where in refit's source.
    pub message: String,
}

/// What changes do to each file that they touch, as long as the result does not depend on their order.
#[derive(Default)]
pub(super) struct Taken<'c>(HashMap<&'c RepoPath, TakenFile<'c>>);

enum TakenFile<'c> {
    /// Parts of it are replaced.
    Edited(Edits<'c>),
    /// It is made or removed.
    Whole,
}

impl<'c> Taken<'c> {
    /// Takes a change; false if it conflicts with an earlier one, and is not taken.
    pub(super) fn take(&mut self, change: &'c Change) -> bool {
        let conflicts = change.files.iter().any(|(path, own)| match (own, self.0.get(path)) {
            (_, None) => false,
            (FileChange::Edit(own), Some(TakenFile::Edited(edits))) => {
                own.iter().any(|it| edits.conflict_with(it))
            }
            _ => true,
        });
        if conflicts {
            return false;
        }
        for (path, own) in &change.files {
            match own {
                FileChange::Edit(own) => {
                    let new = || TakenFile::Edited(Edits::default());
                    if let TakenFile::Edited(edits) = self.0.entry(path).or_insert_with(new) {
                        for it in own {
                            edits.add(it);
                        }
                    }
                }
                FileChange::Create(_) | FileChange::Delete => {
                    self.0.insert(path, TakenFile::Whole);
                }
            }
        }
        true
    }
}

impl Extend<Self> for Outcome {
    fn extend<T: IntoIterator<Item = Self>>(&mut self, outcomes: T) {
        for it in outcomes {
            self.changes.extend(it.changes);
            self.declines.extend(it.declines);
            self.panics.extend(it.panics);
        }
    }
}
