//! The values of calls of functions that are known.

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    csharp::settings::{inside, setting},
    evaluate::Evaluator,
    facts::{Argument, Gives},
    scopes::Located,
    shared::format,
    value::module,
};

impl<'t> Evaluator<'_, 't> {
    /// What a function gives.
    pub(super) fn given(&self, gives: Gives, call: &Call<'t>, scope: usize, depth: usize) -> Value {
        let value = |node: Node<'t>| self.eval(Located { node, scope }, depth);
        let argument = |it| self.argument(call, it, scope).map_or(Value::Unknown, value);
        let object = || call.object.map_or(Value::Unknown, |it| value(it.0));
        let all = || call.positional.iter().map(|it| value(*it));
        match gives {
            Gives::File => Value::File,
            Gives::Folder => Value::File.parent(),
            Gives::Working => Value::Working,
            Gives::Home => Value::Home,
            Gives::Temporary => Value::Temporary,
            Gives::Join => Value::Join(all().collect()).bounded(),
            Gives::TemporaryIn => match argument(Argument::At(0, "")) {
                Value::Text(text) if text.is_empty() => Value::Temporary,
                folder => Value::Below(vec![folder, Value::Unknown]),
            },
            Gives::Below => Value::Below(all().collect()).bounded(),
            Gives::Format => format(all().collect()).bounded(),
            Gives::Or => all()
                .reduce(|left, right| Self::operation("||", left, || right.clone()))
                .unwrap_or(Value::Unknown),
            Gives::ObjectOr => {
                let other = self.argument(call, Argument::At(0, ""), scope);
                let other = other.map_or(Value::Unknown, |it| self.returned(it, scope, depth));
                Self::operation("||", object(), || other.clone())
            }
            Gives::TemporaryUnless(count) if call.positional.len() < count => Value::Temporary,
            Gives::TemporaryUnless(_) => Value::Unknown,
            Gives::SystemProperty => match argument(Argument::At(0, "")) {
                Value::Text(name) => match name.as_str() {
                    "java.io.tmpdir" => Value::Temporary,
                    "user.home" => Value::Home,
                    "user.dir" => Value::Working,
                    _ => {
                        let default = self.argument(call, Argument::At(1, ""), scope).map(value);
                        Value::variable(Value::Text(format!("-D{name}")), default)
                    }
                },
                _ => Value::Unknown,
            },
            Gives::JoinObject => {
                Value::Join([object()].into_iter().chain(all()).collect()).bounded()
            }
            Gives::First => argument(Argument::At(0, "")),
            Gives::Object => object(),
            Gives::Parent => {
                // `dirname(__DIR__, 2)`
                let levels =
                    call.positional.get(1).and_then(|it| self.scopes.text_of(*it).parse().ok());
                let path = argument(Argument::At(0, ""));
                (0..levels.unwrap_or(1).min(16)).fold(path, |it, _: usize| it.parent())
            }
            Gives::Within => {
                let path = argument(Argument::At(0, ""));
                match self.argument(call, Argument::At(1, ""), scope) {
                    Some(folder) => Value::Join(vec![value(folder), path]).bounded(),
                    None => path,
                }
            }
            Gives::In(folder) => {
                let inside = self.argument(call, Argument::At(0, ""), scope).map(value);
                Value::in_working(folder, inside)
            }
            Gives::Program => Value::Around,
            Gives::Special => match call.positional.first().map(|it| self.scopes.last_name(*it)) {
                Some("UserProfile") => Value::Home,
                // Those below it are empty unless they are there.
                _ => Value::Unknown,
            },
            Gives::Setting(section) => {
                let key = argument(Argument::At(0, "key"));
                let default = self.argument(call, Argument::At(1, "defaultValue"), scope);
                match inside(&object(), &key).unwrap_or_else(|| setting(section, &key)) {
                    Value::Variable { name, .. } => {
                        let default = default.map(|it| Box::new(value(it)));
                        Value::Variable { name, default }.bounded()
                    }
                    other => other,
                }
            }
            Gives::Separator => Value::Text("/".to_owned()),
            Gives::ParentOfObject => object().parent(),
            Gives::BesideObject => Value::Join(vec![object().parent(), Value::Unknown]).bounded(),
            Gives::CommandOption => {
                let default = self.argument(call, Argument::At(1, ""), scope).map(value);
                match argument(Argument::At(0, "")) {
                    Value::Text(name) => Value::variable(Value::Text(format!("-{name}")), default),
                    _ => Value::Unknown,
                }
            }
            Gives::Variable => {
                let default = self.argument(call, Argument::At(1, "default"), scope);
                let name = argument(Argument::At(0, ""));
                let block = || Self::of_block(call, scope).map(|it| self.eval(it, depth));
                Value::variable(name, default.map(value).or_else(block)).bounded()
            }
            Gives::Default => argument(Argument::At(0, "default")),
            Gives::Module => match argument(Argument::At(0, "")) {
                Value::Text(name) => Value::Reference { module: module(&name), path: Vec::new() },
                _ => Value::Unknown,
            },
            Gives::Beside => {
                let path = argument(Argument::At(0, ""));
                match self.argument(call, Argument::At(1, ""), scope) {
                    Some(base) => Value::Join(vec![value(base).parent(), path]).bounded(),
                    None => path,
                }
            }
            Gives::Preset => argument(Argument::Entry(0, "default")),
            Gives::Formatted => object().formatted('{'),
            Gives::Beneath(name) => Value::around(name),
            Gives::Nothing => Value::Nothing,
            Gives::Text(text) => Value::Text(text.to_owned()),
            Gives::Ancestors | Gives::Environment => Value::Unknown,
        }
    }
}
