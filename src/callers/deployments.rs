//! Files that start images outside of compose: manifests of Kubernetes and Helm, task definitions of ECS,
//! Nomad and Terraform, and the files of platforms such as Fly, Heroku, Railway and Render.
//!
//! Their formats are many; what is asked of them are names: of images, and of what is called in them.

use std::collections::{BTreeSet, HashMap, HashSet};

use elsa::sync::FrozenMap;

use super::{
    Build, Caller, PodCommand, image_name, is_manifest_of_pods,
    platforms::Format,
    pods::{Claims, has_patches, without_comment},
    published,
    values::{Values, has_values, is_helmfile, is_values},
};
use crate::{
    ecosystems::images,
    project::{File, Project},
    text::{Place, RepoPath},
};

/// A file that starts images.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deployment {
    /// The file.
    pub path: RepoPath,
    /// Who reads it.
    pub reader: Reader,
    /// The images that it names, as [`image_name`] has them.
    images: Vec<String>,
    /// True if it has the values of a chart, or patches.
    is_values: bool,
    /// True if it names an image by a variable, or none at all, as a platform does that builds it itself.
    is_open: bool,
    /// The number of the first deployment that has the same text.
    like: usize,
}

/// Who reads a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reader {
    /// Kubernetes, be it through Helm.
    Kubernetes,
    /// ECS, Cloud Run, Nomad and their like, which start images by name.
    Cluster,
    /// A platform that builds the image itself.
    Platform,
    /// Docker, told by Ansible and the like.
    Docker,
}

/// The names of files by which platforms start what they build, without their extensions.
///
/// <https://devcenter.heroku.com/articles/build-docker-images-heroku-yml>, <https://fly.io/docs/reference/configuration/>,
/// <https://docs.railway.com/reference/config-as-code>, <https://render.com/docs/blueprint-spec>
const PLATFORMS: [(&str, &[&str]); 6] = [
    ("Procfile", &[""]),
    ("app", &["json"]),
    ("fly", &["toml", "json"]),
    ("heroku", &["yml"]),
    ("railway", &["json", "toml"]),
    ("render", &["yaml"]),
];

/// Returns true if a file of this path may start images, by its name: its text decides.
pub fn is_deployment(path: &RepoPath) -> bool {
    let name = path.file_name();
    let (_, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    let json = extension == "json"
        && ["task", "ecs", "container", "definition"].iter().any(|it| name.contains(it));
    // Templates of Unraid are XML, of which there is much else.
    let is_template = extension == "xml"
        && (name.starts_with("my-") || path.as_str().to_lowercase().contains("unraid"));
    is_platform(name)
        || json
        || matches!(extension, "container" | "hcl" | "nomad" | "service" | "tf")
        || is_template
        || is_values(name)
        || is_helmfile(path)
        || name.ends_with(".yaml.gotmpl")
        || name == "Kustomization"
        || (extension == "json" && name.contains("patch"))
}

fn is_platform(name: &str) -> bool {
    let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
    let extension = extension.rsplit('.').next().unwrap_or_default();
    PLATFORMS.iter().any(|it| it.0 == stem && (it.1.contains(&extension) || stem == "Procfile"))
}

/// Returns true if a file of this path and text may have values of a chart, or patches of a manifest.
pub fn may_complete(path: &RepoPath, text: &str) -> bool {
    let sets = ["image:", "repository:", "ecurityContext:"].iter().any(|it| text.contains(it));
    sets || has_patches(path.file_name(), text) || has_values(path, text)
}

/// Returns true if a text has lines that run something in a container.
pub fn runs_containers(text: &str) -> bool {
    (text.contains(" run ") || text.contains(" exec "))
        && ["docker", "podman", "nerdctl"].iter().any(|it| text.contains(it))
}

impl Deployment {
    fn of(file: &File, values: &Values) -> Option<Self> {
        let name = file.path.file_name();
        let text = &file.text;
        let pods = is_manifest_of_pods(file);
        let values = values.has(file) || has_patches(name, text);
        let platform = is_platform(name);
        let format = Format::of(&file.path, text);
        let reader = match (pods || values, format) {
            (true, _) => Reader::Kubernetes,
            (false, Some(it)) => it.reader(text),
            (false, None) if platform => Reader::Platform,
            (false, None) => return None,
        };
        let mut images = Vec::new();
        let mut is_open = false;
        for image in text.lines().map(without_comment).flat_map(named_images) {
            match image_name(image) {
                Some(it) => images.push(it),
                None => is_open = true,
            }
        }
        is_open |= reader == Reader::Platform || images.is_empty();
        images.sort();
        images.dedup();
        let (path, is_values) = (file.path.clone(), values && !pods);
        Some(Self { path, reader, images, is_values, is_open, like: 0 })
    }

    /// Whether it names an image that is not well known, or none.
    pub(super) fn may_be_of_project(&self) -> bool {
        self.is_open || self.images.iter().any(|it| !images::named(it).is_listed())
    }

    /// Whether it starts images by their names, which somebody has built.
    pub(super) fn starts_by_name(&self) -> bool {
        matches!(self.reader, Reader::Kubernetes | Reader::Cluster)
    }

    /// The number of the first deployment that has the same text.
    pub(super) fn like(&self) -> usize {
        self.like
    }

    /// Whether it has the values of a chart, or patches, of which it is not told what container they are for.
    pub(super) fn is_values(&self) -> bool {
        self.is_values
    }

    /// The folder of the chart that it is part of, or else its own.
    pub(super) fn chart(&self) -> RepoPath {
        let templates = self.path.ancestors().find(|it| it.file_name() == "templates");
        let chart = templates.unwrap_or_else(|| self.path.clone()).parent();
        chart.unwrap_or(RepoPath::root())
    }

    /// What it is found by: the ends of the names of its images, or the whole name of one that a folder with a
    /// Dockerfile has; if it names none that is known, its folders and the beginnings of the names in its path.
    fn keys(&self, folders: &HashSet<String>) -> Vec<Key> {
        let mut keys: Vec<Key> = Vec::new();
        for image in &self.images {
            let ends = image.match_indices('-').map(|it| image[it.0 + 1..].to_owned());
            let ends = ends.filter(|_| !folders.contains(image));
            keys.extend(ends.chain([image.clone()]).map(Key::Image));
        }
        if self.is_open {
            let folder = self.path.parent().unwrap_or(RepoPath::root());
            let above = folder.ancestors().filter(|it| !it.is_root() || folder.is_root());
            keys.extend(above.map(Key::Folder));
            let path = self.path.as_str().to_lowercase().replace(['_', '.'], "-");
            for part in path.split('/') {
                let starts = part.match_indices('-').map(|it| part[..it.0].to_owned());
                keys.extend(starts.chain([part.to_owned()]).map(Key::Part));
            }
        }
        keys
    }
}

/// The first folder of a path: the files of one application are in one folder of the project.
pub(super) fn top(path: &RepoPath) -> &str {
    path.as_str().split('/').next().unwrap_or_default()
}

/// The images that manifests and values of Kubernetes name, for what names none itself.
#[derive(Default)]
struct Completing<'d> {
    /// Those of values, by the folder of their chart.
    by_chart: HashMap<RepoPath, BTreeSet<&'d String>>,
    /// Those of manifests, by the folder of their application.
    by_top: HashMap<&'d str, BTreeSet<&'d String>>,
}

impl<'d> Completing<'d> {
    fn new(deployments: &'d [Deployment]) -> Self {
        let mut known = Self::default();
        for it in deployments.iter().filter(|it| it.reader == Reader::Kubernetes) {
            let into = match it.is_values {
                true => known.by_chart.entry(it.chart()).or_default(),
                false => known.by_top.entry(top(&it.path)).or_default(),
            };
            into.extend(&it.images);
        }
        known
    }

    /// The images of what a deployment completes: those of the values beside it, or else of the manifests of its
    /// application.
    fn of(&self, deployment: &Deployment) -> Vec<String> {
        let beside = self.by_chart.get(&deployment.chart()).filter(|it| !it.is_empty());
        let images = beside.or_else(|| self.by_top.get(top(&deployment.path)));
        images.into_iter().flatten().map(|it| (*it).clone()).collect()
    }
}

/// A line of a file that starts images.
#[derive(Clone, Copy)]
pub struct Said<'a> {
    file: &'a File,
    line: usize,
    /// Its text.
    pub text: &'a str,
}

impl Said<'_> {
    /// Its place.
    pub fn place(&self) -> Place {
        self.file.line(self.line)
    }
}

/// What a deployment is found by.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Key {
    Image(String),
    Folder(RepoPath),
    Part(String),
}

/// The names that images of Dockerfiles go by.
#[derive(Default)]
struct Names(FrozenMap<RepoPath, Vec<String>>);

/// The deployments of a project.
#[derive(Default)]
pub(super) struct Deployments {
    pub(super) all: Vec<Deployment>,
    by_key: HashMap<Key, Vec<usize>>,
}

impl Deployments {
    pub(super) fn new(project: &Project) -> Self {
        let values = Values::of(project);
        let mut all: Vec<_> =
            project.files().filter_map(|it| Deployment::of(it, &values)).collect();
        let completing = Completing::new(&all);
        let unnamed = all.iter().enumerate().filter(|(_, it)| it.is_values && it.images.is_empty());
        let named: Vec<_> = unnamed.map(|(at, it)| (at, completing.of(it))).collect();
        for (at, images) in named {
            all[at].is_open &= images.is_empty();
            all[at].images.extend(images);
        }
        let mut texts: HashMap<&str, usize> = HashMap::new();
        for (at, it) in all.iter_mut().enumerate() {
            let text = project.file(it.path.as_str()).map_or("", |it| &it.text);
            it.like = *texts.entry(text).or_insert(at);
        }
        let folders = project.dockerfiles().filter_map(|it| it.0.path.parent());
        let folders = folders.filter_map(|it| image_name(it.file_name())).collect();
        let mut by_key: HashMap<Key, Vec<usize>> = HashMap::new();
        for (at, it) in all.iter().enumerate() {
            it.keys(&folders).into_iter().for_each(|key| by_key.entry(key).or_default().push(at));
        }
        Self { all, by_key }
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Deployment> {
        self.all.iter()
    }

    /// Those that may start images of this Dockerfile, which go by these names; if it is the only one of the
    /// project, all that name an image which is not well known, or none.
    fn of(&self, dockerfile: &RepoPath, names: &[String], alone: bool) -> Vec<&Deployment> {
        let found = self.found(dockerfile, names).into_iter();
        let any = self.all.iter().enumerate().filter(|(_, it)| alone && it.may_be_of_project());
        let all: BTreeSet<usize> = found.chain(any.map(|it| it.0)).collect();
        all.into_iter().filter_map(|it| self.all.get(it)).collect()
    }

    /// The numbers of those that are found by the names and the folder of a Dockerfile.
    pub(super) fn found(&self, dockerfile: &RepoPath, names: &[String]) -> BTreeSet<usize> {
        let of_images = names.iter().cloned().map(Key::Image);
        let of_parts = names.iter().cloned().map(Key::Part);
        let folder = Key::Folder(dockerfile.parent().unwrap_or(RepoPath::root()));
        let keys = of_images.chain(of_parts).chain([folder]);
        keys.filter_map(|it| self.by_key.get(&it)).flatten().copied().collect()
    }
}

/// The values of `image:`, `"image":`, `image =` and `repository:` on a line.
fn named_images(line: &str) -> Vec<&str> {
    let mut found = Vec::new();
    for key in ["image", "repository", "Image"] {
        for (at, _) in line.match_indices(key) {
            let starts = line[..at].chars().next_back().is_none_or(|it| !it.is_alphanumeric());
            let rest = line[at + key.len()..].trim_start_matches(['"', '\'', ' ']);
            let Some(rest) = rest.strip_prefix([':', '=']).filter(|_| starts) else { continue };
            let value = rest.trim_start_matches([' ', '"', '\'']);
            let end = value.find([',', '"', '\'', ' ', '#']).unwrap_or(value.len());
            found.extend(Some(value[..end].trim()).filter(|it| !it.is_empty()));
        }
    }
    found
}

impl Project {
    /// The deployments that may start images of this Dockerfile, each with its file.
    pub fn deployments(&self, dockerfile: &RepoPath) -> Vec<(&Deployment, &File)> {
        self.deployments_of(dockerfile, self.names(dockerfile))
    }

    /// The names that images of a Dockerfile go by, as far as that can be told; found once.
    pub(super) fn names(&self, dockerfile: &RepoPath) -> &[String] {
        let Names(known) = self.places().get(Names::default);
        let found = known.get(dockerfile);
        found.unwrap_or_else(|| known.insert(dockerfile.clone(), self.find_names(dockerfile)))
    }

    fn find_names(&self, dockerfile: &RepoPath) -> Vec<String> {
        let mut names: Vec<String> = Vec::new();
        let builds = self.builds(dockerfile).iter();
        names.extend(builds.flat_map(|it: &Build| it.tags.iter().cloned()));
        names.extend(self.services(dockerfile).iter().filter_map(|it| image_name(&it.1.name)));
        names.extend(published::names(self, dockerfile));
        names.sort();
        names.dedup();
        names
    }

    /// What manifests of Kubernetes start in containers that may run images of this Dockerfile, each with its place.
    pub fn pod_commands(&self, dockerfile: &RepoPath) -> Vec<(Place, &PodCommand)> {
        let names = self.names_for_pods(dockerfile);
        let all = self.manifests(dockerfile, names).into_iter();
        let said = all.flat_map(|(_, file, claims)| {
            let images = self.without_others(&claims.images, names);
            let commands = claims.commands(&images, names);
            commands.map(|it| (file.line(it.line), it)).collect::<Vec<_>>()
        });
        said.collect()
    }

    /// The names of a Dockerfile's images, if there is a deployment that may have one of them.
    pub(super) fn names_for_pods(&self, dockerfile: &RepoPath) -> &[String] {
        if self.all_deployments().all.is_empty() { &[] } else { self.names(dockerfile) }
    }

    /// The manifests and values of Kubernetes that may start images of these names.
    pub(super) fn manifests(
        &self,
        dockerfile: &RepoPath,
        names: &[String],
    ) -> Vec<(&Deployment, &File, &Claims)> {
        let all = self.deployments_of(dockerfile, names).into_iter();
        let all = all.filter(|it| it.0.reader == Reader::Kubernetes);
        all.map(|(it, file)| (it, file, Claims::of(file, it.is_values))).collect()
    }

    pub(super) fn deployments_of(
        &self,
        dockerfile: &RepoPath,
        names: &[String],
    ) -> Vec<(&Deployment, &File)> {
        let alone = self.has_one_dockerfile();
        let own = self.all_deployments().of(dockerfile, names, alone).into_iter();
        own.filter_map(|it| Some((it, self.file(it.path.as_str())?.as_ref()))).collect()
    }

    /// The lines of files that start images of this Dockerfile, besides compose files and what CI and scripts
    /// run: deployments, of those with one text the first, and development containers that build it.
    pub fn said_elsewhere(&self, dockerfile: &RepoPath) -> impl Iterator<Item = Said<'_>> {
        let mut seen = HashSet::new();
        let deployed = self.deployments(dockerfile).into_iter();
        let deployed = deployed.filter(|it| seen.insert(it.0.like)).map(|it| it.1);
        let developed =
            self.builds(dockerfile).iter().filter(|it| matches!(it.caller, Caller::Devcontainer));
        let developed = developed.filter_map(|it| self.file(it.place.path.as_str()));
        let mut files: Vec<&File> = deployed.chain(developed.map(AsRef::as_ref)).collect();
        files.sort_by_key(|it| &it.path);
        files.dedup_by_key(|it| &it.path);
        let lines = files.into_iter().flat_map(|file| {
            let lines = file.text.lines().enumerate();
            lines.map(move |(at, text)| Said { file, line: at + 1, text })
        });
        lines.filter(|it| !it.text.trim_start().starts_with(['#', '/', ';']))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text).unwrap()
    }

    fn project(files: &[(&str, &str)]) -> Project {
        Project::new(files.iter().map(|it| (path(it.0), it.1.to_owned())))
    }

    #[test]
    fn deployments_with_the_same_text_are_listened_to_once() {
        let pod = "kind: Pod\nspec:\n  containers:\n  - image: me/shop\n";
        let other = format!("{pod}    args: [serve]\n");
        let project = project(&[
            ("shop/Dockerfile", "FROM scratch\n"),
            ("till/Dockerfile", "FROM scratch\n"),
            ("a/pod.yaml", pod),
            ("b/pod.yaml", pod),
            ("c/pod.yaml", &other),
        ]);
        let dockerfile = path("shop/Dockerfile");
        assert_eq!(project.deployments(&dockerfile).len(), 3);
        let said = project.said_elsewhere(&dockerfile).map(|it| it.place().path.to_string());
        let said: BTreeSet<String> = said.collect();
        assert_eq!(said.into_iter().collect::<Vec<_>>(), ["a/pod.yaml", "c/pod.yaml"]);
    }

    #[test]
    fn deployments_that_fit_nothing_are_the_same_if_their_charts_are() {
        let template = "kind: Pod\nspec:\n  containers:\n  - image: me/unknown\n";
        let group =
            "kind: Pod\nspec:\n  securityContext: {fsGroup: 7}\n  containers:\n  - image: me/x\n";
        let project = project(&[
            ("shop/Dockerfile", "FROM scratch\n"),
            ("till/Dockerfile", "FROM scratch\n"),
            ("a/templates/pod.yaml", template),
            ("b/templates/pod.yaml", template),
            ("c/templates/group.yaml", group),
            ("c/templates/pod.yaml", template),
            ("d/templates/pod.yaml", template),
            ("d/values.yaml", "tag: 1\n"),
            ("e/templates/group.yaml", group),
            ("e/templates/pod.yaml", template),
        ]);
        let dockerfile = path("shop/Dockerfile");
        let guessed = project.guessed_deployments(&dockerfile).into_iter();
        let guessed: Vec<&str> = guessed.map(|it| it.0.path.as_str()).collect();
        let expected = [
            "a/templates/pod.yaml",
            "c/templates/group.yaml",
            "c/templates/pod.yaml",
            "d/templates/pod.yaml",
            "e/templates/group.yaml",
            "e/templates/pod.yaml",
        ];
        assert_eq!(guessed, expected);
    }

    #[test]
    fn what_names_no_image_completes_the_values_beside_it_or_its_application() {
        let values = |images: &[&str], file: &str| Deployment {
            path: path(file),
            reader: Reader::Kubernetes,
            images: images.iter().map(|it| (*it).to_owned()).collect(),
            is_values: file.contains("values"),
            is_open: false,
            like: 0,
        };
        let all = [
            values(&["shop"], "a/chart/values.yaml"),
            values(&[], "a/chart/values-prod.yaml"),
            values(&["till"], "a/pod.yaml"),
            values(&[], "a/other/values.yaml"),
            values(&[], "b/values.yaml"),
        ];
        let completing = Completing::new(&all);
        let found: Vec<Vec<String>> = all.iter().map(|it| completing.of(it)).collect();
        let expected: [&[&str]; 5] = [&["shop"], &["shop"], &["till"], &["till"], &[]];
        assert_eq!(found, expected);
    }
}
