//! The build of a development container.

use std::collections::BTreeMap;

use super::{
    Build, BuildContext, Builder, Caller, Callers,
    bake::hcl::{self, Value},
    entries::{Anchor, Arguments, COMPOSE, Entries, Field, Syntax},
    script::locate,
    site::{Form, Site},
    traced::Traced,
};
use crate::text::{self, Place, RepoPath};

/// Reads a `devcontainer.json`, which may have comments.
///
/// <https://containers.dev/implementors/json_reference/#image-specific>: all paths are seen from the file.
pub(super) fn read(path: &RepoPath, source: &str, into: &mut Callers) {
    let Value::Map(root) = hcl::read_json(source) else { return };
    let (build, old) = match (root.get("build"), root.get("dockerFile")) {
        (Some((Value::Map(build), _)), _) => (build, false),
        (_, Some(_)) => (&root, true),
        _ => return,
    };
    let file_key = if old { "dockerFile" } else { COMPOSE.file };
    let input = |key: &str| Some(build.get(key)?.0.text()?.clone());
    let Some(file) = input(file_key) else { return };
    let folder = path.parent().unwrap_or(RepoPath::root());
    let context = input(COMPOSE.context).map_or(".".to_owned(), |it| it.text());
    let at = build.get(file_key).map_or(0, |it| it.1.key.start);
    let place = Place::line(path, text::line_at(source, at));
    let told = |it: &str| !it.contains("${");
    let found = locate(Some(&folder), &file.text()).filter(|_| told(&file.text()));
    let Some(dockerfile) = found else {
        return into.unresolved(place, format!("builds {file}, which is not known"));
    };
    let context = match locate(Some(&folder), &context).filter(|_| told(&context)) {
        Some(it) => BuildContext::Folder(it),
        None => BuildContext::Elsewhere(context),
    };
    let arguments = match build.get(COMPOSE.arguments) {
        Some((Value::Map(it), _)) if !old => {
            it.iter().map(|(name, it)| (name.clone(), it.0.text().map(Traced::text))).collect()
        }
        _ => BTreeMap::new(),
    };
    let form = match (old, build.get(file_key)) {
        (false, Some((_, field))) => Form::Entries(Entries {
            syntax: Syntax::Flow,
            names: COMPOSE,
            anchor: Anchor::After(field.clone()),
            arguments: build.get(COMPOSE.arguments).map(|it| written(&it.0)),
        }),
        // The old keys have none for a target.
        _ => Form::Fixed,
    };
    let target = input(COMPOSE.target).filter(|_| !old);
    into.add(Build {
        place,
        caller: Caller::Devcontainer,
        dockerfile,
        context,
        target: target.as_ref().map(Traced::text),
        arguments,
        additional_contexts: BTreeMap::new(),
        builder: Builder::Docker,
        site: Site { file: Some(file), seen_from: Some(folder), target, form },
    });
}

fn written(arguments: &Value) -> Arguments {
    let Value::Map(arguments) = arguments else { return Arguments::Other };
    let fields = arguments.values().map(|it| &it.1);
    let last: Option<&Field> = fields.max_by_key(|it| it.key.end);
    last.map_or(Arguments::Other, |it| Arguments::Map(it.clone(), Syntax::Flow))
}

#[cfg(test)]
mod tests {
    use crate::callers::{
        retarget::tests::{assert_follows, follow},
        tests::builds,
    };

    #[test]
    fn a_container_is_built() {
        let path = ".devcontainer/devcontainer.json";
        let text = "{\n  // here\n  \"build\": {\"dockerfile\": \"Dockerfile\", \"context\": \"..\",\n    \
                    \"args\": { \"A\": \"1\", }, /* no more */ \"target\": \"dev\"}\n}\n";
        assert_eq!(builds(path, text), ["3 .devcontainer/Dockerfile . dev A=1"]);
        let old = "{\"dockerFile\": \"../Dockerfile.test\", \"context\": \"..\", \"build\": 1}";
        assert_eq!(builds(path, old), ["1 Dockerfile.test ."]);
        assert_eq!(builds(path, "{\"image\": \"x\"}"), [""; 0]);
        assert_eq!(builds(path, "{\"build\": {\"dockerfile\": \"${localEnv:X}\"}}"), ["1 lost"]);
        assert!(follow(path, old).starts_with("stuck"));
        for broken in ["", "[", "{\"build\": {\"dockerfile\"", "{\"build\": {\"dockerfile\": {}}}"]
        {
            assert_eq!(builds(path, broken), [""; 0]);
        }
    }

    #[test]
    fn a_container_follows() {
        assert_follows(
            ".devcontainer/devcontainer.json",
            r#" {
   // The container of the tests.
   "build": {
-    "dockerfile": "../Dockerfile.test", // the twin
+    "dockerfile": "../Dockerfile",
+    "target": "test", // the twin
     "context": "..",
     "args": {
-      "A": "1"
+      "A": "1",
+      "INSTALL_TEST_DEPS": "true"
     }
   }
 }
"#,
        );
        assert_follows(
            "devcontainer.json",
            r#"-{"build": {"dockerfile": "Dockerfile.test"}}
+{"build": {"dockerfile": "Dockerfile", "target": "test", "args": {"INSTALL_TEST_DEPS": "true"}}}
"#,
        );
    }
}
