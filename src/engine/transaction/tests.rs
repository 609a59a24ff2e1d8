//! Transactions on real folders.

use super::*;

pub(super) fn folder(files: &[(&str, &str)]) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        write(folder.path(), path, text);
    }
    folder
}

pub(super) fn write(root: &Path, path: &str, text: &str) {
    let path = root.join(path);
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn entry(path: &str, before: Option<&str>, after: Option<&str>) -> Entry {
    let path = RepoPath::new(path).unwrap();
    Entry { path, before: before.map(str::to_owned), after: after.map(str::to_owned), mode: None }
}

/// The files of a folder but those of refit's own.
pub(super) fn files(root: &Path) -> Vec<(String, String)> {
    let walk =
        ignore::WalkBuilder::new(root).standard_filters(false).sort_by_file_path(Ord::cmp).build();
    let files = walk.flatten().filter(|it| it.path().is_file());
    let files = files.map(|it| {
        let path = it.path().strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        (path, fs::read_to_string(it.path()).unwrap())
    });
    files.filter(|it| !it.0.starts_with(".refit/") && !it.0.starts_with(".git/")).collect()
}

pub(super) const BEFORE: &[(&str, &str)] = &[("a", "a\n"), ("old/b", "b\n"), ("same", "same\n")];
pub(super) const AFTER: &[(&str, &str)] = &[("a", "A\n"), ("new/dir/c", "c\n"), ("same", "same\n")];

pub(super) fn entries() -> Vec<Entry> {
    vec![
        entry("a", Some("a\n"), Some("A\n")),
        entry("new/dir/c", None, Some("c\n")),
        entry("old/b", Some("b\n"), None),
    ]
}

pub(super) fn assert_files(root: &Path, expected: &[(&str, &str)]) {
    let actual = files(root);
    let actual: Vec<_> = actual.iter().map(|it| (it.0.as_str(), it.1.as_str())).collect();
    assert_eq!(actual, expected);
}

pub(super) fn begin(root: &Path) -> Transaction {
    Transaction::begin(root).unwrap()
}

pub(super) fn undo(root: &Path) -> Result<(), Error> {
    let transaction = begin(root);
    let last = transaction.last().unwrap().unwrap();
    transaction.undo(last)
}

#[test]
fn all_files_change_and_change_back() {
    let root = folder(BEFORE);
    begin(root.path()).apply(entries()).unwrap();
    assert_files(root.path(), AFTER);
    assert!(!root.path().join("old").exists());
    undo(root.path()).unwrap();
    assert_files(root.path(), BEFORE);
    assert!(!root.path().join("new").exists());
    assert_eq!(begin(root.path()).last().unwrap(), None);
    assert_eq!(fs::read_to_string(root.path().join(".refit/.gitignore")).unwrap(), "*\n");
}

#[test]
fn nothing_is_written_when_a_file_changed_in_the_meantime() {
    let root = folder(BEFORE);
    write(root.path(), "old/b", "B\n");
    write(root.path(), "new/dir/c", "mine\n");
    let error = begin(root.path()).apply(entries()).unwrap_err();
    assert_eq!(error.to_string(), "changed in the meantime: new/dir/c, old/b");
    assert_eq!(fs::read_to_string(root.path().join("a")).unwrap(), "a\n");
}

#[test]
fn nothing_is_taken_back_when_a_file_changed_since() {
    let root = folder(BEFORE);
    begin(root.path()).apply(entries()).unwrap();
    write(root.path(), "a", "mine\n");
    let error = undo(root.path()).unwrap_err();
    assert_eq!(error.to_string(), "changed in the meantime: a");
    write(root.path(), "a", "A\n");
    undo(root.path()).unwrap();
    assert_files(root.path(), BEFORE);
}

#[test]
fn an_interrupted_run_is_rolled_back_wherever_it_stopped() {
    for stop in 0..=3 {
        let root = folder(BEFORE);
        let transaction = begin(root.path());
        let journal = Journal::new(Direction::Apply, entries());
        journal.write(&*transaction.disk, PENDING).unwrap();
        write(root.path(), ".refit-x.tmp", "left over");
        drop(transaction);
        let steps: [&dyn Fn(); 3] = [
            &|| write(root.path(), "a", "A\n"),
            &|| write(root.path(), "new/dir/c", "c\n"),
            &|| fs::remove_dir_all(root.path().join("old")).unwrap(),
        ];
        steps.iter().take(stop).for_each(|it| it());
        assert_eq!(begin(root.path()).recovered.unwrap().paths.len(), 3);
        assert_files(root.path(), BEFORE);
        assert_eq!(begin(root.path()).recovered, None);
    }
}

#[test]
fn an_interrupted_run_is_reported_when_its_files_changed_since() {
    let root = folder(BEFORE);
    let transaction = begin(root.path());
    let journal = Journal::new(Direction::Apply, entries());
    journal.write(&*transaction.disk, PENDING).unwrap();
    drop(transaction);
    write(root.path(), "a", "mine\n");
    assert!(
        matches!(Transaction::begin(root.path()), Err(Error::Interrupted { paths, .. }) if paths.len() == 1)
    );
    assert_eq!(fs::read_to_string(root.path().join("a")).unwrap(), "mine\n");
}

#[test]
fn a_failure_midway_puts_everything_back() {
    let root = folder(BEFORE);
    let mut entries = entries();
    // Its folder would have to be where a file is.
    entries.insert(2, entry("same/d", None, Some("d\n")));
    assert!(begin(root.path()).apply(entries).is_err());
    assert_files(root.path(), BEFORE);
    assert_eq!(begin(root.path()).recovered, None);
}

#[test]
fn only_one_may_write_at_a_time() {
    let root = folder(BEFORE);
    let _first = begin(root.path());
    assert!(matches!(Transaction::begin(root.path()), Err(Error::Busy)));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed_out_of_the_project() {
    use std::os::unix::fs::symlink;
    let (root, outside) = (folder(BEFORE), folder(&[("x/f", "f\n")]));
    symlink(outside.path().join("x"), root.path().join("dir")).unwrap();
    symlink(outside.path().join("x/f"), root.path().join("file")).unwrap();
    symlink("nowhere", root.path().join("dangling")).unwrap();
    symlink("a", root.path().join("inside")).unwrap();
    for it in [
        entry("dir/f", Some("f\n"), Some("F\n")),
        entry("dir/g", None, Some("G\n")),
        entry("dir/f", Some("f\n"), None),
        entry("file", Some("f\n"), Some("F\n")),
        entry("dangling", None, Some("F\n")),
        entry("inside", Some("a\n"), None),
    ] {
        begin(root.path()).apply(vec![it]).unwrap_err();
    }
    assert_files(outside.path(), &[("x/f", "f\n")]);
    begin(root.path()).apply(vec![entry("inside", Some("a\n"), Some("A\n"))]).unwrap();
    assert_eq!(fs::read_to_string(root.path().join("a")).unwrap(), "A\n");
    assert!(root.path().join("inside").is_symlink());
}

#[cfg(unix)]
#[test]
fn permissions_stay() {
    use std::os::unix::fs::PermissionsExt as _;
    let root = folder(BEFORE);
    let mode = |path: &str| root.path().join(path).metadata().unwrap().permissions().mode() & 0o777;
    let set = |path: &str, mode| {
        fs::set_permissions(root.path().join(path), fs::Permissions::from_mode(mode)).unwrap();
    };
    set("a", 0o750);
    set("old/b", 0o711);
    let usual = mode("same");
    begin(root.path()).apply(entries()).unwrap();
    assert_eq!((mode("a"), mode("new/dir/c")), (0o750, usual));
    undo(root.path()).unwrap();
    assert_eq!((mode("a"), mode("old/b")), (0o750, 0o711));
}

#[test]
fn state_lives_in_the_git_folder_of_a_worktree() {
    let root = folder(&[("real/HEAD", ""), ("tree/.git", "gitdir: ../real\n"), ("tree/a", "a\n")]);
    let tree = root.path().join("tree");
    begin(&tree).apply(vec![entry("a", Some("a\n"), Some("A\n"))]).unwrap();
    assert!(root.path().join("real/refit/last.json").exists());
}

#[test]
fn an_interrupted_run_whose_files_changed_since_touches_nothing_and_can_be_forgotten() {
    let root = folder(BEFORE);
    let transaction = begin(root.path());
    Journal::new(Direction::Apply, entries()).write(&*transaction.disk, PENDING).unwrap();
    drop(transaction);
    write(root.path(), "a", "A\n");
    write(root.path(), "old/b", "mine\n");
    let before = files(root.path());
    assert!(matches!(Transaction::begin(root.path()), Err(Error::Interrupted { .. })));
    assert_eq!(files(root.path()), before);
    let forgotten = Transaction::forget(root.path()).unwrap().unwrap();
    assert_eq!((forgotten.direction, forgotten.paths.len()), (Direction::Apply, 3));
    assert_eq!(files(root.path()), before);
    assert_eq!(begin(root.path()).recovered, None);
    assert_eq!(Transaction::forget(root.path()).unwrap(), None);
}

#[cfg(unix)]
#[test]
fn a_pipe_in_the_place_of_a_file_is_not_waited_for() {
    let root = folder(BEFORE);
    begin(root.path()).apply(entries()).unwrap();
    fs::remove_file(root.path().join("a")).unwrap();
    let pipe = root.path().join("a");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    assert!(matches!(undo(root.path()), Err(Error::Changed(it)) if it.len() == 1));
}
