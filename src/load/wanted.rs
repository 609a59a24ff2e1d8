//! Decides by name which files are read and which folders are walked.

use std::path::Path;

use crate::{
    callers,
    ecosystems::{self, FileKind},
    project::{is_dockerfile, selection::is_vendored},
    text::RepoPath,
};

/// Why a file is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Wanted {
    /// It is a Dockerfile.
    Dockerfile,
    /// It names builds, or says what is kept from them.
    Caller,
    /// It may name builds; most scripts do not.
    Script,
    /// It may be a compose file, by another name, or name a Dockerfile.
    MaybeCompose,
    /// It may name a Dockerfile, or run containers.
    Mention,
    /// It may start images.
    Deployment,
    /// It is a manifest or settings.
    Manifest,
    /// It is a lock, may be large, and is read when it is asked for.
    Lock,
    /// It is read by a program when a container starts.
    Settings,
    /// It is the source of a program that an image runs.
    Source,
}

impl Wanted {
    /// The most bytes of it that are read.
    pub(super) fn limit(self) -> u64 {
        match self {
            Self::Dockerfile => 64 << 20,
            Self::Caller | Self::Script | Self::MaybeCompose => 4 << 20,
            Self::Manifest | Self::Lock => 2 << 20,
            Self::Mention | Self::Deployment | Self::Settings => 256 << 10,
            Self::Source => 512 << 10,
        }
    }
}

/// What to do with a folder.
pub(super) enum Folder {
    /// Walk it.
    Walk,
    /// Walk it, and mind its name.
    Report,
    /// Leave it out, but know that it is there.
    Note,
    /// Leave it out.
    Hide,
}

/// Names that are often in a build context although git ignores them.
pub(super) fn often_ignored() -> impl Iterator<Item = &'static str> {
    let locks = ecosystems::files().filter(|it| it.kind == FileKind::Lock).map(|it| it.pattern);
    ecosystems::clutter::often_ignored().chain(locks)
}

/// Decides what to do with the folder of this name at this place.
pub(super) fn folder(name: &str, place: &Path) -> Folder {
    match name {
        ".git" | ".hg" | ".jj" | ".svn" => Folder::Hide,
        ".nox" | ".tox" | "__pycache__" => Folder::Note,
        "venv" if place.join("pyvenv.cfg").exists() => Folder::Note,
        "Containerfile" | "Dockerfile" => Folder::Report,
        _ if ecosystems::makes().any(|it| it == name) => Folder::Note,
        _ => Folder::Walk,
    }
}

/// Returns true if a file says something about the builds and containers of the project that it belongs to.
pub(super) fn is_evidence(path: &RepoPath) -> bool {
    use Wanted::{Caller, Deployment, Dockerfile, MaybeCompose, Mention, Script};
    matches!(file(path), Some(Dockerfile | Caller | Script | Deployment | MaybeCompose | Mention))
}

/// Returns true if a folder with a file of this name is likely to be a build context.
pub(super) fn marks_a_context(name: &str) -> bool {
    is_dockerfile(name) || ecosystems::marks_project(name)
}

/// Why the file of this name is read; `None` if only its name matters.
pub(super) fn file(path: &RepoPath) -> Option<Wanted> {
    let name = path.file_name();
    if is_dockerfile(name) {
        return Some(Wanted::Dockerfile);
    }
    if name.ends_with(".dockerignore") {
        return Some(Wanted::Caller);
    }
    let kind = callers::Kind::of(path);
    match kind {
        Some(callers::Kind::Script) => return Some(Wanted::Script),
        // Managers have YAML of their own.
        Some(callers::Kind::Yaml) | None => {}
        Some(_) => return Some(Wanted::Caller),
    }
    let folder = path.parent();
    let folder = folder.as_ref().map_or("", |it| it.file_name());
    if let Some(file) = ecosystems::file(folder, name) {
        return Some(if file.kind == FileKind::Lock { Wanted::Lock } else { Wanted::Manifest });
    }
    match name {
        _ if kind.is_some() => Some(Wanted::MaybeCompose),
        "refit.toml" => Some(Wanted::Manifest),
        ".gitignore" => Some(Wanted::Settings),
        _ if ecosystems::programs::paths::is_settings_file(name) => Some(Wanted::Settings),
        _ if callers::is_deployment(path) => Some(Wanted::Deployment),
        _ if may_mention(path) => Some(Wanted::Mention),
        _ => None,
    }
}

/// Whether a file may name a Dockerfile, as instructions for people or for a tool: what is not known here
/// is not looked into.
fn may_mention(path: &RepoPath) -> bool {
    let name = path.file_name();
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let top = path.as_str().split('/').next().unwrap_or_default();
    let is_guide = ["CONTRIBUTING", "DEVELOP", "HACKING", "INSTALL", "README"]
        .iter()
        .any(|it| stem.to_ascii_uppercase().starts_with(it));
    match extension {
        // People are told in any folder how to start an image.
        _ if callers::may_sync(path) => true,
        _ if callers::is_guide(path) => !is_vendored(path.as_str()),
        "adoc" | "rst" | "txt" => is_guide || matches!(top, "doc" | "docs") || top == name,
        "bat" | "cmd" | "ps1" | "tf" => true,
        "toml" => matches!(stem, "Cross" | "fly" | "mise" | "tilt"),
        "ini" => stem == "tox",
        "json" => matches!(stem, "fly" | "launch" | "tasks"),
        "py" => matches!(stem, "conftest" | "dodo" | "fabfile" | "noxfile" | "tasks"),
        _ => {
            let names = ["CODEOWNERS", "Earthfile", "Jenkinsfile", "Tiltfile", "Vagrantfile"];
            is_guide
                || names.iter().any(|it| name.starts_with(it))
                || matches!(name, ".justfile" | "justfile" | "Justfile")
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_wanted_by_name() {
        let wanted = |it: &str| file(&RepoPath::new(it).unwrap());
        let rows = [
            ("api/Dockerfile.test", Some(Wanted::Dockerfile)),
            (".dockerignore", Some(Wanted::Caller)),
            ("docker/api.Dockerfile.dockerignore", Some(Wanted::Caller)),
            ("docker-compose.override.yml", Some(Wanted::Caller)),
            (".github/workflows/ci.yaml", Some(Wanted::Caller)),
            ("deploy/staging.yaml", Some(Wanted::MaybeCompose)),
            ("scripts/build.sh", Some(Wanted::Script)),
            ("requirements/base.txt", Some(Wanted::Manifest)),
            ("dev-requirements.in", Some(Wanted::Manifest)),
            ("reqs.txt", Some(Wanted::Manifest)),
            ("notes.txt", Some(Wanted::Mention)),
            ("src/notes.txt", None),
            ("poetry.lock", Some(Wanted::Lock)),
            ("src/main.py", None),
            ("README.md", Some(Wanted::Mention)),
            ("docs/build.rst", Some(Wanted::Mention)),
            ("src/notes.rst", None),
            ("src/guide/start.md", Some(Wanted::Mention)),
            ("vendor/a/start.md", None),
            ("ci/Jenkinsfile.release", Some(Wanted::Mention)),
            ("Tiltfile", Some(Wanted::Mention)),
        ];
        for (path, expected) in rows {
            assert_eq!(wanted(path), expected, "{path}");
        }
    }
}
