#![allow(clippy::unwrap_used, reason = "tests may")]

use super::*;
use crate::verify::report::{RunOutcome, RunSide, RunState, Sides};

#[test]
fn days_are_those_of_the_calendar() {
    let of = |seconds: u64| day(SystemTime::UNIX_EPOCH + Duration::from_secs(seconds));
    assert_eq!(of(0), "1970-01-01");
    assert_eq!(of(951_782_399), "2000-02-28");
    assert_eq!(of(951_782_400), "2000-02-29");
    assert_eq!(of(1_709_251_200), "2024-03-01");
    assert_eq!(of(1_798_761_599), "2026-12-31");
}

#[test]
fn what_a_container_has_said_is_not_kept() {
    let side = || RunSide {
        state: RunState::Exited,
        exit_code: Some(1),
        written: vec!["/app/a".to_owned()],
        log: Some("no password hunter2".to_owned()),
    };
    let run = RunReport {
        by: "web in compose.yaml".to_owned(),
        outcome: RunOutcome::Unclear,
        reason: Some("it ends with exit code 1 in both: no password hunter2".to_owned()),
        differences: Vec::new(),
        sides: Some(Sides { before: side(), after: side() }),
        logs: Vec::new(),
        might_have_others: false,
    };
    let kept = without_output(&run);
    assert!(!format!("{kept:?}").contains("hunter2"), "{kept:?}");
    assert_eq!(kept.reason.as_deref(), Some("it ends with exit code 1 in both"));
}

#[test]
fn there_are_never_too_many_and_none_is_too_old() {
    let folder = tempfile::tempdir().unwrap();
    let verdicts = Verdicts::new(folder.path().to_owned(), true);
    let write = |name: &str, age: Duration| {
        let file = fs::File::create(folder.path().join(name)).unwrap();
        file.set_modified(SystemTime::now() - age).unwrap();
    };
    for number in 0..RECORDS + 5 {
        write(&format!("{number}.json"), Duration::from_secs(60 * number as u64));
    }
    write("old.json", AGE + Duration::from_secs(1));
    verdicts.prune();
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, RECORDS);
    assert!(folder.path().join("0.json").exists() && !folder.path().join("old.json").exists());
}
