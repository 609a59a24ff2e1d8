//! Who reads a cache: then it is an output, which the image needs.

use super::{Caches, Use, cleaning::one_line};
use crate::{
    dockerfile::{
        Instruction, Keyword, Kind,
        mount::Mount,
        stage::{Stage, State},
    },
    ecosystems::{self, Cache, Location},
    run::{CallSite, Run, Site},
    shell::Command,
    text::{ImagePath, Refusal, glob::Glob},
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
    /// It is a pattern that matches one of these and others.
    Among,
    /// It has nothing to do with them.
    Elsewhere,
    /// It cannot be known, but it speaks of caches.
    Unknown,
}

/// The programs that look at the folders they are given and leave them as they are, or make them.
const HARMLESS: &[&str] =
    &["[", "cd", "du", "echo", "export", "ls", "mkdir", "printf", "rm", "test"];

/// The words of a command that name what it goes down into, to change it if `same`, or to copy it.
fn goes_into(command: &Command, program: &str, same: bool) -> Vec<usize> {
    let words: Vec<usize> = command.positional(&[]).into_iter().map(|it| it.0).collect();
    let sources = || words[..words.len().saturating_sub(1)].to_vec();
    let flags = command.short_flags();
    match program {
        "cp" if flags.contains(['a', 'r', 'R']) => sources(),
        "mv" | "rsync" => sources(),
        "tar" => {
            let mode = command.words.get(1).map_or("", |it| it.raw.as_str());
            if mode.contains(['x', 't']) { Vec::new() } else { words }
        }
        "zip" => words,
        "chgrp" | "chmod" | "chown" if same && flags.contains('R') => words,
        "find" if same => {
            let is_test = |it: &str| it.starts_with(['-', '(', '!', '\\']);
            let all = 1..command.words.len();
            all.take_while(|it| !is_test(&command.words[*it].raw)).collect()
        }
        _ => Vec::new(),
    }
}

/// Whether nothing but the managers themselves reads the caches.
pub(super) fn check(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
) -> Result<(), Refusal> {
    if caches.run.instruction.flag("network").is_some_and(|it| it.value.as_deref() == Some("none"))
    {
        return Err(Refusal::new(
            "cache-needed",
            "it runs without network, so it may need what a mount has lost",
        ));
    }
    if caches.uses.iter().any(|it| it.caching.offline) {
        return Err(Refusal::new(
            "cache-needed",
            "it runs offline, so it may need what a mount has lost",
        ));
    }
    if let Some(it) = keeps_programs(caches) {
        let reason = format!("`{it}` keeps the program that it runs there, for the next time");
        return Err(Refusal::new("cache-needed", reason));
    }
    if let Some(it) = reader(caches, caches.run, true) {
        return Err(Refusal::new("cache-needed", format!("`{it}` uses the cache")));
    }
    let Suspects(suspects) = site.dockerfile.memo.get(|| Suspects::of(site));
    for it in suspects {
        let (item, other) = (it.item, &site.stages[it.stage]);
        let Kind::Instruction(instruction) = &site.dockerfile.items[item].kind else { continue };
        let line = || site.line(item);
        let state = || other.state_before(item);
        let is_ours = |from: &usize| site.stages[*from].is_built_on(stage.index);
        if it.from.iter().any(is_ours) && takes_from(caches, site, stage, instruction, &state) {
            return Err(Refusal::new("cache-needed", format!("{} copies from the cache", line())));
        }
        let is_later = other.is_built_on(stage.index)
            && (other.index != stage.index || caches.run.item < item);
        if it.may_use && is_later && uses_later(caches, site, other, item, instruction, &state) {
            return Err(Refusal::new("cache-needed", format!("{} uses the cache", line())));
        }
    }
    Ok(())
}

/// The instructions of a Dockerfile that may read a cache, whosever it is, in order: each RUN asks for them.
struct Suspects(Vec<Suspect>);

/// An instruction that may read a cache.
struct Suspect {
    stage: usize,
    item: usize,
    /// The stages that it copies or mounts files of.
    from: Vec<usize>,
    /// True if it may use the cache that it finds in its image.
    may_use: bool,
}

impl Suspects {
    fn of(site: &Site<'_>) -> Self {
        let called = |name: &str| {
            let stages = site.stages.iter().filter(|it| it.is_called(name));
            stages.map(|it| it.index).collect::<Vec<usize>>()
        };
        let mut all = Vec::new();
        for stage in &site.stages {
            for (item, _, it) in stage.instructions() {
                let from = match it.copy() {
                    Some(copy) => copy.from.map(called).unwrap_or_default(),
                    None if it.keyword == Keyword::Run => {
                        let from = |it: Mount| it.field(&["from"]).map(called);
                        it.mounts().filter_map(from).flatten().collect()
                    }
                    None => Vec::new(),
                };
                let may_use = match it.keyword {
                    // To read a script takes long, so only those are read that may be of interest.
                    Keyword::Run => is_suspicious(site, item),
                    Keyword::Volume | Keyword::Cmd | Keyword::Entrypoint => true,
                    _ => false,
                };
                if may_use || !from.is_empty() {
                    all.push(Suspect { stage: stage.index, item, from, may_use });
                }
            }
        }
        Self(all)
    }
}

/// The command of the RUN that runs a program by a manager whose cache it is, which keeps it there: `npx`.
fn keeps_programs(caches: &Caches<'_>) -> Option<String> {
    let managers = || caches.uses.iter().filter_map(|it| ecosystems::manager(&it.site.call));
    let mut commands = caches.run.script.commands().iter();
    let keeps = |it: &&Command| {
        let program = it.program().unwrap_or_default();
        managers().any(|it| it.grammar.runners.contains(&program))
    };
    commands.find(keeps).map(|it| one_line(caches.run.text(it.span.clone())))
}

/// The command of a RUN that reads or changes the caches other than through their managers.
fn reader(caches: &Caches<'_>, run: &Run<'_>, same: bool) -> Option<String> {
    let found = run.script.commands().iter().enumerate().find(|(at, command)| {
        let call = run.call_of(*at);
        let program = call.map_or("", |it| it.call.program.as_str());
        let manager = call.and_then(|it| ecosystems::manager(&it.call));
        // Where a manager is told to cache is no reading of it; where it is told to write is.
        let options = || manager.into_iter().flat_map(|it| it.cache).flat_map(Cache::options);
        let own = |at: usize| {
            let before = at.checked_sub(1).map(|at| command.words[at].raw.as_str());
            let raw = &command.words[at].raw;
            options().any(|it| raw.starts_with(it) || before == Some(it))
        };
        if HARMLESS.contains(&program) || program == "rm" && same {
            return false;
        }
        let into = goes_into(command, program, same);
        (1..command.words.len()).filter(|it| manager.is_none() || !own(*it)).any(|word| {
            let reach = match call {
                Some(site) => caches.reach_in(run, site, command, word),
                None => caches.reach_of_text(&command.words[word].raw),
            };
            match reach {
                Reach::Within | Reach::Among => true,
                Reach::Root | Reach::AllCaches | Reach::Above => into.contains(&word),
                Reach::Elsewhere => caches.mentions(&command.words[word].raw),
                Reach::Unknown => false,
            }
        })
    });
    found.map(|(_, it)| one_line(run.text(it.span.clone())))
}

/// Whether an instruction that copies or mounts something of this stage or one built on it takes the caches.
fn takes_from(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    instruction: &Instruction,
    state: &dyn Fn() -> State,
) -> bool {
    let ours = |from: &str| site.heirs(stage).any(|it| it.is_called(from));
    let takes = |text: &str| {
        let path = state().expand(text, site.dockerfile.escape);
        // Of a name that a variable completes, the folder is known.
        let folder = || text.split('$').next()?.rsplit_once('/').map(|it| it.0.to_owned());
        let Some(path) = path.or_else(|| folder().filter(|it| !it.is_empty())) else {
            return caches.fills_a_store();
        };
        match caches.reach_of(&ImagePath::root().join(&path)) {
            Reach::Within | Reach::Root | Reach::AllCaches => true,
            // Of what is above a store, the packages are a part that is wanted.
            Reach::Above => caches.fills_a_store(),
            _ => false,
        }
    };
    if let Some(copy) = instruction.copy() {
        return copy.from.is_some_and(ours) && copy.sources.iter().any(|it| takes(&it.text));
    }
    instruction.mounts().any(|it| {
        it.field(&["from"]).is_some_and(ours) && takes(it.field(&["source", "src"]).unwrap_or("/"))
    })
}

/// Whether the text of a RUN has anything of what reads caches.
fn is_suspicious(site: &Site<'_>, item: usize) -> bool {
    let text = site.dockerfile.text(item).to_lowercase();
    let words = ["cache", "cp ", "mv ", "offline", "rsync ", "tar ", "zip "];
    // A variable may say that installs are offline.
    words.iter().any(|it| text.contains(it)) || site.dockerfile.source.contains("OFFLINE")
}

/// Whether a later instruction of the image reads the caches.
fn uses_later(
    caches: &Caches<'_>,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
    instruction: &Instruction,
    state: &dyn Fn() -> State,
) -> bool {
    match instruction.keyword {
        Keyword::Run => match site.run(stage, item) {
            Ok(run) => {
                let offline = Caches::of(site, stage, &run).is_some_and(|it| {
                    it.uses.iter().any(|it| it.caching.offline)
                        && it.managers().iter().any(|it| caches.managers().contains(it))
                });
                offline || reader(caches, &run, false).is_some()
            }
            Err(_) => caches.mentions(instruction.text()),
        },
        Keyword::Volume => instruction.values().iter().any(|it| {
            let path = state().expand(it, site.dockerfile.escape);
            path.is_some_and(|it| {
                matches!(caches.reach_of_text(&it), Reach::Within | Reach::Root | Reach::AllCaches)
            })
        }),
        Keyword::Cmd | Keyword::Entrypoint => caches.mentions(instruction.text()),
        _ => false,
    }
}

/// The places of caches, each once.
pub(super) fn locations(uses: &[Use<'_>]) -> Vec<Location> {
    let mut found: Vec<Location> = Vec::new();
    for it in uses.iter().filter_map(|it| it.caching.location.as_ref()) {
        if !found.contains(it) {
            found.push(it.clone());
        }
    }
    found
}

impl Caches<'_> {
    /// What a word of a call in this RUN is to the caches.
    pub(super) fn reach(&self, site: &CallSite, command: &Command, word: usize) -> Reach {
        self.reach_in(self.run, site, command, word)
    }

    fn reach_in(&self, run: &Run<'_>, site: &CallSite, command: &Command, word: usize) -> Reach {
        let text = site.call.argument_of(word).and_then(|it| it.text.as_deref());
        let raw = &command.words[word].raw;
        match text {
            Some(it) if it.starts_with('-') => Reach::Elsewhere,
            Some(it) => {
                // A wildcard stays at the end of what is known to be a folder.
                let end =
                    it.find(WILDCARDS).map_or(it.len(), |at| it[..at].rfind('/').unwrap_or(0));
                let directory = if end == 0 && it.starts_with('/') { "/" } else { &it[..end] };
                let path = run.at(site).path(directory);
                let rest = it[end..].trim_start_matches('/');
                path.map_or(Reach::Elsewhere, |it| self.reach_of(&it.join(rest)))
            }
            None if raw.to_lowercase().contains("cache") => Reach::Unknown,
            None => Reach::Elsewhere,
        }
    }

    /// What a word that may be an absolute path is to the caches.
    fn reach_of_text(&self, text: &str) -> Reach {
        ImagePath::new(text).map_or(Reach::Elsewhere, |it| self.reach_of(&it))
    }

    /// What a path is to the caches; it may end in a pattern.
    pub(super) fn reach_of(&self, path: &ImagePath) -> Reach {
        let mut reaches = self.locations.iter().map(|it| it.reach_of(path));
        reaches.find(|it| *it != Reach::Elsewhere).unwrap_or(Reach::Elsewhere)
    }

    /// Whether a text names one of the folders.
    fn mentions(&self, text: &str) -> bool {
        let mut folders = self.locations.iter().flat_map(|it| &it.folders);
        folders.any(|it| text.contains(it.as_str()))
    }
}

const WILDCARDS: [char; 4] = ['*', '?', '[', '{'];

impl Location {
    fn reach_of(&self, path: &ImagePath) -> Reach {
        if path.as_str().contains(WILDCARDS) {
            return self.reach_of_pattern(path);
        }
        if self.folders.iter().any(|it| path.is_within(it)) {
            Reach::Within
        } else if *path == self.root {
            Reach::Root
        } else if !self.root.is_within(path) {
            Reach::Elsewhere
        } else if path.file_name() == ".cache" {
            Reach::AllCaches
        } else {
            Reach::Above
        }
    }

    fn reach_of_pattern(&self, pattern: &ImagePath) -> Reach {
        let depth = |it: &ImagePath| it.as_str().matches('/').count();
        let mut folders = pattern.ancestors().filter(|it| !it.as_str().contains(WILDCARDS));
        // The folder that everything it matches lies in.
        let literal = folders.next().unwrap_or_default();
        if self.folders.iter().any(|it| literal.is_within(it)) {
            return Reach::Within;
        }
        let mut matched =
            self.folders.iter().filter(|it| may_match(pattern.as_str(), it.as_str())).peekable();
        if matched.peek().is_none() {
            return Reach::Elsewhere;
        }
        let is_all = pattern.file_name() == "*" && pattern.parent().as_ref() == Some(&literal);
        if is_all && !literal.is_root() {
            return self.reach_of(&literal);
        }
        match matched.any(|it| depth(it) <= depth(pattern)) {
            true => Reach::Among,
            false => Reach::Above,
        }
    }
}

/// Whether a pattern may match a path, a folder above it or something in it.
fn may_match(pattern: &str, path: &str) -> bool {
    pattern.split('/').zip(path.split('/')).all(|(pattern, name)| match pattern.find(WILDCARDS) {
        None => pattern == name,
        // Patterns leave out what begins with a dot.
        Some(0) if name.starts_with('.') => pattern.starts_with('{'),
        Some(at) if pattern.contains('{') => name.starts_with(&pattern[..at]),
        Some(_) => Glob::new(pattern).is_ok_and(|it| it.matches(name)),
    })
}
