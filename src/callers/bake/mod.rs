//! Builds in bake files, in HCL and JSON.

pub(super) mod hcl;

use std::{
    collections::{BTreeMap, HashMap},
    sync::Arc,
};

use super::{
    Build, BuildContext, Builder, Caller, Callers,
    entries::{Anchor, Arguments, COMPOSE, Entries, Field, Syntax},
    image_name,
    script::{display, is_remote, locate},
    site::{Form, Site},
    traced,
    traced::Traced,
    words::UNKNOWN,
};
use crate::{
    text::{Place, RepoPath, is_template},
    yaml::{self, Node},
};
use hcl::Value;

/// Combinations of a matrix to try.
const COMBINATIONS: usize = 256;

type Attributes = BTreeMap<String, (Value, Field)>;
type Variables = HashMap<String, Traced>;

struct Target {
    name: String,
    line: usize,
    attributes: Attributes,
}

/// Reads a bake file in HCL.
pub(super) fn read_hcl(path: &RepoPath, text: &str, into: &mut Callers) {
    let mut targets = Vec::new();
    let mut variables = HashMap::new();
    let entries = match hcl::read(text) {
        Ok(it) => it,
        Err(error) => return into.unread(path, error.line, error.message, is_template(text)),
    };
    for entry in entries {
        match (entry.name.as_str(), entry.labels.as_slice(), entry.value) {
            ("target", [name], Value::Map(attributes)) => {
                targets.push(Target { name: name.clone(), line: entry.line, attributes });
            }
            ("variable", [name], Value::Map(mut it)) => {
                // The environment may say something else.
                if let Some((Value::Text(it), _)) = it.remove("default") {
                    variables.insert(name.clone(), it.forgotten());
                }
            }
            (name, [], Value::Text(it)) => _ = variables.insert(name.to_owned(), it),
            _ => {}
        }
    }
    add_all(path, &targets, &variables, Syntax::Hcl, into);
}

/// Reads a bake file in JSON, which is YAML too.
pub(super) fn read_json(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    let entries = |key: &str| root.get(key).map(|it| it.entries()).unwrap_or_default().iter();
    let target = |it: &yaml::Entry| match value_of(source, &it.value, 0) {
        Value::Map(attributes) => Some(Target { name: it.key.clone(), line: it.line, attributes }),
        _ => None,
    };
    let targets: Vec<_> = entries("target").filter_map(target).collect();
    let variable =
        |it: &yaml::Entry| Some((it.key.clone(), Traced::untraced(it.value.text("default")?)));
    let variables = entries("variable").filter_map(variable).collect();
    add_all(path, &targets, &variables, Syntax::Flow, into);
}

/// The value that a node of JSON is.
pub(super) fn value_of(source: &str, node: &Node, depth: usize) -> Value {
    match &node.value {
        _ if depth > 8 => Value::Unknown,
        yaml::Value::Scalar(_) => Value::Text(traced(source, node).unwrap_or_default()),
        yaml::Value::Sequence(it) => {
            Value::List(it.iter().map(|it| value_of(source, it, depth + 1)).collect())
        }
        yaml::Value::Mapping(it) => {
            let entry = |it: &yaml::Entry| {
                (it.key.clone(), (value_of(source, &it.value, depth + 1), Field::from(it)))
            };
            Value::Map(it.iter().map(entry).collect())
        }
    }
}

fn add_all(
    path: &RepoPath,
    targets: &[Target],
    variables: &Variables,
    syntax: Syntax,
    into: &mut Callers,
) {
    for target in targets {
        let attributes = inherited(targets, target, 0);
        let mut rounds = vec![variables.clone()];
        let axes = match attributes.get("matrix") {
            Some((Value::Map(it), _)) => it.iter().collect(),
            _ => Vec::new(),
        };
        for (name, values) in axes {
            let (Value::List(values), _) = values else { continue };
            let with = |round: &Variables, value: &Value| {
                let mut round = round.clone();
                match value {
                    Value::Text(it) => round.extend([(name.clone(), it.clone())]),
                    Value::Map(it) => round.extend(it.iter().filter_map(|(key, value)| {
                        Some((format!("{name}.{key}"), value.0.text()?.clone()))
                    })),
                    _ => {}
                }
                round
            };
            rounds = rounds
                .iter()
                .flat_map(|round| values.iter().map(move |it| with(round, it)))
                .take(COMBINATIONS)
                .collect();
        }
        for round in &rounds {
            add(path, target, &attributes, round, syntax, into);
        }
    }
}

/// A target's attributes with what it inherits: of several parents the last wins, and its own over all.
fn inherited(targets: &[Target], target: &Target, depth: usize) -> Attributes {
    let mut all = Attributes::new();
    let parents = match target.attributes.get("inherits").filter(|_| depth < 16) {
        Some((Value::List(it), _)) => it.iter().filter_map(Value::text).map(Traced::text).collect(),
        _ => Vec::new(),
    };
    let parents = parents.iter().filter_map(|name| targets.iter().find(|it| it.name == *name));
    let parents = parents.flat_map(|it| inherited(targets, it, depth + 1));
    let own = target.attributes.iter().map(|(name, value)| (name.clone(), value.clone()));
    for (name, value) in parents.filter(|it| it.0 != "matrix").chain(own) {
        match (all.get_mut(&name), value) {
            (Some((Value::Map(old), _)), (Value::Map(new), _)) => old.extend(new),
            (_, value) => _ = all.insert(name, value),
        }
    }
    all
}

fn add(
    path: &RepoPath,
    target: &Target,
    attributes: &Attributes,
    variables: &Variables,
    syntax: Syntax,
    into: &mut Callers,
) {
    let value = |it: &Value| {
        let unknown = || Traced::untraced(&UNKNOWN.to_string());
        it.text().map_or_else(unknown, |it| template(it, variables))
    };
    let input = |key: &str| Some(value(&attributes.get(key)?.0));
    let text = |key: &str| input(key).map(|it| it.text());
    let map = |key: &str| match attributes.get(key) {
        Some((Value::Map(it), _)) => it
            .iter()
            .map(|(name, it)| (name.clone(), it.0.text().map(|_| display(&value(&it.0).text()))))
            .collect(),
        _ => BTreeMap::new(),
    };
    if attributes.contains_key("dockerfile-inline") {
        return;
    }
    let folder = path.parent().unwrap_or(RepoPath::root());
    let context = text("context").unwrap_or_else(|| ".".to_owned());
    let dockerfile = text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let folder = if is_remote(&context) { None } else { locate(Some(&folder), &context) };
    let found = folder.as_ref().and_then(|it| locate(Some(it), &dockerfile));
    let place = Place::line(path, target.line);
    let (Some(folder), Some(dockerfile)) = (folder, found) else {
        let (dockerfile, context) = (display(&dockerfile), display(&context));
        let what = format!("{} builds {dockerfile} of {context}", target.name);
        return into.unresolved(place, format!("{what}, which is not known"));
    };
    let tags = match attributes.get("tags") {
        Some((Value::List(it), _)) => {
            it.iter().filter_map(|it| image_name(&value(it).text())).collect()
        }
        _ => Vec::new(),
    };
    let named = map("contexts").into_iter().filter_map(|(name, it)| Some((name, it?)));
    into.add(Build {
        place,
        caller: Caller::Bake,
        dockerfile,
        context: BuildContext::Folder(folder.clone()),
        target: text("target").map(|it| display(&it)),
        arguments: map("args"),
        additional_contexts: named.collect(),
        tags,
        builder: Builder::Docker,
        site: Site {
            file: input("dockerfile"),
            seen_from: Some(folder),
            target: input("target"),
            form: Form::Entries(entries(target, syntax)),
        },
    });
}

/// The place where a target gets more settings: its own body, whatever it inherits.
fn entries(target: &Target, syntax: Syntax) -> Entries {
    let last = |map: &Attributes| map.values().map(|it| it.1.clone()).max_by_key(|it| it.key.end);
    let keys = ["dockerfile", "context"].iter().filter_map(|it| target.attributes.get(*it));
    let anchor = keys.map(|it| it.1.clone()).next().or_else(|| last(&target.attributes));
    let arguments = target.attributes.get("args").map(|it| match &it.0 {
        Value::Map(it) => match last(it) {
            Some(it) => Arguments::Map(it, syntax),
            None => Arguments::Other,
        },
        _ => Arguments::Other,
    });
    let anchor = anchor.map_or(Anchor::Nowhere, Anchor::After);
    Entries { syntax, names: COMPOSE, anchor, arguments }
}

/// Puts variables into `${NAME}`.
fn template(text: &Traced, variables: &Variables) -> Traced {
    let mut out = Traced::default();
    let mut rest = text.clone();
    while let Some((before, after)) = rest.split_once("${") {
        let Some((name, after)) = after.split_once("}") else { break };
        out.append(&before);
        match variables.get(name.text().trim()) {
            Some(it) if it.find("${", 0).is_none() => out.append(it),
            _ => out.push(UNKNOWN),
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
    fn targets_build() {
        let text = r#"
variable "TAG" { default = "v1" }
DIR = "services"
group "default" { targets = ["api", "web"] }
target "_common" {
  args = { A = 1, B = upper("x") } # made
  platforms = ["linux/amd64",
    "linux/arm64"]
}
target "api" {
  inherits = ["_common"]
  context = "./${DIR}/api"
  target = TAG
  args = { C = "${TAG}" }
}
/* a
   comment */
target "web" {
  name = "web-${item.name}"
  matrix = { item = [{ name = "a" }, { name = "b" }] }
  dockerfile = "docker/${item.name}.Dockerfile"
  output = [{ type = "local", dest = "x" }]
  contexts = { base = "target:api" }
}
target "lost" {
  context = MISSING
}
"#;
        assert_eq!(
            builds("docker-bake.hcl", text),
            [
                "5 Dockerfile . A=1 B=?",
                "10 services/api/Dockerfile services/api v1 A=1 B=? C=v1",
                "18 docker/a.Dockerfile .",
                "18 docker/b.Dockerfile .",
                "25 lost",
            ]
        );
    }

    #[test]
    fn targets_build_in_json() {
        let text = r#"{
  "variable": {"D": {"default": "x"}},
  "target": {
    "a": {"context": "${D}", "args": {"N": "1"}},
    "b": {"inherits": ["a"], "dockerfile": "D2"}
  }
}"#;
        assert_eq!(
            builds("ops/docker-bake.json", text),
            ["4 ops/x/Dockerfile ops/x N=1", "5 ops/x/D2 ops/x N=1"]
        );
    }

    #[test]
    fn any_text_is_survived() {
        for text in [
            "target",
            "target \"a\" {",
            "a = [",
            "a = f(",
            "{ } ] )",
            "\"",
            "/*",
            "a = [[[",
            "a = {\"b\" = }",
            "a = \"${",
            "a = \"%{ if x }y%{ endif }$${z}\"\n",
            "a = <<X\ny\nX\n",
        ] {
            builds("docker-bake.hcl", text);
        }
        builds("docker-bake.hcl", &"a = [".repeat(100_000));
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
 target "t" {
-  dockerfile = "Dockerfile.test"
-  args = { TAG = "${replace(V, "v", "")}" }
+  dockerfile = "Dockerfile"
+  target = "test"
+  args = { TAG = "${replace(V, "v", "")}", INSTALL_TEST_DEPS = "true" }
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
}
