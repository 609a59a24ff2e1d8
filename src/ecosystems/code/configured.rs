//! The settings files that a call reads: `dictConfig(yaml.safe_load(open("logs.yaml")))`.

use tree_sitter::Node;

use super::{
    Value,
    evaluate::Evaluator,
    grammar::Role,
    scopes::{Definition, Located},
};

/// The endings of settings files.
const ENDINGS: [&str; 7] = [".cfg", ".conf", ".ini", ".json", ".toml", ".yaml", ".yml"];

impl<'t> Evaluator<'_, 't> {
    /// The settings file that an expression names, or reads by calls of functions.
    pub(super) fn settings(&self, at: Located<'t>, depth: usize) -> Option<Value> {
        let depth = depth.checked_sub(1)?;
        self.known.file(at, || self.settings_within(at, depth))
    }

    fn settings_within(&self, at: Located<'t>, depth: usize) -> Option<Value> {
        let value = self.value(at);
        if is_file(&value) {
            return Some(value);
        }
        if let Some(Role::Name) = self.scopes.grammar.role(at.node) {
            let found = self.scopes.definitions(self.scopes.text_of(at.node), at.scope);
            return found.iter().find_map(|it| match it {
                Definition::Is(at) => self.settings(*at, depth),
                _ => None,
            });
        }
        let call = self.call(at)?;
        let inner = |node: &Node<'t>| self.settings(Located { node: *node, ..at }, depth);
        let object = call.object.and_then(|it| inner(&it.0));
        object.or_else(|| call.positional.iter().find_map(inner))
    }
}

/// Whether a value is the name of a settings file, by its ending.
fn is_file(value: &Value) -> bool {
    match value {
        Value::Text(text) => ENDINGS.iter().any(|it| text.ends_with(it)),
        Value::Join(parts) | Value::Below(parts) | Value::Concat(parts) => {
            parts.last().is_some_and(is_file)
        }
        Value::Variable { default: Some(default), .. } => is_file(default),
        Value::Any(all) => all.iter().any(is_file),
        _ => false,
    }
}
