//! The files of the modules that source and commands name.

use super::{
    files::{self, Files},
    reach::Explorer,
};
use crate::{
    ecosystems::{code::Language, node},
    text::{ImagePath, RepoPath},
};

impl Explorer<'_, '_> {
    /// A script of the project, which its first line says to be of a language.
    pub(super) fn script(&self, path: &ImagePath) -> Option<Language> {
        let file = self.files.at(path)?;
        Language::of_script(&self.project.source(&file)?.text)
    }

    pub(super) fn language(&self, at: &ImagePath, file: &RepoPath) -> Option<Language> {
        files::language(file).or_else(|| self.script(at))
    }

    /// The file of a function of Python: `shop.cli:main`.
    pub(super) fn function(&self, name: &str) -> Option<ImagePath> {
        let path = module(name)?.replace('.', "/");
        // https://packaging.python.org/en/latest/discussions/src-layout-vs-flat-layout/
        self.python_entry(module(name)?)
            .or_else(|| self.python_file(&self.workdir.join("src").join(&path)))
    }

    /// The file that a package of npm of the project makes a program of this name of, where an install links it:
    /// `"bin": {"shop": "bin/shop.js"}`.
    ///
    /// <https://docs.npmjs.com/cli/configuring-npm/package-json#bin>
    pub(super) fn linked(&self, name: &str) -> Option<ImagePath> {
        let folders = [self.workdir.clone(), Files::context()];
        folders.iter().find_map(|folder| {
            let manifest = self.files.at(&folder.join(node::MANIFEST))?;
            let program = node::program(&self.project.source(&manifest)?.text, name)?;
            self.script_module(&folder.join(&program))
        })
    }

    /// The file of a module of Python that a command names, or of the name in it: `shop.jobs`, `shop.jobs.app`.
    pub(super) fn python_target(&self, name: &str) -> Option<ImagePath> {
        self.python_entry(name).or_else(|| self.python_entry(name.rsplit_once('.')?.0))
    }

    /// The file of a module of Python that a command names.
    pub(super) fn python_entry(&self, module: &str) -> Option<ImagePath> {
        let Some(found) = self.python_module(module) else {
            // A package needs no `__init__.py`: https://docs.python.org/3/using/cmdline.html#cmdoption-m
            let inside = format!("{}/__main__.py", module.replace('.', "/"));
            let mut all = self.roots.iter().map(|it| it.join(&inside));
            return all.find(|it| self.files.at(it).is_some());
        };
        let main = found.parent().filter(|_| found.file_name() == "__init__.py");
        let main = main.map(|it| it.join("__main__.py")).filter(|it| self.files.at(it).is_some());
        Some(main.unwrap_or(found))
    }

    pub(super) fn python_module(&self, module: &str) -> Option<ImagePath> {
        let path = module.replace('.', "/");
        self.roots.iter().find_map(|root| self.python_file(&root.join(&path)))
    }

    /// The file of a module of Python that has this path without an ending. A package comes before a module of the
    /// same name: `FileFinder.find_spec` of CPython's Lib/importlib/_bootstrap_external.py.
    pub(super) fn python_file(&self, stem: &ImagePath) -> Option<ImagePath> {
        let file = ImagePath::new(&format!("{stem}.py"))?;
        let package = stem.join("__init__.py");
        [package, file].into_iter().find(|it| self.files.at(it).is_some())
    }

    /// The file of a module of JavaScript: itself, with an ending, or the index of a folder.
    pub(super) fn script_module(&self, path: &ImagePath) -> Option<ImagePath> {
        let stem = path.as_str();
        if !self.files.may_begin(stem.strip_suffix(".js").unwrap_or(stem)) {
            return None;
        }
        let is_source =
            |it: &ImagePath| self.files.at(it).is_some_and(|it| files::language(&it).is_some());
        let main = || {
            let manifest = self.files.at(&path.join(node::MANIFEST))?;
            let main = node::main(&self.project.source(&manifest)?.text)?;
            let main = path.join(&main);
            (main != *path).then(|| self.script_module(&main)).flatten()
        };
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
        candidates.chain(typed).find(is_source).or_else(main)
    }
}

/// The module of Python that an argument names: `shop.main` of `shop.main:app`.
pub(super) fn module(text: &str) -> Option<&str> {
    let name = text.split_once(':').map_or(text, |it| it.0);
    let part = |it: &str| {
        !it.is_empty()
            && !it.starts_with(|it: char| it.is_ascii_digit())
            && it.chars().all(|it| it.is_ascii_alphanumeric() || it == '_')
    };
    name.split('.').all(part).then_some(name)
}

/// The module that a text of a source names, if it can be one.
pub(super) fn module_text(text: &str) -> Option<&str> {
    module(text).filter(|it| it.starts_with(|it: char| it.is_ascii_alphabetic() || it == '_'))
}
