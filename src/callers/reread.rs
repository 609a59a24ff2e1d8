//! Reads an edited caller again, with a parser that has no part in the edit: whatever the edit did not
//! touch must be where it was and say what it said.

use super::{Kind, bake::hcl, devcontainer::plain_json};
use crate::{
    shell::Script,
    text::{Edit, RepoPath, Span, put_in_order},
    yaml::second::{self, Leaf},
};

/// What edits of a caller spoiled: a clause that follows "it" or "its change". `None` when all that they
/// leave alone stays what it is, and for formats of which there is one parser only.
///
/// YAML is read by `granit-parser`, HCL by `hcl-edit`, JSON by `serde_json` besides, and scripts by the
/// parser of `shell`; the edits come from readers that share no code with these, but for HCL, where spans and
/// values are those of one parser that was not written here.
pub fn spoiled(path: &RepoPath, before: &str, after: &str, edits: &[Edit]) -> Option<String> {
    let format = Format::of(path)?;
    let old = match format.leaves(before) {
        Ok(it) => it,
        // A script may be what no parser reads, and is a list of lines for its own reader.
        Err(_) if format == Format::Shell => return None,
        Err(_) => return Some("edits what a second parser does not read".to_owned()),
    };
    let new = match format.leaves(after) {
        Ok(it) => it,
        Err(error) => return Some(format!("leaves what no parser reads ({error})")),
    };
    let mut edits: Vec<&Edit> = edits.iter().collect();
    put_in_order(&mut edits, |it| it);
    let gone: Vec<Span> = edits.iter().map(|it| it.span.clone()).collect();
    let mut grown = 0;
    let mut shrunk = 0;
    let came = edits.iter().map(|it| {
        let start = it.span.start + grown - shrunk;
        grown += it.text.len();
        shrunk += it.span.len();
        start..start + it.text.len()
    });
    let came: Vec<Span> = came.collect();
    let kept = |leaves: Vec<Leaf>, edited: &[Span]| -> Vec<Kept> {
        let untouched = leaves.into_iter().filter(|it| !is_near(&it.span, edited));
        untouched.map(|it| Kept::new(it, edited)).collect()
    };
    let (old, new) = (kept(old, &gone), kept(new, &came));
    match old.iter().zip(&new).find(|(old, new)| old != new) {
        Some((old, _)) => Some(format!("alters {}", old.name())),
        None if old.len() < new.len() => Some(format!("adds {}", new[old.len()].name())),
        None if new.len() < old.len() => Some(format!("loses {}", old[new.len()].name())),
        None => None,
    }
}

/// A value that was not edited, with the keys above it that were not either.
#[derive(PartialEq, Eq)]
struct Kept {
    path: Vec<Option<String>>,
    value: String,
}

impl Kept {
    fn new(leaf: Leaf, edited: &[Span]) -> Self {
        let inside = |span: &Span| {
            edited.iter().any(|it| it.start <= span.start && span.end <= it.end && !it.is_empty())
        };
        let path = leaf.path.into_iter().filter(|(key, at)| key.is_none() || !inside(at));
        Self { path: path.map(|it| it.0).collect(), value: leaf.value }
    }

    fn name(&self) -> String {
        let keys: Vec<_> = self.path.iter().flatten().map(String::as_str).collect();
        if keys.is_empty() { self.value.clone() } else { keys.join(".") }
    }
}

/// Returns true if an edit lies in a value or beside it.
fn is_near(span: &Span, edited: &[Span]) -> bool {
    edited.iter().any(|it| it.start <= span.end && span.start <= it.end)
}

/// The formats that can be read again.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Format {
    Yaml,
    Json,
    JsonWithComments,
    Hcl,
    Shell,
}

impl Format {
    fn of(path: &RepoPath) -> Option<Self> {
        match Kind::of(path)? {
            Kind::Compose | Kind::Yaml | Kind::GitHubActions | Kind::GitLab | Kind::Skaffold => {
                Some(Self::Yaml)
            }
            Kind::BakeJson => Some(Self::Json),
            Kind::Devcontainer => Some(Self::JsonWithComments),
            Kind::BakeHcl => Some(Self::Hcl),
            Kind::Script => Some(Self::Shell),
            Kind::Makefile => None,
        }
    }

    fn leaves(self, text: &str) -> Result<Vec<Leaf>, String> {
        let json = |text: &str| {
            serde_json::from_str::<serde::de::IgnoredAny>(text).map_err(|it| it.to_string())
        };
        let yaml = |text: &str| {
            let documents = second::read(text).map_err(|it| it.message)?;
            Ok(documents.iter().flat_map(|it| second::leaves(it)).collect())
        };
        match self {
            Self::Yaml => yaml(text),
            Self::Json => {
                json(text)?;
                yaml(text)
            }
            Self::JsonWithComments => {
                let plain = plain_json(text);
                json(&plain)?;
                yaml(&plain)
            }
            Self::Hcl => hcl::leaves(text).map_err(|it| it.message),
            Self::Shell => {
                let script = Script::of_text(text).map_err(|_| "not a shell script".to_owned())?;
                let words = script.commands().iter().flat_map(|it| &it.words);
                let leaf = |it: &crate::shell::Word| Leaf {
                    path: Vec::new(),
                    value: it.raw.clone(),
                    span: it.span.clone(),
                };
                Ok(words.map(leaf).collect())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str, before: &str, old: &str, new: &str) -> Option<String> {
        let at = before.find(old).unwrap();
        let edit = Edit::replace(at..at + old.len(), new);
        let after = crate::text::apply(before, [&edit]);
        spoiled(&RepoPath::new(path).unwrap(), before, &after, &[edit])
    }

    #[test]
    fn an_edit_touches_what_it_says_and_nothing_else() {
        let compose = "services:\n  a:\n    build:\n      dockerfile: b.test # c\n    image: x\n";
        let bake = "target \"a\" {\n  dockerfile = \"b.test\"\n  args = { T = \"${f(\"v\", \"\")}\" }\n}\n";
        let json = "{\"target\": {\"a\": {\"dockerfile\": \"b.test\", \"x\": \"y\"}}}";
        let script = "docker build -f b.test . && echo 'x'\n";
        let rows = [
            ("compose.yml", compose, "b.test", "b\n      target: test", None),
            ("compose.yml", compose, "b.test # c\n", "b #", Some("loses")),
            ("compose.yml", compose, "    image", "      image", Some("alters")),
            ("compose.yml", compose, "b.test", "\"b", Some("leaves what no parser reads")),
            ("compose.yml", compose, "b.test", "b\n      x:", None),
            ("docker-bake.hcl", bake, "b.test", "b", None),
            ("docker-bake.hcl", bake, "\", \"\")", "\", \"\"), A = \"1\"", Some("leaves what")),
            ("docker-bake.hcl", bake, "b.test\"\n", "b\"\n  y = 1\n", None),
            ("docker-bake.json", json, "b.test\"", "b\", \"target\": \"test\"", None),
            ("docker-bake.json", json, "b.test\"", "b\", \"target\": test", Some("leaves what")),
            ("build.sh", script, "b.test", "b --target test", None),
            ("build.sh", script, "b.test", "'b", Some("leaves what no parser reads")),
            ("build.sh", script, "b.test", "b # ", Some("loses")),
        ];
        for (path, before, old, new, expected) in rows {
            let found = seen(path, before, old, new);
            let fits = match (&found, expected) {
                (None, None) => true,
                (Some(found), Some(expected)) => found.starts_with(expected),
                _ => false,
            };
            assert!(fits, "{path}: {old} becomes {new}: {found:?}");
        }
    }
}
