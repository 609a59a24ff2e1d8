//! Dockerfiles that a project keeps beside another one for those who do not want root.

use std::collections::HashMap;

use super::Image;
use crate::{
    ecosystems::images,
    project::Project,
    text::{Refusal, RepoPath},
};

/// Words in the path of a Dockerfile whose image does without root.
const ROOTLESS: [&str; 4] = ["nonroot", "rootless", "unprivileged", "unpriv"];

/// Words in the path of the one beside it, which say no more than that it is the other one.
const ROOT: [&str; 3] = ["privileged", "root", "rootful"];

/// The Dockerfiles whose paths say that they do without root, by what else their paths say.
#[derive(Default)]
struct Variants(HashMap<Vec<String>, RepoPath>);

impl Variants {
    fn new(project: &Project) -> Self {
        let all = project.dockerfiles().map(|it| &it.0.path);
        let named = all.filter_map(|it| {
            let (words, is_rootless) = words(it);
            is_rootless.then(|| (words, it.clone()))
        });
        Self(named.collect())
    }
}

/// The words of a path but for those about root, and whether it says that the image does without root.
fn words(path: &RepoPath) -> (Vec<String>, bool) {
    let path = path.as_str().to_lowercase().replace("non-root", "nonroot");
    let path = path.replace("non_root", "nonroot");
    let (mut words, mut is_rootless) = (Vec::new(), false);
    for word in path.split(['/', '.', '-', '_']) {
        is_rootless |= ROOTLESS.contains(&word);
        if !ROOTLESS.contains(&word) && !ROOT.contains(&word) {
            words.push(word.to_owned());
        }
    }
    // `rootless.Dockerfile` is `Dockerfile.rootless`.
    words.sort();
    (words, is_rootless)
}

/// Checks that the project keeps no other Dockerfile for the same image without root: whoever builds this one wants
/// root.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn check(image: &Image<'_>) -> Result<(), Refusal> {
    let Variants(all) = image.project.places().get(|| Variants::new(image.project));
    let own = image.site.path;
    let Some(path) = all.get(&words(own).0).filter(|it| *it != own) else { return Ok(()) };
    let dockerfile = image.project.file(path.as_str()).and_then(|it| it.dockerfile());
    let stages = dockerfile.map(images::stages).unwrap_or_default();
    let user = stages.last().and_then(|it| it.state_before(it.end).is_root());
    if user == Some(false) {
        let reason = format!(
            "{path} is the project's image without root, so that this one is meant to have it"
        );
        return Err(Refusal::new("rootless-variant", reason));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_tell_which_files_are_variants_of_one_another() {
        let of = |it: &str| words(&RepoPath::new(it).unwrap());
        for (root, rootless) in [
            ("Dockerfile", "Dockerfile.rootless"),
            ("api/Dockerfile", "api/non-root.Dockerfile"),
            ("docker/root/Dockerfile", "docker/rootless/Dockerfile"),
            ("alpine.Dockerfile", "Dockerfile-alpine_unprivileged"),
        ] {
            assert_eq!((of(root).0, true), of(rootless), "{root}");
            assert!(!of(root).1);
        }
        assert_ne!(of("api/Dockerfile").0, of("Dockerfile.rootless").0);
    }
}
