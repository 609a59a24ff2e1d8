//! Builds, services and containers of a whole project, gathered once.

use std::{
    collections::BTreeMap,
    sync::{Arc, OnceLock},
};

use super::{
    Build, Builder, Callers, Kind, Sync, builders,
    containers::{Executions, Named, executions},
    copied_out::{CopiedOut, copied_out},
    deployments::Deployments,
    read, read_only,
    service::Service,
    users::{self, Services, builds_by_name},
};
use crate::{
    project::{File, Problem, Project, Unread},
    text::{Place, RepoPath},
};

#[derive(Default)]
struct Index {
    /// In order, for the first build of a name counts.
    builds: BTreeMap<RepoPath, Vec<Build>>,
    services: Services,
    unbuilt: Vec<(RepoPath, Arc<Service>)>,
    deployments: Deployments,
    executions: Executions,
    unread: Vec<Unread>,
    /// The files that tools copy into running containers.
    syncs: Vec<Sync>,
    /// Builds that no file makes itself: those that guides tell people to make, and those of platforms.
    told: BTreeMap<RepoPath, Vec<(Builder, Place)>>,
}

/// What [`File::editable_callers`] are, once they were asked for.
struct Editable(Callers);

impl Project {
    /// The builds that name this Dockerfile: from compose, bake, CI, Makefiles and scripts.
    pub fn builds(&self, dockerfile: &RepoPath) -> &[Build] {
        self.index().builds.get(dockerfile).map_or(&[], Vec::as_slice)
    }

    /// Who builds this Dockerfile besides [`builds`](Self::builds): the builders that guides and platforms have.
    pub(super) fn told_builders(&self, dockerfile: &RepoPath) -> &[(Builder, Place)] {
        self.index().told.get(dockerfile).map_or(&[], Vec::as_slice)
    }

    /// What tools copy into running containers.
    pub(super) fn syncs(&self) -> &[Sync] {
        &self.index().syncs
    }

    /// The compose services that run what this Dockerfile builds, each with its file: those that build it, those of
    /// other files that complete or extend them, and those whose image is the name that a build gives.
    pub fn services(&self, dockerfile: &RepoPath) -> &[(RepoPath, Arc<Service>)] {
        self.index().services.get(dockerfile).map_or(&[], Vec::as_slice)
    }

    /// The compose services whose image nothing in the project builds and is not well known, each with its file.
    pub(super) fn unbuilt_services(&self) -> &[(RepoPath, Arc<Service>)] {
        &self.index().unbuilt
    }

    /// The deployments of the project.
    pub(super) fn all_deployments(&self) -> &Deployments {
        &self.index().deployments
    }

    /// What CI, Makefiles, scripts and guides run in containers.
    pub(super) fn all_executions(&self) -> &Executions {
        &self.index().executions
    }

    /// A file that may say who builds or starts images of this Dockerfile, and of which nobody knows what it
    /// says: not UTF-8, too large, a link out of the project, broken, a template. As long as there is one,
    /// it is not known that nobody does something.
    ///
    /// What CI, Makefiles and scripts do may concern any Dockerfile; other files concern those below their
    /// folder, and all others if their text leads up.
    pub fn unread_caller(&self, dockerfile: &RepoPath) -> Option<&Unread> {
        self.index().unread.iter().find(|it| {
            let folder = it.path.parent().unwrap_or(RepoPath::root());
            let text = self.file(it.path.as_str()).map(|it| &it.text);
            let is_local = matches!(
                Kind::of(&it.path),
                Some(Kind::Compose | Kind::BakeHcl | Kind::BakeJson | Kind::Skaffold)
            );
            let stays = text.is_some_and(|it| is_local && !it.contains(".."));
            !stays || dockerfile.strip_prefix(&folder).is_some()
        })
    }

    /// What the project copies out of images and containers.
    pub fn copied_out(&self) -> &[CopiedOut] {
        let all: &Vec<CopiedOut> = self.whole().get(|| {
            let named = builds_by_name(self.index().builds.values().flatten());
            copied_out(self, &Named::new(self, &named))
        });
        all
    }

    /// The index of the whole project, built once.
    fn index(&self) -> &Index {
        let once: &OnceLock<Index> = self.surroundings().get(OnceLock::new);
        once.get_or_init(|| {
            let mut index = Index::default();
            for build in self.files().flat_map(|it| it.callers().builds.iter()) {
                index.builds.entry(build.dockerfile.clone()).or_default().push(build.clone());
            }
            let broken = self.files().filter_map(|it| it.callers().unread.clone());
            index.unread = self.unread().iter().cloned().chain(broken).collect();
            index.told = builders::told(self);
            index.syncs = self.files().flat_map(|it| &it.callers().syncs).cloned().collect();
            let named = builds_by_name(index.builds.values().flatten());
            index.executions = executions(self, &named);
            (index.services, index.unbuilt) = users::services(self, &named);
            index.deployments = Deployments::new(self);
            index
        })
    }

    /// The compose files, workflows and the like that could not be read. They are read on first use.
    pub fn caller_problems(&self) -> impl Iterator<Item = &Problem> {
        self.files().flat_map(|it| &it.callers().problems)
    }
}

impl File {
    /// Whom it builds: empty unless it is a compose file, a workflow, a script or the like; read once.
    pub fn callers(&self) -> &Callers {
        self.memo.get(|| {
            let mut callers = read_only(&self.path, &self.text);
            callers.locate(|line| self.line(line));
            callers
        })
    }

    /// Whom it builds, with the places to edit; read once.
    pub(super) fn editable_callers(&self) -> &Callers {
        let Editable(callers) = self.memo.get(|| {
            let mut callers = read(&self.path, &self.text);
            callers.locate(|line| self.line(line));
            Editable(callers)
        });
        callers
    }
}
