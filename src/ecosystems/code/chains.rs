//! Operations of many terms: `"a" + "b" + …` is a tree as deep as it has terms.

use tree_sitter::Node;

use super::{grammar::Role, scopes::Scopes};

impl<'t> Scopes<'t> {
    /// A node, and below it the operations that are one after the other its first operand.
    pub(super) fn chain(&self, node: Node<'t>) -> Vec<Node<'t>> {
        let mut chain = vec![node];
        while let Some(next) = chain.last().and_then(|it| self.first_operation(*it)) {
            chain.push(next);
        }
        chain
    }

    /// The operation that is the first operand of another one.
    fn first_operation(&self, node: Node<'t>) -> Option<Node<'t>> {
        let is_operation =
            |it: &Node<'t>| matches!(self.grammar.role(*it), Some(Role::Operation { .. }));
        let first = Some(node).filter(is_operation)?.named_child(0)?;
        Some(first).filter(|it| is_operation(it) && self.skipped != Some(it.id()))
    }
}
