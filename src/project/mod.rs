//! An immutable snapshot of the files that a refactoring looks at and may touch.
//!
//! Nothing here reads the disk: [`crate::load`] does, once. A clone is a snapshot; files are shared.

pub mod change;

pub mod selection;
pub mod tree;

use std::{
    collections::{BTreeMap, HashMap},
    hash::{DefaultHasher, Hash as _, Hasher as _},
    sync::{Arc, OnceLock},
};

use rayon::prelude::*;
pub use tree::Tree;

use self::change::{Change, FileChange, Outcome};
use crate::{
    dockerfile::Dockerfile,
    ecosystems::{self, Manager},
    text::{self, Edit, Memo, RepoPath},
};

/// A snapshot of a project.
#[derive(Clone, Default)]
pub struct Project {
    /// The files whose text matters, by path.
    files: BTreeMap<RepoPath, Arc<File>>,
    /// Every file and folder, also those whose text was not read.
    tree: Arc<Tree>,
    /// The files that could not be read.
    problems: Arc<Vec<Problem>>,
    /// Facts about the files other than Dockerfiles; kept while only Dockerfiles change.
    surroundings: Memo,
    /// What is known of its Dockerfiles among these files: it stays while the tree and the surroundings do.
    places: Memo,
}

/// A file that configures a package manager's cache, with the manager and the key that it sets.
pub type CacheSetting = (RepoPath, &'static str, &'static str);

/// A file whose text was read.
pub struct File {
    /// Its path.
    pub path: RepoPath,
    /// Its text.
    pub text: Arc<str>,
    /// Facts about it.
    pub memo: Memo,
    dockerfile: OnceLock<Dockerfile>,
}

/// A file that could not be read or understood; the others are done all the same.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// The file.
    pub path: RepoPath,
    /// The line, counted from 1, when the problem has one.
    pub line: Option<usize>,
    /// What is wrong, in lower case and without a full stop.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// What [`File::managers`] are, once they were asked for.
struct Mentioned(Vec<&'static Manager>);

/// What [`File::fingerprint`] is, once it was asked for.
struct Fingerprint(u64);

impl Project {
    /// A project of these files and nothing else: what tests and pages use.
    pub fn new(files: impl IntoIterator<Item = (RepoPath, String)>) -> Self {
        let files = files.into_iter().map(|(path, text)| File::new(path, text));
        let files: BTreeMap<_, _> = files.map(|it| (it.path.clone(), Arc::new(it))).collect();
        let tree = Tree::new(files.keys().cloned());
        Self { files, tree: Arc::new(tree), ..Self::default() }
    }

    /// A project as it was read: its files with text, every path of its tree, and what went wrong.
    pub fn loaded(files: BTreeMap<RepoPath, File>, tree: Tree, problems: Vec<Problem>) -> Self {
        let files = files.into_iter().map(|(path, it)| (path, Arc::new(it))).collect();
        Self { files, tree: Arc::new(tree), problems: Arc::new(problems), ..Self::default() }
    }

    /// The same project with another text in one file, such as what an editor holds.
    #[must_use]
    pub fn with_text(mut self, path: &RepoPath, text: String) -> Self {
        self.insert(path, text);
        self
    }

    /// The file at `path`, when its text was read.
    pub fn file(&self, path: &str) -> Option<&Arc<File>> {
        self.files.get(path)
    }

    /// The files whose text was read, by path.
    pub fn files(&self) -> impl Iterator<Item = &Arc<File>> {
        self.files.values()
    }

    /// Every path of the project.
    pub fn tree(&self) -> &Tree {
        &self.tree
    }

    /// The files that could not be read.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// The manifests of package managers that cannot be read.
    pub fn manifest_problems(&self) -> impl Iterator<Item = Problem> {
        self.files().filter_map(|file| {
            let broken = ecosystems::broken_manifest(file.path.file_name(), &file.text)?;
            Some(Problem {
                path: file.path.clone(),
                line: Some(broken.line),
                message: broken.message,
                hint: "mend it, so that what it installs is known".to_owned(),
            })
        })
    }

    /// The Dockerfiles, by path; those that BuildKit would refuse are not among them.
    pub fn dockerfiles(&self) -> impl Iterator<Item = (&Arc<File>, &Dockerfile)> {
        let parsed = self.files().filter_map(|it| Some((it, it.dockerfile()?)));
        parsed.filter(|(_, it)| it.errors.is_empty())
    }

    /// Calls `look` for each Dockerfile, and joins the outcomes; the files are looked at side by side.
    pub fn each_dockerfile(
        &self,
        look: impl Fn(&Arc<File>, &Dockerfile) -> Outcome + Sync,
    ) -> Outcome {
        let files: Vec<&Arc<File>> = self.files.values().collect();
        let one = |file: &&Arc<File>| {
            let dockerfile = file.dockerfile().filter(|it| it.errors.is_empty())?;
            Some(look(file, dockerfile))
        };
        let outcomes: Vec<Outcome> = files.par_iter().filter_map(one).collect();
        let mut all = Outcome::default();
        all.changes.reserve_exact(outcomes.iter().map(|it| it.changes.len()).sum());
        all.declines.reserve_exact(outcomes.iter().map(|it| it.declines.len()).sum());
        all.extend(outcomes);
        all
    }

    /// Calls `look` for each Dockerfile that mentions one of these managers; see [`Project::each_dockerfile`].
    pub fn each_dockerfile_of(
        &self,
        managers: impl Fn(&Manager) -> bool + Sync,
        look: impl Fn(&Arc<File>, &Dockerfile) -> Outcome + Sync,
    ) -> Outcome {
        self.each_dockerfile(|file, dockerfile| {
            match file.managers().iter().any(|it| managers(it)) {
                true => look(file, dockerfile),
                false => Outcome::default(),
            }
        })
    }

    /// The files that configure a package manager's cache, each with the manager and the key that it sets.
    pub fn cache_settings(&self) -> &[CacheSetting] {
        self.surroundings.get(|| {
            let settings = self.files().flat_map(|file| {
                let settings = ecosystems::cache_settings(file.path.file_name(), &file.text);
                settings.map(|(manager, key)| (file.path.clone(), manager, key))
            });
            settings.collect::<Vec<CacheSetting>>()
        })
    }

    /// Facts about the files other than Dockerfiles; kept while only Dockerfiles change.
    pub fn surroundings(&self) -> &Memo {
        &self.surroundings
    }

    /// What is known of Dockerfiles where they stand, and lasts while no other file changes and none comes
    /// or goes. Of a Dockerfile's own text it must not depend.
    pub fn places(&self) -> &Memo {
        &self.places
    }

    /// Applies what it can of `changes`: one that conflicts with an earlier one is left out, to be made
    /// afresh from the result. Returns the new snapshot and what went into it.
    pub fn apply<'c>(&self, changes: &'c [Change]) -> (Self, Vec<&'c Change>) {
        let mut taken: HashMap<&RepoPath, Vec<&Change>> = HashMap::new();
        let mut applied = Vec::with_capacity(changes.len());
        for change in changes {
            let mut rivals = change.files.keys().filter_map(|it| taken.get(it)).flatten();
            if rivals.any(|it| it.conflicts(change)) {
                continue;
            }
            for path in change.files.keys() {
                taken.entry(path).or_default().push(change);
            }
            applied.push(change);
        }
        let mut next = self.clone();
        let mut edits: BTreeMap<&RepoPath, Vec<&Edit>> = BTreeMap::new();
        for (path, change) in applied.iter().flat_map(|it| &it.files) {
            match change {
                FileChange::Edit(it) => edits.entry(path).or_default().extend(it),
                FileChange::Create(text) => next.insert(path, text.clone()),
                FileChange::Delete => next.remove(path),
            }
        }
        for (path, edits) in edits {
            if let Some(file) = self.file(path.as_str()) {
                next.insert(path, text::apply(&file.text, edits));
            }
        }
        (next, applied)
    }

    fn insert(&mut self, path: &RepoPath, text: String) {
        let file = Arc::new(File::new(path.clone(), text));
        let old = self.files.insert(path.clone(), Arc::clone(&file));
        if old.is_none() {
            Arc::make_mut(&mut self.tree).insert(path.clone());
        }
        self.forget_surroundings(old.as_deref(), Some(&file));
    }

    fn remove(&mut self, path: &RepoPath) {
        let old = self.files.remove(path);
        Arc::make_mut(&mut self.tree).remove(path);
        self.forget_surroundings(old.as_deref(), None);
    }

    fn forget_surroundings(&mut self, old: Option<&File>, new: Option<&File>) {
        if old.is_none() || new.is_none() {
            self.places = Memo::default();
        }
        if old.into_iter().chain(new).any(|it| !is_dockerfile(it.path.file_name())) {
            self.surroundings = Memo::default();
            self.places = Memo::default();
        }
    }

    /// A number that differs when the text of any file does.
    pub fn fingerprint(&self) -> u64 {
        let mut hasher = DefaultHasher::new();
        self.files().for_each(|file| file.fingerprint().hash(&mut hasher));
        hasher.finish()
    }
}

impl File {
    /// A file of this text.
    pub fn new(path: RepoPath, text: impl Into<Arc<str>>) -> Self {
        Self { path, text: text.into(), memo: Memo::default(), dockerfile: OnceLock::new() }
    }

    /// A number that differs when path or text do; computed once.
    fn fingerprint(&self) -> u64 {
        let Fingerprint(number) = self.memo.get(|| {
            let mut hasher = DefaultHasher::new();
            (&self.path, &self.text).hash(&mut hasher);
            Fingerprint(hasher.finish())
        });
        *number
    }

    /// The package managers whose programs its text mentions, be it in other words; found once.
    pub fn managers(&self) -> &[&'static Manager] {
        let Mentioned(managers) = self.memo.get(|| Mentioned(ecosystems::mentioned(&self.text)));
        managers
    }

    /// The programs of [these managers](Self::managers): what to look for before reading a script.
    pub fn programs(&self) -> Vec<&'static str> {
        self.managers().iter().flat_map(|it| it.programs).copied().collect()
    }

    /// The file as a Dockerfile, when its name says it is one; parsed once.
    pub fn dockerfile(&self) -> Option<&Dockerfile> {
        is_dockerfile(self.path.file_name())
            .then(|| self.dockerfile.get_or_init(|| Dockerfile::parse(Arc::clone(&self.text))))
    }
}

/// Returns true for the name of a Dockerfile: `Dockerfile`, `dockerfile`, `Dockerfile.*`, `Dockerfile-*`,
/// `Dockerfile_*`, `*.Dockerfile`, `*.dockerfile` or `Containerfile*`, but no `.dockerignore`, no template
/// and no text about one.
pub fn is_dockerfile(name: &str) -> bool {
    let named = matches!(name, "Dockerfile" | "dockerfile")
        || ["Dockerfile.", "Dockerfile-", "Dockerfile_"].iter().any(|it| name.starts_with(it))
        || name.ends_with(".Dockerfile")
        || name.ends_with(".dockerfile")
        || name.starts_with("Containerfile");
    let extension = name.rsplit_once('.').map_or("", |it| it.1);
    let other = [
        "dockerignore",
        "containerignore",
        "j2",
        "jinja",
        "jinja2",
        "erb",
        "tmpl",
        "tpl",
        "template",
        "mustache",
        "hbs",
        "md",
    ];
    named && !other.contains(&extension)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dockerfiles_are_known_by_name() {
        let yes = [
            "Dockerfile",
            "Dockerfile.test",
            "api.Dockerfile",
            "api.dockerfile",
            "Containerfile.in",
            "Dockerfile-test",
            "Dockerfile_dev",
            "dockerfile",
        ];
        let no = [
            "Dockerfile.dockerignore",
            "Dockerfile.j2",
            "dockerfile.md",
            "MyDockerfile",
            "Dockerfiles",
            "Dockerfile-test.j2",
            "Dockerfile-notes.md",
            ".dockerignore",
        ];
        assert!(yes.iter().all(|it| is_dockerfile(it)));
        assert!(!no.iter().any(|it| is_dockerfile(it)));
    }
}
