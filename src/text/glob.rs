//! Go's path patterns: `filepath.Match`, and the dialect with `**` of `.dockerignore` and `--exclude`.

use std::mem;

/// A compiled pattern. Matching takes time in proportion to pattern times path, whatever they hold.
#[derive(Clone, Debug)]
pub struct Glob {
    tokens: Vec<Token>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Char(char),
    /// `?`: one character, but no `/`.
    One,
    /// `*`: any characters but `/`.
    Star,
    /// `[a-z]`: unlike the others it may match a `/`, in Go too.
    Class {
        negated: bool,
        ranges: Vec<(char, char)>,
    },
    /// `**/`: nothing, or whole folders.
    Folders,
    /// `**` at the end: anything.
    Rest,
}

/// A pattern that Go refuses with `syntax error in pattern`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadPattern;

impl Glob {
    /// A pattern as Go's `filepath.Match` reads it: what COPY and ADD use for their sources.
    ///
    /// # Errors
    /// An open class, an empty one, or a backslash at the end.
    pub fn new(pattern: &str) -> Result<Self, BadPattern> {
        read(pattern, false).map(|tokens| Self { tokens })
    }

    /// A pattern of a `.dockerignore`: as [`Glob::new`], and `**` spans folders.
    ///
    /// # Errors
    /// As [`Glob::new`].
    pub fn deep(pattern: &str) -> Result<Self, BadPattern> {
        let mut tokens = read(pattern, true)?;
        // The matcher that Docker uses takes a pattern of leading `**` and plain characters for a
        // suffix, also without the slash: `**file` matches `profile`.
        let plain = tokens.iter().skip(1).all(|it| matches!(it, Token::Char(_)));
        if tokens.first() == Some(&Token::Folders) && !pattern.starts_with("**/") && plain {
            tokens[0] = Token::Rest;
        }
        Ok(Self { tokens })
    }

    /// Returns true if the pattern matches all of `path`.
    pub fn matches(&self, path: &str) -> bool {
        // Most paths differ at an end already.
        let (mut path, mut tokens) = (path, self.tokens.as_slice());
        while let [Token::Char(first), more @ ..] = tokens {
            let Some(rest) = path.strip_prefix(*first) else { return false };
            (path, tokens) = (rest, more);
        }
        while let [more @ .., Token::Char(last)] = tokens {
            let Some(rest) = path.strip_suffix(*last) else { return false };
            (path, tokens) = (rest, more);
        }
        if let [] | [Token::Rest] = tokens {
            return path.is_empty() || !tokens.is_empty();
        }
        let chars: Vec<char> = path.chars().collect();
        // Which prefixes of the path the tokens so far can cover.
        let mut reached = vec![false; chars.len() + 1];
        let mut next = reached.clone();
        reached[0] = true;
        for token in tokens {
            token.step(&chars, &reached, &mut next);
            if !next.contains(&true) {
                return false;
            }
            mem::swap(&mut reached, &mut next);
        }
        reached[chars.len()]
    }
}

impl Token {
    /// Which prefixes are covered with this token as well, from those without it.
    fn step(&self, chars: &[char], from: &[bool], to: &mut [bool]) {
        match self {
            Self::Star => {
                let mut open = false;
                for at in 0..from.len() {
                    open = from[at] || (open && at > 0 && chars[at - 1] != '/');
                    to[at] = open;
                }
            }
            Self::Rest | Self::Folders => {
                let mut open = false;
                for at in 0..from.len() {
                    let whole = *self == Self::Rest || (at > 0 && chars[at - 1] == '/');
                    to[at] = from[at] || (open && whole);
                    open |= from[at];
                }
            }
            one => {
                to[0] = false;
                for (at, c) in chars.iter().enumerate() {
                    to[at + 1] = from[at] && one.covers(*c);
                }
            }
        }
    }

    fn covers(&self, c: char) -> bool {
        match self {
            Self::Char(it) => *it == c,
            Self::One => c != '/',
            Self::Class { negated, ranges } => {
                ranges.iter().any(|(low, high)| (*low..=*high).contains(&c)) != *negated
            }
            Self::Star | Self::Folders | Self::Rest => false,
        }
    }
}

fn read(pattern: &str, deep: bool) -> Result<Vec<Token>, BadPattern> {
    let mut tokens = Vec::new();
    let mut chars = pattern.chars().peekable();
    while let Some(c) = chars.next() {
        tokens.push(match c {
            '*' if deep && chars.next_if_eq(&'*').is_some() => {
                chars.next_if_eq(&'/');
                if chars.peek().is_some() { Token::Folders } else { Token::Rest }
            }
            '*' => Token::Star,
            '?' => Token::One,
            '\\' => Token::Char(chars.next().ok_or(BadPattern)?),
            '[' => {
                let negated = chars.next_if_eq(&'^').is_some();
                let mut ranges = Vec::new();
                while ranges.is_empty() || chars.next_if_eq(&']').is_none() {
                    let low = class_char(&mut chars)?;
                    let high = match chars.next_if_eq(&'-') {
                        Some(_) => class_char(&mut chars)?,
                        None => low,
                    };
                    ranges.push((low, high));
                }
                Token::Class { negated, ranges }
            }
            c => Token::Char(c),
        });
    }
    Ok(tokens)
}

fn class_char(chars: &mut std::iter::Peekable<std::str::Chars<'_>>) -> Result<char, BadPattern> {
    match chars.next().ok_or(BadPattern)? {
        '-' | ']' => Err(BadPattern),
        '\\' => chars.next().ok_or(BadPattern),
        c => Ok(c),
    }
}

/// Returns true if a source of COPY or ADD is a pattern rather than the name of one file or folder.
pub fn is_pattern(source: &str) -> bool {
    source.contains(['*', '?', '['])
}

/// The name that a pattern without wildcards stands for; `None` when it ends in a backslash.
pub fn unescape(source: &str) -> Option<String> {
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars();
    while let Some(c) = chars.next() {
        out.push(if c == '\\' { chars.next()? } else { c });
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matches_as_go_does() {
        let rows = [
            ("abc", "abc", true),
            ("*", "abc", true),
            ("*c", "abc", true),
            ("a*", "a", true),
            ("a*", "ab/c", false),
            ("a*/b", "abc/b", true),
            ("a*/b", "a/c/b", false),
            ("a*b*c*d*e*/f", "axbxcxdxexxx/f", true),
            ("a*b*c*d*e*/f", "axbxcxdxe/xxx/f", false),
            ("a*b?c*x", "abxbbxdbxebxczzx", true),
            ("a*b?c*x", "abxbbxdbxebxczzy", false),
            ("ab[c]", "abc", true),
            ("ab[b-d]", "abc", true),
            ("ab[^b-d]", "abc", false),
            ("ab[^e-g]", "abc", true),
            (r"a\*b", "a*b", true),
            (r"a\*b", "ab", false),
            ("a?b", "a☺b", true),
            ("[a-ζ]*", "α", true),
            ("*[a-ζ]", "A", false),
            ("a?b", "a/b", false),
            ("a*b", "a/b", false),
            (r"[\]a]", "]", true),
            (r"[x\-]", "-", true),
            (r"[\-x]", "a", false),
            ("**/x", "a/b/x", false),
            ("*x", "xxx", true),
        ];
        for (pattern, path, expected) in rows {
            let glob = Glob::new(pattern).unwrap();
            assert_eq!(glob.matches(path), expected, "{pattern} on {path}");
        }
        for bad in ["[]a]", "[-]", "[x-]", "[-x]", r"\", "[a-b-c]", "[", "[^", "[^bc", "a["] {
            assert!(Glob::new(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn a_pattern_of_stars_takes_no_time() {
        let glob = Glob::deep(&format!("{}b", "*a".repeat(200))).unwrap();
        assert!(!glob.matches(&"a".repeat(4000)));
    }
}
