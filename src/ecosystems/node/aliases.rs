//! The names that a manifest gives modules of its own package.

use serde_json::Value;

/// The files that a package gives a name of a module, as paths from its folder; `None` if it is no name of its own.
/// `*` in a path stands for anything.
///
/// After nodejs.org/api/packages.html: "Subpath imports" (`#name`), "Self-referencing a package using its name"; and
/// the README of module-alias (`_moduleAliases`).
pub fn own(manifest: &str, module: &str) -> Option<Vec<String>> {
    let value: Value = serde_json::from_str(manifest.trim_start_matches('\u{feff}')).ok()?;
    if module.starts_with('#') {
        return Some(targets(&value["imports"], module));
    }
    let aliases = value["_moduleAliases"].as_object().into_iter().flatten();
    let aliased = aliases.filter_map(|(name, target)| {
        let rest = module.strip_prefix(name.as_str())?;
        let is_whole = rest.is_empty() || rest.starts_with('/');
        is_whole.then(|| target.as_str().map(|it| format!("{it}{rest}")))?
    });
    let aliased: Vec<String> = aliased.collect();
    if !aliased.is_empty() {
        return Some(aliased);
    }
    let rest = module.strip_prefix(value["name"].as_str()?)?;
    let exports = &value["exports"];
    // Without `exports`, a package cannot name itself.
    if exports.is_null() || !(rest.is_empty() || rest.starts_with('/')) {
        return None;
    }
    let is_table = exports.as_object().is_some_and(|it| it.keys().any(|key| key.starts_with('.')));
    match (is_table, rest) {
        (false, "") => Some(texts(exports)),
        (false, _) => Some(Vec::new()),
        (true, _) => Some(targets(exports, &format!(".{rest}"))),
    }
}

/// What a table gives a name, in which `*` stands for any text.
fn targets(table: &Value, name: &str) -> Vec<String> {
    let entries = table.as_object().into_iter().flatten();
    let found = entries.filter_map(|(key, value)| match key.split_once('*') {
        None => (key == name).then(|| (key.len(), texts(value))),
        Some((before, after)) => {
            let middle = name.strip_prefix(before)?.strip_suffix(after)?;
            let all = texts(value).into_iter().map(|it| it.replace('*', middle));
            Some((before.len(), all.collect()))
        }
    });
    // The longest start counts.
    found.max_by_key(|it| it.0).map(|it| it.1).unwrap_or_default()
}

/// The paths of a target, whatever its conditions.
fn texts(target: &Value) -> Vec<String> {
    match target {
        Value::String(text) => vec![text.clone()],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_a_package_of_its_own() {
        let text = r##"{"name": "@kiosk/web",
            "imports": {"#log": {"node": "./log.js", "default": "./none.js"}, "#lib/*": "./src/*.js", "#lib/x/*": "./x/*.js"},
            "_moduleAliases": {"@root": ".", "@mail": "lib/mail"},
            "exports": {".": "./index.js", "./tools/*": ["./tools/*.js"]}}"##;
        let of = |module: &str| own(text, module).map(|it| it.join(" "));
        assert_eq!(of("#log").as_deref(), Some("./none.js ./log.js"));
        assert_eq!(of("#lib/a/b").as_deref(), Some("./src/a/b.js"));
        assert_eq!(of("#lib/x/b").as_deref(), Some("./x/b.js"));
        assert_eq!(of("#other").as_deref(), Some(""));
        assert_eq!(of("@mail/send").as_deref(), Some("lib/mail/send"));
        assert_eq!(of("@mailer"), None);
        assert_eq!(of("@kiosk/web").as_deref(), Some("./index.js"));
        assert_eq!(of("@kiosk/web/tools/a").as_deref(), Some("./tools/a.js"));
        assert_eq!(of("@kiosk/website"), None);
        assert_eq!(own(r#"{"name": "a"}"#, "a/b"), None);
        assert_eq!(own(r#"{"name": "a"}"#, "#b"), Some(Vec::new()));
    }
}
