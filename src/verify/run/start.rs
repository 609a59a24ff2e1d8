//! What is to be started of an image: its own command, or what compose services make of it.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use super::values::{Variables, words};
use crate::{
    callers::service::{Given, Service, Volume},
    project::Project,
    text::{ImagePath, RepoPath},
    verify::{
        builder::Launch,
        config::Config,
        images::{ImageBuild, containers::services},
    },
};

/// The most files, and bytes, of what is mounted to copy into a container.
const MOST_FILES: usize = 20_000;
const MOST_BYTES: u64 = 500 << 20;
/// Files that containers are given so that clocks are right: of no matter here.
const CLOCKS: [&str; 2] = ["/etc/localtime", "/etc/timezone"];

/// A container to start, as one side of an image has it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Planned {
    /// The container, without its image.
    pub(super) launch: Launch,
    /// What is copied into it.
    pub(super) binds: Vec<Bind>,
    /// What is mounted to be read only.
    pub(super) read_only: Vec<ImagePath>,
    /// What it would have to be given besides, in order: other services, files, variables.
    pub(super) needs: Vec<String>,
    /// Why it cannot be started here.
    pub(super) refused: Option<String>,
}

/// A file or folder of the project that is mounted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Bind {
    /// Its path on this machine.
    pub(super) from: PathBuf,
    /// Its path in the container.
    pub(super) target: ImagePath,
}

/// A compose service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Named {
    /// The files that say how it is started, the later ones more.
    pub(super) files: Vec<RepoPath>,
    /// Its name.
    pub(super) name: String,
}

/// A service as its files have it together.
struct Whole {
    /// The files, the later ones say more.
    files: Vec<RepoPath>,
    /// The one that people start it with.
    path: RepoPath,
    service: Service,
}

/// One way in which an image is started.
#[derive(Clone, Debug)]
pub(super) struct Start {
    /// Who starts it, for people: `web in compose.yaml`; empty for its own command.
    pub(super) by: String,
    /// The compose service, if it is one.
    pub(super) service: Option<Named>,
    /// How it is started before.
    pub(super) before: Planned,
    /// How it is started after.
    pub(super) after: Planned,
}

/// The ways in which a build's image is started: by compose services, or else its own.
pub(super) fn starts(
    root: &Path,
    [before, after]: [(&Project, &ImageBuild); 2],
    configs: [&Config; 2],
) -> Vec<Start> {
    let old = runs(before.0, before.1);
    if old.is_empty() {
        let own = |it: &Config| Planned { refused: nothing_to_run(it, None), ..Planned::default() };
        let [before, after] = configs.map(own);
        return vec![Start { by: String::new(), service: None, before, after }];
    }
    let new = runs(after.0, after.1);
    let mut starts: Vec<Start> = Vec::new();
    for Whole { files, path, service } in &old {
        let now = new.iter().find(|it| it.files == *files && it.service.name == service.name);
        let planned = |project, service, config| Planned::of(root, project, files, service, config);
        let before = planned(before.0, service, configs[0]);
        let after = planned(after.0, now.map_or(service, |it| &it.service), configs[1]);
        if starts.iter().any(|it| it.before == before && it.after == after) {
            continue;
        }
        let by = format!("{} in {path}", service.name);
        let service = Some(Named { files: files.clone(), name: service.name.clone() });
        starts.push(Start { by, service, before, after });
    }
    starts
}

/// The services that run an image, each as `docker compose -f` has it: one that completes another comes with what it
/// completes.
fn runs(project: &Project, build: &ImageBuild) -> Vec<Whole> {
    let all: Vec<&(RepoPath, Arc<Service>)> = services(project, &build.origin).collect();
    let is_whole = |it: &Service| it.dockerfile.is_some() || it.image.is_some();
    let (whole, parts): (Vec<_>, Vec<_>) = all.into_iter().partition(|it| is_whole(&it.1));
    let completes = |part: &(RepoPath, Arc<Service>), base: &(RepoPath, Arc<Service>)| {
        part.0.parent() == base.0.parent() && part.1.name == base.1.name
    };
    let mut runs = Vec::new();
    for base in &whole {
        let part = parts.iter().find(|it| is_override(&it.0, &base.0) && completes(it, base));
        runs.push(Whole::new(base, part.copied()));
    }
    for part in parts {
        let base = whole.iter().find(|it| completes(part, it));
        if let Some(base) = base.filter(|it| !is_override(&part.0, &it.0)) {
            runs.push(Whole::new(base, Some(part)));
        }
    }
    runs
}

impl Whole {
    fn new(base: &(RepoPath, Arc<Service>), part: Option<&(RepoPath, Arc<Service>)>) -> Self {
        let service = part.map_or_else(|| (*base.1).clone(), |it| over(&it.1, &base.1));
        let files = [Some(base), part].into_iter().flatten().map(|it| it.0.clone()).collect();
        // What compose reads by itself nobody names.
        let named = part.filter(|it| !is_override(&it.0, &base.0)).unwrap_or(base);
        Self { files, path: named.0.clone(), service }
    }
}

/// Returns true if compose reads a file together with another by itself: `compose.override.yaml`.
fn is_override(path: &RepoPath, base: &RepoPath) -> bool {
    let stem = |it: &RepoPath| it.file_name().rsplit_once('.').map(|it| it.0.to_owned());
    stem(base).is_some_and(|it| stem(path) == Some(format!("{it}.override")))
}

/// A service with what another file says of it.
/// <https://docs.docker.com/reference/compose-file/merge/>
fn over(part: &Service, base: &Service) -> Service {
    let mut service = base.clone();
    let latest = |it: &Option<String>, base: &Option<String>| it.clone().or_else(|| base.clone());
    service.user = latest(&part.user, &base.user);
    service.workdir = latest(&part.workdir, &base.workdir);
    service.command = part.command.clone().or_else(|| base.command.clone());
    service.entrypoint = part.entrypoint.clone().or_else(|| base.entrypoint.clone());
    service.volumes.retain(|it| part.volumes.iter().all(|new| new.target != it.target));
    service.volumes.extend(part.volumes.iter().cloned());
    service.environment.extend(part.environment.iter().cloned());
    service.privileges.extend(&part.privileges);
    service.brought.extend(&part.brought);
    service.host_network |= part.host_network;
    for (from, to) in [
        (&part.needs, &mut service.needs),
        (&part.tmpfs, &mut service.tmpfs),
        (&part.env_files, &mut service.env_files),
    ] {
        to.extend(from.iter().cloned());
    }
    service
}

/// Why there is nothing to start.
fn nothing_to_run(config: &Config, cmd: Option<&Vec<String>>) -> Option<String> {
    let has = |it: &Option<Vec<String>>| it.as_ref().is_some_and(|it| !it.is_empty());
    let is_there = has(&config.entrypoint) || has(&config.cmd) || cmd.is_some();
    (!is_there).then(|| "it has no command".to_owned())
}

impl Planned {
    fn of(
        root: &Path,
        project: &Project,
        files: &[RepoPath],
        service: &Service,
        config: &Config,
    ) -> Self {
        // All lie in one folder.
        let folder = files.first().and_then(RepoPath::parent).unwrap_or(RepoPath::root());
        let folder = root.join(folder.as_str());
        let beside = fs::read_to_string(folder.join(".env")).unwrap_or_default();
        let mut variables = Variables::new(&beside);
        let mut planned = Self::default();
        let mut line = |it: &Given| match it {
            Given::Line(it) => words(&variables.expand(it)),
            Given::Words(all) => all.iter().map(|it| variables.expand(it)).collect(),
        };
        let launch = &mut planned.launch;
        launch.entrypoint = service.entrypoint.as_ref().map(&mut line);
        launch.cmd = service.command.as_ref().map(&mut line);
        launch.user = service.user.as_ref().map(|it| variables.expand(it));
        launch.workdir = service.workdir.as_ref().map(|it| variables.expand(it));
        for (name, value) in &service.environment {
            let value = variables.expand(value);
            launch.environment.insert(name.clone(), value);
        }
        launch.tmpfs = service.tmpfs.iter().filter_map(|it| ImagePath::new(it)).collect();
        planned.refused =
            service.privileges.first().map(|it| format!("it is started with `{it}`")).or_else(
                || service.host_network.then(|| "it shares the host's network".to_owned()),
            );
        for volume in &service.volumes {
            planned.mount(volume, &folder, root, &mut variables);
        }
        let known = files.iter().filter_map(|it| project.file(it.as_str()));
        let neighbours = known.flat_map(|it| &it.callers().services);
        let neighbours: BTreeSet<&str> =
            neighbours.map(|it| it.name.as_str()).filter(|it| *it != service.name).collect();
        let environment = config.env.iter().chain(&planned.launch.environment);
        let named = environment.flat_map(|(name, value)| hosts(name, value));
        let named: BTreeSet<&str> = named.filter(|it| neighbours.contains(it)).collect();
        let others = service.needs.iter().map(String::as_str).chain(named.iter().copied());
        let mut needs: Vec<String> = Vec::new();
        for it in others.chain(service.brought.iter().copied()) {
            if !needs.iter().any(|known| known == it) {
                needs.push(it.to_owned());
            }
        }
        needs.extend(service.env_files.iter().cloned());
        needs.extend(variables.missing());
        planned.needs = needs;
        if planned.refused.is_none() {
            planned.refused = nothing_to_run(
                config,
                planned.launch.cmd.as_ref().or(planned.launch.entrypoint.as_ref()),
            );
        }
        planned
    }

    /// What a volume becomes: a new volume, filled with a copy of what it has on this machine.
    fn mount(&mut self, volume: &Volume, folder: &Path, root: &Path, variables: &mut Variables) {
        let source = volume.source.as_ref().map(|it| variables.expand(it));
        let Some(target) = ImagePath::new(&variables.expand(&volume.target)) else { return };
        let is_bind = source.as_ref().is_some_and(|it| {
            it.starts_with(['.', '/', '~']) || (volume.is_bind() && it.contains('/'))
        });
        let Some(source) = source.filter(|_| is_bind) else {
            self.launch.volumes.push(target);
            return;
        };
        if CLOCKS.contains(&source.as_str()) {
            return;
        }
        let from = folder.join(source.trim_start_matches("./"));
        // What is not there, engines make as an empty folder; what leads out of the project is not copied.
        let is_inside = !source.starts_with('~') && is_below(&from, root);
        if !is_inside {
            self.refused.get_or_insert(format!("it mounts {source}, which is not in the project"));
            return;
        }
        if volume.read_only {
            self.read_only.push(target.clone());
        }
        if !from.exists() {
            self.launch.volumes.push(target);
            return;
        }
        if !is_small(&from) {
            self.refused.get_or_insert(format!("it mounts {source}, which is too large to copy"));
            return;
        }
        if from.is_dir() {
            self.launch.volumes.push(target.clone());
        }
        self.binds.push(Bind { from, target });
    }
}

/// The hosts that a variable names: in URLs and lists of `host:port`, and alone where its name says that it is one.
fn hosts<'a>(name: &str, value: &'a str) -> impl Iterator<Item = &'a str> {
    let is_host = ["HOST", "SERVER", "ADDR"].iter().any(|it| name.to_uppercase().contains(it));
    value.split([',', ' ', ';']).filter_map(move |part| {
        let (scheme, rest) = part.split_once("://").map_or((None, part), |it| (Some(it.0), it.1));
        let rest = rest.split(['/', '?']).next()?;
        let rest = rest.rsplit('@').next()?;
        let (host, port) = rest.split_once(':').map_or((rest, None), |it| (it.0, Some(it.1)));
        let has_port = port.is_some_and(|it| it.parse::<u16>().is_ok());
        (scheme.is_some() || has_port || is_host).then_some(host)
    })
}

/// Returns true if a path, links followed, lies in a folder.
pub(super) fn is_below(path: &Path, folder: &Path) -> bool {
    let Ok(folder) = folder.canonicalize() else { return false };
    // The nearest that is there tells.
    let there = path.ancestors().find_map(|it| it.canonicalize().ok());
    there.is_some_and(|it| it.starts_with(&folder))
}

/// Returns true if a file or folder is small enough to be copied.
pub(super) fn is_small(path: &Path) -> bool {
    let (mut files, mut bytes) = (0, 0);
    let mut open = vec![path.to_owned()];
    while let Some(path) = open.pop() {
        let Ok(about) = fs::symlink_metadata(&path) else { continue };
        files += 1;
        bytes += if about.is_file() { about.len() } else { 0 };
        if MOST_FILES < files || MOST_BYTES < bytes {
            return false;
        }
        if about.is_dir() {
            open.extend(fs::read_dir(&path).into_iter().flatten().flatten().map(|it| it.path()));
        }
    }
    true
}
