//! The configuration of an image, in one form for all builders.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::Inspected;
use crate::{text::ImagePath, verify::config::Config};

/// A label with which buildah and podman sign what they build.
const SIGNATURE: &str = "io.buildah.version";

/// The answer of `docker image inspect` and `podman image inspect`.
pub(super) fn of_engine(answer: &Value) -> Option<Inspected> {
    let image = answer.get(0)?;
    let mut config = config(image.get("Config")?);
    // podman has it beside the configuration.
    if config.healthcheck.is_none() {
        config.healthcheck = object(image, "Healthcheck").or_else(|| object(image, "HealthCheck"));
    }
    let layers = image.pointer("/RootFS/Layers").and_then(Value::as_array).map_or(0, Vec::len);
    Some(Inspected { size: image.get("Size")?.as_u64()?, layers, config })
}

/// The answer of `buildah inspect --type image`.
pub(super) fn of_buildah(answer: &Value) -> Option<Inspected> {
    // It has a Docker configuration for images of either format; the other one lacks fields.
    let config = config(answer.pointer("/Docker/config").or(answer.pointer("/OCIv1/config"))?);
    let layers = answer.pointer("/OCIv1/rootfs/diff_ids")?.as_array()?.len();
    // It does not say a size, but its manifest has that of each layer.
    let manifest: Value = serde_json::from_str(answer.get("Manifest")?.as_str()?).ok()?;
    let sizes = manifest.get("layers")?.as_array()?.iter();
    let size = sizes.map(|it| it.get("size").and_then(Value::as_u64)).sum::<Option<u64>>()?;
    Some(Inspected { size, layers, config })
}

/// A configuration as Docker and OCI write it.
fn config(from: &Value) -> Config {
    let variables = strings(from, "Env").into_iter();
    let variable = |it: String| match it.split_once('=') {
        Some((name, value)) => (name.to_owned(), value.to_owned()),
        None => (it, String::new()),
    };
    let mut labels: BTreeMap<String, String> = members(from, "Labels")
        .map(|(name, value)| (name.clone(), value.as_str().unwrap_or_default().to_owned()))
        .collect();
    labels.remove(SIGNATURE);
    Config {
        user: text(from, "User").unwrap_or_default(),
        env: variables.map(variable).collect(),
        entrypoint: words(from, "Entrypoint"),
        cmd: words(from, "Cmd"),
        workdir: ImagePath::root().join(&text(from, "WorkingDir").unwrap_or_default()),
        labels,
        exposed: names(from, "ExposedPorts"),
        volumes: names(from, "Volumes"),
        healthcheck: object(from, "Healthcheck"),
        stop_signal: text(from, "StopSignal"),
        shell: words(from, "Shell"),
        on_build: strings(from, "OnBuild"),
    }
}

fn text(from: &Value, name: &str) -> Option<String> {
    from.get(name)?.as_str().filter(|it| !it.is_empty()).map(str::to_owned)
}

fn strings(from: &Value, name: &str) -> Vec<String> {
    let list = from.get(name).and_then(Value::as_array).into_iter().flatten();
    list.filter_map(|it| it.as_str().map(str::to_owned)).collect()
}

fn words(from: &Value, name: &str) -> Option<Vec<String>> {
    Some(strings(from, name)).filter(|it| !it.is_empty())
}

fn members<'a>(from: &'a Value, name: &str) -> impl Iterator<Item = (&'a String, &'a Value)> {
    from.get(name).and_then(Value::as_object).into_iter().flatten()
}

fn names(from: &Value, name: &str) -> BTreeSet<String> {
    members(from, name).map(|it| it.0.clone()).collect()
}

fn object(from: &Value, name: &str) -> Option<Value> {
    from.get(name).filter(|it| it.as_object().is_some_and(|it| !it.is_empty())).cloned()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests may")]

    use serde_json::json;

    use super::*;

    #[test]
    fn three_builders_say_the_same() {
        let config = json!({
            "User": "app", "Env": ["PATH=/bin", "A=b=c", "EMPTY="], "Cmd": ["sh", "-c", "x"],
            "Entrypoint": null, "WorkingDir": "/app", "Labels": {"a": "b"},
            "ExposedPorts": {"80/tcp": {}}, "Volumes": {"/data": {}}, "StopSignal": "SIGINT",
            "Shell": ["/bin/bash", "-c"], "OnBuild": ["RUN a", "RUN b"],
            "Healthcheck": {"Test": ["CMD-SHELL", "true"], "Interval": 1000},
        });
        let docker = json!([{"Size": 46, "RootFS": {"Layers": ["a", "b"]}, "Config": config}]);
        let docker = of_engine(&docker).unwrap();
        assert_eq!((docker.size, docker.layers), (46, 2));
        assert_eq!(docker.config.user, "app");
        assert_eq!(docker.config.env["A"], "b=c");
        assert_eq!(docker.config.env["EMPTY"], "");
        assert_eq!(docker.config.entrypoint, None);
        assert_eq!(docker.config.exposed, BTreeSet::from(["80/tcp".to_owned()]));
        assert_eq!(docker.config.on_build, ["RUN a", "RUN b"]);

        let mut elsewhere = config.clone();
        let check = elsewhere.as_object_mut().unwrap().remove("Healthcheck");
        elsewhere["Labels"][SIGNATURE] = json!("1.28.2");
        elsewhere["Entrypoint"] = json!([]);
        let podman = json!([{
            "Size": 46, "RootFS": {"Layers": ["a", "b"]}, "Config": elsewhere, "Healthcheck": check,
        }]);
        assert_eq!(of_engine(&podman), Some(docker.clone()));

        let buildah = json!({
            "Docker": {"config": config}, "OCIv1": {"rootfs": {"diff_ids": ["a", "b"]}},
            "Manifest": r#"{"layers": [{"size": 45}, {"size": 1}]}"#,
        });
        assert_eq!(of_buildah(&buildah), Some(docker));
    }

    #[test]
    fn what_is_set_to_nothing_is_not_set() {
        let empty =
            json!({"User": "", "Cmd": [], "Volumes": {}, "Healthcheck": {}, "OnBuild": null});
        assert_eq!(config(&empty), Config::default());
    }

    #[test]
    fn what_is_not_an_answer_is_none() {
        for it in
            [json!([]), json!({}), json!([{"Size": "1"}]), json!(null), json!([{"Config": {}}])]
        {
            assert_eq!(of_engine(&it), None);
            assert_eq!(of_buildah(&it), None);
        }
    }
}
