//! The files that source loads without naming them: by names that it computes, or by a framework that loads whole
//! folders.

use std::{
    collections::{HashMap, HashSet},
    rc::Rc,
};

use super::{
    Process,
    files::{Files, List},
    reach::{Entry, Explorer, Reached},
    resolve::Resolver,
    spot::Spot,
};
use crate::{
    ecosystems::{
        code::{self, Language, Mention},
        node,
    },
    text::ImagePath,
};

/// What files load.
#[derive(Default)]
pub(super) struct Loaded {
    /// The files.
    pub entries: Vec<Entry>,
    /// The numbers of the files of which it is not known what they load.
    pub lost: Vec<usize>,
    known: HashSet<(ImagePath, bool)>,
    /// The lists that were added: the same come for many files.
    lists: HashMap<(*const [ImagePath], bool), List>,
}

impl Loaded {
    /// Adds files that a file loads whose command starts in `folder`; of several that load one the first tells where.
    fn add(&mut self, list: List, folder: &ImagePath, is_run: bool) {
        let key = (Rc::as_ptr(&list), is_run);
        if self.lists.contains_key(&key) {
            return;
        }
        for at in list.iter() {
            if self.known.insert((at.clone(), is_run)) {
                self.entries.push(Entry { at: at.clone(), folder: folder.clone(), is_run });
            }
        }
        self.lists.insert(key, list);
    }
}

/// What these files load.
pub(super) fn of(
    explorer: &Explorer<'_, '_>,
    resolver: &Resolver<'_, '_>,
    numbers: &[usize],
) -> Loaded {
    let mut loaded = Loaded::default();
    for number in numbers {
        let file = &resolver.reach.files[*number];
        if file.facts.loader.is_some() || file.is_lost || explorer.is_told(file) {
            loaded.add(explorer.whole(file), &file.folder, false);
        }
        if let Some(name) = file.facts.finds {
            loaded.add(explorer.named(file, name), &file.folder, false);
        }
        for list in explorer.mentioned(file) {
            loaded.add(list, &file.folder, Explorer::is_page(file));
        }
        for load in &file.facts.loads {
            for spot in resolver.spots(*number, &load.module) {
                let found = explorer.loaded(file, &spot, load.is_run);
                if found.iter().all(|it| it.is_empty()) && spot == Spot::Unknown {
                    loaded.lost.push(*number);
                }
                for list in found {
                    loaded.add(list, &file.folder, load.is_run);
                }
            }
        }
    }
    loaded
}

impl Explorer<'_, '_> {
    /// Whether a settings file has a framework load modules of the project.
    fn is_told(&self, file: &Reached<'_>) -> bool {
        let told = code::told_loader(file.facts).filter(|_| file.language == Language::Python);
        told.is_some_and(|(settings, section)| {
            let settings = self.files.at(&file.folder.join(settings));
            let text = settings.and_then(|it| self.project.source(&it));
            text.is_some_and(|it| it.text.contains(section))
        })
    }

    /// All source of the package that a file is in, or of the folder that its modules are looked for in.
    pub(super) fn whole(&self, file: &Reached<'_>) -> List {
        let Reached { at, language, folder: start, .. } = file;
        let language = *language;
        if file.facts.is_open() {
            return self.autoloaded(at, language, start);
        }
        if language == Language::Python {
            let folders = self.roots.iter().filter(|it| !it.is_root() && at.is_within(it));
            let folder = folders.min_by_key(|it| it.as_str().len()).cloned();
            let folder = folder.or_else(|| at.parent()).filter(|it| !it.is_root());
            return folder.map(|it| self.files.below(&it, language)).unwrap_or_default();
        }
        if Files::is_placed(at) && !self.files.is_made(at) {
            let mut folders = at.ancestors().skip(1);
            let package = folders.find(|it| self.files.at(&it.join(node::MANIFEST)).is_some());
            let folder = package.unwrap_or_else(|| self.workdir.clone());
            let all = self.files.below(&folder, language);
            if !all.is_empty() {
                return all;
            }
        }
        self.of_package(at, language)
    }

    /// The modules of a name in all packages beside a file: `tasks.py`, or the folder `tasks`.
    fn named(&self, file: &Reached<'_>, name: &str) -> List {
        let is_named = |it: &ImagePath| {
            let stem = it.file_name().split('.').next();
            let outer = it.parent().is_some_and(|it| it.file_name() == name);
            stem == Some(name) || outer && stem == Some("__init__")
        };
        self.whole(file).iter().filter(|it| is_named(it)).cloned().collect()
    }

    /// The source of the package that what is at a path was made from.
    fn of_package(&self, at: &ImagePath, language: Language) -> List {
        let folder = self.files.package(at);
        folder.map(|it| self.files.below(&it, language)).unwrap_or_default()
    }

    /// The source that a process runs whose files it does not name: what a bundler or a framework made of a package,
    /// or a package that an install brings.
    pub(super) fn behind(&self, process: &Process, language: Language) -> List {
        if language != Language::JavaScript {
            return List::default();
        }
        let folder = self.workdir.join(&process.folder);
        self.of_package(&folder.join(process.first()), language)
    }

    /// The files that an import of a computed name may load; `is_run` if a process of its own is started with it.
    fn loaded(&self, file: &Reached<'_>, spot: &Spot, is_run: bool) -> Vec<List> {
        let Spot::Text { text, is_open } = spot else {
            return match file.facts.is_open() {
                true => vec![self.loaded_path(&file.at, file.language, &file.folder, spot)],
                false => vec![self.whole(file)],
            };
        };
        if file.facts.is_open() {
            return vec![self.loaded_path(&file.at, file.language, &file.folder, spot)];
        }
        if file.language == Language::Python {
            return self.loaded_module(file, text, *is_open);
        }
        let text = text.strip_prefix("file://").unwrap_or(text);
        // Another package.
        if !text.starts_with(['.', '/']) && !text.is_empty() && !is_run {
            return Vec::new();
        }
        let folder = if is_run { Some(file.folder.clone()) } else { file.at.parent() };
        let Some(folder) = folder else { return Vec::new() };
        if !is_open {
            return one(self.script_module(&folder.join(text)));
        }
        let folder = folder.join(text.rsplit_once('/').map_or("", |it| it.0));
        let all = self.files.below(&folder, file.language);
        let is_whole = all.is_empty() || folder.is_root();
        vec![if is_whole { self.whole(file) } else { all }]
    }

    fn loaded_module(&self, file: &Reached<'_>, text: &str, is_open: bool) -> Vec<List> {
        if text.contains('/') || text.ends_with(".py") {
            let path = file.folder.join(text);
            if !is_open && self.files.at(&path).is_some() {
                return one(Some(path));
            }
            let folder = if is_open && !text.ends_with('/') { path.parent() } else { Some(path) };
            let all = folder.filter(|it| !it.is_root());
            let all = all.map(|it| self.files.below(&it, file.language)).unwrap_or_default();
            let all = if all.is_empty() { self.whole(file) } else { all };
            return vec![all];
        }
        if !is_open {
            // A folder of modules: `load_extensions("cogs")`.
            let mut found = vec![self.below_module(text, file.language)];
            found.extend(one(self.python_module(text)));
            return found;
        }
        match text.rsplit_once('.') {
            Some((package, _)) => vec![self.below_module(package, file.language)],
            None => vec![self.whole(file)],
        }
    }

    /// Whether what a file names is run as the program itself: docs.streamlit.io, "Multipage apps".
    fn is_page(file: &Reached<'_>) -> bool {
        file.facts.imports.iter().any(|it| it.module == "streamlit")
    }

    /// The source files that texts of a file name, seen from its folder, from where the process runs, or from the
    /// folders that modules are looked for in.
    fn mentioned(&self, file: &Reached<'_>) -> Vec<List> {
        if file.facts.mentions.is_empty() {
            return Vec::new();
        }
        let mut bases = vec![file.folder.clone()];
        bases.extend(file.at.parent());
        // Of what a compiler made, its own source.
        if self.files.is_made(&file.at) {
            bases.extend(file.path.parent().and_then(|it| self.files.context_path(&it)));
        }
        if file.language == Language::Python {
            bases.extend(self.roots.iter().cloned());
        }
        bases.sort();
        bases.dedup();
        let found = file.facts.mentions.iter().filter_map(|it| self.mention(file, it, &bases));
        found.collect()
    }

    /// The source files that a text of a file names, seen from one of these folders.
    fn mention(&self, file: &Reached<'_>, mention: &Mention, bases: &[ImagePath]) -> Option<List> {
        let Mention { path, is_pattern } = mention;
        let path = path.trim_start_matches('/');
        if *is_pattern && path.trim_matches(['.', '/']).is_empty() {
            return Some(self.whole(file));
        }
        let is_script =
            matches!(file.language, Language::JavaScript | Language::TypeScript | Language::Tsx);
        let is_source = |it: &ImagePath| {
            self.files.at(it).is_some_and(|it| file.language.is_family(it.file_name()))
        };
        bases.iter().map(|it| it.join(path)).find_map(|at| match *is_pattern {
            true if at.is_root() => None,
            true => Some(self.files.below(&at, file.language)).filter(|it| !it.is_empty()),
            false => {
                let one = if is_script { self.script_module(&at) } else { Some(at) };
                one.filter(is_source).map(|it| List::from([it]))
            }
        })
    }

    /// The source below the folder of a module of Python.
    fn below_module(&self, module: &str, language: Language) -> List {
        let inside = module.replace('.', "/");
        let all = self.roots.iter().map(|it| self.files.below(&it.join(&inside), language));
        all.into_iter().find(|it| !it.is_empty()).unwrap_or_default()
    }
}

/// One file as lists.
fn one(file: Option<ImagePath>) -> Vec<List> {
    file.map(|it| List::from([it])).into_iter().collect()
}
