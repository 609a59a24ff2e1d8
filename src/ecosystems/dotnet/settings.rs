//! The settings of hosts and of logs.
//!
//! After learn.microsoft.com: "Configuration in ASP.NET Core", "Configure endpoints for the ASP.NET Core Kestrel web
//! server", "Connection strings" of Microsoft.Data.Sqlite; github.com/serilog/serilog-settings-configuration;
//! github.com/NLog/NLog/wiki ("File target"); logging.apache.org/log4net ("Appenders").

use serde_json::Value as Json;

use super::super::{code::Value, node::aliases::without_comments};

/// A file that a log is written to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Log {
    /// What names it, for people.
    pub key: String,
    /// Where it is.
    pub path: Value,
}

/// The files of settings that a host reads in an environment, the last of which counts.
pub fn environments(environment: &str) -> [String; 2] {
    ["appsettings.json".to_owned(), format!("appsettings.{environment}.json")]
}

/// The ports that a setting has hosts listen on.
pub fn ports(key: &str, value: &str) -> Vec<u16> {
    let is_told = key == "urls"
        || key == "http_ports"
        || key.starts_with("kestrel:endpoints:") && key.ends_with(":url");
    let all = value.split(';').filter(|_| is_told);
    let ends = all.filter_map(|it| it.trim_end_matches('/').rsplit(':').next()?.parse().ok());
    ends.collect()
}

/// The settings of a file by their keys, with sections before them, in small letters: `uploads:path`; `None` if it
/// cannot be read.
pub fn settings(text: &str) -> Option<Vec<(String, String)>> {
    let mut found = Vec::new();
    flatten(&parsed(text)?, "", &mut found);
    Some(found)
}

fn parsed(text: &str) -> Option<Json> {
    let text = text.trim_start_matches('\u{feff}');
    serde_json::from_str(text).or_else(|_| serde_json::from_str(&without_comments(text))).ok()
}

fn flatten(value: &Json, above: &str, found: &mut Vec<(String, String)>) {
    let below = |key: &str| {
        let key = key.to_lowercase();
        if above.is_empty() { key } else { format!("{above}:{key}") }
    };
    match value {
        Json::Object(entries) => {
            entries.iter().for_each(|(key, value)| flatten(value, &below(key), found));
        }
        Json::Array(items) => {
            let each = items.iter().enumerate();
            each.for_each(|(at, it)| flatten(it, &below(&at.to_string()), found));
        }
        Json::String(text) => found.push((above.to_owned(), text.clone())),
        Json::Null => {}
        other => found.push((above.to_owned(), other.to_string())),
    }
}

/// The path of the database that a connection string names, or the value itself: `shop.db` of `Data Source=shop.db`;
/// `None` for one in memory.
pub fn source(value: &str) -> Option<&str> {
    let keys = ["datasource", "filename"];
    let pairs = value.split(';').filter_map(|it| it.split_once('='));
    let mut named = pairs.clone().filter(|it| {
        let key = it.0.trim().to_lowercase().replace(' ', "");
        keys.contains(&key.as_str())
    });
    let is_memory = pairs.clone().any(|it| {
        it.0.trim().eq_ignore_ascii_case("mode") && it.1.trim().eq_ignore_ascii_case("memory")
    });
    let path = match named.next() {
        Some(it) => it.1.trim().trim_matches(['"', '\'']),
        None if value.contains('=') => return None,
        None => value,
    };
    (!is_memory && !path.contains(":memory:")).then_some(path)
}

/// Whether a file of this name may have settings of logs.
pub fn has_logs(name: &str) -> bool {
    let name = name.to_lowercase();
    let starts = |all: &[&str]| all.iter().any(|it| name.starts_with(it));
    match name.rsplit_once('.').map(|it| it.1) {
        Some("json") => starts(&["appsettings.", "nlog", "serilog"]),
        Some("config" | "xml") => starts(&["log4net", "nlog"]),
        _ => false,
    }
}

/// The files that the settings of logs in a file of this name write to.
pub fn logs(name: &str, text: &str) -> Vec<Log> {
    let name = name.to_lowercase();
    if name.ends_with(".json") {
        let found = parsed(text).map(|it| {
            let mut found = Vec::new();
            sinks(&it, &mut found);
            targets(&it, false, &mut found);
            found
        });
        return found.unwrap_or_default();
    }
    let mut found = Vec::new();
    for tag in text.split('<').map(|it| it.split('>').next().unwrap_or(it)) {
        let lower = tag.to_lowercase();
        let is_file =
            lower.starts_with("file ") || lower.starts_with("param ") && lower.contains("\"file\"");
        let attributes = ["archiveFileName", "fileName", "internalLogFile"];
        let named = attributes.iter().filter_map(|it| super::projects::value(tag, it));
        let own = super::projects::value(tag, "value").filter(|_| is_file);
        found.extend(named.chain(own).map(|it| Log { key: name.clone(), path: rendered(it) }));
    }
    found
}

/// The files of the sinks of Serilog.
fn sinks(value: &Json, found: &mut Vec<Log>) {
    match value {
        Json::Object(entries) => {
            let name = entries.get("Name").and_then(Json::as_str).unwrap_or_default();
            let arguments = entries.get("Args").and_then(Json::as_object);
            for (key, value) in arguments.into_iter().flatten() {
                let is_place = ["bufferbasefilename", "path", "pathformat", "sqlitedbpath"]
                    .contains(&key.to_lowercase().as_str());
                let text = value.as_str().filter(|_| is_place && !name.is_empty());
                found.extend(
                    text.map(|it| Log { key: format!("{name} of Serilog"), path: rendered(it) }),
                );
            }
            entries.values().for_each(|it| sinks(it, found));
        }
        Json::Array(items) => items.iter().for_each(|it| sinks(it, found)),
        _ => {}
    }
}

/// The files of the targets of NLog.
fn targets(value: &Json, is_inside: bool, found: &mut Vec<Log>) {
    match value {
        Json::Object(entries) => {
            for (key, value) in entries {
                let is_inside = is_inside || key == "NLog";
                let names = ["archivefilename", "filename", "internallogfile"];
                let is_place = is_inside && names.contains(&key.to_lowercase().as_str());
                let text = value.as_str().filter(|_| is_place);
                found.extend(
                    text.map(|it| Log { key: format!("{key} of NLog"), path: rendered(it) }),
                );
                targets(value, is_inside, found);
            }
        }
        Json::Array(items) => items.iter().for_each(|it| targets(it, is_inside, found)),
        _ => {}
    }
}

/// The value of a path with renderers: `${basedir}/logs/${shortdate}.log`, `%LOGS%/shop.log`.
fn rendered(text: &str) -> Value {
    let (mut rest, mut parts) = (text, Vec::new());
    if let Some(inside) = text.strip_prefix("${basedir}") {
        parts.push(Value::Around);
        rest = inside;
    } else if let Some(inside) = text.strip_prefix("${currentdir}") {
        parts.push(Value::Working);
        rest = inside;
    }
    let plain = rest.split(['$', '%', '{']).next().unwrap_or(rest);
    if !plain.is_empty() {
        parts.push(Value::Text(plain.to_owned()));
    }
    if plain.len() < rest.len() {
        parts.push(Value::Unknown);
    }
    if parts.len() == 1 { parts.swap_remove(0) } else { Value::Concat(parts) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_flat() {
        let text = "{ // all\n\"Uploads\": { \"Path\": \"/up\", \"Max\": 3 }, \"Names\": [\"a\"] }";
        let expected = [("uploads:path", "/up"), ("uploads:max", "3"), ("names:0", "a")];
        let mut read = settings(text).unwrap();
        read.sort();
        let mut expected = expected.map(|it| (it.0.to_owned(), it.1.to_owned()));
        expected.sort();
        assert_eq!(read, expected);
        assert_eq!(settings("{"), None);
        assert_eq!(ports("kestrel:endpoints:web:url", "http://*:80/"), [80]);
        assert_eq!(ports("urls", "http://*:5000;http://+:81"), [5000, 81]);
        assert!(ports("uploads:url", "http://a:80").is_empty());
    }

    #[test]
    fn connection_strings_name_files() {
        let rows = [
            ("Data Source=data/shop.db;Cache=Shared", Some("data/shop.db")),
            ("DataSource=shop.db", Some("shop.db")),
            ("Filename=/srv/a.db; Connection=shared", Some("/srv/a.db")),
            ("shop.db", Some("shop.db")),
            ("Data Source=:memory:", None),
            ("Data Source=a;Mode=Memory", None),
            ("Host=db;Port=5432", None),
        ];
        for (value, expected) in rows {
            assert_eq!(source(value), expected, "{value}");
        }
    }

    #[test]
    fn logs_are_written_to_files() {
        let text = |it: &str| Value::Text(it.to_owned());
        let paths = |name: &str, file: &str| {
            logs(name, file).into_iter().map(|it| it.path).collect::<Vec<_>>()
        };
        let serilog = "{\"Serilog\": {\"WriteTo\": [{\"Name\": \"Console\"}, {\"Name\": \"File\", \"Args\": {\"path\": \"logs/a.log\"}}]}}";
        assert_eq!(paths("appsettings.json", serilog), [text("logs/a.log")]);
        let nlog = "<target xsi:type=\"File\" fileName=\"${basedir}/logs/${shortdate}.log\" />";
        let expected = Value::Concat(vec![Value::Around, text("/logs/"), Value::Unknown]);
        assert_eq!(paths("nlog.config", nlog), [expected]);
        assert_eq!(paths("log4net.config", "<file value=\"a.log\" />"), [text("a.log")]);
        let json =
            "{\"NLog\": {\"targets\": {\"f\": {\"type\": \"File\", \"fileName\": \"b.log\"}}}}";
        assert_eq!(paths("appsettings.json", json), [text("b.log")]);
        assert!(paths("appsettings.json", "{\"fileName\": \"b.log\"}").is_empty());
    }
}
