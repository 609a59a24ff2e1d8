//! The problems of a repository: facts of its files, and what the plan says about each.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use schemars::JsonSchema;
use serde::Serialize;

use super::{
    Audited, Figure, PlaceReport,
    images::{Found, target},
    kinds::{self, KINDS, Kind, Priority},
    unpinned,
};
use crate::{
    context::{is_whole, taken::takes},
    dockerfile::{Dockerfile, Keyword},
    ecosystems::{self, clutter::Class, images::stages},
    engine::plan::codes,
    project::{File, Project},
    report::{AlterationReport, ChangeReport, DeclineReport},
    run::Site,
    text::{Place, RepoPath, count::counted},
};

/// A problem, at all of its places.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct Trouble {
    /// A stable name.
    pub code: &'static str,
    /// How much it matters.
    pub priority: Priority,
    /// What is wrong, in a sentence without a full stop.
    pub title: &'static str,
    /// Why that matters.
    pub why: &'static str,
    /// The places, by file and line.
    pub places: Vec<Spot>,
}

/// A place that has a problem.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Spot {
    /// The place on disk.
    #[serde(flatten)]
    pub place: PlaceReport,
    /// What is there.
    pub detail: String,
    /// The transform that mends it here; `null` if none does.
    pub mended_by: Option<String>,
    /// `safe` or `review`, if it is mended.
    #[schemars(extend("enum" = ["safe", "review", null]))]
    pub safety: Option<&'static str>,
    /// The reason why refit leaves it alone, if it is the kind of problem that it mends.
    pub left_alone: Option<String>,
    /// True if no transform mends problems of this kind.
    pub is_for_owner: bool,
}

/// The problems, and the figures that come of looking for them.
pub(super) struct Problems {
    pub(super) found: Vec<Trouble>,
    pub(super) unpinned_tools: Figure,
    pub(super) unpinned_bases: Figure,
    pub(super) repeated_builds: Figure,
}

/// What the plan does about a place.
pub(super) enum Fix<'r> {
    Change(&'r ChangeReport),
    Decline(&'r DeclineReport),
    Nothing,
}

pub(super) struct Finder<'a, 'r> {
    pub(super) audited: &'r Audited<'a>,
    spots: BTreeMap<&'static str, Vec<Spot>>,
}

/// The problems of the files that are looked at.
pub(super) fn problems(audited: &Audited<'_>, images: &[Found]) -> Problems {
    let mut finder = Finder { audited, spots: BTreeMap::new() };
    finder.ignore_files();
    finder.images(images);
    finder.of_plan();
    let unpinned_tools = finder.tools();
    let unpinned_bases = finder.bases();
    let repeated_builds = finder.repeated_builds();
    finder.services();
    finder.cleanups();
    finder.unread();
    let mut spots = finder.spots;
    let found = KINDS.iter().filter_map(|kind| Some(Trouble::new(kind, spots.remove(kind.code)?)));
    Problems { found: found.collect(), unpinned_tools, unpinned_bases, repeated_builds }
}

/// Adds the problems of another project.
pub(super) fn join(all: &mut Vec<Trouble>, more: Vec<Trouble>) {
    for it in more {
        match all.iter_mut().find(|known| known.code == it.code) {
            Some(known) => known.places.extend(it.places),
            None => all.push(it),
        }
    }
    all.sort_by_key(|it| KINDS.iter().position(|kind| kind.code == it.code));
}

impl Trouble {
    fn new(kind: &Kind, mut places: Vec<Spot>) -> Self {
        let key = |it: &Spot| (it.place.path.clone(), it.place.line, it.detail.clone());
        places.sort_by_key(key);
        places.dedup_by_key(|it| key(it));
        let Kind { code, priority, title, why, .. } = *kind;
        Self { code, priority, title, why, places }
    }
}

impl<'r> Finder<'_, 'r> {
    pub(super) fn add(
        &mut self,
        code: &'static str,
        place: PlaceReport,
        detail: String,
        fix: &Fix<'_>,
    ) {
        let (mended_by, safety) = match fix {
            Fix::Change(it) => (Some(it.transform.clone()), Some(it.safety)),
            _ => (None, None),
        };
        let left_alone = match fix {
            Fix::Decline(it) => Some(format!("{} [{}]", it.reason, it.code)),
            _ => None,
        };
        let is_for_owner = transform(code).is_none();
        let spot = Spot { place, detail, mended_by, safety, left_alone, is_for_owner };
        self.spots.entry(code).or_default().push(spot);
    }

    pub(super) fn is_selected(&self, path: &RepoPath) -> bool {
        self.audited.selection.selects(path)
    }

    /// The Dockerfiles that are looked at, as they are today.
    fn dockerfiles(&self) -> Vec<(&'r File, &'r Dockerfile)> {
        let all = self.audited.plan.before.dockerfiles();
        let all = all.filter(|it| self.is_selected(&it.0.path));
        all.map(|(file, dockerfile)| (&**file, dockerfile)).collect()
    }

    /// What the plan does with a transform at a line of a file, or anywhere in it.
    fn fix(&self, transform: Option<&str>, path: &str, line: Option<usize>) -> Fix<'r> {
        let report = self.audited.report;
        let Some(transform) = transform else { return Fix::Nothing };
        let is_there = |place: &PlaceReport| {
            place.path == path && line.is_none_or(|it| place.line <= it && it <= place.end_line)
        };
        let mut changes = report.changes.iter();
        if let Some(it) = changes.find(|it| it.transform == transform && is_there(&it.place)) {
            return Fix::Change(it);
        }
        let mut declines = report.declines.iter().filter(|it| it.code != codes::ENGINE);
        let declined = declines.find(|it| it.transform == transform && is_there(&it.place));
        declined.map_or(Fix::Nothing, Fix::Decline)
    }

    fn changes(&self, code: &str) -> Vec<&'r ChangeReport> {
        let transform = kinds::find(code).and_then(|it| it.transform);
        let changes = self.audited.report.changes.iter();
        changes.filter(|it| Some(it.transform.as_str()) == transform).collect()
    }

    fn declines(&self, code: &str) -> Vec<&'r DeclineReport> {
        let transform = kinds::find(code).and_then(|it| it.transform);
        let declines = self.audited.report.declines.iter().filter(|it| it.code != codes::ENGINE);
        declines.filter(|it| Some(it.transform.as_str()) == transform).collect()
    }

    /// Secrets, contexts without an ignore file, and ignore files that let clutter through.
    fn ignore_files(&mut self) {
        let project = &self.audited.plan.before;
        let changes = self.changes(kinds::NO_IGNORE_FILE);
        for ((folder, ignore_file), dockerfiles) in &project.shared_contexts().known {
            if project.tree().exists(ignore_file) {
                continue;
            }
            let selected = dockerfiles.iter().filter(|it| self.is_selected(it));
            let whole = selected.filter_map(|path| {
                let dockerfile = project.file(path.as_str())?.dockerfile()?;
                let take = takes(dockerfile).iter().find(|it| is_whole(&it.source))?;
                Some(dockerfile.place(path, take.item))
            });
            let Some(place) = whole.min() else { continue };
            let name = self.audited.path(ignore_file);
            let change = changes.iter().find(|it| it.files.contains(&name));
            let fix = match change {
                Some(it) => Fix::Change(it),
                None => self.fix(Some("write-dockerignore"), &self.audited.path(&place.path), None),
            };
            // Without clutter there is nothing to exclude.
            if matches!(fix, Fix::Nothing) {
                continue;
            }
            let files = counted(dockerfiles.len(), "Dockerfile");
            let shown = super::images::folder(&self.audited.path(folder));
            let detail =
                format!("{files} built from {shown}, which has no {}", ignore_file.file_name());
            self.add(kinds::NO_IGNORE_FILE, self.audited.place(&place), detail, &fix);
        }
        for change in changes {
            let holds = |class| {
                change.alters.iter().any(|it| {
                    matches!(it, AlterationReport::Unsent { classes, .. } if classes.contains(&class))
                })
            };
            let is_new = change.files.iter().any(|it| {
                let inside = RepoPath::new(it);
                let inside = inside.as_ref().and_then(|it| it.strip_prefix(self.audited.folder));
                inside.and_then(RepoPath::new).is_some_and(|it| !project.tree().exists(&it))
            });
            let detail = format!("{}: {}", change.title, change.reason);
            if holds(Class::Secrets) {
                self.add(kinds::SECRETS, change.place.clone(), detail, &Fix::Change(change));
            } else if !is_new {
                self.add(kinds::CLUTTER, change.place.clone(), detail, &Fix::Change(change));
            }
        }
        for it in self.declines(kinds::SECRETS).into_iter().filter(|it| it.code == "secret-is-read")
        {
            let detail = "a build step takes a file with secrets".to_owned();
            self.add(kinds::SECRETS, it.place.clone(), detail, &Fix::Decline(it));
        }
    }

    /// Images that run as root, and installs that run again after an edit of the source.
    fn images(&mut self, images: &[Found]) {
        let project = &self.audited.plan.before;
        for image in images {
            let (Some(build), Some(state)) = (&image.build, &image.report.before) else { continue };
            let path = &build.origin.dockerfile;
            let Some(dockerfile) = project.file(path.as_str()).and_then(|it| it.dockerfile())
            else {
                continue;
            };
            if state.is_root == Some(true) {
                let place = user_place(path, dockerfile, build.origin.target.as_deref());
                let stays = image.report.after.as_ref().is_none_or(|it| it.is_root == Some(true));
                let fix = match self.fix(transform(kinds::ROOT), &image.report.dockerfile, None) {
                    Fix::Change(_) if stays => Fix::Nothing,
                    fix => fix,
                };
                let detail = "nothing sets another user".to_owned();
                self.add(kinds::ROOT, self.audited.place(&place), detail, &fix);
            }
            let edited = state.costliest_edit.as_ref().map_or("", |it| it.file.as_str());
            for item in installs(path, dockerfile, &image.again) {
                let place = dockerfile.place(path, item);
                let line = Some(place.line);
                let fix = self.fix(transform(kinds::SOURCE_FIRST), &image.report.dockerfile, line);
                let detail = format!("an edit of {edited} runs the install again");
                self.add(kinds::SOURCE_FIRST, self.audited.place(&place), detail, &fix);
            }
        }
    }

    /// Problems that are found by looking for what mends them.
    fn of_plan(&mut self) {
        for code in [kinds::REPEATED_FILE, kinds::NO_CACHE, kinds::BUILD_TOOLS, kinds::COMPOSE] {
            for it in self.changes(code) {
                self.add(code, it.place.clone(), it.title.clone(), &Fix::Change(it));
            }
            for it in self.declines(code) {
                let detail = "left alone".to_owned();
                self.add(code, it.place.clone(), detail, &Fix::Decline(it));
            }
        }
    }

    /// Tools without a version: those that a list knows, and those that the plan pins or leaves alone.
    fn tools(&mut self) -> Figure {
        let mut lines: BTreeSet<(String, usize)> = BTreeSet::new();
        for it in self.changes(kinds::TOOL) {
            if lines.insert((it.place.path.clone(), it.place.line)) {
                self.add(kinds::TOOL, it.place.clone(), it.title.clone(), &Fix::Change(it));
            }
        }
        let mut left = BTreeSet::new();
        for it in self.declines(kinds::TOOL) {
            left.insert((it.place.path.clone(), it.place.line));
            if lines.insert((it.place.path.clone(), it.place.line)) {
                let detail = "a tool without a version".to_owned();
                self.add(kinds::TOOL, it.place.clone(), detail, &Fix::Decline(it));
            }
        }
        for (file, dockerfile) in self.dockerfiles() {
            for it in unpinned::tools(&file.path, dockerfile) {
                let place = self.audited.place(&it.place);
                if lines.insert((place.path.clone(), place.line)) {
                    self.add(kinds::TOOL, place, it.what, &Fix::Nothing);
                }
            }
        }
        let after = self.audited.plan.after().dockerfiles();
        let after = after.filter(|it| self.is_selected(&it.0.path));
        let still = after.flat_map(|(file, it)| unpinned::tools(&file.path, it));
        left.extend(still.map(|it| (self.audited.path(&it.place.path), it.place.line)));
        Figure::of(lines.len(), left.len())
    }

    fn bases(&mut self) -> Figure {
        let count = |project: &Project| {
            let own = unpinned::own_images(project);
            let all = project.dockerfiles().filter(|it| self.is_selected(&it.0.path));
            all.map(|(file, it)| unpinned::bases(file, it, &own).len()).sum::<usize>()
        };
        let figure = Figure::of(count(&self.audited.plan.before), count(self.audited.plan.after()));
        let own: HashSet<&str> = unpinned::own_images(&self.audited.plan.before);
        for (file, dockerfile) in self.dockerfiles() {
            for it in unpinned::bases(file, dockerfile, &own) {
                self.add(kinds::BASE, self.audited.place(&it.place), it.what, &Fix::Nothing);
            }
        }
        figure
    }

    fn unread(&mut self) {
        for it in &self.audited.report.problems {
            let line = it.line.unwrap_or(1);
            let path = it.path.clone();
            let place = PlaceReport { path, line, column: 1, end_line: line, end_column: 1 };
            self.add(kinds::UNREAD, place, it.message.clone(), &Fix::Nothing);
        }
    }
}

fn transform(code: &str) -> Option<&'static str> {
    kinds::find(code)?.transform
}

/// The last USER of the stage that an image is, or its FROM.
fn user_place(path: &RepoPath, dockerfile: &Dockerfile, name: Option<&str>) -> Place {
    let stages = stages(dockerfile);
    let item = target(&stages, name).map_or(0, |stage| {
        let below = stage.lineage(&stages);
        let mut users = below.iter().rev().flat_map(|it| {
            it.instructions().rev().filter(|it| it.2.keyword == Keyword::User).map(|it| it.0)
        });
        users.next().unwrap_or(stage.from)
    });
    dockerfile.place(path, item)
}

/// The RUNs among items that install packages, and do not compile the source for that.
fn installs(path: &RepoPath, dockerfile: &Dockerfile, items: &[usize]) -> Vec<usize> {
    let site = Site::new(path, dockerfile);
    let is_install = |item: &usize| {
        let stage = site.stages.iter().find(|it| it.from < *item && *item < it.end)?;
        let run = site.run(stage, *item).ok()?;
        let installs = run.calls().iter().any(|it| {
            let builds = ecosystems::grammar_of(&it.call.program)
                .is_some_and(|grammar| grammar.verb(&it.call, grammar.build).is_some());
            !builds && ecosystems::installs_packages(&it.call) == Some(true)
        });
        installs.then_some(*item)
    };
    items.iter().filter_map(is_install).collect()
}
