//! Image references: registry, repository, tag and digest.
//!
//! What is known of the images themselves is in `ecosystems::images`.

/// An image reference, taken apart as `docker pull` does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageRef<'a> {
    /// The registry's host; `None` for the default one.
    pub registry: Option<&'a str>,
    /// The repository without registry: `python`, `tiangolo/uvicorn-gunicorn`.
    pub repository: &'a str,
    /// The tag.
    pub tag: Option<&'a str>,
    /// The digest, with its algorithm.
    pub digest: Option<&'a str>,
}

/// The namespaces of Docker Hub with the official images of one architecture each
/// (docker-library/official-images, README: architectures other than amd64).
const ARCHITECTURES: [&str; 11] = [
    "amd64",
    "arm32v5",
    "arm32v6",
    "arm32v7",
    "arm64v8",
    "i386",
    "mips64le",
    "ppc64le",
    "riscv64",
    "s390x",
    "windows-amd64",
];

/// The users of images; see the file.
const USERS: &str = include_str!("image/users.tsv");

impl<'a> ImageRef<'a> {
    /// Takes a reference apart; any text gives one.
    pub fn parse(reference: &'a str) -> Self {
        let (rest, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (reference, None),
        };
        let path = rest.rfind('/').map_or(0, |it| it + 1);
        let (name, tag) = match rest[path..].split_once(':') {
            Some((name, tag)) => (&rest[..path + name.len()], Some(tag)),
            None => (rest, None),
        };
        let host = name.split_once('/').filter(|(host, _)| {
            host.contains(['.', ':']) || *host == "localhost" || host.to_lowercase() != *host
        });
        match host {
            Some((registry, repository)) => {
                Self { registry: Some(registry), repository, tag, digest }
            }
            None => Self { registry: None, repository: name, tag, digest },
        }
    }

    /// The name an official image goes by (`python`, `debian`), whatever mirror it comes from.
    pub fn official(&self) -> Option<&'a str> {
        let docker_hub =
            self.registry.is_none_or(|it| it == "docker.io" || it.ends_with(".docker.io"));
        match (self.registry, self.repository.rsplit_once('/')) {
            (_, None) if docker_hub => Some(self.repository),
            // Each architecture's own build of an official image.
            (_, Some((namespace, name))) if docker_hub && ARCHITECTURES.contains(&namespace) => {
                Some(name)
            }
            // Mirrors keep the `library` namespace: `mirror.example/dockerhub/library/python`.
            (_, Some((namespace, name)))
                if namespace == "library" || namespace.ends_with("/library") =>
            {
                Some(name)
            }
            // A registry's own proxy (`public.ecr.aws/docker/library` is above) or a bare mirror.
            (Some(_), None) => Some(self.repository),
            _ => None,
        }
    }

    /// Whether its processes are known to run as root.
    ///
    /// Docker's official images do, but for a few services with users of their own; of the others only
    /// those whose Dockerfiles say so.
    pub fn runs_as_root(&self) -> bool {
        // A registry of one's own may hold an image of one's own under an official name.
        let own = self.registry.is_some_and(|it| !it.ends_with("docker.io"));
        if let Some(name) = self.official().filter(|_| !own || self.repository.contains('/')) {
            let others = [
                "couchbase",
                "elasticsearch",
                "haproxy",
                "jenkins",
                "jetty",
                "kibana",
                "kong",
                "liquibase",
                "logstash",
                "memcached",
                "neo4j",
                "odoo",
                "open-liberty",
                "solr",
                "sonarqube",
                "spark",
                "varnish",
            ];
            return !others.contains(&name);
        }
        self.user() == Some("root")
    }

    /// The user that an image runs as which is none of Docker's official ones, when its public Dockerfile
    /// says so: `root`, or a number.
    pub fn user(&self) -> Option<&'static str> {
        let whole = self.registry.map(|it| format!("{it}/{}", self.repository));
        let is = |pattern: &str, name: &str| match pattern.strip_suffix('*') {
            Some(start) => name.starts_with(start),
            None => name == pattern,
        };
        let rows = USERS.lines().filter(|it| !it.starts_with('#'));
        let mut rows = rows.filter_map(|it| {
            let mut columns = it.split('\t');
            Some((columns.next()?, columns.next()?))
        });
        let hub = self.registry.is_some_and(|it| it.ends_with("docker.io"));
        let named = |it: &str| {
            is(it, self.repository) || whole.as_deref().is_some_and(|whole| !hub && is(it, whole))
        };
        rows.find(|it| named(it.0)).map(|it| it.1)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn references_are_taken_apart() {
        let it = ImageRef::parse("registry.example:5000/team/python:3.11-slim@sha256:abc");
        assert_eq!(
            (it.registry, it.repository, it.tag, it.digest),
            (Some("registry.example:5000"), "team/python", Some("3.11-slim"), Some("sha256:abc"))
        );
        assert_eq!(ImageRef::parse("python").official(), Some("python"));
        assert_eq!(ImageRef::parse("docker.io/library/python:3").official(), Some("python"));
        assert_eq!(
            ImageRef::parse("public.ecr.aws/docker/library/python:3").official(),
            Some("python")
        );
        assert_eq!(ImageRef::parse("tiangolo/uvicorn:3").official(), None);
    }

    #[test]
    fn the_users_are_sorted_and_have_their_source() {
        let rows = || USERS.lines().filter(|it| !it.starts_with('#'));
        assert!(rows().map(|it| it.split('\t').next()).is_sorted_by(|a, b| a < b));
        for row in rows() {
            let columns: Vec<_> = row.split('\t').collect();
            let number = columns[1].parse::<u32>().is_ok_and(|it| it != 0);
            assert!(columns.len() == 3 && (columns[1] == "root" || number), "{row}");
            assert!(!columns[2].is_empty(), "{row}");
        }
    }

    #[test]
    fn only_what_is_known_runs_as_root() {
        assert!(ImageRef::parse("python:3.11").runs_as_root());
        assert!(!ImageRef::parse("apache/airflow:2.7.0").runs_as_root());
        assert!(!ImageRef::parse("elasticsearch:8").runs_as_root());
        assert!(ImageRef::parse("mirror.example/library/python:3.11").runs_as_root());
        assert!(!ImageRef::parse("corp.example/python:3.11").runs_as_root());
        assert!(ImageRef::parse("arm64v8/python:3.11").runs_as_root());
        assert!(!ImageRef::parse("corp.example/arm64v8/python:3.11").runs_as_root());
        assert!(ImageRef::parse("ghcr.io/astral-sh/uv:latest").runs_as_root());
        assert!(ImageRef::parse("mcr.microsoft.com/playwright/python:v1.40.0").runs_as_root());
        assert!(ImageRef::parse("quay.io/pypa/manylinux2014_x86_64").runs_as_root());
        assert!(ImageRef::parse("docker.io/bitnami/minideb:bookworm").runs_as_root());
        assert!(!ImageRef::parse("gcr.io/oss-fuzz-base/base-runner").runs_as_root());
        assert!(!ImageRef::parse("pypa/manylinux1_x86_64").runs_as_root());
        assert_eq!(ImageRef::parse("quay.io/jupyter/base-notebook").user(), Some("1000"));
        assert_eq!(ImageRef::parse("somebody/python").user(), None);
    }
}
