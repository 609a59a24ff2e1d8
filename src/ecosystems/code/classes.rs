//! The classes that a class is made from.

use std::collections::{HashMap, HashSet};

use tree_sitter::Node;

use super::{
    call::Call,
    evaluate::Evaluator,
    grammar::Role,
    open::children_of,
    scopes::{Located, Scopes},
};

/// The nodes that hold what a class is made from, where no field of the class does.
const HERITAGE: [&str; 3] = ["base_clause", "class_heritage", "extends_clause"];

impl<'t> Scopes<'t> {
    /// The names of the classes whose constructors are those of what they are made from; of two classes of a name the
    /// first counts.
    fn plain_classes(&self) -> HashSet<&'t str> {
        let mut first = HashMap::new();
        for (at, class) in self.all.iter().enumerate().filter(|it| it.1.is_class) {
            first.entry(class.name).or_insert(at);
        }
        first.remove("");
        // A constructor has the name of its class.
        for own in &self.all {
            let is_of = |it: &usize| own.parent == Some(*it);
            if first.get(own.name).is_some_and(is_of) {
                first.remove(own.name);
            }
        }
        first.into_keys().collect()
    }
}

impl<'t> Evaluator<'_, 't> {
    /// The name of the first of these classes, without its module.
    pub(super) fn base(&self, bases: &[Node<'t>]) -> Option<&'t str> {
        let text = self.scopes.text_of(*bases.first()?);
        let is_name = |it: char| it.is_alphanumeric() || ['_', '$'].contains(&it);
        text.split(|it| !is_name(it)).rfind(|it| !it.is_empty())
    }

    /// The names of the constructors of these classes, as the table of facts has them.
    pub(super) fn inherited(&self, bases: &[Node<'t>]) -> Vec<String> {
        let makes = self.scopes.open().map_or("", |it| it.makes);
        let name = |node: Node<'t>| {
            let name = self.dotted(&self.value(Located { node, scope: 0 }))?;
            Some(if makes.is_empty() { name } else { format!("{name}.{makes}") })
        };
        bases.iter().copied().filter_map(name).collect()
    }

    /// The classes whose constructors a call is of besides that of its own name, as in `super("data.json")` and
    /// `super().__init__("data.json")`: those that its class is made from if it is of `super`, or those of
    /// the class that it names if that has no constructor of its own.
    pub(super) fn bases(&self, call: &Call<'t>) -> Vec<Node<'t>> {
        let is_class =
            |it: &Node<'t>| matches!(self.scopes.grammar.role(*it), Some(Role::Class { .. }));
        let mut around = std::iter::successors(call.function.parent(), Node::parent);
        let class = match self.is_super(call) {
            true => around.find(is_class),
            false => {
                let makes = self.scopes.open().map_or("", |it| it.makes);
                let named = match call.object {
                    Some((object, name)) if !makes.is_empty() && name == makes => object,
                    Some(_) => return Vec::new(),
                    None => call.function,
                };
                let name = self.scopes.text_of(named);
                let plain = self.plain_classes.get_or_init(|| self.scopes.plain_classes());
                if !plain.contains(name) {
                    return Vec::new();
                }
                let named = |it: &Node<'t>| {
                    let own = it.child_by_field_name("name");
                    is_class(it) && own.is_some_and(|it| self.scopes.text_of(it) == name)
                };
                // `export class Bot`, or a class with decorators.
                let inner = |it: Node<'t>| [it].into_iter().chain(children_of(it));
                let file = around.last();
                file.and_then(|it| children_of(it).into_iter().flat_map(inner).find(named))
            }
        };
        class.map(|it| self.heritage(it)).unwrap_or_default()
    }

    fn is_super(&self, call: &Call<'t>) -> bool {
        let constructors = self.scopes.grammar.grammar.constructors;
        match call.object {
            Some((object, name)) => {
                let object = self.scopes.text_of(object);
                constructors.contains(&name) && (object.starts_with("super(") || object == "parent")
            }
            None => self.scopes.text_of(call.function) == "super",
        }
    }

    /// The classes that a class is made from, as it names them.
    fn heritage(&self, class: Node<'t>) -> Vec<Node<'t>> {
        let named = ["superclasses", "superclass"];
        let field = named.iter().find_map(|it| class.child_by_field_name(it));
        let is_heritage = |it: &Node<'t>| HERITAGE.contains(&it.kind());
        let Some(mut list) = field.or_else(|| children_of(class).into_iter().find(is_heritage))
        else {
            return Vec::new();
        };
        // TypeScript has the clause in another node.
        if let Some(inner) = children_of(list).into_iter().find(is_heritage) {
            list = inner;
        }
        let is_named =
            |it: &Node<'t>| matches!(self.scopes.grammar.role(*it), Some(Role::Named { .. }));
        children_of(list).into_iter().filter(|it| !is_named(it)).collect()
    }
}
