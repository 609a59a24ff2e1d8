//! Services that wait until the servers that they depend on answer, instead of until their containers run.

use std::collections::BTreeMap;

use super::{
    decline,
    health::{self, Health},
};
use crate::{
    callers::{ComposeFile, ComposeReaders, Needs},
    ecosystems::images::Check,
    project::{
        Project,
        change::{Alteration, Change, Composed, FileChange, Outcome, Safety},
    },
    text::{Edit, Refusal, count::listed},
    yaml::{
        Entry,
        edits::{NewLine, plain_or_quoted},
    },
};

/// The settings of a new check. A failure in the first minute does not count, and a success ends that.
const SETTINGS: [(&str, &str); 4] =
    [("interval", "10s"), ("timeout", "10s"), ("retries", "5"), ("start_period", "60s")];
/// What makes a service of another file one that this file does not know.
const DECIDES: &[&str] = &["image", "build", "command", "entrypoint", "healthcheck"];

/// Services that other ones wait for, by name.
type Asked<'c> = BTreeMap<&'c str, (&'c Entry, Health)>;

/// Has the services of a file wait.
pub(super) fn look(
    project: &Project,
    compose: &ComposeFile<'_>,
    readers: &ComposeReaders,
    outcome: &mut Outcome,
) {
    let text = &compose.file.text;
    let mut asked: Asked<'_> = BTreeMap::new();
    let mut waiting: Vec<(&Entry, &Entry)> = Vec::new();
    for service in compose.services() {
        let Some(entry) = service.value.own("depends_on") else { continue };
        let mut waits = false;
        for on in entry.value.items().iter().filter_map(|it| compose.service(it.as_str()?)) {
            if !asked.contains_key(&*on.key) {
                let known = health::of(on).unwrap_or_else(|why| {
                    outcome.declines.push(decline(compose, &on.span, why));
                    Health::None
                });
                asked.insert(&on.key, (on, known));
            }
            waits |= asked.get(&*on.key).is_some_and(|it| !matches!(it.1, Health::None));
        }
        if waits {
            waiting.push((service, entry));
        }
    }
    let Some((_, first)) = waiting.first() else { return };
    asked.retain(|_, it| !matches!(it.1, Health::None));
    let why = readers.objection(compose.file, &compose.root, Needs::SPECIFICATION);
    let why = compose.editable().err().or(why);
    let why = why.or_else(|| elsewhere(project, compose, &asked, &waiting));
    if let Some(why) = why {
        return outcome.declines.push(decline(compose, &first.span, why));
    }
    let mut edits: Vec<Edit> = Vec::new();
    let mut alters = Vec::new();
    for (service, entry) in &waiting {
        let condition = |name: &str| {
            let state =
                if asked.contains_key(name) { "service_healthy" } else { "service_started" };
            format!("condition: {state}")
        };
        let is_here = service.is_block(text);
        let Some(own) = is_here.then(|| entry.with_named_items(text, condition)).flatten() else {
            let reason = format!(
                "the `depends_on` of {} is not a plain list that is written out there",
                service.key
            );
            let why = Refusal::new("unusual-yaml", reason);
            return outcome.declines.push(decline(compose, &entry.span, why));
        };
        edits.extend(own);
        let names = entry.value.items().iter().filter_map(|it| it.as_str());
        alters.extend(names.filter(|it| asked.contains_key(it)).map(|on| {
            Alteration::Composed(Composed::Waits {
                service: service.key.clone(),
                on: on.to_owned(),
            })
        }));
    }
    for (on, known) in asked.values() {
        let Health::New(check) = known else { continue };
        let image = on.value.own("image").filter(|_| on.is_block(text));
        let Some(edit) = image.and_then(|it| it.followed_by(text, &lines(check))) else {
            let reason =
                format!("{} is not written out in a way that takes a health check", on.key);
            let why = Refusal::new("unusual-yaml", reason);
            return outcome.declines.push(decline(compose, &on.span, why));
        };
        edits.push(edit);
        let settings = SETTINGS.into_iter().chain([("test", check.test)]);
        alters.push(Alteration::Composed(Composed::Checked {
            service: on.key.clone(),
            check: settings.map(|(key, value)| (key.to_owned(), value.to_owned())).collect(),
        }));
    }
    let names: Vec<&str> = asked.keys().copied().collect();
    let be = if names.len() == 1 { "is" } else { "are" };
    outcome.changes.push(Change {
        title: format!("Wait until {} {be} healthy", listed(&names)),
        reason: reason(&asked, &waiting),
        safety: Safety::Review,
        place: compose.place(&first.span),
        files: [(compose.file.path.clone(), FileChange::Edit(edits))].into(),
        alters,
    });
}

fn reason(asked: &Asked<'_>, waiting: &[(&Entry, &Entry)]) -> String {
    let services: Vec<&str> = waiting.iter().map(|it| &*it.0.key).collect();
    let start = if services.len() == 1 { "starts" } else { "start" };
    let mut reason = format!(
        "{} {start} as soon as the container runs, whether or not the server in it answers",
        listed(&services)
    );
    let mut programs: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (name, (_, known)) in asked {
        if let Health::New(check) = known {
            programs.entry(check.programs[0]).or_default().push(name);
        }
    }
    for (program, names) in programs {
        reason += &format!("; {program} of its image asks {}", listed(&names));
    }
    reason
}

/// The lines of a new check.
fn lines(check: &Check) -> Vec<NewLine> {
    let line = |deeper, text: String| NewLine { deeper, text };
    let mut all = vec![
        line(0, "healthcheck:".to_owned()),
        line(1, format!("test: {}", plain_or_quoted(check.test))),
    ];
    all.extend(SETTINGS.iter().map(|(key, value)| line(1, format!("{key}: {value}"))));
    all
}

/// Why it is not known what the services are: another file of the folder says something about them as well.
fn elsewhere(
    project: &Project,
    compose: &ComposeFile<'_>,
    asked: &Asked<'_>,
    waiting: &[(&Entry, &Entry)],
) -> Option<Refusal> {
    for (file, service) in compose.services_beside(project) {
        let decides = asked.contains_key(&*service.key)
            && DECIDES.iter().any(|it| service.value.get(it).is_some());
        let waits = waiting.iter().any(|it| it.0.key == service.key)
            && service.value.get("depends_on").is_some_and(|it| it.as_str().is_none());
        if decides || waits {
            let place = file.place(&service.span);
            let reason =
                format!("{place} has {} as well, and may be read with this file", service.key);
            return Some(Refusal::new("other-file", reason));
        }
    }
    None
}
