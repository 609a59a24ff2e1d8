//! What a call asks a distribution's package manager to install: `apt-get install`, `apk add`, `dnf install`.
//!
//! What Debian's packages are is in [`apt`].

pub mod apt;
mod installer;

use super::{Cache, CachePlace};
use crate::shell::{Argument, Invocation};
pub use installer::installer;

/// Where the systems' package managers cache.
pub const CACHES: &[Cache] = &[
    fixed(&[CachePlace::Fixed("/var/cache/apt")]),
    fixed(&[CachePlace::Fixed("/var/lib/apt")]),
    fixed(&[CachePlace::Fixed("/var/lib/apt/lists")]),
    fixed(&[CachePlace::Fixed("/var/cache/apk")]),
];

/// Folders in which package managers keep lists of what there is to install, which they fetch anew.
pub const LISTS: &[&str] = &["/var/lib/apt/lists/"];

/// Folders that package managers make for their caches and logs.
pub const SCRATCH: &[&str] = &[
    "/var/cache/apk/",
    "/var/cache/apt/",
    "/var/cache/debconf/",
    "/var/cache/dnf/",
    "/var/cache/yum/",
    "/var/log/apt/",
];

/// How paths begin at which package managers record what is installed, or keep what they make from the files of
/// all packages.
pub const RECORDS: &[&str] = &[
    "/lib/apk/db",
    "/usr/lib/apk/db",
    "/var/lib/apt/",
    "/var/lib/dpkg/",
    "/var/lib/pam/",
    "/var/lib/ucf/",
];

const fn fixed(places: &'static [CachePlace]) -> Cache {
    Cache { places, ..Cache::NONE }
}

/// Names of their programs; `apt-get` and `microdnf` contain one.
pub const PROGRAMS: [&str; 4] = ["apk", "apt", "dnf", "yum"];

/// A distribution's package manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum System {
    /// `apt-get`, `apt` and `aptitude`: Debian, Ubuntu.
    Apt,
    /// `apk`: Alpine.
    Apk,
    /// `dnf`, `microdnf` and `yum`: Fedora, Red Hat's and their kin.
    Dnf,
}

/// What a call installs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wanted<'a> {
    /// The package manager.
    pub system: System,
    /// What it is given, in order.
    pub items: Vec<Item<'a>>,
    /// The name under which apk remembers them all, to remove them later: `--virtual .build-deps`.
    pub group: Option<&'a str>,
}

/// One argument of an installation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Item<'a> {
    /// Its position among the words of the shell command.
    pub word: usize,
    /// What it says.
    pub what: What<'a>,
}

/// What an argument of an installation says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum What<'a> {
    /// A package.
    Package {
        /// Its name alone.
        name: &'a str,
        /// What follows the name: `=1.2`, `:amd64`, `/testing`.
        rest: &'a str,
    },
    /// A package in a file, or somewhere on the network.
    File(&'a str),
    /// What is not known: a variable, a pattern, a group, a package to remove.
    Unknown,
}

/// A program that installs packages which belong to no language: those of a distribution, of conda, of Homebrew.
#[derive(Clone, Copy, Debug)]
struct Program {
    name: &'static str,
    /// The package manager; `None` if its command line is not read any further.
    system: Option<System>,
    /// The verb that installs the packages whose names follow.
    install: &'static str,
    /// Verbs that fetch packages or newer versions of what is installed.
    fetch: &'static [&'static str],
}

/// The programs, by name in alphabetical order. To add one, add a line: the verbs are in its manual page.
const INSTALLERS: &[Program] = &[
    program("apk", Some(System::Apk), "add", &["fetch", "update", "upgrade"]),
    program("apt", Some(System::Apt), "install", &["download", "update", "upgrade"]),
    program("apt-get", Some(System::Apt), "install", &["download", "update", "upgrade"]),
    program("aptitude", Some(System::Apt), "install", &["download", "update", "upgrade"]),
    program("brew", None, "install", &["fetch", "update", "upgrade"]),
    program("conda", None, "install", &["update", "upgrade"]),
    program("dnf", Some(System::Dnf), "install", &["download", "update", "upgrade"]),
    program("dnf5", Some(System::Dnf), "install", &["download", "update", "upgrade"]),
    program("mamba", None, "install", &["update", "upgrade"]),
    program("microdnf", Some(System::Dnf), "install", &["download", "update", "upgrade"]),
    program("micromamba", None, "install", &["update", "upgrade"]),
    program("yum", Some(System::Dnf), "install", &["update", "upgrade"]),
    program("zypper", None, "install", &["download", "update"]),
];

const fn program(
    name: &'static str,
    system: Option<System>,
    install: &'static str,
    fetch: &'static [&'static str],
) -> Program {
    Program { name, system, install, fetch }
}

impl Program {
    fn named(name: &str) -> Option<&'static Self> {
        let at = INSTALLERS.binary_search_by(|it| it.name.cmp(name)).ok()?;
        INSTALLERS.get(at)
    }
}

/// Whether a call installs packages that belong to no language, or fetches them; `None` if it is of another
/// program. Of a command line that is not read any further, the first word that is not an option counts.
pub fn installs(call: &Invocation) -> Option<bool> {
    let program = Program::named(&call.program)?;
    let has = |verb: &str| verb == program.install || program.fetch.contains(&verb);
    Some(call.subcommand().is_some_and(has) || wanted(call).is_some())
}

/// Whether a call installs one of these packages, which belong to no language.
pub fn installs_one_of(call: &Invocation, packages: &[&str]) -> bool {
    let program = Program::named(&call.program);
    program.is_some_and(|it| call.subcommand() == Some(it.install))
        && call.texts().any(|it| packages.contains(&it))
}

impl System {
    /// The package manager of which this is a program.
    pub fn of(program: &str) -> Option<Self> {
        Program::named(program)?.system
    }

    fn subcommand(self) -> &'static str {
        INSTALLERS.iter().find(|it| it.system == Some(self)).map_or("", |it| it.install)
    }

    /// The verbs that remove packages.
    pub fn removes(self) -> &'static [&'static str] {
        match self {
            Self::Apt => &["remove", "purge", "autoremove", "auto-remove", "autopurge"],
            Self::Apk => &["del"],
            Self::Dnf => &["remove", "erase", "autoremove"],
        }
    }

    /// The verbs that make installs possible or up to date, or clean up after them.
    pub fn upkeep(self) -> &'static [&'static str] {
        match self {
            Self::Apt => {
                &["update", "clean", "autoclean", "upgrade", "dist-upgrade", "full-upgrade"]
            }
            Self::Apk => &["update", "upgrade", "fix"],
            Self::Dnf => &["check-update", "clean", "makecache", "update", "upgrade"],
        }
    }

    /// The options that take a value, short and long; from each program's manual page.
    fn valued(self) -> (&'static [char], &'static [&'static str]) {
        match self {
            Self::Apt => (
                &['a', 'c', 'o', 'P', 't'],
                &[
                    "--build-profiles",
                    "--config-file",
                    "--default-release",
                    "--host-architecture",
                    "--option",
                    "--target-release",
                ],
            ),
            Self::Apk => (
                &['p', 't', 'X'],
                &[
                    "--arch",
                    "--cache-dir",
                    "--cache-max-age",
                    "--keys-dir",
                    "--progress-fd",
                    "--repositories-file",
                    "--repository",
                    "--root",
                    "--virtual",
                    "--wait",
                ],
            ),
            Self::Dnf => (
                &['c', 'd', 'e', 'x'],
                &[
                    "--config",
                    "--disablerepo",
                    "--enablerepo",
                    "--exclude",
                    "--installroot",
                    "--releasever",
                    "--repo",
                    "--repoid",
                    "--setopt",
                ],
            ),
        }
    }

    /// Whether the word after an option is its value.
    fn takes_next(self, option: &str) -> bool {
        let (short, long) = self.valued();
        if option.starts_with("--") {
            return long.contains(&option);
        }
        let valued = option.find(|it| short.contains(&it));
        valued.is_some_and(|at| at + 1 == option.len())
    }

    /// What an argument says that is no option.
    fn read(self, text: &str) -> What<'_> {
        // A folder tells a file; apt takes `name/release` for a package.
        let file = text.starts_with(['/', '.']) && text.contains('/');
        if file || text.contains("://") {
            return What::File(text);
        }
        if !text.starts_with(|it: char| it.is_ascii_alphanumeric()) {
            return What::Unknown;
        }
        let in_name = |it: char| it.is_ascii_alphanumeric() || "+-._".contains(it);
        let end = text.find(|it| !in_name(it)).unwrap_or(text.len());
        let (name, rest) = text.split_at(end);
        let sound = match self {
            Self::Apt => rest.is_empty() || rest.starts_with(['=', ':', '/']),
            Self::Apk => rest.is_empty() || rest.starts_with(['=', '<', '>', '~', '@']),
            Self::Dnf => rest.is_empty(),
        };
        // apt removes `name-`.
        let removes = self == Self::Apt && name.ends_with('-');
        let odd = |it: char| it.is_whitespace() || "*?[]{}$".contains(it);
        match sound && !removes && !rest.contains(odd) {
            true => What::Package { name, rest },
            false => What::Unknown,
        }
    }
}

/// What a call installs of the distribution's packages; `None` for any other call.
pub fn wanted(call: &Invocation) -> Option<Wanted<'_>> {
    let system = System::of(&call.program)?;
    let (mut items, mut group, mut subcommand) = (Vec::new(), None, None);
    let mut options = true;
    let mut arguments = call.arguments.iter();
    while let Some(argument) = arguments.next() {
        match argument.text.as_deref() {
            Some("--") if options => options = false,
            Some(it) if options && it.starts_with('-') => {
                let value = match system.takes_next(it) {
                    true => arguments.next().and_then(text),
                    false => it.split_once('=').map(|it| it.1),
                };
                if system == System::Apk && is_virtual(it) {
                    group = value;
                }
            }
            Some(it) if subcommand.is_none() => subcommand = Some(it),
            Some(it) => items.push(Item { word: argument.word, what: system.read(it) }),
            // An unknown word in front of the subcommand can only be an option.
            None if subcommand.is_none() => {}
            None => items.push(Item { word: argument.word, what: What::Unknown }),
        }
    }
    (subcommand == Some(system.subcommand())).then_some(Wanted { system, items, group })
}

fn text(argument: &Argument) -> Option<&str> {
    argument.text.as_deref()
}

/// Whether an option of apk is `--virtual`, or a cluster of short ones that ends in it.
fn is_virtual(option: &str) -> bool {
    match option.starts_with("--") {
        true => option.split('=').next() == Some("--virtual"),
        false => option.ends_with('t'),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(line: &str) -> Invocation {
        let words: Vec<_> = line.split(' ').map(|it| (it != "?").then(|| it.to_owned())).collect();
        crate::ecosystems::invocation(&words).unwrap()
    }

    fn named<'a>(word: usize, name: &'a str, rest: &'a str) -> Item<'a> {
        Item { word, what: What::Package { name, rest } }
    }

    #[test]
    fn apt_installs_are_read() {
        let call = call(
            "sudo apt-get -qq -o Dpkg::Use-Pty=0 install -yt testing --no-install-recommends \
             a b=1.2-3+deb12u1 c:amd64 d/testing g++ ? ./x.deb https://x.example/y.deb lib* e- f^",
        );
        let it = wanted(&call).unwrap();
        let odd = |word| Item { word, what: What::Unknown };
        assert_eq!(it.system, System::Apt);
        assert_eq!(
            it.items,
            [
                named(9, "a", ""),
                named(10, "b", "=1.2-3+deb12u1"),
                named(11, "c", ":amd64"),
                named(12, "d", "/testing"),
                named(13, "g++", ""),
                odd(14),
                Item { word: 15, what: What::File("./x.deb") },
                Item { word: 16, what: What::File("https://x.example/y.deb") },
                odd(17),
                odd(18),
                odd(19),
            ]
        );
    }

    #[test]
    fn other_systems_are_read() {
        let line = call("apk add --no-cache -X http://x.example --virtual .deps gcc=1-r0 a@edge b");
        let it = wanted(&line).unwrap();
        assert_eq!((it.system, it.group), (System::Apk, Some(".deps")));
        let names = [named(7, "gcc", "=1-r0"), named(8, "a", "@edge"), named(9, "b", "")];
        assert_eq!(it.items, names);
        assert_eq!(wanted(&call("apk add -t .d gcc")).unwrap().group, Some(".d"));
        assert_eq!(wanted(&call("apk add --virtual=.d gcc")).unwrap().group, Some(".d"));
        let line = call("microdnf install -y --setopt install_weak_deps=0 gcc @tools");
        let it = wanted(&line).unwrap();
        assert_eq!(it.items[0], named(5, "gcc", ""));
        assert_eq!(it.items[1].what, What::Unknown);
    }

    #[test]
    fn programs_are_in_order_and_known_by_their_verbs() {
        assert!(INSTALLERS.is_sorted_by(|a, b| a.name < b.name));
        for it in ["apk add a", "apt-get -y update", "micromamba install a", "zypper install a"] {
            assert_eq!(installs(&call(it)), Some(true), "{it}");
        }
        for it in ["apk del a", "apt-get", "conda env create"] {
            assert_eq!(installs(&call(it)), Some(false), "{it}");
        }
        assert_eq!(installs(&call("dpkg -i install")), None);
        assert!(installs_one_of(&call("apk add --no-cache b py3-a"), &["a", "py3-a"]));
        assert!(!installs_one_of(&call("apk del py3-a"), &["a", "py3-a"]));
    }

    #[test]
    fn nothing_else_is_an_install() {
        for it in ["apt-get update", "apt-get remove a", "apk del a", "pip install a", "apt-get"] {
            assert_eq!(wanted(&call(it)), None, "{it}");
        }
        assert_eq!(wanted(&call("apt-get ? install a")).unwrap().items, [named(3, "a", "")]);
    }
}
