//! The model of the build cache against BuildKit: what is built again after an edit of a file.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs::{self, OpenOptions},
    io::Write as _,
    path::Path,
    process,
    time::{Duration, SystemTime},
};

use libtest_mimic::Failed;
use refit::{
    engine::cache::ImageSteps,
    project::Project,
    text::RepoPath,
    verify::builder::{Build, Builder, Choice, Outcome, Request},
};

use crate::{
    build_options,
    support::edits::{CacheCase, cache_cases, origin},
    written,
};

/// A step of BuildKit's progress: the stage, and the number in it, counted without FROM.
type Numbered = (String, usize);

pub fn the_model_is_what_buildkit_does() -> Result<(), Failed> {
    let builder = Builder::find(Choice::Docker).map_err(|it| it.to_string())?;
    // What an earlier run wrote is still in the engine's cache: stages of nothing but files would
    // be found there, whatever became of the base images meanwhile.
    let edit = format!("edited at {:?} by {}", SystemTime::now(), process::id());
    let (mut edits, mut steps, mut built, mut wrong) = (0, 0, 0, Vec::new());
    for case in cache_cases() {
        let folder = written(&case.files);
        let first = match build(&builder, folder.path(), true)? {
            Build { outcome: Outcome::Built, steps, .. } => steps,
            Build { outcome, .. } if case.is_new => {
                println!("left out, needs another frontend: {}: {outcome:?}", case.title);
                continue;
            }
            Build { outcome, .. } => return Err(format!("{}: {outcome:?}", case.title).into()),
        };
        built += 1;
        let first: BTreeSet<Numbered> = numbered(&case, first.iter().map(|it| &*it.name));
        for file in &case.edited {
            let mut opened =
                OpenOptions::new().append(true).open(folder.path().join(file.as_str()))?;
            writeln!(opened, "{edit}")?;
            let again = build(&builder, folder.path(), false)?.steps;
            let again = again.iter().filter(|it| !it.cached).map(|it| &*it.name);
            let again = numbered(&case, again);
            let (all, expected) = model(&case, file);
            if all != first {
                return Err(format!("{}: {all:?}, and BuildKit has {first:?}", case.title).into());
            }
            let differ: Vec<_> = again.symmetric_difference(&expected).collect();
            (edits, steps) = (edits + 1, steps + all.len());
            if !differ.is_empty() {
                wrong.push(format!("{}, {file}: {differ:?}; again: {again:?}", case.title));
            }
        }
    }
    let agree = edits - wrong.len();
    println!("{agree} of {edits} edits of {built} Dockerfiles agree, {steps} steps in all");
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

fn build(builder: &Builder, folder: &Path, cold: bool) -> Result<Build, Failed> {
    let none = BTreeMap::new();
    let log = tempfile::NamedTempFile::new()?;
    let request = Request {
        context: folder,
        dockerfile: &folder.join("Dockerfile"),
        target: None,
        arguments: &BTreeMap::new(),
        contexts: &none,
        image: "refit-test-cache",
        cold,
        options: &build_options(),
        timeout: Duration::from_secs(300),
        log: log.path(),
    };
    let built = builder.build(&request, &mut |_| {})?;
    builder.remove("refit-test-cache");
    if built.outcome == Outcome::Built || cold {
        return Ok(built);
    }
    Err(format!("{:?}: {}", built.outcome, fs::read_to_string(log.path())?).into())
}

/// Steps by stage and number; `[builder 3/6] RUN make` is the third of `builder`, its FROM counted.
fn numbered<'s>(case: &CacheCase, names: impl Iterator<Item = &'s str>) -> BTreeSet<Numbered> {
    let dockerfile = &case.files.iter().find(|it| it.0 == "Dockerfile").unwrap().1;
    let stages: Vec<(String, bool)> = stages(dockerfile);
    let one = |name: &str| {
        let head = name.strip_prefix('[')?.split_once(']')?.0.trim();
        let (stage, number) = head.rsplit_once(' ').unwrap_or(("", head));
        let number: usize = number.split_once('/')?.0.trim().parse().ok()?;
        let only = stages.len() == 1;
        let (name, has_from) = stages.iter().find(|it| only || it.0 == stage.trim())?;
        Some((name.clone(), number - usize::from(*has_from)))
    };
    names.filter_map(one).filter(|it| it.1 != 0).collect()
}

/// The names that BuildKit gives to stages, and whether their FROM is a step.
fn stages(dockerfile: &str) -> Vec<(String, bool)> {
    let froms = dockerfile.lines().filter_map(|it| it.strip_prefix("FROM "));
    let mut stages: Vec<(String, bool)> = Vec::new();
    for (at, from) in froms.enumerate() {
        let words: Vec<&str> = from.split_whitespace().collect();
        let name = words.get(2).map_or_else(|| format!("stage-{at}"), |it| (*it).to_owned());
        let is_stage = stages.iter().any(|it| it.0 == words[0]);
        stages.push((name, !is_stage && words[0] != "scratch"));
    }
    stages
}

/// All steps, and those that the model expects again after an edit.
fn model(case: &CacheCase, file: &RepoPath) -> (BTreeSet<Numbered>, BTreeSet<Numbered>) {
    let files = case.files.iter().map(|it| (RepoPath::new(&it.0).unwrap(), it.1.clone()));
    let project = Project::new(files);
    let image = ImageSteps::new(&project, &origin(), &RepoPath::root(), &BTreeMap::new()).unwrap();
    let text = &project.file("Dockerfile").unwrap().text;
    let names = stages(text);
    let mut numbers = vec![0; names.len()];
    let steps = image.steps().iter().map(|it| {
        numbers[it.stage] += 1;
        (names[it.stage].0.clone(), numbers[it.stage])
    });
    let steps: Vec<Numbered> = steps.collect();
    let again = image.after_edit(file).into_iter().map(|it| steps[it].clone()).collect();
    (steps.into_iter().collect(), again)
}
