//! Numbers as people read them.

/// A number with its thousands apart: `1,017`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at != 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Things in a sentence: `a`, `a and b`, `a, b and c`.
pub fn listed(all: &[&str]) -> String {
    match all {
        [rest @ .., last] if !rest.is_empty() => format!("{} and {last}", rest.join(", ")),
        _ => all.concat(),
    }
}

/// A number with its noun, whose plural ends in `s`: `1 file`, `1,204 files`.
pub fn counted(count: usize, noun: &str) -> String {
    format!("{} {noun}{}", number(count as u64), if count == 1 { "" } else { "s" })
}

/// A number of bytes as people read it: `149.8 KB`, of 1,000 bytes each.
pub fn of_bytes(bytes: u64) -> String {
    let units = ["KB", "MB", "GB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let (mut value, mut unit) = (bytes / 100, 0);
    while value >= 10_000 && unit < 2 {
        (value, unit) = (value / 1000, unit + 1);
    }
    format!("{}.{} {}", value / 10, value % 10, units[unit])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_well() {
        assert_eq!([0, 999, 1_017, 1_234_567].map(number), ["0", "999", "1,017", "1,234,567"]);
        assert_eq!(
            [0, 1, 1_204].map(|it| counted(it, "file")),
            ["0 files", "1 file", "1,204 files"]
        );
    }
}
