//! From words to programs: through shells, wrappers, runners and scripts.

use std::{collections::BTreeSet, path::Path};

use super::Started;
use crate::{
    ecosystems,
    shell::Script,
    text::ImagePath,
    transforms::run_as_nonroot::{SHELLS, WRAPPERS},
    verify::{config::Config, contents::Contents},
};

/// The depth to which wrappers, shells and scripts are followed.
const DEPTH: usize = 16;

/// The words of a command, as far as they are known.
pub(super) struct Line<'a> {
    /// Who says so.
    pub(super) by: &'a str,
    /// The words.
    pub(super) words: &'a [Option<String>],
}

/// Reads what is started.
pub(super) struct Reader<'a> {
    config: &'a Config,
    contents: &'a Contents,
    depth: usize,
    /// The scripts of the image that were read: once is enough, and they may call each other.
    read: BTreeSet<ImagePath>,
    pub(super) found: Vec<Started>,
}

impl<'a> Reader<'a> {
    pub(super) fn new(config: &'a Config, contents: &'a Contents) -> Self {
        Self { config, contents, depth: 0, read: BTreeSet::new(), found: Vec::new() }
    }

    /// Reads the words of a command.
    pub(super) fn line(&mut self, line: Line<'_>) {
        if self.depth == DEPTH {
            return;
        }
        self.depth += 1;
        self.one(&line);
        self.depth -= 1;
    }

    fn one(&mut self, line: &Line<'_>) {
        let Some((Some(program), rest)) = line.words.split_first() else { return };
        if program.is_empty() {
            return;
        }
        let found = self.contents.program(program, self.config);
        let at = found.clone().ok().and_then(|it| self.contents.resolve(&it));
        let name = program.rsplit('/').next().unwrap_or(program);
        if found.is_ok() || !BUILTINS.contains(&name) {
            let (by, arguments) = (line.by.to_owned(), rest.to_vec());
            self.found.push(Started { by, program: program.clone(), arguments, found });
        }
        let is_flag =
            |it: &Option<String>| it.as_deref().is_some_and(|it| it.starts_with(['-', '+']));
        if SHELLS.contains(&name) {
            let flags = rest.iter().take_while(|it| is_flag(it)).count();
            let takes_text = |it: &&str| it.contains('c') && !it.starts_with("--");
            let is_text = rest[..flags].iter().flatten().any(|it| takes_text(&it.as_str()));
            let Some(Some(what)) = rest.get(flags) else { return };
            match is_text {
                true => self.script(line.by, what, rest.get(flags + 2..).unwrap_or_default()),
                false => self.file(what, &rest[flags + 1..]),
            }
        } else if WRAPPERS.contains(&name) {
            let own = |it: &Option<String>| {
                is_flag(it) || it.as_deref().is_some_and(|it| it.contains('='))
            };
            let mark = rest.iter().position(|it| it.as_deref() == Some("--")).map(|it| it + 1);
            let start = mark.unwrap_or_else(|| rest.iter().take_while(|it| own(it)).count());
            self.line(Line { by: line.by, words: rest.get(start..).unwrap_or_default() });
        } else if ecosystems::MANAGERS.iter().any(|it| it.name == name) {
            if let Some(at) = run(rest) {
                let inner = &rest[at..];
                let is_python = inner[0].as_deref().is_some_and(|it| {
                    matches!(it, "-m" | "--module")
                        || Path::new(it).extension().is_some_and(|it| it == "py")
                });
                let mut words = inner.to_vec();
                if is_python {
                    if inner[0].as_deref() == Some("--module") {
                        words[0] = Some("-m".to_owned());
                    }
                    words.insert(0, Some("python".to_owned()));
                }
                self.line(Line { by: line.by, words: &words });
            }
        } else if let Some(at) = at.filter(|it| self.contents.script(it).is_some()) {
            self.file(at.as_str(), rest);
        }
    }

    /// Reads a script of the image that is given arguments.
    fn file(&mut self, path: &str, arguments: &[Option<String>]) {
        let path = self.config.workdir.join(path);
        let Some(at) = self.contents.resolve(&path) else { return };
        let shell = self.contents.entry(&at).and_then(|it| it.interpreter.as_deref());
        let is_shell = shell.is_some_and(|it| {
            let mut words = it.split_whitespace().map(|it| it.rsplit('/').next().unwrap_or(it));
            words.any(|it| SHELLS.contains(&it))
        });
        let Some(text) = self.contents.script(&at).filter(|_| is_shell) else { return };
        if self.read.insert(at.clone()) {
            self.script(at.as_str(), text, arguments);
        }
    }

    /// Reads a shell script that is given arguments.
    pub(super) fn script(&mut self, by: &str, text: &str, arguments: &[Option<String>]) {
        if self.depth == DEPTH {
            return;
        }
        self.depth += 1;
        if let Ok(script) = Script::of_text(text) {
            let variable = |name: &str| self.config.env.get(name).cloned();
            let mut lines: Vec<Vec<Option<String>>> = Vec::new();
            for command in script.commands() {
                let mut words = Vec::new();
                for word in &command.words {
                    match word.raw.trim_matches('"') {
                        "$@" | "${@}" => words.extend_from_slice(arguments),
                        _ => words.push(script.resolve(word, &variable)),
                    }
                }
                lines.push(words);
            }
            for words in &lines {
                self.line(Line { by, words });
            }
        }
        self.depth -= 1;
    }
}

/// Where in its arguments a package manager is told what to run: behind `run` and its flags. At `-m` and at a
/// script the program is Python.
pub(super) fn run(arguments: &[Option<String>]) -> Option<usize> {
    /// The flags of `uv run` and `pdm run` that a value follows.
    const WITH_VALUE: [&str; 21] = [
        "--directory",
        "--env-file",
        "--extra",
        "--extra-index-url",
        "--group",
        "--index",
        "--index-url",
        "--no-extra",
        "--no-group",
        "--only-group",
        "--package",
        "--project",
        "--python",
        "--refresh-package",
        "--venv",
        "--with",
        "--with-editable",
        "--with-requirements",
        "-i",
        "-p",
        "-w",
    ];
    let mut at = arguments.iter().position(|it| it.as_deref() == Some("run"))? + 1;
    loop {
        match arguments.get(at)?.as_deref() {
            Some("--") => return (at + 1 < arguments.len()).then_some(at + 1),
            Some("-m" | "--module") => return Some(at),
            Some(it) if WITH_VALUE.contains(&it) => at += 2,
            Some(it) if it.starts_with('-') => at += 1,
            _ => return Some(at),
        }
    }
}

/// What shells do by themselves: POSIX' and bash's own, those that scripts start with.
const BUILTINS: [&str; 28] = [
    ".", ":", "[", "[[", "alias", "cd", "command", "declare", "echo", "eval", "exec", "exit",
    "export", "false", "local", "printf", "read", "readonly", "return", "set", "shift", "shopt",
    "source", "test", "trap", "true", "ulimit", "umask",
];
