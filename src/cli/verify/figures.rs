//! Figures as people read them.

use crate::text::count::number;

/// `38.6 → 23.6 s`; what is the same on both sides stands once.
pub(super) fn seconds(before: f64, after: f64) -> String {
    pair(&tenths(before), &tenths(after)) + " s"
}

/// `7.4`.
pub(super) fn tenths(value: f64) -> String {
    format!("{value:.1}")
}

/// `1,017 → 349 MB`, both in the unit that fits the larger.
pub(super) fn bytes(before: u64, after: u64) -> String {
    let unit = unit(before.max(after));
    format!("{} {}", pair(&in_unit(before, unit), &in_unit(after, unit)), unit.0)
}

/// `349 MB`.
pub(super) fn size(bytes: u64) -> String {
    format!("{} {}", in_unit(bytes, unit(bytes)), unit(bytes).0)
}

/// `5 → 2`.
pub(super) fn pair(before: &str, after: &str) -> String {
    if before == after { before.to_owned() } else { format!("{before} → {after}") }
}

type Unit = (&'static str, u64);

fn unit(bytes: u64) -> Unit {
    match bytes {
        0..1_000 => ("B", 1),
        1_000..1_000_000 => ("kB", 1_000),
        _ => ("MB", 1_000_000),
    }
}

fn in_unit(bytes: u64, (_, unit): Unit) -> String {
    // One decimal if it is not zero.
    let tenths = (bytes * 10 + unit / 2) / unit;
    if unit == 1 || tenths >= 1_000 || tenths.is_multiple_of(10) {
        number((bytes + unit / 2) / unit)
    } else {
        format!("{}.{}", tenths / 10, tenths % 10)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_well() {
        assert_eq!(seconds(38.61, 7.4), "38.6 → 7.4 s");
        assert_eq!(bytes(1_017_400_000, 349_000_000), "1,017 → 349 MB");
        assert_eq!(bytes(24_300, 24_300), "24.3 kB");
        assert_eq!(
            [size(0), size(999), size(2_000), size(6_178_000_000)],
            ["0 B", "999 B", "2 kB", "6,178 MB"]
        );
    }
}
