//! From text to commands: brush-parser's tree, walked beside its tokens.
//!
//! The tree knows the structure but not where operators and redirections stand; the tokens know all
//! positions. Walking both at once gives both, and any disagreement between them is a refusal.

mod walk;

use brush_parser::{ParserOptions, Token, ast};
use memchr::memchr_iter;
use walk::Walk;

use super::{Command, GroupRedirect, NotShell, Pipeline, Word};
use crate::text::{Span, panics};

/// The depth to which compound commands may nest: brush-parser recurses, and real scripts are not deep.
const MAX_DEPTH: usize = 32;

/// A script as read, without its place in a file.
pub(super) struct Parsed {
    pub(super) commands: Vec<Command>,
    pub(super) pipelines: Vec<Pipeline>,
    pub(super) sources: bool,
    pub(super) assigned: Vec<String>,
    pub(super) group_redirects: Vec<GroupRedirect>,
}

impl Parsed {
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
    let expands = |it: &usize| matches!(text.as_bytes().get(it + 1), Some(b'(' | b'{'));
    if memchr_iter(b'$', text.as_bytes()).filter(expands).count() > 1000 {
        return Err(NotShell::Unparsable);
    }
    // brush-parser should not panic, and a command that edits files must not panic because it does.
    let program = panics::caught(|| program(text)).unwrap_or(Err(NotShell::Unparsable))?;
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
    let is_heredoc = |it: &Token| matches!(it, Token::Operator(it, _) if it == "<<" || it == "<<-");
    if tokens.iter().any(is_heredoc) {
        return Err(NotShell::Heredoc);
    }
    let toks = positions(text, &tokens).ok_or(NotShell::Unparsable)?;
    // A descriptor too large for a number is more than brush-parser expects.
    let is_huge = |it: &Tok| it.text.len() > 9 && it.text.bytes().all(|it| it.is_ascii_digit());
    if toks.iter().any(is_template) || depth(&toks) > MAX_DEPTH || toks.iter().any(is_huge) {
        return Err(NotShell::Unparsable);
    }
    let program =
        brush_parser::parse_tokens(&tokens, &options).map_err(|_| NotShell::Unparsable)?;
    Ok((toks, program))
}

/// The tokens of a script; `None` for what no shell would read.
pub(super) fn lex(text: &str) -> Option<Vec<Tok>> {
    let options = ParserOptions::default().tokenizer_options();
    let tokens = || brush_parser::uncached_tokenize_str(text, &options).ok();
    positions(text, &panics::caught(tokens).ok()??)
}

/// A token with its place in the text, in bytes.
pub(super) struct Tok {
    pub(super) text: String,
    pub(super) word: bool,
    pub(super) start: usize,
    pub(super) end: usize,
    /// Its end in characters, as the tree counts.
    end_character: usize,
}

/// Returns true if a word has an unquoted mark of Jinja, Go or Mustache templates.
fn is_template(token: &Tok) -> bool {
    let text = token.text.as_str();
    let opens = ["{{", "{%"].iter().any(|it| text.starts_with(it) || text.ends_with(it));
    token.word && (opens || matches!(text, "}}" | "%}"))
}

/// The tokens with their places; `None` when a place does not hold what it should.
fn positions(text: &str, tokens: &[Token]) -> Option<Vec<Tok>> {
    // brush counts in characters; edits are in bytes.
    let bytes: Option<Vec<usize>> = (!text.is_ascii())
        .then(|| text.char_indices().map(|(at, _)| at).chain([text.len()]).collect());
    let byte =
        |character: usize| bytes.as_ref().map_or(Some(character), |it| it.get(character).copied());
    let tok = |token: &Token| {
        let (value, location) = match token {
            Token::Word(value, location) | Token::Operator(value, location) => (value, location),
        };
        let (mut start, end) = (byte(location.start.index)?, byte(location.end.index)?);
        // Text that brush-parser skips before and after a token, continuations above all, may count as part of it.
        let mut end = end;
        let same = |slice: &str| slice == value || slice.replace("\\\n", "") == *value;
        while let Some(kept) = text.get(start..end)?.strip_suffix("\\\n") {
            end = start + kept.len();
        }
        while !same(text.get(start..end)?) || text[start..end].starts_with("\\\n") {
            let rest = &text[start..end];
            start += match rest.as_bytes().first()? {
                b'\\' if rest.starts_with("\\\n") => 2,
                b' ' | b'\t' | b'\n' => 1,
                b'#' => rest.find('\n')?,
                _ => return None,
            };
        }
        Some(Tok {
            text: value.clone(),
            word: matches!(token, Token::Word(..)),
            start,
            end,
            end_character: location.end.index,
        })
    };
    tokens.iter().map(tok).collect()
}

/// How deep compound commands nest at most. What may be an argument closes nothing, and `((`, which
/// brush-parser tries as arithmetic and as two subshells, counts as much as its work.
fn depth(tokens: &[Tok]) -> usize {
    const RESERVED: &[&str] = &[
        "if", "then", "elif", "else", "while", "until", "do", "!", "{", "}", "fi", "done", "esac",
        "time",
    ];
    const DOUBLE: usize = 4;
    let mut open: Vec<(&str, usize)> = Vec::new();
    let (mut depth, mut most) = (0_usize, 0);
    let mut before: Option<&Tok> = None;
    for token in tokens {
        let text = token.text.as_str();
        let starts = before.is_none_or(|it| !it.word || RESERVED.contains(&it.text.as_str()));
        let closed = match text {
            _ if !starts && token.word => None,
            ")" => Some("("),
            "}" => Some("{"),
            "fi" => Some("if"),
            "done" => Some("do"),
            "esac" => Some("case"),
            _ => None,
        };
        let last = open.last().copied().filter(|it| Some(it.0) == closed);
        if let Some((_, weight)) = last {
            open.pop();
            depth -= weight;
        } else if matches!(text, "(" | "{" | "if" | "do" | "case") && (starts || !token.word) {
            let doubled = text == "(" && before.is_some_and(|it| it.text == "(");
            let weight = if doubled { DOUBLE } else { 1 };
            depth += weight;
            open.push((text, weight));
        }
        most = most.max(depth);
        before = Some(token);
    }
    most
}
