//! How people are told to start an image: `docker run` and compose files in the code blocks of guides, `docker run` in
//! comments of Dockerfiles and in units of systemd. What they build says which image is meant, and which builder has
//! to know what the Dockerfile says.

use std::collections::{BTreeMap, HashMap};

use super::{
    Build, Builder, Caller, Callers, cloudbuild, compose, image_name,
    published::is_candidate,
    runs_containers,
    script::{Script, sends_builds},
    service::Service,
    traced::Traced,
};
use crate::{
    project::is_dockerfile,
    text::{Place, RepoPath},
    yaml,
};

/// Reads the containers that a text starts; nothing if it is none of these.
pub(super) fn read(path: &RepoPath, text: &str, into: &mut Callers) {
    let name = path.file_name();
    let is_guide = is_guide(path);
    let is_unit = name.ends_with(".service");
    let is_comment = is_dockerfile(name);
    let says = || starts_containers(text) || sends_builds(text) || cloudbuild::is_config(text);
    if !(is_guide || is_unit || is_comment) || !says() {
        return;
    }
    let (builds, services) = (Vec::new(), Vec::new());
    let mut reader = Reader { path, lines: Vec::new(), start: 1, builds, services, into };
    let mut fence: Option<&str> = None;
    for (at, line) in text.lines().enumerate() {
        let inner = line.trim();
        let said = if is_guide {
            let mark = ["```", "~~~"].into_iter().find(|it| inner.starts_with(it));
            match (mark, fence) {
                (Some(it), Some(open)) if it == open => fence = None,
                (Some(it), None) => fence = Some(it),
                _ => {}
            }
            (mark.is_none() && fence.is_some()).then_some(line)
        } else if is_unit {
            let begins = inner.split_once('=').filter(|it| it.0.starts_with("Exec"));
            let goes_on = !reader.lines.is_empty() && !inner.is_empty();
            begins
                .map(|it| it.1.trim_start_matches(['-', '@', '+', '!']))
                .or(goes_on.then_some(inner))
        } else {
            inner.strip_prefix('#').map(str::trim)
        };
        match said {
            Some(it) => reader.push(it, at + 1),
            None => reader.finish(),
        }
    }
    reader.finish();
    reader.settle();
}

/// Returns true if a file of this path is written for people in Markdown.
pub fn is_guide(path: &RepoPath) -> bool {
    [".md", ".markdown", ".mdx"].iter().any(|it| path.file_name().ends_with(it))
}

/// Returns true if a text may start containers, by a command line or by a compose file in it.
pub fn starts_containers(text: &str) -> bool {
    runs_containers(text) || (text.contains("services:") && text.contains("image:"))
}

/// Programs that read compose files in ways of their own.
pub const COMPOSE_READERS: &[&str] =
    &["podman-compose", "ecs-cli", "kompose", "nerdctl compose", "docker-app"];

/// What deploys compose files to a swarm.
pub const STACK: &str = "docker stack";

/// Returns true if a text has something read compose files that is not Compose.
pub fn has_compose_read(text: &str) -> bool {
    text.contains(STACK) || COMPOSE_READERS.iter().any(|it| text.contains(it))
}

/// What stands before a command line that is shown as it was typed.
const PROMPTS: [&str; 3] = ["$ ", "# ", "> "];

/// A line without the comment after the backslash at its end, which the shell would take for the end of the command:
/// `-v data:/data \ # your data`.
fn whole(line: &str) -> &str {
    let comment = line.match_indices('#').find_map(|(at, _)| {
        let before = line[..at].trim_end();
        (before.ends_with(" \\") && before.len() < at).then_some(before)
    });
    comment.unwrap_or(line)
}

/// Whether a line is the rest of a command, since it begins with an option.
fn is_option(line: &str) -> bool {
    let name = line.strip_prefix("--").or_else(|| line.strip_prefix('-'));
    name.is_some_and(|it| it.starts_with(|it: char| it.is_ascii_alphabetic()))
}

/// Collects the lines that belong together.
struct Reader<'a> {
    path: &'a RepoPath,
    lines: Vec<&'a str>,
    /// The line of the first.
    start: usize,
    /// What the text builds.
    builds: Vec<Build>,
    /// The containers that it starts.
    services: Vec<Service>,
    into: &'a mut Callers,
}

impl<'a> Reader<'a> {
    fn push(&mut self, line: &'a str, number: usize) {
        if self.lines.is_empty() {
            self.start = number;
        }
        self.lines.push(line);
    }

    fn finish(&mut self) {
        let lines = std::mem::take(&mut self.lines);
        // Most lines are no part of anything.
        if lines.is_empty() {
            return;
        }
        self.cloud_builds(&lines);
        if let Some(first) = lines.iter().find(|it| it.trim_start().starts_with("services:")) {
            // A block of a list is indented.
            let indent = &first[..first.len() - first.trim_start().len()];
            let lines = lines.iter().map(|it| it.strip_prefix(indent).unwrap_or(it));
            return self.compose(&lines.collect::<Vec<_>>().join("\n"));
        }
        let lines = lines.iter().map(|it| {
            let line = it.trim();
            whole(PROMPTS.iter().find_map(|it| line.strip_prefix(it)).unwrap_or(line))
        });
        let mut text = String::new();
        for line in lines {
            // An option begins no command, so the line before it goes on.
            let goes_on = is_option(line) && !text.is_empty() && !text.ends_with('\\');
            text += if text.is_empty() {
                ""
            } else if goes_on {
                " \\\n"
            } else {
                "\n"
            };
            text += line;
        }
        let padded = format!(" {text} ");
        if !runs_containers(&padded) && !padded.contains(" build ") && !sends_builds(&padded) {
            return;
        }
        let script = Script {
            path: self.path,
            caller: Caller::Script,
            starts: vec![self.folder()],
            variables: HashMap::new(),
            lists: BTreeMap::new(),
        };
        let mut found = Callers::default();
        let start = self.start;
        script.read(&Traced::untraced(&text), &|it| start + it - 1, &mut found);
        self.builds.append(&mut found.builds);
        self.services.append(&mut found.services);
    }

    /// Says which Dockerfiles the containers are of, once all that the text builds is known.
    fn settle(self) {
        let own = Some(self.path).filter(|it| is_dockerfile(it.file_name()));
        for mut service in self.services {
            let name = service.image.as_deref().and_then(image_name);
            let mut builds = self.builds.iter();
            let built = builds.find(|it| name.as_ref().is_some_and(|name| it.tags.contains(name)));
            let own = own.filter(|_| is_candidate(&service));
            service.dockerfile = own.or(built.map(|it| &it.dockerfile)).cloned();
            self.into.services.push(service);
        }
        self.into.told.extend(self.builds.into_iter().filter(|it| it.builder != Builder::Docker));
    }

    /// The folder that those who follow it are in: of the guides of a project, the project's own.
    fn folder(&self) -> RepoPath {
        let own = self.path.parent().unwrap_or(RepoPath::root());
        let mut above = self.path.ancestors();
        let guides = above.find(|it| ["doc", "docs"].contains(&it.file_name()));
        guides.and_then(|it| it.parent()).unwrap_or(own)
    }

    /// Reads the steps of configurations of Cloud Build that a guide shows, as files or as what a command writes to one.
    /// Only these are read: whoever writes the file replaces variables in the rest of it.
    fn cloud_builds(&mut self, lines: &[&str]) {
        let Some(path) = self.folder().join("cloudbuild.yaml") else { return };
        for at in (0..lines.len()).filter(|at| lines[*at].trim_end().ends_with("steps:")) {
            let indent = lines[at].len() - lines[at].trim_start().len();
            let is_step = |it: &&&str| {
                let inner = it.get(indent..).unwrap_or_default();
                inner.is_empty() || inner.starts_with([' ', '-', '#'])
            };
            let steps = lines[at + 1..].iter().take_while(is_step);
            let steps = steps.map(|it| it.get(indent..).unwrap_or_default());
            let text = ["steps:"].into_iter().chain(steps).collect::<Vec<_>>().join("\n");
            if !cloudbuild::is_config(&text) {
                continue;
            }
            let mut found = Callers::default();
            for root in yaml::read_only(&text).unwrap_or_default().documents {
                cloudbuild::read(&path, &text, &root, &mut found);
            }
            let (own, start) = (self.path, self.start + at);
            found.locate(|line| Place::line(own, start + line - 1));
            self.builds.append(&mut found.builds);
        }
    }

    /// Reads a compose file that a guide shows. What is none says nothing.
    fn compose(&mut self, text: &str) {
        let Some(path) = self.folder().join("compose.yaml") else { return };
        let mut found = Callers::default();
        for root in yaml::read_only(text).unwrap_or_default().documents {
            compose::read(&path, text, &root, &mut found);
        }
        let (own, start) = (self.path, self.start);
        found.locate(|line| Place::line(own, start + line - 1));
        for service in &mut found.services {
            service.is_run = true;
        }
        self.into.services.append(&mut found.services);
    }
}
