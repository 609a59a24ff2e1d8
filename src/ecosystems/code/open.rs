//! Names in languages in which every file sees the names of all others: Ruby and PHP.

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    evaluate::{DEPTH, Evaluator},
    facts::{Does, Gives},
    grammar::{Open, Parts as _, Role},
    scopes::{Definition, Located, Scopes},
};

impl<'t> Scopes<'t> {
    pub(super) fn open(&self) -> Option<Open> {
        self.grammar.grammar.open
    }

    /// Notes the named arguments of a call, which are a table without braces: `connect adapter: "sqlite3"`.
    pub(super) fn keywords(&mut self, node: Node<'t>, arguments: &str, scope: usize) {
        let Some(list) = node.part(arguments) else { return };
        let is_pair = |it: &Node<'t>| matches!(self.grammar.role(*it), Some(Role::Pair { .. }));
        if children_of(list).iter().any(is_pair) {
            self.tables.push(Located { node: list, scope });
        }
    }

    /// An assignment that may keep the value before; any other operator makes one that is not known.
    pub(super) fn default(&mut self, node: Node<'t>, left: &str, right: &str, scope: usize) {
        let Some(target) = node.part(left) else { return };
        let keeps = node.part("operator").is_some_and(|it| ["||=", "??="].contains(&it.kind()));
        let value = node.part(right).filter(|_| keeps);
        let definition = match value {
            Some(node) => Definition::Is(Located { node, scope }),
            None => Definition::Open,
        };
        self.assign_as(target, definition, scope);
    }

    /// A call that defines a constant: `define('DATA', 'data')`.
    pub(super) fn constant(
        &mut self,
        node: Node<'t>,
        function: &str,
        arguments: &str,
        scope: usize,
    ) {
        let Some(open) = self.open() else { return };
        let name = node.part(function).map_or("", |it| self.text_of(it));
        let list = node.part(arguments).filter(|_| open.defines.contains(&name));
        let all = list.map(children_of).unwrap_or_default();
        if let [name, value, ..] = all.as_slice() {
            let name = self.text_of(*name).trim_matches(['"', '\'']);
            let node = value.part("last").unwrap_or(*value);
            self.define(0, name, Definition::Is(Located { node, scope }));
        }
    }

    /// The value of a function's last expression, in a language whose functions give it.
    pub(super) fn last(&mut self, node: Node<'t>, function: &'t str, scope: usize, inner: usize) {
        if !self.open().is_some_and(|it| it.gives_last) {
            return;
        }
        let Some(body) = node.part("body") else { return };
        let statements =
            if body.kind() == "body_statement" { children_of(body) } else { vec![body] };
        let definition = match statements.last() {
            Some(node) if self.grammar.is_value(*node) || self.is_assignment(*node) => {
                Definition::Is(Located { node: *node, scope: inner })
            }
            _ => Definition::Open,
        };
        self.result(function, scope, definition);
    }

    fn is_assignment(&self, node: Node<'t>) -> bool {
        matches!(self.grammar.role(node), Some(Role::Assign { .. }))
    }
}

impl<'t> Evaluator<'_, 't> {
    /// The value of a name that the language defines.
    pub(super) fn known_name(&self, name: &str, other: impl FnOnce() -> Value) -> Value {
        for (_, does) in self.scopes.grammar.facts(name) {
            match does {
                Does::Gives(Gives::File) => return Value::File,
                Does::Gives(Gives::Folder) => return Value::File.parent(),
                Does::Gives(Gives::Nothing) => return Value::Nothing,
                Does::Gives(Gives::Separator) => return Value::Text("/".to_owned()),
                _ => {}
            }
        }
        other()
    }

    /// Whether every file sees the names of all others.
    pub(super) fn is_open(&self) -> bool {
        self.scopes.open().is_some()
    }

    /// The value of a text that the grammar does not take apart.
    pub(super) fn bare(&self, node: Node<'t>) -> String {
        let text = self.scopes.text_of(node);
        if self.is_open() { text.trim_matches(['"', '\'', ':']).to_owned() } else { String::new() }
    }

    /// The value of a condition: that of the last expression of one of its branches.
    pub(super) fn branches(&self, at: Located<'t>, then: &str, depth: usize) -> Value {
        let last = |node: Node<'t>| match children_of(node).last() {
            Some(node) => self.eval(Located { node: *node, ..at }, depth),
            None => Value::Nothing,
        };
        let other = |node: Node<'t>| match node.child_by_field_name(then) {
            // `elsif`
            Some(_) => self.branches(Located { node, ..at }, then, depth),
            None => last(node),
        };
        let first = at.node.child_by_field_name(then).map_or(Value::Nothing, last);
        let second = at.node.child_by_field_name("alternative").map_or(Value::Nothing, other);
        Value::any([first, second])
    }

    /// The value of a name that an object or the process owns.
    pub(super) fn owned(&self, node: Node<'t>, depth: usize) -> Value {
        let name = self.scopes.last_name(node);
        match self.scopes.attributes.get(name) {
            Some(found) => self.one_of(found, depth),
            None => self.known_name(self.scopes.text_of(node), || Value::global(name)),
        }
    }

    /// The value of a name of an object that the file does not have.
    pub(super) fn elsewhere(&self, name: &str) -> Value {
        if self.is_open() { Value::global(name) } else { Value::Unknown }
    }

    /// The value of an element of a table that the file has.
    pub(super) fn element(&self, node: Node<'t>, scope: usize, depth: usize) -> Option<Value> {
        let Some(Role::Index { object, .. }) = self.scopes.grammar.role(node) else { return None };
        if !self.is_open() {
            return None;
        }
        let table = self.table(node.part(object)?, scope)?;
        let value = self.entry(table, self.scopes.last_name(node))?;
        Some(self.eval(Located { node: value, scope }, depth))
    }

    /// What a call calls.
    pub(super) fn called(&self, call: &Call<'t>, scope: usize, depth: usize) -> Value {
        let at = |node| Located { node, scope };
        match call.object.filter(|_| self.is_open()) {
            Some((object, name)) => self.method_of(self.eval(at(object), depth), name, depth),
            None => self.eval(at(call.function), depth),
        }
    }

    /// What a call calls, also where the files of a folder share their names.
    pub(super) fn callee(&self, call: &Call<'t>, scope: usize) -> Value {
        match (call.object, self.scopes.grammar.role(call.function)) {
            (Some((node, name)), Some(Role::Name)) if self.is_package() => {
                self.field(self.value(Located { node, scope }), name)
            }
            _ => self.called(call, scope, DEPTH),
        }
    }

    /// A method of a value.
    pub(super) fn method_of(&self, object: Value, name: &str, depth: usize) -> Value {
        if self.is_open()
            && let Value::Reference { module, path } = &object
            && let Some(whole) = self.dotted(&object)
            && !self.scopes.grammar.facts(&format!("{whole}.{name}")).is_empty()
        {
            let path = path.iter().cloned().chain([name.to_owned()]).collect();
            return Value::Reference { module: module.clone(), path };
        }
        self.member_of(object, name, depth)
    }

    /// The last expression of the function that is given to a call.
    pub(super) fn of_block(call: &Call<'t>, scope: usize) -> Option<Located<'t>> {
        let body = call.block?.part("body")?;
        Some(Located { node: body.part("last")?, scope })
    }

    /// The name by which the parameters of a function know it: that of the class for its constructor.
    pub(super) fn passed_to(&self, call: &Call<'t>, bases: &[Node<'t>]) -> &'t str {
        let last = |text: &'t str| text.rsplit(['\\', ':']).next().unwrap_or(text);
        if let Some(base) = self.base(bases) {
            return base;
        }
        match (call.object, self.scopes.open()) {
            (Some((object, name)), Some(open)) if name == open.makes => {
                last(self.scopes.text_of(object))
            }
            (Some((_, name)), _) => name,
            (None, Some(_)) => last(self.scopes.text_of(call.function)),
            (None, None) => self.scopes.text_of(call.function),
        }
    }
}

/// The children of a node that have names, without comments.
pub(super) fn children_of(node: Node<'_>) -> Vec<Node<'_>> {
    let mut cursor = node.walk();
    node.named_children(&mut cursor).filter(|it| !it.is_extra()).collect()
}
