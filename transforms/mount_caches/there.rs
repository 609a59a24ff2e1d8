//! Whether the managers that a RUN calls are in the image: `if [ -f yarn.lock ]; then yarn; else npm ci; fi` is written
//! for any project.

use super::Use;
use crate::{
    dockerfile::stage::Stage,
    ecosystems::{self, Manager, images},
    run::{Run, Site, is_package},
};

/// Takes out the calls in branches whose manager is not there, where another one is.
pub(super) fn keep(uses: &mut Vec<Use<'_>>, site: &Site<'_>, stage: &Stage<'_>, run: &Run<'_>) {
    if uses.iter().any(|it| it.is_there(site, stage, run)) {
        uses.retain(|it| {
            let is_sure = run.script.commands()[it.site.command].runs_always();
            is_sure || it.is_there(site, stage, run)
        });
    }
}

impl Use<'_> {
    /// Whether the manager that is called may be in the image: all that an official image brings is known.
    fn is_there(&self, site: &Site<'_>, stage: &Stage<'_>, run: &Run<'_>) -> bool {
        let image = run.state.image.as_deref().map(images::named);
        let is_known = image.is_some_and(|it| it.is_official() && it.is_listed());
        let manager = ecosystems::manager(&self.site.call);
        // An install beside the call may be conditional as well.
        let installs = |manager: &Manager| {
            let mut words = run.calls().iter().flat_map(|it| it.call.texts());
            words.any(|it| is_package(manager, it))
        };
        let is_there = |it: &Manager| installs(it) || site.has_program(stage, run.item + 1, it);
        !is_known || manager.is_none_or(is_there)
    }
}
