//! A series of patches, commits, and runs on what changed.

use super::{Folder, PINNED, UNPINNED};

const COPIED: &str = "FROM python:3.12\nWORKDIR /srv\nCOPY . .\nRUN pip install poetry\n\
                      RUN pip install -r requirements.txt\nCMD [\"python\", \"-m\", \"app\"]\n";

fn project() -> Folder {
    let crlf = UNPINNED.replace('\n', "\r\n");
    let files = [
        ("api/Dockerfile", COPIED),
        ("api/requirements.txt", "six\n"),
        ("api/app.py", ""),
        ("windows/Dockerfile", &crlf),
        ("é/Dockerfile", UNPINNED),
    ];
    Folder::new(&files).commit()
}

#[test]
fn git_am_takes_the_series_and_makes_what_apply_writes() {
    let (ours, theirs) = (project(), project());
    let series = theirs.refit(&["diff", "-q", "--steps"]).stdout;
    let count = series.matches("\nSubject: [PATCH ").count();
    assert!(3 <= count && series.contains(&format!("[PATCH 1/{count}] ")), "{series}");
    theirs.write(".git/series", &series);
    theirs.git(&["am", "--quiet", ".git/series"]);
    assert_eq!(ours.refit(&["apply", "-q"]).code, 0);
    for path in ["api/Dockerfile", "windows/Dockerfile", "é/Dockerfile"] {
        assert_eq!(theirs.read(path), ours.read(path));
    }
    let subjects = theirs.git(&["log", "--format=%s"]);
    assert_eq!(subjects.lines().count(), count + 1, "{subjects}");
    assert!(subjects.contains("\nPin Poetry to the version that wrote the lock\n"), "{subjects}");
    assert!(theirs.git(&["status", "--porcelain"]).is_empty());
}

#[test]
fn commits_are_those_of_the_series() {
    let (ours, theirs) = (project(), project());
    let identity = |it: &Folder| {
        it.git(&["config", "user.name", "test"]);
        it.git(&["config", "user.email", "test@example.com"]);
    };
    identity(&ours);
    theirs.write(".git/series", &theirs.refit(&["diff", "-q", "--steps"]).stdout);
    theirs.git(&["am", "--quiet", ".git/series"]);
    let ran = ours.refit(&["apply", "--commit"]);
    assert!(ran.code == 0 && ran.stderr.contains("\n  git log --patch  "), "{ran:?}");
    let log = ["log", "--patch", "--format=%s%n%b"];
    let without_blanks =
        |it: String| it.lines().filter(|it| !it.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(without_blanks(ours.git(&log)), without_blanks(theirs.git(&log)));
    assert!(ours.git(&["status", "--porcelain"]).is_empty());
    assert_eq!(ours.refit(&["apply", "--commit", "--allow-dirty"]).code, 2);
}

#[test]
fn only_what_changed() {
    let folder = project();
    let only = |arguments: &[&str]| {
        let ran = folder.refit(&[&["diff", "--only", "pin-poetry"], arguments].concat());
        assert_eq!(ran.code, 0, "{ran:?}");
        let files = ran.stdout.lines().filter_map(|it| it.strip_prefix("--- a/"));
        files.map(str::to_owned).collect::<Vec<_>>()
    };
    assert_eq!(only(&["--changed"]), [""; 0]);
    folder.write("api/Dockerfile", &format!("# api\n{UNPINNED}"));
    folder.write("new/Dockerfile", UNPINNED);
    assert_eq!(only(&["--changed"]), ["api/Dockerfile", "new/Dockerfile"]);
    assert_eq!(only(&["--changed", "new"]), ["new/Dockerfile"]);
    assert_eq!(only(&["--staged"]), [""; 0]);
    folder.git(&["add", "api"]);
    assert_eq!(only(&["--staged"]), ["api/Dockerfile"]);
    folder.git(&["commit", "--quiet", "--message", "api"]);
    assert_eq!(only(&["--since", "HEAD~1"]), ["api/Dockerfile", "new/Dockerfile"]);
    let ran = folder.refit(&["diff", "--since", "nothing"]);
    assert_eq!(ran.code, 2, "{ran:?}");
    let ran = folder.refit(&["check", "--staged"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "no Dockerfile changed\n"));
}

#[test]
fn staged_files_may_be_written() {
    let folder = Folder::new(&[("Dockerfile", "FROM scratch\n")]).commit();
    folder.write("Dockerfile", UNPINNED);
    let apply = ["apply", "-q", "--only", "pin-poetry", "--allow-staged", "--staged"];
    folder.git(&["add", "--all"]);
    folder.write("notes", "");
    let ran = folder.refit(&apply);
    assert!(ran.code == 2 && ran.stderr.contains("uncommitted changes: notes\n"), "{ran:?}");
    folder.git(&["add", "--all"]);
    assert_eq!(folder.refit(&apply[..4]).code, 2);
    assert_eq!(folder.refit(&apply).code, 0);
    assert_eq!(folder.read("Dockerfile"), PINNED);
}
