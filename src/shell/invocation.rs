//! A command line as the facts read it: program, assignments and arguments, wrappers taken off.

/// A call of a program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// The program, without folder and version: `pip` for `/usr/bin/pip3.11` and `python -m pip`.
    pub program: String,
    /// The variables set for this call: the name, and the value when it is known.
    pub assignments: Vec<(String, Option<String>)>,
    /// The arguments after the program.
    pub arguments: Vec<Argument>,
    /// The program that runs it for another one's environment: `poetry run pip …`.
    pub runner: Option<String>,
    /// Whether it runs as another user: `sudo`.
    pub other_user: bool,
}

/// An argument of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    /// The argument without quotes and with known variables expanded; `None` when it cannot be known.
    pub text: Option<String>,
    /// Its position among the words of the shell command.
    pub word: usize,
}

impl Invocation {
    /// A call of these words, the first of which is the program or a wrapper of it; `None` when the
    /// program cannot be known. The positions given are those in `words`.
    pub fn read(
        words: &[Option<String>],
        assignments: Vec<(String, Option<String>)>,
    ) -> Option<Self> {
        let mut call = Self { assignments, ..Self::default() };
        let mut at = 0;
        loop {
            let word = words.get(at)?.as_deref()?;
            let name = word.rsplit('/').next().unwrap_or(word);
            let bare = bare(name);
            let after = |at: usize| words.get(at).and_then(Option::as_deref);
            at = match bare {
                "sudo" => {
                    call.other_user = true;
                    skip_flags(words, at + 1, &["-u", "-g"])
                }
                "env" => {
                    let mut at = skip_flags(words, at + 1, &["-u"]);
                    while let Some((name, value)) = after(at).and_then(|it| it.split_once('=')) {
                        call.assignments.push((name.to_owned(), Some(value.to_owned())));
                        at += 1;
                    }
                    at
                }
                "exec" | "time" | "command" | "nice" => skip_flags(words, at + 1, &["-n"]),
                "python" => {
                    let mut flags = at + 1;
                    while after(flags).is_some_and(|it| {
                        it.starts_with('-') && it != "-m" && it != "-c" && it != "-"
                    }) {
                        flags += 1;
                    }
                    match after(flags) {
                        Some("-m") => flags + 1,
                        _ => return Some(call.of(bare, words, at)),
                    }
                }
                "poetry" | "pipenv" | "pdm" | "uv" if after(at + 1) == Some("run") => {
                    call.runner = Some(bare.to_owned());
                    skip_flags(words, at + 2, &[])
                }
                _ => return Some(call.of(bare, words, at)),
            };
        }
    }

    fn of(mut self, program: &str, words: &[Option<String>], at: usize) -> Self {
        program.clone_into(&mut self.program);
        let arguments = words.iter().enumerate().skip(at + 1);
        self.arguments =
            arguments.map(|(word, text)| Argument { text: text.clone(), word }).collect();
        self
    }

    /// The first argument that is no flag.
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

    /// The arguments that are these flags, with or without a value.
    pub fn flags<'a>(&'a self, names: &'a [&str]) -> impl Iterator<Item = &'a Argument> {
        self.arguments.iter().filter(move |it| {
            let text = it.text.as_deref().unwrap_or_default();
            names.contains(&text.split('=').next().unwrap_or_default())
        })
    }

    /// Whether it has one of these flags.
    pub fn has(&self, names: &[&str]) -> bool {
        self.flags(names).next().is_some()
    }

    /// The values given with these flags, as `--flag value`, `--flag=value` or `-fvalue`; `None` for a
    /// value that cannot be known.
    pub fn values(&self, names: &[&str]) -> Vec<Option<&str>> {
        let mut values = Vec::new();
        let mut arguments = self.arguments.iter();
        while let Some(argument) = arguments.next() {
            let Some(text) = argument.text.as_deref() else { continue };
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

/// The program's name without its version: `pip3.11` → `pip`, `python3` → `python`.
fn bare(name: &str) -> &str {
    let stem = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    if ["pip", "python", "pipx", "pypy"].contains(&stem) { stem } else { name }
}

fn skip_flags(words: &[Option<String>], mut at: usize, valued: &[&str]) -> usize {
    while let Some(flag) = words.get(at).and_then(Option::as_deref).filter(|it| it.starts_with('-'))
    {
        at += 1 + usize::from(valued.contains(&flag));
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Invocation {
        let words: Vec<_> = line.split(' ').map(|it| (it != "?").then(|| it.to_owned())).collect();
        Invocation::read(&words, Vec::new()).unwrap()
    }

    #[test]
    fn wrappers_are_taken_off() {
        let it = call(
            "sudo -H -u root env A=1 /usr/bin/python3.11 -u -m pip install -r x.txt -cy.txt a ?",
        );
        assert_eq!((it.program.as_str(), it.other_user), ("pip", true));
        assert_eq!(it.assignments, [("A".to_owned(), Some("1".to_owned()))]);
        assert_eq!(it.values(&["-r", "--requirement"]), [Some("x.txt")]);
        assert_eq!(it.values(&["-c"]), [Some("y.txt")]);
        let positionals = it.positionals(&["-r"]);
        assert_eq!(positionals.iter().map(|it| it.word).collect::<Vec<_>>(), [14, 15]);
        assert_eq!(call("poetry run pip install x").runner.as_deref(), Some("poetry"));
        assert_eq!(call("python -c print").program, "python");
        assert!(Invocation::read(&[None], Vec::new()).is_none());
    }
}
