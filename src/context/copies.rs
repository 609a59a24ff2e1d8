//! Maps files of the build context to paths of the image: COPY and ADD, as BuildKit resolves them.

use std::{collections::HashSet, fmt, sync::Arc};

use super::dockerignore::Dockerignore;
use crate::{
    callers::Build,
    dockerfile::{Instruction, Keyword, stage::State, variables::names},
    project::tree,
    text::{ImagePath, RepoPath},
};
use crate::{project::Project, text::glob};

/// The files that the builder is sent: those of a context, less what its ignore file excludes.
pub struct Sent<'a> {
    project: &'a Project,
    /// The context's folder.
    pub folder: RepoPath,
    /// Its ignore file.
    pub ignore: Option<(RepoPath, Dockerignore)>,
}

/// A COPY or ADD of files of the context.
#[derive(Debug)]
pub struct CopyIn {
    /// Its files and folders, as they stand in the project; a glob gives each that it matches.
    pub sources: Vec<Source>,
    /// The destination.
    pub destination: ImagePath,
    /// True if the destination is a folder that files are copied into, not the new name of a file.
    pub into: bool,
    /// True if `--parents` keeps the folders of a source.
    pub parents: bool,
    /// The patterns of `--exclude`.
    excludes: Vec<String>,
}

/// A source of a COPY.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// The path in the project.
    pub path: RepoPath,
    /// True for a folder: its contents are copied, not the folder itself.
    pub is_folder: bool,
    /// The word of the COPY: this path, or a pattern that matches it.
    pub word: String,
}

/// Why a COPY does not tell which files of the context it brings.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Opaque {
    /// It copies from a stage, an image or a named context.
    OtherStage,
    /// It brings a URL, a repository, a here-document or what an archive holds.
    NotOfContext,
    /// Its destination has a variable without a known value, or a source one that may get another.
    UnknownVariable,
    /// A source is not in the context, or its ignore file excludes it.
    Missing(String),
}

/// Extensions of the archives that ADD unpacks.
const ARCHIVES: [&str; 8] =
    [".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst"];

impl fmt::Debug for Sent<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Sent").field("folder", &self.folder).finish_non_exhaustive()
    }
}

impl<'a> Sent<'a> {
    /// The files that a build of `dockerfile` with this context sends.
    pub fn new(project: &'a Project, folder: RepoPath, dockerfile: &RepoPath) -> Self {
        let ignore = Dockerignore::for_build(project, dockerfile, &folder);
        Self { project, folder, ignore }
    }

    /// Returns true if the ignore file keeps this path of the project from the builder.
    pub fn excludes(&self, path: &RepoPath) -> bool {
        let inside = path.strip_prefix(&self.folder);
        inside.is_none_or(|it| self.ignore.as_ref().is_some_and(|ignore| ignore.1.excludes(it)))
    }

    /// Returns true if the builder is sent this file.
    pub fn has_file(&self, path: &RepoPath) -> bool {
        self.project.tree().is_file(path) && !self.excludes(path)
    }

    /// Returns true if the builder may be sent something at this path, even if git ignores it.
    pub fn may_have(&self, path: &RepoPath) -> bool {
        self.project.tree().exists(path) && !self.excludes(path)
    }

    /// The same of a file, or of what git ignores and nobody looked into.
    pub fn may_have_file(&self, path: &RepoPath) -> bool {
        self.may_have(path) && !self.project.tree().is_folder(path)
    }

    /// Every file below a folder of the project that the builder may be sent, also what git ignores.
    pub fn below(&self, folder: &RepoPath) -> Vec<RepoPath> {
        let tree = self.project.tree();
        let all = tree.below(folder).chain(tree.ignored_below(folder));
        all.filter(|it| !self.excludes(it)).cloned().collect()
    }

    /// The text of a file of the project.
    pub fn text(&self, path: &RepoPath) -> Option<Arc<str>> {
        self.project.text(path.as_str())
    }

    /// The files and folders that a source of a COPY names, as far as the builder is sent them.
    pub fn sources(&self, source: &str) -> Vec<Source> {
        let tree = self.project.tree();
        let found = tree::sources(tree, &self.folder, source);
        let one = |path: RepoPath| {
            let is_folder = tree.is_folder(&path);
            let sent = match is_folder {
                true => path == self.folder || tree.below(&path).any(|it| !self.excludes(it)),
                false => self.may_have(&path),
            };
            sent.then(|| Source { path, is_folder, word: source.to_owned() })
        };
        found.into_iter().filter_map(one).collect()
    }
}

impl CopyIn {
    /// Reads a COPY or ADD where `state` holds.
    ///
    /// # Errors
    /// A copy that says nothing about the context's files, or not for certain.
    pub fn read(
        instruction: &Instruction,
        state: &State,
        sent: &Sent<'_>,
        escape: char,
    ) -> Result<Self, Opaque> {
        let from_argument = |it: &str| state.variables.get(it).is_some_and(|it| it.from_argument);
        let copy = instruction.copy().ok_or(Opaque::NotOfContext)?;
        // With another value of a variable, something else may be copied.
        if copy.from.is_none() && copy.sources.iter().any(|it| names(&it.text).any(from_argument)) {
            return Err(Opaque::UnknownVariable);
        }
        Self::with_defaults(instruction, state, sent, escape)
    }

    /// The same with the defaults of the build arguments that its sources name, if no `build` gives them other values:
    /// what the image holds unless somebody asks for another one.
    pub fn by_default(
        instruction: &Instruction,
        state: &State,
        sent: &Sent<'_>,
        escape: char,
        builds: &[Build],
    ) -> Option<Self> {
        let copy = instruction.copy()?;
        let used: Vec<&str> = copy.sources.iter().flat_map(|it| names(&it.text)).collect();
        // A variable may hold the value of an argument.
        let is_held =
            used.iter().any(|it| state.variables.get(it).is_some_and(|it| !it.is_argument));
        let changes = |build: &Build| {
            build.arguments.iter().any(|(name, value)| {
                let default = state.variable(name);
                (is_held || used.contains(&name.as_str()))
                    && (value.is_none() || value.as_deref() != default)
            })
        };
        if builds.iter().any(changes) {
            return None;
        }
        Self::with_defaults(instruction, state, sent, escape).ok()
    }

    fn with_defaults(
        instruction: &Instruction,
        state: &State,
        sent: &Sent<'_>,
        escape: char,
    ) -> Result<Self, Opaque> {
        let copy = instruction.copy().ok_or(Opaque::NotOfContext)?;
        if copy.from.is_some() {
            return Err(Opaque::OtherStage);
        }
        if copy.has_heredoc || copy.sources.is_empty() {
            return Err(Opaque::NotOfContext);
        }
        let expand = |text: &str| match instruction.json() {
            // JSON words have no quotes to remove, but their variables are expanded all the same.
            Some(_) if !text.contains('$') => Some(text.to_owned()),
            _ => state.expand(text, escape),
        };
        let mut sources = Vec::new();
        for word in &copy.sources {
            let text = expand(&word.text).ok_or(Opaque::UnknownVariable)?;
            if instruction.keyword == Keyword::Add
                && (text.contains("://") || text.starts_with("git@"))
            {
                return Err(Opaque::NotOfContext);
            }
            // ADD unpacks it.
            if instruction.keyword == Keyword::Add && ARCHIVES.iter().any(|it| text.ends_with(it)) {
                return Err(Opaque::NotOfContext);
            }
            let found = sent.sources(&text);
            if found.is_empty() && !glob::is_pattern(&text) {
                return Err(Opaque::Missing(text));
            }
            sources.extend(found);
        }
        let text = expand(&copy.destination.text).ok_or(Opaque::UnknownVariable)?;
        let destination = state.absolute(&text).ok_or(Opaque::UnknownVariable)?;
        let into = copy.sources.len() > 1
            || sources.len() > 1
            || text.ends_with(['/', '.'])
            || state.made.contains(&destination)
            || destination.is_root();
        let excludes = instruction
            .flags
            .iter()
            .filter(|it| it.name == "exclude")
            .filter_map(|it| it.value.clone());
        let parents =
            instruction.flag("parents").is_some_and(|it| it.value.as_deref() != Some("false"));
        Ok(Self { sources, destination, into, parents, excludes: excludes.collect() })
    }

    /// Adds the folders that it makes: those above what it brings, and its destination if that is one.
    pub fn folders(&self, known: &mut HashSet<ImagePath>) {
        let is_folder = self.into || self.sources.iter().any(|it| it.is_folder);
        for folder in self.destination.ancestors().skip(usize::from(!is_folder)) {
            if !known.insert(folder) {
                break;
            }
        }
    }

    /// The file of the project that it puts at `path` of the image.
    pub fn provides(&self, path: &ImagePath, sent: &Sent<'_>) -> Option<RepoPath> {
        self.at(path, sent, |it| sent.has_file(it))
    }

    /// The file or folder of the project that it would put at `path`, also one that git ignores.
    pub fn may_provide(&self, path: &ImagePath, sent: &Sent<'_>) -> Option<RepoPath> {
        self.at(path, sent, |it| sent.may_have(it))
    }

    /// The file or folder of the project that it would put at `path` if there was one: nothing keeps it from the
    /// builder.
    pub fn would_provide(&self, path: &ImagePath, sent: &Sent<'_>) -> Option<RepoPath> {
        self.at(path, sent, |it| !sent.excludes(it))
    }

    fn at(
        &self,
        path: &ImagePath,
        sent: &Sent<'_>,
        has: impl Fn(&RepoPath) -> bool,
    ) -> Option<RepoPath> {
        // The last source wins where two bring the same file.
        self.sources.iter().rev().find_map(|source| {
            let found = match (source.is_folder, self.parents) {
                (_, true) => {
                    let rest = path.strip_prefix(&self.destination)?;
                    let found = sent.folder.join(rest)?;
                    found.strip_prefix(&source.path).map(|_| found.clone())?
                }
                (true, false) => source.path.join(path.strip_prefix(&self.destination)?)?,
                (false, false) => {
                    let name = if self.into { source.path.file_name() } else { "" };
                    let own = path.strip_prefix(&self.destination) == Some(name);
                    own.then(|| source.path.clone())?
                }
            };
            let inside = found.strip_prefix(&source.path).unwrap_or_default();
            let excluded = self
                .excludes
                .iter()
                .any(|it| Dockerignore::of_flags([it.as_str()]).excludes(inside));
            (has(&found) && !excluded).then_some(found)
        })
    }

    /// The files of the project that it puts below a folder of the image, with where.
    pub fn below(&self, folder: &ImagePath, sent: &Sent<'_>) -> Vec<(ImagePath, RepoPath)> {
        let mut found = Vec::new();
        for source in &self.sources {
            let parents = source.path.strip_prefix(&sent.folder).filter(|_| self.parents);
            let at = self.destination.join(parents.unwrap_or_default());
            if !source.is_folder {
                let at = if self.into { at.join(source.path.file_name()) } else { at };
                found.push((at, source.path.clone()));
                continue;
            }
            let from = match folder.strip_prefix(&at) {
                Some(rest) => source.path.join(rest),
                None => at.is_within(folder).then(|| source.path.clone()),
            };
            let Some(from) = from.filter(|it| sent.project.tree().is_folder(it)) else { continue };
            let files = sent.below(&from).into_iter().filter(|it| sent.has_file(it));
            found.extend(files.filter_map(|it| {
                let rest = it.strip_prefix(&source.path)?;
                Some((at.join(rest), it))
            }));
        }
        found.retain(|(at, file)| {
            at.is_within(folder) && self.provides(at, sent).as_ref() == Some(file)
        });
        found
    }

    /// Returns true if it may put something at `path` of the image or below it.
    pub fn reaches(&self, path: &ImagePath, sent: &Sent<'_>) -> bool {
        let name = path.strip_prefix(&self.destination);
        self.destination.is_within(path)
            || self.may_provide(path, sent).is_some()
            || self.sources.iter().any(|it| !it.is_folder && name == Some(it.path.file_name()))
    }
}
