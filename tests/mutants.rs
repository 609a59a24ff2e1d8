//! Mutants: each guard of `mutants.toml` turned off must make a test fail.
//!
//! All mutants are compiled into one copy of the crate, each behind a switch that the environment variable
//! `REFIT_MUTANT` turns on; so the copy is built once, and its fast tests run once for each mutant.

#![allow(clippy::print_stderr, clippy::print_stdout, clippy::unwrap_used, reason = "tests may")]

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::{Command, ExitCode, Stdio},
    thread,
    time::{Duration, Instant},
};

use libtest_mimic::{Arguments, Failed, Trial};
use serde::Deserialize;

/// How long the tests may take with a mutant; what never ends is found out, too.
const LIMIT: Duration = Duration::from_secs(120);

/// What every mutant is tried with, the fastest first: a program, and its arguments.
const TESTS: &[(&str, &[&str])] = &[
    ("pages", &["--quiet"]),
    ("lib", &["--quiet", "--skip", "transaction::", "--skip", "verify::"]),
    ("suite", &["--quiet", "oracle::", "managers::", "load::", "packages_that_git_keeps"]),
];

/// What of the project the copy needs.
const PARTS: &[&str] = &[
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "benches",
    "deny.toml",
    "docs",
    "examples",
    "schemas",
    "src",
    "tests",
    "transforms",
];

#[derive(Deserialize)]
struct Mutants {
    mutant: Vec<Mutant>,
}

/// A guard, and what it is without.
#[derive(Clone, Deserialize)]
struct Mutant {
    /// What it is called, and what `REFIT_MUTANT` turns it on by.
    name: String,
    /// The source that it is in.
    path: String,
    /// An expression that the source has once.
    old: String,
    /// What stands in its place: an expression of the same type.
    new: String,
    /// Text before the expression, if it takes more to tell it from others.
    #[serde(default)]
    after: String,
}

fn main() -> ExitCode {
    let arguments = Arguments::from_args();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let text = fs::read_to_string(root.join("tests/mutants.toml")).unwrap();
    let mutants: Mutants = toml_edit::de::from_str(&text).unwrap();
    if arguments.list {
        let trial = |it: &Mutant| Trial::test(it.name.clone(), || Ok(()));
        return libtest_mimic::run(&arguments, mutants.mutant.iter().map(trial).collect())
            .exit_code();
    }
    let copy = root.join("target/mutants");
    fs::create_dir_all(&copy).unwrap();
    for part in PARTS {
        mirror(&root.join(part), &copy.join(part));
    }
    switch(&copy, &mutants.mutant);
    let programs = build(&copy);
    let trial = |name: String, is_caught: bool| {
        let (programs, copy) = (programs.clone(), copy.clone());
        Trial::test(name.clone(), move || match (is_caught, failing(&programs, &copy, &name)) {
            (true, None) => Err(Failed::from("no test fails without this guard")),
            (false, Some(test)) => Err(Failed::from(format!("fails with no mutant: {test}"))),
            _ => Ok(()),
        })
    };
    let all = mutants.mutant.iter().map(|it| trial(it.name.clone(), true));
    // Without a mutant every test passes, so that it is the mutant that a failure is for.
    let trials = [trial("no mutant".to_owned(), false)].into_iter().chain(all).collect();
    libtest_mimic::run(&arguments, trials).exit_code()
}

/// Copies what differs, so that what did not change is not built again.
fn mirror(from: &Path, to: &Path) {
    if from.is_dir() {
        fs::create_dir_all(to).unwrap();
        let names = |folder: &Path| -> Vec<PathBuf> {
            fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()).collect()
        };
        for path in names(from) {
            mirror(&path, &to.join(path.file_name().unwrap()));
        }
        for path in names(to) {
            let original = from.join(path.file_name().unwrap());
            match (original.exists(), path.is_dir()) {
                (true, _) => {}
                (false, true) => fs::remove_dir_all(path).unwrap(),
                (false, false) => fs::remove_file(path).unwrap(),
            }
        }
    } else {
        let bytes = fs::read(from).unwrap();
        if bytes != fs::read(to).unwrap_or_default() || !to.exists() {
            fs::write(to, bytes).unwrap();
        }
    }
}

/// Puts every mutant into the copy, behind its switch.
fn switch(copy: &Path, mutants: &[Mutant]) {
    let mut files: BTreeMap<&str, Vec<(usize, &Mutant)>> = BTreeMap::new();
    for it in mutants {
        let text = fs::read_to_string(copy.join(&it.path)).unwrap();
        let whole = format!("{}{}", it.after, it.old);
        let found: Vec<usize> = text.match_indices(&whole).map(|it| it.0).collect();
        let [at] = found.as_slice() else {
            panic!("{}: {} has this {} times: {whole}", it.name, it.path, found.len());
        };
        files.entry(&it.path).or_default().push((at + it.after.len(), it));
    }
    for (path, mut all) in files {
        all.sort_by_key(|it| std::cmp::Reverse(it.0));
        let mut text = fs::read_to_string(copy.join(path)).unwrap();
        for pair in all.windows(2) {
            let ((later, _), (earlier, it)) = (pair[0], pair[1]);
            assert!(earlier + it.old.len() <= later, "{}: overlaps another mutant", it.name);
        }
        for (at, it) in all {
            let Mutant { name, old, new, .. } = it;
            let switched = format!("(if crate::mutant({name:?}) {{ {new} }} else {{ {old} }})");
            text.replace_range(at..at + old.len(), &switched);
        }
        fs::write(copy.join(path), text).unwrap();
    }
    let lib = copy.join("src/lib.rs");
    let mut text = fs::read_to_string(&lib).unwrap();
    text.push_str(
        "\nfn mutant(name: &str) -> bool {\n    static ON: std::sync::LazyLock<Option<String>> =\n        \
         std::sync::LazyLock::new(|| std::env::var(\"REFIT_MUTANT\").ok());\n    \
         ON.as_deref() == Some(name)\n}\n",
    );
    fs::write(&lib, text).unwrap();
    let manifest = copy.join("Cargo.toml");
    let mut text = fs::read_to_string(&manifest).unwrap();
    text.push_str("\n[workspace]\n");
    fs::write(&manifest, text).unwrap();
}

/// Builds the tests of the copy; each program by its name. They have a target of their own, because in a
/// shared one cargo takes the copy for the project itself.
fn build(copy: &Path) -> BTreeMap<String, PathBuf> {
    let output = Command::new(env!("CARGO"))
        .args(["test", "--no-run", "--locked", "--message-format=json"])
        .args(["--lib", "--test", "pages", "--test", "suite"])
        .current_dir(copy)
        .env("CARGO_TARGET_DIR", copy.join("target"))
        // Nobody debugs them, and they link faster.
        .env("CARGO_PROFILE_DEV_DEBUG", "none")
        .stderr(Stdio::inherit())
        .output()
        .unwrap();
    assert!(output.status.success(), "the mutants do not compile");
    let messages = String::from_utf8(output.stdout).unwrap();
    let messages = messages.lines().filter_map(|it| serde_json::from_str(it).ok());
    let program = |it: serde_json::Value| {
        let kind = it["target"]["kind"][0].as_str()?;
        let name = if kind == "lib" { kind } else { it["target"]["name"].as_str()? };
        Some((name.to_owned(), PathBuf::from(it["executable"].as_str()?)))
    };
    messages.filter_map(program).collect()
}

/// The first test program that fails with a mutant.
fn failing(
    programs: &BTreeMap<String, PathBuf>,
    copy: &Path,
    mutant: &str,
) -> Option<&'static str> {
    let fails = |(name, arguments): &&(&'static str, &[&str])| {
        let program = programs.get(*name).unwrap_or_else(|| panic!("no program {name}"));
        let mut child = Command::new(program)
            .args(*arguments)
            .current_dir(copy)
            .env("REFIT_MUTANT", mutant)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let start = Instant::now();
        loop {
            match child.try_wait().unwrap() {
                Some(status) => return !status.success(),
                None if LIMIT < start.elapsed() => {
                    child.kill().unwrap();
                    child.wait().unwrap();
                    return true;
                }
                None => thread::sleep(Duration::from_millis(20)),
            }
        }
    };
    TESTS.iter().find(fails).map(|it| it.0)
}
