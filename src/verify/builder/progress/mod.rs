//! Reads the output of a builder while it works: steps, bytes sent, and errors.

mod plain;
mod rawjson;
mod stepped;

use std::{
    collections::{BTreeMap, VecDeque},
    io::{self, Write},
};

use super::Step;

/// The number of lines of a failed step's output to show.
const SHOWN: usize = 12;
/// The most characters of a line in a message.
const WIDTH: usize = 300;
/// The number of lines outside of steps to keep.
const SAID: usize = 40;

/// The output format of a builder.
#[derive(Debug)]
pub(super) enum Dialect {
    /// BuildKit's `--progress=plain`.
    Plain,
    /// BuildKit's `--progress=rawjson`.
    RawJson(rawjson::Objects),
    /// The format of buildah and podman.
    Stepped(stepped::Stages),
}

impl Dialect {
    /// BuildKit's `--progress=rawjson`.
    pub(super) fn rawjson() -> Self {
        Self::RawJson(rawjson::Objects::default())
    }

    /// The format of buildah and podman.
    pub(super) fn stepped() -> Self {
        Self::Stepped(stepped::Stages::default())
    }
}

/// The output of a build so far.
#[derive(Debug, Default)]
pub(super) struct Progress {
    vertexes: Vec<Vertex>,
    /// The last lines that belong to no vertex.
    said: VecDeque<String>,
    /// The running step, until it is asked for.
    now: Option<String>,
}

/// One thing that a builder does: an instruction, a transfer, an export. BuildKit's word.
#[derive(Debug, Default)]
struct Vertex {
    /// The builder's name for it in its output.
    key: String,
    name: String,
    /// True once it has started: a builder may announce steps that it never runs.
    started: bool,
    cached: bool,
    seconds: f64,
    error: Option<String>,
    /// The last lines of its output.
    tail: VecDeque<String>,
    /// The line of its output that is not complete.
    open: String,
    /// By transfer, the most bytes that were said to be sent.
    sent: BTreeMap<String, u64>,
}

impl Progress {
    /// Takes a line in, and logs what it says. `seconds` have passed since the build began.
    pub(super) fn line(
        &mut self,
        dialect: &mut Dialect,
        line: &str,
        seconds: f64,
        log: &mut dyn Write,
    ) -> io::Result<()> {
        match dialect {
            Dialect::Plain => plain::line(self, line),
            Dialect::Stepped(stages) => stages.line(self, line, seconds),
            Dialect::RawJson(objects) => return objects.line(self, line, log),
        }
        writeln!(log, "{line}")
    }

    /// The steps that began since the last call.
    pub(super) fn now(&mut self) -> Option<String> {
        self.now.take()
    }

    /// The instructions that were its turn, in the order in which they began.
    pub(super) fn steps(&self) -> Vec<Step> {
        let steps = self.vertexes.iter().filter(|it| it.started && it.is_instruction());
        let step =
            |it: &Vertex| Step { name: it.name.clone(), cached: it.cached, seconds: it.seconds };
        steps.map(step).collect()
    }

    /// The bytes that were sent to the builder, if it was sent any context.
    pub(super) fn context_bytes(&self) -> Option<u64> {
        let contexts: Vec<_> =
            self.vertexes.iter().filter(|it| it.started && it.is_context()).collect();
        let sent = contexts.iter().flat_map(|it| it.sent.values()).sum();
        (!contexts.is_empty()).then_some(sent)
    }

    /// The reason why the build failed, in a few lines.
    pub(super) fn failure(&self) -> Option<String> {
        let failed =
            self.vertexes.iter().find(|it| it.error.as_ref().is_some_and(|it| !is_canceled(it)));
        if let Some(vertex) = failed {
            let open = Some(&vertex.open).filter(|it| !it.is_empty());
            let output: Vec<_> = vertex.tail.iter().chain(open).collect();
            let output = &output[output.len().saturating_sub(SHOWN)..];
            let mut lines = vec![shortened(&vertex.name)];
            lines.extend(output.iter().map(|it| shortened(it)));
            lines.extend(vertex.error.as_deref().map(|it| shortened(reason(it))));
            return Some(lines.join("\n"));
        }
        let is_error = |it: &&String| {
            let start = it.get(..6).unwrap_or_default().to_ascii_lowercase();
            start.starts_with("error:")
                || start.starts_with("error ")
                || it.contains("failed to solve")
        };
        if let Some(error) = self.said.iter().rev().find(is_error) {
            return Some(shortened(error));
        }
        let last = self.said.len().saturating_sub(5);
        let lines: Vec<_> = self.said.iter().skip(last).map(|it| shortened(it)).collect();
        (!lines.is_empty()).then(|| lines.join("\n"))
    }

    fn find(&mut self, key: &str) -> Option<&mut Vertex> {
        self.vertexes.iter_mut().rev().find(|it| it.key == key)
    }

    /// The vertex with this key; a new one has this name.
    fn vertex(&mut self, key: &str, name: &str) -> &mut Vertex {
        let known = self.vertexes.iter().rposition(|it| it.key == key);
        let index = known.unwrap_or_else(|| {
            let (key, name) = (key.to_owned(), clean(name));
            self.vertexes.push(Vertex { key, name, ..Vertex::default() });
            self.vertexes.len() - 1
        });
        &mut self.vertexes[index]
    }

    /// It is this one's turn. Steps are in the order in which they begin.
    fn start(&mut self, key: &str) {
        let Some(index) = self.vertexes.iter().rposition(|it| it.key == key) else { return };
        if self.vertexes[index].started {
            return;
        }
        let mut vertex = self.vertexes.remove(index);
        vertex.started = true;
        if !vertex.name.starts_with("[internal]") && !vertex.name.starts_with("[auth]") {
            self.now = Some(vertex.name.clone());
        }
        self.vertexes.push(vertex);
    }

    fn say(&mut self, line: &str) {
        let line = clean(line);
        if line.is_empty() {
            return;
        }
        if self.said.len() == SAID {
            self.said.pop_front();
        }
        self.said.push_back(line);
    }
}

impl Vertex {
    /// `[builder 2/3] RUN …`, `[2/3] COPY …`: numbered, and not where the stage begins.
    fn is_instruction(&self) -> bool {
        let Some((place, instruction)) =
            self.name.strip_prefix('[').and_then(|it| it.split_once("] "))
        else {
            return false;
        };
        let number = place.rsplit(' ').next().unwrap_or_default();
        let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
        let numbered = number.split_once('/').is_some_and(|(at, of)| digits(at) && digits(of));
        let keyword = instruction.split(' ').next().unwrap_or_default();
        numbered && !keyword.eq_ignore_ascii_case("FROM")
    }

    /// The step that sends a context: the main one, or one with a name.
    fn is_context(&self) -> bool {
        self.name == "[internal] load build context"
            || self.name.starts_with("[context ") && self.name.ends_with("load from client")
    }

    /// Output, in pieces that need not be lines.
    fn output(&mut self, text: &str) {
        for part in text.split_inclusive('\n') {
            self.open.push_str(part);
            if part.ends_with('\n') {
                let line = clean(&std::mem::take(&mut self.open));
                // Lines that say nothing are not worth their place.
                if !line.is_empty() {
                    if self.tail.len() == SHOWN {
                        self.tail.pop_front();
                    }
                    self.tail.push_back(line);
                }
            }
        }
        // A bar that is drawn over and over again has no end of line.
        if let Some(at) = self.open.rfind('\r').filter(|at| at + 1 < self.open.len()) {
            self.open.drain(..=at);
        }
    }

    fn sent(&mut self, what: &str, bytes: u64) {
        let most = self.sent.entry(what.to_owned()).or_default();
        *most = bytes.max(*most);
    }
}

/// Returns true if a step ended because another one failed.
fn is_canceled(error: &str) -> bool {
    error.ends_with("context canceled")
}

/// An error without the command that is in the step's name already.
fn reason(error: &str) -> &str {
    let told = ["executor failed running [", "process \""].iter().any(|it| error.starts_with(it));
    let code = error.rfind("exit code: ").filter(|_| told);
    code.map_or(error, |at| &error[at..])
}

/// A line as it looks on a terminal: no colours, and what was drawn over is gone.
fn clean(line: &str) -> String {
    let line = line.trim_end();
    let line = line.rsplit('\r').next().unwrap_or(line);
    let mut cleaned = String::with_capacity(line.len());
    let mut characters = line.chars().peekable();
    while let Some(character) = characters.next() {
        if character == '\u{1b}' {
            if characters.next_if_eq(&'[').is_some() {
                // Parameters, up to the letter that says what it is.
                while characters.next().is_some_and(|it| !('\u{40}'..='\u{7e}').contains(&it)) {}
            }
        } else if character == '\t' || !character.is_control() {
            cleaned.push(character);
        }
    }
    cleaned
}

fn shortened(line: &str) -> String {
    match line.char_indices().nth(WIDTH) {
        Some((end, _)) => format!("{}…", &line[..end]),
        None => line.to_owned(),
    }
}

#[cfg(test)]
mod tests;
