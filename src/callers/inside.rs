//! Jobs of CI that run in a container of an image and install packages of the distribution there, for which they need
//! root: `image:` of GitLab, `container:` of GitHub.
//!
//! docs.gitlab.com: "CI/CD YAML syntax reference", `image`; docs.github.com: "Running jobs in a container".

use std::sync::Arc;

use super::{Kind, gitlab, image_name};
use crate::{
    ecosystems::system,
    project::{File, Project},
    text::{Place, RepoPath},
    yaml::{self, Node},
};

/// A line that installs packages in a container of an image.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Installation {
    /// The line.
    place: Place,
    /// The package manager.
    program: &'static str,
    /// The image, as it is named.
    image: String,
}

/// All such lines of a project.
struct Installations(Vec<Installation>);

fn of(file: &File) -> Vec<Installation> {
    let kind = Kind::of(&file.path);
    let is_ci = matches!(kind, Some(Kind::GitLab | Kind::GitHubActions));
    let names_image = || file.text.contains("image:") || file.text.contains("container:");
    if !is_ci || !names_image() || system::installer(&file.text).is_none() {
        return Vec::new();
    }
    let mut found = Vec::new();
    for root in yaml::read_only(&file.text).unwrap_or_default().documents {
        let jobs = match kind {
            Some(Kind::GitLab) => of_gitlab(&root),
            _ => of_github(&root),
        };
        for (image, scripts) in jobs {
            let scripts: Vec<&Arc<Node>> = scripts.iter().collect();
            let lines = gitlab::texts(&scripts).into_iter().flat_map(lines);
            let mut installs = lines.filter_map(|it| Some((it.0, system::installer(it.1)?)));
            if let Some((line, program)) = installs.next() {
                found.push(Installation { place: file.line(line), program, image });
            }
        }
    }
    found
}

/// The image of each job, and what it runs.
fn of_gitlab(root: &Arc<Node>) -> Vec<(String, Vec<Arc<Node>>)> {
    let jobs = root.entries().iter().filter(|it| !it.key.starts_with('.'));
    let job = |job: &Arc<Node>| {
        let mut above = gitlab::chain(root, job);
        above.extend(root.get("default").cloned());
        above.push(Arc::clone(root));
        let find = |key: &str| above.iter().find_map(|it| it.get(key)).cloned();
        let image = named(&find("image")?, "name")?;
        let script = find("script")?;
        let around = ["before_script", "after_script"].into_iter().filter_map(find);
        Some((image, around.chain([script]).collect()))
    };
    jobs.filter_map(|it| job(&it.value)).collect()
}

fn of_github(root: &Arc<Node>) -> Vec<(String, Vec<Arc<Node>>)> {
    let jobs = root.get("jobs").map(|it| it.entries()).unwrap_or_default();
    let job = |job: &Arc<Node>| {
        let image = named(job.get("container")?, "image")?;
        let steps = job.get("steps").map(|it| it.items()).unwrap_or_default();
        Some((image, steps.iter().filter_map(|it| it.get("run")).cloned().collect()))
    };
    jobs.iter().filter_map(|it| job(&it.value)).collect()
}

/// An image that is named alone, or as a part of a mapping.
fn named(node: &Arc<Node>, key: &str) -> Option<String> {
    node.as_str().or_else(|| node.text(key)).map(str::to_owned)
}

/// The lines of a text, each with its number.
fn lines(node: &Arc<Node>) -> impl Iterator<Item = (usize, &str)> {
    let lines = node.as_str().unwrap_or_default().lines().enumerate();
    lines.map(|(at, it)| (node.line_of(at + 1), it))
}

/// What an image is called that is this repository's own, wherever that lies: docs.gitlab.com, "Predefined CI/CD
/// variables reference"; docs.github.com, "Contexts reference".
const OWN: [&str; 3] = ["$CI_REGISTRY_IMAGE", "${CI_REGISTRY_IMAGE}", "${{ github."];

impl Installation {
    /// Whether it happens in an image of these names, or in the only image of the repository.
    fn is_in(&self, names: &[String], is_alone: bool) -> bool {
        let rest = OWN.iter().find_map(|it| Some(self.image.split_once(it)?.1));
        let rest = rest.map(|it| it.strip_prefix("repository }}").unwrap_or(it));
        match rest.map(|it| it.split(':').next().unwrap_or(it).trim_start_matches('/')) {
            Some("") => is_alone,
            Some(path) => image_name(path).is_some_and(|it| names.contains(&it)),
            None => image_name(&self.image).is_some_and(|it| names.contains(&it)),
        }
    }
}

impl Project {
    /// The lines of CI that install packages of a distribution in containers.
    fn installations(&self) -> &[Installation] {
        let find = || Installations(self.files().flat_map(|it| of(it)).collect());
        &self.surroundings().get(find).0
    }

    /// A line of CI, of a script or of a guide that installs packages of the distribution in a container of this
    /// Dockerfile's image, and the program with which it does.
    pub fn installed_inside(&self, dockerfile: &RepoPath) -> Option<(&Place, &'static str)> {
        let mut executions = self.all_executions().of(dockerfile);
        let run = executions.find_map(|it| Some((&it.place, it.installer()?)));
        run.or_else(|| {
            let all = self.installations();
            let names = if all.is_empty() { &[] } else { self.names(dockerfile) };
            let is_alone = self.has_one_dockerfile();
            let found = all.iter().find(|it| it.is_in(names, is_alone))?;
            Some((&found.place, found.program))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn jobs_install_in_their_images() {
        let file = |path: &str, text: &str| (RepoPath::new(path).unwrap(), text.to_owned());
        let project = Project::new([
            file("Dockerfile", "FROM scratch\n"),
            file("Makefile", "b:\n\tdocker build -t me/web .\n"),
            file(
                ".gitlab-ci.yml",
                "image: debian\n.base:\n  image: $CI_REGISTRY_IMAGE:latest\na:\n  extends: .base\n  script:\n    - ls\n    \
                 - [apt-get update]\nb:\n  script: apt-get update\n",
            ),
            file(
                ".github/workflows/a.yml",
                "jobs:\n  a:\n    container: {image: me/web}\n    steps:\n      - run: |\n          ls\n          \
                 apk add jq\n",
            ),
        ]);
        let said: Vec<_> = project
            .installations()
            .iter()
            .map(|it| (it.place.to_string(), it.program, it.image.as_str()))
            .collect();
        let expected = [
            (".github/workflows/a.yml:7", "apk", "me/web"),
            (".gitlab-ci.yml:8", "apt-get", "$CI_REGISTRY_IMAGE:latest"),
            (".gitlab-ci.yml:10", "apt-get", "debian"),
        ];
        assert_eq!(said, expected.map(|it| (it.0.to_owned(), it.1, it.2)));
        let names = ["web".to_owned()];
        let is_in: Vec<_> =
            project.installations().iter().map(|it| it.is_in(&names, true)).collect();
        assert_eq!(is_in, [true, true, false]);
    }
}
