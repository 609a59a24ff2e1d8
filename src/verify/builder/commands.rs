//! The command lines that build and inspect.

use std::{ffi::OsString, io, path::Path, process::Command};

use super::{BuildKit, Builder, Kind, Request, progress::Dialect};

/// A program that speaks plainly: no colours, no other language, nothing cut off, no advertisement.
pub(super) fn plain(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env("DOCKER_BUILDKIT", "1").env_remove("BUILDKIT_PROGRESS");
    command.env("NO_COLOR", "1").env("LC_ALL", "C").env("PROGRESS_NO_TRUNC", "1");
    command.env("DOCKER_CLI_HINTS", "false").env("DOCKER_SCAN_SUGGEST", "false");
    // Attestations are not compared.
    command.env("BUILDX_NO_DEFAULT_ATTESTATIONS", "1");
    command
}

impl Builder {
    pub(super) fn command(&self) -> Command {
        plain(&self.program)
    }

    /// The command that builds, and how its output is to be read.
    pub(super) fn build_command(&self, request: &Request<'_>) -> io::Result<(Command, Dialect)> {
        let mut command = self.command();
        let dialect = match self.kind {
            Kind::Docker(BuildKit::BuiltIn) => {
                if let Some(name) = request.contexts.keys().next() {
                    let reason = format!(
                        "{} has no --build-context, which \"{name}\" needs: buildx has",
                        self.name
                    );
                    return Err(io::Error::new(io::ErrorKind::Unsupported, reason));
                }
                command.args(["build", "--progress=plain"]);
                Dialect::Plain
            }
            Kind::Docker(BuildKit::Buildx { rawjson }) => {
                // A builder in a container of its own keeps the image to itself unless asked.
                command.args(["buildx", "build", "--load"]);
                command.arg(if rawjson { "--progress=rawjson" } else { "--progress=plain" });
                if rawjson { Dialect::rawjson() } else { Dialect::Plain }
            }
            Kind::Buildah | Kind::Podman => {
                command.arg(if self.kind == Kind::Buildah { "bud" } else { "build" });
                // A build that fails must not leave its containers: buildah would.
                command.args(["--layers", "--force-rm"]);
                // Images of the other format have no HEALTHCHECK, SHELL and ONBUILD that could be compared.
                let chosen = request.options.iter().any(|it| it.starts_with("--format"));
                if !chosen && std::env::var_os("BUILDAH_FORMAT").is_none() {
                    command.args(["--format", "docker"]);
                }
                Dialect::stepped()
            }
        };
        if request.cold {
            command.arg("--no-cache");
        }
        for (name, value) in request.arguments {
            command.arg("--build-arg").arg(format!("{name}={value}"));
        }
        for (name, value) in request.contexts {
            command.arg("--build-context").arg(format!("{name}={value}"));
        }
        if let Some(target) = request.target {
            command.args(["--target", target]);
        }
        command.args(["--tag", request.image]).arg("--file").arg(request.dockerfile);
        command.args(request.options).arg(operand(request.context));
        Ok((command, dialect))
    }

    pub(super) fn inspect_command(&self, image: &str) -> Command {
        let mut command = self.command();
        match self.kind {
            Kind::Docker(_) | Kind::Podman => command.args(["image", "inspect", image]),
            Kind::Buildah => command.args(["inspect", "--type", "image", image]),
        };
        command
    }
}

/// A folder's path that no program takes for an option or standard input.
fn operand(path: &Path) -> OsString {
    if path.is_absolute() { path.into() } else { Path::new(".").join(path).into() }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use std::{collections::BTreeMap, path::PathBuf, time::Duration};

    use super::*;

    /// The words of a build with everything in it.
    fn words(kind: Kind, contexts: &[(&str, &str)], options: &[&str]) -> io::Result<String> {
        let builder = Builder { name: "docker 20".to_owned(), program: PathBuf::from("it"), kind };
        let pair = |it: &(&str, &str)| (it.0.to_owned(), it.1.to_owned());
        let options: Vec<String> = options.iter().map(|it| (*it).to_owned()).collect();
        let request = Request {
            context: Path::new("-x"),
            dockerfile: Path::new("/tmp/Dockerfile"),
            target: Some("web"),
            arguments: &[("A", "b c")].iter().map(pair).collect(),
            contexts: &contexts.iter().map(pair).collect::<BTreeMap<_, _>>(),
            image: "refit-verify",
            cold: true,
            options: &options,
            timeout: Duration::from_secs(1),
            log: Path::new("log"),
        };
        let (command, _) = builder.build_command(&request)?;
        let words: Vec<_> = command.get_args().map(|it| it.to_string_lossy()).collect();
        Ok(words.join(" "))
    }

    #[test]
    fn builders_are_asked_in_their_own_words() {
        let rest = "--target web --tag refit-verify --file /tmp/Dockerfile";
        assert_eq!(
            words(Kind::Docker(BuildKit::BuiltIn), &[], &["--network=host"]).unwrap(),
            format!(
                "build --progress=plain --no-cache --build-arg A=b c {rest} --network=host ./-x"
            )
        );
        let contexts = [("base", "docker-image://debian")];
        assert_eq!(
            words(Kind::Docker(BuildKit::Buildx { rawjson: true }), &contexts, &[]).unwrap(),
            format!(
                "buildx build --load --progress=rawjson --no-cache --build-arg A=b c \
                 --build-context base=docker-image://debian {rest} ./-x"
            )
        );
        assert_eq!(
            words(Kind::Podman, &[], &["--format=oci"]).unwrap(),
            format!(
                "build --layers --force-rm --no-cache --build-arg A=b c {rest} --format=oci ./-x"
            )
        );
        let error = words(Kind::Docker(BuildKit::BuiltIn), &contexts, &[]).unwrap_err();
        assert_eq!(
            error.to_string(),
            "docker 20 has no --build-context, which \"base\" needs: buildx has"
        );
    }
}
