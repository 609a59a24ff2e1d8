//! The names of files and folders that are given to functions of which no fact tells what they do.

use tree_sitter::Node;

use super::{
    Value,
    call::Call,
    evaluate::Evaluator,
    grammar::{Parts as _, Role, line},
    scopes::{Definition, Located},
    words,
};

/// A value that a function gets of which it is not known what it does, and that may be the name of a file or folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handed {
    /// The line, counted from 1.
    pub line: usize,
    /// The last name of the function; empty if the value is set.
    pub function: String,
    /// The module that the function is of, as the source names it; empty if that is not known.
    pub module: String,
    /// The name of the argument, or of the entry of a table that is one; empty if it has none.
    pub name: String,
    /// The value.
    pub value: Value,
}

/// Objects that are the file's own, or the language's.
const OWN: [&str; 12] = [
    "$this", "JSON", "Math", "Object", "cls", "console", "parent", "self", "static", "super",
    "super()", "this",
];

/// How many tables deep entries are looked for.
const TABLES: usize = 3;

impl<'t> Evaluator<'_, 't> {
    /// The entries and attributes of objects that are set and whose names say that something is kept there, with texts.
    pub(super) fn set(&self) -> Vec<Handed> {
        let mut found = Vec::new();
        for (name, definitions) in &self.scopes.attributes {
            if words::keeping(name) != Some(words::Keeping::Sure) {
                continue;
            }
            for definition in definitions {
                let Definition::Is(at) = definition else { continue };
                if !self.is_set(at.node) {
                    continue;
                }
                let value = self.value(*at);
                let handed = Handed {
                    line: line(at.node),
                    function: String::new(),
                    module: String::new(),
                    name: (*name).to_owned(),
                    value,
                };
                found.extend(Some(handed).filter(|it| it.value.text().is_some()));
            }
        }
        found.sort_by(|one, other| (one.line, &one.name).cmp(&(other.line, &other.name)));
        found
    }

    /// Whether a value is assigned to an entry or attribute of an object that is not the file's own.
    fn is_set(&self, node: Node<'t>) -> bool {
        let grammar = self.scopes.grammar;
        let target = node.parent().and_then(|it| match grammar.role(it)? {
            Role::Assign { left, .. } | Role::Set { left, .. } => it.part(left),
            _ => None,
        });
        let object = target.and_then(|it| match grammar.role(it)? {
            Role::Member { object, .. } | Role::Index { object, .. } => it.part(object),
            _ => None,
        });
        object.is_some_and(|it| !OWN.contains(&self.scopes.text_of(it)))
    }

    /// What a call hands to a function of which no fact is known, as far as it may be the name of a file or folder.
    pub(super) fn handed(&self, call: &Call<'t>, at: Located<'t>) -> Vec<Handed> {
        let callee = self.callee(call, at.scope);
        let module = match &callee {
            Value::Reference { module, .. } => module.as_str(),
            _ => "",
        };
        // What the language brings is known.
        if (self.scopes.grammar.grammar.is_standard)(module) {
            return Vec::new();
        }
        let whole = self.scopes.text_of(call.function);
        let function = self.passed_to(call, &[]).rsplit("::").next().unwrap_or_default();
        // What the language defines, or the file.
        let is_alone = call.object.is_none() && module.is_empty();
        let is_typed = self.scopes.grammar.grammar.packages.is_some_and(|it| it.is_named_by_type);
        let is_built =
            function.starts_with(|it: char| it.is_uppercase()) && (self.is_open() || is_typed);
        if is_alone && !is_built || module.is_empty() && self.scopes.functions().contains(function)
        {
            return Vec::new();
        }
        if call.object.is_some_and(|it| OWN.contains(&self.scopes.text_of(it.0))) {
            return Vec::new();
        }
        if whole.len() > 400 || function.is_empty() || words::is_record(module) {
            return Vec::new();
        }
        if let Some((name, node)) = self.setting(call, function) {
            let value = self.value(Located { node, ..at });
            let is_kept = words::keeping(name).is_some() && !value.is_nothing();
            let (function, module) = (function.to_owned(), module.to_owned());
            let handed =
                || Handed { line: line(node), function, module, name: name.to_owned(), value };
            return is_kept.then(handed).into_iter().collect();
        }
        let mut found: Vec<Found<'t>> = Vec::new();
        for node in &call.positional {
            self.gather(Found { name: "", node: *node, scope: at.scope }, TABLES, &mut found);
        }
        for (name, node) in &call.named {
            self.gather(Found { name, node: *node, scope: at.scope }, TABLES, &mut found);
        }
        let handed = |it: Found<'t>| {
            let value = self.value(Located { node: it.node, scope: it.scope });
            let says = |name: &str| words::keeping(name).is_some() || words::is_place(name);
            let may_be = may_name(&value)
                || says(it.name) && !value.is_nothing()
                || matches!(value, Value::Text(_)) && words::set_by(function).is_some_and(says);
            may_be.then(|| Handed {
                line: line(it.node),
                function: function.to_owned(),
                module: module.to_owned(),
                name: it.name.to_owned(),
                value,
            })
        };
        found.into_iter().filter_map(handed).collect()
    }

    /// The name and the value of a setting that a call sets: `app.set("log file", "shop.log")`.
    fn setting(&self, call: &Call<'t>, function: &str) -> Option<(&'t str, Node<'t>)> {
        let [name, value] = call.positional.as_slice() else { return None };
        let is_name = matches!(self.scopes.grammar.role(*name), Some(Role::Text));
        let name = self.scopes.last_name(*name);
        (function == "set" && is_name).then_some((name, *value))
    }

    /// An argument, or the entries of the table that it is.
    fn gather(&self, given: Found<'t>, tables: usize, found: &mut Vec<Found<'t>>) {
        let role = self.scopes.grammar.role(given.node);
        if matches!(role, Some(Role::Function { .. } | Role::Block { .. })) {
            return;
        }
        let table = tables
            .checked_sub(1)
            .and_then(|rest| Some((self.table(given.node, given.scope)?, rest)));
        let Some((table, rest)) = table else {
            found.push(given);
            return;
        };
        let mut cursor = table.walk();
        for node in table.named_children(&mut cursor) {
            let Some(Role::Pair { key, value }) = self.scopes.grammar.role(node) else { continue };
            let key = node.part(key).map_or("", |it| self.scopes.last_name(it));
            if let Some(node) = node.part(value) {
                self.gather(Found { name: key, node, scope: given.scope }, rest, found);
            }
        }
    }
}

/// An argument or an entry.
struct Found<'t> {
    name: &'t str,
    node: Node<'t>,
    scope: usize,
}

/// Whether a value may be the name of a file or folder that a program makes.
fn may_name(value: &Value) -> bool {
    match value {
        Value::Text(text) => {
            let is_beside = text.starts_with("./") || text.starts_with("../");
            words::store(text).is_some()
                || words::is_path(text) && (is_beside || words::ending(text) != words::Ending::None)
        }
        Value::Join(parts) | Value::Below(parts) => match parts.as_slice() {
            [only] => may_name(only),
            parts => !parts.iter().all(Value::is_nothing),
        },
        // `f"{name}.pdf"`
        Value::Concat(parts) => {
            let ends = |it: &Value| it.text().is_some_and(words::ends);
            parts.last().is_some_and(ends) || parts.iter().any(may_name)
        }
        Value::Variable { default: Some(default), .. } => may_name(default),
        Value::Any(all) => all.iter().any(may_name),
        Value::Reference { path, .. } => path.last().is_some_and(|it| says_place(it)),
        Value::Parameter { name, .. } | Value::Field(name) => says_place(name),
        _ => false,
    }
}

/// Whether a name is that of a path.
fn says_place(name: &str) -> bool {
    let places = [
        "db",
        "dest",
        "destination",
        "dir",
        "directory",
        "file",
        "filename",
        "folder",
        "location",
        "output",
        "path",
    ];
    words::words(name).iter().any(|it| places.iter().any(|end| it.ends_with(end)))
}

#[cfg(test)]
mod tests {
    use super::{
        super::{Language, read},
        Handed,
    };

    /// What a file hands on, as `line function name`.
    fn handed(language: Language, text: &str) -> Vec<String> {
        let facts = read(language, text).unwrap();
        let one = |it: &Handed| {
            let Handed { line, function, name, .. } = it;
            format!("{line} {function} {name}").trim_end().to_owned()
        };
        facts.handed.iter().map(one).collect()
    }

    #[test]
    fn what_is_handed_on_comes_in_the_order_of_the_file() {
        let names = ["cache", "upload", "log", "dump", "backup", "export", "download", "session"];
        let lines = names.map(|it| format!("shop.conf[\"{it}_dir\"] = \"./{it}\"\n"));
        let text = lines.concat();
        let expected: Vec<String> =
            names.iter().enumerate().map(|(at, it)| format!("{}  {it}_dir", at + 1)).collect();
        assert_eq!(handed(Language::Python, &text), expected);
    }

    #[test]
    fn a_setting_is_a_place_if_its_name_says_so() {
        let text = "const app = require(\"express\")();\napp.set(\"layout\", \"./a/full\");\napp.set(\"log file\", \"./b.log\");\n";
        assert_eq!(handed(Language::JavaScript, text), ["3 set log file"]);
    }

    #[test]
    fn what_a_database_keeps_is_no_file() {
        let text = "import mongoose from \"mongoose\";\nmongoose.model(\"A\").create({ outputFile: \"./a.pdf\" });\n";
        assert!(handed(Language::JavaScript, text).is_empty());
    }
}
