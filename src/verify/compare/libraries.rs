//! Shared libraries that are needed and no longer there.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    ops::Bound,
};

use super::{Comparison, Image, Pair};
use crate::{
    text::{ImagePath, count::counted},
    verify::contents::{Contents, Kind},
};

pub(super) fn compare(Pair { before, after, .. }: Pair<'_>, comparison: &mut Comparison) {
    let (old, new) = (Loader::of(before), Loader::of(after));
    let mut lost: BTreeMap<(&str, Option<&ImagePath>), Vec<&ImagePath>> = BTreeMap::new();
    for (needer, linked) in after.1.linked() {
        for library in &linked.needed {
            let (was, is) = (old.provided(library), new.provided(library));
            // A library that was there and not found was loaded by other means, and may still be.
            let found = match old.finds(library) || old.is_told(needer.file_name(), library) {
                true => new.finds(library) || is.iter().any(|it| new.leads(needer, it)),
                false => was.is_empty() || !is.is_empty(),
            };
            if !found {
                lost.entry((library, is.first().copied())).or_default().push(needer);
            }
        }
    }
    for ((library, place), needers) in lost {
        let more = match needers.len() {
            1 => String::new(),
            it => format!(" and {}", counted(it - 1, "other file")),
        };
        // Modules of Python itself are the base image's, which never had more than it has now.
        let own = needers.iter().all(|it| it.as_str().contains("/lib-dynload/"));
        let needs = if needers.len() == 1 { "needs" } else { "need" };
        let gone = place.map_or("gone".to_owned(), |it| {
            format!("only at {it}, where the loader does not look for it")
        });
        let text = format!("the library {library} is {gone}, which {}{more} {needs}", needers[0]);
        match own {
            true => comparison.notes.push(text),
            false => comparison.differences.push(text),
        }
    }
}

/// The paths of everything that may be a library, by its name.
fn provided(of: &Contents) -> HashMap<&str, Vec<&ImagePath>> {
    let mut all: HashMap<&str, Vec<&ImagePath>> = HashMap::new();
    for (path, entry) in of.files() {
        let name = path.file_name();
        let may = match entry.kind {
            Kind::Elf => true,
            Kind::Link(_) => name.contains(".so") && of.resolve(path).is_some(),
            _ => false,
        };
        if may {
            all.entry(name).or_default().push(path);
        }
    }
    all
}

/// The libraries that the loader of an image finds.
struct Loader<'a> {
    contents: &'a Contents,
    provided: HashMap<&'a str, Vec<&'a ImagePath>>,
    /// By the names of files, the paths of those that are linked.
    linked: HashMap<&'a str, Vec<&'a ImagePath>>,
    /// The libraries of its cache, by the paths that these lead to.
    cached: BTreeSet<ImagePath>,
    /// The folders of `LD_LIBRARY_PATH`.
    folders: Vec<ImagePath>,
    /// True for musl's loader, which has no cache.
    is_musl: bool,
}

impl<'a> Loader<'a> {
    fn of((config, contents): Image<'a>) -> Self {
        let real = |it: &ImagePath| contents.follow(&folder_of(it)).join(it.file_name());
        let mut linked: HashMap<&str, Vec<&ImagePath>> = HashMap::new();
        for path in contents.linked().keys() {
            linked.entry(path.file_name()).or_default().push(path);
        }
        let folders = config.env.get("LD_LIBRARY_PATH").map_or("", String::as_str);
        let folders = folders.split([':', ';']).filter(|it| !it.is_empty());
        let musl = (Bound::Included("/lib/ld-musl-"), Bound::Unbounded);
        let musl = contents.files().range::<str, _>(musl).next();
        Self {
            contents,
            provided: provided(contents),
            linked,
            cached: contents.cached().iter().map(real).collect(),
            folders: folders.map(|it| contents.follow(&config.workdir.join(it))).collect(),
            is_musl: musl.is_some_and(|it| it.0.as_str().starts_with("/lib/ld-musl-")),
        }
    }

    fn provided(&self, library: &str) -> &[&'a ImagePath] {
        self.provided.get(library).map_or(&[], Vec::as_slice)
    }

    /// Whether it finds a library for whatever needs it: in its own folders, through its cache, or as the
    /// environment says.
    fn finds(&self, library: &str) -> bool {
        self.provided(library).iter().any(|it| {
            let folder = folder_of(it);
            is_default(&folder)
                || (self.is_musl && folder == "/usr/local/lib")
                || self.cached.contains(*it)
                || self.folders.contains(&folder)
        })
    }

    /// Returns true if any file of a name tells the loader where a library is.
    fn is_told(&self, name: &str, library: &str) -> bool {
        let needers = self.linked.get(name).map_or(&[][..], Vec::as_slice);
        needers.iter().any(|needer| self.provided(library).iter().any(|it| self.leads(needer, it)))
    }

    /// Returns true if a file itself names the folder of a library: `DT_RPATH`, `DT_RUNPATH`.
    fn leads(&self, needer: &ImagePath, library: &ImagePath) -> bool {
        let told = self.contents.linked().get(needer).map_or(&[][..], |it| &it.folders);
        let mut told = told.iter().map(|it| self.contents.follow(&origin(it, needer)));
        let folder = folder_of(library);
        told.any(|it| it == folder)
    }
}

/// Whether the loader looks into a folder by itself: `/lib`, `/usr/lib` and theirs for an architecture.
fn is_default(folder: &ImagePath) -> bool {
    let folder = folder.as_str();
    let folder = folder.strip_prefix("/usr").unwrap_or(folder);
    match folder.strip_prefix("/lib") {
        Some("" | "64" | "32") => true,
        Some(rest) => {
            rest.starts_with('/') && rest.matches('/').count() == 1 && rest.contains("-linux-")
        }
        None => false,
    }
}

/// A folder that an ELF file names, which may be relative to its own.
fn origin(folder: &str, needer: &ImagePath) -> ImagePath {
    let own = folder_of(needer);
    own.join(&folder.replace("${ORIGIN}", own.as_str()).replace("$ORIGIN", own.as_str()))
}

fn folder_of(path: &ImagePath) -> ImagePath {
    path.parent().unwrap_or_default()
}
