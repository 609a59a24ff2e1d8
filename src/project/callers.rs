//! Who builds which Dockerfile: compose and bake files, CI, Makefiles and scripts.

use std::collections::BTreeMap;

use crate::{change::Place, path::RepoPath, project::Problem};

/// What one file builds.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// The builds it names.
    pub builds: Vec<Build>,
    /// What of it could not be read.
    pub problems: Vec<Problem>,
}

/// One build of a Dockerfile, as a compose file, a workflow or a script names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// Where it is named.
    pub place: Place,
    /// Who names it.
    pub caller: Caller,
    /// The Dockerfile it builds.
    pub dockerfile: RepoPath,
    /// The context it sends.
    pub context: BuildContext,
    /// The stage it builds, when it names one.
    pub target: Option<String>,
    /// The build arguments it gives; `None` takes the value of the caller's environment.
    pub arguments: BTreeMap<String, Option<String>>,
    /// What builds it.
    pub builder: Builder,
}

/// The kinds of files that name builds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Caller {
    /// A compose file.
    Compose,
    /// A `docker-bake.hcl` or `.json`.
    Bake,
    /// A GitHub Actions workflow.
    GitHubActions,
    /// A GitLab CI file.
    GitLab,
    /// A Makefile.
    Makefile,
    /// A shell script.
    Script,
}

/// What a build sends to the builder.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildContext {
    /// A folder of this project.
    Folder(RepoPath),
    /// Something else: a URL, a folder outside, a variable. As written.
    Elsewhere(String),
}

/// What runs the build, as far as the caller tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Builder {
    /// Docker, and so BuildKit unless someone turns it off.
    Docker,
    /// Buildah or Podman.
    Buildah,
    /// Kaniko, which does not know `RUN --mount`.
    Kaniko,
}

/// The kinds of files that are looked into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A compose file, by its name.
    Compose,
    /// A YAML file of another name, which a compose file may include.
    Yaml,
    /// `docker-bake.hcl` and its kin.
    BakeHcl,
    /// `docker-bake.json` and its kin.
    BakeJson,
    /// A workflow or a composite action.
    GitHubActions,
    /// A GitLab CI file.
    GitLab,
    /// A Makefile.
    Makefile,
    /// A shell script.
    Script,
}

impl Kind {
    /// The kind of the file of this path, by its name and place.
    pub fn of(path: &RepoPath) -> Option<Self> {
        let name = path.file_name();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        let whole = path.as_str();
        match extension {
            "yml" | "yaml" => Some(match stem {
                _ if whole.starts_with(".github/workflows/") => Self::GitHubActions,
                "action" if whole.starts_with(".github/actions/") => Self::GitHubActions,
                _ if stem.ends_with(".gitlab-ci") => Self::GitLab,
                _ if whole.starts_with(".gitlab/") => Self::GitLab,
                _ if stem.contains("compose") => Self::Compose,
                _ => Self::Yaml,
            }),
            "hcl" if stem.contains("bake") => Some(Self::BakeHcl),
            "json" if stem.starts_with("docker-bake") => Some(Self::BakeJson),
            "mk" => Some(Self::Makefile),
            "sh" | "bash" => Some(Self::Script),
            _ if matches!(stem, "GNUmakefile" | "Makefile" | "makefile") => Some(Self::Makefile),
            "" => {
                let verbs = ["build", "ci", "deploy", "docker", "publish", "release"];
                verbs.iter().any(|it| name.starts_with(it)).then_some(Self::Script)
            }
            _ => None,
        }
    }
}

/// Whether a file of this path may name builds.
pub fn is_caller(path: &RepoPath) -> bool {
    Kind::of(path).is_some()
}

/// Reads what a file builds; never fails.
pub fn read(_path: &RepoPath, _text: &str) -> Callers {
    Callers::default()
}
