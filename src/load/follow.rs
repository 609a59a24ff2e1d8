//! Reads the files whose names nobody can know beforehand: those that Dockerfiles, requirements files
//! and compose files name.

use std::{collections::BTreeMap, path::Path};

use rayon::prelude::*;

use super::{
    text::{self, Read},
    wanted::Wanted,
};
use crate::{
    callers,
    dockerfile::Dockerfile,
    ecosystems::MANAGERS,
    project::{File, Problem, Tree, tree},
    text::RepoPath,
};

/// Reads the files that those read so far name, and the files that these name, until none is left.
pub(super) fn read_named(
    root: &Path,
    tree: &Tree,
    texts: &mut BTreeMap<RepoPath, File>,
    problems: &mut Vec<Problem>,
) {
    let named: Vec<_> = texts.values().collect();
    let named = named.par_iter().flat_map_iter(|it| names(it, tree));
    let mut queue: Vec<_> = named.collect();
    while let Some((path, wanted)) = queue.pop() {
        if texts.contains_key(&path) || !tree.is_file(&path) {
            continue;
        }
        match text::read_as(root, &path, wanted) {
            Read::Text(it) => {
                let file = File::new(path.clone(), it);
                queue.extend(names(&file, tree));
                texts.insert(path, file);
            }
            // Only its place in another file made it matter, so it may be anything.
            Read::Problem(it) if wanted == Wanted::Caller => problems.push(it),
            Read::Problem(_) | Read::Skipped => {}
        }
    }
}

fn names(file: &File, tree: &Tree) -> Vec<(RepoPath, Wanted)> {
    let name = file.path.file_name();
    let folder = file.path.parent().unwrap_or(RepoPath::root());
    let manifest = |it: RepoPath| (it, Wanted::Manifest);
    if file.dockerfile().is_some() {
        return copied(file, tree).into_iter().map(manifest).collect();
    }
    if name.ends_with(".txt") || name.ends_with(".in") {
        let named = MANAGERS.iter().flat_map(|it| (it.includes)(&file.text));
        return named.filter_map(|it| folder.join(&it)).map(manifest).collect();
    }
    match callers::Kind::of(&file.path) {
        Some(callers::Kind::Compose) => {
            let named = file.text.lines().filter_map(included);
            named.filter_map(|it| folder.join(it)).map(|it| (it, Wanted::Caller)).collect()
        }
        _ => Vec::new(),
    }
}

/// The manifests that a Dockerfile copies, wherever its context may be.
fn copied(file: &File, tree: &Tree) -> Vec<RepoPath> {
    let instructions = file.dockerfile().into_iter().flat_map(Dockerfile::instructions);
    let copies = instructions.filter_map(|it| it.1.copy()).filter(|it| it.from.is_none());
    let sources = copies.flat_map(|it| it.sources).map(|it| it.text);
    let is_manifest = |it: &String| {
        matches!(it.rsplit_once('.'), Some((_, "in" | "lock" | "toml" | "txt")))
            && !it.contains("://")
    };
    let sources: Vec<_> = sources.filter(is_manifest).collect();
    let contexts = file.path.ancestors().flat_map(|folder| {
        sources.iter().flat_map(move |it| tree::sources(tree, &folder, it)).collect::<Vec<_>>()
    });
    contexts.collect()
}

/// The file that a line of a compose file includes or extends. Read line by line: what it names by
/// mistake is a file that is read in vain.
fn included(line: &str) -> Option<&str> {
    let line = line.trim();
    let value = ["file:", "path:", "- path:", "-"].iter().find_map(|it| line.strip_prefix(it))?;
    let value = value.trim().trim_matches(['"', '\'']);
    (value.ends_with(".yml") || value.ends_with(".yaml")).then_some(value)
}
