//! One change as data: what it does, where, its own diff and its edits.

use std::collections::{BTreeMap, HashMap};

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{PlaceReport, links};
use crate::ecosystems::clutter::Class;
use crate::{
    engine::{
        diff::FileDiff,
        plan::{Plan, Step, held::fingerprint},
    },
    project::{
        File, Project,
        change::{Alteration, Change, Composed, FileChange, Origin},
    },
    text::{self, Edit, RepoPath},
};

/// One change.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ChangeReport {
    /// The transform that made it.
    pub transform: String,
    /// `safe` or `review`.
    #[schemars(extend("enum" = ["safe", "review"]))]
    pub safety: &'static str,
    /// What it does.
    pub title: String,
    /// Why it is right here.
    pub reason: String,
    /// Where it starts, on disk before the run.
    #[serde(flatten)]
    pub place: PlaceReport,
    /// The same place in the file after the run; `null` when nothing of it is left.
    pub after: Option<PlaceReport>,
    /// The files it touches.
    pub files: Vec<String>,
    /// What it alters of the images on purpose; all else stays equal.
    pub alters: Vec<AlterationReport>,
    /// Its own unified diff, as `git apply` takes it after the diffs of the changes before it. All of them
    /// together make the diffs of `files`.
    pub diff: String,
    /// Its edits of the files on disk; `null` if it builds on a change of the same files that comes before it.
    pub edits: Option<Vec<FileEdits>>,
    /// A number, in hexadecimal, by which the same change is known in a later run, also when its lines have moved.
    pub fingerprint: String,
    /// The page of its transform.
    pub url: String,
}

/// What a change does to one file on disk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum FileEdits {
    /// Parts of it are replaced.
    Edit {
        /// The file.
        path: String,
        /// The edits, in the order of the file.
        edits: Vec<EditReport>,
    },
    /// It is made.
    Create {
        /// The file.
        path: String,
        /// Its text.
        text: String,
    },
    /// It is removed.
    Delete {
        /// The file.
        path: String,
    },
}

/// The text of a range is replaced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct EditReport {
    /// The byte it starts at.
    pub start: usize,
    /// The byte after its last.
    pub end: usize,
    /// The line it starts on, counted from 1.
    pub line: usize,
    /// The column it starts at, in characters, counted from 1.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
    /// What takes its place.
    pub text: String,
    /// True if other changes make the same edit, and it is to be made once: a `# syntax=` line.
    pub shared: bool,
}

/// What a change alters of an image on purpose.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum AlterationReport {
    /// An environment variable.
    Env {
        /// Its name.
        name: String,
    },
    /// A package is installed in a fixed version instead of whatever the index offers.
    Pinned {
        /// Its name.
        package: String,
    },
    /// A build argument is new; with its default every image stays what it was.
    Argument {
        /// Its name.
        name: String,
    },
    /// A command of a RUN is another one, or gone.
    Pipeline {
        /// Where it is on disk.
        place: PlaceReport,
    },
    /// COPYs of source come later, after commands that do not read them.
    Order,
    /// Packages are installed in a stage of their own, and only one folder of it gets into the image.
    Split {
        /// That folder.
        environment: String,
    },
    /// There is a new RUN.
    Run {
        /// Its script.
        script: String,
    },
    /// There is a new RUN that downloads what a later install takes from a cache.
    Fetch {
        /// Its script.
        script: String,
    },
    /// Builders are no longer sent these files of a build context.
    Unsent {
        /// The kinds of clutter that they are of.
        classes: Vec<Class>,
        /// Patterns that the settings ask for.
        asked_for: Vec<String>,
    },
    /// A compose file has no `version` any more.
    NoVersion,
    /// A service of a compose file waits until another one is healthy.
    Waits {
        /// The service.
        service: String,
        /// The one that it depends on.
        on: String,
    },
    /// A service of a compose file has a health check.
    Checked {
        /// The service.
        service: String,
    },
    /// A setting of the image.
    Config {
        /// The instruction that sets it.
        instruction: String,
    },
    /// An image is built from another Dockerfile, unchanged.
    Moved {
        /// The Dockerfile that it was built from.
        from: String,
        /// The Dockerfile that it is built from now.
        to: String,
        /// The stage; `null` for the last one.
        target: Option<String>,
        /// The build arguments.
        arguments: BTreeMap<String, String>,
    },
}

/// How much is found out about each change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Everything.
    All,
    /// Nothing that takes time in proportion to its files: neither its own diff nor its edits, nor its place afterwards.
    Few,
}

/// A change in its step, with what came before it.
struct Made<'p, 'd> {
    transform: &'static str,
    change: &'p Change,
    /// The snapshot that its step started from.
    before: &'p Project,
    /// The edits of its files that changes before it in the same step made.
    earlier: Vec<(&'p RepoPath, &'d [&'p Edit])>,
}

/// The edits that the changes of a step make, in order, by file.
type Edits<'p> = HashMap<&'p RepoPath, Vec<&'p Edit>>;

fn edits_of(step: &Step) -> Edits<'_> {
    let mut all = Edits::new();
    for (path, file) in step.changes.iter().flat_map(|it| &it.files) {
        if let FileChange::Edit(edits) = file {
            all.entry(path).or_default().extend(edits);
        }
    }
    all
}

/// The changes of a plan, in order; diffs name files as seen from above the project's folder.
pub(super) fn changes(plan: &Plan, folder: &RepoPath, detail: Detail) -> Vec<ChangeReport> {
    let edits: Vec<Edits<'_>> = plan.steps.iter().map(edits_of).collect();
    let mut all = Vec::new();
    let mut before = &plan.before;
    for (step, edits) in plan.steps.iter().zip(&edits) {
        let mut made: HashMap<&RepoPath, usize> = HashMap::new();
        for change in &step.changes {
            let earlier = change.files.keys();
            let earlier =
                earlier.filter_map(|it| Some((it, edits.get(it)?.get(..*made.get(it)?)?)));
            let earlier = earlier.collect();
            all.push(Made { transform: step.transform, change, before, earlier });
            for (path, file) in &change.files {
                if let FileChange::Edit(edits) = file {
                    *made.entry(path).or_default() += edits.len();
                }
            }
        }
        before = &step.after;
    }
    let mut reports: Vec<_> = all.par_iter().map(|it| it.report(plan, folder, detail)).collect();
    super::number(reports.iter_mut().map(|it| &mut it.fingerprint));
    reports
}

impl Made<'_, '_> {
    fn report(&self, plan: &Plan, folder: &RepoPath, detail: Detail) -> ChangeReport {
        let Self { transform, change, .. } = self;
        let all = detail == Detail::All;
        let after = if all { plan.place_after(change) } else { None };
        ChangeReport {
            transform: (*transform).to_owned(),
            safety: change.safety.as_str(),
            title: change.title.clone(),
            reason: change.reason.clone(),
            place: PlaceReport::from(&change.place),
            after: after.as_ref().map(PlaceReport::from),
            files: change.files.keys().map(ToString::to_string).collect(),
            alters: change.alters.iter().map(|it| self.alters(it)).collect(),
            diff: if all { self.diff(folder) } else { String::new() },
            edits: if all { self.edits(plan) } else { None },
            fingerprint: fingerprint(&plan.before, folder, transform, &change.title, &change.place),
            url: links::transform(transform),
        }
    }

    fn diff(&self, folder: &RepoPath) -> String {
        let diffs = self.change.files.iter().map(|(path, file)| {
            let earlier = self.earlier.iter().find(|it| it.0 == path).map(|it| it.1);
            let earlier = earlier.unwrap_or_default();
            let old = self.before.file(path.as_str());
            let old = old.map(|it| text::apply(&it.text, earlier.iter().copied()));
            let new = match file {
                FileChange::Edit(edits) => self
                    .before
                    .file(path.as_str())
                    .map(|it| text::apply(&it.text, earlier.iter().copied().chain(edits))),
                FileChange::Create(text) => Some(text.clone()),
                FileChange::Delete => None,
            };
            FileDiff::of_texts(folder, path, old.as_deref(), new.as_deref()).to_string()
        });
        diffs.collect()
    }

    /// The edits of the files on disk, if these are still the files that the change was made from.
    fn edits(&self, plan: &Plan) -> Option<Vec<FileEdits>> {
        let files = self.change.files.iter().map(|(path, file)| {
            let found = self.before.file(path.as_str());
            let disk = plan.before.file(path.as_str());
            if found.map(|it| &it.text) != disk.map(|it| &it.text) {
                return None;
            }
            let path = path.to_string();
            Some(match file {
                FileChange::Edit(edits) => {
                    let found = found?;
                    let mut edits: Vec<&Edit> = edits.iter().collect();
                    text::put_in_order(&mut edits, |it| it);
                    let edits = edits.into_iter().map(|it| EditReport::new(found, it)).collect();
                    FileEdits::Edit { path, edits }
                }
                FileChange::Create(text) => FileEdits::Create { path, text: text.clone() },
                FileChange::Delete => FileEdits::Delete { path },
            })
        });
        files.collect()
    }

    fn alters(&self, alteration: &Alteration) -> AlterationReport {
        use AlterationReport as Report;
        match alteration {
            Alteration::Env(name) => Report::Env { name: name.clone() },
            Alteration::Pinned(package) => Report::Pinned { package: (*package).to_owned() },
            Alteration::Argument(name) => Report::Argument { name: name.clone() },
            Alteration::Pipeline(span) => {
                let file = self.before.file(self.change.place.path.as_str());
                let place = file.map(|it| it.place(span));
                Report::Pipeline {
                    place: PlaceReport::from(place.as_ref().unwrap_or(&self.change.place)),
                }
            }
            Alteration::Order => Report::Order,
            Alteration::Split { environment } => {
                Report::Split { environment: environment.to_string() }
            }
            Alteration::Run(script) => Report::Run { script: script.clone() },
            Alteration::Fetch(script) => Report::Fetch { script: script.clone() },
            Alteration::Config(keyword) => {
                Report::Config { instruction: keyword.as_str().to_owned() }
            }
            Alteration::Unsent { classes, asked_for } => {
                Report::Unsent { classes: classes.clone(), asked_for: asked_for.clone() }
            }
            Alteration::Composed(Composed::NoVersion) => Report::NoVersion,
            Alteration::Composed(Composed::Waits { service, on }) => {
                Report::Waits { service: service.clone(), on: on.clone() }
            }
            Alteration::Composed(Composed::Checked { service }) => {
                Report::Checked { service: service.clone() }
            }
            Alteration::Moved { from, to } => {
                let Origin { dockerfile, target, arguments } = to;
                Report::Moved {
                    from: from.to_string(),
                    to: dockerfile.to_string(),
                    target: target.clone(),
                    arguments: arguments.clone(),
                }
            }
        }
    }
}

impl EditReport {
    fn new(file: &File, edit: &Edit) -> Self {
        let (line, column) = file.line_starts().position(&file.text, edit.span.start);
        let (end_line, end_column) = file.line_starts().position(&file.text, edit.span.end);
        Self {
            start: edit.span.start,
            end: edit.span.end,
            line,
            column,
            end_line,
            end_column,
            text: edit.text.clone(),
            shared: edit.shared,
        }
    }
}

impl ChangeReport {
    /// Names its files as seen from above the project's folder; its diff does already.
    pub(super) fn lie_below(&mut self, folder: &RepoPath) {
        let move_to = |it: &mut String| *it = format!("{folder}/{it}");
        move_to(&mut self.place.path);
        self.after.iter_mut().for_each(|it| move_to(&mut it.path));
        self.files.iter_mut().for_each(move_to);
        for it in self.edits.iter_mut().flatten() {
            match it {
                FileEdits::Edit { path, .. }
                | FileEdits::Create { path, .. }
                | FileEdits::Delete { path } => move_to(path),
            }
        }
        for it in &mut self.alters {
            match it {
                AlterationReport::Pipeline { place } => move_to(&mut place.path),
                AlterationReport::Moved { from, to, .. } => {
                    [from, to].into_iter().for_each(move_to);
                }
                _ => {}
            }
        }
    }
}
