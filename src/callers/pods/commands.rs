//! What containers of Kubernetes run instead of their image's command, and beside it.
//!
//! kubernetes.io/docs: "Define a Command and Arguments for a Container", "Init Containers", "Attach Handlers to
//! Container Lifecycle Events", "Configure Liveness, Readiness and Startup Probes".

use std::sync::Arc;

use crate::yaml::Node;

/// A command that a manifest gives to a container; with neither part, a container that it gives none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodCommand {
    /// The line that says so.
    pub(in crate::callers) line: usize,
    /// The image of the container; `None` if it names none.
    pub(super) image: Option<String>,
    /// What replaces ENTRYPOINT, and CMD with it.
    pub entrypoint: Option<Vec<String>>,
    /// What replaces CMD.
    pub arguments: Option<Vec<String>>,
    /// When it runs.
    pub turn: Turn,
}

/// When a command of a container runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Turn {
    /// As the container's own process.
    Main,
    /// Before the containers of the pod, or when one of them starts or stops.
    Step,
    /// From time to time, to see how the container does.
    Probe,
}

/// The commands that a pod gives to its containers.
pub(super) fn of_pod(pod: &Arc<Node>) -> Vec<PodCommand> {
    let mut found = Vec::new();
    for (list, turn) in [("containers", Turn::Main), ("initContainers", Turn::Step)] {
        let containers = pod.get(list).map(|it| it.items()).unwrap_or_default();
        for it in containers {
            of_container(it, turn, &mut found);
        }
    }
    found
}

fn of_container(container: &Arc<Node>, turn: Turn, found: &mut Vec<PodCommand>) {
    let image = container.text("image").map(str::to_owned);
    let [command, arguments] = ["command", "args"].map(|it| container.get(it));
    let line = command.or(arguments).map_or(container.line, |it| it.line);
    let (entrypoint, arguments) = (command.and_then(words), arguments.and_then(words));
    if turn == Turn::Main || entrypoint.is_some() || arguments.is_some() {
        found.push(PodCommand { line, image: image.clone(), entrypoint, arguments, turn });
    }
    let hooks = [
        (container.get("lifecycle"), "postStart", Turn::Step),
        (container.get("lifecycle"), "preStop", Turn::Step),
        (Some(container), "livenessProbe", Turn::Probe),
        (Some(container), "readinessProbe", Turn::Probe),
        (Some(container), "startupProbe", Turn::Probe),
    ];
    for (above, key, turn) in hooks {
        let executed = above.and_then(|it| it.get(key)?.get("exec")?.get("command"));
        let Some((node, entrypoint)) = executed.and_then(|it| Some((it, words(it)?))) else {
            continue;
        };
        let (line, image, entrypoint) = (node.line, image.clone(), Some(entrypoint));
        found.push(PodCommand { line, image, entrypoint, arguments: None, turn });
    }
}

/// The words of a list; `None` if there are none, or it is not one. Values of a chart are variables.
fn words(list: &Arc<Node>) -> Option<Vec<String>> {
    let words: Vec<String> =
        list.items().iter().map(|it| without_values(it.as_str().unwrap_or_default())).collect();
    (!words.is_empty()).then_some(words)
}

/// A word with the variable `$x` for each value of a chart.
fn without_values(word: &str) -> String {
    let mut parts = word.split("$<");
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        match part.split_once('>').filter(|_| part.starts_with(".Values.")) {
            Some((_, rest)) => out += &format!("$x{rest}"),
            None => out += &format!("$<{part}"),
        }
    }
    out
}
