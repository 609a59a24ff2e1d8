//! Several repositories in one run: each is a project of its own.

use std::process::Command;

use super::{Folder, PINNED, UNPINNED};

const ONLY: [&str; 2] = ["--only", "pin-poetry"];

/// Two repositories in a folder that is none.
fn two() -> Folder {
    let folder = Folder::new(&[
        ("one/Dockerfile", UNPINNED),
        ("one/bad.Dockerfile", "FRM x\n"),
        ("two/Dockerfile", UNPINNED),
        // What one repository has is nothing to the other.
        ("two/build.sh", "docker build -f ../one/Dockerfile ..\n"),
        ("notes.txt", ""),
    ]);
    for name in ["one", "two"] {
        git(&folder, name, &["init", "--quiet"]);
        git(&folder, name, &["add", "--all"]);
        git(&folder, name, &["commit", "--quiet", "--message", "all"]);
    }
    folder
}

fn git(folder: &Folder, name: &str, arguments: &[&str]) -> String {
    let identity = ["-c", "user.name=test", "-c", "user.email=test@example.com"];
    let mut command = Command::new("git");
    command.args(identity).args(arguments).current_dir(folder.path().join(name));
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn each_repository_is_a_project_of_its_own() {
    for paths in [&["."][..], &["one", "two"], &["two", "one/bad.Dockerfile", "one"]] {
        let folder = two();
        let ran = folder.refit(&[&["diff"], paths, &ONLY].concat());
        assert_eq!(ran.code, if paths.len() == 3 { 2 } else { 0 }, "{ran:?}");
        for name in ["one", "two"] {
            let header = format!("--- a/{name}/Dockerfile\n+++ b/{name}/Dockerfile\n");
            assert!(ran.stdout.contains(&header), "{ran:?}");
        }
        assert!(ran.stderr.contains("error: one/bad.Dockerfile:1: "), "{ran:?}");
        assert!(ran.stderr.contains("2 files would change: 2 changes"), "{ran:?}");
    }
}

#[test]
fn nothing_is_written_when_one_has_work_to_save_and_each_has_its_own_undo() {
    let folder = two();
    folder.write("two/notes.txt", "not committed\n");
    let apply = [&["apply"][..], &ONLY].concat();
    let ran = folder.refit(&apply);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("uncommitted changes: notes.txt"), "{ran:?}");
    assert_eq!(folder.read("one/Dockerfile"), UNPINNED);
    git(&folder, "two", &["clean", "--quiet", "--force"]);
    let ran = folder.refit(&apply);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert_eq!([folder.read("one/Dockerfile"), folder.read("two/Dockerfile")], [PINNED, PINNED]);
    assert_eq!(folder.refit(&["undo", "one"]).code, 0);
    assert_eq!([folder.read("one/Dockerfile"), folder.read("two/Dockerfile")], [UNPINNED, PINNED]);
    let ran = folder.refit(&["apply", "--verify", "--allow-dirty"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.starts_with("error: images of several repositories cannot"), "{ran:?}");
}

#[test]
fn a_repository_in_another_has_its_own_dockerfiles() {
    let folder = Folder::new(&[
        ("Dockerfile", "FROM python:3.12\nCOPY . .\nRUN pip install -r sub/requirements.txt\n"),
        ("app.py", ""),
    ]);
    let folder = folder.commit();
    folder.write("sub/requirements.txt", "six\n");
    folder.write("sub/Dockerfile", UNPINNED);
    git(&folder, "sub", &["init", "--quiet"]);
    git(&folder, "sub", &["add", "--all"]);
    git(&folder, "sub", &["commit", "--quiet", "--message", "all"]);
    // Its files are sent to the outer one's build all the same.
    let ran = folder.refit(&["diff", "--only", "pin-poetry,copy-manifests-first"]);
    assert!(ran.stdout.contains("\n+COPY sub/requirements.txt ./sub/\n"), "{ran:?}");
    assert!(ran.stdout.contains("--- a/sub/Dockerfile\n"), "{ran:?}");
    assert!(ran.stderr.contains("2 changes (1 safe, 1 to review) in 2 Dockerfiles"), "{ran:?}");
    let ran = folder.refit(&["check", "--only", "pin-poetry", "sub"]);
    assert!(ran.stdout.contains("\n --> Dockerfile:3:1\n"), "{ran:?}");
}
