//! Whether what containers start installs: then it may want what the build has cached.

use std::sync::Arc;

use super::Caches;
use crate::{
    context::layers::Layers,
    dockerfile::{Keyword, stage::Stage},
    ecosystems::{self, Verb, python},
    project::{File, Project},
    run::Site,
    shell::Script,
    text::words,
};

/// How many scripts deep is looked.
const DEPTH: usize = 4;

impl Caches<'_> {
    /// What containers start that calls a manager which fills or reads a cache that is mounted, for people: `start.sh runs uv sync`.
    pub(super) fn called_by(
        &self,
        project: &Project,
        site: &Site<'_>,
        stage: &Stage<'_>,
    ) -> Option<String> {
        let heirs: Vec<&Stage<'_>> = site.heirs(stage).collect();
        let starts =
            |it: Keyword| matches!(it, Keyword::Cmd | Keyword::Entrypoint | Keyword::Healthcheck);
        let mut lines: Vec<(String, String)> = Vec::new();
        for it in heirs.iter().flat_map(|it| it.instructions()).filter(|it| starts(it.2.keyword)) {
            lines.push((it.2.keyword.as_str().to_owned(), it.2.text().to_owned()));
        }
        if heirs.iter().any(|it| it.index + 1 == site.stages.len()) {
            for (file, service) in project.runs(site.path) {
                let given = [&service.command, &service.entrypoint].into_iter().flatten();
                lines.extend(given.map(|it| (service.place(file).to_string(), it.text())));
            }
        }
        let folder = Layers::context(project, site.path).ok().or_else(|| site.path.parent());
        let find = |name: &str| project.file_below(folder.as_ref()?, name);
        lines.iter().find_map(|(from, said)| self.caller(from, said, &find, DEPTH))
    }

    fn caller<'p>(
        &self,
        from: &str,
        said: &str,
        find: &dyn Fn(&str) -> Option<&'p Arc<File>>,
        depth: usize,
    ) -> Option<String> {
        let installs = said.lines().find_map(|it| self.called_in(command_words(it)));
        if let Some(call) = installs {
            return Some(format!("{from} runs {call}"));
        }
        let mut before = "";
        for word in words(said).filter(|_| depth > 0) {
            let is_module = before == "-m";
            before = word;
            let names = match is_module {
                true => python::module_files(word).to_vec(),
                false if word.contains('/') || word.contains('.') => vec![word.to_owned()],
                false => continue,
            };
            for file in names.iter().filter_map(|it| find(it)) {
                let (path, text) = (&file.path, &file.text);
                let lines = text.lines().filter(|it| !it.trim_start().starts_with('#'));
                let is_shell = text.starts_with("#!") && !text.contains("python")
                    || path.as_str().ends_with(".sh");
                let found = match is_shell {
                    true => {
                        let text = lines.collect::<Vec<_>>().join("\n");
                        self.caller(path.file_name(), &text, find, depth - 1)
                    }
                    // In other languages only what is quoted by itself is a program: `run(["uv", "sync"])`.
                    false => {
                        let mut lines = lines;
                        let call = lines.find_map(|it| self.called_in(quoted(it)));
                        call.map(|it| format!("{} runs {it}", path.file_name()))
                    }
                };
                if found.is_some() {
                    return found;
                }
            }
        }
        None
    }

    /// The call among words that fills or uses a cache: `uv sync`. Just to start a program, as `npm start` does, a
    /// manager needs none, unless it is told to do without network.
    fn called_in<'w>(&self, words: impl Iterator<Item = &'w str>) -> Option<String> {
        let words: Vec<&str> = words.collect();
        self.uses.iter().find_map(|cache_use| {
            let manager = ecosystems::manager(&cache_use.site.call)?;
            let name = |it: &str| it.rsplit('/').next().unwrap_or_default().to_owned();
            let at = words.iter().position(|it| manager.has_program(&name(it)))?;
            let first = |it: &Verb| it.words.split(' ').next().unwrap_or_default();
            let verbs = cache_use.caching.cache.filled_by;
            let uses = |it: &&&str| {
                it.trim_start_matches('-') == "offline"
                    || verbs.iter().any(|verb| first(verb) == **it)
            };
            let scripts = manager.grammar.scripts.map_or(&[][..], |it| it.verbs);
            let named = words[at..].iter().zip(&words[at + 1..]);
            let verb = named.filter(|it| !scripts.contains(it.0)).map(|it| it.1).find(uses)?;
            Some(format!("{} {verb}", manager.name))
        })
    }
}

/// The words of a command line; the name of a script may have colons in it: `npm run test:ci`.
fn command_words(text: &str) -> impl Iterator<Item = &str> {
    let ends = |it: char| !it.is_alphanumeric() && !"-_./+:".contains(it);
    text.split(ends).filter(|it| !it.is_empty())
}

/// The words in quotes of a line that are words or lines of commands, and not sentences for people.
fn quoted(line: &str) -> impl Iterator<Item = &str> {
    let texts = line.split(['"', '\'']).skip(1).step_by(2);
    texts.filter(|it| is_command(it)).flat_map(str::split_whitespace)
}

/// Whether a text is a word, or a command line that calls a manager.
fn is_command(text: &str) -> bool {
    if text.split_whitespace().count() < 2 {
        return true;
    }
    let script = Script::of_text(text);
    let mut commands = script.iter().flat_map(Script::commands);
    commands.any(|it| {
        let call = ecosystems::invocation_of(it, |it| it.value.clone());
        call.is_some_and(|it| ecosystems::manager(&it).is_some() || it.script.is_some())
    })
}
