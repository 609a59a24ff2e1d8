//! A compose file that starts one service, in an image of refit's, with the services that it needs and nothing else.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Map, Value, json};

use super::start::{Bind, is_below, is_small};
use crate::{
    text::ImagePath,
    yaml::{self, Node},
};

/// What belongs to a machine, a cluster or a running system, and not to what a container does.
const LEFT_OUT: [&str; 12] = [
    "container_name",
    "deploy",
    "develop",
    "env_file",
    "expose",
    "external_links",
    "logging",
    "networks",
    "ports",
    "profiles",
    "pull_policy",
    "restart",
];
/// What gives a container more than its own.
const PRIVILEGES: [&str; 3] = ["cap_add", "devices", "privileged"];
/// The keys under which namespaces of the host are shared.
const SHARED: [&str; 3] = ["ipc", "network_mode", "pid"];

/// A compose file, made for one service.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Model {
    /// Its text: JSON.
    pub(super) text: String,
    /// What is copied into containers before they start, each with its service.
    pub(super) binds: Vec<(String, Bind)>,
    /// The folders of the service that volumes are mounted on.
    pub(super) mounted: Vec<ImagePath>,
    /// What is mounted into the service to be read only.
    pub(super) read_only: Vec<ImagePath>,
    /// The images that are built for services it needs.
    pub(super) built: Vec<String>,
}

/// What a model is made for.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    /// The folder of the project: nothing else is mounted.
    pub(super) root: &'a Path,
    /// The service.
    pub(super) service: &'a str,
    /// Services that it needs besides those that the file says.
    pub(super) needs: &'a [String],
    /// Its image.
    pub(super) image: &'a str,
    /// How the names of images begin that are built for it.
    pub(super) prefix: &'a str,
    /// True if services reach more than each other.
    pub(super) open: bool,
}

/// Makes a model of what `compose config` prints.
///
/// # Errors
/// Why the file does not allow it: a sentence without a full stop.
pub(super) fn model(config: &str, wanted: Wanted<'_>) -> Result<Model, String> {
    let strange = || "the output of `compose config` is not understood".to_owned();
    let read = yaml::read_or_only_read(config).map_err(|_| strange())?;
    let root = read.documents.first().ok_or_else(strange)?;
    let Value::Object(mut file) = value(root, config) else { return Err(strange()) };
    let Some(Value::Object(mut services)) = file.remove("services") else { return Err(strange()) };
    let kept = closure(&services, wanted);
    services.retain(|name, _| kept.contains(name));
    let mut model = Model {
        text: String::new(),
        binds: Vec::new(),
        mounted: Vec::new(),
        read_only: Vec::new(),
        built: Vec::new(),
    };
    for (name, service) in &mut services {
        let Value::Object(service) = service else { return Err(strange()) };
        allowed(name, service)?;
        model.service(name, service, wanted)?;
    }
    if !services.contains_key(wanted.service) {
        return Err(format!("compose does not start {} by itself", wanted.service));
    }
    let mut out = json!({
        "services": services,
        "networks": {"default": {"internal": !wanted.open}},
    });
    for key in ["version", "secrets", "configs"] {
        if let Some(it) = file.remove(key) {
            out[key] = it;
        }
    }
    // New ones, whatever those of the project are called.
    if let Some(Value::Object(volumes)) = file.remove("volumes") {
        out["volumes"] = volumes.into_iter().map(|it| (it.0, json!({}))).collect();
    }
    model.text = out.to_string();
    Ok(model)
}

/// The service, those that it needs, and so on.
fn closure(services: &Map<String, Value>, wanted: Wanted<'_>) -> BTreeSet<String> {
    let mut kept = BTreeSet::new();
    let mut open: Vec<String> = vec![wanted.service.to_owned()];
    open.extend(wanted.needs.iter().cloned());
    while let Some(name) = open.pop() {
        let Some(service) = services.get(&name) else { continue };
        if !kept.insert(name) {
            continue;
        }
        for key in ["depends_on", "links", "volumes_from"] {
            let names = match service.get(key) {
                Some(Value::Object(it)) => it.keys().map(String::as_str).collect(),
                Some(Value::Array(it)) => it.iter().filter_map(Value::as_str).collect(),
                _ => Vec::new(),
            };
            open.extend(names.iter().filter_map(|it| it.split(':').next()).map(str::to_owned));
        }
        let mode = service.get("network_mode").and_then(Value::as_str);
        open.extend(mode.and_then(|it| it.strip_prefix("service:")).map(str::to_owned));
    }
    kept
}

/// Why a service cannot be started here.
fn allowed(name: &str, service: &Map<String, Value>) -> Result<(), String> {
    let is_set = |it: &&&str| match service.get(**it) {
        Some(Value::Bool(it)) => *it,
        Some(Value::Array(it)) => !it.is_empty(),
        _ => false,
    };
    if let Some(key) = PRIVILEGES.iter().find(is_set) {
        return Err(format!("{name} is started with `{key}`"));
    }
    let shared = SHARED.iter().find(|it| {
        let value = service.get(**it).and_then(Value::as_str).unwrap_or_default();
        value == "host" || value.starts_with("container:")
    });
    shared.map_or(Ok(()), |it| Err(format!("{name} has a `{it}` of its own")))
}

impl Model {
    /// Edits a service.
    fn service(
        &mut self,
        name: &str,
        service: &mut Map<String, Value>,
        wanted: Wanted<'_>,
    ) -> Result<(), String> {
        let aliases = aliases(service.get("networks"));
        service.retain(|it, _| !LEFT_OUT.contains(&it.as_str()));
        if !aliases.is_empty() {
            service.insert("networks".to_owned(), json!({"default": {"aliases": aliases}}));
        }
        if name == wanted.service {
            service.remove("build");
            service.insert("image".to_owned(), json!(wanted.image));
        } else if service.contains_key("build") {
            let image = format!("{}-{}", wanted.prefix, name.to_lowercase());
            service.insert("image".to_owned(), json!(image));
            self.built.push(image);
        }
        let Some(Value::Array(volumes)) = service.remove("volumes") else { return Ok(()) };
        let mut kept = Vec::new();
        for it in volumes {
            kept.extend(self.volume(name, it, wanted)?);
        }
        service.insert("volumes".to_owned(), Value::Array(kept));
        Ok(())
    }

    /// Edits a mount: what is on this machine is copied into a volume.
    fn volume(
        &mut self,
        name: &str,
        volume: Value,
        wanted: Wanted<'_>,
    ) -> Result<Option<Value>, String> {
        let text = |key: &str| volume.get(key).and_then(Value::as_str).map(str::to_owned);
        let (source, target, read_only) = match volume.as_str() {
            Some(short) => {
                let mut parts = short.split(':');
                let (first, second) = (parts.next().unwrap_or_default(), parts.next());
                let options = parts.next().unwrap_or_default();
                let source = second.map(|_| first.to_owned());
                let target = second.unwrap_or(first).to_owned();
                (source, target, options.split(',').any(|it| it == "ro"))
            }
            None => {
                let read_only = volume.get("read_only") == Some(&Value::Bool(true));
                (text("source"), text("target").unwrap_or_default(), read_only)
            }
        };
        let Some(at) = ImagePath::new(&target) else { return Ok(Some(volume)) };
        let is_own = name == wanted.service;
        let source = source.filter(|it| it.starts_with('/'));
        if is_own {
            self.mounted.push(at.clone());
            self.read_only.extend(Some(at.clone()).filter(|_| read_only));
        }
        let Some(source) = source else { return Ok(Some(volume)) };
        let from = PathBuf::from(&source);
        if !is_below(&from, wanted.root) {
            return Err(format!("{name} mounts {source}, which is not in the project"));
        }
        if !from.exists() {
            return Ok(Some(json!(target)));
        }
        if !is_small(&from) {
            return Err(format!("{name} mounts {source}, which is too large to copy"));
        }
        let is_folder = from.is_dir();
        if !is_folder && is_own {
            self.mounted.pop();
        }
        self.binds.push((name.to_owned(), Bind { from, target: at }));
        Ok(is_folder.then(|| json!(target)))
    }
}

/// The names that a service has in its networks, all together.
fn aliases(networks: Option<&Value>) -> Vec<Value> {
    let all = networks.and_then(Value::as_object).into_iter().flat_map(Map::values);
    all.filter_map(|it| it.get("aliases")?.as_array()).flatten().cloned().collect()
}

/// A node as JSON: scalars without quotes are what YAML's core schema takes them for.
/// <https://yaml.org/spec/1.2.2/#103-core-schema>
fn value(node: &Node, source: &str) -> Value {
    match &node.value {
        yaml::Value::Scalar(text) => {
            let written = source.get(node.span.start..).unwrap_or_default();
            match written.starts_with(['"', '\'', '|', '>']) {
                true => Value::String(text.clone()),
                false => scalar(text),
            }
        }
        yaml::Value::Sequence(items) => items.iter().map(|it| value(it, source)).collect(),
        yaml::Value::Mapping(entries) => {
            let entries = entries.iter().map(|it| (it.key.clone(), value(&it.value, source)));
            // What comes first is the nearest.
            let mut all: BTreeMap<String, Value> = BTreeMap::new();
            entries.for_each(|it| _ = all.entry(it.0).or_insert(it.1));
            Value::Object(all.into_iter().collect())
        }
    }
}

fn scalar(text: &str) -> Value {
    let is_number = text.starts_with(|it: char| it.is_ascii_digit() || it == '-');
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ if is_number => text
            .parse::<i64>()
            .map(Value::from)
            .or_else(|_| text.parse::<f64>().map(Value::from))
            .unwrap_or_else(|_| Value::String(text.to_owned())),
        _ => Value::String(text.to_owned()),
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use super::*;

    const CONFIG: &str = "\
networks:
  back:
    driver: bridge
services:
  api:
    build:
      context: ROOT
    container_name: api
    depends_on:
      db:
        condition: service_healthy
    environment:
      A: '1'
      B: null
      \"N\": \"true\"
    ports:
    - published: 8000
      target: 8000
    volumes:
    - ROOT/config:/srv/config:ro
    - ROOT/main.py:/srv/main.py:rw
    - data:/data:rw
  db:
    build: ROOT/db
    init: true
    networks:
      back:
        aliases:
        - sql
    volumes:
    - source: ROOT/nowhere
      target: /state
      type: bind
  other:
    image: other
version: '3.9'
volumes:
  data:
    external: true
    name: theirs
";

    fn made(config: &str, root: &Path) -> Result<Model, String> {
        let config = config.replace("ROOT", &root.display().to_string());
        let needs = [];
        let (image, prefix) = ("refit:before-1", "refit-1");
        model(&config, Wanted { root, service: "api", needs: &needs, image, prefix, open: false })
    }

    #[test]
    fn a_service_comes_with_what_it_needs_and_nothing_else() {
        let root = tempfile::tempdir().unwrap();
        std::fs::create_dir(root.path().join("config")).unwrap();
        std::fs::write(root.path().join("main.py"), "").unwrap();
        let it = made(CONFIG, root.path()).unwrap();
        let text: Value = serde_json::from_str(&it.text).unwrap();
        let db = root.path().join("db").display().to_string();
        assert_eq!(
            text,
            json!({
                "version": "3.9",
                "networks": {"default": {"internal": true}},
                "volumes": {"data": {}},
                "services": {
                    "api": {
                        "image": "refit:before-1",
                        "depends_on": {"db": {"condition": "service_healthy"}},
                        "environment": {"A": "1", "B": null, "N": "true"},
                        "volumes": ["/srv/config", "data:/data:rw"],
                    },
                    "db": {
                        "build": db,
                        "image": "refit-1-db",
                        "init": true,
                        "networks": {"default": {"aliases": ["sql"]}},
                        "volumes": ["/state"],
                    },
                },
            })
        );
        let binds: Vec<_> = it.binds.iter().map(|it| it.1.target.as_str()).collect();
        assert_eq!(binds, ["/srv/config", "/srv/main.py"]);
        let mounted: Vec<_> = it.mounted.iter().map(ImagePath::as_str).collect();
        assert_eq!((mounted, it.read_only.len()), (vec!["/srv/config", "/data"], 1));
        assert_eq!(it.built, ["refit-1-db"]);
    }

    #[test]
    fn what_takes_more_than_containers_is_refused() {
        let root = tempfile::tempdir().unwrap();
        let rows = [
            ("    privileged: true\n", "db is started with `privileged`"),
            ("    network_mode: host\n", "db has a `network_mode` of its own"),
            (
                "    volumes:\n    - /var/run/docker.sock:/s\n",
                "db mounts /var/run/docker.sock, which is not in the project",
            ),
        ];
        for (line, reason) in rows {
            let config = format!(
                "services:\n  api:\n    links: ['db:sql']\n    image: a\n  db:\n    image: b\n{line}"
            );
            assert_eq!(made(&config, root.path()).unwrap_err(), reason);
        }
        let lost = made("services:\n  db:\n    image: b\n", root.path());
        assert_eq!(lost.unwrap_err(), "compose does not start api by itself");
    }
}
