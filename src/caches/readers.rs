//! Who reads a cache: then it is an output, which the image needs.

use super::{Caches, cleaning::one_line};
use crate::{
    dockerfile::{
        Instruction, Keyword,
        stage::{Stage, State},
    },
    packages::{self, Refusal},
    project::copies::below,
    run::{CallSite, Run, Site},
    shell::Command,
};

/// What a path is to the caches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Reach {
    /// It is a mounted folder, or in one.
    Within,
    /// It is the folder of the manager's caches.
    Root,
    /// It is the `.cache` that the manager's folder is in.
    AllCaches,
    /// It is further up.
    Above,
    /// It has nothing to do with them.
    Elsewhere,
    /// It cannot be known, but it speaks of caches.
    Unknown,
}

/// The programs that look at the folders they are given and leave them as they are, or make them.
const HARMLESS: &[&str] =
    &["[", "cd", "du", "echo", "export", "ls", "mkdir", "printf", "rm", "test"];

/// The programs that go down into folders.
const WALKERS: &[&str] = &["chgrp", "chmod", "chown", "cp", "find", "mv", "rsync", "tar", "zip"];

/// Whether nothing but the managers themselves reads the caches.
pub(super) fn check(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Result<(), Refusal> {
    let needed = |why: String| Err(("cache-needed", why));
    if caches.run.instruction.flag("network").is_some_and(|it| it.value.as_deref() == Some("none"))
    {
        return needed("it runs without network, so it may need what a mount has lost".to_owned());
    }
    if caches.uses.iter().any(|it| it.caching.offline) {
        return needed("it runs offline, so it may need what a mount has lost".to_owned());
    }
    if let Some(it) = reader(caches, caches.run, true) {
        return needed(format!("`{it}` uses the cache"));
    }
    for other in &site.stages {
        let heir = site.heirs(stage).any(|it| it.index == other.index);
        for (item, _, it) in other.instructions() {
            let line = site.place(item).line;
            let state = || other.state_before(item, &site.stages);
            if copies_from(caches, site, stage, it, &state) {
                return needed(format!("line {line} copies from the cache"));
            }
            let later = heir && (other.index != stage.index || caches.run.item < item);
            if later && uses_later(caches, site, other, item, it, &state) {
                return needed(format!("line {line} uses the cache"));
            }
        }
    }
    Ok(())
}

/// The command of a RUN that reads or changes the caches other than through their managers.
fn reader(caches: &Caches<'_>, run: &Run<'_>, same: bool) -> Option<String> {
    let found = run.script.commands().iter().enumerate().find(|(at, command)| {
        let call = run.calls().iter().find(|it| it.command == *at);
        let program = call.map_or("", |it| it.call.program.as_str());
        let manager = call.and_then(|it| packages::manager(&it.call));
        // Where a manager is told to cache is no reading of it; where it is told to write is.
        let own = |at: usize| {
            let before = at.checked_sub(1).map(|at| command.words[at].raw.as_str());
            command.words[at].raw.starts_with("--cache-dir") || before == Some("--cache-dir")
        };
        if HARMLESS.contains(&program) || program == "rm" && same {
            return false;
        }
        (1..command.words.len()).filter(|it| manager.is_none() || !own(*it)).any(|word| {
            let reach = match call {
                Some(site) => caches.reach_in(run, site, command, word),
                None => caches.reach_of(&command.words[word].raw),
            };
            match reach {
                Reach::Within => true,
                Reach::Root | Reach::AllCaches | Reach::Above => WALKERS.contains(&program),
                Reach::Elsewhere => caches.mentions(&command.words[word].raw),
                Reach::Unknown => false,
            }
        })
    });
    found.map(|(_, it)| one_line(run.text(it.span.clone())))
}

/// Whether an instruction copies or mounts the caches of this stage or one built on it.
fn copies_from(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    it: &Instruction,
    state: &dyn Fn() -> State,
) -> bool {
    let ours = |from: &str| {
        site.heirs(stage).any(|it| {
            it.name.is_some_and(|it| it.eq_ignore_ascii_case(from)) || it.index.to_string() == from
        })
    };
    let takes = |path: &str| {
        let path = state().expand(path, site.dockerfile.escape);
        match path {
            Some(it) => {
                let it = if it.starts_with('/') { it } else { format!("/{it}") };
                matches!(caches.reach_of(&it), Reach::Within | Reach::Root | Reach::AllCaches)
            }
            None => false,
        }
    };
    if let Some(copy) = it.copy() {
        return copy.from.is_some_and(ours) && copy.sources.iter().any(|it| takes(&it.text));
    }
    it.keyword == Keyword::Run
        && it.mounts().any(|it| {
            let field = |name: &[&str]| {
                it.fields.iter().find(|it| name.contains(&it.0.as_str())).map(|it| it.1.as_str())
            };
            field(&["from"]).is_some_and(ours) && takes(field(&["source", "src"]).unwrap_or("/"))
        })
}

/// Whether a later instruction of the image reads the caches.
fn uses_later(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    it: &Instruction,
    state: &dyn Fn() -> State,
) -> bool {
    match it.keyword {
        Keyword::Run => match site.run(stage, item) {
            Ok(run) => {
                let offline = Caches::of(site, stage, &run).is_some_and(|it| {
                    it.uses.iter().any(|it| it.caching.offline)
                        && it.managers().iter().any(|it| caches.managers().contains(it))
                });
                offline || reader(caches, &run, false).is_some()
            }
            Err(_) => caches.mentions(it.text()),
        },
        Keyword::Volume => it.values().iter().any(|it| {
            let path = state().expand(it, site.dockerfile.escape);
            path.is_some_and(|it| {
                matches!(caches.reach_of(&it), Reach::Within | Reach::Root | Reach::AllCaches)
            })
        }),
        Keyword::Cmd | Keyword::Entrypoint => caches.mentions(it.text()),
        _ => false,
    }
}

impl Caches<'_> {
    /// What a word of a call in this RUN is to the caches.
    pub(super) fn reach(&self, site: &CallSite, command: &Command, word: usize) -> Reach {
        self.reach_in(self.run, site, command, word)
    }

    fn reach_in(&self, run: &Run<'_>, site: &CallSite, command: &Command, word: usize) -> Reach {
        let text = site.call.arguments.iter().find(|it| it.word == word);
        let text = text.and_then(|it| it.text.as_deref());
        let raw = &command.words[word].raw;
        match text {
            Some(it) if it.starts_with('-') => Reach::Elsewhere,
            Some(it) => match run.at(site).path(stem(it)) {
                Some(path) => self.reach_of(&path),
                None => Reach::Elsewhere,
            },
            None if raw.to_lowercase().contains("cache") => Reach::Unknown,
            None => Reach::Elsewhere,
        }
    }

    /// What an absolute path is to the caches.
    fn reach_of(&self, path: &str) -> Reach {
        if !path.starts_with('/') {
            return Reach::Elsewhere;
        }
        let path = stem(path);
        let path = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let mut reach = Reach::Elsewhere;
        for it in &self.uses {
            let root = it.caching.root.as_str();
            let is = |folder: &String| below(path, folder).is_some();
            let found = match () {
                () if it.caching.folders.iter().any(is) => Reach::Within,
                () if path == root => Reach::Root,
                () if below(root, path).is_none() => Reach::Elsewhere,
                () if path.ends_with("/.cache") => Reach::AllCaches,
                () => Reach::Above,
            };
            if reach == Reach::Elsewhere {
                reach = found;
            }
        }
        reach
    }

    /// Whether a text names one of the folders.
    fn mentions(&self, text: &str) -> bool {
        self.uses.iter().flat_map(|it| &it.caching.folders).any(|it| text.contains(it.as_str()))
    }
}

/// The folder that a pattern matches in: what stands before the first part with a wildcard.
fn stem(path: &str) -> &str {
    match path.find(['*', '?', '[', '{']) {
        Some(at) => match path[..at].rfind('/') {
            Some(0) => "/",
            Some(end) => &path[..end],
            None => ".",
        },
        None => path,
    }
}
