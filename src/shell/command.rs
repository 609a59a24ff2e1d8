//! What a command is called and what it is given: the vocabulary of transforms.

use super::{Command, Word};

impl Command {
    /// The command as written, behind `sudo`, `env`, `exec`, `time`, `command` and `nice`.
    ///
    /// `None` when there is no word, or none that can be known.
    pub fn name(&self) -> Option<&str> {
        self.words.get(self.start()?)?.value.as_deref()
    }

    /// Whether a redirection follows a word without a blank, as in `pip install poetry>1`: the shell takes the
    /// `>` and what follows for itself.
    pub fn is_cut_short(&self, word: &Word) -> bool {
        self.redirects.iter().any(|it| it.span.start == word.span.end)
    }

    /// The name without its folder; of `python -m pip`, the module.
    pub fn program(&self) -> Option<&str> {
        let word = self.words.get(self.program_index()?)?;
        let name = word.value.as_deref()?;
        Some(name.rsplit('/').next().unwrap_or(name))
    }

    /// Where the program's own name stands in `words`: behind wrappers and `python -m`.
    pub fn program_index(&self) -> Option<usize> {
        let start = self.start()?;
        let name = self.words.get(start)?.value.as_deref()?;
        let name = unversioned(name.rsplit('/').next().unwrap_or(name));
        if !matches!(name, "python" | "pypy") {
            return Some(start);
        }
        let mut at = start + 1;
        while let Some(flag) = self.words.get(at).filter(|it| it.raw.starts_with('-')) {
            match flag.raw.as_str() {
                "-W" | "-X" => at += 2,
                it if it.ends_with('m') && !it.starts_with("--") => return Some(at + 1),
                it if it.ends_with('c') && !it.starts_with("--") => break,
                _ => at += 1,
            }
        }
        Some(start)
    }

    /// Whether it runs `name` with this subcommand: `is("pip", "install")`, `is("npm", "cache clean")`.
    ///
    /// The folder and a version in the name do not matter (`/usr/bin/pip3.11`), nor do flags before the
    /// subcommand. An empty subcommand matches all.
    pub fn is(&self, name: &str, subcommand: &str) -> bool {
        let program = self.program();
        if program != Some(name) && program.map(unversioned) != Some(name) {
            return false;
        }
        let mut after_flag = false;
        let mut words = self.arguments().iter();
        subcommand.split_whitespace().all(|wanted| {
            for word in words.by_ref() {
                if word.value.as_deref() == Some(wanted) {
                    after_flag = false;
                    return true;
                }
                let flag = word.raw.starts_with('-');
                if !flag && !after_flag {
                    return false;
                }
                after_flag = flag && !word.raw.contains('=');
            }
            false
        })
    }

    /// The words after the program's name.
    pub fn arguments(&self) -> &[Word] {
        let start = self.program_index().map_or(self.words.len(), |it| it + 1);
        self.words.get(start..).unwrap_or_default()
    }

    /// Whether it is given this flag, alone or with a value: `--yes`, `--yes=1`, and of `-y` also `-qy`.
    pub fn has_flag(&self, flag: &str) -> bool {
        let letter = flag.strip_prefix('-').filter(|it| it.chars().count() == 1);
        self.flag_index(flag).is_some() || letter.is_some_and(|it| self.short_flags().contains(it))
    }

    /// Where a flag stands in `words`: as a word, or in one with its value.
    pub fn flag_index(&self, flag: &str) -> Option<usize> {
        self.options().find(|(_, it)| matches_flag(it, flag).is_some()).map(|(at, _)| at)
    }

    /// The value of a flag: of `--name value`, `--name=value`, `-nvalue`, the first.
    pub fn flag_value(&self, flag: &str) -> Option<Word> {
        self.flag_values(flag).into_iter().next()
    }

    /// The values of a flag that is given any number of times.
    pub fn flag_values(&self, flag: &str) -> Vec<Word> {
        let value = |(at, word): (usize, &Word)| match matches_flag(word, flag)? {
            Some(start) => Some(word.rest(start)),
            None => self.words.get(at + 1).cloned(),
        };
        self.options().filter_map(value).collect()
    }

    /// The letters of its short flags, of `-yq --no-cache -o x` then `yqo`.
    ///
    /// A word of letters behind one dash counts as letters, which for `find -name` it is not.
    pub fn short_flags(&self) -> String {
        let letters = self.options().filter_map(|(_, it)| it.raw.strip_prefix('-'));
        letters.filter(|it| it.bytes().all(|it| it.is_ascii_alphabetic())).collect()
    }

    /// The arguments that are neither flags nor values of these flags, with their places in `words`.
    ///
    /// After `--` every word is one.
    pub fn positional(&self, value_flags: &[&str]) -> Vec<(usize, &Word)> {
        let first = self.words.len() - self.arguments().len();
        let mut words = self.words.iter().enumerate().skip(first);
        let mut found = Vec::new();
        while let Some((at, word)) = words.next() {
            if word.raw == "--" {
                found.extend(words);
                break;
            }
            match word.raw.starts_with('-') && word.raw.len() > 1 {
                true if value_flags.contains(&word.raw.as_str()) => _ = words.next(),
                true => {}
                false => found.push((at, word)),
            }
        }
        found
    }

    /// The script that it hands to another shell: of `sh -c "…"`, `bash -lc '…'`, `su user -c …`, `eval …`.
    pub fn nested_script(&self) -> Option<&Word> {
        match self.program()? {
            "eval" => self.arguments().first(),
            "sh" | "bash" | "ash" | "dash" | "zsh" | "ksh" | "su" => {
                let takes = |it: &Word| {
                    it.raw == "--command"
                        || (it.raw.starts_with('-')
                            && !it.raw.starts_with("--")
                            && it.raw.contains('c'))
                };
                let at = self.arguments().iter().position(takes)?;
                self.arguments()[at + 1..].iter().find(|it| !it.raw.starts_with('-'))
            }
            _ => None,
        }
    }

    /// The words that may be flags, with their places in `words`: all before `--`.
    fn options(&self) -> impl Iterator<Item = (usize, &Word)> {
        let first = self.words.len() - self.arguments().len();
        let words = self.words.iter().enumerate().skip(first);
        words.take_while(|(_, it)| it.raw != "--").filter(|(_, it)| is_option(it))
    }

    /// Where the name behind wrappers stands.
    fn start(&self) -> Option<usize> {
        let mut at = 0;
        loop {
            let name = self.words.get(at)?.value.as_deref()?;
            let name = name.rsplit('/').next().unwrap_or(name);
            let with_value: &[&str] = match name {
                "sudo" => &[
                    "-u", "-g", "-h", "-p", "-C", "-r", "-t", "-T", "-U", "-R", "-D", "--user",
                    "--group", "--chdir",
                ],
                "env" => &["-u", "-C", "--unset", "--chdir"],
                "exec" => &["-a"],
                "time" => &["-f", "-o", "--format", "--output"],
                "nice" => &["-n", "--adjustment"],
                "command" => &[],
                _ => return Some(at),
            };
            let wrapper = at;
            at += 1;
            while let Some(word) = self.words.get(at) {
                match word.raw.as_str() {
                    "-v" | "-V" if name == "command" => return Some(wrapper),
                    "-S" if name == "env" => return Some(wrapper),
                    "--" => {
                        at += 1;
                        break;
                    }
                    it if with_value.contains(&it) => at += 2,
                    it if it.starts_with('-') => at += 1,
                    it if matches!(name, "env" | "sudo") && is_assignment(it) => at += 1,
                    _ => break,
                }
            }
            if self.words.len() <= at {
                return Some(wrapper);
            }
        }
    }
}

/// Whether a word is this flag: `Some(None)` alone, `Some(Some(at))` with its value from byte `at` on.
#[allow(clippy::option_option, reason = "the two questions are asked at once")]
fn matches_flag(word: &Word, flag: &str) -> Option<Option<usize>> {
    if word.text().as_deref() == Some(flag) {
        return Some(None);
    }
    let rest = word.raw.strip_prefix(flag)?;
    if let Some(value) = rest.strip_prefix('=') {
        return Some(Some(word.raw.len() - value.len()));
    }
    // `-rfile`, but `-yq` are two flags.
    let attached = flag.len() == 2 && !flag.starts_with("--") && !rest.is_empty();
    let letters = rest.bytes().all(|it| it.is_ascii_alphabetic());
    (attached && !letters).then_some(Some(flag.len()))
}

fn is_option(word: &Word) -> bool {
    word.text().map_or_else(|| word.raw.starts_with('-'), |it| it.starts_with('-'))
}

fn is_assignment(word: &str) -> bool {
    let name = word.split('=').next().unwrap_or_default();
    name.len() < word.len()
        && !name.is_empty()
        && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
}

/// A program's name without the version at its end.
fn unversioned(name: &str) -> &str {
    let bare = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    if bare.is_empty() { name } else { bare.trim_end_matches('-') }
}
