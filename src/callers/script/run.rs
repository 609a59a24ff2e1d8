//! `docker run`: how a script starts a container, read as a service of compose is.

use super::{DOCKERS, Run, program};
use crate::{
    callers::{
        Build, Caller, image_name,
        service::{Owner, Service, Volume},
        words::{ROOT, UNKNOWN, Word},
    },
    shell::is_shell,
    text::{Place, RepoPath},
};

/// The long options that take no value.
///
/// <https://docs.docker.com/reference/cli/docker/container/run/>, and those of Podman's that scripts use.
const SWITCHES: [&str; 17] = [
    "--detach",
    "--disable-content-trust",
    "--help",
    "--init",
    "--interactive",
    "--no-healthcheck",
    "--oom-kill-disable",
    "--privileged",
    "--publish-all",
    "--quiet",
    "--read-only",
    "--replace",
    "--rm",
    "--sig-proxy",
    "--tls-verify",
    "--tty",
    "--use-api-socket",
];

/// The letters of short options that take a value.
const VALUED: &str = "acehlmpuvw";

impl Run<'_> {
    /// Reads a command that starts a container, or gives an image another name.
    pub(super) fn try_run(&mut self, words: &[&Word], raw: &[&str], line: usize) {
        let expanded = |it: &[&Word]| -> Vec<String> {
            it.iter().map(|it| self.expand(&it.text).text()).collect()
        };
        if let ["docker" | "podman" | "nerdctl", "tag", _, _] = raw {
            let names = expanded(&words[2..]);
            let [old, new] = [&names[0], &names[1]].map(|it| image_name(it));
            let known = |it: &&mut Build| old.as_ref().is_some_and(|old| it.tags.contains(old));
            for build in self.into.builds.iter_mut().filter(known) {
                build.tags.extend(new.clone());
            }
            return;
        }
        let Some(at) = words_of(raw) else { return };
        let words = expanded(&words[at..]);
        let folder = self.script.path.parent().unwrap_or(RepoPath::root());
        // CI runs tests in containers that it waits for.
        let in_ci = matches!(self.script.caller, Caller::GitHubActions | Caller::GitLab);
        let place = Place::line(self.script.path, (self.line)(line));
        let found = service(&words, &folder, &place);
        let found = found.filter(|it| !in_ci || it.is_detached).map(|it| it.service);
        self.add_services(found);
    }

    /// Adds containers. A script that may start in several folders is read several times.
    pub(super) fn add_services(&mut self, found: impl IntoIterator<Item = Service>) {
        let known: Vec<usize> = self.into.services.iter().map(|it| it.line).collect();
        self.into.services.extend(found.into_iter().filter(|it| !known.contains(&it.line)));
    }
}

/// A container that a script starts.
struct Container {
    service: Service,
    /// True if the script does not wait for it.
    is_detached: bool,
}

/// The words after `run` of a command line, or `None` if it starts no container: `docker run`, `podman container run`.
fn words_of<'w>(words: &[&'w str]) -> Option<usize> {
    let name = program(words)?;
    if name != "podman" && !DOCKERS.contains(&name) {
        return None;
    }
    let skipped = |it: &&&'w str| it.starts_with('-') || **it == "container";
    let at = 1 + words[1..].iter().take_while(skipped).count();
    (*words.get(at)? == "run").then_some(at + 1)
}

/// What the words after `run` say about the container; `None` if they name no image. Paths of the project are
/// written as they are seen from the `folder` of the file.
///
/// What it runs instead of the image's command is left out: people and CI start shells and tests like that.
fn service(words: &[String], folder: &RepoPath, place: &Place) -> Option<Container> {
    let (name, line) = (place.to_string(), place.line);
    let mut service = Service { name, line, is_run: true, ..Service::default() };
    let mut is_detached = false;
    let mut words = words.iter().map(|it| plain(it, folder));
    while let Some(word) = words.next() {
        let Some(long) = word.strip_prefix("--") else {
            let Some(short) = word.strip_prefix('-').filter(|it| !it.is_empty()) else {
                // An option may have had a value that a variable hides.
                service.image = Some(word).filter(|it| !it.is_empty());
                let rest: Vec<String> = words.collect();
                let by_hand = rest.first().is_some_and(|it| is_shell(it)) && !is_detached;
                let is_known = service.image.is_some() && !by_hand;
                return is_known.then_some(Container { service, is_detached });
            };
            let at = short.find(|it| VALUED.contains(it));
            is_detached |= short[..at.unwrap_or(short.len())].contains('d');
            let Some(at) = at else { continue };
            let (name, value) = (&short[at..=at], &short[at + 1..]);
            let value = match value.strip_prefix('=').unwrap_or(value) {
                "" => words.next().unwrap_or_default(),
                value => value.to_owned(),
            };
            service.takes(&format!("-{name}"), value, place);
            continue;
        };
        let (name, value) = match long.split_once('=') {
            Some((name, value)) => (format!("--{name}"), Some(value.to_owned())),
            None => (word.clone(), None),
        };
        is_detached |= name == "--detach";
        if name == "--privileged" {
            service.privileges.push("privileged");
        }
        if SWITCHES.contains(&name.as_str()) {
            continue;
        }
        let value = value.or_else(|| words.next()).unwrap_or_default();
        service.takes(&name, value, place);
    }
    None
}

impl Service {
    /// Takes over an option of `docker run` that has a value.
    fn takes(&mut self, name: &str, value: String, place: &Place) {
        match name {
            "-v" | "--volume" | "--mount" => {
                let read = if name == "--mount" { mount } else { Volume::of_text };
                let volume = read(&value, place.clone());
                self.volumes.extend(volume.filter(Volume::is_possible));
            }
            "-u" | "--user" => self.user = Some(value),
            "-w" | "--workdir" => self.workdir = Some(value),
            "--name" => self.container = Some(value),
            "--device" => self.privileges.push("devices"),
            "--cap-add" => self.privileges.push("cap_add"),
            "--net" | "--network" => self.host_network |= value == "host",
            "-p" | "--publish" => {
                let port = value.split('/').next().and_then(|it| it.rsplit(':').next());
                self.ports.extend(port.and_then(|it| it.parse::<u16>().ok()));
            }
            "-e" | "--env" => {
                let pair = value.split_once('=');
                self.environment.extend(pair.map(|(name, it)| (name.to_owned(), it.to_owned())));
            }
            "--env-file" => self.env_files.push(value),
            _ => {}
        }
    }
}

/// The mount of `type=bind,source=/a,target=/b,readonly`.
fn mount(text: &str, place: Place) -> Option<Volume> {
    let (target, owner) = (String::new(), Owner::Docker);
    let mut volume = Volume { source: None, target, read_only: false, owner, place };
    for part in text.split(',') {
        match part.split_once('=').unwrap_or((part, "")) {
            ("type", "tmpfs") => return None,
            ("source" | "src", it) => volume.source = Some(it.to_owned()),
            ("target" | "destination" | "dst", it) => it.clone_into(&mut volume.target),
            ("readonly" | "ro", it) => volume.read_only = it != "false",
            _ => {}
        }
    }
    (!volume.target.is_empty()).then_some(volume)
}

/// A word for people: a path of the project is seen from a folder, and what is not known is a variable.
fn plain(word: &str, folder: &RepoPath) -> String {
    let up = match folder.ancestors().count() {
        0 => ".".to_owned(),
        depth => vec![".."; depth].join("/"),
    };
    word.replace(ROOT, &up).replace(UNKNOWN, "${…}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_container_tells_how_it_runs() {
        let read = |line: &str| {
            let words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            let folder = RepoPath::new("ops").unwrap();
            let found = service(&words, &folder, &Place::line(&folder, 1))?.service;
            let mounts = found.volumes.iter();
            let mounts: Vec<_> =
                mounts.map(|it| format!("{:?} {}", it.source, it.target)).collect();
            let image = found.image.unwrap_or_default();
            Some(format!("{image} {mounts:?} {:?} {:?}", found.user, found.privileges))
        };
        let rows = [
            ("-dit -v data:/data shop serve", Some(r#"shop ["Some(\"data\") /data"] None []"#)),
            ("-itv=/a:/b --user=7 shop", Some(r#"shop ["Some(\"/a\") /b"] Some("7") []"#)),
            (
                "--rm --mount type=volume,src=x,dst=/x,readonly --privileged a/b:1",
                Some(r#"a/b:1 ["Some(\"x\") /x"] None ["privileged"]"#),
            ),
            ("-v \u{2}/a:/b \u{1}", Some(r#"${…} ["Some(\"../a\") /b"] None []"#)),
            ("-v \u{2}:/b shop", Some(r#"shop ["Some(\"..\") /b"] None []"#)),
            ("-it shop bash", None),
            ("-d shop sh", Some("shop [] None []")),
            ("--rm", None),
        ];
        for (line, expected) in rows {
            assert_eq!(read(line).as_deref(), expected, "{line}");
        }
        assert_eq!(words_of(&["sudo", "docker", "run"]), None);
        assert_eq!(words_of(&["docker", "container", "run", "x"]), Some(3));
        assert_eq!(words_of(&["docker", "compose", "run", "x"]), None);
    }
}
