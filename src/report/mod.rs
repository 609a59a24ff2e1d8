//! The result of a run as data: JSON for machines, and what `cli` prints for people.

use std::{collections::BTreeMap, fmt};

use serde::Serialize;

use crate::{
    dockerfile::Reader,
    engine::{
        diff::{FileDiff, diff_below},
        plan::{Bug, Plan},
    },
    project::{
        Problem, Project,
        change::{Change, Decline, Safety},
        selection::Selection,
    },
    text::{Place, RepoPath},
    verify,
};

/// A run, as `--format json` prints it.
///
/// Fields are only ever added; `version` rises when one changes its meaning.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The version of this form: 1.
    pub version: u32,
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

/// One change.
#[derive(Clone, Debug, Serialize)]
pub struct ChangeReport {
    /// The transform that made it.
    pub transform: String,
    /// `safe` or `review`.
    pub safety: &'static str,
    /// What it does.
    pub title: String,
    /// Why it is right here.
    pub reason: String,
    /// Where it starts, on disk before the run.
    #[serde(flatten)]
    pub place: PlaceReport,
    /// The same place in the file after the run; `None` when nothing of it is left.
    pub after: Option<PlaceReport>,
    /// The files it touches.
    pub files: Vec<String>,
}

/// One place left alone.
#[derive(Clone, Debug, Serialize)]
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
}

/// A place in a file. Lines and columns are counted from 1, columns in characters.
///
/// Where refit itself wrote what a change or decline is about, in an earlier step, it is the place where that
/// was put in, and start and end are the same.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PlaceReport {
    /// The file.
    pub path: String,
    /// The line it starts on.
    pub line: usize,
    /// The column it starts at.
    pub column: usize,
    /// The line it ends on.
    pub end_line: usize,
    /// The column after its last character.
    pub end_column: usize,
}

/// One change that was dropped because it would have broken something.
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
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
#[derive(Clone, Debug, Serialize)]
pub struct FileReport {
    /// Its path.
    pub path: String,
    /// `edit`, `create` or `delete`.
    pub kind: &'static str,
    /// Its unified diff, as `git apply` takes it.
    pub diff: String,
}

/// A run in figures.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Summary {
    /// The Dockerfiles that were looked at.
    pub dockerfiles: usize,
    /// The Dockerfiles that were left out because they lie in folders of other people's code, as `vendor/`.
    pub vendored: usize,
    /// The files that differ.
    pub changed_files: usize,
    /// The changes.
    pub changes: usize,
    /// The safe ones.
    pub safe: usize,
    /// Those that need a review.
    pub review: usize,
    /// The places left alone.
    pub declines: usize,
    /// The files that could not be read or understood.
    pub problems: usize,
    /// The changes by transform.
    pub by_transform: BTreeMap<&'static str, BySafety>,
}

/// Changes of one transform.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct BySafety {
    /// The safe ones.
    pub safe: usize,
    /// Those that need a review.
    pub review: usize,
}

impl Report {
    /// A plan's report.
    pub fn new(plan: &Plan, selection: &Selection) -> Self {
        Self::below(&RepoPath::root(), plan, selection)
    }

    /// A plan's report, its files as seen from above the project's folder.
    pub fn below(folder: &RepoPath, plan: &Plan, selection: &Selection) -> Self {
        let mut report =
            Self::inside(plan, selection, &diff_below(folder, &plan.before, plan.after()));
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
        let mut move_to = |it: &mut String| *it = format!("{folder}/{it}");
        for it in &mut self.changes {
            move_to(&mut it.place.path);
            it.after.iter_mut().for_each(|it| move_to(&mut it.path));
            it.files.iter_mut().for_each(&mut move_to);
        }
        self.declines.iter_mut().for_each(|it| move_to(&mut it.place.path));
        for it in &mut self.bugs {
            let input = std::mem::take(&mut it.input).into_iter();
            it.input = input.map(|(path, text)| (format!("{folder}/{path}"), text)).collect();
        }
        self.problems.iter_mut().for_each(|it| move_to(&mut it.path));
    }

    fn inside(plan: &Plan, selection: &Selection, diffs: &[FileDiff]) -> Self {
        let problems = problems(&plan.before, selection);
        let all = plan.before.files().filter(|it| it.dockerfile().is_some());
        let all: Vec<_> = all.map(|it| &it.path).collect();
        let dockerfiles = all.iter().filter(|it| selection.selects(it)).count();
        let vendored = all.iter().filter(|it| selection.leaves_out(it)).count();
        let mut summary = Summary {
            dockerfiles,
            vendored,
            changed_files: diffs.len(),
            declines: plan.declines.len(),
            problems: problems.len(),
            ..Summary::default()
        };
        for (transform, change) in plan.changes() {
            let counts = summary.by_transform.entry(transform).or_default();
            let (count, all) = match change.safety {
                Safety::Safe => (&mut counts.safe, &mut summary.safe),
                Safety::Review => (&mut counts.review, &mut summary.review),
            };
            *count += 1;
            *all += 1;
            summary.changes += 1;
        }
        Self {
            version: 1,
            changes: plan.changes().map(|(name, it)| ChangeReport::new(name, it, plan)).collect(),
            declines: plan.declines.iter().map(DeclineReport::from).collect(),
            bugs: plan.bugs.iter().map(BugReport::from).collect(),
            problems: problems.into_iter().map(ProblemReport::from).collect(),
            warnings: Vec::new(),
            files: diffs.iter().map(FileReport::from).collect(),
            summary,
            verification: None,
        }
    }
}

/// The files of a project that could not be read or understood, each with its first error.
pub fn problems(project: &Project, selection: &Selection) -> Vec<Problem> {
    let mut problems = project.problems().to_vec();
    problems.extend(project.caller_problems().cloned());
    problems.extend(project.manifest_problems());
    for file in project.files() {
        let Some(dockerfile) = file.dockerfile().filter(|_| selection.selects(&file.path)) else {
            continue;
        };
        if let [first, more @ ..] = dockerfile.errors.as_slice() {
            let more = match more.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            problems.push(Problem {
                path: file.path.clone(),
                line: Some(first.line),
                message: format!("{}{more}", first.message),
                hint: match first.refused_by {
                    Reader::Parser | Reader::Instructions => {
                        "docker would refuse this file, so it was left alone; if it is a template, exclude it"
                    }
                    Reader::Neither => "the file was left alone; say which is meant",
                }
                .to_owned(),
            });
        }
    }
    problems.retain(|it| !selection.excludes(&it.path));
    problems.sort();
    problems.dedup();
    problems
}

impl Summary {
    fn add(&mut self, other: &Self) {
        self.dockerfiles += other.dockerfiles;
        self.vendored += other.vendored;
        self.changed_files += other.changed_files;
        self.changes += other.changes;
        self.safe += other.safe;
        self.review += other.review;
        self.declines += other.declines;
        self.problems += other.problems;
        for (name, counts) in &other.by_transform {
            let all = self.by_transform.entry(name).or_default();
            all.safe += counts.safe;
            all.review += counts.review;
        }
    }
}

impl ChangeReport {
    fn new(transform: &str, change: &Change, plan: &Plan) -> Self {
        Self {
            transform: transform.to_owned(),
            safety: change.safety.as_str(),
            title: change.title.clone(),
            reason: change.reason.clone(),
            place: PlaceReport::from(&change.place),
            after: plan.place_after(change).as_ref().map(PlaceReport::from),
            files: change.files.keys().map(ToString::to_string).collect(),
        }
    }
}

impl From<&Decline> for DeclineReport {
    fn from(decline: &Decline) -> Self {
        Self {
            transform: decline.transform.to_owned(),
            code: decline.why.code,
            place: PlaceReport::from(&decline.place),
            reason: decline.why.reason.clone(),
        }
    }
}

impl From<&Place> for PlaceReport {
    fn from(place: &Place) -> Self {
        let Place { path, line, column, end_line, end_column } = place;
        Self {
            path: path.to_string(),
            line: *line,
            column: *column,
            end_line: *end_line,
            end_column: *end_column,
        }
    }
}

impl fmt::Display for PlaceReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.path, self.line)
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
