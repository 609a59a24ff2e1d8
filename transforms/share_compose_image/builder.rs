//! The service that goes on building.

use std::collections::HashSet;

use super::groups::{Group, Member};
use crate::{callers::ComposeFile, text::Refusal, yaml::Entry};

/// The service that builds, and those that have to come to depend on it.
pub(super) struct Choice<'c> {
    /// The one that builds.
    pub(super) builder: Member<'c>,
    /// Those of the others that can be started without it today.
    pub(super) joins: Vec<&'c str>,
}

/// What names of services say that do something once, before the others can start.
const FIRST: &[&str] = &["init", "migrat", "prepare", "setup"];

/// Chooses the service that builds: the one that most of the others depend on, so that whoever starts them brings it
/// along; of several one that is made to come first, or the first.
///
/// # Errors
/// Why none can.
pub(super) fn choose<'c>(
    compose: &'c ComposeFile<'_>,
    group: &Group<'c>,
) -> Result<Choice<'c>, Refusal> {
    let needs: Vec<HashSet<&str>> =
        group.members.iter().map(|it| reached(compose, it.service)).collect();
    let mut best: Option<(usize, bool, Choice<'c>)> = None;
    for builder in &group.members {
        let name = builder.service.key.as_str();
        let joins = group.members.iter().zip(&needs);
        let joins = joins.filter(|it| it.0.service.key != name && !it.1.contains(name));
        let joins: Vec<Member<'c>> = joins.map(|it| *it.0).collect();
        if !can_build(group, builder) || is_circle(compose, builder, &joins) {
            continue;
        }
        let is_first = FIRST.iter().any(|it| name.contains(it));
        let is_better = best.as_ref().is_none_or(|(count, first, _)| {
            joins.len() < *count || joins.len() == *count && is_first && !first
        });
        if is_better {
            let joins = joins.iter().map(|it| it.service.key.as_str()).collect::<Vec<_>>();
            best = Some((joins.len(), is_first, Choice { builder: *builder, joins }));
        }
    }
    let (.., choice) = best.ok_or_else(|| {
        let reason = "none of them is there whenever another one is: they have profiles, are scaled, or depend on \
                      the one that names the image";
        Refusal::new("no-builder", reason)
    })?;
    let joining = group.members.iter().filter(|it| choice.joins.contains(&it.service.key.as_str()));
    let mut optional = joining.filter(|it| it.service.value.get("profiles").is_some());
    if let Some(optional) = optional.next() {
        let (name, builder) = (&optional.service.key, &choice.builder.service.key);
        let reason =
            format!("{name} has profiles and does not depend on {builder}, which it would start");
        return Err(Refusal::new("no-builder", reason));
    }
    Ok(choice)
}

/// Whether a service is there whenever one of its group is.
fn can_build(group: &Group<'_>, member: &Member<'_>) -> bool {
    let value = &member.service.value;
    let profiles = |it: &Entry| -> Vec<String> {
        let all = it.value.get("profiles").map(|it| it.items()).unwrap_or_default();
        all.iter().filter_map(|it| it.as_str()).map(str::to_owned).collect()
    };
    let own = profiles(member.service);
    let replicas = value.get("deploy").and_then(|it| it.text("replicas"));
    let is_there = own.is_empty() && value.get("profiles").is_none()
        || group.members.iter().all(|it| profiles(it.service) == own);
    is_there
        && value.text("scale") != Some("0")
        && replicas != Some("0")
        && (group.image.is_none() || member.image().is_some())
        && member.service.key.chars().all(|it| !it.is_uppercase())
}

/// Whether new dependencies on a service would lead back to themselves.
fn is_circle(compose: &ComposeFile<'_>, builder: &Member<'_>, joins: &[Member<'_>]) -> bool {
    let needs = reached(compose, builder.service);
    joins.iter().any(|it| needs.contains(it.service.key.as_str()))
}

/// The services that are started before one, directly or through others.
fn reached<'c>(compose: &'c ComposeFile<'_>, service: &'c Entry) -> HashSet<&'c str> {
    let mut found: HashSet<&str> = HashSet::new();
    let mut open = vec![service];
    while let Some(service) = open.pop() {
        for name in started_before(service) {
            let Some(next) = compose.service(name) else { continue };
            if found.insert(&next.key) {
                open.push(next);
            }
        }
    }
    found
}

/// The services that one names as started before it.
fn started_before(service: &Entry) -> Vec<&str> {
    let value = &service.value;
    let mut names = Vec::new();
    if let Some(depends) = value.get("depends_on") {
        names.extend(depends.items().iter().filter_map(|it| it.as_str()));
        let required = |it: &&Entry| it.value.text("required") != Some("false");
        names.extend(depends.entries().iter().filter(required).map(|it| it.key.as_str()));
    }
    for key in ["links", "volumes_from"] {
        let listed = value.get(key).map(|it| it.items()).unwrap_or_default();
        let listed = listed.iter().filter_map(|it| it.as_str()?.split(':').next());
        names.extend(listed.filter(|it| *it != "container"));
    }
    for key in ["network_mode", "ipc", "pid"] {
        names.extend(value.text(key).and_then(|it| it.strip_prefix("service:")));
    }
    names
}
