//! The comments of the file that goes: none is lost that the other one does not have.

use std::collections::{BTreeMap, HashSet};

use super::{
    align::{Change, Match},
    stages::Layout,
};
use crate::{dockerfile::Kind, text::Edit};

/// The comments that stay of a file, by where they come to stand.
#[derive(Default)]
pub(super) struct Comments {
    /// Above one of our items.
    pub(super) above: BTreeMap<usize, Vec<String>>,
    /// Above an instruction that only they have, by their item.
    pub(super) above_theirs: BTreeMap<usize, Vec<String>>,
    /// Above what only they have in the last stage.
    pub(super) of_rest: Vec<String>,
    /// What is said of the file as a whole.
    pub(super) of_file: Vec<String>,
}

impl Comments {
    /// Those of their items before `end`; `skipped` are copied as they are. FROMs that stand for each other
    /// are given as `(theirs, ours)`.
    pub(super) fn of(
        ours: &Layout<'_, '_>,
        theirs: &Layout<'_, '_>,
        matches: &[&Match],
        froms: &BTreeMap<usize, usize>,
        skipped: &HashSet<usize>,
    ) -> Self {
        let known = all(ours);
        let mut comments = Self::default();
        let mut pending: Vec<String> = Vec::new();
        let mut in_head = true;
        for (at, item) in theirs.site.dockerfile.items.iter().enumerate() {
            if skipped.contains(&at) {
                continue;
            }
            match &item.kind {
                Kind::Comment => pending.push(theirs.site.dockerfile.text(at).trim().to_owned()),
                Kind::Blank | Kind::Directive(_) => {}
                Kind::Instruction(_) => {
                    pending.retain(|it| !known.contains(it.as_str()));
                    if std::mem::take(&mut in_head) {
                        comments.of_file.append(&mut pending);
                    }
                    comments.attach(theirs, at, matches, froms, skipped, &known, &mut pending);
                }
            }
        }
        pending.retain(|it| !known.contains(it.as_str()));
        comments.of_file.append(&mut pending);
        comments
    }

    #[allow(clippy::too_many_arguments, reason = "it is one step of one walk")]
    fn attach(
        &mut self,
        theirs: &Layout<'_, '_>,
        at: usize,
        matches: &[&Match],
        froms: &BTreeMap<usize, usize>,
        skipped: &HashSet<usize>,
        known: &HashSet<String>,
        pending: &mut Vec<String>,
    ) {
        let items = &theirs.site.dockerfile.items;
        let goes_on =
            |at: usize| items.get(at).is_some_and(|it| matches!(it.kind, Kind::Instruction(_)));
        let found = matches.iter().find(|it| it.theirs == at);
        let carried = |line: &str| match found.map(|it| &it.change) {
            Some(Change::Branch(edits)) => edits.iter().any(|it| says(it, line)),
            Some(Change::Only(text)) => text.lines().any(|it| it.trim() == line),
            _ => false,
        };
        let inner = theirs.site.dockerfile.inner_comments(at);
        let inner = inner.filter(|it| !known.contains(*it) && !carried(it));
        pending.extend(inner.map(str::to_owned));
        if pending.is_empty() {
            return;
        }
        let lines = std::mem::take(pending);
        match (found, froms.get(&at)) {
            (Some(it), _) if matches!(it.change, Change::Only(_)) => {
                self.above_theirs.entry(at).or_default().extend(lines);
            }
            // `# code and tests` above two COPYs is said of the one that is left, too.
            (Some(it), _) if it.is_same() && skipped.contains(&(at + 1)) && goes_on(at + 1) => {
                self.of_rest.extend(lines);
            }
            (Some(it), _) => self.above.entry(it.ours).or_default().extend(lines),
            (None, Some(ours)) => self.above.entry(*ours).or_default().extend(lines),
            (None, None) => self.of_file.extend(lines),
        }
    }
}

fn says(edit: &Edit, line: &str) -> bool {
    edit.text.lines().any(|it| it.trim() == line)
}

/// Every comment line of a file, trimmed.
fn all(layout: &Layout<'_, '_>) -> HashSet<String> {
    let dockerfile = layout.site.dockerfile;
    let items = dockerfile.items.iter().enumerate();
    let lines = items.flat_map(|(at, item)| match item.kind {
        Kind::Comment => vec![dockerfile.text(at).trim().to_owned()],
        _ => dockerfile.inner_comments(at).map(str::to_owned).collect(),
    });
    lines.collect()
}
