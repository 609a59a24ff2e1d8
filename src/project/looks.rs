//! How transforms look at a snapshot: at one Dockerfile after another, side by side.

use std::{
    collections::HashSet,
    panic::Location,
    sync::{
        Arc, Mutex, PoisonError, Weak,
        atomic::{AtomicBool, Ordering},
    },
};

use rayon::prelude::*;

use super::{
    File, Project,
    change::{Outcome, Panicked},
    is_dockerfile,
};
use crate::{
    dockerfile::Dockerfile,
    ecosystems::Manager,
    text::{Memo, RepoPath, panics},
};

/// What a transform came to for the Dockerfiles that it was shown, each with the text that it had.
///
/// It holds while that text is the same, no file other than a Dockerfile changes, and none comes or goes; so what came of
/// a look at several Dockerfiles is not kept.
#[derive(Default)]
pub struct Remembered(Mutex<Known>);

#[derive(Default)]
struct Known {
    places: Memo,
    /// What came of each look, with the file that it was at: that alone does not keep what is known of the file.
    outcomes: foldhash::HashMap<(&'static Location<'static>, RepoPath), (Weak<File>, Outcome)>,
}

/// A look at a Dockerfile, and whether it went beyond that.
pub(super) struct Watch {
    own: RepoPath,
    sees_others: AtomicBool,
}

impl Remembered {
    /// Calls `with` with what is known while these places stay as they are.
    fn with<T>(&self, places: &Memo, with: impl FnOnce(&mut Known) -> T) -> T {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !known.places.is_same(places) {
            *known = Known { places: places.clone(), outcomes: foldhash::HashMap::default() };
        }
        with(&mut known)
    }
}

impl Project {
    /// The same snapshot, of which [`Project::each_dockerfile`] shows these Dockerfiles alone.
    #[must_use]
    pub fn focused(&self, dockerfiles: HashSet<RepoPath>) -> Self {
        Self { focus: Some(Arc::new(dockerfiles)), ..self.clone() }
    }

    /// The same snapshot for a transform, which is not shown again what it has seen.
    #[must_use]
    pub fn remembering(&self, remembered: &Arc<Remembered>) -> Self {
        Self { remembered: Some(Arc::clone(remembered)), ..self.clone() }
    }

    /// Whether [`Project::each_dockerfile`] shows a Dockerfile of this path.
    pub fn is_in_focus(&self, path: &RepoPath) -> bool {
        self.looks_around();
        self.focus.as_ref().is_none_or(|all| all.contains(path))
    }

    /// Calls `look` for each Dockerfile, and joins the outcomes; the files are looked at side by side. For one that is as
    /// it was when it was shown last, the outcome is the same: `look` must depend on nothing but the snapshot that it is
    /// given, the file, and what stays the same in a run.
    #[track_caller]
    pub fn each_dockerfile(
        &self,
        look: impl Fn(&Self, &Arc<File>, &Dockerfile) -> Outcome + Sync,
    ) -> Outcome {
        let caller = Location::caller();
        let files: Vec<&Arc<File>> = match &self.focus {
            Some(focus) => {
                // Few of many are looked up, and not looked for.
                let mut few: Vec<&RepoPath> = focus.iter().collect();
                few.sort();
                few.into_iter().filter_map(|it| self.file(it.as_str())).collect()
            }
            None => self.files.values().collect(),
        };
        let dockerfiles: Vec<_> = files
            .par_iter()
            .filter_map(|it| Some((*it, it.dockerfile().filter(|it| it.errors.is_empty())?)))
            .collect();
        let look = |file: &Arc<File>, dockerfile: &Dockerfile| {
            let Some(remembered) = &self.remembered else { return look(self, file, dockerfile) };
            let key = (caller, file.path.clone());
            let known = remembered.with(&self.places, |known| {
                let (of, outcome) = known.outcomes.get(&key)?;
                std::ptr::eq(of.as_ptr(), Arc::as_ptr(file)).then(|| outcome.clone())
            });
            if let Some(known) = known {
                return known;
            }
            let watch = Watch { own: file.path.clone(), sees_others: AtomicBool::new(false) };
            let watch = Arc::new(watch);
            let watched = Self { watch: Some(Arc::clone(&watch)), ..self.clone() };
            let outcome = look(&watched, file, dockerfile);
            if !watch.sees_others.load(Ordering::Relaxed) {
                let kept = (Arc::downgrade(file), outcome.clone());
                remembered.with(&self.places, |known| known.outcomes.insert(key, kept));
            }
            outcome
        };
        Self::side_by_side(&dockerfiles, |it| &it.0.path, |it| look(it.0, it.1))
    }

    /// Calls `look` for each of some things, side by side, and joins the outcomes in order. A panic costs the file of
    /// the one that it is about.
    pub fn side_by_side<T: Sync>(
        things: &[T],
        path: impl Fn(&T) -> &RepoPath + Sync,
        look: impl Fn(&T) -> Outcome + Sync,
    ) -> Outcome {
        let one = |it: &T| {
            panics::caught(|| look(it)).unwrap_or_else(|message| {
                let panicked = Panicked { path: path(it).clone(), message };
                Outcome { panics: vec![panicked], ..Outcome::default() }
            })
        };
        let outcomes: Vec<Outcome> = things.par_iter().map(one).collect();
        let mut all = Outcome::default();
        all.changes.reserve_exact(outcomes.iter().map(|it| it.changes.len()).sum());
        all.declines.reserve_exact(outcomes.iter().map(|it| it.declines.len()).sum());
        all.extend(outcomes);
        all
    }

    /// Calls `look` for each Dockerfile that mentions one of these managers; see [`Project::each_dockerfile`].
    #[track_caller]
    pub fn each_dockerfile_of(
        &self,
        managers: impl Fn(&Manager) -> bool + Sync,
        look: impl Fn(&Self, &Arc<File>, &Dockerfile) -> Outcome + Sync,
    ) -> Outcome {
        self.each_dockerfile(|project, file, dockerfile| {
            match file.managers().iter().any(|it| managers(it)) {
                true => look(project, file, dockerfile),
                false => Outcome::default(),
            }
        })
    }

    /// The file at `path` whose text was read with the project.
    pub(super) fn text_at(&self, path: &str) -> Option<&Arc<File>> {
        let file = self.files.get(path)?;
        let is_other = |it: &Watch| it.own != file.path && is_dockerfile(file.path.file_name());
        if self.watch.as_ref().is_some_and(|it| is_other(it)) {
            self.looks_around();
        }
        Some(file)
    }

    /// Takes note that a look at one Dockerfile depends on what others say.
    pub(super) fn looks_around(&self) {
        if let Some(watch) = &self.watch {
            watch.sees_others.store(true, Ordering::Relaxed);
        }
    }
}
