//! The users that a Dockerfile creates itself.

use super::{Account, Image, base::Base, image::resolve};
use crate::{
    ecosystems::images::Accounts,
    shell::{Command, Word},
    text::Refusal,
};

/// The script that creates a user. It always gets a home: an empty folder costs nothing, and many programs keep
/// settings or caches there and fail without one.
pub(super) fn creation(base: &Base, account: &Account) -> String {
    let name = account.name.as_deref().unwrap_or("app");
    let (user, group) = (account.user, account.group.unwrap_or(account.user));
    match base.accounts {
        Accounts::Busybox => {
            format!("addgroup -S -g {group} {name} && adduser -S -D -u {user} -G {name} {name}")
        }
        Accounts::Bare | Accounts::None | Accounts::Shadow => format!(
            "groupadd --system --gid {group} {name} && \
             useradd --system --uid {user} --gid {name} --create-home {name}"
        ),
    }
}

/// The user that RUNs of an image create and no USER switches to; `None` if there is none.
///
/// # Errors
/// A decline's code and reason: they create several users, or one without a fixed UID.
pub(super) fn made(image: &Image<'_>) -> Result<Option<Account>, Refusal> {
    let mut groups: Vec<Group> = Vec::new();
    let mut found: Vec<Created> = Vec::new();
    for run in image.runs(&["useradd", "adduser", "groupadd", "addgroup"])? {
        for command in run.script.commands() {
            let value = |it: &Word| resolve(&run, it);
            match command.program() {
                Some("groupadd" | "addgroup") => {
                    let id = number(command, &["-g", "--gid"], &value);
                    let name = command.positional(&["-g", "--gid"]).first().map(|it| it.1.clone());
                    let name = name.and_then(|it| value(&it));
                    groups.extend(name.zip(id).map(|(name, id)| Group { name, id }));
                }
                Some("useradd" | "adduser") => {
                    found.extend(account(command, &groups, &value));
                }
                _ => {}
            }
        }
    }
    found.dedup();
    match found.as_slice() {
        [] => Ok(None),
        [Created { account: Some(account), .. }] => Ok(Some(account.clone())),
        [Created { name, account: None }] => Err(Refusal::new(
            "account-without-number",
            format!("it creates the user {name}, but not with a fixed UID"),
        )),
        [first, second, ..] => Err(Refusal::new(
            "several-accounts",
            format!("it creates several users: {}, {}", first.name, second.name),
        )),
    }
}

/// A group that a command creates with a fixed GID.
struct Group {
    name: String,
    id: u32,
}

/// A user that a command creates.
#[derive(PartialEq)]
struct Created {
    name: String,
    /// `None` if the command does not fix its UID.
    account: Option<Account>,
}

/// The user that a command creates; `None` if it only adds one to a group.
fn account(
    command: &Command,
    groups: &[Group],
    value: &dyn Fn(&Word) -> Option<String>,
) -> Option<Created> {
    let takes = [
        "-u",
        "--uid",
        "-g",
        "--gid",
        "-G",
        "--groups",
        "--ingroup",
        "-d",
        "--home-dir",
        "--home",
        "-h",
        "-s",
        "--shell",
        "-c",
        "--comment",
        "--gecos",
        "-p",
        "--password",
        "-k",
        "-K",
        "-b",
        "-e",
        "-f",
    ];
    let names = command.positional(&takes);
    let name = names.first().and_then(|it| value(it.1)).unwrap_or_else(|| "?".to_owned());
    // `adduser NAME GROUP` adds a user to a group.
    if names.len() > 1 {
        return None;
    }
    let busybox = command.program() == Some("adduser");
    let user = number(command, &["-u", "--uid"], value);
    let flags: &[&str] = if busybox { &["-G", "--ingroup", "--gid"] } else { &["-g", "--gid"] };
    let group = flags.iter().find_map(|it| command.flag_value(it)).and_then(|it| value(&it));
    let group = group.and_then(|it| match it.parse() {
        Ok(id) => Some(id),
        Err(_) => groups.iter().find(|group| group.name == it).map(|it| it.id),
    });
    let home = ["-d", "--home-dir", "--home", "-h"].iter().find_map(|it| command.flag_value(it));
    let home = home.and_then(|it| value(&it)).unwrap_or_else(|| format!("/home/{name}"));
    let none = ["-H", "-M", "--no-create-home"].iter().any(|it| command.has_flag(it));
    let asked = ["-m", "--create-home"].iter().any(|it| command.has_flag(it));
    let home = (!none && (busybox || asked)).then_some(home);
    let account = user.map(|user| Account { name: Some(name.clone()), user, group, home });
    Some(Created { name, account })
}

fn number(
    command: &Command,
    flags: &[&str],
    value: &dyn Fn(&Word) -> Option<String>,
) -> Option<u32> {
    value(&flags.iter().find_map(|it| command.flag_value(it))?)?.parse().ok()
}
