//! Platforms that build and start images themselves, from a file of their own: Fly, Render, Railway, Heroku and others.

use super::{
    Given, Owner, Service, command, dockerfile, environment,
    tree::{Entry, Item},
    volume,
};
use crate::text::RepoPath;

/// `fly.toml`, after <https://fly.io/docs/reference/configuration/>. A volume of Fly is a disk that belongs to root.
pub(super) fn fly(path: &RepoPath, root: &Item) -> Vec<Service> {
    let build = root.get("build");
    let folder = path.parent().unwrap_or(RepoPath::root());
    let said = |key: &str| build.and_then(|it| it.text(key));
    // What it builds without a Dockerfile.
    if ["builder", "buildpacks", "builtin"]
        .iter()
        .any(|it| build.is_some_and(|at| at.get(it).is_some()))
    {
        return Vec::new();
    }
    let image = said("image");
    let built = said("dockerfile").unwrap_or("Dockerfile");
    let experimental = root.get("experimental");
    let given = |key: &str| experimental.and_then(|it| command(it.get(key)));
    let ports = [root.get("httpservice")].into_iter().flatten().chain(root.all("services"));
    let mounts = root.all("mounts").into_iter().chain(root.all("mount"));
    let app = Service {
        name: root.text("app").unwrap_or("app").to_owned(),
        line: root.get("env").map_or(root.line, |it| it.line),
        dockerfile: dockerfile(&folder, built).filter(|_| image.is_none()),
        image: image.map(str::to_owned),
        target: said("buildtarget").map(str::to_owned),
        environment: environment(&root.get("env").into_iter().collect::<Vec<_>>()),
        ports: ports.filter_map(|it| it.text("internalport")?.parse().ok()).collect(),
        volumes: mounts
            .filter_map(|it| volume(path, it, it.text("source"), it.text("destination")))
            .map(|it| super::Volume { owner: Owner::Root, ..it })
            .collect(),
        command: given("cmd"),
        entrypoint: given("entrypoint"),
        ..Service::default()
    };
    let processes = root.get("processes").map(Item::entries).unwrap_or_default().iter();
    let mut commands: Vec<(&Entry, Option<Given>)> =
        processes.map(|it| (it, command(Some(&it.item)))).collect();
    // It runs in a machine of its own, before a release, and gets no volume.
    let release = root.get("deploy").map(Item::entries).unwrap_or_default().iter();
    let release = release.filter(|it| it.is("releasecommand"));
    let release: Vec<Service> = release
        .map(|it| Service {
            line: it.item.line,
            command: command(Some(&it.item)),
            volumes: Vec::new(),
            ..app.clone()
        })
        .collect();
    commands.retain(|it| it.1.is_some());
    let of_process = |(entry, command): (&Entry, Option<Given>)| Service {
        name: entry.key.clone(),
        line: entry.item.line,
        command,
        ..app.clone()
    };
    let mut all: Vec<Service> = commands.into_iter().map(of_process).collect();
    if all.is_empty() {
        all.push(app);
    }
    all.extend(release);
    all
}

/// `render.yaml`, after <https://render.com/docs/blueprint-spec>. A disk belongs to root
/// (<https://render.com/docs/disks>).
pub(super) fn render(path: &RepoPath, root: &Item) -> Vec<Service> {
    let folder = path.parent().unwrap_or(RepoPath::root());
    let mut groups: Vec<(&str, Vec<(String, String)>)> = Vec::new();
    let mut services = Vec::new();
    root.visit(&mut |it| {
        services.extend(it.all("services"));
        for group in it.all("envvargroups") {
            let variables = environment(&group.all("envvars"));
            groups.extend(group.text("name").map(|it| (it, variables)));
        }
    });
    let is_docker = |it: &&Item| {
        let runtime = it.text("runtime").or_else(|| it.text("env"));
        matches!(runtime, Some("docker" | "image"))
    };
    let service = |service: &Item| {
        let mut variables = Vec::new();
        for one in service.all("envvars") {
            match one.text("fromgroup") {
                Some(name) => {
                    let group = groups.iter().find(|it| it.0 == name);
                    variables.extend(group.iter().flat_map(|it| it.1.clone()));
                }
                None => variables.extend(environment(&[one])),
            }
        }
        let image = service.get("image").and_then(|it| it.text("url"));
        let root = service.text("rootdir").unwrap_or_default();
        let own = folder.join(root).unwrap_or(folder.clone());
        let name = service.text("dockerfilepath").unwrap_or("Dockerfile");
        // What is below a `rootDir` may be named from there, and from the root of the repository.
        let named = dockerfile(if name.starts_with(root) { &folder } else { &own }, name);
        let disks = service.all("disk").into_iter();
        Service {
            name: service.text("name").unwrap_or("service").to_owned(),
            line: service.line,
            dockerfile: named.filter(|_| image.is_none()),
            image: image.map(str::to_owned),
            environment: variables,
            volumes: disks
                .filter_map(|it| volume(path, it, it.text("name"), it.text("mountpath")))
                .map(|it| super::Volume { owner: Owner::Root, ..it })
                .collect(),
            command: command(service.get("dockercommand")),
            ..Service::default()
        }
    };
    services.into_iter().filter(is_docker).map(service).collect()
}

/// `railway.json` and `railway.toml`, after <https://docs.railway.com/reference/config-as-code>. "Volumes are mounted
/// as the root user" (<https://docs.railway.com/reference/volumes>). A `Dockerfile` beside it is built without being
/// named (<https://docs.railway.com/builds/dockerfiles>).
pub(super) fn railway(path: &RepoPath, root: &Item) -> Vec<Service> {
    let folder = path.parent().unwrap_or(RepoPath::root());
    let (Some(deploy), Some((named, _))) = (root.get("deploy"), built_by_railway(root)) else {
        return Vec::new();
    };
    let disk = deploy.get("requiredmountpath");
    vec![Service {
        name: "service".to_owned(),
        line: deploy.line,
        dockerfile: dockerfile(&folder, named),
        volumes: disk
            .and_then(|it| volume(path, it, None, it.as_text()))
            .map(|it| super::Volume { owner: Owner::Root, ..it })
            .into_iter()
            .collect(),
        command: command(deploy.get("startcommand")),
        ..Service::default()
    }]
}

/// The name of the Dockerfile that Railway builds, and the line that says so; `None` if it builds without one.
pub(super) fn built_by_railway(root: &Item) -> Option<(&str, usize)> {
    let build = root.get("build");
    let said = |key: &str| build.and_then(|it| it.text(key));
    // Without a Dockerfile, it builds with commands of its own.
    let is_other = said("buildcommand").is_some()
        || said("builder").is_some_and(|it| !it.eq_ignore_ascii_case("dockerfile"));
    let named = said("dockerfilepath").or(Some("Dockerfile").filter(|_| !is_other))?;
    let line = ["dockerfilepath", "builder"].iter().find_map(|it| build?.get(it));
    Some((named, line.or(build).map_or(1, |it| it.line)))
}

/// `heroku.yml` and `app.json`, after <https://devcenter.heroku.com/articles/build-docker-images-heroku-yml> and
/// <https://devcenter.heroku.com/articles/app-json-schema>.
pub(super) fn heroku(path: &RepoPath, root: &Item) -> Vec<Service> {
    let folder = path.parent().unwrap_or(RepoPath::root());
    let docker = root.get("build").and_then(|it| it.get("docker"));
    let config = root.get("setup").and_then(|it| it.get("config")).or_else(|| root.get("env"));
    let variables = environment(&config.into_iter().collect::<Vec<_>>());
    let named = |name: &str| {
        let built = docker?.entries().iter().find(|it| it.key == name)?;
        dockerfile(&folder, built.item.as_text().or_else(|| built.item.text("dockerfile"))?)
    };
    let runs = root.get("run").map(Item::entries).unwrap_or_default();
    let release = root.entries().iter().filter(|it| it.is("release"));
    let process = |it: &Entry| Service {
        name: it.key.clone(),
        line: it.item.line,
        dockerfile: it.item.text("image").map_or_else(|| named(&it.key), named),
        environment: variables.clone(),
        command: command(it.item.get("command").or(Some(&it.item))).map(|it| match it {
            // A list is one line as well.
            Given::Words(words) => in_shell(Given::Line(words.join(" "))),
            line @ Given::Line(_) => in_shell(line),
        }),
        ..Service::default()
    };
    let mut all: Vec<Service> = runs.iter().chain(release).map(process).collect();
    let built = docker.map(Item::entries).unwrap_or_default().iter();
    all.extend(built.filter(|it| runs.iter().all(|run| run.key != it.key)).map(|it| Service {
        name: it.key.clone(),
        line: it.item.line,
        dockerfile: named(&it.key),
        environment: variables.clone(),
        ..Service::default()
    }));
    if all.is_empty() && !variables.is_empty() {
        let line = config.map_or(1, |it| it.line);
        all.push(Service {
            name: "app".to_owned(),
            line,
            environment: variables,
            ..Service::default()
        });
    }
    all
}

/// `app.yaml` of App Platform, after <https://docs.digitalocean.com/products/app-platform/reference/app-spec/>.
pub(super) fn app_platform(path: &RepoPath, root: &Item) -> Vec<Service> {
    // `.do/app.yaml` names Dockerfiles from the root of the repository.
    let folder = path.parent().unwrap_or(RepoPath::root());
    let top = match folder.file_name() {
        ".do" => folder.parent().unwrap_or(RepoPath::root()),
        _ => folder,
    };
    let all = ["services", "workers", "jobs"].iter().flat_map(|it| root.all(it));
    let shared = environment(&root.all("envs"));
    let component = |component: &Item| {
        let image = component.get("image").and_then(|it| it.text("repository"));
        let mut variables = environment(&component.all("envs"));
        variables.extend(shared.clone());
        Service {
            name: component.text("name").unwrap_or("service").to_owned(),
            line: component.line,
            dockerfile: component.text("dockerfilepath").and_then(|it| dockerfile(&top, it)),
            image: image.map(str::to_owned),
            environment: variables,
            ports: component.text("httpport").and_then(|it| it.parse().ok()).into_iter().collect(),
            command: command(component.get("runcommand")).map(in_shell),
            ..Service::default()
        }
    };
    let all = all.map(component);
    all.filter(|it| it.dockerfile.is_some() || it.image.is_some()).collect()
}

/// A line that the platform gives to a shell.
fn in_shell(given: Given) -> Given {
    match given {
        Given::Line(it) => Given::Words(vec!["sh".to_owned(), "-c".to_owned(), it]),
        words @ Given::Words(_) => words,
    }
}
