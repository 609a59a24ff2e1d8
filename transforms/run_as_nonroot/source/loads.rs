//! The files that source loads without naming them: by names that it computes, or by a framework that loads whole
//! folders.

use super::{
    Process,
    files::Files,
    reach::{Entry, Explorer, Reached},
    resolve::Resolver,
    spot::Spot,
};
use crate::{
    ecosystems::{code::Language, node},
    text::ImagePath,
};

/// The files that those after a position load.
pub(super) fn of(
    explorer: &Explorer<'_, '_>,
    resolver: &Resolver<'_, '_>,
    after: usize,
) -> Vec<Entry> {
    let mut found = Vec::new();
    for (number, file) in resolver.reach.files.iter().enumerate().skip(after) {
        let mut all = Vec::new();
        if file.facts.loader.is_some() || file.is_lost {
            all.extend(explorer.whole(&file.at, file.language));
        }
        for load in &file.facts.loads {
            for spot in resolver.spots(number, &load.module) {
                all.extend(explorer.loaded(file, &spot));
            }
        }
        let start = |at| Entry { at, folder: file.folder.clone() };
        found.extend(all.into_iter().map(start));
    }
    found
}

impl Explorer<'_, '_> {
    /// All source of the package that a file is in, or of the folder that its modules are looked for in.
    pub(super) fn whole(&self, at: &ImagePath, language: Language) -> Vec<ImagePath> {
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

    /// The source of the package that what is at a path was made from.
    fn of_package(&self, at: &ImagePath, language: Language) -> Vec<ImagePath> {
        let folder = self.files.package(at);
        folder.map(|it| self.files.below(&it, language)).unwrap_or_default()
    }

    /// The source that a process runs whose files it does not name: what a bundler or a framework made of a package,
    /// or a package that an install brings.
    pub(super) fn behind(&self, process: &Process, language: Language) -> Vec<ImagePath> {
        if language == Language::Python {
            return Vec::new();
        }
        let folder = self.workdir.join(&process.folder);
        self.of_package(&folder.join(process.first()), language)
    }

    /// The files that an import of a computed name may load.
    fn loaded(&self, file: &Reached<'_>, spot: &Spot) -> Vec<ImagePath> {
        let Spot::Text { text, is_open } = spot else {
            return self.whole(&file.at, file.language);
        };
        if file.language == Language::Python {
            return self.loaded_module(file, text, *is_open);
        }
        let text = text.strip_prefix("file://").unwrap_or(text);
        // Another package.
        if !text.starts_with(['.', '/']) && !text.is_empty() {
            return Vec::new();
        }
        let Some(folder) = file.at.parent() else { return Vec::new() };
        if !is_open {
            return self.script_module(&folder.join(text)).into_iter().collect();
        }
        let folder = folder.join(text.rsplit_once('/').map_or("", |it| it.0));
        let all = self.files.below(&folder, file.language);
        if all.is_empty() || folder.is_root() { self.whole(&file.at, file.language) } else { all }
    }

    fn loaded_module(&self, file: &Reached<'_>, text: &str, is_open: bool) -> Vec<ImagePath> {
        if !is_open {
            return self.python_module(text).into_iter().collect();
        }
        let package = text.rsplit_once('.').map_or("", |it| it.0).replace('.', "/");
        if package.is_empty() {
            return self.whole(&file.at, file.language);
        }
        let folders = self.roots.iter().map(|it| it.join(&package));
        folders.flat_map(|it| self.files.below(&it, file.language)).collect()
    }
}
