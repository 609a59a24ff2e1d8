//! Whether a service can be asked if its server answers.

use crate::{
    ecosystems::images::{Check, health_check},
    text::Refusal,
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
    if let Some(own) = node.get("healthcheck") {
        let test = own.get("test");
        let words = test.map(|it| words(it)).unwrap_or_default();
        if own.text("disable") == Some("true") || words == "NONE" || test.is_none() {
            return Ok(Health::None);
        }
        let asks = |it: &&str| crate::text::has_name(&words, it);
        return match check {
            Some(it) if it.programs.iter().any(asks) => Ok(Health::Own),
            _ => {
                let reason = format!(
                    "whether the image of {name} has what its own health check calls is not known"
                );
                Err(Refusal::new("unknown-health", reason))
            }
        };
    }
    let Some(check) = check else { return Ok(Health::None) };
    let unknown = |what: String| Err(Refusal::new("unknown-health", what));
    for key in ["entrypoint", "profiles", "scale", "network_mode", "extends", "deploy"] {
        if node.get(key).is_some_and(|it| key != "deploy" || it.get("replicas").is_some()) {
            return unknown(format!(
                "{name} has `{key}`, so that a check of its server may ask in vain"
            ));
        }
    }
    let command = node.get("command").map(|it| words(it)).unwrap_or_default();
    if let Some(word) =
        check.not_with.iter().find(|it| command.contains(**it) && !command.is_empty())
    {
        let word = if word.is_empty() { &command } else { *word };
        return unknown(format!(
            "the command of {name} has `{}`, so that a check of its server may ask in vain",
            word.trim()
        ));
    }
    let volumes = node.get("volumes").map(|it| it.items()).unwrap_or_default();
    let mounted = volumes.iter().find_map(|it| {
        let target = it.text("target").or_else(|| it.as_str()?.split(':').nth(1))?;
        check.settings.iter().any(|it| target.starts_with(it)).then(|| target.to_owned())
    });
    if let Some(target) = mounted {
        return unknown(format!(
            "{name} has settings of its own in {target}, so that a check of its server may ask in vain"
        ));
    }
    Ok(Health::New(check))
}

/// A command or test, as one line.
fn words(node: &Node) -> String {
    let items: Vec<&str> = node.items().iter().filter_map(|it| it.as_str()).collect();
    node.as_str().map_or_else(|| items.join(" "), str::to_owned)
}
