//! What the calls of functions write that are known to.

use tree_sitter::Node;

use super::{
    Kind, Value, Write,
    call::Call,
    evaluate::Evaluator,
    facts::{Argument, Certainty, When, Writes},
    grammar::{Role, line},
    scopes::{Definition, Located},
};

/// The options of a call.
enum Options {
    /// The file has them, or there are none.
    Known,
    /// They are in a table that the file does not have: `upload(options)`.
    Hidden,
    /// The argument is a module, which has none: `store(session)`.
    Others,
}

/// Whether a value has the form of a path with folders, and not that of what is written to a file; `is_object` of
/// one whose method is called, which a text has not.
fn is_path(value: &Value, is_object: bool) -> bool {
    let is_plain =
        |it: &str| (is_object || it.contains('/')) && !it.contains([' ', '\n', '<', '{']);
    match value {
        Value::Text(text) => is_plain(text),
        Value::Join(_) | Value::Below(_) | Value::Working | Value::Parent(_) => true,
        Value::Concat(parts) => parts.first().is_some_and(|it| is_path(it, is_object)),
        Value::Any(all) => all.iter().any(|it| is_path(it, is_object)),
        Value::Parameter { .. } => is_object,
        // A constant that another file has.
        Value::Reference { path, .. } => {
            is_object && path.last().is_some_and(|it| !it.contains(|it: char| it.is_lowercase()))
        }
        _ => false,
    }
}

/// The place that no argument names: a path, or `$NAME:path`.
fn default(place: &str) -> Value {
    let text = |it: &str| Value::Text(it.to_owned());
    match place.strip_prefix('$').and_then(|it| it.split_once(':')) {
        Some((name, path)) => {
            Value::Variable { name: name.to_owned(), default: Some(Box::new(text(path))) }
        }
        None => text(place),
    }
}

/// Whether a value is the name of a file, by its ending.
fn has_ending(value: &Value) -> bool {
    let is_ending =
        |it: &str| (2..=5).contains(&it.len()) && it.chars().all(|it| it.is_ascii_alphanumeric());
    match value {
        Value::Text(text) => {
            !text.contains([' ', '\n', '<'])
                && text.rsplit_once('.').is_some_and(|it| is_ending(it.1))
        }
        Value::Join(parts) | Value::Below(parts) | Value::Concat(parts) => {
            parts.last().is_some_and(has_ending)
        }
        Value::Any(all) => all.iter().any(has_ending),
        _ => false,
    }
}

impl Writes {
    /// Whether another function of the name may be meant whatever a file imports.
    pub(super) fn is_vague(&self) -> bool {
        matches!(self.certainty, Certainty::May) || matches!(self.when, When::Upload)
    }
}

/// The longest mode of a file that is opened: `w:bz2`.
const MODE: usize = 5;

impl<'t> Evaluator<'_, 't> {
    /// What a call writes, if it does.
    pub(super) fn write(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        what: &'static str,
        writes: &Writes,
    ) -> Option<Write> {
        let argument = |it| self.argument(call, it, at.scope);
        let is_sure = !matches!(writes.certainty, Certainty::May);
        let with = if let Certainty::With(modules) = writes.certainty { modules } else { &[] };
        // Others have methods of these names, too: `model.train()`, `answer.write("a.b")`.
        let is_mentioned = with.iter().any(|it| self.mentions(it));
        let is_common = matches!(
            writes.when,
            When::On(_) | When::File(_) | When::Mentioned | When::UnlessStream(Argument::Object)
        );
        if is_common && !with.is_empty() && !is_mentioned {
            return None;
        }
        let mut engine = None;
        match writes.when {
            When::Always | When::Mentioned => {}
            When::Says(given, mark) => {
                if !self.scopes.text_of(argument(given)?).contains(mark) {
                    return None;
                }
            }
            When::Upload => {
                let node = *call.positional.first()?;
                let mut text = self.scopes.text_of(node).to_owned();
                for it in self.scopes.definitions(self.scopes.text_of(node), at.scope) {
                    if let Definition::Is(at) = it {
                        text.push_str(self.scopes.text_of(at.node));
                    }
                }
                let is_own = self.scopes.functions().contains(call.object?.1);
                if call.positional.len() != 1 || !text.to_lowercase().contains("filename") || is_own
                {
                    return None;
                }
            }
            When::Mode(mode, marks) => {
                let mode = argument(mode)?;
                let contains = |text: &str| marks.iter().any(|it| text.contains(it));
                match self.value(Located { node: mode, ..at }) {
                    // `create: true`
                    Value::Nothing if marks.contains(&self.scopes.text_of(mode)) => {}
                    Value::Text(text) if !contains(&text) || MODE < text.len() => return None,
                    Value::Nothing | Value::Number(_) => return None,
                    // Constants: `os.O_RDONLY`.
                    Value::Reference { .. } if self.scopes.text_of(mode).contains("RD") => {
                        return None;
                    }
                    _ => {}
                }
            }
            When::Told(name, names) => {
                let name = self.value(Located { node: argument(name)?, ..at });
                if !name.text().is_some_and(|it| names.contains(&it)) {
                    return None;
                }
            }
            When::Path(path) => {
                let object = call.object.filter(|_| path != Argument::Object);
                if object.is_some_and(|it| self.is_stream(Located { node: it.0, ..at })) {
                    return None;
                }
                let value = self.value(Located { node: argument(path)?, ..at });
                if !is_path(&value, path == Argument::Object) {
                    return None;
                }
            }
            When::Unless(mode, marks) => {
                let mode = argument(mode).map_or("", |it| self.scopes.text_of(it));
                let last = mode.rsplit('.').next().unwrap_or(mode);
                if !mode.contains('|') && marks.contains(&last) {
                    return None;
                }
            }
            When::Engine(name) => match self.value(Located { node: argument(name)?, ..at }) {
                Value::Text(text) if !text.contains("sqlite") => return None,
                Value::Text(_) => {}
                value => engine = Some(value),
            },
            When::Made(maker, marks) => {
                let made = call.object.map_or("", |it| self.scopes.text_of(it.0));
                let is_made = made.contains(maker);
                let is_told = marks.iter().any(|it| made.contains(it));
                if is_made && !is_told || !self.scopes.text.contains(maker) {
                    return None;
                }
            }
            When::UnlessStream(stream) => {
                if argument(stream).is_some_and(|node| self.is_stream(Located { node, ..at })) {
                    return None;
                }
            }
            When::Lacks(text) if self.scopes.text.contains(text) => return None,
            When::Lacks(_) => {}
            When::On(option) => {
                let text = self.scopes.text_of(argument(option)?).to_lowercase();
                if ["0", "false", "none", "null", "undefined"].contains(&text.as_str()) {
                    return None;
                }
            }
            When::File(path) | When::NoFile(path) => {
                let value = self.value(Located { node: argument(path)?, ..at });
                if has_ending(&value) != matches!(writes.when, When::File(_)) {
                    return None;
                }
            }
            When::UnlessGiven(name) => {
                let named = call.named.iter().map(|it| it.1);
                let mut all = call.positional.iter().copied().chain(named);
                if all.any(|it| self.scopes.text_of(it) == name) {
                    return None;
                }
            }
            When::Counted(count) if call.positional.len() < count => return None,
            When::Fewer(count) if count <= call.positional.len() => return None,
            When::Counted(_) | When::Fewer(_) => {}
            When::Without(names) => {
                let is_given = |it: &'static str| {
                    call.named.iter().any(|named| named.0 == it)
                        || argument(Argument::Entry(0, it)).is_some()
                };
                if names.iter().copied().any(is_given) {
                    return None;
                }
            }
        }
        let (node, kind) = match writes.folder.and_then(argument) {
            Some(folder) => (Some(folder), Kind::Folder),
            None => (argument(writes.path), writes.kind),
        };
        let target = match (node, writes.path) {
            (Some(node), Argument::Entry(..)) => {
                let passed = self.passed_on(Located { node, ..at });
                passed.unwrap_or_else(|| self.value(Located { node, ..at }))
            }
            (Some(node), _) => self.value(Located { node, ..at }),
            (None, path) => match self.options(call, at, path) {
                Options::Hidden => Value::Unknown,
                // `plt.show()` has nothing to do with the packages whose method writes to its default.
                Options::Known if with.is_empty() || is_mentioned => default(writes.otherwise?),
                Options::Known | Options::Others => return None,
            },
        };
        (!target.is_nothing()).then(|| Write {
            line: line(at.node),
            what,
            kind,
            target,
            is_sure,
            engine,
            with,
        })
    }

    /// Whether an expression is a stream or an answer, by its value or its name.
    fn is_stream(&self, at: Located<'t>) -> bool {
        let text = self.scopes.text_of(at.node).to_lowercase();
        let marks = ["stream", "writer", "system.", "buffer", "response", "socket"];
        let names = ["baos", "io", "os", "out", "res", "sw"];
        self.value(at).is_nothing()
            || marks.iter().any(|it| text.contains(it))
            || names.contains(&text.as_str())
    }

    /// Whether the file names a module, or a class of a package: `jakarta.servlet.http.Part`, after `import
    /// jakarta.servlet.http.*` as `Part` and `getPart`.
    fn mentions(&self, module: &str) -> bool {
        let class = module.rsplit('.').next().unwrap_or(module);
        let is_class = class.starts_with(|it: char| it.is_ascii_uppercase());
        let is_word = |it: &str| it == class || it.strip_prefix("get") == Some(class);
        let mut words = self.scopes.text.split(|it: char| !it.is_alphanumeric());
        self.scopes.text.contains(module) || (is_class && words.any(is_word))
    }

    /// Where the options are that a call does not have an entry of.
    fn options(&self, call: &Call<'t>, at: Located<'t>, argument: Argument) -> Options {
        let Argument::Entry(index, _) = argument else { return Options::Known };
        let Some(node) = call.positional.get(index).copied() else { return Options::Known };
        if self.table(node, at.scope).is_some() {
            return Options::Known;
        }
        match self.value(Located { node, ..at }) {
            Value::Nothing | Value::Number(_) | Value::Text(_) => Options::Known,
            Value::Reference { path, .. } if path.is_empty() => Options::Others,
            _ => Options::Hidden,
        }
    }

    /// What a function passes to its last parameter as the second argument: how Node's callbacks give a result. `None` for
    /// what is no function of the file, or a name of one.
    fn passed_on(&self, at: Located<'t>) -> Option<Value> {
        let is_function =
            |it: Node<'t>| matches!(self.scopes.grammar.role(it), Some(Role::Function { .. }));
        let is_name = matches!(self.scopes.grammar.role(at.node), Some(Role::Name));
        let name = self.scopes.text_of(at.node);
        let definitions = if is_name { self.scopes.definitions(name, at.scope) } else { &[] };
        let defined = definitions.iter().find_map(|it| match it {
            Definition::Is(at) => is_function(at.node).then_some(at.node),
            _ => None,
        });
        let function = Some(at.node).filter(|it| is_function(*it)).or(defined);
        let is_inside = |it: Node<'t>| {
            let around = function.map(|it| it.byte_range());
            around.is_some_and(|around| {
                around.start <= it.start_byte() && it.end_byte() <= around.end
            })
        };
        let passed = self.scopes.calls.iter().filter_map(|at| {
            let call = self.call(*at)?;
            let callback = self.scopes.text_of(call.function);
            let is_last = |it: &Definition<'t>| {
                let Definition::Parameter { function, index: 2, .. } = it else { return false };
                is_inside(at.node) || (is_name && function == name)
            };
            let is_passed = self.scopes.definitions(callback, at.scope).iter().any(is_last);
            let node = call.positional.get(1).filter(|_| is_passed)?;
            Some(self.value(Located { node: *node, scope: at.scope }))
        });
        let passed: Vec<Value> = passed.collect();
        (function.is_some() || !passed.is_empty()).then(|| Value::any(passed))
    }
}
