//! The values of expressions, followed through the names of the file.

use std::{cell::OnceCell, collections::HashSet};

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    facts::{Argument, Does, Gives},
    grammar::{Parts as _, Role},
    known::Known,
    scopes::{Definition, Located, Scopes},
};

/// How many expressions deep a value is followed.
pub(super) const DEPTH: usize = 40;

/// Finds values in a file.
pub(super) struct Evaluator<'s, 't> {
    /// The file.
    pub scopes: &'s Scopes<'t>,
    /// What was found before.
    pub(super) known: Known<'t>,
    /// The classes of the file whose constructors are those of what they are made from, by name.
    pub(super) plain_classes: OnceCell<HashSet<&'t str>>,
}

impl<'s, 't> Evaluator<'s, 't> {
    /// An evaluator of a file.
    pub(super) fn new(scopes: &'s Scopes<'t>) -> Self {
        Self { scopes, known: Known::default(), plain_classes: OnceCell::new() }
    }

    /// The value of an expression.
    pub(super) fn value(&self, at: Located<'t>) -> Value {
        self.eval(at, DEPTH).bounded()
    }

    /// The value that a definition gives a name.
    pub(super) fn definition(&self, definition: &Definition<'t>) -> Value {
        self.defined(definition, DEPTH)
    }

    pub(super) fn eval(&self, at: Located<'t>, depth: usize) -> Value {
        let Some(depth) = self.known.enter(depth) else { return Value::Unknown };
        let node = at.node;
        let scope = self.scopes.blocks.get(&node.id()).copied().unwrap_or(at.scope);
        let at = Located { node, scope };
        let field = |name: &str| Some(Located { node: node.part(name)?, scope });
        let inner = |name: &str| field(name).map_or(Value::Unknown, |it| self.eval(it, depth));
        let child = |index: usize| {
            let node = u32::try_from(index).ok().and_then(|it| node.named_child(it));
            node.map_or(Value::Unknown, |node| self.eval(Located { node, scope }, depth))
        };
        if let Some(value) = self.element(node, scope, depth) {
            return value;
        }
        match self.scopes.grammar.role(node) {
            Some(Role::Text) => self.text(at, depth),
            Some(Role::Name) => self.name(node, scope, depth),
            Some(Role::Own) => self.own(at, depth),
            Some(Role::Owned) => self.owned(node, depth),
            Some(Role::Pair { .. }) => inner("last"),
            Some(Role::Ternary { condition, then, otherwise }) => match field(then) {
                Some(then) => Value::any([self.eval(then, depth), inner(otherwise)]),
                None => Self::operation("?:", inner(condition), || inner(otherwise)),
            },
            Some(Role::List) if self.is_package() => child(0),
            Some(Role::Sequence) => child(node.named_child_count().saturating_sub(1)),
            Some(Role::Unary { operand }) => inner(operand),
            Some(Role::Named { value, .. }) => inner(value),
            Some(Role::Group) => child(0),
            Some(Role::Index { object, key }) if self.is_computed(node, key) => {
                match (inner(object), inner(key)) {
                    (object, Value::Text(name)) => self.member_of(object, &name, depth),
                    (object, key) if self.is_environment(&object) => Value::variable(key, None),
                    _ => Value::Unknown,
                }
            }
            Some(Role::Member { object, .. } | Role::Index { object, .. }) => {
                let name = self.scopes.last_name(node);
                match field(object) {
                    Some(of) => self.member(of, name, depth),
                    // `::File`
                    None if self.is_open() => self.elsewhere(name),
                    None => Value::Unknown,
                }
            }
            Some(Role::Operation { left, right }) => {
                let operator = node.part("operator").map_or("", |it| it.kind());
                Self::operation(operator, inner(left), || inner(right))
            }
            Some(Role::Choice(then, otherwise)) => Value::any([child(then), child(otherwise)]),
            Some(Role::Call { .. } | Role::Method { .. }) => {
                let result = |call| self.result(&call, scope, depth);
                self.known.call(at, depth, || self.call(at).map_or(Value::Unknown, result))
            }
            Some(Role::Assign { right, .. } | Role::Default { right, .. }) => inner(right),
            Some(Role::If { then, .. }) if self.is_open() => self.branches(at, then, depth),
            Some(Role::Constant) => Value::literal(self.scopes.text_of(node)),
            Some(
                Role::Block { .. }
                | Role::Table
                | Role::List
                | Role::Function { .. }
                | Role::Class { .. },
            ) => Value::Nothing,
            _ => Value::Unknown,
        }
    }

    /// Whether the key of an element is neither a text nor a number.
    fn is_computed(&self, node: Node<'t>, key: &str) -> bool {
        let key = node.part(key).and_then(|it| self.scopes.grammar.role(it));
        !matches!(key, Some(Role::Text | Role::Constant))
    }

    fn is_environment(&self, value: &Value) -> bool {
        let facts = self.dotted(value).map(|it| self.scopes.grammar.facts(&it));
        let mut facts = facts.into_iter().flatten();
        facts.any(|it| matches!(it.1, Does::Gives(Gives::Environment)))
    }

    pub(super) fn operation(operator: &str, left: Value, right: impl Fn() -> Value) -> Value {
        match operator {
            "/" => Value::Join(vec![left, right()]).bounded(),
            "+" | "." => Value::Concat(vec![left, right()]).bounded(),
            "%" => left.formatted('%'),
            "or" | "||" | "??" | "?:" => match left {
                Value::Variable { name, default: None } => {
                    Value::Variable { name, default: Some(Box::new(right())) }.bounded()
                }
                Value::Unknown => Value::any([Value::Unknown, right()]),
                left => Value::any([left, right()]),
            },
            _ => Value::Unknown,
        }
    }

    pub(super) fn text(&self, at: Located<'t>, depth: usize) -> Value {
        let mut parts: Vec<Value> = Vec::new();
        let mut push = |part: Value| match (parts.last_mut(), part) {
            (Some(Value::Text(text)), Value::Text(more)) => text.push_str(&more),
            (_, part) => parts.push(part),
        };
        let mut cursor = at.node.walk();
        for node in at.node.named_children(&mut cursor) {
            match self.scopes.grammar.role(node) {
                Some(Role::Plain) => push(Value::Text(self.scopes.text_of(node).to_owned())),
                Some(Role::Escape) => push(Value::Text(escaped(self.scopes.text_of(node)))),
                Some(Role::Text) => push(self.text(Located { node, scope: at.scope }, depth)),
                Some(_) => push(self.eval(Located { node, scope: at.scope }, depth)),
                // Quotes.
                None => {}
            }
        }
        match parts.len() {
            0 => Value::Text(self.bare(at.node)),
            1 => parts.remove(0),
            _ => Value::Concat(parts).bounded(),
        }
    }

    fn name(&self, node: Node<'t>, scope: usize, depth: usize) -> Value {
        let name = self.scopes.text_of(node);
        let found = self.scopes.definitions(name, scope);
        // `\file_put_contents`
        let name = name.strip_prefix('\\').unwrap_or(name);
        if found.is_empty() || self.is_shared(name, found) {
            return self.known_name(name, || Value::global(name));
        }
        match self.seen(found, node) {
            Some(seen) => self.grown(&seen, depth),
            None => self.one_of(found, depth),
        }
    }

    pub(super) fn one_of(&self, definitions: &[Definition<'t>], depth: usize) -> Value {
        const SEVERAL: usize = 6;
        if SEVERAL < definitions.len() {
            return Value::Unknown;
        }
        Value::any(definitions.iter().map(|it| self.defined(it, depth)))
    }

    fn defined(&self, definition: &Definition<'t>, depth: usize) -> Value {
        match definition {
            Definition::Is(at) => self.remembered(*at, depth),
            Definition::Part(at, name) => {
                let object = self.remembered(*at, depth);
                self.member_of(object, name, depth)
            }
            Definition::Import(value) => value.clone(),
            Definition::Option(name, default) => Value::Variable {
                name: name.clone(),
                default: Some(Box::new(self.remembered(*default, depth))),
            },
            Definition::Parameter { function, index, name, default } => Value::Parameter {
                function: function.clone(),
                index: *index,
                name: (*name).to_owned(),
                default: default.map(|it| Box::new(self.remembered(it, depth))),
            }
            .bounded(),
            Definition::Open | Definition::Grown(_) => Value::Unknown,
        }
    }

    pub(super) fn remembered(&self, at: Located<'t>, depth: usize) -> Value {
        self.known.name(at, depth, || self.eval(at, depth).bounded())
    }

    fn member(&self, object: Located<'t>, name: &'t str, depth: usize) -> Value {
        // `path.parents[1]`
        if let Ok(number) = name.parse::<usize>()
            && let Some(Role::Member { object: inner, .. }) = self.scopes.grammar.role(object.node)
        {
            let property = format!(".{}", self.scopes.last_name(object.node));
            let facts = self.scopes.grammar.facts(&property);
            if facts.iter().any(|it| matches!(it.1, Does::Gives(Gives::Ancestors)))
                && let Some(node) = object.node.part(inner)
            {
                let path = self.eval(Located { node, scope: object.scope }, depth);
                return (0..=number.min(16)).fold(path, |it, _| it.parent());
            }
        }
        let value = self.eval(object, depth);
        self.member_of(value, name, depth)
    }

    pub(super) fn member_of(&self, object: Value, name: &str, depth: usize) -> Value {
        if self.is_package() {
            return self.field(object, name);
        }
        if let Some(whole) = self.dotted(&object) {
            let gives = |it: &str| {
                let mut facts = self.scopes.grammar.facts(it).iter();
                facts.find_map(|it| match it.1 {
                    Does::Gives(gives) => Some(gives),
                    _ => None,
                })
            };
            let is_function = !self.scopes.grammar.facts(&format!("{whole}.{name}")).is_empty();
            if matches!(gives(&whole), Some(Gives::Environment)) && !is_function {
                return Value::Variable { name: name.to_owned(), default: None };
            }
            match gives(&format!("{whole}.{name}")) {
                Some(Gives::File) => return Value::File,
                Some(Gives::Folder) => return Value::File.parent(),
                Some(Gives::Working) => return Value::Working,
                Some(Gives::In(folder)) => return Value::in_working(folder, None),
                Some(Gives::Nothing) => return Value::Nothing,
                Some(Gives::Text(text)) => return Value::Text(text.to_owned()),
                _ => {}
            }
        }
        for (_, does) in self.scopes.grammar.facts(&format!(".{name}")) {
            match does {
                Does::Gives(Gives::ParentOfObject) => return object.parent(),
                Does::Gives(Gives::Beneath(name)) => return Value::around(name),
                Does::Gives(Gives::Object) if !matches!(object, Value::Reference { .. }) => {
                    return object;
                }
                _ => {}
            }
        }
        let own = self.scopes.attributes.get(name);
        match object {
            // `NamedTemporaryFile().name`
            Value::Temporary if own.is_none() || name == "name" => Value::Temporary,
            // `this`, `self`, and objects of the file's own classes.
            Value::Reference { module, path }
                if module.is_empty() && own.is_some() && self.is_own(&path) =>
            {
                self.one_of(own.map_or(&[], Vec::as_slice), depth)
            }
            Value::Reference { module, mut path } => {
                path.push(name.to_owned());
                Value::Reference { module, path }
            }
            _ => own.map_or_else(|| self.elsewhere(name), |it| self.one_of(it, depth)),
        }
    }

    /// Whether a name without an import is one of the file's classes, or the object of a method.
    fn is_own(&self, path: &[String]) -> bool {
        path.first().is_some_and(|first| {
            ["this", "$this", "self", "static", "cls", "exports"].contains(&first.as_str())
                || self.scopes.all.iter().any(|it| it.is_class && it.name == first)
        })
    }

    /// The name that a reference has in the table of facts; `None` for any other value.
    pub(super) fn dotted(&self, value: &Value) -> Option<String> {
        let Value::Reference { module, path } = value else { return None };
        let separator = self.scopes.grammar.grammar.packages.map_or(".", |it| it.separator);
        let path = self.exported(module, path).join(separator);
        Some(match (module.is_empty(), path.is_empty()) {
            (true, _) => path,
            (_, true) => module.clone(),
            _ => format!("{module}{separator}{path}"),
        })
    }

    /// The names of a call's function in the table of facts: the whole name, and that of a method.
    pub(super) fn names(&self, call: &Call<'t>, scope: usize) -> Vec<String> {
        let whole = self.dotted(&self.callee(call, scope));
        whole.into_iter().chain(call.object.map(|it| format!(".{}", it.1))).collect()
    }

    /// The value of a call.
    fn result(&self, call: &Call<'t>, scope: usize, depth: usize) -> Value {
        let at = |node| Located { node, scope };
        let value = |node: Node<'t>| self.eval(at(node), depth);
        let all = || call.positional.iter().map(|it| value(*it));
        if let Some(node) = self.interop(call) {
            return value(node);
        }
        // A method of a value that is known needs no name of its own.
        let function = match call.object {
            Some((of, name)) => {
                let of = value(of);
                match of {
                    Value::Reference { .. } => self.method_of(of, name, depth),
                    _ if self.is_package() => self.field(of, name),
                    _ => Value::Unknown,
                }
            }
            None if self.is_package() => self.function(call.function, scope, depth),
            None => value(call.function),
        };
        if let Some(list) = self.sequence(call, scope) {
            return list;
        }
        let names =
            self.dotted(&function).into_iter().chain(call.object.map(|it| format!(".{}", it.1)));
        for name in names {
            for (_, does) in self.scopes.grammar.facts(&name) {
                let Does::Gives(gives) = does else { continue };
                let is_own = self.is_open() && matches!(function, Value::Reference { .. });
                if is_own && name.starts_with('.') && !gives.is_for_any() {
                    continue;
                }
                return self.given(*gives, call, scope, depth);
            }
        }
        if let Value::Reference { .. } | Value::Field(_) = function
            && self.is_package()
        {
            let (function, arguments) = (Box::new(function), all().collect());
            return Value::Applied { function, arguments }.bounded();
        }
        let (result, name) = match (function, call.object) {
            (Value::Unknown, Some((of, name))) => {
                let of = value(of);
                (self.member_of(of, name, depth), name)
            }
            (function, Some((_, name))) => (function, name),
            (function, None) => (function, self.scopes.text_of(call.function)),
        };
        // A function of the file returns what it is given, perhaps.
        let given = |parameter: &Value| match parameter {
            Value::Parameter { function, index, name: own, default } if function == name => {
                let node = self.argument(call, Argument::At(*index, ""), scope);
                let named = call.named.iter().find(|it| it.0 == own).map(|it| it.1);
                let given = named.or(node).map(value);
                given.or_else(|| default.as_deref().cloned())
            }
            _ => None,
        };
        result.with_parameters(&given).bounded()
    }
}

/// The character that an escape stands for, as far as paths have them.
fn escaped(text: &str) -> String {
    match text {
        "\\n" => "\n".to_owned(),
        "\\t" => "\t".to_owned(),
        _ => text.trim_start_matches('\\').to_owned(),
    }
}
