//! The openings of here-documents.

use super::Lexer;

/// The opening of a here-document.
pub(in crate::dockerfile) struct Opener {
    pub(in crate::dockerfile) name: String,
    pub(in crate::dockerfile) expand: bool,
    pub(in crate::dockerfile) chomp: bool,
    pub(in crate::dockerfile) descriptor: u32,
}

/// The here-documents that a logical line opens.
pub(in crate::dockerfile) fn heredocs(line: &str) -> Vec<Opener> {
    let raw = Lexer { raw_quotes: true, raw_escapes: true, ..Lexer::new('\\', &|_| None) };
    raw.words(line).unwrap_or_default().iter().filter_map(|it| opener(it)).collect()
}

/// Whether a word is such an opening.
pub(in crate::dockerfile) fn is_heredoc(word: &str) -> bool {
    opener(word).is_some()
}

fn opener(word: &str) -> Option<Opener> {
    let digits = word.len() - word.trim_start_matches(|it: char| it.is_ascii_digit()).len();
    let rest = word[digits..].strip_prefix("<<")?;
    let (rest, chomp) = rest.strip_prefix('-').map_or((rest, false), |it| (it, true));
    if rest.is_empty() || rest.contains('<') {
        return None;
    }
    let one = |lexer: Lexer<'_>| match lexer.words(rest).ok()?.as_slice() {
        [word] => Some(word.clone()),
        _ => None,
    };
    let name = one(Lexer::new('\\', &|_| None))?;
    let raw = one(Lexer { raw_quotes: true, raw_escapes: true, ..Lexer::new('\\', &|_| None) })?;
    let descriptor = word[..digits].parse().unwrap_or(0);
    Some(Opener { expand: name == raw, name, chomp, descriptor })
}
