//! The summary of a run for people.

use super::{Folder, UNPINNED};

fn unpinned(count: usize) -> Folder {
    let files: Vec<_> = (10..10 + count).map(|it| (format!("{it}/Dockerfile"), UNPINNED)).collect();
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1)).collect();
    Folder::new(&files)
}

#[test]
fn few_files_are_told_of_one_by_one_and_many_in_a_table() {
    let (few, many) = (unpinned(10), unpinned(11));
    let ran = few.refit(&["diff", "--only", "pin-poetry"]);
    assert!(ran.stderr.contains("\n19/Dockerfile\n     3  review  "), "{ran:?}");
    let ran = many.refit(&["diff", "--only", "pin-poetry"]);
    let table =
        "\n              safe  review  left alone\npin-poetry       -      11           -\n";
    assert!(ran.stderr.contains(table) && !ran.stderr.contains("/Dockerfile"), "{ran:?}");
    let ran = many.refit(&["diff", "-v", "--only", "pin-poetry"]);
    assert!(ran.stderr.contains("\n20/Dockerfile\n     3  review  "), "{ran:?}");
    let ran = few.refit(&["diff", "--statistics", "--only", "pin-poetry"]);
    assert!(ran.stderr.contains("pin-poetry       -      10           -\n"), "{ran:?}");
    let ran = many.refit(&["check", "-q", "--only", "pin-poetry"]);
    assert_eq!(
        ran.stdout.matches("/Dockerfile\n     3  review  Pin Poetry").count(),
        11,
        "{ran:?}"
    );
}

#[test]
fn statistics_count_codes_with_the_most_frequent_first() {
    let mut folder = unpinned(2);
    folder.write(
        "Dockerfile",
        "FROM debian:12\nRUN apt-get install -y python3-poetry\nCMD [\"x\"]\n",
    );
    folder = folder.commit();
    let ran = folder.refit(&["check", "-q", "--statistics", "--only", "pin-poetry,run-as-nonroot"]);
    let codes = ran.stdout.split("places  left alone\n").nth(1).unwrap();
    let lines: Vec<&str> = codes.lines().collect();
    assert_eq!(lines[0], "     2  run-as-nonroot [no-command]", "{ran:?}");
    assert!(lines.contains(&"     1  pin-poetry [unknown-installer]"), "{ran:?}");
    assert_eq!(ran.code, 1);
}

#[test]
fn what_comes_next_has_the_same_arguments() {
    let folder = unpinned(2).commit();
    let arguments = ["--only", "pin-poetry", "--exclude", "a b", "10", "11"];
    let next = |command: &str| folder.refit(&[&[command], arguments.as_slice()].concat()).stderr;
    let said = next("diff");
    let expected = "\n  refit apply --only pin-poetry --exclude 'a b' 10 11     makes all 2; `refit undo` takes that back\n  \
                    refit apply -i --only pin-poetry --exclude 'a b' 10 11  asks about each\n";
    assert!(said.contains(expected), "{said}");
    let said = next("apply");
    assert!(
        said.ends_with(
            "\n  git diff    shows what is different now\n  refit undo  takes it back\n"
        )
    );
    let said = folder.refit(&["diff", "--only", "pin-poetry"]).stderr;
    assert!(!said.contains("refit apply"), "{said}");
}

#[test]
fn what_comes_next_makes_what_was_shown() {
    let folder = unpinned(2).commit();
    let said = folder.refit(&["diff", "--safe", "--only", "mount-caches"]).stderr;
    assert!(said.contains("\n  refit apply --only mount-caches --safe     makes"), "{said}");
    let text = "FROM python:3.12\nRUN pip install flask==3.0.0\n";
    let said = folder.refit_with(&["diff", "-", "--only", "mount-caches"], text).stderr;
    assert!(said.contains("1 change") && !said.contains("refit apply"), "{said}");
}
