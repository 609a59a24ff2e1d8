//! Who builds which Dockerfile: compose, bake and skaffold files, development containers, CI, Makefiles
//! and scripts; and how they follow when it moves.
//!
//! A reader puts a build together from what its file says, in traced text whose characters remember
//! where they stand, through variables, matrices and anchors. So each [`Build`] knows its [`Site`]: what to
//! edit. [`retarget`] makes the edits and proves them by reading the file again, with another parser
//! ([`spoiled`]). What names a Dockerfile
//! and is no build that a reader understands, `mentions` weighs: prose is listed, the rest stands in the way.

mod bake;
mod builders;
mod cloudbuild;
mod compose;
pub mod containers;
mod copied_out;
mod decisions;
mod deployments;
mod devcontainer;
mod entries;
mod github;
mod gitlab;
mod index;
mod inside;
mod make;
mod mentions;
mod platforms;
mod pods;
mod prose;
mod published;
mod reread;
mod retarget;
mod script;
pub mod service;
mod site;
mod skaffold;
mod syncs;
mod traced;
mod upon;
mod users;
mod values;
mod words;
mod written;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use crate::{
    project::{File, Problem, Unread},
    text::{Place, RepoPath, is_template},
    yaml::{self, Node, Reading, YamlError},
};
pub use builders::Builder;
pub use cloudbuild::is_config as is_cloud_build;
pub use compose::{ComposeFile, ComposeReaders, Needs, default_image};
pub use copied_out::CopiedOut;
pub use deployments::{Deployment, Reader, Said, is_deployment, may_complete, runs_containers};
pub use make::Rules;
pub use platforms::{Deployed, starts_processes};
pub use pods::{Claim, PodCommand, Stated, Turn, defines_maps, runs_pods};
pub use prose::{COMPOSE_READERS, STACK, has_compose_read, is_guide, starts_containers};
pub use published::Published;
pub use reread::spoiled;
pub use retarget::{Move, Retarget, Retargeting, Stuck, retarget};
use script::Script;
pub use script::sends_builds;
use service::Service;
pub use site::Site;
pub use syncs::{Sync, may_sync};
use traced::{Traced, literals};
pub use upon::Upon;
pub use users::image_name;

/// The builds of one file.
#[derive(Clone, Debug, Default)]
pub struct Callers {
    /// The builds it names.
    pub builds: Vec<Build>,
    /// Builds whose Dockerfile cannot be told: where, and a sentence that says what was seen.
    pub unresolved: Vec<(Place, String)>,
    /// The parts that could not be read, but for those of templates, which are not meant to be read.
    pub problems: Vec<Problem>,
    /// The reason why nobody knows what it says, if there is one.
    pub unread: Option<Unread>,
    /// The compose services that it defines, and the containers that it starts by `docker run`.
    pub services: Vec<Service>,
    /// The files that it has copied into running containers, but for those of compose services.
    pub syncs: Vec<Sync>,
    /// True if it is written in a way that is understood and cannot be edited.
    pub only_read: bool,
    /// Builds that it tells people to make, with a builder other than BuildKit.
    told: Vec<Build>,
}

/// One build of a Dockerfile, as a compose file, a workflow or a script names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Build {
    /// The place that names it.
    pub place: Place,
    /// The kind of file that names it.
    pub caller: Caller,
    /// The Dockerfile it builds.
    pub dockerfile: RepoPath,
    /// The context it sends.
    pub context: BuildContext,
    /// The stage it builds, when it names one.
    pub target: Option<String>,
    /// The build arguments it gives; `None` takes the value of the caller's environment.
    pub arguments: BTreeMap<String, Option<String>>,
    /// Contexts it gives names to, for `FROM` and `COPY --from`, as written.
    pub additional_contexts: BTreeMap<String, String>,
    /// The names that it gives to the image, as [`image_name`] has them.
    pub tags: Vec<String>,
    /// The builder.
    pub builder: Builder,
    /// The place to edit.
    pub site: Site,
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
    /// A `skaffold.yaml`.
    Skaffold,
    /// A `devcontainer.json`.
    Devcontainer,
    /// A configuration of Google's Cloud Build.
    CloudBuild,
}

/// The build context.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum BuildContext {
    /// A folder of this project.
    Folder(RepoPath),
    /// Something else: a URL, a folder outside, a variable. As written.
    Elsewhere(String),
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
    /// A `skaffold.yaml`.
    Skaffold,
    /// A `devcontainer.json`.
    Devcontainer,
}

impl Kind {
    /// The kind of the file of this path, by its name and place.
    pub fn of(path: &RepoPath) -> Option<Self> {
        let name = path.file_name();
        let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        // A repository may be nested in another one, as an example is.
        let is_within = |folders: &str| format!("/{path}").contains(folders);
        match extension {
            "yml" | "yaml" => Some(match stem {
                _ if is_within("/.github/workflows/") => Self::GitHubActions,
                "action" if is_within("/.github/actions/") => Self::GitHubActions,
                _ if stem.ends_with(".gitlab-ci") => Self::GitLab,
                _ if is_within("/.gitlab/") => Self::GitLab,
                _ if stem.contains("compose") => Self::Compose,
                _ if stem.starts_with("skaffold") => Self::Skaffold,
                _ => Self::Yaml,
            }),
            "hcl" if stem.contains("bake") => Some(Self::BakeHcl),
            "json" if stem.starts_with("docker-bake") => Some(Self::BakeJson),
            "json" if matches!(stem, "devcontainer" | ".devcontainer") => Some(Self::Devcontainer),
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

/// Returns true if a file of this path may name builds.
pub fn is_caller(path: &RepoPath) -> bool {
    Kind::of(path).is_some()
}

/// Returns true if a file is a Kubernetes manifest that runs containers.
pub fn is_manifest_of_pods(file: &File) -> bool {
    Kind::of(&file.path) == Some(Kind::Yaml) && runs_pods(&file.text)
}

/// Reads the builds of one document.
type ReadYaml = fn(&RepoPath, &str, &Arc<Node>, &mut Callers);

/// Reads the documents of a text.
type Documents = fn(&str) -> Result<Reading, YamlError>;

/// Reads what a file builds, so that it can be edited; never fails.
///
/// A script that does not say where it starts may start in its own folder or at the root: it is read
/// both ways, and the reading that names a Dockerfile which does not exist comes to nothing.
pub fn read(path: &RepoPath, text: &str) -> Callers {
    read_with(yaml::read_or_only_read, path, text)
}

/// Reads what a file builds, as [`read`] does, but for the places to edit: most files are never edited.
fn read_only(path: &RepoPath, text: &str) -> Callers {
    read_with(yaml::read_only, path, text)
}

fn read_with(documents: Documents, path: &RepoPath, text: &str) -> Callers {
    let with_yaml =
        |read: ReadYaml, into: &mut Callers| with_yaml(documents, path, text, into, read);
    let mut callers = Callers::default();
    let into = &mut callers;
    if syncs::is_told_in_yaml(path) {
        with_yaml(syncs::read_yaml, into);
    }
    match Kind::of(path) {
        Some(Kind::Yaml) if cloudbuild::is_config(text) => with_yaml(cloudbuild::read, into),
        // A manifest of pods may be large, and has no services.
        Some(Kind::Yaml) if !text.contains("services:") => {}
        Some(Kind::Compose | Kind::Yaml) => with_yaml(compose::read, into),
        Some(Kind::BakeHcl) => bake::read_hcl(path, text, into),
        Some(Kind::BakeJson) => with_yaml(bake::read_json, into),
        Some(Kind::GitHubActions) => with_yaml(github::read, into),
        Some(Kind::GitLab) => with_yaml(gitlab::read, into),
        Some(Kind::Skaffold) => with_yaml(skaffold::read, into),
        Some(Kind::Devcontainer) => devcontainer::read(path, text, into),
        Some(Kind::Makefile) => make::read(path, text, into),
        Some(Kind::Script) => {
            let script = Script {
                path,
                caller: Caller::Script,
                starts: own_folder_or_root(path),
                variables: HashMap::new(),
                lists: BTreeMap::new(),
            };
            if script::may_build(text) {
                script.read(&Traced::at(text, 0), &|it| it, into);
            }
        }
        None => {
            prose::read(path, text, into);
            syncs::read_tiltfile(path, text, into);
            return callers;
        }
    }
    let off = ["DOCKER_BUILDKIT=0", "DOCKER_BUILDKIT: 0", "DOCKER_BUILDKIT: \"0\""];
    if off.iter().any(|it| text.contains(it)) {
        for build in callers.builds.iter_mut().filter(|it| it.builder == Builder::Docker) {
            build.builder = Builder::Classic;
        }
    }
    callers
}

impl Build {
    /// Returns true if both build the same, wherever they are written.
    pub fn is_like(&self, other: &Self) -> bool {
        self.caller == other.caller
            && self.dockerfile == other.dockerfile
            && self.context == other.context
            && self.target == other.target
            && self.arguments == other.arguments
            && self.additional_contexts == other.additional_contexts
            && self.builder == other.builder
    }
}

impl Callers {
    /// Turns lines of the text that was read into places on disk, which `place` knows.
    fn locate(&mut self, place: impl Fn(usize) -> Place) {
        let builds = self.builds.iter_mut().chain(&mut self.told);
        let places = builds.map(|it| &mut it.place);
        for it in places.chain(self.unresolved.iter_mut().map(|it| &mut it.0)) {
            *it = place(it.line);
        }
        self.syncs.iter_mut().for_each(|it| it.place = place(it.place.line));
        for it in &mut self.services {
            it.line = place(it.line).line;
            it.volumes.iter_mut().for_each(|it| it.place = place(it.place.line));
        }
    }

    fn add(&mut self, build: Build) {
        if !self.builds.iter().any(|it| it.place == build.place && it.is_like(&build)) {
            self.builds.push(build);
        }
    }

    /// Notes that the file cannot be read, and where.
    fn unread(&mut self, path: &RepoPath, line: usize, message: String, is_template: bool) {
        let why = if is_template { "it is a template".to_owned() } else { message.clone() };
        self.unread = Some(Unread { path: path.clone(), line, why });
        if is_template {
            return;
        }
        let hint = "mend it, so that the builds it names are known".to_owned();
        self.problems.push(Problem { path: path.clone(), line: Some(line), message, hint });
    }

    fn unresolved(&mut self, place: Place, what: String) {
        if !self.unresolved.iter().any(|it| it.0 == place) {
            self.unresolved.push((place, what));
        }
    }
}

fn own_folder_or_root(path: &RepoPath) -> Vec<RepoPath> {
    or_root(path.parent().unwrap_or(RepoPath::root()))
}

fn or_root(folder: RepoPath) -> Vec<RepoPath> {
    if folder.is_root() { vec![folder] } else { vec![folder, RepoPath::root()] }
}

/// The folder that a file's `.github` or `.gitlab` lies in: that of the repository it is for.
fn above(path: &RepoPath, hidden: &str) -> Option<RepoPath> {
    path.ancestors().find(|it| it.file_name() == hidden)?.parent()
}

fn with_yaml(
    documents: Documents,
    path: &RepoPath,
    text: &str,
    into: &mut Callers,
    read: ReadYaml,
) {
    match documents(text) {
        Ok(reading) => {
            into.only_read = reading.only_read.is_some();
            reading.documents.iter().for_each(|it| read(path, text, it, into));
        }
        // Only a mention made it matter: it may be a template, or something else altogether.
        Err(_) if Kind::of(path) == Some(Kind::Yaml) => {}
        Err(error) => into.unread(path, error.line, error.message, is_template(text)),
    }
}

/// The text of a scalar, each character with its place.
fn traced(source: &str, node: &Node) -> Option<Traced> {
    let text = node.as_str()?;
    let Some(places) = node.places(source) else { return Some(Traced::untraced(text)) };
    let mut traced = Traced::default();
    for (c, at) in places {
        match at {
            Some(at) => traced.push_at(c, at),
            None => traced.push(c),
        }
    }
    Some(traced)
}

/// The entries of `args`: a mapping, or a list of `NAME=value`.
fn arguments(
    node: Option<&Arc<Node>>,
    value: &dyn Fn(&str) -> String,
) -> BTreeMap<String, Option<String>> {
    let Some(node) = node else { return BTreeMap::new() };
    let mapped = node.entries().iter().map(|it| {
        let text = it.value.as_str().unwrap_or_default();
        (it.key.clone(), (!text.is_empty()).then(|| value(text)))
    });
    let listed = node.items().iter().filter_map(|it| it.as_str());
    let listed = listed.map(|it| match it.split_once('=') {
        Some((name, text)) => (name.to_owned(), Some(value(text))),
        None => (it.to_owned(), None),
    });
    mapped.chain(listed).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The builds of a file, one per line: line, Dockerfile, context, target and arguments.
    pub(super) fn builds(path: &str, text: &str) -> Vec<String> {
        let callers = read(&RepoPath::new(path).unwrap(), text);
        let builds = callers.builds.iter().map(|it| {
            let context = match &it.context {
                BuildContext::Folder(it) => it.to_string(),
                BuildContext::Elsewhere(it) => format!("<{it}>"),
            };
            let target = it.target.as_deref().map_or(String::new(), |it| format!(" {it}"));
            let argument = |(name, value): (&String, &Option<String>)| {
                format!(" {name}={}", value.as_deref().unwrap_or("?"))
            };
            let arguments: String = it.arguments.iter().map(argument).collect();
            format!("{} {} {context}{target}{arguments}", it.place.line, it.dockerfile)
        });
        let lost = callers.unresolved.iter().map(|it| format!("{} lost", it.0.line));
        builds.chain(lost).collect()
    }

    #[test]
    fn a_file_with_tabs_is_a_problem_with_its_line() {
        let text = "services:\n\ta: b\n";
        let callers = read(&RepoPath::new("compose.yml").unwrap(), text);
        assert_eq!(callers.problems[0].line, Some(2));
        // A file that was only mentioned may be anything.
        assert!(read(&RepoPath::new("config.yml").unwrap(), text).problems.is_empty());
    }
}
