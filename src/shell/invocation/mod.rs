//! Which program a command line starts, through every wrapper: `sudo`, `env`, `tini --`, `python -m`,
//! `poetry run`.
//!
//! There is one such reader. [`Invocation`] is what it makes of a whole line; [`Command`](super::Command)
//! asks it where the program stands.

mod programs;
mod start;
#[cfg(test)]
mod tests;

use programs::{INTERPRETERS, unversioned};
pub use programs::{Letters, Options, Programs, Runner, is_posix_shell, is_shell, is_wrapper};
pub(super) use start::Start;

use std::ops::Range;

use super::{Command, Word};

/// A call of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program, without folder and version: `pip` for `/usr/bin/pip3.11` and `python -m pip`.
    pub program: String,
    /// The program as it is written: `/usr/bin/pip3.11`; of `python -m pip`, `pip`.
    pub path: String,
    /// The position of that among the words of the command line.
    pub word: usize,
    /// True if the program is a Python module, run by `-m`.
    pub is_module: bool,
    /// The variables set for this call: the name, and the value when it is known.
    pub assignments: Vec<(String, Option<String>)>,
    /// True if the program sees these variables only: `env -i`.
    pub is_environment_empty: bool,
    /// The arguments after the program.
    pub arguments: Vec<Argument>,
    /// The positions of the words that start it: wrappers, runners, the interpreter of a module.
    pub wrappers: Vec<usize>,
    /// The package manager that runs it in an environment: `poetry run pip …`.
    pub runner: Option<&'static str>,
    /// The positions of the words that only make the runner run it: `poetry run`, `python -m poetry run`;
    /// `None` if options are among them.
    pub runner_words: Option<Range<usize>>,
    /// The wrapper that runs it as another user: `sudo`.
    pub other_user: Option<&'static str>,
    /// The script or file that the program, a shell, is told to run.
    pub script: Option<Nested>,
}

/// An argument of a call. Of options that stand in one word, `-qU`, each is one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The argument without quotes and with known variables expanded; `None` when it cannot be known.
    pub text: Option<String>,
    /// Its position among the words of the shell command.
    pub word: usize,
}

/// A script or file for a shell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Nested {
    /// The script, or the path of its file; `None` when it cannot be known.
    pub text: Option<String>,
    /// True if it is the path of a file.
    pub is_file: bool,
    /// The position of the word that holds it; what follows are the script's own arguments.
    pub word: usize,
}

/// The words of a command line.
pub(super) trait Words {
    /// The number of words.
    fn count(&self) -> usize;

    /// The value of a word, if it is known.
    fn value(&self, at: usize) -> Option<&str>;

    /// The value of a word, or its text if that is enough to see an option or an assignment.
    fn text(&self, at: usize) -> Option<&str> {
        self.value(at)
    }
}

impl Words for [Option<String>] {
    fn count(&self) -> usize {
        self.len()
    }

    fn value(&self, at: usize) -> Option<&str> {
        self.get(at)?.as_deref()
    }
}

impl Words for [Word] {
    fn count(&self) -> usize {
        self.len()
    }

    fn value(&self, at: usize) -> Option<&str> {
        self.get(at)?.value.as_deref()
    }

    fn text(&self, at: usize) -> Option<&str> {
        self.value(at).or_else(|| shape(self.get(at)?))
    }
}

/// The words of a shell command, and what they say where variables are known.
struct Resolved<'c> {
    words: &'c [Word],
    texts: &'c [Option<String>],
}

impl Words for Resolved<'_> {
    fn count(&self) -> usize {
        self.words.len()
    }

    fn value(&self, at: usize) -> Option<&str> {
        self.texts.get(at)?.as_deref()
    }

    fn text(&self, at: usize) -> Option<&str> {
        self.value(at).or_else(|| shape(self.words.get(at)?))
    }
}

/// A word as written that is an option or an assignment, whatever the variables in it say.
fn shape(word: &Word) -> Option<&str> {
    let raw = word.raw.as_str();
    (raw.starts_with('-') || assignment(raw).is_some()).then_some(raw)
}

/// The name and the value of `NAME=value`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let is_name = |it: &str| it.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_');
    (!name.is_empty() && is_name(name)).then_some((name, value))
}

impl Invocation {
    /// The argument that is the word at this position of the shell command, the first of those in it.
    pub fn argument_of(&self, word: usize) -> Option<&Argument> {
        // They are in the order of the words.
        let at = self.arguments.partition_point(|it| it.word < word);
        self.arguments.get(at).filter(|it| it.word == word)
    }

    /// The call that words make, the first of which is the program or a wrapper of it, as in the exec form
    /// of an instruction; `None` when the program cannot be known.
    pub fn read(words: &[Option<String>], programs: &Programs) -> Option<Self> {
        Self::of(words, programs)
    }

    /// The call that a shell command makes, where `resolve` tells what words with variables say; `None` when
    /// the program cannot be known.
    pub fn of_command(
        command: &Command,
        programs: &Programs,
        resolve: impl Fn(&Word) -> Option<String>,
    ) -> Option<Self> {
        let texts: Vec<_> = command.words.iter().map(&resolve).collect();
        let mut call = Self::of(&Resolved { words: &command.words, texts: &texts }, programs)?;
        let own = command.assignments.iter().map(|it| (it.name.clone(), resolve(&it.value)));
        call.assignments.splice(0..0, own);
        Some(call)
    }

    fn of(words: &(impl Words + ?Sized), programs: &Programs) -> Option<Self> {
        let start = Start::of(words, programs.runner)?;
        let text = |word: usize| words.value(word).map(str::to_owned);
        let name = start.name();
        let stem = unversioned(name);
        let has_version = INTERPRETERS.contains(&stem) || programs.versioned.contains(&stem);
        let assigned = start.assignments.iter().filter_map(|it| {
            let (name, _) = assignment(words.text(*it)?)?;
            let value = words.value(*it).and_then(assignment).map(|it| it.1.to_owned());
            Some((name.to_owned(), value))
        });
        let unset = start.unset.iter().map(|it| ((*it).to_owned(), None));
        let rest = start.word + 1..words.count();
        let program = if has_version { stem } else { name };
        let letters = (programs.letters)(program);
        let mut arguments = Vec::with_capacity(rest.len());
        for word in rest {
            let options = words.value(word).map(|it| letters.split(it)).unwrap_or_default();
            if options.is_empty() {
                arguments.push(Argument { text: text(word), word });
            }
            arguments.extend(options.into_iter().map(|it| Argument { text: Some(it), word }));
        }
        Some(Self {
            program: program.to_owned(),
            path: start.path.to_owned(),
            word: start.word,
            is_module: start.is_module,
            assignments: unset.chain(assigned).collect(),
            is_environment_empty: start.is_environment_empty,
            arguments,
            runner: start.runner,
            runner_words: start.runner_words.clone(),
            other_user: start.other_user,
            script: start.script(words),
            wrappers: start.wrappers,
        })
    }

    /// The first argument that is not a flag.
    pub fn subcommand(&self) -> Option<&str> {
        self.texts().find(|it| !it.starts_with('-'))
    }

    /// The first two arguments that are no flags.
    pub fn subcommands(&self) -> (Option<&str>, Option<&str>) {
        let mut plain = self.texts().filter(|it| !it.starts_with('-'));
        (plain.next(), plain.next())
    }

    /// The arguments that are known.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().filter_map(|it| it.text.as_deref())
    }

    /// The arguments that are these flags, with or without a value; a name with a value is that flag with that value.
    pub fn flags<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Argument> {
        self.arguments.iter().filter(move |it| {
            let text = it.text.as_deref().unwrap_or_default();
            names.contains(&text.split('=').next().unwrap_or_default()) || names.contains(&text)
        })
    }

    /// Returns true if it has one of these flags.
    pub fn has(&self, names: &[&str]) -> bool {
        self.flags(names).next().is_some()
    }

    /// The values given with these flags, as `--flag value`, `--flag=value` or `-fvalue`; `None` for a
    /// value that cannot be known.
    pub fn values(&self, names: &[&str]) -> Vec<Option<&str>> {
        let mut values = Vec::new();
        // Most arguments are no options.
        let all_begin_with_dash = names.iter().all(|it| it.starts_with('-'));
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            let Some(text) = argument.text.as_deref() else { continue };
            if all_begin_with_dash && !text.starts_with('-') {
                continue;
            }
            if names.contains(&text) {
                values.push(arguments.next().and_then(|it| it.text.as_deref()));
                continue;
            }
            let value = names.iter().find_map(|name| match name.starts_with("--") {
                true => text.strip_prefix(name)?.strip_prefix('='),
                false => text.strip_prefix(name).filter(|_| !text.starts_with("--")),
            });
            values.extend(value.map(Some));
        }
        values
    }

    /// The arguments after the subcommand that are neither flags nor the values of `valued` flags.
    pub fn positionals<'a>(&'a self, valued: &[&str]) -> Vec<&'a Argument> {
        let mut positionals = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            match argument.text.as_deref() {
                Some(text) if valued.contains(&text) => _ = arguments.next(),
                Some(text) if text.starts_with('-') && text != "-" => {}
                _ => positionals.push(argument),
            }
        }
        positionals.split_off(positionals.len().min(1))
    }
}
