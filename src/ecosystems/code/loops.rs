//! Loops over lists, and functions that are called with each element of one.

use tree_sitter::Node;

use super::{
    grammar::{Parts as _, Role},
    open::children_of,
    scopes::{Definition, Located, Scopes},
};

/// The methods that change a list.
const CHANGES: [&str; 7] =
    [".append(", ".extend(", ".insert(", ".push(", ".splice(", ".unshift(", ".concat("];

impl<'t> Scopes<'t> {
    /// The elements of a list, or of the list that a name stands for; `None` if they are not known.
    fn elements(&self, node: Node<'t>, scope: usize) -> Option<Vec<Located<'t>>> {
        // Of a table, a loop gets the keys, but for PHP.
        let is_list = |node| match self.grammar.role(node) {
            Some(Role::List) => true,
            Some(Role::Table) => self.open().is_some(),
            _ => false,
        };
        let all = |node: Node<'t>, scope| {
            let parts = children_of(node).into_iter();
            let value = |it: Node<'t>| match self.grammar.role(it) {
                Some(Role::Pair { value, .. }) => it.part(value).unwrap_or(it),
                _ => it,
            };
            parts.map(|it| Located { node: value(it), scope }).collect()
        };
        match self.grammar.role(node)? {
            Role::List | Role::Table => is_list(node).then(|| all(node, scope)),
            Role::Name => {
                let name = self.text_of(node);
                match self.definitions(name, scope) {
                    [Definition::Is(at)] if is_list(at.node) && !self.may_change(name) => {
                        Some(all(at.node, at.scope))
                    }
                    _ => None,
                }
            }
            Role::Group => self.elements(node.named_child(0)?, scope),
            Role::Call { function, arguments } => {
                let function = node.part(function)?;
                let Role::Member { object, .. } = self.grammar.role(function)? else { return None };
                let given = node.part(arguments)?.named_child(0)?;
                // `names.map(name => `data/${name}`)`
                let is_map = self.last_name(function) == "map" && self.is_each(function);
                self.elements(function.part(object)?, scope).filter(|_| is_map)?;
                let inner = *self.blocks.get(&given.id())?;
                let body = given.part("body").filter(|it| self.grammar.is_value(*it))?;
                Some(vec![Located { node: body, scope: inner }])
            }
            _ => None,
        }
    }

    /// Whether the file may change the list of a name.
    fn may_change(&self, name: &str) -> bool {
        let before = |it| self.text.match_indices(it).map(|it| &self.text[..it.0]);
        let changed = self.changed.get_or_init(|| CHANGES.into_iter().flat_map(before).collect());
        changed.iter().any(|it| it.ends_with(name))
    }

    /// Gives the name of a loop the elements of its list, or anything.
    fn each(&mut self, list: Option<Node<'t>>, target: Node<'t>, scope: usize) {
        let elements = list.and_then(|it| self.elements(it, scope));
        let is_name = matches!(self.grammar.role(target), Some(Role::Name));
        match elements.filter(|_| is_name) {
            Some(all) => {
                for at in all {
                    self.assign_as(target, Definition::Is(at), scope);
                }
            }
            None if is_name => self.assign_as(target, Definition::Open, scope),
            None => {
                for part in children_of(target) {
                    self.each(None, part, scope);
                }
            }
        }
    }

    /// A loop over the elements of a list: `for folder in ("data", "logs")`, `for (const folder of folders)`.
    pub(super) fn over(&mut self, node: Node<'t>, left: &str, right: &str, scope: usize) {
        let Some(target) = node.part(left) else { return };
        // `for (const key in table)`
        let gets_keys = node.part("operator").is_some_and(|it| it.kind() == "in");
        if matches!(self.grammar.role(target), Some(Role::Name)) {
            return self.each(node.part(right).filter(|_| !gets_keys), target, scope);
        }
        self.assign_as(target, Definition::Open, scope);
    }

    /// Whether a method is called with a function that gets each element of a list.
    fn is_each(&self, function: Node<'t>) -> bool {
        self.grammar.grammar.iterators.contains(&self.last_name(function))
    }

    /// What the first parameter of a function is that is given to a call: `["data", "logs"].forEach(folder => …)`;
    /// empty if it is not such a function, or the list is not known.
    pub(super) fn given(&self, function: Node<'t>, scope: usize) -> Vec<Definition<'t>> {
        let call = function.parent().and_then(|it| it.parent());
        let called = call.and_then(|call| match self.grammar.role(call)? {
            Role::Call { function, .. } => call.part(function),
            _ => None,
        });
        let Some(called) = called.filter(|it| self.is_each(*it)) else { return Vec::new() };
        let object = match self.grammar.role(called) {
            Some(Role::Member { object, .. }) => called.part(object),
            _ => None,
        };
        let elements = object.and_then(|it| self.elements(it, scope)).unwrap_or_default();
        elements.into_iter().map(Definition::Is).collect()
    }

    /// A loop over a list: the list, and what it is assigned to.
    pub(super) fn foreach(&mut self, node: Node<'t>, scope: usize) {
        let parts = children_of(node);
        let (Some(list), Some(target)) = (parts.first(), parts.get(1)) else { return };
        if let Some(Role::Pair { .. }) = self.grammar.role(*target) {
            let parts = children_of(*target);
            if let Some(key) = parts.first() {
                self.each(None, *key, scope);
            }
            if let Some(value) = parts.last() {
                self.each(Some(*list), *value, scope);
            }
            return;
        }
        self.each(Some(*list), *target, scope);
    }

    /// The parameters of a function that is given to a call: `%w[log tmp].each { |folder| … }`.
    pub(super) fn block(&mut self, node: Node<'t>, parameters: &str, scope: usize) {
        let Some(list) = node.part(parameters) else { return };
        let call = node.parent().and_then(|it| match self.grammar.role(it) {
            Some(Role::Method { object, name, .. }) => Some((it.part(object)?, it.part(name)?)),
            _ => None,
        });
        let is_each = |it: &str| ["each", "map", "each_with_index"].contains(&it);
        let object = call.filter(|it| is_each(self.text_of(it.1))).map(|it| it.0);
        for (at, parameter) in children_of(list).into_iter().enumerate() {
            let (target, default) = match self.grammar.role(parameter) {
                Some(Role::Parameter { name, .. }) => (parameter.part(name), None),
                _ => (Some(parameter), object.filter(|_| at == 0)),
            };
            if let Some(target) = target {
                self.each(default, target, scope);
            }
        }
    }
}
