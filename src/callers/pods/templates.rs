//! Go's templates in charts of Helm, as far as YAML can be read around them.

/// A text with a variable for each expression of Go's templates, and without the lines that are nothing else. Lines
/// keep their numbers. An expression that is no more than a value of the chart stays there: `$<.Values.image.tag>`.
pub(in crate::callers) fn without_templates(text: &str) -> String {
    if !text.contains("{{") {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut is_inside = false;
    for line in text.lines() {
        let trimmed = line.trim();
        let is_whole = !is_inside && trimmed.starts_with("{{") && trimmed.ends_with("}}");
        let is_key = trimmed.contains("}}:");
        let mut rest = if is_whole && !is_key { "" } else { line };
        while !rest.is_empty() {
            if is_inside {
                let Some((_, after)) = rest.split_once("}}") else { break };
                (is_inside, rest) = (false, after);
                continue;
            }
            let Some((before, after)) = rest.split_once("{{") else {
                out.push_str(rest);
                break;
            };
            out.push_str(before);
            // A comment, or a block that begins here, is no value.
            if !before.trim().is_empty() || after.contains("}}:") {
                match value_of_chart(after) {
                    Some(it) => out.push_str(&format!("$<{it}>")),
                    None => out.push_str("$x"),
                }
            }
            (is_inside, rest) = (true, after);
        }
        out.push('\n');
    }
    out
}

/// The path of the value that an expression puts in, as it is or in quotes: `.Values.port`, `.Values.port | quote`.
fn value_of_chart(after: &str) -> Option<&str> {
    let (expression, _) = after.split_once("}}")?;
    let mut parts = expression.trim_matches(['-', ' ']).split('|').map(str::trim);
    let path = parts.next()?.trim_start_matches('$');
    let is_path = path.strip_prefix(".Values.").is_some_and(|it| {
        it.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '.'))
    });
    let mut filters = parts.map(|it| it.split(' ').next().unwrap_or_default());
    let is_plain =
        filters.all(|it| ["default", "int", "quote", "squote", "toString"].contains(&it));
    (is_path && is_plain).then_some(path)
}
