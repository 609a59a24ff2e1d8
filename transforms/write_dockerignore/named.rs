//! What the steps of all Dockerfiles of a context name: sources of COPYs, and words of commands.

use std::collections::HashSet;

use super::group::{Group, Taker};
use crate::{
    callers::service::Given,
    context::is_whole,
    dockerfile::{Instruction, Keyword},
    project::Project,
    text::{
        glob::{self, Glob},
        tails,
    },
};

/// What steps name.
pub(super) struct Named {
    /// The sources of COPYs, ADDs, bind mounts and `develop.watch`, and the folders that they lie in.
    sources: Paths,
    /// The same of the words of commands.
    words: Paths,
}

/// Paths, and patterns for more.
#[derive(Default)]
struct Paths {
    plain: HashSet<String>,
    patterns: Vec<Glob>,
    /// The patterns as they are written.
    seen: HashSet<String>,
}

impl Named {
    /// What the Dockerfiles of a group name, and the services that run them.
    pub(super) fn of(project: &Project, group: &Group<'_>) -> Self {
        let mut named = Self { sources: Paths::default(), words: Paths::default() };
        for taker in group.all() {
            let takes = taker.takes.iter().map(|it| it.source.as_str());
            for source in takes.filter(|it| !is_whole(it)) {
                named.sources.add(source.trim_start_matches("./").trim_matches('/'));
            }
            for word in taker.words(project) {
                tails(word).for_each(|it| named.words.add(it.trim_end_matches('/')));
            }
            let services = project.services(&taker.file.path).iter();
            let watched = services.flat_map(|it| &it.1.watched);
            for path in watched.filter_map(|it| it.strip_prefix(&group.folder)) {
                named.sources.add(path);
            }
        }
        named
    }

    /// Returns true if a source names a path or something in it, and does not bring it with a folder or with everything.
    pub(super) fn is_source(&self, path: &str) -> bool {
        self.sources.have(path)
    }

    /// Returns true if a word of a command is about a path: it, something in it, or a pattern that matches it.
    pub(super) fn is_word(&self, path: &str) -> bool {
        self.words.have(path)
    }
}

impl Paths {
    /// Adds a path and the folders that it lies in. What matches everything names nothing.
    fn add(&mut self, path: &str) {
        let ends = path.match_indices('/').map(|it| it.0).chain([path.len()]);
        for path in ends.into_iter().map(|it| &path[..it]) {
            if !glob::is_pattern(path) {
                if !self.plain.contains(path) {
                    self.plain.insert(path.to_owned());
                }
            } else if !path.ends_with("/*") && path != "*" && self.seen.insert(path.to_owned()) {
                self.patterns.extend(Glob::new(path));
            }
        }
    }

    fn have(&self, path: &str) -> bool {
        self.plain.contains(path) || self.patterns.iter().any(|it| it.matches(path))
    }
}

/// The words of the commands of a Dockerfile and of the services that run it, each once and in order; [`Taker::words`]
/// keeps them.
pub(super) fn words(project: &Project, taker: &Taker<'_>) -> Vec<String> {
    let mut words = Words::default();
    let commands = taker.dockerfile.instructions().map(|it| it.1).filter(|it| is_command(it));
    commands.for_each(|it| words.add(it.text()));
    for (_, service) in project.services(&taker.file.path) {
        let given = [&service.command, &service.entrypoint, &service.healthcheck];
        given.into_iter().flatten().map(Given::text).for_each(|it| words.add(&it));
    }
    words.all
}

/// Words in the order in which they come first.
#[derive(Default)]
struct Words {
    all: Vec<String>,
    seen: HashSet<String>,
}

impl Words {
    fn add(&mut self, text: &str) {
        let is_break = |it: char| it.is_whitespace() || "\"'`;,=|&()<>[]{}".contains(it);
        for word in text.split(is_break).filter(|it| !it.is_empty()) {
            if !self.seen.contains(word) {
                self.seen.insert(word.to_owned());
                self.all.push(word.to_owned());
            }
        }
    }
}

/// Returns true if an instruction has words of commands.
pub(super) fn is_command(instruction: &Instruction) -> bool {
    use Keyword::{Cmd, Entrypoint, Env, Healthcheck, Run};
    matches!(instruction.keyword, Cmd | Entrypoint | Env | Healthcheck | Run)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_stay_in_order() {
        let mut words = Words::default();
        words.add("python -m flask run; flask db upgrade && gunicorn app:app");
        let all = ["python", "-m", "flask", "run", "db", "upgrade", "gunicorn", "app:app"];
        assert_eq!(words.all, all);
    }
}
