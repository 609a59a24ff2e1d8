//! Real builds: what refit makes of a project is built, and is what it was.
//!
//! Needs a builder that answers and base images; where one of them is missing, a line says so and nothing
//! is tested. `REFIT_BUILD_OPTIONS` is handed to the builder, such as `--network=host`. `BUILDS=all` tries
//! every project of the corpus, not only those of which `tests/builds/corpus.tsv` says that they build;
//! `BUILDS=NAME` one project. `UPDATE=1` writes the tables of the README, and with `BUILDS=all` the list.

#![allow(unreachable_pub, reason = "a test of several files")]
#![allow(clippy::cast_precision_loss, reason = "figures for people")]
#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

#[path = "builds/corpus.rs"]
mod corpus;
#[path = "builds/settled.rs"]
mod settled;
mod support;
#[path = "builds/table.rs"]
mod table;

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
};

use libtest_mimic::{Arguments, Failed, Trial};
use refit::verify::builder::{Builder, Choice};
use serde_json::Value;

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
    command.args(["verify", "--format", "json", "--no-syntax", "--timeout", "1200"]).args(more);
    command.args(build_options().iter().map(|it| format!("--build-option={it}"))).arg(folder);
    let output = command.stderr(Stdio::inherit()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(!text.is_empty(), "refit {more:?}: {}", output.status);
    serde_json::from_str(&text).unwrap()
}

/// The example, all of it: the audit's own table.
fn example() -> Result<(), Failed> {
    let folder = tempfile::tempdir()?;
    for (path, text) in support::example("assistants") {
        let path = folder.path().join(path.as_str());
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, text)?;
    }
    let found = verify(folder.path(), &[]);
    table::publish("the example", &table::of_example(&found));
    let images = found["images"].as_array().unwrap();
    let failed: Vec<_> = images.iter().filter(|it| it["verdict"] != "verified").collect();
    if !failed.is_empty() {
        return Err(format!("not verified: {failed:#?}").into());
    }
    let dockerfiles = &found["dockerfiles"];
    let (before, after) = (dockerfiles["before"].as_u64(), dockerfiles["after"].as_u64());
    if (before, after, images.len()) != (Some(14), Some(7), 14) {
        return Err(
            format!("{} images of {before:?} Dockerfiles, now {after:?}", images.len()).into()
        );
    }
    for it in images {
        let size = |side: &str| it[side]["measured"]["size"].as_u64().unwrap();
        if size("after") >= size("before") {
            return Err(format!("{} did not get smaller", it["name"]).into());
        }
    }
    Ok(())
}

/// A file of this project.
fn own(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}
