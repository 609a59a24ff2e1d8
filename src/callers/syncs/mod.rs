//! Tools that copy changed files into running containers while people develop: Skaffold, Tilt, `DevSpace`, Okteto and
//! Garden. Compose does the same by `develop.watch`, which [`service`](super::service) reads.
//!
//! All of them write in the container as the user that it runs as. Skaffold's documentation says so ("File Sync",
//! "Limitations"), and what Tilt says of a failed update does ("That the container image default user has write access to
//! the files"); the helpers of the others are started in the container, as `kubectl exec` starts them.

mod tilt;

use std::sync::Arc;

use super::{
    Callers, image_name,
    pods::{goes_by, is_named},
    script::locate,
};
use crate::{
    project::Project,
    text::{Place, RepoPath},
    yaml::Node,
};

/// Files that a tool copies into a running container.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sync {
    /// The place that says so.
    pub place: Place,
    /// The folder in the container, as it is written there; `None` if the tool finds it out.
    pub to: Option<String>,
    /// The stage that is built, if one is named.
    target: Option<String>,
    /// The Dockerfiles that the image may be built from, as paths can be understood in two ways; none if none is named.
    dockerfiles: Vec<RepoPath>,
    /// The names of the image and of what runs it, as [`image_name`] has them.
    names: Vec<String>,
}

/// Tools that are told in YAML, each by the beginning or the end of the names of its files.
const TOLD_IN_YAML: [&str; 3] = ["devspace", "okteto", "garden"];

/// Words that the files have for their own parts, sorted.
const STRUCTURE: [&str; 12] = [
    "actions",
    "build",
    "containers",
    "deploy",
    "dev",
    "image",
    "images",
    "outputs",
    "runtime",
    "services",
    "spec",
    "tag",
];

/// How deep documents are looked into.
const DEPTH: usize = 16;

/// Returns true if a file of this path is one of the tools that are not known for anything else here.
pub fn may_sync(path: &RepoPath) -> bool {
    tilt::is_tiltfile(path) || is_told_in_yaml(path)
}

/// `devspace.yaml`, `okteto.dev.yml`, `.okteto/okteto.yml`, `web.garden.yml`.
pub(super) fn is_told_in_yaml(path: &RepoPath) -> bool {
    let name = path.file_name();
    let Some((stem, "yaml" | "yml")) = name.rsplit_once('.') else { return false };
    stem.split(['.', '-']).any(|it| TOLD_IN_YAML.contains(&it))
}

/// Reads a Tiltfile.
pub(super) fn read_tiltfile(path: &RepoPath, text: &str, into: &mut Callers) {
    if tilt::is_tiltfile(path) {
        into.syncs.extend(tilt::read(path, text));
    }
}

/// Reads the synced files of an artifact of Skaffold, which is built from one of these Dockerfiles.
///
/// <https://skaffold.dev/docs/references/yaml/>: `sync` has `manual`, `infer` or `auto`; in old versions it is a mapping
/// from patterns to folders.
pub(super) fn read_artifact(
    path: &RepoPath,
    artifact: &Arc<Node>,
    dockerfiles: Vec<RepoPath>,
    target: Option<String>,
    into: &mut Callers,
) {
    let Some(sync) = artifact.entries().iter().find(|it| it.key == "sync") else { return };
    let way = sync.value.entries().iter().find(|it| match it.key.as_str() {
        "auto" => it.value.as_str() != Some("false"),
        "hooks" => false,
        _ => it.value.as_str().is_some() || !it.value.items().is_empty(),
    });
    let Some(way) = way else { return };
    let mut rules = way.value.items().iter();
    into.syncs.push(Sync {
        place: Place::line(path, sync.line),
        to: rules.find_map(|it| it.text("dest")).map(str::to_owned),
        target,
        dockerfiles,
        names: artifact.text("image").and_then(image_name).into_iter().collect(),
    });
}

/// Reads what a file of `DevSpace`, Okteto or Garden has copied.
///
/// devspace.sh/docs/configuration/dev, okteto.com/docs/reference/okteto-manifest, docs.garden.io/guides/code-synchronization
pub(super) fn read_yaml(path: &RepoPath, _: &str, root: &Arc<Node>, into: &mut Callers) {
    let reader = Reader { path, root };
    reader.below(root, &[], 0, into);
}

struct Reader<'a> {
    path: &'a RepoPath,
    root: &'a Arc<Node>,
}

impl Reader<'_> {
    /// Reads below a node that stands under these names.
    fn below(&self, node: &Arc<Node>, above: &[String], depth: usize, into: &mut Callers) {
        // A `devImage` takes the place of the project's own.
        if depth > DEPTH || node.get("devImage").is_some() {
            return;
        }
        let mut named = above.to_vec();
        named.extend(names_in(node));
        for entry in node.entries() {
            if matches!(entry.key.as_str(), "sync" | "devMode") {
                if !entry.value.entries().is_empty() || !entry.value.items().is_empty() {
                    self.add(entry.line, &entry.value, &named, into);
                }
                continue;
            }
            let mut named = named.clone();
            named.extend(named_by(&entry.key));
            self.below(&entry.value, &named, depth + 1, into);
        }
        node.items().iter().for_each(|it| self.below(it, &named, depth + 1, into));
    }

    /// Adds what `sync` says, for each of its rules that names a container of its own.
    fn add(&self, line: usize, sync: &Arc<Node>, named: &[String], into: &mut Callers) {
        let rules: Vec<&Arc<Node>> = match sync.get("paths") {
            Some(it) => it.items().iter().collect(),
            None => sync.items().iter().collect(),
        };
        let mut known: Vec<Vec<String>> = Vec::new();
        for rule in rules {
            let names: Vec<String> = named.iter().cloned().chain(names_in(rule)).collect();
            if known.contains(&names) {
                continue;
            }
            into.syncs.push(Sync {
                place: Place::line(self.path, line),
                to: folder(rule),
                target: self.target(&names),
                dockerfiles: self.dockerfiles(&names),
                names: names.clone(),
            });
            known.push(names);
        }
    }

    /// The builds that the file has under these names.
    fn builds<'n>(&'n self, names: &'n [String]) -> impl Iterator<Item = &'n Arc<Node>> {
        let lists = ["images", "build"].iter().filter_map(|it| self.root.get(it));
        let builds = lists.flat_map(|it| it.entries());
        let is_named = |key: &str| image_name(key).is_some_and(|it| names.contains(&it));
        builds.filter(move |it| is_named(&it.key)).map(|it| &it.value)
    }

    /// The stage that the builds of these names name, if they agree.
    fn target(&self, names: &[String]) -> Option<String> {
        let mut targets =
            self.builds(names).map(|it| it.text("target").filter(|it| !it.is_empty()));
        let first = targets.next().flatten()?;
        targets.all(|it| it == Some(first)).then(|| first.to_owned())
    }

    /// The Dockerfiles of the builds of these names.
    fn dockerfiles(&self, names: &[String]) -> Vec<RepoPath> {
        let folder = self.path.parent();
        let found = self.builds(names).flat_map(|it| {
            let text = |key: &str| it.text(key).filter(|it| !it.is_empty());
            let context = locate(folder.as_ref(), text("context").unwrap_or("."));
            let dockerfile = text("dockerfile").unwrap_or("Dockerfile");
            let beside = locate(folder.as_ref(), dockerfile).filter(|_| dockerfile != "Dockerfile");
            [context.and_then(|it| locate(Some(&it), dockerfile)), beside]
        });
        found.flatten().collect()
    }
}

/// The names that a node has for the image and for what runs it.
fn names_in(node: &Node) -> Vec<String> {
    let keys = ["name", "image", "imageName", "imageSelector", "build", "containerName"];
    let said = keys.iter().filter_map(|it| node.text(it));
    let target = ["target", "defaultTarget"].iter().filter_map(|it| node.get(it)?.text("name"));
    said.chain(target).flat_map(names_of).collect()
}

/// The names that a text has: an image's own, or those of a variable of the tool, as in `${runtime.images.web}`,
/// `${OKTETO_BUILD_WEB_IMAGE}` and `${actions.build.web.outputs.image}`.
fn names_of(text: &str) -> Vec<String> {
    if !text.contains(['$', '(', '{']) {
        return image_name(text).into_iter().collect();
    }
    let words = text.split(|it: char| !(it.is_ascii_alphanumeric() || matches!(it, '-' | '_')));
    let words = words.map(|it| {
        let built = it.strip_prefix("OKTETO_BUILD_").and_then(|it| it.strip_suffix("_IMAGE"));
        built.unwrap_or(it)
    });
    words.filter_map(named_by).collect()
}

/// The name that a word of a file has for an image, if it is not part of the file's structure.
fn named_by(word: &str) -> Option<String> {
    image_name(word).filter(|it| STRUCTURE.binary_search(&it.as_str()).is_err())
}

/// The folder in the container that a rule names: `containerPath` or `target`, or the end of `local:remote`.
fn folder(rule: &Node) -> Option<String> {
    let pair = rule.as_str().or_else(|| rule.text("path"));
    let end = pair.map(|it| it.rsplit_once(':').map_or(it, |it| it.1));
    ["containerPath", "target"].iter().find_map(|it| rule.text(it)).or(end).map(str::to_owned)
}

impl Project {
    /// What is copied into a running container of an image of this Dockerfile, whose stage `is_meant` accepts; the image
    /// may be another one where nothing in the project goes by its name.
    pub fn synced(
        &self,
        dockerfile: &RepoPath,
        is_meant: &dyn Fn(Option<&str>) -> bool,
    ) -> Option<&Sync> {
        self.syncs()
            .iter()
            .find(|it| is_meant(it.target.as_deref()) && self.is_about(it, dockerfile))
    }

    fn is_about(&self, sync: &Sync, dockerfile: &RepoPath) -> bool {
        let has =
            |path: &RepoPath| self.file(path.as_str()).is_some_and(|it| it.dockerfile().is_some());
        if sync.dockerfiles.iter().any(has) {
            return sync.dockerfiles.contains(dockerfile);
        }
        let named = |path: &RepoPath| {
            let own = self.names(path);
            sync.names.iter().any(|it| goes_by(it, own) || is_named(it, own))
        };
        let folder = sync.place.path.parent().unwrap_or(RepoPath::root());
        let is_of_another = || self.dockerfiles().any(|it| named(&it.0.path));
        named(dockerfile) || (dockerfile.strip_prefix(&folder).is_some() && !is_of_another())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::callers::read;

    /// The synced files of a text, one per line: line, folder, Dockerfiles, names.
    pub(super) fn seen(path: &str, text: &str) -> Vec<String> {
        let callers = read(&RepoPath::new(path).unwrap(), text);
        let one = |it: &Sync| {
            let dockerfiles: Vec<_> = it.dockerfiles.iter().map(ToString::to_string).collect();
            let to = it.to.as_deref().unwrap_or("?");
            format!("{} {to} {} {}", it.place.line, dockerfiles.join(","), it.names.join(","))
        };
        callers.syncs.iter().map(one).collect()
    }

    #[test]
    fn artifacts_sync() {
        let text = "build:\n  artifacts:\n  - image: me/web\n    context: web\n    sync:\n      manual:\n      - {src: 'a/**', dest: .}\n  \
                    - image: b\n    sync: {infer: ['**/*.py']}\n  - image: c\n    sync: {infer: []}\n  - image: d\n    sync: {auto: false}\n  \
                    - image: e\n    custom: {buildCommand: make}\n    sync: {'*.py': .}\n";
        assert_eq!(
            seen("skaffold.yaml", text),
            ["5 . web/Dockerfile web", "9 ? Dockerfile b", "16 ?  e"]
        );
    }

    #[test]
    fn other_tools_sync() {
        let devspace = "images:\n  web:\n    image: me/shop\n    context: ./web\ndev:\n  web:\n    imageSelector: ${runtime.images.web}\n    \
                        sync:\n    - path: ./web:/app\n  db:\n    devImage: postgres\n    sync:\n    - path: ./:/db\n";
        assert_eq!(seen("devspace.yaml", devspace), ["8 /app web/Dockerfile web,web"]);
        let old = "dev:\n  sync:\n  - imageSelector: me/web\n    containerPath: /app\n  - imageSelector: me/api\n";
        assert_eq!(seen("devspace.yaml", old), ["2 /app  web", "2 ?  api"]);
        let okteto = "build:\n  api: {context: api, dockerfile: Dockerfile.prod, target: dev}\ndev:\n  api:\n    image: ${OKTETO_BUILD_API_IMAGE}\n    \
                      sync:\n    - api:/usr/src/app\n";
        assert_eq!(
            seen("okteto.yml", okteto),
            ["6 /usr/src/app api/Dockerfile.prod,Dockerfile.prod api,api"]
        );
        let garden = "kind: Deploy\nname: web\nspec:\n  sync:\n    paths:\n    - target: /app/src\n      source: src\n";
        assert_eq!(seen("web.garden.yml", garden), ["4 /app/src  web"]);
    }
}
