//! Finds a builder on this machine that answers.

use std::{
    env,
    fmt::{self, Display},
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use serde_json::Value;

use super::{
    BuildKit, Builder, Choice, Kind,
    commands::plain,
    process::{self, Captured, End},
};

/// The time limit for a builder to print its version.
const PATIENCE: Duration = Duration::from_secs(20);

/// No builder answers.
#[derive(Debug, thiserror::Error)]
pub struct NoBuilder {
    /// The builders that were tried and their answers, one per line.
    pub tried: Vec<String>,
    /// Advice, in a sentence.
    pub hint: &'static str,
}

impl Display for NoBuilder {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("no builder answers")?;
        for it in &self.tried {
            write!(formatter, "\n  {it}")?;
        }
        Ok(())
    }
}

pub(super) fn find(choice: Choice) -> Result<Builder, NoBuilder> {
    let (kinds, hint): (&[_], _) = match choice {
        Choice::Auto => (
            &["docker", "buildah", "podman"],
            "Install Docker with buildx, buildah or podman, and start its engine if it has one.",
        ),
        Choice::Docker => {
            (&["docker"], "Start Docker's engine; a client from 23 on needs the plugin buildx.")
        }
        Choice::Buildah => (&["buildah"], "Install buildah: its package has that name."),
        Choice::Podman => (&["podman"], "Install podman; on a Mac, `podman machine start`."),
    };
    let mut tried = Vec::new();
    for kind in kinds {
        let programs = on_path(kind);
        if programs.is_empty() {
            tried.push(format!("{kind}: not on PATH"));
        }
        for program in programs {
            let answer = match *kind {
                "docker" => docker(&program),
                "buildah" => other(&program, Kind::Buildah),
                _ => other(&program, Kind::Podman),
            };
            match answer {
                Ok((kind, name)) => return Ok(Builder { name, program, kind }),
                Err(reason) => tried.push(format!("{}: {reason}", program.display())),
            }
        }
    }
    Err(NoBuilder { tried, hint })
}

/// Returns true if a builder that answered still does: an engine may stop during a build.
pub(super) fn answers(builder: &Builder) -> Result<(), String> {
    let program = &builder.program;
    let answer = match builder.kind {
        Kind::Docker(_) => docker(program),
        kind => other(program, kind),
    };
    answer.map(drop)
}

/// The files of this name in the folders of PATH, each once.
fn on_path(name: &str) -> Vec<PathBuf> {
    let file = format!("{name}{}", env::consts::EXE_SUFFIX);
    let folders = env::var_os("PATH").unwrap_or_default();
    let mut seen = Vec::new();
    let mut found = Vec::new();
    for folder in env::split_paths(&folders).filter(|it| it.is_absolute()) {
        let path = folder.join(&file);
        let Ok(real) = fs::canonicalize(&path) else { continue };
        if real.is_file() && !seen.contains(&real) {
            seen.push(real);
            found.push(path);
        }
    }
    found
}

fn docker(program: &Path) -> Result<(Kind, String), String> {
    let versions = ask(program, &["version", "--format", "{{json .}}"]);
    let buildx = ask(program, &["buildx", "version"]);
    docker_of(versions, buildx)
}

/// Tells from its versions what a client is, and whether it has buildx.
fn docker_of(versions: Answer, buildx: Answer) -> Result<(Kind, String), String> {
    // The client's version comes even when no engine answers; the reason is what matters then.
    let said: Value = serde_json::from_str(versions.text()).unwrap_or_default();
    let version = |of: &str| said.pointer(of).and_then(Value::as_str);
    let Some(client) = version("/Client/Version") else {
        return Err(versions.err().unwrap_or_else(|| "does not say a version".to_owned()));
    };
    let Some(engine) = said.get("Server").filter(|it| it.is_object()) else {
        return Err(versions.err().unwrap_or_else(|| "has no engine".to_owned()));
    };
    if engine.get("Os").and_then(Value::as_str) == Some("windows") {
        return Err("its engine runs Windows' containers".to_owned());
    }
    let client = release(client);
    if let Answer::Said(text) = &buildx
        && let Some(buildx) = text.split_whitespace().nth(1)
    {
        let buildx = release(buildx.trim_start_matches('v'));
        // 0.13 is the first that has it. A build of no version is somebody's own, of today.
        let rawjson = numbers(buildx).is_none_or(|it| (0, 13) <= it);
        let name = format!("docker {client} with buildx {buildx}");
        return Ok((Kind::Docker(BuildKit::Buildx { rawjson }), name));
    }
    if numbers(client).is_some_and(|it| it < (23, 0)) {
        let name = format!("docker {client} with BuildKit");
        return Ok((Kind::Docker(BuildKit::BuiltIn), name));
    }
    Err(format!("client {client} has no buildx"))
}

fn other(program: &Path, kind: Kind) -> Result<(Kind, String), String> {
    // `buildah version 1.28.2 (image-spec …)`
    let said = match ask(program, &["--version"]) {
        Answer::Said(said) => said,
        Answer::Failed { reason, .. } => return Err(reason),
    };
    let mut words = said.split_whitespace();
    let name = words.next().unwrap_or_default();
    let version = words.nth(1).ok_or_else(|| "does not say a version".to_owned())?;
    // Checks that its storage and, if it has one, its machine exist.
    if let Answer::Failed { reason, .. } = ask(program, &["info"]) {
        return Err(reason);
    }
    Ok((kind, format!("{name} {}", release(version))))
}

/// The answer of a program.
enum Answer {
    Said(String),
    Failed { said: String, reason: String },
}

impl Answer {
    fn text(&self) -> &str {
        match self {
            Self::Said(said) | Self::Failed { said, .. } => said,
        }
    }

    fn err(self) -> Option<String> {
        match self {
            Self::Said(_) => None,
            Self::Failed { reason, .. } => Some(reason),
        }
    }
}

fn ask(program: &Path, words: &[&str]) -> Answer {
    let mut command = plain(program);
    command.args(words);
    let failed = |said, reason| Answer::Failed { said, reason };
    match process::capture(command, PATIENCE) {
        Err(error) => failed(String::new(), error.to_string()),
        Ok(Captured { end: End::TimedOut, .. }) => {
            failed(String::new(), format!("no answer for {} s", PATIENCE.as_secs()))
        }
        Ok(Captured { end: End::Exited(status), stdout, stderr }) => {
            let said = String::from_utf8_lossy(&stdout).into_owned();
            if status.success() {
                return Answer::Said(said);
            }
            let complaint = String::from_utf8_lossy(&stderr);
            let mut lines = complaint.lines().map(str::trim).filter(|it| !it.is_empty());
            let first = lines.next_back().map_or_else(|| status.to_string(), str::to_owned);
            failed(said, first)
        }
    }
}

/// `20.10.24` of `20.10.24+dfsg1`.
fn release(version: &str) -> &str {
    version.split(['+', '-', '~']).next().unwrap_or(version)
}

/// The first two numbers of a version.
fn numbers(version: &str) -> Option<(u32, u32)> {
    let mut numbers = version.split('.').map(|it| it.parse().ok());
    Some((numbers.next()??, numbers.next()??))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn versions(client: &str) -> Answer {
        let engine = r#"{"Version": "20.10.24", "Os": "linux"}"#;
        Answer::Said(format!(r#"{{"Client": {{"Version": "{client}"}}, "Server": {engine}}}"#))
    }

    fn said(text: &str) -> Answer {
        Answer::Said(text.to_owned())
    }

    fn failed(said: &str, reason: &str) -> Answer {
        Answer::Failed { said: said.to_owned(), reason: reason.to_owned() }
    }

    fn none() -> Answer {
        failed("", "unknown command: docker buildx")
    }

    #[test]
    fn clients_reach_buildkit_by_buildx_or_by_themselves() {
        let built_in = Kind::Docker(BuildKit::BuiltIn);
        let buildx = |rawjson| Kind::Docker(BuildKit::Buildx { rawjson });
        let name = |it: &str| it.to_owned();
        assert_eq!(
            docker_of(versions("20.10.24+dfsg1"), none()),
            Ok((built_in, name("docker 20.10.24 with BuildKit")))
        );
        assert_eq!(
            docker_of(versions("28.2.2"), said("github.com/docker/buildx v0.24.0 d0e5e86\n")),
            Ok((buildx(true), name("docker 28.2.2 with buildx 0.24.0")))
        );
        assert_eq!(
            docker_of(versions("20.10.24"), said("github.com/docker/buildx 0.12.1+ds1 x")),
            Ok((buildx(false), name("docker 20.10.24 with buildx 0.12.1")))
        );
        assert_eq!(docker_of(versions("28.2.2"), none()), Err(name("client 28.2.2 has no buildx")));
    }

    #[test]
    fn an_engine_must_answer() {
        let gone = r#"{"Client": {"Version": "20.10.24"}, "Server": null}"#;
        let reason = "Cannot connect to the Docker daemon";
        assert_eq!(docker_of(failed(gone, reason), none()), Err(reason.to_owned()));
        assert_eq!(docker_of(said(gone), none()), Err("has no engine".to_owned()));
        assert_eq!(docker_of(said(""), none()), Err("does not say a version".to_owned()));
    }

    #[test]
    fn who_finds_none_reads_what_was_tried() {
        let error =
            NoBuilder { tried: vec!["docker: not on PATH".to_owned()], hint: "Install it." };
        assert_eq!(error.to_string(), "no builder answers\n  docker: not on PATH");
    }
}
