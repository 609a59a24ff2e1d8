//! The comments of the variant: none is lost, except those that production has as well.

use std::collections::{BTreeMap, HashSet};

use super::{
    align::{Coverage, Match},
    stages::Layout,
};
use crate::dockerfile::Kind;

/// The comments to keep of the variant, by their new place.
#[derive(Default)]
pub(super) struct Comments {
    /// Above an item of production.
    pub(super) above: BTreeMap<usize, Vec<String>>,
    /// Above an instruction that only the variant has, by its item.
    pub(super) above_variant: BTreeMap<usize, Vec<String>>,
    /// Above the rest of the variant's last stage.
    pub(super) of_rest: Vec<String>,
    /// Above everything that comes from the variant: they describe the file as a whole.
    pub(super) of_file: Vec<String>,
}

impl Comments {
    /// Collects the variant's comments, except those of `skipped` items, which are copied as they are. `froms`
    /// maps FROMs of the variant to their counterparts in production.
    pub(super) fn of(
        production: &Layout<'_, '_>,
        variant: &Layout<'_, '_>,
        matches: &[&Match],
        froms: &BTreeMap<usize, usize>,
        skipped: &HashSet<usize>,
    ) -> Self {
        let known = all(production);
        let mut comments = Self::default();
        let mut pending: Vec<String> = Vec::new();
        let mut in_head = true;
        for (at, item) in variant.site.dockerfile.items.iter().enumerate() {
            if skipped.contains(&at) {
                continue;
            }
            match &item.kind {
                Kind::Comment => pending.push(variant.site.dockerfile.text(at).trim().to_owned()),
                Kind::Blank | Kind::Directive(_) => {}
                Kind::Instruction(_) => {
                    pending.retain(|it| !known.contains(it.as_str()));
                    if std::mem::take(&mut in_head) {
                        comments.of_file.append(&mut pending);
                    }
                    comments.attach(variant, at, matches, froms, skipped, &known, &mut pending);
                }
            }
        }
        pending.retain(|it| !known.contains(it.as_str()));
        comments.of_file.append(&mut pending);
        comments
    }

    /// Decides where the pending comments and those inside an instruction go.
    #[allow(clippy::too_many_arguments, reason = "a step of one walk over the items")]
    fn attach(
        &mut self,
        variant: &Layout<'_, '_>,
        at: usize,
        matches: &[&Match],
        froms: &BTreeMap<usize, usize>,
        skipped: &HashSet<usize>,
        known: &HashSet<String>,
        pending: &mut Vec<String>,
    ) {
        let items = &variant.site.dockerfile.items;
        let next_is_copied = skipped.contains(&(at + 1))
            && items.get(at + 1).is_some_and(|it| matches!(it.kind, Kind::Instruction(_)));
        let found = matches.iter().find(|it| it.variant == at);
        let carried = |line: &str| match found.map(|it| &it.coverage) {
            Some(Coverage::Branch(edits)) => edits.iter().any(|it| has_line(&it.text, line)),
            Some(Coverage::VariantOnly(text)) => has_line(text, line),
            _ => false,
        };
        let inner = variant.site.dockerfile.inner_comments(at);
        let inner = inner.filter(|it| !known.contains(*it) && !carried(it));
        pending.extend(inner.map(str::to_owned));
        if pending.is_empty() {
            return;
        }
        let lines = std::mem::take(pending);
        match (found, froms.get(&at)) {
            (Some(it), _) if it.is_variant_only() => {
                self.above_variant.entry(at).or_default().extend(lines);
            }
            // `# code and tests` above two COPYs describes the second one, too.
            (Some(it), _) if it.is_same() && next_is_copied => {
                self.of_rest.extend(lines);
            }
            (Some(it), _) => self.above.entry(it.production).or_default().extend(lines),
            (None, Some(production)) => self.above.entry(*production).or_default().extend(lines),
            (None, None) => self.of_file.extend(lines),
        }
    }
}

fn has_line(text: &str, line: &str) -> bool {
    text.lines().any(|it| it.trim() == line)
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
