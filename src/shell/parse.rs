//! From text to commands: brush-parser's tree, walked beside its tokens.
//!
//! The tree knows the structure but not where operators and redirections stand; the tokens know all
//! positions. Walking both at once gives both, and any disagreement between them is a refusal.

mod walk;

use std::{
    panic::{AssertUnwindSafe, catch_unwind},
    sync::Arc,
};

use brush_parser::{ParserOptions, Token, ast};
use walk::Walk;

use super::{Command, NotShell, Pipeline, Script, Word};
use crate::text::Span;

/// How deep compound commands may nest: the parser behind recurses, and real scripts do not go deep.
const MAX_DEPTH: usize = 32;

/// What was read of a script, before it knows its file.
pub(super) struct Parsed {
    commands: Vec<Command>,
    pipelines: Vec<Pipeline>,
    sources: bool,
    assigned: Vec<String>,
}

impl Parsed {
    pub(super) fn script(self, source: Arc<str>, region: Span, escape: char) -> Script {
        let Self { commands, pipelines, sources, assigned } = self;
        Script { source, region, escape, heredoc: false, commands, pipelines, sources, assigned }
    }

    /// The builder takes leading tabs off a `<<-` body, so words with line ends in them differ.
    pub(super) fn forget_values_across_lines(&mut self) {
        for command in &mut self.commands {
            let assigned = command.assignments.iter_mut().map(|it| &mut it.value);
            let targets = command.redirects.iter_mut().map(|it| &mut it.target);
            command
                .words
                .iter_mut()
                .chain(assigned)
                .chain(targets)
                .for_each(Word::forget_across_lines);
        }
    }
}

/// Reads a script; `file` maps a range of `text` to bytes of the file.
pub(super) fn parse(
    text: &str,
    file: &dyn Fn(Span) -> Span,
    errexit: bool,
) -> Result<Parsed, NotShell> {
    if text.trim().is_empty() {
        return Err(NotShell::Empty);
    }
    if text.matches("$(").count() + text.matches("${").count() > 1000 {
        return Err(NotShell::Unparsable);
    }
    // The parser behind should not panic, and a command that edits files must not because it does.
    let program = catch_unwind(AssertUnwindSafe(|| program(text)))
        .map_err(|_| NotShell::Unparsable)
        .and_then(|it| it)?;
    let (tokens, program) = program;
    if program.complete_commands.is_empty() {
        return Err(NotShell::Empty);
    }
    let mut walk = Walk::new(text, file, tokens);
    walk.program(&program).ok_or(NotShell::Unparsable)?;
    Ok(walk.finish(errexit))
}

fn program(text: &str) -> Result<(Vec<Tok>, ast::Program), NotShell> {
    let options = ParserOptions::default();
    let tokens = brush_parser::uncached_tokenize_str(text, &options.tokenizer_options())
        .map_err(|_| NotShell::Unparsable)?;
    let toks = positions(text, &tokens).ok_or(NotShell::Unparsable)?;
    let is_heredoc = |it: &Tok| !it.word && matches!(it.text.as_str(), "<<" | "<<-");
    if toks.iter().any(is_heredoc) {
        return Err(NotShell::Heredoc);
    }
    // A descriptor too large for a number is more than the parser behind expects.
    let is_huge = |it: &Tok| it.text.len() > 9 && it.text.bytes().all(|it| it.is_ascii_digit());
    if depth(&toks) > MAX_DEPTH || toks.iter().any(is_huge) {
        return Err(NotShell::Unparsable);
    }
    let program =
        brush_parser::parse_tokens(&tokens, &options).map_err(|_| NotShell::Unparsable)?;
    Ok((toks, program))
}

/// A token with its place in the text, in bytes.
struct Tok {
    text: String,
    word: bool,
    start: usize,
    end: usize,
    /// Its end in characters, as the tree counts.
    end_character: usize,
}

/// The tokens with their places; `None` when a place does not hold what it should.
fn positions(text: &str, tokens: &[Token]) -> Option<Vec<Tok>> {
    // brush counts in characters; edits are in bytes.
    let bytes: Vec<usize> = text.char_indices().map(|(at, _)| at).chain([text.len()]).collect();
    let tok = |token: &Token| {
        let (value, location) = match token {
            Token::Word(value, location) | Token::Operator(value, location) => (value, location),
        };
        let (mut start, end) = (*bytes.get(location.start.index)?, *bytes.get(location.end.index)?);
        // A continuation before a token is no part of it.
        while let Some(rest) = text.get(start..end)?.strip_prefix("\\\n") {
            start = end - rest.len();
        }
        let slice = text.get(start..end)?;
        (slice == value || slice.replace("\\\n", "") == *value).then(|| Tok {
            text: value.clone(),
            word: matches!(token, Token::Word(..)),
            start,
            end,
            end_character: location.end.index,
        })
    };
    tokens.iter().map(tok).collect()
}

fn depth(tokens: &[Tok]) -> usize {
    let (mut depth, mut most) = (0_usize, 0);
    for token in tokens {
        match token.text.as_str() {
            "(" | "{" | "if" | "do" | "case" => depth += 1,
            ")" | "}" | "fi" | "done" | "esac" => depth = depth.saturating_sub(1),
            _ => {}
        }
        most = most.max(depth);
    }
    most
}
