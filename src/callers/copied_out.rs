//! What is copied out of images and containers: `docker cp`, `kubectl cp`, commands of containers that name a file, and
//! COPYs and mounts of other Dockerfiles. Whoever does so needs the file where it is.
//!
//! docs.docker.com: "docker container cp", "docker compose cp"; kubernetes.io: "kubectl cp"; docs.openshift.com: "Copying
//! files to or from a container".

use std::{collections::HashSet, sync::Arc};

use super::containers::{Named, commands, runs};
use crate::{
    dockerfile::Dockerfile,
    ecosystems::images,
    project::{File, Project},
    text::{Place, RepoPath, logical_lines},
};

/// A path of an image that something copies from there, or reads there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CopiedOut {
    /// The place that says so.
    pub place: Place,
    /// The absolute path, as it is written.
    pub path: String,
    /// The Dockerfiles of the image; `None` if it is not known which is meant.
    dockerfiles: Option<Arc<HashSet<RepoPath>>>,
}

/// Programs of which the verb `cp` or `rsync` copies files from containers.
const PROGRAMS: [&str; 7] =
    ["docker", "docker-compose", "kubectl", "nerdctl", "oc", "podman", "podman-compose"];

impl CopiedOut {
    /// Whether it may be an image of this Dockerfile.
    pub fn may_be_of(&self, dockerfile: &RepoPath) -> bool {
        self.dockerfiles.as_ref().is_none_or(|it| it.contains(dockerfile))
    }
}

/// What a project copies out of images, by command lines and by Dockerfiles.
pub(super) fn copied_out(project: &Project, named: &Named<'_>) -> Vec<CopiedOut> {
    let files = project.files().filter(|it| runs(&it.path));
    let lines = files.flat_map(|it| &it.memo.get(|| Copies(read(it))).0);
    let by_line = lines.map(|it| {
        let dockerfiles = named.any(&it.name).cloned();
        CopiedOut { place: it.place.clone(), path: it.path.clone(), dockerfiles }
    });
    let dockerfiles = project.dockerfiles();
    let by_image = dockerfiles.flat_map(|(file, it)| by_dockerfile(project, file, it, named));
    by_line.chain(by_image).collect()
}

/// What a Dockerfile takes from images that others make.
fn by_dockerfile(
    project: &Project,
    file: &File,
    dockerfile: &Dockerfile,
    named: &Named<'_>,
) -> Vec<CopiedOut> {
    let stages = images::stages(dockerfile);
    let builds = project.builds(&file.path);
    // A build may give the image a name of its own: `--build-context base=docker-image://shop`.
    let other = |name: &str| {
        let mut given = builds.iter().filter_map(|it| it.additional_contexts.get(name));
        let given = given.next().map_or(name, String::as_str);
        let (kind, rest) = given.split_once(':').unwrap_or(("", given));
        let is_stage = stages.iter().any(|it| it.is_called(name));
        match kind {
            "service" | "target" => named.any(rest),
            "docker-image" => named.image(rest.trim_start_matches('/')),
            _ => named.image(given),
        }
        .filter(|_| !is_stage)
    };
    let mut found = Vec::new();
    for (item, instruction) in dockerfile.instructions_at(0..dockerfile.items.len()) {
        let copy = instruction.copy().and_then(|it| {
            let sources: Vec<String> = it.sources.iter().map(|it| it.text.clone()).collect();
            Some((it.from?.to_owned(), sources))
        });
        let mounts = instruction.mounts().filter_map(|it| {
            let from = it.field(&["from"])?.to_owned();
            Some((from, vec![it.field(&["source", "src"]).unwrap_or("/").to_owned()]))
        });
        for (from, sources) in copy.into_iter().chain(mounts) {
            let Some(dockerfiles) = other(&from) else { continue };
            let place = dockerfile.place(&file.path, item);
            found.extend(sources.into_iter().map(|path| CopiedOut {
                place: place.clone(),
                path: if path.starts_with('/') { path } else { format!("/{path}") },
                dockerfiles: Some(Arc::clone(dockerfiles)),
            }));
        }
    }
    found
}

/// A command line that copies a path out of a container.
#[derive(Debug, PartialEq, Eq)]
struct CopyLine {
    place: Place,
    /// The container, as it is named.
    name: String,
    path: String,
}

/// Those of a file.
struct Copies(Vec<CopyLine>);

fn read(file: &File) -> Vec<CopyLine> {
    if !file.text.contains(" cp ") && !file.text.contains(" rsync ") {
        return Vec::new();
    }
    let mut found = Vec::new();
    for (start, line) in logical_lines(&file.text) {
        if line.trim_start().starts_with('#') {
            continue;
        }
        for command in commands(&line) {
            for (name, path) in sources(&command) {
                found.push(CopyLine { place: file.line(start), name, path });
            }
        }
    }
    found
}

/// The containers that a command copies from, with the paths.
fn sources(command: &str) -> Vec<(String, String)> {
    let words: Vec<&str> =
        command.split_whitespace().map(|it| it.trim_matches(['"', '\'', ',', '[', ']'])).collect();
    let Some(verb) = words.iter().position(|it| ["cp", "rsync"].contains(it)) else {
        return Vec::new();
    };
    let is_program = |it: &&&str| {
        let name = it.trim_start_matches(['@', '-', '(', '`']).rsplit('/').next();
        name.is_some_and(|it| PROGRAMS.contains(&it) || it.starts_with('$'))
    };
    if words[..verb].iter().find(is_program).is_none() {
        return Vec::new();
    }
    let mut operands: Vec<&str> = words[verb + 1..].to_vec();
    // The last is where it is copied to.
    operands.pop();
    let from = operands.into_iter().filter_map(|it| it.split_once(":/"));
    from.map(|(name, path)| {
        // Of Kubernetes, a pod may stand after its namespace.
        let name = name.rsplit('/').next().unwrap_or(name).trim_matches(['"', '\'']);
        (name.to_owned(), format!("/{}", path.trim_matches(['"', '\''])))
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_copy_out_of_containers() {
        let seen = |it: &str| -> Vec<String> {
            commands(it)
                .iter()
                .flat_map(|it| sources(it))
                .map(|it| format!("{} {}", it.0, it.1))
                .collect()
        };
        assert_eq!(seen("docker cp $id:/poetry.lock - > a.tar"), ["$id /poetry.lock"]);
        assert_eq!(seen("\t@docker compose cp web:/srv/a.txt ."), ["web /srv/a.txt"]);
        assert_eq!(seen("$(DOCKER) cp \"$id\":/srv/. out"), ["$id /srv/."]);
        assert_eq!(
            seen("kubectl cp shop/web-0:/srv/log log && oc rsync pod:/data/ ."),
            ["web-0 /srv/log", "pod /data/"]
        );
        for none in ["docker cp a.txt web:/srv/a.txt", "cp host:/a b", "docker compose up"] {
            assert!(seen(none).is_empty(), "{none}");
        }
    }
}
