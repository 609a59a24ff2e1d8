//! The files that the settings of Logback and Log4j name: `<file>logs/shop.log</file>`.
//!
//! After logback.qos.ch/manual/appenders.html ("`FileAppender`"), logback.qos.ch/manual/configuration.html ("Variable
//! substitution"), docs.spring.io/spring-boot ("Logging", "Logback Extensions"),
//! logging.apache.org/log4j/2.x/manual/appenders/file.html, logging.apache.org/log4j/2.x/manual/lookups.html and
//! logging.apache.org/log4j/1.x/apidocs (`FileAppender`).

use std::{collections::HashMap, sync::Arc};

use super::{super::code::Value, closing};
use crate::yaml::{self, Node};

/// A file that a log is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// The line that says so, counted from 1.
    pub line: usize,
    /// Where it is.
    pub path: Value,
}

/// What settings of a log have that is written to files.
const APPENDERS: [&str; 8] = [
    ".File=",
    ".fileName",
    "FileAppender",
    "<File ",
    "<RandomAccessFile",
    "<RollingFile",
    "<RollingRandomAccessFile",
    "appender.file",
];

/// The elements and attributes that name a file, or the files that take its place.
const NAMES: [&str; 4] = ["file", "filename", "filenamepattern", "filepattern"];

/// The elements that give a name a value.
const VALUES: [&str; 4] = ["Property", "property", "springProperty", "variable"];

/// The files that the settings of a log write to, if a file has these; one that is not known for settings that name
/// none which is understood.
pub fn logs(name: &str, text: &str) -> Vec<Log> {
    if !["log4j", "logback", "logging"].iter().any(|it| name.starts_with(it)) {
        return Vec::new();
    }
    if is_tree(name) {
        return tree(text);
    }
    let is_xml = name.ends_with(".xml");
    let text = if is_xml { without_comments(text) } else { text.to_owned() };
    let lines = || text.lines().enumerate();
    let lines = || lines().filter(|it| is_xml || !it.1.trim_start().starts_with(['#', '!']));
    let writes = |line: &str| APPENDERS.iter().any(|it| line.contains(it));
    let Some((at, _)) = lines().find(|it| writes(it.1)) else { return Vec::new() };
    let found = match is_xml {
        true => elements(&text),
        false => properties(lines()),
    };
    if found.is_empty() { vec![Log { line: at + 1, path: Value::Unknown }] } else { found }
}

/// Whether a file of this name has settings of Log4j in YAML or JSON: logging.apache.org/log4j/2.x/manual/configuration.html
/// ("Configuration file formats").
pub fn is_tree(name: &str) -> bool {
    let is_one = |it: &str| ["jsn", "json", "yaml", "yml"].contains(&it);
    name.starts_with("log4j2") && name.rsplit_once('.').is_some_and(|it| is_one(it.1))
}

/// The files that appenders name in YAML or JSON, where a list has those of one type.
fn tree(text: &str) -> Vec<Log> {
    let Ok(roots) = yaml::read(text) else { return vec![Log { line: 1, path: Value::Unknown }] };
    let settings: Vec<&Arc<Node>> =
        roots.iter().flat_map(|it| it.entries()).map(|it| &it.value).collect();
    let mut names = HashMap::new();
    for it in settings.iter().flat_map(|it| below(it, "properties")) {
        for it in below(it, "property").into_iter().flat_map(each) {
            let Some((name, value)) = it.text("name").zip(it.text("value")) else { continue };
            let value = filled(value, &names);
            names.insert(name, value);
        }
    }
    let mut found = Vec::new();
    for appenders in settings.iter().flat_map(|it| below(it, "appenders")) {
        for entry in appenders.entries() {
            for it in each(&entry.value) {
                let kind = it.text("type").unwrap_or(&entry.key);
                if !FILES.iter().any(|it| it.eq_ignore_ascii_case(kind)) {
                    continue;
                }
                let told = it.entries().iter();
                let told = told.filter(|it| NAMES.contains(&&*it.key.to_ascii_lowercase()));
                let told = told.filter_map(|it| Some((it.line, it.value.as_str()?)));
                let before = found.len();
                found.extend(told.map(|(line, it)| Log { line, path: filled(it, &names) }));
                if found.len() == before {
                    found.push(Log { line: it.line, path: Value::Unknown });
                }
            }
        }
    }
    found
}

/// The values of the entries of this name, in whatever case.
fn below<'n>(node: &'n Arc<Node>, name: &str) -> Vec<&'n Arc<Node>> {
    let all = node.entries().iter().filter(|it| it.key.eq_ignore_ascii_case(name));
    all.map(|it| &it.value).collect()
}

/// The elements of a list, or the one that stands for it.
fn each(node: &Arc<Node>) -> Vec<&Arc<Node>> {
    if node.items().is_empty() { vec![node] } else { node.items().iter().collect() }
}

/// The text with blanks in the place of its comments.
fn without_comments(text: &str) -> String {
    let mut found = String::new();
    let mut rest = text;
    while let Some((before, inside)) = rest.split_once("<!--") {
        let (comment, after) = inside.split_once("-->").unwrap_or((inside, ""));
        found.push_str(before);
        found.extend(comment.chars().filter(|it| *it == '\n'));
        rest = after;
    }
    found + rest
}

/// An element's start, or its end.
struct Tag<'t> {
    /// Its name, with a slash before it at the end of the element.
    name: &'t str,
    /// What stands between the name and the bracket.
    attributes: &'t str,
    /// The text that follows.
    inside: &'t str,
    line: usize,
}

impl<'t> Tag<'t> {
    fn attribute(&self, name: &str) -> Option<&'t str> {
        let is_begin =
            |at: usize| self.attributes[..at].ends_with(|it: char| it.is_ascii_whitespace());
        let lower = self.attributes.to_ascii_lowercase();
        let mut all = lower.match_indices(name).map(|it| it.0).filter(|it| is_begin(*it));
        all.find_map(|at| {
            let value = self.attributes[at + name.len()..].trim_start().strip_prefix('=')?;
            let value = value.trim_start();
            let quote = value.chars().next().filter(|it| ['"', '\''].contains(it))?;
            value[1..].split(quote).next()
        })
    }
}

/// The tags of a text without comments.
fn tags(text: &str) -> Vec<Tag<'_>> {
    let mut line = 1 + text.split('<').next().unwrap_or_default().matches('\n').count();
    let mut found = Vec::new();
    for part in text.split('<').skip(1) {
        let begin = line;
        line += part.matches('\n').count();
        let Some((tag, inside)) = part.split_once('>') else { continue };
        let end = tag.find(|it: char| it.is_ascii_whitespace()).unwrap_or(tag.len());
        let (name, attributes) = tag.split_at(end);
        let (name, inside) = (name.trim_end_matches('/'), inside.trim());
        found.push(Tag { name, attributes, inside, line: begin });
    }
    found
}

/// The files that appenders name in XML: as elements, which is Logback's way, or as attributes.
fn elements(text: &str) -> Vec<Log> {
    let tags = tags(text);
    let mut names: HashMap<&str, Value> = HashMap::new();
    for it in tags.iter().filter(|it| VALUES.contains(&it.name)) {
        let Some(name) = it.attribute("name") else { continue };
        let default = it.attribute("defaultvalue").map(|it| Value::Text(it.to_owned()));
        let value = match it.attribute("source") {
            Some(source) => variable(format!("${{{source}}}"), default),
            None => filled(it.attribute("value").unwrap_or(it.inside), &names),
        };
        names.insert(name, value);
    }
    let mut found = Vec::new();
    // The file appender that is open, with the number of files found before it.
    let mut open: Option<(usize, usize)> = None;
    for it in &tags {
        let name = it.name.to_ascii_lowercase();
        let is_appender = it.name == "appender" || it.name == "Appender";
        let class = it.attribute("class").or_else(|| it.attribute("type")).unwrap_or_default();
        let writes = |it: &str| it.ends_with("FileAppender") || is_file_type(it);
        if (is_appender && writes(class)) || is_file_type(it.name) {
            open = Some((it.line, found.len()));
        }
        let Some((line, before)) = open else { continue };
        if NAMES.contains(&name.as_str()) && !it.inside.is_empty() {
            found.push(Log { line: it.line, path: filled(it.inside, &names) });
        }
        for value in NAMES.iter().filter_map(|name| it.attribute(name)) {
            found.push(Log { line: it.line, path: filled(value, &names) });
        }
        let is_end = it.name == "/appender" || it.name == "/Appender";
        let is_closed = it.attributes.ends_with('/') || it.name.starts_with('/');
        if is_end || (is_closed && is_file_type(it.name.trim_start_matches('/'))) {
            if found.len() == before {
                found.push(Log { line, path: Value::Unknown });
            }
            open = None;
        }
    }
    found
}

/// The plugins of Log4j that write to a file.
const FILES: [&str; 5] =
    ["File", "MemoryMappedFile", "RandomAccessFile", "RollingFile", "RollingRandomAccessFile"];

/// Whether a plugin of Log4j writes to a file.
fn is_file_type(name: &str) -> bool {
    FILES.contains(&name)
}

/// The files that appenders name in lines of properties.
fn properties<'t>(lines: impl Iterator<Item = (usize, &'t str)>) -> Vec<Log> {
    let mut names: HashMap<&str, Value> = HashMap::new();
    let mut found = Vec::new();
    for (at, line) in lines {
        let Some((key, value)) = line.split_once(['=', ':']) else { continue };
        let (key, value) = (key.trim(), value.trim());
        let last = key.rsplit('.').next().unwrap_or(key).to_ascii_lowercase();
        let is_appender = key.starts_with("appender.") || key.starts_with("log4j.appender.");
        if is_appender && NAMES.contains(&last.as_str()) {
            found.push(Log { line: at + 1, path: filled(value, &names) });
        } else {
            let value = filled(value, &names);
            names.insert(key.strip_prefix("property.").unwrap_or(key), value);
        }
    }
    found
}

/// A text with the values of its names: `${logs}/shop.log`, `${LOGS:-logs}`, `${env:LOGS}`, `logs/%d{yyyy}.log`.
fn filled(text: &str, names: &HashMap<&str, Value>) -> Value {
    let mut parts = Vec::new();
    let mut rest = text;
    loop {
        let (before, after) = rest.split_once("${").map_or((rest, None), |it| (it.0, Some(it.1)));
        // What a conversion word gives is not known: `%d`, `%i`.
        if let Some((plain, _)) = before.split_once('%') {
            parts.extend([Value::Text(plain.to_owned()), Value::Unknown]);
            break;
        }
        if !before.is_empty() {
            parts.push(Value::Text(before.to_owned()));
        }
        let Some(after) = after else { break };
        let Some(end) = closing(after) else { return Value::Unknown };
        parts.push(name(&after[..end], names));
        rest = &after[end + 1..];
    }
    parts.retain(|it| !matches!(it, Value::Text(text) if text.is_empty()));
    if parts.len() == 1 { parts.swap_remove(0) } else { Value::Concat(parts) }
}

/// What a name stands for, which may have a default after `:-`.
fn name(inner: &str, names: &HashMap<&str, Value>) -> Value {
    let (name, default) = match inner.split_once(":-") {
        Some((name, default)) => (name, Some(filled(default, names))),
        None => (inner, None),
    };
    if name.contains(['$', '{']) {
        return Value::Unknown;
    }
    match (names.get(name), name.split_once(':'), name) {
        (Some(value), ..) => value.clone(),
        (_, Some(("env", name)), _) => variable(name.to_owned(), default),
        (_, Some(("spring" | "sys", name)), _) => variable(format!("${{{name}}}"), default),
        (_, Some(_), _) => Value::Unknown,
        // docs.spring.io/spring-boot: "Custom Log Configuration".
        (_, _, "LOG_FILE") => variable("${logging.file.name}".to_owned(), default),
        (_, _, "LOG_PATH") => variable("${logging.file.path}".to_owned(), default),
        (_, _, "LOG_TEMP" | "java.io.tmpdir") => Value::Temporary,
        (_, _, "user.home") => Value::Home,
        (_, _, name) => variable(name.to_owned(), default),
    }
}

fn variable(name: String, default: Option<Value>) -> Value {
    Value::Variable { name, default: default.map(Box::new) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(name: &str, text: &str) -> Vec<(usize, String)> {
        let place = |it: &Value| match it {
            Value::Text(text) => text.clone(),
            Value::Concat(parts) => format!("{parts:?}"),
            Value::Unknown => "?".to_owned(),
            other => format!("{other:?}"),
        };
        logs(name, text).iter().map(|it| (it.line, place(&it.path))).collect()
    }

    #[test]
    fn logback_names_files_in_elements() {
        let text = "<a>\n<property name=\"D\" value=\"logs/shop\"/>\n<appender name=\"F\" class=\"x.RollingFileAppender\">\n<file>${D}.log</file>\n</appender>\n<appender class=\"y.ConsoleAppender\"><file>no</file></appender></a>";
        assert_eq!(
            shown("logback-spring.xml", text),
            [(4, "[Text(\"logs/shop\"), Text(\".log\")]".to_owned())]
        );
        let text = "<a>\n<!-- <file>a</file>\n--><appender class=\"x.FileAppender\"><encoder/></appender></a>";
        assert_eq!(shown("logback.xml", text), [(3, "?".to_owned())]);
        let text = "<a><!-- <appender class=\"x.FileAppender\"><file>a</file></appender> --></a>";
        assert_eq!(shown("logback.xml", text), []);
        let text = "<appender class=\"x.FileAppender\"><file>a.log</file></appender>";
        assert_eq!(shown("settings.xml", text), []);
    }

    #[test]
    fn log4j_names_files_in_trees() {
        let text = "Configuration:\n  Properties:\n    Property:\n      - name: d\n        value: logs\n  Appenders:\n    RollingFile:\n      - name: F\n        fileName: ${d}/a.log\n    Console:\n      name: O\n    File:\n      name: G\n";
        assert_eq!(
            shown("log4j2.yaml", text),
            [(9, "[Text(\"logs\"), Text(\"/a.log\")]".to_owned()), (13, "?".to_owned())]
        );
        let text = "{\"configuration\": {\"appenders\": {\"appender\": [{\"type\": \"Console\"}, {\"type\": \"file\", \"fileName\": \"a.log\"}]}}}";
        assert_eq!(shown("log4j2-test.json", text), [(1, "a.log".to_owned())]);
        assert_eq!(shown("log4j2.yml", "a: [\n"), [(1, "?".to_owned())]);
        assert_eq!(shown("log4j2.yml", "Configuration:\n  status: warn\n"), []);
        assert_eq!(shown("log4j.yaml", "a: ["), []);
    }

    #[test]
    fn log4j_names_files_in_attributes_and_lines() {
        let text = "<C>\n<Property name=\"d\">logs</Property>\n<RollingFile name=\"F\" fileName=\"${d}/a.log\" filePattern=\"old/%d.log\"><P/></RollingFile>\n<File name=\"G\" fileName=\"b.log\"/></C>";
        assert_eq!(
            shown("log4j2.xml", text),
            [
                (3, "[Text(\"logs\"), Text(\"/a.log\")]".to_owned()),
                (3, "[Text(\"old/\"), Unknown]".to_owned()),
                (4, "b.log".to_owned()),
            ]
        );
        let text = "# log4j.appender.F.File=no\nlog4j.appender.F=org.apache.log4j.FileAppender\nlog4j.appender.F.File=a.log";
        assert_eq!(shown("log4j.properties", text), [(3, "a.log".to_owned())]);
        let text = "log4j.appender.F=x.FileAppender";
        assert_eq!(shown("log4j.properties", text), [(1, "?".to_owned())]);
    }
}
