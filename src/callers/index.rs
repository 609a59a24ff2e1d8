//! Builds, services and containers of a whole project, gathered once.

use std::collections::HashMap;

use super::{
    Build, Callers,
    containers::{Execution, executions},
    is_manifest_of_pods, read,
    service::Service,
};
use crate::{
    project::{File, Problem, Project},
    text::RepoPath,
};

#[derive(Default)]
struct Index {
    builds: HashMap<RepoPath, Vec<Build>>,
    services: HashMap<RepoPath, Vec<(RepoPath, Service)>>,
    pods: Vec<RepoPath>,
    executions: Vec<Execution>,
}

impl Project {
    /// The builds that name this Dockerfile: from compose, bake, CI, Makefiles and scripts.
    pub fn builds(&self, dockerfile: &RepoPath) -> &[Build] {
        self.index().builds.get(dockerfile).map_or(&[], Vec::as_slice)
    }

    /// The compose services that run what this Dockerfile builds, each with its file; also those of other
    /// files in the same folder that complete such a service.
    pub fn services(&self, dockerfile: &RepoPath) -> &[(RepoPath, Service)] {
        self.index().services.get(dockerfile).map_or(&[], Vec::as_slice)
    }

    /// The Kubernetes manifests and Helm charts of the project.
    pub fn pods(&self) -> &[RepoPath] {
        &self.index().pods
    }

    /// The containers that CI, Makefiles and scripts run.
    pub fn executions(&self) -> &[Execution] {
        &self.index().executions
    }

    /// The index of the whole project, built once.
    fn index(&self) -> &Index {
        self.surroundings().get(|| {
            let mut index = Index::default();
            for build in self.files().flat_map(|it| it.callers().builds.iter()) {
                index.builds.entry(build.dockerfile.clone()).or_default().push(build.clone());
            }
            index.executions = executions(self);
            index.services = self.services_by_dockerfile();
            let manifests = self.files().filter(|it| is_manifest_of_pods(it));
            let charts = self.tree().files().filter(|it| it.file_name() == "Chart.yaml");
            index.pods = manifests.map(|it| it.path.clone()).chain(charts.cloned()).collect();
            index
        })
    }

    fn services_by_dockerfile(&self) -> HashMap<RepoPath, Vec<(RepoPath, Service)>> {
        let all = self.files().flat_map(|file| {
            file.callers().services.iter().map(|it| (file.path.clone(), it.clone()))
        });
        let (built, others): (Vec<_>, Vec<_>) = all.partition(|it| it.1.dockerfile.is_some());
        // `docker-compose.prod.yml` completes what `docker-compose.yml` builds.
        let mut completing: HashMap<_, Vec<_>> = HashMap::new();
        for it in &others {
            completing.entry((it.0.parent(), it.1.name.as_str())).or_default().push(it);
        }
        let mut found: HashMap<RepoPath, Vec<(RepoPath, Service)>> = HashMap::new();
        for it in &built {
            let Some(dockerfile) = it.1.dockerfile.clone() else { continue };
            let into = found.entry(dockerfile).or_default();
            into.push(it.clone());
            for more in completing.get(&(it.0.parent(), it.1.name.as_str())).into_iter().flatten() {
                if more.0 != it.0 && !into.iter().any(|it| it == *more) {
                    into.push((
                        more.0.clone(),
                        Service { target: it.1.target.clone(), ..more.1.clone() },
                    ));
                }
            }
        }
        found
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
            let mut callers = read(&self.path, &self.text);
            callers.locate(|line| self.line(line));
            callers
        })
    }
}
