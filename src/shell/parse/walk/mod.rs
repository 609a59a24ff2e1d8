//! The walk over brush-parser's tree beside its tokens.
//!
//! Each function takes the tokens of its node; `None` means that tree and tokens disagree.

mod compound;
mod simple;

use brush_parser::ast;

use super::{Parsed, Tok};
use crate::{
    shell::{
        Assignment, Command, Directory, GroupRedirect, Joined, Operator, OperatorKind, Pipeline,
        Redirect, Scope, Word, flow,
    },
    text::Span,
};

pub(super) struct Walk<'a> {
    text: &'a str,
    file: &'a dyn Fn(Span) -> Span,
    tokens: Vec<Tok>,
    at: usize,
    scope: Vec<Scope>,
    directory: Directory,
    commands: Vec<Command>,
    pipelines: Vec<Pipeline>,
    /// The and-or lists at the top level: the pipelines of each.
    lists: Vec<Vec<usize>>,
    /// The variables of `for` loops.
    variables: Vec<String>,
    /// The redirections of compound commands.
    group_redirects: Vec<GroupRedirect>,
}

/// The part of a list that was read so far.
#[derive(Default)]
struct Seen {
    /// The pipeline before, and the operator after it.
    last: Option<(usize, Operator)>,
}

impl<'a> Walk<'a> {
    pub(super) fn new(text: &'a str, file: &'a dyn Fn(Span) -> Span, tokens: Vec<Tok>) -> Self {
        Self {
            text,
            file,
            tokens,
            at: 0,
            scope: Vec::new(),
            directory: Directory::Into(Vec::new()),
            commands: Vec::new(),
            pipelines: Vec::new(),
            lists: Vec::new(),
            variables: Vec::new(),
            group_redirects: Vec::new(),
        }
    }

    pub(super) fn program(&mut self, program: &ast::Program) -> Option<()> {
        let mut seen = Seen::default();
        for list in &program.complete_commands {
            self.items(list, &mut seen)?;
        }
        self.newlines();
        (self.at == self.tokens.len()).then_some(())
    }

    pub(super) fn finish(self, errexit: bool) -> Parsed {
        let Self { mut commands, mut pipelines, lists, variables, group_redirects, .. } = self;
        // Scripts are kept, and most of them have a command or two.
        commands.shrink_to_fit();
        pipelines.shrink_to_fit();
        flow::mark(&mut commands, &pipelines, &lists, errexit);
        let (sources, mut assigned) = flow::assigned(&commands);
        assigned.extend(variables);
        Parsed { commands, pipelines, sources, assigned, group_redirects }
    }

    fn list(&mut self, list: &ast::CompoundList) -> Option<()> {
        self.items(list, &mut Seen::default())
    }

    fn items(&mut self, list: &ast::CompoundList, seen: &mut Seen) -> Option<()> {
        for ast::CompoundListItem(and_or, separator) in &list.0 {
            let newline = self.newlines();
            if let (Some(newline), Some((_, operator))) = (newline, &mut seen.last) {
                // A line end after `;` or `&` says nothing more.
                if operator.span.is_empty() {
                    *operator = Operator { kind: OperatorKind::Newline, span: newline };
                }
            }
            let background = matches!(separator, ast::SeparatorOperator::Async);
            let id = self.and_or(and_or, background, seen)?;
            let end = self.previous()?.end;
            let operator = match self.peek() {
                Some(";") => self.operator(OperatorKind::Semicolon)?,
                Some("&") => self.operator(OperatorKind::Ampersand)?,
                _ => {
                    let at = (self.file)(end - 1..end).end;
                    Operator { kind: OperatorKind::Newline, span: at..at }
                }
            };
            if operator.kind != OperatorKind::Newline {
                self.pipelines[id].after = Some(operator.clone());
            }
            seen.last = Some((id, operator));
        }
        Some(())
    }

    /// Takes an and-or list; its last pipeline.
    fn and_or(
        &mut self,
        list: &ast::AndOrList,
        background: bool,
        seen: &mut Seen,
    ) -> Option<usize> {
        let start = self.directory.clone();
        let mut ids = Vec::new();
        let before = seen.last.take();
        let joined = match &before {
            None => Joined::First,
            Some((_, it)) if it.kind == OperatorKind::Ampersand => Joined::Background,
            Some(_) => Joined::Sequence,
        };
        let mut id = self.pipeline(&list.first, joined, background, before)?;
        ids.push(id);
        let after_first = self.directory.clone();
        for next in &list.additional {
            let (kind, joined, pipeline) = match next {
                ast::AndOr::And(it) => (OperatorKind::And, Joined::And, it),
                ast::AndOr::Or(it) => (OperatorKind::Or, Joined::Or, it),
            };
            let operator = self.operator(kind)?;
            self.newlines();
            let saved = self.directory.clone();
            if joined == Joined::Or && saved != start {
                self.directory = Directory::Unknown;
            }
            let before = Some((id, operator));
            let entered = self.directory.clone();
            id = self.pipeline(pipeline, joined, background, before)?;
            ids.push(id);
            if joined == Joined::Or {
                // After `cd somewhere || exit 1`, the cd has worked.
                let exits = match self.pipelines[id].stages.as_slice() {
                    [Some(command)] => flow::leaves(&self.commands[*command]),
                    _ => false,
                };
                let same = exits || (saved == start && self.directory == entered);
                self.directory = if same { saved } else { Directory::Unknown };
            }
        }
        // A cd further back in the list may not have been reached.
        if background {
            self.directory = start;
        } else if self.directory != after_first {
            self.directory = Directory::Unknown;
        }
        if self.scope.is_empty() {
            self.lists.push(ids);
        }
        Some(id)
    }

    fn pipeline(
        &mut self,
        pipeline: &ast::Pipeline,
        joined: Joined,
        background: bool,
        before: Option<(usize, Operator)>,
    ) -> Option<usize> {
        let first = self.at;
        let start = self.tokens.get(first)?.start;
        if pipeline.timed.is_some() {
            self.word("time")?;
            if matches!(pipeline.timed, Some(ast::PipelineTimed::TimedWithPosixOutput(_))) {
                self.word("-p")?;
            }
        }
        let bang = self.at;
        while self.peek() == Some("!") {
            self.at += 1;
        }
        let negated = (self.at - bang) % 2 == 1;
        let id = self.pipelines.len();
        let before_operator = before.map(|(previous, operator)| {
            let next = (self.file)(start..start + 1).start;
            self.pipelines[previous].after = Some(operator.clone());
            self.pipelines[previous].next = Some(next);
            operator
        });
        self.pipelines.push(Pipeline {
            span: 0..0,
            joined,
            background,
            negated,
            stages: Vec::new(),
            top: self.scope.is_empty(),
            before: before_operator,
            after: None,
            next: None,
        });
        let directory = self.directory.clone();
        let from = self.commands.len();
        let mut stages = Vec::with_capacity(pipeline.seq.len());
        for (position, command) in pipeline.seq.iter().enumerate() {
            if position > 0 {
                matches!(self.peek()?, "|" | "|&").then(|| self.at += 1)?;
                self.newlines();
                self.directory = directory.clone();
            }
            stages.push(self.command(command, id)?);
        }
        // The commands of a longer pipeline run in shells of their own.
        if stages.len() > 1 {
            self.directory = directory;
        }
        let end = self.previous()?.end;
        let span = (self.file)(start..end);
        for (position, command) in stages.iter().enumerate() {
            let Some(command) = command.map(|it| &mut self.commands[it]) else { continue };
            command.position = position;
            command.stages = stages.len();
            command.joined = joined;
            command.background = background;
            command.negated = negated;
        }
        for command in self.commands[from..].iter_mut().filter(|it| it.id == id) {
            command.pipeline = span.clone();
        }
        let entry = &mut self.pipelines[id];
        entry.span = span;
        entry.stages = stages;
        Some(id)
    }

    /// Takes a command; its index when it is a simple one.
    #[allow(clippy::option_option, reason = "the outer is failure, as everywhere here")]
    fn command(&mut self, command: &ast::Command, id: usize) -> Option<Option<usize>> {
        match command {
            ast::Command::Simple(it) => {
                let command = self.simple(it, id)?;
                flow::change_directory(&command, &mut self.directory);
                self.commands.push(command);
                return Some(Some(self.commands.len() - 1));
            }
            ast::Command::Compound(it, redirects) => {
                let directory = self.directory.clone();
                self.compound(it)?;
                self.redirects(redirects.as_ref(), &directory)?;
            }
            ast::Command::Function(it) => {
                if self.peek() == Some("function") {
                    self.at += 1;
                }
                self.word(&it.fname.value)?;
                if self.peek() == Some("(") {
                    self.take("(")?;
                    self.take(")")?;
                }
                self.newlines();
                let from = self.commands.len();
                self.within(Scope::Function, |walk| walk.compound(&it.body.0))?;
                // The place of the call is not followed.
                self.redirects(it.body.1.as_ref(), &Directory::Unknown)?;
                for command in &mut self.commands[from..] {
                    command.directory = Directory::Unknown;
                }
                if self.commands[from..].iter().any(flow::may_change_directory) {
                    self.directory = Directory::Unknown;
                }
            }
            ast::Command::ExtendedTest(it, redirects) => {
                self.skip_to(it.loc.end.index)?;
                let directory = self.directory.clone();
                self.redirects(redirects.as_ref(), &directory)?;
            }
        }
        Some(None)
    }
}
