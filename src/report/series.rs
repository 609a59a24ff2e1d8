//! A plan as a series of patches, one for each transform: mails that `git am` takes, and messages of commits.

use std::fmt::Write as _;

use super::pages;
use crate::{
    engine::{diff::diff_below, plan::Plan},
    project::{
        Project,
        change::{Change, Safety},
    },
    text::{
        RepoPath,
        count::{counted, listed},
    },
    transforms,
};

/// What one transform does at one time.
pub struct Part<'p> {
    /// The transform's name.
    pub transform: &'static str,
    /// Its changes.
    pub changes: Vec<&'p Change>,
    /// The snapshot before.
    pub before: &'p Project,
    /// The snapshot that it leaves.
    pub after: &'p Project,
}

/// The parts of a plan, in order. A transform that has more to do after another one comes again.
pub fn parts(plan: &Plan) -> Vec<Part<'_>> {
    let mut parts: Vec<Part<'_>> = Vec::new();
    let mut before = &plan.before;
    for step in &plan.steps {
        match parts.last_mut().filter(|it| it.transform == step.transform) {
            Some(part) => {
                part.changes.extend(&step.changes);
                part.after = &step.after;
            }
            None => parts.push(Part {
                transform: step.transform,
                changes: step.changes.iter().collect(),
                before,
                after: &step.after,
            }),
        }
        before = &step.after;
    }
    parts
}

/// Plans as mails for `git am`, each with the folder that its project lies in; `from` is the author, such as
/// `Ada <ada@example.com>`.
pub fn mails<'p>(plans: impl Iterator<Item = (&'p RepoPath, &'p Plan)>, from: &str) -> String {
    let all = plans.flat_map(|(folder, plan)| parts(plan).into_iter().map(move |it| (folder, it)));
    let all: Vec<(&RepoPath, Part<'_>)> = all.collect();
    let mut out = String::new();
    for (at, (folder, part)) in all.iter().enumerate() {
        out.push_str(&mail(part, folder, from, (at + 1, all.len())));
    }
    out
}

impl Part<'_> {
    /// The message of a commit: its subject, a blank line, and what is done where, why and how safe that is.
    pub fn message(&self, folder: &RepoPath) -> String {
        format!("{}\n\n{}", self.subject(), self.body(folder))
    }

    fn subject(&self) -> String {
        match self.changes.as_slice() {
            [only] => only.title.clone(),
            _ => {
                let transform = transforms::find(self.transform);
                transform.map_or(self.transform, |it| pages::title(it.docs)).to_owned()
            }
        }
    }

    fn body(&self, folder: &RepoPath) -> String {
        let mut out = String::new();
        for change in &self.changes {
            let path = folder.join(change.place.path.as_str()).unwrap_or(RepoPath::root());
            let (line, title, reason) = (change.place.line, &change.title, &change.reason);
            let safety = change.safety.as_str();
            let said = format!("{path}:{line}: {title}: {reason} [{safety}]");
            let said = super::formats::on_one_line(&said);
            out.push_str(&filled(&said));
        }
        let count = |safety| self.changes.iter().filter(|it| it.safety == safety).count();
        let (safe, review) = (count(Safety::Safe), count(Safety::Review));
        let mut counts = Vec::new();
        if safe != 0 {
            counts.push(counted(safe, "safe change"));
        }
        if review != 0 {
            counts.push(format!("{} to review", counted(review, "change")));
        }
        let counts: Vec<&str> = counts.iter().map(String::as_str).collect();
        let _ = writeln!(out, "\nMade by refit {}: {}.", self.transform, listed(&counts));
        out
    }
}

/// The width of lines in messages of commits.
const WIDTH: usize = 72;

/// An entry of a list, in lines of at most 72 columns where words allow it.
fn filled(text: &str) -> String {
    let mut out = "-".to_owned();
    let mut column = 1;
    for word in text.split(' ') {
        let len = word.chars().count() + 1;
        if WIDTH < column + len && 1 < column {
            out.push_str("\n ");
            column = 1;
        }
        out.push(' ');
        out.push_str(word);
        column += len;
    }
    out.push('\n');
    out
}

fn mail(part: &Part<'_>, folder: &RepoPath, from: &str, (number, all): (usize, usize)) -> String {
    let diffs = diff_below(folder, part.before, part.after);
    let diff: String = diffs.iter().map(ToString::to_string).collect();
    let body =
        format!("{}---\n{diff}-- \nrefit {}\n", part.body(folder), env!("CARGO_PKG_VERSION"));
    // git takes the carriage returns out of a mail that comes as it is.
    let (encoding, body) = match body.contains('\r') {
        true => ("quoted-printable", quoted_printable(&body)),
        false => ("8bit", body),
    };
    let subject = encoded_word(&format!("[PATCH {number}/{all}] {}", part.subject()));
    format!(
        "From {:040} Mon Sep 17 00:00:00 2001\nFrom: {from}\nSubject: {subject}\nMIME-Version: 1.0\n\
         Content-Type: text/plain; charset=UTF-8\nContent-Transfer-Encoding: {encoding}\n\n{body}\n",
        0
    )
}

/// A header in ASCII only (RFC 2047).
fn encoded_word(text: &str) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let mut out = String::from("=?UTF-8?q?");
    for byte in text.bytes() {
        match byte {
            b' ' => out.push('_'),
            byte if byte.is_ascii_alphanumeric() => out.push(char::from(byte)),
            byte => _ = write!(out, "={byte:02X}"),
        }
    }
    out + "?="
}

/// A text in lines of at most 76 printable characters: RFC 2045, 6.7.
fn quoted_printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len() * 2);
    for line in text.split_inclusive('\n') {
        let (line, end) = line.strip_suffix('\n').map_or((line, ""), |it| (it, "\n"));
        let mut column = 0;
        for (at, byte) in line.bytes().enumerate() {
            let is_last = at + 1 == line.len();
            let plain = match byte {
                b'=' => false,
                b' ' | b'\t' => !is_last,
                byte => byte.is_ascii_graphic(),
            };
            let width = if plain { 1 } else { 3 };
            if 75 < column + width {
                out.push_str("=\n");
                column = 0;
            }
            match plain {
                true => out.push(char::from(byte)),
                false => _ = write!(out, "={byte:02X}"),
            }
            column += width;
        }
        out.push_str(end);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_mails_cannot_hold_is_encoded() {
        assert_eq!(quoted_printable("a = b\r\n \né\n"), "a =3D b=0D\n=20\n=C3=A9\n");
        let long = quoted_printable(&"x".repeat(100));
        assert_eq!(long, format!("{}=\n{}", "x".repeat(75), "x".repeat(25)));
        assert_eq!(encoded_word("Pin é"), "=?UTF-8?q?Pin_=C3=A9?=");
        assert_eq!(encoded_word("Pin"), "Pin");
    }

    #[test]
    fn entries_are_filled() {
        let text = filled(&"word ".repeat(20));
        assert!(text.starts_with("- word") && text.contains("\n  word"));
        assert!(text.lines().all(|it| it.len() <= WIDTH), "{text}");
    }
}
