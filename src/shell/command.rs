//! What a command is called and what it is given: the vocabulary of transforms.

use super::{Command, Word, invocation::Start};

impl Command {
    /// Returns true if a redirection follows a word without a blank, as in `pip install poetry>1`: the shell takes the
    /// `>` and what follows for itself.
    pub fn is_cut_short(&self, word: &Word) -> bool {
        self.redirects.iter().any(|it| it.span.start == word.span.end)
    }

    /// The program's name without folder and wrappers; for `python -m pip`, the module.
    ///
    /// `None` if there is no word, or none whose value is known.
    pub fn program(&self) -> Option<&str> {
        Some(self.start()?.name())
    }

    /// The index in `words` of the program's own name, after wrappers and `python -m`.
    pub fn program_index(&self) -> Option<usize> {
        Some(self.start()?.word)
    }

    /// The words after the program's name.
    pub fn arguments(&self) -> &[Word] {
        let start = self.program_index().map_or(self.words.len(), |it| it + 1);
        self.words.get(start..).unwrap_or_default()
    }

    /// Returns true if it has this flag, alone or with a value: `--yes`, `--yes=1`, and for `-y` also `-qy`.
    pub fn has_flag(&self, flag: &str) -> bool {
        let letter = flag.strip_prefix('-').filter(|it| it.chars().count() == 1);
        self.flag_index(flag).is_some() || letter.is_some_and(|it| self.short_flags().contains(it))
    }

    /// The place of a flag in `words`: a word, or part of a word with its value.
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
    /// A word of letters after one dash counts as letters, although it is not for `find -name`.
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
        let words = self.words.as_slice();
        let script = self.start()?.script(words).filter(|it| !it.is_file)?;
        self.words.get(script.word)
    }

    /// The words that may be flags, with their places in `words`: all before `--`.
    fn options(&self) -> impl Iterator<Item = (usize, &Word)> {
        let first = self.words.len() - self.arguments().len();
        let words = self.words.iter().enumerate().skip(first);
        words.take_while(|(_, it)| it.raw != "--").filter(|(_, it)| is_option(it))
    }

    /// The index of the program.
    fn start(&self) -> Option<Start<'_>> {
        Start::of(self.words.as_slice(), |_| None)
    }
}

/// Compares a word with a flag: `Some(None)` alone, `Some(Some(at))` with its value from byte `at` on.
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
