//! A command line that a container is started with: the programs that it starts, and how it is written without a
//! package manager that only starts one.

use crate::{
    dockerfile::{
        Instruction,
        instruction::{Command, Healthcheck},
    },
    ecosystems,
    shell::{Invocation, Nested, Script},
    text::{Edit, Span},
};

/// How many shells inside each other are read.
const DEPTH: usize = 8;

/// A command line that a container is started with.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// All of it, as text; in exec form, the words with blanks between them.
    pub said: String,
    /// The programs that it starts, as written, wrappers left out: `/srv/run` of `tini -- /srv/run`.
    pub programs: Vec<String>,
    /// The files that it gives to shells.
    pub scripts: Vec<String>,
}

/// What to do to CMD or ENTRYPOINT so that a manager no longer starts its program.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Direct {
    /// The edits of the file.
    pub edits: Vec<Edit>,
    /// The programs that then start by themselves.
    pub programs: Vec<String>,
}

impl Line {
    /// The line of CMD, ENTRYPOINT, RUN or HEALTHCHECK; `None` for any other instruction.
    pub fn of(instruction: &Instruction) -> Option<Self> {
        Some(match command(instruction)? {
            Command::Exec(words) => {
                Self::of_words(words.iter().map(|it| it.text.clone()).collect())
            }
            Command::Shell(text) => Self::of_text(text),
        })
    }

    /// A line in exec form.
    pub fn of_words(words: Vec<String>) -> Self {
        let mut line = Self { said: words.join(" "), ..Self::default() };
        let words: Vec<Option<String>> = words.into_iter().map(Some).collect();
        if let Some(call) = ecosystems::invocation(&words) {
            line.starts(&call, DEPTH);
        }
        line
    }

    /// A line for a shell. If it cannot be read, only what it says is known.
    pub fn of_text(text: &str) -> Self {
        let mut line = Self { said: text.to_owned(), ..Self::default() };
        line.runs(text, DEPTH);
        line
    }

    /// Adds what comes after it.
    #[must_use]
    pub fn then(mut self, other: Self) -> Self {
        let gap = if self.said.is_empty() || other.said.is_empty() { "" } else { " " };
        self.said += gap;
        self.said += &other.said;
        self.programs.extend(other.programs);
        self.scripts.extend(other.scripts);
        self
    }

    fn starts(&mut self, call: &Invocation, depth: usize) {
        self.programs.push(call.path.clone());
        match &call.script {
            Some(Nested { text: Some(text), is_file: true, .. }) => self.scripts.push(text.clone()),
            Some(Nested { text: Some(text), is_file: false, .. }) => self.runs(text, depth),
            _ => {}
        }
    }

    fn runs(&mut self, text: &str, depth: usize) {
        let Ok(script) = Script::of_text(text) else { return };
        for command in script.commands() {
            let call = ecosystems::invocation_of(command, |it| it.value.clone());
            if let Some(call) = call.filter(|_| 0 < depth) {
                self.starts(&call, depth - 1);
            }
        }
    }
}

impl Direct {
    /// Takes the words of a manager out of an instruction wherever they only start another program; `None` if
    /// it gives the manager options, or cannot be read.
    pub fn of(instruction: &Instruction, manager: &str) -> Option<Self> {
        let logical = &instruction.logical;
        let mut cuts = Cuts { manager, spans: Vec::new(), programs: Vec::new() };
        match command(instruction)? {
            Command::Exec(words) => {
                let texts: Vec<_> = words.iter().map(|it| Some(it.text.clone())).collect();
                let call = ecosystems::invocation(&texts)?;
                let word = |at: usize| {
                    let word = words.get(at)?;
                    Some((word.range.clone(), logical.text.get(word.range.clone())?))
                };
                cuts.of_call(&call, &word, 0, DEPTH)?;
            }
            Command::Shell(text) => {
                // It is the end of the arguments, and all of them but for HEALTHCHECK.
                cuts.of_text(text, instruction.arguments.end - text.len(), DEPTH)?;
            }
        }
        let edit = |it| Edit::delete(logical.source_span(it));
        let Cuts { spans, programs, .. } = cuts;
        Some(Self { edits: spans.into_iter().map(edit).collect(), programs })
    }
}

/// The words of a manager that are taken out, by their place in the logical text.
struct Cuts<'m> {
    manager: &'m str,
    spans: Vec<Span>,
    programs: Vec<String>,
}

impl Cuts<'_> {
    /// `word` gives the place of a word and its text as written; places are counted from `base`.
    fn of_call<'t>(
        &mut self,
        call: &Invocation,
        word: &dyn Fn(usize) -> Option<(Span, &'t str)>,
        base: usize,
        depth: usize,
    ) -> Option<()> {
        if call.runner == Some(self.manager) {
            let own = call.runner_words.clone()?;
            let (first, _) = word(own.start)?;
            let (next, program) = word(own.end)?;
            self.spans.push(base + first.start..base + next.start);
            self.programs.push(program.trim_matches(['"', '\'']).to_owned());
        }
        let Some(Nested { text: Some(text), is_file: false, word: at }) = &call.script else {
            return Some(());
        };
        // A script with escapes of its own does not stand there as the shell reads it.
        let (span, raw) = word(*at)?;
        let inner = raw.get(1..raw.len().saturating_sub(1));
        match inner == Some(text.as_str()) && span.len() == raw.len() {
            true => self.of_text(text, base + span.start + 1, depth.checked_sub(1)?),
            false => Some(()),
        }
    }

    fn of_text(&mut self, text: &str, base: usize, depth: usize) -> Option<()> {
        let script = Script::of_text(text).ok()?;
        for command in script.commands() {
            let call = ecosystems::invocation_of(command, |it| it.value.clone());
            let word = |at: usize| {
                let word = command.words.get(at)?;
                Some((word.span.clone(), word.raw.as_str()))
            };
            if let Some(call) = call {
                self.of_call(&call, &word, base, depth)?;
            }
        }
        Some(())
    }
}

fn command(instruction: &Instruction) -> Option<Command<'_>> {
    match instruction.healthcheck() {
        Some(Healthcheck::Cmd(command)) => Some(command),
        Some(Healthcheck::None) => None,
        None => instruction.command(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{dockerfile::Dockerfile, text};

    fn first(text: &str) -> Dockerfile {
        Dockerfile::parse(text.to_owned())
    }

    #[test]
    fn programs_are_found_behind_wrappers_and_in_shells() {
        let rows = [
            (r#"CMD ["tini", "--", "/srv/run", "-x"]"#, "/srv/run", ""),
            (r#"ENTRYPOINT ["sh", "-c", "a && exec ./b"]"#, "sh a ./b", ""),
            ("CMD exec /srv/run \"$@\"", "/srv/run", ""),
            ("CMD bash -e start && cd x", "bash cd", "start"),
            ("HEALTHCHECK --timeout=1s CMD curl x || exit 1", "curl exit", ""),
            ("CMD echo 'unfinished", "", ""),
        ];
        for (text, programs, scripts) in rows {
            let file = first(text);
            let line = Line::of(file.instructions().next().unwrap().1).unwrap();
            assert_eq!(line.programs.join(" "), programs, "{text}");
            assert_eq!(line.scripts.join(" "), scripts, "{text}");
        }
        assert_eq!(Line::of(first("HEALTHCHECK NONE").instructions().next().unwrap().1), None);
        let both = Line::of_words(vec!["env".to_owned()]).then(Line::of_text("a"));
        assert_eq!((both.said.as_str(), both.programs.len()), ("env a", 2));
    }

    #[test]
    fn a_manager_is_taken_away_where_it_only_starts() {
        let rows = [
            ("CMD poetry run a && \\\n    poetry  run b\n", Some("CMD a && \\\n    b\n")),
            ("CMD  [ \"poetry\",\"run\", \"a\" ]\n", Some("CMD  [ \"a\" ]\n")),
            ("CMD [\"tini\", \"poetry\", \"run\", \"a\"]\n", Some("CMD [\"tini\", \"a\"]\n")),
            (
                "CMD [\"sh\", \"-c\", \"x; poetry run a\"]\n",
                Some("CMD [\"sh\", \"-c\", \"x; a\"]\n"),
            ),
            ("CMD sh -c 'poetry run a'\n", Some("CMD sh -c 'a'\n")),
            ("CMD /opt/bin/poetry run \\\n  a  \n", Some("CMD a  \n")),
            ("CMD exec python -m poetry run a\n", Some("CMD exec a\n")),
            ("CMD poetry version\n", Some("CMD poetry version\n")),
            ("CMD sh -c \"poetry run \\\"a\\\"\"\n", Some("CMD sh -c \"poetry run \\\"a\\\"\"\n")),
            ("CMD poetry -C x run a\n", None),
            ("CMD poetry run 'a\n", None),
            ("EXPOSE 1\n", None),
        ];
        for (text, expected) in rows {
            let file = first(text);
            let direct = Direct::of(file.instructions().next().unwrap().1, "poetry");
            let new = direct.map(|it| text::apply(&file.source, &it.edits));
            assert_eq!(new.as_deref(), expected, "{text}");
        }
    }
}
