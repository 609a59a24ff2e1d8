//! Words of the shell: quotes, variables, substitutions and patterns.

use std::mem;

use crate::text::Span;

/// Whether a character makes a word more than its letters.
fn is_special(it: u8) -> bool {
    matches!(it, b'~' | b'\\' | b'\'' | b'"' | b'`' | b'$' | b'*' | b'?' | b'[' | b'{')
}

/// A word of a command.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Word {
    /// The word as the shell is given it, quotes included.
    pub raw: String,
    /// The word in the file, continuations inside it included.
    pub span: Span,
    /// The word after quote removal, when that is all the shell does to it: no variable, no
    /// substitution, no pattern and no tilde.
    pub value: Option<String>,
    /// Its pieces, unless `value` says it all: most words are plain, and there are many of them.
    pieces: Box<[Piece]>,
    pattern: bool,
    substitution: bool,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Text(String),
    Variable {
        name: String,
        default: Option<String>,
        /// True if the default replaces an empty value, too.
        colon: bool,
        quoted: bool,
    },
    Home,
    /// A part that is unknown here: substitutions, arithmetic, other expansions.
    Opaque,
}

impl Word {
    pub(super) fn new(raw: &str, span: Span) -> Self {
        let (raw, known) = (raw.to_owned(), |value| (Some(value), Box::default()));
        if !raw.bytes().any(is_special) {
            let (value, pieces) = known(raw.clone());
            return Self { raw, span, value, pieces, pattern: false, substitution: false };
        }
        let Scan { mut pieces, pattern, substitution, .. } = Scan::of(&raw);
        let (value, pieces) = match pieces.as_mut_slice() {
            [] if !pattern => known(String::new()),
            [Piece::Text(text)] if !pattern => known(mem::take(text)),
            _ => (None, pieces.into_boxed_slice()),
        };
        Self { raw, span, value, pieces, pattern, substitution }
    }

    /// A word whose value only the running shell knows.
    pub(super) fn opaque(raw: &str, span: Span) -> Self {
        let pieces = Box::new([Piece::Opaque]);
        let raw = raw.to_owned();
        Self { raw, span, value: None, pieces, pattern: false, substitution: true }
    }

    /// Returns true if it has a command substitution.
    pub fn has_substitution(&self) -> bool {
        self.substitution
    }

    /// Returns true if the shell may expand it to file names or alternatives: `*`, `?`, `[…]`, `{a,b}`.
    pub fn has_pattern(&self) -> bool {
        self.pattern
    }

    /// The word after quote removal when no variable, substitution or tilde is in it; patterns stay as
    /// they are written (`uvicorn[standard]`).
    pub fn text(&self) -> Option<String> {
        match &*self.pieces {
            [] => self.value.clone(),
            [Piece::Text(text)] => Some(text.clone()),
            _ => None,
        }
    }

    /// The variables that its value depends on, `HOME` for a tilde among them.
    pub fn variables(&self) -> Vec<String> {
        let mut names = Vec::new();
        for piece in &self.pieces {
            match piece {
                Piece::Home => names.push("HOME".to_owned()),
                Piece::Variable { name, default, .. } => {
                    names.push(name.clone());
                    let default = default.as_deref().map(|it| Self::new(it, 0..0));
                    names.extend(default.iter().flat_map(Self::variables));
                }
                Piece::Text(_) | Piece::Opaque => {}
            }
        }
        names
    }

    /// Returns true if [`Word::resolve`] needs nothing but variables.
    pub fn is_resolvable(&self) -> bool {
        !self.pieces.contains(&Piece::Opaque)
    }

    /// The word with `$NAME`, `${NAME}`, `${NAME:-default}` and a leading `~` (the value of `HOME`)
    /// replaced; patterns stay as they are written.
    ///
    /// `None` where a substitution or an unset variable is involved, and where the shell would make
    /// several words of an unquoted value, or none.
    pub fn resolve(&self, lookup: &dyn Fn(&str) -> Option<String>) -> Option<String> {
        if let Some(value) = &self.value {
            return Some(value.clone());
        }
        let mut out = String::new();
        for piece in &self.pieces {
            match piece {
                Piece::Text(text) => out.push_str(text),
                Piece::Home => out.push_str(&lookup("HOME")?),
                Piece::Opaque => return None,
                Piece::Variable { name, default, colon, quoted } => {
                    let value = lookup(name).filter(|it| !(*colon && it.is_empty()));
                    let value = match (value, default) {
                        (Some(value), _) => value,
                        (None, Some(default)) => Self::new(default, 0..0).resolve(lookup)?,
                        (None, None) => return None,
                    };
                    let splits = |it: char| it.is_whitespace() || "*?[".contains(it);
                    if !quoted && (value.is_empty() || value.contains(splits)) {
                        return None;
                    }
                    out.push_str(&value);
                }
            }
        }
        Some(out)
    }

    /// The part of the word from byte `at` of its raw text, as a word of its own.
    ///
    /// Its span is the part's own, unless a continuation is inside the word.
    pub(super) fn rest(&self, at: usize) -> Self {
        let same = self.span.len() == self.raw.len();
        let start = if same { self.span.start + at } else { self.span.start };
        // A tilde that is not at the start of a word does not mean the home directory.
        let mut rest = Self::new(&self.raw[at..], start..self.span.end);
        if rest.pieces.first() == Some(&Piece::Home) {
            rest.pieces[0] = Piece::Text("~".to_owned());
            rest.value = rest.text().filter(|_| !rest.pattern);
        }
        rest
    }

    /// Takes the value away where the text given to the shell is not quite the file's.
    pub(super) fn forget_across_lines(&mut self) {
        if self.raw.contains('\n') {
            *self = Self::opaque(&self.raw, self.span.clone());
        }
    }
}

struct Scan<'a> {
    raw: &'a str,
    at: usize,
    pieces: Vec<Piece>,
    pattern: bool,
    substitution: bool,
}

impl<'a> Scan<'a> {
    fn of(raw: &'a str) -> Self {
        let mut scan = Self { raw, at: 0, pieces: Vec::new(), pattern: false, substitution: false };
        scan.run();
        scan
    }

    fn run(&mut self) {
        if let Some(rest) = self.raw.strip_prefix('~') {
            let user = rest.find('/').unwrap_or(rest.len());
            if user == 0 {
                self.pieces.push(Piece::Home);
            } else {
                self.opaque();
            }
            self.at = 1;
        }
        while let Some(c) = self.next() {
            match c {
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(it) => self.push(it),
                    None => self.push('\\'),
                },
                '\'' => {
                    let rest = &self.raw[self.at..];
                    let end = rest.find('\'').unwrap_or(rest.len());
                    self.push_str(&rest[..end]);
                    self.at = (self.at + end + 1).min(self.raw.len());
                }
                '"' => self.double_quoted(),
                '`' => self.opaque(),
                '$' => self.expansion(false),
                '*' | '?' => {
                    self.pattern = true;
                    self.push(c);
                }
                '[' => {
                    self.pattern |= self.raw[self.at..].contains(']');
                    self.push(c);
                }
                '{' => {
                    let rest = &self.raw[self.at..];
                    let inner = rest.find('}').map_or("", |it| &rest[..it]);
                    self.pattern |= inner.contains(',') || inner.contains("..");
                    self.push(c);
                }
                _ => self.push(c),
            }
        }
    }

    fn double_quoted(&mut self) {
        self.push_str("");
        while let Some(c) = self.next() {
            match c {
                '"' => return,
                '\\' => match self.next() {
                    Some('\n') => {}
                    Some(it @ ('$' | '`' | '"' | '\\')) => self.push(it),
                    Some(it) => {
                        self.push('\\');
                        self.push(it);
                    }
                    None => self.push('\\'),
                },
                '`' => self.opaque(),
                '$' => self.expansion(true),
                _ => self.push(c),
            }
        }
    }

    /// Reads the part after a `$`.
    fn expansion(&mut self, quoted: bool) {
        let rest = &self.raw[self.at..];
        let name = |text: &str| {
            let digits = text.starts_with(|it: char| it.is_ascii_digit());
            let end = text.find(|it: char| !(it.is_ascii_alphanumeric() || it == '_'));
            if digits { 0 } else { end.unwrap_or(text.len()) }
        };
        if let Some(inner) = rest.strip_prefix('{') {
            let len = name(inner);
            let Some(end) = closing_brace(inner).filter(|_| len > 0) else { return self.opaque() };
            let after = &inner[len..end];
            let (colon, operator) = match after.strip_prefix(':') {
                Some(after) => (true, after),
                None => (false, after),
            };
            let default = match operator.chars().next() {
                None if !colon => None,
                Some('-' | '=') if !(quoted && operator.contains('\'')) => {
                    Some(operator[1..].to_owned())
                }
                _ => return self.opaque(),
            };
            let name = inner[..len].to_owned();
            self.at += 1 + end + 1;
            return self.pieces.push(Piece::Variable { name, default, colon, quoted });
        }
        match (name(rest), rest.chars().next()) {
            (0, Some('(' | '@' | '*' | '#' | '?' | '-' | '$' | '!' | '0'..='9')) => self.opaque(),
            (0, Some('\'' | '"')) if !quoted => self.opaque(),
            (0, _) => self.push('$'),
            (len, _) => {
                let name = rest[..len].to_owned();
                self.at += len;
                self.pieces.push(Piece::Variable { name, default: None, colon: false, quoted });
            }
        }
    }

    /// Gives up on the rest of the word.
    fn opaque(&mut self) {
        let rest = &self.raw[self.at.saturating_sub(1)..];
        self.substitution |= rest.contains("$(") || rest.contains('`');
        self.pieces.push(Piece::Opaque);
        self.at = self.raw.len();
    }

    fn next(&mut self) -> Option<char> {
        let c = self.raw[self.at..].chars().next()?;
        self.at += c.len_utf8();
        Some(c)
    }

    fn push(&mut self, c: char) {
        self.push_str(c.encode_utf8(&mut [0; 4]));
    }

    fn push_str(&mut self, text: &str) {
        match self.pieces.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.pieces.push(Piece::Text(text.to_owned())),
        }
    }
}

/// Where the `}` is that closes a `${`; `None` when a nested expansion makes that hard to say.
fn closing_brace(text: &str) -> Option<usize> {
    let end = text.find('}')?;
    let inner = &text[..end];
    let hard = ["{", "`", "$(", "\\", "\"", "'"];
    (!hard.iter().any(|it| inner.contains(it))).then_some(end)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn value(raw: &str) -> Option<String> {
        Word::new(raw, 0..raw.len()).value
    }

    fn resolve(raw: &str) -> Option<String> {
        let lookup = |name: &str| match name {
            "HOME" => Some("/root".to_owned()),
            "V" => Some("1.8".to_owned()),
            "LIST" => Some("a b".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        };
        Word::new(raw, 0..raw.len()).resolve(&lookup)
    }

    #[test]
    fn quotes_are_removed_as_the_shell_removes_them() {
        for (raw, expected) in [
            ("pip", "pip"),
            ("'a b'", "a b"),
            (r#""a \" \n b""#, r#"a " \n b"#),
            (r"a\ b", "a b"),
            ("\"\"", ""),
            ("''", ""),
            ("poetry==\"1.8\"'.3'", "poetry==1.8.3"),
            ("'$HOME'", "$HOME"),
            ("a\\\nb", "ab"),
            ("[", "["),
            ("5$", "5$"),
            ("é'😀'", "é😀"),
            ("a{b}", "a{b}"),
            ("a~", "a~"),
        ] {
            assert_eq!(value(raw).as_deref(), Some(expected), "{raw}");
        }
    }

    #[test]
    fn what_the_shell_expands_has_no_value() {
        for raw in
            ["$V", "${V}", "\"$V\"", "`a`", "$(a)", "*.py", "a[b]", "~", "~/x", "{a,b}", "$'a'"]
        {
            assert_eq!(value(raw), None, "{raw}");
        }
    }

    #[test]
    fn variables_resolve_where_the_shell_makes_one_word() {
        for (raw, expected) in [
            ("poetry==$V", Some("poetry==1.8")),
            ("poetry==${V}.3", Some("poetry==1.8.3")),
            ("${X:-1.2}", Some("1.2")),
            ("${V:-1.2}", Some("1.8")),
            ("\"${EMPTY:-x}\"", Some("x")),
            ("\"${EMPTY-x}\"", Some("")),
            ("~/.cache", Some("/root/.cache")),
            ("\"~/.cache\"", Some("~/.cache")),
            ("uvicorn[standard]", Some("uvicorn[standard]")),
            ("\"$LIST\"", Some("a b")),
            ("$LIST", None),
            ("$EMPTY", None),
            ("$UNSET", None),
            ("${V%.*}", None),
            ("$(nproc)", None),
            ("~user/x", None),
            ("$1", None),
        ] {
            assert_eq!(resolve(raw).as_deref(), expected, "{raw}");
        }
    }

    #[test]
    fn substitutions_are_seen() {
        assert!(Word::new("-j$(nproc)", 0..0).has_substitution());
        assert!(Word::new("\"`pwd`\"", 0..0).has_substitution());
        assert!(!Word::new("'$(x)'", 0..0).has_substitution());
    }
}
