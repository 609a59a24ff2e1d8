//! Names in languages whose packages are folders: where they are declared, and what changes them from afar.

use tree_sitter::Node;

use super::{
    Value,
    grammar::{Parts as _, Role},
    scopes::{Definition, Located, Scope, Scopes},
};

impl<'t> Scope<'t> {
    /// A scope without names.
    pub(super) fn new(parent: Option<usize>, name: &'t str) -> Self {
        let names = std::collections::HashMap::new();
        Self { parent, is_class: false, is_block: false, name, names }
    }
}

impl<'t> Scopes<'t> {
    fn is_package(&self) -> bool {
        self.grammar.grammar.packages.is_some()
    }

    /// Defines the types that are known by their last names wherever they are used.
    pub(super) fn define_builtin(&mut self) {
        for whole in self.grammar.grammar.packages.map_or(&[][..], |it| it.builtin) {
            let value = Value::Reference { module: (*whole).to_owned(), path: Vec::new() };
            let name = whole.rsplit('.').next().unwrap_or(whole);
            self.define(0, name, Definition::Import(value));
        }
    }

    /// The scope that a node is read in; `None` if it is no part of the program.
    pub(super) fn enter(&mut self, node: Node<'t>, scope: usize) -> Option<usize> {
        let Some(packages) = self.grammar.grammar.packages else { return Some(scope) };
        if (packages.left_out)(self, node) {
            return None;
        }
        if packages.tokens == node.kind() {
            self.tokens.insert(node.start_byte(), scope);
        }
        if !packages.blocks.contains(&node.kind()) {
            return Some(scope);
        }
        self.all.push(Scope { is_block: true, ..Scope::new(Some(scope), "") });
        self.blocks.insert(node.id(), self.all.len() - 1);
        Some(self.all.len() - 1)
    }

    /// The scope of the function that a block is in.
    pub(super) fn outside_blocks(&self, scope: usize) -> usize {
        let next = |it: &usize| self.all[*it].parent.filter(|_| self.all[*it].is_block);
        std::iter::successors(Some(scope), next).last().unwrap_or(scope)
    }

    /// Reads what stands in the arguments of a macro, which begin at a place.
    pub(super) fn read_tokens(&mut self, root: Node<'t>, start: usize) {
        if let Some(scope) = self.tokens.get(&start) {
            self.children(root, *scope, 0);
        }
    }

    /// Notes what a function returns: the value of its name.
    pub(super) fn result(&mut self, function: &'t str, scope: usize, definition: Definition<'t>) {
        if !function.is_empty() && self.all.get(scope).is_some_and(|it| it.name != function) {
            self.attributes.entry(function).or_default().push(definition.clone());
            self.all[scope].names.entry(function).or_default().push(definition);
        }
    }

    /// The definitions of a name that are seen from a scope; empty if the file has none.
    pub(super) fn definitions(&self, name: &str, scope: usize) -> &[Definition<'t>] {
        let mut next = Some(scope);
        let mut is_inner = true;
        while let Some(at) = next {
            let scope = &self.all[at];
            if (is_inner || !scope.is_class || self.grammar.grammar.open.is_some())
                && let Some(found) = scope.names.get(name)
            {
                return found;
            }
            is_inner &= scope.is_class;
            next = scope.parent;
        }
        &[]
    }

    /// What an annotation gives a parameter.
    pub(super) fn annotated(&self, parameter: Node<'t>) -> Option<Definition<'t>> {
        let packages = self.grammar.grammar.packages?;
        (packages.annotated)(self.text_of(parameter)).map(Definition::Import)
    }

    /// Whether the body of a function is what it gives: in languages with types, those of no type give nothing.
    pub(super) fn has_result(&self, function: Node<'t>) -> bool {
        let is_closure = function.child_by_field_name("name").is_none();
        let types = ["return_type", "returns", "type"];
        let has_type = types.iter().any(|it| function.child_by_field_name(it).is_some());
        !self.is_package() || is_closure || has_type
    }

    /// Notes that a method changes its object.
    pub(super) fn change(&mut self, node: Node<'t>, scope: usize) {
        let Some(packages) = self.grammar.grammar.packages else { return };
        let Some(Role::Call { function, arguments }) = self.grammar.role(node) else { return };
        let Some(function) = node.child_by_field_name(function) else { return };
        let Some(Role::Member { object, .. }) = self.grammar.role(function) else { return };
        let Some(object) = function.child_by_field_name(object) else { return };
        let name = self.last_name(function);
        if !matches!(self.grammar.role(object), Some(Role::Name | Role::Member { .. })) {
            return;
        }
        let added = node.child_by_field_name(arguments).and_then(|it| it.named_child(0));
        let definition = match added {
            Some(node) if packages.grows.contains(&name) => {
                Definition::Grown(Located { node, scope })
            }
            _ if packages.changes.contains(&name) => Definition::Open,
            _ => return,
        };
        let owner = self.owner(object, scope);
        self.assign_as(object, definition, owner);
    }

    /// Reads what only the language has.
    pub(super) fn own(&mut self, node: Node<'t>, scope: usize) {
        if let Some(packages) = self.grammar.grammar.packages {
            (packages.declare)(self, node, scope);
        }
    }

    /// The name by which the parameters of a function are known, if it is not its own.
    pub(super) fn called(&self, function: Node<'t>, scope: usize) -> Option<String> {
        (self.grammar.grammar.packages?.function)(self, function, scope)
    }

    /// Declares the names of a declaration without a value.
    pub(super) fn declare(
        &mut self,
        node: Node<'t>,
        left: &'static str,
        value: Option<Node<'t>>,
        scope: usize,
    ) {
        if value.is_some() || !self.is_package() {
            return;
        }
        let mut cursor = node.walk();
        let names: Vec<Node<'t>> = node.children_by_field_name(left, &mut cursor).collect();
        for name in names {
            let name = self.text_of(name);
            self.all[scope].names.entry(name).or_default();
        }
    }

    /// Assigns each part of a list its value: `folder, error := …` has those of one call, of which the first is the
    /// result. False if there is no list of values.
    pub(super) fn assign_each(&mut self, target: Node<'t>, node: Node<'t>, scope: usize) -> bool {
        let is_list = |it| matches!(self.grammar.role(it), Some(Role::List));
        if !self.is_package() || !is_list(node) {
            return false;
        }
        let parts = |it: Node<'t>| {
            let mut cursor = it.walk();
            it.named_children(&mut cursor).collect::<Vec<_>>()
        };
        let targets = if is_list(target) { parts(target) } else { vec![target] };
        let values = parts(node);
        for (at, target) in targets.into_iter().enumerate() {
            let definition = match values.get(at) {
                Some(node) => Definition::Is(Located { node: *node, scope }),
                None => Definition::Open,
            };
            self.assign_as(target, definition, scope);
        }
        true
    }

    /// Assigns to names that are declared elsewhere, or gives the last name of a loop the elements of a list.
    pub(super) fn set(
        &mut self,
        node: Node<'t>,
        target: Node<'t>,
        value: Option<Node<'t>>,
        scope: usize,
    ) {
        let mut cursor = target.walk();
        let targets: Vec<Node<'t>> = match self.grammar.role(target) {
            Some(Role::List) => target.named_children(&mut cursor).collect(),
            _ => vec![target],
        };
        let is_loop = matches!(self.grammar.role(node), Some(Role::Each { .. }));
        let is_plain = node.part("operator").is_none_or(|it| it.kind() == "=");
        let mut cursor = node.walk();
        let values: Vec<Node<'t>> = match value.map(|it| (it, self.grammar.role(it))) {
            Some((list, Some(Role::List))) => list.named_children(&mut cursor).collect(),
            Some((one, _)) => vec![one],
            None => Vec::new(),
        };
        for (at, target) in targets.iter().enumerate() {
            // `*folder = …`
            let target = &match self.grammar.role(*target) {
                Some(Role::Unary { operand }) => {
                    target.child_by_field_name(operand).unwrap_or(*target)
                }
                _ => *target,
            };
            let value = match is_loop {
                true => values.first().filter(|_| at == 1),
                false => values.get(at).filter(|_| is_plain),
            };
            if value.is_some_and(|it| self.keeps(*target, *it)) {
                continue;
            }
            let definition = match value {
                Some(node) => Definition::Is(Located { node: *node, scope }),
                None => Definition::Open,
            };
            // `new Settings { Folder = "data" }`
            let initializer = self.grammar.grammar.packages.map_or("", |it| it.initializer);
            if node.parent().is_some_and(|it| it.kind() == initializer) {
                self.attributes.entry(self.last_name(*target)).or_default().push(definition);
                continue;
            }
            let owner = if is_loop { scope } else { self.owner(*target, scope) };
            self.assign_as(*target, definition, owner);
        }
    }

    /// Whether a value is that of the target itself: `folder, err = filepath.Abs(folder)`.
    fn keeps(&self, target: Node<'t>, value: Node<'t>) -> bool {
        let Some(Role::Call { function, arguments }) = self.grammar.role(value) else {
            return false;
        };
        let function = value.child_by_field_name(function).map(|it| self.last_name(it));
        let argument = value.child_by_field_name(arguments).and_then(|it| it.named_child(0));
        let argument = argument.map(|it| self.text_of(it).trim_start_matches('*'));
        function.is_some_and(|it| self.grammar.is_first(it))
            && argument == Some(self.text_of(target))
    }

    /// Notes that a name may be changed through its address.
    pub(super) fn take(&mut self, node: Node<'t>, operand: Node<'t>, scope: usize) {
        let takes = node.part("operator").is_some_and(|it| it.kind() == "&");
        let is_name = matches!(
            self.grammar.role(operand),
            Some(Role::Name | Role::Member { .. } | Role::Index { .. })
        );
        if takes && is_name && !self.taken.contains(&node.id()) {
            let owner = self.owner(operand, scope);
            self.assign_as(operand, Definition::Open, owner);
        }
    }

    /// The scope in which the name of a target is declared; the file if it is not seen.
    fn owner(&self, target: Node<'t>, scope: usize) -> usize {
        let name = self.text_of(target);
        let mut next = Some(scope);
        while let Some(at) = next {
            if self.all[at].names.contains_key(name) {
                return at;
            }
            next = self.all[at].parent;
        }
        0
    }

    /// Gives a variable the value of an option: `flag.StringVar(&folder, "data", "/srv/data", "…")`.
    pub(super) fn option(&mut self, node: Node<'t>, scope: usize) {
        let Some(packages) = self.grammar.grammar.packages else { return };
        let Some(Role::Call { function, arguments }) = self.grammar.role(node) else { return };
        let function = node.part(function);
        let Some(name) = function.map(|it| self.last_name(it)) else { return };
        let Some(option) = packages.options.iter().find(|it| it.name == name) else { return };
        let Some(list) = node.part(arguments) else { return };
        let mut cursor = list.walk();
        let all: Vec<Node<'t>> = list.named_children(&mut cursor).collect();
        let at = |it: usize| all.get(it).copied();
        let (Some(target), Some(name), Some(node)) = (at(0), at(option.at[0]), at(option.at[1]))
        else {
            return;
        };
        let Some(Role::Unary { operand }) = self.grammar.role(target) else { return };
        let Some(operand) = target.part(operand) else { return };
        self.taken.insert(target.id());
        let name = format!("-{}", self.text_of(name).trim_matches(['"', '`']));
        let owner = self.owner(operand, scope);
        self.assign_as(operand, Definition::Option(name, Located { node, scope }), owner);
    }

    /// Gives a field the value that its tag says: the fields of settings are decoded.
    pub(super) fn tag(&mut self, node: Node<'t>, name: &'static str, tag: &'static str) {
        let Some(packages) = self.grammar.grammar.packages else { return };
        let Some(tag) = node.child_by_field_name(tag) else { return };
        let tag = self.text_of(tag);
        let mut cursor = node.walk();
        let names: Vec<Node<'t>> = node.children_by_field_name(name, &mut cursor).collect();
        for name in names {
            let name = self.text_of(name);
            let definition = Definition::Import((packages.tag)(name, tag));
            self.attributes.entry(name).or_default().push(definition);
        }
    }
}
