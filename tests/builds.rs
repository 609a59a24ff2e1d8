//! Real builds: what refit makes of a project is built, and is what it was.
//!
//! Needs a builder that answers and base images; where one of them is missing, a line says so and nothing
//! is tested. `REFIT_BUILD_OPTIONS` is handed to the builder, such as `--network=host`. Of the corpus, those
//! images are built that `tests/builds/corpus.tsv` lists, those that do not take long;
//! `BUILDS=listed` builds all of the list, `BUILDS=NAME` those of one project, `BUILDS=all` tries every
//! project; listed and all go on where they were interrupted. `UPDATE=1` writes the tables of the README,
//! and with `BUILDS=all` or `listed` the list.

#![allow(unreachable_pub, reason = "a test of several files")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

#[path = "builds/cached.rs"]
mod cached;
#[path = "builds/corpus.rs"]
mod corpus;
#[path = "builds/runs.rs"]
mod runs;
#[path = "builds/settled.rs"]
mod settled;
mod support;
#[path = "builds/table.rs"]
mod table;

use std::{
    env,
    fmt::Display,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use libtest_mimic::{Arguments, Failed, Trial};
use refit::verify::builder::{Builder, Choice};
use serde_json::Value;
use tempfile::TempDir;

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Builds are timed.
    arguments.test_threads = Some(1);
    let missing = missing();
    if let Some(missing) = &missing {
        println!("skipped: no real builds: {missing}");
    }
    let trial = |name: &str, test: fn() -> Result<(), Failed>| {
        Trial::test(name, test).with_ignored_flag(missing.is_some())
    };
    let trials = vec![
        trial("a_step_that_breaks_an_image_is_left_out", settled::a_step_that_breaks_is_left_out),
        trial("what_a_smoke_test_sees_is_a_difference", settled::a_smoke_test_sees_a_difference),
        trial("a_stale_cache_is_a_difference", settled::a_stale_cache_is_a_difference),
        trial("what_a_new_user_cannot_do_is_left_out", runs::what_a_new_user_cannot_do_is_left_out),
        trial("what_runs_alone_is_started_as_compose_does", runs::started_as_compose_does),
        trial("what_an_edit_runs_again_is_known", cached::the_model_is_what_buildkit_does),
        trial("the_example_is_what_it_was", example),
        trial("every_project_that_builds_still_builds", corpus::every_project_still_builds),
    ];
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// What real builds need and is not here.
fn missing() -> Option<String> {
    let builder = match Builder::find(Choice::Auto) {
        Ok(it) => it,
        Err(it) => return Some(it.to_string().lines().next().unwrap_or_default().to_owned()),
    };
    let absent = [BASE, "python:3.11-slim"].into_iter().find(|it| builder.inspect(it).is_err())?;
    Some(format!("{} has no base image {absent}", builder.name()))
}

/// A small image to build on.
const BASE: &str = "debian:bookworm-slim";

/// The options that this machine's builder needs.
fn build_options() -> Vec<String> {
    let options = env::var("REFIT_BUILD_OPTIONS").unwrap_or_default();
    options.split_whitespace().map(str::to_owned).collect()
}

/// Runs `refit verify` on a folder, and reads what it prints.
fn verify(folder: &Path, more: &[&str]) -> Value {
    let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
    command.args(["verify", "--format", "json", "--no-syntax", "--timeout", "900", "--fresh"]);
    // Builds are timed.
    command.args(["--jobs", "1"]).args(more);
    command.args(build_options().iter().map(|it| format!("--build-option={it}"))).arg(folder);
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "refit {more:?}: {}", output.status);
    serde_json::from_str(&text).unwrap()
}

/// The services of the example, with a Dockerfile and a Dockerfile.test each.
const SERVICES: [&str; 7] = [
    "admin_service",
    "assistant_service",
    "cron_service",
    "google_calendar_service",
    "rag_service",
    "rest_service",
    "telegram_bot_service",
];

/// The example, all of it: the audit's own table.
fn example() -> Result<(), Failed> {
    let folder = written(&support::example("assistants"));
    let images = |suffix: &str, rebuilds: &str| {
        let services = SERVICES.map(|it| format!("--service={it}/Dockerfile{suffix}"));
        let more: Vec<&str> =
            [rebuilds].into_iter().chain(services.iter().map(String::as_str)).collect();
        verify(folder.path(), &more)
    };
    let services = images("", "--rebuilds=source,manifest");
    let tests = images(".test", "--rebuilds=none");
    table::publish("the example", &table::of_example(&services, &tests));
    let images = || [&services, &tests].into_iter().flat_map(|it| it["images"].as_array().unwrap());
    let failed: Vec<_> = images().filter(|it| it["verdict"] != "verified").collect();
    if !failed.is_empty() {
        return Err(format!("not verified: {failed:#?}").into());
    }
    let dockerfiles = &services["dockerfiles"];
    let (before, after) = (dockerfiles["before"].as_u64(), dockerfiles["after"].as_u64());
    if (before, after, images().count()) != (Some(14), Some(7), 14) {
        return Err(format!(
            "{} images of {before:?} Dockerfiles, now {after:?}",
            images().count()
        )
        .into());
    }
    for it in images() {
        let size = |side: &str| it[side]["measured"]["size"].as_u64().unwrap();
        if size("after") >= size("before") {
            return Err(format!("{} did not get smaller", it["name"]).into());
        }
    }
    Ok(())
}

/// A folder with these files: path and text.
fn written(files: &[(impl Display, impl AsRef<str>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path.to_string());
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text.as_ref()).unwrap();
    }
    folder
}

/// A file of this project.
fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
