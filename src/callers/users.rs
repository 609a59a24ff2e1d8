//! Who runs an image: the services that build it and those that name its tag, with what they take from other
//! files.

use std::{
    collections::{BTreeMap, HashMap, HashSet},
    sync::Arc,
};

use super::{Build, published::is_candidate, service::Service};
use crate::{
    ecosystems::programs::settings::{Value, variables},
    project::Project,
    text::RepoPath,
};

/// The services of a Dockerfile, each with its file.
pub(super) type Services = HashMap<RepoPath, Vec<(RepoPath, Arc<Service>)>>;

/// The name of an image without registry, namespace, tag and digest, in lower case and with dashes only, so
/// that `registry.example.org/Team/web_app:1` and `web-app` are one; `None` if it depends on a variable.
pub fn image_name(image: &str) -> Option<String> {
    let image = image.trim().trim_matches(['"', '\'']);
    let last = image.split('@').next()?.rsplit('/').next()?;
    let name = last.split(':').next()?;
    let is_name = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_' | '.');
    (!name.is_empty() && name.chars().all(is_name))
        .then(|| name.to_lowercase().replace(['_', '.'], "-"))
}

/// The builds that give their image a name, by that name.
pub(super) fn builds_by_name<'a>(
    builds: impl Iterator<Item = &'a Build>,
) -> BTreeMap<String, Vec<Build>> {
    let mut named: BTreeMap<String, Vec<Build>> = BTreeMap::new();
    for build in builds {
        for name in &build.tags {
            named.entry(name.clone()).or_default().push(build.clone());
        }
    }
    named
}

/// The services of a project by the Dockerfile whose image they run.
///
/// A service runs an image if it builds it, if it completes a service of another file in the same folder, as
/// `docker-compose.prod.yml` does, if it extends one, or if its `image` is the name that a build gives. Besides them,
/// the services whose image may be the project's own, though nothing builds it.
pub(super) fn services(
    project: &Project,
    named: &BTreeMap<String, Vec<Build>>,
) -> (Services, Vec<(RepoPath, Arc<Service>)>) {
    let all = project.files().flat_map(|file| {
        let services = &file.callers().services;
        services.iter().map(|it| (file.path.clone(), Arc::new(whole(project, &file.path, it, 0))))
    });
    let (built, others): (Vec<_>, Vec<_>) = all.partition(|it| it.1.dockerfile.is_some());
    let mut completing: HashMap<_, Vec<_>> = HashMap::new();
    for it in &others {
        completing.entry((it.0.parent(), it.1.name.as_str())).or_default().push(it);
    }
    let mut found = Services::new();
    for it in &built {
        let Some(dockerfile) = it.1.dockerfile.clone() else { continue };
        let into = found.entry(dockerfile.clone()).or_default();
        into.push(it.clone());
        for more in completing.get(&(it.0.parent(), it.1.name.as_str())).into_iter().flatten() {
            let is_other = more.1.completes.as_deref().is_some_and(|it| !is_end(&dockerfile, it));
            if more.0 != it.0 && !is_other && !into.iter().any(|it| it == *more) {
                into.push((more.0.clone(), with_target(&more.1, it.1.target.as_ref())));
            }
        }
    }
    let known: HashSet<_> = built.iter().map(|it| (it.0.parent(), it.1.name.as_str())).collect();
    let mut unbuilt = Vec::new();
    for (file, service) in &others {
        let name = service.image.as_deref().and_then(image_name);
        let builds = name.and_then(|it| named.get(&it)).map_or(&[][..], Vec::as_slice);
        let completes = known.contains(&(file.parent(), service.name.as_str()));
        if builds.is_empty() && !completes && is_candidate(service) {
            unbuilt.push((file.clone(), Arc::clone(service)));
        }
        for build in chosen(builds, file) {
            let into = found.entry(build.dockerfile.clone()).or_default();
            let known = |it: &(RepoPath, Arc<Service>)| it.0 == *file && it.1.name == service.name;
            if !into.iter().any(known) {
                into.push((file.clone(), with_target(service, build.target.as_ref())));
            }
        }
    }
    (found, unbuilt)
}

/// The service, whose image is this stage of a build.
fn with_target(service: &Arc<Service>, target: Option<&String>) -> Arc<Service> {
    match service.target.as_ref() == target {
        true => Arc::clone(service),
        false => Arc::new(Service { target: target.cloned(), ..(**service).clone() }),
    }
}

/// Whether a Dockerfile may be the one of this name in some context: `./ops/Dockerfile`.
fn is_end(dockerfile: &RepoPath, name: &str) -> bool {
    let name = name.trim_start_matches("./");
    let rest = dockerfile.as_str().strip_suffix(name);
    name.contains('$') || rest.is_some_and(|it| it.is_empty() || it.ends_with('/'))
}

/// The builds that a name means in this file: those of the file itself, else those of its folder, else all.
fn chosen<'a>(builds: &'a [Build], file: &RepoPath) -> Vec<&'a Build> {
    let here: Vec<_> = builds.iter().filter(|it| it.place.path == *file).collect();
    if !here.is_empty() {
        return here;
    }
    let beside = builds.iter().filter(|it| it.place.path.parent() == file.parent());
    let beside: Vec<_> = beside.collect();
    if beside.is_empty() { builds.iter().collect() } else { beside }
}

/// How many files deep `extends` is followed.
const DEPTH: usize = 8;

/// A service with what it takes from the service of another file that it extends, and with the variables of
/// those `env_file`s that the project has.
fn whole(project: &Project, file: &RepoPath, service: &Service, depth: usize) -> Service {
    let mut service = service.clone();
    let beside = |it: &str| file.parent().unwrap_or(RepoPath::root()).join(it);
    for path in std::mem::take(&mut service.env_files) {
        let file = beside(&path).and_then(|it| project.file(it.as_str()));
        let Some(file) = file else {
            service.env_files.push(path);
            continue;
        };
        for it in variables(&file.text) {
            let Value::Text(value) = it.value else { continue };
            if !service.environment.iter().any(|known| known.0 == it.key) {
                service.environment.push((it.key, value));
            }
        }
    }
    let Some((path, name)) = service.extends.take().filter(|_| depth < DEPTH) else {
        return service;
    };
    let base = beside(&path).and_then(|it| project.file(it.as_str()));
    let found = base.and_then(|base| {
        let found = base.callers().services.iter().find(|it| it.name == name)?;
        Some(whole(project, &base.path, found, depth + 1))
    });
    if let Some(base) = found {
        service.complete(base);
    }
    service
}

impl Service {
    /// Takes from another service what this one leaves open.
    fn complete(&mut self, base: Self) {
        if self.dockerfile.is_none() && self.image.is_none() {
            (self.dockerfile, self.target) = (base.dockerfile, base.target);
        }
        self.image = self.image.take().or(base.image);
        self.user = self.user.take().or(base.user);
        self.workdir = self.workdir.take().or(base.workdir);
        self.command = self.command.take().or(base.command);
        self.entrypoint = self.entrypoint.take().or(base.entrypoint);
        self.healthcheck = self.healthcheck.take().or(base.healthcheck);
        self.hooks.extend(base.hooks);
        self.host_network |= base.host_network;
        self.decided.extend(base.decided);
        self.privileges.extend(base.privileges);
        self.ports.extend(base.ports);
        self.brought.extend(base.brought);
        self.secrets.extend(base.secrets);
        self.container = self.container.take().or(base.container);
        self.needs.extend(base.needs);
        self.tmpfs.extend(base.tmpfs);
        self.synced.extend(base.synced);
        self.watched.extend(base.watched);
        let targets: Vec<_> = self.volumes.iter().map(|it| it.target.clone()).collect();
        self.volumes.extend(base.volumes.into_iter().filter(|it| !targets.contains(&it.target)));
        let names: Vec<_> = self.environment.iter().map(|it| it.0.clone()).collect();
        self.environment.extend(base.environment.into_iter().filter(|it| !names.contains(&it.0)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn images_have_one_name() {
        let rows = [
            ("registry.example.org:5000/team/Web_App:1.2", Some("web-app")),
            ("web@sha256:abc", Some("web")),
            ("${REGISTRY:-a/b}/web:${TAG}", Some("web")),
            ("$IMAGE", None),
            ("\"{{ .Values.image }}\"", None),
        ];
        for (image, name) in rows {
            assert_eq!(image_name(image).as_deref(), name, "{image}");
        }
    }

    /// The services that run a Dockerfile, as `file name`, with their commands, volumes and variables.
    fn seen(files: &[(&str, &str)], dockerfile: &str) -> Vec<String> {
        let files = files.iter().map(|(path, it)| (RepoPath::new(path).unwrap(), (*it).to_owned()));
        let project = Project::new(files.chain([
            (RepoPath::new("Dockerfile").unwrap(), "FROM a\n".to_owned()),
            (RepoPath::new("api/Dockerfile").unwrap(), "FROM a\n".to_owned()),
        ]));
        let all = project.services(&RepoPath::new(dockerfile).unwrap()).iter();
        all.map(|(file, it)| {
            let targets: Vec<_> = it.volumes.iter().map(|it| it.target.as_str()).collect();
            format!("{file} {} {:?} {:?} {:?}", it.name, it.user, targets, it.environment)
        })
        .collect()
    }

    #[test]
    fn services_are_found_by_tag_by_extension_and_with_their_variables() {
        let compose = "services:\n  web:\n    build: .\n    image: me/shop:1\n  job:\n    image: me/shop:2\n    \
                       user: '5'\n  db:\n    image: postgres\n";
        let other = "services:\n  cron:\n    image: shop\n    env_file: [a.env]\n  api:\n    extends:\n      \
                     file: base.yml\n      service: api\n    volumes: [x:/x]\n";
        let base = "services:\n  api:\n    build: api\n    user: '7'\n    volumes: [y:/y]\n";
        let files = [
            ("compose.yml", compose),
            ("ops/compose.yml", other),
            ("ops/base.yml", "services: {}\n"),
            ("ops/a.env", "# c\nexport A='b'\n"),
        ];
        assert_eq!(
            seen(&files, "Dockerfile"),
            [
                "compose.yml web None [] []",
                "compose.yml job Some(\"5\") [] []",
                "ops/compose.yml cron None [] [(\"A\", \"b\")]",
            ]
        );
        let named = "services:\n  web:\n    build: .\n  job:\n    image: ${COMPOSE_PROJECT_NAME}-web\n  db:\n    \
                     image: ${COMPOSE_PROJECT_NAME}-job\n";
        let expected = ["compose.yml web None [] []", "compose.yml job None [] []"];
        assert_eq!(seen(&[("compose.yml", named)], "Dockerfile"), expected);
        let files = [("compose.yml", other), ("base.yml", base)];
        assert_eq!(
            seen(&files, "api/Dockerfile"),
            [
                "base.yml api Some(\"7\") [\"/y\"] []",
                "compose.yml api Some(\"7\") [\"/x\", \"/y\"] []",
            ]
        );
    }
}
