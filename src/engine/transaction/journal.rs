//! The record of a run: every file it touches, before and after.

use std::{fs, io, path::Path};

use serde::{Deserialize, Serialize};

use super::{Error, at, temporary};
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

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Journal {
    pub(super) version: u32,
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
    /// The journal at `path`; `None` when there is none.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, Error> {
        let text = match fs::read_to_string(path) {
            Err(it) if it.kind() == io::ErrorKind::NotFound => return Ok(None),
            it => it.map_err(at(path))?,
        };
        let journal: Self = serde_json::from_str(&text).map_err(|it| at(path)(it.into()))?;
        if journal.version != VERSION {
            let reason =
                format!("a journal of version {}, which this refit cannot read", journal.version);
            return Err(at(path)(io::Error::other(reason)));
        }
        Ok(Some(journal))
    }

    /// Puts the journal at `path`, whole.
    pub(super) fn write(&self, path: &Path) -> Result<(), Error> {
        let text = serde_json::to_string(self).map_err(|it| at(path)(it.into()))?;
        let file = temporary(path, &text, Some(0o600)).map_err(at(path))?;
        file.persist(path).map(drop).map_err(|it| at(path)(it.error))
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
