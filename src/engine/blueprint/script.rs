//! Scripts of RUNs compared by what they run: layout does not count, and conditions on known arguments
//! are decided.

use crate::{
    ecosystems::{MANAGERS, Manager, runner},
    shell::token::{self, Token},
    text::Span,
};

/// A pipeline of a script, as far as comparing needs it: reserved words around it are a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Piece {
    /// The operator before it; a line end is a semicolon.
    joined: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Token(String),
    /// What a change says it alters: its words.
    Altered(Vec<String>),
}

impl Piece {
    /// Whether a change says that it may be another pipeline, or none.
    fn is_altered(&self) -> bool {
        matches!(self.parts.as_slice(), [Part::Altered(_)])
    }

    /// Whether a change says so of the setting by which a manager makes no environment.
    pub(super) fn is_setting(&self) -> bool {
        let [Part::Altered(words)] = self.parts.as_slice() else { return false };
        let [program, verb, rest @ ..] = words.as_slice() else { return false };
        let mut managers = MANAGERS.iter().filter(|it| it.programs.contains(&program.as_str()));
        managers.any(|it| {
            let off = it.environments.and_then(|it| it.own).and_then(|it| it.off);
            it.grammar.configure.iter().any(|it| it.words == verb)
                && off.is_some_and(|off| {
                    rest.iter().any(|it| it.trim_matches(['"', '\'']) == off.key)
                })
        })
    }
}

/// The value of a variable that is known where the script runs.
pub(super) type Values<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The pipelines of a script in which a change alters `altered`; `None` when it cannot be read.
pub(super) fn pieces(text: &str, altered: &[Span], values: Values<'_>) -> Option<Vec<Piece>> {
    let tokens = folded(&token::tokens(text)?, values);
    let mut pieces: Vec<Piece> = Vec::new();
    let mut open: Option<&Span> = None;
    let mut joined = String::new();
    let mut starts = true;
    for token in &tokens {
        let within =
            altered.iter().find(|it| it.start <= token.span.start && token.span.end <= it.end);
        if token.ends_pipeline() && within.is_none() {
            let operator = if token.text == "\n" { ";" } else { &token.text };
            // Of `; \n` and of line ends alone, one is enough.
            if !starts || joined.is_empty() {
                operator.clone_into(&mut joined);
            }
            (starts, open) = (true, None);
            continue;
        }
        if within.is_some() && within == open {
            if let Some(Part::Altered(words)) = pieces.last_mut().and_then(|it| it.parts.last_mut())
            {
                words.push(token.text.clone());
            }
            continue;
        }
        open = within;
        let part = match within {
            Some(_) => Part::Altered(vec![token.text.clone()]),
            None => Part::Token(token.text.clone()),
        };
        if starts {
            let joined =
                if pieces.is_empty() { String::new() } else { std::mem::take(&mut joined) };
            pieces.push(Piece { joined, parts: Vec::new() });
            starts = false;
        }
        joined.clear();
        pieces.last_mut()?.parts.push(part);
    }
    Some(pieces)
}

/// Whether two scripts run the same when variables have these values.
pub(super) fn runs_alike(one: &str, other: &str, values: Values<'_>) -> bool {
    let one = pieces(one, &[], values);
    one.is_some() && one == pieces(other, &[], values)
}

/// Whether two scripts run the same, but for what is altered in the first.
pub(super) fn same(before: &[Piece], after: &[Piece]) -> bool {
    // Where in `after` each prefix of `before` may end.
    let mut ends = vec![false; after.len() + 1];
    ends[0] = true;
    for piece in before {
        let mut next = vec![false; after.len() + 1];
        for at in 0..=after.len() {
            if !ends[at] {
                continue;
            }
            next[at] |= piece.is_altered();
            if let Some(it) = after.get(at) {
                next[at + 1] |= (at == 0 || piece.joined.is_empty() || piece.joined == it.joined)
                    && alike(&piece.parts, &it.parts);
            }
        }
        ends = next;
    }
    ends[after.len()]
}

/// Whether the words of one pipeline are those of the other, but for what is altered.
fn alike(before: &[Part], after: &[Part]) -> bool {
    let Some(at) = before.iter().position(|it| matches!(it, Part::Altered(_))) else {
        return before == after;
    };
    let (head, tail) = (&before[..at], &before[at + 1..]);
    let Part::Altered(words) = &before[at] else { return false };
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    let program = words.first().copied().unwrap_or_default();
    // What a manager only starts may start by itself; another command of the manager's is another one.
    let name = program.rsplit('/').next().unwrap_or_default();
    let verb = runner(name).and_then(|it| it.verb);
    let started = match words.as_slice() {
        [_, runs, it, ..] if verb == Some(*runs) => Some(*it),
        _ => None,
    };
    let token = |at: usize| match after.get(at) {
        Some(Part::Token(it)) => Some(it.as_str()),
        _ => None,
    };
    let fits =
        head.len() + tail.len() < after.len() && after.starts_with(head) && after.ends_with(tail);
    // Words may change, and another installer may come; nothing else runs instead.
    let runs = match (token(at), started) {
        (Some(it), Some(started)) => {
            let still = token(at + 1) == verb && token(at + 2) == Some(started);
            it == started || (it == program && still)
        }
        (Some(it), None) => it == program || installs_tools(it) || assigns(it) || assigns(program),
        (None, _) => false,
    };
    fits && runs
}

/// Whether a program is the manager that comes with its language, and that others are installed with.
fn installs_tools(program: &str) -> bool {
    let is_bundled = |it: &Manager| it.environments.as_ref().is_some_and(|it| it.is_bundled);
    MANAGERS.iter().any(|it| is_bundled(it) && it.programs.contains(&program))
}

fn assigns(word: &str) -> bool {
    word.split_once('=').is_some_and(|it| !it.0.is_empty() && it.0.bytes().all(is_name))
}

fn is_name(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// The tokens with every `if` on known values put in its place by the branch that runs.
fn folded(tokens: &[Token], values: Values<'_>) -> Vec<Token> {
    let mut out: Vec<Token> = Vec::new();
    let mut at = 0;
    while let Some(token) = tokens.get(at) {
        let starts = out.last().is_none_or(|it| {
            it.ends_pipeline() || ["then", "else", "do", "{", "("].contains(&it.text.as_str())
        });
        let decided =
            (token.text == "if" && starts).then(|| decide(&tokens[at..], values)).flatten();
        let Some((branch, length)) = decided else {
            out.push(token.clone());
            at += 1;
            continue;
        };
        let is_end = |it: &Token| matches!(it.text.as_str(), "\n" | ";") && !it.is_word;
        let whole = out.is_empty() && tokens[at + length..].iter().all(is_end);
        let branch = folded(branch, values);
        at += length;
        if branch.is_empty() {
            // It does nothing, and what it was joined with stands alone.
            if out.last().is_some_and(|it| matches!(it.text.as_str(), "&&" | ";" | "\n")) {
                out.pop();
            } else if tokens.get(at).is_some_and(Token::ends_pipeline) {
                at += 1;
            }
        } else if whole || branch.iter().all(|it| !it.ends_pipeline() || it.text == "&&") {
            out.extend(branch);
        } else {
            let mark = |text: &str, is_word| Token { text: text.to_owned(), is_word, span: 0..0 };
            out.push(mark("{", true));
            out.extend(branch);
            out.extend([mark(";", false), mark("}", true)]);
        }
    }
    out
}

/// The branch that runs of an `if` that `tokens` start with, and how many tokens the `if` takes; `None`
/// when its condition is not known.
fn decide<'t>(tokens: &'t [Token], values: Values<'_>) -> Option<(&'t [Token], usize)> {
    let then = tokens.iter().position(|it| it.text == "then")?;
    let holds = condition(trimmed(&tokens[1..then]), values)?;
    let (mut depth, mut middle, mut end) = (0_usize, None, None);
    for (at, token) in tokens.iter().enumerate().skip(then + 1) {
        match token.text.as_str() {
            "if" => depth += 1,
            "elif" if depth == 0 => return None,
            "else" if depth == 0 => middle = Some(at),
            "fi" if depth == 0 => {
                end = Some(at);
                break;
            }
            "fi" => depth -= 1,
            _ => {}
        }
    }
    let end = end?;
    // What follows may make a pipeline of it, or turn on its status.
    let follows = tokens.get(end + 1);
    if follows.is_some_and(|it| !["&&", ";", "\n", "else", "fi"].contains(&it.text.as_str())) {
        return None;
    }
    let first = &tokens[then + 1..middle.unwrap_or(end)];
    let second = middle.map_or(&tokens[end..end], |it| &tokens[it + 1..end]);
    Some((trimmed(if holds { first } else { second }), end + 1))
}

/// Whether `[ "$NAME" = "value" ]` holds; `None` for any other condition.
fn condition(tokens: &[Token], values: Values<'_>) -> Option<bool> {
    let words: Vec<&str> = tokens.iter().map(|it| it.text.as_str()).collect();
    let (["[", inner @ .., "]"] | ["[[", inner @ .., "]]"] | ["test", inner @ ..]) =
        words.as_slice()
    else {
        return None;
    };
    let value = |word: &str| {
        let bare = word.trim_matches('"');
        match bare.strip_prefix('$') {
            Some(name) => {
                let name =
                    name.strip_prefix('{').and_then(|it| it.strip_suffix('}')).unwrap_or(name);
                if name.is_empty() || !name.bytes().all(is_name) { None } else { values(name) }
            }
            None => {
                Some(bare.trim_matches('\'').to_owned()).filter(|it| !it.contains(['$', '`', '*']))
            }
        }
    };
    match inner {
        [a, "=" | "==", b] => Some(value(a)? == value(b)?),
        [a, "!=", b] => Some(value(a)? != value(b)?),
        ["-n", a] => Some(!value(a)?.is_empty()),
        ["-z", a] => Some(value(a)?.is_empty()),
        _ => None,
    }
}

fn trimmed(mut tokens: &[Token]) -> &[Token] {
    let is_gap = |it: &Token| matches!(it.text.as_str(), ";" | "\n") && !it.is_word;
    while let [first, rest @ ..] = tokens
        && is_gap(first)
    {
        tokens = rest;
    }
    while let [rest @ .., last] = tokens
        && is_gap(last)
    {
        tokens = rest;
    }
    tokens
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, altered: &[&str]) -> Vec<Piece> {
        let span = |it: &&str| {
            let start = text.find(it).unwrap();
            start..start + it.len()
        };
        let values = |name: &str| (name == "T").then(|| "true".to_owned());
        pieces(text, &altered.iter().map(span).collect::<Vec<_>>(), &values).unwrap()
    }

    fn is_same(before: &str, altered: &[&str], after: &str) -> bool {
        same(&read(before, altered), &read(after, &[]))
    }

    #[test]
    fn layout_does_not_count() {
        assert!(is_same("a  b && c", &[], "a b \\\n  && c # d"));
        assert!(is_same("a; b\n", &[], "a\nb"));
        for other in ["a 'b' && c", "a b || c", "a b; c", "a b", "a b && c d"] {
            assert!(!is_same("a b && c", &[], other), "{other}");
        }
    }

    #[test]
    fn what_is_altered_is_one_pipeline_or_none() {
        let before = "a && pip install poetry && b";
        let altered = ["pip install poetry"];
        assert!(is_same(before, &altered, "a && pip install poetry==1 && b"));
        assert!(is_same(before, &altered, "a && b"));
        for other in
            ["a && pip install x && c && b", "a && rm x && b", "pip install x && b", "a; b"]
        {
            assert!(!is_same(before, &altered, other), "{other}");
        }
        assert!(is_same("curl x | python -", &["curl x | python -"], "pip install x"));
        assert!(is_same("if x; then pip a; fi", &["pip a"], "if x; then pip b; fi"));
    }

    #[test]
    fn only_the_setting_for_environments_may_go() {
        let rows = [
            ("poetry config virtualenvs.create false", true),
            ("poetry config --local 'virtualenvs.create' false", true),
            ("poetry config installer.max-workers 4", false),
            ("poetry install virtualenvs.create", false),
            ("pip config set virtualenvs.create false", false),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text, &[text])[0].is_setting(), expected, "{text}");
            assert!(!read(text, &[])[0].is_setting(), "{text}");
        }
    }

    #[test]
    fn conditions_on_known_values_are_decided() {
        let rows = [
            ("if [ \"$T\" = \"true\" ]; then a b; else c; fi", "a b"),
            ("if [ \"$T\" != \"true\" ]; then a; else b; c; fi", "b; c"),
            ("x && if [ \"$T\" = true ]; then a && b; fi && y", "x && a && b && y"),
            ("x && if [ \"$T\" = no ]; then a; fi && y", "x && y"),
            ("if [ -z \"${T}\" ]; then a; fi && y", "y"),
            ("if [ $T = true ]; then if [ $T = no ]; then a; else b; fi; fi", "b"),
        ];
        for (text, expected) in rows {
            assert_eq!(read(text, &[]), read(expected, &[]), "{text}");
        }
        for text in [
            "x && if [ $T = true ]; then a; b; fi",
            "if [ $T = true ]; then a; fi || b",
            "if [ $U = true ]; then a; fi",
            "if [ $T = true ]; then a; elif b; then c; fi",
        ] {
            assert_ne!(
                read(text, &[]),
                read(text.split("then ").nth(1).unwrap().split("; fi").next().unwrap(), &[]),
                "{text}"
            );
        }
    }
}
