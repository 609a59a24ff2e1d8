//! Questions of source whether something is there, on which it depends what it does next; and what it takes away.

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    evaluate::Evaluator,
    facts::{Argument, Does, Fact, Kind, may_write},
    grammar::{Role, line},
    scopes::Located,
};

/// A question whether there is something at a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The line, counted from 1.
    pub line: usize,
    /// The function, as its module and name: `os.path.exists`.
    pub what: &'static str,
    /// The path.
    pub target: Value,
}

/// A function that removes what an argument names, or moves it away.
pub(super) const fn removes(name: &'static str, path: Argument) -> Fact {
    may_write(name, path, Kind::Removed)
}

/// A function that says whether there is something at the path that an argument names.
pub(super) const fn asks(name: &'static str, path: Argument) -> Fact {
    Fact { name, does: Does::Asks(path) }
}

/// Parts of the names of functions that make a folder, which may be there already.
const MAKES: [&str; 5] = ["mkdir", "makedirs", "mkpath", "create_dir", "createdirector"];

/// The names of functions that only tell people something, look at files, or work on texts.
const HARMLESS: [&str; 36] = [
    "abspath", "chmod", "debug", "dirname", "echo", "error", "errorf", "exists", "exit", "fatal",
    "fatalf", "format", "glob", "info", "is_dir", "isdir", "iterdir", "join", "len", "list",
    "listdir", "log", "path", "print", "printf", "println", "puts", "readdir", "resolve", "sorted",
    "sprintf", "stat", "str", "success", "warn", "warning",
];

/// The nodes that end a function: nothing is there then, and nothing is made.
const ENDS: [&str; 3] = ["return", "raise", "throw"];

/// How far above a call its condition is looked for.
const ABOVE: usize = 12;

impl<'t> Evaluator<'_, 't> {
    /// The question that a call asks, if more depends on the answer than whether a folder is made.
    pub(super) fn asked(
        &self,
        call: &Call<'t>,
        at: Located<'t>,
        what: &'static str,
        argument: Argument,
    ) -> Option<Asked> {
        let node = self.argument(call, argument, at.scope)?;
        if self.only_makes(at.node) {
            return None;
        }
        let target = self.value(Located { node, ..at });
        (target != Value::Unknown).then(|| Asked { line: line(at.node), what, target })
    }

    /// Whether a call is a part of a condition on which only depends whether folders are made.
    fn only_makes(&self, call: Node<'t>) -> bool {
        let mut inner = call;
        for _ in 0..ABOVE {
            let Some(outer) = inner.parent() else { return false };
            let condition = outer.child_by_field_name("condition");
            let start = outer.child_by_field_name("initializer");
            if condition == Some(inner) || start == Some(inner) {
                let is_loop = outer.kind().contains("while") || outer.kind().contains("for");
                let mut cursor = outer.walk();
                let mut rest = outer
                    .named_children(&mut cursor)
                    .filter(|it| Some(*it) != condition && Some(*it) != start);
                return !is_loop && rest.all(|it| self.is_harmless(it, ABOVE));
            }
            if self.called_by(outer).is_some_and(|it| HARMLESS.contains(&it.as_str())) {
                return true;
            }
            inner = outer;
        }
        false
    }

    /// The last part of the name of the function that a node calls, in lower case; `None` if it is no call.
    fn called_by(&self, node: Node<'t>) -> Option<String> {
        let function = match self.scopes.grammar.role(node)? {
            Role::Call { function, .. } => node.child_by_field_name(function),
            Role::Method { name, .. } => node.child_by_field_name(name),
            _ => None,
        }?;
        let name = self.scopes.text_of(function).to_lowercase();
        let last = name.rsplit(['.', ':', '>', '\\']).next().unwrap_or_default();
        Some(last.trim_end_matches("sync").to_owned())
    }

    /// Whether all calls in a node make folders, or do nothing to files.
    fn is_harmless(&self, node: Node<'t>, depth: usize) -> bool {
        let Some(depth) = depth.checked_sub(1) else { return false };
        if ENDS.iter().any(|it| node.kind().starts_with(it)) {
            return true;
        }
        let is_known = self.called_by(node).is_none_or(|it| {
            MAKES.iter().any(|part| it.contains(part)) || HARMLESS.contains(&it.as_str())
        });
        let mut cursor = node.walk();
        is_known && node.named_children(&mut cursor).all(|it| self.is_harmless(it, depth))
    }
}
