//! The grammar of a manager's command line: which verb a call has, and what it does.

use super::Scripts;
use crate::shell::{Invocation, Letters, Runner};

/// How a manager's command line is read.
///
/// A verb may be in several lists: `pip install` installs what files list, and given names of packages alone
/// it is [`apart`](Self::apart) from the project.
#[derive(Clone, Copy, Debug)]
pub struct Grammar {
    /// The options that take a value as a word of their own, before the verb or after it: `--prefix client`.
    pub valued: &'static [&'static str],
    /// The options of one letter that it takes together in one word: `pip install -Ur requirements.txt`.
    pub letters: Letters,
    /// The options that name a manifest, short ones as they start: `-r`.
    pub manifest_options: &'static [&'static str],
    /// Verbs that install what a manifest or lock lists.
    pub install: &'static [Verb],
    /// Verbs that read manifests and download or write down what they list: `pip download`, `poetry export`.
    pub fetch: &'static [Verb],
    /// Verbs that compile, and before that install what a manifest lists: `go build`.
    pub build: &'static [Verb],
    /// Verbs that change a manifest or a lock.
    pub change: &'static [Verb],
    /// Verbs that read nothing of the project, unless they turn out to install from manifests.
    pub apart: &'static [Verb],
    /// Verbs that set settings.
    pub configure: &'static [Verb],
    /// Verbs that read the lock and install nothing: they compare with it what is installed.
    pub audits: &'static [Verb],
    /// Verbs that empty a cache.
    pub clean: &'static [Verb],
    /// Verbs that install tools by the names of their packages, each in an environment of its own:
    /// `pipx install`, `uv tool install`.
    pub tools: &'static [Verb],
    /// Verbs that add packages to the environment of a tool: `pipx inject`.
    pub inject: &'static [Verb],
    /// Verbs that add plugins to the manager itself, in their newest versions unless others are named:
    /// `poetry self add`.
    pub add_plugin: &'static [Verb],
    /// Verbs that update the manager itself: `poetry self update`.
    pub update_self: &'static [Verb],
    /// The verb that runs a program in an environment as it is: `poetry run`. A command line with it is read
    /// as one of that program.
    pub runner: Option<Runner>,
    /// How it runs the scripts of a manifest; `None` if it does not.
    pub scripts: Option<Scripts>,
    /// Verbs that install a program first and then run it, so that it is the manager whose cache, network and
    /// user matter: `uv tool run`.
    pub run: &'static [Verb],
    /// Programs that do only that: `npx`, `uvx`.
    pub runners: &'static [&'static str],
    /// The verb that a call without one means: `install` for `yarn`; empty if it does nothing.
    pub bare: &'static str,
}

/// A verb of a command line, with the options that its meaning depends on.
#[derive(Clone, Copy, Debug)]
pub struct Verb {
    /// Its words: `install`, `pip install`; empty for a call without a verb.
    pub words: &'static str,
    /// It means this only with one of these options; none are needed if there are none.
    pub with: &'static [&'static str],
    /// It means something else with one of these options.
    pub without: &'static [&'static str],
}

impl Grammar {
    /// A command line without options and verbs, to start from.
    pub const NONE: Self = Self {
        valued: &[],
        letters: Letters::NONE,
        manifest_options: &[],
        install: &[],
        fetch: &[],
        build: &[],
        change: &[],
        apart: &[],
        configure: &[],
        audits: &[],
        clean: &[],
        tools: &[],
        inject: &[],
        add_plugin: &[],
        update_self: &[],
        runner: None,
        scripts: None,
        run: &[],
        runners: &[],
        bare: "",
    };

    /// The words of a call that are neither options nor values of options: its verb and what follows.
    /// Words that are not known are passed over.
    pub fn words<'c>(&self, call: &'c Invocation) -> impl Iterator<Item = &'c str> + use<'c> {
        let valued = self.valued;
        let mut is_value = false;
        let words = call.arguments.iter().filter_map(move |argument| {
            let value = std::mem::take(&mut is_value);
            let text = argument.text.as_deref()?;
            is_value = !value && valued.contains(&text);
            (!value && (!text.starts_with('-') || text == "-")).then_some(text)
        });
        let mut words = words.peekable();
        // What a bare call means is not asked of one that wants the version or help.
        let asks = ["--version", "-V", "-v", "--help", "-h"];
        let bare = (!self.bare.is_empty() && words.peek().is_none() && !call.has(&asks))
            .then_some(self.bare);
        words.chain(bare)
    }

    /// The one of these verbs that a call has.
    pub fn verb<'v>(&self, call: &Invocation, verbs: &'v [Verb]) -> Option<&'v Verb> {
        verbs.iter().find(|verb| {
            let mut words = self.words(call);
            let same = match verb.words {
                "" => words.next().is_none(),
                own => own.split(' ').all(|it| words.next() == Some(it)),
            };
            same && (verb.with.is_empty() || call.has(verb.with)) && !call.has(verb.without)
        })
    }

    /// Whether a call has one of these verbs.
    pub fn has(&self, call: &Invocation, verbs: &[Verb]) -> bool {
        self.verb(call, verbs).is_some()
    }

    /// Whether it has a verb that installs the packages whose names follow it.
    pub fn takes_names(&self) -> bool {
        !self.tools.is_empty() || self.install.iter().any(|it| self.is_naming(it))
    }

    /// The verb of a call that installs the packages whose names follow it, as well as what files list or
    /// each as a tool: `pip install`, `uv tool install`.
    pub fn naming_verb(&self, call: &Invocation) -> Option<&'static Verb> {
        let verb = self.verb(call, self.install).filter(|it| self.is_naming(it));
        verb.or_else(|| self.verb(call, self.tools))
    }

    /// The words that follow a verb which installs what files list and takes no names: `uv sync`, `npm ci`.
    pub fn unexpected<'c>(&self, call: &'c Invocation) -> impl Iterator<Item = &'c str> + use<'c> {
        let verb = self.verb(call, self.install).filter(|it| !self.is_naming(it));
        let words = verb.map(|it| self.words(call).skip(it.count()));
        words.into_iter().flatten()
    }

    /// Whether a call has nothing but a word for its verb, and options without values: nothing says what it is about.
    pub fn names_nothing(&self, call: &Invocation) -> bool {
        let is_bare = |it: &str| match it.strip_prefix("--") {
            Some(name) => !name.contains('='),
            None => it.starts_with('-') && it.len() == 2,
        };
        let words = call.arguments.iter().filter(|it| !it.text.as_deref().is_some_and(is_bare));
        words.count() <= 1
    }

    /// Whether a verb of an install may read nothing of the project.
    fn is_naming(&self, verb: &Verb) -> bool {
        self.apart.iter().any(|it| it.words == verb.words)
    }

    /// Whether a call installs packages, fetches them, or changes or writes down what is to be installed.
    pub fn installs(&self, call: &Invocation) -> bool {
        let verbs =
            [self.install, self.fetch, self.change, self.tools, self.inject, self.add_plugin];
        verbs.iter().any(|it| self.has(call, it))
    }

    /// Whether a call reads nothing of the project, if it installs nothing from manifests.
    pub fn is_apart(&self, call: &Invocation) -> bool {
        self.has(call, self.apart)
            || self.has(call, self.clean)
            || (self.words(call).next().is_none() && call.has(&["--version", "-V", "-v", "--help"]))
    }
}

impl Verb {
    /// How many words it has.
    pub fn count(&self) -> usize {
        self.words.split(' ').filter(|it| !it.is_empty()).count()
    }

    /// A verb of these words, whatever its options are.
    pub const fn new(words: &'static str) -> Self {
        Self { words, with: &[], without: &[] }
    }

    /// A verb for each of these words, in lists one after another; `N` is how many there are.
    pub const fn each<const N: usize>(lists: &[&[&'static str]]) -> [Self; N] {
        let mut verbs = [Self::new(""); N];
        let (mut list, mut word, mut at) = (0, 0, 0);
        while at < N {
            if word == lists[list].len() {
                (list, word) = (list + 1, 0);
                continue;
            }
            verbs[at] = Self::new(lists[list][word]);
            (word, at) = (word + 1, at + 1);
        }
        verbs
    }

    /// The verb with one of these options.
    #[must_use]
    pub const fn with(self, options: &'static [&'static str]) -> Self {
        Self { with: options, ..self }
    }

    /// The verb without any of these options.
    #[must_use]
    pub const fn without(self, options: &'static [&'static str]) -> Self {
        Self { without: options, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GRAMMAR: Grammar = Grammar {
        valued: &["--prefix"],
        install: &[Verb::new("ci"), Verb::new("install").without(&["-g"])],
        bare: "install",
        ..Grammar::NONE
    };

    fn verb(line: &str) -> Option<&'static str> {
        let words: Vec<_> = line.split(' ').map(|it| (it != "?").then(|| it.to_owned())).collect();
        let call = crate::ecosystems::invocation(&words).unwrap();
        GRAMMAR.verb(&call, GRAMMAR.install).map(|it| it.words)
    }

    #[test]
    fn verbs_are_found_among_options() {
        let rows = [
            ("npm ci", Some("ci")),
            ("npm --prefix client ci --no-audit", Some("ci")),
            ("npm --prefix=client ci", Some("ci")),
            ("npm --silent ? ci", Some("ci")),
            ("npm --prefix ? ci", Some("ci")),
            ("npm run ci", None),
            ("npm install", Some("install")),
            ("npm install -g x", None),
            ("npm --silent", Some("install")),
            ("npm --version", None),
        ];
        for (line, expected) in rows {
            assert_eq!(verb(line), expected, "{line}");
        }
    }

    #[test]
    fn a_call_without_a_name_says_nothing() {
        let rows = [
            ("npm ci", true),
            ("npm ci --no-audit -q", true),
            ("npm", true),
            ("npm ci -rlist", false),
            ("npm ci --file=list", false),
            ("npm ci --file list", false),
            ("npm ci ?", false),
        ];
        for (line, expected) in rows {
            let words: Vec<_> =
                line.split(' ').map(|it| (it != "?").then(|| it.to_owned())).collect();
            let call = crate::ecosystems::invocation(&words).unwrap();
            assert_eq!(GRAMMAR.names_nothing(&call), expected, "{line}");
        }
    }
}
