//! Options of the command line that a parser is told: `parser.add_argument("--out", default="data")`.

use tree_sitter::Node;

use super::{
    Value,
    grammar::{Parts as _, Role},
    scopes::{Definition, Located, Scopes},
};

impl<'t> Scopes<'t> {
    /// Gives the attribute of an option its value: what the command line says, or else the default. An option without
    /// a default says nothing.
    ///
    /// docs.python.org/3/library/argparse.html: "The `add_argument()` method".
    pub(super) fn declared_option(&mut self, node: Node<'t>, scope: usize) {
        let Some(declares) = self.grammar.grammar.declares_option else { return };
        let Some(Role::Call { function, arguments }) = self.grammar.role(node) else { return };
        let function = node.part(function).map(|it| self.last_name(it));
        let Some(list) = node.part(arguments).filter(|_| function == Some(declares)) else {
            return;
        };
        let (mut names, mut own, mut default) = (Vec::new(), None, None);
        let mut cursor = list.walk();
        for argument in list.named_children(&mut cursor) {
            match self.grammar.role(argument) {
                Some(Role::Text) => names.push(self.last_name(argument)),
                Some(Role::Named { name, value }) => {
                    let value = argument.part(value);
                    match argument.part(name).map(|it| self.text_of(it)) {
                        Some("dest") => own = value.map(|it| self.last_name(it)),
                        Some("default") => default = value,
                        _ => {}
                    }
                }
                _ => return,
            }
        }
        let long = names.iter().find(|it| it.starts_with("--")).or(names.first());
        let (Some(long), Some(default)) = (long, default) else { return };
        let key = own.unwrap_or_else(|| long.trim_start_matches('-'));
        let dashed = |it: &str| format!("-{}", it.trim_start_matches('-'));
        let definition = match names.as_slice() {
            [_] => Definition::Option(dashed(long), Located { node: default, scope }),
            // With one letter as well, only a text is followed.
            _ if matches!(self.grammar.role(default), Some(Role::Text)) => {
                let text = Value::Text(self.last_name(default).to_owned());
                let names = names.iter().map(|it| Value::Text(dashed(it)));
                Definition::Import(
                    names.fold(text, |value, name| Value::variable(name, Some(value))),
                )
            }
            _ => return,
        };
        // `--log-folder` is `args.log_folder`.
        let Some(key) = self.written(key) else { return };
        self.attributes.entry(key).or_default().push(definition);
    }

    /// The name in the file that an option has as an attribute.
    fn written(&self, key: &'t str) -> Option<&'t str> {
        if !key.contains('-') {
            return Some(key);
        }
        let name = format!(".{}", key.replace('-', "_"));
        let is_end = |at: usize| {
            let next = self.text[at..].chars().next();
            !next.is_some_and(|it| it.is_ascii_alphanumeric() || it == '_')
        };
        let mut all = self.text.match_indices(name.as_str()).map(|it| it.0);
        let at = all.find(|it| is_end(it + name.len()))?;
        self.text.get(at + 1..at + name.len())
    }
}
