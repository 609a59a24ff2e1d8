//! The record of a run: every file it touches, before and after.

use std::{fmt, io};

use serde::{Deserialize, Serialize};

use super::disk::{Attributes, Disk, Rename, Spot};
use crate::text::RepoPath;

/// One file of a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Its path.
    #[serde(with = "path")]
    pub path: RepoPath,
    /// Its old text; `None` if it did not exist.
    pub before: Option<String>,
    /// Its new text; `None` if it is deleted.
    pub after: Option<String>,
    /// Its permissions, where it had some.
    #[serde(default)]
    pub mode: Option<u32>,
}

/// What a run was for, which tells what becomes of it when it is interrupted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Direction {
    /// Changes: an interrupted run is rolled back.
    #[default]
    Apply,
    /// Changes taken back: an interrupted run is finished.
    Undo,
}

impl fmt::Display for Direction {
    /// The command.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Apply => "apply",
            Self::Undo => "undo",
        })
    }
}

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) version: u32,
    #[serde(default)]
    pub(super) direction: Direction,
    pub(super) entries: Vec<Entry>,
}

pub(super) const VERSION: u32 = 1;

impl Entry {
    /// The entry that takes this one back.
    pub(super) fn reversed(self) -> Self {
        Self { before: self.after, after: self.before, ..self }
    }
}

impl Journal {
    pub(super) fn new(direction: Direction, entries: Vec<Entry>) -> Self {
        Self { version: VERSION, direction, entries }
    }

    /// The journal with this name in the state; `None` when there is none.
    pub(super) fn read(disk: &dyn Disk, name: &str) -> io::Result<Option<Self>> {
        let Some(bytes) = disk.read(&Spot::state(name))? else { return Ok(None) };
        let journal: Self = serde_json::from_slice(&bytes)?;
        if journal.version != VERSION {
            let version = journal.version;
            let reason = format!("a journal of version {version}, which this refit cannot read");
            return Err(io::Error::other(reason));
        }
        Ok(Some(journal))
    }

    /// Puts the journal into the state under this name, whole.
    pub(super) fn write(&self, disk: &dyn Disk, name: &str) -> io::Result<()> {
        let private = Attributes { mode: Some(0o600), ..Attributes::default() };
        let temporary = Spot::state(format!("{name}.tmp"));
        disk.create(&temporary, &serde_json::to_vec(self)?, private)?;
        disk.rename(&temporary, &Spot::state(name), Rename::Over)
            .and_then(|()| disk.sync(&Spot::state("")))
            .inspect_err(|_| _ = disk.remove(&temporary))
    }
}

mod path {
    use serde::{Deserialize as _, Deserializer, Serializer, de::Error as _};

    use crate::text::RepoPath;

    pub(super) fn serialize<S: Serializer>(path: &RepoPath, to: S) -> Result<S::Ok, S::Error> {
        to.serialize_str(path.as_str())
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<RepoPath, D::Error> {
        let text = String::deserialize(from)?;
        RepoPath::new(&text).ok_or_else(|| D::Error::custom(format!("{text} leaves the project")))
    }
}
