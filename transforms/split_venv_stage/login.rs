//! Login shells: they read `/etc/profile`, which sets PATH anew on Debian and Alpine, without the environment.

use super::Stop;
use crate::{
    dockerfile::{Keyword, stage::Stage},
    shell::is_shell,
    text::{Refusal, words},
};

const PROFILE: &str = "/etc/profile";

/// Checks that a command line, or a line of a script, starts no login shell and reads no profile.
///
/// <https://www.gnu.org/software/bash/manual/html_node/Bash-Startup-Files.html>; Debian's `base-files`:
/// `share/profile`; Alpine's `alpine-baselayout`: `profile`.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(text: &str) -> Result<(), Refusal> {
    if text.contains(PROFILE) && words(text).any(|it| it == PROFILE) {
        let reason = "/etc/profile sets PATH anew, without the environment";
        return Err(Refusal::new("login-shell", reason));
    }
    match started(text) {
        Some(line) => {
            let reason = format!("{line} starts a login shell, which has a PATH of its own");
            Err(Refusal::new("login-shell", reason))
        }
        None => Ok(()),
    }
}

/// A SHELL of the stage that is one.
pub(super) fn of_stage(stage: &Stage<'_>) -> Option<Stop> {
    let mut shells = stage.instructions().filter(|it| it.2.keyword == Keyword::Shell);
    shells.find_map(|(item, _, it)| Some((item, check(it.text()).err()?)))
}

/// The login shell that a line starts, with its options: `bash -lc`.
fn started(text: &str) -> Option<String> {
    let mut options: Option<Vec<&str>> = None;
    let mut is_value = false;
    for word in words(text) {
        let name = word.rsplit('/').next().unwrap_or_default();
        let is_option = word.starts_with('-') && !is_value;
        match &mut options {
            Some(line) if is_option => {
                line.push(word);
                let letters = word.strip_prefix('-').filter(|it| !it.starts_with('-'));
                if word == "--login" || letters.is_some_and(|it| it.contains('l')) {
                    return Some(line.join(" "));
                }
                // `-o pipefail`
                is_value = letters.is_some_and(|it| it.ends_with('o'));
            }
            Some(line) if is_value => {
                line.push(word);
                is_value = false;
            }
            _ => options = is_shell(name).then(|| vec![name]),
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn login_shells_are_known_by_their_options() {
        let rows = [
            (r#"["bash", "-lc", "serve"]"#, Some("bash -lc")),
            ("/bin/sh -e -o pipefail -l run.sh", Some("sh -e -o pipefail -l")),
            ("#!/usr/bin/env bash --login", Some("bash --login")),
            ("bash run.sh -l", None),
            ("sh -c 'ls -l'", None),
            ("bash -euo pipefail -c x", None),
        ];
        for (line, expected) in rows {
            assert_eq!(started(line).as_deref(), expected, "{line}");
        }
        assert!(check(". /etc/profile").is_err());
    }
}
