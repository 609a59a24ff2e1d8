//! From a script to what its commands touch: folders, redirections, substitutions.

use super::{Done, Effects, How, Surroundings, call};
use crate::{
    ecosystems::{
        self,
        habits::{Touches, is_setup, touches},
    },
    shell::{Command, Directory, Invocation, Redirect, Script, Word, is_shell, token},
    text::ImagePath,
};

/// How deep scripts in scripts are read.
const DEPTH: usize = 4;

/// Adds what a script does; `text` is what the shell is given.
pub(super) fn read(
    script: &Script,
    text: &str,
    at: &Surroundings<'_>,
    effects: &mut Effects,
    depth: usize,
) {
    let mut reader = Reader { script, at, effects, depth };
    reader.strays(text);
    for command in script.commands() {
        reader.command(command);
    }
    if depth == 0 {
        reader.effects.commands = reader.done();
    }
}

struct Reader<'s, 'e> {
    script: &'s Script,
    at: &'s Surroundings<'s>,
    effects: &'e mut Effects,
    depth: usize,
}

impl Reader<'_, '_> {
    /// What no simple command has: redirections of loops and groups, words of `for` and `case`.
    fn strays(&mut self, text: &str) {
        let Some(tokens) = token::tokens(text) else { return self.effects.anything("it") };
        let redirects = tokens.iter().filter(|it| !it.is_word && it.text.contains(['<', '>']));
        let commands = self.script.commands();
        let known: usize = commands.iter().map(|it| it.redirects.len()).sum();
        if known < redirects.count() {
            self.effects.anything("a redirection of several commands");
        }
        let substitutes = |it: &str| it.contains("$(") || it.contains('`');
        let all = tokens.iter().filter(|it| it.is_word && substitutes(&it.text)).count();
        let own = |it: &Command| {
            let assigned = it.assignments.iter().map(|it| &it.value);
            let targets = it.redirects.iter().map(|it| &it.target);
            it.words.iter().chain(assigned).chain(targets).filter(|it| substitutes(&it.raw)).count()
        };
        if commands.iter().map(own).sum::<usize>() < all {
            self.effects.anything("a substitution of a compound command");
        }
    }

    fn command(&mut self, command: &Command) {
        let directory = self.directory(command);
        if let Directory::Into(targets) = &command.directory
            && !targets.is_empty()
            && let Some(it) = &directory
        {
            self.effects.touch(it.clone(), How::Enters);
        }
        let assigned = command.assignments.iter().map(|it| &it.value);
        let targets = command.redirects.iter().map(|it| &it.target);
        for word in command.words.iter().chain(assigned).chain(targets) {
            self.substitutions(word, directory.as_ref());
        }
        for it in &command.redirects {
            self.redirect(it, directory.as_ref());
        }
        if command.words.is_empty() {
            return;
        }
        if let Some(word) = command.nested_script() {
            return self.nested(word, directory);
        }
        if self.runs_setup(command) {
            self.effects.runs = true;
            return;
        }
        let Some(invocation) = self.call(command) else {
            return self.effects.anything("a program that a variable names");
        };
        // The program itself may be one of the files.
        let programs = command.words.iter().take(command.program_index().map_or(0, |it| it + 1));
        for path in programs.filter_map(|it| it.value.as_deref()).filter(|it| it.contains('/')) {
            match absolute(path, directory.as_ref()) {
                Some(path) => self.effects.touch(path, How::Reads),
                None => self.effects.anything(path),
            }
        }
        let words: Vec<&str> = command.words.iter().map(|it| it.raw.as_str()).collect();
        let place = call::Place { directory: directory.as_ref(), at: self.at, words: &words };
        call::read(&invocation, &place, self.effects);
    }

    /// Whether a command is a shell whose script a command before it in the pipeline fetches, one that only sets up
    /// the system.
    fn runs_setup(&self, command: &Command) -> bool {
        let is_before =
            |it: &&Command| it.pipeline == command.pipeline && it.position + 1 == command.position;
        let before = self.script.commands().iter().find(is_before);
        command.program().is_some_and(is_shell)
            && command.redirects.is_empty()
            && before.and_then(|it| self.call(it)).is_some_and(|it| {
                touches(&it.program) == Some(Touches::Fetches) && it.texts().any(is_setup)
            })
    }

    /// Each command with what it touches.
    fn done(&self) -> Vec<Done> {
        let commands = self.script.commands().iter().filter(|it| !it.words.is_empty());
        let calls: Vec<_> = commands.map(|it| (it, self.call(it))).collect();
        // A Python or a shell runs the installer that was fetched; else it is not known what it runs.
        let fetches = calls.iter().filter_map(|it| it.1.as_ref()).any(call::fetches_installer);
        let done = calls.into_iter().map(|(command, call)| {
            let mut effects = Effects::default();
            let mut reader = Reader {
                script: self.script,
                at: self.at,
                effects: &mut effects,
                depth: self.depth + 1,
            };
            reader.command(command);
            let works = call.as_ref().is_none_or(|it| call::works(it, fetches));
            Done { call, works, effects }
        });
        done.collect()
    }

    fn call(&self, command: &Command) -> Option<Invocation> {
        ecosystems::invocation_of(command, |it| self.resolve(it))
    }

    fn resolve(&self, word: &Word) -> Option<String> {
        self.script.resolve(word, self.at.variable)
    }

    /// The folder that a command runs in, if the `cd`s before it can be followed.
    fn directory(&self, command: &Command) -> Option<ImagePath> {
        let Directory::Into(targets) = &command.directory else { return None };
        let mut directory = self.at.workdir.clone();
        for target in targets {
            let target = self.resolve(target)?;
            directory = absolute(&target, directory.as_ref());
        }
        directory
    }

    /// `> file` writes, `< file` reads, `2>&1` does neither, `<<<` is text.
    fn redirect(&mut self, redirect: &Redirect, directory: Option<&ImagePath>) {
        let operator = redirect.operator.as_str();
        let digits = redirect.target.raw.trim_end_matches('-');
        let is_descriptor = digits.bytes().all(|it| it.is_ascii_digit());
        if operator == "<<<" || (matches!(operator, ">&" | "<&") && is_descriptor) {
            return;
        }
        let target = self.resolve(&redirect.target);
        let Some(path) = target.and_then(|it| absolute(&it, directory)) else {
            return self.effects.anything("a redirection to or from a file that is not known");
        };
        let how = if operator == "<" { How::Reads } else { How::Writes };
        self.effects.touch(path, how);
    }

    /// The scripts in `$(…)` and backticks.
    fn substitutions(&mut self, word: &Word, directory: Option<&ImagePath>) {
        if !word.has_substitution() {
            return;
        }
        match substituted(&word.raw) {
            Some(scripts) if !scripts.is_empty() => {
                for it in scripts {
                    self.inner(it, directory.cloned());
                }
            }
            _ => self.effects.anything("a substitution"),
        }
    }

    /// A script that another shell is given: `sh -c '…'`.
    fn nested(&mut self, word: &Word, directory: Option<ImagePath>) {
        match self.resolve(word) {
            Some(text) => self.inner(&text, directory),
            None => self.effects.anything("a script in a variable"),
        }
    }

    fn inner(&mut self, text: &str, workdir: Option<ImagePath>) {
        let script = Script::of_text(text).ok().filter(|_| self.depth < DEPTH);
        let Some(script) = script else { return self.effects.anything("a script in a script") };
        let at = Surroundings { workdir, ..*self.at };
        read(&script, text, &at, self.effects, self.depth + 1);
    }
}

/// A path as a command in a folder sees it.
fn absolute(path: &str, directory: Option<&ImagePath>) -> Option<ImagePath> {
    ImagePath::new(path).or_else(|| Some(directory?.join(path)))
}

/// The scripts that a word substitutes, outside single quotes; `None` if one does not end.
fn substituted(raw: &str) -> Option<Vec<&str>> {
    let mut scripts = Vec::new();
    let mut at = 0;
    while let Some(start) = raw[at..].find(['$', '`', '\'', '\\']).map(|it| at + it) {
        let rest = &raw[start..];
        at = if rest.starts_with("$((") {
            start + 3
        } else if let Some(inner) = rest.strip_prefix("$(") {
            let end = closing(inner)?;
            scripts.push(&inner[..end]);
            start + 2 + end + 1
        } else if let Some(inner) = rest.strip_prefix('`') {
            let end = inner.find('`')?;
            scripts.push(&inner[..end]);
            start + 1 + end + 1
        } else if let Some(escaped) = rest.strip_prefix('\\') {
            start + 1 + escaped.chars().next().map_or(0, char::len_utf8)
        } else {
            // A quote inside double quotes is none; then what it hides is looked at, too.
            start + 1
        };
    }
    Some(scripts)
}

/// Where the `)` stands that ends a `$(`.
fn closing(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(at),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}
