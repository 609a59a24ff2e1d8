//! The diffs against the real `git apply`.

use std::{fs, path::Path, process::Command};

use super::*;

fn project(files: &[(&str, &str)]) -> Project {
    let files = files.iter().map(|(path, text)| (RepoPath::new(path).unwrap(), (*text).to_owned()));
    Project::new(files)
}

/// Writes `before` to a repository, applies the diff with git and compares with `after`.
fn assert_applies(before: &[(&str, &str)], after: &[(&str, &str)]) {
    let (before, after) = (project(before), project(after));
    let root = tempfile::tempdir().unwrap();
    let git = |arguments: &[&str]| {
        let output = Command::new("git").args(arguments).current_dir(&root).output().unwrap();
        let stderr = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "git {arguments:?}: {stderr}");
        String::from_utf8(output.stdout).unwrap()
    };
    git(&["init", "--quiet"]);
    git(&["config", "core.autocrlf", "false"]);
    before.files().for_each(|it| write(root.path(), &it.path, &it.text));
    let patch: String = diff(&before, &after).iter().map(ToString::to_string).collect();
    write(root.path(), &RepoPath::new(".git/patch").unwrap(), &patch);
    git(&["add", "."]);
    git(&["apply", "--index", ".git/patch"]);
    let listed = git(&["-c", "core.quotePath=false", "ls-files", "-z"]);
    let listed: Vec<&str> = listed.split_terminator('\0').collect();
    assert_eq!(listed, after.files().map(|it| it.path.as_str()).collect::<Vec<_>>(), "{patch}");
    for file in after.files() {
        let text = fs::read_to_string(root.path().join(file.path.as_str())).unwrap();
        assert_eq!(text, *file.text, "{patch}");
    }
}

fn write(root: &Path, path: &RepoPath, text: &str) {
    let path = root.join(path.as_str());
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

#[test]
fn git_applies_an_edit_among_others() {
    let lines = |middle: &str| format!("a\nb\nc\nd\n{middle}\ne\nf\ng\nh\ni\nj\nk\nl\nm\n");
    let (old, new) = (lines("old"), lines("new").replace("m\n", "m\nn\n"));
    assert_applies(
        &[("x/Dockerfile", &old), ("y", "same")],
        &[("x/Dockerfile", &new), ("y", "same")],
    );
}

#[test]
fn git_applies_a_new_file_and_a_deleted_one() {
    assert_applies(&[("old", "a\nb\n"), ("stays", "")], &[("dir/new", "c\n"), ("stays", "")]);
    assert_applies(&[("one", "a\n")], &[("empty", ""), ("one", "a\n")]);
    assert_applies(&[("empty", ""), ("one", "a\n")], &[("one", "a\n")]);
}

#[test]
fn git_applies_what_has_carriage_returns() {
    assert_applies(
        &[("Dockerfile", "a\r\nb\r\nc\rd\r\n")],
        &[("Dockerfile", "a\r\nB\r\nc\rd\r\n")],
    );
    assert_applies(&[("Dockerfile", "a\nb\r")], &[("Dockerfile", "c\nb\r")]);
}

#[test]
fn git_applies_what_lacks_a_final_newline() {
    assert_applies(&[("Dockerfile", "a\nb")], &[("Dockerfile", "a\nc")]);
    assert_applies(&[("Dockerfile", "a\nb")], &[("Dockerfile", "a\nb\n")]);
    assert_applies(&[("Dockerfile", "a\nb\n")], &[("Dockerfile", "c\nb")]);
    assert_applies(&[("Dockerfile", "a")], &[("Dockerfile", "")]);
}

#[test]
fn git_applies_to_paths_with_spaces_quotes_and_other_alphabets() {
    for path in ["a b/Dockerfile test", "größe/Dockerfile", "\"q\" \\ b/Dockerfile", " x\ty"] {
        assert_applies(&[(path, "a\n")], &[(path, "b\n")]);
        assert_applies(&[(path, "a\n"), ("z", "")], &[("z", "")]);
        assert_applies(&[("z", "")], &[(path, "a\n"), ("z", "")]);
    }
}

#[test]
fn headers_are_those_of_git() {
    let diffs = diff(&project(&[("a b", "x\n")]), &project(&[("é", "x\n")]));
    assert_eq!(
        diffs.iter().map(ToString::to_string).collect::<String>(),
        "diff --git a/a b b/a b\ndeleted file mode 100644\n--- a/a b\t\n+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\
         diff --git \"a/\\303\\251\" \"b/\\303\\251\"\nnew file mode 100644\n--- /dev/null\n\
         +++ \"b/\\303\\251\"\n@@ -0,0 +1 @@\n+x\n"
    );
}
