//! Builds in GitLab CI files.

use std::{collections::BTreeMap, sync::Arc};

use super::{
    Caller, Callers, above, literals, or_root,
    script::{Script, may_build},
    traced,
    traced::Traced,
    words::rooted,
};
use crate::{
    text::RepoPath,
    yaml::{Node, Value},
};

/// Reads the scripts of the jobs; a hidden job is read through the jobs that extend it.
pub(super) fn read(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    if !may_build(source) {
        return;
    }
    let global = literals(source, root.get("variables"));
    for job in root.entries().iter().filter(|it| !it.key.starts_with('.')) {
        let chain = chain(root, &job.value);
        let lookup = |key: &str| chain.iter().find_map(|it| it.get(key));
        let Some(script) = lookup("script") else { continue };
        let mut variables = global.clone();
        for it in chain.iter().rev() {
            variables.extend(literals(source, it.get("variables")));
        }
        let matrix = chain.iter().find_map(|it| it.get("parallel")?.get("matrix"));
        let before = lookup("before_script")
            .or_else(|| root.get("default")?.get("before_script"))
            .or_else(|| root.get("before_script"));
        let parts: Vec<_> = before.into_iter().chain([script]).collect();
        let (text, lines) = join(source, &parts);
        let lists = lists(source, matrix);
        let line = |it: usize| lines.get(it.saturating_sub(1)).copied().unwrap_or(job.line);
        for checkout in checkouts(path) {
            let mut variables = variables.clone();
            let folder = Traced::untraced(&rooted(&checkout));
            variables.insert("CI_PROJECT_DIR".to_owned(), folder);
            let lists = lists.clone();
            let script =
                Script { path, caller: Caller::GitLab, starts: vec![checkout], variables, lists };
            script.read(&text, &line, into);
        }
    }
}

/// Where the jobs start: at the root of the repository that the file is for, and that may include a file
/// which would be another repository's in its place.
fn checkouts(path: &RepoPath) -> Vec<RepoPath> {
    let alone = path.file_name().starts_with(".gitlab-ci.");
    let beside = if alone { path.parent() } else { None };
    or_root(above(path, ".gitlab").or(beside).unwrap_or(RepoPath::root()))
}

/// A job and the jobs it extends, the nearest first, each once.
pub(super) fn chain(root: &Arc<Node>, job: &Arc<Node>) -> Vec<Arc<Node>> {
    let mut all: Vec<Arc<Node>> = Vec::new();
    let mut stack = vec![Arc::clone(job)];
    while let Some(job) = stack.pop() {
        if all.iter().any(|it| Arc::ptr_eq(it, &job)) {
            continue;
        }
        if let Some(extends) = job.get("extends") {
            let listed = extends.items().iter().filter_map(|it| it.as_str());
            let names = extends.as_str().into_iter().chain(listed);
            // Of several, the last wins.
            stack.extend(names.filter_map(|it| root.get(it)).cloned());
        }
        all.push(job);
    }
    all
}

/// The variables of a matrix, each with all its values.
fn lists(source: &str, matrix: Option<&Arc<Node>>) -> BTreeMap<String, Vec<Traced>> {
    let mut lists: BTreeMap<String, Vec<Traced>> = BTreeMap::new();
    let entries = matrix.map(|it| it.items()).unwrap_or_default().iter();
    for entry in entries.flat_map(|it| it.entries()) {
        let values = entry.value.items().iter().chain([&entry.value]);
        let values = values.filter_map(|it| traced(source, it));
        lists.entry(entry.key.clone()).or_default().extend(values);
    }
    lists
}

/// How deep lists of scripts may nest: GitLab refuses what is deeper (CI/CD YAML syntax, `script`).
const DEPTH: usize = 10;
/// How many lines a job may have. Aliases of aliases make billions of a few.
const LINES: usize = 10_000;

/// The texts of scripts, in order; none of what GitLab refuses or nobody writes.
pub(super) fn texts<'n>(parts: &[&'n Arc<Node>]) -> Vec<&'n Arc<Node>> {
    let mut found = Vec::new();
    let mut stack: Vec<(&Arc<Node>, usize)> = parts.iter().rev().map(|it| (*it, 0)).collect();
    while let Some((node, depth)) = stack.pop() {
        if DEPTH < depth || LINES < stack.len().max(found.len()) {
            return Vec::new();
        }
        match &node.value {
            // `!reference [job, script]` names lines and holds none.
            Value::Sequence(items) if node.tag.is_none() => {
                stack.extend(items.iter().rev().map(|it| (it, depth + 1)));
            }
            Value::Scalar(_) => found.push(node),
            _ => {}
        }
    }
    found
}

/// The lines of scripts, which run in one shell, and the line of the file of each.
fn join(source: &str, parts: &[&Arc<Node>]) -> (Traced, Vec<usize>) {
    let mut text = Traced::default();
    let mut lines = Vec::new();
    for node in texts(parts) {
        if LINES < lines.len() {
            return Default::default();
        }
        let scalar = traced(source, node).unwrap_or_default();
        for (at, line) in scalar.lines().iter().enumerate() {
            text.append(line);
            text.push('\n');
            lines.push(node.line_of(at + 1));
        }
    }
    (text, lines)
}

#[cfg(test)]
mod tests {
    use crate::callers::{Builder, read, retarget::tests::assert_follows, tests::builds};
    use crate::text::RepoPath;

    const TEXT: &str = "\
variables:
  DIR: services
.build:
  script:
    - docker build -t $NAME -f $DIR/$NAME/Dockerfile $DIR
api:
  extends: .build
  variables: {NAME: api}
web:
  extends: [.build]
  variables: {NAME: web}
all:
  parallel:
    matrix:
      - NAME: [a, b]
  script:
    - cd $DIR
    - |
      echo
      docker build $NAME
kaniko:
  script:
    - >-
      /kaniko/executor --context $CI_PROJECT_DIR/k
      --dockerfile $CI_PROJECT_DIR/k/Dockerfile.prod --destination x
";

    #[test]
    fn jobs_build_through_the_jobs_they_extend() {
        assert_eq!(
            builds(".gitlab-ci.yml", TEXT),
            [
                "5 services/api/Dockerfile services",
                "5 services/web/Dockerfile services",
                "20 services/a/Dockerfile services/a",
                "20 services/b/Dockerfile services/b",
                "24 k/Dockerfile.prod k",
            ]
        );
        let callers = read(&RepoPath::new(".gitlab-ci.yml").unwrap(), TEXT);
        assert_eq!(callers.builds[4].builder, Builder::Kaniko);
    }

    #[test]
    fn a_file_may_be_another_repositorys_or_included() {
        let text = "a:\n  script: docker build -f $CI_PROJECT_DIR/Dockerfile.test .\n";
        let rows = [
            (".gitlab-ci.yml", vec!["2 Dockerfile.test ."]),
            (".gitlab/ci/a.yml", vec!["2 Dockerfile.test ."]),
            ("ci/a.gitlab-ci.yml", vec!["2 Dockerfile.test ."]),
            ("x/.gitlab-ci.yml", vec!["2 x/Dockerfile.test x", "2 Dockerfile.test ."]),
            ("x/.gitlab/ci/a.yml", vec!["2 x/Dockerfile.test x", "2 Dockerfile.test ."]),
        ];
        for (path, expected) in rows {
            assert_eq!(builds(path, text), expected, "{path}");
        }
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
}
