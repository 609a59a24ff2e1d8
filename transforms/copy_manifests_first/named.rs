//! Installs of packages that the command line names: they read nothing of the project.

use super::{Deferral, Kept, texts::words};
use crate::{
    dockerfile::stage::Stage,
    ecosystems,
    project::{
        Project,
        change::{Alteration, Change, Safety},
    },
    run::{Run, Site, independence::Role, parts::Texts},
    shell::Invocation,
    text::Refusal,
};

/// Moves the COPYs of source before a RUN that installs packages by their names behind it.
pub(super) fn reorder(
    project: &Project,
    site: &Site<'_>,
    stage: &Stage<'_>,
    item: usize,
) -> Result<Option<Change>, Refusal> {
    let Some(run) = site.run(stage, item).ok().filter(installs_by_name) else { return Ok(None) };
    let Some(mut deferral) = Deferral::before(project, site, stage, item)? else { return Ok(None) };
    let roles = deferral.roles(project, &run);
    let is_apart = |it: &Role| matches!(it, Role::Independent | Role::Shell);
    if !roles.iter().all(is_apart) || deferral.mounts_source(project, &run) {
        return Ok(None);
    }
    let kept = Kept::new();
    deferral.clear(project, &run, &|_| false, true)?;
    deferral.folders(project, &run, &kept, roles.len())?;
    deferral.gains(project, &run)?;
    let texts = Texts::default();
    let edits = deferral.edits(&run, &kept, &texts);
    let (title, reason) = words(&kept, &texts);
    let change = site.change(item, Safety::Safe, title, reason, edits);
    Ok(Some(Change { alters: vec![Alteration::Order], ..change }))
}

/// Whether a RUN installs packages that it names, and none from manifests.
fn installs_by_name(run: &Run<'_>) -> bool {
    let names = |call: &Invocation| {
        let grammar = ecosystems::manager(call).map(|it| &it.grammar);
        grammar.is_some_and(|it| {
            it.is_apart(call) && it.naming_verb(call).is_some() && !it.names_nothing(call)
        })
    };
    run.calls().iter().any(|it| names(&it.call)) && run.installs(&|_| None).next().is_none()
}
