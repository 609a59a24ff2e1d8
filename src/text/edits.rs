//! Edits of one text that can all be made.

use std::collections::BTreeMap;

use super::Edit;

/// Edits of a text that do not conflict, in its order: to ask about one more does not take longer the more there are.
#[derive(Default)]
pub struct Edits<'e>(BTreeMap<(usize, usize), &'e Edit>);

impl<'e> Edits<'e> {
    /// Returns true if an edit conflicts with one of these; see [`Edit::conflicts`].
    pub fn conflict_with(&self, edit: &Edit) -> bool {
        let (start, end) = (edit.span.start, edit.span.end);
        // They do not overlap, so that of those that start before it only the last can reach into it.
        let before = self.0.range(..(start, 0)).next_back();
        let from = self.0.range((start, 0)..);
        let from = from.take_while(|it| it.0.0 == start || it.0.0 < end);
        before.into_iter().chain(from).any(|it| it.1.conflicts(edit))
    }

    /// Adds an edit that conflicts with none of them.
    pub fn add(&mut self, edit: &'e Edit) {
        self.0.insert((edit.span.start, edit.span.end), edit);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_of_many_conflicts_as_it_does_alone() {
        let mut all = vec![Edit::insert_shared(3, "a"), Edit::insert(3, "b")];
        for start in 0..7 {
            all.extend((start..8).map(|end| Edit::replace(start..end, "c")));
        }
        for seed in 0..all.len() {
            let (mut taken, mut edits): (Vec<&Edit>, Edits<'_>) = (Vec::new(), Edits::default());
            for at in 0..all.len() {
                let edit = &all[(seed + 7 * at) % all.len()];
                let expected = taken.iter().any(|it| it.conflicts(edit));
                assert_eq!(edits.conflict_with(edit), expected, "{edit:?} after {taken:?}");
                if !expected {
                    taken.push(edit);
                    edits.add(edit);
                }
            }
        }
    }
}
