//! The builds of a Dockerfile that moves: every caller follows, or says why it cannot.
//!
//! Edits are proved: the edited file is read again, and must build what it built before, with what
//! moves in its new place.

#[cfg(test)]
pub(super) mod tests;

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    sync::Arc,
};

use aho_corasick::AhoCorasick;
use rayon::prelude::*;

use super::{
    Build, Callers,
    mentions::{Weight, mentions},
    read, spoiled,
};
use crate::{
    project::{File, Project, change::Origin},
    text::{self, Edit, Place, RepoPath, Span},
};

/// One image that is built from elsewhere now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Move {
    /// The Dockerfile that it was the default target of.
    pub from: RepoPath,
    /// How it is built now.
    pub to: Origin,
}

/// The effect of moves on everyone who builds what moves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Retargeting {
    /// The edits that make every caller follow.
    pub edits: BTreeMap<RepoPath, Vec<Edit>>,
    /// The places that name a moving Dockerfile, are not builds that we understand, and break nothing.
    pub mentions: Vec<Place>,
    /// Callers that would break.
    pub stuck: Vec<Stuck>,
}

/// A caller that would break, and cannot be rewritten.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Stuck {
    /// The place that names the moving Dockerfile.
    pub place: Place,
    /// A clause without a full stop: what stands in the way.
    pub reason: String,
    /// The other Dockerfiles that the same place names and that do not move alike: when these move to the
    /// same target and arguments too, it can follow.
    pub shares: BTreeSet<RepoPath>,
}

/// Makes every caller follow these moves; of several from one Dockerfile the first counts.
pub fn retarget(project: &Project, moves: &[Move]) -> Retargeting {
    Retarget::new(project, moves.iter().map(|it| &it.from)).follow(moves)
}

/// The files of a snapshot that concern Dockerfiles which may move, found in one pass.
pub struct Retarget<'a> {
    project: &'a Project,
    /// The files with builds of each.
    building: HashMap<&'a RepoPath, Vec<&'a Arc<File>>>,
    /// The files with the name of each in their text, by that name.
    naming: HashMap<String, Vec<&'a Arc<File>>>,
}

impl<'a> Retarget<'a> {
    /// The files that concern these Dockerfiles.
    pub fn new<'p>(project: &'a Project, moving: impl Iterator<Item = &'p RepoPath>) -> Self {
        let moving: HashSet<&RepoPath> = moving.collect();
        let names: BTreeSet<&str> = moving.iter().map(|it| it.file_name()).collect();
        let names: Vec<&str> = names.into_iter().collect();
        let search = AhoCorasick::new(&names).ok();
        let usual = names.iter().all(|it| says_dockerfile(it));
        let is_silent = |file: &Arc<File>| {
            let SaysDockerfile(says) =
                file.memo.get(|| SaysDockerfile(says_dockerfile(&file.text)));
            usual && !says
        };
        let look = |file: &'a Arc<File>| {
            let builds = file.callers().builds.iter().map(|it| &it.dockerfile);
            let builds: HashSet<&RepoPath> = builds.filter(|it| moving.contains(it)).collect();
            let named: BTreeSet<usize> = match &search {
                _ if is_silent(file) => BTreeSet::new(),
                Some(it) => it
                    .find_overlapping_iter(&*file.text)
                    .map(|it| it.pattern().as_usize())
                    .collect(),
                None => (0..names.len()).collect(),
            };
            (!builds.is_empty() || !named.is_empty()).then_some((file, builds, named))
        };
        let files: Vec<&Arc<File>> = project.files().collect();
        let looked: Vec<_> = files.into_par_iter().filter_map(look).collect();
        let mut all = Self { project, building: HashMap::new(), naming: HashMap::new() };
        for (file, builds, named) in looked {
            for it in builds {
                all.building.entry(it).or_default().push(file);
            }
            for it in named {
                all.naming.entry(names[it].to_owned()).or_default().push(file);
            }
        }
        all
    }

    /// What becomes of the callers when these move, of those that this was made for; of several moves from one
    /// Dockerfile the first counts.
    pub fn follow(&self, moves: &[Move]) -> Retargeting {
        let moved = |path: &RepoPath| moves.iter().find(|it| it.from == *path);
        let mut all = Retargeting::default();
        for file in by_path(moves.iter().filter_map(|it| self.building.get(&it.from))) {
            match follow(self.project, file, file.editable_callers(), &moved) {
                Ok(edits) => _ = all.edits.insert(file.path.clone(), edits),
                Err(stuck) => all.stuck.extend(stuck),
            }
        }
        let gone: Vec<_> = moves.iter().filter(|it| it.from != it.to.dockerfile).collect();
        for it in moves {
            let Some(unread) = self.project.unread_caller(&it.from) else { continue };
            let place = Place::line(&unread.path, unread.line);
            let reason = format!("may build {}, and is not understood: {}", it.from, unread.why);
            all.stuck.push(Stuck { place, reason, shares: BTreeSet::new() });
        }
        let naming = gone.iter().filter_map(|it| self.naming.get(it.from.file_name()));
        for file in by_path(naming).filter(|file| !gone.iter().any(|it| it.from == file.path)) {
            for it in &gone {
                all.mention(self.project, file, &it.from);
            }
        }
        all.mentions.sort();
        all.mentions.dedup();
        all.stuck.sort();
        all.stuck.dedup_by(|a, b| a.place == b.place);
        all
    }
}

/// Whether a file may name a Dockerfile with a usual name; found once for each text.
struct SaysDockerfile(bool);

/// Whether a text has what the usual names of Dockerfiles have in them.
fn says_dockerfile(text: &str) -> bool {
    text.contains("ockerfile") || text.contains("ontainerfile")
}

/// The files of several lists, each once, by path.
fn by_path<'l, 'a: 'l>(
    lists: impl Iterator<Item = &'l Vec<&'a Arc<File>>>,
) -> impl Iterator<Item = &'a Arc<File>> {
    let all: BTreeMap<&RepoPath, &Arc<File>> = lists.flatten().map(|it| (&it.path, *it)).collect();
    all.into_values()
}

impl Retargeting {
    /// Looks for what names a Dockerfile in other ways.
    fn mention(&mut self, project: &Project, file: &File, dockerfile: &RepoPath) {
        if !file.text.contains(dockerfile.file_name()) {
            return;
        }
        // What is edited, and what other builds say; what builds nothing was not understood.
        let edited = self.edits.get(&file.path).into_iter().flatten().map(|it| it.span.clone());
        let exists = |it: &&Build| project.tree().is_file(&it.dockerfile);
        let callers = file.editable_callers();
        let builds = callers.builds.iter().filter(exists).flat_map(|it| it.site.marks());
        let known: Vec<Span> = edited.chain(builds).collect();
        for (place, weight) in mentions(project, file, dockerfile, &known) {
            // One reason is enough.
            let told = self.stuck.iter().any(|it| it.place.path == file.path);
            match weight {
                Weight::Build if told => {}
                Weight::Prose => self.mentions.push(place),
                Weight::Build => self.stuck.push(Stuck {
                    place,
                    reason: format!("names {dockerfile} in a way that is not understood"),
                    shares: BTreeSet::new(),
                }),
            }
        }
    }
}

fn follow<'a>(
    project: &Project,
    file: &File,
    callers: &Callers,
    moved: &dyn Fn(&RepoPath) -> Option<&'a Move>,
) -> Result<Vec<Edit>, Vec<Stuck>> {
    let exists = |it: &&Build| project.tree().is_file(&it.dockerfile);
    let builds: Vec<&Build> = callers.builds.iter().filter(exists).collect();
    let mut edits: Vec<Edit> = Vec::new();
    let mut stuck = Vec::new();
    for build in &builds {
        let Some(to) = moved(&build.dockerfile).map(|it| &it.to) else { continue };
        let beside = builds.iter().filter(|it| it.shares_a_place_with(build));
        let alike = |it: &&&Build| {
            moved(&it.dockerfile)
                .is_some_and(|it| it.to.target == to.target && it.to.arguments == to.arguments)
        };
        let shares: BTreeSet<_> =
            beside.filter(|it| !alike(it)).map(|it| it.dockerfile.clone()).collect();
        let is_stuck = |reason: String, shares: BTreeSet<RepoPath>| Stuck {
            place: build.place.clone(),
            reason: format!("builds {}, and {reason}", build.dockerfile),
            shares,
        };
        if !shares.is_empty() {
            let named: Vec<_> = shares.iter().map(RepoPath::as_str).collect();
            let what = format!("the same lines build {}", named.join(", "));
            stuck.push(is_stuck(what, shares));
            continue;
        }
        if callers.only_read {
            let what = "its YAML is written in a way that is read but not edited".to_owned();
            stuck.push(is_stuck(what, shares));
            continue;
        }
        match edits_of(project, file, build, to) {
            Err(reason) => stuck.push(is_stuck(reason, shares)),
            Ok(new) => {
                for edit in new.into_iter().filter(|it| !edits.contains(it)).collect::<Vec<_>>() {
                    if edits.iter().any(|it| it.conflicts(&edit)) {
                        let what = "the same lines build something else".to_owned();
                        stuck.push(is_stuck(what, BTreeSet::new()));
                    } else {
                        edits.push(edit);
                    }
                }
            }
        }
    }
    let unproved = |build: &&Build| Stuck {
        place: build.place.clone(),
        reason: format!("builds {} in a way that cannot be rewritten", build.dockerfile),
        shares: BTreeSet::new(),
    };
    if stuck.is_empty() && !is_proved(project, file, callers, moved, &edits) {
        let concerned = builds.iter().copied().filter(|it| moved(&it.dockerfile).is_some());
        stuck.extend(concerned.map(|it| unproved(&it)));
    }
    stuck.sort();
    stuck.dedup();
    if stuck.is_empty() { Ok(edits) } else { Err(stuck) }
}

fn edits_of(
    project: &Project,
    file: &File,
    build: &Build,
    to: &Origin,
) -> Result<Vec<Edit>, String> {
    if let Some(target) = &build.target
        && !is_last_stage(project, &build.dockerfile, target)
    {
        return Err(format!("names its stage {target}"));
    }
    let mut given = Vec::new();
    for (name, value) in &to.arguments {
        match build.arguments.get(name) {
            None => {}
            Some(Some(it)) if it == value => given.push(name.as_str()),
            Some(_) => return Err(format!("gives {name} another value")),
        }
    }
    build.site.edits(&file.text, &build.dockerfile, to, &given)
}

/// Returns true if a build of this stage is a build of the default target.
fn is_last_stage(project: &Project, dockerfile: &RepoPath, target: &str) -> bool {
    let file = project.file(dockerfile.as_str());
    let Some(dockerfile) = file.and_then(|it| it.dockerfile()) else { return false };
    let stages = crate::ecosystems::images::stages(dockerfile);
    let Some(last) = stages.last() else { return false };
    let named = last.name.is_some_and(|it| it.eq_ignore_ascii_case(target));
    named || target.parse() == Ok(stages.len() - 1)
}

/// Returns true if the edited file still builds the same images, with each moved one in its new place.
fn is_proved<'a>(
    project: &Project,
    file: &File,
    callers: &Callers,
    moved: &dyn Fn(&RepoPath) -> Option<&'a Move>,
    edits: &[Edit],
) -> bool {
    let text = text::apply(&file.text, edits);
    if spoiled(&file.path, &file.text, &text, edits).is_some() {
        return false;
    }
    let after = read(&file.path, &text);
    let mut expected: Vec<Build> = Vec::new();
    let mut phantoms = 0_usize;
    for build in &callers.builds {
        let mut build = build.clone();
        if let Some(it) = moved(&build.dockerfile) {
            build.dockerfile = it.to.dockerfile.clone();
            build.target = it.to.target.clone().or(build.target);
            let given = it.to.arguments.iter();
            build.arguments.extend(given.map(|(name, it)| (name.clone(), Some(it.clone()))));
        } else if !project.tree().is_file(&build.dockerfile) {
            // A reading that comes to nothing, and may come to nothing in another way.
            phantoms += 1;
            continue;
        }
        if !expected.iter().any(|it| it.place == build.place && it.is_like(&build)) {
            expected.push(build);
        }
    }
    let mut actual = after.builds;
    for build in &expected {
        let Some(at) = actual.iter().position(|it| it.is_like(build)) else { return false };
        actual.swap_remove(at);
    }
    let sentences = |it: &Callers| it.unresolved.iter().map(|it| it.1.clone()).collect::<Vec<_>>();
    actual.len() <= phantoms
        && after.problems.len() == callers.problems.len()
        && after.unresolved.iter().map(|it| it.1.clone()).eq(sentences(callers))
}

impl Build {
    /// Returns true if an edit of one is an edit of the other.
    fn shares_a_place_with(&self, other: &Self) -> bool {
        let marks = other.site.marks();
        self.site.marks().iter().any(|it| marks.contains(it))
    }
}
