//! Steps that only download what the install after them needs.

use super::{Effect, Run, allowed::Allowed, compare::same_surroundings, judge::Judge};
use crate::{
    ecosystems,
    engine::effects::{How, downloads},
    shell::{self, Invocation, Script},
};

/// Whether an effect is a step that a change adds to download, for the install that `next` begins with.
///
/// The change names the script; that it does nothing but download, with the manager of that install and in the
/// same surroundings, is read from the script itself.
pub(super) fn fetches(
    step: &Effect<'_>,
    next: &Effect<'_>,
    allowed: &Allowed<'_>,
    judge: &Judge<'_>,
) -> bool {
    let (Effect::Run(step), Effect::Run(install)) = (step, next) else { return false };
    let declared = |run: &Run<'_>| {
        let own = run.pieces(&[]);
        own.is_some() && allowed.fetches.contains(&*own)
    };
    if allowed.fetches.is_empty()
        || !declared(step)
        || declared(install)
        || !same_surroundings(step, install, allowed)
    {
        return false;
    }
    let (Some(calls), Some(installs)) = (step.calls(), install.calls()) else { return false };
    let works = |it: &&Invocation| it.program != "cd";
    let (Some(first), mut own) = (installs.iter().find(works), calls.iter().filter(works)) else {
        return false;
    };
    let effects = judge.effects(step);
    let only =
        |it: &How| !matches!(it, How::Changes | How::Writes | How::Removes { .. } | How::Folder);
    own.next().is_some()
        && calls.iter().filter(works).all(|it| it.program == first.program && downloads(it))
        && effects.anything.is_none()
        && effects.touches.iter().all(|it| only(&it.how))
        && folders(&calls) == folders(&installs)
}

/// Where the `cd`s before the first other call of a script lead.
fn folders(calls: &[Invocation]) -> Vec<Option<&str>> {
    let leading = calls.iter().take_while(|it| it.program == "cd");
    leading.map(|it| it.texts().next()).collect()
}

impl Run<'_> {
    /// The calls of its script, in order; `None` when it cannot be read.
    pub(super) fn calls(&self) -> Option<Vec<Invocation>> {
        let script = Script::at(self.dockerfile, self.item).ok()?;
        let call = |it: &shell::Command| {
            if it.words.is_empty() {
                return Some(Invocation { program: ":".to_owned(), ..Invocation::default() });
            }
            ecosystems::invocation_of(it, |it| it.value.clone())
        };
        script.commands().iter().map(call).collect()
    }
}
