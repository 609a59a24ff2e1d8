//! The parts of a file that run only if it is the one that is run: `if __name__ == "__main__":`.

use tree_sitter::Node;

use super::scopes::Scopes;

impl<'t> Scopes<'t> {
    /// Skips the part of a node that runs only if its condition holds, if that does not hold in a file that is imported.
    pub(super) fn guard(&mut self, node: Node<'t>, condition: &str, then: &str) {
        let condition = node.child_by_field_name(condition);
        if !self.is_run && condition.is_some_and(|it| self.is_guard(it)) {
            self.skipped = node.child_by_field_name(then).map(|it| it.id());
        }
    }

    /// Whether a condition holds only in a file that is run.
    fn is_guard(&self, condition: Node<'t>) -> bool {
        let text = self.text_of(condition).split_whitespace().collect::<Vec<_>>().join(" ");
        let text = text.replace('\'', "\"");
        let is_guard = |part: &str| {
            let part = part.replace(' ', "");
            let part = part.trim_start_matches('(').trim_end_matches(')');
            self.grammar.grammar.guards.contains(&part)
        };
        !["||", " or "].iter().any(|it| text.contains(it))
            && text.split("&&").flat_map(|it| it.split(" and ")).any(is_guard)
    }
}
