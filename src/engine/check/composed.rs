//! What a step does to a compose file: nothing that its changes do not say, as a reader of YAML sees it that had no part
//! in the edits.

use std::collections::BTreeMap;

use crate::{
    project::{
        File,
        change::{Alteration, Change, Composed},
    },
    yaml::{Plain, second},
};

/// What is wrong with a compose file after a step: a clause that follows "its change".
pub(super) fn objection(before: &File, after: &File, changes: &[&Change]) -> Option<String> {
    let declared = changes.iter().flat_map(|it| &it.alters).filter_map(|it| match it {
        Alteration::Composed(it) => Some(it),
        _ => None,
    });
    let declared: Vec<&Composed> = declared.collect();
    if declared.is_empty() {
        return None;
    }
    let read = |file: &File| {
        let documents = second::read(&file.text).ok()?;
        let root = documents.first().filter(|_| documents.len() == 1)?;
        let mut left = Plain::MOST;
        Plain::of(root, &mut left)
    };
    let (Some(mut expected), Some(mut found)) = (read(before), read(after)) else {
        return Some("leaves what a second parser does not read".to_owned());
    };
    let waited: Vec<&str> = declared
        .iter()
        .filter_map(|it| match it {
            Composed::Waits { on, .. } => Some(on.as_str()),
            _ => None,
        })
        .collect();
    let unchecked = waited.into_iter().find(|on| {
        let service = found.get("services").and_then(|it| it.get(on));
        service.and_then(|it| it.get("healthcheck")).is_none()
    });
    if let Some(on) = unchecked {
        return Some(format!("waits for {on}, which has no health check"));
    }
    for it in &declared {
        if expect(it, &mut expected, &mut found).is_none() {
            return Some(format!("does not do what it says ({it:?})"));
        }
    }
    if declared.iter().any(|it| matches!(it, Composed::Shares { .. })) {
        without_moved(&mut expected);
        without_moved(&mut found);
    }
    (expected != found).then(|| "alters more than it says".to_owned())
}

/// Takes what says which image it is out of the blocks that services are put together from. Compose itself does not read
/// them, and what they bring to a service is compared there.
fn without_moved(root: &mut Plain) {
    for (key, block) in root.map().into_iter().flatten() {
        if let Some(block) = block.map().filter(|_| key.starts_with("x-")) {
            block.retain(|key, _| !["build", "image", "pull_policy"].contains(&key.as_str()));
        }
    }
}

/// Makes what is expected what a change says, and takes out of both what is new; `None` if it is not there.
fn expect(declared: &Composed, expected: &mut Plain, found: &mut Plain) -> Option<()> {
    match declared {
        Composed::NoVersion => {
            let gone = expected.map()?.remove("version");
            gone.filter(|it| matches!(it, Plain::Text(_))).map(|_| ())
        }
        Composed::Checked { service, check } => {
            let found = found.get("services")?.get(service)?.map()?.remove("healthcheck")?;
            let texts = check.iter().map(|(key, value)| (key.clone(), Plain::Text(value.clone())));
            let is_said = found == Plain::Map(texts.collect());
            let is_live = check.contains_key("test") && !check.contains_key("disable");
            let had = expected.get("services")?.get(service)?.map()?.contains_key("healthcheck");
            (is_said && is_live && !had).then_some(())
        }
        Composed::Waits { service, on } => {
            let depends = expected.get("services")?.get(service)?.get("depends_on")?;
            if let Plain::List(names) = depends {
                let started = |it: &Plain| match it {
                    Plain::Text(name) => Some((name.clone(), condition("service_started"))),
                    _ => None,
                };
                *depends = Plain::Map(names.iter().map(started).collect::<Option<_>>()?);
            }
            *depends.get(on)? = condition("service_healthy");
            Some(())
        }
        Composed::Starts { service, on } => {
            let service = expected.get("services")?.get(service)?.map()?;
            let new = Plain::Text(on.clone());
            match service.entry("depends_on".to_owned()).or_insert(Plain::List(Vec::new())) {
                Plain::List(names) if !names.contains(&new) => names.push(new),
                Plain::Map(names) if !names.contains_key(on) => {
                    names.insert(on.clone(), condition("service_started"));
                }
                _ => return None,
            }
            Some(())
        }
        Composed::Shares { service, builder } => {
            let build = build(expected, builder)?;
            let is_same = build == self::build(expected, service)?
                && build == self::build(found, builder)?
                && self::build(found, service).is_none()
                && found.get("services")?.get(service)?.get("extends").is_none();
            is_same.then_some(())?;
            let own = image(found, builder);
            let image = own.clone().unwrap_or(format!("${{COMPOSE_PROJECT_NAME}}-{builder}"));
            (self::image(found, service)? == image).then_some(())?;
            expected.get("services")?.get(service)?.map()?.remove("build");
            take_image(expected, found, service)?;
            if own.is_some() && self::image(expected, builder).is_none() {
                (image == format!("${{COMPOSE_PROJECT_NAME}}-{builder}")).then_some(())?;
                take_image(expected, found, builder)?;
            }
            Some(())
        }
    }
}

/// Puts the image of a service into what is expected of it, and that it is not pulled where no registry has it.
fn take_image(expected: &mut Plain, found: &mut Plain, service: &str) -> Option<()> {
    let expected = expected.get("services")?.get(service)?.map()?;
    let image = found.get("services")?.get(service)?.get("image")?.clone();
    if !image.text()?.contains('/') {
        expected.insert("pull_policy".to_owned(), Plain::Text("never".to_owned()));
    }
    expected.insert("image".to_owned(), image);
    Some(())
}

fn image(root: &mut Plain, service: &str) -> Option<String> {
    let image = root.get("services")?.get(service)?.get("image")?;
    image.text().map(str::to_owned)
}

/// What a service builds, in its long form.
fn build(root: &mut Plain, service: &str) -> Option<Plain> {
    let mut build = root.get("services")?.get(service)?.get("build")?.clone();
    if build.text().is_some() {
        build = Plain::Map([("context".to_owned(), build)].into());
    }
    let parts: &mut BTreeMap<String, Plain> = build.map()?;
    parts.entry("context".to_owned()).or_insert_with(|| Plain::Text(String::new()));
    let is_inline = parts.contains_key("dockerfile_inline");
    let file = Plain::Text("Dockerfile".to_owned());
    if !is_inline {
        parts.entry("dockerfile".to_owned()).or_insert(file);
    }
    for key in ["context", "dockerfile"] {
        if let Some(Plain::Text(path)) = parts.get_mut(key) {
            let short = path.trim_start_matches("./").trim_end_matches('/');
            *path = if short == "." { String::new() } else { short.to_owned() };
        }
    }
    if let Some(Plain::List(listed)) = parts.get("args") {
        let pair = |it: &Plain| {
            let (name, value) = it.text()?.split_once('=')?;
            Some((name.to_owned(), Plain::Text(value.to_owned())))
        };
        if let Some(args) = listed.iter().map(pair).collect() {
            parts.insert("args".to_owned(), Plain::Map(args));
        }
    }
    Some(build)
}

fn condition(state: &str) -> Plain {
    Plain::Map([("condition".to_owned(), Plain::Text(state.to_owned()))].into())
}
