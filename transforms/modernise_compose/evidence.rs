//! Who reads the compose files of a project, besides Compose as it is today.

use std::sync::OnceLock;

use crate::{
    callers::{COMPOSE_READERS, STACK},
    project::{File, Project},
    text::{Place, Refusal},
    yaml::Node,
};

/// What the texts of a project say of the programs that read its compose files.
#[derive(Clone, Debug, Default)]
pub(super) struct Evidence {
    /// Where a stack is deployed to a swarm.
    swarm: Option<Place>,
    /// Where a Compose is asked for that is older than the specification, and what is said there.
    old: Option<(Place, String)>,
    /// Where another program reads them, and its name.
    other: Option<(Place, &'static str)>,
    /// Where Compose has the name of its first version.
    old_name: Option<Place>,
}

/// What is known of a project, once that was asked for.
struct Known(OnceLock<Evidence>);

/// The first release that reads files after the Compose Specification: 1.27.0
/// (<https://github.com/docker/compose/releases/tag/1.27.0>).
const FIRST: u32 = 27;
/// What comes before the version of a release where one is asked for.
const RELEASES: &[&str] =
    &["docker-compose==", "docker/compose:", "compose/releases/download/", "COMPOSE_VERSION"];
/// What a swarm has, and one machine has not.
const OF_SWARMS: &[&str] =
    &["placement", "update_config", "rollback_config", "endpoint_mode", "mode"];

impl Evidence {
    /// What the files of a project say; looked for once.
    pub(super) fn of(project: &Project) -> &Self {
        let Known(known) = project.whole().get(|| Known(OnceLock::new()));
        known.get_or_init(|| {
            let mut evidence = Self::default();
            project
                .files()
                .filter(|it| it.text.contains("compose"))
                .for_each(|it| evidence.read(it));
            let stacks = project.files().filter(|it| it.text.contains(STACK));
            for file in stacks {
                evidence.swarm = evidence.swarm.take().or_else(|| at(file, STACK));
            }
            evidence
        })
    }

    fn read(&mut self, file: &File) {
        let text = &*file.text;
        for release in RELEASES {
            for (start, _) in text.match_indices(release) {
                let rest = &text[start + release.len()..];
                let version = rest.trim_start_matches([':', '=', ' ', '"', '\'', 'v', '-']);
                let version = version.split(|it: char| !it.is_ascii_digit() && it != '.').next();
                let version = version.unwrap_or_default();
                let minor = version
                    .strip_prefix("1.")
                    .and_then(|it| it.split('.').next()?.parse::<u32>().ok());
                if minor.is_some_and(|it| it < FIRST) && self.old.is_none() {
                    self.old = Some((file.place(&(start..start)), version.to_owned()));
                }
            }
        }
        for other in COMPOSE_READERS {
            let found = || Some((at(file, other)?, *other));
            self.other = self.other.take().or_else(found);
        }
        if self.old_name.is_none() {
            let name = "docker-compose";
            let is_command = |it: &usize| {
                let (before, after) = (&text[..*it], &text[it + name.len()..]);
                !before.ends_with(|it: char| it.is_alphanumeric() || "-_./".contains(it))
                    && after.starts_with([' ', '\t', '"', '\'', '`'])
            };
            let start = text.match_indices(name).map(|it| it.0).find(is_command);
            self.old_name = start.map(|it| file.place(&(it..it)));
        }
    }

    /// Where `docker-compose` is called, which may be an old one.
    pub(super) fn old_name(&self) -> Option<&Place> {
        self.old_name.as_ref()
    }

    /// Why a file cannot be what the Compose Specification says: something reads it that does not know that.
    pub(super) fn of_readers(&self, file: &File, root: &Node) -> Option<Refusal> {
        let swarm = || {
            let services = root.get("services")?.entries().iter();
            let mut deploys = services.filter_map(|it| it.value.get("deploy"));
            let own = deploys
                .find_map(|it| it.entries().iter().find(|it| OF_SWARMS.contains(&it.key.as_str())));
            Some(file.place(&own?.span))
        };
        if let Some(place) = self.swarm.clone().or_else(swarm) {
            return Some(Refusal::new(
                "swarm",
                format!("{place} is for a swarm, which reads these files after an older form"),
            ));
        }
        if let Some((place, version)) = &self.old {
            let reason = format!(
                "{place} asks for Compose {version}, which is older than the Compose Specification"
            );
            return Some(Refusal::new("old-compose", reason));
        }
        let (place, name) = self.other.as_ref()?;
        Some(Refusal::new(
            "other-tool",
            format!("{place} names {name}, which reads these files in its own way"),
        ))
    }
}

/// The place of the first mention of a name.
fn at(file: &File, name: &str) -> Option<Place> {
    let start = file.text.find(name)?;
    Some(file.place(&(start..start + name.len())))
}
