//! The shell patterns of `${VAR#pattern}`, `${VAR%pattern}` and `${VAR/pattern/text}`.

/// A shell pattern of `*`, `?` and literals.
pub(super) struct Pattern(Vec<Token>);

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Any,
    One,
    Char(char),
}

impl Pattern {
    pub(super) fn parse(pattern: &str) -> Result<Self, String> {
        let mut tokens = Vec::new();
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            tokens.push(match c {
                '*' => Token::Any,
                '?' => Token::One,
                '\\' => match chars.next() {
                    Some(c @ ('*' | '?' | '\\' | '}' | '/')) => Token::Char(c),
                    c => {
                        return Err(format!(
                            "invalid pattern ({pattern}): invalid escape '\\{}'",
                            c.unwrap_or(' ')
                        ));
                    }
                },
                c => Token::Char(c),
            });
        }
        Ok(Self(tokens))
    }

    /// Returns true if it matches all of `text`.
    ///
    /// One row of the classic dynamic programme, so that a hostile pattern cannot take exponential time.
    fn matches(tokens: &[Token], text: &[char]) -> bool {
        let mut row = vec![false; text.len() + 1];
        row[0] = true;
        for token in tokens {
            let mut diagonal = row[0];
            row[0] &= *token == Token::Any;
            for at in 0..text.len() {
                let above = row[at + 1];
                row[at + 1] = match token {
                    Token::Any => above || row[at],
                    Token::One => diagonal,
                    Token::Char(c) => diagonal && *c == text[at],
                };
                diagonal = above;
            }
        }
        row[text.len()]
    }

    pub(super) fn trim_start(&self, value: &str, greedy: bool) -> String {
        let chars: Vec<char> = value.chars().collect();
        let mut lengths: Box<dyn Iterator<Item = usize>> = match greedy {
            true => Box::new((0..=chars.len()).rev()),
            false => Box::new(0..=chars.len()),
        };
        let cut = lengths.find(|it| Self::matches(&self.0, &chars[..*it])).unwrap_or(0);
        chars[cut..].iter().collect()
    }

    pub(super) fn trim_end(&self, value: &str, greedy: bool) -> String {
        let chars: Vec<char> = value.chars().collect();
        let mut starts: Box<dyn Iterator<Item = usize>> = match greedy {
            true => Box::new(0..=chars.len()),
            false => Box::new((0..=chars.len()).rev()),
        };
        let cut = starts.find(|it| Self::matches(&self.0, &chars[*it..])).unwrap_or(chars.len());
        chars[..cut].iter().collect()
    }

    pub(super) fn replace(&self, value: &str, replacement: &str, all: bool) -> String {
        let chars: Vec<char> = value.chars().collect();
        let mut out = String::new();
        let (mut at, mut done) = (0, false);
        while at <= chars.len() {
            let end = (!done).then(|| {
                (at..=chars.len()).rev().find(|it| Self::matches(&self.0, &chars[at..*it]))
            });
            match end.flatten() {
                Some(end) => {
                    out += replacement;
                    done = !all;
                    if end == at {
                        out.extend(chars.get(at));
                    }
                    at = end.max(at + 1);
                }
                None => {
                    out.extend(chars.get(at));
                    at += 1;
                }
            }
            if at == chars.len() {
                break;
            }
        }
        out
    }
}
