//! What a call of a package manager touches, also without being told.

use super::{How, call::Reader};
use crate::ecosystems::{Manager, habits::Habit};

/// Variables that name a file which every program that fetches reads.
const TRUST: &[&str] = &["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"];

/// Endings of what is a file without a slash, too.
const ARCHIVES: &[&str] = &[".whl", ".tar.gz", ".tar.bz2", ".zip"];

/// Whether the value of a variable turns something on, as clap reads such variables for uv
/// (`BoolishValueParser`).
fn is_on(value: &str) -> bool {
    !["0", "f", "false", "n", "no", "off"].contains(&value.to_ascii_lowercase().as_str())
}

impl Reader<'_, '_> {
    pub(super) fn manager(&mut self, manager: &'static Manager) {
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
                // The folder that the verb works in is no package to install.
                if habit.folder.contains(&option) {
                    continue;
                }
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
                self.call.has(&[flag]) || self.variable(variable).is_some_and(is_on)
            });
            let whole = !(unchecked && self.call.has(habit.alone));
            let how = How::Manifest { habit, folders, own, whole };
            self.effects.touch(folder.join(manifest), how);
        }
    }

    fn option(&mut self, habit: &Habit, name: &str, value: &str) {
        if habit.folder.contains(&name) {
            // What it reads there is known from the verb.
        } else if habit.lists.contains(&name) {
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
    pub(super) fn variables(&mut self, programs: &[&str]) {
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
}
