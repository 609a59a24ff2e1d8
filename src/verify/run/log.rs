//! What a container has written to its log, and what of it is new.

use std::collections::BTreeSet;

use crate::ecosystems::complaints::{is_denied, is_unreachable, unreachable_host};

/// The characters of a line to show.
const SHOWN: usize = 200;

/// The lines of a log that say that something is not allowed, and are not in the log of the other container. Lines
/// that differ in figures only, such as times and numbers of processes, are the same.
pub(super) fn new_denials(before: &str, after: &str) -> Vec<String> {
    let mut known: BTreeSet<String> = lines(before).map(|it| without_figures(&it)).collect();
    lines(after)
        .filter(|it| is_denied(it) && known.insert(without_figures(it)))
        .map(|it| shown(&it))
        .collect()
}

/// Stands for a host whose name is not told.
pub(super) const NETWORK: &str = "the network";

/// The hosts that a program did not reach.
pub(super) fn unreached(log: &str) -> BTreeSet<String> {
    let host = |it: String| unreachable_host(&it).unwrap_or_else(|| NETWORK.to_owned());
    lines(log).filter(|it| is_unreachable(it)).map(host).collect()
}

/// The last line of a log; `None` if it is empty.
pub(super) fn last(log: &str) -> Option<String> {
    lines(log).last().map(|it| shown(&it))
}

/// The lines that say something, without colours.
fn lines(log: &str) -> impl Iterator<Item = String> {
    log.lines().map(plain).map(|it| it.trim().to_owned()).filter(|it| !it.is_empty())
}

fn without_figures(line: &str) -> String {
    let mut out = String::new();
    for it in line.chars() {
        match it.is_ascii_digit() {
            true if out.ends_with('#') => {}
            true => out.push('#'),
            false => out.push(it),
        }
    }
    out
}

/// A line without the sequences that colour it: `ESC [ … m`.
fn plain(line: &str) -> String {
    let mut parts = line.split('\u{1b}');
    let mut out = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|it: char| it.is_ascii_alphabetic());
        out += end.and_then(|it| part.get(it + 1..)).unwrap_or_default();
    }
    out.chars().filter(|it| !it.is_control()).collect()
}

fn shown(line: &str) -> String {
    match line.char_indices().nth(SHOWN) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_new_errors_count() {
        let before = "12:00:01 [7] start\n12:00:01 chown: Permission denied\n";
        let after = "\u{1b}[31m12:00:02 [19] chown: Permission denied\u{1b}[0m\n\
            12:00:03 EACCES: open '/data/1'\n12:00:03 EACCES: open '/data/2'\n12:00:04 ready\n";
        assert_eq!(new_denials("12:00:01 [7] chown: Permission denied", after).len(), 1);
        assert_eq!(
            new_denials(before, after),
            ["12:00:02 [19] chown: Permission denied", "12:00:03 EACCES: open '/data/1'"]
        );
        assert_eq!(last(after).as_deref(), Some("12:00:04 ready"));
        assert_eq!(last(" \n"), None);
    }

    #[test]
    fn hosts_that_do_not_answer_are_named() {
        let log = "connect ECONNREFUSED 127.0.0.1:5432\nError: getaddrinfo ENOTFOUND db\nready\n";
        assert_eq!(unreached(log), ["db".to_owned(), "the network".to_owned()].into());
        assert!(unreached("ready").is_empty());
    }
}
