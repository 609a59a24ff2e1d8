//! The JSON form of instructions.

use super::instruction::Word;

/// The strings of a JSON array at the start of `text`; `None` when there is none.
///
/// # Errors
/// An array that holds anything but strings: BuildKit refuses it. (Anything that is not JSON is shell
/// form to BuildKit, and text after the array is ignored.)
pub(super) fn words(text: &str) -> Result<Option<Vec<Word>>, String> {
    let start = text.len() - text.trim_start().len();
    if !text[start..].starts_with('[') {
        return Ok(None);
    }
    let mut values =
        serde_json::Deserializer::from_str(&text[start..]).into_iter::<Vec<serde_json::Value>>();
    let Some(Ok(values)) = values.next() else { return Ok(None) };
    let mut words = Vec::new();
    let mut at = start + 1;
    for value in values {
        let serde_json::Value::String(value) = value else {
            return Err("arrays in JSON form must be comprised of strings only".to_owned());
        };
        let Some(open) = text[at..].find('"').map(|it| at + it) else { return Ok(None) };
        let mut escaped = false;
        let close = text[open + 1..].char_indices().find(|(_, c)| {
            let ends = *c == '"' && !escaped;
            escaped = *c == '\\' && !escaped;
            ends
        });
        let Some((close, _)) = close else { return Ok(None) };
        at = open + 1 + close + 1;
        words.push(Word { text: value, range: open..at });
    }
    Ok(Some(words))
}
