//! Processes that platforms start from images: with which command, environment, mounts, ports and user.
//!
//! Each format is read into [`Service`]s, as compose files are, so that whoever asks what a container gets asks
//! once. Kubernetes is read by [`pods`](super::pods); its settings and those of the maps that it names come here.

mod clusters;
mod containers;
mod docker;
mod hosts;
mod started;
pub(super) mod tree;

use super::{
    Reader,
    bake::hcl,
    service::{Given, Owner, Service, Volume},
};
use crate::{
    project::{File, Project, Unread},
    text::{Place, RepoPath, is_template},
};
pub use started::Deployed;
pub(super) use started::{values as values_of_chart, values_file};
use tree::{Item, Value};

/// The formats of platforms besides Kubernetes'.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Format {
    /// A playbook or tasks of Ansible.
    Ansible,
    /// `app.yaml` of DigitalOcean's App Platform.
    AppPlatform,
    /// A container app of Azure.
    Azure,
    /// Task definitions of ECS, in JSON or within a template of CloudFormation.
    Ecs,
    /// `fly.toml`, `fly.json`.
    Fly,
    /// `app.json`, `heroku.yml`.
    Heroku,
    /// A job of Nomad.
    Nomad,
    /// A `.container` of Podman.
    Quadlet,
    /// `railway.json`, `railway.toml`.
    Railway,
    /// `render.yaml`.
    Render,
    /// A configuration of Terraform.
    Terraform,
    /// A template of Unraid.
    Unraid,
}

impl Format {
    /// The format of a file, by its name and its text.
    pub(super) fn of(path: &RepoPath, text: &str) -> Option<Self> {
        let name = path.file_name();
        let (stem, extension) = name.split_once('.').unwrap_or((name, ""));
        let extension = extension.rsplit('.').next().unwrap_or_default();
        let is_yaml = matches!(extension, "yaml" | "yml");
        let says = |words: &[&str]| words.iter().any(|it| text.contains(it));
        match (stem, extension) {
            ("fly", "toml" | "json") => Some(Self::Fly),
            ("render", "yaml" | "yml") => Some(Self::Render),
            ("heroku", "yml") | ("app", "json") => Some(Self::Heroku),
            ("railway", "json" | "toml") => Some(Self::Railway),
            (_, "container") => says(&["[Container]"]).then_some(Self::Quadlet),
            (_, "nomad") => Some(Self::Nomad),
            (_, "hcl") => says(&["job \""]).then_some(Self::Nomad),
            (_, "tf") => says(&TERRAFORM).then_some(Self::Terraform),
            (_, "xml") => says(&["<Container"]).then_some(Self::Unraid),
            ("app", _) if is_yaml && says(&["dockerfile_path:"]) => Some(Self::AppPlatform),
            _ if is_yaml && says(&ANSIBLE) => Some(Self::Ansible),
            _ if is_yaml && says(&["Microsoft.App/"]) => Some(Self::Azure),
            _ if (is_yaml || extension == "json") && says(&TASKS) => Some(Self::Ecs),
            _ => None,
        }
    }

    /// Who reads it.
    pub(super) fn reader(self, text: &str) -> Reader {
        match self {
            Self::AppPlatform | Self::Fly | Self::Heroku | Self::Railway | Self::Render => {
                Reader::Platform
            }
            Self::Ansible | Self::Unraid => Reader::Docker,
            Self::Terraform if !TERRAFORM[1..].iter().any(|it| text.contains(it)) => Reader::Docker,
            Self::Azure | Self::Ecs | Self::Nomad | Self::Quadlet | Self::Terraform => {
                Reader::Cluster
            }
        }
    }
}

/// Modules of Ansible that start containers: docs.ansible.com (`community.docker`, `containers.podman`).
pub(super) const ANSIBLE: [&str; 2] = ["docker_container:", "podman_container:"];

/// What task definitions of ECS have: docs.aws.amazon.com ("Amazon ECS task definition parameters").
const TASKS: [&str; 3] =
    ["containerDefinitions", "ContainerDefinitions", "AWS::ECS::TaskDefinition"];

/// Resources of Terraform that start containers, the one that Docker alone starts first.
const TERRAFORM: [&str; 8] = [
    "docker_container",
    "aws_apprunner_service",
    "aws_ecs_task_definition",
    "azurerm_container",
    "azurerm_linux_web_app",
    "container_definitions",
    "google_cloud_run",
    "kubernetes_",
];

/// Returns true if a platform reads a file, by its name and its text, to start containers.
pub fn starts_processes(path: &RepoPath, text: &str) -> bool {
    Format::of(path, text).is_some()
}

/// The Dockerfile that Railway builds, if this is a file of its, and the place that says so. It is seen from the root of
/// the service, which the file does not name: its own folder, or that of the project.
pub(super) fn railway_build(project: &Project, file: &File) -> Option<(RepoPath, Place)> {
    let format = Format::of(&file.path, &file.text).filter(|it| *it == Format::Railway)?;
    let roots = trees(&file.path, &file.text, format).ok()?;
    let (named, line) = roots.iter().find_map(hosts::built_by_railway)?;
    let folders = [file.path.parent().unwrap_or(RepoPath::root()), RepoPath::root()];
    let named = folders.iter().filter_map(|it| dockerfile(it, named));
    let found = named.into_iter().find(|it| project.tree().is_file(it))?;
    Some((found, file.line(line)))
}

/// What a file of a format starts; places are places on disk.
///
/// # Errors
/// The line that cannot be read, and why.
fn read(file: &File, format: Format) -> Result<Vec<Service>, Unread> {
    let (path, text) = (&file.path, &*file.text);
    let roots = trees(path, text, format).map_err(|(line, why)| {
        let why = if is_template(text) { "it is a template".to_owned() } else { why };
        Unread { path: path.clone(), line: file.line(line).line, why }
    })?;
    let reader = match format {
        Format::Ansible => docker::ansible,
        Format::AppPlatform => hosts::app_platform,
        Format::Azure | Format::Ecs => containers::read,
        Format::Fly => hosts::fly,
        Format::Heroku => hosts::heroku,
        Format::Nomad => clusters::nomad,
        Format::Quadlet => docker::quadlet,
        Format::Railway => hosts::railway,
        Format::Render => hosts::render,
        Format::Terraform => clusters::terraform,
        Format::Unraid => docker::unraid,
    };
    let mut found: Vec<Service> = roots.iter().flat_map(|it| reader(path, it)).collect();
    for service in &mut found {
        service.is_run = true;
        service.line = file.line(service.line).line;
        for it in &mut service.volumes {
            it.place = file.line(it.place.line);
        }
    }
    Ok(found)
}

/// The documents of a file of a format.
///
/// # Errors
/// The line that cannot be read, and why.
fn trees(path: &RepoPath, text: &str, format: Format) -> Result<Vec<Item>, (usize, String)> {
    Ok(match format {
        Format::Nomad | Format::Terraform => {
            vec![hcl::tree(text).map_err(|it| (it.line, it.message))?]
        }
        Format::Fly | Format::Railway if path.as_str().ends_with(".toml") => {
            vec![tree::toml(text).ok_or_else(|| (1, "it is not TOML".to_owned()))?]
        }
        Format::Quadlet => vec![tree::unit(text)],
        Format::Unraid => vec![tree::xml(text, &["Config", "Repository"])],
        _ => tree::yaml(text).map_err(|it| (it.line, it.message))?,
    })
}

/// The variables of an environment, in whatever way a format writes it: a map, a list of `NAME=value`, or a list of
/// maps with a name and a value. The value of one that is kept elsewhere is its name in `${…}`.
fn environment(items: &[&Item]) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let pair = |name: &str, value: Option<&str>| {
        let value = value.map_or_else(|| format!("${{{name}}}"), str::to_owned);
        (name.to_owned(), value)
    };
    for item in items {
        match &item.value {
            Value::Text(it) => {
                let (name, value) = it.split_once('=').unwrap_or((it, ""));
                found.push(pair(name.trim(), Some(value)));
            }
            Value::List(all) => found.extend(environment(&all.iter().collect::<Vec<_>>())),
            Value::Map(entries) => {
                let is_name =
                    |it: &&tree::Entry| matches!(it.key.as_str(), "name" | "Name" | "key" | "Key");
                let name = entries.iter().find(is_name).and_then(|it| it.item.as_text());
                if let Some(name) = name {
                    found.push(pair(name, item.text("value")));
                    continue;
                }
                for it in entries {
                    let value = it.item.as_text().or_else(|| it.item.text("value"));
                    found.push(pair(&it.key, value));
                }
            }
            Value::Unknown => {}
        }
    }
    found
}

/// A command: a line, or words; what is not known of them is a variable.
fn command(item: Option<&Item>) -> Option<Given> {
    let item = item?;
    match &item.value {
        Value::Text(it) => (!it.is_empty()).then(|| Given::Line(it.clone())),
        Value::List(all) if !all.is_empty() => {
            let word = |it: &Item| it.as_text().unwrap_or("${…}").to_owned();
            Some(Given::Words(all.iter().map(word).collect()))
        }
        _ => None,
    }
}

/// A mount; `None` without a path in the container.
fn volume(
    path: &RepoPath,
    item: &Item,
    source: Option<&str>,
    target: Option<&str>,
) -> Option<Volume> {
    Some(Volume {
        source: source.map(str::to_owned),
        target: target?.to_owned(),
        read_only: item.has("readonly"),
        owner: Owner::Docker,
        place: Place::line(path, item.line),
    })
}

/// The Dockerfile of this name seen from a folder.
fn dockerfile(folder: &RepoPath, name: &str) -> Option<RepoPath> {
    folder.join(name.trim_start_matches('/'))
}
