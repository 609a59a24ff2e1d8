//! Which source files the commands of an image reach: those that they name, and what these import.

use std::{
    cell::RefCell,
    collections::{BTreeSet, HashMap, HashSet, VecDeque},
};

use super::{
    files::Files,
    imports::{Imported, Mappings},
};
use crate::{
    ecosystems::code::{self, Kept, Kind, Language, SourceFacts, Value},
    project::Project,
    text::{ImagePath, RepoPath},
};

/// A source file that a command reaches.
pub(super) struct Reached<'a> {
    /// Where it is in the project.
    pub path: RepoPath,
    /// Where it is when the image runs.
    pub at: ImagePath,
    /// The folder that the command starts in.
    pub folder: ImagePath,
    /// Its language.
    pub language: Language,
    /// What it says.
    pub facts: &'a SourceFacts,
    /// Its modules that are files of the project, by the names that it gives them.
    pub modules: HashMap<String, Vec<usize>>,
    /// True if it is run, and not only imported.
    pub is_run: bool,
    /// True if a module that seems to be the project's own was not found.
    pub is_lost: bool,
}

/// A file that is read because a command or a file loads it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Where it is.
    pub at: ImagePath,
    /// The folder that the command starts in.
    pub folder: ImagePath,
    /// True if it is run as a program, and not imported by one.
    pub is_run: bool,
}

/// A place that a setting of a program names.
pub(super) struct ToldPlace {
    /// The key of the setting; empty if nothing else may set it.
    pub key: &'static str,
    /// What it names.
    pub kind: Kind,
    /// The place.
    pub value: Value,
    /// What says so, for people.
    pub evidence: String,
    /// The reason to decline if the place is not known.
    pub unknown: String,
}

/// The source files that commands reach.
#[derive(Default)]
pub(super) struct Reach<'a> {
    /// The files.
    pub files: Vec<Reached<'a>>,
    /// Why there is more that was not read, as a sentence; `None` if there is not.
    pub unread: Option<String>,
    /// The packages that keep files, each with the file and line that asks for it.
    pub kept: Vec<(String, Kept)>,
    /// The settings of the program, by key; `None` for one that has several values.
    pub properties: HashMap<String, Option<String>>,
    /// The places that settings of the program name.
    pub told: Vec<ToldPlace>,
    /// The folders of the assemblies that run.
    pub programs: BTreeSet<ImagePath>,
    by_place: HashMap<ImagePath, usize>,
    by_file: HashSet<RepoPath>,
}

/// The most files that are read for an image.
const FILES: usize = 3000;

/// The files of modules that aliases name, by the package that names them and their names.
type Aliased = HashMap<(Option<ImagePath>, String), Option<ImagePath>>;

/// Finds files of an image.
pub(super) struct Explorer<'f, 'a> {
    /// The project.
    pub project: &'a Project,
    /// The files of the image.
    pub files: &'f Files<'f, 'a>,
    /// The directory that commands run in.
    pub workdir: ImagePath,
    /// The folders that modules of Python are looked for in.
    pub roots: Vec<ImagePath>,
    /// The folders of the files that commands name, and those above them.
    pub starts: Vec<ImagePath>,
    /// The modules that aliases name, as far as they were asked for.
    pub aliased: RefCell<Aliased>,
    /// The settings of TypeScript's compiler, by the folder that asks for them.
    pub mappings: RefCell<Mappings>,
    /// The folders whose source was added as a whole.
    pub opened: RefCell<HashSet<ImagePath>>,
}

impl Reach<'_> {
    /// Whether all files could be read as a whole, and all that they import was found.
    pub(super) fn is_whole(&self) -> bool {
        self.unread.is_none() && self.files.iter().all(|it| it.facts.is_whole && !it.is_lost)
    }

    /// Whether the file at a place was read.
    pub(super) fn is_read(&self, at: &ImagePath) -> bool {
        self.by_place.contains_key(at)
    }

    /// Whether the file of an entry was read, there or at another place.
    pub(super) fn has(&self, entry: &Entry, files: &Files<'_, '_>) -> bool {
        match self.by_place.get(&entry.at) {
            Some(number) => self.files[*number].is_run || !entry.is_run,
            None => files
                .at(&entry.at)
                .is_none_or(|it| self.by_file.contains(&it) || code::is_test(&it)),
        }
    }
}

impl<'f, 'a> Explorer<'f, 'a> {
    /// Finds files of an image whose commands run in `workdir`; modules of Python are looked for in `roots`.
    pub(super) fn new(
        project: &'a Project,
        files: &'f Files<'f, 'a>,
        workdir: ImagePath,
        roots: Vec<ImagePath>,
    ) -> Self {
        let starts = Vec::new();
        let (aliased, opened) = (RefCell::default(), RefCell::default());
        let mappings = RefCell::default();
        Self { project, files, workdir, roots, starts, aliased, mappings, opened }
    }

    /// Reads these files and what they import, and gives the numbers of all that were read.
    pub(super) fn extend(&self, reach: &mut Reach<'a>, more: &[Entry]) -> Vec<usize> {
        let first = more.iter().filter_map(|it| self.add(reach, it));
        let mut queue: VecDeque<usize> = first.collect();
        let mut read = Vec::new();
        while let Some(index) = queue.pop_front() {
            read.push(index);
            let Reached { at, facts, language, folder, .. } = &reach.files[index];
            let folder = folder.clone();
            let imported = match language {
                Language::Python => self.python_imports(at, facts),
                Language::Php => Imported::default(),
                Language::Ruby => {
                    let all = facts.imports.iter();
                    let all = all.filter_map(|it| self.ruby_imports(at, &it.module));
                    Imported { files: all.map(|it| (None, it)).collect(), is_lost: false }
                }
                _ => self.script_imports(at, facts),
            };
            reach.files[index].is_lost = imported.is_lost;
            for (name, at) in imported.files {
                let known = reach.by_place.get(&at).copied();
                let number = known.or_else(|| {
                    let (at, folder) = (at.clone(), folder.clone());
                    let added = self.add(reach, &Entry { at, folder, is_run: false })?;
                    queue.push_back(added);
                    Some(added)
                });
                if let (Some(number), Some(name)) = (number, name) {
                    reach.files[index].modules.insert(name, vec![number]);
                }
            }
        }
        read
    }

    /// Adds a file; `None` if it is known, for tests, or cannot be read.
    fn add(&self, reach: &mut Reach<'a>, entry: &Entry) -> Option<usize> {
        if let Some(number) = reach.by_place.get(&entry.at).copied() {
            // What was imported only is run as well.
            let file = reach.files.get_mut(number).filter(|it| entry.is_run && !it.is_run)?;
            file.facts = self.project.facts(&file.path, file.language, true)?;
            file.is_run = true;
            return Some(number);
        }
        let path = self.files.at(&entry.at).filter(|it| !code::is_test(it))?;
        let language = self.language(&entry.at, &path)?;
        self.read(reach, entry, &path, language)
    }

    /// The number of a file, which is read if it is not yet; `None` if it cannot be read, as a whole or at least so far
    /// that it is known to write nothing.
    pub(super) fn number(
        &self,
        reach: &mut Reach<'a>,
        at: &ImagePath,
        path: &RepoPath,
        language: Language,
    ) -> Option<usize> {
        let known = reach.by_place.get(at).copied();
        let entry = Entry { at: at.clone(), folder: self.workdir.clone(), is_run: true };
        let number = known.or_else(|| self.read(reach, &entry, path, language))?;
        let facts = reach.files[number].facts;
        let is_harmless = language == Language::CSharp && !facts.hides_writes;
        (facts.is_whole || is_harmless).then_some(number)
    }

    /// Reads a file; `None` if it cannot be read.
    fn read(
        &self,
        reach: &mut Reach<'a>,
        entry: &Entry,
        path: &RepoPath,
        language: Language,
    ) -> Option<usize> {
        let facts = self.project.facts(path, language, entry.is_run);
        let why = match facts {
            None => Some(format!("{path} could not be read")),
            Some(_) if FILES <= reach.files.len() => {
                Some(format!("it has more than {FILES} files"))
            }
            Some(it) => it.hides_writes.then(|| format!("{path} could be read in part only")),
        };
        reach.unread = reach.unread.take().or(why);
        let facts = facts.filter(|_| reach.files.len() < FILES)?;
        let number = reach.files.len();
        let Entry { at, folder, is_run } = entry.clone();
        reach.by_place.insert(at.clone(), number);
        reach.by_file.insert(path.clone());
        let (path, modules) = (path.clone(), HashMap::new());
        let is_lost = false;
        reach.files.push(Reached { path, at, folder, language, facts, modules, is_run, is_lost });
        Some(number)
    }
}
