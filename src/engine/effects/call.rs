//! What a single call touches.

use super::{Effects, How, Surroundings, Touch, path_in};
use crate::{
    ecosystems::{
        MANAGERS, Manager, TOOL_INSTALLERS,
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

/// Variables that name a file which every program that fetches reads.
const TRUST: &[&str] = &["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"];

/// Endings of what is a file without a slash, too.
const ARCHIVES: &[&str] = &[".whl", ".tar.gz", ".tar.bz2", ".zip"];

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

/// What a call does beyond installing, fetching and cleaning up; `installer`: whether a Python or shell
/// without a file is known to run an installer.
pub(super) fn work(call: &Invocation, installer: bool) -> Option<String> {
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
        Some(Touches::Changes) => call.texts().any(|it| {
            let name = it.rsplit('/').next().unwrap_or_default();
            manager(name).is_some()
                || MANAGERS.iter().any(|it| it.grammar.runners.contains(&name))
                || TOOL_INSTALLERS.contains(&name)
        }),
        Some(_) => false,
        None if manager(program).is_some() => true,
        None => {
            matches!(program, "." | "source" | "find")
                || (installer && ["python", "sh", "bash"].contains(&program))
        }
    };
    (!installs).then(|| program.to_owned())
}

/// Whether a call only downloads, and writes nothing but caches and what an install makes.
pub(in crate::engine) fn downloads(call: &Invocation) -> bool {
    let found = manager(&call.program).and_then(|it| it.habit(call));
    found.is_some_and(|it| it.downloads) && call.runner.is_none()
}

fn manager(program: &str) -> Option<&'static Manager> {
    MANAGERS.iter().find(|it| it.programs.contains(&program))
}

struct Reader<'a, 'e> {
    call: &'a Invocation,
    place: &'a Place<'a>,
    effects: &'e mut Effects,
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

    fn program(&mut self, touches: Touches) {
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
        for argument in &call.arguments {
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

    fn manager(&mut self, manager: &'static Manager) {
        let call = self.call;
        let Some(habit) = manager.habit(call) else {
            let bare = manager.grammar.words(call).next().is_none();
            let asks = bare && call.has(&["--version", "-V", "-v", "--help"]);
            if !asks {
                self.effects.anything(manager.name);
            }
            return;
        };
        self.variables(manager.programs);
        self.habit(habit);
        let mut value_of: Option<&str> = None;
        let words = habit.verbs.first().map_or(0, |it| it.split(' ').count());
        let mut plain = 0;
        for argument in &call.arguments {
            let option = value_of.take();
            let Some(text) = argument.text.as_deref() else {
                self.unknown(argument);
                continue;
            };
            let (name, value) = match text.split_once('=') {
                Some((name, value)) if text.starts_with('-') => (name, Some(value)),
                _ => (text, None),
            };
            if text.starts_with('-') && text.len() > 1 {
                match value {
                    Some(value) => self.option(habit, name, value),
                    None => value_of = Some(text),
                }
                // `-rfile`
                if value.is_none()
                    && 2 < text.len()
                    && !text.starts_with("--")
                    && text.is_char_boundary(2)
                {
                    self.option(habit, &text[..2], &text[2..]);
                }
                continue;
            }
            if let Some(option) = option {
                self.option(habit, option, text);
            }
            plain += 1;
            if words < plain {
                let is_value = option.is_some_and(|it| habit.lists.contains(&it));
                if habit.lists_follow && !is_value {
                    self.list(text);
                } else {
                    self.requirement(text);
                }
            }
        }
    }

    /// What a verb touches without being told.
    fn habit(&mut self, habit: &'static Habit) {
        let folder = self.call.values(habit.folder).pop();
        let folder = match folder {
            Some(it) => it.and_then(|it| self.path(it)),
            None => self.place.directory.cloned(),
        };
        let implicit = !habit.reads.is_empty() || !habit.above.is_empty();
        let Some(folder) = folder else {
            if implicit {
                self.effects.anything(&self.call.program);
            }
            return;
        };
        if implicit {
            self.effects.touch(folder.clone(), How::Enters);
        }
        for name in habit.reads {
            self.effects.touch(folder.join(name), How::Reads);
        }
        let mut above = Some(folder.clone());
        while let Some(it) = above {
            for (name, text) in habit.above {
                self.effects.touch(it.join(name), How::Says(text));
            }
            for (name, start) in habit.members {
                self.effects.touch(it.join(name), How::Lists(start));
            }
            for (name, key) in habit.named {
                self.effects.touch(it.join(name), How::Names(key));
            }
            above = it.parent();
        }
        let made = habit.made.and_then(|it| self.variable(it)).map(|it| folder.join(it));
        if let Some(made) = &made {
            self.effects.touch(made.clone(), How::Makes);
        }
        for name in habit.makes.iter().filter(|_| made.is_none()) {
            self.effects.touch(folder.join(name), How::Makes);
        }
        if let Some(manifest) = habit.manifest {
            let folders = !self.call.has(habit.without_folders);
            let own = habit.own.is_some_and(|it| !self.call.has(it.without));
            let unchecked = habit.unchecked.is_some_and(|(flag, variable)| {
                self.call.has(&[flag]) || self.variable(variable).is_some()
            });
            let whole = !(unchecked && self.call.has(habit.alone));
            let how = How::Manifest { habit, folders, own, whole };
            self.effects.touch(folder.join(manifest), how);
        }
    }

    fn option(&mut self, habit: &Habit, name: &str, value: &str) {
        if habit.lists.contains(&name) {
            self.list(value);
        } else if habit.paths.contains(&name) && !value.contains("://") {
            self.touch(value.split('[').next().unwrap_or_default(), How::Reads);
        } else if habit.targets.contains(&name) {
            self.touch(value, How::Changes);
        } else {
            self.requirement(value);
        }
    }

    fn list(&mut self, file: &str) {
        if file.contains("://") {
            return;
        }
        match (self.path(file), self.place.directory) {
            (Some(path), Some(directory)) => {
                self.effects.touch(path, How::List(directory.clone()));
            }
            _ => self.effects.anything(file),
        }
    }

    /// A requirement on the command line, which may be a file or a folder.
    fn requirement(&mut self, text: &str) {
        let text = text.split_once(" @ ").map_or(text, |it| it.1);
        let path = text.strip_prefix("file://").or_else(|| text.strip_prefix("file:"));
        let is_file = path.is_some();
        let path = path.unwrap_or(text).split(['[', ';', '#']).next().unwrap_or_default().trim();
        let is_path = is_file
            || path.starts_with('.')
            || (path.contains('/') && !path.contains("://") && !path.starts_with("git@"))
            || ARCHIVES.iter().any(|it| path.ends_with(it) && !path.contains("://"));
        if is_path {
            self.touch(path, How::Reads);
        }
    }

    /// The value of a variable, if it is set and known.
    fn variable(&self, name: &str) -> Option<&str> {
        let own = self.call.assignments.iter().rfind(|it| it.0 == name);
        let set = || self.place.at.environment.iter().find(|it| it.0 == name).map(|it| it.1);
        own.map_or_else(set, |it| it.1.as_deref()).filter(|it| !it.is_empty())
    }

    /// Files that variables name: those of the programs, and of everything that fetches.
    fn variables(&mut self, programs: &[&str]) {
        let prefixes: Vec<String> =
            programs.iter().map(|it| format!("{}_", it.to_uppercase())).collect();
        let own = self.call.assignments.iter();
        let own = own.filter_map(|it| Some((it.0.as_str(), it.1.as_deref()?)));
        let all = self.place.at.environment.iter().copied().chain(own);
        let named = all.filter(|(name, value)| {
            let is_path = value.contains('/') && !value.contains("://");
            let is_file =
                ["FILE", "REQUIREMENT", "CONSTRAINT", "LINKS"].iter().any(|it| name.ends_with(it));
            let own = prefixes.iter().any(|it| name.starts_with(it.as_str()));
            (own && (is_path || is_file)) || TRUST.contains(name)
        });
        let named: Vec<(String, String)> =
            named.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
        for (name, value) in named.iter().filter(|it| !it.1.is_empty()) {
            let lists = ["REQUIREMENT", "CONSTRAINT"].iter().any(|it| name.ends_with(it));
            if lists { self.list(value) } else { self.touch(value, How::Reads) }
        }
    }

    fn unknown(&mut self, argument: &Argument) {
        let raw = self.place.words.get(argument.word).copied().unwrap_or_default();
        // `package==$VERSION` is no file.
        if !raw.trim_matches('"').contains("==") {
            self.effects.anything(&self.call.program);
        }
    }

    fn touch(&mut self, text: &str, how: How) {
        // To `sed` a pattern is not one of files.
        let patterns = !["sed", "grep"].contains(&self.call.program.as_str());
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

    fn path(&self, path: &str) -> Option<ImagePath> {
        ImagePath::new(path).or_else(|| Some(self.place.directory?.join(path)))
    }
}
