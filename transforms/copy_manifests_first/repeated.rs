//! Installs that were made before the source is copied already, here or in a stage below.

use super::{Deferral, source};
use crate::{
    dockerfile::stage::Stage,
    ecosystems,
    run::{Run, Site, independence::Role},
};

/// The first COPY of a stage that seems to bring source.
fn source_at(site: &Site<'_>, stage: &Stage<'_>) -> Option<usize> {
    let ecosystems = site.ecosystems(stage);
    let mut instructions = stage.instructions();
    instructions.find(|it| source::seems_to_copy_source(ecosystems, it.2)).map(|it| it.0)
}

impl<'a> Deferral<'a> {
    /// Whether a RUN seems to repeat installs that stand before every COPY of source, judged without the
    /// context: the same managers in the same folders.
    pub fn seems_repeated(site: &Site<'_>, stage: &Stage<'_>, run: &Run<'_>) -> bool {
        let source = source_at(site, stage);
        let installs = |run: &Run<'_>| {
            let found = run.installs(&|_| None).map(|it| it.0);
            found.map(|it| (it.call.program.clone(), it.directory.clone())).collect::<Vec<_>>()
        };
        let words = ecosystems::programs();
        let first =
            site.runs(stage, &words).take_while(|it| source.is_some_and(|source| *it < source));
        let first: Vec<_> =
            first.filter_map(|it| site.run(stage, it).ok()).flat_map(|it| installs(&it)).collect();
        installs(run).iter().all(|it| first.contains(it))
    }

    /// Whether every install of a RUN was made before the COPYs already: by the same manager in the same
    /// folder, from the same manifests unless what is left here needs the source.
    pub fn repeats(&self, run: &Run<'_>, roles: &[Role]) -> bool {
        let words = ecosystems::programs();
        let earlier = self.site.runs(self.stage, &words).take_while(|it| *it < self.moved[0]);
        let earlier = earlier.filter_map(|it| self.site.run(self.stage, it).ok());
        let own = earlier.map(|it| (it, true));
        let below = self.installed_below().into_iter().map(|it| (it, false));
        let earlier: Vec<_> = own.chain(below).collect();
        let installed = earlier.iter().flat_map(|(run, is_own)| {
            run.installs(&|_| None).map(|(before, install)| (before, install, *is_own))
        });
        let installed: Vec<_> = installed.collect();
        let mut installs = roles.iter().enumerate().filter_map(|(index, it)| match it {
            Role::Install(install) => Some((run.call_of(index)?, install)),
            _ => None,
        });
        let mut any = false;
        let all = installs.all(|(site, install)| {
            any = true;
            installed.iter().any(|(before, earlier, is_own)| {
                let reads = || install.files().all(|it| earlier.files().any(|own| own == it));
                let fetched = || {
                    let manager = ecosystems::manager(&before.call);
                    manager.is_some_and(|it| it.grammar.has(&before.call, it.grammar.fetch))
                        && !install.makes.is_empty()
                        && earlier.makes == install.makes
                };
                before.call.program == site.call.program
                    && (reads()
                        || fetched()
                        || (*is_own
                            && install.source != ecosystems::Source::Nothing
                            && before.directory == site.directory))
            })
        });
        any && all
    }

    /// The RUNs of the stages that this one is built on, above their own COPYs of source.
    fn installed_below(&self) -> Vec<Run<'a>> {
        let words = ecosystems::programs();
        let mut found = Vec::new();
        let lineage = self.stage.lineage(&self.site.stages);
        for below in lineage.into_iter().filter(|it| it.index != self.stage.index) {
            let source = source_at(self.site, &below);
            let runs = self.site.runs(&below, &words);
            let runs = runs.take_while(|it| source.is_none_or(|source| *it < source));
            found.extend(runs.filter_map(|it| self.site.run(&below, it).ok()));
        }
        found
    }
}
