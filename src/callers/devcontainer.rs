//! The build of a development container.

use std::collections::BTreeMap;

use super::{
    Build, BuildContext, Builder, Caller, Callers,
    bake::{hcl::Value, value_of},
    entries::{Anchor, Arguments, COMPOSE, Entries, Field, Syntax},
    script::locate,
    site::{Form, Site},
    traced::Traced,
};
use crate::{
    project::Project,
    text::{self, Place, RepoPath, Span, is_template},
    yaml,
};

/// Reads a `devcontainer.json`, which may have comments.
///
/// <https://containers.dev/implementors/json_reference/#image-specific>: all paths are seen from the file.
pub(super) fn read(path: &RepoPath, source: &str, into: &mut Callers) {
    let plain = plain_json(source);
    // JSON without comments is YAML.
    let document = match yaml::second::read(&plain) {
        Ok(documents) => documents.into_iter().next(),
        Err(error) => return into.unread(path, error.line, error.message, is_template(source)),
    };
    let Some(Value::Map(root)) = document.map(|it| value_of(&plain, &it, 0)) else { return };
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
        tags: Vec::new(),
        builder: Builder::Docker,
        site: Site { file: Some(file), seen_from: Some(folder), target, form },
    });
}

/// Whether the text of a `devcontainer.json` names the user that people work as. Only then do the tools give that user
/// the number of the host's.
///
/// <https://containers.dev/implementors/json_reference/#remoteuser>: `remoteUser`, `containerUser`,
/// `updateRemoteUserUID`.
fn names_user(text: &str) -> bool {
    let document = yaml::second::read(&plain_json(text)).ok();
    let document = document.and_then(|it| it.into_iter().next());
    let Some(Value::Map(root)) = document.map(|it| value_of(text, &it, 0)) else { return true };
    ["containerUser", "remoteUser"].iter().any(|it| root.contains_key(*it))
}

impl Project {
    /// The development container that people work in as the user of a stage of a Dockerfile, on their own files: where
    /// its file names the build. `is_meant` tells that a build's target is the stage.
    pub fn worked_in(
        &self,
        dockerfile: &RepoPath,
        is_meant: &dyn Fn(Option<&str>) -> bool,
    ) -> Option<&Place> {
        let own = self.builds(dockerfile).iter().filter(|it| it.caller == Caller::Devcontainer);
        let mut own = own.filter(|it| is_meant(it.target.as_deref()));
        let text = |it: &Build| Some(self.file(it.place.path.as_str())?.text.clone());
        let found = own.find(|it| text(it).is_some_and(|it| !names_user(&it)));
        found.map(|it| &it.place)
    }
}

/// The same text with blanks in the place of comments and of commas before a closing bracket, so that every
/// character stands where it stood.
pub(super) fn plain_json(source: &str) -> String {
    let mut plain = source.to_owned();
    let mut blank = |span: Span| {
        let kept = |it: char| if it == '\n' || it == '\r' { it } else { ' ' };
        let text = &source[span.clone()];
        let blanks: String = text.chars().flat_map(|it| vec![kept(it); it.len_utf8()]).collect();
        plain.replace_range(span, &blanks);
    };
    let mut comma = None;
    let mut at = 0;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let len = match c {
            '"' => string_len(rest),
            '/' if rest.starts_with("//") => rest.find('\n').unwrap_or(rest.len()),
            '/' if rest.starts_with("/*") => rest.find("*/").map_or(rest.len(), |it| it + 2),
            c => c.len_utf8(),
        };
        match c {
            '/' if 1 < len => blank(at..at + len),
            ',' => comma = Some(at),
            '}' | ']' => comma.take().into_iter().for_each(|it| blank(it..it + 1)),
            c if c.is_whitespace() => {}
            _ => comma = None,
        }
        at += len;
    }
    plain
}

/// The length of the string that a text begins with, in bytes and with its quotes.
fn string_len(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            '"' if !escaped => return at + 1,
            c => escaped = c == '\\' && !escaped,
        }
    }
    text.len()
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
