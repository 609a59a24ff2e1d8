//! Builds in GitHub Actions workflows and composite actions.

mod matrix;
mod remote;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Build, BuildContext, Builder, Caller, Callers, above,
    entries::{Entries, Names},
    image_name, literals,
    script::{Script, display, is_remote, locate, may_build},
    site::{Form, Site},
    traced,
    traced::Traced,
    words::{UNKNOWN, rooted},
};
use crate::{
    text::{Place, RepoPath},
    yaml::Node,
};
use matrix::Values;

/// The names that `docker/build-push-action` gives to the settings of a build.
const NAMES: Names = Names {
    context: "context",
    file: "file",
    target: "target",
    arguments: "build-args",
    lines: true,
};

/// Reads the jobs of a workflow, or the steps of a composite action.
pub(super) fn read(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    if !may_build(source) {
        return;
    }
    let checkout = &above(path, ".github").unwrap_or(RepoPath::root());
    let workspace = Traced::untraced(&rooted(checkout));
    let mut env = literals(source, root.get("env"));
    env.insert("GITHUB_WORKSPACE".to_owned(), workspace.clone());
    let known = |mut values: Values| {
        values.insert("github.workspace".to_owned(), workspace.clone());
        values
    };
    if let Some(steps) = root.get("runs").and_then(|it| it.get("steps")) {
        let values = &known(Values::new());
        Job { path, checkout, source, scopes: [root, root], env: &env, values }.read(steps, into);
    }
    let jobs = root.get("jobs").map(|it| it.entries()).unwrap_or_default();
    for job in jobs.iter().map(|it| &it.value) {
        let Some(steps) = job.get("steps") else { continue };
        let mut env = env.clone();
        env.extend(literals(source, job.get("env")));
        let matrix = job.get("strategy").and_then(|it| it.get("matrix"));
        for values in matrix::combinations(source, matrix) {
            let values = &known(values);
            Job { path, checkout, source, scopes: [job, root], env: &env, values }
                .read(steps, into);
        }
    }
}

/// One run of a job.
struct Job<'a> {
    path: &'a RepoPath,
    /// The folder that the repository is in.
    checkout: &'a RepoPath,
    source: &'a str,
    /// The places of defaults, the nearest first.
    scopes: [&'a Arc<Node>; 2],
    env: &'a HashMap<String, Traced>,
    /// The values of the matrix.
    values: &'a Values,
}

impl Job<'_> {
    fn read(&self, steps: &Arc<Node>, into: &mut Callers) {
        let default = |it: &&Arc<Node>| {
            Some(it.get("defaults")?.get("run")?.text("working-directory")?.to_owned())
        };
        let default = self.scopes.iter().find_map(default);
        // What earlier steps give to later ones.
        let mut outputs = Values::new();
        for step in steps.items() {
            let mut env = self.env.clone();
            env.extend(literals(self.source, step.get("env")));
            let mut values = self.values.clone();
            values.extend(outputs.clone());
            for (name, value) in &mut env {
                *value = expression(value, self.values);
                values.insert(format!("env.{name}"), value.clone());
            }
            if let Some(action) = step.get("uses") {
                outputs.extend(self.names_of_images(step, &values));
                self.read_action(action, step.get("with"), &values, into);
                self.read_remote(action, step.get("with"), &values, into);
            }
            let Some(run) = step.get("run") else { continue };
            let folder = step.text("working-directory").or(default.as_deref()).unwrap_or(".");
            let folder = expression(&Traced::untraced(folder), &values).text();
            let folder = locate(Some(self.checkout), &folder);
            let (Some(text), Some(folder)) = (traced(self.source, run), folder) else { continue };
            if !may_build(run.as_str().unwrap_or_default()) {
                continue;
            }
            let script = Script {
                path: self.path,
                caller: Caller::GitHubActions,
                starts: vec![folder],
                variables: env,
                lists: BTreeMap::new(),
            };
            script.read(&expression(&text, &values), &|it| run.line_of(it), into);
        }
    }

    /// The names that `docker/metadata-action` gives to images, as the output that later steps refer to.
    fn names_of_images(&self, step: &Node, values: &Values) -> Option<(String, Traced)> {
        let (action, id) = (step.text("uses")?, step.text("id")?);
        let images = step.get("with")?.get("images")?;
        let names = expression(&traced(self.source, images)?, values);
        action
            .starts_with("docker/metadata-action")
            .then(|| (format!("steps.{id}.outputs.tags"), names))
    }

    fn read_action(
        &self,
        action: &Node,
        with: Option<&Arc<Node>>,
        values: &Values,
        into: &mut Callers,
    ) {
        let input = |key: &str| {
            let text = expression(&traced(self.source, with?.get(key)?)?.trim(), values);
            Some(text).filter(|it| !it.is_empty())
        };
        let text = |key: &str| input(key).map(|it| it.text());
        let name = action.as_str().unwrap_or_default();
        let (context, file, builder) = match name.split_once('@').map_or(name, |it| it.0) {
            // The names after `or` are those of its first version.
            "docker/build-push-action" => (
                text("context").or_else(|| text("path")),
                input("file").or_else(|| input("dockerfile")),
                Builder::Docker,
            ),
            "redhat-actions/buildah-build" => {
                let files = input("containerfiles").or_else(|| input("dockerfiles"));
                let first = files.and_then(|it| it.lines().into_iter().next());
                (text("context"), first, Builder::Buildah)
            }
            _ => return,
        };
        let place = Place::line(self.path, action.line);
        let context = context.unwrap_or_else(|| "{{defaultContext}}".to_owned());
        // The default context is the repository as git has it; a file is then seen from that context.
        let (git, context) = match context.strip_prefix("{{defaultContext}}") {
            Some(rest) => (true, format!("./{}", rest.trim_start_matches(':'))),
            None => (false, context),
        };
        let folder = if is_remote(&context) { None } else { locate(Some(self.checkout), &context) };
        let seen_from = folder.as_ref().filter(|_| git).unwrap_or(self.checkout).clone();
        let dockerfile = match (&file, &folder) {
            (Some(file), _) => locate(Some(&seen_from), &file.text()),
            (None, Some(folder)) => folder.join("Dockerfile"),
            (None, None) => None,
        };
        let Some(dockerfile) = dockerfile else {
            let named = file.map(|it| it.text());
            let named = named.unwrap_or_else(|| format!("the Dockerfile of {context}"));
            let what = format!("builds {}, which is not known", display(&named));
            return into.unresolved(place, what);
        };
        let elsewhere = || BuildContext::Elsewhere(display(&context));
        into.add(Build {
            place,
            caller: Caller::GitHubActions,
            dockerfile,
            context: folder.map_or_else(elsewhere, BuildContext::Folder),
            target: text("target").map(|it| display(&it)),
            arguments: pairs(text("build-args").as_deref())
                .map(|(name, value)| (name.to_owned(), value.map(display)))
                .collect(),
            additional_contexts: pairs(text("build-contexts").as_deref())
                .filter_map(|(name, value)| Some((name.to_owned(), display(value?))))
                .collect(),
            tags: text("tags")
                .iter()
                .flat_map(|it| it.split(['\n', ',']))
                .filter_map(|it| image_name(it.trim().strip_prefix("name=").unwrap_or(it)))
                .collect(),
            builder,
            site: Site {
                file,
                seen_from: Some(seen_from),
                target: input("target"),
                form: match with {
                    // Of the first version of the action, whose inputs had other names, only that is edited.
                    Some(it) if builder == Builder::Docker && it.get("dockerfile").is_none() => {
                        Form::Entries(Entries::of(self.source, it, NAMES))
                    }
                    _ => Form::Fixed,
                },
            },
        });
    }
}

/// The `NAME=value` lines of an input.
fn pairs(text: Option<&str>) -> impl Iterator<Item = (&str, Option<&str>)> {
    let lines = text.unwrap_or_default().lines().map(str::trim).filter(|it| !it.is_empty());
    lines.map(|it| match it.split_once('=') {
        Some((name, value)) => (name.trim(), Some(value.trim())),
        None => (it, None),
    })
}

/// Puts in the expressions whose value is known.
fn expression(text: &Traced, values: &Values) -> Traced {
    let mut out = Traced::default();
    let mut rest = text.clone();
    while let Some((before, after)) = rest.split_once("${{") {
        let Some((inner, after)) = after.split_once("}}") else { break };
        out.append(&before);
        match values.get(inner.text().trim()) {
            Some(value) => out.append(value),
            None => out.push(UNKNOWN),
        }
        rest = after;
    }
    out.append(&rest);
    out
}

#[cfg(test)]
mod tests {
    use crate::callers::{
        retarget::tests::{assert_follows, follow},
        tests::builds,
    };

    #[test]
    fn steps_build() {
        let text = "\
on: push
env:
  REGISTRY: ghcr.io
jobs:
  build:
    strategy:
      matrix:
        service: [api, web]
        include:
          - service: web
            file: docker/web.Dockerfile
    defaults:
      run:
        working-directory: services
    steps:
      - uses: actions/checkout@v4
      - uses: docker/build-push-action@v6
        with:
          context: services/${{ matrix.service }}
          target: prod
          build-args: |
            A=1
            B=${{ github.sha }}
      - run: |
          echo
          docker build -t x ${{ matrix.service }}
  root:
    steps:
      - uses: docker/build-push-action@v6
        with: {push: true}
      - uses: docker/build-push-action@v6
        with: {context: ., file: ./docker/Dockerfile}
      - uses: docker/build-push-action@v6
        with: {context: '{{defaultContext}}:sub', file: Dockerfile.test}
      - uses: docker/build-push-action@v6
        with: {context: '${{ inputs.folder }}'}
      - run: docker build -f ${{ github.workspace }}/a/Dockerfile ${{ inputs.folder }}
        working-directory: b
";
        assert_eq!(
            builds(".github/workflows/ci.yml", text),
            [
                "17 services/api/Dockerfile services/api prod A=1 B=…",
                "26 services/api/Dockerfile services/api",
                "17 services/web/Dockerfile services/web prod A=1 B=…",
                "26 services/web/Dockerfile services/web",
                "29 Dockerfile .",
                "31 docker/Dockerfile .",
                "33 sub/Dockerfile.test sub",
                "37 a/Dockerfile <…>",
                "35 lost",
            ]
        );
    }

    #[test]
    fn a_repository_may_lie_inside_another() {
        let text = "\
jobs:
  build:
    steps:
      - uses: docker/build-push-action@v6
        with: {file: a/Dockerfile.test}
      - run: docker build -f ${{ github.workspace }}/b/Dockerfile.test .
        working-directory: b
      - run: docker build -f $GITHUB_WORKSPACE/c/Dockerfile.test c
";
        let expected = ["4 a/Dockerfile.test .", "6 b/Dockerfile.test b", "8 c/Dockerfile.test c"];
        assert_eq!(builds(".github/workflows/ci.yml", text), expected);
        let inside = [
            "4 x/y/a/Dockerfile.test x/y",
            "6 x/y/b/Dockerfile.test x/y/b",
            "8 x/y/c/Dockerfile.test x/y/c",
        ];
        assert_eq!(builds("x/y/.github/workflows/ci.yml", text), inside);
        assert_eq!(follow("x/y/.github/workflows/ci.yml", text).matches("target").count(), 3);
    }

    #[test]
    fn workflows_follow() {
        assert_follows(
            ".github/workflows/ci.yml",
            r#" env:
-  DOCKERFILE: web/Dockerfile.test
+  DOCKERFILE: web/Dockerfile
 jobs:
   test:
     strategy:
       matrix:
         service: [api, worker]
     steps:
       - uses: docker/build-push-action@v6
         with:
           context: .
-          file: services/${{ matrix.service }}/Dockerfile.test
+          file: services/${{ matrix.service }}/Dockerfile
+          target: test
+          build-args: INSTALL_TEST_DEPS=true
           push: true
       - uses: docker/build-push-action@v6
         with:
           context: .
-          file: ./Dockerfile.test
+          file: ./Dockerfile
+          target: test
           build-args: |
             A=1
             B=${{ github.sha }}
+            INSTALL_TEST_DEPS=true
       - uses: docker/build-push-action@v6
         with:
-          build-args: A=1
+          build-args: |
+            A=1
+            INSTALL_TEST_DEPS=true
-          file: Dockerfile.test
+          file: Dockerfile
+          target: test
       - uses: docker/build-push-action@v6
-        with: {file: a.test}
+        with: {file: Dockerfile, target: test, build-args: INSTALL_TEST_DEPS=true}
       - run: |
           echo
-          docker build -f api/Dockerfile.test -t x .
+          docker build -f api/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true -t x .
-      - run: docker build -f "$DOCKERFILE" .
+      - run: docker build -f "$DOCKERFILE" --target test --build-arg INSTALL_TEST_DEPS=true .
       - run: >-
-          docker build --file=${{ matrix.service }}/Dockerfile.test
+          docker build --file=${{ matrix.service }}/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true
           -t x .
"#,
        );
        let matrix = "\
jobs:
  a:
    strategy:
      matrix:
        file: [Dockerfile, Dockerfile.test]
    steps:
      - uses: docker/build-push-action@v6
        with: {context: ., file: '${{ matrix.file }}'}
";
        let done = follow(".github/workflows/ci.yml", matrix);
        assert!(
            done.ends_with("the same lines build Dockerfile {RepoPath(\"Dockerfile\")}"),
            "{done}"
        );
    }
}
