//! The transcript in `examples/assistants/README.md` is a session that really happened: every command in
//! it is run, in order, in a copy of the example, and prints what stands below it.
//!
//! `UPDATE=1 cargo test --test suite readme` writes what the commands print.

use std::{
    env, fs,
    path::{Path, PathBuf},
    process::Command,
};

use refit::{
    cli::config::{self, Config},
    engine::{
        diff::diff,
        plan::{Options, plan},
    },
    transforms,
};

use crate::support::page::cases;

const README: &str = "examples/assistants/README.md";

#[test]
fn the_example_is_a_session_that_happened() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let example = copy(&root.join("examples/assistants"));
    let readme = fs::read_to_string(root.join(README)).unwrap();
    let mut actual = String::new();
    let mut lines = readme.lines().peekable();
    while let Some(line) = lines.next() {
        actual += line;
        actual.push('\n');
        if line != "```console" {
            continue;
        }
        while let Some(line) = lines.next_if(|it| *it != "```") {
            // What was printed is printed afresh.
            if let Some(command) = line.strip_prefix("$ ") {
                actual += &format!("{line}\n{}", session(example.path(), command));
            }
        }
    }
    if env::var_os("UPDATE").is_some() {
        fs::write(root.join(README), &actual).unwrap();
    }
    similar_asserts(&readme, &actual);
}

#[test]
fn the_readme_shows_all_that_is_done_to_the_example() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let readme = fs::read_to_string(root.join("README.md")).unwrap();
    let command = "cargo run --release -- diff examples/assistants";
    assert!(readme.contains(&format!("$ {command}")));
    let diff = |folder, command: &str| session(folder, &format!("({command} 2>/dev/null)"));
    // From where this repository is, and as the repository that it is meant to be.
    let inside = diff(root, "refit diff examples/assistants");
    let alone = diff(copy(&root.join("examples/assistants")).path(), "refit diff");
    assert_eq!(inside.replace("examples/assistants/", ""), alone);
    assert_eq!(alone.matches("\ndeleted file mode").count(), 7);
}

#[test]
fn there_is_nothing_to_change_in_the_image_of_refit() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let found = session(root, "refit check --recipe all --format concise Dockerfile");
    assert!(found.contains("nothing to change in 1 Dockerfile"), "{found}");
    assert!(!found.contains("[exit"), "{found}");
}

#[test]
fn the_readme_names_commands_that_exist() {
    let readme =
        fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).unwrap();
    let commands = readme.lines().filter_map(|it| it.strip_prefix("$ refit "));
    let mut seen = 0;
    for command in commands {
        let words = command.split('#').next().unwrap().split_whitespace().take(1);
        let help =
            Command::new(env!("CARGO_BIN_EXE_refit")).args(words).arg("--help").output().unwrap();
        assert!(help.status.success(), "README.md: refit {command}");
        seen += 1;
    }
    assert!(seen > 0);
}

fn similar_asserts(expected: &str, actual: &str) {
    // How large the history is that a context no longer holds depends on git.
    let steady = |text: &str| {
        let sizes = ["Files sent to builders", "Their size"];
        let lines = text.lines().map(|line| match sizes.iter().find(|it| line.starts_with(**it)) {
            Some(name) => name,
            None if line.contains("no longer sent") => {
                line.split_once("; ").map_or(line, |it| it.0)
            }
            None => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    };
    if steady(expected) != steady(actual) {
        let diff = similar::TextDiff::from_lines(expected, actual);
        panic!("{README} is stale (UPDATE=1 writes it):\n{}", diff.unified_diff());
    }
}

/// The example in a repository of its own, committed.
fn copy(example: &Path) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for file in files(example) {
        let target = folder.path().join(file.strip_prefix(example).unwrap());
        fs::create_dir_all(target.parent().unwrap()).unwrap();
        // What the session prints must not depend on what this file says of it.
        if file.file_name().unwrap() != "README.md" {
            fs::copy(&file, target).unwrap();
        }
    }
    for command in ["git init --quiet .", "git add --all", "git commit --quiet --message start"] {
        assert_eq!(session(folder.path(), command), "");
    }
    folder
}

fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap().map(|it| it.unwrap().path()) {
        if entry.is_dir() { found.extend(files(&entry)) } else { found.push(entry) }
    }
    found
}

/// What a command line prints, on both streams and in the order in which a terminal shows them.
fn session(folder: &Path, command: &str) -> String {
    let refit = Path::new(env!("CARGO_BIN_EXE_refit")).parent().unwrap();
    let path = format!("{}:{}", refit.display(), env::var("PATH").unwrap());
    let output = Command::new("sh")
        .args(["-c", &format!("{command} 2>&1")])
        .current_dir(folder)
        .env("PATH", path)
        .env("NO_COLOR", "1")
        .envs([("GIT_AUTHOR_NAME", "a"), ("GIT_AUTHOR_EMAIL", "a@example.com")])
        .envs([("GIT_COMMITTER_NAME", "a"), ("GIT_COMMITTER_EMAIL", "a@example.com")])
        .env("GIT_CONFIG_GLOBAL", "/dev/null")
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    match output.status.code() {
        Some(0) => text,
        code => format!("{text}[exit {}]\n", code.unwrap_or(-1)),
    }
}

#[test]
fn the_readme_shows_what_refit_does() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let mut readme = fs::read_to_string(&path).unwrap();
    let case = cases(&readme).into_iter().next().unwrap();
    let plan = plan(case.project().unwrap(), transforms::ALL, &Options::default());
    let diffs = diff(&plan.before, plan.after());
    let shown: String = diffs.iter().map(|it| it.body.as_str()).collect();
    assert_eq!(plan.changes().count(), 5);
    if env::var_os("UPDATE").is_some() {
        readme.replace_range(case.diff_span.clone().unwrap(), &shown);
        fs::write(path, &readme).unwrap();
    }
    assert_eq!(case.diff.unwrap_or_default(), shown, "UPDATE=1 cargo test --test suite readme");
}

#[test]
fn the_readme_names_every_transform_and_every_setting() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(path).unwrap();
    for name in transforms::ALL.iter().map(|it| it.name) {
        assert!(readme.contains(&format!("\n| [`{name}`](")), "{name} has no row in the table");
    }
    let settings = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    Config::parse(settings).unwrap();
    let schema = config::schema();
    let mut seen = 0;
    for (name, it) in schema.get("properties").unwrap().as_object().unwrap() {
        for option in it["properties"].as_object().into_iter().flatten().map(|it| it.0) {
            assert!(settings.contains(&format!("\n{option} = ")), "{name}.{option}");
            seen += 1;
        }
        // The one or the other.
        let one =
            settings.contains(&format!("{name} = ")) || settings.contains(&format!("`{name}`"));
        assert!(one || settings.contains(&format!("\n[{name}]\n")), "{name}");
    }
    assert!(5 < seen, "{seen}");
}
