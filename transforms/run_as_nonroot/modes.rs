//! Files that only their owner can read or run, and files whose owner is another user.

use super::{Account, Image, image::resolve};
use crate::{dockerfile::Keyword, shell::Command, text::Refusal};

/// Whether every file that is put into the image can be read by every user, and none is given to a user other
/// than this one. A user `is_new` that the image does not have yet: then nobody can have meant it by its name.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>, account: &Account, is_new: bool) -> Result<(), Refusal> {
    let given = |owner: &str| {
        let own = owner.split(':').any(|it| account.name.as_deref() == Some(it));
        let why = if is_new && own {
            // BuildKit gives it to root where there is no such user, and to ours if we made one.
            "whom the image does not have"
        } else if account.is(owner) {
            return Ok(());
        } else {
            "so another user was meant to have them"
        };
        Err(Refusal::new("other-owner", format!("files are given to {owner}, {why}")))
    };
    for (_, it) in image.instructions() {
        let mode = it.flag("chmod").and_then(|it| it.value.as_deref());
        if let Some(mode) = mode.filter(|it| is_closed(it)) {
            return Err(Refusal::new("closed-mode", closed(mode)));
        }
        if let Some(owner) = it.flag("chown").and_then(|it| it.value.as_deref()) {
            given(owner)?;
        }
        if it.keyword != Keyword::Add || mode.is_some() {
            continue;
        }
        for source in it.copy().map(|it| it.sources).unwrap_or_default() {
            let name = source.text.rsplit('/').next().unwrap_or_default().to_owned();
            let is_url = source.text.starts_with("http") && !source.text.ends_with(".git");
            // What a RUN names afterwards is unpacked, or given another mode.
            if is_url && !image.mentions_run(&[&name]) {
                let reason = format!("ADD makes {name} a file that only root can read");
                return Err(Refusal::new("closed-mode", reason));
            }
        }
    }
    for (run, _) in image.runs(&["chmod", "chown", "install", "umask"])? {
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
    format!("mode {mode} keeps files from all users but their owner")
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

/// Whether a mode is one of keys and settings of root's own.
fn is_private(run: &crate::run::Run<'_>, command: &Command) -> bool {
    let words = command.positional(&[]);
    let mut paths =
        words.iter().skip(1).map(|it| resolve(run, it.1).unwrap_or_else(|| it.1.raw.clone()));
    let private = ["/root", "~", ".ssh", "id_rsa", "/etc/cron", "/etc/sudoers", "/etc/shadow"];
    paths.all(|it| private.iter().any(|name| it.contains(name)))
}

#[cfg(test)]
mod tests {
    use super::is_closed;

    #[test]
    fn modes_close_files() {
        let closed = ["700", "0600", "744", "750", "u+x", "u=rwx,go-rwx", "o-r", "ug+x"];
        let open = ["755", "+x", "a+x", "0644", "777", "u+w", "go-w", "1777", "g+w", "444"];
        assert!(closed.iter().all(|it| is_closed(it)));
        assert!(!open.iter().any(|it| is_closed(it)));
    }
}
