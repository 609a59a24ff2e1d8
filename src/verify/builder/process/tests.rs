#![allow(clippy::unwrap_used, reason = "tests may")]

use super::*;

const LONG: Duration = Duration::from_secs(60);
const SHORT: Duration = Duration::from_secs(2);
/// Less than what the programs here sleep, and enough for a busy machine.
const SOON: Duration = Duration::from_secs(40);

fn shell(script: &str) -> Command {
    let mut command = Command::new("sh");
    command.args(["-c", script]);
    command
}

#[test]
fn lines_of_both_outputs_come_in_order() {
    let mut seen = Vec::new();
    let end = lines(shell("echo a; echo b >&2; printf c"), LONG, &mut |line| {
        seen.push(String::from_utf8_lossy(line).into_owned());
        Ok(())
    });
    assert!(matches!(end, Ok(End::Exited(status)) if status.success()));
    assert_eq!(seen, ["a", "b", "c"]);
}

#[test]
fn a_program_that_takes_too_long_is_ended() {
    let before = Instant::now();
    let captured = capture(shell("echo started; exec sleep 50"), SHORT).unwrap();
    assert!(matches!(captured.end, End::TimedOut));
    assert_eq!(captured.stdout, b"started\n");
    assert!(before.elapsed() < SOON);
}

#[test]
fn a_program_that_does_not_listen_is_ended_too() {
    let before = Instant::now();
    let script = "trap '' TERM; while :; do sleep 0.1; done";
    let end = lines(shell(script), SHORT, &mut |_| Ok(())).unwrap();
    assert!(matches!(end, End::TimedOut));
    assert!(GRACE <= before.elapsed() && before.elapsed() < SOON);
}

#[test]
fn children_that_keep_the_output_open_are_not_waited_for() {
    let before = Instant::now();
    let captured = capture(shell("sleep 50 & echo done"), LONG).unwrap();
    assert!(matches!(captured.end, End::Exited(status) if status.success()));
    assert_eq!(captured.stdout, b"done\n");
    assert!(before.elapsed() < SOON);
}

#[test]
fn output_is_kept_up_to_a_limit_and_read_to_its_end() {
    let captured = capture(shell("head -c 9000000 /dev/zero; exit 4"), LONG).unwrap();
    assert_eq!(captured.stdout.len(), KEPT);
    assert!(matches!(captured.end, End::Exited(status) if status.code() == Some(4)));
}

#[test]
fn what_fails_says_why() {
    let error = output(shell("echo no such image >&2; exit 1"), LONG, "docker inspect");
    assert_eq!(error.unwrap_err().to_string(), "docker inspect failed: no such image");
    let error = read(shell("echo gone >&2; exit 1"), LONG, "docker export", |it| {
        let mut all = [0; 512];
        it.read_exact(&mut all)
    });
    assert_eq!(error.unwrap_err().to_string(), "docker export failed: gone");
}

#[test]
fn a_reader_may_stop_early_or_fail() {
    let script = "head -c 3000000 /dev/zero";
    let first = read(shell(script), LONG, "tar", |it| {
        let mut block = [1; 4];
        it.read_exact(&mut block)?;
        Ok(block)
    });
    assert_eq!(first.unwrap(), [0; 4]);
    let before = Instant::now();
    let error = read(shell("exec yes"), LONG, "tar", |_| Err::<(), _>(io::Error::other("no tar")));
    assert_eq!(error.unwrap_err().to_string(), "tar: no tar");
    assert!(before.elapsed() < SOON);
}

#[test]
fn a_reader_does_not_hang_on_a_program_that_says_nothing() {
    let error = read(shell("exec sleep 50"), SHORT, "tar", |it| {
        let mut all = Vec::new();
        it.read_to_end(&mut all)
    });
    assert!(matches!(error, Err(Error::TimedOut { .. })));
}
