//! Shared libraries that are needed and no longer there.

use std::collections::{BTreeMap, HashMap};

use super::{Comparison, counted};
use crate::{
    dockerfile::stage::absolute,
    verify::contents::{Contents, Kind},
};

pub(super) fn compare(before: &Contents, after: &Contents, comparison: &mut Comparison) {
    let (old, new) = (provided(before), provided(after));
    let mut lost: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (needer, linked) in after.linked() {
        for library in &linked.needed {
            let Some(was) = old.get(library.as_str()) else { continue };
            let is = new.get(library.as_str()).map_or(&[][..], Vec::as_slice);
            let own = || linked.folders.iter().map(|it| origin(it, needer));
            let found = match was.iter().any(|it| is_searched(it)) {
                // The loader looked there by itself; elsewhere it needs to be told.
                true => {
                    is.iter().any(|it| is_searched(it))
                        || own().any(|folder| is.iter().any(|it| folder_of(it) == folder))
                }
                false => !is.is_empty(),
            };
            if !found {
                lost.entry(library).or_default().push(needer);
            }
        }
    }
    for (library, needers) in lost {
        let more = match needers.len() {
            1 => String::new(),
            it => format!(" and {}", counted(it - 1, "other file")),
        };
        // Modules of Python itself are the base image's, which never had more than it has now.
        let own = needers.iter().all(|it| it.contains("/lib-dynload/"));
        let needs = if needers.len() == 1 { "needs" } else { "need" };
        let text = format!("the library {library} is gone, which {}{more} {needs}", needers[0]);
        match own {
            true => comparison.notes.push(text),
            false => comparison.differences.push(text),
        }
    }
}

/// The paths of everything that may be a library, by its name.
fn provided(of: &Contents) -> HashMap<&str, Vec<&str>> {
    let mut all: HashMap<&str, Vec<&str>> = HashMap::new();
    for (path, entry) in of.files() {
        let name = path.rsplit('/').next().unwrap_or(path);
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

/// Whether the loader looks into the folder of a path by itself: `ld.so.conf` of Debian, Alpine and Red Hat.
fn is_searched(path: &str) -> bool {
    let folder = folder_of(path);
    let folder = folder.strip_prefix("/usr").unwrap_or(folder);
    let folder = folder.strip_prefix("/local").unwrap_or(folder);
    match folder.strip_prefix("/lib").or_else(|| folder.strip_prefix("/lib64")) {
        Some("" | "64" | "32") => true,
        Some(rest) => {
            rest.starts_with('/') && rest.matches('/').count() == 1 && rest.contains("-linux-")
        }
        None => false,
    }
}

/// A folder that an ELF file names, which may be relative to its own.
fn origin(folder: &str, needer: &str) -> String {
    let own = folder_of(needer);
    absolute(own, &folder.replace("${ORIGIN}", own).replace("$ORIGIN", own))
}

fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("/", |it| it.0)
}
