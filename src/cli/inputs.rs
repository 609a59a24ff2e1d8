//! The projects of a command: a repository each, and what lies in none.

use std::path::{Path, PathBuf};

use anyhow::Context as _;
use rayon::prelude::*;

use super::{
    args::{Base, Run, Scope},
    choose::choose,
    failure::Failure,
    input::Input,
};
use crate::{
    engine::{plan::Plan, transaction::Transaction},
    load::{self, commit, git},
    project::{File, is_dockerfile},
    report::{Detail, Report, audit::Audit, series},
    text::RepoPath,
};

/// What the arguments of a command ask for.
pub(super) struct Named {
    /// The files and folders that they name.
    pub(super) paths: Vec<String>,
    /// True if they ask only for what changed, which may be nothing.
    pub(super) is_limited: bool,
}

/// The input of a command, by project.
pub(super) struct Inputs {
    /// One per project.
    pub(super) all: Vec<Input>,
    /// The folder of each as seen from the one that all lie in.
    folders: Vec<RepoPath>,
    is_limited: bool,
}

impl Inputs {
    /// Reads what the arguments name.
    pub(super) fn read(run: &Run) -> anyhow::Result<Self> {
        Self::of_scope(&run.scope, run.stdin_filename.as_deref())
    }

    /// Reads what the arguments name; `stdin_filename` is where standard input would lie.
    pub(super) fn of_scope(scope: &Scope, stdin_filename: Option<&Path>) -> anyhow::Result<Self> {
        if scope.is_stdin() || stdin_filename.is_some() {
            let input = Input::of_scope(scope, &scope.paths, stdin_filename)?;
            return Ok(Self::from(input));
        }
        let mut all: Vec<Input> = Vec::new();
        let mut queue = load::by_project(&scope.paths)?;
        let base = scope.base();
        if let Some(base) = base {
            let chosen: anyhow::Result<Vec<_>> = queue.iter().map(|it| changed(it, base)).collect();
            queue = chosen?.into_iter().filter(|it| !it.is_empty()).collect();
        }
        queue.reverse();
        while let Some(paths) = queue.pop() {
            let input = Input::of_scope(scope, &paths, None)?;
            let root = input.root.clone().unwrap_or_default();
            let nested = input.nested.iter().rev().map(|it| vec![root.join(it.as_str())]);
            queue.extend(nested.filter(|_| base.is_none()));
            if !all.iter().any(|it| it.root == input.root) {
                all.push(input);
            }
        }
        // A folder above repositories is no project of its own without a Dockerfile.
        let any = all.iter().any(Input::has_dockerfiles);
        let mut first = true;
        all.retain(|it| if any { it.has_dockerfiles() } else { std::mem::take(&mut first) });
        let roots: Vec<&Path> = all.iter().filter_map(|it| it.root.as_deref()).collect();
        let common = roots.first().and_then(|first| {
            first.ancestors().find(|it| roots.iter().all(|root| root.starts_with(it)))
        });
        let folder = |root: &Path| {
            let inside = root.strip_prefix(common?).ok()?.to_str()?;
            RepoPath::new(inside)
        };
        let folders = roots.iter().map(|it| folder(it).unwrap_or(RepoPath::root())).collect();
        Ok(Self { all, folders, is_limited: base.is_some() })
    }

    /// Refuses a project that an interrupted apply or undo left half changed: what would be said about it
    /// is true of no state that anybody meant.
    pub(super) fn check_settled(&self) -> Result<(), Failure> {
        let mut roots = self.all.iter().filter_map(|it| it.root.as_deref());
        match roots.find(|it| Transaction::is_pending(it)) {
            None => Ok(()),
            Some(root) => {
                let message = format!("an apply or undo was interrupted in {}", root.display());
                let hint = "`refit undo` puts all files back; \
                            `refit undo --forget` keeps them as they are";
                Err(Failure::new(message, hint))
            }
        }
    }

    /// Asks about each change of these plans; returns the plans without those that are not wanted.
    pub(super) fn choose(&mut self, plans: Vec<Plan>) -> std::io::Result<Vec<Plan>> {
        choose(self.all.iter_mut().zip(&self.folders), plans)
    }

    /// The plans, in order.
    pub(super) fn plans(&self) -> Vec<Plan> {
        self.all.par_iter().map(|it| it.plan_without(&[])).collect()
    }

    /// The report of their plans.
    pub(super) fn report(&self, plans: &[Plan], detail: Detail) -> Report {
        let all = self.all.iter().zip(&self.folders).zip(plans);
        Report::join(all.map(|((input, folder), plan)| input.report(folder, plan, detail)))
    }

    /// The audit of their plans.
    pub(super) fn audit(&self, plans: &[Plan]) -> Audit {
        let all = self.all.iter().zip(&self.folders).zip(plans);
        Audit::join(all.map(|((input, folder), plan)| {
            let report = input.report(folder, plan, Detail::All);
            Audit::of(plan, input.selection(), folder, report)
        }))
    }

    /// The plans as a series of mails.
    pub(super) fn mails(&self, plans: &[Plan]) -> String {
        let root = self.all.iter().find_map(|it| it.root.as_deref());
        let author = root.and_then(|it| commit::author(it).ok());
        let author = author.unwrap_or_else(|| "refit <refit@localhost>".to_owned());
        series::mails(self.folders.iter().zip(plans), &author)
    }

    /// A file on disk, by its path in a report.
    pub(super) fn file_of(&self, path: &str) -> Option<&File> {
        let path = RepoPath::new(path)?;
        let found = self
            .all
            .iter()
            .zip(&self.folders)
            .find_map(|(input, folder)| input.project.file(path.strip_prefix(folder)?));
        found.map(AsRef::as_ref)
    }

    /// The files and folders that the arguments name.
    pub(super) fn named(&self) -> Named {
        let all = self.all.iter().zip(&self.folders);
        let paths = all.flat_map(|(input, folder)| {
            input.selection().paths().iter().filter_map(|it| folder.join(it.as_str()))
        });
        Named { paths: paths.map(|it| it.to_string()).collect(), is_limited: self.is_limited }
    }

    /// The one project, for a command that can only have one.
    pub(super) fn only(self) -> Result<Input, Failure> {
        let roots: Vec<PathBuf> = self.all.iter().filter_map(|it| it.root.clone()).collect();
        let mut all = self.all.into_iter();
        match (all.next(), all.next()) {
            (Some(one), None) => Ok(one),
            _ => {
                let roots = roots.iter().map(|it| it.display().to_string()).collect::<Vec<_>>();
                let hint = format!("name one of them: {}", roots.join(", "));
                Err(Failure::new("images of several repositories cannot be built together", hint))
            }
        }
    }
}

/// The Dockerfiles at these paths of one project that are different from something.
fn changed(paths: &[PathBuf], base: Base<'_>) -> anyhow::Result<Vec<PathBuf>> {
    let real = |it: &PathBuf| it.canonicalize().with_context(|| it.display().to_string());
    let paths = paths.iter().map(real).collect::<anyhow::Result<Vec<PathBuf>>>()?;
    let Some(root) = paths.first().and_then(|it| git::top(it)) else {
        let hint = "run it in a repository, or without --since, --changed and --staged";
        return Err(Failure::new("git does not keep these files", hint).into());
    };
    let changed = commit::changed(
        root,
        match base {
            Base::Commit(commit) => Some(commit),
            Base::Index => None,
        },
    )?;
    let changed = changed.iter().map(|it| root.join(it)).filter(|it| {
        let name = it.file_name().and_then(|it| it.to_str()).unwrap_or_default();
        is_dockerfile(name) && it.is_file() && paths.iter().any(|path| it.starts_with(path))
    });
    Ok(changed.collect())
}

impl From<Input> for Inputs {
    fn from(input: Input) -> Self {
        Self { all: vec![input], folders: vec![RepoPath::root()], is_limited: false }
    }
}
