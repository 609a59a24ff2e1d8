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

/// The settings of the compiler of TypeScript that say where modules are.
#[derive(Debug, Default)]
pub struct Mapping {
    /// The folder that names begin in, seen from that of the file.
    base: Option<String>,
    /// The places of names.
    paths: Value,
    /// The file that these settings go on from, if any.
    pub extends: Option<String>,
}

/// Reads a `tsconfig.json` or `jsconfig.json`; `None` if it cannot be read.
///
/// After typescriptlang.org/tsconfig: `baseUrl`, `paths`, `extends`.
pub fn mapping(text: &str) -> Option<Mapping> {
    let text = text.trim_start_matches('\u{feff}');
    let plain = || serde_json::from_str(&without_comments(text));
    let value: Value = serde_json::from_str(text).or_else(|_| plain()).ok()?;
    let options = &value["compilerOptions"];
    let text = |it: &Value| it.as_str().map(str::to_owned);
    let extends = [&value["extends"], &value["extends"][0]].into_iter().find_map(text);
    Some(Mapping { base: text(&options["baseUrl"]), paths: options["paths"].clone(), extends })
}

impl Mapping {
    /// Whether it says where modules are.
    pub fn is_told(&self) -> bool {
        self.base.is_some() || self.paths.is_object()
    }

    /// The places of a module that the settings name, and then those that they may mean, as paths from their folder.
    pub fn places(&self, module: &str) -> (Vec<String>, Option<String>) {
        let base = self.base.as_deref().unwrap_or(".");
        let named = targets(&self.paths, module).into_iter().map(|it| format!("{base}/{it}"));
        let is_any = self.paths.get("*").is_some();
        let other = (self.base.is_some() || is_any).then(|| format!("{base}/{module}"));
        let named: Vec<String> = named.collect();
        // `*` names any module, also one of a package.
        let specific = self.paths.as_object().into_iter().flatten();
        let is_named =
            specific.filter(|it| it.0 != "*").any(|(key, _)| match key.split_once('*') {
                None => key == module,
                Some((before, after)) => module.starts_with(before) && module.ends_with(after),
            });
        if is_named { (named, other) } else { (Vec::new(), named.into_iter().next().or(other)) }
    }
}

/// The text without comments and without the commas at the ends of lists.
pub fn without_comments(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    let mut is_text = false;
    while let Some(char) = rest.next() {
        match (char, rest.peek()) {
            ('\\', Some(_)) if is_text => {
                plain.push(char);
                plain.extend(rest.next());
            }
            ('"', _) => {
                is_text = !is_text;
                plain.push(char);
            }
            ('/', Some('/')) if !is_text => {
                let _ = rest.by_ref().find(|it| *it == '\n');
            }
            ('/', Some('*')) if !is_text => {
                let mut last = ' ';
                let _ =
                    rest.by_ref().find(|it| std::mem::replace(&mut last, *it) == '*' && *it == '/');
            }
            (']' | '}', _) if !is_text => {
                let end = plain.trim_end().trim_end_matches(',').len();
                plain.truncate(end);
                plain.push(char);
            }
            _ => plain.push(char),
        }
    }
    plain
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
    fn settings_of_the_compiler_name_modules() {
        let of = |text: &str, module: &str| {
            let (named, other) = mapping(text).unwrap().places(module);
            format!("{} | {}", named.join(" "), other.unwrap_or_default())
        };
        let text = "{ // of the shop\n \"extends\": \"./base.json\", /* all */ \"compilerOptions\": {\n\
                    \"baseUrl\": \"src\", \"paths\": {\"@mail/*\": [\"mail/*\",], \"@log\": [\"a//b\"]},}}";
        assert_eq!(of(text, "@mail/send"), "src/mail/send | src/@mail/send");
        assert_eq!(of(text, "@log"), "src/a//b | src/@log");
        assert_eq!(of(text, "express"), " | src/express");
        assert_eq!(mapping(text).unwrap().extends.as_deref(), Some("./base.json"));
        assert_eq!(
            of(r#"{"compilerOptions": {"paths": {"*": ["lib/*"]}}}"#, "a/b"),
            " | ./lib/a/b"
        );
        assert!(mapping("{").is_none() && !mapping("{}").unwrap().is_told());
    }

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
