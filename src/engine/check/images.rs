//! What a step does to images: blueprints before and after, compared.

use std::{
    cell::LazyCell,
    collections::{BTreeMap, BTreeSet},
    rc::Rc,
};

use super::forgotten;
use crate::{
    callers::Build,
    context::{copies::Sent, layers::Layers},
    dockerfile::{Dockerfile, Keyword},
    engine::blueprint::{Allowed, Blueprint, blueprints, difference, runs_alike, target},
    project::{
        File, Project,
        change::{Alteration, Change, Composed, Origin},
    },
    shell::one_line,
    text::RepoPath,
};

/// A step, as far as it concerns one file.
pub(super) struct Images<'a> {
    pub(super) before: &'a Project,
    pub(super) after: &'a Project,
    /// The changes that touch the file.
    pub(super) changes: &'a [&'a Change],
}

type Arguments = BTreeMap<String, Option<String>>;

impl Images<'_> {
    /// What a step does to the images that a file builds, or names the builds of, beyond what it says.
    pub(super) fn of(&self, old: &File, new: &File) -> Option<String> {
        match (old.dockerfile(), new.dockerfile()) {
            (Some(before), Some(after)) => self.of_dockerfile(&old.path, before, after),
            _ => self.of_caller(old, new),
        }
    }

    fn of_dockerfile(
        &self,
        path: &RepoPath,
        before: &Dockerfile,
        after: &Dockerfile,
    ) -> Option<String> {
        // What is asked for before and after; the other builds are compared where they are named.
        let stays = |it: &&Build| self.after.builds(path).iter().any(|new| new.is_like(it));
        let builds = self.before.builds(path).iter().filter(stays);
        let mut known: BTreeSet<(Arguments, Option<String>)> =
            builds.map(|it| (it.arguments.clone(), it.target.clone())).collect();
        known.insert((Arguments::new(), None));
        let mut by_arguments: BTreeMap<Arguments, BTreeSet<Option<String>>> = BTreeMap::new();
        for (arguments, target) in known {
            by_arguments.entry(arguments).or_default().insert(target);
        }
        // Whether a COPY may come later, or go, depends on what it brings.
        let moves = |it: &Alteration| matches!(it, Alteration::Order | Alteration::Split { .. });
        let moves = self.changes.iter().flat_map(|it| &it.alters).any(moves);
        let folder = moves.then(|| Layers::context(self.before, path).ok()).flatten();
        let sent = folder.map(|it| Sent::new(self.before, it, path));
        let allowed = self.allowed(path).of_context(sent.as_ref());
        let altered = by_arguments.into_iter().find_map(|(arguments, mut targets)| {
            let old = blueprints(before, &arguments);
            let new = blueprints(after, &arguments);
            // Somebody may build any stage that has a name.
            targets.extend(old.iter().filter_map(|it| it.name).map(|it| Some(it.to_owned())));
            targets.into_iter().find_map(|name| {
                let old = &target(&old, name.as_deref())?.image;
                let Some(new) = target(&new, name.as_deref()) else {
                    return Some(format!("loses the stage {}", name.unwrap_or_default()));
                };
                let what = difference(old, &new.image, &allowed)?;
                Some(format!(
                    "alters {what}{}",
                    name.map_or(String::new(), |it| format!(" of {it}"))
                ))
            })
        });
        altered.or_else(|| self.unkept(path, before, after))
    }

    /// What a change says that it alters and does not: a RUN that is not there, or not in as many of its Dockerfiles as it
    /// says, a setting that stayed.
    fn unkept(&self, path: &RepoPath, before: &Dockerfile, after: &Dockerfile) -> Option<String> {
        let here = self.changes.iter().filter(|it| it.place.path == *path);
        here.copied().find_map(|change| {
            // Most RUNs are in both as they were, and count in neither.
            let runs = LazyCell::new(|| self.renewed(change));
            change.alters.iter().find_map(|alters| match alters {
                Alteration::Run(script) | Alteration::Fetch(script) => {
                    let is_it = |it: &&&str| runs_alike(it, script, &|_| None);
                    let said = change.alters.iter().filter(|it| *it == alters).count();
                    let (gone, new) = &*runs;
                    let is_there = gone.iter().filter(is_it).count() + said
                        <= new.iter().filter(is_it).count();
                    (!is_there).then(|| format!("does not run {script}"))
                }
                Alteration::Config(keyword) => {
                    let texts = |it| own(it, *keyword).map(one_line);
                    texts(before).eq(texts(after)).then(|| format!("does not set {keyword}"))
                }
                _ => None,
            })
        })
    }

    /// The RUNs that a change takes out of its Dockerfiles, and those that are new there.
    fn renewed(&self, change: &Change) -> (Vec<&str>, Vec<&str>) {
        fn runs<'p>(project: &'p Project, path: &RepoPath) -> Vec<&'p str> {
            let dockerfile = project.file(path.as_str()).and_then(|it| it.dockerfile());
            dockerfile.into_iter().flat_map(|it| own(it, Keyword::Run)).collect()
        }
        let (mut all_gone, mut all_new) = (Vec::new(), Vec::new());
        for path in change.files.keys() {
            let (mut gone, mut new) = (runs(self.before, path), runs(self.after, path));
            new.retain(|run| {
                let same = gone.iter().position(|it| it == run);
                same.map(|it| gone.swap_remove(it)).is_none()
            });
            all_gone.extend(gone);
            all_new.extend(new);
        }
        (all_gone, all_new)
    }

    /// What a step does to the builds of a caller that say something else now.
    fn of_caller(&self, old: &File, new: &File) -> Option<String> {
        let (old, new) = (&old.callers().builds, &new.callers().builds);
        if old.len() != new.len() {
            // Of builds that are alike, one may do for all.
            let is_in = |it: &Build, all: &[Build]| all.iter().any(|other| other.is_like(it));
            let shares =
                |it: &Alteration| matches!(it, Alteration::Composed(Composed::Shares { .. }));
            let same = self.changes.iter().flat_map(|it| &it.alters).any(shares)
                && old.iter().all(|it| is_in(it, new))
                && new.iter().all(|it| is_in(it, old));
            return (!same).then(|| "alters which builds there are".to_owned());
        }
        // Those that say the same are compared with the Dockerfile that they build.
        old.iter().zip(new).filter(|(old, new)| !old.is_like(new)).find_map(|(old, new)| {
            if (&old.context, &old.additional_contexts) != (&new.context, &new.additional_contexts)
            {
                return Some(format!("alters the context of {}", old.dockerfile));
            }
            let was = self.before.file(old.dockerfile.as_str()).and_then(|it| it.dockerfile());
            let is = self.after.file(new.dockerfile.as_str()).and_then(|it| it.dockerfile());
            let (was, is) = (
                image(was, &old.arguments, old.target.as_deref()),
                image(is, &new.arguments, new.target.as_deref()),
            );
            let (was, is) = match (was, is) {
                (Some(was), Some(is)) => (was, is),
                // A reading that comes to nothing, and came to nothing before.
                (None, None) => return None,
                _ => return Some(format!("leaves nothing to build instead of {}", old.dockerfile)),
            };
            let what = difference(&was, &is, &self.allowed(&old.dockerfile))?;
            Some(format!("alters {what} of what is built from {}", old.dockerfile))
        })
    }

    /// What is lost with a file that goes: nothing, when the image that it built is built elsewhere.
    pub(super) fn of_deleted(&self, old: &File) -> Option<String> {
        let dockerfile = old.dockerfile()?;
        let moved = self.changes.iter().flat_map(|it| &it.alters).find_map(|it| match it {
            Alteration::Moved { from, to } if *from == old.path => Some(to),
            _ => None,
        });
        let Some(Origin { dockerfile: path, target, arguments }) = moved else {
            return Some("deletes what an image is built from".to_owned());
        };
        if let Some(it) = self.after.builds(&old.path).first() {
            return Some(format!("leaves nothing to build for {}", it.place));
        }
        let new = self.after.file(path.as_str()).and_then(|it| it.dockerfile());
        // What both files say is said once in the one that stays.
        let lost = new.and_then(|it| forgotten(dockerfile, it));
        if let Some(comment) = lost {
            return Some(format!("loses a comment ({comment})"));
        }
        let arguments = arguments.iter().map(|it| (it.0.clone(), Some(it.1.clone()))).collect();
        let was = image(Some(dockerfile), &Arguments::new(), None);
        let is = image(new, &arguments, target.as_deref());
        let (Some(was), Some(is)) = (was, is) else {
            return Some("leaves nothing to build the same image from".to_owned());
        };
        difference(&was, &is, &self.allowed(&old.path)).map(|it| format!("alters {it}"))
    }

    fn allowed(&self, path: &RepoPath) -> Allowed<'_> {
        let all = self.changes.iter().flat_map(|change| {
            let is_here = change.place.path == *path;
            change.alters.iter().map(move |it| (it, is_here))
        });
        Allowed::new(all)
    }
}

/// The texts of the instructions with a keyword.
fn own(dockerfile: &Dockerfile, keyword: Keyword) -> impl Iterator<Item = &str> {
    let all = dockerfile.instructions().filter(move |it| it.1.keyword == keyword);
    all.map(|it| it.1.text())
}

fn image<'a>(
    dockerfile: Option<&'a Dockerfile>,
    arguments: &Arguments,
    name: Option<&str>,
) -> Option<Rc<Blueprint<'a>>> {
    let stages = blueprints(dockerfile?, arguments);
    target(&stages, name).map(|it| Rc::clone(&it.image))
}
