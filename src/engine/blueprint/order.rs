//! COPYs that come later: behind RUNs that do not read them, of which one may become two.

use crate::text::glob::Glob;

use super::{
    Copied, Effect, From,
    allowed::Allowed,
    compare::{Rules, align, is_new, objection, same},
    fetch::fetches,
    halves::in_two,
    judge::Judge,
};

/// Compares effects of which COPYs may stand later than before.
pub(super) fn compare(
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    let is_copy = |it: &Effect<'_>| matches!(it, Effect::Copy(_));
    let part = |all: &[Effect<'_>], copies: bool| {
        (0..all.len()).filter(|it| is_copy(&all[*it]) == copies).collect::<Vec<_>>()
    };
    // The RUNs keep their order; the COPYs do where it matters.
    let (a, b) = (part(before, false), part(after, false));
    let judge = Judge::new(allowed.sent);
    let runs = steps(&a, &b, before, after, allowed, &judge)?;
    let (c, d) = (part(before, true), part(after, true));
    let moved = partners(&c, &d, before, after, allowed)?;
    for (from, to) in &moved {
        for Done { run, at: done } in &runs {
            let (was_before, is_before) = (run < from, done < to);
            let (copy, run) = (&before[*from], &before[*run]);
            if was_before && !is_before {
                let (copy, run) = (copy.describe(), run.describe());
                return Err(format!("{copy}, which now comes before {run}"));
            }
        }
        // What is copied to the same place later wins.
        let overtaken = moved.iter().find(|(other, there)| {
            from < other && there < to && may_meet(&before[*from], &before[*other], &judge)
        });
        if let Some((other, _)) = overtaken {
            let (copy, other) = (before[*from].describe(), before[*other].describe());
            return Err(format!("{copy}, which may now win over {other}"));
        }
    }
    finds_all(&runs, &moved, before, after, &judge)
}

/// Whether every RUN finds what it found, although COPYs come later.
fn finds_all(
    runs: &[Done],
    moved: &[(usize, usize)],
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    judge: &Judge<'_>,
) -> Result<(), String> {
    for Done { run, at } in runs {
        let Effect::Run(it) = &after[*at] else { continue };
        let late = moved.iter().filter(|(from, to)| from < run && at < to);
        let late = late.filter_map(|(from, _)| match &before[*from] {
            Effect::Copy(it) => Some(it),
            _ => None,
        });
        let late: Vec<&Copied<'_>> = late.collect();
        if let Some(copy) = judge.misses(it, &late, &before[..*run], &after[..*at]) {
            let (run, keyword, line) = (before[*run].describe(), copy.keyword, copy.line);
            return Err(format!("{run}, which may read what the {keyword} on line {line} brings"));
        }
    }
    Ok(())
}

/// A RUN of before, or a part of it, and where it is done after the change.
struct Done {
    run: usize,
    at: usize,
}

/// For each COPY of before, where it is afterwards: one that a later one repeats is where that is. New
/// ones only bring early what another brings, too.
fn partners(
    c: &[usize],
    d: &[usize],
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    allowed: &Allowed<'_>,
) -> Result<Vec<(usize, usize)>, String> {
    let mut free = d.to_vec();
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for &copy in c.iter().rev() {
        let own = free.iter().rposition(|it| same(&before[copy], &after[*it], allowed));
        let repeated =
            || pairs.iter().find(|it| same(&before[copy], &before[it.0], allowed)).map(|it| it.1);
        let partner = own.map(|it| free.remove(it)).or_else(repeated);
        pairs.push((copy, partner.ok_or_else(|| before[copy].describe())?));
    }
    match free.iter().find(|it| !brought_again(&after[**it], c, before)) {
        Some(it) => Err(objection(None, Some(&after[*it]))),
        None => Ok(pairs),
    }
}

/// Whether two COPYs may bring different files to the same place.
fn may_meet(a: &Effect<'_>, b: &Effect<'_>, judge: &Judge<'_>) -> bool {
    let (Effect::Copy(a), Effect::Copy(b)) = (a, b) else { return false };
    // The one file of the project in the same place is the same, whoever brings it.
    if a.flags == b.flags && (brings(a, b) || brings(b, a)) {
        return false;
    }
    let name = |it: &Copied<'_>| it.source.rsplit('/').next().unwrap_or_default().to_owned();
    let is_file =
        |it: &Copied<'_>| it.text.is_some() || name(it).trim_start_matches('.').contains('.');
    let place = |it: &Copied<'_>| match it.into || it.finds_folder {
        true => it.destination.join(&name(it)),
        false => it.destination.clone(),
    };
    match (is_file(a), is_file(b)) {
        (true, true) => place(a) == place(b),
        (true, false) => judge.reaches(b, &place(a)),
        (false, true) => judge.reaches(a, &place(b)),
        (false, false) => {
            (a.destination.is_within(&b.destination) && judge.reaches(b, &a.destination))
                || (b.destination.is_within(&a.destination) && judge.reaches(a, &b.destination))
        }
    }
}

/// For each effect that is not a COPY, where it is done after the change; of one that became two, both steps,
/// and of an install, what is fetched for it.
fn steps(
    a: &[usize],
    b: &[usize],
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    allowed: &Allowed<'_>,
    judge: &Judge<'_>,
) -> Result<Vec<Done>, String> {
    let is_fetch =
        |y: usize| y + 1 < b.len() && fetches(&after[b[y]], &after[b[y + 1]], allowed, judge);
    let two = |whole: usize, first: usize, second: usize| {
        let (whole, first, second) = (a[whole], b[first], b[second]);
        first < second
            && in_two(
                &before[whole],
                &after[first],
                &after[second],
                &before[..whole],
                allowed,
                judge,
            )
    };
    let rules = Rules {
        same: &|x, y| {
            same(&before[a[x]], &after[b[y]], allowed) || (0..y).any(|first| two(x, first, y))
        },
        added: &|y| {
            let is_first = |x| (y + 1..b.len()).any(|second| two(x, y, second));
            is_new(&after[b[y]], allowed) || is_fetch(y) || (0..a.len()).any(is_first)
        },
        dropped: &|_| false,
    };
    let pairs = align(a.len(), b.len(), &rules).map_err(|(x, y)| {
        objection(a.get(x).map(|it| &before[*it]), b.get(y).map(|it| &after[*it]))
    })?;
    let mut done = Vec::new();
    for (x, y) in pairs.iter().enumerate() {
        let Some(y) = *y else { continue };
        done.push(Done { run: a[x], at: b[y] });
        let firsts = (0..y).filter(|first| !pairs.contains(&Some(*first)) && two(x, *first, y));
        done.extend(firsts.map(|first| Done { run: a[x], at: b[first] }));
        if 0 < y && !pairs.contains(&Some(y - 1)) && is_fetch(y - 1) {
            done.push(Done { run: a[x], at: b[y - 1] });
        }
    }
    Ok(done)
}

/// Whether a COPY brings only what another brings to the same place.
fn brought_again(copy: &Effect<'_>, others: &[usize], before: &[Effect<'_>]) -> bool {
    let Effect::Copy(copy) = copy else { return false };
    let mut others = others.iter().filter_map(|it| match &before[*it] {
        Effect::Copy(it) if it.flags == copy.flags => Some(it),
        _ => None,
    });
    matches!(copy.from, From::Context) && others.any(|it| brings(it, copy))
}

/// Whether `whole` brings the file of `part` to where `part` brings it.
fn brings(whole: &Copied<'_>, part: &Copied<'_>) -> bool {
    let (source, root) = (part.source.as_str(), whole.source.as_str());
    if !matches!(whole.from, From::Context) || whole.text.is_some() || part.text.is_some() {
        return false;
    }
    let name = source.rsplit('/').next().unwrap_or(source);
    if root == source {
        let (whole, part, is_named) = (&whole.destination, &part.destination, !whole.into);
        return whole == part || whole.join(name) == *part || is_named && *whole == part.join(name);
    }
    let is_pattern = root.contains(['*', '?', '[']);
    let folder = |it: &str| it.rsplit_once('/').map_or(String::new(), |it| it.0.to_owned());
    if is_pattern {
        let pattern = root.rsplit('/').next().unwrap_or(root);
        let matches = Glob::new(pattern).is_ok_and(|it| it.matches(name));
        let there = whole.destination.join(name);
        return matches
            && whole.into
            && whole.flags.iter().all(|it| it != "--parents")
            && folder(root) == folder(source)
            && (!part.into && part.destination == there || part.destination.join(name) == there);
    }
    let inside = match root {
        "" => Some(source),
        root => source.strip_prefix(root).and_then(|it| it.strip_prefix('/')),
    };
    let parents = part.flags.iter().any(|it| it == "--parents");
    let Some(inside) = inside.map(|it| if parents { source } else { it }) else { return false };
    // A file goes into the folder or becomes it.
    let there = whole.destination.join(inside);
    match parents {
        true => part.destination.join(source) == there,
        false => (!part.into && part.destination == there) || part.destination.join(name) == there,
    }
}
