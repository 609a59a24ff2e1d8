//! The class that a class is made from.

use tree_sitter::Node;

use super::{call::Call, evaluate::Evaluator, grammar::Role};

impl<'t> Evaluator<'_, 't> {
    /// The class whose constructor a call is of: `super("data.json")`, `super().__init__("data.json")`.
    pub(super) fn base(&self, call: &Call<'t>) -> Option<&'t str> {
        let constructors = self.scopes.grammar.grammar.constructors;
        let is_super = match call.object {
            Some((object, name)) => {
                constructors.contains(&name) && self.scopes.text_of(object).starts_with("super(")
            }
            None => self.scopes.text_of(call.function) == "super",
        };
        if !is_super {
            return None;
        }
        let is_class =
            |it: &Node<'t>| matches!(self.scopes.grammar.role(*it), Some(Role::Class { .. }));
        let class = std::iter::successors(call.function.parent(), Node::parent).find(is_class)?;
        let mut cursor = class.walk();
        let heritage = class
            .child_by_field_name("superclasses")
            .or_else(|| class.named_children(&mut cursor).find(|it| it.kind() == "class_heritage"));
        let text = self.scopes.text_of(heritage?).trim_start_matches("extends");
        let is_name = |it: char| it.is_alphanumeric() || ['_', '$', '.'].contains(&it);
        let text = text.trim_start_matches(|it| !is_name(it));
        let name = text.split(|it| !is_name(it)).next()?;
        name.rsplit('.').next().filter(|it| !it.is_empty())
    }
}
