//! The projects of the corpus whose originals build: after refit, every one still builds.

use std::{
    collections::{BTreeMap, BTreeSet},
    env, fs,
    path::Path,
};

use libtest_mimic::Failed;
use refit::text::RepoPath;
use serde_json::Value;

use crate::{
    own, support,
    table::{median, publish, rebuilds, sum},
    verify, written,
};

/// Which Dockerfiles build as they are or as refit writes them, found with `BUILDS=all`.
const LIST: &str = "tests/builds/corpus.tsv";
/// Where `BUILDS=listed` and `BUILDS=all`, which take hours, keep the report of each project: they go on where
/// they were interrupted, until refit itself is built anew.
const REPORTS: &str = "target/builds";

pub fn every_project_still_builds() -> Result<(), Failed> {
    let wanted = env::var("BUILDS").ok();
    let all = wanted.as_deref() == Some("all");
    let keep = wanted.as_deref().filter(|it| ["all", "listed"].contains(it));
    let listed = listed(wanted.is_some());
    let Some(projects) = support::projects() else { return Ok(()) };
    let mut found: Vec<(String, Value)> = Vec::new();
    let mut tried = 0;
    for (name, files) in &projects {
        let dockerfiles = listed.get(name.as_str());
        let is_wanted = wanted.as_ref().is_none_or(|it| all || it == "listed" || it == name);
        if !is_wanted || (dockerfiles.is_none() && !all) {
            continue;
        }
        tried += 1;
        let kept = keep.map(|it| own(&format!("{REPORTS}/{it}/{name}.json")));
        let report = match kept.as_deref().and_then(kept_report) {
            Some(it) => it,
            None => build(files, dockerfiles.filter(|_| !all), kept.as_deref())?,
        };
        let images = report["images"].as_array().cloned().unwrap_or_default();
        for it in images.iter().filter(|it| it["verdict"] != "verified") {
            eprintln!("{name}, {}: {}: {:#}", it["name"], it["verdict"], it["differences"]);
        }
        found.extend(images.into_iter().map(|it| (name.clone(), it)));
    }
    if keep.is_some() && env::var_os("UPDATE").is_some() {
        write_list(&found);
    }
    publish("the corpus", &table(tried, &found));
    let wrong: Vec<String> = found
        .iter()
        .filter(|(_, it)| ["breaks", "differs"].map(Value::from).contains(&it["verdict"]))
        .map(|(name, it)| format!("{name}, {}: {:#}", it["name"], it["differences"]))
        .collect();
    // On another day a registry may not answer; what used to build and does not is told all the same.
    for (name, it) in found.iter().filter(|it| !all && it.1["verdict"] == "broken-before") {
        println!("{name}, {}: does not build today: {}", it["name"], it["differences"][0]);
    }
    if wrong.is_empty() { Ok(()) } else { Err(wrong.join("\n").into()) }
}

/// Builds a project, or only these of its Dockerfiles, and keeps the report.
fn build(
    files: &[(RepoPath, String)],
    only: Option<&Vec<String>>,
    keep: Option<&Path>,
) -> Result<Value, Failed> {
    let folder = written(files);
    let services = only.into_iter().flatten().map(|it| format!("--service={it}"));
    let more: Vec<String> = services.chain(["--rebuilds=source".to_owned()]).collect();
    let report = verify(folder.path(), &more.iter().map(String::as_str).collect::<Vec<_>>());
    if let Some(path) = keep {
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, report.to_string())?;
    }
    Ok(report)
}

/// A report that this very refit made.
fn kept_report(path: &Path) -> Option<Value> {
    let made = |it: &Path| fs::metadata(it).ok()?.modified().ok();
    let is_new = made(path)? > made(Path::new(env!("CARGO_BIN_EXE_refit")))?;
    serde_json::from_str(&fs::read_to_string(path).ok().filter(|_| is_new)?).ok()
}

/// The Dockerfiles of the list, by project; those that take long only when somebody asks for more.
fn listed(long: bool) -> BTreeMap<String, Vec<String>> {
    let mut listed: BTreeMap<String, Vec<String>> = BTreeMap::new();
    let text = fs::read_to_string(own(LIST)).unwrap_or_default();
    for line in text.lines() {
        let mut fields = line.split('\t');
        let (Some(project), Some(dockerfile)) = (fields.next(), fields.next()) else { continue };
        if long || fields.next().is_none() {
            listed.entry(project.to_owned()).or_default().push(dockerfile.to_owned());
        }
    }
    listed
}

/// Seconds of all first builds together, above which a Dockerfile is not built again by default.
const LONG: f64 = 50.0;

fn write_list(found: &[(String, Value)]) {
    let mut took: BTreeMap<(&str, &str), (f64, bool)> = BTreeMap::new();
    for (name, it) in found {
        let seconds = |side: &str| it[side]["measured"]["seconds"].as_f64();
        if seconds("before").or(seconds("after")).is_some() {
            let dockerfile = it["before"]["dockerfile"].as_str().unwrap();
            let both = ["before", "after"].into_iter().filter_map(seconds);
            let (sum, compared) = took.entry((name, dockerfile)).or_default();
            *sum += both.sum::<f64>();
            *compared |= seconds("before").is_some();
        }
    }
    let line = |((name, dockerfile), (seconds, compared)): ((&str, &str), (f64, bool))| {
        // Where there is nothing to compare with, a build is for the figures alone.
        let long = if seconds > LONG || !compared { "\tlong" } else { "" };
        format!("{name}\t{dockerfile}{long}\n")
    };
    fs::write(own(LIST), took.into_iter().map(line).collect::<String>()).unwrap();
}

fn table(tried: usize, found: &[(String, Value)]) -> String {
    let all: Vec<&Value> = found.iter().map(|it| &it.1).collect();
    let built: Vec<&Value> =
        all.iter().copied().filter(|it| !it["before"]["measured"].is_null()).collect();
    let after: Vec<&Value> =
        built.iter().copied().filter(|it| !it["after"]["measured"].is_null()).collect();
    let verified = after.iter().filter(|it| it["verdict"] == "verified").count();
    let mended = all
        .iter()
        .filter(|it| it["before"]["measured"].is_null() && !it["after"]["measured"].is_null());
    let split = after.iter().filter(|it| {
        it["transforms"].as_array().unwrap().iter().any(|it| it == "split-venv-stage")
    });
    let projects: BTreeSet<&str> = found
        .iter()
        .filter(|it| !it.1["before"]["measured"].is_null())
        .map(|it| it.0.as_str())
        .collect();
    let mut out = "| | |\n|---|---|\n".to_owned();
    let mut row = |name: &str, value: String| out += &format!("| {name} | {value} |\n");
    row("projects and images tried", format!("{tried}, {}", all.len()));
    row("projects and images that build before", format!("{}, {}", projects.len(), built.len()));
    let percent =
        |it: usize| format!("{it} ({:.0} %)", 100.0 * it as f64 / built.len().max(1) as f64);
    row("images that build after", percent(after.len()));
    row("with equal distributions, configuration and files", percent(verified));
    row("images that do not build today and do after", mended.count().to_string());
    row("get a stage of their own for what builds", split.count().to_string());
    let size = |side| sum(&after, side, "size") / 1e6;
    row("size, all together", format!("{:.0} → {:.0} MB", size("before"), size("after")));
    let cell = |side: &str| {
        let all = rebuilds(&after, side, "source");
        let seconds: Vec<f64> = all.iter().map(|it| it.0).collect();
        let steps: Vec<f64> = all.iter().map(|it| it.1 as f64).collect();
        let most = |it: &[f64]| it.iter().copied().fold(0.0, f64::max);
        let (worst, most_steps) = (most(&seconds), most(&steps));
        format!(
            "median {:.1} s, {:.0} steps; worst {worst:.1} s, {most_steps:.0} steps",
            median(seconds),
            median(steps)
        )
    };
    row("rebuild after a source edit, before", cell("before"));
    row("rebuild after a source edit, after", cell("after"));
    out
}
