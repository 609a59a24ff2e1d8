//! The modules and scripts that Python is told to run, from the command lines of programs that load them.

use serde_json::{Value, json};

use super::{Started, words::python_of};
use crate::{
    text::ImagePath,
    verify::{config::Config, contents::Contents},
};

/// A module or script that a program is told to run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// The module or script.
    pub what: Loaded,
    /// The folder that it is loaded from before all others.
    pub folder: ImagePath,
    /// True if the program makes that folder its working directory.
    pub enters: bool,
}

/// A module or a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Loaded {
    /// A module, and what is wanted of it.
    Module(String, Option<String>),
    /// A script.
    Script(ImagePath),
}

impl Import {
    /// Its name for the program that tries it.
    pub(super) fn task(&self) -> Value {
        match &self.what {
            Loaded::Module(name, attribute) => json!({
                "module": name, "attribute": attribute, "folder": self.folder.as_str(), "enters": self.enters,
            }),
            Loaded::Script(path) => json!({
                "script": path.as_str(), "folder": self.folder.as_str(), "enters": self.enters,
            }),
        }
    }
}

/// Servers that are told `module:name`.
const SERVERS: [&str; 5] = ["uvicorn", "gunicorn", "hypercorn", "daphne", "granian"];

/// The modules and scripts that programs load, and the words that start their Python.
pub(super) fn imports(
    programs: &[Started],
    config: &Config,
    contents: &Contents,
) -> (Vec<Import>, Vec<String>) {
    let mut imports = Vec::new();
    let mut interpreter = Vec::new();
    for (at, it) in programs.iter().enumerate() {
        let found = of(it, config);
        if found.is_empty() {
            continue;
        }
        if interpreter.is_empty() {
            interpreter = python(it, at.checked_sub(1).map(|at| &programs[at]), config, contents);
        }
        imports.extend(found.into_iter().filter(|it| !imports.contains(it)).collect::<Vec<_>>());
    }
    (imports, interpreter)
}

/// The words that start the Python which runs a program: itself, what its `#!` names, or the first of `PATH`;
/// after the package manager that runs it, if one does.
fn python(
    program: &Started,
    runner: Option<&Started>,
    config: &Config,
    contents: &Contents,
) -> Vec<String> {
    let name = |it: &Started| it.program.rsplit('/').next().unwrap_or_default().to_owned();
    let words = runner.map(|it| {
        let first = [Some(it.program.clone())].into_iter();
        first.chain(it.arguments.iter().cloned()).collect::<Vec<_>>()
    });
    if let Some(words) = words.and_then(|it| python_of(&it)) {
        return words;
    }
    if is_python(&name(program)) {
        return vec![program.program.clone()];
    }
    let resolved = program.found.as_ref().ok().and_then(|it| contents.resolve(it));
    let line = resolved.and_then(|it| contents.entry(&it)?.interpreter.clone());
    let by_line = line.and_then(|it| {
        let first = it.split_whitespace().next()?.to_owned();
        is_python(first.rsplit('/').next()?).then_some(first)
    });
    let there = |it: &&str| contents.program(it, config).is_ok();
    let of_path = || ["python3", "python"].into_iter().find(there).map(str::to_owned);
    by_line.or_else(of_path).into_iter().collect()
}

fn is_python(name: &str) -> bool {
    let plain = name.trim_end_matches(|it: char| it.is_ascii_digit() || it == '.');
    matches!(plain, "python" | "pypy")
}

/// The modules and scripts that one program loads.
fn of(started: &Started, config: &Config) -> Vec<Import> {
    let name = started.program.rsplit('/').next().unwrap_or_default();
    let words: Vec<&str> =
        started.arguments.iter().map(|it| it.as_deref().unwrap_or_default()).collect();
    if !is_python(name) {
        return loaded(name, &words, config);
    }
    let with_value = |it: &str| matches!(it, "-W" | "-X" | "--check-hash-based-pycs");
    let mut at = 0;
    while let Some(word) = words.get(at).filter(|it| it.starts_with('-')) {
        if word.ends_with('m') && !word.starts_with("--") {
            let Some(module) = words.get(at + 1).filter(|it| is_module(it)) else {
                return Vec::new();
            };
            let rest = &words[at + 2..];
            let inner = loaded(module, rest, config);
            if !inner.is_empty() {
                return inner;
            }
            let what = Loaded::Module((*module).to_owned(), None);
            return vec![Import { what, folder: config.workdir.clone(), enters: false }];
        }
        if word.ends_with('c') && !word.starts_with("--") {
            return Vec::new();
        }
        at += if with_value(word) { 2 } else { 1 };
    }
    let script = words.get(at).filter(|it| !it.is_empty() && !it.contains('$'));
    script.map(|it| self::script(it, config)).into_iter().collect()
}

/// A script, whose folder is where it loads from.
fn script(path: &str, config: &Config) -> Import {
    let path = config.workdir.join(path);
    let folder = path.parent().unwrap_or_default();
    Import { what: Loaded::Script(path), folder, enters: false }
}

/// The module that a program is given which is known to load modules.
fn loaded(program: &str, words: &[&str], config: &Config) -> Vec<Import> {
    let option = |names: &[&str]| {
        names.iter().find_map(|name| {
            let next = words.iter().position(|it| it == name).and_then(|it| words.get(it + 1));
            let joined = || words.iter().find_map(|it| it.strip_prefix(name)?.strip_prefix('='));
            next.copied().or_else(joined)
        })
    };
    let here = &config.workdir;
    let import = |text: &str, folder: &ImagePath, enters: bool| {
        let (module, attribute) = text.split_once(':').unwrap_or((text, ""));
        let attribute = attribute.split(['(', '.']).next().filter(|it| !it.is_empty());
        let what = Loaded::Module(module.to_owned(), attribute.map(str::to_owned));
        Import { what, folder: folder.clone(), enters }
    };
    match program {
        it if SERVERS.contains(&it) => {
            let folder = option(&["--app-dir", "--chdir", "--working-dir"]);
            let folder = folder.map_or_else(|| here.clone(), |it| here.join(it));
            let enters = option(&["--chdir", "--working-dir"]).is_some();
            let is_value = |at: usize| {
                at > 0 && words[at - 1].starts_with('-') && !words[at - 1].contains('=')
            };
            let application = words.iter().find(|it| is_application(it)).or_else(|| {
                let last = words.len().checked_sub(1)?;
                words.last().filter(|it| program != "uvicorn" && is_module(it) && !is_value(last))
            });
            let worker = option(&["-k", "--worker-class"]).filter(|it| it.contains('.'));
            let worker = worker.and_then(|it| it.rsplit_once('.'));
            let worker = worker.map(|(module, name)| format!("{module}:{name}"));
            let all = worker.as_deref().into_iter().chain(application.copied());
            all.map(|it| import(it, &folder, enters)).collect()
        }
        "celery" => {
            let folder = option(&["--workdir"]);
            let folder = folder.map_or_else(|| here.clone(), |it| here.join(it));
            let module = option(&["-A", "--app"]).filter(|it| is_module(it) || is_application(it));
            // The attribute is looked for in many places.
            let module = module.and_then(|it| it.split(':').next());
            module.map(|it| import(it, &folder, false)).into_iter().collect()
        }
        "flask" => {
            let named = option(&["--app", "-A"])
                .or_else(|| config.env.get("FLASK_APP").map(String::as_str));
            match named {
                Some(it) if it.ends_with(".py") => vec![script(it, config)],
                Some(it) if is_module(it) || is_application(it) => vec![import(it, here, false)],
                _ => Vec::new(),
            }
        }
        "fastapi" | "streamlit" => {
            let mut files = words.iter().filter(|it| it.ends_with(".py") && !it.starts_with('-'));
            files.next().map(|it| script(it, config)).into_iter().collect()
        }
        "dramatiq" | "arq" | "taskiq" => {
            let mut modules = words.iter().filter(|it| it.contains('.') || it.contains(':'));
            let module = modules.find(|it| is_module(it) || is_application(it));
            let module = module.map(|it| match program {
                "arq" => it.rsplit_once('.').map_or(*it, |it| it.0),
                _ => it.split(':').next().unwrap_or(it),
            });
            module.map(|it| import(it, here, false)).into_iter().collect()
        }
        _ => Vec::new(),
    }
}

/// Returns true for a valid name of a module.
fn is_module(text: &str) -> bool {
    let is_name = |it: &str| {
        it.starts_with(|it: char| it.is_alphabetic() || it == '_')
            && it.chars().all(|it| it.is_alphanumeric() || it == '_')
    };
    text.split('.').all(is_name)
}

/// Returns true if it names something in a module: `app.main:app`, `app:create()`.
fn is_application(text: &str) -> bool {
    text.split_once(':').is_some_and(|(module, name)| {
        is_module(module) && is_module(name.split('(').next().unwrap_or(name))
    })
}
