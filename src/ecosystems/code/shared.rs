//! Values in languages whose packages are folders: other files may change the names of a file.

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    csharp::settings::{inside, is_setting},
    evaluate::Evaluator,
    facts::{Certainty, Does, Gives},
    grammar::{Parts as _, Role},
    scopes::{Definition, Located},
};

impl<'t> Evaluator<'_, 't> {
    /// Whether the files of a folder share their names.
    pub(super) fn is_package(&self) -> bool {
        self.scopes.grammar.grammar.packages.is_some()
    }

    /// Whether a name is one of the package that another file may change: not a constant, nor an import.
    pub(super) fn is_shared(&self, name: &str, found: &[Definition<'t>]) -> bool {
        let Some(packages) = self.scopes.grammar.grammar.packages else { return false };
        let own = self.scopes.all[0].names.get(name);
        let is_constant = |it: &Definition<'t>| match it {
            Definition::Is(at) => {
                let declaration = std::iter::successors(at.node.parent(), Node::parent).take(2);
                declaration.into_iter().any(|it| it.kind() == packages.constant)
            }
            Definition::Import(_) => true,
            _ => false,
        };
        own.is_some_and(|it| std::ptr::eq(it.as_slice(), found)) && !found.iter().all(is_constant)
    }

    /// A member of a package, or a field of an object.
    pub(super) fn field(&self, object: Value, name: &str) -> Value {
        let packages = self.scopes.grammar.grammar.packages;
        let mut properties = packages.map_or(&[][..], |it| it.properties).iter();
        if let Some((_, gives)) = properties.find(|it| it.0 == name) {
            return Self::property(*gives, object, name);
        }
        let begins = |it: &str| {
            packages.is_some_and(|own| own.roots.contains(&it.split('.').next().unwrap_or(it)))
        };
        match object {
            Value::Reference { module, path } if !module.is_empty() && path.is_empty() => {
                match (module.as_str(), name) {
                    ("java.io.File", "separator") => Value::Text("/".to_owned()),
                    _ => Value::Reference { module, path: vec![name.to_owned()] },
                }
            }
            // `java.nio.file.Files.write(…)` without an import.
            Value::Reference { module, path }
                if module.is_empty() && path.len() == 1 && begins(&path[0]) =>
            {
                Value::Reference { module: path[0].clone(), path: vec![name.to_owned()] }
            }
            Value::Reference { module, path } if begins(&module) && !path.is_empty() => {
                let module = format!("{module}.{}", path.join("."));
                Value::Reference { module, path: vec![name.to_owned()] }
            }
            // A key of a section of settings.
            object => inside(&object, &Value::Text(name.to_owned()))
                .unwrap_or_else(|| Value::Field(name.to_owned())),
        }
    }

    /// What a property of an object gives that is known by its name.
    fn property(gives: Gives, object: Value, name: &str) -> Value {
        match gives {
            Gives::Program => Value::Around,
            Gives::Working => Value::Working,
            Gives::In(folder) => Value::in_working(folder, None),
            Gives::ParentOfObject => object.parent(),
            Gives::Object => object,
            // The file of the assembly itself.
            Gives::Beside if object == Value::Around => {
                Value::Join(vec![object, Value::Text("assembly".to_owned())])
            }
            Gives::Setting(_) if is_setting(&object) => object,
            _ => Value::Field(name.to_owned()),
        }
    }

    /// The functions that write and are not called but handed on, with their nodes: who calls them is not known.
    pub(super) fn handed_on(&self) -> Vec<(&'static str, Node<'t>)> {
        let Some(packages) = self.scopes.grammar.grammar.packages else { return Vec::new() };
        let is_called = |it: Node<'t>| {
            let parent = it.parent();
            let called = parent.and_then(|it| match self.scopes.grammar.role(it) {
                Some(Role::Call { function, .. }) => it.part(function),
                _ => None,
            });
            called == Some(it)
        };
        let writes = |at: &Located<'t>| {
            let name = self.dotted(&self.value(*at))?;
            let mut facts = self.scopes.grammar.facts(&name).iter();
            let sure = |it: &Does| match it {
                Does::Writes(writes) => !matches!(writes.certainty, Certainty::May),
                Does::WritesSomewhere => true,
                _ => false,
            };
            facts.find(|it| sure(&it.1)).map(|it| (it.0, at.node))
        };
        let all = self.scopes.members.iter();
        let values = all.filter(|it| it.node.kind() != packages.named_type);
        values.filter(|it| !is_called(it.node)).filter_map(writes).collect()
    }

    /// What a function is: what it returns, if the file defines it.
    pub(super) fn function(&self, node: Node<'t>, scope: usize, depth: usize) -> Value {
        match self.scopes.grammar.role(node) {
            Some(Role::Name) => {}
            Some(Role::Own) => return self.own(Located { node, scope }, depth),
            _ => return Value::Unknown,
        }
        let name = self.scopes.text_of(node);
        let found = self.scopes.definitions(name, scope);
        if found.is_empty() {
            return self.known_name(name, || Value::global(name));
        }
        self.one_of(found, depth)
    }

    /// The value of what only the language has.
    pub(super) fn own(&self, at: Located<'t>, depth: usize) -> Value {
        let packages = self.scopes.grammar.grammar.packages;
        packages.map_or(Value::Unknown, |it| (it.value)(self, at, depth))
    }

    /// What a function gives that is an argument: the value of its body, or what it returns.
    pub(super) fn returned(&self, node: Node<'t>, scope: usize, depth: usize) -> Value {
        let body = node.part("body");
        let inner = self.scopes.blocks.get(&node.id()).copied();
        match (self.scopes.grammar.role(node), body) {
            (Some(Role::Function { .. }), Some(node)) => {
                self.eval(Located { node, scope: inner.unwrap_or(scope) }, depth)
            }
            (Some(Role::Function { .. }), None) => Value::Unknown,
            (Some(Role::Name), _) => self.function(node, scope, depth),
            _ => self.eval(Located { node, scope }, depth),
        }
    }

    /// The definitions of a name that count where it is used, if the language declares names again: the last
    /// declaration before, and what is assigned from there on; else `None`.
    pub(super) fn seen<'d>(
        &self,
        found: &'d [Definition<'t>],
        used: Node<'t>,
    ) -> Option<Vec<&'d Definition<'t>>> {
        let packages = self.scopes.grammar.grammar.packages?;
        if packages.shadows.is_empty() {
            return None;
        }
        let declaration = |it: &Definition<'t>| match it {
            Definition::Is(at) => at.node.parent().filter(|it| it.kind() == packages.shadows),
            _ => None,
        };
        let before = |it: &&Node<'t>| it.end_byte() <= used.start_byte();
        let all: Vec<Option<Node<'t>>> = found.iter().map(declaration).collect();
        let last = all.iter().flatten().filter(before).map(Node::start_byte).max();
        let counts =
            |(it, declaration): &(&'d Definition<'t>, &Option<Node<'t>>)| match (declaration, it) {
                (Some(at), _) => Some(at.start_byte()) == last,
                (None, Definition::Grown(at)) => {
                    at.node.end_byte() <= used.start_byte()
                        && last.is_none_or(|it| it < at.node.start_byte())
                }
                (None, Definition::Is(at)) => last.is_none_or(|it| it < at.node.start_byte()),
                (None, Definition::Open) => true,
                (None, _) => last.is_none(),
            };
        Some(found.iter().zip(&all).filter(counts).map(|it| it.0).collect())
    }

    /// One of several definitions, with what is added to it.
    pub(super) fn grown(&self, definitions: &[&Definition<'t>], depth: usize) -> Value {
        let (mut base, mut added) = (Vec::new(), Vec::new());
        for it in definitions {
            match it {
                Definition::Grown(at) => added.push(self.remembered(*at, depth)),
                it => base.push((*it).clone()),
            }
        }
        let base = self.one_of(&base, depth);
        if added.is_empty() {
            return base;
        }
        Value::Join([base].into_iter().chain(added).collect()).bounded()
    }

    /// One of the elements, if a call is the literal of a list.
    pub(super) fn sequence(&self, call: &Call<'t>, scope: usize) -> Option<Value> {
        let packages = self.scopes.grammar.grammar.packages?;
        packages.sequences.contains(&call.function.kind()).then(|| {
            let elements = call.positional.iter();
            Value::any(elements.map(|node| self.value(Located { node: *node, scope })))
        })
    }
}

/// The text that a format gives its arguments: `%s/%s.json`.
pub(super) fn format(arguments: Vec<Value>) -> Value {
    let mut arguments = arguments.into_iter();
    let Some(Value::Text(format)) = arguments.next() else { return Value::Unknown };
    let mut parts: Vec<Value> = Vec::new();
    let mut rest = format.as_str();
    while let Some((before, after)) = rest.split_once('%') {
        parts.push(Value::Text(before.to_owned()));
        let verb = after.trim_start_matches(|it: char| "+-# 0123456789.".contains(it));
        rest = verb.get(1..).unwrap_or_default();
        if verb.starts_with('%') {
            parts.push(Value::Text("%".to_owned()));
        } else {
            let value = arguments.next().unwrap_or(Value::Unknown);
            parts.push(if verb.starts_with(['s', 'v']) || after.starts_with('d') {
                value
            } else {
                Value::Unknown
            });
        }
    }
    parts.push(Value::Text(rest.to_owned()));
    parts.retain(|it| !matches!(it, Value::Text(text) if text.is_empty()));
    if parts.is_empty() { Value::Text(String::new()) } else { Value::Concat(parts) }
}
