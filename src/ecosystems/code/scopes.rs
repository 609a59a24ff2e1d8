//! The names of a file and where they are defined, its calls and its imports: one walk over the syntax tree.

use std::{
    cell::OnceCell,
    collections::{HashMap, HashSet},
};

use tree_sitter::Node;

use super::{
    Import, Value,
    grammar::{Compiled, Parts as _, Role},
};

/// What a file defines and calls.
pub(super) struct Scopes<'t> {
    /// The grammar of its language.
    pub grammar: &'static Compiled,
    /// Its text.
    pub text: &'t str,
    /// Its scopes; the first is the file itself.
    pub all: Vec<Scope<'t>>,
    /// The attributes of classes and objects, by name.
    pub attributes: HashMap<&'t str, Vec<Definition<'t>>>,
    /// The files that are imported by their paths.
    pub includes: Vec<Located<'t>>,
    /// The lines for the shell.
    pub lines: Vec<Located<'t>>,
    /// The calls.
    pub calls: Vec<Located<'t>>,
    /// The members of packages and objects.
    pub members: Vec<Located<'t>>,
    /// The tables.
    pub tables: Vec<Located<'t>>,
    /// The texts.
    pub texts: Vec<Node<'t>>,
    /// The imports.
    pub imports: Vec<Import>,
    /// The nodes whose address an option of the command line takes.
    pub(super) taken: HashSet<usize>,
    /// True if the file is run, and not imported.
    pub(super) is_run: bool,
    /// The node that does not run since the file is imported.
    pub(super) skipped: Option<usize>,
    /// The scopes of blocks and functions, by their nodes.
    pub(super) blocks: HashMap<usize, usize>,
    /// The scopes of the arguments of macros, by where these begin.
    pub(super) tokens: HashMap<usize, usize>,
    /// The text before each call of a method that changes a list.
    pub(super) changed: OnceCell<Vec<&'t str>>,
    /// The names that hold only where tests run.
    pub(super) in_tests: OnceCell<HashSet<&'t str>>,
    /// The names of its functions and classes.
    functions: OnceCell<HashSet<&'t str>>,
    /// False if a part of the file could not be read.
    pub is_whole: bool,
    /// True if such a part may write.
    pub hides_writes: bool,
}

/// Where names are defined: a file, a class or a function.
pub(super) struct Scope<'t> {
    /// The scope around it.
    pub parent: Option<usize>,
    /// True for a class: its names are not those of its functions.
    pub is_class: bool,
    /// True for a block of a function.
    pub is_block: bool,
    /// Its name; empty if it has none.
    pub name: &'t str,
    /// Its names.
    pub names: HashMap<&'t str, Vec<Definition<'t>>>,
}

/// A node and the scope that it is in.
#[derive(Clone, Copy, Debug)]
pub(super) struct Located<'t> {
    /// The node.
    pub node: Node<'t>,
    /// The scope.
    pub scope: usize,
}

/// What a name stands for.
#[derive(Clone, Debug)]
pub(super) enum Definition<'t> {
    /// The value of an expression.
    Is(Located<'t>),
    /// The value of an option of the command line, and its default.
    Option(String, Located<'t>),
    /// An attribute of the value of an expression.
    Part(Located<'t>, &'t str),
    /// What an import brings.
    Import(Value),
    /// A parameter of a function.
    Parameter { function: String, index: usize, name: &'t str, default: Option<Located<'t>> },
    /// What is added to a path.
    Grown(Located<'t>),
    /// Anything.
    Open,
}

/// Parts of the names of functions that write. A part of a file that is not understood matters if it has one.
const MARKS: [&str; 12] = [
    "File", "Stream", "append", "copy", "mkdir", "mv(", "open", "rename", "save", "sqlite", "to_",
    "write",
];

/// How deep a tree is read. Deeper ones are made by programs.
const DEPTH: usize = 300;

impl<'t> Scopes<'t> {
    /// Reads the tree of a file that is run or only imported.
    pub(super) fn read(
        grammar: &'static Compiled,
        text: &'t str,
        root: Node<'t>,
        is_run: bool,
    ) -> Self {
        let file = Scope::new(None, "");
        let mut scopes = Self {
            grammar,
            text,
            all: vec![file],
            attributes: HashMap::new(),
            includes: Vec::new(),
            lines: Vec::new(),
            calls: Vec::new(),
            members: Vec::new(),
            tables: Vec::new(),
            texts: Vec::new(),
            imports: Vec::new(),
            taken: HashSet::new(),
            is_run,
            skipped: None,
            blocks: HashMap::new(),
            tokens: HashMap::new(),
            changed: OnceCell::new(),
            in_tests: OnceCell::new(),
            functions: OnceCell::new(),
            is_whole: !root.has_error(),
            hides_writes: grammar.hides_writes(root, text),
        };
        scopes.define_builtin();
        scopes.children(root, 0, 0);
        scopes
    }

    /// The names of the functions and classes of the file.
    pub(super) fn functions(&self) -> &HashSet<&'t str> {
        let all = || self.all.iter().map(|it| it.name).filter(|it| !it.is_empty()).collect();
        self.functions.get_or_init(all)
    }

    /// The text of a node.
    pub(super) fn text_of(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// Defines a name.
    pub(super) fn define(&mut self, scope: usize, name: &'t str, definition: Definition<'t>) {
        if self.all[scope].is_class {
            self.attributes.entry(name).or_default().push(definition.clone());
        }
        self.all[scope].names.entry(name).or_default().push(definition);
    }

    pub(super) fn children(&mut self, node: Node<'t>, scope: usize, depth: usize) {
        if depth == DEPTH {
            self.is_whole = false;
            self.hides_writes = true;
            return;
        }
        // The operations of a chain count as one.
        let mut read = None;
        for node in self.chain(node).into_iter().rev() {
            let mut cursor = node.walk();
            for child in node.named_children(&mut cursor).filter(|it| Some(it.id()) != read) {
                self.visit(child, scope, depth + 1, "");
            }
            read = Some(node.id());
        }
    }

    /// Reads a node; `name` is what a function there is assigned to.
    fn visit(&mut self, node: Node<'t>, scope: usize, depth: usize, name: &'t str) {
        if self.skipped == Some(node.id()) {
            return;
        }
        if node.is_error() {
            let text = self.text_of(node);
            let own = self.grammar.grammar.packages.map_or(&[][..], |it| it.marks);
            let marks = if own.is_empty() { &MARKS[..] } else { own };
            self.hides_writes |= marks.iter().any(|it| text.contains(it));
        }
        let Some(scope) = self.enter(node, scope) else { return };
        match self.grammar.role(node) {
            Some(Role::Call { function, arguments }) => {
                self.calls.push(Located { node, scope });
                self.option(node, scope);
                self.declared_option(node, scope);
                self.change(node, scope);
                self.constant(node, function, arguments, scope);
            }
            Some(Role::Method { arguments, .. }) => {
                self.calls.push(Located { node, scope });
                self.keywords(node, arguments, scope);
            }
            Some(Role::Foreach) => self.foreach(node, scope),
            Some(Role::Over { left, right }) => self.over(node, left, right, scope),
            Some(Role::Include) => self.includes.push(Located { node, scope }),
            Some(Role::Line) => self.lines.push(Located { node, scope }),
            Some(Role::Block { parameters }) => self.block(node, parameters, scope),
            Some(Role::Default { left, right }) => self.default(node, left, right, scope),
            Some(Role::Member { .. }) => self.members.push(Located { node, scope }),
            Some(Role::Text) => self.texts.push(node),
            Some(Role::Set { left, right } | Role::Each { left, right }) => {
                if let Some(target) = node.part(left) {
                    self.set(node, target, node.part(right), scope);
                }
            }
            Some(Role::Unary { operand }) => {
                if let Some(operand) = node.part(operand) {
                    self.take(node, operand, scope);
                }
            }
            Some(Role::Tagged { name, tag }) => self.tag(node, name, tag),
            Some(Role::Assign { left, right }) => {
                if let Some(target) = node.part(left) {
                    let value = node.part(right);
                    self.declare(node, left, value, scope);
                    self.assign(target, value, scope);
                    let name = self.last_name(target);
                    return self.named(node, scope, depth, name);
                }
            }
            Some(Role::As { name }) => {
                if let (Some(node), Some(target)) = (node.named_child(0), node.part(name)) {
                    let target = target.named_child(0).unwrap_or(target);
                    self.assign_as(target, Definition::Is(Located { node, scope }), scope);
                }
            }
            Some(Role::Change { left }) => {
                if let Some(target) = node.part(left) {
                    self.assign_as(target, Definition::Open, scope);
                }
            }
            Some(Role::Attribute { name, value }) => {
                if let Some(name) = node.part(name) {
                    let name = self.last_name(name);
                    if let Some(node) = node.part(value) {
                        let definition = Definition::Is(Located { node, scope });
                        self.attributes.entry(name).or_default().push(definition);
                    }
                    return self.named(node, scope, depth, name);
                }
            }
            Some(Role::Table) => self.tables.push(Located { node, scope }),
            Some(Role::Pair { key, value }) => {
                let key = node.part(key).map(|it| self.last_name(it));
                // Where every file sees all names, those of tables are too many.
                let key = key.filter(|_| self.open().is_none());
                if let (Some(name), Some(node)) = (key, node.part(value)) {
                    let definition = Definition::Is(Located { node, scope });
                    self.attributes.entry(name).or_default().push(definition);
                }
                return self.named(node, scope, depth, key.unwrap_or_default());
            }
            Some(Role::Function { name: field, parameters }) => {
                let own = node.part(field).map(|it| self.text_of(it));
                return self.function(node, own.unwrap_or(name), parameters, scope, depth);
            }
            Some(Role::Own) => self.own(node, scope),
            Some(Role::Return) => {
                let within = scope;
                let scope = self.outside_blocks(scope);
                let function = self.all[scope].name;
                if let (Some(parent), Some(value)) = (self.all[scope].parent, node.named_child(0)) {
                    let definition = Definition::Is(Located { node: value, scope: within });
                    self.result(function, parent, definition);
                }
            }
            Some(Role::Class { name }) => {
                let name = node.part(name).map_or("", |it| self.text_of(it));
                self.all.push(Scope { is_class: true, ..Scope::new(Some(scope), name) });
                return self.children(node, self.all.len() - 1, depth);
            }
            Some(Role::If { condition, then }) => self.guard(node, condition, then),
            Some(Role::Import) => (self.grammar.grammar.import)(self, node, scope),
            _ => {}
        }
        self.children(node, scope, depth);
    }

    /// Reads the children of a node, of which a function gets a name.
    fn named(&mut self, node: Node<'t>, scope: usize, depth: usize, name: &'t str) {
        let mut cursor = node.walk();
        if DEPTH <= depth {
            self.is_whole = false;
            self.hides_writes = true;
            return;
        }
        for child in node.named_children(&mut cursor) {
            self.visit(child, scope, depth + 1, name);
        }
    }

    fn function(
        &mut self,
        node: Node<'t>,
        name: &'t str,
        parameters: &'static str,
        scope: usize,
        depth: usize,
    ) {
        let outer = &self.all[scope];
        let grammar = self.grammar.grammar;
        let is_constructor = outer.is_class && grammar.constructors.contains(&name);
        let function = if is_constructor { outer.name } else { name };
        let called = self.called(node, scope).unwrap_or_else(|| function.to_owned());
        self.all.push(Scope::new(Some(scope), function));
        let inner = self.all.len() - 1;
        self.blocks.insert(node.id(), inner);
        let list = node.part(parameters).or_else(|| node.child_by_field_name("parameter"));
        // `x => …` has a parameter without a list.
        let alone = list.filter(|it| matches!(self.grammar.role(*it), Some(Role::Name)));
        let mut cursor = node.walk();
        let all: Vec<Node<'t>> = match (alone, list) {
            (Some(only), _) => vec![only],
            (None, Some(list)) => list.named_children(&mut cursor).collect(),
            (None, None) => Vec::new(),
        };
        let is_object = |it: &Node<'t>| grammar.object.contains(&self.text_of(*it));
        let skipped = usize::from(self.all[scope].is_class && all.first().is_some_and(is_object));
        let mut parts: Vec<(Node<'t>, Node<'t>, Option<Node<'t>>)> = Vec::new();
        for parameter in all.into_iter().skip(skipped) {
            let Some(Role::Parameter { name, default }) = self.grammar.role(parameter) else {
                parts.push((parameter, parameter, None));
                continue;
            };
            // `a, b string` declares two.
            let mut cursor = parameter.walk();
            let mut names: Vec<Node<'t>> =
                parameter.children_by_field_name(name, &mut cursor).collect();
            if names.is_empty() {
                names.extend(parameter.named_child(0));
            }
            let default = parameter.part(default);
            parts.extend(names.into_iter().map(|it| (parameter, it, default)));
        }
        let given = self.given(node, scope);
        for (index, (parameter, target, default)) in parts.into_iter().enumerate() {
            if !matches!(self.grammar.role(target), Some(Role::Name)) {
                self.assign_as(target, Definition::Open, inner);
                continue;
            }
            let (own, name) = (self.text_of(target), self.last_name(target));
            if index == 0 && !given.is_empty() {
                for it in &given {
                    self.define(inner, own, it.clone());
                }
                continue;
            }
            let default = default.map(|node| Located { node, scope });
            let function = called.clone();
            let told = self.annotated(parameter);
            let definition =
                told.unwrap_or(Definition::Parameter { function, index, name, default });
            // `constructor(private folder: string)` declares an attribute.
            let first = parameter.named_child(0).map_or("", |it| it.kind());
            let is_declared = parameter.kind() == "property_promotion_parameter"
                || first == "accessibility_modifier";
            if is_constructor && is_declared {
                self.attributes.entry(name).or_default().push(definition.clone());
            }
            self.define(inner, own, definition);
        }
        self.last(node, function, scope, inner);
        // `() => value`
        if let Some(body) = node.part("body")
            && self.grammar.is_value(body)
            && self.has_result(node)
        {
            let definition = Definition::Is(Located { node: body, scope: inner });
            self.result(function, scope, definition);
        }
        self.children(node, inner, depth);
    }
}
