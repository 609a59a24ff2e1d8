//! Who reads the compose files of a project, besides Compose as it is today.

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
    /// What the files of a project say, of several the first.
    pub(super) fn of(project: &Project) -> &Self {
        project.whole().get(|| {
            let mut all = Self::default();
            for said in project.files().map(|it| Self::in_file(it)) {
                all.swarm = all.swarm.or_else(|| said.swarm.clone());
                all.old = all.old.or_else(|| said.old.clone());
                all.other = all.other.or_else(|| said.other.clone());
                all.old_name = all.old_name.or_else(|| said.old_name.clone());
            }
            all
        })
    }

    /// What a file says; looked for once.
    fn in_file(file: &File) -> &Self {
        file.memo.get(|| {
            let swarm = at(file, STACK);
            if !file.text.contains("compose") {
                return Self { swarm, ..Self::default() };
            }
            let other = COMPOSE_READERS.iter().find_map(|it| Some((at(file, it)?, *it)));
            Self { swarm, old: old(file), other, old_name: old_name(file) }
        })
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

/// Where a file asks for a Compose that is older than the specification, and for which.
fn old(file: &File) -> Option<(Place, String)> {
    let text = &*file.text;
    let version_at = |at: usize| {
        let rest = text[at..].trim_start_matches([':', '=', ' ', '"', '\'', 'v', '-']);
        rest.split(|it: char| !it.is_ascii_digit() && it != '.').next().unwrap_or_default()
    };
    let is_old = |version: &str| {
        let minor = version.strip_prefix("1.").and_then(|it| it.split('.').next());
        minor.and_then(|it| it.parse::<u32>().ok()).is_some_and(|it| it < FIRST)
    };
    RELEASES.iter().find_map(|release| {
        text.match_indices(release).find_map(|(start, _)| {
            let version = version_at(start + release.len());
            is_old(version).then(|| (file.place(&(start..start)), version.to_owned()))
        })
    })
}

/// Where a file calls Compose by the name of its first version.
fn old_name(file: &File) -> Option<Place> {
    let (text, name) = (&*file.text, "docker-compose");
    let is_command = |it: &usize| {
        let (before, after) = (&text[..*it], &text[it + name.len()..]);
        !before.ends_with(|it: char| it.is_alphanumeric() || "-_./".contains(it))
            && after.starts_with([' ', '\t', '"', '\'', '`'])
    };
    let start = text.match_indices(name).map(|it| it.0).find(is_command)?;
    Some(file.place(&(start..start)))
}

/// The place of the first mention of a name.
fn at(file: &File, name: &str) -> Option<Place> {
    let start = file.text.find(name)?;
    Some(file.place(&(start..start + name.len())))
}
