//! The programs that start another program: wrappers, shells and interpreters, as their manuals have them.
//!
//! To add a wrapper, add a line to [`WRAPPERS`], which is sorted, and a row to the tests of [`super`]. A
//! wrapper runs the words after its own options in the same place and with the same files: `xargs`, which
//! adds words of its own, and `chroot`, after which every path is another one, are programs like any other.
//! Package managers that run programs are not in here: `ecosystems` knows them (see [`Runner`]).

/// The options of a program that take a value.
#[derive(Clone, Copy, Debug, Default)]
pub struct Options {
    /// The letters of short options whose value is the rest of their word, or else the next word.
    pub short: &'static str,
    /// Long options, without dashes, whose value follows `=` or is the next word; `*` stands for all.
    pub long: &'static [&'static str],
}

/// A package manager's command that runs a program in an environment: `poetry run`.
#[derive(Clone, Copy, Debug)]
pub struct Runner {
    /// The package manager's program.
    pub program: &'static str,
    /// The subcommand that runs programs; `None` if the program does nothing else.
    pub verb: Option<&'static str>,
    /// The options before and after the verb that take a value.
    pub options: Options,
    /// True if `-m` and `--module` after the verb run a Python module.
    pub modules: bool,
}

/// Programs that the caller adds to the shell's own tables.
#[derive(Clone, Copy, Debug)]
pub struct Programs {
    /// The runner that a program, named without its folder, is.
    pub runner: fn(&str) -> Option<&'static Runner>,
    /// The programs that are also installed under a name with a version: `pip3.11`.
    pub versioned: &'static [&'static str],
    /// The options of one letter that a program takes together in one word: `-qU`.
    pub letters: fn(&str) -> Letters,
}

/// The options of one letter that a program takes together in one word, as those of getopt, optparse and clap do:
/// `-qU`, `-Ur file`.
#[derive(Clone, Copy, Debug, Default)]
pub struct Letters {
    /// Those without a value.
    pub flags: &'static str,
    /// Those with a value: the rest of the word, or else the next word.
    pub valued: &'static str,
}

impl Letters {
    /// A program that takes no options together.
    pub const NONE: Self = Self { flags: "", valued: "" };

    /// The options that a word is, each as a word of its own; empty if it is not several.
    pub(super) fn split(self, word: &str) -> Vec<String> {
        let mut options = Vec::new();
        let Some(letters) = word.strip_prefix('-').filter(|it| 1 < it.len()) else {
            return options;
        };
        for (at, letter) in letters.char_indices() {
            if self.valued.contains(letter) {
                if 0 < at {
                    options.push(format!("-{}", &letters[at..]));
                }
                break;
            }
            if !self.flags.contains(letter) {
                return Vec::new();
            }
            options.push(format!("-{letter}"));
        }
        options
    }
}

/// A program that runs the words after its options.
pub(super) struct Wrapper {
    pub(super) name: &'static str,
    pub(super) options: Options,
    /// Options with which it runs nothing.
    pub(super) apart: Options,
    /// Options with which it runs the program in another place.
    pub(super) elsewhere: Options,
    /// The options or verbs that make it a wrapper.
    pub(super) verb: Option<&'static str>,
    /// The number of words between its options and the program.
    pub(super) operands: usize,
    /// True if `NAME=value` before the program is an assignment.
    pub(super) assigns: bool,
    /// True if the program runs as another user.
    pub(super) other_user: bool,
}

/// A line of the table: a name, and the options that take a value.
const fn wrapper(
    name: &'static str,
    short: &'static str,
    long: &'static [&'static str],
) -> Wrapper {
    Wrapper {
        name,
        options: Options { short, long },
        apart: Options { short: "", long: &[] },
        elsewhere: Options { short: "", long: &[] },
        verb: None,
        operands: 0,
        assigns: false,
        other_user: false,
    }
}

impl Wrapper {
    const fn apart(self, short: &'static str, long: &'static [&'static str]) -> Self {
        Self { apart: Options { short, long }, ..self }
    }

    const fn elsewhere(self, short: &'static str, long: &'static [&'static str]) -> Self {
        Self { elsewhere: Options { short, long }, ..self }
    }

    const fn verb(self, verb: &'static str) -> Self {
        Self { verb: Some(verb), ..self }
    }

    const fn operand(self) -> Self {
        Self { operands: 1, ..self }
    }

    const fn assigns(self) -> Self {
        Self { assigns: true, ..self }
    }

    const fn other_user(self) -> Self {
        Self { other_user: true, ..self }
    }
}

/// The wrappers, by name.
pub(super) const WRAPPERS: &[Wrapper] = &[
    wrapper("busybox", "", &[]).apart("", &["help", "install", "list", "list-full"]),
    wrapper("catatonit", "", &[]).apart("hLPV", &["help", "license", "pause", "version"]),
    wrapper("command", "", &[]).apart("vV", &[]),
    wrapper("cross-env", "", &[]).assigns(),
    wrapper("ddtrace-run", "", &[]).apart("hiv", &["help", "info", "version"]),
    wrapper("doas", "aCu", &[]).apart("CLs", &[]).other_user(),
    wrapper("docker-init", "ep", &[]).apart("hl", &["version"]),
    wrapper(
        "dockerize",
        "",
        &[
            "delims",
            "env",
            "env-section",
            "stderr",
            "stdout",
            "template",
            "timeout",
            "wait",
            "wait-http-header",
            "wait-retry-interval",
        ],
    )
    .apart("", &["version"]),
    wrapper("dotenv", "efv", &[]),
    wrapper("dotenvx", "ef", &["env", "env-file"]).verb("run"),
    wrapper("dumb-init", "r", &["rewrite"]).apart("hV", &["help", "version"]),
    wrapper("env", "aCSu", &["argv0", "chdir", "split-string", "unset"])
        .apart("S", &["help", "split-string", "version"])
        .elsewhere("C", &["chdir"])
        .assigns(),
    wrapper("env-cmd", "efr", &["environments", "file", "rc-file"]),
    wrapper("exec", "a", &[]),
    wrapper("gosu", "", &[]).apart("", &["help", "version"]).operand().other_user(),
    wrapper("ionice", "cn", &["class", "classdata"])
        .apart("hPpuV", &["help", "pgid", "pid", "uid", "version"]),
    wrapper("newrelic-admin", "", &[]).verb("run-program"),
    wrapper("nice", "n", &["adjustment"]).apart("", &["help", "version"]),
    wrapper("nohup", "", &[]).apart("", &["help", "version"]),
    wrapper("opentelemetry-instrument", "", &["*"]).apart("h", &["help", "version"]),
    wrapper("setsid", "", &[]).apart("hV", &["help", "version"]),
    wrapper("stdbuf", "eio", &["error", "input", "output"]).apart("", &["help", "version"]),
    wrapper("su-exec", "", &[]).operand().other_user(),
    wrapper(
        "sudo",
        "aCcghpRrTtUu",
        &[
            "chdir",
            "chroot",
            "close-from",
            "command-timeout",
            "group",
            "host",
            "other-user",
            "prompt",
            "role",
            "type",
            "user",
        ],
    )
    .apart("eKlVv", &["edit", "help", "list", "remove-timestamp", "validate", "version"])
    .elsewhere("DR", &["chdir", "chroot"])
    .assigns()
    .other_user(),
    wrapper("time", "fo", &["format", "output"]).apart("V", &["help", "version"]),
    wrapper("timeout", "ks", &["kill-after", "signal"]).apart("", &["help", "version"]).operand(),
    wrapper("tini", "ep", &[]).apart("hl", &["version"]),
    wrapper("tini-static", "ep", &[]).apart("hl", &["version"]),
    wrapper(
        "xvfb-run",
        "efnpsw",
        &["auth-file", "error-file", "server-args", "server-num", "wait", "xauth-protocol"],
    )
    .apart("h", &["help"]),
];

/// The shells, by name, and whether each reads what a POSIX shell reads.
const SHELLS: &[(&str, bool)] =
    &[("ash", true), ("bash", true), ("dash", true), ("ksh", false), ("sh", true), ("zsh", false)];

/// The options of shells that take a value, besides `-o` and `-O`: theirs is never in their own word.
pub(super) const OF_SHELLS: Options = Options { short: "", long: &["init-file", "rcfile"] };

/// The options of `su` that take a value.
pub(super) const OF_SU: Options = Options {
    short: "cgGsw",
    long: &["command", "group", "session-command", "shell", "supp-group", "whitelist-environment"],
};

/// The interpreters that run a module by its name, by `-m`.
pub(super) const INTERPRETERS: &[&str] = &["pypy", "python"];

/// Their options that take a value; the program's own arguments follow `-c` and `-m`.
pub(super) const OF_INTERPRETERS: Options =
    Options { short: "cmQWX", long: &["check-hash-based-pycs"] };

/// The wrapper of this name.
pub(super) fn wrapper_named(name: &str) -> Option<&'static Wrapper> {
    let at = WRAPPERS.binary_search_by_key(&name, |it| it.name).ok()?;
    WRAPPERS.get(at)
}

/// Returns true if a program, named without its folder, runs the words that it is given.
pub fn is_wrapper(name: &str) -> bool {
    wrapper_named(name).is_some()
}

/// Returns true if a program, named without its folder, is a shell.
pub fn is_shell(name: &str) -> bool {
    SHELLS.iter().any(|it| it.0 == name)
}

/// Returns true if a program, named without its folder, is a shell that reads POSIX shell.
pub fn is_posix_shell(name: &str) -> bool {
    SHELLS.contains(&(name, true))
}

/// A program's name without the version at its end.
pub(super) fn unversioned(name: &str) -> &str {
    name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.').trim_end_matches('-')
}

/// A word of options: `-Hu`, `-n5`, `--user=x`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Flag<'w> {
    /// The letters of a word of short options; the last of them may take a value.
    pub(super) letters: &'w str,
    /// The name of a long option, without dashes.
    pub(super) long: &'w str,
    /// The value, where it stands in the same word.
    pub(super) value: Option<&'w str>,
    /// True if the next word is the value.
    pub(super) takes_next: bool,
}

impl Options {
    /// Reads a word that begins with `-`, or with `+` as options of shells do.
    pub(super) fn read(self, word: &str) -> Flag<'_> {
        let bare = word.trim_start_matches(['-', '+']);
        let (name, value) = match bare.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (bare, None),
        };
        let is_long = word.starts_with("--");
        // Programs written in Go take long options after one dash.
        let takes_value = self.long.contains(&name) || (is_long && self.long.contains(&"*"));
        if is_long || takes_value {
            let takes_next = takes_value && value.is_none();
            return Flag { letters: "", long: name, value, takes_next };
        }
        let valued = bare.char_indices().find(|it| self.short.contains(it.1));
        let end = valued.map_or(bare.len(), |(at, letter)| at + letter.len_utf8());
        let (letters, rest) = bare.split_at(end);
        let value = Some(rest).filter(|it| !it.is_empty());
        Flag { letters, long: "", value, takes_next: valued.is_some() && value.is_none() }
    }

    /// Returns true if a word of options contains one of these.
    pub(super) fn has(self, flag: &Flag<'_>) -> bool {
        self.long.contains(&flag.long) || flag.letters.contains(|it| self.short.contains(it))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_tables_are_sorted() {
        assert!(WRAPPERS.is_sorted_by_key(|it| it.name));
        assert!(SHELLS.is_sorted() && INTERPRETERS.is_sorted());
    }

    #[test]
    fn options_are_read_as_getopt_reads_them() {
        let options = Options { short: "nu", long: &["user", "wait"] };
        for (word, letters, long, value, takes_next) in [
            ("-H", "H", "", None, false),
            ("-Hu", "Hu", "", None, true),
            ("-Huroot", "Hu", "", Some("root"), false),
            ("-n5", "n", "", Some("5"), false),
            ("--user", "", "user", None, true),
            ("--user=a=b", "", "user", Some("a=b"), false),
            ("--login", "", "login", None, false),
            ("-wait", "", "wait", None, true),
            ("-é", "é", "", None, false),
        ] {
            assert_eq!(options.read(word), Flag { letters, long, value, takes_next }, "{word}");
        }
        let all = Options { short: "", long: &["*"] };
        assert!(all.read("--any").takes_next && !all.read("--any=x").takes_next);
    }
}
