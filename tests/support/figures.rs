//! How far each transform gets on a collection of real input.

use std::collections::{BTreeMap, BTreeSet};

use refit::{
    engine::plan::{Plan, codes},
    text::RepoPath,
    transforms,
};

/// What each transform did, in files or projects: each counts once, whatever is done to it.
#[derive(Default)]
pub struct Figures {
    all: BTreeSet<String>,
    changed: BTreeMap<&'static str, BTreeSet<String>>,
    declined: BTreeMap<&'static str, BTreeMap<&'static str, BTreeSet<String>>>,
}

impl Figures {
    /// Counts these files or projects, whether anything is done to them or not.
    pub fn count(&mut self, names: impl IntoIterator<Item = String>) {
        self.all.extend(names);
    }

    /// Adds what a plan changes and declines; `name` tells to which file or project a path counts.
    pub fn add(&mut self, plan: &Plan, name: impl Fn(&RepoPath) -> Option<String>) {
        for (transform, change) in plan.changes() {
            self.changed.entry(transform).or_default().extend(name(&change.place.path));
        }
        for it in &plan.declines {
            let codes = self.declined.entry(it.transform).or_default();
            codes.entry(it.why.code).or_default().extend(name(&it.place.path));
        }
    }

    /// Prints them: what looks like a target, how much of it is changed, and why the rest is not.
    pub fn print(&self, what: &str) {
        let (none, nothing) = (BTreeSet::new(), BTreeMap::new());
        for transform in transforms::ALL {
            let changed = self.changed.get(transform.name).unwrap_or(&none);
            let declined = self.declined.get(transform.name).unwrap_or(&nothing);
            let left: BTreeSet<_> =
                declined.values().flatten().filter(|it| !changed.contains(*it)).collect();
            let targets = changed.len() + left.len();
            let objections = declined.get(codes::ENGINE).map_or(0, BTreeSet::len);
            println!(
                "{}: {targets} of {} {what} look like targets, {} changed ({}%), {} declined; {objections} engine objections",
                transform.name,
                self.all.len(),
                changed.len(),
                100 * changed.len() / targets.max(1),
                left.len(),
            );
            let mut codes: Vec<_> = declined.iter().collect();
            codes.sort_by_key(|it| std::cmp::Reverse(it.1.len()));
            for (code, names) in codes.into_iter().filter(|it| !it.1.is_empty()) {
                let also = names.iter().filter(|it| changed.contains(*it)).count();
                println!("  [{code}] {} ({also} of them changed elsewhere)", names.len());
            }
        }
    }
}
