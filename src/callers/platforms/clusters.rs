//! Nomad and Terraform: HCL, with containers in it.

use super::{Owner, Service, command, containers, docker, environment, tree::Item, volume};
use crate::text::RepoPath;

/// A job of Nomad: developer.hashicorp.com/nomad/docs (`task`, `env`, `template`, `volume_mount`, drivers `docker` and
/// `podman`).
pub(super) fn nomad(path: &RepoPath, root: &Item) -> Vec<Service> {
    let mut found = Vec::new();
    root.visit(&mut |above| {
        for tasks in above.all("task") {
            // A block is found by its label.
            found.extend(tasks.entries().iter().filter_map(|it| {
                let service = task(path, &it.item)?;
                Some(Service { name: it.key.clone(), ..service })
            }));
        }
    });
    found
}

fn task(path: &RepoPath, task: &Item) -> Option<Service> {
    let config = task.get("config")?;
    let mut service = docker::container(path, config)?;
    service.line = task.line;
    service.user = task.text("user").map(str::to_owned);
    let mut variables = environment(&task.all("env"));
    for it in task.all("template").into_iter().filter(|it| it.has("env")) {
        let lines = it.text("data").unwrap_or_default().lines().map(str::trim);
        let pairs = lines.filter_map(|it| it.split_once('=')).filter(|it| !it.0.starts_with('#'));
        let value = |it: &str| it.replace("{{", "${").trim_matches('"').to_owned();
        variables.extend(pairs.map(|(name, it)| (name.trim().to_owned(), value(it.trim()))));
    }
    service.environment.extend(variables);
    // The words after `command` are told apart.
    let mut words: Vec<Item> = config.get("command").into_iter().cloned().collect();
    words.extend(config.get("args").map(Item::items).unwrap_or_default().iter().cloned());
    let line = words.first().map_or(task.line, |it| it.line);
    service.command = command(Some(&Item { line, value: super::Value::List(words) }));
    // What a task brings itself, as from a template, is there to be read.
    service.volumes.iter_mut().for_each(|it| {
        let source = it.source.as_deref().unwrap_or_default().trim_start_matches("./");
        it.read_only |= ["local/", "secrets/", "../alloc"].iter().any(|it| source.starts_with(it));
    });
    let mounts = task.all("volumemount").into_iter();
    let mounts =
        mounts.filter_map(|it| volume(path, it, it.text("volume"), it.text("destination")));
    service.volumes.extend(mounts.map(|it| super::Volume { owner: Owner::Unknown, ..it }));
    Some(service)
}

/// The containers of a configuration of Terraform.
///
/// registry.terraform.io: `kreuzwerker/docker` (`docker_container`), `hashicorp/aws` (`aws_ecs_task_definition`,
/// `aws_apprunner_service`), `hashicorp/google` (`google_cloud_run_service`), `hashicorp/azurerm`
/// (`azurerm_container_app`, `azurerm_container_group`, `azurerm_linux_web_app`), `hashicorp/kubernetes`.
pub(super) fn terraform(path: &RepoPath, root: &Item) -> Vec<Service> {
    let mut found = Vec::new();
    for block in root.all("resource") {
        let Some(kind) = block.entries().first() else { continue };
        for resource in kind.item.entries() {
            let body = &resource.item;
            match kind.key.as_str() {
                "docker_container" => found.extend(
                    docker::container(path, body)
                        .map(|it| Service { image: image(root, it.image), ..it }),
                ),
                "azurerm_linux_web_app" => found.extend(web_app(body)),
                "aws_apprunner_service" => found.extend(app_runner(body)),
                _ => found.extend(containers::read(path, body)),
            }
        }
    }
    found
}

/// The image that a `docker_image` of the configuration names.
fn image(root: &Item, named: Option<String>) -> Option<String> {
    let label =
        named.as_deref()?.strip_prefix("${docker_image.").and_then(|it| it.split('.').next());
    let images = root.all("resource").into_iter().filter_map(|it| it.get("dockerimage"));
    let mut images = images.flat_map(Item::entries);
    let found = label.and_then(|label| images.find(|it| it.key == label)?.item.text("name"));
    found.map(str::to_owned).or(named)
}

fn web_app(body: &Item) -> Option<Service> {
    let site = body.get("siteconfig");
    let stack = site.and_then(|it| it.get("applicationstack"))?;
    Some(Service {
        name: "app".to_owned(),
        line: body.line,
        image: Some(
            stack.text("dockerimagename").or_else(|| stack.text("dockerimage"))?.to_owned(),
        ),
        environment: environment(&body.all("appsettings")),
        ..Service::default()
    })
}

fn app_runner(body: &Item) -> Option<Service> {
    let source = body.get("sourceconfiguration")?.get("imagerepository")?;
    let settings = source.get("imageconfiguration");
    let said = |key: &str| settings.map(|it| it.all(key)).unwrap_or_default();
    let port = settings.and_then(|it| it.text("port")?.parse().ok());
    Some(Service {
        name: "service".to_owned(),
        line: body.line,
        image: Some(source.text("imageidentifier")?.to_owned()),
        environment: environment(&said("runtimeenvironmentvariables")),
        ports: port.into_iter().collect(),
        command: settings.and_then(|it| command(it.get("startcommand"))),
        ..Service::default()
    })
}
