//! Builds in skaffold files.

use std::sync::Arc;

use super::{
    Build, BuildContext, Builder, Caller, Callers, arguments,
    entries::{Anchor, Arguments, COMPOSE, Entries, Field, Names},
    image_name,
    script::locate,
    site::{Form, Site},
    syncs, traced,
};
use crate::{
    text::{Place, RepoPath},
    yaml::{Entry, Node},
};

/// Skaffold's names for the settings of a build.
const NAMES: Names = Names { arguments: "buildArgs", ..COMPOSE };

/// Reads the artifacts of a skaffold file and of its profiles.
///
/// <https://skaffold.dev/docs/references/yaml/>: the context is seen from the file, the Dockerfile from the
/// context. Where none is there, a Dockerfile seen from the folder that Skaffold runs in takes its place
/// (`pkg/skaffold/docker/dependencies.go`, `NormalizeDockerfilePath`): a path with a folder is read both ways, and the
/// reading that names a Dockerfile which does not exist comes to nothing.
pub(super) fn read(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    let profiles = root.get("profiles").map(|it| it.items()).unwrap_or_default();
    for part in [root].into_iter().chain(profiles) {
        let artifacts = part.get("build").and_then(|it| it.get("artifacts"));
        for artifact in artifacts.map(|it| it.items()).unwrap_or_default() {
            read_artifact(path, source, artifact, into);
        }
    }
}

fn read_artifact(path: &RepoPath, source: &str, artifact: &Arc<Node>, into: &mut Callers) {
    // Other builders have no Dockerfile.
    let other = ["bazel", "buildpacks", "custom", "jib", "ko"];
    if artifact.entries().iter().any(|it| other.contains(&it.key.as_str())) {
        return syncs::read_artifact(path, artifact, Vec::new(), None, into);
    }
    let how = artifact.entries().iter().find(|it| matches!(it.key.as_str(), "docker" | "kaniko"));
    let place = Place::line(path, how.map_or(artifact.line, |it| it.line));
    let how_node = how.map(|it| &it.value);
    let text = |key: &str| how_node.and_then(|it| it.text(key)).filter(|it| !it.is_empty());
    let folder = path.parent().unwrap_or(RepoPath::root());
    let context = artifact.text("context").filter(|it| !it.is_empty()).unwrap_or(".");
    let dockerfile = text(NAMES.file).unwrap_or("Dockerfile");
    let told = ![context, dockerfile].iter().any(|it| it.contains("{{"));
    let context_folder = locate(Some(&folder), context).filter(|_| told);
    let from_file =
        Some(folder).filter(|it| dockerfile.contains('/') && context_folder.as_ref() != Some(it));
    let seen_from = context_folder.clone().into_iter().chain(from_file);
    let found = seen_from.filter_map(|it| Some((locate(Some(&it), dockerfile)?, it)));
    let found: Vec<_> = found.filter(|_| told).collect();
    let Some(folder) = context_folder.filter(|_| !found.is_empty()) else {
        let what = format!("builds {dockerfile} of {context}, which is not known");
        return into.unresolved(place, what);
    };
    let target = text(NAMES.target).map(str::to_owned);
    let dockerfiles = found.iter().map(|it| it.0.clone()).collect();
    syncs::read_artifact(path, artifact, dockerfiles, target.clone(), into);
    let traced = |key: &str| traced(source, how_node?.get(key)?).filter(|it| !it.is_empty());
    let builder = match how {
        Some(it) if it.key == "kaniko" => Builder::Kaniko,
        _ => Builder::Docker,
    };
    for (dockerfile, seen_from) in found {
        into.add(Build {
            place: place.clone(),
            caller: Caller::Skaffold,
            dockerfile,
            context: BuildContext::Folder(folder.clone()),
            target: target.clone(),
            arguments: arguments(how_node.and_then(|it| it.get(NAMES.arguments)), &str::to_owned),
            additional_contexts: [].into(),
            tags: artifact.text("image").and_then(image_name).into_iter().collect(),
            builder,
            site: Site {
                file: traced(NAMES.file),
                seen_from: Some(seen_from),
                target: traced(NAMES.target),
                form: form(source, artifact, how),
            },
        });
    }
}

fn form(source: &str, artifact: &Node, how: Option<&Entry>) -> Form {
    match how {
        Some(it) if it.is_written_out() => {
            let mut entries = Entries::of(source, &it.value, NAMES);
            // `docker: {}`
            if entries.anchor == Anchor::Nowhere && it.value.entries().is_empty() {
                return Form::Fixed;
            }
            entries.arguments = entries.arguments.filter(|it| !matches!(it, Arguments::Lines(_)));
            Form::Entries(entries)
        }
        Some(_) => Form::Fixed,
        None => match ["context", "image"].iter().find_map(|it| Field::of(artifact, it)) {
            Some(it) => Form::Entries(Entries::within(source, artifact, "docker", it, NAMES)),
            None => Form::Fixed,
        },
    }
}

#[cfg(test)]
mod tests {
    use crate::callers::{Move, retarget, retarget::tests::assert_follows, tests::builds};
    use crate::{
        project::{Project, change::Origin},
        text::RepoPath,
    };

    #[test]
    fn artifacts_build() {
        let text = "\
build:
  artifacts:
    - image: a
      context: ../a
      docker:
        target: prod
        buildArgs:
          A: \"1\"
    - image: b
    - image: c
      jib: {}
    - image: d
      context: d
      kaniko: {dockerfile: Dockerfile.test}
    - image: f
      context: f
      docker: {dockerfile: f/Dockerfile.dev}
profiles:
  - name: x
    build:
      artifacts:
        - image: e
          docker:
            dockerfile: \"{{.E}}\"
";
        assert_eq!(
            builds("helm/skaffold.yaml", text),
            [
                "5 a/Dockerfile a prod A=1",
                "9 helm/Dockerfile helm",
                "14 helm/d/Dockerfile.test helm/d",
                "17 helm/f/f/Dockerfile.dev helm/f",
                "17 helm/f/Dockerfile.dev helm/f",
                "23 lost",
            ]
        );
    }

    #[test]
    fn artifacts_follow() {
        assert_follows(
            "skaffold.yaml",
            r#" build:
   artifacts:
     - image: a
       docker:
-        dockerfile: api/Dockerfile.test
+        dockerfile: api/Dockerfile
+        target: test
         buildArgs:
           A: "1"
+          INSTALL_TEST_DEPS: "true"
     - image: b
       context: b
       kaniko:
-        dockerfile: Dockerfile.test
+        dockerfile: Dockerfile
+        target: test
+        buildArgs:
+          INSTALL_TEST_DEPS: "true"
"#,
        );
    }

    #[test]
    fn an_artifact_without_a_builder_gets_one() {
        let path = |it: &str| RepoPath::new(it).unwrap();
        let text = "build:\n  artifacts:\n  - image: a\n    context: a/test # here\n";
        let (file, from) = (path("skaffold.yaml"), path("a/test/Dockerfile"));
        let files = [(file.clone(), text), (from.clone(), "FROM x\n")];
        let project = Project::new(files.map(|(path, it)| (path, it.to_owned())));
        let to = Origin {
            dockerfile: path("a/Dockerfile"),
            target: Some("test".to_owned()),
            arguments: [].into(),
        };
        let done = retarget(&project, &[Move { from, to }]);
        assert_eq!(
            crate::text::apply(text, &done.edits[&file]),
            format!("{text}    docker:\n      dockerfile: ../Dockerfile\n      target: test\n")
        );
    }
}
