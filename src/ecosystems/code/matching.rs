//! The calls of a file that write, start programs or import, by the table of facts of its language.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::{
    Import, Kind, Passing, SourceFacts, Start, Value, Write,
    call::Call,
    evaluate::{Evaluator, module},
    facts::{Argument, Does, When, Writes},
    grammar::Role,
    scopes::{Definition, Located, Scopes},
};

/// What a file says.
pub(super) fn facts(scopes: &Scopes<'_>) -> SourceFacts {
    let evaluator = Evaluator::new(scopes);
    let mut facts = SourceFacts {
        imports: scopes.imports.clone(),
        is_whole: scopes.is_whole,
        ..SourceFacts::default()
    };
    for at in &scopes.calls {
        evaluator.read_call(*at, &mut facts);
    }
    for at in &scopes.tables {
        evaluator.read_table(*at, &mut facts);
    }
    let file = &scopes.all[0];
    for setting in scopes.grammar.grammar.settings {
        let set = file.names.get(setting.name).into_iter().flatten();
        let set = set.chain(scopes.attributes.get(setting.name).into_iter().flatten());
        for definition in set {
            let Definition::Is(at) = definition else { continue };
            facts.writes.push(Write {
                line: line(at.node),
                what: setting.name,
                kind: setting.kind,
                target: evaluator.value(*at),
                is_sure: false,
                engine: None,
            });
        }
    }
    facts.names = values(&evaluator, &file.names);
    facts.attributes = values(&evaluator, &scopes.attributes);
    let texts = scopes.texts.iter().map(|it| scopes.text_of(*it).trim_matches(['"', '\'']));
    let is_module = |it: &str| {
        let part = |it: char| it.is_ascii_alphanumeric() || "._:".contains(it);
        !it.is_empty() && it.len() < 120 && it.chars().all(part)
    };
    facts.texts = texts.filter(|it| is_module(it)).map(str::to_owned).collect();
    facts.writes.sort_by_key(|it| it.line);
    facts.writes.dedup();
    facts
}

fn values<'t>(
    evaluator: &Evaluator<'_, 't>,
    names: &std::collections::HashMap<&'t str, Vec<Definition<'t>>>,
) -> BTreeMap<String, Value> {
    const SEVERAL: usize = 6;
    let few = names.iter().filter(|it| it.1.len() <= SEVERAL);
    let known = few.map(|(name, all)| {
        (*name, Value::any(all.iter().map(|it| evaluator.definition(it))).bounded())
    });
    known.filter(|it| it.1 != Value::Unknown).map(|(name, it)| (name.to_owned(), it)).collect()
}

/// The line of a node, counted from 1.
fn line(node: Node<'_>) -> usize {
    node.start_position().row + 1
}

impl<'t> Evaluator<'_, 't> {
    fn read_call(&self, at: Located<'t>, facts: &mut SourceFacts) {
        let Some(call) = self.call(at) else { return };
        let names = self.names(&call, at.scope);
        let mut is_known = false;
        for name in &names {
            for (name, does) in self.scopes.grammar.facts(name) {
                is_known = true;
                match does {
                    Does::Gives(_) => {}
                    Does::Writes(writes) => {
                        facts.writes.extend(self.write(&call, at, name, writes));
                    }
                    Does::Starts(words) => facts.starts.extend(self.start(&call, at, *words, &[])),
                    Does::Runs(before, words) => {
                        facts.starts.extend(self.start(&call, at, *words, before));
                    }
                    Does::Imports(index) => {
                        let named = call.positional.get(*index).copied();
                        let named = named.map(|node| self.value(Located { node, ..at }));
                        if let Some(Value::Text(name)) = named {
                            let module = module(&name);
                            facts.imports.push(Import { module, names: Vec::new() });
                        }
                    }
                }
            }
            if is_known {
                return;
            }
        }
        let function = match call.object {
            Some((_, name)) => name,
            None => self.scopes.text_of(call.function),
        };
        let one = |name: Option<&str>, node| {
            (name.map(str::to_owned), self.value(Located { node, ..at }))
        };
        let positional = call.positional.iter().map(|it| one(None, *it));
        let named = call.named.iter().map(|(name, it)| one(Some(name), *it));
        let arguments: Vec<_> = positional.chain(named).collect();
        facts.calls.push(Passing { function: function.to_owned(), arguments });
    }

    fn write(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        what: &'static str,
        writes: &Writes,
    ) -> Option<Write> {
        let mut is_sure = writes.is_sure;
        if let When::Mode(mode, marks) = writes.when {
            let mode = self.argument(call, mode)?;
            let contains = |text: &str| marks.iter().any(|it| text.contains(it));
            match self.value(Located { node: mode, ..at }) {
                Value::Text(text) if !contains(&text) => return None,
                Value::Text(_) => {}
                // Constants: `os.O_CREATE`.
                _ if contains(self.scopes.text_of(mode)) => {}
                _ => is_sure = false,
            }
        }
        let node = self.argument(call, writes.path)?;
        let target = match (writes.path, self.scopes.grammar.role(node)) {
            (Argument::Entry(..), Some(Role::Function { .. })) => self.passed_on(node)?,
            _ => self.value(Located { node, ..at }),
        };
        let kind = writes.kind;
        Some(Write { line: line(at.node), what, kind, target, is_sure, engine: None })
    }

    /// What a function passes to its last parameter as the second argument: how Node's callbacks give a result.
    fn passed_on(&self, function: Node<'t>) -> Option<Value> {
        let range = function.byte_range();
        let inside = |it: &&Located<'t>| {
            range.start <= it.node.start_byte() && it.node.end_byte() <= range.end
        };
        let calls = self.scopes.calls.iter().filter(inside);
        let passed = calls.filter_map(|at| {
            let call = self.call(*at)?;
            let name = self.scopes.text_of(call.function);
            let definitions = self.scopes.definitions(name, at.scope);
            let is_last =
                definitions.iter().any(|it| matches!(it, Definition::Parameter { index: 2, .. }));
            let node = call.positional.get(1).filter(|_| is_last)?;
            Some(self.value(Located { node: *node, scope: at.scope }))
        });
        Some(Value::any(passed)).filter(|it| *it != Value::Unknown)
    }

    fn start(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        words: Argument,
        before: &[&str],
    ) -> Option<Start> {
        let node = self.argument(call, words)?;
        let text = |node| self.value(Located { node, ..at }).text().map(str::to_owned);
        let is_list = |node| matches!(self.scopes.grammar.role(node), Some(Role::List));
        let elements = |node: Node<'t>| {
            let mut cursor = node.walk();
            let all: Vec<Node<'t>> = node.named_children(&mut cursor).collect();
            all.into_iter().map(text).collect::<Vec<_>>()
        };
        let mut all: Vec<Option<String>> = before.iter().map(|it| Some((*it).to_owned())).collect();
        let is_line = !is_list(node) && before.is_empty();
        if is_list(node) {
            all.extend(elements(node));
        } else {
            all.push(text(node));
        }
        let Argument::At(index, _) = words else { return None };
        // `spawn("npx", ["serve"])`
        let list = call.positional.get(index + 1).copied().filter(|it| is_list(*it));
        let more = list.is_some();
        all.extend(list.map(elements).unwrap_or_default());
        Some(Start { line: line(at.node), words: all, is_line: is_line && !more })
    }

    fn read_table(&self, at: Located<'t>, facts: &mut SourceFacts) {
        for entry in self.scopes.grammar.grammar.entries {
            let Some(node) = self.entry(at.node, entry.key) else { continue };
            let mut engine = None;
            if !entry.beside.is_empty() {
                let Some(node) = self.entry(at.node, entry.beside) else { continue };
                let value = self.value(Located { node, ..at });
                match (&value, entry.kind) {
                    (Value::Text(text), _) if !text.contains(entry.contains) => continue,
                    (Value::Text(_), _) => {}
                    // A setting from outside may say so.
                    (_, Kind::Database) => engine = Some(value),
                    _ => continue,
                }
            }
            facts.writes.push(Write {
                line: line(node),
                what: entry.what,
                kind: entry.kind,
                target: self.value(Located { node, ..at }),
                is_sure: true,
                engine,
            });
        }
    }
}
