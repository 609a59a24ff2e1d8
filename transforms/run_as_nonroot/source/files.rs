//! Which file of the project stands at a path of the image, also where a COPY takes it from another stage or a
//! compiler has made it.
//!
//! Of what a bundler or an installer has made it is not known which file became which. Such source is read where
//! the build context has it, below [`CONTEXT`].

use std::{
    cell::{OnceCell, RefCell},
    collections::{HashMap, HashSet},
    rc::Rc,
};

use super::{Image, Process};
use crate::{
    context::{brought::StagePath, sources_of},
    ecosystems::{
        code::{self, Language, is_test},
        node,
        python::PROJECT_SCRIPT,
    },
    project::Project,
    text::{ImagePath, RepoPath},
};

/// Files, as they were listed once.
pub(super) type List = Rc<[ImagePath]>;

/// The files of an image, by where they are at run time.
pub(super) struct Files<'i, 'a> {
    image: &'i Image<'a>,
    /// What was found, by path: the file at each, and the source below each folder.
    found: RefCell<HashMap<ImagePath, Option<RepoPath>>>,
    folders: RefCell<HashMap<(ImagePath, Language), List>>,
    /// True if a program runs tasks, so that their source is a part of it.
    has_tasks: bool,
    taken: OnceCell<Vec<RepoPath>>,
}

/// Where the files of the build context stand that are in no known place of the image.
const CONTEXT: &str = "/<context>";

/// Folders that compilers write to, and the folders of what they read.
const BUILT: [&str; 5] = ["dist", "build", "lib", "out", ".output"];

/// Folders that hold no source of a service, as the first part of a path in its package.
const BESIDE: [&str; 10] = [
    "benchmark",
    "benchmarks",
    "bin",
    "cypress",
    "docs",
    "example",
    "examples",
    "script",
    "scripts",
    "tools",
];

/// Folders of packages that others made.
const FOREIGN: [&str; 5] = ["bower_components", "node_modules", "site-packages", "vendor", "venv"];

impl<'i, 'a> Files<'i, 'a> {
    /// The files of an image that runs these processes.
    pub(super) fn new(image: &'i Image<'a>, processes: &[Process]) -> Self {
        let taken = OnceCell::new();
        let has_tasks = processes.iter().any(|it| code::runs_tasks(&it.program));
        let (found, folders) = (RefCell::default(), RefCell::default());
        Self { image, found, folders, has_tasks, taken }
    }

    /// Whether a path lies in a folder of the application.
    pub(super) fn is_own(&self, path: &ImagePath) -> bool {
        self.image.is_own(path)
    }

    /// The build context.
    pub(super) fn context() -> ImagePath {
        ImagePath::root().join(CONTEXT)
    }

    /// Where a file or folder of the project is in the build context.
    pub(super) fn context_path(&self, path: &RepoPath) -> Option<ImagePath> {
        let folder = self.image.brought().ok()?.folder();
        Some(Self::context().join(path.strip_prefix(folder)?))
    }

    /// Whether it is known where a file is at run time.
    pub(super) fn is_placed(path: &ImagePath) -> bool {
        path.strip_fixed(CONTEXT).is_none()
    }

    /// The file of the project that is at a path when the image runs, or from which it was made.
    pub(super) fn at(&self, path: &ImagePath) -> Option<RepoPath> {
        if let Some(known) = self.found.borrow().get(path) {
            return known.clone();
        }
        let found = self.find(path);
        self.found.borrow_mut().insert(path.clone(), found.clone());
        found
    }

    fn find(&self, path: &ImagePath) -> Option<RepoPath> {
        let Some(rest) = path.strip_fixed(CONTEXT) else {
            let found = self.image.origin(path, &made_from)?;
            return Some(self.anew(&found).unwrap_or(found));
        };
        let brought = self.image.brought().ok()?;
        let layers = brought.layers(self.image.stage.index)?;
        let file = brought.folder().join(rest)?;
        layers.sent.has_file(&file).then_some(file)
    }

    /// The source of TypeScript that a RUN compiles anew to this file, which the project keeps as well.
    fn anew(&self, output: &RepoPath) -> Option<RepoPath> {
        let sent = &self.image.layers()?.sent;
        let sources = made_from(&ImagePath::root().join(output.as_str()));
        let typed = sources.iter().filter(|it| !it.as_str().ends_with(".js"));
        let mut files =
            typed.filter_map(|it| RepoPath::root().join(it.strip_prefix(&ImagePath::root())?));
        let found = files.find(|it| sent.has_file(it))?;
        self.image.mentions_any_run(&["tsc", "build"]).then_some(found)
    }

    /// Whether the path of a file may begin with these characters; false only where that is certain.
    pub(super) fn may_begin(&self, start: &str) -> bool {
        let Some(rest) = start.strip_prefix(CONTEXT) else { return true };
        let Ok(brought) = self.image.brought() else { return false };
        let path = brought.folder().join(rest.trim_start_matches('/'));
        path.is_none_or(|it| self.image.project.tree().has_prefix(it.as_str()))
    }

    /// Whether the image may have a file or folder, or the project one of its name.
    pub(super) fn may_have(&self, path: &ImagePath) -> bool {
        let is_built = path.as_str().split('/').any(|it| BUILT.contains(&it));
        let names = self.image.project.surroundings().get(|| Names::read(self.image.project));
        is_built
            || names.0.contains(path.file_name())
            || self.at(path).is_some()
            || self.image.fills(path)
            || self.is_mentioned(path.file_name())
    }

    /// Whether a COPY brings a folder.
    pub(super) fn has_folder(&self, path: &ImagePath) -> bool {
        self.image.fills(path) && self.at(path).is_none()
    }

    /// Whether a RUN mentions a file of this name.
    pub(super) fn is_mentioned(&self, name: &str) -> bool {
        self.image.mentions_run(&[name])
    }

    /// Whether a compiler made what is at a path.
    pub(super) fn is_made(&self, path: &ImagePath) -> bool {
        self.at(path).is_none_or(|it| it.file_name() != path.file_name())
    }

    /// The folder, in the build context, of the package of npm that what is at a path was made from: the closest
    /// above it that has a manifest, there or in the stages that it comes from; else the context itself.
    pub(super) fn package(&self, path: &ImagePath) -> Option<ImagePath> {
        if !Self::is_placed(path) {
            let mut folders = path.ancestors().filter(|it| !Self::is_placed(it));
            return folders.find(|it| self.at(&it.join(node::MANIFEST)).is_some());
        }
        let brought = self.image.brought().ok()?;
        let manifest = |StagePath { stage, path }: StagePath| {
            let mut folders = path.ancestors();
            folders.find_map(|it| brought.at(stage, &it.join(node::MANIFEST), &|_| Vec::new()))
        };
        let mut origins = brought.places(self.image.stage.index, path).into_iter().rev();
        let found = origins.find_map(manifest);
        let found = found.or_else(|| brought.folder().join(node::MANIFEST))?.parent()?;
        let folder = Self::context().join(found.strip_prefix(brought.folder())?);
        self.at(&folder.join(node::MANIFEST)).map(|_| folder)
    }

    /// The source below a folder that a service may load: not that of tests, of scripts beside it and of packages
    /// that others made.
    pub(super) fn below(&self, folder: &ImagePath, language: Language) -> List {
        let key = (folder.clone(), language);
        if let Some(known) = self.folders.borrow().get(&key) {
            return Rc::clone(known);
        }
        let found: List = self.list(folder, language).into();
        self.folders.borrow_mut().insert(key, Rc::clone(&found));
        found
    }

    /// Whether a stage takes a file of the build context.
    fn is_taken(&self, file: &RepoPath) -> bool {
        let taken = self.taken.get_or_init(|| {
            let site = &self.image.site;
            let sources = site.stages.iter().flat_map(|it| sources_of(it, site.dockerfile.escape));
            let folder = self.image.context_folder().cloned().unwrap_or(RepoPath::root());
            let path = |source: String| {
                // A pattern takes what is in the folder before it, if not all of it.
                let plain = source.split(['*', '?', '[']).next().unwrap_or_default();
                let end = if plain.len() < source.len() {
                    plain.rfind('/').unwrap_or(0)
                } else {
                    plain.len()
                };
                folder.join(plain[..end].trim_start_matches('/'))
            };
            sources.filter_map(path).collect()
        });
        taken.is_empty() || taken.iter().any(|it| file.strip_prefix(it).is_some())
    }

    /// Whether a file is not of a service, but of tasks that people run.
    fn defines_tasks(&self, file: &RepoPath) -> bool {
        let text = language(file).zip(self.image.project.source(file));
        text.is_some_and(|(language, file)| code::defines_tasks(language, &file.text))
    }

    fn list(&self, folder: &ImagePath, language: Language) -> Vec<ImagePath> {
        let Ok(brought) = self.image.brought() else { return Vec::new() };
        let stage = self.image.stage.index;
        let all: Vec<(ImagePath, RepoPath)> =
            match (folder.strip_fixed(CONTEXT), brought.layers(stage)) {
                (Some(rest), Some(layers)) => {
                    let inside = brought.folder().join(rest);
                    let mut files = inside.map(|it| layers.sent.below(&it)).unwrap_or_default();
                    files.retain(|it| self.is_taken(it));
                    let at = |it: RepoPath| {
                        Some((Self::context().join(it.strip_prefix(brought.folder())?), it))
                    };
                    files.into_iter().filter_map(at).collect()
                }
                (Some(_), None) => Vec::new(),
                (None, _) => brought.below(stage, folder).into_iter().collect(),
            };
        let is_own = |(at, file): &(ImagePath, RepoPath)| {
            let inside = at.strip_prefix(folder).unwrap_or_default();
            let first = inside.split_once('/').map_or("", |it| it.0);
            let is_foreign = |it: &str| it.starts_with('.') || FOREIGN.contains(&it);
            language.is_family(file.file_name())
                && !is_test(file)
                && !is_tool(file.file_name())
                && !BESIDE.contains(&first)
                && !inside.split('/').any(is_foreign)
                && (self.has_tasks || !self.defines_tasks(file))
        };
        all.into_iter().filter(is_own).map(|it| it.0).collect()
    }
}

/// The names of the files and folders of a project.
struct Names(HashSet<String>);

impl Names {
    fn read(project: &Project) -> Self {
        let parts = |it: &RepoPath| it.as_str().split('/').map(str::to_owned).collect::<Vec<_>>();
        Self(project.tree().files().flat_map(parts).collect())
    }
}

/// What a file may have been compiled from: `src/main.ts` for `dist/main.js`.
fn made_from(path: &ImagePath) -> Vec<ImagePath> {
    let Some(stem) = ["js", "mjs", "cjs"]
        .iter()
        .find_map(|it| path.as_str().strip_suffix(it)?.strip_suffix('.'))
    else {
        return Vec::new();
    };
    let parts: Vec<&str> = stem.split('/').collect();
    let mut stems = vec![stem.to_owned()];
    if let Some(at) = parts.iter().rposition(|it| BUILT.contains(it)) {
        let with = |middle: &[&str]| [&parts[..at], middle, &parts[at + 1..]].concat().join("/");
        stems.extend([with(&["src"]), with(&[])]);
    }
    let endings = ["ts", "tsx", "mts", "js"];
    let all = stems.iter().flat_map(|stem| endings.iter().map(move |it| format!("{stem}.{it}")));
    all.filter_map(|it| ImagePath::new(&it)).filter(|it| it != path).collect()
}

/// Whether a file of source is for building, checking or packaging: `vite.config.ts`, `setup.py`.
fn is_tool(name: &str) -> bool {
    [".config.", ".d.ts", ".stories."].iter().any(|it| name.contains(it))
        || [
            "Gemfile",
            "Gruntfile.js",
            "Rakefile",
            "fabfile.py",
            "gulpfile.js",
            "noxfile.py",
            "rakefile",
        ]
        .contains(&name)
        // Tasks that somebody runs by hand.
        || name.ends_with(".rake")
        || name == PROJECT_SCRIPT.name
}

/// The language of a file.
pub(super) fn language(path: &RepoPath) -> Option<Language> {
    Language::of(path.file_name())
}
