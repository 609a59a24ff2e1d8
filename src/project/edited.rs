//! The way back from an edited file to the files on disk: what a change left, what it moved, what it wrote.

use super::{
    File, Project,
    change::{Change, FileChange},
};
use crate::text::{self, Edit, Provenance, Span};

/// The provenance of a file after edits that do not conflict, each with the change that it is part of.
pub(super) fn provenance(project: &Project, file: &File, edits: &[(&Edit, &Change)]) -> Provenance {
    let mut edits = edits.to_vec();
    text::put_in_order(&mut edits, |it| it.0);
    let own = file.provenance();
    // Of one change at a time: what another moves has nothing to do with it.
    let mut lines: Option<(&Change, Lines<'_>)> = None;
    let (mut written, mut at) = (Provenance::default(), 0);
    for (edit, change) in edits {
        written.keep(own, at..edit.span.start);
        at = edit.span.end;
        // Elsewhere nothing moves by lines.
        if edit.text.contains('\n') && file.dockerfile().is_some() {
            if lines.as_ref().is_none_or(|it| !std::ptr::eq(it.0, change)) {
                lines = Some((change, Lines::of(project, change)));
            }
            if let Some((_, lines)) = &lines {
                Writer { into: &mut written, own, file, edit, lines }.write();
            }
            continue;
        }
        let kept = Edit::between(&file.text[edit.span.clone()], &edit.text);
        let (from, to) = (edit.span.start + kept.span.start, edit.span.start + kept.span.end);
        written.keep(own, edit.span.start..from);
        written.write(kept.text.len(), own, from);
        written.keep(own, to..edit.span.end);
    }
    written.keep(own, at..file.text.len());
    written
}

/// The lines of the Dockerfiles that a change touches, those first that it takes away.
#[derive(Default)]
struct Lines<'p> {
    files: Vec<(&'p File, &'p Provenance)>,
    all: Vec<Line<'p>>,
    /// Their numbers, by text.
    by_text: Vec<usize>,
}

/// A line without the blanks around it.
#[derive(Clone, Copy)]
struct Line<'p> {
    text: &'p str,
    /// Its file, by number.
    file: usize,
    /// The byte of the file at which it starts.
    at: usize,
}

impl<'p> Lines<'p> {
    fn of(project: &'p Project, change: &Change) -> Self {
        let (mut gone, mut others) = (Vec::new(), Vec::new());
        let mut lines = Self::default();
        for (path, change) in &change.files {
            let file = project.files.get(path.as_str()).filter(|it| it.dockerfile().is_some());
            let Some(file) = file else { continue };
            let number = lines.files.len();
            lines.files.push((file, file.provenance()));
            let goes = |span: &Span| match change {
                FileChange::Edit(edits) => {
                    edits.iter().any(|it| it.span.start <= span.start && span.end <= it.span.end)
                }
                FileChange::Delete => true,
                FileChange::Create(_) => false,
            };
            let mut start = 0;
            for line in file.text.split_inclusive('\n') {
                let text = line.trim();
                let at = start + (line.len() - line.trim_start().len());
                start += line.len();
                if !text.is_empty() {
                    let into = if goes(&(at..at + text.len())) { &mut gone } else { &mut others };
                    into.push(Line { text, file: number, at });
                }
            }
        }
        gone.append(&mut others);
        lines.by_text = (0..gone.len()).collect();
        lines.by_text.sort_by_key(|it| gone[*it].text);
        lines.all = gone;
        lines
    }

    /// The line that a new one is a copy of: the one after `last`, if that is one.
    fn find(&self, text: &str, last: Option<usize>) -> Option<usize> {
        let is_same = |it: &usize| self.all.get(*it).is_some_and(|it| it.text == text);
        let next = last.map(|it| it + 1).filter(is_same);
        // `fi` and `&& \` are anywhere.
        let is_telling = text.contains(' ') && 7 < text.len();
        next.or_else(|| {
            let first = self.by_text.partition_point(|it| self.all[*it].text < text);
            self.by_text.get(first).copied().filter(|it| is_telling && is_same(it))
        })
    }

    /// The longest line that a new one begins with, or the first that begins with the new one.
    fn beginning(&self, text: &str) -> Option<(usize, usize)> {
        let begins = |of: &str, with: &str| {
            let next = of.strip_prefix(with).and_then(|it| it.chars().next());
            with.contains(' ') && next.is_some_and(char::is_whitespace)
        };
        let found = self.all.iter().enumerate().filter_map(|(at, line)| {
            let len = match (begins(text, line.text), begins(line.text, text)) {
                (true, _) => line.text.len(),
                (_, true) => text.len(),
                _ => return None,
            };
            Some((at, len))
        });
        found.reduce(|best, it| if best.1 < it.1 { it } else { best })
    }
}

/// The new lines of one edit.
struct Writer<'w> {
    into: &'w mut Provenance,
    own: &'w Provenance,
    file: &'w File,
    edit: &'w Edit,
    lines: &'w Lines<'w>,
}

impl Writer<'_> {
    fn write(mut self) {
        let mut last = None;
        for (number, line) in self.edit.text.split_inclusive('\n').enumerate() {
            let text = line.trim();
            if let Some(at) = self.lines.find(text, last) {
                self.keep(line, at, text.len());
                last = Some(at);
            } else if number == 0 && self.is_begun(line) {
                let old = &self.file.text[self.edit.span.clone()];
                let kept = Edit::between(old, line).span.start;
                self.into.keep(self.own, self.edit.span.start..self.edit.span.start + kept);
                self.mark(line.len() - kept);
            } else if let Some((at, len)) = self.lines.beginning(text) {
                self.keep(line, at, len);
            } else {
                self.mark(line.len());
            }
        }
    }

    /// Returns true if the first line has the first two words of what it replaces.
    fn is_begun(&self, line: &str) -> bool {
        let old = &self.file.text[self.edit.span.clone()];
        let words = |it: &str| it.split_whitespace().take(2).map(str::to_owned).collect::<Vec<_>>();
        let (old, new) = (words(old), words(line));
        old.len() == 2 && old == new
    }

    /// A line of which so many bytes are those of a known one.
    fn keep(&mut self, line: &str, known: usize, len: usize) {
        let Line { file, at, .. } = self.lines.all[known];
        let (file, provenance) = &self.lines.files[file];
        let indent = line.len() - line.trim_start().len();
        self.mark(indent);
        let rest = &line[indent + len..];
        // Its line end as well, so that the next may go on from it.
        let len = if file.text[at + len..].starts_with(rest) { len + rest.len() } else { len };
        self.into.keep(provenance, at..at + len);
        self.mark(line.len() - indent - len);
    }

    fn mark(&mut self, len: usize) {
        self.into.write(len, self.own, self.edit.span.start);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::{
        project::{
            Project,
            change::{Change, FileChange, Safety},
        },
        text::{Edit, Place, RepoPath},
    };

    fn path(name: &str) -> RepoPath {
        RepoPath::new(name).unwrap()
    }

    fn changed(files: &[(&str, &str)], changes: Vec<(&str, FileChange)>) -> Project {
        let files = files.iter().map(|it| (path(it.0), it.1.to_owned()));
        let changes: BTreeMap<_, _> = changes.into_iter().map(|it| (path(it.0), it.1)).collect();
        let change = Change {
            title: String::new(),
            reason: String::new(),
            safety: Safety::Safe,
            place: Place::line(&path("Dockerfile"), 1),
            files: changes,
            alters: Vec::new(),
        };
        Project::new(files).apply(&[change]).0
    }

    /// The places of the lines of the Dockerfile.
    fn places(project: &Project) -> Vec<String> {
        let file = project.file("Dockerfile").unwrap();
        let mut at = 0;
        let lines = file.text.split_inclusive('\n').map(|line| {
            let place = file.place(&(at..at + line.len()));
            at += line.len();
            let Place { path, line, column, end_line, end_column } = place;
            format!("{path} {line}:{column}-{end_line}:{end_column}")
        });
        lines.collect()
    }

    #[test]
    fn a_line_that_moves_keeps_its_place() {
        let text = "FROM a\nCOPY . .\nRUN b\n";
        let edits = vec![
            Edit::delete(7..16),
            Edit::insert(20, "--x "),
            Edit::insert(text.len(), "COPY . .\nUSER c\n"),
        ];
        let after = changed(&[("Dockerfile", text)], vec![("Dockerfile", FileChange::Edit(edits))]);
        assert_eq!(
            &*after.file("Dockerfile").unwrap().text,
            "FROM a\nRUN --x b\nCOPY . .\nUSER c\n"
        );
        let expected = [
            "Dockerfile 1:1-1:7",
            "Dockerfile 3:1-3:6",
            "Dockerfile 2:1-2:9",
            "Dockerfile 3:6-3:6",
        ];
        assert_eq!(places(&after), expected);
    }

    #[test]
    fn lines_of_a_file_that_goes_are_still_its_own() {
        let files = [("Dockerfile", "FROM a\n"), ("Dockerfile.test", "FROM a\nRUN test it\n")];
        let edit = Edit::insert(7, "FROM a AS test\nRUN test it\n");
        let changes = vec![
            ("Dockerfile", FileChange::Edit(vec![edit])),
            ("Dockerfile.test", FileChange::Delete),
        ];
        let places = places(&changed(&files, changes));
        let expected =
            ["Dockerfile 1:1-1:7", "Dockerfile.test 1:1-1:7", "Dockerfile.test 2:1-2:12"];
        assert_eq!(places, expected);
    }
}
