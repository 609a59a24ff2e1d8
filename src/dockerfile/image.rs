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

    /// Whether a variable stands in the tag and nowhere else.
    pub fn has_open_tag(&self) -> bool {
        let names = [self.registry, Some(self.repository), self.digest];
        self.tag.is_some_and(|it| it.contains('$'))
            && !names.into_iter().flatten().any(|it| it.contains(['$', '{', '}']))
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
}
