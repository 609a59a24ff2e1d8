//! The result of a run as data: JSON for machines, and what `cli` prints for people.

mod alteration;
pub mod audit;
mod change;
pub mod formats;
mod links;
pub mod pages;
mod place;
mod problems;
pub mod series;
mod summary;

use std::collections::{BTreeMap, HashMap};

use schemars::{JsonSchema, Schema, generate::SchemaSettings};
use serde::Serialize;

pub use alteration::AlterationReport;
pub use change::{ChangeReport, Detail, EditReport, FileEdits};
pub use place::PlaceReport;
pub use problems::problems;
pub use summary::{BySafety, Summary};

use crate::{
    engine::{
        diff::{FileDiff, diff_below},
        plan::{Bug, Plan},
    },
    project::{Problem, change::Decline, selection::Selection},
    text::RepoPath,
    verify,
};

/// A run, as `--format json` prints it.
///
/// Fields are only ever added; `version` rises when one changes its meaning.
#[derive(Clone, Debug, Default, Serialize, JsonSchema)]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
    /// The program that wrote it.
    pub tool: Tool,
    /// The changes, in the order they were made.
    pub changes: Vec<ChangeReport>,
    /// The places left alone.
    pub declines: Vec<DeclineReport>,
    /// The changes that the engine dropped: bugs, with what it takes to see them again.
    pub bugs: Vec<BugReport>,
    /// The files that could not be read or understood.
    pub problems: Vec<ProblemReport>,
    /// Comments for refit that it does not understand, or that keep nothing away.
    pub warnings: Vec<ProblemReport>,
    /// The files that differ, with their diffs.
    pub files: Vec<FileReport>,
    /// All of it in figures.
    pub summary: Summary,
    /// The result of real builds; only `apply --verify` makes them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub verification: Option<verify::report::Report>,
}

/// The program that wrote a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, JsonSchema)]
pub struct Tool {
    /// Its name: `refit`.
    pub name: &'static str,
    /// Its version.
    pub version: &'static str,
    /// Its page.
    pub url: String,
}

/// One place left alone.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct DeclineReport {
    /// The transform that declined.
    pub transform: String,
    /// A stable code.
    pub code: &'static str,
    /// The place on disk.
    #[serde(flatten)]
    pub place: PlaceReport,
    /// The reason.
    pub reason: String,
    /// A number, in hexadecimal, by which the same place is known in a later run.
    pub fingerprint: String,
    /// The part of a page that explains the code.
    pub url: String,
}

/// One change that was dropped because it would have broken something.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct BugReport {
    /// The transform that made it.
    pub transform: &'static str,
    /// What it would have done.
    pub title: String,
    /// What it would have broken, worded to follow "its change".
    pub objection: String,
    /// The texts of the files it touches, by path, as it found them.
    pub input: BTreeMap<String, String>,
}

/// One thing that could not be read or understood.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct ProblemReport {
    /// The file.
    pub path: String,
    /// The line, counted from 1, when there is one.
    pub line: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to do about it.
    pub hint: String,
}

/// One file that differs.
#[derive(Clone, Debug, Serialize, JsonSchema)]
pub struct FileReport {
    /// Its path.
    pub path: String,
    /// `edit`, `create` or `delete`.
    pub kind: &'static str,
    /// Its unified diff, as `git apply` takes it.
    pub diff: String,
}

impl Report {
    /// A plan's report.
    pub fn new(plan: &Plan, selection: &Selection) -> Self {
        Self::below(&RepoPath::root(), plan, selection, Detail::All)
    }

    /// A plan's report, its files as seen from above the project's folder.
    pub fn below(folder: &RepoPath, plan: &Plan, selection: &Selection, detail: Detail) -> Self {
        let mut report = Self::inside(plan, selection, folder, detail);
        if !folder.is_root() {
            report.lie_below(folder);
        }
        report
    }

    /// The report of several projects.
    pub fn join(reports: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self { version: 1, ..Self::default() };
        for it in reports {
            all.changes.extend(it.changes);
            all.declines.extend(it.declines);
            all.bugs.extend(it.bugs);
            all.problems.extend(it.problems);
            all.warnings.extend(it.warnings);
            all.files.extend(it.files);
            all.summary.add(&it.summary);
            all.verification = all.verification.or(it.verification);
        }
        all
    }

    /// The same with these warnings.
    #[must_use]
    pub fn with_warnings(
        mut self,
        folder: &RepoPath,
        warnings: impl Iterator<Item = ProblemReport>,
    ) -> Self {
        let path = |it: &str| folder.join(it).map_or(it.to_owned(), |it| it.to_string());
        self.warnings.extend(warnings.map(|it| ProblemReport { path: path(&it.path), ..it }));
        self
    }

    fn lie_below(&mut self, folder: &RepoPath) {
        let move_to = |it: &mut String| *it = format!("{folder}/{it}");
        self.changes.iter_mut().for_each(|it| it.lie_below(folder));
        self.declines.iter_mut().for_each(|it| move_to(&mut it.place.path));
        for it in &mut self.bugs {
            let input = std::mem::take(&mut it.input).into_iter();
            it.input = input.map(|(path, text)| (format!("{folder}/{path}"), text)).collect();
        }
        self.problems.iter_mut().for_each(|it| move_to(&mut it.path));
    }

    fn inside(plan: &Plan, selection: &Selection, folder: &RepoPath, detail: Detail) -> Self {
        let diffs = diff_below(folder, &plan.before, plan.after());
        let problems = problems(&plan.before, selection);
        let declines = plan.declines.iter().map(|it| DeclineReport::new(it, plan, folder, detail));
        let mut declines: Vec<_> = declines.collect();
        number(declines.iter_mut().map(|it| &mut it.fingerprint));
        Self {
            version: 1,
            tool: Tool::default(),
            changes: change::changes(plan, folder, detail),
            declines,
            bugs: plan.bugs.iter().map(BugReport::from).collect(),
            summary: Summary {
                changed_files: diffs.len(),
                problems: problems.len(),
                ..Summary::of(plan, selection)
            },
            problems: problems.into_iter().map(ProblemReport::from).collect(),
            warnings: Vec::new(),
            files: diffs.iter().map(FileReport::from).collect(),
            verification: None,
        }
    }
}

impl DeclineReport {
    fn new(decline: &Decline, plan: &Plan, folder: &RepoPath, detail: Detail) -> Self {
        let Decline { transform, place, why } = decline;
        Self {
            transform: (*transform).to_owned(),
            code: why.code,
            place: PlaceReport::from(place),
            reason: why.reason.clone(),
            fingerprint: detail.fingerprint(plan, folder, transform, why.code, place),
            url: links::code(transform, why.code),
        }
    }
}

impl From<&Bug> for BugReport {
    fn from(bug: &Bug) -> Self {
        let input = bug.input.iter().map(|(path, text)| (path.to_string(), text.to_string()));
        Self {
            transform: bug.transform,
            title: bug.title.clone(),
            objection: bug.objection.clone(),
            input: input.collect(),
        }
    }
}

impl From<Problem> for ProblemReport {
    fn from(problem: Problem) -> Self {
        Self {
            path: problem.path.to_string(),
            line: problem.line,
            message: problem.message,
            hint: problem.hint,
        }
    }
}

impl From<&FileDiff> for FileReport {
    fn from(diff: &FileDiff) -> Self {
        Self { path: diff.path.to_string(), kind: diff.kind.as_str(), diff: diff.to_string() }
    }
}

impl Default for Tool {
    fn default() -> Self {
        Self {
            name: env!("CARGO_PKG_NAME"),
            version: env!("CARGO_PKG_VERSION"),
            url: links::tool(),
        }
    }
}

/// The changes of a plan, in order, with everything about each; files are named as seen from above the project's
/// folder.
pub fn changes(plan: &Plan, folder: &RepoPath) -> Vec<ChangeReport> {
    let mut all = change::changes(plan, folder, Detail::All);
    if !folder.is_root() {
        for change in &mut all {
            change.lie_below(folder);
        }
    }
    all
}

/// Tells apart what would have the same fingerprint: the same command twice in one file.
fn number<'f>(fingerprints: impl Iterator<Item = &'f mut String>) {
    let mut seen: HashMap<String, usize> = HashMap::new();
    for it in fingerprints.filter(|it| !it.is_empty()) {
        let before = seen.entry(it.clone()).or_default();
        if 0 < *before {
            *it = format!("{it}-{before}");
        }
        *before += 1;
    }
}

/// The JSON Schema of a report; `schemas/report.json` has its text.
pub fn schema() -> Schema {
    SchemaSettings::draft2020_12().for_serialize().into_generator().into_root_schema_for::<Report>()
}
