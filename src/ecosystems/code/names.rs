//! What the names of a file stand for: assignments to them, and where they are looked up.

use tree_sitter::Node;

use super::{
    grammar::{Parts as _, Role},
    scopes::{Definition, Located, Scopes},
};

impl<'t> Scopes<'t> {
    pub(super) fn assign(&mut self, target: Node<'t>, value: Option<Node<'t>>, scope: usize) {
        let Some(node) = value else { return };
        if self.assign_each(target, node, scope) {
            return;
        }
        if matches!(self.grammar.role(target), Some(Role::Pattern)) {
            let mut cursor = target.walk();
            for part in target.named_children(&mut cursor) {
                let (key, name) = match self.grammar.role(part) {
                    Some(Role::Pair { key, value }) => (part.part(key), part.part(value)),
                    _ => (Some(part), Some(part)),
                };
                if let (Some(key), Some(name)) = (key, name) {
                    let from = Located { node, scope };
                    let definition = Definition::Part(from, self.last_name(key));
                    self.assign_as(name, definition, scope);
                }
            }
            return;
        }
        self.assign_as(target, Definition::Is(Located { node, scope }), scope);
    }

    /// Gives a target its value; the names of a list of targets can be anything.
    pub(super) fn assign_as(&mut self, target: Node<'t>, definition: Definition<'t>, scope: usize) {
        match self.grammar.role(target) {
            Some(Role::Name) => self.define(scope, self.text_of(target), definition),
            Some(Role::Member { .. } | Role::Index { .. } | Role::Method { .. } | Role::Owned) => {
                let name = self.last_name(target);
                self.attributes.entry(name).or_default().push(definition);
            }
            _ => {
                let mut cursor = target.walk();
                for child in target.named_children(&mut cursor) {
                    if matches!(self.grammar.role(child), Some(Role::Name)) {
                        self.define(scope, self.text_of(child), Definition::Open);
                    }
                }
            }
        }
    }

    /// The last name of a target: `folder` of `self.folder` and of `config["folder"]`.
    pub(super) fn last_name(&self, node: Node<'t>) -> &'t str {
        let last = match self.grammar.role(node) {
            Some(Role::Member { name, .. }) => node.part(name),
            Some(Role::Method { name, .. }) => node.part(name),
            Some(Role::Index { key, .. }) => node.part(key),
            _ => Some(node),
        };
        // `GetValue<string>`
        let last = last.map(|it| match (self.grammar.role(it), self.grammar.grammar.packages) {
            (Some(Role::Group), Some(_)) if it != node => it.named_child(0).unwrap_or(it),
            _ => it,
        });
        let text = last.map_or("", |it| self.text_of(it));
        let text = text.trim_matches(['"', '\'', '`', ':']);
        if self.grammar.grammar.open.is_some() { text.trim_start_matches(['@', '$']) } else { text }
    }
}
