//! Transforms broken on purpose: the engine must object to each of them.
//!
//! Every example of every page is changed as its transform says, and then damaged as a bug in it would
//! damage it: an instruction lost, two that change places, a word, a source, a destination or a mount that
//! is another, something that nobody asked for. The change declares what the right one declares.

use std::collections::BTreeMap;

use crate::support::page::{Case, cases};
use refit::{
    cli::config::Config,
    dockerfile::{Dockerfile, Instruction, Keyword, Kind, stage::Stage},
    ecosystems::images::stages,
    engine::{check, settings::Settings},
    project::{
        Project,
        change::{Alteration, Change, FileChange},
    },
    text::{self, Edit, RepoPath},
    transforms,
};

#[test]
fn a_broken_transform_is_found_out() {
    let mut tally: BTreeMap<(&str, &str), (usize, usize)> = BTreeMap::new();
    let mut missed = Vec::new();
    for transform in transforms::ALL {
        for case in cases(transform.docs) {
            let (before, settings) = project(&case);
            for change in (transform.run)(&before, &settings).changes {
                assert_eq!(objection(&before, &change), None, "{}: {}", transform.name, case.title);
                for (kind, broken) in broken(&before, &change) {
                    let (found, all) = tally.entry((transform.name, kind)).or_default();
                    *all += 1;
                    match objection(&before, &broken) {
                        Some(_) => *found += 1,
                        None => missed.push((
                            transform.name,
                            kind,
                            case.title.clone(),
                            text_of(&before, &broken),
                        )),
                    }
                }
            }
        }
    }
    for ((transform, kind), (found, all)) in &tally {
        eprintln!("{transform}: {kind}: {found} of {all} found");
    }
    for (transform, kind, title, text) in
        missed.iter().take(if std::env::var_os("MISSED").is_some() { 1000 } else { 3 })
    {
        eprintln!("missed: {transform}, {kind}, `{title}`:\n{text}");
    }
    assert!(missed.is_empty(), "{} broken changes went through", missed.len());
}

/// What reads the source in ways that a word of its command line does not tell.
const PROBES: [&str; 6] = [
    "RUN wc -l < probe.txt",
    "RUN export V=$(cat probe.txt) && pip install flask",
    "RUN echo \"`cat probe.txt`\"",
    "RUN tar xf /tmp/tools.tar",
    "RUN . ./probe.txt && pip install flask",
    "RUN make",
];

#[test]
fn a_run_is_not_overtaken_by_what_it_reads() {
    let transform = transforms::ALL.iter().find(|it| it.name == "copy-manifests-first").unwrap();
    let mut tried = 0;
    for case in cases(transform.docs) {
        let (before, settings) = project(&case);
        for change in (transform.run)(&before, &settings).changes {
            let path = change.place.path.clone();
            let old = before.file(path.as_str()).unwrap().text.to_string();
            let new = text_of(&before, &change);
            let line = "\nCOPY . .\n";
            if [&old, &new].iter().any(|it| it.matches(line).count() != 1) {
                continue;
            }
            for probe in PROBES {
                // The COPY stood before the probe, and now stands after it.
                let old = old.replace(line, &format!("{line}{probe}\n"));
                let new = new.replace(line, &format!("\n{probe}{line}"));
                let files = case.files.iter().filter(|it| it.0 != path.as_str());
                let files = files.map(|it| (RepoPath::new(&it.0).unwrap(), it.1.clone()));
                let probed = path.parent().unwrap().join("probe.txt").unwrap();
                let files = files.chain([(path.clone(), old.clone()), (probed, String::new())]);
                let before = Project::new(files);
                let edit = Edit::replace(0..old.len(), new.clone());
                let files = [(path.clone(), FileChange::Edit(vec![edit]))].into();
                let broken = Change { files, ..change.clone() };
                assert!(objection(&before, &broken).is_some(), "{}: {probe}\n{new}", case.title);
                tried += 1;
            }
        }
    }
    assert!(30 < tried, "{tried}");
}

#[test]
fn a_manifest_of_another_ecosystem_stays() {
    let transform = transforms::ALL.iter().find(|it| it.name == "split-venv-stage").unwrap();
    let mut tried = 0;
    for mut case in cases(transform.docs) {
        let Some(file) = case.files.iter_mut().find(|it| it.0 == "Dockerfile") else { continue };
        let Some(at) = file.1.find("\nCOPY ") else { continue };
        file.1.insert_str(at, "\nCOPY package.json ./");
        let (before, settings) = project(&case);
        for change in (transform.run)(&before, &settings).changes {
            let new = text_of(&before, &change);
            let Some(at) = new.rfind("\nCOPY package.json ./") else { continue };
            if at < new.rfind("\nFROM ").unwrap_or_default() {
                continue;
            }
            assert_eq!(objection(&before, &change), None, "{}\n{new}", case.title);
            let mut broken = new.clone();
            broken.replace_range(at..at + "\nCOPY package.json ./".len(), "");
            // Still in the builder, where the original would have it.
            let stage = broken.find("\nWORKDIR").or_else(|| broken.find("\nRUN")).unwrap();
            if !broken.contains("COPY package.json") {
                broken.insert_str(stage, "\nCOPY package.json ./");
            }
            let old = before.file("Dockerfile").unwrap().text.len();
            let edit = Edit::replace(0..old, broken.clone());
            let files = [(change.place.path.clone(), FileChange::Edit(vec![edit]))].into();
            let broken_change = Change { files, ..change.clone() };
            assert!(objection(&before, &broken_change).is_some(), "{}\n{broken}", case.title);
            tried += 1;
        }
    }
    assert!(10 < tried, "{tried}");
}

fn project(case: &Case) -> (Project, Settings) {
    let config = case.files.iter().find(|it| it.0 == "refit.toml");
    let settings = config.map(|it| Config::parse(&it.1).unwrap().everywhere()).unwrap_or_default();
    let files = case.files.iter().map(|it| (RepoPath::new(&it.0).unwrap(), it.1.clone()));
    (Project::new(files), settings)
}

fn objection(before: &Project, change: &Change) -> Option<String> {
    let (after, applied) = before.apply(std::slice::from_ref(change));
    check::step(before, &after, &applied).into_values().next()
}

/// The Dockerfile that a change starts in, as the change leaves it.
fn text_of(before: &Project, change: &Change) -> String {
    let (after, _) = before.apply(std::slice::from_ref(change));
    after.file(change.place.path.as_str()).map(|it| it.text.to_string()).unwrap_or_default()
}

/// The change with one thing wrong in its Dockerfile, in every way there is, each with the name of its kind.
fn broken(before: &Project, change: &Change) -> Vec<(&'static str, Change)> {
    let path = &change.place.path;
    let Some(old) = before.file(path.as_str()) else { return Vec::new() };
    let text = text_of(before, change);
    let right = Dockerfile::parse(text.as_str());
    let stages = stages(&right);
    let mut found = Vec::new();
    let mut add = |kind, edits: Vec<Edit>| {
        let broken = text::apply(&text, &edits);
        let edit = Edit::replace(0..old.text.len(), broken);
        let files = [(path.clone(), FileChange::Edit(vec![edit]))];
        let files = change.files.clone().into_iter().chain(files).collect();
        found.push((kind, Change { files, ..change.clone() }));
    };
    let last = stages.last().map_or(0, |it| it.from);
    for (at, item) in right.items.iter().enumerate() {
        let Kind::Instruction(it) = &item.kind else { continue };
        let span = |range| it.logical.source_span(range);
        match it.keyword {
            Keyword::From | Keyword::Arg => {}
            // A stage that nothing is built from is nobody's.
            _ if at < last && !is_used(&stages, at, change) => {}
            _ if says_nothing_new(&right, at, it) => {}
            // The first of two steps is there for the builder's cache alone.
            Keyword::Run if is_first_step(it) => {}
            _ => add("an instruction lost", vec![Edit::delete(item.span.clone())]),
        }
        match it.keyword {
            Keyword::Copy if at > last => {
                let Some(copy) = it.copy() else { continue };
                if it.json().is_some() || it.text().contains(['"', '*', '$']) {
                    continue;
                }
                for source in &copy.sources {
                    add(
                        "another source",
                        vec![Edit::replace(span(source.range.clone()), "else.where")],
                    );
                }
                add(
                    "another destination",
                    vec![Edit::replace(span(copy.destination.range), "/else/where/")],
                );
                add("another owner", vec![Edit::insert(it.keyword_span.end, " --chown=1:1")]);
            }
            Keyword::Run if at > last => {
                add(
                    "a mount",
                    vec![Edit::insert(it.keyword_span.end, " --mount=type=cache,target=/app")],
                );
                add("another network", vec![Edit::insert(it.keyword_span.end, " --network=none")]);
                if it.heredocs.is_empty() && it.json().is_none() {
                    add(
                        "another command",
                        vec![Edit::insert(span(it.arguments.clone()).start, "rm -rf /srv && ")],
                    );
                }
            }
            _ => {}
        }
    }
    let end = if text.ends_with('\n') { "" } else { "\n" };
    for stray in [
        "RUN make",
        "COPY . /stray",
        "USER root",
        "ENV STRAY=1",
        "WORKDIR /stray",
        "CMD [\"stray\"]",
        "FROM stray",
    ] {
        add("something stray", vec![Edit::insert(text.len(), format!("{end}{stray}\n"))]);
    }
    found
}

/// Whether what an instruction says is said again before it matters, or was said before.
fn says_nothing_new(dockerfile: &Dockerfile, at: usize, instruction: &Instruction) -> bool {
    let same = |other: &Instruction| {
        other.keyword == instruction.keyword && other.text() == instruction.text()
    };
    let twice = dockerfile.instructions().filter(|other| same(other.1)).count() > 1;
    let later = dockerfile.items[at + 1..]
        .iter()
        .any(|item| matches!(&item.kind, Kind::Instruction(other) if other.keyword == instruction.keyword));
    twice
        || (later
            && matches!(
                instruction.keyword,
                Keyword::Cmd | Keyword::Entrypoint | Keyword::User | Keyword::Workdir
            ))
}

/// Whether an install leaves out what needs the source, which another adds.
fn is_first_step(instruction: &Instruction) -> bool {
    ["--no-root", "--no-self", "--no-install-"].iter().any(|flag| instruction.text().contains(flag))
}

/// Whether the stage of an item is one that the last is built on, or that an image is built from now.
fn is_used(stages: &[Stage<'_>], at: usize, change: &Change) -> bool {
    let own = stages.iter().find(|it| it.from <= at && at < it.end);
    let moved = change.alters.iter().filter_map(|it| match it {
        Alteration::Moved { to, .. } => to.target.as_deref(),
        _ => None,
    });
    let built = moved.filter_map(|name| stages.iter().find(|it| it.name == Some(name)));
    let built = stages.last().into_iter().chain(built);
    let mut below = built.flat_map(|it| it.lineage(stages));
    own.is_some_and(|own| below.any(|it| it.index == own.index))
}
