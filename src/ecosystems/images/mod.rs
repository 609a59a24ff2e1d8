//! What official and well-known images bring: users, a distribution and its release, interpreters, variables;
//! and which of them are services, or run functions of a cloud.
//!
//! The facts are in `images/table.tsv`, whose head says how to add a line. What a tag says is read in
//! `release` and `python`. Callers ask [`of`] and name no image themselves.

mod family;
mod frontend;
mod health;
mod node;
mod python;
mod release;
mod table;

use super::Setting;
use crate::dockerfile::{
    Dockerfile,
    image::ImageRef,
    stage::{self, Stage, Start},
};

pub use family::{Accounts, Family};
pub use frontend::{is_released_with_cache_mounts, knows_cache_mounts};
pub use health::{Check, health_check};
pub use python::PythonVersion;
pub(super) use release::CODENAMES;
pub use release::Release;
pub use table::Starts;
use table::{Facts, TABLE};

/// Folders that every image has.
pub const FOLDERS: [&str; 14] = [
    "/",
    "/etc",
    "/home",
    "/mnt",
    "/opt",
    "/root",
    "/srv",
    "/tmp",
    "/usr",
    "/usr/local",
    "/usr/src",
    "/var",
    "/var/lib",
    "/var/log",
];

/// The folders in which programs are looked for in a container unless it is told others: `DefaultPathEnv` in moby/moby.
pub const PROGRAMS: [&str; 6] =
    ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// The folders of the system that a program of any kind may read, wherever it runs: libraries, settings, tools
/// ("Filesystem Hierarchy Standard", version 3.0).
pub const READ_BY_ALL: &[&str] = &[
    "/bin",
    "/etc",
    "/lib",
    "/lib64",
    "/sbin",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/sbin",
    "/usr/share",
];

/// Registries, and owners on registries, of which nobody publishes images but the company or the project that they
/// belong to: learn.microsoft.com ("Microsoft Artifact Registry"), elastic.co/docs, docs.oracle.com, docs.nvidia.com/ngc,
/// kubernetes.io ("Image registry"), access.redhat.com, github.com/GoogleContainerTools/distroless.
const VENDORS: [&str; 12] = [
    "cgr.dev/chainguard/",
    "container-registry.oracle.com/",
    "docker.elastic.co/",
    "gcr.io/distroless/",
    "gcr.io/google-containers/",
    "k8s.gcr.io/",
    "mcr.microsoft.com/",
    "nvcr.io/nvidia/",
    "public.ecr.aws/docker/",
    "registry.access.redhat.com/",
    "registry.k8s.io/",
    "registry.redhat.io/",
];

/// Whether an image is from a registry where only a company publishes its own.
pub fn is_of_vendor(image: &str) -> bool {
    VENDORS.iter().any(|it| image.starts_with(it))
}

/// Owners on Docker Hub who publish software that many projects run beside their own, sorted: hub.docker.com/u/NAME.
const PUBLISHERS: [&str; 34] = [
    "alpine",
    "amazon",
    "apache",
    "bitnami",
    "bitnamilegacy",
    "cloudflare",
    "confluentinc",
    "curlimages",
    "debezium",
    "dpage",
    "envoyproxy",
    "fluent",
    "grafana",
    "hashicorp",
    "istio",
    "jaegertracing",
    "jlesage",
    "keel",
    "linuxserver",
    "localstack",
    "minio",
    "moby",
    "nginxinc",
    "openzipkin",
    "otel",
    "percona",
    "prom",
    "provectuslabs",
    "rancher",
    "rook",
    "temporalio",
    "traefik",
    "velero",
    "victoriametrics",
];

/// Whether an image on Docker Hub is of an owner who publishes software that many projects run.
pub fn is_of_publisher(image: &str) -> bool {
    let path = image.strip_prefix("docker.io/").unwrap_or(image);
    path.split_once('/').is_some_and(|it| PUBLISHERS.binary_search(&it.0).is_ok())
}

/// Whether a reference names an official image of Docker Hub, where images that are not of this machine are pulled from if
/// neither a registry nor an owner is named (kubernetes.io: "Images").
pub fn is_official(image: &str) -> bool {
    let path = image.strip_prefix("docker.io/").unwrap_or(image);
    let name = path.strip_prefix("library/").unwrap_or(path);
    !name.contains('/') && named(name).official.is_some()
}

/// What an image is for, if not for programs that other people put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// People work in it.
    Development,
    /// A bare distribution: its Python, if it has one, is the distribution's own.
    Distribution,
    /// A cloud starts functions in it, with an interpreter and a start-up program of its own.
    Functions,
    /// A service with users, folders and an entrypoint of its own.
    Service,
}

/// A user that an image brings for the programs that others put into it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Account {
    /// Its name; its group is called the same. `None` if the image has no shell that could look it up.
    pub name: Option<&'static str>,
    /// Its number.
    pub user: u32,
    /// The number of its group.
    pub group: u32,
    /// Its home directory.
    pub home: &'static str,
}

/// What is known of an image by its reference.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    image: ImageRef<'a>,
    /// The name of an official image, if it has one, under whatever mirror.
    official: Option<&'a str>,
    /// Whether a line of the table names it, apart from those of official images.
    is_listed: bool,
    facts: Facts,
}

/// The charts of Helm that others build on most, sorted: <https://github.com/bitnami/charts/tree/main/bitnami>.
const CHARTS: [&str; 21] = [
    "cassandra",
    "clickhouse",
    "elasticsearch",
    "etcd",
    "grafana",
    "influxdb",
    "kafka",
    "keycloak",
    "mariadb",
    "memcached",
    "minio",
    "mongodb",
    "mysql",
    "nats",
    "nginx",
    "opensearch",
    "postgresql",
    "prometheus",
    "rabbitmq",
    "redis",
    "zookeeper",
];

/// Whether a chart of this name, or of this name and more, brings a service of its own: `postgresql-ha`.
pub fn is_chart(name: &str) -> bool {
    CHARTS.binary_search(&name.split('-').next().unwrap_or(name)).is_ok()
}

/// The stages of a Dockerfile, in order, which start with what is known of their images.
pub fn stages(dockerfile: &Dockerfile) -> Vec<Stage<'_>> {
    stage::stages(dockerfile, start)
}

/// What processes start with in an image.
pub fn start(image: &ImageRef<'_>) -> Start {
    let known = of(image);
    Start { user: known.user(), workdir: known.workdir() }
}

/// Looks an image up by its reference, as FROM and COPY name it.
pub fn named(reference: &str) -> Known<'_> {
    of(&ImageRef::parse(reference))
}

/// Looks an image up.
pub fn of<'a>(image: &ImageRef<'a>) -> Known<'a> {
    let official = image.official();
    let tag = image.tag.unwrap_or("latest");
    let mut facts = Facts::default();
    if let Some(name) = official {
        TABLE.named(name, tag).for_each(|it| facts.complete(it));
    }
    let mut is_listed = false;
    if official.is_some() && is_trusted(image) {
        // Official images run as root unless a line says otherwise.
        facts.user = facts.user.or(Some(ROOT));
    } else {
        (facts.user, facts.workdir) = (None, None);
        for it in TABLE.others(image, tag) {
            is_listed = true;
            facts.complete(it);
        }
    }
    Known { image: *image, official, is_listed, facts }
}

/// Whether an official name can be relied on: a registry of one's own may hold anything under such a name,
/// unless it keeps the namespace of the official images.
fn is_trusted(image: &ImageRef<'_>) -> bool {
    let hub = image.registry.is_none_or(|it| it.ends_with("docker.io"));
    hub || image.repository.contains('/')
}

impl Known<'_> {
    /// Whether it is a line of the table, or a tag of one.
    pub fn is_listed(&self) -> bool {
        self.is_listed || self.official.is_some_and(|it| TABLE.has(it))
    }

    /// Whether it is one of Docker's official images, from whatever registry.
    pub fn is_official(&self) -> bool {
        self.official.is_some()
    }

    /// Whether it is `scratch`, which has no files at all.
    pub fn is_empty(&self) -> bool {
        self.official == Some("scratch")
    }

    /// Whether it is a web server, which reads the files that it serves and leaves them as they are.
    pub fn only_serves(&self) -> bool {
        let name = self.official.or_else(|| self.image.repository.rsplit('/').next());
        let name = name.and_then(|it| it.split('-').next());
        name.is_some_and(|it| ["caddy", "httpd", "nginx", "openresty", "traefik"].contains(&it))
    }

    /// The user that its processes start as: a name or numbers. `None` if that is not known.
    pub fn user(&self) -> Option<&'static str> {
        self.facts.user.filter(|it| *it != "?")
    }

    /// Whether its processes are known to start as root.
    pub fn starts_as_root(&self) -> bool {
        self.user() == Some(ROOT)
    }

    /// The directory that its processes start in; `None` if that is not known.
    pub fn workdir(&self) -> Option<&'static str> {
        match self.facts.workdir {
            Some(it) => Some(it).filter(|it| *it != "?"),
            None => self.starts_as_root().then_some("/"),
        }
    }

    /// The user that it brings for the programs that others put into it.
    pub fn account(&self) -> Option<Account> {
        self.facts.account.and_then(table::account)
    }

    /// What it is for; `None` if it is for any program, or if that is not known.
    pub fn kind(&self) -> Option<Kind> {
        self.facts.kind
    }

    /// Whether it brings a program of this name.
    pub fn brings(&self, program: &str) -> bool {
        self.facts.brings.is_some_and(|it| it.split(',').any(|it| it == program))
    }

    /// Whether it sets a variable of this name.
    pub fn sets(&self, variable: &str) -> bool {
        self.variable(variable) != Setting::Unset
    }

    /// What it sets a variable of this name to, as far as that is known.
    pub fn variable(&self, name: &str) -> Setting {
        let mut pairs = self.facts.sets.into_iter().flat_map(|it| it.split(','));
        let rest = pairs
            .find_map(|it| it.strip_prefix(name).filter(|it| it.is_empty() || it.starts_with('=')));
        match rest.map(|it| it.strip_prefix('=')) {
            None => Setting::Unset,
            Some(None) => Setting::Unknown,
            Some(Some(value)) => Setting::Known(value.to_owned()),
        }
    }

    /// Whether its ONBUILD instructions run in the build of what is made from it.
    pub fn has_triggers(&self) -> bool {
        self.image.tag.is_some_and(|it| it.contains("onbuild"))
    }

    /// The port below 1024 that the servers in it listen on unless they are told otherwise.
    pub fn port(&self) -> Option<u16> {
        self.facts.port
    }

    /// What it starts by itself; `None` if that is a shell, an interpreter, or an entrypoint that runs the command as it
    /// is.
    pub fn starts(&self) -> Option<Starts> {
        self.facts.starts
    }

    /// Whether it is the official image of Python, under whatever name a mirror gives it: the interpreter is in
    /// `/usr/local`, with pip, and nothing else is installed there.
    pub fn is_python(&self) -> bool {
        let is_mirror = || {
            let is_named = self.image.repository.rsplit_once('/').is_some_and(|it| it.1 == PYTHON);
            self.image.registry.is_some() && is_named && !self.is_listed
        };
        self.official == Some(PYTHON) || is_mirror()
    }

    /// Whether it brings a package of Debian that people install to build others: images of Python that are not
    /// slim are made from buildpack-deps.
    pub fn has_package(&self, name: &str) -> bool {
        let tag = self.image.tag.unwrap_or_default();
        let is_whole = !["slim", "alpine", "windowsservercore"].iter().any(|it| tag.contains(it));
        self.is_python() && is_whole && python::PACKAGES.contains(&name)
    }

    /// Whether it has a Python with pip, which installs to where every program finds it.
    ///
    /// Distributions have a Python of their own, in which pip may refuse to install.
    pub fn has_pip(&self) -> bool {
        let is_known = self.python().is_some() || self.is_python();
        is_known && self.kind() != Some(Kind::Distribution)
    }

    /// The Python that the image brings, as far as its reference says: from the tags of `python` images, from
    /// names and tags such as `python3.11` and `py310`, and from releases of distributions.
    pub fn python(&self) -> Option<PythonVersion> {
        python::of(&self.image, self.official)
    }

    /// The release of Debian or Ubuntu that it is made of, as far as its reference says; several, if its tag
    /// floats. `None` for what is not known: another distribution, an older release, an image of one's own.
    pub fn release(&self) -> Option<Release> {
        release::of(&self.image, self.official.filter(|_| is_trusted(&self.image)))
    }

    /// The distribution that it is made of.
    pub fn family(&self) -> Family {
        family::of(&self.image, self.official, self.facts.family)
    }

    /// How a user is made in it; `None` if that is not known.
    pub fn accounts(&self) -> Option<Accounts> {
        family::accounts(self.family(), self.facts.family, self.image.tag.unwrap_or_default())
    }
}

const PYTHON: &str = "python";
const ROOT: &str = "root";

#[cfg(test)]
mod tests;
