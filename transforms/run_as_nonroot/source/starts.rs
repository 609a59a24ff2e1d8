//! The programs that source starts, and what they write.

use super::{
    Image, Process, changes, needs, processes, reach::Reached, resolve::Resolver, spot::Spot, told,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{
        code::{Kind, Start},
        images,
        programs::{Trait, paths},
    },
    text::Refusal,
};

/// What the programs of a command line write that source starts.
#[derive(Default)]
pub(super) struct Started {
    /// The files and folders, each with the program.
    pub writes: Vec<(Kind, String, String)>,
    /// The first program of which it is not known what it writes.
    pub unknown: Option<String>,
}

/// The words of a command line, as far as they are known.
pub(super) fn words(
    resolver: &Resolver<'_, '_>,
    file: usize,
    start: &Start,
) -> Vec<Option<String>> {
    if start.is_line {
        return start.texts();
    }
    let word = |it| match resolver.spots(file, it).as_slice() {
        [Spot::Text { text, is_open: false }] => Some(text.clone()),
        // Something in a folder that is known.
        [Spot::Text { text, is_open: true }] if text.contains('/') => Some(format!("{text}x")),
        [Spot::Number(number)] => Some(number.to_string()),
        [Spot::Temporary] => Some("/tmp/x".to_owned()),
        _ => None,
    };
    start.words.iter().map(word).collect()
}

/// The processes that a source file starts, as far as they can be known.
pub(super) fn processes(
    image: &Image<'_>,
    resolver: &Resolver<'_, '_>,
    number: usize,
    start: &Start,
    file: &Reached<'_>,
) -> Vec<Process> {
    let place = format!("{}:{}", file.path, start.line);
    let words = words(resolver, number, start);
    processes::started(image, &words, start.is_line, &place).unwrap_or_default()
}

/// What the programs write that the source starts at a place; `is_strict` if all of them have to be known.
///
/// # Errors
/// A decline's code and reason: a user other than root cannot run one of them.
pub(super) fn read(
    image: &Image<'_>,
    words: &[Option<String>],
    is_line: bool,
    is_strict: bool,
    place: &str,
) -> Result<Started, Refusal> {
    let mut started = Started::default();
    let Ok(found) = processes::started(image, words, is_line, place) else {
        started.unknown = Some("a program".to_owned());
        return Ok(started);
    };
    for process in &found {
        // A call of a program that is not there fails whoever runs it.
        if lacks_client(image, &process.program) {
            continue;
        }
        let names = paths::of(&process.program);
        // What it does to files is in the table, or it changes those that it is given.
        let quiet = Process { writes: Vec::new(), ..process.clone() };
        let changed = if names.is_empty() { changes::check(&quiet) } else { Ok(()) };
        if changed.is_err() && is_strict {
            started.lose(process.program.clone());
        }
        if process.has(&["collectstatic"]) {
            let reason =
                format!("{place} runs collectstatic, and where that writes was not followed");
            return Err(Refusal::new("writes-at-start", reason));
        }
        let changed = changed.err().filter(|_| !is_strict);
        for why in [needs::of(process).err(), changed].into_iter().flatten() {
            if ["needs-root", "writes-at-start"].contains(&why.code) {
                // When it does so is not known.
                let reason = why.reason.trim_end_matches(" when it starts");
                return Err(Refusal::new(why.code, reason));
            }
        }
        needs::repository(image, process)?;
        if is_strict && !process.facts().is_listed() {
            started.lose(process.program.clone());
        }
        started.add(image, process);
    }
    Ok(started)
}

/// Whether a program is Docker's client, and the image is known not to have it: its base is one that does not bring it, no
/// step names it, and no service mounts it or the socket.
fn lacks_client(image: &Image<'_>, program: &str) -> bool {
    let is_client = ["docker", "docker-compose"].contains(&program);
    let is_named = |it: &str| it.to_ascii_lowercase().contains("docker");
    let brings = |name: &str| {
        let base = images::named(name);
        !base.is_official() || base.brings(program) || is_named(name)
    };
    let in_steps = || {
        let mut steps = image.instructions().filter(|it| it.instruction.keyword != Keyword::From);
        steps.any(|it| is_named(image.site.dockerfile.text(it.item)))
    };
    let is_mounted = || {
        let mut volumes = image.services().flat_map(|it| &it.service.volumes);
        volumes.any(|it| is_named(&it.target))
    };
    is_client && image.base().is_some_and(|it| !brings(it)) && !in_steps() && !is_mounted()
}

impl Started {
    fn add(&mut self, image: &Image<'_>, process: &Process) {
        let program = process.facts();
        let name = || process.program.clone();
        let traces = match told::traces(image, process) {
            Ok(traces) => traces.into_iter().map(|it| it.written).collect(),
            Err(_) => {
                self.lose(name());
                Vec::new()
            }
        };
        for written in traces {
            let kind = if written.is_file { Kind::File } else { Kind::Folder };
            self.writes.push((kind, written.path, name()));
        }
        for target in &process.writes {
            match target {
                Some(path) => self.writes.push((Kind::File, path.clone(), name())),
                None => self.lose(name()),
            }
        }
        let has_lines = !paths::of(&process.program).is_empty();
        let is_tool = program.is(Trait::Tool) && !program.is(Trait::Builtin);
        let is_unknown = match has_lines {
            true => told::hides_last(process),
            false => is_tool || program.is(Trait::Unread) || needs::is_unknown(image, process),
        };
        if is_unknown {
            self.lose(name());
        }
    }

    fn lose(&mut self, program: String) {
        self.unknown.get_or_insert(program);
    }
}
