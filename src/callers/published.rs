//! Compose services that run a published image: one that nothing in the project builds. Most compose files that
//! are written for users name the project's own image in this way, with the mounts that it needs.
//!
//! Whose image it is has to be judged, by the folders that a service mounts or names, by the image's name, or
//! because there is no other Dockerfile. Images that are well known are never the project's own.

use std::{
    collections::{BTreeSet, HashMap, HashSet},
    sync::{Arc, OnceLock},
};

use super::{image_name, service::Service};
use crate::{
    ecosystems::{self, FileKind, files, images},
    project::{File, Project},
    text::{ImagePath, RepoPath},
};

/// The services that may run the image of a Dockerfile by its published name.
#[derive(Debug, Default)]
pub struct Published<'a> {
    /// Those whose image has a name of the project's own, each with its file. Its registry and owner may be others.
    pub services: Vec<&'a (RepoPath, Arc<Service>)>,
    /// Those that mount or name a folder of its own, or that run the only image which may be meant.
    pub guessed: Vec<&'a (RepoPath, Arc<Service>)>,
    /// True if there are others, and nothing tells whose image they run.
    pub has_others: bool,
}

/// Where the services of published images are found, for each snapshot.
///
/// The scope of a compose file is the nearest folder above it that has a Dockerfile in it or below.
#[derive(Default)]
struct Index {
    /// How many Dockerfiles are in a folder or below it.
    dockerfiles: HashMap<RepoPath, usize>,
    by_scope: HashMap<RepoPath, Vec<usize>>,
    by_trait: HashMap<(RepoPath, Trait), Vec<usize>>,
}

/// Whose the repository of a project is, and what it is called, as its manifests and guides say.
#[derive(Default)]
pub(super) struct Owners(HashSet<(String, String)>);

/// What stands before the owner and the name of a repository.
const HOSTS: [&str; 6] =
    ["bitbucket.org/", "codeberg.org/", "github.com/", "github.com:", "gitlab.com/", "gitlab.com:"];

impl Owners {
    /// The owners of a project; found once.
    pub(super) fn of(project: &Project) -> &Self {
        project.surroundings().get(|| Self::read(project))
    }

    fn read(project: &Project) -> Self {
        let manifests = files().filter(|it| it.kind == FileKind::Manifest).map(|it| it.pattern);
        let manifests = manifests.filter_map(|it| project.file(it));
        let own = ["\"repository\"", "\"url\"", "module ", "repository", "homepage", "source"];
        let said = manifests.flat_map(|it| it.text.lines()).filter(|line| {
            let line = line.trim_start().to_lowercase();
            own.iter().any(|it| line.starts_with(it))
        });
        let guide = RepoPath::new("README.md").and_then(|it| project.source(&it));
        let cloned = guide.iter().flat_map(|it| it.text.lines());
        let cloned = cloned.filter(|it| it.contains("git clone "));
        let lines: Vec<&str> = said.chain(cloned).collect();
        let found = lines.into_iter().filter_map(|line| {
            let rest = HOSTS.iter().find_map(|it| Some(line.split_once(it)?.1))?;
            let mut parts = rest.split(['/', '"', '\'', ' ', '`', ')']);
            let owner = parts.next()?.to_lowercase();
            let name = image_name(parts.next()?.trim_end_matches(".git"))?;
            Some((owner, name))
        });
        Self(found.filter(|it| !it.0.contains(['<', '$', '{'])).collect())
    }

    /// Returns true if a service runs an image of another owner and of another name than these and those that the
    /// project goes by.
    fn rule_out(&self, names: &[String], service: &Service) -> bool {
        let image = service.image.as_deref().unwrap_or_default();
        let Some((above, _)) = image.rsplit_once('/').filter(|it| !it.0.contains('$')) else {
            return false;
        };
        let owner = above.rsplit('/').next().unwrap_or(above).to_lowercase();
        let name = image_name(image).unwrap_or_default();
        let tells = self.names().chain(names).any(|it| !is_general(it));
        tells && !self.may_call(names, &name) && !self.have(&owner)
    }

    /// Whether this is the owner of a repository.
    pub(super) fn have(&self, owner: &str) -> bool {
        self.0.iter().any(|it| it.0 == owner)
    }

    /// Whether an image of the project may have a name, by these names and those of its repository.
    pub(super) fn may_call(&self, names: &[String], image: &str) -> bool {
        let mut known = self.names().chain(names).filter(|it| !is_general(it));
        known.any(|it| shares_word(it, image))
    }

    fn names(&self) -> impl Iterator<Item = &String> {
        self.0.iter().map(|it| &it.1)
    }
}

/// Names that many projects and parts of projects have, and that tell nothing of their images.
const GENERAL: [&str; 16] = [
    "api", "app", "backend", "bot", "client", "cmd", "docker", "frontend", "main", "project",
    "server", "service", "src", "ui", "web", "worker",
];

/// Whether a name consists of words only that tell nothing.
fn is_general(name: &str) -> bool {
    words(name).all(|it| it.len() < 2 || GENERAL.contains(&it))
}

fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(['-', '_', '.'])
}

/// Whether two names have a word in common that tells something, perhaps as a part of one: `shopapi` of `shop`.
fn shares_word(name: &str, other: &str) -> bool {
    let tells = |it: &&str| 2 < it.len() && !GENERAL.contains(it);
    let mut own = words(name).filter(tells);
    own.any(|own| words(other).filter(tells).any(|it| it.contains(own) || own.contains(it)))
}

/// What tells whose image a service runs.
#[derive(PartialEq, Eq, Hash)]
enum Trait {
    /// The end of the image's name.
    Name(String),
    /// A folder that it mounts or names, or one above it.
    Folder(String),
}

/// Returns true if a guide tells people to start an image which they have by a name that nothing here gives it: one
/// that is only an example.
fn is_example(service: &Service) -> bool {
    let image = service.image.as_deref().unwrap_or_default();
    service.is_run && !image.contains(['/', '$', '<', '{'])
}

/// Returns true if a service names an image that may be the project's own.
pub(super) fn is_candidate(service: &Service) -> bool {
    service.image.as_deref().is_some_and(|image| {
        let bare = image_name(image);
        let is_listed = |it: &str| images::named(it).is_listed();
        !is_listed(image) && !bare.as_deref().is_some_and(is_listed) && !images::is_of_vendor(image)
    })
}

impl Index {
    fn new(project: &Project) -> Self {
        let mut index = Self::default();
        for (file, _) in project.dockerfiles() {
            // Development containers and the like are of nobody's image.
            if file.path.as_str().split('/').any(|it| it.starts_with('.')) {
                continue;
            }
            for folder in file.path.ancestors() {
                *index.dockerfiles.entry(folder).or_default() += 1;
            }
        }
        for (at, (file, service)) in project.unbuilt_services().iter().enumerate() {
            let scope = file.ancestors().find(|it| index.dockerfiles.contains_key(it));
            let Some(scope) = scope else { continue };
            for it in traits(service) {
                index.by_trait.entry((scope.clone(), it)).or_default().push(at);
            }
            index.by_scope.entry(scope).or_default().push(at);
        }
        index
    }
}

/// The traits of a service.
fn traits(service: &Service) -> Vec<Trait> {
    let image = service.image.as_deref().and_then(image_name).unwrap_or_default();
    let ends = image.match_indices('-').map(|it| image[it.0 + 1..].to_owned());
    let names = ends.chain([image.clone()]).filter(|it| !it.is_empty()).map(Trait::Name);
    let mounts = service.volumes.iter().map(|it| it.target.as_str());
    let values = service.environment.iter().map(|it| it.1.as_str());
    let paths = mounts.chain(values).chain(service.workdir.as_deref());
    let folders = paths.filter_map(ImagePath::new).flat_map(|it| {
        let above: Vec<_> = it.ancestors().filter(|it| !it.is_root()).collect();
        above.into_iter().map(|it| it.to_string())
    });
    let folders: BTreeSet<String> = folders.collect();
    names.chain(folders.into_iter().map(Trait::Folder)).collect()
}

/// The names that the image of a Dockerfile may have: its folder's, what its own name has besides `Dockerfile`, and
/// the name that the nearest manifest gives to the project.
pub(super) fn names(project: &Project, dockerfile: &RepoPath) -> Vec<String> {
    let folder = dockerfile.parent().unwrap_or(RepoPath::root());
    let file = dockerfile.file_name().to_lowercase();
    let parts = file.split('.').filter(|it| !["dockerfile", "containerfile"].contains(it));
    let own = parts.chain([folder.file_name()]).filter(|it| !it.is_empty());
    let manifest = dockerfile.ancestors().find_map(|it| manifest_name(project, &it));
    let mut names: Vec<String> = own.filter_map(image_name).chain(manifest.cloned()).collect();
    names.sort();
    names.dedup();
    names
}

/// The manifests in a folder, each with its rank, and the name that the first which has one gives to the project.
#[derive(Default)]
struct Manifests {
    files: Vec<(usize, Arc<File>)>,
    name: OnceLock<Option<String>>,
}

/// The manifests of a project by their folders; gathered once.
struct Folders(HashMap<RepoPath, Manifests>);

impl Folders {
    fn of(project: &Project) -> Self {
        let mut folders: HashMap<RepoPath, Manifests> = HashMap::new();
        for file in project.files() {
            let Some(rank) = ecosystems::manifest_rank(file.path.file_name()) else { continue };
            let folder = file.path.parent().unwrap_or(RepoPath::root());
            folders.entry(folder).or_default().files.push((rank, Arc::clone(file)));
        }
        for it in folders.values_mut() {
            it.files.sort_by_key(|it| it.0);
        }
        Self(folders)
    }
}

/// The name that a manifest in a folder gives to the project: `"name": "@acme/shop"`, `name = "shop"`,
/// `module example.org/acme/shop`.
fn manifest_name<'p>(project: &'p Project, folder: &RepoPath) -> Option<&'p String> {
    let Folders(folders) = project.surroundings().get(|| Folders::of(project));
    let manifests = folders.get(folder)?;
    let texts = || manifests.files.iter().map(|it| &it.1.text);
    let name = || texts().flat_map(|it| it.lines()).find_map(name_in);
    manifests.name.get_or_init(name).as_ref()
}

/// The name that a line of a manifest gives to the project.
fn name_in(line: &str) -> Option<String> {
    let line = line.trim();
    let rest = match line.strip_prefix("module ") {
        Some(it) => it,
        None => {
            let rest = line.strip_prefix("\"name\"").or_else(|| line.strip_prefix("name"))?;
            rest.trim_start().strip_prefix([':', '='])?
        }
    };
    image_name(rest.trim().trim_end_matches(',').trim_matches(['"', '\'', '@']))
}

impl Project {
    /// The services that run what a Dockerfile builds, as far as one can tell: those that build it or name a build of
    /// it, and those that name it as it is published. Each with its file.
    pub fn runs(&self, dockerfile: &RepoPath) -> impl Iterator<Item = &(RepoPath, Arc<Service>)> {
        let Published { services, guessed, .. } = self.published(dockerfile, &[]);
        self.services(dockerfile).iter().chain(services).chain(guessed)
    }

    /// The compose services that may run the image of a Dockerfile by a name that nothing in the project gives it.
    /// The `folders` are the image's own: where it starts, and what it makes.
    ///
    /// A service that names a well-known image is none of them, nor is one of a file that builds the Dockerfile.
    pub fn published(&self, dockerfile: &RepoPath, folders: &[ImagePath]) -> Published<'_> {
        let all = self.unbuilt_services();
        if all.is_empty() {
            return Published::default();
        }
        let index: &Index = self.places().get(|| Index::new(self));
        let built: Vec<&RepoPath> = self.services(dockerfile).iter().map(|it| &it.0).collect();
        let own = names(self, dockerfile);
        let names = own.iter().cloned().map(Trait::Name);
        let folders = folders.iter().map(|it| Trait::Folder(it.to_string()));
        let mut traits: Vec<Trait> = names.chain(folders).collect();
        let mut found = BTreeSet::new();
        let mut guessed = BTreeSet::new();
        let mut near = BTreeSet::new();
        let mut is_alone = false;
        for scope in dockerfile.ancestors() {
            for it in &mut traits {
                let key = (scope.clone(), std::mem::replace(it, Trait::Name(String::new())));
                let into = if matches!(key.1, Trait::Name(_)) { &mut found } else { &mut guessed };
                into.extend(index.by_trait.get(&key).into_iter().flatten().copied());
                *it = key.1;
            }
            let Some(here) = index.by_scope.get(&scope) else { continue };
            is_alone |= index.dockerfiles.get(&scope) == Some(&1);
            near.extend(here.iter().copied());
        }
        let is_foreign = |at: &usize| all.get(*at).is_none_or(|it| built.contains(&&it.0));
        found.retain(|it| !is_foreign(it));
        guessed.retain(|it| !is_foreign(it) && !found.contains(it));
        near.retain(|it| !is_foreign(it));
        if is_alone && found.is_empty() && guessed.is_empty() && built.is_empty() {
            let owners = Owners::of(self);
            let may_be = |at: &&usize| {
                all.get(**at).is_some_and(|it| !is_example(&it.1) && !owners.rule_out(&own, &it.1))
            };
            guessed = near.iter().filter(may_be).copied().collect();
        }
        let services = |it: &BTreeSet<usize>| it.iter().filter_map(|it| all.get(*it)).collect();
        Published {
            has_others: near.iter().any(|it| !found.contains(it) && !guessed.contains(it)),
            services: services(&found),
            guessed: services(&guessed),
        }
    }
}
