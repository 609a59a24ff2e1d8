//! The command lines of the programs that a call starts.

use tree_sitter::Node;

use super::{
    Start, Value,
    call::Call,
    evaluate::Evaluator,
    facts::Argument,
    grammar::{Role, line},
    scopes::Located,
};

/// The line for the shell that a value is.
pub(super) fn line_of(value: Value) -> Value {
    command(&value).map_or(value, Value::Text)
}

/// A command line, in which a variable that nobody sets stands for what is not known; `None` if its first word is not.
fn command(value: &Value) -> Option<String> {
    let Value::Concat(parts) = value else { return value.text().map(str::to_owned) };
    let first = command(parts.first()?)?;
    let rest = parts.iter().skip(1).map(|it| command(it).unwrap_or_else(|| "$UNKNOWN".to_owned()));
    first.contains(' ').then(|| first.clone() + &rest.collect::<String>())
}

impl<'t> Evaluator<'_, 't> {
    /// What a call starts with a command line that an argument names, after the words `before`.
    pub(super) fn start(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        words: Argument,
        before: &[&str],
    ) -> Option<Start> {
        let node = self.argument(call, words, at.scope)?;
        let text = |node| self.value(Located { node, ..at });
        let is_list = |node| matches!(self.scopes.grammar.role(node), Some(Role::List));
        let elements = |node: Node<'t>| {
            let mut cursor = node.walk();
            let all: Vec<Node<'t>> = node.named_children(&mut cursor).collect();
            all.into_iter().map(text).collect::<Vec<_>>()
        };
        let mut all: Vec<Value> = before.iter().map(|it| Value::Text((*it).to_owned())).collect();
        let is_line = !is_list(node) && before.is_empty();
        if is_list(node) {
            all.extend(elements(node));
        } else if is_line {
            all.push(line_of(text(node)));
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
}
