//! The projects of a command: a repository each, and what lies in none.

use std::path::{Path, PathBuf};

use rayon::prelude::*;

use super::{
    args::{Run, Scope},
    failure::Failure,
    input::Input,
};
use crate::{
    engine::{plan::Plan, transaction::Transaction},
    load,
    report::Report,
    text::RepoPath,
};

/// The input of a command, by project.
pub(super) struct Inputs {
    /// One per project.
    pub(super) all: Vec<Input>,
    /// The folder of each as seen from the one that all lie in.
    folders: Vec<RepoPath>,
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
        queue.reverse();
        while let Some(paths) = queue.pop() {
            let input = Input::of_scope(scope, &paths, None)?;
            let root = input.root.clone().unwrap_or_default();
            let nested = input.nested.iter().rev().map(|it| vec![root.join(it.as_str())]);
            queue.extend(nested);
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
        Ok(Self { all, folders })
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

    /// The plans, in order.
    pub(super) fn plans(&self) -> Vec<Plan> {
        self.all.par_iter().map(|it| it.plan_without(&[])).collect()
    }

    /// The report of their plans.
    pub(super) fn report(&self, plans: &[Plan]) -> Report {
        let all = self.all.iter().zip(&self.folders).zip(plans);
        Report::join(all.map(|((input, folder), plan)| input.report(folder, plan)))
    }

    /// The text of a file on disk, by its path in a report.
    pub(super) fn text_of(&self, path: &str) -> Option<&str> {
        let path = RepoPath::new(path)?;
        let found = self
            .all
            .iter()
            .zip(&self.folders)
            .find_map(|(input, folder)| input.project.file(path.strip_prefix(folder)?));
        found.map(|it| &*it.text)
    }

    /// The files and folders that the arguments name.
    pub(super) fn named(&self) -> Vec<String> {
        let all = self.all.iter().zip(&self.folders);
        let paths = all.flat_map(|(input, folder)| {
            input.selection().paths().iter().filter_map(|it| folder.join(it.as_str()))
        });
        paths.map(|it| it.to_string()).collect()
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

impl From<Input> for Inputs {
    fn from(input: Input) -> Self {
        Self { all: vec![input], folders: vec![RepoPath::root()] }
    }
}
