//! The command as a user runs it.

mod chosen;
mod formats;
mod hostile;
mod install;
mod projects;
mod saved;
mod series;
mod settings;
mod story;
#[cfg(unix)]
mod verify;

use std::{
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Output, Stdio},
};

const UNPINNED: &str = "FROM python:3.12\n# why\nRUN pip install poetry\n";
const PINNED: &str = "FROM python:3.12\n# why\nRUN pip install poetry==1.8.3\n";

/// A folder with files, outside of any repository until [`Folder::commit`].
struct Folder(tempfile::TempDir);

impl Folder {
    fn new(files: &[(&str, &str)]) -> Self {
        let folder = Self(tempfile::tempdir().unwrap());
        for (path, text) in files {
            folder.write(path, text);
        }
        folder
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path().join(path)).unwrap()
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
        let mut command = Command::new("git");
        command.args(identity).args(arguments).current_dir(self.path());
        let output = command.output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    fn commit(self) -> Self {
        self.git(&["init", "--quiet"]);
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", "all"]);
        self
    }

    fn refit(&self, arguments: &[&str]) -> Ran {
        self.refit_with(arguments, "")
    }

    /// Runs the command in the folder.
    fn refit_with(&self, arguments: &[&str], stdin: &str) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
        command.args(arguments).current_dir(self.path()).env_remove("NO_COLOR");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        // A command that refuses its arguments may be gone before it reads.
        let written = child.stdin.take().unwrap().write_all(stdin.as_bytes());
        let gone = |it: std::io::Error| it.kind() == std::io::ErrorKind::BrokenPipe;
        assert!(written.map_or_else(gone, |()| true));
        Ran::from(child.wait_with_output().unwrap())
    }
}

#[derive(Debug)]
struct Ran {
    code: i32,
    stdout: String,
    stderr: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |it| String::from_utf8(it).unwrap();
        Self {
            code: output.status.code().unwrap(),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }
}

/// A committed project with one change to make.
fn unpinned() -> Folder {
    Folder::new(&[("api/Dockerfile", UNPINNED), ("Dockerfile", "FROM scratch\n")]).commit()
}

#[test]
fn diff_shows_and_writes_nothing() {
    let folder = unpinned();
    let ran = folder.refit(&["diff", "--only", "pin-poetry"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stdout.starts_with("diff --git a/api/Dockerfile b/api/Dockerfile\n--- a/api/D"));
    assert!(ran.stdout.contains("\n-RUN pip install poetry\n+RUN pip install poetry==1.8.3\n"));
    assert!(ran.stderr.contains("1 file would change: 1 change"), "{ran:?}");
    assert!(
        ran.stderr.contains("\napi/Dockerfile\n     3  review  Pin Poetry to 1.8.3  pin-poetry\n")
    );
    assert_eq!(folder.read("api/Dockerfile"), UNPINNED);
    assert_eq!(folder.refit(&["diff", "--only", "pin-poetry", "--exit-code"]).code, 1);
    assert_eq!(
        folder.refit(&["diff", "--skip", "pin-poetry", "--exit-code", "Dockerfile"]).code,
        0
    );
    assert!(folder.git(&["status", "--porcelain"]).is_empty());
}

#[test]
fn packages_that_git_keeps_stay_in_the_context() {
    let dockerfile = "FROM node:22\nWORKDIR /shop\nCOPY package.json ./\nRUN npm ci\nCOPY . .\nRUN npm run build\n";
    let files = [
        ("Dockerfile", dockerfile),
        ("package.json", r#"{"scripts": {"build": "tsc"}}"#),
        ("node_modules/typescript/bin/tsc", "#!/usr/bin/env node\n"),
    ];
    let diff = |folder: Folder| folder.refit(&["diff", "--only", "write-dockerignore"]).stdout;
    assert!(diff(Folder::new(&files).commit()).contains("+.git"));
    assert!(!diff(Folder::new(&files).commit()).contains("+node_modules"));
    let mine = Folder::new(&files[..2]).commit();
    mine.write(files[2].0, files[2].1);
    assert!(diff(mine).contains("+node_modules"));
}

#[test]
fn git_applies_what_diff_shows_and_apply_writes_the_same() {
    for from in [".", "api"] {
        let (ours, theirs) = (unpinned(), unpinned());
        let patch = theirs.refit(&["diff", "-q", from]).stdout;
        theirs.write(".git/patch", &patch);
        theirs.git(&["apply", ".git/patch"]);
        assert_eq!(ours.refit(&["apply", from]).code, 0);
        assert_eq!(ours.read("api/Dockerfile"), theirs.read("api/Dockerfile"));
        assert_eq!(ours.git(&["diff"]), theirs.git(&["diff"]));
    }
}

#[test]
fn check_shows_each_place_and_tells_by_its_exit_code() {
    let folder = unpinned();
    let ran = folder.refit(&["check", "--only", "pin-poetry"]);
    assert_eq!(ran.code, 1);
    assert!(ran.stdout.starts_with("review[pin-poetry]: Pin Poetry to 1.8.3\n"), "{ran:?}");
    assert!(ran.stdout.contains("--> api/Dockerfile:3:1\n"), "{ran:?}");
    assert!(
        ran.stdout.contains("\n3 | RUN pip install poetry\n  | ^^^^^^^^^^^^^^^^^^^^^^\n"),
        "{ran:?}"
    );
    assert!(ran.stderr.contains("\n  refit apply --only pin-poetry  makes it;"), "{ran:?}");
    let ran = folder.refit(&["check", "--only", "pin-poetry", "Dockerfile", "-q"]);
    assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", ""));
}

#[test]
fn a_dockerfile_on_standard_input_is_read_in_its_project() {
    let folder = unpinned();
    let name = ["--stdin-filename", "api/Dockerfile", "--only", "pin-poetry"];
    let with = |command: &'static str| [&[command, "-"], name.as_slice()].concat();
    let ran = folder.refit_with(&with("apply"), UNPINNED);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, PINNED), "{ran:?}");
    let ran = folder.refit_with(&with("apply"), PINNED);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, PINNED), "{ran:?}");
    let ran = folder.refit_with(&with("diff"), UNPINNED);
    assert!(ran.stdout.starts_with("diff --git a/api/Dockerfile b/api/Dockerfile\n"), "{ran:?}");
    assert_eq!(folder.refit_with(&with("check"), UNPINNED).code, 1);
    // What does not parse comes back as it was.
    let ran = folder.refit_with(&with("apply"), "FRM x");
    assert_eq!((ran.code, ran.stdout.as_str()), (2, "FRM x"), "{ran:?}");
    let ran = folder.refit_with(&["apply", "-", "--only", "pin-poetry"], UNPINNED);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, PINNED), "{ran:?}");
    assert_eq!(folder.refit_with(&["apply", "-", "--stdin-filename", "notes.txt"], "").code, 2);
    assert_eq!(folder.refit_with(&["apply", "-", "api"], UNPINNED).code, 2);
    assert!(folder.git(&["status", "--porcelain"]).is_empty());
}

#[test]
fn json_says_all_of_it() {
    let folder = unpinned();
    folder.write("bad.Dockerfile", "FRM x\n");
    let ran = folder.refit(&["diff", "-q", "--format", "json", "--only", "pin-poetry"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!((ran.code, &json["version"]), (0, &1.into()));
    let change = &json["changes"][0];
    assert_eq!((&change["transform"], &change["line"]), (&"pin-poetry".into(), &3.into()));
    assert_eq!(json["problems"][0]["path"], "bad.Dockerfile");
    assert_eq!(json["files"][0]["kind"], "edit");
    assert_eq!(json["summary"]["by_transform"]["pin-poetry"]["safe"], json["summary"]["safe"]);
    let text = folder.refit(&["diff", "-q", "--only", "pin-poetry"]);
    assert_eq!(json["files"][0]["diff"], text.stdout);
}

#[test]
fn list_and_explain_know_every_transform_and_recipe() {
    let folder = Folder::new(&[]);
    let list = folder.refit(&["list"]).stdout;
    for name in refit::transforms::ALL.iter().map(|it| it.name) {
        assert!(list.lines().any(|it| it.trim_start().starts_with(&format!("{name} "))), "{list}");
        let page = folder.refit(&["explain", name]);
        assert_eq!(page.code, 0);
        assert!(!page.stdout.contains("```") && !page.stdout.starts_with('#'), "{}", page.stdout);
        assert!(page.stdout.lines().count() <= 60, "{}", page.stdout);
        let whole = folder.refit(&["explain", name, "--examples"]);
        assert!(
            whole.code == 0
                && page.stdout.len() < whole.stdout.len()
                && !whole.stdout.contains("```")
        );
    }
    for code in refit::transforms::ALL.iter().flat_map(|it| it.codes) {
        let page = folder.refit(&["explain", code]);
        assert!(page.code == 0 && page.stdout.starts_with(code), "{page:?}");
    }
    for (name, said) in
        [("uid", "run-as-nonroot.uid in refit.toml"), ("exclude", "- type: list of strings")]
    {
        let page = folder.refit(&["explain", name]);
        assert!(page.code == 0 && page.stdout.contains(said), "{page:?}");
    }
    let json = folder.refit(&["list", "--format", "json"]).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["transforms"].as_array().unwrap().len(), refit::transforms::ALL.len());
    for name in refit::transforms::recipe::ALL.iter().map(|it| it.name) {
        assert!(list.contains(&format!("  {name} ")), "{list}");
        assert_eq!(folder.refit(&["explain", name]).code, 0);
    }
}

#[test]
fn colors_are_for_those_who_want_them() {
    let folder = unpinned();
    let plain = folder.refit(&["diff"]);
    assert!(!plain.stdout.contains('\u{1b}') && !plain.stderr.contains('\u{1b}'));
    let colored = folder.refit(&["diff", "--color", "always"]).stdout;
    assert!(colored.contains("\u{1b}[31m-RUN"), "{colored}");
    assert_eq!(anstream::adapter::strip_str(&colored).to_string(), plain.stdout);
}

#[test]
fn a_reader_who_stops_is_no_error() {
    let files: Vec<_> = (0..200).map(|it| (format!("{it}/Dockerfile"), UNPINNED)).collect();
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1)).collect();
    let folder = Folder::new(&files);
    let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
    command.args(["diff", "-q"]).current_dir(folder.path());
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    drop(child.stdout.take());
    let ran = Ran::from(child.wait_with_output().unwrap());
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
}

#[test]
fn the_help_is_one_screen() {
    let folder = Folder::new(&[]);
    let help = folder.refit(&["-h"]).stdout;
    assert!(help.lines().count() <= 40, "{help}");
    let commands = [
        "diff",
        "apply",
        "check",
        "report",
        "verify",
        "undo",
        "list",
        "explain",
        "init",
        "completions",
        "man",
    ];
    for command in commands {
        assert!(help.contains(&format!("  {command} ")), "{help}");
        assert_eq!(folder.refit(&[command, "--help"]).code, 0);
    }
}

#[test]
fn verify_says_what_is_missing_to_build() {
    let folder = unpinned();
    let refit = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
        command.args(arguments).current_dir(folder.path()).env("PATH", "");
        Ran::from(command.output().unwrap())
    };
    let ran = refit(&["verify", "--quiet"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""));
    let expected = "error: no builder answers\n  docker: not on PATH\n  buildah: not on PATH\n  podman: not on PATH\n\
                    hint: Install Docker with buildx, buildah or podman, and start its engine if it has one.\n";
    assert_eq!(ran.stderr, expected);
    let ran = refit(&["apply", "--verify", "--quiet", "--allow-dirty", "--builder", "podman"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("  podman: not on PATH\nhint: Install podman"), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), UNPINNED);
}

#[test]
fn verify_builds_only_what_changes() {
    let folder = Folder::new(&[("Dockerfile", "FROM scratch\nCOPY a /\n"), ("a", "")]).commit();
    let ran = folder.refit(&["verify", "--service", "web"]);
    assert!(ran.code == 2 && ran.stderr.contains("called web\nhint: no image changes"), "{ran:?}");
    // Nothing to build needs no builder.
    let ran = folder.refit(&["verify", "--format", "markdown", "--quiet"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, "No image changes.\n"), "{ran:?}");
    let unknown = unpinned().refit(&["verify", "--service", "web"]);
    assert!(unknown.stderr.contains("\nhint: these change: api\n"), "{unknown:?}");
}

#[test]
fn options_of_builds_need_a_build() {
    let folder = unpinned();
    let building = ["--keep", "--no-syntax", "--smoke=true", "--timeout=1", "--build-option=--x"];
    let running = ["--run=none", "--run-seconds=1", "--run-network=host"];
    for option in building.into_iter().chain(running) {
        let ran = folder.refit(&["apply", option]);
        assert_eq!(ran.code, 2, "{ran:?}");
        let name = option.split('=').next().unwrap();
        assert!(ran.stderr.starts_with(&format!("error: {name} without --verify\n")), "{ran:?}");
    }
    for command in [&["verify", "-"][..], &["apply", "--verify", "-"]] {
        let ran = folder.refit(command);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.starts_with("error: a Dockerfile on standard input cannot be built\n"));
    }
    assert_eq!(folder.read("api/Dockerfile"), UNPINNED);
}
