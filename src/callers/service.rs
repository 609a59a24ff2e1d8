//! Compose's settings for running a service: user, privileges, ports, volumes, environment and command.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

pub use super::decisions::Decided;
use super::{
    decisions,
    traced::Traced,
    words::{UNKNOWN, Values},
};
use crate::{
    text::{Place, RepoPath, words},
    yaml::{Entry, Node},
};

/// A service of a compose file, as far as it tells how its container runs; or a process that a platform starts from
/// an image, which is told in the same words.
///
/// Values are as written: of compose's variables, only the defaults are known.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Service {
    /// Its name.
    pub name: String,
    /// The Dockerfile it builds; `None` where it builds none, or completes a service of another file.
    pub dockerfile: Option<RepoPath>,
    /// True if `docker run` or a platform starts it, or a compose file that a guide shows: there is no compose file to
    /// start it with.
    pub is_run: bool,
    /// The Dockerfile that it names, if another file says in which context.
    pub completes: Option<String>,
    /// The stage it builds, when it names one.
    pub target: Option<String>,
    /// The image it names.
    pub image: Option<String>,
    /// Its line.
    pub line: usize,
    /// The user that it is told to run as.
    pub user: Option<String>,
    /// The directory that it is told to start in.
    pub workdir: Option<String>,
    /// The keys that give it more than a container has: `privileged`, `cap_add`, `devices`.
    pub privileges: Vec<&'static str>,
    /// True if it shares the host's network.
    pub host_network: bool,
    /// The keys that bring it files from elsewhere: `secrets`, `configs`.
    pub brought: Vec<&'static str>,
    /// The names of the secrets that it gets.
    pub secrets: Vec<String>,
    /// The name of its container, if it is given one.
    pub container: Option<String>,
    /// The services of the file that it names as started before it, or whose names, network or volumes it shares:
    /// `depends_on`, `links`, `network_mode: service:…`, `volumes_from`.
    pub needs: Vec<String>,
    /// The folders that are in memory and empty at the start.
    pub tmpfs: Vec<String>,
    /// The ports inside the container that are published.
    pub ports: Vec<u16>,
    /// The folders in the container that `develop.watch` copies changed files into.
    pub synced: Vec<String>,
    /// The files and folders of the project that they are copied from.
    pub watched: Vec<RepoPath>,
    /// The files of variables, seen from the file's folder. In a service that [`Project::services`] gives, only
    /// those that the project does not have: the variables of the others are in `environment`.
    ///
    /// [`Project::services`]: crate::project::Project::services
    pub env_files: Vec<String>,
    /// The file of another service that it extends, seen from the file's folder, and the service's name.
    pub extends: Option<(String, String)>,
    /// What its owner has decided of how it runs.
    pub decided: Vec<Decided>,
    /// The mounts.
    pub volumes: Vec<Volume>,
    /// The variables that are set, with their values.
    pub environment: Vec<(String, String)>,
    /// The command that replaces CMD.
    pub command: Option<Given>,
    /// The command that replaces ENTRYPOINT.
    pub entrypoint: Option<Given>,
    /// The test of its health check, `CMD`, `CMD-SHELL` or `NONE` at the front of words.
    pub healthcheck: Option<Given>,
    /// The commands that compose runs in the container after its start and before its end, as the container's user: docs.docker.com,
    /// "Using lifecycle hooks with Compose".
    pub hooks: Vec<Given>,
}

/// A command of a compose file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Given {
    /// A line, which compose splits as a shell would.
    Line(String),
    /// Words.
    Words(Vec<String>),
}

/// Who owns what is mounted, when it is new.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Owner {
    /// As Docker has it: a volume gets the owner of what the image has there, a folder of the host keeps its own.
    #[default]
    Docker,
    /// Root, whatever the image has there: a disk of a platform.
    Root,
    /// Nobody says it: a share of files, a plugin.
    Unknown,
}

/// A mount of a service.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Volume {
    /// A volume's name or a path of the host; `None` for a volume without a name.
    pub source: Option<String>,
    /// The path in the container, as written.
    pub target: String,
    /// True if the service can only read it.
    pub read_only: bool,
    /// Who owns it when it is new.
    pub owner: Owner,
    /// Where it is written.
    pub place: Place,
}

impl Given {
    /// Reads one; `None` if nothing is written.
    pub fn read(node: &Node) -> Option<Self> {
        match node.as_str() {
            Some("") => None,
            Some(it) => Some(Self::Line(it.to_owned())),
            None => {
                let words = node.items().iter().filter_map(|it| it.as_str()).map(str::to_owned);
                Some(Self::Words(words.collect()))
            }
        }
    }

    /// What it says, as one line.
    pub fn text(&self) -> String {
        match self {
            Self::Line(it) => it.clone(),
            Self::Words(it) => it.join(" "),
        }
    }
}

/// The words of commands that only wait: `while sleep 1000; do :; done`, `tail -f /dev/null`.
const WAITING: &[&str] = &[
    "-F", "-c", "-f", "bash", "do", "done", "exec", "inf", "infinity", "null", "sh", "sleep",
    "tail", "true", "while",
];

impl Service {
    /// Reads one of the services of a file, with what it takes from those that it extends.
    pub(super) fn read(path: &RepoPath, service: &Entry, services: &Arc<Node>) -> Self {
        let nodes = lineage(services, &service.value, 0);
        let find = |key: &str| nodes.iter().find_map(|it| it.get(key));
        let text = |key: &str| find(key).and_then(|it| it.as_str()).filter(|it| !it.is_empty());
        let set = |key: &str| {
            find(key).is_some_and(|it| {
                !it.items().is_empty() || it.as_str().is_some_and(|it| it == "true")
            })
        };
        let keys = ["privileged", "cap_add", "devices"];
        let all = |key: &str| nodes.iter().filter_map(|it| it.get(key)).cloned().collect();
        let every: fn(Vec<Arc<Node>>) -> Vec<Arc<Node>> =
            |nodes| nodes.iter().flat_map(|it| it.items().to_vec()).collect();
        let environment: Vec<Arc<Node>> = all("environment");
        let folder = path.parent().unwrap_or(RepoPath::root());
        let beside = |it: String| folder.join(&it);
        Self {
            name: service.key.clone(),
            line: service.line,
            image: text("image").map(with_defaults),
            user: text("user").map(str::to_owned),
            workdir: text("working_dir").map(with_defaults),
            privileges: keys.into_iter().filter(|it| set(it)).collect(),
            host_network: text("network_mode") == Some("host"),
            brought: ["secrets", "configs"].into_iter().filter(|it| set(it)).collect(),
            secrets: every(all("secrets")).iter().filter_map(secret).collect(),
            container: text("container_name").map(str::to_owned),
            needs: needs(&nodes),
            tmpfs: nodes.iter().flat_map(tmpfs).collect(),
            ports: every(all("ports")).iter().filter_map(port).collect(),
            volumes: every(all("volumes")).iter().filter_map(|it| volume(path, it)).collect(),
            decided: decisions::made(&nodes),
            environment: environment.iter().flat_map(variables).collect(),
            command: find("command").and_then(|it| Given::read(it)),
            entrypoint: find("entrypoint").and_then(|it| Given::read(it)),
            healthcheck: find("healthcheck").and_then(|it| Given::read(it.get("test")?)),
            hooks: [all("post_start"), all("pre_stop")]
                .into_iter()
                .flat_map(every)
                .filter(|it| it.get("user").is_none())
                .filter_map(|it| Given::read(it.get("command")?))
                .collect(),
            synced: nodes.iter().flat_map(|it| synced(it, "target")).collect(),
            watched: nodes.iter().flat_map(|it| synced(it, "path")).filter_map(beside).collect(),
            env_files: all("env_file").iter().flat_map(files).collect(),
            extends: nodes.iter().find_map(|it| {
                let extends = it.get("extends")?;
                Some((extends.text("file")?.to_owned(), extends.text("service")?.to_owned()))
            }),
            ..Self::default()
        }
    }

    /// The place.
    pub fn place(&self, path: &RepoPath) -> Place {
        Place::line(path, self.line)
    }

    /// Whether it only keeps its container there, for what people run in it.
    pub fn keeps_waiting(&self) -> bool {
        self.command.as_ref().is_some_and(|it| {
            let said = it.text();
            let words: Vec<&str> = words(&said).collect();
            let is_idle = |it: &&str| {
                WAITING.contains(&it.rsplit('/').next().unwrap_or_default())
                    || it.parse::<u32>().is_ok()
            };
            words.iter().any(|it| ["sleep", "tail"].contains(it)) && words.iter().all(is_idle)
        })
    }
}

impl Volume {
    /// Reads a mount as it is written in one word: `data:/data`, `./src:/app:ro`, `/cache`.
    pub(super) fn of_text(text: &str, place: Place) -> Option<Self> {
        // A colon inside `${…}` separates nothing.
        let mut parts: Vec<String> = vec![String::new()];
        let mut depth = 0_u32;
        for it in text.chars() {
            match it {
                '{' => depth += 1,
                '}' => depth = depth.saturating_sub(1),
                ':' if depth == 0 => {
                    parts.push(String::new());
                    continue;
                }
                _ => {}
            }
            if let Some(last) = parts.last_mut() {
                last.push(it);
            }
        }
        let mut parts = parts.into_iter();
        let first = parts.next()?;
        let Some(target) = parts.next() else {
            return Some(Self {
                source: None,
                target: with_defaults(&first),
                read_only: false,
                owner: Owner::Docker,
                place,
            });
        };
        let target = with_defaults(&target);
        let options = parts.next().unwrap_or_default();
        let read_only = options.split(',').any(|it| it == "ro");
        Some(Self { source: Some(first), target, read_only, owner: Owner::Docker, place })
    }

    /// Returns true if it is a folder or a file of the host.
    pub fn is_bind(&self) -> bool {
        let host = |it: &str| {
            it.starts_with(['.', '/', '~', '$']) || it.contains('/') || is_placeholder(it)
        };
        self.source.as_deref().is_some_and(host)
    }

    /// Returns true if a container can have it: the path in it is absolute, and stands for no other path. What is
    /// mounted from the host has an owner there in any case.
    ///
    /// <https://docs.docker.com/engine/storage/volumes/#options-for---volume>
    pub(super) fn is_possible(&self) -> bool {
        let target = self.target.as_str();
        self.is_bind() || target.starts_with(['/', '$']) && !target.starts_with("/path/")
    }
}

/// Whether a guide writes this in the place of a path of the reader's own: `<folder>`, `YOUR_DATA_DIR`.
fn is_placeholder(text: &str) -> bool {
    let is_capital = |it: char| it.is_ascii_uppercase() || it == '_';
    let words = ["DIR", "FOLDER", "PATH", "YOUR"];
    text.starts_with('<')
        || text.chars().all(is_capital) && text.split('_').any(|it| words.contains(&it))
}

/// A key (`path`, `target`) of each `sync` and `sync+restart` in `develop.watch`; what is rebuilt is not copied.
///
/// <https://docs.docker.com/compose/how-tos/file-watch/>: `USER` must be able to write to the targets, and nothing that
/// `.dockerignore` excludes is copied.
fn synced(service: &Arc<Node>, key: &str) -> Vec<String> {
    let watched = service.get("develop").and_then(|it| it.get("watch"));
    let rules = watched.map(|it| it.items()).unwrap_or_default().iter();
    let rules = rules.filter(|it| it.text("action").is_some_and(|it| it.starts_with("sync")));
    rules.filter_map(|it| it.text(key)).map(str::to_owned).collect()
}

/// The name of a secret, which may be part of a mapping.
fn secret(node: &Arc<Node>) -> Option<String> {
    node.as_str().or_else(|| node.text("source")).map(str::to_owned)
}

/// The services that one needs beside it.
fn needs(nodes: &[Arc<Node>]) -> Vec<String> {
    let mut found = Vec::new();
    for node in nodes {
        for key in ["depends_on", "links", "volumes_from"] {
            let Some(value) = node.get(key) else { continue };
            let listed = value.items().iter().filter_map(|it| it.as_str());
            let named = listed.chain(value.entries().iter().map(|it| it.key.as_str()));
            // `db:alias`, `data:ro`
            let names = named.map(|it| it.split(':').next().unwrap_or(it).to_owned());
            found.extend(names.filter(|it| it != "container"));
        }
        let shared = node.text("network_mode").and_then(|it| it.strip_prefix("service:"));
        found.extend(shared.map(str::to_owned));
    }
    let mut seen = HashSet::new();
    found.retain(|it| seen.insert(it.clone()));
    found
}

/// The targets of `tmpfs`, without their options, and of volumes of that type.
fn tmpfs(service: &Arc<Node>) -> Vec<String> {
    let own = service.get("tmpfs");
    let one = own.and_then(|it| it.as_str()).into_iter();
    let all = own.map(|it| it.items()).unwrap_or_default().iter().filter_map(|it| it.as_str());
    let own = one.chain(all).map(|it| it.split(':').next().unwrap_or(it));
    let volumes = service.get("volumes").map(|it| it.items()).unwrap_or_default().iter();
    let volumes = volumes.filter(|it| it.text("type") == Some("tmpfs"));
    let volumes = volumes.filter_map(|it| it.text("target"));
    own.filter(|it| !it.is_empty()).chain(volumes).map(with_defaults).collect()
}

/// The paths of `env_file`: one, a list, or a list of mappings; without those that may be missing.
fn files(node: &Arc<Node>) -> Vec<String> {
    let one = node.as_str().into_iter();
    let wanted = node.items().iter().filter(|it| it.text("required") != Some("false"));
    let all = wanted.filter_map(|it| it.as_str().or_else(|| it.text("path")));
    one.chain(all).filter(|it| !it.is_empty()).map(str::to_owned).collect()
}

/// A value with the defaults of its variables: `${DATA-/data}` is `/data`. A variable without one stays.
fn with_defaults(text: &str) -> String {
    let variables = HashMap::new();
    let values = Values { variables: &variables, folder: "", current: None };
    let value = values.interpolate(&Traced::untraced(text)).text();
    if value.contains(UNKNOWN) { text.to_owned() } else { value }
}

/// A service, followed by those of the same file that it extends.
fn lineage(services: &Arc<Node>, service: &Arc<Node>, depth: usize) -> Vec<Arc<Node>> {
    let mut found = vec![Arc::clone(service)];
    let parent = service.get("extends").filter(|_| depth < 16);
    let parent = parent.and_then(|it| match it.as_str() {
        Some(name) => services.get(name),
        None if it.get("file").is_some() => None,
        None => services.get(it.text("service")?),
    });
    found.extend(parent.map(|it| lineage(services, it, depth + 1)).unwrap_or_default());
    found
}

/// The port in the container of `"8080:80"`, `127.0.0.1:80:80/tcp`, `80` and `target: 80`.
fn port(node: &Arc<Node>) -> Option<u16> {
    let text = node.as_str().or_else(|| node.text("target"))?;
    let text = text.split('/').next()?.rsplit(':').next()?;
    text.split('-').next()?.parse().ok()
}

fn volume(path: &RepoPath, node: &Arc<Node>) -> Option<Volume> {
    let place = Place::line(path, node.line);
    let Some(text) = node.as_str() else {
        if node.text("type") == Some("tmpfs") {
            return None;
        }
        return Some(Volume {
            source: node.text("source").or_else(|| node.text("src")).map(str::to_owned),
            target: with_defaults(node.text("target")?),
            read_only: node.text("read_only") == Some("true"),
            owner: Owner::Docker,
            place,
        });
    };
    Volume::of_text(text, place)
}

fn variables(node: &Arc<Node>) -> Vec<(String, String)> {
    let mapped = node.entries().iter().map(|it| {
        let value = it.value.as_str().unwrap_or_default();
        (it.key.clone(), with_defaults(value))
    });
    let listed = node.items().iter().filter_map(|it| it.as_str()?.split_once('='));
    mapped.chain(listed.map(|(name, value)| (name.to_owned(), with_defaults(value)))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::yaml;

    fn service(text: &str) -> Service {
        let indented = text.lines().map(|it| format!("    {it}\n")).collect::<String>();
        let root = yaml::read(&format!("services:\n  a:\n{indented}")).unwrap().remove(0);
        let services = root.get("services").unwrap();
        Service::read(&RepoPath::new("compose.yml").unwrap(), &services.entries()[0], services)
    }

    #[test]
    fn a_service_tells_how_it_runs() {
        let it = service(
            "user: '7'\nprivileged: true\ncap_add: [NET_ADMIN]\ndevices: []\nnetwork_mode: host\n\
             ports:\n  - 8080:80\n  - '127.0.0.1:1:53/udp'\n  - target: 443\n  - 9000\n\
             environment:\n  - A=${A:-1}\n  - B\ncommand: a b\nentrypoint: [c, d]\n\
             healthcheck:\n  test: [CMD, e]\n",
        );
        assert_eq!(it.user.as_deref(), Some("7"));
        assert_eq!(it.privileges, ["privileged", "cap_add"]);
        assert!(it.host_network);
        assert_eq!(it.ports, [80, 53, 443, 9000]);
        assert_eq!(it.environment, [("A".to_owned(), "1".to_owned())]);
        assert_eq!(it.command, Some(Given::Line("a b".to_owned())));
        let words = |it: [&str; 2]| Some(Given::Words(it.map(str::to_owned).to_vec()));
        assert_eq!((it.entrypoint, it.healthcheck), (words(["c", "d"]), words(["CMD", "e"])));
    }

    #[test]
    fn a_service_tells_what_it_needs_beside_it() {
        let it = service(
            "depends_on:\n  db:\n    condition: service_healthy\nlinks: ['db:sql', cache]\n\
             volumes_from: ['data:ro', 'container:other']\nnetwork_mode: service:vpn\n\
             secrets: [key]\nconfigs: []\ntmpfs: /run:size=1m\n\
             volumes:\n  - {type: tmpfs, target: /scratch}\n\
             env_file: [.env, {path: local.env, required: false}, {path: more.env}]\n",
        );
        assert_eq!(it.needs, ["db", "cache", "data", "vpn"]);
        assert_eq!((it.brought, it.secrets), (vec!["secrets"], vec!["key".to_owned()]));
        assert_eq!(it.tmpfs, ["/run", "/scratch"]);
        assert_eq!(it.env_files, [".env", "more.env"]);
    }

    #[test]
    fn volumes_have_a_source_and_a_target() {
        let it = service(
            "volumes:\n  - data:/data\n  - ./src:/app:ro\n  - /cache\n  - ${D:-./d}:${T-/d}\n  \
             - {type: bind, source: ../x, target: /x, read_only: true}\n  - {type: tmpfs, target: /t}\n",
        );
        let one = |it: &Volume| {
            let kind = if it.is_bind() { "bind" } else { "volume" };
            format!("{} {kind} {:?} {} {}", it.place.line, it.source, it.target, it.read_only)
        };
        let all: Vec<_> = it.volumes.iter().map(one).collect();
        assert_eq!(
            all,
            [
                "4 volume Some(\"data\") /data false",
                "5 bind Some(\"./src\") /app true",
                "6 volume None /cache false",
                "7 bind Some(\"${D:-./d}\") /d false",
                "8 bind Some(\"../x\") /x true",
            ]
        );
    }
}
