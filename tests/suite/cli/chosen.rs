//! Which changes are made: by answers, and by a baseline.

use super::{Folder, UNPINNED};

const TWICE: &str =
    "FROM python:3.12 AS a\nRUN pip install poetry\nFROM python:3.12\nRUN pip install poetry\n";
const PIN: [&str; 2] = ["--only", "pin-poetry"];

fn three() -> Folder {
    Folder::new(&[("a/Dockerfile", UNPINNED), ("b/Dockerfile", TWICE)]).commit()
}

fn pinned(folder: &Folder) -> (usize, usize) {
    let count = |path: &str| folder.read(path).matches("poetry==").count();
    (count("a/Dockerfile"), count("b/Dockerfile"))
}

#[test]
fn each_change_is_made_or_left_as_it_is_answered() {
    let rows = [
        ("y\nn\ny\n", (1, 1), 3),
        ("n\ny\nn\n", (0, 1), 3),
        ("y\ny\ny\n", (1, 2), 3),
        ("n\na\n", (0, 2), 2),
        ("y\nd\n", (1, 0), 2),
        ("y\nq\n", (1, 0), 2),
        ("y\n", (1, 0), 2),
        ("", (0, 0), 1),
    ];
    for (answers, expected, asked) in rows {
        let folder = three();
        let ran = folder.refit_with(&[&["apply", "-i"], &PIN[..]].concat(), answers);
        assert_eq!((ran.code, pinned(&folder)), (0, expected), "{answers:?}: {ran:?}");
        assert_eq!(ran.stdout.matches("Make this change").count(), asked, "{answers:?}: {ran:?}");
        let made = expected.0 + expected.1;
        let told = if made == 0 { "nothing to change" } else { "changed: " };
        assert!(ran.stderr.contains(told), "{answers:?}: {ran:?}");
    }
}

#[test]
fn the_second_of_two_equal_changes_can_be_left() {
    let folder = three();
    folder.refit_with(&[&["apply", "-i", "b"], &PIN[..]].concat(), "y\nn\n");
    let expected = "FROM python:3.12 AS a\nRUN pip install poetry==1.8.3\nFROM python:3.12\nRUN pip install poetry\n";
    assert_eq!(folder.read("b/Dockerfile"), expected);
}

#[test]
fn a_question_shows_the_change_and_what_the_answers_mean() {
    let folder = three();
    let ran = folder.refit_with(&[&["apply", "-i", "a"], &PIN[..]].concat(), "?\nwhat\ne\nn\n");
    let shown = &ran.stdout;
    assert!(shown.starts_with("\na/Dockerfile\n     3  review  Pin Poetry to 1.8.3  pin-poetry\n"));
    assert!(
        shown.contains("\n-RUN pip install poetry\n+RUN pip install poetry==1.8.3\n"),
        "{shown}"
    );
    assert_eq!(shown.matches("(1/1) Make this change [y,n,a,d,q,e,?]? ").count(), 4, "{shown}");
    assert_eq!(shown.matches("\nq - quit; ").count(), 2, "{shown}");
    assert!(shown.to_lowercase().contains("pin-poetry: "), "{shown}");
    assert_eq!(pinned(&folder).0, 0);
}

#[test]
fn questions_need_text_and_a_saved_project() {
    let folder = three();
    let ran = folder.refit_with(&["apply", "-i", "--format", "json"], "y\n");
    assert!(ran.code == 2 && ran.stderr.contains("--interactive"), "{ran:?}");
    folder.write("a/Dockerfile", &format!("{UNPINNED}# more\n"));
    let ran = folder.refit_with(&[&["apply", "-i"], &PIN[..]].concat(), "y\ny\ny\n");
    assert!(ran.code == 2 && !ran.stdout.contains("Make this change"), "{ran:?}");
}

#[test]
fn a_baseline_holds_back_what_was_there_and_nothing_new() {
    let folder = three();
    assert_eq!(folder.refit(&[&["check"], &PIN[..]].concat()).code, 1);
    let ran = folder.refit(&[&["baseline"], &PIN[..]].concat());
    assert!(
        ran.code == 0 && ran.stderr.ends_with("refit-baseline.json: 3 changes (3 new, 0 gone)\n")
    );
    let ran = folder.refit(&[&["check"], &PIN[..]].concat());
    assert_eq!(ran.code, 0, "{ran:?}");
    assert!(ran.stderr.contains(
        "nothing to change in 2 Dockerfiles; 3 changes held back by refit-baseline.json"
    ));
    assert_eq!(folder.refit(&[&["check", "--no-baseline"], &PIN[..]].concat()).code, 1);
    // Lines that move are the same ones; a third of two equal ones is new.
    folder.write("b/Dockerfile", &format!("# more\n{TWICE}RUN pip install poetry\n"));
    let ran = folder.refit(&[&["check", "--format", "concise"], &PIN[..]].concat());
    assert_eq!((ran.code, ran.stdout.lines().count()), (1, 1), "{ran:?}");
}

#[test]
fn what_is_gone_from_a_baseline_is_said_and_pruned() {
    let folder = three();
    folder.refit(&[&["baseline"], &PIN[..]].concat());
    let all = folder.read("refit-baseline.json");
    folder.write("a/Dockerfile", "FROM scratch\n");
    folder.write("c/Dockerfile", UNPINNED);
    let gone =
        "refit-baseline.json: 1 change of it can no longer be made; `refit baseline --prune`";
    let ran = folder.refit(&[&["check"], &PIN[..]].concat());
    assert!(ran.code == 1 && ran.stderr.contains(gone), "{ran:?}");
    // What the run does not look at may still be there.
    for other in
        [&["check", "c", "--only", "pin-poetry"], &["check", "--only", "mount-caches", "-q"]]
    {
        assert!(!folder.refit(other).stderr.contains("no longer"), "{other:?}");
    }
    let ran = folder.refit(&[&["baseline", "--prune"], &PIN[..]].concat());
    assert!(ran.stderr.ends_with("2 changes (0 new, 1 gone)\n"), "{ran:?}");
    let pruned = folder.read("refit-baseline.json");
    assert!(pruned.len() < all.len() && !pruned.contains("a/Dockerfile"), "{pruned}");
    assert!(!folder.refit(&[&["check"], &PIN[..]].concat()).stderr.contains("no longer"));
    // A part of the project is accepted without forgetting the rest, and nothing needs no file.
    folder.refit(&[&["baseline", "c"], &PIN[..]].concat());
    assert_eq!(folder.read("refit-baseline.json").matches("\"path\"").count(), 2);
    folder.write("b/Dockerfile", "FROM scratch\n");
    folder.write("c/Dockerfile", "FROM scratch\n");
    folder.refit(&[&["baseline"], &PIN[..]].concat());
    assert!(!folder.path().join("refit-baseline.json").exists());
}

#[test]
fn a_baseline_that_cannot_be_read_is_an_error_with_its_line() {
    let folder = three();
    folder.write("refit-baseline.json", "{\n  \"version\": 1,\n  oops\n}\n");
    let ran = folder.refit(&["check"]);
    assert!(ran.code == 2 && ran.stderr.contains("refit-baseline.json:3: "), "{ran:?}");
    assert!(ran.stderr.contains("hint: `refit baseline --no-baseline`"), "{ran:?}");
    assert_eq!(folder.refit(&["baseline", "--no-baseline", "-q"]).code, 0);
    assert_eq!(folder.refit(&["check", "-q"]).code, 0);
}
