//! Programs whose source is not read, so that nobody knows what they write: those of the project that are compiled,
//! or in a language without a reader, and those that others made.

use super::{Form, Image, Process, Role, entries, own};
use crate::{
    ecosystems::{
        self, grammar_of, jvm,
        programs::{self, BUILDS, Trait},
    },
    text::Refusal,
};

/// Endings of the files that interpreters and runtimes are given.
const CODE: [&str; 11] =
    [".beam", ".dll", ".exe", ".exs", ".jar", ".lua", ".php", ".pl", ".psgi", ".rb", ".war"];

/// Why it is not known what a process writes, of which no source was found; `None` if its program is in a table and
/// does not host source of the project.
pub(super) fn check(image: &Image<'_>, process: &Process) -> Option<Refusal> {
    if Role::Condition <= process.role {
        return None;
    }
    let (from, name) = (&process.from, process.program.as_str());
    let program = process.facts();
    if entries::hosted(process).is_some() {
        // Of a server, the first word may be the value of an option.
        let file = Some(process.first()).filter(|_| program.is(Trait::Interpreter));
        let line = [name, file.unwrap_or_default()].join(" ");
        let line = line.trim_end();
        let reason = format!("{from} runs {line}, and the source of what that runs was not found");
        if entries::inline(process).is_some() {
            let reason = format!("{from} runs source in its own words, which was not read");
            return (process.role == Role::Main).then(|| Refusal::new("unread-source", reason));
        }
        // A step before the program: `flask db upgrade`.
        let is_step = process.role == Role::Step && !program.is(Trait::Interpreter);
        return (!is_step).then(|| Refusal::new("unread-source", reason));
    }
    match process.form {
        Form::Script(manifest) => {
            let line = process.known().fold(name.to_owned(), |line, it| format!("{line} {it}"));
            let reason = format!(
                "{from} runs {line}, and the {manifest} that says what that is was not found"
            );
            return Some(Refusal::new("unread-source", reason));
        }
        Form::Module if !program.is_listed() => {
            let reason =
                format!("{from} runs the module {name}, and the source of that was not found");
            return Some(Refusal::new("unread-source", reason));
        }
        Form::Fetches | Form::Own | Form::Module | Form::Program => {}
    }
    if process.path.is_empty() {
        return None;
    }
    if program.is(Trait::Unread) {
        let is_code = |it: &&str| !it.starts_with('-') && CODE.iter().any(|end| it.ends_with(end));
        let file = jvm::jar(process.known()).or_else(|| process.known().find(is_code));
        let reason = match file {
            Some(file) => {
                let origin = own::origin(image, file).unwrap_or_default();
                format!("{from} runs {file} with {name}{origin}, and its source was not read")
            }
            None => format!("{from} runs {name}, and the source of what that runs was not read"),
        };
        return Some(Refusal::new("unread-source", reason));
    }
    let path = process.path.as_str();
    let is_known = programs::named(name).is_listed()
        || grammar_of(name).is_some()
        || ecosystems::is_runner(name);
    // A program of the project may have the name of a known one.
    if is_known && !own::is_own(image, path) {
        return None;
    }
    let builds = || image.mentions_run(&BUILDS).then(|| ", which a RUN builds".to_owned());
    let Some(origin) = own::origin(image, path).or_else(builds) else {
        let reason = format!("{from} runs {path}, and it is not known what that writes");
        return Some(Refusal::new("unknown-program", reason));
    };
    let reason = format!("{from} runs {path}{origin}, and its source was not read");
    Some(Refusal::new("unread-source", reason))
}
