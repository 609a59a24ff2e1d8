//! The calls of a file that write, start programs or import, by the table of facts of its language.

use std::collections::BTreeMap;

use tree_sitter::Node;

use super::{
    Import, Kind, Load, Passing, SeenBy, SourceFacts, Start, Value, Write,
    call::Call,
    evaluate::Evaluator,
    facts::{Does, Setting},
    grammar::{Parts as _, Role, line},
    mentioned,
    scopes::{Definition, Located, Scopes},
    started::line_of,
    value::module,
};

/// What a file says.
pub(super) fn facts(scopes: &Scopes<'_>) -> SourceFacts {
    let evaluator = Evaluator::new(scopes);
    let mut facts = SourceFacts {
        imports: scopes.imports.clone(),
        is_whole: scopes.is_whole,
        hides_writes: scopes.hides_writes,
        seen_by: match (evaluator.is_package(), evaluator.is_open()) {
            (true, _) => SeenBy::Package,
            (false, true) => SeenBy::All,
            (false, false) => SeenBy::None,
        },
        ..SourceFacts::default()
    };
    for at in &scopes.calls {
        evaluator.read_call(*at, &mut facts);
    }
    facts.handed.extend(evaluator.set());
    facts.handed.sort_by_key(|it| it.line);
    evaluator.read_files(&mut facts);
    for at in &scopes.tables {
        evaluator.read_table(*at, &mut facts);
    }
    let handed_on = evaluator.handed_on();
    facts.writes.extend(handed_on.into_iter().map(|(name, node)| somewhere(name, line(node))));
    let file = &scopes.all[0];
    for setting in scopes.grammar.grammar.settings {
        let set = file.names.get(setting.name).into_iter().flatten();
        let set = set.chain(scopes.attributes.get(setting.name).into_iter().flatten());
        for definition in set {
            let Definition::Is(at) = definition else { continue };
            facts.writes.extend(place(setting, line(at.node), evaluator.value(*at)));
        }
    }
    for (module, path) in scopes.grammar.grammar.modules {
        let target = Value::Text((*path).to_owned());
        if facts.imports(module) {
            let mut lines = scopes.text.lines();
            let line = lines.position(|it| it.contains(module)).unwrap_or_default() + 1;
            facts.writes.push(Write::sure(line, module, Kind::Folder, target));
        }
    }
    facts.names = values(&evaluator, &file.names);
    facts.attributes = values(&evaluator, &scopes.attributes);
    let texts = scopes.texts.iter().map(|it| scopes.text_of(*it).trim_matches(['"', '\'']));
    let is_module = |it: &str| {
        let part = |it: char| it.is_ascii_alphanumeric() || "._:".contains(it);
        !it.is_empty() && it.len() < 120 && it.chars().all(part)
    };
    facts.mentions = mentioned::of(scopes, &facts.imports);
    facts.defines = scopes.functions().iter().map(|it| (*it).to_owned()).collect();
    facts.texts = texts.filter(|it| is_module(it)).map(str::to_owned).collect();
    let imports = facts.imports.clone();
    for write in facts.writes.iter_mut().filter(|it| !it.with.is_empty()) {
        write.is_sure &= write.with.iter().any(|it| is_imported(&imports, it));
    }
    let mut loaders = scopes.grammar.grammar.loaders.iter();
    facts.loader = facts.loader.or_else(|| loaders.find(|it| facts.imports(it)).copied());
    facts.writes.sort_by_key(|it| it.line);
    facts.writes.dedup();
    facts.listens.dedup();
    facts
}

impl SourceFacts {
    /// Whether the programs that it starts have to be known as well.
    pub fn is_strict(&self) -> bool {
        self.seen_by != SeenBy::None
    }

    /// Whether the files of its package see its names.
    pub fn is_shared(&self) -> bool {
        self.seen_by == SeenBy::Package
    }

    /// Whether every file sees its names.
    pub fn is_open(&self) -> bool {
        self.seen_by == SeenBy::All
    }

    /// Whether the file imports a module or a part of it.
    pub(super) fn imports(&self, module: &str) -> bool {
        is_imported(&self.imports, module)
    }
}

pub(super) fn is_imported(imports: &[Import], module: &str) -> bool {
    let is_part = |it: &str| {
        it.strip_prefix(module)
            .is_some_and(|it| it.is_empty() || it.starts_with(['.', '/', ':', '\\']))
    };
    imports.iter().any(|it| is_part(&it.module))
}

/// A call that writes to a place that it does not name.
fn somewhere(what: &'static str, line: usize) -> Write {
    Write::sure(line, what, Kind::Folder, Value::Unknown)
}

/// What a library writes by a setting.
fn place(setting: &Setting, line: usize, value: Value) -> Option<Write> {
    let Setting { name: what, kind, implies } = *setting;
    let target = match implies {
        None => value,
        Some((mark, place)) => {
            let is_told = value.text().is_some_and(|it| it.contains(mark));
            Value::Text(is_told.then_some(place)?.to_owned())
        }
    };
    let is_place = !target.is_nothing();
    is_place.then(|| Write::sure(line, what, kind, target))
}

/// Whether a value is a path, and not a function.
fn is_place(value: &Value) -> bool {
    match value {
        Value::Text(_) | Value::File | Value::Join(_) | Value::Below(_) | Value::Concat(_) => true,
        Value::Any(all) => all.iter().any(is_place),
        _ => false,
    }
}

fn values<'t>(
    evaluator: &Evaluator<'_, 't>,
    names: &std::collections::HashMap<&'t str, Vec<Definition<'t>>>,
) -> BTreeMap<String, Value> {
    const SEVERAL: usize = 6;
    let known = names.iter().map(|(name, all)| {
        let few = all.iter().take(SEVERAL).map(|it| evaluator.definition(it));
        let value = if all.len() <= SEVERAL { Value::any(few).bounded() } else { Value::Unknown };
        (*name, value)
    });
    // That a name may be anything counts where other files say more of it.
    let counts = |name: &str, it: &Value| {
        let matters = evaluator.is_package() || evaluator.is_open();
        *it != Value::Unknown || (matters && !names[name].is_empty())
    };
    known.filter(|it| counts(it.0, &it.1)).map(|(name, it)| (name.to_owned(), it)).collect()
}

impl<'t> Evaluator<'_, 't> {
    /// Reads an import whose module is a value.
    fn load(&self, at: Located<'t>, facts: &mut SourceFacts) {
        let value = self.value(at);
        let all = if let Value::Any(all) = value { all } else { vec![value] };
        for value in all {
            match value {
                // A path is seen from where the process runs.
                Value::Text(path) if self.is_open() && path.starts_with(['.', '/']) => {
                    let module = Value::Join(vec![Value::Working, Value::Text(path)]);
                    facts.loads.push(Load { line: line(at.node), module, is_run: false });
                }
                Value::Text(name) => {
                    let (module, names) = (module(&name), Vec::new());
                    facts.imports.push(Import { module, names, line: line(at.node) });
                }
                Value::Nothing | Value::Number(_) => {}
                module => {
                    facts.loads.push(Load { line: line(at.node), module, is_run: false });
                }
            }
        }
    }

    /// The arguments of a call from a position on, and the elements of those that are lists.
    fn each(&self, call: &Call<'t>, first: usize) -> Vec<Node<'t>> {
        let one = |node: &Node<'t>| {
            let mut cursor = node.walk();
            match self.scopes.grammar.role(*node) {
                Some(Role::List) => node.named_children(&mut cursor).collect(),
                _ => vec![*node],
            }
        };
        call.positional.iter().skip(first).flat_map(one).collect()
    }

    fn read_call(&self, at: Located<'t>, facts: &mut SourceFacts) {
        let Some(call) = self.call(at) else { return };
        let value = |node: Node<'t>| self.value(Located { node, ..at });
        let load = |module, is_run| Load { line: line(at.node), module, is_run };
        let start = |words, is_line| Start { line: line(at.node), words, is_line };
        let mut names = self.names(&call, at.scope);
        let bases = self.bases(&call);
        names.extend(self.inherited(&bases));
        let (mut is_known, mut is_told, before) = (false, false, facts.writes.len());
        for name in &names {
            let all = self.scopes.grammar.facts(name);
            let is_meant = |it: &Does| it.is_with() && it.is_meant(&|it| facts.imports(it));
            let is_other = all.iter().any(|it| is_meant(&it.1));
            for (name, does) in all {
                // Of methods of one name, that of a package that the file imports is meant.
                if is_other && does.is_with() && !does.is_meant(&|it| facts.imports(it)) {
                    continue;
                }
                // A method of the project's own may have this name, too.
                is_known |= !name.starts_with('.');
                is_told |= is_known || does.is_meant(&|it| facts.imports(it));
                match does {
                    Does::Gives(_) => {}
                    Does::Writes(writes) => {
                        let found = self.write(&call, at, name, writes);
                        let known = &facts.writes[before..];
                        let is_new = |it: &Write| {
                            let is_same = |own: &&Write| own.target == it.target && own.is_sure;
                            !known.iter().filter(is_same).any(|it| it.with.is_empty())
                        };
                        let found = found.filter(is_new);
                        facts.writes.extend(found);
                    }
                    Does::Asks(path) => facts.asked.extend(self.asked(&call, at, name, *path)),
                    Does::Starts(words) => facts.starts.extend(self.start(&call, at, *words, &[])),
                    Does::Runs(before, words) => {
                        facts.starts.extend(self.start(&call, at, *words, before));
                    }
                    Does::StartsWith(index) => {
                        let words = call.positional.iter().skip(*index);
                        facts.starts.push(start(words.copied().map(value).collect(), false));
                    }
                    Does::StartsAlone(index) => {
                        let program = call.positional.get(*index).copied().map(value);
                        let words = program.into_iter().chain([Value::Unknown]).collect();
                        facts.starts.push(start(words, false));
                    }
                    Does::WritesSomewhere => facts.writes.push(somewhere(name, line(at.node))),
                    Does::NeedsRoot(needs) => facts.roots.extend(self.root(&call, at, name, needs)),
                    Does::Uses(program) => facts.uses.push((line(at.node), program)),
                    Does::Configures(argument) => {
                        let node = self.argument(&call, *argument, at.scope);
                        let path = node.and_then(|node| self.settings(Located { node, ..at }, 6));
                        facts.settings.extend(path.map(|path| (line(at.node), path)));
                    }
                    Does::Listens(address, with) => {
                        let is_meant = with.is_empty() || with.iter().any(|it| facts.imports(it));
                        facts.listens.extend(self.listened(&call, at, *address, is_meant));
                    }
                    Does::Finds(module) => facts.finds = Some(module),
                    Does::LoadsFolders(argument) => {
                        if self.argument(&call, *argument, at.scope).is_some() {
                            facts.loader = Some(name);
                        }
                    }
                    Does::MayRunFile(argument) => {
                        let module = self.argument(&call, *argument, at.scope).map(value);
                        facts.loads.extend(module.filter(is_place).map(|it| load(it, true)));
                    }
                    Does::StartsAll => {
                        let words: Vec<_> = call.positional.iter().copied().map(value).collect();
                        let is_line = words.len() == 1;
                        facts.starts.push(start(words, is_line));
                    }
                    Does::ImportsBeside(index) => {
                        let path = call.positional.get(*index).copied().map(value);
                        let module = path.map(|it| Value::Join(vec![Value::File.parent(), it]));
                        facts.loads.extend(module.map(|it| load(it, false)));
                    }
                    Does::Imports(index) => {
                        let named = call.positional.get(*index).copied();
                        if let Some(node) = named {
                            self.load(Located { node, ..at }, facts);
                        }
                    }
                    Does::Loads(first) => {
                        let all = self.each(&call, *first);
                        // The name of the module may be a named argument.
                        let all = if all.is_empty() {
                            call.named.iter().map(|it| it.1).collect()
                        } else {
                            all
                        };
                        facts.loads.extend(all.into_iter().map(|it| load(value(it), false)));
                    }
                    Does::RunsFile(index) => {
                        let node = call.positional.get(*index).copied();
                        facts.loads.extend(node.map(|it| load(value(it), true)));
                    }
                }
            }
            if is_known {
                return;
            }
        }
        let is_meant =
            |it: &Write| it.with.is_empty() || it.with.iter().any(|it| facts.imports(it));
        let is_written = facts.writes[before..].iter().any(is_meant);
        if !is_told && !is_written {
            facts.handed.extend(self.handed(&call, at));
        }
        let packages = self.scopes.grammar.grammar.packages;
        let called = packages.and_then(|it| (it.called)(self.scopes, call.function, at.scope));
        let function = called.as_deref().unwrap_or_else(|| self.passed_to(&call, &bases));
        let one = |name: Option<&str>, node| (name.map(str::to_owned), value(node));
        let positional = call.positional.iter().map(|it| one(None, *it));
        let named = call.named.iter().map(|(name, it)| one(Some(name), *it));
        let arguments: Vec<_> = positional.chain(named).collect();
        for (name, value) in &arguments {
            let known = |it: &&Setting| name.as_deref() == Some(it.name);
            let grammar = self.scopes.grammar.grammar;
            // flask.palletsprojects.com: "Configuration Handling".
            let sets = ["from_mapping", "update"].contains(&function);
            let settings = if sets { grammar.settings } else { &[] };
            if let Some(it) = grammar.keywords.iter().chain(settings).find(known) {
                facts.writes.extend(place(it, line(at.node), value.clone()));
            }
        }
        facts.calls.push(Passing { function: function.to_owned(), arguments });
    }

    /// Reads the files that it imports by their paths, and the lines for the shell.
    fn read_files(&self, facts: &mut SourceFacts) {
        for at in &self.scopes.includes {
            let text = self.scopes.text_of(at.node);
            let autoloads = self.scopes.open().map_or(&[][..], |it| it.autoloads);
            facts.loader = facts.loader.or_else(|| {
                autoloads
                    .iter()
                    .find(|it| text.trim_end_matches(['\'', '"', ')']).ends_with(*it))
                    .copied()
            });
            let Some(node) = at.node.part("last") else { continue };
            let module = self.value(Located { node, ..*at });
            facts.loads.push(Load { line: line(at.node), module, is_run: false });
        }
        for at in &self.scopes.lines {
            let words = vec![line_of(self.text(*at, 8))];
            facts.starts.push(Start { line: line(at.node), words, is_line: true });
        }
    }

    fn read_table(&self, at: Located<'t>, facts: &mut SourceFacts) {
        for keyed in self.scopes.grammar.grammar.keyed {
            if !facts.imports(keyed.module) {
                continue;
            }
            let node = self.entry(at.node, keyed.key);
            let Some(table) = node.and_then(|it| self.table(it, at.scope)) else { continue };
            let mut cursor = table.walk();
            for node in table.named_children(&mut cursor) {
                let Some(Role::Pair { key, .. }) = self.scopes.grammar.role(node) else { continue };
                let Some(key) = node.part(key) else { continue };
                let target = self.value(Located { node: key, ..at });
                facts.writes.push(Write::sure(line(key), keyed.key, keyed.kind, target));
            }
        }
        for entry in self.scopes.grammar.grammar.entries {
            if !entry.module.is_empty() && !facts.imports(entry.module) {
                continue;
            }
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
            let target = self.value(Located { node, ..at });
            if target.is_nothing() {
                continue;
            }
            let write = Write::sure(line(node), entry.what, entry.kind, target);
            facts.writes.push(Write { engine, ..write });
        }
    }
}
