//! Settings, ignores and exit codes.

use std::{fs, process::Command};

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
fn other_peoples_dockerfiles_are_counted_and_left_out() {
    let folder = unpinned();
    folder.write("vendor/example.org/b/Dockerfile", UNPINNED);
    let ran = folder.refit(&["diff", "--only", "pin-poetry"]);
    assert!(!ran.stdout.contains("vendor/") && !ran.stdout.is_empty(), "{ran:?}");
    assert!(ran.stderr.contains("1 Dockerfile below vendor/ and the like left out"), "{ran:?}");
    for named in ["vendor", "vendor/example.org/b/Dockerfile"] {
        let ran = folder.refit(&["diff", "--only", "pin-poetry", named]);
        assert!(ran.stdout.contains("+++ b/vendor/example.org/b/Dockerfile"), "{ran:?}");
        assert!(!ran.stderr.contains("left out"), "{ran:?}");
    }
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
    // An `exclude` holds for all that is below its folder.
    assert!(folder.refit(&["diff", "-q", "api/Dockerfile"]).stdout.is_empty());
    assert!(folder.refit(&["diff", "-q", "api", "--config", "refit.toml"]).stdout.is_empty());
}

#[test]
fn each_dockerfile_has_the_closest_settings() {
    let folder = Folder::new(&[
        ("refit.toml", "only = [\"pin-poetry\"]\n[pin-poetry]\nversion = \"1.7.1\"\n"),
        ("Dockerfile", UNPINNED),
        ("api/refit.toml", "extend = \"../refit.toml\"\n[pin-poetry]\nrenovate = true\n"),
        ("api/v1/Dockerfile", UNPINNED),
        ("web/refit.toml", "skip = [\"pin-poetry\", \"mount-caches\"]\n"),
        ("web/Dockerfile", UNPINNED),
        ("job/refit.toml", "only = [\"pin-poetry\"]\n"),
        ("job/Dockerfile", UNPINNED),
    ]);
    let folder = folder.commit();
    assert_eq!(folder.refit(&["apply"]).code, 0);
    assert_eq!(folder.read("Dockerfile"), UNPINNED.replace("poetry", "poetry==1.7.1"));
    let api = folder.read("api/v1/Dockerfile");
    assert!(api.contains("ARG POETRY_VERSION=1.7.1"), "{api}");
    assert_eq!(folder.read("web/Dockerfile"), UNPINNED);
    assert_eq!(folder.read("job/Dockerfile"), PINNED);
    folder.write("api/refit.toml", "extend = \"refit.toml\"\n");
    let ran = folder.refit(&["check"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.starts_with("error: api/refit.toml extends itself\nhint: "), "{ran:?}");
    folder.write("api/refit.toml", "[pin-poetry]\n\nversion = 3\n");
    let ran = folder.refit(&["check"]);
    assert!(ran.stderr.starts_with("error: api/refit.toml:3: invalid type"), "{ran:?}");
    // Standard input has a place, too.
    folder.write("api/refit.toml", "extend = \"../refit.toml\"\n");
    let stdin = ["apply", "-", "--stdin-filename", "api/v1/Dockerfile"];
    let ran = folder.refit_with(&stdin, UNPINNED);
    assert_eq!(ran.stdout, UNPINNED.replace("poetry", "poetry==1.7.1"), "{ran:?}");
}

#[test]
fn an_ignore_that_says_nothing_is_a_warning() {
    let text = "# refit: ignore[pin-peotry]\nFROM python:3.12\n\
                # refit: ignore[pin-poetry, copy-manifests-first] the index has one version\n\
                RUN pip install poetry\n# refit: ignroe\n# refit: ignore[mount-caches\n\
                # refit: writes /data\nRUN a && \\\n  # refit: ignore\n  b\n# refit: ignore\nARG x\n";
    let folder = Folder::new(&[("Dockerfile", text)]).commit();
    let ran = folder.refit(&["diff", "--only", "pin-poetry,copy-manifests-first"]);
    let warnings: Vec<&str> = ran.stderr.lines().filter(|it| it.starts_with("warning: ")).collect();
    let expected = [
        "warning: Dockerfile:1: there is no transform `pin-peotry`; did you mean `pin-poetry`?",
        "warning: Dockerfile:3: copy-manifests-first has nothing to do here; take copy-manifests-first out of the comment",
        "warning: Dockerfile:5: `# refit: ignroe` is not understood; it is `# refit: ignore`, or `# refit: ignore[NAME, NAME] reason`",
        "warning: Dockerfile:6: `# refit: ignore[mount-caches` is not understood; it is `# refit: ignore`, or `# refit: ignore[NAME, NAME] reason`",
        "warning: Dockerfile:9: a comment for refit inside an instruction has no effect; put it directly above the instruction",
    ];
    assert_eq!(warnings, expected, "{ran:?}");
    let said = "     4  left    pin-poetry [ignored]\n                the comment on line 3 says so: the index has one version\n";
    assert!(ran.stderr.contains(said), "{ran:?}");
    // With every transform it is known that nothing keeps away from line 12.
    let ran = folder.refit(&["check", "-q", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(json["warnings"].as_array().unwrap().last().unwrap()["line"], 11);
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
        (["explain", "-q", "pin"], "there is no transform, code or setting `pin`", "`pin-poetry`"),
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

#[test]
fn what_the_user_ignores_everywhere_is_ignored() {
    let home = Folder::new(&[("rules", "draft/\n")]);
    let folder = Folder::new(&[("draft/Dockerfile", UNPINNED), ("Dockerfile", "FROM scratch\n")]);
    folder.git(&["init", "--quiet"]);
    let checked = || {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
        command.args(["check", "--only", "pin-poetry"]).current_dir(folder.path());
        command.env("HOME", home.path()).env("XDG_CONFIG_HOME", home.path().join("xdg"));
        command.env_remove("GIT_CONFIG_GLOBAL").env("GIT_CONFIG_SYSTEM", "/dev/null");
        command.output().unwrap().status.code().unwrap()
    };
    assert_eq!(checked(), 1);
    home.write(".gitconfig", "[user]\n\tname = a\n");
    assert_eq!(checked(), 1);
    let rules = home.path().join("rules");
    home.write(".gitconfig", &format!("[core]\n\texcludesFile = {}\n", rules.display()));
    assert_eq!(checked(), 0);
    home.write(".gitconfig", "");
    home.write("xdg/git/ignore", "draft/\n");
    assert_eq!(checked(), 0);
}
