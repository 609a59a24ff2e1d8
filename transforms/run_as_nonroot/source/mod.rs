//! What the source of the programs that an image runs writes to disk: the files that its commands name and what
//! these import, read from their syntax trees.

mod assemblies;
mod builds;
mod built_jars;
mod crates;
mod django;
mod entries;
mod files;
mod foreign;
mod frameworks;
mod handed;
mod hosts;
mod imports;
mod jars;
mod loads;
mod modules;
mod names;
mod places;
mod reach;
mod resolve;
mod settings;
mod shared;
mod spot;
mod starts;
mod unread;

use std::collections::{BTreeSet, HashSet};

use super::{
    Image, changes,
    evidence::{Trace, Written, sqlite},
    needs, own,
    process::{Form, Process},
    processes,
    roles::Role,
    told,
};
use crate::{
    ecosystems::{
        code::{self, Import, Kept, Kind, Language, Rooted, Write},
        jvm,
        programs::Trait,
    },
    text::{
        ImagePath, Refusal,
        count::{counted, listed},
    },
};
use entries::hosted;
use files::Files;
use foreign::Spoken;
use modules::Followed;
pub(super) use places::roots;
use reach::{Entry, Explorer, Reach, Reached};
use resolve::Resolver;
use spot::{Spot, closed};

/// What the source says.
#[derive(Clone, Debug, Default)]
pub(super) struct Source {
    /// The files and folders that it writes to, other than those that every user may write to.
    pub traces: Vec<Trace>,
    /// The paths of which it asks whether there is something, and does more than to make a folder, each with the call.
    pub asked: Vec<(ImagePath, String)>,
    /// Why the user cannot run it: the first call that writes to an unknown place, or where only root should.
    pub refusal: Option<Refusal>,
    /// Why it cannot be judged: the first program whose source is not read.
    pub unread: Option<Refusal>,
    /// The first call that writes to the user's home.
    pub home: Option<String>,
    /// How many files were read.
    pub files: usize,
    /// False if the source of a program was not found, or a part of it could not be read.
    pub is_whole: bool,
    /// The first program that it starts of which it is not known what it writes, after the file and line.
    pub started: Option<(String, String)>,
    /// The ports that it listens on, each with the file and line.
    pub ports: Vec<(u16, String)>,
    /// True if it writes to folders for temporary files or to its home.
    pub is_scratch: bool,
    /// The variables that name another folder than the one for temporary files, if they are set.
    pub moves: BTreeSet<String>,
}

/// Reads the source that the processes of an image reach.
///
/// # Errors
/// A decline's code and reason: it starts a program that needs what the user does not have.
pub(super) fn of(image: &Image<'_>, processes: &[Process]) -> Result<Source, Refusal> {
    let Some(workdir) = image.state().workdir.clone().or_else(|| Some(ImagePath::root())) else {
        return Ok(Source::default());
    };
    let files = Files::new(image, processes);
    let env = |name: &str| image.variable(name);
    let mut roots = vec![workdir.clone()];
    let paths = image.variable("PYTHONPATH").unwrap_or_default();
    roots.extend(paths.split(':').filter_map(ImagePath::new));
    for process in processes {
        let folder = workdir.join(&process.folder);
        roots.extend(process.values(&["--chdir", "--app-dir"]).iter().map(|it| folder.join(it)));
        // An install of a package there brings what it keeps in `src`.
        roots.extend([folder.join("src"), folder]);
    }
    // Packages of the project that an install brings.
    roots.extend([Files::context(), Files::context().join("src")]);
    let mut explorer = Explorer::new(image.project, &files, workdir, roots);
    let mut more: Vec<Entry> = Vec::new();
    let mut others: Vec<&Process> = Vec::new();
    for process in processes {
        let folder = explorer.workdir.join(&process.folder);
        let imported = |at| Entry { at, folder: folder.clone(), is_run: false };
        let installed = explorer.installed(process, |it| image.function(it));
        let mut own: Vec<Entry> = installed.map(imported).into_iter().collect();
        if own.is_empty() {
            own = explorer.entries(process, &env);
        }
        if let Some(language) = hosted(process).filter(|_| own.is_empty()) {
            own = explorer.behind(process, language).iter().cloned().map(imported).collect();
        }
        // A package manager starts what its script says, which is a process of its own.
        if own.is_empty() || process.facts().is(Trait::Unread) {
            others.push(process);
        }
        more.extend(own);
    }
    let entries: Vec<ImagePath> = more.iter().map(|it| it.at.clone()).collect();
    let mut known = HashSet::new();
    let starts = entries.iter().flat_map(|it| it.ancestors().skip(1).take(2));
    explorer.starts = starts.filter(|it| known.insert(it.clone())).collect();
    // nodejs.org/api/modules.html: "Loading from the global folders".
    let paths = image.variable("NODE_PATH").unwrap_or_default();
    explorer.starts.extend(paths.split(':').filter_map(ImagePath::new));
    let mut mounted = entries.iter().filter(|it| Files::is_placed(it));
    if let Some((path, mount)) = mounted.find_map(|it| Some((it, image.brought_by_host(it)?))) {
        let reason = format!(
            "{} brings {path} from the host, and the image has nothing there: it is for those who work on it",
            mount.started.at(mount.place)
        );
        return Err(Refusal::new("bind-mount", reason));
    }
    // A script's own folder comes first where Python looks for modules.
    let folders: BTreeSet<ImagePath> = entries.iter().filter_map(ImagePath::parent).collect();
    let last = explorer.roots.len() - 2;
    explorer.roots.splice(last..last, folders.into_iter().filter(|it| !it.is_root()));
    let first = more.clone();
    let variable = |name: &str| {
        // An option of the command line.
        if name.starts_with('-') {
            let flags = [name, &format!("-{name}")];
            let values = processes.iter().flat_map(|it| it.values(&flags));
            let mut all: Vec<String> = values.map(str::to_owned).collect();
            let options = jvm::OPTIONS.iter().filter_map(|it| image.environment(it));
            for it in options.flat_map(|it| it.split(' ').map(str::to_owned).collect::<Vec<_>>()) {
                let value = it.strip_prefix(name).and_then(|it| it.strip_prefix('='));
                all.extend(value.map(str::to_owned));
            }
            return all;
        }
        let is_meant = |it: &str| match name.strip_prefix('*') {
            Some(end) => it.replace('_', "").to_uppercase().ends_with(end),
            None => it == name,
        };
        let services = image.services().flat_map(|it| &it.service.environment);
        let services = services.filter(|it| is_meant(&it.0)).map(|it| it.1.clone());
        let own = image.state().variables.iter().filter(|it| is_meant(it.0));
        let own = own.filter_map(|it| image.variable(it.0));
        let mut all: Vec<String> = own.chain(services).collect();
        all.retain(|it| !it.is_empty() && !it.contains('$'));
        if all.is_empty() { frameworks::variable(&explorer, &first, name) } else { all }
    };
    let mut reach = Reach::default();
    while !more.is_empty() {
        let read = explorer.extend(&mut reach, &more);
        let loaded = loads::of(&explorer, &Resolver::new(&reach, &variable), &read);
        more = loaded.entries;
        {
            let resolver = Resolver::new(&reach, &variable);
            for number in &read {
                let file = &reach.files[*number];
                let started = file.facts.starts.iter();
                let started =
                    started.flat_map(|it| starts::processes(image, &resolver, *number, it, file));
                more.extend(started.flat_map(|it| explorer.entries(&it, &env)));
            }
        }
        loaded.lost.into_iter().for_each(|it| reach.files[it].is_lost = true);
        more.retain(|it| !reach.has(it, &files));
    }
    let mut unread = None;
    for process in others {
        let mut followed = modules::follow(&explorer, image, process, &mut reach);
        if matches!(followed, Followed::Other) {
            followed = crates::follow(&explorer, image, process, &mut reach);
        }
        if matches!(followed, Followed::Other) {
            followed = jars::follow(&explorer, image, process, &mut reach);
        }
        if matches!(followed, Followed::Other) {
            followed = assemblies::follow(&explorer, image, process, &mut reach);
        }
        let why = match followed {
            Followed::Read => None,
            Followed::Other => unread::check(image, process),
            Followed::Broken(why) => Some(why),
        };
        unread = unread.or(why);
    }
    let reason = reach.unread.clone();
    let unread = unread.or_else(|| Some(Refusal::new("unread-source", reason?)));
    let (files_read, is_whole) = (reach.files.len(), unread.is_none() && reach.is_whole());
    let mut source = Source { unread, files: files_read, is_whole, ..Source::default() };
    let resolver = Resolver::new(&reach, &variable);
    match frameworks::traces(&explorer, image, processes, &first, &resolver) {
        Ok(traces) => source.traces.extend(traces),
        Err(why) if image.owner.knows() && why.code == "unknown-settings" => {}
        Err(why) => return Err(why),
    }
    source.read(image, &files, &reach, &resolver)?;
    source.set(&explorer, &files, &reach, &resolver);
    source.moves = resolver.moves.take();
    Ok(source)
}

impl Source {
    /// The first port below 1024 that the source listens on and that is not among those known, with the place in
    /// parentheses.
    pub(super) fn low_port(&self, known: &[u16]) -> Option<String> {
        let found = self.ports.iter().find(|it| it.0 < 1024 && !known.contains(&it.0));
        found.map(|(port, place)| format!("{port} ({place})"))
    }

    /// What was read and found, as a sentence.
    pub(super) fn said(&self) -> String {
        if self.files == 0 {
            return "its source was not read".to_owned();
        }
        let moves: Vec<&str> = self.moves.iter().map(String::as_str).collect();
        if !moves.is_empty() {
            let plain = Self { moves: BTreeSet::new(), ..self.clone() };
            let names = listed(&moves);
            return format!("{}; what {names} names, if set, has to be the user's", plain.said());
        }
        let files = counted(self.files, "file");
        if let Some((place, name)) = self.started.as_ref().filter(|_| self.is_whole) {
            let itself =
                if self.traces.is_empty() { "no files itself" } else { "nowhere else itself" };
            return format!(
                "its source ({files}) writes {itself}, but {place} starts {name}, and where that writes is not known"
            );
        }
        match (self.is_whole, self.traces.is_empty(), self.is_scratch) {
            (false, ..) => format!("its source was read in part ({files})"),
            (true, false, _) => format!("its source ({files}) writes nowhere else"),
            (true, true, true) => {
                format!("its source ({files}) writes only to its home and for temporary files")
            }
            (true, true, false) => format!("its source ({files}) writes no files"),
        }
    }

    fn read(
        &mut self,
        image: &Image<'_>,
        files: &Files<'_, '_>,
        reach: &Reach<'_>,
        resolver: &Resolver<'_, '_>,
    ) -> Result<(), Refusal> {
        let mut told: Vec<&'static str> = Vec::new();
        let keeps = |it: &Kept| it.is_told_by("database/sql.Open");
        let imports = |file: &Reached<'_>| {
            let language = Language::of(file.path.file_name());
            let kept = |it: &Import| Some((it.line, language?.keeper(&it.module)?));
            file.facts.imports.iter().filter_map(kept).collect::<Vec<_>>()
        };
        let has_driver = reach.files.iter().any(|file| imports(file).iter().any(|it| keeps(&it.1)));
        let spoken = Spoken::new(image.project, reach);
        for (number, file) in reach.files.iter().enumerate() {
            for start in &file.facts.starts {
                let place = format!("{}:{}", file.path, start.line);
                let words = starts::words(resolver, number, start);
                let is_strict = file.facts.is_strict();
                let started = starts::read(image, &words, start.is_line, is_strict, &place)?;
                for (kind, path, program) in started.writes {
                    let evidence = format!("{place} runs {program}");
                    self.add(files, &file.folder, kind, closed(&path), evidence);
                }
                let Some(name) = started.unknown else { continue };
                // Of a language whose other writes are all known, this counts as well.
                if is_strict {
                    let reason =
                        format!("{place} starts {name}, and it is not known what that writes");
                    self.refuse(Refusal::new("unknown-write", reason));
                }
                self.started.get_or_insert((place, name));
            }
            let is_spared =
                |it: &Rooted| image.variable(it.unless).is_some_and(|it| code::is_elsewhere(&it));
            if let Some(it) = file.facts.roots.iter().find(|it| !is_spared(it)) {
                let with = if it.with.is_empty() { "" } else { " with " };
                let what = [it.what, with, it.with].concat();
                let reason = format!("{}:{} calls {what}, which needs root", file.path, it.line);
                return Err(Refusal::new("needs-root", reason));
            }
            self.ask(number, file, resolver);
            for (line, value) in &file.facts.settings {
                let from = format!("{}:{line}", file.path);
                for spot in resolver.spots(number, value) {
                    let Spot::Text { text, is_open: false } = spot else { continue };
                    let path = file.folder.join(&text);
                    self.traces.extend(told::logs(image, &from, path.as_str())?);
                }
            }
            for (line, program) in &file.facts.uses {
                let from = format!("{}:{line}", file.path);
                let process = Process {
                    program: (*program).to_owned(),
                    from: from.clone(),
                    ..Process::default()
                };
                for trace in told::traces(image, &process)? {
                    let evidence = format!("{from} uses the database of {}", trace.evidence);
                    self.add(
                        files,
                        &file.folder,
                        Kind::Database,
                        closed(&trace.written.path),
                        evidence,
                    );
                }
            }
            for it in &file.facts.listens {
                let place = format!("{}:{}", file.path, it.line);
                let ports = resolver.spots(number, &it.address).into_iter();
                self.ports.extend(ports.filter_map(|it| Some((it.port()?, place.clone()))));
            }
            let own = |it: &&Write| !spoken.is_foreign(file, it);
            for write in file.facts.writes.iter().filter(own) {
                let engine = write.engine.as_ref().map(|it| resolver.spots(number, it));
                let is_file = |it: &Spot| match it {
                    Spot::Text { text, .. } => text.contains("sqlite"),
                    _ => has_driver,
                };
                if engine.is_some_and(|it| !it.iter().any(is_file)) {
                    continue;
                }
                let place = format!("{}:{}", file.path, write.line);
                let is_moved = image.state().workdir.as_ref().is_some_and(|it| *it != file.folder);
                for spot in resolver.spots(number, &write.target) {
                    if spot != Spot::Unknown {
                        told.push(write.what);
                    }
                    let spot = if is_moved { spot.within(&file.folder) } else { spot };
                    // A class of PHP may have a name in capitals as well.
                    let sets = file.language != Language::Php
                        && !write.what.chars().any(char::is_lowercase);
                    let verb = if sets { "sets" } else { "calls" };
                    let what = write.what.trim_start_matches('.');
                    let evidence = format!("{place} {verb} {what}");
                    // A URL that nothing names is that of a server.
                    let addresses = [Kind::Fetched, Kind::FolderUrl, Kind::Socket, Kind::Url];
                    let is_address = addresses.contains(&write.kind);
                    match spot {
                        Spot::Unknown if write.is_sure && !is_address => {
                            let reason =
                                format!("{evidence}, and its source does not tell where it writes");
                            self.refuse(Refusal::new("unknown-write", reason));
                        }
                        spot => self.add(files, &file.folder, write.kind, spot, evidence),
                    }
                }
            }
        }
        self.take(files, reach, resolver);
        let is_silent = |it: &Kept| !told.iter().any(|name| it.is_told_by(name));
        for file in &reach.files {
            if let Some((line, kept)) = imports(file).iter().find(|it| is_silent(&it.1)) {
                let place = format!("{}:{line} imports", file.path);
                self.refuse(silent(&place, kept));
            }
        }
        if let Some((place, kept)) = reach.kept.iter().find(|it| is_silent(&it.1)) {
            self.refuse(silent(&format!("{place} depends on"), kept));
        }
        Ok(())
    }
}

/// Why it is not known where a package keeps files.
fn silent(place: &str, kept: &Kept) -> Refusal {
    let reason =
        format!("{place} {}, {}, and its source does not tell where", kept.module, kept.what);
    Refusal::new("unknown-write", reason)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_variable_that_moves_temporary_files_is_named() {
        let source = Source { files: 1, is_whole: true, is_scratch: true, ..Source::default() };
        let moves = BTreeSet::from(["UPLOADS".to_owned()]);
        assert_eq!(
            Source { moves, ..source }.said(),
            "its source (1 file) writes only to its home and for temporary files; what UPLOADS names, if set, has to \
             be the user's"
        );
    }
}
