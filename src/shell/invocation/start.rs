//! Finds the program among the words of a command line, and the script that a shell is given.

use std::ops::Range;

use super::{
    Nested, Words, assignment,
    programs::{
        INTERPRETERS, OF_INTERPRETERS, OF_SHELLS, OF_SU, Runner, Wrapper, is_shell, unversioned,
        wrapper_named,
    },
};
use crate::shell::named;

/// The place of the program, and the wrappers before it.
#[derive(Debug, Default)]
pub(in crate::shell) struct Start<'w> {
    /// The position of the program, or of the module that an interpreter runs.
    pub(in crate::shell) word: usize,
    /// The program as it is written.
    pub(super) path: &'w str,
    pub(super) is_module: bool,
    pub(super) wrappers: Vec<usize>,
    pub(super) runner: Option<&'static str>,
    pub(super) runner_words: Option<Range<usize>>,
    pub(super) other_user: Option<&'static str>,
    /// The positions of `NAME=value` before the program.
    pub(super) assignments: Vec<usize>,
    /// The variables that are taken away.
    pub(super) unset: Vec<&'w str>,
    pub(super) is_environment_empty: bool,
}

/// Finds the program that another one starts.
struct Next<'w> {
    word: usize,
    path: &'w str,
    is_module: bool,
}

/// Nothing tells which program is started.
struct Unknown;

/// The program that is started, or none.
type Found<'w> = Result<Option<Next<'w>>, Unknown>;

impl<'w> Start<'w> {
    /// Finds the program among words, the first of which is the program or a wrapper of it; `None` when
    /// the program cannot be known. A wrapper of a program that cannot be known is itself the program.
    pub(in crate::shell) fn of<W: Words + ?Sized>(
        words: &'w W,
        runner: fn(&str) -> Option<&'static Runner>,
    ) -> Option<Self> {
        let mut start = Self { path: words.text(0)?, ..Self::default() };
        while let Some(next) = start.next(words, runner).ok()? {
            start.wrappers.push(start.word);
            Next { word: start.word, path: start.path, is_module: start.is_module } = next;
        }
        Some(start)
    }

    /// The program without its folder.
    pub(in crate::shell) fn name(&self) -> &'w str {
        named(self.path)
    }

    /// Finds the program that the last word starts; nothing if that word is the program itself.
    fn next<W: Words + ?Sized>(
        &mut self,
        words: &'w W,
        runner: fn(&str) -> Option<&'static Runner>,
    ) -> Found<'w> {
        let name = self.name();
        if let Some(runner) = runner(name) {
            return self.run_by(runner, words);
        }
        if self.is_module {
            return Ok(None);
        }
        if let Some(wrapper) = wrapper_named(name) {
            return self.wrapped_by(wrapper, words);
        }
        match INTERPRETERS.contains(&unversioned(name)) {
            true => self.module(words),
            false => Ok(None),
        }
    }

    /// The program that a wrapper runs; none also where that cannot be known.
    fn wrapped_by<W: Words + ?Sized>(&mut self, wrapper: &Wrapper, words: &'w W) -> Found<'w> {
        let mut at = self.word + 1;
        if let Some(verb) = wrapper.verb {
            if words.text(at) != Some(verb) {
                return Ok(None);
            }
            at += 1;
        }
        let is_env = wrapper.name == "env";
        let (mut unset, mut is_empty) = (Vec::new(), false);
        while let Some(word) = words.text(at).filter(|it| it.starts_with('-')) {
            if word == "-" && !is_env {
                break;
            }
            at += 1;
            if word == "--" {
                break;
            }
            let flag = wrapper.options.read(word);
            if wrapper.elsewhere.has(&flag) {
                return Err(Unknown);
            }
            if wrapper.apart.has(&flag) {
                return Ok(None);
            }
            if is_env {
                is_empty |=
                    word == "-" || flag.long == "ignore-environment" || flag.letters.contains('i');
                if flag.long == "unset" || flag.letters.ends_with('u') {
                    unset.extend(flag.value.or_else(|| words.text(at)));
                }
            }
            at += usize::from(flag.takes_next);
        }
        at += wrapper.operands;
        let first = at;
        while wrapper.assigns && words.text(at).and_then(assignment).is_some() {
            at += 1;
        }
        let Some(path) = words.text(at) else { return Ok(None) };
        self.assignments.extend(first..at);
        self.unset.extend(unset);
        self.is_environment_empty |= is_empty;
        self.other_user = self.other_user.or(wrapper.other_user.then_some(wrapper.name));
        Ok(Some(Next { word: at, path, is_module: false }))
    }

    /// Finds the program that a runner starts.
    fn run_by<W: Words + ?Sized>(&mut self, runner: &Runner, words: &'w W) -> Found<'w> {
        let mut at = self.word + 1;
        let mut verb = runner.verb;
        let mut has_options = false;
        loop {
            if words.count() <= at {
                return Ok(None);
            }
            // What is not known may be an option or the verb: then the manager itself is what runs.
            let word = match words.text(at) {
                Some(it) => it,
                None if verb.is_some() => return Ok(None),
                None => return Err(Unknown),
            };
            if verb.is_some_and(|it| it == word) {
                verb = None;
                at += 1;
                continue;
            }
            if !word.starts_with('-') || word == "-" {
                break;
            }
            at += 1;
            if verb.is_none() && word == "--" {
                break;
            }
            has_options = true;
            let flag = runner.options.read(word);
            let module = flag.long == "module" || flag.letters.ends_with('m');
            if verb.is_none() && runner.modules && module {
                let path = words.text(at).ok_or(Unknown)?;
                (self.runner, self.runner_words) = (Some(runner.program), None);
                return Ok(Some(Next { word: at, path, is_module: true }));
            }
            at += usize::from(flag.takes_next);
        }
        if verb.is_some() || words.count() <= at {
            return Ok(None);
        }
        self.runner = Some(runner.program);
        let interpreter = self.wrappers.last().filter(|_| self.is_module);
        let first = interpreter.copied().unwrap_or(self.word);
        self.runner_words = (!has_options).then_some(first..at);
        Ok(Some(Next { word: at, path: words.text(at).ok_or(Unknown)?, is_module: false }))
    }

    /// The module that an interpreter runs.
    fn module<W: Words + ?Sized>(&self, words: &'w W) -> Found<'w> {
        let mut at = self.word + 1;
        while let Some(word) = words.text(at).filter(|it| it.starts_with('-') && it.len() > 1) {
            let flag = OF_INTERPRETERS.read(word);
            match flag.letters.chars().next_back() {
                Some('m') => {
                    let at = at + usize::from(flag.takes_next);
                    if words.count() <= at {
                        return Ok(None);
                    }
                    let path = flag.value.or_else(|| words.text(at)).ok_or(Unknown)?;
                    return Ok(Some(Next { word: at, path, is_module: true }));
                }
                Some('c') => break,
                _ if word == "--" => break,
                _ => at += 1 + usize::from(flag.takes_next),
            }
        }
        Ok(None)
    }

    /// The script that the program is given, if it is a shell.
    pub(in crate::shell) fn script<W: Words + ?Sized>(&self, words: &W) -> Option<Nested> {
        let first = self.word + 1;
        let nested = |word: usize, is_file: bool| {
            let text = words.value(word).map(str::to_owned);
            (word < words.count()).then_some(Nested { text, is_file, word })
        };
        match self.name() {
            _ if self.is_module => None,
            "eval" => {
                let word = first + usize::from(words.text(first) == Some("--"));
                Some(Nested { text: joined(words, word), ..nested(word, false)? })
            }
            "env" => split(words, first),
            "su" => su(words, first),
            it if is_shell(it) => {
                let (mut at, mut is_file) = (first, true);
                let is_option =
                    |it: &&str| it.starts_with('-') || (it.len() > 1 && it.starts_with('+'));
                while let Some(word) = words.text(at).filter(is_option) {
                    at += 1;
                    let flag = OF_SHELLS.read(word);
                    is_file &= !(word.starts_with('-') && flag.letters.contains('c'));
                    // Both end the options; without a word after them, it reads its script from its input:
                    // https://www.gnu.org/software/bash/manual/html_node/Invoking-Bash.html
                    if word == "--" || word == "-" {
                        break;
                    }
                    // It reads its script from its input.
                    if is_file && flag.letters.contains('s') {
                        return None;
                    }
                    let values = flag.letters.matches(['o', 'O']).count();
                    at += values + usize::from(flag.takes_next);
                }
                nested(at, is_file)
            }
            _ => None,
        }
    }
}

/// The script of `su user -c script`.
fn su<W: Words + ?Sized>(words: &W, first: usize) -> Option<Nested> {
    let mut at = first;
    while at < words.count() {
        let flag = words.text(at).filter(|it| it.starts_with('-')).map(|it| OF_SU.read(it));
        let Some(flag) = flag else {
            at += 1;
            continue;
        };
        let word = at + usize::from(flag.takes_next);
        if flag.letters.ends_with('c') || ["command", "session-command"].contains(&flag.long) {
            let text = match flag.value {
                Some(it) => words.value(at).and(Some(it)),
                None => words.value(word),
            };
            return (word < words.count()).then(|| Nested {
                text: text.map(str::to_owned),
                is_file: false,
                word,
            });
        }
        at = word + 1;
    }
    None
}

/// The command line of `env -S "program argument"`.
fn split<W: Words + ?Sized>(words: &W, first: usize) -> Option<Nested> {
    let env = wrapper_named("env")?;
    let mut at = first;
    while let Some(word) = words.text(at).filter(|it| it.starts_with('-')) {
        let flag = env.options.read(word);
        if flag.letters.ends_with('S') || flag.long == "split-string" {
            let rest = at + 1 + usize::from(flag.takes_next);
            let word = rest - 1;
            let text = match flag.value {
                Some(it) => words.value(at).and(Some(it)),
                None => words.value(word),
            };
            // The rest goes to the program as it is.
            let is_plain = |it: char| it.is_ascii_alphanumeric() || "-_./=:,".contains(it);
            let mut own = (rest..words.count()).filter_map(|it| words.value(it));
            let plain = own.all(|it| it.chars().all(is_plain));
            let after = joined(words, rest).filter(|_| plain);
            let text = text.zip(after).map(|(text, after)| format!("{text} {after}"));
            let text = text.map(|it| it.trim_end().to_owned());
            return (word < words.count()).then_some(Nested { text, is_file: false, word });
        }
        at += 1 + usize::from(flag.takes_next);
    }
    None
}

/// The words from one on, as a shell reads them when it is given them as its script.
fn joined<W: Words + ?Sized>(words: &W, from: usize) -> Option<String> {
    let all: Option<Vec<&str>> = (from..words.count()).map(|it| words.value(it)).collect();
    Some(all?.join(" "))
}
