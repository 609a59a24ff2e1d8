//! Problems of who builds and starts images: equal builds, services without policies, cleanups that delete data.

use super::{
    Figure, kinds,
    problems::{Finder, Fix},
};
use crate::{
    callers::{
        self, Build, Caller,
        service::{Decided, Service},
    },
    project::{File, Project},
    text::{Place, RepoPath, count::listed},
};

impl Finder<'_, '_> {
    /// Builds that only repeat another one of the same file.
    pub(super) fn repeated_builds(&mut self) -> Figure {
        let after = repeated(self.audited.plan.after());
        let after = after.iter().filter(|it| self.is_selected(&it.1[0].dockerfile));
        let after = after.map(|it| it.1.len() - 1).sum();
        let before = repeated(&self.audited.plan.before).into_iter();
        let before: Vec<_> = before.filter(|it| self.is_selected(&it.1[0].dockerfile)).collect();
        let count = before.iter().map(|it| it.1.len() - 1).sum();
        for (file, builds) in before {
            let first = builds[0];
            let names: Vec<String> = builds.iter().map(|it| name(file, it)).collect();
            let names: Vec<&str> = names.iter().map(String::as_str).collect();
            let detail =
                format!("{} build {} alike", listed(&names), self.audited.path(&first.dockerfile));
            let place = self.audited.place(&first.place);
            self.add(kinds::REPEATED_BUILD, place, detail, &Fix::Nothing);
        }
        Figure::of(count, after)
    }

    /// Services of compose files for production without restart policies or limits.
    pub(super) fn services(&mut self) {
        let project = &self.audited.plan.before;
        for file in project.files().filter(|it| is_for_production(&it.path)) {
            let services = &file.callers().services;
            let services = services.iter().filter(|it| !it.is_run && it.completes.is_none());
            let services: Vec<&Service> = services.collect();
            for (code, what) in
                [(kinds::NO_RESTART, Decided::Restart), (kinds::NO_LIMITS, Decided::Limits)]
            {
                let without = services.iter().copied().filter(|it| !it.decided.contains(&what));
                let without: Vec<&Service> = without.collect();
                let Some(first) = without.first() else { continue };
                let names: Vec<&str> = without.iter().map(|it| it.name.as_str()).collect();
                let place = self.audited.place(&first.place(&file.path));
                self.add(code, place, listed(&names), &Fix::Nothing);
            }
        }
    }

    /// Commands of CI and scripts that delete volumes.
    pub(super) fn cleanups(&mut self) {
        let project = &self.audited.plan.before;
        for file in project.files().filter(|it| callers::is_caller(&it.path)) {
            for (at, line) in file.text.lines().enumerate() {
                let is_comment = line.trim_start().starts_with('#');
                if !is_comment && line.contains(" prune") && line.contains("--volumes") {
                    let place = self.audited.place(&Place::line(&file.path, at + 1));
                    self.add(kinds::PRUNED, place, line.trim().to_owned(), &Fix::Nothing);
                }
            }
        }
    }
}

/// The builds of each file that are alike, where there are several.
fn repeated(project: &Project) -> Vec<(&File, Vec<&Build>)> {
    let mut found = Vec::new();
    for file in project.files() {
        let mut groups: Vec<Vec<&Build>> = Vec::new();
        for build in &file.callers().builds {
            match groups.iter_mut().find(|it| it[0].is_like(build)) {
                Some(group) => group.push(build),
                None => groups.push(vec![build]),
            }
        }
        let several = groups.into_iter().filter(|it| 1 < it.len());
        found.extend(several.map(|it| (&**file, it)));
    }
    found
}

/// The compose service that makes a build, or the line of the build.
fn name(file: &File, build: &Build) -> String {
    let services = file.callers().services.iter();
    let own = services.filter(|it| it.line <= build.place.line && build.caller == Caller::Compose);
    let own = own.max_by_key(|it| it.line);
    own.map_or_else(|| format!("line {}", build.place.line), |it| it.name.clone())
}

/// The parts of names of compose files that are for something else than production.
const VARIANTS: [&str; 9] =
    ["ci", "debug", "dev", "development", "e2e", "local", "override", "test", "testing"];

/// Whether a compose file may be what production is started with, by its name.
fn is_for_production(path: &RepoPath) -> bool {
    let mut words = path.file_name().split(['.', '-', '_']);
    callers::Kind::of(path) == Some(callers::Kind::Compose)
        && !words.any(|it| VARIANTS.contains(&it))
}
