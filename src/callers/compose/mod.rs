//! Compose files: their builds, as documents, and who reads them.

mod file;
mod readers;

use std::{collections::HashMap, sync::Arc};

use super::{
    Build, BuildContext, Builder, Caller, Callers, Service, arguments,
    entries::{Anchor, COMPOSE, Entries, Field, Syntax},
    image_name, literals,
    script::{display, is_remote, locate},
    site::{Form, Site},
    traced,
    traced::Traced,
    words::Values,
};
use crate::{
    text::{Place, RepoPath},
    yaml::{Entry, Node, layout::begins_line},
};
pub use file::ComposeFile;
pub use readers::{ComposeReaders, Needs};

/// Reads the services of a compose file.
pub(super) fn read(path: &RepoPath, source: &str, root: &Arc<Node>, into: &mut Callers) {
    let Some(services) = root.get("services") else { return };
    let first = into.services.len();
    for service in services.entries() {
        let build = effective(services, &service.value, 0);
        let mut runs = Service::read(path, service, services);
        let known = into.builds.len();
        if !build.is_empty() {
            let site = |seen_from: &RepoPath| site(source, &build, seen_from);
            let nodes: Vec<_> = build.iter().map(|it| Arc::clone(&it.value)).collect();
            read_build(path, source, &service.key, service.line, &nodes, &site, into);
        }
        if let Some(build) = into.builds.get_mut(known) {
            build.tags = runs.image.as_deref().and_then(image_name).into_iter().collect();
        }
        if let Some(build) = into.builds.get(known) {
            runs.dockerfile = Some(build.dockerfile.clone());
            runs.target.clone_from(&build.target);
        }
        if runs.dockerfile.is_none() {
            let mut nodes = build.iter().map(|it| &it.value);
            runs.completes = nodes.find_map(|it| it.text("dockerfile")).map(str::to_owned);
        }
        for volume in &mut runs.volumes {
            let name = volume.source.as_deref();
            volume.source = name.and_then(|it| device(root, it)).or(volume.source.take());
        }
        into.services.push(runs);
    }
    run_built(&mut into.services[first..]);
}

/// What Compose 2 calls the image of a service that builds and names none: the name of the project, a dash, and its own
/// (<https://docs.docker.com/reference/compose-file/version-and-name/>).
pub fn default_image(service: &str) -> String {
    format!("${{COMPOSE_PROJECT_NAME}}-{service}")
}

/// Has services that name the image of another one, as Compose calls it, run what that builds.
fn run_built(services: &mut [Service]) {
    let built = services.iter().filter_map(|it| {
        let name = default_image(&it.name);
        let is_default = it.image.as_ref().is_none_or(|it| *it == name);
        let what = (it.dockerfile.clone().filter(|_| is_default)?, it.target.clone());
        Some((name, what))
    });
    let built: HashMap<String, _> = built.collect();
    for service in services.iter_mut().filter(|it| it.dockerfile.is_none()) {
        let what = service.image.as_ref().and_then(|it| built.get(it));
        if let Some((dockerfile, target)) = what.cloned() {
            (service.dockerfile, service.target) = (Some(dockerfile), target);
        }
    }
}

/// The folder of the host that a volume of this name is, if it is one.
///
/// <https://docs.docker.com/engine/storage/volumes/#start-a-container-which-creates-a-volume-using-a-volume-driver>
fn device(root: &Arc<Node>, name: &str) -> Option<String> {
    let options = root.get("volumes")?.get(name)?.get("driver_opts")?;
    let is_bind = options.text("o")?.split(',').any(|it| ["bind", "rbind"].contains(&it.trim()));
    options.text("device").filter(|_| is_bind).map(str::to_owned)
}

/// A service's own `build`, followed by those it inherits from services of the same file.
fn effective(services: &Arc<Node>, service: &Arc<Node>, depth: usize) -> Vec<Entry> {
    let own = service.entries().iter().find(|it| it.key == "build");
    let mut found: Vec<_> = own.cloned().into_iter().collect();
    let parent = service.get("extends").filter(|_| depth < 16);
    let parent = parent.and_then(|it| match it.as_str() {
        Some(name) => services.get(name),
        // Another file's service is read where it stands.
        None if it.get("file").is_some() => None,
        None => services.get(it.text("service")?),
    });
    found.extend(parent.map(|it| effective(services, it, depth + 1)).unwrap_or_default());
    found
}

fn read_build(
    path: &RepoPath,
    source: &str,
    service: &str,
    line: usize,
    build: &[Arc<Node>],
    site: &dyn Fn(&RepoPath) -> Site,
    into: &mut Callers,
) {
    let variables = HashMap::new();
    let values = Values { variables: &variables, folder: "", current: None };
    let expand = |it: &str| values.interpolate(&Traced::untraced(it)).text();
    let find = |key: &str| build.iter().find_map(|it| it.get(key));
    let text = |key: &str| find(key).and_then(|it| it.as_str()).map(expand);
    if find("dockerfile_inline").is_some() {
        return;
    }
    // The target of an alias stands above the service, where nobody would look for it.
    let place = Place::line(path, build.first().map_or(line, |it| it.line.max(line)));
    let context = build.iter().find_map(|it| it.as_str().or_else(|| it.text("context")));
    // A file that completes another takes from it what it leaves out.
    let context = context.or_else(|| is_base(path.file_name()).then_some(".")).map(expand);
    let Some(context) = context else {
        let what = format!("{service} takes its context from another compose file");
        return into.unresolved(place, what);
    };
    let folder = path.parent().unwrap_or(RepoPath::root());
    let folder = if is_remote(&context) { None } else { locate(Some(&folder), &context) };
    let dockerfile = text("dockerfile").unwrap_or_else(|| "Dockerfile".to_owned());
    let found = folder.as_ref().and_then(|it| locate(Some(it), &dockerfile));
    let (Some(folder), Some(found)) = (folder, found) else {
        let (dockerfile, context) = (display(&dockerfile), display(&context));
        let what = format!("{service} builds {dockerfile} of {context}, which is not known");
        return into.unresolved(place, what);
    };
    let value = |it: &str| display(&expand(it));
    let seen_from = folder.clone();
    let nearest_last = || build.iter().rev();
    into.add(Build {
        place,
        caller: Caller::Compose,
        dockerfile: found,
        context: BuildContext::Folder(folder),
        target: text("target").map(|it| display(&it)).filter(|it| !it.is_empty()),
        arguments: nearest_last().flat_map(|it| arguments(it.get("args"), &value)).collect(),
        additional_contexts: nearest_last()
            .flat_map(|it| additional(source, it.get("additional_contexts")))
            .collect(),
        tags: Vec::new(),
        builder: Builder::Docker,
        site: site(&seen_from),
    });
}

/// Where a build is written: the nearest of `build` that names the Dockerfile, else the nearest.
fn site(source: &str, build: &[Entry], seen_from: &RepoPath) -> Site {
    let named = build.iter().find(|it| it.value.get(COMPOSE.file).is_some()).or(build.first());
    let form = named.map_or(Form::Fixed, |it| match it.value.as_str() {
        // An alias may take its place.
        Some(_) if !it.is_written_out() => Form::Fixed,
        Some(_) => Form::Entries(Entries {
            syntax: if begins_line(source, it.span.start) { Syntax::Block } else { Syntax::Flow },
            names: COMPOSE,
            anchor: Anchor::Short(Field::from(it)),
            arguments: None,
        }),
        None => Form::Entries(Entries::of(source, &it.value, COMPOSE)),
    });
    let text = |key: &str| {
        let node = build.iter().find_map(|it| it.value.get(key))?;
        let text = node.as_str().filter(|it| !it.is_empty())?;
        // The value of a variable may be different tomorrow.
        match text.contains('$') {
            true => Some(Traced::untraced(text)),
            false => traced(source, node),
        }
    };
    let seen_from = Some(seen_from.clone());
    Site { file: text(COMPOSE.file), seen_from, target: text(COMPOSE.target), form }
}

fn additional(source: &str, node: Option<&Arc<Node>>) -> HashMap<String, String> {
    let contexts = literals(source, node).into_iter();
    let mut contexts: HashMap<_, _> = contexts.map(|(name, it)| (name, it.text())).collect();
    let listed = node.map(|it| it.items()).unwrap_or_default().iter();
    let listed = listed.filter_map(|it| it.as_str()?.split_once('='));
    contexts.extend(listed.map(|(name, value)| (name.to_owned(), value.to_owned())));
    contexts
}

/// Returns true if a compose file of this name is complete by itself, so that a missing setting has its default.
fn is_base(name: &str) -> bool {
    let stem = name.rsplit_once('.').map_or(name, |it| it.0);
    matches!(stem, "compose" | "docker-compose")
}

#[cfg(test)]
mod tests {
    use crate::callers::tests::builds;

    #[test]
    fn services_name_their_builds() {
        let text = "\
x-api: &api
  build:
    context: ../
    dockerfile: docker/api/Dockerfile
services:
  a:
    build: ./a
  b:
    build:
      context: ${B:-b}
      dockerfile: Dockerfile.${STAGE-test}
      target: dev
      args:
        - X=1
        - Y
  c:
    build: {context: ., args: {X: 2, Z: }}
  d:
    <<: *api
    image: d
  e:
    build: ${E}
  f:
    build: https://example.org/f.git
  g:
    image: postgres
  h:
    build:
      dockerfile_inline: FROM scratch
  i:
    extends: b
    build:
      target: prod
";
        assert_eq!(
            builds("deploy/docker-compose.yml", text),
            [
                "7 deploy/a/Dockerfile deploy/a",
                "10 deploy/b/Dockerfile.test deploy/b dev X=1 Y=?",
                "17 deploy/Dockerfile deploy X=2 Z=?",
                "18 docker/api/Dockerfile .",
                "33 deploy/b/Dockerfile.test deploy/b prod X=1 Y=?",
                "22 lost",
                "24 lost",
            ]
        );
    }

    #[test]
    fn an_override_does_not_guess_its_context() {
        let text = "services:\n  a:\n    build:\n      target: dev\n";
        assert_eq!(builds("docker-compose.override.yml", text), ["4 lost"]);
        assert_eq!(builds("compose.yaml", text), ["4 Dockerfile . dev"]);
    }
}
