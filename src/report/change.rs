//! One change as data: what it does, where, its own diff and its edits.

use std::collections::HashMap;

use rayon::prelude::*;
use schemars::JsonSchema;
use serde::Serialize;

use super::{AlterationReport, PlaceReport, links};
use crate::{
    engine::{
        diff::FileDiff,
        plan::{Plan, Step, held::fingerprint},
    },
    project::{
        File, Project,
        change::{Change, FileChange},
    },
    text::{self, Edit, Place, RepoPath},
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

/// How much is found out about each change and each place left alone; what is not is empty in the report.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Detail {
    /// What people are told.
    Few,
    /// That, and the fingerprint.
    Fingerprints,
    /// Everything, also what takes time in proportion to its files: its own diff, its edits, its place afterwards.
    All,
}

impl Detail {
    /// The fingerprint of a place of a plan, if it is asked for; see [`fingerprint`].
    pub(super) fn fingerprint(
        self,
        plan: &Plan,
        folder: &RepoPath,
        transform: &str,
        what: &str,
        place: &Place,
    ) -> String {
        match self {
            Self::Few => String::new(),
            Self::Fingerprints | Self::All => {
                fingerprint(&plan.before, folder, transform, what, place)
            }
        }
    }
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
            alters: change
                .alters
                .iter()
                .map(|it| AlterationReport::new(self.before, self.change, it))
                .collect(),
            diff: if all { self.diff(folder) } else { String::new() },
            edits: if all { self.edits(plan) } else { None },
            fingerprint: detail.fingerprint(plan, folder, transform, &change.title, &change.place),
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
        self.alters.iter_mut().for_each(|it| it.lie_below(folder));
    }
}
