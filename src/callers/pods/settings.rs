//! The environment of containers of Kubernetes: values, and the maps that hold them.
//!
//! kubernetes.io/docs: "Define Environment Variables for a Container", "Configure a Pod to Use a ConfigMap";
//! kubectl.docs.kubernetes.io: `configMapGenerator`.

use std::sync::Arc;

use super::templates::without_templates;
use crate::{
    project::File,
    yaml::{self, Node},
};

/// A container of a manifest, or what the values of a chart say about one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) struct Container {
    /// Its line.
    pub(in crate::callers) line: usize,
    /// Its name.
    pub(in crate::callers) name: String,
    /// Its image; `None` if another file names it.
    pub(in crate::callers) image: Option<String>,
    /// The ports that it is said to listen on, as written.
    pub(in crate::callers) ports: Vec<String>,
    /// Its environment.
    pub(in crate::callers) settings: Vec<Setting>,
}

/// An entry of an environment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) enum Setting {
    /// A variable with its value.
    Value(String, String),
    /// A variable whose value is that of a key of a map.
    Key {
        /// The variable.
        name: String,
        /// The map.
        map: String,
        /// The key.
        key: String,
    },
    /// All entries of a map.
    All {
        /// The map.
        map: String,
        /// What stands before the names of the variables.
        prefix: String,
    },
}

/// A `ConfigMap`, or a `Secret` whose values are written out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::callers) struct Map {
    /// Its name.
    pub(in crate::callers) name: String,
    /// Its entries.
    pub(in crate::callers) entries: Vec<(String, String)>,
}

/// The maps of a file; read once.
#[derive(Default)]
pub(in crate::callers) struct Maps(pub(in crate::callers) Vec<Map>);

impl Maps {
    /// The maps that a file defines.
    pub(in crate::callers) fn of(file: &File) -> &Self {
        file.memo.get(|| {
            let is_one = defines_maps(&file.text);
            let text = if is_one { without_templates(&file.text) } else { String::new() };
            let reading = yaml::read_only(&text).unwrap_or_default();
            Self(reading.documents.iter().flat_map(maps).collect())
        })
    }
}

/// Whether a text defines maps of Kubernetes.
pub fn defines_maps(text: &str) -> bool {
    ["kind: ConfigMap", "kind: Secret", "configMapGenerator:", "secretGenerator:"]
        .iter()
        .any(|it| text.contains(it))
}

fn maps(root: &Arc<Node>) -> Vec<Map> {
    let mut found = Vec::new();
    if matches!(root.text("kind"), Some("ConfigMap" | "Secret")) {
        let is_secret = root.text("kind") == Some("Secret");
        let data = root.get(if is_secret { "stringData" } else { "data" });
        let entries = data.map(|it| it.entries()).unwrap_or_default().iter();
        let entries =
            entries.filter_map(|it| Some((it.key.clone(), it.value.as_str()?.to_owned())));
        let name = root.get("metadata").and_then(|it| it.text("name"));
        found.extend(name.map(|it| Map { name: it.to_owned(), entries: entries.collect() }));
    }
    for list in ["configMapGenerator", "secretGenerator"] {
        let generated = root.get(list).map(|it| it.items()).unwrap_or_default();
        for it in generated {
            let literals = it.get("literals").map(|it| it.items()).unwrap_or_default().iter();
            let pairs = literals.filter_map(|it| it.as_str()?.split_once('='));
            let entries =
                pairs.map(|(name, it)| (name.to_owned(), it.trim_matches('"').to_owned()));
            let name = it.text("name").map(str::to_owned);
            found.extend(name.map(|name| Map { name, entries: entries.collect() }));
        }
    }
    found
}

/// The environment of a container.
pub(super) fn of_container(container: &Arc<Node>) -> Vec<Setting> {
    let list = |key: &str| container.get(key).map(|it| it.items()).unwrap_or_default();
    of_lists(list("env"), list("envFrom"))
}

/// The environment that lists of variables and of maps give.
pub(super) fn of_lists(variables: &[Arc<Node>], maps: &[Arc<Node>]) -> Vec<Setting> {
    let mut found = Vec::new();
    for it in maps {
        let map = it.get("configMapRef").or_else(|| it.get("secretRef"));
        let Some(map) = map.and_then(|it| it.text("name")) else { continue };
        let prefix = it.text("prefix").unwrap_or_default().to_owned();
        found.push(Setting::All { map: map.to_owned(), prefix });
    }
    for it in variables {
        let Some(name) = it.text("name").map(str::to_owned) else { continue };
        let from = it.get("valueFrom");
        let key = from.and_then(|it| it.get("configMapKeyRef").or_else(|| it.get("secretKeyRef")));
        found.push(match (key, from) {
            (Some(it), _) => Setting::Key {
                name,
                map: it.text("name").unwrap_or_default().to_owned(),
                key: it.text("key").unwrap_or_default().to_owned(),
            },
            (None, Some(_)) => {
                let value = format!("${{{name}}}");
                Setting::Value(name, value)
            }
            (None, None) => Setting::Value(name, it.text("value").unwrap_or_default().to_owned()),
        });
    }
    found
}

/// The variables that a mapping or a list of a chart's values sets: entries whose names are written as those of
/// variables are, since templates loop over them.
pub(super) fn of_values(node: &Arc<Node>) -> Vec<Setting> {
    let is_variable = |it: &str| {
        it.starts_with(|it: char| it.is_ascii_uppercase())
            && it.chars().all(|it| it.is_ascii_uppercase() || it.is_ascii_digit() || it == '_')
    };
    let mapped = node.entries().iter().filter(|it| is_variable(&it.key));
    let mapped = mapped.filter_map(|it| {
        let value = it.value.as_str().or_else(|| it.value.text("value"))?;
        Some(Setting::Value(it.key.clone(), value.to_owned()))
    });
    let listed = node.items().iter().filter_map(|it| {
        let name = it.text("name").filter(|it| is_variable(it))?;
        Some(Setting::Value(name.to_owned(), it.text("value")?.to_owned()))
    });
    mapped.chain(listed).collect()
}
