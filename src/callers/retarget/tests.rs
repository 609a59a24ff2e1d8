//! Before and after, for each kind of caller.

use super::{Move, retarget};
use crate::{
    callers,
    project::{Project, change::Origin},
    text::{self, RepoPath},
};

/// What becomes of a file when each Dockerfile with `test` in its name moves to `Dockerfile` in the same
/// folder, stage `test`, argument `INSTALL_TEST_DEPS=true`.
pub(in crate::callers) fn follow(path: &str, source: &str) -> String {
    follow_with(path, source, Some("test"), &[("INSTALL_TEST_DEPS", "true")])
}

/// The same with another target and other arguments.
pub(in crate::callers) fn follow_with(
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
        None => text::apply(source, done.edits.get(&path).into_iter().flatten()),
    }
}

/// Asserts that a file follows, line by line: `-` what goes, `+` what comes, else what stays.
#[track_caller]
pub(in crate::callers) fn assert_follows(path: &str, diff: &str) {
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
fn what_is_read_as_no_build_may_be_one() {
    // Copied to another place, it builds what is there.
    let path = "templates/.github/workflows/ci.yml";
    let text = "jobs:\n  a:\n    steps:\n      - run: docker build -f Dockerfile.test .\n";
    let files = [(path, text), ("Dockerfile.test", "FROM x\n")];
    let at = |it: &str| RepoPath::new(it).unwrap();
    let project = Project::new(files.map(|it| (at(it.0), it.1.to_owned())));
    let to = Origin { dockerfile: at("Dockerfile"), target: None, arguments: [].into() };
    let done = retarget(&project, &[Move { from: at("Dockerfile.test"), to }]);
    assert_eq!(done.stuck[0].place.to_string(), format!("{path}:4"));
}
