//! What empties the caches in the RUN that fills them.
//!
//! In a mount it would delete what the next build needs, and `rm -rf` of a mounted folder fails.

use super::{Caches, readers::Reach};
use crate::{
    ecosystems,
    project::change::{Alteration, Altered},
    run::CallSite,
    shell::Command,
    text::Refusal,
};

/// The programs that write nothing below `~/.cache`, unless they are told to.
const TIDY: &[&str] = &[
    "[",
    "[[",
    "addgroup",
    "adduser",
    "apk",
    "apt",
    "apt-get",
    "cat",
    "cd",
    "chmod",
    "chown",
    "command",
    "cp",
    "curl",
    "dnf",
    "echo",
    "ensurepip",
    "export",
    "find",
    "groupadd",
    "gunzip",
    "ldconfig",
    "ln",
    "locale-gen",
    "ls",
    "microdnf",
    "mkdir",
    "mv",
    "printf",
    "rm",
    "sed",
    "set",
    "tar",
    "test",
    "touch",
    "true",
    "unzip",
    "update-ca-certificates",
    "useradd",
    "usermod",
    "wget",
    "yum",
];

impl Caches<'_> {
    /// Takes out what empties the caches.
    pub(super) fn without_cleaning(&self) -> Result<Altered, Refusal> {
        let (mut edits, mut alters) = (Vec::new(), Vec::new());
        for site in self.run.calls() {
            let command = &self.run.script.commands()[site.command];
            let text = self.run.text(command.span.clone());
            let why = |why: &str| format!("`{}` {why}", one_line(text));
            let emptied = || why("would empty the mount and cannot be taken out");
            let stuck = || Refusal::new("cache-emptied", emptied());
            if self.purges(site) {
                edits.extend(self.run.script.remove_pipeline(command).ok_or_else(stuck)?);
                alters.push(Alteration::Pipeline(command.pipeline.clone()));
            }
            if site.call.program != "rm" {
                continue;
            }
            let mut cleaned = Vec::new();
            for it in &site.call.arguments {
                let word = &command.words[it.word];
                if word.raw.starts_with('-') {
                    continue;
                }
                if self.prints_a_cache(&word.raw) {
                    cleaned.push(it.word);
                    continue;
                }
                match self.reach(site, command, it.word) {
                    Reach::Within | Reach::Root => cleaned.push(it.word),
                    Reach::AllCaches if self.others_are_tidy() => cleaned.push(it.word),
                    Reach::AllCaches => {
                        return Err(Refusal::new(
                            "cache-emptied",
                            why("removes what else is in that folder, too"),
                        ));
                    }
                    Reach::Above | Reach::Among | Reach::Unknown => {
                        return Err(Refusal::new("cache-emptied", emptied()));
                    }
                    Reach::Elsewhere => {}
                }
            }
            let paths = command.words.iter().skip(1).filter(|it| !it.raw.starts_with('-'));
            let edit = match cleaned.len() {
                0 => continue,
                all if all == paths.count() => self.run.script.remove_pipeline(command),
                _ => self.run.script.remove_words(command, &cleaned),
            };
            edits.extend(edit.ok_or_else(|| Refusal::new("cache-emptied", emptied()))?);
            alters.push(Alteration::Pipeline(command.pipeline.clone()));
        }
        Ok((edits, alters))
    }

    /// Whether a call asks a manager to empty a cache that this RUN fills.
    fn purges(&self, site: &CallSite) -> bool {
        let Some(manager) = ecosystems::manager(&site.call) else { return false };
        let fills = self
            .uses
            .iter()
            .any(|it| ecosystems::manager(&it.site.call).is_some_and(|it| it.name == manager.name));
        fills && manager.grammar.has(&site.call, manager.grammar.clean)
    }

    /// Whether a word is what a manager says where its cache is: `$(pip cache dir)`.
    fn prints_a_cache(&self, word: &str) -> bool {
        let word = word.trim_matches('"');
        let dollar = word.strip_prefix("$(").and_then(|it| it.strip_suffix(')'));
        let inner = dollar.or_else(|| word.strip_prefix('`')?.strip_suffix('`'));
        inner.is_some_and(|it| {
            self.uses.iter().any(|own| own.caching.cache.printed_by.contains(&it))
        })
    }

    /// Whether nothing else in this RUN writes below `~/.cache` what only its removal keeps out.
    fn others_are_tidy(&self) -> bool {
        self.run.script.commands().iter().enumerate().all(|(at, it)| {
            let fills = self.uses.iter().find(|it| it.site.command == at);
            match fills {
                Some(it) => !it.caching.cache.spills,
                None => it.words.is_empty() || self.is_tidy(at, it),
            }
        })
    }

    fn is_tidy(&self, at: usize, command: &Command) -> bool {
        let purge = self.run.call_of(at);
        purge.is_some_and(|it| self.purges(it))
            || command.program().is_some_and(|it| TIDY.contains(&it))
    }
}

/// A command as a message quotes it.
pub(super) fn one_line(text: &str) -> String {
    let words: Vec<&str> = text.split_whitespace().filter(|it| *it != "\\").collect();
    words.join(" ")
}
