//! What manifests of Kubernetes and charts say about the containers of an image, and which image they mean.

use std::{borrow::Cow, collections::HashSet};

use super::{Claim, Claims, is_named, may_be};
use crate::{
    callers::{
        Deployment, Reader, image_name,
        platforms::{values_file, values_of_chart},
        published::Owners,
    },
    ecosystems::images,
    project::{File, Project},
    text::{Place, RepoPath},
};

/// A claim about the containers that may run images of a Dockerfile.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stated {
    /// What it says.
    pub claim: Claim,
    /// The place that says so.
    pub place: Place,
    /// The image that it is about, if that may be another one.
    pub other: Option<String>,
}

/// Registries where everybody may publish images.
const PUBLIC: [&str; 7] = [
    "docker.io",
    "gcr.io",
    "ghcr.io",
    "lscr.io",
    "public.ecr.aws",
    "quay.io",
    "registry.hub.docker.com",
];

/// The deployments of Kubernetes and of clusters that name an image which fits no Dockerfile of the project.
struct Orphans {
    /// Their numbers; of those that say the same, that of the first.
    all: Vec<usize>,
    /// The owners of the images that fit one: `someone` of `someone/shop`.
    owners: HashSet<String>,
}

impl Project {
    /// The deployments that name an image which fits no Dockerfile of the project, if no other names one of this
    /// Dockerfile: they may start it. Each with its file; of those that say the same, the first.
    pub fn guessed_deployments(&self, dockerfile: &RepoPath) -> Vec<(&Deployment, &File)> {
        let deployments = self.all_deployments();
        if deployments.all.is_empty() || self.has_one_dockerfile() {
            return Vec::new();
        }
        let named = deployments.found(dockerfile, self.names(dockerfile)).into_iter();
        let mut named = named.filter_map(|it| deployments.all.get(it));
        if named.any(Deployment::starts_by_name) {
            return Vec::new();
        }
        let Orphans { all, .. } = self.surroundings().get(|| self.orphans());
        let orphans = all.iter().filter_map(|it| deployments.all.get(*it));
        let orphans = orphans.filter_map(|it| Some((it, self.file(it.path.as_str())?.as_ref())));
        let names = self.names(dockerfile);
        let may_start = |(deployment, file): &(&Deployment, &File)| {
            let images = &Claims::of(file, deployment.is_values()).images;
            images.is_empty() || !self.without_others(images, names).is_empty()
        };
        orphans.filter(may_start).collect()
    }

    /// These images without those that are somebody else's, as far as their owners tell: none that goes by one of
    /// these names is.
    pub(in crate::callers) fn without_others(
        &self,
        images: &[String],
        names: &[String],
    ) -> Vec<String> {
        images.iter().filter(|it| !self.is_somebody_elses(it, names)).cloned().collect()
    }

    /// Whether an image on a public registry is of an owner who publishes what many projects run, or of another owner
    /// than the project's own images, and has a name that the project does not go by.
    fn is_somebody_elses(&self, image: &str, names: &[String]) -> bool {
        let Some(owner) = owner(image).filter(|it| is_public(it)) else { return false };
        let Orphans { owners, .. } = self.surroundings().get(|| self.orphans());
        let known = Owners::of(self);
        let last = owner.rsplit('/').next().unwrap_or(&owner).to_lowercase();
        let is_own = owners.contains(&owner)
            || known.have(&last)
            || image_name(image).is_none_or(|it| known.may_call(names, &it));
        !is_own && !is_named(image, names) && (images::is_of_publisher(image) || !owners.is_empty())
    }

    fn orphans(&self) -> Orphans {
        let deployments = self.all_deployments();
        let mut found = HashSet::new();
        let mut owners = HashSet::new();
        for (dockerfile, _) in self.dockerfiles() {
            let numbers = deployments.found(&dockerfile.path, self.names(&dockerfile.path));
            let own = numbers.iter().filter_map(|it| deployments.all.get(*it));
            for it in own.filter(|it| it.reader == Reader::Kubernetes) {
                let Some(file) = self.file(it.path.as_str()) else { continue };
                let names = self.names_for_pods(&dockerfile.path);
                let images = &Claims::of(file, it.is_values()).images;
                owners.extend(images.iter().filter(|it| is_named(it, names)).filter_map(owner));
            }
            found.extend(numbers);
        }
        let is_orphan = |at: usize, it: &Deployment| {
            !found.contains(&at) && it.starts_by_name() && !it.is_values() && it.may_be_of_project()
        };
        let all = deployments.all.iter().enumerate().filter(|(at, it)| is_orphan(*at, it));
        let all: Vec<(usize, &Deployment)> = all.collect();
        // A group that one file of a chart gives to volumes counts for its other files, so these are about that chart.
        let has_group = |it: &Deployment| {
            let file = self.file(it.path.as_str());
            file.is_some_and(|file| Claims::of(file, it.is_values()).has_group)
        };
        let kubernetic = all.iter().filter(|it| it.1.reader == Reader::Kubernetes);
        let grouped: HashSet<RepoPath> =
            kubernetic.filter(|it| has_group(it.1)).map(|it| it.1.chart()).collect();
        let mut said = HashSet::new();
        let is_new = |(_, it): &(usize, &Deployment)| {
            let chart = it.chart();
            let values = values_file(self, &chart).map(|it| &*it.text);
            said.insert((it.like(), it.reader, values, grouped.get(&chart)))
        };
        let all = all.into_iter().filter(is_new).map(|it| it.0).collect();
        Orphans { all, owners }
    }

    /// What manifests of Kubernetes and charts say about the containers that may run images of this Dockerfile.
    pub fn claims(&self, dockerfile: &RepoPath) -> Vec<Stated> {
        let names = self.names_for_pods(dockerfile);
        let guessed = self.guessed_deployments(dockerfile).into_iter();
        let guessed = guessed.filter(|it| it.0.reader == Reader::Kubernetes);
        let guessed = guessed.map(|(it, file)| (it, file, Claims::of(file, it.is_values())));
        let all = self.manifests(dockerfile, names).into_iter().chain(guessed);
        let all: Vec<_> = all.map(|(it, file, claims)| (it.chart(), file, claims)).collect();
        let has_group =
            |chart: &RepoPath| all.iter().any(|(it, _, claims)| it == chart && claims.has_group);
        // The images of each file, with the values that their charts give them.
        let images: Vec<Cow<'_, [String]>> =
            all.iter().map(|it| self.expanded(&it.0, &it.2.images)).collect();
        let mut own: Vec<&String> =
            images.iter().flat_map(|it| it.iter()).filter(|it| is_named(it, names)).collect();
        if own.is_empty() {
            // Of those that it may be, those of the project's own owner come first.
            let Orphans { owners, .. } = self.surroundings().get(|| self.orphans());
            let is_own = |it: &&String| owner(it).is_some_and(|it| owners.contains(&it));
            own.extend(images.iter().flat_map(|it| it.iter()).filter(is_own));
        }
        let mut stated = Vec::new();
        for ((chart, file, claims), images) in all.iter().zip(&images) {
            let may_be = may_be(images, names);
            for it in claims.all.iter().filter(|it| it.claim != Claim::Volume || !has_group(chart))
            {
                let about = self.expanded(chart, &it.images);
                let may_be = |it: &&String| may_be(it) && !self.is_somebody_elses(it, names);
                let mut likely = about.iter().filter(|it| may_be(it) && !is_of_others(it, &own));
                let is_own = about.iter().any(|it| is_named(it, names));
                let other = match likely.next() {
                    None if !about.is_empty() => continue,
                    found => found.filter(|_| !is_own).cloned(),
                };
                stated.push(Stated { claim: it.claim, place: file.line(it.line), other });
            }
        }
        stated
    }

    /// Images of a chart with the values that it gives to their names.
    fn expanded<'i>(&self, chart: &RepoPath, images: &'i [String]) -> Cow<'i, [String]> {
        if !images.iter().any(|it| it.contains("$<")) {
            return Cow::Borrowed(images);
        }
        let values = values_of_chart(self, chart);
        let put_in = |text: &String| {
            let mut text = text.clone();
            for (path, it) in values {
                if text.contains("$<") {
                    text = text.replace(&format!("$<{path}>"), it);
                }
            }
            text
        };
        images.iter().map(put_in).collect()
    }
}

/// Whether an image is of another owner than all of these, which are the project's: `ghcr.io/someone/tool`.
fn is_of_others(image: &str, own: &[&String]) -> bool {
    let others = owner(image);
    others.is_some() && !own.is_empty() && own.iter().all(|it| owner(it) != others)
}

/// Whether an owner is one on a registry where everybody may publish.
fn is_public(owner: &str) -> bool {
    let host = owner.split('/').next().filter(|it| it.contains(['.', ':']) || *it == "localhost");
    host.is_none_or(|it| PUBLIC.contains(&it))
}

/// The registry and namespace of an image; `None` if it has none, or they are not known.
fn owner(image: impl AsRef<str>) -> Option<String> {
    let owner = image.as_ref().rsplit_once('/')?.0;
    (!owner.contains('$')).then(|| owner.to_owned())
}
