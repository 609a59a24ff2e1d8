//! Containers that Docker or Podman starts, told by Ansible, Terraform, Nomad, units of systemd and Unraid.

use super::{
    Owner, Service, Volume, command, environment,
    tree::{Entry, Item},
    volume,
};
use crate::text::{Place, RepoPath};

/// A container as `docker_container` of Ansible and of Terraform and the drivers of Nomad tell it; `None` without an
/// image.
pub(super) fn container(path: &RepoPath, item: &Item) -> Option<Service> {
    let image = item.text("image")?.to_owned();
    let mut service = Service {
        name: item.text("name").unwrap_or("container").to_owned(),
        line: item.line,
        image: Some(image),
        user: item.text("user").map(str::to_owned),
        workdir: item.text("workingdir").or_else(|| item.text("workdir")).map(str::to_owned),
        host_network: item.text("networkmode") == Some("host"),
        environment: environment(&item.all("env")),
        command: command(item.get("command")),
        entrypoint: command(item.get("entrypoint")),
        ..Service::default()
    };
    if item.has("privileged") {
        service.privileges.push("privileged");
    }
    if ["capadd", "capabilities"].iter().any(|it| !item.all(it).is_empty()) {
        service.privileges.push("cap_add");
    }
    if !item.all("devices").is_empty() {
        service.privileges.push("devices");
    }
    for key in ["ports", "publishedports"] {
        let ports = item.all(key).into_iter();
        service.ports.extend(ports.filter_map(|it| port(it.text("internal").or(it.as_text())?)));
    }
    for key in ["mount", "mounts", "volume", "volumes"] {
        service.volumes.extend(item.all(key).into_iter().filter_map(|it| mount(path, it)));
    }
    Some(service)
}

/// The port in the container of `8080:80/tcp`.
fn port(text: &str) -> Option<u16> {
    text.split('/').next()?.rsplit(':').next()?.parse().ok()
}

/// A mount as a text, or as a map.
fn mount(path: &RepoPath, item: &Item) -> Option<Volume> {
    let place = || Place::line(path, item.line);
    if let Some(text) = item.as_text() {
        return Volume::of_text(text, place());
    }
    if item.text("type") == Some("tmpfs") {
        return None;
    }
    let sources = ["hostpath", "volumename", "source", "src"];
    let targets = ["containerpath", "target", "destination", "dst"];
    let source = sources.iter().find_map(|it| item.text(it));
    let mut mount = volume(path, item, source, targets.iter().find_map(|it| item.text(it)))?;
    // Where the source is computed, as the name of a volume is in Terraform, it is not known what it is.
    let is_hidden = sources.iter().any(|it| item.get(it).is_some()) && source.is_none();
    if is_hidden {
        mount.owner = Owner::Unknown;
    }
    Some(mount)
}

/// The containers of a playbook, or of the tasks of a role.
pub(super) fn ansible(path: &RepoPath, root: &Item) -> Vec<Service> {
    let mut found = Vec::new();
    root.visit(&mut |item| {
        for Entry { key, item } in item.entries() {
            let module = key.rsplit('.').next().unwrap_or(key);
            let is_started = !matches!(item.text("state"), Some("absent" | "stopped"));
            if ["docker_container", "podman_container"].contains(&module) && is_started {
                found.extend(container(path, item));
            }
        }
    });
    found
}

/// A `.container` of Podman: docs.podman.io ("podman-systemd.unit").
pub(super) fn quadlet(path: &RepoPath, root: &Item) -> Vec<Service> {
    let service = |unit: &Item| {
        let texts = |key: &str| -> Vec<&str> {
            unit.all(key).into_iter().filter_map(Item::as_text).collect()
        };
        let words = |key: &str| {
            let line = texts(key).join(" ");
            crate::text::words(&line).map(|it| it.trim_matches('"').to_owned()).collect::<Vec<_>>()
        };
        let pairs = words("environment").into_iter();
        let pairs = pairs.filter_map(|it| {
            let (name, value) = it.split_once('=')?;
            Some((name.to_owned(), value.trim_matches(['"', '\'']).to_owned()))
        });
        let volumes = unit.all("volume").into_iter().filter_map(|it| {
            let text = it.as_text()?;
            // With `U`, Podman gives what is mounted to the user of the container.
            let is_given =
                text.rsplit_once(':').is_some_and(|it| it.1.split(',').any(|it| it == "U"));
            let volume = Volume::of_text(text, Place::line(path, it.line))?;
            (!is_given).then_some(volume)
        });
        let keys = [("adddevice", "devices"), ("addcapability", "cap_add")];
        let image = unit.text("image")?;
        let image = image.strip_suffix(".image").or(image.strip_suffix(".build")).unwrap_or(image);
        Some(Service {
            name: unit.text("containername").unwrap_or("container").to_owned(),
            line: unit.line,
            image: Some(image.to_owned()),
            user: unit.text("user").map(str::to_owned),
            workdir: unit.text("workingdir").map(str::to_owned),
            host_network: unit.text("network") == Some("host"),
            privileges: keys
                .into_iter()
                .filter(|it| unit.get(it.0).is_some())
                .map(|it| it.1)
                .collect(),
            environment: pairs.collect(),
            ports: texts("publishport").into_iter().filter_map(port).collect(),
            volumes: volumes.collect(),
            command: command(unit.get("exec")),
            entrypoint: command(unit.get("entrypoint")),
            ..Service::default()
        })
    };
    root.all("container").into_iter().filter_map(service).collect()
}

/// A template of Unraid: paths and variables are `Config`s, whose value is their text or their default.
/// <https://selfhosters.net/docker/templating/templating/>
pub(super) fn unraid(path: &RepoPath, root: &Item) -> Vec<Service> {
    let Some(image) = root.get("repository").and_then(|it| it.text("text")) else {
        return Vec::new();
    };
    let mut service = Service {
        name: "container".to_owned(),
        line: root.get("repository").map_or(1, |it| it.line),
        image: Some(image.to_owned()),
        ..Service::default()
    };
    for it in root.all("config") {
        let value = it.text("text").or_else(|| it.text("default"));
        let target = it.text("target").map(str::to_owned);
        match it.text("type") {
            Some("Path") => {
                let mount = volume(path, it, value.or(Some("${…}")), it.text("target"));
                let read_only = it.text("mode").is_some_and(|it| it.starts_with("ro"));
                service.volumes.extend(mount.map(|it| Volume { read_only, ..it }));
            }
            Some("Variable") => {
                let value = value.unwrap_or_default().to_owned();
                service.environment.extend(target.map(|it| (it, value)));
            }
            Some("Port") => service.ports.extend(it.text("target").and_then(port)),
            Some("Device") => service.privileges.push("devices"),
            _ => {}
        }
    }
    vec![service]
}
