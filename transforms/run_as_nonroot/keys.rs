//! Keys and settings in root's home: those that a build needs to fetch something, and those that are left for the program.

use crate::{
    ecosystems::{FileKind, MANAGERS, files, grammar_of},
    run::Run,
    shell::Invocation,
};

/// The folder and files of keys, and git's own settings: git-scm.com/docs/git-config, man.openbsd.org/ssh.
const KEYS: [&str; 3] = [".ssh", ".netrc", ".gitconfig"];

/// Whether a word names keys or settings that a build may need.
pub(super) fn is_for_build(word: &str) -> bool {
    let hidden = files().filter(|it| it.kind == FileKind::Settings).map(|it| it.pattern);
    let folders = MANAGERS.iter().flat_map(|it| it.keeps).copied();
    let managers = hidden.filter(|it| it.starts_with('.'));
    let managers = managers.chain(folders.filter(|it| it.starts_with(".config/")));
    KEYS.into_iter().chain(managers).any(|it| word.contains(it))
}

/// Whether a word names keys, or git's settings.
pub(super) fn is_key(word: &str) -> bool {
    KEYS.iter().any(|it| word.contains(it))
}

/// Whether a call sets something in git's settings for the user.
pub(super) fn is_set(call: &Invocation) -> bool {
    call.program == "git" && call.texts().any(|it| it == "config") && call.has(&["--global"])
}

/// Whether one of these RUNs fetches something, for which keys and settings may be: a manager runs, or git, or what
/// is no program of a table.
pub(super) fn fetches(runs: &[Run<'_>]) -> bool {
    let clones = |it: &Invocation| {
        let is_git = ["git", "rsync", "scp", "sftp", "ssh"].contains(&it.program.as_str());
        is_git && !it.texts().any(|it| it == "config")
    };
    let fetches = |it: &Invocation| {
        grammar_of(&it.program).is_some() || clones(it) || it.program.contains('.')
    };
    runs.iter().any(|run| run.calls().iter().any(|it| fetches(&it.call)))
}
