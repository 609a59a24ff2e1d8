//! The clutter of a build context: what lies in it, and what tools are bound to leave there.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::group::Group;
use crate::{
    context::dockerignore::Dockerignore,
    ecosystems::{
        self,
        clutter::{self, Class, Clutter, Place, TABLE},
    },
    project::Project,
    text::{RepoPath, folder_and_name},
};

/// The places of one kind of clutter in a build context.
pub(super) struct Found {
    pub(super) row: &'static Clutter,
    /// Where it is, seen from the context.
    pub(super) there: BTreeSet<String>,
    /// Where it is to be expected: beside a file that shows the tool which makes it, or as `.gitignore` says.
    pub(super) expected: BTreeSet<String>,
    /// What has such a name and stays: it is read, or belongs to the source.
    pub(super) kept: BTreeSet<String>,
}

impl Found {
    /// All places.
    pub(super) fn places(&self) -> impl Iterator<Item = &str> {
        self.there.iter().chain(&self.expected).map(String::as_str)
    }

    /// Forgets where it is expected only because a tool is used that leaves it there: of what is not there, only the
    /// history and what an install makes are sure to come, and these only if rules that are there say nothing of them.
    pub(super) fn forget_guesses(&mut self, rules: &Dockerignore) {
        let is_sure = matches!(self.row.class, Class::VersionControl | Class::Packages);
        if !is_sure || rules.excludes(self.row.name) {
            self.expected.clear();
        }
        // Below, another project may have it, which no step may be about.
        self.expected.retain(|it| !it.contains('/'));
    }

    /// Returns true if it is worth a change: it is large, or it is there and is not what a few small files say about the
    /// project.
    pub(super) fn weighs(&self) -> bool {
        use Class::{Ci, Containers, Docs, Environments, Outputs, Packages, VersionControl};
        let is_small = match self.row.class {
            Containers | Ci => true,
            Docs => self.row.name.contains(['*', '.']),
            _ => false,
        };
        let is_large = match self.row.class {
            VersionControl | Environments | Packages => true,
            Outputs => !self.row.name.contains('*'),
            _ => false,
        };
        is_large || (!is_small && !self.there.is_empty())
    }

    /// Returns true if one of its places is below the folder of the context.
    pub(super) fn is_nested(&self) -> bool {
        self.places().any(|it| it.contains('/'))
    }
}

/// What is found in the context of a group, in the order of the table: only what a build is sent today with a folder.
pub(super) fn all(project: &Project, group: &Group<'_>) -> Vec<Found> {
    let look = Look::new(project, group);
    let mut found: Vec<Found> = TABLE
        .iter()
        .map(|row| Found {
            row,
            there: BTreeSet::new(),
            expected: BTreeSet::new(),
            kept: BTreeSet::new(),
        })
        .collect();
    for (at, path) in look.there() {
        found[at].there.insert(path);
    }
    for it in &mut found {
        it.expected = look.expected(it.row);
        it.there.retain(|path| group.sends(path));
        it.expected.retain(|path| !it.there.contains(path) && group.sends(path));
    }
    look.add_build_state(&mut found);
    // What git keeps is the same for all, and may be what the build works with.
    let is_kept =
        |path: &String| group.folder.join(path).is_some_and(|it| project.tree().is_committed(&it));
    for it in found.iter_mut().filter(|it| it.row.class != Class::Caches) {
        it.there.retain(|path| !is_kept(path));
        it.expected.retain(|path| !is_kept(path));
    }
    found.retain(|it| it.places().next().is_some());
    for it in found.iter_mut().filter(|it| !it.row.is_distinct) {
        it.kept = look.sources(it.row);
    }
    found
}

struct Look<'a> {
    project: &'a Project,
    folder: &'a RepoPath,
    /// The files of the context, seen from it.
    files: Vec<&'a str>,
    /// The folders that have a file of a name, seen from the context.
    named: BTreeMap<&'a str, Vec<&'a str>>,
    /// The manifests and settings of managers among them.
    manifests: Vec<&'a str>,
    /// The folders with a manifest, seen from the context.
    projects: HashSet<&'a str>,
    /// The `.gitignore` files in the context and above it.
    ignored: Vec<Gitignore>,
}

/// A `.gitignore`.
struct Gitignore {
    /// Its folder, seen from the context; that of the context for one further up.
    folder: String,
    is_inside: bool,
    /// The names that it has lines of.
    names: HashSet<String>,
}

impl<'a> Look<'a> {
    fn new(project: &'a Project, group: &'a Group<'_>) -> Self {
        let folder = &group.folder;
        let files = project.tree().below(folder);
        let files: Vec<&str> = files.filter_map(|it| it.strip_prefix(folder)).collect();
        let mut named: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (folder, name) in files.iter().map(|it| folder_and_name(it)) {
            named.entry(name).or_default().push(folder);
        }
        let begins = named.iter().filter(|it| clutter::begins_project(it.0));
        let projects = begins.flat_map(|it| it.1).copied().collect();
        let is_manifest = |it: &&str| {
            ecosystems::file(name(parent(it)), name(it)).is_some() && !ecosystems::is_lock(name(it))
        };
        let manifests = files.iter().copied().filter(is_manifest).collect();
        let lists = named.get(".gitignore").into_iter().flatten().filter_map(|it| {
            let text = &project.file(folder.join(it)?.join(".gitignore")?.as_str())?.text;
            Some(Gitignore { folder: (*it).to_owned(), is_inside: true, names: names(text) })
        });
        let above = folder.ancestors().filter_map(|it| {
            let text = &project.file(it.join(".gitignore")?.as_str())?.text;
            Some(Gitignore { folder: String::new(), is_inside: false, names: names(text) })
        });
        let ignored = lists.chain(above).collect();
        Self { project, folder, files, named, manifests, projects, ignored }
    }

    /// The rows of the table that paths of the context are of, by number, each with the path.
    fn there(&self) -> impl Iterator<Item = (usize, String)> {
        let tree = self.project.tree();
        let ignored = tree.ignored_below(self.folder).filter_map(|it| it.strip_prefix(self.folder));
        let tracked = self.files.iter().map(|it| (*it, true));
        let all = tracked.chain(ignored.map(|it| (it, false)));
        let found = all.filter_map(move |(path, is_tracked)| {
            let ends = path.match_indices('/').map(|it| it.0).chain([path.len()]);
            ends.into_iter().find_map(|end| {
                let path = &path[..end];
                let at = clutter::number_of(name(path))?;
                let row = &TABLE[at];
                (self.fits(row, path) && (row.is_distinct || !is_tracked))
                    .then(|| (at, path.to_owned()))
            })
        });
        let hidden = TABLE.iter().enumerate().filter(|(_, it)| {
            let path = self.folder.join(it.name);
            it.class == Class::VersionControl && path.is_some_and(|it| tree.is_hidden(&it))
        });
        found.chain(hidden.map(|(at, it)| (at, it.name.to_owned())))
    }

    /// The folders that have a file whose name is like this, seen from the context; once for each file.
    fn beside(&self, pattern: &str) -> impl Iterator<Item = &'a str> {
        let whole = self.named.get(pattern).filter(|_| !pattern.contains('*'));
        let like = self
            .named
            .iter()
            .filter(move |it| pattern.contains('*') && clutter::is_like(pattern, it.0));
        whole.into_iter().chain(like.map(|it| it.1)).flatten().copied()
    }

    /// Adds what a compiler writes of what it has made to outputs that only scripts make again.
    fn add_build_state(&self, found: &mut [Found]) {
        let makes = |it: &Found| it.row.is_made_by_script() && it.places().next().is_some();
        if !found.iter().any(makes) {
            return;
        }
        let (state, beside) = clutter::BUILD_STATE;
        let Some(row) = found.iter_mut().find(|it| it.row.name == state) else { return };
        row.expected.extend(self.beside(beside).map(|it| match it {
            "" => state.to_owned(),
            folder => format!("{folder}/{state}"),
        }));
        let files = self.project.on_disk(self.folder).iter();
        let files = files.filter_map(|it| it.path.strip_prefix(self.folder));
        let files = files.filter(|it| clutter::is_like(state, name(it)));
        row.there
            .extend(files.filter(|it| clutter::class_of(parent(it)).is_none()).map(str::to_owned));
        let there = &row.there;
        row.expected.retain(|it| !there.contains(it));
    }

    /// The files of the source that have the name of something that may be source as well, or lie in a folder of it.
    fn sources(&self, row: &Clutter) -> BTreeSet<String> {
        let named = self.files.iter().filter(|it| it.split('/').any(|it| row.is_called(it)));
        named.map(|it| (*it).to_owned()).collect()
    }

    /// Returns true if something of a kind belongs where a path is.
    fn fits(&self, row: &Clutter, path: &str) -> bool {
        let folder = parent(path);
        let is_file = || self.files.binary_search(&path).is_ok();
        match row.place {
            Place::Top => folder.is_empty(),
            // Documentation and tests of what is no program may be all that there is.
            Place::Project if matches!(row.class, Class::Docs | Class::Tests) => {
                self.projects.contains(folder) && (is_file() == row.name.contains(['*', '.']))
            }
            Place::Project => folder.is_empty() || self.projects.contains(folder),
            Place::Anywhere => true,
        }
    }

    /// The places where tools leave something of a kind, whether or not it is there now.
    fn expected(&self, row: &Clutter) -> BTreeSet<String> {
        let mut places = BTreeSet::new();
        if !row.class.is_local() {
            return places;
        }
        let at = |folder: &str| match folder.is_empty() {
            true => row.name.to_owned(),
            false => format!("{folder}/{}", row.name),
        };
        // The history lies in the folder of the repository, which is no context if that is a folder of it.
        let is_top = row.class != Class::VersionControl
            || self.folder.is_root()
            || self.folder.join(".github").is_some_and(|it| self.project.tree().is_folder(&it));
        if is_top {
            let shows = row.beside().flat_map(|it| self.beside(it));
            let shows = shows.filter(|it| row.place != Place::Top || it.is_empty());
            places.extend(shows.map(at));
        }
        for manifest in self.manifests.iter().filter(|_| !row.packages.is_empty()) {
            if self.names_one_of(manifest, row.packages) {
                places.insert(at(parent(manifest)));
            }
        }
        // A template of `.gitignore` has lines for tools that nobody here uses.
        let has_signs = row.beside().next().is_some() || !row.packages.is_empty();
        let is_alien = !row.with.is_empty() && self.beside(row.with).next().is_none();
        if !has_signs && !is_alien && row.class != Class::VersionControl {
            let lists = self.ignored.iter().filter(|it| it.names.contains(row.name));
            // What is said further up is about the folder of the repository as well.
            let lists = lists
                .filter(|it| row.place != Place::Top || (it.is_inside && it.folder.is_empty()));
            places.extend(lists.map(|it| at(&it.folder)));
        }
        // What belongs to the source has the same name there.
        let is_source = |path: &String| {
            !row.is_distinct
                && self.folder.join(path).is_some_and(|it| {
                    self.project.tree().is_folder(&it) || self.project.tree().is_file(&it)
                })
        };
        match places.iter().any(is_source) {
            true => BTreeSet::new(),
            false => places,
        }
    }

    fn names_one_of(&self, manifest: &str, packages: &[&str]) -> bool {
        let file = self.folder.join(manifest).and_then(|it| self.project.file(it.as_str()));
        file.is_some_and(|it| {
            let is_part = |it: char| it.is_alphanumeric() || "-_@/".contains(it);
            let mut words = it.text.split(|it| !is_part(it));
            words.any(|it| packages.contains(&it))
        })
    }
}

/// The names that a `.gitignore` has lines of, wherever they are to be.
fn names(text: &str) -> HashSet<String> {
    let lines = text.lines().map(str::trim).filter(|it| !it.starts_with(['#', '!']));
    let plain = |it: &str| {
        let it = it.trim_start_matches("**/").trim_start_matches('/');
        let it = it.trim_end_matches("/*").trim_end_matches('/');
        it.to_owned()
    };
    lines.map(plain).filter(|it| !it.is_empty()).collect()
}

/// The last part of a path.
pub(super) fn name(path: &str) -> &str {
    folder_and_name(path).1
}

/// The path of the folder that a path lies in.
pub(super) fn parent(path: &str) -> &str {
    folder_and_name(path).0
}
