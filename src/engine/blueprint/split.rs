//! An environment that is installed in a stage of its own and copied from there.

use std::{cell::OnceCell, rc::Rc};

use super::{
    Blueprint, Copied, Effect, From,
    allowed::Allowed,
    compare::{Rules, align, is_idle, is_new, objection, same},
    judge::Judge,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        MANAGERS, Manager,
        images::{self, Release},
        system::{self, System, What, apt},
    },
    text::ImagePath,
};

/// The copy of an environment out of the stage that installs it.
pub(super) struct Apart<'a> {
    at: usize,
    stage: Rc<Blueprint<'a>>,
    environment: ImagePath,
}

/// Where an image takes this folder, and nothing else, from a stage of its own at the same path.
pub(super) fn built_apart<'a>(
    effects: &[Effect<'a>],
    environment: &ImagePath,
) -> Option<Apart<'a>> {
    let is_it = |it: &Copied<'_>| {
        it.keyword == Keyword::Copy
            && it.flags.is_empty()
            && environment.strip_prefix(&ImagePath::root()) == Some(&it.source)
            && it.destination == *environment
    };
    effects.iter().enumerate().find_map(|(at, effect)| match effect {
        Effect::Copy(it) if is_it(it) => match &it.from {
            From::Stage(stage) => {
                let environment = environment.clone();
                Some(Apart { at, stage: Rc::clone(stage), environment })
            }
            _ => None,
        },
        _ => None,
    })
}

/// Compares an image with one whose environment is built apart: what the image no longer does itself is
/// done there, in the same order, and is nothing but installing.
pub(super) fn compare(
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    (image, new): (&Blueprint<'_>, &Blueprint<'_>),
    apart: &Apart<'_>,
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    if !new.config.leads_to(&apart.environment.join("bin")) {
        return Err("PATH, which does not lead to the environment".to_owned());
    }
    if apart.stage.base != image.base {
        return Err(format!("the base of the environment to {}", apart.stage.base));
    }
    let parts = Parts::new(before, &apart.environment, allowed);
    let own = {
        let rules = Rules {
            same: &|a, b| same(&before[a], &after[b], allowed),
            added: &|b| b == apart.at || is_new(&after[b], allowed),
            dropped: &|a| parts.only_installs(&before[a]) || is_idle(&before[a], allowed),
        };
        align(before.len(), after.len(), &rules)
            .map_err(|(a, b)| objection(before.get(a), after.get(b)))?
    };
    if let Some(package) = missed(before, after, image) {
        return Err(format!("the packages of the system: nothing stands for {package}"));
    }
    let there = &apart.stage.effects;
    let rules = Rules {
        same: &|a, b| same(&before[a], &there[b], allowed),
        added: &|b| is_new(&there[b], allowed),
        dropped: &|a| own[a].is_some() || is_idle(&before[a], allowed),
    };
    let builder = align(before.len(), there.len(), &rules)
        .map_err(|(a, b)| objection(before.get(a), there.get(b)))?;
    parts.is_filled(there)?;
    parts.comes_after_installs(after, &own, apart.at)?;
    parts.starts_with_all(image, &own)?;
    parts.finds_all(after, &own, true)?;
    parts.finds_all(there, &builder, false)?;
    parts.removes_all(after, &own)?;
    parts.builds_on_all(there, &builder)
}

/// A package of the system that an image had and may need, and that it has no more, nor what stands for it.
fn missed(before: &[Effect<'_>], after: &[Effect<'_>], image: &Blueprint<'_>) -> Option<String> {
    let release = images::named(&image.base).release().unwrap_or(Release::ANY);
    let (has, gone) = (packages(after, "install"), packages(before, "remove"));
    packages(before, "install").into_iter().find(|package| {
        if has.contains(package) || gone.contains(package) {
            return false;
        }
        match apt::role(package, release) {
            apt::Role::BuildOnly => false,
            apt::Role::Runtime(instead) => !instead.iter().all(|it| has.contains(it)),
            // The image's own Python is another one than the distribution's.
            apt::Role::Both if apt::is_python(package) => false,
            // Who calls them from scripts is asked by the transform.
            apt::Role::Both if apt::fetches(package) => image.config.starts(package),
            apt::Role::Both => true,
        }
    })
}

/// The packages that the RUNs of a list install or remove with apt.
fn packages(effects: &[Effect<'_>], verb: &str) -> Vec<String> {
    let runs = effects.iter().filter_map(|it| match it {
        Effect::Run(run) => run.calls(),
        _ => None,
    });
    let mut found = Vec::new();
    for call in runs.flatten() {
        match (verb, call.subcommand()) {
            ("install", _) => {
                let wanted = system::wanted(&call);
                let items = wanted.iter().flat_map(|it| &it.items);
                found.extend(items.filter_map(|it| match it.what {
                    What::Package { name, .. } => Some(name.to_owned()),
                    What::File(_) | What::Unknown => None,
                }));
            }
            (_, Some(verb)) => {
                let removes = System::of(&call.program).map_or(&[][..], System::removes);
                if removes.contains(&verb) {
                    found.extend(call.texts().map(str::to_owned));
                }
            }
            _ => {}
        }
    }
    found
}

/// What an image is judged by whose environment is built apart.
pub(super) struct Parts<'p, 'a> {
    pub(super) before: &'p [Effect<'a>],
    pub(super) judge: Judge<'p>,
    /// The package managers that the image calls.
    pub(super) managers: Vec<&'static Manager>,
    pub(super) environment: &'p ImagePath,
    /// For each effect, whether it is a COPY of what only installs need; see [`Self::only_installs`].
    pub(super) inputs: OnceCell<Vec<bool>>,
}

impl<'p, 'a> Parts<'p, 'a> {
    fn new(before: &'p [Effect<'a>], environment: &'p ImagePath, allowed: &Allowed<'p>) -> Self {
        let judge = Judge::new(allowed.sent);
        let runs = before.iter().filter_map(|it| match it {
            Effect::Run(it) => Some(judge.effects(it)),
            _ => None,
        });
        let called: Vec<&str> = runs.flat_map(|it| it.managers.clone()).collect();
        // Others install from lists of what comes with the language, too: `uv pip install -r requirements.txt`.
        let is_bundled = |it: &Manager| it.environments.as_ref().is_some_and(|it| it.is_bundled);
        let managers = MANAGERS.iter();
        let managers = managers
            .filter(|it| called.contains(&it.name) || (!called.is_empty() && is_bundled(it)));
        let managers = managers.collect();
        Self { before, judge, managers, environment, inputs: OnceCell::new() }
    }

    /// Whether every RUN of a stage finds what it found; `places` tells where each effect of before is in it.
    ///
    /// In the last stage manifests are gone for good: there only what names them is taken to need them.
    fn finds_all(
        &self,
        stage: &[Effect<'_>],
        places: &[Option<usize>],
        is_last: bool,
    ) -> Result<(), String> {
        for (at, effect) in stage.iter().enumerate() {
            let Effect::Run(run) = effect else { continue };
            let was = place_of(at, places, is_last);
            let is_there = |it: usize| places[it].is_some_and(|it| it < at);
            let gone = (0..was).filter(|it| !is_there(*it));
            let copies = gone.filter_map(|it| match &self.before[it] {
                Effect::Copy(it) => Some(it),
                _ => None,
            });
            let copies: Vec<&Copied<'_>> = copies.collect();
            let earlier = &self.before[..was];
            let missed = match is_last {
                true => self.judge.names(run, &copies, earlier, &stage[..at]),
                false => self.judge.misses(run, &copies, earlier, &stage[..at]),
            };
            if let Some(copy) = missed {
                let (keyword, line) = (copy.keyword, copy.line);
                let run = effect.describe();
                return Err(format!(
                    "{run}, which may need what the {keyword} on line {line} brings"
                ));
            }
        }
        Ok(())
    }

    /// Whether what a RUN of before removed or changed is not brought again: the RUN is in the builder alone.
    fn removes_all(&self, last: &[Effect<'_>], places: &[Option<usize>]) -> Result<(), String> {
        let gone = (0..places.len()).filter(|it| places[*it].is_none());
        for at in gone {
            let Effect::Run(run) = &self.before[at] else { continue };
            let earlier = (0..at).filter_map(|it| places[it]).filter_map(|it| last.get(it));
            if self.judge.undoes(run, earlier) {
                let run = self.before[at].describe();
                return Err(format!("{run}, which changes what is still copied"));
            }
        }
        Ok(())
    }

    /// Whether the installs of the builder find what RUNs made that are in the last stage alone.
    fn builds_on_all(&self, stage: &[Effect<'_>], places: &[Option<usize>]) -> Result<(), String> {
        for (at, effect) in stage.iter().enumerate() {
            let Some(was) = places.iter().position(|it| *it == Some(at)) else { continue };
            let gone = (0..was).filter(|it| places[*it].is_none());
            let mut gone = gone.filter_map(|it| match &self.before[it] {
                Effect::Run(run) => Some((&self.before[it], run)),
                _ => None,
            });
            let missed = gone.find(|(_, gone)| match effect {
                Effect::Run(run) => {
                    self.judge.builds_on(run, gone, &self.before[..was], &stage[..at])
                }
                // Without the folder it becomes a file of this name.
                Effect::Copy(it) => !it.into && self.judge.makes_folder(gone, &it.destination),
                Effect::Folder { .. } => false,
            });
            if let Some((gone, _)) = missed {
                let (effect, gone) = (effect.describe(), gone.describe());
                return Err(format!("{effect}, which may need what {gone} makes"));
            }
        }
        Ok(())
    }
}

/// Where the effect at a place of a stage stood before; one that is new stands before the next that was.
fn place_of(at: usize, places: &[Option<usize>], is_last: bool) -> usize {
    let own = || places.iter().position(|it| *it == Some(at));
    let next = || places.iter().position(|it| it.is_some_and(|it| at < it));
    let end = || match is_last {
        true => places.len(),
        false => places.iter().rposition(Option::is_some).map_or(0, |it| it + 1),
    };
    own().or_else(next).unwrap_or_else(end)
}
