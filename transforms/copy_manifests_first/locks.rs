//! Locks that an install may write anew, and that a COPY then puts back.

use super::{Deferral, Kept};
use crate::{
    dockerfile::{Keyword, instruction::Instruction, stage::Stage},
    ecosystems::{self, Install, Manager},
    run::Run,
    shell::Invocation,
    text::{ImagePath, Refusal, glob::Glob},
};

impl Deferral<'_> {
    /// The name of a lock that one of these installs, each with its command, may write anew, and that the COPY which
    /// comes later puts back.
    ///
    /// # Errors
    /// A decline's code and reason: a later command that reads the lock.
    pub(super) fn rewritten(
        &self,
        run: &Run<'_>,
        kept: &Kept,
        installs: &[(usize, &Install)],
    ) -> Result<Option<String>, Refusal> {
        let mut name = None;
        for (command, install) in installs {
            let comes_back = |it: &&ImagePath| kept.values().flatten().any(|kept| kept.1 == **it);
            let Some(lock) = install.rewrites.as_ref().filter(comes_back) else { continue };
            let site = run.call_of(*command);
            let manager = site.and_then(|it| ecosystems::manager(&it.call));
            let Some(manager) = manager else { continue };
            let file = lock.file_name();
            if let Some(reader) = self.reader_of(lock, run, *command, manager) {
                let reason = format!(
                    "the install may write {file} anew, and `{reader}` would read the project's own instead"
                );
                return Err(Refusal::new("rewritten-lock", reason));
            }
            name = Some(file.to_owned());
        }
        Ok(name)
    }

    /// A command after an install that reads the manager's lock: in this stage, in one built on it, or in one that
    /// copies the lock from there.
    fn reader_of(
        &self,
        lock: &ImagePath,
        run: &Run<'_>,
        command: usize,
        manager: &Manager,
    ) -> Option<String> {
        let reader = |run: &Run<'_>, from: usize| {
            let mut calls = run.calls().iter().filter(|it| from <= it.command);
            let found = calls.find(|it| reads_lock(manager, &it.call))?;
            Some(run.text(run.script.commands()[found.command].span.clone()).to_owned())
        };
        let own = reader(run, command + 1);
        own.or_else(|| {
            let stages = self
                .site
                .stages
                .iter()
                .filter(|it| it.is_built_on(self.stage.index) || self.takes_lock(it, lock));
            let runs = stages.flat_map(|stage| {
                let later = |it: &usize| stage.index != self.stage.index || run.item < *it;
                self.site.runs(stage, manager.programs).filter(later).map(move |it| (stage, it))
            });
            runs.filter_map(|(stage, it)| self.site.run(stage, it).ok())
                .find_map(|it| reader(&it, 0))
        })
    }

    /// Whether a stage copies the lock from the one of the install.
    fn takes_lock(&self, stage: &Stage<'_>, lock: &ImagePath) -> bool {
        stage.instructions().filter(|it| it.2.keyword == Keyword::Copy).any(|(item, _, it)| {
            let Some(copy) = Instruction::copy(it) else { return false };
            if self.other_stage(&copy, stage.index) != Some(self.stage.index) {
                return false;
            }
            let state = stage.state_before(item);
            let escape = self.site.dockerfile.escape;
            copy.sources.iter().any(|source| {
                let Some(path) = state.expand(&source.text, escape) else { return true };
                let path = ImagePath::root().join(&path);
                let matches =
                    || Glob::new(path.file_name()).is_ok_and(|it| it.matches(lock.file_name()));
                lock.is_within(&path) || (path.parent() == lock.parent() && matches())
            })
        })
    }
}

/// Whether a call of a manager reads its lock.
fn reads_lock(manager: &Manager, call: &Invocation) -> bool {
    let grammar = &manager.grammar;
    let is_own = ecosystems::manager(call).is_some_and(|it| it.name == manager.name);
    let reads = grammar.installs(call) || grammar.has(call, grammar.audits);
    is_own && reads && !grammar.is_apart(call)
}
