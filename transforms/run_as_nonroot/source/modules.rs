//! The packages of Go in a project: which files a program is built from, in its own package and in those of the
//! project that it imports.

use std::collections::{HashMap, HashSet, VecDeque};

use super::{
    Image, Process, builds,
    reach::{Explorer, Reach},
};
use crate::{
    ecosystems::{
        code::Language,
        go::{self, build},
    },
    project::Project,
    text::{ImagePath, Refusal, RepoPath},
};

/// The modules of a project.
pub(super) struct Modules<'a> {
    project: &'a Project,
    all: &'a [Module],
}

/// A module: a folder with a manifest.
struct Module {
    folder: RepoPath,
    name: String,
    /// The modules that it takes from folders.
    replaced: Vec<(String, RepoPath)>,
}

/// All modules of a project; read once.
struct All(Vec<Module>);

/// What became of the source of a process.
pub(super) enum Followed {
    /// It was read.
    Read,
    /// It is not built from Go here.
    Other,
    /// A part of it is not there, or cannot be read.
    Broken(Refusal),
}

/// Reads the sources of the program that a process runs, if it is built from Go here.
pub(super) fn follow<'a>(
    explorer: &Explorer<'_, 'a>,
    image: &Image<'a>,
    process: &Process,
    reach: &mut Reach<'a>,
) -> Followed {
    let modules = Modules::of(image.project);
    let Some(made) = builds::of(image, process, &modules) else { return Followed::Other };
    let tags = made.tags.as_ref().map(|it| it.iter().map(String::as_str).collect::<Vec<_>>());
    let sent = image.brought().ok().and_then(|it| Some(&it.layers(image.stage.index)?.sent));
    let main = made.folder.clone();
    // One that is fetched comes whole, whatever the builder is sent.
    let mut fetched: HashSet<RepoPath> = HashSet::new();
    let mut queue = VecDeque::from([made.folder]);
    let mut numbers: HashMap<RepoPath, Vec<usize>> = HashMap::new();
    let mut wanted: Vec<Wanted> = Vec::new();
    while let Some(folder) = queue.pop_front() {
        if numbers.contains_key(&folder) {
            continue;
        }
        let mut own = Vec::new();
        for path in modules.files(&folder, tags.as_deref()) {
            if !fetched.contains(&folder) && sent.is_some_and(|it| it.excludes(&path)) {
                continue;
            }
            let at = ImagePath::root().join(path.as_str());
            let Some(number) = explorer.number(reach, &at, &path, Language::Go) else {
                let reason = format!("{} is built from {path}, which cannot be read", process.from);
                return Followed::Broken(Refusal::new("unread-source", reason));
            };
            own.push(number);
            for import in &reach.files[number].facts.imports {
                let Some(folder) = modules.folder(&import.module) else { continue };
                if modules.fetches(&main, &import.module) {
                    fetched.insert(folder.clone());
                }
                let place = format!("{path}:{}", import.line);
                let module = import.module.clone();
                wanted.push(Wanted { number, module, folder: folder.clone(), place });
                queue.push_back(folder);
            }
            let (module, place) = (String::new(), String::new());
            wanted.push(Wanted { number, module, folder: folder.clone(), place });
        }
        numbers.insert(folder, own);
    }
    for Wanted { number, module, folder, place } in wanted {
        let files = numbers.get(&folder).cloned().unwrap_or_default();
        if files.is_empty() {
            let reason = format!("{place} imports {module}, which is not in the build context");
            return Followed::Broken(Refusal::new("unread-source", reason));
        }
        reach.files[number].modules.insert(module, files);
    }
    match numbers.values().all(Vec::is_empty) {
        true => Followed::Other,
        false => Followed::Read,
    }
}

/// An import of a package of the project; an empty name for a file's own package.
struct Wanted {
    /// The file that imports it.
    number: usize,
    module: String,
    folder: RepoPath,
    /// The place of the import.
    place: String,
}

impl<'a> Modules<'a> {
    fn of(project: &'a Project) -> Self {
        let All(all) = project.surroundings().get(|| All(read(project)));
        Self { project, all }
    }

    /// Whether a folder has a manifest.
    pub(super) fn has(&self, folder: &RepoPath) -> bool {
        self.all.iter().any(|it| it.folder == *folder)
    }

    /// The folder of a package, by its path in imports.
    pub(super) fn folder(&self, import: &str) -> Option<RepoPath> {
        let named = self.all.iter().map(|it| (it.name.as_str(), &it.folder));
        let replaced = self.all.iter().flat_map(|it| &it.replaced);
        let all = named.chain(replaced.map(|it| (it.0.as_str(), &it.1)));
        let found = all.filter_map(|(name, folder)| {
            let rest = import.strip_prefix(name)?;
            let rest = if rest.is_empty() { "." } else { rest.strip_prefix('/')? };
            Some((name.len(), folder.join(rest)?))
        });
        found.max_by_key(|it| it.0).map(|it| it.1)
    }

    /// Whether a program in this folder gets a package from where its module is published, as it does unless this is its
    /// own module or the manifest replaces it: go.dev/ref/mod, "`replace` directive". The project has another version
    /// of it, which is as good as known.
    fn fetches(&self, program: &RepoPath, import: &str) -> bool {
        let is_of = |name: &str| {
            import.strip_prefix(name).is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        let above = self.all.iter().filter(|it| program.strip_prefix(&it.folder).is_some());
        let Some(main) = above.max_by_key(|it| it.folder.as_str().len()) else { return false };
        let module = self.all.iter().filter(|it| is_of(&it.name)).max_by_key(|it| it.name.len());
        let is_replaced = || main.replaced.iter().any(|it| is_of(&it.0));
        module.is_some_and(|it| it.folder != main.folder) && !is_replaced()
    }

    /// The names that a program of a package has unless it is told another.
    pub(super) fn names(&self, folder: &RepoPath) -> Vec<String> {
        let module = self.all.iter().find(|it| it.folder == *folder);
        let parts = module.map(|it| it.name.rsplit('/')).into_iter().flatten().take(2);
        let own = Some(folder.file_name()).filter(|it| !it.is_empty());
        parts.chain(own).map(str::to_owned).collect()
    }

    /// The packages below a folder that are programs.
    pub(super) fn programs(&self, above: &RepoPath) -> Vec<RepoPath> {
        let mut found: Vec<RepoPath> = Vec::new();
        let skipped = ["vendor", "testdata", "node_modules"];
        for path in self.project.tree().below(above) {
            let is_skipped = path.as_str().split('/').any(|it| skipped.contains(&it));
            let Some(folder) = path.parent() else { continue };
            if is_skipped || found.last() == Some(&folder) || !is_source(path) {
                continue;
            }
            let text = self.project.source(path).map(|it| &it.text);
            let is_program =
                |it: &str| build::is_built(path.file_name(), it, None) && build::is_program(it);
            if text.is_some_and(|it| is_program(it)) {
                found.push(folder);
            }
        }
        found.sort();
        found.dedup();
        found
    }

    /// Whether a folder has source itself.
    pub(super) fn has_files(&self, folder: &RepoPath) -> bool {
        self.project.tree().children(folder).any(|it| is_source(&it))
    }

    /// The files of a package that are compiled.
    fn files(&self, folder: &RepoPath, tags: Option<&[&str]>) -> Vec<RepoPath> {
        let own = self.project.tree().children(folder).filter(is_source);
        let is_built = |it: &RepoPath| {
            let text = self.project.source(it).map_or("", |it| &it.text);
            build::is_built(it.file_name(), text, tags)
        };
        own.filter(is_built).collect()
    }
}

fn is_source(path: &RepoPath) -> bool {
    Language::of(path.file_name()) == Some(Language::Go)
}

fn read(project: &Project) -> Vec<Module> {
    let manifests = project.files().filter(|it| it.path.file_name() == go::MANAGER.manifest);
    let module = |file: &std::sync::Arc<crate::project::File>| {
        let folder = file.path.parent()?;
        let name = build::module(&file.text)?.to_owned();
        let replaced = build::replaced(&file.text).into_iter();
        let replaced = replaced.filter_map(|it| Some((it.0.to_owned(), folder.join(it.1)?)));
        Some(Module { name, replaced: replaced.collect(), folder })
    };
    manifests.filter_map(module).collect()
}
