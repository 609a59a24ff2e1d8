//! Before and after, for each kind of caller.

use super::{Move, retarget};
use crate::{
    change::Origin,
    path::RepoPath,
    project::{Project, callers},
    text,
};

/// What becomes of a file when each Dockerfile with `test` in its name moves to `Dockerfile` in the same
/// folder, stage `test`, argument `INSTALL_TEST_DEPS=true`.
pub(in crate::project::callers) fn follow(path: &str, source: &str) -> String {
    follow_with(path, source, Some("test"), &[("INSTALL_TEST_DEPS", "true")])
}

/// The same with another target and other arguments.
pub(in crate::project::callers) fn follow_with(
    path: &str,
    source: &str,
    target: Option<&str>,
    arguments: &[(&str, &str)],
) -> String {
    let path = RepoPath::new(path).unwrap();
    let builds = callers::read(&path, source).builds;
    let dockerfiles = builds.iter().map(|it| (it.dockerfile.clone(), "FROM x\n".to_owned()));
    let files = dockerfiles.chain([(path.clone(), source.to_owned())]);
    let project = Project::new(files);
    let arguments = arguments.iter().map(|(name, it)| ((*name).to_owned(), (*it).to_owned()));
    let moved = builds.iter().filter(|it| it.dockerfile.file_name().contains("test"));
    let moves: Vec<_> = moved
        .map(|it| Move {
            from: it.dockerfile.clone(),
            to: Origin {
                dockerfile: it.dockerfile.parent().unwrap().join("Dockerfile").unwrap(),
                target: target.map(str::to_owned),
                arguments: arguments.clone().collect(),
            },
        })
        .collect();
    let done = retarget(&project, &moves);
    match done.stuck.last() {
        Some(it) => format!("stuck: {}: {} {:?}", it.place, it.reason, it.shares),
        None => text::apply(source, done.edits.get(&path).map_or(&[], Vec::as_slice)),
    }
}

/// Asserts that a file follows, line by line: `-` what goes, `+` what comes, else what stays.
#[track_caller]
pub(in crate::project::callers) fn assert_follows(path: &str, diff: &str) {
    let side = |sign: char| {
        let lines = diff.split_inclusive('\n').filter(|it| !it.starts_with(sign));
        lines.map(|it| it.get(1..).unwrap_or_default()).collect::<String>()
    };
    let (before, after) = (side('+'), side('-'));
    let done = follow(path, &before);
    assert!(done == after, "became:\n{done}\nnot:\n{after}");
    let dockerfiles = |it: &str| {
        let builds = callers::read(&RepoPath::new(path).unwrap(), it).builds;
        builds.into_iter().map(|it| it.dockerfile).collect::<Vec<_>>()
    };
    assert!(!dockerfiles(&after).iter().any(|it| it.file_name().contains("test")));
}

#[test]
fn compose_files_follow() {
    assert_follows(
        "compose.yml",
        r#" services:
   api:
     build:
       context: .
       dockerfile: Dockerfile
   tests: # run by CI
     build:
       context: .
-      dockerfile: Dockerfile.test  # the twin
+      dockerfile: Dockerfile  # the twin
+      target: test
+      args:
+        INSTALL_TEST_DEPS: "true"
     command: pytest
"#,
    );
    // A mapping, a list, braces.
    assert_follows("compose.yml", r#" services:
   a:
     build:
       args:
         A: 1 # one
+        INSTALL_TEST_DEPS: "true"
-      dockerfile: "./docker/Dockerfile.test"
+      dockerfile: "./docker/Dockerfile"
+      target: test
       context: ..
   b:
     build:
         args:
         - "A=1"
+        - "INSTALL_TEST_DEPS=true"
-        dockerfile: b.test.Dockerfile
+        dockerfile: Dockerfile
+        target: test
         context: .
   c:
-    build: {context: ., dockerfile: Dockerfile.test} # c
+    build: {context: ., dockerfile: Dockerfile, target: test, args: {INSTALL_TEST_DEPS: "true"}} # c
   d:
-    build: {context: ., args: {A: 1}, dockerfile: 'Dockerfile.test'}
+    build: {context: ., args: {A: 1, INSTALL_TEST_DEPS: "true"}, dockerfile: 'Dockerfile', target: test}
   e:
-    build: {context: ., args: [A=1], dockerfile: Dockerfile.test}
+    build: {context: ., args: [A=1, INSTALL_TEST_DEPS=true], dockerfile: Dockerfile, target: test}
"#.replace("deploy/", "").as_str().replace("context: ..", "context: .").as_str());
}

#[test]
fn what_compose_files_share_moves_together_or_not_at_all() {
    assert_follows(
        "compose.yml",
        r#" x-tests: &tests
   build:
     context: .
-    dockerfile: Dockerfile.test
+    dockerfile: Dockerfile
+    target: test
+    args:
+      INSTALL_TEST_DEPS: "true"
 services:
   unit: *tests
   e2e:
     <<: *tests
     command: e2e
   more:
     extends: e2e
"#,
    );
    // Two contexts and one name: one Dockerfile may be there and the other not.
    let shared = "\
services:
  a:
    build:
      context: a
      dockerfile: &name Dockerfile.test
  b:
    build:
      context: b
      dockerfile: *name
";
    let [path, a, b] = ["compose.yml", "a/Dockerfile.test", "b/Dockerfile.test"]
        .map(|it| RepoPath::new(it).unwrap());
    let text = |it: &RepoPath| if *it == path { shared } else { "FROM x\n" }.to_owned();
    let project = Project::new([&path, &a, &b].map(|it| (it.clone(), text(it))));
    let to = Origin {
        dockerfile: RepoPath::new("a/Dockerfile").unwrap(),
        target: None,
        arguments: [].into(),
    };
    let done = retarget(&project, &[Move { from: a, to }]);
    assert_eq!(done.edits.len(), 0);
    assert_eq!(done.stuck[0].place.line, 4);
    assert_eq!(done.stuck[0].shares, [b].into());
}

#[test]
fn a_build_that_is_only_a_context_says_more() {
    let to = |source: &str| {
        let [path, from] = ["compose.yml", "api/Dockerfile"].map(|it| RepoPath::new(it).unwrap());
        let files = [(path.clone(), source), (from.clone(), "FROM x\n")];
        let project = Project::new(files.map(|(path, text)| (path, text.to_owned())));
        let dockerfile = RepoPath::new("docker/api.Dockerfile").unwrap();
        let to = Origin { dockerfile, target: Some("test".to_owned()), arguments: [].into() };
        let done = retarget(&project, &[Move { from, to }]);
        assert_eq!(done.stuck, []);
        text::apply(source, &done.edits[&path])
    };
    let before = "\
x-api: &api
    build: ./api # here
services:
    a: *api
    b:
        <<: *api
    c:
        extends: {service: a}
    d: {build: './api', image: d}
    e:
        build:
            context: api";
    let after = "\
x-api: &api
    build:
        context: ./api # here
        dockerfile: ../docker/api.Dockerfile
        target: test
services:
    a: *api
    b:
        <<: *api
    c:
        extends: {service: a}
    d: {build: {context: './api', dockerfile: ../docker/api.Dockerfile, target: test}, image: d}
    e:
        build:
            context: api
            dockerfile: ../docker/api.Dockerfile
            target: test";
    assert_eq!(to(before), after);
}

#[test]
fn what_cannot_follow_is_stuck() {
    let service = "services:\n  a:\n    build:\n      context: .\n      dockerfile: ";
    let rows = [
        ("${NAME:-Dockerfile.test}\n", "its name comes from a variable"),
        ("Dockerfile.test\n      target: dev\n", "names its stage dev"),
        (
            "Dockerfile.test\n      args:\n        INSTALL_TEST_DEPS: false\n",
            "gives INSTALL_TEST_DEPS another value",
        ),
    ];
    for (rest, reason) in rows {
        let done = follow("compose.yml", &format!("{service}{rest}"));
        assert!(done.starts_with("stuck") && done.contains(reason), "{done}");
    }
}

#[test]
fn bake_files_follow() {
    assert_follows(
        "docker-bake.hcl",
        r#" # Dockerfile.test
 target "a" {
-  dockerfile = "./api/Dockerfile.test" # a
+  dockerfile = "./api/Dockerfile" # a
+  target = "test"
+  args = { INSTALL_TEST_DEPS = "true" }
 }
 target "b" {
   context    = "b"
-  dockerfile = "Dockerfile.test"
+  dockerfile = "Dockerfile"
+  target = "test"
-  args = { A = 1 }
+  args = { A = 1, INSTALL_TEST_DEPS = "true" }
 }
 target "c" {
   args = {
     A = 1
     B = "2" # two
+    INSTALL_TEST_DEPS = "true"
   }
   context = "c"
-  dockerfile = "c.test"
+  dockerfile = "Dockerfile"
+  target = "test"
 }
"#,
    );
    assert_follows(
        "docker-bake.json",
        r#" {
   "target": {
     "a": {
-      "dockerfile": "Dockerfile.test"
+      "dockerfile": "Dockerfile",
+      "target": "test",
+      "args": {"INSTALL_TEST_DEPS": "true"}
     },
     "b": {
-      "dockerfile": "Dockerfile.test",
+      "dockerfile": "Dockerfile",
+      "target": "test",
       "args": {
-        "A": "1"
+        "A": "1",
+        "INSTALL_TEST_DEPS": "true"
       }
     },
-    "c": {"context": ".", "dockerfile": "Dockerfile.test"}
+    "c": {"context": ".", "dockerfile": "Dockerfile", "target": "test", "args": {"INSTALL_TEST_DEPS": "true"}}
   }
 }
"#,
    );
    let one_line = "target \"a\" { dockerfile = \"Dockerfile.test\" }\n";
    assert!(follow("docker-bake.hcl", one_line).contains("on one line"));
    let matrix = r#"target "a" {
  matrix = { it = ["a/Dockerfile.test", "b/Dockerfile"] }
  dockerfile = it
}
"#;
    assert!(follow("docker-bake.hcl", matrix).contains("b/Dockerfile"));
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
    assert!(done.ends_with("the same lines build Dockerfile {RepoPath(\"Dockerfile\")}"), "{done}");
}

#[test]
fn gitlab_files_follow() {
    assert_follows(".gitlab-ci.yml", r" variables:
   DIR: services
 .build:
   script:
-    - docker build -t $NAME -f $DIR/$NAME/Dockerfile.test $DIR
+    - docker build -t $NAME -f $DIR/$NAME/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true $DIR
 api:
   extends: .build
   variables: {NAME: api}
 kaniko:
   script:
     - >-
       /kaniko/executor --context $CI_PROJECT_DIR/k
-      --dockerfile $CI_PROJECT_DIR/k/Dockerfile.test --destination x
+      --dockerfile $CI_PROJECT_DIR/k/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true --destination x
     - |
       docker build \
-        -f 'Dockerfile.test' \
+        -f 'Dockerfile' \
+        --target test \
+        --build-arg INSTALL_TEST_DEPS=true \
         .
".replace("\\\\", "\\").as_str());
}

#[test]
fn makefiles_follow() {
    assert_follows("Makefile", " SERVICE := api
-DOCKERFILE = Dockerfile.test # the twin
+DOCKERFILE = Dockerfile # the twin
 test:
-\t@docker build -t x \\
-\t\t-f $(SERVICE)/Dockerfile.test .
+\t@docker build -t x \\
+\t\t-f $(SERVICE)/Dockerfile \\
+\t\t--target test \\
+\t\t--build-arg INSTALL_TEST_DEPS=true .
-\tdocker build -f $(DOCKERFILE) -t x .
+\tdocker build -f $(DOCKERFILE) --target test --build-arg INSTALL_TEST_DEPS=true -t x .
-\tfor s in a b; do docker build -f $$s/Dockerfile.test .; done
+\tfor s in a b; do docker build -f $$s/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true .; done
");
    let overridable = "F ?= Dockerfile.test\nt:\n\tdocker build -f $(F) .\n";
    assert!(follow("Makefile", overridable).contains("comes from a variable"));
}

#[test]
fn scripts_follow() {
    assert_follows(
        "build.sh",
        r#" #!/bin/sh
 HERE="$(cd "$(dirname "$0")" && pwd)"
-docker build -f "$HERE/Dockerfile.test" "$HERE"
+docker build -f "$HERE/Dockerfile" --target test --build-arg INSTALL_TEST_DEPS=true "$HERE"
-docker build -fapi/Dockerfile.test .
+docker build -fapi/Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true .
-docker build --file=api/Dockerfile.test --target=0 .
+docker build --file=api/Dockerfile --build-arg INSTALL_TEST_DEPS=true --target=test .
-for f in a/Dockerfile.test b/Dockerfile.test; do
-  docker buildx build --push -f "$f" .
+for f in a/Dockerfile b/Dockerfile; do
+  docker buildx build --push -f "$f" --target test --build-arg INSTALL_TEST_DEPS=true .
 done
 (
   cd web
-  podman build -f Dockerfile.test
+  podman build -f Dockerfile --target test --build-arg INSTALL_TEST_DEPS=true
 )
"#,
    );
    let loops = "for f in a.test Dockerfile; do docker build -f $f .; done\n";
    assert!(follow("build.sh", loops).contains("the same lines build Dockerfile"));
    // Windows line ends.
    let windows = "docker build \\\r\n  -f Dockerfile.test \\\r\n  .\r\n";
    let followed = "docker build \\\r\n  -f Dockerfile \\\r\n  --target test \\\r\n  \
                    --build-arg INSTALL_TEST_DEPS=true \\\r\n  .\r\n";
    assert_eq!(follow("build.sh", windows), followed);
}
