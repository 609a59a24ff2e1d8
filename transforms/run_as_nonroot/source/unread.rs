//! Programs whose source is not read, so that nobody knows what they write: those of the project that are compiled,
//! or in a language without a reader, and those that others made.

use super::{Image, Placed, Process, Role, entries};
use crate::{
    dockerfile::stage::Stage,
    ecosystems::{
        self, grammar_of,
        programs::{self, BUILDS, Trait},
    },
    text::{ImagePath, Refusal},
};

/// Endings of the files that interpreters and runtimes are given.
const CODE: [&str; 11] =
    [".beam", ".dll", ".exe", ".exs", ".jar", ".lua", ".php", ".pl", ".psgi", ".rb", ".war"];

/// Why it is not known what a process writes, of which no source was found; `None` if its program is in a table and
/// does not host source of the project.
pub(super) fn check(image: &Image<'_>, process: &Process) -> Option<Refusal> {
    if process.role == Role::Condition {
        return None;
    }
    let (from, name) = (&process.from, process.program.as_str());
    let program = programs::named(name);
    if entries::hosted(process).is_some() {
        // Of a server, the first word may be the value of an option.
        let file = Some(process.first()).filter(|_| program.is(Trait::Interpreter));
        let line = [name, file.unwrap_or_default()].join(" ");
        let line = line.trim_end();
        let reason = format!("{from} runs {line}, and the source of what that runs was not found");
        // A step before the program: `flask db upgrade`.
        let is_step = process.role == Role::Step && !program.is(Trait::Interpreter);
        return (!is_step && !entries::is_inline(process))
            .then(|| Refusal::new("unread-source", reason));
    }
    if process.path.is_empty() {
        return None;
    }
    if program.is(Trait::Unread) {
        let file = process.known().find(|it| CODE.iter().any(|end| it.ends_with(end)));
        let reason = match file {
            Some(file) => {
                let origin = origin(image, file).unwrap_or_default();
                format!("{from} runs {file} with {name}{origin}, and its source was not read")
            }
            None => format!("{from} runs {name}, and the source of what that runs was not read"),
        };
        return Some(Refusal::new("unread-source", reason));
    }
    let path = process.path.as_str();
    let is_known = program.is_listed() || grammar_of(name).is_some() || ecosystems::is_runner(name);
    // A program of the project may have the name of a known one.
    if is_known && !is_own(image, path) {
        return None;
    }
    let builds = || image.mentions_run(&BUILDS).then(|| ", which a RUN builds".to_owned());
    let Some(origin) = origin(image, path).or_else(builds) else {
        let reason = format!("{from} runs {path}, and it is not known what that writes");
        return Some(Refusal::new("unknown-program", reason));
    };
    let reason = format!("{from} runs {path}{origin}, and its source was not read");
    Some(Refusal::new("unread-source", reason))
}

/// Whether a COPY brings a program as a file of its own, and not from a folder of programs, where packages put theirs.
fn is_own(image: &Image<'_>, path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let absolute = image.state().absolute(path).filter(|_| path.contains('/'));
    // A name alone is looked for in folders of programs.
    let is_there = |it: &ImagePath| match &absolute {
        Some(path) => it == path,
        None => it.parent().is_some_and(|it| it.file_name().ends_with("bin")),
    };
    image.instructions().any(|placed| {
        let Some(copy) = placed.instruction.copy() else { return false };
        let is_stage = copy.from.is_none_or(|it| stage(image, it).is_some());
        let is_meant = |it: &str| {
            let mut parts = it.rsplit('/');
            let is_named = parts.next() == Some(name);
            let folder = parts.next().unwrap_or_default();
            is_named && (!folder.trim_start_matches('.').ends_with("bin") || it.starts_with("/go/"))
        };
        let to = image.path_at(placed.item, &copy.destination.text);
        let lands = |it: ImagePath| is_there(&it) || is_there(&it.join(name));
        is_stage && copy.sources.iter().any(|it| is_meant(&it.text)) && to.is_some_and(lands)
    })
}

/// Where a program of the project comes from, as a part of a sentence; `None` if no COPY of the project brings it.
fn origin(image: &Image<'_>, path: &str) -> Option<String> {
    let absolute = image.state().absolute(path)?;
    if let Some(file) = image.provided(&absolute) {
        return Some(format!(", which is copied from {file}"));
    }
    let name = absolute.file_name();
    let is_named = |it: &str| it.rsplit('/').next() == Some(name);
    let copies: Vec<_> = image.instructions().collect();
    let from = |placed: &Placed<'_>, is_sure: bool| {
        let copy = placed.instruction.copy()?;
        let source = copy.sources.iter().find(|it| is_named(&it.text));
        // The destination of a folder is a folder.
        let is_file = copy.sources.iter().all(|it| !it.text.ends_with(['.', '/']));
        let is_meant = source.is_some() || (is_file && is_named(&copy.destination.text));
        let to = image.path_at(placed.item, &copy.destination.text);
        let is_inside = to.is_some_and(|it| !it.is_root() && absolute.is_within(&it));
        let Some(from) = copy.from else {
            let source = source.or(copy.sources.first()).filter(|_| is_meant);
            let said = source.map(|it| format!(", which is copied from {}", it.text));
            return said.or_else(|| is_inside.then(String::new));
        };
        let other = stage(image, from)?;
        let name = other.name.map_or_else(|| other.index.to_string(), str::to_owned);
        (is_meant || is_inside || !is_sure).then(|| format!(", which comes from the stage {name}"))
    };
    let find = |is_sure: bool| copies.iter().rev().find_map(|it| from(it, is_sure));
    // A name alone is looked for in folders of programs, one of which another COPY may fill.
    find(true).or_else(|| find(path.contains('/')))
}

/// The stage of this name or number.
fn stage<'i, 'a>(image: &'i Image<'a>, from: &str) -> Option<&'i Stage<'a>> {
    image.site.stages.iter().find(|it| {
        it.name.is_some_and(|name| name.eq_ignore_ascii_case(from)) || it.index.to_string() == from
    })
}
