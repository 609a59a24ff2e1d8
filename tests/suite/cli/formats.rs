//! Formats of reports: printed, and written to files.

use std::process::{Command, Stdio};

use super::{Folder, Ran, UNPINNED, unpinned};

const FORMATS: [&str; 10] =
    ["text", "concise", "json", "sarif", "github", "gitlab", "junit", "markdown", "html", "patch"];

#[test]
fn each_format_is_the_same_in_a_file_and_printed() {
    let folder = unpinned();
    let files = FORMATS.map(|it| format!("{it}=.git/{it}"));
    let mut arguments = vec!["check", "-q"];
    for it in &files {
        arguments.extend(["-o", it]);
    }
    let ran = folder.refit(&arguments);
    assert!(ran.code == 1 && ran.stdout.contains("pin-poetry"), "{ran:?}");
    for format in FORMATS {
        let ran = folder.refit(&["check", "-q", "--format", format]);
        assert_eq!((ran.code, &ran.stdout), (1, &folder.read(&format!(".git/{format}"))));
        assert!(!ran.stdout.is_empty() && ran.stdout.ends_with('\n'), "{format}");
    }
    let ran = folder.refit(&["check", "-q", "--format", "concise", "-o", ".git/out"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(folder.read(".git/out"), folder.read(".git/concise"));
    let ran = folder.refit(&["diff", "-q", "--format", "patch"]);
    assert_eq!(ran.stdout, folder.refit(&["diff", "-q"]).stdout);
    assert_eq!(ran.stdout, folder.read(".git/patch"));
}

#[test]
fn a_format_that_does_not_exist_is_an_error_with_a_hint() {
    let ran = unpinned().refit(&["diff", "-o", "sarfi=x"]);
    assert!(ran.code == 2 && ran.stderr.contains("did you mean `sarif`?"), "{ran:?}");
    let ran = unpinned().refit(&["diff", "-o", "no/such/folder"]);
    assert!(ran.code == 2 && ran.stderr.starts_with("error: no/such/folder: "), "{ran:?}");
}

#[test]
fn a_reader_who_stops_is_no_error_in_any_format() {
    let files: Vec<_> = (0..200).map(|it| (format!("{it}/Dockerfile"), UNPINNED)).collect();
    let files: Vec<_> = files.iter().map(|it| (it.0.as_str(), it.1)).collect();
    let folder = Folder::new(&files);
    for format in FORMATS {
        let mut command = Command::new(env!("CARGO_BIN_EXE_refit"));
        command.args(["diff", "-q", "--format", format]).current_dir(folder.path());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let ran = Ran::from(child.wait_with_output().unwrap());
        assert_eq!((ran.code, ran.stderr.as_str()), (0, ""), "{format}");
    }
}

#[test]
fn an_audit_is_printed_or_written_in_each_of_its_formats() {
    let folder = unpinned();
    for format in ["text", "markdown", "html", "json"] {
        let printed = folder.refit(&["report", "--format", format]);
        assert_eq!((printed.code, printed.stderr.as_str()), (0, ""), "{format}");
        assert!(printed.stdout.contains("Tools are installed without a version"), "{printed:?}");
        let written = folder.refit(&["report", "--format", format, "-o", ".git/audit"]);
        assert_eq!((written.code, written.stdout.as_str()), (0, ""), "{format}");
        assert_eq!(folder.read(".git/audit"), printed.stdout, "{format}");
    }
    let text = folder.refit(&["report"]).stdout;
    assert!(text.lines().all(|it| it.chars().count() <= 100), "{text}");
    assert_eq!(Folder::new(&[]).refit(&["report"]).code, 3);
    let page = folder.refit(&["explain", "unpinned-tool"]).stdout;
    assert!(page.contains("pin-poetry"), "{page}");
}
