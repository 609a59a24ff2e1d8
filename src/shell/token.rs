//! A script as a list of tokens: what two scripts have in common when only their layout differs.

use super::parse;
use crate::text::Span;

/// A token of a script.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Token {
    /// The word or operator, raw.
    pub text: String,
    /// True for a word; false for an operator or a line end.
    pub is_word: bool,
    /// Its span in the script's text.
    pub span: Span,
}

/// The tokens of a script's text, comments and continuations left out; `None` when no shell reads it.
pub fn tokens(text: &str) -> Option<Vec<Token>> {
    let tokens = parse::lex(text)?.into_iter();
    Some(
        tokens
            .map(|it| Token { text: it.text, is_word: it.word, span: it.start..it.end })
            .collect(),
    )
}

impl Token {
    /// Returns true if it ends a pipeline: `&&`, `||`, `;`, `&` or a line end.
    pub fn ends_pipeline(&self) -> bool {
        !self.is_word && matches!(self.text.as_str(), "&&" | "||" | ";" | "&" | "\n" | ";;")
    }
}
