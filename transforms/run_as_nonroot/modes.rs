//! Files that only their owner can read or run, and files whose owner is another user.

use super::{
    Account, Image,
    image::{Placed, resolve},
};
use crate::{dockerfile::Keyword, run::Run, shell::Command, text::Refusal};

/// Checks that every user can read every file of the image, and that none belongs to a user other than this
/// account. If the account `is_new`, the image does not have it yet, so files cannot have been meant for it.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>, account: &Account, is_new: bool) -> Result<(), Refusal> {
    let given = |owner: &str| {
        let own = owner.split(':').any(|it| account.name.as_deref() == Some(it));
        let why = if is_new && own {
            // BuildKit gives them to root while there is no such user, and to the new one once there is.
            "a user that the image does not have"
        } else if account.is(owner) {
            return Ok(());
        } else {
            "and the image would run as another user"
        };
        Err(Refusal::new("other-owner", format!("files belong to {owner}, {why}")))
    };
    for Placed { instruction, .. } in image.instructions() {
        let mode = instruction.flag("chmod").and_then(|it| it.value.as_deref());
        if let Some(mode) = mode.filter(|it| is_closed(it)) {
            return Err(Refusal::new("closed-mode", closed(mode)));
        }
        if let Some(owner) = instruction.flag("chown").and_then(|it| it.value.as_deref()) {
            given(owner)?;
        }
        if instruction.keyword != Keyword::Add || mode.is_some() {
            continue;
        }
        for source in instruction.copy().map(|it| it.sources).unwrap_or_default() {
            let name = source.text.rsplit('/').next().unwrap_or_default().to_owned();
            let is_url = source.text.starts_with("http") && !source.text.ends_with(".git");
            // A RUN that names the file unpacks it or changes its mode.
            if is_url && !image.mentions_run(&[&name]) {
                let reason = format!("ADD downloads {name}, and only root can read it");
                return Err(Refusal::new("closed-mode", reason));
            }
        }
    }
    for run in image.runs(&["chmod", "chown", "install", "umask"])? {
        for command in run.script.commands() {
            let words = command.positional(&["-m", "-o", "-g"]);
            let first = words.first().and_then(|it| resolve(&run, it.1));
            match (command.program(), first) {
                (Some("chmod"), Some(mode)) if is_closed(&mode) && !is_private(&run, command) => {
                    return Err(Refusal::new("closed-mode", closed(&mode)));
                }
                (Some("umask"), Some(mode)) if mode.ends_with('7') => {
                    return Err(Refusal::new("closed-mode", closed(&mode)));
                }
                (Some("chown"), Some(owner)) => given(&owner)?,
                _ => {}
            }
        }
    }
    Ok(())
}

fn closed(mode: &str) -> String {
    match is_unreadable(mode) {
        true => format!("mode {mode} denies access to every user but the owner"),
        false => format!("mode {mode} lets nobody but the owner run it"),
    }
}

/// Whether a mode keeps other users from reading a file, and not only from running it.
fn is_unreadable(mode: &str) -> bool {
    if mode.bytes().all(|it| it.is_ascii_digit()) {
        return mode.bytes().last().is_some_and(|it| (it - b'0') & 4 == 0);
    }
    mode.split(',').any(|it| {
        let who = it.split(['+', '-', '=']).next().unwrap_or_default();
        it.contains('-') && who.contains('o') && it.contains('r')
    })
}

/// Whether a mode keeps other users from reading a file, or from running one that its owner can run.
fn is_closed(mode: &str) -> bool {
    if mode.bytes().all(|it| it.is_ascii_digit()) {
        let digits: Vec<u8> = mode.bytes().rev().map(|it| it - b'0').collect();
        let other = digits.first().copied().unwrap_or_default();
        let owner = digits.get(2).copied().unwrap_or_default();
        return other & 4 == 0 || (owner & 1 == 1 && other & 1 == 0);
    }
    mode.split(',').any(|it| {
        let who = it.split(['+', '-', '=']).next().unwrap_or_default();
        let gives = it.contains('+') || it.contains('=');
        let own_only = who == "u" || who == "ug" || who == "gu";
        (gives && own_only && it.contains('x'))
            || (it.contains('-') && who.contains('o') && it.contains(['r', 'x']))
    })
}

/// Whether a `chmod` is only about root's own keys and settings.
fn is_private(run: &Run<'_>, command: &Command) -> bool {
    let words = command.positional(&[]);
    let mut paths =
        words.iter().skip(1).map(|it| resolve(run, it.1).unwrap_or_else(|| it.1.raw.clone()));
    let private = ["/root", "~", ".ssh", "id_rsa", "/etc/cron", "/etc/sudoers", "/etc/shadow"];
    paths.all(|it| private.iter().any(|name| it.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::{closed as said, is_closed};

    #[test]
    fn modes_close_files() {
        let closed = ["700", "0600", "744", "750", "u+x", "u=rwx,go-rwx", "o-r", "ug+x"];
        let open = ["755", "+x", "a+x", "0644", "777", "u+w", "go-w", "1777", "g+w", "444"];
        assert!(closed.iter().all(|it| is_closed(it)));
        assert!(!open.iter().any(|it| is_closed(it)));
        assert_eq!(said("u+x"), "mode u+x lets nobody but the owner run it");
        assert_eq!(said("744"), "mode 744 lets nobody but the owner run it");
        assert_eq!(said("700"), "mode 700 denies access to every user but the owner");
    }
}
