//! Settings, ignores and exit codes.

use std::fs;

use super::{Folder, PINNED, UNPINNED, unpinned};

#[test]
fn one_bad_file_never_stops_the_others() {
    let folder = Folder::new(&[
        ("Dockerfile", UNPINNED),
        ("a/Dockerfile", "FROM a\nRUN <<EOF\n"),
        ("b/Dockerfile", "{% if x %}\nFROM b\n{% endif %}\n"),
    ]);
    fs::create_dir(folder.path().join("c")).unwrap();
    fs::write(folder.path().join("c/Dockerfile"), b"FROM c\n# caf\xe9\n").unwrap();
    let folder = folder.commit();
    let ran = folder.refit(&["apply", "--only", "pin-poetry"]);
    assert_eq!(ran.code, 0);
    for expected in [
        "error: a/Dockerfile:2: unterminated heredoc\nhint: ",
        "error: b/Dockerfile:1: unknown instruction: {%",
        "error: c/Dockerfile:2: ",
    ] {
        assert!(ran.stderr.contains(expected), "{}", ran.stderr);
    }
    assert_eq!(folder.read("Dockerfile"), PINNED);
    let ran = folder.refit(&["diff", "--exclude", "/?/Dockerfile"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    // One that is named was asked for.
    assert_eq!(folder.refit(&["diff", "a/Dockerfile", "Dockerfile"]).code, 2);
    assert_eq!(folder.refit(&["diff", "a/Dockerfile", "--exit-zero"]).code, 0);
}

#[test]
fn no_dockerfile_is_an_exit_code_of_its_own() {
    let folder = unpinned();
    folder.write("docs/notes.txt", "");
    for command in [&["check"][..], &["diff", "-q"], &["apply", "--exit-zero"], &["verify"]] {
        let ran = folder.refit(&[command, &["docs"]].concat());
        assert_eq!(ran.code, 3, "{ran:?}");
        assert!(ran.stderr.starts_with("error: no Dockerfile here\nhint: "), "{ran:?}");
    }
    assert_eq!(folder.refit(&["check", "--exit-zero"]).code, 0);
    folder.write("refit.toml", "[pin-poetry]\nversion = \"banana\"\n");
    let ran = folder.refit(&["check"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
    assert!(ran.stderr.starts_with("error: refit.toml:2: banana is not a version"), "{ran:?}");
}

#[test]
fn the_configuration_is_the_nearest_above() {
    let folder = unpinned();
    folder.write("refit.toml", "skip = [\"pin-poetry\", \"mount-caches\"]\n");
    assert!(folder.refit(&["diff", "-q", "api"]).stdout.is_empty());
    folder.write("refit.toml", "exclude = [\"/api/\"]\n");
    assert!(folder.refit(&["diff", "-q"]).stdout.is_empty());
    folder.write("api/refit.toml", "only = [\"pin-poetry\"]\n");
    assert!(!folder.refit(&["diff", "-q", "api/Dockerfile"]).stdout.is_empty());
    assert!(folder.refit(&["diff", "-q", "api", "--config", "refit.toml"]).stdout.is_empty());
}

#[test]
fn mistakes_are_errors_with_a_hint() {
    let folder = unpinned();
    folder.write("bad.toml", "\n[pin-poetry]\nverison = \"1\"\n");
    for (arguments, error, hint) in [
        (["diff", "--config", "bad.toml"], "bad.toml:3: unknown key `verison`", "`version`"),
        (["diff", "--only", "pin-peotry"], "there is no transform `pin-peotry`", "`pin-poetry`"),
        (["diff", "--skip", "pin_poetry"], "there is no transform `pin_poetry`", "`pin-poetry`"),
        (["diff", "--recipe", "audti"], "there is no recipe `audti`", "`audit`"),
        (["diff", "--exclude", "a["], "`a[` is not a glob", "--exclude"),
        (
            ["diff", "-q", ".git/HEAD"],
            "not a folder and not named as a Dockerfile",
            "name a folder",
        ),
        (["explain", "-q", "pin"], "there is no transform `pin`", "`pin-poetry`"),
    ] {
        let ran = folder.refit(&arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        let lines: Vec<&str> = ran.stderr.lines().collect();
        assert!(lines[0].starts_with("error: ") && lines[0].contains(error), "{ran:?}");
        assert!(lines[1].starts_with("hint: ") && lines[1].contains(hint), "{ran:?}");
    }
    assert_eq!(folder.refit(&["diff", "gone"]).code, 2);
    assert_eq!(folder.refit(&["frobnicate"]).code, 2);
    assert_eq!(folder.refit(&["--help"]).code, 0);
}
