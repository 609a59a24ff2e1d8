//! What a file imports for all files of its project.

use super::{Import, Language, SourceFacts, csharp};

impl Language {
    /// The namespace that a file uses for all files of its project and that tells whether their calls write, if any:
    /// what it means in these was not followed.
    pub fn told_everywhere(self, facts: &SourceFacts) -> Option<&Import> {
        let tells = |module: &str| {
            let all = self.grammar().grammar.facts.iter().copied().flatten();
            all.filter_map(|it| it.does.told_by()).flatten().any(|it| {
                module.strip_prefix(it).is_some_and(|it| it.is_empty() || it.starts_with('.'))
            })
        };
        let mut all = facts.imports.iter();
        all.find(|it| it.names.iter().any(|it| it == csharp::EVERYWHERE) && tells(&it.module))
    }
}
