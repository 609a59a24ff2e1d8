//! Whose the leftovers in a builder's cache are, where several images are built at once.
//!
//! A record of a cache does not say which build made it. One that is new may be of any image that was in work when it
//! came, and goes when all of these are done: a layer of an image that is still to be built again stays.

use std::collections::BTreeSet;

/// The records of a builder's cache, as far as they were seen.
#[derive(Debug, Default)]
pub(super) struct Leftovers {
    known: BTreeSet<String>,
    /// The images in work, by number.
    working: BTreeSet<usize>,
    /// New records, the oldest first.
    new: Vec<New>,
}

/// Records, the newest first, and the images that may have made them and are still in work.
#[derive(Debug)]
struct New {
    records: Vec<String>,
    owners: BTreeSet<usize>,
}

impl Leftovers {
    /// Work on an image begins, while the cache has these records, the newest first. Nobody's are new ones that came
    /// while there was no work: they are kept.
    pub(super) fn begin(&mut self, image: usize, records: Vec<String>) {
        self.see(records);
        self.working.insert(image);
    }

    /// Work on an image ends; returns the records that nobody needs any more, the newest first.
    pub(super) fn end(&mut self, image: usize, records: Vec<String>) -> Vec<String> {
        self.see(records);
        self.working.remove(&image);
        let mut done = Vec::new();
        for it in self.new.extract_if(.., |it| {
            it.owners.remove(&image);
            it.owners.is_empty()
        }) {
            done.splice(0..0, it.records);
        }
        done
    }

    /// Returns true if no image is in work.
    pub(super) fn is_idle(&self) -> bool {
        self.working.is_empty()
    }

    fn see(&mut self, records: Vec<String>) {
        let mut records = records;
        records.retain(|it| self.known.insert(it.clone()));
        if !records.is_empty() && !self.working.is_empty() {
            self.new.push(New { records, owners: self.working.clone() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn records(names: &str) -> Vec<String> {
        names.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn what_another_image_may_need_stays_until_it_is_done() {
        let mut leftovers = Leftovers::default();
        leftovers.begin(0, records("base"));
        leftovers.begin(1, records("a base"));
        // `b` may be of either, `a` only of the first.
        assert_eq!(leftovers.end(0, records("b a base")), records("a"));
        leftovers.begin(2, records("c b base"));
        assert_eq!(leftovers.end(1, records("d c b base")), records("c b"));
        assert_eq!(leftovers.end(2, records("d base")), records("d"));
        assert!(leftovers.is_idle());
    }

    #[test]
    fn one_image_after_the_other_leaves_what_was_there() {
        let mut leftovers = Leftovers::default();
        leftovers.begin(0, records("base"));
        assert_eq!(leftovers.end(0, records("b a base")), records("b a"));
        // Another base was fetched meanwhile.
        leftovers.begin(1, records("other base"));
        assert_eq!(leftovers.end(1, records("c other base")), records("c"));
    }
}
