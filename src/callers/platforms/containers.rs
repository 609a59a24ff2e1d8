//! Lists of containers with their volumes beside them, as ECS, Azure and Cloud Run have them.

use super::{
    Owner, Service, Value, command, environment,
    tree::{self, Item},
    volume,
};
use crate::text::RepoPath;

/// What a list of containers is called.
const LISTS: [&str; 3] = ["containerdefinitions", "containers", "container"];

/// All containers of a tree that name an image.
pub(super) fn read(path: &RepoPath, root: &Item) -> Vec<Service> {
    let mut found = Vec::new();
    root.visit(&mut |above| {
        for list in LISTS {
            let mut all: Vec<Item> = above.all(list).into_iter().cloned().collect();
            // A definition may be JSON within a string.
            for it in above.all(list).iter().filter(|it| it.items().is_empty()) {
                let Some(text) = it.as_text().filter(|it| it.trim_start().starts_with('[')) else {
                    continue;
                };
                let inner = tree::yaml(&text.replace("\\\"", "\"")).unwrap_or_default();
                all.extend(inner.iter().flat_map(Item::items).map(|inner| at(inner, it.line)));
            }
            found.extend(all.iter().filter_map(|it| container(path, it, above)));
        }
    });
    found
}

/// An item that stands on this line, whatever line of a string it comes from.
fn at(item: &Item, line: usize) -> Item {
    let value = match &item.value {
        Value::List(all) => Value::List(all.iter().map(|it| at(it, line)).collect()),
        Value::Map(all) => Value::Map(
            all.iter()
                .map(|it| tree::Entry { key: it.key.clone(), item: at(&it.item, line) })
                .collect(),
        ),
        other => other.clone(),
    };
    Item { line, value }
}

/// One container; `above` has the volumes that it mounts.
fn container(path: &RepoPath, item: &Item, above: &Item) -> Option<Service> {
    let image = item.text("image")?.to_owned();
    let mut variables = Vec::new();
    for key in ["environment", "env", "environmentvariables", "secrets"] {
        variables.extend(environment(&item.all(key)));
    }
    let ports = ["portmappings", "ports", "port"].iter().flat_map(|it| item.all(it));
    let ports = ports.filter_map(|it| {
        let port = it.text("containerport").or_else(|| it.text("port")).or(it.as_text())?;
        port.parse().ok()
    });
    let capabilities = item.get("linuxparameters").and_then(|it| it.get("capabilities"));
    let adds = capabilities.is_some_and(|it| !it.all("add").is_empty());
    let health = item.get("healthcheck").and_then(|it| command(it.get("command")));
    let mut service = Service {
        name: item.text("name").unwrap_or("container").to_owned(),
        line: item.line,
        image: Some(image),
        user: item.text("user").map(str::to_owned),
        workdir: item
            .text("workingdirectory")
            .or_else(|| item.text("workingdir"))
            .map(str::to_owned),
        environment: variables,
        ports: ports.collect(),
        entrypoint: command(item.get("entrypoint")),
        command: command(item.get("command").or_else(|| item.get("args"))),
        healthcheck: health,
        ..Service::default()
    };
    // Outside of ECS, `command` replaces the entrypoint, and `args` the command.
    if item.get("args").is_some() || item.get("mountpoints").is_none() && is_kubernetic(item) {
        service.entrypoint = command(item.get("command"));
        service.command = command(item.get("args"));
    }
    if item.has("privileged") {
        service.privileges.push("privileged");
    }
    if adds {
        service.privileges.push("cap_add");
    }
    for key in ["mountpoints", "volumemounts", "volume"] {
        for it in item.all(key) {
            let name = ["sourcevolume", "volumename", "name"].iter().find_map(|key| it.text(key));
            let target = ["containerpath", "mountpath", "path"].iter().find_map(|key| it.text(key));
            let disk =
                if key == "volume" { Some(it) } else { name.and_then(|it| named(above, it)) };
            let Some((source, owner)) =
                disk.map_or(Some((None, Owner::Unknown)), |it| kept(it, above))
            else {
                continue;
            };
            let source = source.or(name);
            let mount = volume(path, it, source, target);
            service.volumes.extend(mount.map(|it| super::Volume { owner, ..it }));
        }
    }
    Some(service)
}

/// Whether a container is told as in Kubernetes: its environment is called `env`.
fn is_kubernetic(item: &Item) -> bool {
    item.get("env").is_some() || item.get("volumemounts").is_some()
}

/// The volume of a name.
fn named<'i>(above: &'i Item, name: &str) -> Option<&'i Item> {
    let all = ["volumes", "volume"].iter().flat_map(|it| above.all(it));
    all.into_iter().find(|it| it.text("name") == Some(name))
}

/// The source and the owner of a volume; `None` if everybody, or whoever the volume says, can write to it, or if it
/// is only read.
///
/// docs.aws.amazon.com/AmazonECS: "Use bind mounts with Amazon ECS" (with Fargate "the volume permissions are set to
/// 0755 and the owner as root"), "Use Docker volumes", "Use Amazon EFS volumes" (whose root belongs to root unless an
/// access point sets another user); learn.microsoft.com ("Use storage mounts in Azure Container Apps").
fn kept<'i>(volume: &'i Item, above: &Item) -> Option<(Option<&'i str>, Owner)> {
    let host = volume.get("host").and_then(|it| it.text("sourcepath"));
    let host = host.or_else(|| volume.text("hostpath"));
    if let Some(path) = host {
        return Some((Some(path), Owner::Docker));
    }
    if let Some(efs) = volume.get("efsvolumeconfiguration") {
        let access = efs.get("authorizationconfig").and_then(|it| it.get("accesspointid"));
        return access.is_none().then_some((None, Owner::Root));
    }
    if volume.get("dockervolumeconfiguration").is_some() {
        return Some((None, Owner::Docker));
    }
    if volume.get("persistentvolumeclaim").is_some() {
        let group = above.get("securitycontext").and_then(|it| it.get("fsgroup"));
        return group.is_none().then_some((None, Owner::Root));
    }
    let is_open = |key: &str| volume.get(key).is_some();
    let kind = volume.text("storagetype");
    if ["emptydir", "secret", "configmap", "cloudsqlinstance"].into_iter().any(is_open)
        || matches!(kind, Some("EmptyDir" | "Secret"))
    {
        return None;
    }
    let others = ["csi", "gcs", "nfs", "sharename", "storagename", "storagetype"];
    if others.into_iter().any(is_open) {
        return Some((None, Owner::Unknown));
    }
    // ECS makes it for the task.
    let compatible = above.all("requirescompatibilities");
    let is_fargate = compatible.iter().any(|it| it.as_text() == Some("FARGATE"));
    let is_task = LISTS[..1].iter().any(|it| above.get(it).is_some());
    Some((
        None,
        match (is_task, is_fargate) {
            (true, true) => Owner::Root,
            (true, false) => Owner::Docker,
            (false, _) => Owner::Unknown,
        },
    ))
}
