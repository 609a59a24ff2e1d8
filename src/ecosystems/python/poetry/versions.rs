//! What the versions of Poetry can do, and on which Pythons they run.
//!
//! Read from the console commands and the metadata of the releases 1.0.10, 1.1.15, 1.2.2, 1.3.2, 1.4.0, 1.4.2,
//! 1.5.0, 1.5.1, 1.6.1, 1.7.1, 1.8.0, 1.8.3, 2.0.1, 2.1.3, 2.2.1 and 2.5.1.

use crate::{
    ecosystems::{images::PythonVersion, version::Version},
    shell::Invocation,
};

/// The version that is pinned if nothing names one.
pub const DEFAULT: [u32; 3] = [1, 8, 3];
/// The last version 2 that runs on Python 3.9, of the first minor version that reads `[dependency-groups]`: what
/// is pinned if the project needs a version 2.
pub const DEFAULT_2: [u32; 3] = [2, 2, 1];

/// A command, flag or setting that not every version has.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Feature {
    /// The command that it belongs to; empty for a flag of any command.
    command: &'static str,
    /// The flag or argument; empty for the command itself.
    word: &'static str,
    since: Option<[u32; 2]>,
    until: Option<[u32; 2]>,
    /// What to write in versions that no longer have it; empty to leave it out.
    instead: Option<&'static str>,
}

/// Only what is seen in Dockerfiles, and what differs between the versions that are pinned today.
const FEATURES: &[Feature] = &[
    // Since Poetry 1.2, which brought groups, this is how `--no-dev` is read; before, all there is besides
    // the main group is `dev`.
    gone("", "--no-dev", [2, 0], Some("--only main")),
    gone("", "--remove-untracked", [2, 0], Some("--sync")),
    // What `lock` does of itself since 2.0.
    gone("lock", "--no-update", [2, 0], Some("")),
    gone("lock", "--check", [2, 0], None),
    gone("export", "", [2, 0], None),
    gone("shell", "", [2, 0], None),
    gone("source", "--default", [2, 0], None),
    gone("source", "--secondary", [2, 0], None),
    gone("config", "experimental.new-installer", [1, 5], None),
    gone("config", "experimental.system-git-client", [2, 0], None),
    gone("config", "installer.modern-installation", [2, 0], None),
    gone("config", "virtualenvs.prefer-active-python", [2, 0], None),
    gone("config", "virtualenvs.options.no-setuptools", [2, 0], None),
    gone("config", "warnings.export", [2, 0], None),
    new("", "--with", [1, 2]),
    new("", "--without", [1, 2]),
    new("", "--only", [1, 2]),
    new("", "--only-root", [1, 2]),
    new("", "--sync", [1, 2]),
    new("", "--all-extras", [1, 2]),
    new("", "--no-cache", [1, 2]),
    new("", "--directory", [1, 3]),
    new("", "-C", [1, 3]),
    new("", "--compile", [1, 4]),
    new("", "--no-directory", [1, 5]),
    new("", "--project", [2, 0]),
    new("", "-P", [2, 0]),
    new("", "--all-groups", [2, 0]),
    new("lock", "--regenerate", [2, 0]),
    new("check", "--lock", [1, 6]),
    new("check", "--strict", [2, 0]),
    new("build", "--output", [1, 8]),
    new("build", "-o", [1, 8]),
    new("build", "--clean", [2, 0]),
    new("config", "--migrate", [2, 0]),
    new("source", "--priority", [1, 5]),
    new("sync", "", [2, 0]),
    new("python", "", [2, 1]),
    new("env", "activate", [2, 0]),
    new("self", "add", [1, 2]),
    new("self", "install", [1, 2]),
    new("self", "lock", [1, 2]),
    new("self", "remove", [1, 2]),
    new("self", "show", [1, 2]),
    new("self", "sync", [2, 0]),
    new("config", "installer.max-workers", [1, 2]),
    new("config", "installer.no-binary", [1, 2]),
    new("config", "installer.modern-installation", [1, 4]),
    new("config", "installer.only-binary", [2, 0]),
    new("config", "installer.re-resolve", [2, 0]),
    new("config", "keyring.enabled", [1, 8]),
    new("config", "requests.max-retries", [2, 0]),
    new("config", "solver.lazy-wheel", [1, 8]),
    new("config", "system-git-client", [2, 0]),
    new("config", "virtualenvs.options.always-copy", [1, 2]),
    new("config", "virtualenvs.options.no-pip", [1, 2]),
    new("config", "virtualenvs.options.no-setuptools", [1, 2]),
    new("config", "virtualenvs.options.system-site-packages", [1, 2]),
    new("config", "virtualenvs.prefer-active-python", [1, 2]),
    new("config", "virtualenvs.prompt", [1, 2]),
    new("config", "virtualenvs.use-poetry-python", [2, 0]),
    new("config", "warnings.export", [1, 7]),
];

const fn new(command: &'static str, word: &'static str, since: [u32; 2]) -> Feature {
    Feature { command, word, since: Some(since), until: None, instead: None }
}

const fn gone(
    command: &'static str,
    word: &'static str,
    until: [u32; 2],
    instead: Option<&'static str>,
) -> Feature {
    Feature { command, word, since: None, until: Some(until), instead }
}

impl Feature {
    /// What it is called on the command line.
    pub fn name(&self) -> &'static str {
        if self.word.is_empty() { self.command } else { self.word }
    }

    /// What to write instead in a version that no longer has it, empty to leave it out; `None` if nothing
    /// does the same.
    pub fn instead(&self) -> Option<&'static str> {
        self.instead
    }

    fn is_in(&self, version: &Version) -> bool {
        self.since.is_none_or(|it| *version >= Version::new(&it))
            && self.until.is_none_or(|it| *version < Version::new(&it))
    }

    fn is_used_by(&self, call: &Invocation) -> bool {
        let in_command = self.command.is_empty() || call.subcommand() == Some(self.command);
        let named = |it: &str| it == self.word || it.split('=').next() == Some(self.word);
        in_command && (self.word.is_empty() || call.texts().any(named))
    }
}

/// The features that a call of Poetry uses and a version does not have.
pub fn missing(call: &Invocation, version: &Version) -> impl Iterator<Item = &'static Feature> {
    FEATURES.iter().filter(move |it| it.is_used_by(call) && !it.is_in(version))
}

/// The first and the last Python that a version of Poetry runs on; `None` if no Python is known to be too new
/// for it.
pub fn pythons(version: &Version) -> (PythonVersion, Option<PythonVersion>) {
    let python = |minor| PythonVersion(3, minor);
    match (version.part(0), version.part(1)) {
        // They bring a copy of `six` that Python 3.12 cannot import.
        (0, _) | (1, 0 | 1) => (python(5), Some(python(11))),
        (1, 2..=5) => (python(7), None),
        (1, _) => (python(8), None),
        (2, 0..=2) => (python(9), None),
        _ => (python(10), None),
    }
}

/// Whether only Poetry 2 writes a lock of this `lock-version`.
pub fn lock_needs_2(format: &str) -> bool {
    format.starts_with("2.1")
}

/// A version with all of its three numbers: the installer script does not accept `1.8`.
pub fn full(version: &Version) -> String {
    match version.to_string() {
        it if it.matches('.').count() >= 2 => it,
        _ => format!("{}.{}.{}", version.part(0), version.part(1), version.part(2)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(line: &str, version: [u32; 3]) -> Vec<&'static str> {
        let words: Vec<_> = line.split(' ').map(|it| Some(it.to_owned())).collect();
        let call = crate::ecosystems::invocation(&words).unwrap();
        missing(&call, &Version::new(&version)).map(Feature::name).collect()
    }

    #[test]
    fn commands_flags_and_settings_come_and_go() {
        let none: [&str; 0] = [];
        assert_eq!(names("poetry install --no-dev", [2, 0, 0]), ["--no-dev"]);
        assert_eq!(names("poetry install --no-dev --no-root", [1, 8, 3]), none);
        assert_eq!(
            names("poetry install --only main --no-directory", [1, 1, 15]),
            ["--only", "--no-directory"]
        );
        assert_eq!(names("poetry install --only=main", [1, 1, 15]), ["--only"]);
        assert_eq!(names("poetry sync -C api", [1, 8, 3]), ["sync"]);
        assert_eq!(names("poetry lock --no-update", [2, 1, 3]), ["--no-update"]);
        assert_eq!(names("poetry config experimental.new-installer false", [1, 8, 3]).len(), 1);
        assert_eq!(names("poetry config virtualenvs.create false", [1, 0, 0]), none);
        assert_eq!(names("poetry self update", [1, 1, 0]), none);
        assert_eq!(names("poetry export -f requirements.txt", [2, 0, 1]), ["export"]);
    }

    #[test]
    fn a_version_has_three_numbers() {
        assert_eq!(full(&Version::new(&[1, 8])), "1.8.0");
        assert_eq!(full(&Version::new(&[1, 8, 3])), "1.8.3");
    }
}
