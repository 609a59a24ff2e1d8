//! Whether a service can be asked if its server answers.

use crate::{
    callers::service::Given,
    ecosystems::images::{Check, health_check},
    text::{Refusal, has_name},
    yaml::{Entry, Node},
};

/// How it is known that a service is healthy.
pub(super) enum Health {
    /// It has a check of its own that can be relied on.
    Own,
    /// It is given this one.
    New(&'static Check),
    /// It has none, and nobody knows one.
    None,
}

/// How it is known that a service is healthy.
///
/// # Errors
/// Why a check may ask in vain, so that whatever waits for it would never start.
pub(super) fn of(service: &Entry) -> Result<Health, Refusal> {
    let (name, node) = (&service.key, &service.value);
    let image = node.text("image").filter(|it| !it.contains('$') && node.get("build").is_none());
    let check = image.and_then(health_check);
    let Some(own) = node.get("healthcheck") else {
        let Some(check) = check else { return Ok(Health::None) };
        let why = in_vain(name, node, check).or_else(|| unset(name, node, check));
        return why.map_or(Ok(Health::New(check)), Err);
    };
    let test = line(own, "test");
    if own.get("test").is_none() || test == "NONE" || own.text("disable") == Some("true") {
        return Ok(Health::None);
    }
    let asks = |it: &&str| has_name(&test, it);
    let Some(check) = check.filter(|it| it.programs.iter().any(asks)) else {
        let reason =
            format!("the health check of {name} is not one of those that are known for its image");
        return Err(Refusal::new("unknown-health", reason));
    };
    // What it asks, it may ask at another port.
    let says_where = ["-p ", "-P ", "port", "://"].iter().any(|it| test.contains(it));
    let elsewhere = if says_where { None } else { settings(name, node, check) };
    let elsewhere = elsewhere.or_else(|| ports(name, node, &test));
    elsewhere.or_else(|| unset(name, node, check)).map_or(Ok(Health::Own), Err)
}

/// Why a new check of a server may ask in vain.
fn in_vain(name: &str, node: &Node, check: &Check) -> Option<Refusal> {
    let keys = ["entrypoint", "profiles", "scale", "network_mode", "extends", "deploy"];
    let has = |key: &&&str| {
        node.get(key).is_some_and(|it| **key != "deploy" || it.get("replicas").is_some())
    };
    if let Some(key) = keys.iter().find(has) {
        return Some(vain(format!("{name} has `{key}`")));
    }
    let command = line(node, "command");
    let word = check.not_with.iter().find(|it| !command.is_empty() && command.contains(**it));
    if let Some(word) = word {
        let word = if word.is_empty() { &command } else { *word };
        return Some(vain(format!("the command of {name} has `{}`", word.trim())));
    }
    settings(name, node, check)
}

/// Why a server may not be where a check asks: its settings are not read.
fn settings(name: &str, node: &Node, check: &Check) -> Option<Refusal> {
    let volumes = node.get("volumes").map(|it| it.items()).unwrap_or_default();
    let started = [line(node, "entrypoint"), line(node, "command")].join(" ");
    let is_settings = |it: &str| {
        let folders = check.settings.iter().any(|folder| it.starts_with(folder));
        let is_read = !check.is_told || started.contains(it) || started.contains(".conf");
        is_read && (folders || it.ends_with(".conf") || it.ends_with(".cnf"))
    };
    let mounted = volumes.iter().find_map(|it| {
        let target = it.text("target").or_else(|| it.as_str()?.split(':').nth(1))?;
        is_settings(target).then_some(target)
    })?;
    Some(vain(format!("{name} has settings of its own in {mounted}")))
}

/// Why a server may never start: nothing sets the variables without which an empty database is not set up.
fn unset(name: &str, node: &Node, check: &Check) -> Option<Refusal> {
    let is_asked = |it: &str| check.requires.contains(&it.strip_suffix("_FILE").unwrap_or(it));
    let environment = node.get("environment");
    let mapped = environment.map(|it| it.entries()).unwrap_or_default();
    let listed = environment.map(|it| it.items()).unwrap_or_default().iter();
    let listed = listed.filter_map(|it| it.as_str()?.split('=').next());
    let is_set = mapped.iter().map(|it| &*it.key).chain(listed).any(is_asked);
    if check.requires.is_empty() || is_set || node.get("env_file").is_some() {
        return None;
    }
    let reason = format!(
        "{name} is given none of {}, and without one an empty database is not set up, so that what waits for it would \
         never start",
        check.requires.join(", ")
    );
    Some(Refusal::new("unknown-health", reason))
}

/// Why a server may not be where its own check asks: it is told another port.
fn ports(name: &str, node: &Node, test: &str) -> Option<Refusal> {
    let command = line(node, "command");
    let says = |it: &str| it.contains("port") || it.split(' ').any(|it| it == "-p");
    let is_told = says(&command) && !says(test);
    is_told
        .then(|| vain(format!("the command of {name} names a port, and its health check does not")))
}

fn vain(what: String) -> Refusal {
    Refusal::new("unknown-health", format!("{what}, so that a check of its server may ask in vain"))
}

/// The command or test under a key, as one line; empty if there is none.
fn line(node: &Node, key: &str) -> String {
    node.get(key).and_then(|it| Given::read(it)).map(|it| it.text()).unwrap_or_default()
}
