//! The shell inside RUN: every simple command, where it stands in the file, and edits that keep the
//! instruction whole.
//!
//! [`Script::of`] reads a shell-form RUN, or a RUN whose here-document is its script. What it cannot
//! read it refuses ([`NotShell`]); it never guesses. Which shell SHELL names is the caller's to check:
//! the text is read as bash, of which POSIX shell is a part. Command substitutions are seen but not
//! entered, and here-documents inside a script are refused.
//!
//! Only `parse` names brush-parser.

mod branch;
mod check;
mod command;
mod edit;
mod flow;
mod invocation;
mod known;
mod layout;
mod parse;
#[cfg(test)]
mod tests;
pub mod token;
mod unedited;
mod word;

use std::sync::Arc;

pub use branch::{At, Step, Switch, one_line};
pub use edit::{Indentation, Operators};
pub use invocation::{
    Argument, Invocation, Letters, Nested, Options, Programs, Runner, is_posix_shell, is_shell,
    is_wrapper,
};
pub use unedited::{GroupRedirect, Unread};
pub use word::Word;

use crate::{
    dockerfile::{Dockerfile, Instruction, Item, Keyword, Kind, stage::State},
    text::{Each, Span, folder_and_name, has_name},
};

/// The script of a RUN.
#[derive(Clone, Debug)]
pub struct Script {
    source: Arc<str>,
    /// The lines of the file that hold the script: the whole instruction, or the here-document's body.
    region: Span,
    /// The lines of the instruction, its here-documents included.
    item: Span,
    /// The continuation character of the region.
    escape: char,
    /// True if the file's own escape character is the backtick.
    backtick: bool,
    /// True if the region is a here-document's body, where a line end ends a command.
    heredoc: bool,
    commands: Vec<Command>,
    pipelines: Vec<Pipeline>,
    /// True if a file or string is run in this shell, which may set any variable.
    sources: bool,
    /// The names that the script itself assigns.
    assigned: Vec<String>,
    group_redirects: Vec<GroupRedirect>,
}

/// Why an instruction has no script to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NotShell {
    /// It is not a RUN.
    NotRun,
    /// Its words go to the kernel, not to a shell.
    Exec,
    /// It mixes a command line and here-documents, or its script has here-documents of its own.
    Heredoc,
    /// Its here-document is for another interpreter.
    Interpreter,
    /// It is not shell as we read it: a template, PowerShell, an unfinished quote.
    Unparsable,
    /// There is nothing to run.
    Empty,
}

/// A simple command: assignments, words and redirections.
#[derive(Clone, Debug)]
pub struct Command {
    /// The assignments before the words: `A=1 B=2 command`.
    pub assignments: Vec<Assignment>,
    /// The name and the arguments; empty when there are only assignments or redirections.
    pub words: Vec<Word>,
    /// The redirections, wherever they stand in the command.
    pub redirects: Vec<Redirect>,
    /// The command in the file.
    pub span: Span,
    /// Its pipeline in the file, `!` and `time` included.
    pub pipeline: Span,
    /// Its position in its pipeline, counted from 0.
    pub position: usize,
    /// The number of commands in its pipeline.
    pub stages: usize,
    /// The operator between its pipeline and the previous one.
    pub joined: Joined,
    /// True if its pipeline runs in the background.
    pub background: bool,
    /// True if `!` inverts its pipeline's status.
    pub negated: bool,
    /// The compound commands around it, outermost first; empty at the top level.
    pub scope: Vec<Scope>,
    /// The directory that the `cd`s before it lead to.
    pub directory: Directory,
    always: bool,
    id: usize,
}

/// `name=value` before a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assignment {
    /// The variable; of an array element, with its index.
    pub name: String,
    /// The value after `=`.
    pub value: Word,
    /// True if it appends: `+=`.
    pub append: bool,
    /// All of it, in the file.
    pub span: Span,
}

/// A redirection.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Redirect {
    /// The file descriptor before the operator.
    pub descriptor: Option<u32>,
    /// The operator: `>`, `>>`, `<`, `&>`, `>&`, `<<<` and so on.
    pub operator: String,
    /// The target or source.
    pub target: Word,
    /// All of it, in the file.
    pub span: Span,
}

/// The operator between a pipeline and the previous one in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Joined {
    /// It is the first.
    First,
    /// `&&`
    And,
    /// `||`
    Or,
    /// `;` or a line end.
    Sequence,
    /// The previous pipeline ended with `&`.
    Background,
}

/// A compound command around a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Between `if` or `elif` and `then`.
    IfCondition,
    /// After `then` or `else`.
    IfBranch,
    /// The body of a `for`.
    For,
    /// Between `while` or `until` and `do`.
    WhileCondition,
    /// The body of a `while` or `until`.
    While,
    /// A branch of a `case`.
    Case,
    /// `( … )`
    Subshell,
    /// `{ …; }`
    Group,
    /// The body of a function.
    Function,
    /// `coproc`
    Coprocess,
}

/// The directory that the `cd`s before a command lead to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Directory {
    /// The targets of the `cd`s in force, in order; empty is where the script starts.
    ///
    /// They may hold variables (see [`Script::resolve`]); each `cd` is assumed to succeed.
    Into(Vec<Word>),
    /// It depends on what cannot be read here: a condition, `cd -`, a substitution.
    Unknown,
}

/// A pipeline and the operators beside it.
#[derive(Clone, Debug)]
struct Pipeline {
    span: Span,
    joined: Joined,
    background: bool,
    negated: bool,
    /// Each stage: the simple command it is, or `None` for a compound command.
    stages: Vec<Option<usize>>,
    top: bool,
    before: Option<Operator>,
    after: Option<Operator>,
    /// The start of the next pipeline in the list.
    next: Option<usize>,
}

/// An operator between pipelines, in the file.
#[derive(Clone, Debug)]
struct Operator {
    kind: OperatorKind,
    span: Span,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OperatorKind {
    And,
    Or,
    Semicolon,
    Newline,
    Ampersand,
}

/// The scripts of a Dockerfile's RUNs that were read, by the index of their items.
type Scripts = Each<Result<Arc<Script>, NotShell>>;

impl Script {
    /// The script of the RUN at an item, read on first use; see [`Script::of`].
    ///
    /// # Errors
    /// An instruction without a script, or with one that we do not read.
    pub fn at(dockerfile: &Dockerfile, item: usize) -> Result<Arc<Self>, NotShell> {
        let Some(Item { kind: Kind::Instruction(it), .. }) = dockerfile.items.get(item) else {
            return Err(NotShell::NotRun);
        };
        let scripts: &Scripts = dockerfile.memo.get(Each::default);
        scripts.get(item, || Self::of(dockerfile, it)).clone()
    }

    /// Reads the script of a RUN of this file; for `ONBUILD RUN …`, of its trigger.
    ///
    /// # Errors
    /// An instruction without a script, or with one that we do not read.
    pub fn of(dockerfile: &Dockerfile, instruction: &Instruction) -> Result<Arc<Self>, NotShell> {
        if instruction.keyword != Keyword::Run {
            return Err(NotShell::NotRun);
        }
        if instruction.json().is_some() {
            return Err(NotShell::Exec);
        }
        known::script(dockerfile, instruction)
    }

    /// Reads the script of a RUN, which depends on the text of its lines and the escape character alone.
    fn read(
        dockerfile: &Dockerfile,
        instruction: &Instruction,
        item: Span,
    ) -> Result<Self, NotShell> {
        let source = &dockerfile.source;
        let (parsed, region, escape) = match instruction.heredocs.as_slice() {
            [] => {
                let start = instruction.arguments.start;
                let file =
                    |it: Span| instruction.logical.source_span(start + it.start..start + it.end);
                let parsed = parse::parse(instruction.text(), &file, false)?;
                (parsed, item.clone(), dockerfile.escape)
            }
            [heredoc] => {
                let body = heredoc.body.clone();
                let errexit = heredoc_script(instruction, &source[body.clone()])?;
                let file = |it: Span| body.start + it.start..body.start + it.end;
                let mut parsed = parse::parse(&source[body.clone()], &file, errexit)?;
                if heredoc.chomp {
                    parsed.forget_values_across_lines();
                }
                (parsed, body, '\\')
            }
            _ => return Err(NotShell::Heredoc),
        };
        let parse::Parsed { commands, pipelines, sources, assigned, group_redirects } = parsed;
        Ok(Self {
            source: source.clone(),
            region,
            item,
            escape,
            backtick: dockerfile.escape == '`',
            heredoc: !instruction.heredocs.is_empty(),
            commands,
            pipelines,
            sources,
            assigned,
            group_redirects,
        })
    }

    /// Reads a script that is in no RUN: a shell file, or a line that is given to a shell.
    ///
    /// # Errors
    /// A text that is not shell, or that we do not read.
    pub fn of_text(text: &str) -> Result<Self, NotShell> {
        let errexit = shebang(text)?;
        let parsed = parse::parse(text, &|it| it, errexit)?;
        let parse::Parsed { commands, pipelines, sources, assigned, group_redirects } = parsed;
        let region = 0..text.len();
        Ok(Self {
            source: text.into(),
            item: region.clone(),
            region,
            escape: '\\',
            backtick: false,
            heredoc: true,
            commands,
            pipelines,
            sources,
            assigned,
            group_redirects,
        })
    }

    /// Returns true if any of these occurs in the text of a RUN: a cheap check before [`Script::of`]. A name of two
    /// letters counts as a word only.
    pub fn mentions(dockerfile: &Dockerfile, instruction: &Instruction, any: &[&str]) -> bool {
        let within = |text: &str| any.iter().any(|it| has_name(text, it));
        instruction.keyword == Keyword::Run
            && (within(&instruction.logical.text)
                || instruction
                    .heredocs
                    .iter()
                    .any(|it| within(&dockerfile.source[it.body.clone()])))
    }

    /// Every simple command, in the order of the source and at any depth.
    pub fn commands(&self) -> &[Command] {
        &self.commands
    }

    /// Returns true if the script is the body of a here-document.
    pub fn is_heredoc(&self) -> bool {
        self.heredoc
    }

    /// Returns true if the script itself sets this variable, or may: it sources a file.
    pub fn assigns(&self, name: &str) -> bool {
        self.sources || self.assigned.iter().any(|it| it == name)
    }

    /// [`Word::resolve`], for which variables that the script assigns have no known value.
    pub fn resolve(&self, word: &Word, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if word.variables().iter().any(|it| self.assigns(it)) {
            return None;
        }
        word.resolve(lookup)
    }
}

/// Returns true if RUN lines go to a POSIX shell: the default one, or a SHELL that is one.
pub fn is_posix(state: &State) -> bool {
    let words: Vec<_> = state.shell.iter().flatten().cloned().map(Some).collect();
    let none = Programs { runner: |_| None, versioned: &[], letters: |_| Letters::NONE };
    words.is_empty()
        || Invocation::read(&words, &none).is_some_and(|it| is_posix_shell(&it.program))
}

/// Whether the here-document is all that the instruction runs, and by a shell; whether under `set -e`.
fn heredoc_script(instruction: &Instruction, body: &str) -> Result<bool, NotShell> {
    let text = instruction.text();
    let word = text.trim_start_matches(|it: char| it.is_ascii_digit());
    let delimiter = word.trim_start_matches('<').trim_start_matches('-');
    let bare = delimiter.replace(['"', '\'', '\\'], "");
    let name = instruction.heredocs.first().map(|it| it.name.as_str());
    if text.split_whitespace().count() != 1 || Some(bare.as_str()) != name {
        return Err(NotShell::Heredoc);
    }
    // The shell would see the carriage returns.
    if body.contains('\r') {
        return Err(NotShell::Unparsable);
    }
    shebang(body)
}

/// A program without its folder.
fn named(path: &str) -> &str {
    folder_and_name(path).1
}

/// Reads a script's `#!` line: true if it asks for `set -e`.
fn shebang(text: &str) -> Result<bool, NotShell> {
    let Some(line) = text.strip_prefix("#!").and_then(|it| it.lines().next()) else {
        return Ok(false);
    };
    // `#!/sbin/tini /bin/sh`
    let before = |it: &&str| *it == "-S" || is_wrapper(named(it));
    let mut words = line.split_whitespace().skip_while(before);
    match words.next().map_or("", named) {
        it if is_posix_shell(it) => {
            Ok(words.any(|it| it.starts_with('-') && !it.starts_with("--") && it.contains('e')))
        }
        _ => Err(NotShell::Interpreter),
    }
}
