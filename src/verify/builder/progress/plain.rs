//! BuildKit's `--progress=plain`: `#8 [builder 2/3] RUN …`, then what happens to number 8, in between what
//! happens to others.

use super::Progress;

/// Takes one line in.
pub(super) fn line(progress: &mut Progress, line: &str) {
    let Some((key, rest)) = numbered(line) else {
        progress.say(line);
        return;
    };
    let Some(vertex) = progress.find(key) else {
        // The first that is said of it is its name.
        progress.vertex(key, rest);
        progress.start(key);
        return;
    };
    let (word, told) = rest.split_once(' ').unwrap_or((rest, ""));
    match word {
        "CACHED" => vertex.cached = true,
        "CANCELED" => vertex.error = Some("context canceled".to_owned()),
        "ERROR:" => vertex.error = Some(super::clean(told)),
        "DONE" => {
            vertex.cached = false;
            vertex.seconds = told.strip_suffix('s').and_then(|it| it.parse().ok()).unwrap_or(0.0);
        }
        "transferring" => {
            if let Some((what, sent)) = told.split_once(": ") {
                vertex.sent(what, bytes(sent).unwrap_or(0));
            }
        }
        _ if is_time(word) => {
            vertex.output(told);
            vertex.output("\n");
        }
        // Its name again, its digest, layers that are pulled, `...`.
        _ => {}
    }
}

/// `#8 rest`.
fn numbered(line: &str) -> Option<(&str, &str)> {
    let (number, rest) = line.strip_prefix('#')?.split_once(' ')?;
    let digits = !number.is_empty() && number.bytes().all(|it| it.is_ascii_digit());
    digits.then(|| (number, rest.trim_end()))
}

/// Output begins with the seconds since its step began: `0.245`.
fn is_time(word: &str) -> bool {
    let digits = |it: &str| !it.is_empty() && it.bytes().all(|it| it.is_ascii_digit());
    word.split_once('.').is_some_and(|(whole, part)| digits(whole) && digits(part))
}

/// The first size in `12.34kB 0.1s done` or `1.05MB / 3.20MB`.
fn bytes(text: &str) -> Option<u64> {
    let word = text.split(' ').next()?;
    let number = word.trim_end_matches(|it: char| it.is_ascii_alphabetic());
    let factor = match &word[number.len()..] {
        "B" => 1.0,
        "kB" => 1e3,
        "MB" => 1e6,
        "GB" => 1e9,
        "TB" => 1e12,
        _ => return None,
    };
    let bytes = number.parse::<f64>().ok().filter(|it| it.is_finite() && 0.0 <= *it)? * factor;
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "not negative, and sizes fit"
    )]
    Some(bytes.round() as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read() {
        assert_eq!(bytes("2B done"), Some(2));
        assert_eq!(bytes("12.34kB 0.1s done"), Some(12_340));
        assert_eq!(bytes("1.05MB / 3.20MB 0.2s"), Some(1_050_000));
        assert_eq!(bytes("2.00GB"), Some(2_000_000_000));
        assert_eq!(bytes("0.1s done"), None);
        assert_eq!(bytes("NaNB"), None);
        assert_eq!(bytes(""), None);
    }
}
