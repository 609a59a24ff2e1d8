//! Which source files the commands of an image reach: those that they name, and what these import.

use std::collections::{HashMap, VecDeque};

use super::{
    Process,
    files::{self, Files},
};
use crate::{
    ecosystems::code::{self, Import, Language, SourceFacts},
    project::Project,
    text::{ImagePath, RepoPath},
};

/// A source file that a command reaches.
pub(super) struct Reached<'a> {
    /// Where it is in the project.
    pub path: RepoPath,
    /// Where it is when the image runs.
    pub at: ImagePath,
    /// What it says.
    pub facts: &'a SourceFacts,
    /// Its modules that are files of the project, by the names that it gives them.
    pub modules: HashMap<String, Vec<usize>>,
}

/// The source files that commands reach.
#[derive(Default)]
pub(super) struct Reach<'a> {
    /// The files.
    pub files: Vec<Reached<'a>>,
    /// False if there are more, which were not read: too many, too long, or not source that can be read.
    pub is_whole: bool,
    by_place: HashMap<ImagePath, usize>,
}

/// The most files that are read for an image.
const FILES: usize = 3000;

/// What a file says; read once.
struct Facts(Option<SourceFacts>);

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
}

impl<'a> Explorer<'_, 'a> {
    /// The files that a process starts with; empty if it names none that is here.
    pub(super) fn entries(
        &self,
        process: &Process,
        env: &dyn Fn(&str) -> Option<String>,
    ) -> Vec<ImagePath> {
        let mut found = Vec::new();
        let words =
            process.known().chain([process.program.as_str()]).chain([process.path.as_str()]);
        let words: Vec<&str> = words.filter(|it| !it.starts_with('-')).collect();
        for word in &words {
            let path = self.workdir.join(word);
            let is_source = Language::of(path.file_name()).is_some();
            let is_named = is_source && self.files.at(&path).is_some();
            if is_named || word.contains('/') && self.script(&path).is_some() {
                found.push(path);
            } else if !is_source && word.contains('/') || *word == "." {
                // A folder of JavaScript.
                found.extend(
                    self.script_module(&path).into_iter().filter(|_| process.program == "node"),
                );
            }
        }
        if found.is_empty() {
            let modules = process.known().chain([process.program.as_str()]).filter_map(module);
            let inline =
                process.known().filter_map(|it| it.split_once('=').and_then(|it| module(it.1)));
            found.extend(modules.chain(inline).filter_map(|it| self.python_entry(it)));
        }
        if process.program == "flask" && found.is_empty() {
            let named = env("FLASK_APP");
            let named = named.as_deref().map(|it| it.trim_end_matches(".py"));
            let all = named.into_iter().chain(["app", "wsgi"]);
            found.extend(all.filter_map(module).find_map(|it| self.python_entry(it)));
        }
        found
    }

    /// A script of the project, which its first line says to be of a language.
    fn script(&self, path: &ImagePath) -> Option<Language> {
        let file = self.files.at(path)?;
        Language::of_script(&self.project.source(&file)?.text)
    }

    fn language(&self, at: &ImagePath, file: &RepoPath) -> Option<Language> {
        files::language(file).or_else(|| self.script(at))
    }

    /// The file of a function of Python: `shop.cli:main`.
    pub(super) fn function(&self, name: &str) -> Option<ImagePath> {
        let path = module(name)?.replace('.', "/");
        // https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/
        self.python_entry(module(name)?)
            .or_else(|| self.python_file(&self.workdir.join("src").join(&path)))
    }

    /// The file of a module of Python that a command names.
    fn python_entry(&self, module: &str) -> Option<ImagePath> {
        let found = self.python_module(module)?;
        let main = found.parent().filter(|_| found.file_name() == "__init__.py");
        let main = main.map(|it| it.join("__main__.py")).filter(|it| self.files.at(it).is_some());
        Some(main.unwrap_or(found))
    }

    fn python_module(&self, module: &str) -> Option<ImagePath> {
        let path = module.replace('.', "/");
        self.roots.iter().find_map(|root| self.python_file(&root.join(&path)))
    }

    fn python_file(&self, stem: &ImagePath) -> Option<ImagePath> {
        let file = ImagePath::new(&format!("{stem}.py"))?;
        let package = stem.join("__init__.py");
        [file, package].into_iter().find(|it| self.files.at(it).is_some())
    }

    /// The file of a module of JavaScript: itself, with an ending, or the index of a folder.
    fn script_module(&self, path: &ImagePath) -> Option<ImagePath> {
        let is_source =
            |it: &ImagePath| self.files.at(it).is_some_and(|it| files::language(&it).is_some());
        let endings = [
            "",
            ".js",
            ".ts",
            ".mjs",
            ".cjs",
            ".tsx",
            ".jsx",
            "/index.js",
            "/index.ts",
            "/index.tsx",
        ];
        let candidates = endings.iter().filter_map(|it| ImagePath::new(&format!("{path}{it}")));
        let typed =
            path.as_str().strip_suffix(".js").and_then(|it| ImagePath::new(&format!("{it}.ts")));
        candidates.chain(typed).find(is_source)
    }

    /// Reads the files that these reach.
    pub(super) fn follow(&self, entries: Vec<ImagePath>) -> Reach<'a> {
        let mut reach = Reach { is_whole: true, ..Reach::default() };
        let mut queue: VecDeque<usize> = VecDeque::new();
        for at in &entries {
            queue.extend(self.add(&mut reach, at));
        }
        while let Some(index) = queue.pop_front() {
            let (at, facts) = (reach.files[index].at.clone(), reach.files[index].facts);
            let Some(language) = self.language(&at, &reach.files[index].path) else { continue };
            let found = match language {
                Language::Python => self.python_imports(&at, facts),
                _ => self.script_imports(&at, facts, &entries),
            };
            for (name, at) in found {
                let known = reach.by_place.get(&at).copied();
                let number = known.or_else(|| {
                    let added = self.add(&mut reach, &at)?;
                    queue.push_back(added);
                    Some(added)
                });
                if let (Some(number), Some(name)) = (number, name) {
                    reach.files[index].modules.insert(name, vec![number]);
                }
            }
        }
        reach
    }

    /// Adds a file; `None` if it is known, for tests, or cannot be read.
    fn add(&self, reach: &mut Reach<'a>, at: &ImagePath) -> Option<usize> {
        if reach.by_place.contains_key(at) {
            return None;
        }
        let path = self.files.at(at).filter(|it| !files::is_test(it))?;
        let language = self.language(at, &path)?;
        self.read(reach, at, &path, language)
    }

    /// The number of a file, which is read if it is not yet; `None` if it cannot be read as a whole.
    pub(super) fn number(
        &self,
        reach: &mut Reach<'a>,
        at: &ImagePath,
        path: &RepoPath,
        language: Language,
    ) -> Option<usize> {
        let known = reach.by_place.get(at).copied();
        let number = known.or_else(|| self.read(reach, at, path, language))?;
        reach.files[number].facts.is_whole.then_some(number)
    }

    /// Reads a file; `None` if it is known, or cannot be read.
    fn read(
        &self,
        reach: &mut Reach<'a>,
        at: &ImagePath,
        path: &RepoPath,
        language: Language,
    ) -> Option<usize> {
        if reach.by_place.contains_key(at) {
            return None;
        }
        let file = self.project.source(path);
        let facts = file.and_then(|file| {
            let Facts(facts) = file.memo.get(|| Facts(code::read(language, &file.text)));
            facts.as_ref()
        });
        let (Some(facts), true) = (facts, reach.files.len() < FILES) else {
            reach.is_whole = false;
            return None;
        };
        reach.is_whole &= facts.is_whole;
        let number = reach.files.len();
        reach.by_place.insert(at.clone(), number);
        reach.files.push(Reached {
            path: path.clone(),
            at: at.clone(),
            facts,
            modules: HashMap::new(),
        });
        Some(number)
    }

    /// The files that a module of Python imports, with the names that it gives them.
    fn python_imports(
        &self,
        at: &ImagePath,
        facts: &SourceFacts,
    ) -> Vec<(Option<String>, ImagePath)> {
        let mut found = Vec::new();
        for Import { module, names, .. } in &facts.imports {
            let dots = module.chars().take_while(|it| *it == '.').count();
            let base = module.trim_start_matches('.');
            let stem = |name: &str| name.replace('.', "/");
            let one = |name: &str| match dots {
                0 => self.python_module(name),
                dots => {
                    let folder = at.ancestors().nth(dots)?;
                    if name.is_empty() {
                        return Some(folder.join("__init__.py"))
                            .filter(|it| self.files.at(it).is_some());
                    }
                    self.python_file(&folder.join(&stem(name)))
                }
            };
            let whole = one(base);
            // The packages around a module are imported with it.
            for (index, _) in base.match_indices('.') {
                found.extend(one(&base[..index]).map(|it| (None, it)));
            }
            found.extend(whole.map(|it| (Some(module.clone()), it)));
            for name in names {
                let inner = if base.is_empty() { name.clone() } else { format!("{base}.{name}") };
                let separator = if base.is_empty() { "" } else { "." };
                found
                    .extend(one(&inner).map(|it| (Some(format!("{module}{separator}{name}")), it)));
            }
        }
        // Settings name modules in texts: `ROOT_URLCONF`, `include("shop.urls")`, `INSTALLED_APPS`.
        let apps = facts.names.contains_key("ROOT_URLCONF")
            || facts.texts.iter().any(|it| it.starts_with("django.contrib."));
        for text in &facts.texts {
            let Some(module) = module_text(text) else { continue };
            if module.contains('.') {
                let outer = module.rsplit_once('.').map(|it| it.0);
                let file = self.python_module(module).or_else(|| self.python_module(outer?));
                found.extend(file.map(|it| (None, it)));
            }
            if apps {
                let package =
                    self.python_module(module).filter(|it| it.file_name() == "__init__.py");
                let package = package.and_then(|it| it.parent());
                // https://docs.djangoproject.com/en/stable/ref/applications/
                let parts = ["apps", "models", "admin", "signals", "tasks"];
                let parts = package.iter().flat_map(|it| parts.iter().map(|part| it.join(part)));
                found.extend(parts.filter_map(|it| self.python_file(&it)).map(|it| (None, it)));
            }
        }
        found
    }

    /// The files that a module of JavaScript imports, with the names that it gives them.
    fn script_imports(
        &self,
        at: &ImagePath,
        facts: &SourceFacts,
        entries: &[ImagePath],
    ) -> Vec<(Option<String>, ImagePath)> {
        let mut found = Vec::new();
        for Import { module, .. } in &facts.imports {
            let file = if module.starts_with('.') || module.starts_with('/') {
                at.parent().and_then(|it| self.script_module(&it.join(module)))
            } else {
                // Aliases of `tsconfig.json` begin where the program or its project does.
                let rest = ["@/", "~/", "src/", "#/"].iter().find_map(|it| module.strip_prefix(it));
                let folders = entries.iter().flat_map(|it| it.ancestors().skip(1).take(2));
                let folders: Vec<ImagePath> = folders.chain([self.workdir.clone()]).collect();
                let names = [rest, Some(module.as_str())];
                let names =
                    names.into_iter().flatten().filter(|it| it.contains('/') || rest.is_some());
                names
                    .flat_map(|name| folders.iter().map(move |it| it.join(name)))
                    .find_map(|it| self.script_module(&it))
            };
            found.extend(file.map(|it| (Some(module.clone()), it)));
        }
        found
    }
}

/// The module of Python that an argument names: `shop.main` of `shop.main:app`.
fn module(text: &str) -> Option<&str> {
    let name = text.split_once(':').map_or(text, |it| it.0);
    let part = |it: &str| {
        !it.is_empty()
            && !it.starts_with(|it: char| it.is_ascii_digit())
            && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    name.split('.').all(part).then_some(name)
}

/// The module that a text of a source names, if it can be one.
fn module_text(text: &str) -> Option<&str> {
    module(text).filter(|it| it.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_'))
}
