//! Differences between two snapshots, as unified diffs that `git apply` accepts.

use std::fmt::Write as _;

use rayon::prelude::*;
use similar::{Algorithm, DiffOp, DiffTag, capture_diff_slices, group_diff_ops};

use crate::{project::Project, text::RepoPath};

/// The difference of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileDiff {
    /// Its path.
    pub path: RepoPath,
    /// The kind of change.
    pub kind: DiffKind,
    /// `diff --git` and the mode lines.
    pub header: String,
    /// `---`, `+++` and the hunks; empty for an empty file that comes or goes.
    pub body: String,
}

/// The kinds of changes to a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiffKind {
    /// It is edited.
    Edit,
    /// It is new.
    Create,
    /// It goes.
    Delete,
}

/// The files that differ, by path.
pub fn diff(before: &Project, after: &Project) -> Vec<FileDiff> {
    diff_below(&RepoPath::root(), before, after)
}

/// The files that differ, by path; diffs name them as seen from above the project's folder.
pub fn diff_below(folder: &RepoPath, before: &Project, after: &Project) -> Vec<FileDiff> {
    let diff = |path: &RepoPath| {
        let (old, new) = (before.file(path.as_str()), after.file(path.as_str()));
        FileDiff::of_texts(folder, path, old.map(|it| &*it.text), new.map(|it| &*it.text))
    };
    changed(before, after).into_par_iter().map(diff).collect()
}

/// The paths of the files that differ, in order.
pub fn changed<'p>(before: &'p Project, after: &'p Project) -> Vec<&'p RepoPath> {
    let differs = |path: &&RepoPath| match (before.file(path.as_str()), after.file(path.as_str())) {
        (Some(old), Some(new)) => old.text != new.text,
        (old, new) => old.is_some() || new.is_some(),
    };
    after.touched_since(before).filter(differs).collect()
}

/// Lines of context around a change.
const CONTEXT: usize = 3;

impl FileDiff {
    /// The difference of a file, from its texts; `None` for one that is not there. The diff names it as seen from
    /// above the project's folder.
    pub fn of_texts(
        folder: &RepoPath,
        path: &RepoPath,
        old: Option<&str>,
        new: Option<&str>,
    ) -> Self {
        let path = &folder.join(path.as_str()).unwrap_or_else(|| path.clone());
        let (kind, mode) = match (old, new) {
            (None, _) => (DiffKind::Create, "new file mode 100644\n"),
            (_, None) => (DiffKind::Delete, "deleted file mode 100644\n"),
            _ => (DiffKind::Edit, ""),
        };
        let (a, b) = (quote(&format!("a/{path}")), quote(&format!("b/{path}")));
        let header = format!("diff --git {a} {b}\n{mode}");
        let hunks = hunks(old.unwrap_or_default(), new.unwrap_or_default());
        let body = match hunks.is_empty() {
            true => hunks,
            false => {
                let name = |quoted: &str, there: bool| match there {
                    // As git: a tab tells where a name with spaces ends.
                    true if quoted.contains(' ') && !quoted.starts_with('"') => {
                        format!("{quoted}\t")
                    }
                    true => quoted.to_owned(),
                    false => "/dev/null".to_owned(),
                };
                format!("--- {}\n+++ {}\n{hunks}", name(&a, old.is_some()), name(&b, new.is_some()))
            }
        };
        Self { path: path.clone(), kind, header, body }
    }
}

impl std::fmt::Display for FileDiff {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.header)?;
        f.write_str(&self.body)
    }
}

impl DiffKind {
    /// The word users see.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Edit => "edit",
            Self::Create => "create",
            Self::Delete => "delete",
        }
    }
}

fn hunks(old: &str, new: &str) -> String {
    // Lines end at a line feed and nowhere else, as git sees them: a lone carriage return is text.
    let (old, new): (Vec<&str>, Vec<&str>) =
        (old.split_inclusive('\n').collect(), new.split_inclusive('\n').collect());
    let ops = capture_diff_slices(Algorithm::Myers, &old, &new);
    let mut out = String::new();
    for group in group_diff_ops(ops, CONTEXT) {
        let (Some(first), Some(last)) = (group.first(), group.last()) else { continue };
        let range = |side: fn(&DiffOp) -> std::ops::Range<usize>| {
            let (start, end) = (side(first).start, side(last).end);
            match end - start {
                0 => format!("{start},0"),
                1 => format!("{end}"),
                count => format!("{},{count}", start + 1),
            }
        };
        let (from, to) = (range(DiffOp::old_range), range(DiffOp::new_range));
        let _ = writeln!(out, "@@ -{from} +{to} @@");
        for op in group {
            let (removed, added) = (&old[op.old_range()], &new[op.new_range()]);
            if op.tag() == DiffTag::Equal {
                push(&mut out, ' ', removed);
            } else {
                push(&mut out, '-', removed);
                push(&mut out, '+', added);
            }
        }
    }
    out
}

fn push(out: &mut String, sign: char, lines: &[&str]) {
    for line in lines {
        out.push(sign);
        out.push_str(line);
        if !line.ends_with('\n') {
            out.push_str("\n\\ No newline at end of file\n");
        }
    }
}

/// A path as git writes it: in quotes when it has quotes, backslashes, control characters or non-ASCII bytes.
fn quote(path: &str) -> String {
    if path.bytes().all(|it| matches!(it, b' '..=b'~') && it != b'"' && it != b'\\') {
        return path.to_owned();
    }
    let mut quoted = String::from("\"");
    for byte in path.bytes() {
        match byte {
            b'"' => quoted.push_str("\\\""),
            b'\\' => quoted.push_str("\\\\"),
            b'\t' => quoted.push_str("\\t"),
            b'\n' => quoted.push_str("\\n"),
            b'\r' => quoted.push_str("\\r"),
            b' '..=b'~' => quoted.push(char::from(byte)),
            byte => _ = write!(quoted, "\\{byte:03o}"),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
