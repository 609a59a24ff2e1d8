#![doc = include_str!("page.md")]

// [`group`] finds the contexts that builds send, [`found`] the clutter in them, and [`readers`] who reads it all the
// same. [`lines`] writes the file.

mod found;
mod group;
mod lines;
mod named;
mod outputs;
mod packages;
mod places;
mod readers;
mod tested;
mod texts;

use std::collections::{BTreeMap, BTreeSet};

use schemars::JsonSchema;
use serde::Deserialize;

use self::{
    found::Found,
    group::{Group, Taker},
    lines::Line,
    readers::{Readers, Verdict},
};
use crate::{
    context::{dockerignore::Dockerignore, is_whole, shared::on_disk, taken::takes},
    ecosystems::clutter::Class,
    engine::{
        Transform,
        settings::{self, Settings},
    },
    project::{
        Project,
        change::{Alteration, Change, Decline, Outcome, Safety},
    },
    text::{
        Place, Refusal, RepoPath,
        count::{counted, listed, number, of_bytes},
    },
};

/// Keeps what no image needs out of build contexts.
pub(super) const TRANSFORM: Transform = Transform {
    name: NAME,
    docs: include_str!("page.md"),
    codes: &[
        "allow-list",
        "broken-ignore-file",
        "containerignore",
        "pattern-is-read",
        "secret-is-read",
        "unknown-context",
    ],
    options: Some(settings::Options::of::<Options>()),
    run,
};

const NAME: &str = "write-dockerignore";

/// The options of this transform.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields, rename_all = "kebab-case")]
pub struct Options {
    /// The kinds of clutter that stay in the context.
    pub keep: Vec<Class>,
    /// Patterns that every ignore file has to have.
    pub patterns: Vec<String>,
}

fn run(project: &Project, settings: &Settings) -> Outcome {
    let mut outcome = Outcome::default();
    for (file, dockerfile, why) in group::unknown(project) {
        let item = takes(dockerfile).iter().find(|it| is_whole(&it.source)).map(|it| it.item);
        let place =
            item.map_or_else(|| Place::line(&file.path, 1), |it| dockerfile.place(&file.path, it));
        let why = Refusal::new("unknown-context", why);
        outcome.declines.push(Decline { transform: NAME, place, why });
    }
    let looked = Project::side_by_side(
        &group::groups(project),
        |it| &it.builds[0].file.path,
        |it| {
            let mut outcome = Outcome::default();
            look(project, settings, it, &mut outcome);
            outcome
        },
    );
    outcome.extend([looked]);
    outcome
}

/// What is to be written into the ignore file of a group.
fn look(project: &Project, settings: &Settings, group: &Group<'_>, outcome: &mut Outcome) {
    let Some((taker, item)) = first(project, group) else { return };
    let place = taker.dockerfile.place(&taker.file.path, item);
    let decline = |why| Decline { transform: NAME, place: place.clone(), why };
    let options: Options = settings.of(&taker.file.path);
    let mut all = found::all(project, group);
    // What is known of outputs goes with them or not at all.
    let keeps_state = options.keep.contains(&Class::Caches);
    all.retain(|it| !(keeps_state && it.row.is_made_by_script()));
    all.retain(|it| !options.keep.contains(&it.row.class));
    let asked_for = asked_for(project, group, &options);
    if let Some(rules) = &group.rules {
        // What nobody sees is no reason to touch a file that is there.
        for it in &mut all {
            it.forget_guesses(rules);
        }
        all.retain(|it| it.places().next().is_some());
        if all.is_empty() && asked_for.is_empty() {
            return;
        }
        if let Some(error) = unusable(project, group, rules) {
            let reason = format!("{}{error}", group.path);
            return outcome.declines.push(decline(Refusal::new("broken-ignore-file", reason)));
        }
        if rules.is_allow_list() {
            let reason = format!("{} excludes everything and names what is sent", group.path);
            return outcome.declines.push(decline(Refusal::new("allow-list", reason)));
        }
    }
    if !all.iter().any(Found::weighs) && asked_for.is_empty() {
        return;
    }
    let readers = Readers::new(project, group);
    let mut parts: BTreeMap<Safety, Vec<Found>> = BTreeMap::new();
    for mut it in all {
        match readers.judge(&mut it) {
            Verdict::Goes(safety) => parts.entry(safety).or_default().push(it),
            Verdict::Stays => {}
            Verdict::Kept(path, why) => {
                let place = group.taken_by(project, &path).unwrap_or_else(|| place.clone());
                outcome.declines.push(Decline { transform: NAME, place, why });
            }
        }
    }
    let mut asked = Vec::new();
    for pattern in asked_for {
        match readers.read_of(&pattern) {
            None => asked.push(pattern),
            Some(path) => {
                let reason = format!("{pattern} would exclude {path}, which a step names");
                outcome.declines.push(decline(Refusal::new("pattern-is-read", reason)));
            }
        }
    }
    let weighs = |found: &[Found]| found.iter().any(Found::weighs);
    let mut safe = parts.remove(&Safety::Safe).unwrap_or_default();
    let mut review = parts.remove(&Safety::Review).unwrap_or_default();
    if !weighs(&safe) && !weighs(&review) && asked.is_empty() {
        return;
    }
    if let Some(other) = other_list(project, group) {
        let reason = format!(
            "{other} is what Podman and Buildah obey, and Docker does not read it: lines in {} would be a second list",
            group.path
        );
        return outcome.declines.push(decline(Refusal::new("containerignore", reason)));
    }
    let stamps = review.iter().any(|it| it.row.class == Class::VersionControl);
    // Alone it would be no reason to write a file.
    if !weighs(&safe) && !review.is_empty() {
        safe.append(&mut review);
        safe.sort_by_key(|found| Class::ALL.iter().position(|it| *it == found.row.class));
        (safe, review) = (Vec::new(), safe);
    }
    if !safe.is_empty() {
        let part = Part { found: &safe, asked: &[], safety: Safety::Safe, stamps: false };
        outcome.changes.push(change(project, group, &part, place.clone()));
    }
    if !review.is_empty() || !asked.is_empty() {
        let part = Part { found: &review, asked: &asked, safety: Safety::Review, stamps };
        outcome.changes.push(change(project, group, &part, place.clone()));
    }
}

/// The first Dockerfile that is to be looked at and takes a folder, with the instruction that does.
fn first<'g>(project: &Project, group: &'g Group<'_>) -> Option<(&'g Taker<'g>, usize)> {
    let near = group.builds.iter().filter(|it| project.is_in_focus(&it.file.path));
    near.into_iter().find_map(|taker| {
        let takes = taker.takes.iter();
        let folder =
            |it: &str| group.folder.join(it).is_some_and(|it| project.tree().is_folder(&it));
        let mut takes = takes.filter(|it| is_whole(&it.source) || folder(&it.source));
        Some((taker, takes.next()?.item))
    })
}

/// Why the ignore file of a group is left alone, as it goes on after its name.
fn unusable(project: &Project, group: &Group<'_>, rules: &Dockerignore) -> Option<String> {
    let folder = group.path.parent().unwrap_or(RepoPath::root());
    let own = project.on_disk(&folder).iter().find(|it| it.path == group.path);
    if own.is_some_and(|it| it.is_link) {
        return Some(" is a symbolic link: its lines are those of another file".to_owned());
    }
    let (line, error) = rules.errors.first()?;
    Some(if *line == 0 { format!(" {error}") } else { format!(":{line} {error}") })
}

/// The `.containerignore` that Podman and Buildah obey and not the ignore file of a group.
///
/// `ContainerIgnoreFile` in `pkg/util` of containers/buildah: `<Dockerfile>.dockerignore` wins, then
/// `<Dockerfile>.containerignore`, then `.containerignore`, and last `.dockerignore`.
fn other_list(project: &Project, group: &Group<'_>) -> Option<RepoPath> {
    if group.path.file_name() != ".dockerignore" {
        return None;
    }
    let own =
        group.builds.iter().map(|it| RepoPath::new(&format!("{}.containerignore", it.file.path)));
    let mut all = own.chain([group.folder.join(".containerignore")]).flatten();
    all.find(|it| project.tree().exists(it))
}

/// The patterns that the options ask for and the ignore file does not have.
fn asked_for(project: &Project, group: &Group<'_>, options: &Options) -> Vec<String> {
    let text = project.file(group.path.as_str()).map_or("", |it| &it.text);
    let has = |pattern: &&String| text.lines().any(|it| it.trim() == **pattern);
    options.patterns.iter().filter(|it| !has(it)).cloned().collect()
}

/// What goes in one change.
struct Part<'f> {
    found: &'f [Found],
    /// The patterns that the options ask for.
    asked: &'f [String],
    safety: Safety,
    /// Whether the commit is stamped on what is built, and no longer is.
    stamps: bool,
}

/// The change that writes lines for what was found.
fn change(project: &Project, group: &Group<'_>, part: &Part<'_>, place: Place) -> Change {
    let Part { found, asked, safety, .. } = *part;
    let mut lines: Vec<Line> = Vec::new();
    for it in found {
        let class = Some(it.row.class);
        let is_folder = it.row.is_folder();
        let patterns = lines::patterns(it).into_iter();
        lines.extend(patterns.map(|pattern| Line { pattern, class, is_folder }));
    }
    let asked_for = asked.iter().cloned();
    lines.extend(asked_for.map(|pattern| Line { pattern, class: None, is_folder: false }));
    lines.dedup();
    let text = project.file(group.path.as_str()).map(|it| &*it.text);
    let file = lines::change(text, &lines);
    let classes: BTreeSet<Class> = found.iter().map(|it| it.row.class).collect();
    let classes = classes.into_iter().collect();
    let patterns: Vec<&str> = lines.iter().map(|it| it.pattern.as_str()).collect();
    let title = match (patterns.as_slice(), patterns.len()) {
        (_, 0..=4) => format!("Keep {} out of the build context", listed(&patterns)),
        (_, count) => {
            let rest = format!("{} more", count - 3);
            let mut shown = patterns[..3].to_vec();
            shown.push(&rest);
            format!("Keep {} out of the build context", listed(&shown))
        }
    };
    let reason = reason(project, group, part, &patterns);
    let alters = vec![Alteration::Unsent { classes, asked_for: asked.to_vec() }];
    Change { title, reason, safety, place, files: [(group.path.clone(), file)].into(), alters }
}

/// The reason, with what is no longer sent, as it lies on the disk.
fn reason(project: &Project, group: &Group<'_>, part: &Part<'_>, patterns: &[&str]) -> String {
    let found = part.found;
    let new = Dockerignore::of_flags(patterns.iter().copied());
    let (mut files, mut bytes, mut all, mut whole) = (0, 0, 0, 0);
    for (path, size) in on_disk(project, &group.folder, |it| group.takes(it)) {
        (all, whole) = (all + 1, whole + size);
        if new.excludes(path) {
            (files, bytes) = (files + 1, bytes + size);
        }
    }
    let secrets = found.iter().filter(|it| it.row.class == Class::Secrets);
    let secrets: Vec<&str> = secrets.flat_map(Found::places).collect();
    let mut reason = match part.safety {
        Safety::Safe => {
            let (they, them) =
                if patterns.len() == 1 { ("it is", "it") } else { ("they are", "them") };
            format!("{they} local to each machine, and no build step names {them}")
        }
        Safety::Review => {
            let them = if patterns.len() == 1 { "it" } else { "them" };
            format!("no build step and no source file that was read names {them}")
        }
    };
    if part.stamps {
        reason += "; what is built no longer has the commit stamped on it";
    }
    reason += &match files {
        0 => "; nothing is there now, but tools will create it".to_owned(),
        _ => format!(
            "; {} of {} ({} of {}) {} no longer sent",
            counted(files, "file"),
            number(all),
            of_bytes(bytes),
            of_bytes(whole),
            if files == 1 { "is" } else { "are" }
        ),
    };
    if !secrets.is_empty() {
        let be = if secrets.len() == 1 { "is" } else { "are" };
        let place = match secrets.iter().any(|it| group.is_in_an_image(project, it)) {
            true => "in the image today, for everybody who can pull it",
            false => "in a build stage today, for everybody who has the build cache",
        };
        reason = format!("{} {be} {place}; {reason}", listed(&secrets));
    }
    reason
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::plan::plan;

    /// The reasons of what is changed and declined for a Go program with a key, and with source that may name it.
    fn reasons(last: &str, source: &str) -> Vec<String> {
        let dockerfile = format!(
            "FROM golang:1.24 AS build\nWORKDIR /src\nCOPY . .\nRUN go build -o /shop .\n{last}"
        );
        let files = [
            ("Dockerfile", dockerfile.as_str()),
            ("go.mod", "module shop\n"),
            ("main.go", source),
            ("server.key", "-----BEGIN PRIVATE KEY-----\n"),
        ];
        all_reasons(&files)
    }

    /// The reasons of what is changed and declined for these files.
    fn all_reasons(files: &[(&str, &str)]) -> Vec<String> {
        let files =
            files.iter().map(|(path, text)| (RepoPath::new(path).unwrap(), (*text).to_owned()));
        let plan =
            plan(Project::new(files), &[TRANSFORM], &crate::engine::plan::Options::default());
        let changes = plan.changes().map(|it| it.1.reason.clone());
        changes.chain(plan.declines.iter().map(|it| it.why.reason.clone())).collect()
    }

    #[test]
    fn what_is_not_stamped_loses_no_commit() {
        let says = |image: &str, run: &str| {
            let dockerfile = format!(
                "FROM {image} AS build\nCOPY . /src\nRUN {run}\nFROM alpine:3.22\nCOPY start.sh .\n\
                 COPY --from=build /shop .\nENTRYPOINT [\"/start.sh\"]\n"
            );
            let files = [
                ("Dockerfile", dockerfile.as_str()),
                ("README.md", "# Shop\n"),
                ("docs/usage.md", "# Usage\n"),
                ("go.mod", "module shop\n"),
                ("start.sh", "exec /shop\n"),
                ("build.sh", "go build -o /shop .\n"),
                (".git/HEAD", "ref: refs/heads/main\n"),
            ];
            all_reasons(&files).iter().any(|it| it.contains("no longer has the commit stamped"))
        };
        assert!(!says("golang:1.24-alpine", "go build -o /shop ."));
        assert!(!says("golang:1.24-alpine", "./build.sh"));
        assert!(says("golang:1.24", "go build -o /shop ."));
        assert!(says("golang:1.24", "./build.sh"));
    }

    #[test]
    fn a_word_that_begins_a_line_is_cited_at_its_line() {
        let manifest = "[dependencies]\ndiesel = \"2\"\ndotenv = \"0.15\"\n";
        let files = [
            ("Dockerfile", "FROM rust:1.88\nCOPY . .\nRUN cargo build\n"),
            ("Cargo.toml", manifest),
            (".env", "TOKEN=x\n"),
        ];
        let all = all_reasons(&files);
        assert!(all.iter().any(|it| it.contains("Cargo.toml:3 may read it")), "{all:?}");
    }

    #[test]
    fn a_secret_of_a_build_stage_is_not_said_to_be_in_the_image() {
        let (plain, reads) = ("package main\n", "package main\nvar key = \"server.key\"\n");
        let of_stage = "FROM alpine:3.22\nCOPY --from=build /shop /shop\nCMD [\"/shop\"]\n";
        let of_folder = "FROM alpine:3.22\nCOPY --from=build /src /srv\nCMD [\"/srv/shop\"]\n";
        let unknown = "FROM alpine:3.22\nCOPY --from=build /src/*.key /srv/\nCMD [\"/srv/shop\"]\n";
        let says = |last: &str, source: &str, what: &str| {
            let all = reasons(last, source);
            assert!(all.iter().any(|it| it.contains(what)), "{last}{all:?}");
        };
        says(of_stage, plain, "server.key is in a build stage today");
        says(of_stage, reads, "server.key is copied into a build stage");
        for last in ["", of_folder, unknown] {
            says(last, plain, "server.key is in the image today");
            says(last, reads, "server.key is copied into the image");
        }
    }
}
