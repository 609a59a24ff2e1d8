//! The users that a Dockerfile makes itself.

use super::{Account, Image, image::resolve};
use crate::{
    shell::{Command, Word},
    text::Refusal,
};

/// The user that the RUNs of an image make and no USER switches to.
///
/// # Errors
/// A decline's code and reason: several users, or one whose number nothing tells.
pub(super) fn made(image: &Image<'_>) -> Result<Option<Account>, Refusal> {
    let mut groups: Vec<(String, u32)> = Vec::new();
    let mut found: Vec<(String, Option<Account>)> = Vec::new();
    for (run, _) in image.runs(&["useradd", "adduser", "groupadd", "addgroup"])? {
        for command in run.script.commands() {
            let value = |it: &Word| resolve(&run, it);
            match command.program() {
                Some("groupadd" | "addgroup") => {
                    let id = number(command, &["-g", "--gid"], &value);
                    let name = command.positional(&["-g", "--gid"]).first().map(|it| it.1.clone());
                    groups.extend(name.and_then(|it| value(&it)).zip(id));
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
        [(_, Some(account))] => Ok(Some(account.clone())),
        [(name, None)] => Err(Refusal::new(
            "account-without-number",
            format!("it creates the user {name}, but not with a fixed UID"),
        )),
        [(one, _), (other, _), ..] => {
            Err(Refusal::new("several-accounts", format!("it makes several users: {one}, {other}")))
        }
    }
}

/// The user that a command makes: its name, and its numbers when it says them.
fn account(
    command: &Command,
    groups: &[(String, u32)],
    value: &dyn Fn(&Word) -> Option<String>,
) -> Option<(String, Option<Account>)> {
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
    // `adduser NAME GROUP` puts a user into a group.
    if names.len() > 1 {
        return None;
    }
    let busybox = command.program() == Some("adduser");
    let user = number(command, &["-u", "--uid"], value);
    let flags: &[&str] = if busybox { &["-G", "--ingroup", "--gid"] } else { &["-g", "--gid"] };
    let group = flags.iter().find_map(|it| command.flag_value(it)).and_then(|it| value(&it));
    let group = group.and_then(|it| match it.parse() {
        Ok(id) => Some(id),
        Err(_) => groups.iter().find(|group| group.0 == it).map(|it| it.1),
    });
    let home = ["-d", "--home-dir", "--home", "-h"].iter().find_map(|it| command.flag_value(it));
    let home = home.and_then(|it| value(&it)).unwrap_or_else(|| format!("/home/{name}"));
    let none = ["-H", "-M", "--no-create-home"].iter().any(|it| command.has_flag(it));
    let asked = ["-m", "--create-home"].iter().any(|it| command.has_flag(it));
    let home = (!none && (busybox || asked)).then_some(home);
    let account = user.map(|user| Account { name: Some(name.clone()), user, group, home });
    Some((name, account))
}

fn number(
    command: &Command,
    flags: &[&str],
    value: &dyn Fn(&Word) -> Option<String>,
) -> Option<u32> {
    value(&flags.iter().find_map(|it| command.flag_value(it))?)?.parse().ok()
}
