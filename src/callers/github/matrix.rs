//! The combinations of a job's matrix.

use std::{collections::BTreeMap, sync::Arc};

use crate::{
    callers::{traced, traced::Traced},
    yaml::Node,
};

/// The values of expressions: `matrix.service`, `env.IMAGE`.
pub(super) type Values = BTreeMap<String, Traced>;

/// Combinations to try.
const COMBINATIONS: usize = 256;

/// The combinations of a matrix, each as the values of its expressions; a single empty one when there is
/// no matrix, or one that is made when the workflow runs.
pub(super) fn combinations(source: &str, matrix: Option<&Arc<Node>>) -> Vec<Values> {
    let mut all = vec![Values::new()];
    let Some(matrix) = matrix else { return all };
    let own = |it: &str| !matches!(it, "include" | "exclude");
    for axis in matrix.entries().iter().filter(|it| own(&it.key)) {
        let name = format!("matrix.{}", axis.key);
        let values: Vec<Values> =
            axis.value.items().iter().map(|it| flatten(source, &name, it, 0).collect()).collect();
        if values.is_empty() {
            continue;
        }
        let with = |known: &Values, more: &Values| {
            let mut known = known.clone();
            known.extend(more.clone());
            known
        };
        all = all
            .iter()
            .flat_map(|known| values.iter().map(move |it| with(known, it)))
            .take(COMBINATIONS)
            .collect();
    }
    let original = all.clone();
    for entry in matrix.get("include").map(|it| it.items()).unwrap_or_default() {
        let entry: Values = entry
            .entries()
            .iter()
            .flat_map(|it| flatten(source, &format!("matrix.{}", it.key), &it.value, 0))
            .collect();
        // It extends the combinations that it does not contradict; if there are none it is one more.
        let agrees = |it: &Values| {
            let same = |(name, value): (&String, &Traced)| {
                entry.get(name).is_none_or(|it| it.text() == value.text())
            };
            !it.is_empty() && it.iter().all(same)
        };
        if original.iter().any(agrees) {
            let extended = all.iter_mut().zip(&original).filter(|it| agrees(it.1));
            extended.for_each(|it| it.0.extend(entry.clone()));
        } else {
            all.push(entry);
        }
    }
    // Without an axis of its own the matrix is what it includes.
    if all.len() > 1 {
        all.retain(|it| !it.is_empty());
    }
    all
}

fn flatten(
    source: &str,
    name: &str,
    value: &Node,
    depth: usize,
) -> Box<dyn Iterator<Item = (String, Traced)>> {
    let own = traced(source, value).map(|it| (name.to_owned(), it));
    let below = value.entries().iter().filter(|_| depth < 8);
    let below =
        below.flat_map(|it| flatten(source, &format!("{name}.{}", it.key), &it.value, depth + 1));
    Box::new(own.into_iter().chain(below.collect::<Vec<_>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rows(text: &str) -> Vec<String> {
        let root = crate::yaml::read(text).unwrap().remove(0);
        let all = combinations(text, Some(&root));
        let row = |it: &Values| it.values().map(Traced::text).collect::<Vec<_>>().join(" ");
        all.iter().map(row).collect()
    }

    #[test]
    fn a_matrix_is_a_product_with_additions() {
        assert_eq!(rows("a: [1, 2]\nb: [x, y]\n"), ["1 x", "1 y", "2 x", "2 y"]);
        assert_eq!(rows("include:\n  - {a: 1}\n  - {a: 2}\n"), ["1", "2"]);
        assert_eq!(rows("a: [1]\ninclude:\n  - {a: 1, b: x}\n  - {a: 3}\n"), ["1 x", "3"]);
        assert_eq!(rows("a:\n  - {n: 1, d: x}\n"), ["x 1"]);
        assert_eq!(rows("a: '${{ fromJSON(x) }}'\n"), [""]);
    }
}
