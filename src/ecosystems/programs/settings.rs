//! Reads settings files of programs: every value with its key, in whatever format its name says.

use std::sync::Arc;

use toml_edit::{Document, Item, Value as TomlValue};

use crate::yaml::{self, Node};

/// A setting: a key and its value.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Setting {
    /// The key; of nested ones, all with dots between them, and of a section of an INI file, its name first.
    pub key: String,
    /// The value.
    pub value: Value,
    /// The line, counted from 1.
    pub line: usize,
}

/// A value, as far as it can be known without running anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// This text.
    Text(String),
    /// What a variable of the environment says, else this text.
    Variable(String, Option<String>),
    /// Something that is computed; as written.
    Computed(String),
}

/// The endings of settings files that any program may be given.
const PLAIN: [&str; 9] =
    [".cfg", ".conf", ".env", ".ini", ".json", ".prisma", ".toml", ".yaml", ".yml"];

/// The endings of code that serves as settings.
const CODE: [&str; 3] = [".cjs", ".js", ".py"];

/// The places in a text where a name may end that is [plain](is_plain) settings or [code](is_code), in order.
pub fn endings(text: &str) -> impl Iterator<Item = usize> {
    let all = || PLAIN.iter().chain(&CODE);
    text.match_indices('.').filter_map(move |(at, _)| {
        // Few dots have a letter after them with which an ending goes on. `.json` begins with `.js`.
        let next = text.as_bytes().get(at + 1);
        let here = all().filter(|it| it.as_bytes().get(1) == next && text[at..].starts_with(**it));
        here.map(|it| at + it.len()).max()
    })
}

/// Returns true if a file of this name holds settings, and no code.
pub fn is_plain(name: &str) -> bool {
    PLAIN.iter().any(|it| name.ends_with(it))
}

/// Returns true if a file of this name is code, which may serve as settings.
pub fn is_code(name: &str) -> bool {
    CODE.iter().any(|it| name.ends_with(it))
}

/// The settings of a file of this name; `None` if its format is not known, or it cannot be read.
pub fn read(name: &str, text: &str) -> Option<Vec<Setting>> {
    let (stem, extension) = name.rsplit_once('.').unwrap_or((name, ""));
    match extension {
        "cfg" | "conf" | "ini" => Some(ini(text)),
        "cjs" | "js" | "mjs" | "py" | "ts" => Some(code(text, extension == "py")),
        "env" => Some(variables(text)),
        "properties" => Some(ini(text)),
        "json" => {
            let value: serde_json::Value = serde_json::from_str(text).ok()?;
            let mut found = Vec::new();
            of_json(&value, "", &mut found);
            Some(found)
        }
        "prisma" => Some(code(text, false)),
        "toml" => {
            let document = Document::parse(text.to_owned()).ok()?;
            let mut found = Vec::new();
            for (key, item) in document.iter() {
                of_toml(item, key, text, &mut found);
            }
            Some(found)
        }
        "yaml" | "yml" => {
            let mut found = Vec::new();
            yaml::read(text).ok()?.iter().for_each(|it| of_yaml(it, "", &mut found));
            Some(found)
        }
        _ if stem == ".env" => Some(variables(text)),
        _ => None,
    }
}

impl Setting {
    /// Whether this is its key, in whatever section: `pidfile` of `uwsgi.pidfile`.
    pub fn is(&self, key: &str) -> bool {
        self.key == key || self.key.strip_suffix(key).is_some_and(|it| it.ends_with('.'))
    }

    /// The key without what it is in: `pidfile` of `uwsgi.pidfile`.
    pub fn name(&self) -> &str {
        self.key.rsplit('.').next().unwrap_or_default()
    }

    fn text(key: String, value: &str, line: usize) -> Self {
        Self { key, value: Value::Text(value.to_owned()), line }
    }
}

/// The files that a configuration of Python's logging writes to, in any format that [`read`] reads; a handler
/// whose file is not told is [`Value::Computed`]. After `logging.config`: `filename` of a dictionary, the first of
/// `args` of a section.
pub fn logged(settings: &[Setting]) -> Vec<Setting> {
    let is_file = |it: &&Setting| {
        let class = match &it.value {
            Value::Text(it) | Value::Computed(it) => it,
            Value::Variable(..) => return false,
        };
        (it.is("class") || it.is("()")) && class.contains("FileHandler")
    };
    let handlers = settings.iter().filter(is_file);
    let files = handlers.map(|handler| {
        let section = handler.key.rsplit_once('.').map_or("", |it| it.0);
        let of = |name: &str| {
            let mut own = settings
                .iter()
                .filter(|it| it.key.rsplit_once('.').is_some_and(|it| it.0 == section));
            own.find(|it| it.name() == name)
        };
        if let Some(it) = of("filename") {
            return it.clone();
        }
        let arguments = of("args").unwrap_or(handler);
        let text = match &arguments.value {
            Value::Text(it) => it.trim().trim_start_matches('(').trim(),
            Value::Variable(..) | Value::Computed(_) => "",
        };
        let value =
            literal(text.split(',').next().unwrap_or_default().trim_end_matches(')').trim());
        let value = value.map_or_else(|| Value::Computed(text.to_owned()), Value::Text);
        Setting { value, ..arguments.clone() }
    });
    files.collect()
}

/// The variables of a file such as `.env`: `NAME=value`, `export NAME='value'`.
///
/// <https://docs.docker.com/compose/how-tos/environment-variables/variable-interpolation/#env-file-syntax>
pub fn variables(text: &str) -> Vec<Setting> {
    let lines = text.lines().enumerate().filter(|it| !it.1.trim_start().starts_with('#'));
    let pairs = lines.filter_map(|(at, line)| {
        let (name, value) = line.trim().trim_start_matches("export ").split_once('=')?;
        let value = value.trim();
        let quote = ['"', '\''].into_iter().find(|it| value.starts_with(*it));
        let value = match quote.and_then(|it| value[1..].split_once(it)) {
            Some((inner, _)) => inner,
            None => value.split_once(" #").map_or(value, |it| it.0).trim_end(),
        };
        Some(Setting::text(name.trim().to_owned(), value, at + 1))
    });
    pairs.collect()
}

/// `key = value` and `key: value`, below `[section]`.
fn ini(text: &str) -> Vec<Setting> {
    let mut section = String::new();
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let line = line.trim();
        if line.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = line.strip_prefix('[').and_then(|it| it.split(']').next()) {
            section = format!("{name}.");
            continue;
        }
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let value = value.trim();
        let plain = literal(value).unwrap_or_else(|| value.to_owned());
        found.push(Setting::text(format!("{section}{}", key.trim()), &plain, at + 1));
    }
    found
}

/// What code gives to names and keys: `name = value`, `name: value`, `"name": value`, wherever it does.
fn code(text: &str, is_python: bool) -> Vec<Setting> {
    let mut found = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let bare = line.trim();
        let comment = if is_python { bare.starts_with('#') } else { bare.starts_with("//") };
        if comment {
            continue;
        }
        // Several on one line, as in `{ a: 1, b: 2 }`; of `a = b = 1`, the first is what the second is.
        for part in parts(bare) {
            let mut keys = Vec::new();
            let mut rest = part;
            while let Some((key, value)) = split_assignment(rest) {
                keys.push(key);
                rest = value;
            }
            let set =
                |key: &str| Setting { key: key.to_owned(), value: expression(rest), line: at + 1 };
            found.extend(keys.into_iter().map(set));
        }
    }
    found
}

/// A line at its commas and braces, but not inside of quotes and parentheses.
fn parts(line: &str) -> Vec<&str> {
    let (mut depth, mut quote, mut start) = (0_usize, None, 0);
    let mut found = Vec::new();
    for (at, it) in line.char_indices() {
        match (quote, it) {
            (Some(open), it) if it == open => quote = None,
            (Some(_), _) => {}
            (None, '"' | '\'' | '`') => quote = Some(it),
            (None, '(') => depth += 1,
            (None, ')') => depth = depth.saturating_sub(1),
            (None, ',' | '{' | '}' | ';') if depth == 0 => {
                found.push(line[start..at].trim());
                start = at + 1;
            }
            _ => {}
        }
    }
    found.push(line[start..].trim());
    found
}

/// The name and the value of `name = value` and `name: value`.
fn split_assignment(text: &str) -> Option<(&str, &str)> {
    let at = text.find(['=', ':'])?;
    let (left, right) = text.split_at(at);
    let right = &right[1..];
    if right.starts_with(['=', ':', '/']) {
        return None;
    }
    let name = left.trim();
    // A separator inside of a string separates nothing.
    let is_whole = |quote: char| name.matches(quote).count() % 2 == 0;
    if !is_whole('"') || !is_whole('\'') {
        return None;
    }
    let name = name.trim_matches(['"', '\'']);
    let name = name.rsplit([' ', '.']).next().unwrap_or(name);
    let is_name = |it: char| it.is_ascii_alphanumeric() || it == '_' || it == '-';
    (!name.is_empty() && name.chars().all(is_name)).then_some((name, right.trim()))
}

/// What an expression comes to.
fn expression(text: &str) -> Value {
    let text = text.trim_end_matches([',', ';']).trim();
    if let Some(it) = literal(text) {
        return Value::Text(it);
    }
    // `os.getenv("NAME", "default")`, `process.env.NAME || "default"`, `env("NAME")`.
    let calls = ["os.getenv(", "os.environ.get(", "getenv(", "environ.get(", "env("];
    if let Some(inner) = calls.iter().find_map(|it| text.strip_prefix(it)) {
        let Some((inner, after)) = inner.split_once(')') else {
            return Value::Computed(text.to_owned());
        };
        let after = after.trim();
        let mut words = inner.splitn(2, ',').map(|it| literal(it.trim()));
        let name = words.next().flatten();
        let default = match (words.next(), after.strip_prefix("or ")) {
            (None, None) if after.is_empty() => Some(None),
            (Some(Some(it)), None) if after.is_empty() => Some(Some(it)),
            (None, Some(it)) => literal(it.trim()).map(Some),
            _ => None,
        };
        if let (Some(name), Some(default)) = (name, default) {
            return Value::Variable(name, default);
        }
    }
    if let Some(rest) = text.strip_prefix("process.env.") {
        let mut words = rest.splitn(2, [' ', '|', '?']);
        let name = words.next().unwrap_or_default().to_owned();
        let default = words.next().map(|it| it.trim().trim_start_matches(['|', '?']).trim());
        match default.map(literal) {
            None => return Value::Variable(name, None),
            Some(Some(it)) => return Value::Variable(name, Some(it)),
            Some(None) => {}
        }
    }
    Value::Computed(text.to_owned())
}

/// The text of a string without escapes and replacements, a number or a constant such as `None`.
fn literal(text: &str) -> Option<String> {
    let text = match text.split_once(" #") {
        Some((it, comment)) if !comment.contains(['"', '\'']) => it.trim(),
        _ => text,
    };
    for quote in ['"', '\''] {
        let inner =
            text.trim_start_matches('r').strip_prefix(quote).and_then(|it| it.strip_suffix(quote));
        if let Some(it) = inner.filter(|it| !it.contains(quote) && !it.contains('\\')) {
            return Some(it.to_owned());
        }
    }
    let constants = ["False", "None", "True", "false", "null", "true", "undefined"];
    (constants.contains(&text) || text.parse::<f64>().is_ok()).then(|| text.to_owned())
}

fn joined(key: &str, name: &str) -> String {
    if key.is_empty() { name.to_owned() } else { format!("{key}.{name}") }
}

fn of_yaml(node: &Arc<Node>, key: &str, found: &mut Vec<Setting>) {
    if let Some(it) = node.as_str() {
        found.push(Setting::text(key.to_owned(), it, node.line));
    }
    node.items().iter().for_each(|it| of_yaml(it, key, found));
    node.entries().iter().for_each(|it| of_yaml(&it.value, &joined(key, &it.key), found));
}

fn of_json(value: &serde_json::Value, key: &str, found: &mut Vec<Setting>) {
    match value {
        serde_json::Value::String(it) => found.push(Setting::text(key.to_owned(), it, 1)),
        serde_json::Value::Array(all) => all.iter().for_each(|it| of_json(it, key, found)),
        serde_json::Value::Object(all) => {
            all.iter().for_each(|(name, it)| of_json(it, &joined(key, name), found));
        }
        _ => {}
    }
}

fn of_toml(item: &Item, key: &str, text: &str, found: &mut Vec<Setting>) {
    match item {
        Item::Value(it) => of_toml_value(it, key, text, found),
        Item::Table(it) => {
            it.iter().for_each(|(name, it)| of_toml(it, &joined(key, name), text, found));
        }
        Item::ArrayOfTables(all) => {
            for table in all {
                table.iter().for_each(|(name, it)| of_toml(it, &joined(key, name), text, found));
            }
        }
        Item::None => {}
    }
}

fn of_toml_value(value: &TomlValue, key: &str, text: &str, found: &mut Vec<Setting>) {
    match value {
        TomlValue::String(it) => {
            let start = value.span().map_or(0, |it| it.start);
            let line = text[..start].matches('\n').count() + 1;
            found.push(Setting::text(key.to_owned(), it.value(), line));
        }
        TomlValue::Array(all) => all.iter().for_each(|it| of_toml_value(it, key, text, found)),
        TomlValue::InlineTable(all) => {
            all.iter().for_each(|(name, it)| of_toml_value(it, &joined(key, name), text, found));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_settings_are_found_by_their_endings() {
        let text = "serve -c conf.py, a.js and b.json";
        let found: Vec<&str> = endings(text).map(|it| &text[..it]).collect();
        let expected =
            ["serve -c conf.py", "serve -c conf.py, a.js", "serve -c conf.py, a.js and b.json"];
        assert_eq!(found, expected);
    }

    fn values(name: &str, text: &str) -> Vec<String> {
        let found = read(name, text).unwrap().into_iter();
        let found = found.map(|it| match it.value {
            Value::Text(value) => format!("{} {}={value}", it.line, it.key),
            Value::Variable(name, default) => {
                format!("{} {}=${name} {}", it.line, it.key, default.unwrap_or_default())
            }
            Value::Computed(_) => format!("{} {}?", it.line, it.key),
        });
        found.collect()
    }

    #[test]
    fn every_format_has_keys_and_values() {
        let rows: [(&str, &str, &[&str]); 8] = [
            (".env.example", "# A=1\nexport B='x #y' # z\nC=d:e # f\n", &["2 B=x #y", "3 C=d:e"]),
            ("a.ini", "; c\n[uwsgi]\nsocket = /run/a.sock\n", &["3 uwsgi.socket=/run/a.sock"]),
            ("a.yml", "uwsgi:\n  pidfile: /run/a\n", &["2 uwsgi.pidfile=/run/a"]),
            ("a.toml", "bind = ['unix:/x']\n[a]\nb = '1'\n", &["1 bind=unix:/x", "3 a.b=1"]),
            ("a.json", "{\"a\": {\"b\": [\"c\"]}}", &["1 a.b=c"]),
            (
                "a.py",
                "# pidfile = 'x'\naccesslog = errorlog = '-'  # both\nbind = f'{HOST}:80'\n\
                 pidfile = os.environ.get('PID', '/run/x')\nworkers = int(n)\n",
                &[
                    "2 accesslog=-",
                    "2 errorlog=-",
                    "3 bind?",
                    "4 pidfile=$PID /run/x",
                    "5 workers?",
                ],
            ),
            (
                "a.js",
                "module.exports = { apps: [{ name: 'a', out_file: 'logs/o.log' }] }\n",
                &["1 exports?", "1 name=a", "1 out_file=logs/o.log"],
            ),
            (
                "schema.prisma",
                "  url = env(\"DB\")\n  shadow = \"file:./x\"\n",
                &["1 url=$DB ", "2 shadow=file:./x"],
            ),
        ];
        for (name, text, expected) in rows {
            let found = values(name, text);
            let found: Vec<_> = found.iter().filter(|it| !it.contains("apps")).collect();
            assert_eq!(found, expected, "{name}");
        }
        assert_eq!(read("a.xml", ""), None);
        assert_eq!(read("a.json", "{"), None);
    }

    #[test]
    fn logging_names_its_files() {
        let files = |name: &str, text: &str| -> Vec<Value> {
            logged(&read(name, text).unwrap()).into_iter().map(|it| it.value).collect()
        };
        let ini = "[handler_a]\nclass = FileHandler\nargs = ('logs/a.log', 'a')\n\
                   [handler_b]\nclass = StreamHandler\nargs = (sys.stdout,)\n\
                   [handler_c]\nclass = handlers.RotatingFileHandler\nargs = (path(),)\n";
        let computed = || Value::Computed("path(),)".to_owned());
        assert_eq!(files("a.ini", ini), [Value::Text("logs/a.log".to_owned()), computed()]);
        let yaml = "handlers:\n  f:\n    class: logging.FileHandler\n    filename: /x/y.log\n";
        assert_eq!(files("a.yaml", yaml), [Value::Text("/x/y.log".to_owned())]);
    }
}
