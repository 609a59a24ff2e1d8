//! What programs touch of the files around them, as data: the engine judges changes by it.
//!
//! Nothing here is derived from what transforms ask ([`super::Manager::install`] and its kin), so that a
//! mistake there is not repeated by the judge. A program that has no row may touch anything.
//! To add a program, add a line to [`PROGRAMS`]; to add a manager's verb, a [`Habit`] to its file of facts.

use super::{Manager, node::hooks::Hook};
use crate::shell::Invocation;

/// Parts of the addresses of scripts that give the system a repository of packages, and look at no file of the folder
/// in which they run: <https://github.com/nodesource/distributions>, <https://packagecloud.io/docs#install_repo>.
const SETUPS: [&str; 3] = [
    "deb.nodesource.com/setup_",
    "packagecloud.io/install/repositories/",
    "rpm.nodesource.com/setup_",
];

/// Whether a script of this address only sets up the system.
pub fn is_setup(address: &str) -> bool {
    SETUPS.iter().any(|it| address.contains(it))
}

/// What a command of a package manager touches without being told.
#[derive(Clone, Copy, Debug)]
pub struct Habit {
    /// The verbs: the first words that are no flags, `pip install` among them.
    pub verbs: &'static [&'static str],
    /// It does this only with one of these flags; empty if they do not matter.
    pub with: &'static [&'static str],
    /// Whether it does this only if nothing follows the verb.
    pub bare: bool,
    /// Whether it only downloads: it writes nothing but the manager's caches and what it `makes`, and runs nothing
    /// of the project.
    pub downloads: bool,
    /// The files that it reads in its folder.
    pub reads: &'static [&'static str],
    /// The files that it looks for there and in the folders above, each with a text that must be in it to
    /// count; an empty text is in every file.
    pub above: &'static [(&'static str, &'static str)],
    /// The files that it looks for there and in the folders above, each with a text that begins a line of those
    /// which list members of a project: then it reads all of the folder.
    pub members: &'static [(&'static str, &'static str)],
    /// The settings that it looks for there and in the folders above, each with a key that begins a line and
    /// names a file or folder to read, from the folder of the settings.
    pub named: &'static [(&'static str, &'static str)],
    /// The packages whose install scripts read files of the folder, where the manifest names them and the flags of
    /// `own` are not given.
    pub hooks: &'static [Hook],
    /// The options that name its folder.
    pub folder: &'static [&'static str],
    /// The options that name a list of requirements, which may name more files.
    pub lists: &'static [&'static str],
    /// Whether arguments without an option name such lists, too.
    pub lists_follow: bool,
    /// The options that name another file or folder to read.
    pub paths: &'static [&'static str],
    /// The options that name a file or folder to write.
    pub targets: &'static [&'static str],
    /// What it makes in its folder.
    pub makes: &'static [&'static str],
    /// The variable that names what it makes instead.
    pub made: Option<&'static str>,
    /// The manifest that may name folders which it depends on, one of `reads`.
    pub manifest: Option<&'static str>,
    /// The flags that leave such folders out.
    pub without_folders: &'static [&'static str],
    /// What a manifest says, without blanks, whose installation needs all of the folder.
    pub whole: &'static [&'static str],
    /// The flags that leave out the members of a workspace, which `whole` names.
    pub alone: &'static [&'static str],
    /// The flag and the variable by which it takes the lock as it is, without looking at members.
    pub unchecked: Option<(&'static str, &'static str)>,
    /// When it installs the project itself, and so reads all of the folder.
    pub own: Option<Own>,
}

/// When a command installs the project that it runs in, unless these flags or the manifest say otherwise.
#[derive(Clone, Copy, Debug)]
pub struct Own {
    /// The flags that leave the project out.
    pub without: &'static [&'static str],
    /// What the manifest of something that is not a package says, without blanks.
    pub unless: &'static [&'static str],
    /// What the manifest of a package must say, one of these without blanks; empty for nothing. A key with its
    /// colon, of a script that only says something, does not count.
    pub needs: &'static [&'static str],
}

impl Habit {
    /// A command that touches nothing but what its arguments name.
    pub const IDLE: Self = Self {
        verbs: &[],
        with: &[],
        bare: false,
        downloads: false,
        reads: &[],
        above: &[],
        members: &[],
        named: &[],
        hooks: &[],
        folder: &[],
        lists: &[],
        lists_follow: false,
        paths: &[],
        targets: &[],
        makes: &[],
        made: None,
        manifest: None,
        without_folders: &[],
        whole: &[],
        alone: &[],
        unchecked: None,
        own: None,
    };

    /// How many words the verb of it has that these begin with.
    pub fn verb(&self, words: &[&str]) -> Option<usize> {
        let verbs = self.verbs.iter().map(|it| it.split(' '));
        verbs
            .filter(|it| it.clone().zip(words).all(|(a, b)| a == *b))
            .map(Iterator::count)
            .find(|it| *it <= words.len())
    }
}

impl Manager {
    /// The habit that a call of it follows; `None` if nothing is known of its verb.
    pub fn habit(&self, call: &Invocation) -> Option<&'static Habit> {
        let said: Vec<&str> = self.grammar.words(call).collect();
        let unknown = call.arguments.iter().any(|it| it.text.is_none());
        self.habits.iter().find(|habit| {
            habit.verb(&said).is_some_and(|words| {
                let is_bare = !unknown && said.len() == words;
                (habit.with.is_empty() || call.has(habit.with)) && (is_bare || !habit.bare)
            })
        })
    }
}

/// What a program does to the files that its command line names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Touches {
    /// Its arguments are text.
    Nothing,
    /// It tells the shell something.
    Shell,
    /// It only tells about them.
    Asks,
    /// It reads them.
    Reads,
    /// It changes, makes or removes them.
    Changes,
    /// It removes them.
    Removes,
    /// It makes folders.
    Folders,
    /// It changes who the system knows; files only as far as they are named.
    Accounts,
    /// It installs packages; files need a slash.
    Packages,
    /// It sets up something else of the system; files need a slash.
    System,
    /// It fetches files from the net.
    Fetches,
    /// It unpacks an archive.
    Unpacks,
    /// It makes a virtual environment.
    Environment,
}

use Touches::{
    Accounts, Asks, Changes, Environment, Fetches, Folders, Nothing, Packages, Reads, Removes,
    Shell, System, Unpacks,
};

/// What well-known programs touch, by name in alphabetical order.
pub const PROGRAMS: &[(&str, Touches)] = &[
    (":", Nothing),
    ("[", Asks),
    ("add-apt-repository", System),
    ("addgroup", Accounts),
    ("adduser", Accounts),
    ("apk", Packages),
    ("apt", Packages),
    ("apt-get", Packages),
    ("apt-key", Reads),
    ("apt-mark", Packages),
    ("cat", Reads),
    ("cd", Shell),
    ("chgrp", Changes),
    ("chmod", Changes),
    ("chown", Changes),
    ("corepack", System),
    ("cp", Changes),
    ("curl", Fetches),
    ("date", Nothing),
    ("dnf", Packages),
    ("dpkg", System),
    ("dpkg-reconfigure", System),
    ("easy_install", Packages),
    ("echo", Nothing),
    ("ensurepip", Packages),
    ("export", Shell),
    ("false", Nothing),
    ("gpg", Changes),
    ("grep", Reads),
    ("groupadd", Accounts),
    ("groupmod", Accounts),
    ("gunzip", Changes),
    ("hash", Nothing),
    ("head", Reads),
    ("id", Nothing),
    ("install", Changes),
    ("ldconfig", Packages),
    ("ln", Changes),
    ("local", Shell),
    ("locale-gen", System),
    ("localedef", System),
    ("ls", Asks),
    ("microdnf", Packages),
    ("mkdir", Folders),
    ("mktemp", Changes),
    ("mv", Changes),
    ("pacman", System),
    ("passwd", Accounts),
    ("pipx", Packages),
    ("printf", Nothing),
    ("rm", Removes),
    ("rmdir", Removes),
    ("rustup", System),
    ("sed", Changes),
    ("set", Shell),
    ("setcap", Changes),
    ("setuptools", Packages),
    ("sha256sum", Reads),
    ("sleep", Nothing),
    ("stat", Reads),
    ("sysctl", System),
    ("tail", Reads),
    ("tar", Unpacks),
    ("tdnf", System),
    ("tee", Changes),
    ("test", Asks),
    ("touch", Changes),
    ("true", Nothing),
    ("umask", Shell),
    ("uname", Nothing),
    ("unset", Shell),
    ("unzip", Unpacks),
    ("update-alternatives", System),
    ("update-ca-certificates", System),
    ("update-locale", System),
    ("useradd", Accounts),
    ("usermod", Accounts),
    ("venv", Environment),
    ("virtualenv", Environment),
    ("wget", Fetches),
    ("which", Nothing),
    ("whoami", Nothing),
    ("yum", Packages),
    ("zypper", System),
];

/// What a program of this name touches; `None` if it is not known.
pub fn touches(program: &str) -> Option<Touches> {
    let at = PROGRAMS.binary_search_by(|it| it.0.cmp(program)).ok()?;
    Some(PROGRAMS[at].1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_order() {
        assert!(PROGRAMS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(touches("yum"), Some(Packages));
        assert_eq!(touches("make"), None);
    }
}
