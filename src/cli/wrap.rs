//! Lines that fit the terminal.

use textwrap::{Options, WordSeparator, WordSplitter};

/// A paragraph with a line end, between words in lines of at most `width`; the first begins with `first`, the
/// others with `rest`. Without a width it is one line. A word that is longer than a line is not cut.
pub(super) fn wrap(text: &str, first: &str, rest: &str, width: Option<usize>) -> String {
    let Some(width) = width else { return format!("{first}{text}\n") };
    // Behind an indentation there is always room for a few words.
    let least = if rest.is_empty() { 0 } else { rest.len() + 20 };
    let options = Options::new(width.max(least))
        .initial_indent(first)
        .subsequent_indent(rest)
        .break_words(false)
        .word_separator(WordSeparator::AsciiSpace)
        .word_splitter(WordSplitter::NoHyphenation);
    textwrap::fill(text, options) + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colors_take_no_room_and_words_stay_whole() {
        let text = "\u{1b}[32mone\u{1b}[0m two three-four http://a-long-one";
        let wrapped = wrap(text, "- ", "  ", Some(22));
        let plain = anstream::adapter::strip_str(&wrapped).to_string();
        assert_eq!(plain, "- one two three-four\n  http://a-long-one\n");
        assert_eq!(wrap("a b", "  ", "", None), "  a b\n");
    }
}
