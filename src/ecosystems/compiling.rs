//! The settings with which packages are compiled, of which caches know nothing.

use super::At;
use crate::{dockerfile::variables::Variable, shell::Invocation};

/// The settings with which packages are compiled. A cache that does not know them hands out what other settings made.
#[derive(Clone, Copy, Debug)]
pub struct Compiling {
    /// The options that ask for it, or set it.
    pub options: &'static [&'static str],
    /// Whether a variable of this name is such a setting.
    pub variables: fn(&str) -> bool,
    /// Whether a variable that a command gets for itself alone is one: it is there for the command, and most are.
    pub own_variables: fn(&str) -> bool,
}

impl Compiling {
    /// The setting that holds for a call.
    pub(super) fn setting(&self, call: &Invocation, at: &At<'_>) -> Option<String> {
        let option = self.options.iter().copied().find(|it| call.has(&[it]));
        let mut own = call.assignments.iter().map(|it| it.0.as_str());
        let own = own.find(|it| (self.own_variables)(it));
        let is_empty = |it: &Variable| it.value().is_some_and(str::is_empty);
        let set = || {
            let mut all = at.state.variables.iter();
            all.find(|it| (self.variables)(it.0) && !is_empty(it.1)).map(|it| it.0)
        };
        option.or(own).or_else(set).map(str::to_owned)
    }
}
