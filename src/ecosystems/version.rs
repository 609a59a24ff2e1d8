//! Versions and version constraints, as far as Poetry's and pip's manifests use them.

use std::{fmt, str::FromStr};

/// A final version: numbers and nothing else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version(Vec<u32>);

impl Version {
    /// A version of these numbers.
    pub fn new(parts: &[u32]) -> Self {
        Self(parts.to_vec())
    }

    /// The number at a position; 0 behind the last one.
    pub fn part(&self, at: usize) -> u32 {
        self.0.get(at).copied().unwrap_or(0)
    }

    /// The newest version that begins with these numbers, as if each of its further ones were as large as can be.
    #[must_use]
    pub fn with_all_after(&self) -> Self {
        Self(self.0.iter().copied().chain([u32::MAX; 2]).collect())
    }

    /// Whether it meets a constraint such as `>=1.8,<2.0`, `^1.5`, `~=1.8`, `1.8.*` or `==1.8.3`;
    /// `None` when the constraint is not understood.
    pub fn meets(&self, constraint: &str) -> Option<bool> {
        let mut met = false;
        for alternative in constraint.split("||") {
            let mut all = true;
            for clause in alternative.split([',', ' ']).map(str::trim).filter(|it| !it.is_empty()) {
                all &= self.meets_one(clause)?;
            }
            met |= all;
        }
        Some(met)
    }

    fn meets_one(&self, clause: &str) -> Option<bool> {
        if clause == "*" {
            return Some(true);
        }
        let digits = clause.find(|it: char| it.is_ascii_digit())?;
        let (operator, text) = (clause[..digits].trim(), &clause[digits..]);
        if let Some(prefix) = text.strip_suffix(".*") {
            let prefix: Self = prefix.parse().ok()?;
            let same = prefix.0.iter().enumerate().all(|(at, it)| *it == self.part(at));
            return match operator {
                "" | "=" | "==" => Some(same),
                "!=" => Some(!same),
                _ => None,
            };
        }
        let bound: Self = text.parse().ok()?;
        let below = |parts: usize| bound.bumped(parts).is_none_or(|it| *self < it);
        Some(match operator {
            "" | "=" | "==" | "===" => *self == bound || (self >= &bound && bound >= *self),
            "!=" => !(self >= &bound && bound >= *self),
            ">=" => *self >= bound,
            ">" => *self > bound,
            "<=" => *self <= bound,
            "<" => *self < bound,
            "^" => {
                let first = bound.0.iter().position(|it| *it != 0).unwrap_or(0);
                *self >= bound && below(first + 1)
            }
            "~" => *self >= bound && below(bound.0.len().min(2)),
            "~=" => *self >= bound && below(bound.0.len().saturating_sub(1)),
            _ => return None,
        })
    }

    /// The first version that differs in its first `parts` numbers.
    fn bumped(&self, parts: usize) -> Option<Self> {
        let mut bumped = self.0[..parts.min(self.0.len())].to_vec();
        *bumped.last_mut()? += 1;
        Some(Self(bumped))
    }
}

impl FromStr for Version {
    type Err = ();

    /// Reads a final version; anything with letters in it is an error.
    fn from_str(text: &str) -> Result<Self, ()> {
        let text = text.strip_prefix('v').unwrap_or(text);
        text.split('.').map(|it| it.parse().map_err(|_| ())).collect::<Result<_, ()>>().map(Self)
    }
}

impl PartialOrd for Version {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        let parts = 0..self.0.len().max(other.0.len());
        Some(
            parts
                .map(|it| self.part(it).cmp(&other.part(it)))
                .find(|it| it.is_ne())
                .unwrap_or(std::cmp::Ordering::Equal),
        )
    }
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let parts: Vec<String> = self.0.iter().map(u32::to_string).collect();
        f.write_str(&parts.join("."))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn constraints_mean_what_poetry_and_pip_say() {
        let rows = [
            ("1.8.3", ">=1.8", true),
            ("1.8.3", ">=1.2,<1.8", false),
            ("1.8.3", "^1.2", true),
            ("2.0.0", "^1.2", false),
            ("0.3.1", "^0.2.3", false),
            ("1.8.3", "~1.8", true),
            ("1.9.0", "~1.8", false),
            ("1.9.0", "~=1.8", true),
            ("1.9.0", "~=1.8.0", false),
            ("1.8.3", "==1.8.*", true),
            ("1.8.3", "1.8.3", true),
            ("1.8", "==1.8.0", true),
            ("2.1.0", ">=1.8,<2 || >=2.1", true),
        ];
        for (version, constraint, expected) in rows {
            let version: Version = version.parse().unwrap();
            assert_eq!(version.meets(constraint), Some(expected), "{version} {constraint}");
        }
        assert!("2.0.0rc1".parse::<Version>().is_err());
        assert_eq!(Version::new(&[1]).meets(">=abc"), None);
    }
}
