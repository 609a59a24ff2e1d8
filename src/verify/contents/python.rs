//! Python distributions, as they are recorded beside what they install: "Recording installed projects" and
//! "Core metadata" of the packaging specifications, and setuptools' older `egg-info`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Requirement, imports::is_module};
use crate::text::ImagePath;

/// A Python distribution that is installed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Distribution {
    /// Its name, normalised: lower case, runs of `-`, `_` and `.` as one `-`.
    pub name: String,
    /// Its version, as its metadata has it.
    pub version: String,
    /// The folder or file of its metadata.
    pub place: ImagePath,
    /// Its requirements that apply on Linux.
    pub requires: Vec<Requirement>,
    /// The files that it installed, as far as they are recorded.
    pub files: Vec<ImagePath>,
    /// The modules that it says are its own, where it records no files.
    top_level: Vec<String>,
}

impl Distribution {
    /// The folder of packages that it lies in: `…/site-packages`.
    pub fn site(&self) -> ImagePath {
        self.place.parent().unwrap_or_default()
    }

    /// The modules that are to be imported from it, dotted: of packages that it has to itself the package,
    /// of those that it shares the ones in them.
    pub fn modules(&self) -> BTreeSet<String> {
        let site = self.site();
        let files: BTreeSet<&str> =
            self.files.iter().filter_map(|it| it.strip_prefix(&site)).collect();
        let module = |path: &&str| {
            let folders = path.match_indices('/').map(|it| &path[..it.0]);
            let own = { folders }.find(|it| files.contains(format!("{it}/__init__.py").as_str()));
            let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
            let (stem, end) = name.split_once('.')?;
            let is_code = end == "py" || end == "so" || end.ends_with(".so");
            let dotted = own.map_or_else(|| format!("{folder}/{stem}"), str::to_owned);
            is_code.then(|| dotted.trim_start_matches('/').replace('/', "."))
        };
        let mut modules: BTreeSet<String> = files.iter().filter_map(module).collect();
        if modules.is_empty() {
            modules.extend(self.top_level.iter().cloned());
        }
        modules.retain(|it| is_module(it));
        modules
    }
}

/// Returns true if a file describes a distribution.
pub(super) fn is_wanted(path: &ImagePath) -> bool {
    let is_in = |end: &str| path.parent().is_some_and(|it| it.file_name().ends_with(end));
    match path.file_name() {
        "METADATA" | "RECORD" => is_in(".dist-info"),
        "PKG-INFO" | "requires.txt" | "installed-files.txt" | "top_level.txt" => is_in(".egg-info"),
        name => name.ends_with(".egg-info"),
    }
}

/// The distributions that these files record.
pub(super) fn distributions(texts: Vec<(ImagePath, String)>) -> Vec<Distribution> {
    let mut found: BTreeMap<ImagePath, Distribution> = BTreeMap::new();
    for (path, text) in texts {
        let name = path.file_name();
        let folder = path.parent().filter(|_| !name.ends_with(".egg-info"));
        let place = folder.unwrap_or_else(|| path.clone());
        let it = found.entry(place.clone()).or_default();
        it.place = place.clone();
        let python = python(place.as_str());
        match name {
            "RECORD" => {
                let site = it.site();
                let paths = text.lines().filter_map(first_column);
                it.files.extend(paths.map(|it| site.join(&it)));
            }
            "installed-files.txt" => it.files.extend(text.lines().map(|it| place.join(it))),
            "top_level.txt" => it.top_level.extend(text.lines().map(|it| it.trim().to_owned())),
            "requires.txt" => {
                let plain = text.lines().take_while(|it| !it.starts_with('['));
                it.requires.extend(plain.filter_map(|it| Requirement::read(it, python)));
            }
            _ => {
                let field = |line: &str, name: &str| {
                    let (key, value) = line.split_once(':')?;
                    key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
                };
                // The description follows an empty line, and may look like fields.
                for line in text.lines().take_while(|it| !it.is_empty()) {
                    if let Some(name) = field(line, "Name") {
                        it.name = normalized(&name);
                    }
                    if let Some(version) = field(line, "Version") {
                        it.version = version;
                    }
                    let requires = field(line, "Requires-Dist");
                    it.requires.extend(requires.and_then(|it| Requirement::read(&it, python)));
                }
            }
        }
    }
    found.into_values().filter(|it| !it.name.is_empty()).collect()
}

/// A name as the packaging specifications normalise it.
pub(super) fn normalized(name: &str) -> String {
    let parts = name.trim().split(['-', '_', '.']).filter(|it| !it.is_empty());
    parts.collect::<Vec<_>>().join("-").to_ascii_lowercase()
}

/// The minor version of the Python 3 that a path belongs to.
fn python(path: &str) -> Option<u32> {
    let version = path.split('/').find_map(|it| it.strip_prefix("python3."))?;
    version.parse().ok()
}

/// The first column of a line of comma-separated values.
fn first_column(line: &str) -> Option<String> {
    let first = match line.strip_prefix('"') {
        Some(quoted) => quoted.split_once("\",")?.0.replace("\"\"", "\""),
        None => line.split(',').next()?.to_owned(),
    };
    (!first.is_empty()).then_some(first)
}
