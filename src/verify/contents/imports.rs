//! The imports of users' own Python files, read line by line: enough to tell that a module is used.

use std::collections::{BTreeMap, BTreeSet};

use super::Contents;
use crate::{ecosystems::Ecosystem, text::ImagePath};

/// The largest file that is read for it, in bytes.
pub(super) const LARGEST: u64 = 1 << 20;

/// The modules that files import, by dotted name; of each folder with one that does, the first file.
///
/// `import a.b` and `from a import b` both import `a` and `a.b`: whether `b` is a module is left open.
pub(super) type Imports = BTreeMap<String, BTreeMap<ImagePath, ImagePath>>;

/// Whether a file is Python that people wrote for the image: it is neither of the standard library nor installed
/// or cached, nor a manifest such as `setup.py`, which only builds.
pub(super) fn is_wanted(path: &str, interpreter: Option<&str>) -> bool {
    const INSTALLED: [&str; 6] = [
        "/site-packages/",
        "/dist-packages/",
        "/lib/python",
        "/node_modules/",
        "/.cache/",
        "/__pypackages__/",
    ];
    const SYSTEM: [&str; 5] = ["/usr/lib/", "/usr/share/", "/usr/bin/", "/etc/", "/tmp/"];
    (path.ends_with(".py") || interpreter.is_some_and(|it| it.contains("python")))
        && !SYSTEM.iter().any(|it| path.starts_with(it))
        && !INSTALLED.iter().any(|it| path.contains(it))
        && !Ecosystem::Python.is_manifest(path.rsplit('/').next().unwrap_or(path))
}

/// Adds what a file imports.
pub(super) fn add(imports: &mut Imports, path: &ImagePath, text: &str) {
    let folder = path.parent().unwrap_or_default();
    for module in text.lines().flat_map(imported) {
        let prefixes = module.match_indices('.').map(|it| it.0).chain([module.len()]);
        for end in prefixes {
            let by_folder = imports.entry(module[..end].to_owned()).or_default();
            by_folder.entry(folder.clone()).or_insert_with(|| path.clone());
        }
    }
}

/// The modules that a line imports, and what may be one.
fn imported(line: &str) -> BTreeSet<String> {
    let line = line.trim_start();
    let first = |text: &str| {
        let name = text.trim_start_matches([' ', '\t', '(']);
        let end = name.find(|it: char| !(it.is_alphanumeric() || "_.".contains(it)));
        name[..end.unwrap_or(name.len())].to_owned()
    };
    let names = |it: &str| it.split(',').map(first).filter(|it| is_module(it)).collect::<Vec<_>>();
    if let Some(rest) = line.strip_prefix("import ") {
        return names(rest).into_iter().collect();
    }
    let Some((module, rest)) = line.strip_prefix("from ").and_then(|it| it.split_once(" import"))
    else {
        return BTreeSet::new();
    };
    let module = module.trim();
    if !is_module(module) {
        return BTreeSet::new();
    }
    let inside = names(rest).into_iter().map(|it| format!("{module}.{it}"));
    inside.chain([module.to_owned()]).collect()
}

/// Returns true if a dotted name can be that of an absolute import.
pub(super) fn is_module(name: &str) -> bool {
    name.split('.').all(|it| {
        it.starts_with(|it: char| it.is_alphabetic() || it == '_')
            && it.chars().all(|it| it.is_alphanumeric() || it == '_')
    })
}

impl Contents {
    /// A file that people wrote and that imports a module which is not of their own project.
    pub(in crate::verify) fn importer(&self, module: &str) -> Option<&ImagePath> {
        let top = module.split('.').next().unwrap_or(module);
        let is_own = |folder: &ImagePath| {
            folder.ancestors().any(|it| {
                self.entry(&it.join(&format!("{top}.py"))).is_some()
                    || self.entry(&it.join(top).join("__init__.py")).is_some()
            })
        };
        let mut importers = self.imports.get(module)?.iter();
        importers.find(|it| !is_own(it.0)).map(|it| it.1)
    }
}
