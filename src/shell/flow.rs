//! Control flow of a script: whether a command ran, where, and with which variables.

use super::{Command, Directory, Joined, Pipeline, Redirect, Scope, Script, Word};
use crate::text::Span;

impl Redirect {
    /// The word that names the file which is read or written; `None` if it copies or closes a descriptor, as
    /// `2>&1` does, or feeds a text, as `<<<` does.
    pub fn file(&self) -> Option<&Word> {
        let is_descriptor = |it: &str| it.bytes().all(|it| it.is_ascii_digit() || it == b'-');
        let is_none = match self.operator.as_str() {
            "<<<" => true,
            ">&" | "<&" => is_descriptor(&self.target.raw),
            _ => false,
        };
        (!is_none).then_some(&self.target)
    }
}

impl Command {
    /// Returns true if no compound command is around it.
    pub fn is_top_level(&self) -> bool {
        self.scope.is_empty()
    }

    /// Returns true if the script's success implies that this command ran and succeeded.
    ///
    /// True at the top level in the and-chain that ends the script, after its last `||`
    /// (`a || b && this && c`); and in an earlier and-or list only under `set -e`, where it must be the
    /// list's last pipeline with nothing but `set` before it: a failure before `&&` does not end the
    /// script. In a pipeline only the last command counts, unless `pipefail` is set. False after
    /// anything that may end the script early with success (`exit 0`, `exec`), in the background, under
    /// `!`, and with `&>`, which POSIX shells read as `&`. Options that SHELL sets are not considered.
    pub fn runs_always(&self) -> bool {
        self.always
    }
}

impl Script {
    /// The value that the script gives a variable by its only assignment, which is under no condition (`A=1`,
    /// `export A=1`), and where that stands in the file; `None` if it has another or none.
    pub fn constant(&self, name: &str) -> Option<(Word, Span)> {
        if self.sources || self.assigned.iter().filter(|it| *it == name).count() != 1 {
            return None;
        }
        let is_sure = |it: &&Command| {
            let joined = matches!(it.joined, Joined::First | Joined::Sequence);
            it.is_top_level() && joined && it.stages == 1 && !it.background
        };
        self.commands.iter().filter(is_sure).find_map(|it| {
            let alone = it.assignments.iter().filter(|_| it.words.is_empty());
            let mut alone = alone.filter(|it| it.name == name && !it.append);
            let declares = matches!(first(it), Some("export" | "readonly"));
            let word = it.words.get(1).filter(|_| declares && it.words.len() == 2);
            let rest = |it: &Word| {
                it.raw.strip_prefix(name)?.strip_prefix('=').map(|_| it.rest(name.len() + 1))
            };
            let value = alone.next().map(|it| it.value.clone()).or_else(|| word.and_then(rest));
            Some((value?, it.span.clone()))
        })
    }
}

/// Finds the commands that the script's success vouches for.
pub(super) fn mark(
    commands: &mut [Command],
    pipelines: &[Pipeline],
    lists: &[Vec<usize>],
    mut errexit: bool,
) {
    let mut pipefail = false;
    // The first place where the script may end early with success.
    let ends = commands.iter().position(may_succeed_early).unwrap_or(commands.len());
    for (n, list) in lists.iter().enumerate() {
        let last = n + 1 == lists.len();
        let chain =
            list.iter().rposition(|it| pipelines[*it].joined == Joined::Or).map_or(0, |it| it + 1);
        let mut only_set = true;
        for (i, id) in list.iter().enumerate() {
            let pipeline = &pipelines[*id];
            let set = match pipeline.stages.as_slice() {
                [Some(it)] if is_set(&commands[*it]) => Some(*it),
                _ => None,
            };
            let ends_list = i + 1 == list.len();
            let sure = if last {
                chain <= i
            } else {
                chain == 0 && only_set && (set.is_some() || (errexit && ends_list))
            };
            if let Some(set) = set.filter(|_| only_set && !pipeline.background) {
                options(&commands[set], &mut errexit, &mut pipefail);
            } else {
                only_set = false;
            }
            if !sure || pipeline.background || pipeline.negated {
                continue;
            }
            for (stage, command) in pipeline.stages.iter().enumerate() {
                let Some(index) = command.filter(|it| *it <= ends) else { continue };
                let command = &mut commands[index];
                let splits = command.redirects.iter().any(|it| it.operator.starts_with("&>"));
                let counts = stage + 1 == pipeline.stages.len() || pipefail;
                command.always = counts && !splits && (index < ends || is_exec(command));
            }
        }
        // Whatever may have been turned off on the way is off.
        let end = list.iter().map(|it| pipelines[*it].span.end).max().unwrap_or_default();
        let sets = |it: &&Command| {
            it.span.end <= end && is_set(it) && !it.scope.contains(&Scope::Subshell)
        };
        errexit &= !commands.iter().filter(sets).any(|it| turns_off(it, "errexit"));
        pipefail &= !commands.iter().filter(sets).any(|it| turns_off(it, "pipefail"));
    }
}

fn first(command: &Command) -> Option<&str> {
    command.words.first()?.value.as_deref()
}

fn is_set(command: &Command) -> bool {
    first(command) == Some("set")
}

fn is_exec(command: &Command) -> bool {
    first(command) == Some("exec")
}

/// Returns true if it ends the script, or may, without failing.
fn may_succeed_early(command: &Command) -> bool {
    if command.scope.contains(&Scope::Subshell) || command.stages > 1 {
        return false;
    }
    match first(command) {
        Some("exit" | "return") => {
            let status = command.words.get(1).and_then(|it| it.value.as_deref());
            status.and_then(|it| it.parse::<i32>().ok()).is_none_or(|it| it % 256 == 0)
        }
        Some("exec") => command.words.len() > 1,
        _ => false,
    }
}

/// Returns true if nothing after it in this shell runs.
pub(super) fn leaves(command: &Command) -> bool {
    matches!(first(command), Some("exit" | "return"))
}

/// The options of a `set`, each with whether it is turned on.
fn set_options(command: &Command) -> Vec<(bool, String)> {
    let mut options = Vec::new();
    let mut words = command.words.iter().skip(1).map(|it| it.value.as_deref().unwrap_or_default());
    while let Some(word) = words.next() {
        let on = word.starts_with('-');
        if word == "--" || !(on || word.starts_with('+')) {
            break;
        }
        for letter in word.chars().skip(1) {
            match letter {
                'o' => options.push((on, words.next().unwrap_or_default().to_owned())),
                'e' => options.push((on, "errexit".to_owned())),
                _ => {}
            }
        }
    }
    options
}

fn options(command: &Command, errexit: &mut bool, pipefail: &mut bool) {
    for (on, name) in set_options(command) {
        match name.as_str() {
            "errexit" => *errexit = on,
            "pipefail" => *pipefail = on,
            _ => {}
        }
    }
}

fn turns_off(command: &Command, option: &str) -> bool {
    set_options(command).iter().any(|(on, name)| !on && name == option)
}

/// The effect of a command on the directory.
pub(super) fn change_directory(command: &Command, directory: &mut Directory) {
    if !may_change_directory(command) {
        return;
    }
    let mut words = command.words.iter().skip(1).peekable();
    while words.next_if(|it| matches!(it.raw.as_str(), "--" | "-P" | "-L")).is_some() {}
    let target = words.next().filter(|_| words.next().is_none());
    let target = target.filter(|it| {
        first(command) == Some("cd")
            && it.is_resolvable()
            && !it.has_pattern()
            && !it.raw.starts_with('-')
            && !it.raw.is_empty()
    });
    *directory = match (target, std::mem::replace(directory, Directory::Unknown)) {
        // An absolute path does not depend on what was before.
        (Some(target), _) if target.value.as_ref().is_some_and(|it| it.starts_with('/')) => {
            Directory::Into(vec![target.clone()])
        }
        (None, _) | (Some(_), Directory::Unknown) => Directory::Unknown,
        (Some(target), Directory::Into(mut targets)) => {
            targets.push(target.clone());
            Directory::Into(targets)
        }
    };
}

/// Returns true if a command may change the directory of its shell.
pub(super) fn may_change_directory(command: &Command) -> bool {
    match first(command) {
        Some("cd" | "pushd" | "popd" | "eval") => true,
        Some("command" | "builtin") => command
            .words
            .iter()
            .skip(1)
            .any(|it| matches!(it.raw.as_str(), "cd" | "pushd" | "popd" | "eval")),
        _ => false,
    }
}

/// Finds out if the script's shell runs files or strings, and which variables it assigns.
pub(super) fn assigned(commands: &[Command]) -> (bool, Vec<String>) {
    let mut sources = false;
    let mut names: Vec<String> = Vec::new();
    for command in commands {
        let bare = |it: &str| it.split(['[', '+']).next().unwrap_or_default().to_owned();
        names.extend(command.assignments.iter().map(|it| bare(&it.name)));
        let declares = match first(command) {
            Some("." | "source" | "eval") => {
                sources = true;
                false
            }
            Some("printf") => command.words.get(1).is_some_and(|it| it.raw == "-v"),
            Some(it) => [
                "export",
                "readonly",
                "declare",
                "typeset",
                "local",
                "read",
                "unset",
                "mapfile",
                "readarray",
                "getopts",
                "let",
            ]
            .contains(&it),
            None => false,
        };
        if declares {
            let words = command.words.iter().skip(1).map(|it| it.raw.as_str());
            // `export NAME` alone changes nothing.
            let export = first(command) == Some("export");
            let words = words.filter(|it| !it.starts_with('-') && (!export || it.contains('=')));
            names.extend(words.map(|it| bare(it.split('=').next().unwrap_or_default())));
        }
    }
    (sources, names)
}
