//! What is written, what is refused since it could lose work, and how it is taken back.

use super::*;

#[test]
fn apply_writes_once_and_undo_takes_it_back() {
    let folder = unpinned();
    let ran = folder.refit(&["apply", "--only", "pin-poetry"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (0, ""), "{ran:?}");
    assert!(ran.stderr.contains("1 file changed: 1 change"), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), PINNED);
    // The tree is dirty now, but there is nothing left to write.
    assert_eq!(folder.refit(&["apply", "--only", "pin-poetry"]).code, 0);
    assert_eq!(folder.refit(&["check", "--only", "pin-poetry"]).code, 0);
    let ran = folder.refit(&["undo", "api"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(folder.git(&["status", "--porcelain"]).is_empty());
    let ran = folder.refit(&["undo"]);
    assert_eq!((ran.code, ran.stderr.contains("nothing to undo")), (2, true), "{ran:?}");
}

#[test]
fn undo_refuses_when_a_file_changed_since() {
    let folder = unpinned();
    folder.refit(&["apply", "--only", "pin-poetry"]);
    folder.write("api/Dockerfile", "FROM mine\n");
    let ran = folder.refit(&["undo"]);
    assert_eq!((ran.code, ran.stderr.contains("api/Dockerfile")), (2, true), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), "FROM mine\n");
}

#[test]
fn apply_refuses_work_that_git_does_not_keep() {
    let folder = unpinned();
    folder.write("notes.txt", "not committed\n");
    let ran = folder.refit(&["apply"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("uncommitted changes: notes.txt"), "{ran:?}");
    assert!(ran.stderr.contains("hint: commit or stash them first"), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), UNPINNED);
    assert_eq!(folder.refit(&["apply", "--allow-dirty"]).code, 0);

    let folder = Folder::new(&[("Dockerfile", UNPINNED)]);
    let ran = folder.refit(&["apply"]);
    assert_eq!((ran.code, ran.stderr.contains("not kept by git")), (2, true), "{ran:?}");
    assert!(!folder.path().join(".refit").exists());
    assert_eq!(folder.refit(&["apply", "--allow-dirty", "--only", "pin-poetry"]).code, 0);
    assert_eq!(folder.read("Dockerfile"), PINNED);
    assert_eq!(folder.refit(&["undo"]).code, 0);
    assert_eq!(folder.read("Dockerfile"), UNPINNED);
}

#[test]
fn an_apply_that_was_interrupted_is_rolled_back_first() {
    let folder = unpinned();
    // As a crash leaves it: the journal is there, and so is a part of the work.
    let entry =
        serde_json::json!({"path": "api/Dockerfile", "before": UNPINNED, "after": "FROM half\n"});
    let journal = serde_json::json!({"version": 1, "entries": [entry]});
    folder.write(".git/refit/pending.json", &journal.to_string());
    folder.write("api/Dockerfile", "FROM half\n");
    let ran = folder.refit(&["apply", "--only", "pin-poetry"]);
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains("an interrupted apply was rolled back: 1 file"), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), PINNED);
}

#[test]
fn half_an_apply_is_not_reported_on_but_undone_or_forgotten() {
    let interrupted = |text: &str| {
        let folder = unpinned();
        let entry = serde_json::json!({"path": "api/Dockerfile", "before": UNPINNED, "after": "FROM half\n"});
        let journal = serde_json::json!({"version": 1, "entries": [entry]});
        folder.write(".git/refit/pending.json", &journal.to_string());
        folder.write("api/Dockerfile", text);
        folder
    };
    let folder = interrupted("FROM half\n");
    for command in ["diff", "check"] {
        let ran = folder.refit(&[command]);
        assert_eq!((ran.code, ran.stdout.as_str()), (2, ""), "{ran:?}");
        assert!(
            ran.stderr.contains("was interrupted") && ran.stderr.contains("--forget"),
            "{ran:?}"
        );
    }
    assert_eq!(folder.refit(&["undo"]).code, 0);
    assert_eq!(folder.read("api/Dockerfile"), UNPINNED);
    assert_eq!(folder.refit(&["undo", "--forget"]).code, 2);

    let folder = interrupted("FROM mine\n");
    for command in [&["undo"][..], &["apply", "--allow-dirty"]] {
        let ran = folder.refit(command);
        assert_eq!(ran.code, 2, "{ran:?}");
        assert!(ran.stderr.contains("changed since: api/Dockerfile"), "{ran:?}");
    }
    let ran = folder.refit(&["undo", "--forget"]);
    assert_eq!((ran.code, ran.stderr.contains("  api/Dockerfile\n")), (0, true), "{ran:?}");
    assert_eq!(folder.read("api/Dockerfile"), "FROM mine\n");
    assert_eq!(folder.refit(&["diff"]).code, 0);
}

#[test]
fn what_git_was_told_not_to_look_at_is_not_written_over() {
    let folder = unpinned();
    folder.git(&["update-index", "--assume-unchanged", "api/Dockerfile"]);
    folder.write("api/Dockerfile", &format!("{UNPINNED}# mine\n"));
    let ran = folder.refit(&["apply", "--only", "pin-poetry"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("uncommitted changes: api/Dockerfile"), "{ran:?}");

    let folder = unpinned();
    folder.write(".git/info/exclude", "Dockerfile.local\n");
    folder.write("api/Dockerfile.local", UNPINNED);
    let ran = folder.refit(&["apply", "--only", "pin-poetry", "api/Dockerfile.local"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    assert!(ran.stderr.contains("git does not keep api/Dockerfile.local"), "{ran:?}");
    let ran =
        folder.refit(&["apply", "--allow-dirty", "--only", "pin-poetry", "api/Dockerfile.local"]);
    assert_eq!((ran.code, folder.read("api/Dockerfile.local").as_str()), (0, PINNED), "{ran:?}");
}

#[test]
fn the_repository_is_the_one_of_the_folder_and_not_of_the_environment() {
    let (clean, dirty) = (unpinned(), unpinned());
    dirty.write("notes.txt", "not committed\n");
    let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
    command.arg("apply").current_dir(dirty.path());
    command.env("GIT_DIR", clean.path().join(".git")).env("GIT_WORK_TREE", clean.path());
    let ran = Ran::from(command.output().unwrap());
    assert_eq!((ran.code, dirty.read("api/Dockerfile").as_str()), (2, UNPINNED), "{ran:?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_name_that_is_not_text_is_named() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = unpinned();
    let name = std::ffi::OsStr::from_bytes(b"bad\xff");
    std::fs::create_dir(folder.path().join(name)).unwrap();
    std::fs::write(folder.path().join(name).join("Dockerfile"), UNPINNED).unwrap();
    let ran = folder.refit(&["check"]);
    assert!(ran.stderr.contains("bad\u{fffd}/Dockerfile: the path is not UTF-8"), "{ran:?}");
    let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
    let ran =
        Ran::from(command.arg("check").arg(name).current_dir(folder.path()).output().unwrap());
    assert_eq!((ran.code, ran.stderr.contains("is not UTF-8")), (2, true), "{ran:?}");
}
