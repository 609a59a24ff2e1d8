//! Files and folders that source hands to functions of which it is not known what they do.
//!
//! Reading a file that neither the image nor the project has would fail, so a function that is given its name makes
//! it, or passes it on to one that does. No list of libraries is ever complete; this catches those that are not in it.

use std::collections::HashSet;

use super::{
    super::evidence::is_state_name,
    Process, Source,
    files::Files,
    reach::{Reach, Reached},
    resolve::Resolver,
    spot::Spot,
};
use crate::{
    ecosystems::code::{
        Handed, Kind, Value,
        words::{self, Ending, Keeping, Verb},
    },
    text::Refusal,
};

impl Source {
    /// Takes what the files hand to functions that are not known.
    pub(super) fn take(
        &mut self,
        files: &Files<'_, '_>,
        reach: &Reach<'_>,
        resolver: &Resolver<'_, '_>,
    ) {
        let defined: HashSet<&str> =
            reach.files.iter().flat_map(|it| &it.facts.defines).map(String::as_str).collect();
        for (number, file) in reach.files.iter().enumerate() {
            for handed in file.facts.handed.iter().filter(|it| !is_own(reach, file, it, &defined)) {
                for spot in resolver.near(number, &handed.value) {
                    self.judge(files, file, handed, spot);
                }
            }
        }
    }

    fn judge(&mut self, files: &Files<'_, '_>, file: &Reached<'_>, handed: &Handed, spot: Spot) {
        let place = format!("{}:{}", file.path, handed.line);
        let function = called(handed);
        let name = match handed.name.as_str() {
            "" => words::set_by(&handed.function).unwrap_or_default(),
            name => name,
        };
        // What is only looked up or sent on may have an entry that is called a path.
        let reads = words::verb(&handed.function) == Verb::Reads && !handed.function.is_empty();
        let keeping = words::keeping(name).filter(|it| *it == Keeping::Sure || !reads);
        match spot {
            Spot::Unknown if handed.name == name && keeping == Some(Keeping::Sure) => {
                let reason = format!(
                    "{place} gives {function} the value of {name}, and its source does not tell where that is"
                );
                self.refuse(Refusal::new("unknown-write", reason));
            }
            Spot::Unknown if is_kept(handed, &tail(&handed.value)) => {
                let reason = format!(
                    "{place} gives {function} the name of a file, and its source does not tell where that is"
                );
                self.refuse(Refusal::new("unknown-write", reason));
            }
            Spot::Text { text, is_open } => {
                let (text, is_store) = match words::store(&text) {
                    Some(path) => (path.to_owned(), true),
                    None => (text, false),
                };
                let is_folder = words::ending(&text) == Ending::None;
                let is_named = !reads && is_folder && words::is_place(name) && is_state_name(&text);
                let is_told = keeping.is_some() || is_named || is_store;
                let is_address = !words::is_path(&text);
                if is_address || !is_told && (is_open || !is_kept(handed, &text)) {
                    return;
                }
                if Process::is_scratch(&text) {
                    self.is_scratch = true;
                    return;
                }
                let path = file.folder.join(&text);
                let is_there = files.may_have(&path);
                if is_there && keeping != Some(Keeping::Sure) && !is_store {
                    return;
                }
                let is_file = !is_folder || is_told && words::is_file(name);
                let folder = if is_file || is_open { path.parent() } else { Some(path.clone()) };
                let inside =
                    folder.as_ref().map(|it| it.strip_prefix(&file.folder).unwrap_or(it.as_str()));
                let is_state = inside.is_some_and(|it| it.split('/').any(is_state_name));
                if is_told || is_state {
                    let kind = if is_file { Kind::File } else { Kind::Folder };
                    let evidence = match function.as_str() {
                        "" => format!("{place} sets {name} to {text}"),
                        function => format!("{place} gives {text} to {function}"),
                    };
                    self.add(files, &file.folder, kind, Spot::Text { text, is_open }, evidence);
                    return;
                }
                let what = if is_file { "file" } else { "folder" };
                let reason = format!(
                    "{place} gives {text} to {function}, a {what} that the image does not have, and it is not known what that writes"
                );
                self.refuse(Refusal::new("unknown-write", reason));
            }
            _ => {}
        }
    }
}

/// Whether the project has the function that a value is given to: its own source says what it does with it.
fn is_own(reach: &Reach<'_>, file: &Reached<'_>, handed: &Handed, defined: &HashSet<&str>) -> bool {
    let module = handed.module.as_str();
    if handed.function.is_empty() {
        return false;
    }
    if module.is_empty() {
        return defined.contains(handed.function.as_str());
    }
    let is_relative = module.starts_with(['.', '/', '~', '#']) || module.starts_with("@/");
    let is_inner =
        ["crate", "self", "super"].contains(&module.split("::").next().unwrap_or(module));
    let path = module.trim_start_matches('\\').replace(['.', '\\'], "/").replace("::", "/");
    let is_named = |it: &String| {
        it == module || it.strip_prefix(module).is_some_and(|it| it.starts_with(['.', '/', ':']))
    };
    let has_file = || {
        reach.files.iter().any(|it| {
            let stem = it.path.as_str().rsplit_once('.').map_or("", |it| it.0);
            stem == path || stem.strip_suffix(path.as_str()).is_some_and(|it| it.ends_with('/'))
        })
    };
    is_relative || is_inner || file.modules.keys().any(is_named) || path.contains('/') && has_file()
}

/// Whether a function makes a file of this name, if there is none.
fn is_kept(handed: &Handed, text: &str) -> bool {
    let verb = words::verb(&handed.function);
    let is_beside = text.starts_with("./") || text.starts_with("../");
    let is_name =
        || words::names_only(&handed.function) || handed.name.to_lowercase().ends_with("name");
    match (words::ending(text), verb) {
        (_, Verb::Reads) => false,
        (Ending::State, _) => true,
        (Ending::Output, Verb::Writes) => true,
        (Ending::Output, Verb::Unknown) => !is_name(),
        (Ending::Text, verb) => verb == Verb::Writes,
        (Ending::None, _) => {
            is_beside && !text.rsplit('/').next().is_some_and(|it| it.contains('.'))
        }
    }
}

/// The function that a value is given to, for people.
fn called(handed: &Handed) -> String {
    let Handed { function, module, .. } = handed;
    if module.is_empty() { function.clone() } else { format!("{function} of {module}") }
}

/// The end of a value that is known.
fn tail(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("x{text}"),
        Value::Join(parts) | Value::Below(parts) | Value::Concat(parts) => {
            parts.last().map(tail).unwrap_or_default()
        }
        _ => String::new(),
    }
}
