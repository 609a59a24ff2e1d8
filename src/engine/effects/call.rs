//! What a single call touches.

use super::{Effects, How, Surroundings, Touch, path_in};
use crate::{
    ecosystems::{
        Environments, MANAGERS, Manager, TOOL_INSTALLERS,
        habits::{Habit, Touches, touches},
    },
    shell::{Argument, Invocation},
    text::{ImagePath, glob::Glob},
};

/// Where a call stands.
pub(super) struct Place<'a> {
    /// The folder that it runs in; `None` if it is not known.
    pub(super) directory: Option<&'a ImagePath>,
    /// What holds there.
    pub(super) at: &'a Surroundings<'a>,
    /// The command's words as written.
    pub(super) words: &'a [&'a str],
}

/// What asks `test` about the text after it.
const TEXTS: &[&str] = &["-n", "-z"];

/// What asks `test` about the texts before and after it.
const COMPARES: &[&str] = &["!=", "-eq", "-ge", "-gt", "-le", "-lt", "-ne", "<", "=", "==", ">"];

/// Adds what a call touches.
pub(super) fn read(call: &Invocation, place: &Place<'_>, effects: &mut Effects) {
    let program = call.program.as_str();
    let mut reader = Reader { call, place, effects };
    if call.runner.is_some() {
        return reader.effects.anything(program);
    }
    if matches!(program, "." | "source") {
        return reader.source();
    }
    if let Some(manager) = manager(program) {
        reader.effects.runs = true;
        reader.effects.managers.push(manager.name);
        return reader.manager(manager);
    }
    let Some(touches) = touches(program) else {
        // Asking Python for its version reads nothing.
        let asks = call.arguments.len() == 1 && call.has(&["--version", "-V"]);
        reader.effects.runs = true;
        if !asks {
            reader.effects.anything(program);
            // What it is given it reads for certain.
            for it in call.texts().filter(|it| !it.contains("://")).filter_map(path_in) {
                reader.touch(it, How::Reads);
            }
        }
        return;
    };
    reader.effects.runs |= !matches!(touches, Touches::Nothing | Touches::Shell | Touches::Asks);
    reader.program(touches);
}

/// Whether a call does more than install, fetch and clean up; `installer`: whether a Python or shell without a file
/// is known to run an installer.
pub(super) fn works(call: &Invocation, installer: bool) -> bool {
    let program = call.program.as_str();
    let installs = match touches(program) {
        _ if call.runner.is_some() && manager(program).is_none() => false,
        Some(
            Touches::Nothing
            | Touches::Shell
            | Touches::Asks
            | Touches::Removes
            | Touches::Packages
            | Touches::Fetches
            | Touches::Environment,
        ) => true,
        // What puts a manager's program into place.
        Some(Touches::Changes) => places_tool(call),
        Some(_) => false,
        None if manager(program).is_some() => true,
        None => {
            matches!(program, "." | "source" | "find")
                || (installer && ["python", "sh", "bash"].contains(&program))
        }
    };
    !installs
}

/// Whether a call gives a program of a manager another place or name, or makes it one that can be started.
fn places_tool(call: &Invocation) -> bool {
    let is_bin = |it: &str| matches!(it.trim_end_matches('/').rsplit('/').next(), Some("bin"));
    let is_tool = |it: &str| is_tool(it.rsplit('/').next().unwrap_or_default());
    let paths: Vec<&str> = call.texts().filter(|it| it.contains('/')).collect();
    let tools = paths.iter().filter(|it| is_tool(it)).count();
    let bins = paths.iter().filter(|it| is_bin(it)).count();
    let in_bin = |it: &&str| it.rsplit_once('/').is_some_and(|it| is_bin(it.0));
    let is_placed = paths.last().is_some_and(|it| is_bin(it) || (is_tool(it) && in_bin(it)));
    0 < tools && tools + bins == paths.len() && is_placed
}

/// Whether a program of this name belongs to a manager that fills environments and that no Python comes with, or
/// installs such managers.
pub(in crate::engine) fn is_tool(name: &str) -> bool {
    let mut managers =
        MANAGERS.iter().filter(|it| it.environments.as_ref().is_some_and(|it| !it.is_bundled));
    managers.any(|it| it.programs.contains(&name) || it.grammar.runners.contains(&name))
        || TOOL_INSTALLERS.contains(&name)
}

/// Whether a call is one of a manager's program.
pub(in crate::engine) fn is_of_manager(call: &Invocation) -> bool {
    manager(&call.program).is_some()
}

/// The manager whose program a call is, if it fills environments.
pub(in crate::engine) fn fills(
    call: &Invocation,
) -> Option<(&'static Manager, &'static Environments)> {
    let manager = manager(&call.program)?;
    Some((manager, manager.environments.as_ref()?))
}

/// Whether a call fetches a script that installs a manager.
pub(super) fn fetches_installer(call: &Invocation) -> bool {
    let scripts = || MANAGERS.iter().flat_map(|it| it.installers);
    touches(&call.program) == Some(Touches::Fetches)
        && call.texts().any(|it| scripts().any(|script| it.contains(script.script)))
}

/// Whether a call only downloads, and writes nothing but caches and what an install makes.
pub(in crate::engine) fn downloads(call: &Invocation) -> bool {
    let found = manager(&call.program).and_then(|it| it.habit(call));
    found.is_some_and(|it| it.downloads) && call.runner.is_none()
}

/// The habit that a call of a manager follows.
pub(in crate::engine) fn habit(call: &Invocation) -> Option<&'static Habit> {
    manager(&call.program)?.habit(call)
}

/// Whether a call empties a cache of its program.
pub(in crate::engine) fn empties_cache(call: &Invocation) -> bool {
    let by_manager =
        manager(&call.program).is_some_and(|it| it.grammar.has(call, it.grammar.clean));
    by_manager || (call.program.starts_with("apt") && call.subcommand() == Some("clean"))
}

fn manager(program: &str) -> Option<&'static Manager> {
    MANAGERS.iter().find(|it| it.programs.contains(&program))
}

pub(super) struct Reader<'a, 'e> {
    pub(super) call: &'a Invocation,
    pub(super) place: &'a Place<'a>,
    pub(super) effects: &'e mut Effects,
}

impl Reader<'_, '_> {
    /// A file that is run in this shell; that of a virtual environment is known to set variables only.
    fn source(&mut self) {
        let file = self.call.texts().next().unwrap_or_default();
        if !file.ends_with("/activate") {
            self.effects.anything("source");
        }
        self.touch(file, How::Reads);
    }

    /// What `test` asks about: of files only their names after an operator of files, or between two of them.
    fn asked(&mut self) {
        let call = self.call;
        let text = |at: usize| call.arguments.get(at).and_then(|it| it.text.as_deref());
        for (at, argument) in call.arguments.iter().enumerate() {
            let before = at.checked_sub(1).and_then(text).unwrap_or_default();
            let beside = [before, text(at + 1).unwrap_or_default()];
            let of_text = TEXTS.contains(&before) || beside.iter().any(|it| COMPARES.contains(it));
            match argument.text.as_deref() {
                _ if of_text => {}
                Some(it) => _ = path_in(it).map(|it| self.touch(it, How::Reads)),
                None => self.unknown(argument),
            }
        }
    }

    /// What `sed` edits: the arguments but for its script, which may itself name a file to write.
    fn edited(&mut self) {
        let call = self.call;
        let is_short =
            |it: &str, letter| it.starts_with('-') && !it.starts_with("--") && it.contains(letter);
        let in_place = call.texts().any(|it| is_short(it, 'i') || it.starts_with("--in-place"));
        let how = if in_place { How::Writes } else { How::Reads };
        let named = |it: &str| it == "-e" || it == "-f" || it == "--expression" || it == "--file";
        let inline = |it: &str| it.starts_with("--expression=") || it.starts_with("--file=");
        let mut has_script = call
            .texts()
            .any(|it| named(it) || inline(it) || (is_short(it, 'e') && it.ends_with('e')));
        let mut option = "";
        for argument in &call.arguments {
            let Some(text) = argument.text.as_deref() else {
                // A script may have the value of a variable in it.
                match has_script || !option.is_empty() {
                    true if option != "script" => self.unknown(argument),
                    _ => has_script = true,
                }
                option = "";
                continue;
            };
            let script = match std::mem::take(&mut option) {
                "file" => {
                    self.touch(text, How::Reads);
                    self.effects.anything("sed");
                    continue;
                }
                "script" => true,
                _ if text.starts_with('-') && text.len() > 1 => {
                    if text == "-f" || text.starts_with("--file") {
                        option = "file";
                    } else if text == "-e"
                        || text == "--expression"
                        || (is_short(text, 'e') && text.ends_with('e'))
                    {
                        option = "script";
                    }
                    text.starts_with("--expression=")
                }
                _ => !std::mem::replace(&mut has_script, true),
            };
            match script {
                // `w file` and `s/a/b/w file` write, `e` runs.
                true if text.contains("w /") || text.contains("w ./") || text.ends_with("/e") => {
                    self.effects.anything("sed");
                }
                true => {}
                false if !text.starts_with('-') => self.touch(text, how.clone()),
                false => {}
            }
        }
    }

    fn program(&mut self, touches: Touches) {
        if ["[", "test"].contains(&self.call.program.as_str()) {
            return self.asked();
        }
        if self.call.program == "sed" {
            return self.edited();
        }
        let how = match touches {
            Touches::Nothing => return,
            Touches::Shell if self.call.program == "cd" => How::Enters,
            Touches::Shell => return,
            Touches::Asks | Touches::Reads => How::Reads,
            Touches::Folders if self.keeps_folders() => How::Folder,
            Touches::Removes => {
                let forced = |it: &str| it.starts_with('-') && it.contains('f');
                How::Removes { forced: self.call.texts().any(forced) }
            }
            Touches::Changes | Touches::Fetches => How::Writes,
            _ => How::Changes,
        };
        let needs_slash =
            matches!(touches, Touches::Accounts | Touches::Packages | Touches::System);
        if touches == Touches::Unpacks && self.call.values(&["-C", "--directory", "-d"]).is_empty()
        {
            self.touch(".", How::Changes);
        }
        if matches!(touches, Touches::Fetches | Touches::Packages) {
            self.variables(&[]);
        }
        let call = self.call;
        // The first word of these is a mode or a user.
        let mut is_first = ["chgrp", "chmod", "chown"].contains(&call.program.as_str());
        for argument in &call.arguments {
            let is_flag = argument.text.as_deref().is_some_and(|it| it.starts_with('-'));
            if !is_flag && std::mem::take(&mut is_first) {
                continue;
            }
            let Some(text) = argument.text.as_deref() else {
                self.unknown(argument);
                continue;
            };
            // An archive for the whole system brings tools.
            if touches == Touches::Unpacks && text == "/" {
                continue;
            }
            if let Some((_, address)) = text.split_once("://") {
                if self.keeps_name() {
                    let address = address.split(['?', '#']).next().unwrap_or_default();
                    self.touch(address.rsplit('/').next().unwrap_or_default(), How::Writes);
                }
                continue;
            }
            let Some(path) = path_in(text) else { continue };
            if !needs_slash || path.contains('/') {
                self.touch(path, how.clone());
            }
        }
    }

    /// `mkdir -p` as root leaves a folder as a COPY makes it.
    fn keeps_folders(&self) -> bool {
        let mode = |it: &str| it.starts_with("-m") || it.starts_with("--mode");
        self.place.at.is_root && !self.call.texts().any(mode)
    }

    /// Whether what is fetched gets the name that it has on the net.
    fn keeps_name(&self) -> bool {
        let short = |letter: char| {
            let mut texts = self.call.texts();
            texts.any(|it| it.starts_with('-') && !it.starts_with("--") && it.contains(letter))
        };
        match self.call.program.as_str() {
            "wget" => !short('O') && !self.call.has(&["--output-document"]),
            _ => short('O') || self.call.has(&["--remote-name", "--remote-name-all"]),
        }
    }

    pub(super) fn unknown(&mut self, argument: &Argument) {
        let raw = self.place.words.get(argument.word).copied().unwrap_or_default();
        // `package==$VERSION` is no file.
        if !raw.trim_matches('"').contains("==") {
            self.effects.anything(&self.call.program);
        }
    }

    pub(super) fn touch(&mut self, text: &str, how: How) {
        // To `grep` a pattern is not one of files.
        let patterns = self.call.program != "grep";
        let (text, pattern) = match text.find(['*', '?', '[', '{']).filter(|_| patterns) {
            Some(at) => {
                let (folder, rest) = match text[..at].rsplit_once('/') {
                    Some(("", _)) => ("/", &text[1..]),
                    Some((folder, _)) => (folder, &text[folder.len() + 1..]),
                    None => (".", text),
                };
                let first = rest.split('/').next().unwrap_or_default();
                (folder, (!first.contains('{')).then(|| Glob::new(first).ok()).flatten())
            }
            None => (text, None),
        };
        match self.path(text) {
            Some(path) => self.effects.touches.push(Touch { path, pattern, how }),
            None => self.effects.anything(&self.call.program),
        }
    }

    pub(super) fn path(&self, path: &str) -> Option<ImagePath> {
        ImagePath::new(path).or_else(|| Some(self.place.directory?.join(path)))
    }
}
