//! What is special in programs of .NET: their settings, and the folder of their assembly.

use super::{
    reach::Reached,
    resolve::Resolver,
    spot::{Spot, closed},
};
use crate::ecosystems::code::{Language, Value};

impl Resolver<'_, '_> {
    /// The value of a setting of a program of .NET, or of one with this name in any section.
    pub(super) fn of_host(
        &self,
        file: usize,
        key: &str,
        default: Option<&Value>,
        depth: usize,
    ) -> Vec<Spot> {
        let spot = |it: &Option<String>| it.as_ref().map_or(Spot::Unknown, |it| closed(it));
        let found: Vec<Spot> = match key.strip_prefix("*:") {
            Some(name) => {
                let named = self.reach.properties.iter();
                let named = named.filter(|it| it.0.rsplit_once(':').is_some_and(|it| it.1 == name));
                named.map(|it| spot(it.1)).collect()
            }
            None => self.reach.properties.get(key).map(spot).into_iter().collect(),
        };
        if !found.is_empty() {
            return found;
        }
        default.map_or_else(|| vec![Spot::Unknown], |it| self.resolve(file, it, depth))
    }

    /// The folders of the assemblies that run. The separator at their end is a part of them: learn.microsoft.com,
    /// `AppContext.BaseDirectory`.
    pub(super) fn programs(&self) -> Vec<Spot> {
        let folders = self.reach.programs.iter().map(|it| it.as_str().trim_end_matches('/'));
        folders.map(|it| closed(&format!("{it}/"))).collect()
    }

    /// Whether calls may stand in a file that could be read in part only.
    pub(super) fn hides_calls(&self) -> bool {
        let is_whole = |it: &Reached<'_>| it.facts.is_whole || it.language != Language::CSharp;
        !self.reach.files.iter().all(is_whole)
    }
}
