//! Builds in configurations of Google's Cloud Build, after <https://cloud.google.com/build/docs/build-config-file-schema>.
//!
//! The file has no name of its own: `gcloud builds submit --config` and triggers name it.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Caller, Callers, literals, own_folder_or_root, script::Script, site::Form, traced::Traced,
};
use crate::{text::RepoPath, yaml::Node};

/// The images of Google's own builders. Their Docker has no BuildKit unless `DOCKER_BUILDKIT` says so: "the --mount
/// option requires BuildKit" (github.com/google-github-actions/setup-gcloud/issues/658).
const BUILDERS: &str = "gcr.io/cloud-builders/";

/// The images of Kaniko.
const KANIKO: &str = "kaniko-project/executor";

/// Returns true if a text is such a configuration, by the images of its steps.
pub fn is_config(text: &str) -> bool {
    text.contains("steps:") && [BUILDERS, KANIKO].iter().any(|it| text.contains(it))
}

/// Reads the commands of the steps.
pub(super) fn read(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    let substitutions = literals(source, root.get("substitutions"));
    let shared = root.get("options").and_then(|it| it.get("env"));
    for step in root.get("steps").map(|it| it.items()).unwrap_or_default() {
        let Some(text) = commands(step) else { continue };
        let mut variables = substitutions.clone();
        if step.text("name").is_some_and(|it| it.contains(BUILDERS)) {
            variables.insert("DOCKER_BUILDKIT".to_owned(), Traced::untraced("0"));
        }
        let environments = shared.into_iter().chain(step.get("env"));
        let pairs = environments.flat_map(|it| it.items()).filter_map(|it| it.as_str());
        variables.extend(
            pairs
                .filter_map(|it| it.split_once('='))
                .map(|(name, value)| (name.to_owned(), Traced::untraced(value))),
        );
        let script = Script {
            path,
            caller: Caller::CloudBuild,
            starts: own_folder_or_root(path),
            variables,
            lists: BTreeMap::new(),
        };
        let mut found = Callers::default();
        script.read(&Traced::untraced(&text), &|_| step.line, &mut found);
        for mut build in found.builds {
            build.site.form = Form::Fixed;
            into.add(build);
        }
        for (place, what) in found.unresolved {
            into.unresolved(place, what);
        }
    }
}

/// The commands that a step runs, as a script.
fn commands(step: &Node) -> Option<String> {
    let arguments = || -> Vec<&str> {
        let items = step.get("args").map(|it| it.items()).unwrap_or_default();
        items.iter().filter_map(|it| it.as_str()).collect()
    };
    let command = match (step.text("script"), step.text("entrypoint")) {
        (Some(script), _) => script.to_owned(),
        (None, Some("bash" | "sh" | "/bin/bash" | "/bin/sh")) => {
            arguments().into_iter().find(|it| !it.starts_with('-'))?.to_owned()
        }
        (None, Some(program)) => line(program, &arguments()),
        (None, None) => line(program(step.text("name")?)?, &arguments()),
    };
    let folder = step.text("dir").map(|it| format!("cd {}\n", quoted(it)));
    Some(folder.unwrap_or_default() + &command)
}

/// The program that an image of a step runs.
fn program(image: &str) -> Option<&'static str> {
    let name = image.split(['@', ':']).next()?;
    match name.strip_prefix(BUILDERS).unwrap_or(name) {
        "docker" => Some("docker"),
        "gcloud" => Some("gcloud"),
        it if it.ends_with(KANIKO) => Some("/kaniko/executor"),
        _ => None,
    }
}

/// A command line of words.
fn line(program: &str, arguments: &[&str]) -> String {
    let words = arguments.iter().map(|it| quoted(it));
    [program.to_owned()].into_iter().chain(words).collect::<Vec<_>>().join(" ")
}

/// A word, in quotes that leave variables if it needs them.
fn quoted(word: &str) -> String {
    let is_plain = |it: char| it.is_alphanumeric() || "-_./:=,@$".contains(it);
    if !word.is_empty() && word.chars().all(is_plain) {
        return word.to_owned();
    }
    format!("\"{}\"", word.replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use crate::{
        callers::{Builder, read, tests::builds},
        text::RepoPath,
    };

    const TEXT: &str = "\
steps:
- name: gcr.io/cloud-builders/docker
  args: ['build', '-f', 'api/Dockerfile', '-t', 'x/api:$_TAG', '.']
- name: gcr.io/cloud-builders/docker:24
  dir: $_FOLDER
  args: [build, .]
  env: ['DOCKER_BUILDKIT=1']
- name: gcr.io/cloud-builders/docker
  entrypoint: bash
  args:
  - -c
  - |
    docker push x
    docker buildx build jobs
- name: gcr.io/kaniko-project/executor:latest
  args: ['--context=dir://tool', '--destination=x/tool']
- name: docker
  script: docker build sites
- name: gcr.io/cloud-builders/gcloud
  args: [builds, submit, --tag, x/admin, admin]
substitutions:
  _FOLDER: web
";

    #[test]
    fn steps_build_with_the_builder_that_they_have() {
        use Builder::{Classic, Docker, Kaniko};

        assert_eq!(
            builds("ci.yaml", TEXT),
            [
                "2 api/Dockerfile .",
                "4 web/Dockerfile web",
                "8 jobs/Dockerfile jobs",
                "15 tool/Dockerfile tool",
                "17 sites/Dockerfile sites",
                "19 admin/Dockerfile admin",
            ]
        );
        let builders = |text: &str| -> Vec<Builder> {
            let callers = read(&RepoPath::new("ci.yaml").unwrap(), text);
            callers.builds.iter().map(|it| it.builder).collect()
        };
        assert_eq!(builders(TEXT), [Classic, Docker, Docker, Kaniko, Docker, Classic]);
        let options = "options:\n  env: [DOCKER_BUILDKIT=1]\n";
        let on = [Docker, Docker, Docker, Kaniko, Docker, Classic];
        assert_eq!(builders(&format!("{TEXT}{options}")), on);
    }
}
