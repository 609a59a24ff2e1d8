//! The shell patterns of `${VAR#pattern}`, `${VAR%pattern}` and `${VAR/pattern/text}`.

/// How many steps one match may take: thousands of times what a real Dockerfile asks for.
const WORK: usize = 10_000_000;

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

    /// Which lengths of `text` it matches, from none of it to all.
    ///
    /// The rows of the classic dynamic programme one by one, so that a hostile pattern cannot take
    /// exponential time.
    fn lengths<'a>(
        tokens: impl Iterator<Item = &'a Token>,
        text: impl Iterator<Item = &'a char> + Clone,
        count: usize,
    ) -> Vec<bool> {
        let mut row = vec![false; count + 1];
        row[0] = true;
        for token in tokens {
            let mut diagonal = row[0];
            row[0] &= *token == Token::Any;
            let mut left = row[0];
            for (matches, found) in row[1..].iter_mut().zip(text.clone()) {
                let above = *matches;
                *matches = match token {
                    Token::Any => above || left,
                    Token::One => diagonal,
                    Token::Char(c) => diagonal && c == found,
                };
                (diagonal, left) = (above, *matches);
            }
        }
        row
    }

    /// Fails when it would take too long to look for this in a text of so many places to start from.
    fn check_work(&self, length: usize, starts: usize) -> Result<(), String> {
        let work = (self.0.len() + 1).saturating_mul(length + 1).saturating_mul(starts);
        if work <= WORK { Ok(()) } else { Err("a pattern that takes too long to match".to_owned()) }
    }

    pub(super) fn trim_start(&self, value: &str, greedy: bool) -> Result<String, String> {
        let chars: Vec<char> = value.chars().collect();
        self.check_work(chars.len(), 1)?;
        let lengths = Self::lengths(self.0.iter(), chars.iter(), chars.len());
        Ok(chars[cut(&lengths, greedy)..].iter().collect())
    }

    pub(super) fn trim_end(&self, value: &str, greedy: bool) -> Result<String, String> {
        let chars: Vec<char> = value.chars().collect();
        self.check_work(chars.len(), 1)?;
        let lengths = Self::lengths(self.0.iter().rev(), chars.iter().rev(), chars.len());
        Ok(chars[..chars.len() - cut(&lengths, greedy)].iter().collect())
    }

    pub(super) fn replace(
        &self,
        value: &str,
        replacement: &str,
        all: bool,
    ) -> Result<String, String> {
        let chars: Vec<char> = value.chars().collect();
        self.check_work(chars.len(), chars.len())?;
        let mut out = String::new();
        let (mut at, mut done) = (0, false);
        while at <= chars.len() {
            let rest = &chars[at..];
            let longest = || {
                let lengths = Self::lengths(self.0.iter(), rest.iter(), rest.len());
                lengths.iter().rposition(|it| *it)
            };
            match if done { None } else { longest() } {
                Some(length) => {
                    out += replacement;
                    done = !all;
                    if length == 0 {
                        out.extend(chars.get(at));
                    }
                    at += length.max(1);
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
        Ok(out)
    }
}

/// How much to cut off: the longest that matches, or the shortest.
fn cut(lengths: &[bool], greedy: bool) -> usize {
    let mut matching = lengths.iter();
    match greedy {
        true => matching.rposition(|it| *it),
        false => matching.position(|it| *it),
    }
    .unwrap_or(0)
}
