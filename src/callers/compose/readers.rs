//! Who reads the compose files of a project, besides Compose as it is today.

use crate::{
    callers::{COMPOSE_READERS, STACK},
    ecosystems::system,
    project::{File, Project},
    text::{Place, Refusal, line_start},
    yaml::{Entry, Node},
};

/// What the texts of a project say of the programs that read its compose files.
#[derive(Clone, Debug, Default)]
pub struct ComposeReaders {
    /// Where stacks are deployed to a swarm.
    stacks: Vec<Stack>,
    /// Where a release of the first Compose is asked for: the oldest of each file.
    old: Option<Release>,
    /// Where another program reads them, and its name.
    other: Option<(Place, &'static str)>,
    /// Where Compose has the name of its first version.
    old_name: Option<Place>,
}

/// A mention of stacks of a swarm.
#[derive(Clone, Debug)]
struct Stack {
    place: Place,
    /// True if it deploys one.
    deploys: bool,
    /// The names of the compose files that it deploys, without their folders; none if they are not known.
    files: Vec<String>,
}

/// A release of Compose 1 that is asked for.
#[derive(Clone, Debug)]
struct Release {
    place: Place,
    version: String,
    minor: u32,
    /// True if a distribution's package is installed, which may be this release.
    is_package: bool,
}

/// What a change needs of Compose: releases of its first version with a smaller number do not have it.
#[derive(Clone, Copy, Debug)]
pub struct Needs(u32);

impl Needs {
    /// Files after the Compose Specification, as 1.27.0 was the first to read them:
    /// <https://github.com/docker/compose/releases/tag/1.27.0>.
    pub const SPECIFICATION: Self = Self(27);
    /// Compose 2, which is everything that is maintained.
    pub const SECOND: Self = Self(u32::MAX);
}

/// The package of a distribution that is Compose 1.
const PACKAGE: &str = "docker-compose";
/// The release that it may be in distributions that are maintained.
const LAST: (&str, u32) = ("1.29", 29);
/// The release that it may be in those before, as packages.debian.org, packages.ubuntu.com and pkgs.alpinelinux.org say:
/// Debian 11, Ubuntu 20.04, Alpine 3.12.
const BEFORE: (&str, u32) = ("1.25", 25);
/// How the names of images and runners of these begin, or what is a part of them. Docker's image `stable` stayed at 19.03:
/// <https://hub.docker.com/_/docker>.
const OF_BEFORE: &[&str] = &[
    "bionic",
    "bullseye",
    "buster",
    "debian:10",
    "debian:11",
    "debian:8",
    "debian:9",
    "docker:1.",
    "docker:17",
    "docker:18",
    "docker:19",
    "docker:stable",
    "focal",
    "jessie",
    "stretch",
    "trusty",
    "ubuntu-16",
    "ubuntu-18",
    "ubuntu-20",
    "ubuntu:14",
    "ubuntu:16",
    "ubuntu:18",
    "ubuntu:20",
    "xenial",
];
/// What comes before the version of a release where one is asked for.
const RELEASES: &[&str] = &[
    "docker-compose==",
    "docker-compose~=",
    "docker-compose<",
    "docker/compose:",
    "compose/releases/download/",
    "COMPOSE_VERSION",
];
/// What `deploy` says to a swarm, and Compose ignores: docs.docker.com, "Compose Deploy Specification". It starts as many
/// containers as `replicas` says, also where `mode` is `replicated`, the default.
const OF_SWARMS: &[&str] = &["placement", "update_config", "rollback_config", "endpoint_mode"];
/// The modes that only a swarm has.
const MODES: &[&str] = &["global", "global-job", "replicated-job"];

impl ComposeReaders {
    /// What the files of a project say, of several the first.
    pub fn of(project: &Project) -> &Self {
        project.whole().get(|| {
            let mut all = Self::default();
            for said in project.files().map(|it| Self::in_file(it)) {
                all.stacks.extend(said.stacks.iter().cloned());
                let is_older =
                    |it: &Release| all.old.as_ref().is_none_or(|old| it.minor < old.minor);
                if let Some(release) = said.old.as_ref().filter(|it| is_older(it)) {
                    all.old = Some(release.clone());
                }
                all.other = all.other.or_else(|| said.other.clone());
                all.old_name = all.old_name.or_else(|| said.old_name.clone());
            }
            // What only names stacks says less than what deploys one.
            if all.stacks.iter().any(|it| it.deploys) {
                all.stacks.retain(|it| it.deploys);
            }
            all
        })
    }

    /// What a file says; looked for once.
    fn in_file(file: &File) -> &Self {
        file.memo.get(|| {
            let stacks = stacks(file);
            if !file.text.contains("compose") {
                return Self { stacks, ..Self::default() };
            }
            let other = COMPOSE_READERS.iter().find_map(|it| Some((at(file, it)?, *it)));
            Self { stacks, old: oldest(file), other, old_name: old_name(file) }
        })
    }

    /// Where `docker-compose` is called, which may be an old one.
    pub fn old_name(&self) -> Option<&Place> {
        self.old_name.as_ref()
    }

    /// Why a file cannot use what a change needs: something reads it that does not have that.
    pub fn objection(&self, file: &File, root: &Node, needs: Needs) -> Option<Refusal> {
        let swarm = || Some(file.place(&for_a_swarm(root)?.span));
        let name = file.path.file_name();
        let is_deployed = |it: &&Stack| it.files.is_empty() || it.files.iter().any(|it| it == name);
        let stack = self.stacks.iter().find(is_deployed).map(|it| it.place.clone());
        if let Some(place) = stack.or_else(swarm) {
            return Some(Refusal::new(
                "swarm",
                format!("{place} is for a swarm, which reads these files after an older form"),
            ));
        }
        if let Some(Release { place, version, is_package, .. }) =
            self.old.as_ref().filter(|it| it.minor < needs.0)
        {
            let than = match needs.0 {
                u32::MAX => "Compose 2",
                _ => "the Compose Specification",
            };
            let said = match is_package {
                true => "installs a distribution's package, which may be",
                false => "asks for",
            };
            let reason = format!("{place} {said} Compose {version}: that is older than {than}");
            return Some(Refusal::new("old-compose", reason));
        }
        let (place, name) = self.other.as_ref()?;
        Some(Refusal::new(
            "other-tool",
            format!("{place} names {name}, which reads these files in its own way"),
        ))
    }
}

/// The entry of a compose file that only a swarm understands.
fn for_a_swarm(root: &Node) -> Option<&Entry> {
    let entries = |key: &str| root.get(key).map(|it| it.entries()).unwrap_or_default();
    let deploys = entries("services").iter().filter_map(|it| it.value.get("deploy"));
    let own = deploys.flat_map(|it| it.entries()).find(|it| {
        let is_mode = it.key == "mode" && it.value.as_str().is_some_and(|it| MODES.contains(&it));
        is_mode || OF_SWARMS.contains(&it.key.as_str())
    });
    // docs.docker.com: "Networks top-level element", `driver`; "Configs" and "Secrets" that are `external` are a swarm's.
    let is_overlay = |it: &&Entry| it.value.text("driver") == Some("overlay");
    let overlay = || entries("networks").iter().find(is_overlay);
    let is_external = |it: &&Entry| it.value.text("external") == Some("true");
    let kept = || entries("configs").iter().chain(entries("secrets")).find(is_external);
    own.or_else(overlay).or_else(kept)
}

/// Where a file speaks of stacks: docs.docker.com, "docker stack deploy", with `-c` and `--compose-file`.
fn stacks(file: &File) -> Vec<Stack> {
    let found = file.text.match_indices(STACK).map(|(start, _)| {
        let rest = &file.text[start + STACK.len()..];
        let words = command_line(rest).flat_map(str::split_whitespace);
        let mut words = words.map(|it| it.trim_matches(['"', '\'', '`']));
        let deploys = words.next() == Some("deploy");
        let mut files = Vec::new();
        while let Some(word) = words.next().filter(|_| deploys) {
            let value = match word.split_once('=') {
                Some(("-c" | "--compose-file", value)) => value,
                None if ["-c", "--compose-file"].contains(&word) => {
                    words.next().unwrap_or_default()
                }
                _ => continue,
            };
            let all = value.split(',').map(|it| it.rsplit('/').next().unwrap_or(it).to_owned());
            files.extend(all);
        }
        if files.iter().any(|it| it.is_empty() || it.contains(['$', '{', '<'])) {
            files.clear();
        }
        Stack { place: file.place(&(start..start + STACK.len())), deploys, files }
    });
    found.collect()
}

/// The oldest release of Compose 1 that a file asks for.
fn oldest(file: &File) -> Option<Release> {
    let text = &*file.text;
    let version_at = |at: usize| {
        let rest = text[at..].trim_start_matches([':', '=', ' ', '"', '\'', 'v', '-']);
        rest.split(|it: char| !it.is_ascii_digit() && it != '.').next().unwrap_or_default()
    };
    let release = |start: usize, version: &str| {
        let minor = version.strip_prefix("1.").and_then(|it| it.split('.').next())?;
        let (place, version) = (file.place(&(start..start)), version.to_owned());
        Some(Release { place, version, minor: minor.parse().ok()?, is_package: false })
    };
    let named = RELEASES.iter().flat_map(|name| {
        let found = text.match_indices(name);
        found.filter_map(|(start, _)| release(start, version_at(start + name.len())))
    });
    let packages = text.match_indices(PACKAGE).map(|it| it.0).filter(|start| {
        let goes_on = ['-', '=', '.', '/', '_'];
        let before = text[line_start(text, *start)..*start].trim_end_matches('\'');
        before.ends_with(' ')
            && !text[start + PACKAGE.len()..].starts_with(goes_on)
            && system::installer(before).is_some()
    });
    let (version, minor) = if is_before(text) { BEFORE } else { LAST };
    let packaged = packages.map(|start| {
        let (place, version) = (file.place(&(start..start)), version.to_owned());
        Release { place, version, minor, is_package: true }
    });
    named.chain(packaged).min_by_key(|it| it.minor)
}

/// Whether a text names an image or a runner of a distribution whose package is that of [`BEFORE`].
fn is_before(text: &str) -> bool {
    let alpine = text.match_indices("alpine").any(|(at, name)| {
        let version = text[at + name.len()..].trim_start_matches(':').strip_prefix("3.");
        let digits = version.and_then(|it| it.split(|it: char| !it.is_ascii_digit()).next());
        digits.and_then(|it| it.parse().ok()).is_some_and(|it: u32| it <= 12)
    });
    alpine || OF_BEFORE.iter().any(|it| text.contains(it))
}

/// The first line of a text, and those that it goes on in after a backslash.
fn command_line(text: &str) -> impl Iterator<Item = &str> {
    text.split_inclusive('\n').scan(true, |goes_on, it| {
        let part = goes_on.then_some(it);
        *goes_on = it.ends_with("\\\n");
        part.map(|it| it.strip_suffix("\\\n").unwrap_or(it))
    })
}

/// The verbs of Compose 1: <https://github.com/docker/compose/blob/1.29.2/compose/cli/main.py>.
const VERBS: &[&str] = &[
    "build", "config", "create", "down", "events", "exec", "help", "images", "kill", "logs",
    "pause", "port", "ps", "pull", "push", "restart", "rm", "run", "scale", "start", "stop", "top",
    "unpause", "up", "version",
];
/// The options before the verb that take a value.
const VALUED: &[&str] = &[
    "--ansi",
    "--context",
    "--env-file",
    "--file",
    "--host",
    "--log-level",
    "--profile",
    "--project-directory",
    "--project-name",
    "--tlscacert",
    "--tlscert",
    "--tlskey",
    "-H",
    "-c",
    "-f",
    "-p",
];

/// Where a file calls Compose by the name of its first version, with a verb, or gives the name to a variable. Where the
/// name is followed by something else, a sentence tells of it.
fn old_name(file: &File) -> Option<Place> {
    let (text, name) = (&*file.text, "docker-compose");
    let is_command = |it: &usize| {
        let (before, after) = (&text[..*it], &text[it + name.len()..]);
        !before.ends_with(|it: char| it.is_alphanumeric() || "-_./".contains(it))
            && after.starts_with([' ', '\t', '"', '\'', '`'])
            && (before.trim_end_matches(['"', '\'', ' ']).ends_with('=') || has_verb(after))
    };
    let start = text.match_indices(name).map(|it| it.0).find(is_command)?;
    Some(file.place(&(start..start)))
}

/// Whether what follows the name of Compose is a verb of its, after options.
fn has_verb(after: &str) -> bool {
    // The words of a list are quoted.
    let is_between = |it: char| it.is_whitespace() || "\"'`,[]".contains(it);
    let words = command_line(after).flat_map(|it| it.split(is_between));
    let mut words = words.filter(|it| !it.is_empty());
    while let Some(word) = words.next() {
        if VALUED.contains(&word) {
            words.next();
        } else if !word.starts_with(['-', '$']) {
            return VERBS.contains(&word);
        }
    }
    false
}

/// The place of the first mention of a name.
fn at(file: &File, name: &str) -> Option<Place> {
    let start = file.text.find(name)?;
    Some(file.place(&(start..start + name.len())))
}

#[cfg(test)]
mod tests {
    use super::old_name;
    use crate::{project::File, text::RepoPath};

    #[test]
    fn only_calls_have_a_verb() {
        let is_call = |text: &str| {
            let path = RepoPath::new("Makefile").unwrap();
            old_name(&File::new(path, text.to_owned())).is_some()
        };
        let calls = [
            "docker-compose up -d",
            "docker-compose -f a.yml --project-name x exec web sh",
            "docker-compose $(FILES) \\\n  build",
            "['docker-compose', 'up']",
            "DC = 'docker-compose'\nDC=\"docker-compose\"",
            "Start it with `docker-compose up`.",
        ];
        let prose = [
            "mounted via docker-compose volumes",
            "use `docker compose` and not `docker-compose` (v2)",
            "# the docker-compose network\n",
            "docker-compose -f",
        ];
        assert_eq!(calls.into_iter().find(|it| !is_call(it)), None);
        assert_eq!(prose.into_iter().find(|it| is_call(it)), None);
    }
}
