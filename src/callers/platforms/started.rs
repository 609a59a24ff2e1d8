//! Which processes of a project's platforms are of which image.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use super::{
    super::{
        deployments::{Deployment, top},
        pods::{self, Claims, Container, Map, Maps, Setting},
    },
    Format, Service, read,
};
use crate::{
    project::{File, Project, Unread},
    text::RepoPath,
    yaml,
};

/// A process that a platform starts from the image of a Dockerfile.
#[derive(Clone, Copy, Debug)]
pub struct Deployed<'a> {
    /// The file that says so.
    pub file: &'a RepoPath,
    /// What it says.
    pub service: &'a Service,
    /// True if it names the Dockerfile, or an image of its name; otherwise its image may be another.
    pub is_sure: bool,
}

/// The processes of a project that platforms start.
#[derive(Default)]
pub(in crate::callers) struct Processes {
    all: Vec<(RepoPath, Service)>,
    by_file: HashMap<RepoPath, Vec<usize>>,
    by_dockerfile: HashMap<RepoPath, Vec<usize>>,
    /// Containers that have an image in another manifest of the same application, whose files are in one folder of the
    /// project, by that folder and their names.
    partial: HashMap<(String, String), Vec<usize>>,
    /// The files that cannot be read.
    unread: HashMap<RepoPath, Unread>,
}

/// The maps of Kubernetes that a project defines, by their names, each with its file.
type Known<'a> = HashMap<&'a str, Vec<(&'a File, &'a Map)>>;

impl Processes {
    pub(in crate::callers) fn new(project: &Project) -> Self {
        let mut maps = Known::new();
        for file in project.files().filter(|it| pods::defines_maps(&it.text)) {
            for it in &Maps::of(file).0 {
                maps.entry(it.name.as_str()).or_default().push((file, it));
            }
        }
        let mut found = Self::default();
        for deployment in project.all_deployments().iter() {
            let Some(file) = project.file(deployment.path.as_str()) else { continue };
            let services = match Format::of(&file.path, &file.text) {
                Some(format) => {
                    let Read(read) = file.memo.get(|| Read(read(file, format)));
                    let mut services = match read {
                        Ok(it) => it.clone(),
                        Err(it) => {
                            found.unread.insert(file.path.clone(), it.clone());
                            continue;
                        }
                    };
                    let is_file = |it: &RepoPath| project.tree().is_file(it);
                    services.retain_mut(|it| {
                        let is_known = it.dockerfile.as_ref().is_none_or(is_file);
                        // What is beside the file of Fly may be built from the root.
                        let may_be = format == Format::Fly;
                        it.dockerfile = it.dockerfile.take().filter(|_| is_known);
                        is_known || may_be
                    });
                    services
                }
                None => {
                    let chart = deployment.chart();
                    let values = values(project, &chart);
                    let containers = Claims::of(file, deployment.is_values()).containers();
                    containers.iter().map(|it| service(file, it, &chart, values, &maps)).collect()
                }
            };
            let is_patch = deployment.is_of_kubernetes() && !deployment.is_values();
            for it in services {
                if is_patch && it.image.is_none() {
                    let key = (top(&file.path).to_owned(), it.name.clone());
                    found.partial.entry(key).or_default().push(found.all.len());
                }
                found.add(&file.path, it);
            }
        }
        found
    }

    fn add(&mut self, file: &RepoPath, service: Service) {
        let at = self.all.len();
        self.by_file.entry(file.clone()).or_default().push(at);
        if let Some(it) = &service.dockerfile {
            self.by_dockerfile.entry(it.clone()).or_default().push(at);
        }
        self.all.push((file.clone(), service));
    }

    fn of_file(&self, file: &RepoPath) -> impl Iterator<Item = (usize, &Service)> {
        let numbers = self.by_file.get(file).into_iter().flatten();
        numbers.filter_map(|at| Some((*at, &self.all.get(*at)?.1)))
    }
}

/// What a file of a platform starts; read once.
struct Read(Result<Vec<Service>, Unread>);

/// A container of Kubernetes as a service, with the values that its environment gets from elsewhere.
fn service(
    file: &File,
    container: &Container,
    chart: &RepoPath,
    values: &[(String, String)],
    maps: &Known<'_>,
) -> Service {
    // The value that a chart's template puts there.
    let value = |text: &str| -> String {
        let mut text = text.to_owned();
        if text.contains("$<") {
            for (path, value) in values {
                text = text.replace(&format!("$<{path}>"), value);
            }
        }
        text
    };
    // The name of a map may be the same in several charts, and in several variants of one application.
    let named = |name: &str| -> Vec<&(String, String)> {
        let all = maps.get(name).into_iter().flatten();
        let all = all.filter(|it| !name.contains('$') || it.0.path.strip_prefix(chart).is_some());
        all.flat_map(|it| &it.1.entries).collect()
    };
    let mut environment: Vec<(String, String)> = Vec::new();
    for setting in &container.settings {
        match setting {
            Setting::Value(name, it) => environment.push((name.clone(), value(it))),
            Setting::Key { name, map, key } => {
                let said = named(map).into_iter().filter(|it| it.0 == *key);
                let said: Vec<String> = said.map(|it| value(&it.1)).collect();
                if said.is_empty() {
                    environment.push((name.clone(), format!("${{{name}}}")));
                }
                environment.extend(said.into_iter().map(|it| (name.clone(), it)));
            }
            Setting::All { map, prefix } => {
                let said = named(map).into_iter();
                environment.extend(said.map(|it| (format!("{prefix}{}", it.0), value(&it.1))));
            }
        }
    }
    let mut seen = HashSet::new();
    environment.retain(|it| seen.insert(it.clone()));
    Service {
        name: container.name.clone(),
        line: file.line(container.line).line,
        image: container.image.as_deref().map(value),
        is_run: true,
        ports: container.ports.iter().filter_map(|it| value(it).parse().ok()).collect(),
        environment,
        ..Service::default()
    }
}

/// The values in a file of a chart, by the expressions that templates name them with; read once.
struct ChartValues(Vec<(String, String)>);

impl ChartValues {
    fn read(text: &str) -> Self {
        let reading = yaml::read_only(text).unwrap_or_default();
        let mut found = Vec::new();
        for root in &reading.documents {
            for leaf in yaml::second::leaves(root) {
                let keys: Option<Vec<String>> = leaf.path.into_iter().map(|it| it.0).collect();
                found.extend(keys.map(|it| (format!(".Values.{}", it.join(".")), leaf.value)));
            }
        }
        Self(found)
    }
}

/// The file with the values of a chart.
pub(in crate::callers) fn values_file<'p>(
    project: &'p Project,
    chart: &RepoPath,
) -> Option<&'p Arc<File>> {
    project.file(chart.join("values.yaml")?.as_str())
}

/// The values of a chart, by the expressions that templates name them with.
pub(in crate::callers) fn values<'p>(
    project: &'p Project,
    chart: &RepoPath,
) -> &'p [(String, String)] {
    let Some(file) = values_file(project, chart) else { return &[] };
    &file.memo.get(|| ChartValues::read(&file.text)).0
}

impl Project {
    /// The processes that platforms start from the image of a Dockerfile, as far as one can tell: Kubernetes, ECS, Fly
    /// and the like. What they say in the words of compose is told in the same way.
    pub fn deployed(&self, dockerfile: &RepoPath) -> Vec<Deployed<'_>> {
        let names = self.names_for_pods(dockerfile);
        let processes = self.processes();
        let mut found: Vec<(usize, bool)> = Vec::new();
        let named = processes.by_dockerfile.get(dockerfile).into_iter().flatten();
        found.extend(named.map(|it| (*it, true)));
        for (deployment, file) in self.deployments_of(dockerfile, names) {
            let all: Vec<(usize, &Service)> = processes.of_file(&file.path).collect();
            let images: Vec<String> = all.iter().filter_map(|it| it.1.image.clone()).collect();
            let images = self.without_others(&images, names);
            let is_about = pods::is_about(&images, names);
            for (at, service) in all {
                if service.dockerfile.is_some() {
                    continue;
                }
                let Some(image) = service.image.as_ref() else {
                    // What has no image is built by its platform, or is part of a chart with one.
                    let is_built = !deployment.is_of_kubernetes();
                    let is_part = deployment.is_values() && pods::likely(&images, names).len() < 2;
                    if is_built || is_part {
                        found.push((at, true));
                    }
                    continue;
                };
                if is_about(Some(image)) {
                    let is_sure = pods::is_named(image, names) || image.contains('$');
                    found.push((at, is_sure || deployment.is_of_kubernetes()));
                }
            }
        }
        // What another manifest says of the same container, as a patch of Kustomize does.
        let whole: Vec<&(RepoPath, Service)> =
            found.iter().filter_map(|it| processes.all.get(it.0)).collect();
        for (file, service) in whole.into_iter().filter(|it| !it.1.name.is_empty()) {
            let key = (top(file).to_owned(), service.name.clone());
            let patches = processes.partial.get(&key).into_iter().flatten();
            found.extend(patches.map(|it| (*it, true)));
        }
        let mut seen = BTreeSet::new();
        found.retain(|it| seen.insert(it.0));
        let deployed = found.into_iter().filter_map(|(at, is_sure)| {
            let (file, service) = processes.all.get(at)?;
            Some(Deployed { file, service, is_sure })
        });
        deployed.collect()
    }

    /// A file by which a platform may start the image of a Dockerfile, and which cannot be read.
    pub fn unread_deployment(&self, dockerfile: &RepoPath) -> Option<&Unread> {
        let all = self.deployments_of(dockerfile, self.names_for_pods(dockerfile)).into_iter();
        all.into_iter().find_map(|it| self.processes().unread.get(&it.1.path))
    }

    fn processes(&self) -> &Processes {
        let once: &OnceLock<Processes> = self.surroundings().get(OnceLock::new);
        once.get_or_init(|| Processes::new(self))
    }
}

impl Deployment {
    fn is_of_kubernetes(&self) -> bool {
        self.reader == super::Reader::Kubernetes
    }
}
