//! Files that only their owner can read or run, and files whose owner is another user.

use super::{
    Account, Image,
    image::{Placed, placed, resolve},
};
use crate::{
    dockerfile::{Keyword, stage::Stage},
    run::Run,
    shell::{Command, Script, Word},
    text::{ImagePath, Refusal},
};

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
            if let Some(Closing { reason, .. }) = Closing::of(&run, command) {
                return Err(Refusal::new("closed-mode", reason));
            }
            let words = command.positional(&["-m", "-o", "-g"]);
            let first = words.first().and_then(|it| resolve(&run, it.1));
            if let (Some("chown"), Some(owner)) = (command.program(), first) {
                given(&owner)?;
            }
        }
    }
    copied(image)
}

/// What a command of a RUN makes unreadable for others.
struct Closing {
    /// Why that is, for people.
    reason: String,
    /// The files and folders; none if it is all that the RUN makes.
    paths: Vec<ImagePath>,
}

impl Closing {
    fn of(run: &Run<'_>, command: &Command) -> Option<Self> {
        let program = command.program()?;
        let words = command.positional(&["-m", "-o", "-g"]);
        let value = |it: &Word| resolve(run, it);
        let (mode, paths) = match program {
            "chmod" => (words.first().and_then(|it| value(it.1))?, &words[1..]),
            "umask" => {
                (words.first().and_then(|it| value(it.1)).filter(|it| it.ends_with('7'))?, &[][..])
            }
            // What it makes for another owner is not for others.
            "install" if !command.has_flag("-d") && !command.has_flag("-o") => {
                let mode = command.flag_value("-m").and_then(|it| value(&it))?;
                (mode, &words[words.len().saturating_sub(1)..])
            }
            _ => return None,
        };
        if program != "umask" && (!is_closed(&mode) || is_private(run, command)) {
            return None;
        }
        let directory = run.directory(command).unwrap_or_else(ImagePath::root);
        let paths = paths.iter().filter_map(|it| Some(directory.join(&value(it.1)?)));
        let reason = match program {
            "umask" => format!("umask {mode} denies access to every user but the owner"),
            _ => closed(&mode),
        };
        Some(Self { reason, paths: paths.collect() })
    }

    /// Whether a copy from here brings what it makes unreadable.
    fn concerns(&self, source: &ImagePath) -> bool {
        self.paths.is_empty()
            || self.paths.iter().any(|it| it.is_within(source) || source.is_within(it))
    }
}

/// How many stages what is copied is followed through.
const STAGES: usize = 6;

/// Checks that what COPYs bring from other stages, with the modes that it has there, can be read.
fn copied(image: &Image<'_>) -> Result<(), Refusal> {
    let all: Vec<ImagePath> = vec![ImagePath::root()];
    image.lineage.iter().try_for_each(|it| brought(image, it, &all, STAGES))
}

/// Checks what the COPYs of a stage bring to one of these paths, or below it.
fn brought(
    image: &Image<'_>,
    stage: &Stage<'_>,
    wanted: &[ImagePath],
    depth: usize,
) -> Result<(), Refusal> {
    let Some(depth) = depth.checked_sub(1) else { return Ok(()) };
    for Placed { item, instruction } in placed(stage) {
        let Some(copy) = instruction.copy().filter(|_| instruction.flag("chmod").is_none()) else {
            continue;
        };
        let Some(from) = copy.from.and_then(|it| image.stage_called(it)) else { continue };
        let state = stage.state_before(item);
        let escape = image.site.dockerfile.escape;
        let to = state.expand(&copy.destination.text, escape).and_then(|it| state.absolute(&it));
        let is_wanted =
            |to: &ImagePath| wanted.iter().any(|it| it.is_within(to) || to.is_within(it));
        if !to.as_ref().is_none_or(is_wanted) {
            continue;
        }
        let sources = copy.sources.iter().filter_map(|it| state.expand(&it.text, escape));
        // What a pattern names lies in its folder.
        let folder = |it: String| match it.find(['*', '?', '[']) {
            Some(at) => it[..at].rsplit_once('/').map_or(String::new(), |it| it.0.to_owned()),
            None => it,
        };
        let sources = sources.map(folder).map(|it| ImagePath::root().join(&it));
        let sources: Vec<ImagePath> = sources.collect();
        for below in from.lineage(&image.site.stages) {
            closes(image, &below, &sources)?;
            brought(image, &below, &sources, depth)?;
        }
    }
    Ok(())
}

/// Checks that no RUN and no COPY of a stage makes one of these paths unreadable.
fn closes(image: &Image<'_>, stage: &Stage<'_>, sources: &[ImagePath]) -> Result<(), Refusal> {
    for Placed { item, instruction } in placed(stage) {
        let words = ["chmod", "install", "umask"];
        if instruction.keyword != Keyword::Run
            || !Script::mentions(image.site.dockerfile, instruction, &words)
        {
            continue;
        }
        let Ok(run) = image.site.run(stage, item) else { continue };
        let closing = run.script.commands().iter().filter_map(|it| Closing::of(&run, it));
        for it in closing {
            if let Some(source) = sources.iter().find(|source| it.concerns(source)) {
                let reason = format!("{}, and {source} is copied from there", it.reason);
                return Err(Refusal::new("closed-mode", reason));
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
