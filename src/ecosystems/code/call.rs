//! The parts of a call: its function, its object and its arguments.

use tree_sitter::Node;

use super::{
    evaluate::{DEPTH, Evaluator},
    facts::Argument,
    grammar::{Parts as _, Role},
    scopes::{Definition, Located},
};

/// A call.
pub(super) struct Call<'t> {
    /// The object and the name of a method.
    pub object: Option<(Node<'t>, &'t str)>,
    /// The function.
    pub function: Node<'t>,
    /// The arguments without a name.
    pub positional: Vec<Node<'t>>,
    /// The arguments with a name.
    pub named: Vec<(&'t str, Node<'t>)>,
    /// The function that is given to it without a name.
    pub block: Option<Node<'t>>,
}

impl<'t> Evaluator<'_, 't> {
    /// The parts of a call.
    pub(super) fn call(&self, at: Located<'t>) -> Option<Call<'t>> {
        let grammar = self.scopes.grammar;
        let (function, arguments) = match grammar.role(at.node)? {
            Role::Call { function, arguments } => (function, arguments),
            Role::Method { name, arguments, .. } => (name, arguments),
            _ => return None,
        };
        let mut function = at.node.part(function)?;
        // `load::<Settings>()`
        if let (Some(Role::Group), Some(_)) = (grammar.role(function), grammar.grammar.packages) {
            function = function.named_child(0).unwrap_or(function);
        }
        // `(0, fs.writeFileSync)("a", "b")`
        while let (Some(Role::Group | Role::Sequence), None) =
            (grammar.role(function), grammar.grammar.packages)
        {
            let Some(last) = function.part("last") else { break };
            function = last;
        }
        let object = match grammar.role(function) {
            _ if matches!(grammar.role(at.node), Some(Role::Method { .. })) => {
                let Some(Role::Method { object, .. }) = grammar.role(at.node) else { return None };
                at.node.part(object).map(|it| (it, self.scopes.text_of(function)))
            }
            Some(Role::Member { object, .. }) => {
                let object = function.part(object);
                object.map(|it| (it, self.scopes.last_name(function)))
            }
            // Of a call of Java, the object is a part.
            _ if grammar.grammar.packages.is_some() => {
                let object = at.node.child_by_field_name("object");
                object.map(|it| (it, self.scopes.text_of(function)))
            }
            _ => None,
        };
        let mut call = Call {
            object,
            function,
            positional: Vec::new(),
            named: Vec::new(),
            block: at.node.part("block"),
        };
        let list = at.node.part(arguments);
        // A template that a function is given: $`date`.
        let is_text = |it: &Node<'t>| matches!(grammar.role(*it), Some(Role::Text));
        call.positional.extend(list.filter(is_text));
        if let Some(list) = list.filter(|it| !is_text(it)) {
            let mut cursor = list.walk();
            for node in list.named_children(&mut cursor) {
                match grammar.role(node) {
                    Some(Role::Named { name, value }) => {
                        let name = node.part(name);
                        let value = node.part(value);
                        match name {
                            Some(it) => call.named.extend(Some(self.scopes.text_of(it)).zip(value)),
                            None => call.positional.extend(value),
                        }
                    }
                    // `Logger{Filename: "today.log"}`
                    Some(Role::Pair { key, value }) => {
                        let name = node.part(key);
                        let value = node.part(value);
                        call.named.extend(name.map(|it| self.scopes.last_name(it)).zip(value));
                    }
                    _ if node.is_extra() => {}
                    _ => call.positional.push(node),
                }
            }
        }
        Some(call)
    }

    /// What a function that a compiler writes around an import is given: that is its value.
    pub(super) fn interop(&self, call: &Call<'t>) -> Option<Node<'t>> {
        let name = call.object.map_or_else(|| self.scopes.text_of(call.function), |it| it.1);
        let is_around = self.scopes.grammar.grammar.interop.contains(&name);
        call.positional.first().copied().filter(|_| is_around)
    }

    /// The path of something in a module, without the name that compilers give to what it exports by default.
    pub(super) fn exported<'p>(&self, module: &str, path: &'p [String]) -> &'p [String] {
        let has_default = !module.is_empty() && !self.scopes.grammar.grammar.interop.is_empty();
        match path.split_first() {
            Some((first, rest)) if has_default && first == "default" => rest,
            _ => path,
        }
    }

    /// The node of an argument, if it is given.
    pub(super) fn argument(
        &self,
        call: &Call<'t>,
        argument: Argument,
        scope: usize,
    ) -> Option<Node<'t>> {
        let named = |name: &str| call.named.iter().find(|it| it.0 == name).map(|it| it.1);
        match argument {
            Argument::At(index, "") => call.positional.get(index).copied(),
            Argument::At(index, name) => {
                named(name).or_else(|| call.positional.get(index).copied())
            }
            Argument::Named(name) => named(name),
            Argument::Entry(index, key) => {
                let table = *call.positional.get(index)?;
                self.entry(self.table(table, scope).unwrap_or(table), key)
            }
            Argument::Object => call.object.map(|it| it.0),
        }
    }

    /// The table that an expression stands for, as far as the file has it: itself, that of a name, or an entry of
    /// such a table.
    pub(super) fn table(&self, node: Node<'t>, scope: usize) -> Option<Node<'t>> {
        self.table_within(node, scope, DEPTH)
    }

    fn table_within(&self, node: Node<'t>, scope: usize, depth: usize) -> Option<Node<'t>> {
        let depth = depth.checked_sub(1)?;
        let find = || match self.scopes.grammar.role(node)? {
            Role::Table => Some(node),
            Role::Group => self.table_within(node.named_child(0)?, scope, depth),
            Role::Name => {
                let definitions = self.scopes.definitions(self.scopes.text_of(node), scope);
                definitions.iter().find_map(|it| match it {
                    Definition::Is(at) => self.table_within(at.node, at.scope, depth),
                    _ => None,
                })
            }
            Role::Member { object, .. } => {
                let object = node.part(object)?;
                let table = self.table_within(object, scope, depth)?;
                let entry = self.entry(table, self.scopes.last_name(node))?;
                self.table_within(entry, scope, depth)
            }
            _ => None,
        };
        self.known.table(Located { node, scope }, find)
    }

    /// The table that is spread into another one.
    fn spread(&self, node: Node<'t>) -> Option<Node<'t>> {
        match self.scopes.grammar.role(node)? {
            Role::Table => Some(node),
            Role::Group => self.spread(node.named_child(0)?),
            Role::Operation { right, .. } => self.spread(node.part(right)?),
            _ => None,
        }
    }

    /// The value of an entry of a table.
    pub(super) fn entry(&self, table: Node<'t>, key: &str) -> Option<Node<'t>> {
        if let Some((outer, inner)) = key.split_once('.') {
            return self.entry(self.entry(table, outer)?, inner);
        }
        let grammar = self.scopes.grammar;
        let mut cursor = table.walk();
        table.named_children(&mut cursor).find_map(|it| match grammar.role(it) {
            Some(Role::Pair { key: name, value }) => {
                let name = self.scopes.last_name(it.part(name)?);
                (name == key).then(|| it.part(value)).flatten()
            }
            // `{ destination(request, file, callback) {} }`
            Some(Role::Function { name, .. }) => {
                let name = self.scopes.last_name(it.part(name)?);
                (name == key).then_some(it)
            }
            // `{ filename }`
            Some(Role::Name) => (self.scopes.text_of(it) == key).then_some(it),
            // `{ ...(isLocal && { filename }) }`
            Some(Role::Group) => self.entry(self.spread(it)?, key),
            _ => None,
        })
    }
}
