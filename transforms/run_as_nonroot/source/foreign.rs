//! Methods that are called like one that writes, and are another type's: `build`, `save`, `open`.

use std::{
    cell::{OnceCell, RefCell},
    collections::HashMap,
    sync::Arc,
};

use super::reach::{Reach, Reached};
use crate::{
    ecosystems::code::{Language, Write},
    project::Project,
};

/// The modules that the files of a program speak of; each is looked for once.
pub(super) struct Spoken<'r, 'a> {
    project: &'r Project,
    reach: &'r Reach<'a>,
    texts: OnceCell<Vec<Arc<str>>>,
    known: RefCell<HashMap<&'static str, bool>>,
}

impl<'r, 'a> Spoken<'r, 'a> {
    /// Those of the files that a program reaches.
    pub(super) fn new(project: &'r Project, reach: &'r Reach<'a>) -> Self {
        Self { project, reach, texts: OnceCell::new(), known: RefCell::default() }
    }

    /// Whether a call is of another method than the one that writes: that is one of packages of which no file of the
    /// program says the name. An object may come from another file, but only from a package that some file imports.
    ///
    /// Bundler imports the gems of a program in Ruby, so there no file has to.
    pub(super) fn is_foreign(&self, file: &Reached<'_>, write: &Write) -> bool {
        if write.packages().is_empty() || write.is_sure || file.language == Language::Ruby {
            return false;
        }
        !write.packages().iter().any(|it| self.says(spoken(it)))
    }

    fn says(&self, package: &'static str) -> bool {
        let text = |it: &Reached<'_>| self.project.source(&it.path).map(|it| Arc::clone(&it.text));
        let texts = self.texts.get_or_init(|| self.reach.files.iter().filter_map(text).collect());
        let says = || texts.iter().any(|it| it.contains(package));
        *self.known.borrow_mut().entry(package).or_insert_with(says)
    }
}

/// The name by which source speaks of a module: `sqlx` of `sqlx::sqlite`, and a class by its own name.
fn spoken(module: &str) -> &str {
    let mut parts = module.split(['.', ':', '\\', '/']).filter(|it| !it.is_empty());
    let last = parts.clone().next_back().unwrap_or(module);
    match last.starts_with(|it: char| it.is_ascii_uppercase()) {
        true => last,
        false if module.starts_with('@') => module,
        false => parts.next().unwrap_or(module),
    }
}

#[cfg(test)]
mod tests {
    use super::spoken;

    #[test]
    fn modules_are_spoken_of_by_their_package_or_class() {
        let names = ["sqlx::sqlite", "gensim.corpora", "@a/b-node", "jakarta.servlet.http.Part"];
        assert_eq!(names.map(spoken), ["sqlx", "gensim", "@a/b-node", "Part"]);
    }
}
