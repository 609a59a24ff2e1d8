//! The output of buildah and podman: `STEP 2/3: RUN …`, with `[1/2]` before it if there are several stages.

use super::{Progress, Vertex};

/// The stages of a build, and the step that is at work.
#[derive(Debug, Default)]
pub(in super::super) struct Stages {
    /// The name of the stage at hand, empty if it is the only one and has none.
    stage: String,
    /// The step at work, and when it began.
    current: Option<(String, f64)>,
}

/// `[1/2] STEP 2/3: RUN …`.
struct Head<'a> {
    /// The stage's number, from 1.
    stage: Option<usize>,
    number: &'a str,
    instruction: &'a str,
}

impl Stages {
    /// Takes one line in, `seconds` after the build began.
    pub(super) fn line(&mut self, progress: &mut Progress, line: &str, seconds: f64) {
        if let Some(head) = head(line) {
            self.end(progress, seconds);
            self.begin(progress, &head, seconds);
            return;
        }
        // The layer is written, and a message that may follow is not the step's output.
        if line.starts_with("COMMIT ") || line.contains("] COMMIT ") {
            self.end(progress, seconds);
            return;
        }
        let lower = line.get(..6).unwrap_or_default().to_ascii_lowercase();
        let is_error = lower.starts_with("error:") || lower.starts_with("error ");
        let current = self.current.as_ref().and_then(|(key, _)| progress.find(key));
        if let Some(vertex) = current {
            if line.starts_with("--> Using cache ") {
                vertex.cached = true;
            } else if is_error && line.contains("building at STEP \"") {
                vertex.error = Some(reason(line, &vertex.name));
            } else if !line.starts_with("--> ") && !line.starts_with("subprocess exited with ") {
                output(vertex, line);
            }
        }
        if is_error || self.current.is_none() {
            progress.say(line);
        }
    }

    fn begin(&mut self, progress: &mut Progress, head: &Head<'_>, seconds: f64) {
        let mut words = head.instruction.split_ascii_whitespace();
        if words.next().is_some_and(|it| it.eq_ignore_ascii_case("FROM")) {
            let named = words.skip_while(|it| !it.eq_ignore_ascii_case("AS")).nth(1);
            let numbered = || head.stage.map(|it| format!("stage-{}", it.saturating_sub(1)));
            self.stage = named.map(str::to_owned).or_else(numbered).unwrap_or_default();
            progress.now = Some(head.instruction.to_owned());
            return;
        }
        let space = if self.stage.is_empty() { "" } else { " " };
        let name = format!("[{}{space}{}] {}", self.stage, head.number, head.instruction);
        // A step is said once: no two have the same key.
        let key = progress.vertexes.len().to_string();
        progress.vertex(&key, &name);
        progress.start(&key);
        self.current = Some((key, seconds));
    }

    fn end(&mut self, progress: &mut Progress, seconds: f64) {
        if let Some((key, began)) = self.current.take()
            && let Some(vertex) = progress.find(&key)
        {
            vertex.seconds = seconds - began;
        }
    }
}

fn output(vertex: &mut Vertex, line: &str) {
    vertex.output(line);
    vertex.output("\n");
}

fn head(line: &str) -> Option<Head<'_>> {
    let (stage, rest) = match line.strip_prefix('[').and_then(|it| it.split_once("] ")) {
        Some((stage, rest)) => (Some(stage.split('/').next()?.parse().ok()?), rest),
        None => (None, line),
    };
    let (number, instruction) = rest.strip_prefix("STEP ")?.split_once(": ")?;
    let numbered = |it: &str| it.bytes().all(|it| it.is_ascii_digit() || it == b'/');
    // Old ones give no total; a step has one in its name.
    numbered(number).then_some(Head { stage, number, instruction })
}

/// `Error: building at STEP "RUN …": while running runtime: exit status 3` without the step.
fn reason(line: &str, name: &str) -> String {
    let instruction = name.split_once("] ").map_or(name, |it| it.1);
    let quoted = format!("\"{instruction}\": ");
    let at = line.find(&quoted).map(|it| it + quoted.len());
    let at = at.or_else(|| line.rfind("\": ").map(|it| it + 3));
    super::clean(at.map_or(line, |it| &line[it..]))
}
