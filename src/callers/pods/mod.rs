//! What manifests of Kubernetes and values of Helm say about the user of a container and the owner of its folders.
//!
//! Only what is set counts, for the container that it is set for: no comment, and nothing of the database beside it.

mod commands;
mod patches;
mod settings;
mod stated;
mod templates;

use std::{collections::BTreeSet, sync::Arc};

use super::image_name;
use crate::{
    ecosystems::images,
    project::File,
    yaml::{self, Node},
};
pub use commands::{PodCommand, Turn};
pub(super) use patches::has_patches;
pub use settings::defines_maps;
pub(super) use settings::{Container, Map, Maps, Setting};
pub use stated::Stated;
pub(super) use templates::without_templates;

/// What a manifest or the values of a chart say about a container.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Claim {
    /// It runs as a user of its own: `runAsUser`.
    User,
    /// It has all of root's privileges: `privileged`.
    Privileged,
    /// It has capabilities that only root gets: `capabilities.add`. What a process starts with as another user has
    /// none of them, since Kubernetes adds none to the ambient set (github.com/kubernetes/enhancements, KEP 2763).
    Capabilities,
    /// It mounts a folder of the node.
    HostPath,
    /// It mounts a volume that belongs to root: no `fsGroup` gives it to another group.
    Volume,
    /// It mounts a secret or a `ConfigMap` with a mode that keeps others than root from reading it, and no `fsGroup`
    /// gives it to a group (kubernetes.io: "Configure a Pod to Use a `ConfigMap`", "Secrets").
    Closed,
}

/// Returns true if a YAML text describes containers for Kubernetes.
pub fn runs_pods(text: &str) -> bool {
    let mut lines = text.lines();
    lines.any(|it| it.starts_with("kind:")) && text.contains("containers:")
}

/// A claim, and the containers it is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Claimed {
    pub(super) claim: Claim,
    /// The line that says so.
    pub(super) line: usize,
    /// The images of the containers; none if they are not known.
    pub(super) images: Vec<String>,
}

/// What a file says.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Claims {
    pub(super) all: Vec<Claimed>,
    /// True if it sets `fsGroup`.
    pub(super) has_group: bool,
    /// The images of all containers.
    pub(super) images: Vec<String>,
    /// The commands of containers.
    commands: Vec<PodCommand>,
    /// The containers, with their environment and ports.
    containers: Vec<Container>,
}

impl Claims {
    /// What a manifest or a file of values says; read once.
    pub(super) fn of(file: &File, is_values: bool) -> &Self {
        file.memo.get(|| Self::read(&file.text, is_values))
    }

    fn read(text: &str, is_values: bool) -> Self {
        let mut claims = Self::default();
        let plain = without_templates(text);
        let Ok(reading) = yaml::read_only(&plain) else {
            claims.lines(text);
            return claims;
        };
        for root in &reading.documents {
            if claims.patches(root) {
                continue;
            }
            if is_values {
                claims.values(root, &[], 0);
            } else {
                claims.pods(root, &names_of(root.get("spec"), "volumeClaimTemplates"), 0);
            }
        }
        claims
    }

    /// The commands of containers of the image of these names, as far as it is known which of these images that is.
    pub(super) fn commands(
        &self,
        images: &[String],
        names: &[String],
    ) -> impl Iterator<Item = &PodCommand> {
        let is_about = is_about(images, names);
        self.commands.iter().filter(move |it| is_about(it.image.as_ref()))
    }

    /// The containers of all images.
    pub(super) fn containers(&self) -> &[Container] {
        &self.containers
    }

    fn add(&mut self, claim: Claim, line: usize, images: &[String]) {
        self.all.push(Claimed { claim, line, images: images.to_vec() });
    }

    /// What lines say that cannot be read as YAML, as those of a template may not.
    fn lines(&mut self, text: &str) {
        let lines = || text.lines().map(without_comment);
        self.has_group = lines().any(|it| it.contains("fsGroup:"));
        for (at, line) in lines().enumerate() {
            let claim = if line.contains("runAsUser:") {
                Claim::User
            } else if line.contains("privileged: true") {
                Claim::Privileged
            } else if line.contains("hostPath:") {
                Claim::HostPath
            } else if line.contains("persistentVolumeClaim:")
                || line.contains("volumeClaimTemplates:")
            {
                if self.has_group {
                    continue;
                }
                Claim::Volume
            } else {
                continue;
            };
            self.add(claim, at + 1, &[]);
        }
    }

    /// The pods below a node. `claimed` are the volumes that are made for each pod.
    fn pods(&mut self, node: &Arc<Node>, claimed: &[String], depth: usize) {
        if depth > DEPTH {
            return;
        }
        if node.get("containers").is_some_and(|it| !it.items().is_empty()) {
            self.pod(node, claimed);
        }
        let below = node.entries().iter().map(|it| &it.value).chain(node.items());
        below.for_each(|it| self.pods(it, claimed, depth + 1));
    }

    fn pod(&mut self, pod: &Arc<Node>, claimed: &[String]) {
        let lists = ["containers", "initContainers"].iter().filter_map(|it| pod.get(it));
        let containers: Vec<&Arc<Node>> = lists.flat_map(|it| it.items()).collect();
        let image = |it: &Arc<Node>| it.text("image").map(str::to_owned);
        let all: Vec<String> = containers.iter().filter_map(|it| image(it)).collect();
        self.images.extend(all.iter().cloned());
        let own = pod.get("securityContext");
        self.context(own, &all);
        let has_group = own.and_then(|it| set(it, "fsGroup")).is_some();
        self.has_group |= has_group;
        for it in &containers {
            let images: Vec<String> = image(it).into_iter().collect();
            self.context(it.get("securityContext"), &images);
            let ports = it.get("ports").map(|it| it.items()).unwrap_or_default().iter();
            self.containers.push(Container {
                line: it.line,
                name: it.text("name").unwrap_or_default().to_owned(),
                image: image(it),
                ports: ports.filter_map(|it| it.text("containerPort")).map(str::to_owned).collect(),
                settings: settings::of_container(it),
            });
        }
        self.commands.extend(commands::of_pod(pod));
        let mounted = |name: &str| -> Vec<String> {
            let mounts = |it: &&&Arc<Node>| {
                let mounts = it.get("volumeMounts").map(|it| it.items()).unwrap_or_default();
                mounts.iter().any(|it| it.text("name") == Some(name))
            };
            containers.iter().filter(mounts).filter_map(|it| image(it)).collect()
        };
        let volumes = pod.get("volumes").map(|it| it.items()).unwrap_or_default();
        for volume in volumes {
            let Some(claim) = claim_of(volume, has_group) else { continue };
            let images = mounted(volume.text("name").unwrap_or_default());
            self.add(claim, volume.line, if images.is_empty() { &all } else { &images });
        }
        for name in claimed.iter().filter(|_| !has_group) {
            let images = mounted(name);
            self.add(Claim::Volume, pod.line, if images.is_empty() { &all } else { &images });
        }
    }

    /// What a `securityContext` sets.
    fn context(&mut self, context: Option<&Arc<Node>>, images: &[String]) {
        let Some(context) = context else { return };
        if let Some(line) = set(context, "runAsUser") {
            self.add(Claim::User, line, images);
        }
        if context.text("privileged") == Some("true") {
            self.add(Claim::Privileged, set(context, "privileged").unwrap_or(context.line), images);
        }
        let added = context.get("capabilities").and_then(|it| it.get("add"));
        if let Some(added) = added.filter(|it| !it.items().is_empty()) {
            self.add(Claim::Capabilities, added.line, images);
        }
    }

    /// What the values of a chart set: a context is for the image that stands nearest above it.
    fn values(&mut self, node: &Arc<Node>, images: &[String], depth: usize) {
        if depth > DEPTH {
            return;
        }
        let own = node.get("image").and_then(|it| it.as_str().or_else(|| it.text("repository")));
        // A release of a chart is called as what it starts, if it says no image.
        let chart = node.get("chart").and_then(|it| chart(it));
        if chart.is_some_and(|it| images::is_chart(it) || is_well_known(it)) {
            return;
        }
        let own = own.or_else(|| node.text("name").filter(|_| chart.is_some()));
        let own: Vec<String> =
            own.filter(|it| !it.is_empty()).map(str::to_owned).into_iter().collect();
        let images = if own.is_empty() { images } else { &own };
        self.images.extend(own.iter().cloned());
        let settings = settings::of_values(node);
        if !settings.is_empty() {
            let (name, image) = (String::new(), images.first().cloned());
            self.containers.push(Container {
                line: node.line,
                name,
                image,
                ports: Vec::new(),
                settings,
            });
        }
        for entry in node.entries() {
            // A chart that this one builds on: `postgresql:`.
            if depth == 0 && (images::is_chart(&entry.key) || is_well_known(&entry.key)) {
                continue;
            }
            self.has_group |= set(&entry.value, "fsGroup").is_some();
            if entry.key.to_lowercase().ends_with("securitycontext") {
                self.context(Some(&entry.value), images);
            } else {
                self.values(&entry.value, images, depth + 1);
            }
        }
        node.items().iter().for_each(|it| self.values(it, images, depth + 1));
    }
}

/// The name of the chart of a release, in a helmfile or in a release of Flux.
fn chart(node: &Node) -> Option<&str> {
    let spec = || node.get("spec")?.text("chart");
    let chart = node.as_str().or_else(spec)?;
    chart.trim_end_matches('/').rsplit('/').next()
}

/// What a volume of a pod says; `has_group` if the pod gives it to a group.
fn claim_of(volume: &Arc<Node>, has_group: bool) -> Option<Claim> {
    match () {
        () if volume.get("hostPath").is_some() => Some(Claim::HostPath),
        () if is_disk(volume) && !has_group => Some(Claim::Volume),
        () if is_closed(volume) && !has_group => Some(Claim::Closed),
        () => None,
    }
}

/// Whether a volume is a disk, or is mounted by a driver, and belongs to root where no group is given.
fn is_disk(volume: &Arc<Node>) -> bool {
    let disks = ["persistentVolumeClaim", "ephemeral", "awsElasticBlockStore", "gcePersistentDisk"];
    // Drivers of secrets bring what is only read.
    let driver = volume.get("csi").filter(|it| it.text("readOnly") != Some("true"));
    let driver = driver.and_then(|it| it.text("driver"));
    disks.iter().any(|it| volume.get(it).is_some())
        || driver.is_some_and(|it| !it.contains("secret") && !it.contains("cert"))
}

/// How deep documents are looked into.
const DEPTH: usize = 32;

/// The line of a key that has a value.
fn set(node: &Arc<Node>, key: &str) -> Option<usize> {
    let entry = node.entries().iter().find(|it| it.key == key)?;
    entry.value.as_str().is_some_and(|it| !it.is_empty() && it != "null").then_some(entry.line)
}

/// Whether the files of a secret or a `ConfigMap` have a mode that lets nobody read them but their owner and group, which
/// are root's. Modes are octal, or decimal as in JSON: `0400` is 256.
fn is_closed(volume: &Arc<Node>) -> bool {
    let projected = volume.get("projected");
    let sources = projected.and_then(|it| it.get("sources")).map(|it| it.items());
    let volumes = || [volume].into_iter().chain(sources.unwrap_or_default());
    let own = volumes().flat_map(|it| [it.get("secret"), it.get("configMap")]).flatten();
    let own: Vec<&Arc<Node>> = own.chain(projected).collect();
    let items = own.iter().filter_map(|it| it.get("items")).flat_map(|it| it.items());
    let modes = own.iter().map(|it| it.text("defaultMode")).chain(items.map(|it| it.text("mode")));
    modes.flatten().any(|it| {
        let octal = it.strip_prefix("0o").or_else(|| it.strip_prefix('0'));
        let mode = octal.map_or_else(|| it.parse().ok(), |it| u32::from_str_radix(it, 8).ok());
        mode.is_some_and(|it| it & 0o004 == 0)
    })
}

/// The names of the items of a list.
fn names_of(node: Option<&Arc<Node>>, key: &str) -> Vec<String> {
    let list = node.and_then(|it| it.get(key)).map(|it| it.items()).unwrap_or_default();
    let names = list.iter().filter_map(|it| it.get("metadata")?.text("name"));
    names.map(str::to_owned).collect()
}

/// Whether one of these images goes by one of these names, or may: `false` for those of others.
fn may_be(images: &[String], names: &[String]) -> impl Fn(&String) -> bool {
    let any = images.iter().any(|it| is_named(it, names));
    move |it| is_named(it, names) || image_name(it).is_none() || (!any && !is_well_known(it))
}

/// The images that may go by one of these names.
pub(super) fn likely<'i>(images: &'i [String], names: &[String]) -> BTreeSet<&'i String> {
    let may_be = may_be(images, names);
    images.iter().filter(|it| may_be(it)).collect()
}

/// Whether a container is of an image of these names, or of the only one of these images that may be.
pub(super) fn is_about(images: &[String], names: &[String]) -> impl Fn(Option<&String>) -> bool {
    let any = images.iter().any(|it| is_named(it, names));
    let likely = likely(images, names);
    let only = if any || likely.len() != 1 { None } else { likely.first().copied().cloned() };
    move |image| image.is_some_and(|it| is_named(it, names) || only.as_ref() == Some(it))
}

/// Whether an image of a deployment goes by one of these names. A bare name of an official image is Docker's own.
pub(super) fn is_named(image: &str, names: &[String]) -> bool {
    !images::is_official(image) && image_name(image).is_some_and(|it| goes_by(&it, names))
}

/// Whether an image's name is one of these, or ends in one: `shop-api` is `api` of the project `shop`.
pub(super) fn goes_by(image: &str, names: &[String]) -> bool {
    names.iter().any(|name| {
        image.strip_suffix(name.as_str()).is_some_and(|it| it.is_empty() || it.ends_with('-'))
    })
}

/// Whether an image is of those that everybody knows, whatever registry it comes from.
pub(super) fn is_well_known(image: &str) -> bool {
    let is_listed = |it: &str| images::named(it).is_listed();
    let is_vendors = is_listed(image) || images::is_of_vendor(image);
    is_vendors || image_name(image).is_some_and(|it| is_listed(&it))
}

/// A line without its comment.
pub(super) fn without_comment(line: &str) -> &str {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(it) if it == c => quote = None,
            Some(_) => {}
            None if c == '#' && before.is_whitespace() => return &line[..at],
            None if ['"', '\''].contains(&c) && !before.is_alphanumeric() => quote = Some(c),
            None => {}
        }
        before = c;
    }
    line
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The claims about containers of an image of this name, each with its line.
    fn about(claims: &Claims, name: &str) -> Vec<(Claim, usize)> {
        let names = [name.to_owned()];
        let may_be = may_be(&claims.images, &names);
        let all = claims.all.iter();
        all.filter(|it| it.images.is_empty() || it.images.iter().any(&may_be))
            .map(|it| (it.claim, it.line))
            .collect()
    }

    /// The claims of a text about `shop`, each with its line.
    fn seen(text: &str, is_values: bool) -> Vec<(Claim, usize)> {
        about(&Claims::read(text, is_values), "shop")
    }

    #[test]
    fn comments_set_nothing() {
        let values = "image:\n  repository: me/shop\nsecurityContext: {}\n  # runAsUser: 1000\n# privileged: true\n";
        assert_eq!(seen(values, true), []);
        let values =
            "image: me/shop # the shop\npodSecurityContext:\n  fsGroup: 7 # x\n  runAsUser: 7\n";
        assert_eq!(seen(values, true), [(Claim::User, 4)]);
        assert!(Claims::read(values, true).has_group);
        assert_eq!(seen("image: me/shop\nsecurityContext:\n  runAsUser:\n", true), []);
    }

    #[test]
    fn values_of_other_images_are_not_ours() {
        let values = "image:\n  repository: me/shop\npostgresql:\n  primary:\n    securityContext:\n      \
                      runAsUser: 999\nworker:\n  image: me/queue\n  securityContext:\n    privileged: true\n";
        assert_eq!(seen(values, true), []);
        // If none goes by its name, it may be each.
        let claims = Claims::read(values, true);
        assert_eq!(about(&claims, "other"), [(Claim::Privileged, 10)]);
    }

    #[test]
    fn a_pod_is_read_container_by_container() {
        let pod = "kind: StatefulSet\nspec:\n  volumeClaimTemplates:\n  - metadata: {name: data}\n  template:\n    \
                   spec:\n      containers:\n      - image: me/shop:1\n        volumeMounts: [{name: logs}]\n      \
                   - image: postgres\n        securityContext: {runAsUser: 7, privileged: true}\n        \
                   volumeMounts: [{name: data}]\n      volumes:\n      - name: logs\n        hostPath: {path: /a}\n";
        assert_eq!(seen(pod, false), [(Claim::HostPath, 14)]);
        let own = pod
            .replace("[{name: logs}]", "[{name: data}]")
            .replace("hostPath: {path: /a}", "emptyDir: {}");
        assert_eq!(seen(&own, false), [(Claim::Volume, 7)]);
    }

    #[test]
    fn templates_are_read_as_far_as_they_are_yaml() {
        let template = "{{- /*\nrunAsUser: 1\n*/}}\nkind: Deployment\nspec:\n  template:\n    spec:\n      \
                        {{- with .Values.x }}\n      securityContext:\n        {{- toYaml . | nindent 8 }}\n      \
                        {{- end }}\n      containers:\n      - name: {{ .Chart.Name }}\n        \
                        image: \"{{ .Values.image }}:{{ .Values.tag }}\"\n        securityContext:\n          \
                        runAsUser: {{ .Values.user }}\n";
        assert_eq!(seen(template, false), [(Claim::User, 16)]);
        let broken = "a: 1\na: 2\n# hostPath:\nb:\n  runAsUser: 1\n";
        assert_eq!(seen(broken, false), [(Claim::User, 5)]);
    }

    #[test]
    fn commands_and_ports_are_of_containers() {
        let pod = "kind: Deployment\nspec:\n  template:\n    spec:\n      hostNetwork: true\n      containers:\n      \
                   - image: me/shop:1\n        args: [serve]\n        ports: [{containerPort: 80}]\n        \
                   securityContext: {capabilities: {add: [NET_ADMIN], drop: [ALL]}}\n        \
                   lifecycle: {postStart: {exec: {command: [touch, /a]}}}\n      - image: me/other\n        \
                   command: [x]\n        ports: [{containerPort: 22}]\n      initContainers:\n      \
                   - image: me/shop\n        command: [migrate]\n";
        let claims = Claims::read(pod, false);
        let names = ["shop".to_owned()];
        let one = |it: &PodCommand| {
            format!("{} {:?} {:?} {:?}", it.line, it.entrypoint, it.arguments, it.turn)
        };
        let all: Vec<_> = claims.commands(&claims.images, &names).map(one).collect();
        assert_eq!(
            all,
            [
                "8 None Some([\"serve\"]) Main",
                "11 Some([\"touch\", \"/a\"]) None Step",
                "17 Some([\"migrate\"]) None Step",
            ]
        );
        let own = claims
            .containers()
            .iter()
            .filter(|it| it.image.as_ref().is_some_and(|it| is_named(it, &names)));
        assert_eq!(own.flat_map(|it| it.ports.clone()).collect::<Vec<_>>(), ["80"]);
        assert_eq!(seen(pod, false), [(Claim::Capabilities, 10)]);
    }

    #[test]
    fn comments_begin_after_a_blank() {
        assert_eq!(without_comment("a: b # c"), "a: b ");
        assert_eq!(without_comment("a: 'b # c'#d"), "a: 'b # c'#d");
        assert_eq!(without_comment("it's # c"), "it's ");
    }
}
