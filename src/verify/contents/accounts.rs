//! Users and what they may do with files, as the kernel has it: by the bits of owner, group and all others.

use std::collections::BTreeSet;

use super::{Contents, Entry, Kind};
use crate::text::ImagePath;

/// `/etc/passwd` and `/etc/group` of an image.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    users: Vec<Account>,
    /// Name, number, the names of members.
    groups: Vec<(String, u64, Vec<String>)>,
}

/// A line of `/etc/passwd`.
#[derive(Clone, Debug)]
struct Account {
    name: String,
    id: u64,
    group: u64,
    home: String,
}

/// The users of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// As USER says it.
    pub name: String,
    /// The number.
    pub id: u64,
    /// The numbers of the groups, the own one among them.
    pub groups: BTreeSet<u64>,
}

/// Returns true if a file lists users or groups.
pub(super) fn is_wanted(path: &str) -> bool {
    ["/etc/passwd", "/etc/group"].contains(&path)
}

/// Reads what these files list.
pub(super) fn read(texts: &[(ImagePath, String)]) -> Accounts {
    let mut accounts = Accounts::default();
    for (path, text) in texts {
        for line in text.lines() {
            let fields: Vec<&str> = line.split(':').collect();
            let number = |at: usize| fields.get(at).and_then(|it| it.parse::<u64>().ok());
            let name = fields[0].to_owned();
            if *path == "/etc/passwd" {
                let home = fields.get(5).map_or_else(String::new, |it| (*it).to_owned());
                let numbers = number(2).zip(number(3));
                accounts.users.extend(numbers.map(|(id, group)| Account { name, id, group, home }));
            } else if let Some(id) = number(2) {
                let members = fields.get(3).unwrap_or(&"").split(',').map(str::to_owned);
                accounts.groups.push((name, id, members.collect()));
            }
        }
    }
    accounts
}

impl User {
    /// Returns true if a file's bits grant the user what `bit` of `0o7` means.
    pub(super) fn may(&self, entry: &Entry, bit: u32) -> bool {
        // Root enters and reads everything, but cannot execute a file that has no execute bit.
        if self.id == 0 {
            return entry.kind == Kind::Folder || bit != 1 || entry.mode & 0o111 != 0;
        }
        let shift = match entry.owner {
            (user, _) if user == self.id => 6,
            (_, group) if self.groups.contains(&group) => 3,
            _ => 0,
        };
        entry.mode >> shift & bit != 0
    }

    /// Returns true if a file belongs to the user, as after `COPY --chown` and `chown`.
    pub(in crate::verify) fn owns(&self, (user, group): (u64, u64)) -> bool {
        user == self.id && (self.groups.contains(&group) || group == self.id)
    }
}

impl Contents {
    /// The user that USER stands for, as builders and runtimes look it up: numbers as they are, names in
    /// `/etc/passwd` and `/etc/group`; empty is root. `None` for a name that is not there.
    pub fn user(&self, text: &str) -> Option<User> {
        let (name, group) = text.split_once(':').map_or((text, None), |it| (it.0, Some(it.1)));
        let Accounts { users, groups } = &self.accounts;
        let number = if name.is_empty() || name == "root" { Some(0) } else { name.parse().ok() };
        let known = users.iter().find(|it| it.name == name || Some(it.id) == number);
        let id = number.or(known.map(|it| it.id))?;
        let groups: BTreeSet<u64> = match group {
            Some(group) => {
                let named = groups.iter().find(|it| it.0 == group).map(|it| it.1);
                [group.parse().ok().or(named)?].into()
            }
            None => {
                let is_member = |of: &Vec<String>| known.is_some_and(|it| of.contains(&it.name));
                let further = groups.iter().filter(|it| is_member(&it.2)).map(|it| it.1);
                further.chain([known.map_or(0, |it| it.group)]).collect()
            }
        };
        Some(User { name: text.to_owned(), id, groups })
    }

    /// The home directory that runtimes give to a user: that of `/etc/passwd`, else the root.
    pub fn home(&self, user: &User) -> ImagePath {
        let known = self.accounts.users.iter().find(|it| it.id == user.id);
        known.and_then(|it| ImagePath::new(&it.home)).unwrap_or_default()
    }

    /// The name of the user with this number, or else the number.
    pub fn user_name(&self, id: u64) -> String {
        let known = self.accounts.users.iter().find(|it| it.id == id);
        known.map_or_else(|| id.to_string(), |it| it.name.clone())
    }

    /// Returns true if a user may execute a program.
    ///
    /// # Errors
    /// Why not, worded to follow its name.
    pub(super) fn executable(&self, path: &ImagePath, user: &User) -> Result<(), String> {
        let name = &user.name;
        let mut at = path.clone();
        // As many links as the kernel follows.
        for _ in 0..40 {
            let folders = at.as_str().match_indices('/').skip(1).map(|it| &at.as_str()[..it.0]);
            let closed = |it: &&str| {
                let entry = self.files.get(*it).filter(|it| it.kind == Kind::Folder);
                entry.is_some_and(|it| !user.may(it, 1))
            };
            if let Some(folder) = { folders }.find(closed) {
                return Err(format!("is in {folder}, which the user {name} may not enter"));
            }
            let Some(next) = self.follow_one(&at) else { break };
            at = next;
        }
        let Some(entry) = self.files.get(&at) else { return Err("is not there".to_owned()) };
        if entry.mode & 0o111 == 0 {
            return Err("is not executable".to_owned());
        }
        if !user.may(entry, 1) {
            return Err(format!("the user {name} may not execute"));
        }
        if entry.kind == Kind::File && !user.may(entry, 4) {
            return Err(format!("the user {name} may not read"));
        }
        Ok(())
    }
}
