//! The words in which a language says which entries, names and modules stand for places that libraries write to.

use super::{Language, facts::Kind};

/// An entry of a table that names a place, if another entry says so.
#[derive(Clone, Copy, Debug)]
pub(super) struct Entry {
    /// The module that the file has to import; empty if none is needed.
    pub module: &'static str,
    /// The entry; `a.b` is the entry `b` of the table that is the entry `a`.
    pub key: &'static str,
    /// The other entry; empty if none is needed.
    pub beside: &'static str,
    /// What the other contains.
    pub contains: &'static str,
    /// What is written.
    pub kind: Kind,
    /// What to call it.
    pub what: &'static str,
}

/// An entry whose value is a table of which the keys name places.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keyed {
    /// The module that the file has to import.
    pub module: &'static str,
    /// The entry.
    pub key: &'static str,
    /// What is written.
    pub kind: Kind,
}

/// A name whose value is a place that a library writes to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Setting {
    /// The name.
    pub name: &'static str,
    /// What is written.
    pub kind: Kind,
    /// If the value contains the first text, the second is a place that is written to; the value itself is none.
    pub implies: Option<(&'static str, &'static str)>,
}

/// A name whose value is a place that a library writes to.
pub(super) const fn setting(name: &'static str, kind: Kind) -> Setting {
    Setting { name, kind, implies: None }
}

/// A function that gives a variable the value of an option of the command line.
#[derive(Clone, Copy, Debug)]
pub(super) struct OptionOf {
    /// The method.
    pub name: &'static str,
    /// The position of the option's name, and of its default after it.
    pub at: [usize; 2],
}

/// A module that keeps files.
#[derive(Clone, Copy, Debug)]
pub(super) struct Keeper {
    /// The module; those below it count as well.
    pub module: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    /// The starts of the names of the functions that say where; empty if none does.
    pub told_by: &'static [&'static str],
}

/// A module that keeps files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kept {
    /// The module.
    pub module: &'static str,
    /// What it is, for people.
    pub what: &'static str,
    pub(super) told_by: &'static [&'static str],
}

impl Kept {
    /// Whether a function of this name says where it keeps its files.
    pub fn is_told_by(&self, function: &str) -> bool {
        self.told_by.iter().any(|it| function.starts_with(it))
    }
}

impl Language {
    /// What is known of a module that keeps files; `None` if this one is not known to.
    pub fn keeper(self, module: &str) -> Option<Kept> {
        let grammar = self.grammar().grammar;
        let keepers =
            grammar.packages.map(|it| it.keepers).or(grammar.open.map(|it| it.keepers))?;
        let is_meant = |it: &str| {
            let rest = module.strip_prefix(it);
            rest.is_some_and(|it| it.is_empty() || it.starts_with(['/', ':', '.', '\\']))
        };
        let found = keepers.iter().find(|it| is_meant(it.module))?;
        Some(Kept { module: found.module, what: found.what, told_by: found.told_by })
    }
}
