//! What the owner of a Dockerfile says: options in `refit.toml`, comments in the Dockerfile.

use schemars::JsonSchema;
use serde::Deserialize;

use super::{
    Account,
    evidence::{Trace, Written},
};
use crate::{
    dockerfile::{Dockerfile, Kind},
    ecosystems::images::Accounts,
    text::Refusal,
};

/// The options of this transform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The folders that containers write to, besides those that refit finds. If it is set, an unknown program or
    /// folder is no reason to decline.
    pub writes: Option<Vec<String>>,
    /// The UID of the new user.
    pub uid: Option<u32>,
    /// The GID of its group.
    pub gid: Option<u32>,
    /// The name of the new user and of its group.
    pub user: Option<String>,
}

/// What the owner says of one Dockerfile.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Owner {
    /// The folders that are written to, each with who says so; `None` if nobody says.
    writes: Option<Vec<(String, &'static str)>>,
    options: Options,
}

/// The codes of declines that such a statement settles.
const SETTLED: [&str; 6] = [
    "unknown-folder",
    "unknown-program",
    "unknown-script",
    "unknown-settings",
    "unknown-write",
    "unread-source",
];

impl Owner {
    /// What these options and the comments of a Dockerfile say: `# refit: writes /srv/data`.
    pub(super) fn of(options: &Options, dockerfile: &Dockerfile) -> Self {
        let options = options.clone();
        let told = options.writes.iter().flatten().map(|it| (it.clone(), "refit.toml says so"));
        let mut writes = options.writes.as_ref().map(|_| told.collect::<Vec<_>>());
        let comments = dockerfile.items.iter().filter(|it| matches!(it.kind, Kind::Comment));
        for comment in comments {
            // The first line may begin with a byte order mark.
            let text = dockerfile.source[comment.span.clone()].trim_start_matches('\u{feff}');
            let text = text.trim().trim_start_matches('#');
            let said = text.trim_start().strip_prefix("refit:").map(str::trim_start);
            let Some(said) = said.and_then(|it| it.strip_prefix("writes ")) else { continue };
            let folders = said.split([' ', ',']).filter(|it| !it.is_empty() && *it != "nothing");
            let folders = folders.map(|it| (it.to_owned(), "a comment says so"));
            writes.get_or_insert_default().extend(folders);
        }
        Self { writes, options }
    }

    /// Whether somebody says where containers write.
    pub(super) fn knows(&self) -> bool {
        self.writes.is_some()
    }

    /// Passes over a decline that this statement settles.
    ///
    /// # Errors
    /// Any other decline; of one that a statement could settle, with the line that does.
    pub(super) fn settle<T: Default>(&self, found: Result<T, Refusal>) -> Result<T, Refusal> {
        match found {
            Err(why) if self.knows() && SETTLED.contains(&why.code) => Ok(T::default()),
            found => found,
        }
    }

    /// The same decline with the line by which a person settles it.
    pub(super) fn advise(why: Refusal) -> Refusal {
        if !SETTLED.contains(&why.code) || why.reason.contains("# refit: writes") {
            return why;
        }
        let reason = format!(
            "{}; a comment settles that: `# refit: writes FOLDER`, or `# refit: writes nothing`",
            why.reason
        );
        Refusal { reason, ..why }
    }

    /// The folders that it says are written to.
    pub(super) fn traces(&self) -> Vec<Trace> {
        let all = self.writes.iter().flatten();
        all.map(|(path, who)| Trace::new(Written::folder(path), *who)).collect()
    }

    /// The user that it asks for in an image where users are made like this; `None` if it does not care.
    pub(super) fn account(&self, accounts: Accounts) -> Option<Account> {
        let Options { uid, gid, user, .. } = &self.options;
        if uid.is_none() && gid.is_none() && user.is_none() {
            return None;
        }
        let number = uid.unwrap_or(10001);
        let name = user.clone().unwrap_or_else(|| "app".to_owned());
        let name = (!accounts.is_fixed()).then_some(name);
        Some(Account { name, user: number, group: Some(gid.unwrap_or(number)), home: None })
    }
}
