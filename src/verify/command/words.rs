//! From words to programs: through shells, wrappers, runners and scripts.

use std::{collections::BTreeSet, path::Path};

use super::Started;
use crate::{
    ecosystems,
    shell::{Invocation, Nested, Script, is_shell},
    text::ImagePath,
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
        let words = line.words;
        let Some(call) = ecosystems::invocation(words) else {
            // What is started is not known, but what starts it is.
            if let Some((Some(program), rest)) = words.split_first() {
                self.start(line.by, program, rest.to_vec());
            }
            return;
        };
        for at in &call.wrappers {
            if let Some(program) = &words[*at] {
                self.start(line.by, program, words[at + 1..].to_vec());
            }
        }
        let rest = words.get(call.word + 1..).unwrap_or_default();
        let runner = call.wrappers.last().filter(|_| by_runner(&call, words));
        let is_script = Path::new(&call.path).extension().is_some_and(|it| it == "py");
        if runner.is_some() && (call.is_module || is_script) {
            // It starts the environment's Python itself.
            let module = call.is_module.then(|| Some("-m".to_owned()));
            let own = [Some(call.path.clone())].into_iter().chain(rest.iter().cloned());
            self.start(line.by, "python", module.into_iter().chain(own).collect());
            return;
        }
        if call.is_module || call.path.is_empty() {
            return;
        }
        let found = self.start(line.by, &call.path, rest.to_vec());
        if let Some(Nested { text, is_file, word }) = &call.script {
            let Some(text) = text else { return };
            match is_file {
                true => self.file(text, &words[word + 1..]),
                // The word after a script is its name.
                false => self.script(line.by, text, words.get(word + 2..).unwrap_or_default()),
            }
        } else if let Some(at) = found.filter(|it| self.contents.script(it).is_some()) {
            self.file(at.as_str(), rest);
        }
    }

    /// Takes down a program that is started, and tells where it is.
    fn start(
        &mut self,
        by: &str,
        program: &str,
        arguments: Vec<Option<String>>,
    ) -> Option<ImagePath> {
        let found = self.contents.program(program, self.config);
        let at = found.as_ref().ok().and_then(|it| self.contents.resolve(it));
        let name = program.rsplit('/').next().unwrap_or(program);
        if found.is_ok() || !BUILTINS.contains(&name) {
            let (by, program) = (by.to_owned(), program.to_owned());
            self.found.push(Started { by, program, arguments, found });
        }
        at
    }

    /// Reads a script of the image that is given arguments.
    fn file(&mut self, path: &str, arguments: &[Option<String>]) {
        let path = self.config.workdir.join(path);
        let Some(at) = self.contents.resolve(&path) else { return };
        let shell = self.contents.entry(&at).and_then(|it| it.interpreter.as_deref());
        let is_shell = shell.is_some_and(|it| {
            let mut words = it.split_whitespace().map(|it| it.rsplit('/').next().unwrap_or(it));
            words.any(is_shell)
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

/// Whether a runner starts the program, and not another program that a runner starts.
fn by_runner(call: &Invocation, words: &[Option<String>]) -> bool {
    let last = call.wrappers.last().and_then(|it| words.get(*it)?.as_deref());
    let name = last.and_then(|it| it.rsplit('/').next());
    name.is_some() && name == call.runner
}

/// The words with which a runner starts the environment's own Python, given the words that it starts another
/// program or a module with; `None` when they start with no runner.
pub(super) fn python_of(words: &[Option<String>]) -> Option<Vec<String>> {
    let call = ecosystems::invocation(words).filter(|it| it.runner.is_some())?;
    let is_direct = by_runner(&call, words);
    let first = call.wrappers.get(1).copied().unwrap_or(call.word);
    let end = first - usize::from(call.is_module && is_direct);
    let before: Option<Vec<String>> = words[..end].iter().cloned().collect();
    Some(before?.into_iter().chain(["python".to_owned()]).collect())
}

/// What shells do by themselves: POSIX' and bash's own, those that scripts start with.
const BUILTINS: [&str; 28] = [
    ".", ":", "[", "[[", "alias", "cd", "command", "declare", "echo", "eval", "exec", "exit",
    "export", "false", "local", "printf", "read", "readonly", "return", "set", "shift", "shopt",
    "source", "test", "trap", "true", "ulimit", "umask",
];
