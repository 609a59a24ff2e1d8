//! An installation of Poetry in its stage, and the stages that call it.

use super::{
    POETRY,
    installer::{self, Way},
};
use crate::{
    dockerfile::{Instruction, stage::Stage},
    project::Project,
    run::{CallSite, Run, Site},
    shell::Command,
};

/// A call that installs Poetry, in its RUN and stage.
pub(super) struct Installation<'a> {
    /// The project.
    pub project: &'a Project,
    /// The Dockerfile.
    pub site: &'a Site<'a>,
    /// The stage.
    pub stage: &'a Stage<'a>,
    /// The RUN.
    pub run: &'a Run<'a>,
    /// The call.
    pub call: &'a CallSite,
    /// The way in which it installs.
    pub way: Way,
}

impl<'a> Installation<'a> {
    /// The command of the call.
    pub(super) fn command(&self) -> &'a Command {
        &self.run.script.commands()[self.call.command]
    }

    /// The stages that use this Poetry: those built on its stage that do not install another one, and those
    /// that copy from one of these and have no other Poetry.
    pub(super) fn users(&self) -> Vec<&'a Stage<'a>> {
        let has_own = |it: &&Stage<'_>| it.index != self.stage.index && installs(self.site, it);
        let mut users: Vec<&Stage<'_>> =
            self.site.heirs(self.stage).filter(|it| !has_own(it)).collect();
        let names: Vec<String> = users.iter().flat_map(|it| names(it)).collect();
        let copies = |instruction: &Instruction| {
            let from = instruction.copy().and_then(|it| it.from.map(str::to_lowercase));
            from.is_some_and(|it| names.contains(&it))
        };
        for stage in &self.site.stages {
            let is_user = users.iter().any(|it| it.index == stage.index);
            if !is_user && stage.instructions().any(|it| copies(it.2)) {
                let lineage = stage.lineage(&self.site.stages);
                if !lineage.iter().any(|it| installs(self.site, it)) {
                    users.push(stage);
                }
            }
        }
        users
    }
}

/// The names by which `COPY --from` refers to a stage, in lower case.
fn names(stage: &Stage<'_>) -> impl Iterator<Item = String> {
    [Some(stage.index.to_string()), stage.name.map(str::to_lowercase)].into_iter().flatten()
}

/// Returns true if a stage installs Poetry.
fn installs(site: &Site<'_>, stage: &Stage<'_>) -> bool {
    let mut runs = site.runs(stage, POETRY.programs).filter_map(|it| site.run(stage, it).ok());
    runs.any(|run| run.calls().iter().any(|it| installer::read(&run, it).is_some()))
}
