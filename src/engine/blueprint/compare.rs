//! Two blueprints compared, up to what a change declares.

use std::{borrow::Cow, rc::Rc};

use super::{Blueprint, Copied, Effect, From, Run, allowed::Allowed, order, script, split};
use crate::{
    dockerfile::{Keyword, instruction::Command},
    ecosystems,
    text::Span,
};

/// What of an image is another after a change, beyond what the change says; it reads after "alters".
pub fn difference(
    before: &Blueprint<'_>,
    after: &Blueprint<'_>,
    allowed: &Allowed<'_>,
) -> Option<String> {
    allowed.known.borrow_mut().clear();
    compare(before, after, allowed)
}

/// Whether two images that others take something from are alike. Stages that copy from one another would
/// be compared again for each way that leads to them.
fn alike(before: &Rc<Blueprint<'_>>, after: &Rc<Blueprint<'_>>, allowed: &Allowed<'_>) -> bool {
    let pair = (Rc::as_ptr(before).cast(), Rc::as_ptr(after).cast());
    if let Some(known) = allowed.known.borrow().get(&pair) {
        return *known;
    }
    let alike = compare(before, after, allowed).is_none();
    allowed.known.borrow_mut().insert(pair, alike);
    alike
}

fn compare(before: &Blueprint<'_>, after: &Blueprint<'_>, allowed: &Allowed<'_>) -> Option<String> {
    if before.base != after.base {
        return Some(format!("the base, {} to {}", before.base, after.base));
    }
    let declared = |keyword, name: &str| match keyword {
        Keyword::Env => allowed.variables.contains(name),
        keyword => allowed.config.contains(&keyword) && follows(keyword, before, after),
    };
    if let Some((keyword, name)) = before.config.difference(&after.config, &declared) {
        let gap = if name.is_empty() { "" } else { " " };
        return Some(format!("{keyword}{gap}{name}"));
    }
    effects(before, after, allowed).err()
}

/// Whether what an instruction sets now is what its transforms make of it: a user that is not root, a
/// command without the tool that started it.
fn follows(keyword: Keyword, before: &Blueprint<'_>, after: &Blueprint<'_>) -> bool {
    let (before, after) = (before.config.get(keyword), after.config.get(keyword));
    let Some(after) = after else { return false };
    match keyword {
        Keyword::User => !["root", "0"].contains(&after.split(':').next().unwrap_or_default()),
        _ => {
            let words = |text: &str| {
                let blank = |it: char| if "\"[],".contains(it) { ' ' } else { it };
                text.chars().map(blank).collect::<String>()
            };
            let (before, after) = (words(before.unwrap_or_default()), words(after));
            let (before, after): (Vec<_>, Vec<_>) =
                (before.split_whitespace().collect(), after.split_whitespace().collect());
            let mut left = before.iter().copied().peekable();
            let mut started = Vec::new();
            while let Some(it) = left.next() {
                let name = it.rsplit('/').next().unwrap_or_default();
                let verb = ecosystems::runner(name).and_then(|it| it.verb);
                match verb.is_some() && left.peek().copied() == verb {
                    true => _ = left.next(),
                    false => started.push(it),
                }
            }
            // The words after the form, all of them at the end of what there was.
            let ends = || after.get(1..).is_some_and(|it| before.ends_with(it));
            before.len() > after.len() && (started == after || ends())
        }
    }
}

/// Compares effects by the loosest relation that is declared.
fn effects(
    before: &Blueprint<'_>,
    after: &Blueprint<'_>,
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    let (old, new) = (&before.effects, &after.effects);
    let strict = strictly(old, new, allowed);
    if strict.is_ok() {
        return strict;
    }
    if let Some(environment) = allowed.environment
        && let Some(apart) = split::built_apart(new, environment)
    {
        return split::compare(old, new, (before, after), &apart, allowed);
    }
    match allowed.order {
        true => order::compare(old, new, allowed),
        false => strict,
    }
}

fn strictly(
    before: &[Effect<'_>],
    after: &[Effect<'_>],
    allowed: &Allowed<'_>,
) -> Result<(), String> {
    let rules = Rules {
        same: &|a, b| same(&before[a], &after[b], allowed),
        added: &|b| is_new(&after[b], allowed),
        dropped: &|a| is_idle(&before[a], allowed),
    };
    align(before.len(), after.len(), &rules)
        .map(drop)
        .map_err(|(a, b)| objection(before.get(a), after.get(b)))
}

/// What to say where two lists part.
pub(super) fn objection(before: Option<&Effect<'_>>, after: Option<&Effect<'_>>) -> String {
    match (before, after) {
        (Some(it), _) => it.describe(),
        (None, Some(it)) => format!("the files of the image with {}", it.describe()),
        (None, None) => "the files of the image".to_owned(),
    }
}

/// What may be made of two lists when they are laid beside each other.
pub(super) struct Rules<'r> {
    /// Whether an element of the first is one of the second.
    pub(super) same: &'r dyn Fn(usize, usize) -> bool,
    /// Whether an element of the second may be new.
    pub(super) added: &'r dyn Fn(usize) -> bool,
    /// Whether an element of the first may be gone.
    pub(super) dropped: &'r dyn Fn(usize) -> bool,
}

/// Pairs the elements of two lists in order, as many as can be; for each of the first, its partner.
///
/// # Errors
/// The first places from which there is no way on.
pub(super) fn align(
    before: usize,
    after: usize,
    rules: &Rules<'_>,
) -> Result<Vec<Option<usize>>, (usize, usize)> {
    // What they have in common at either end needs no search.
    let head = (0..before.min(after)).take_while(|it| (rules.same)(*it, *it)).count();
    let rest = before.min(after) - head;
    let tail = (1..=rest).take_while(|it| (rules.same)(before - it, after - it)).count();
    let (first, second) = (before - head - tail, after - head - tail);
    let middle = Rules {
        same: &|a, b| (rules.same)(a + head, b + head),
        added: &|b| (rules.added)(b + head),
        dropped: &|a| (rules.dropped)(a + head),
    };
    let found = search(first, second, &middle).map_err(|(a, b)| (a + head, b + head))?;
    let middle = found.into_iter().map(|it| it.map(|it| it + head));
    let ends = (0..tail).map(|it| Some(after - tail + it));
    Ok((0..head).map(Some).chain(middle).chain(ends).collect())
}

fn search(
    before: usize,
    after: usize,
    rules: &Rules<'_>,
) -> Result<Vec<Option<usize>>, (usize, usize)> {
    // From the end: how many more can be paired from here, or none when there is no way.
    let mut most: Vec<Vec<Option<usize>>> = vec![vec![None; after + 1]; before + 1];
    let same = |a: usize, b: usize| a < before && b < after && (rules.same)(a, b);
    for a in (0..=before).rev() {
        for b in (0..=after).rev() {
            let paired = if same(a, b) { most[a + 1][b + 1].map(|it| it + 1) } else { None };
            let added = if b < after && (rules.added)(b) { most[a][b + 1] } else { None };
            let dropped = if a < before && (rules.dropped)(a) { most[a + 1][b] } else { None };
            let end = (a == before && b == after).then_some(0);
            most[a][b] = [paired, added, dropped, end].into_iter().flatten().max();
        }
    }
    let (mut a, mut b) = (0, 0);
    if most[0][0].is_none() {
        // As far as the two go together.
        loop {
            if same(a, b) {
                (a, b) = (a + 1, b + 1);
            } else if b < after && (rules.added)(b) {
                b += 1;
            } else if a < before && (rules.dropped)(a) {
                a += 1;
            } else {
                return Err((a, b));
            }
        }
    }
    let mut pairs = vec![None; before];
    while a < before || b < after {
        let left = most[a][b];
        if same(a, b) && most[a + 1][b + 1].map(|it| it + 1) == left {
            pairs[a] = Some(b);
            (a, b) = (a + 1, b + 1);
        } else if b < after && (rules.added)(b) && most[a][b + 1] == left {
            b += 1;
        } else {
            a += 1;
        }
    }
    Ok(pairs)
}

/// Whether an effect is one that a change declares as new, or does nothing.
pub(super) fn is_new(effect: &Effect<'_>, allowed: &Allowed<'_>) -> bool {
    let declared = match effect {
        Effect::Run(it) if it.flags.is_empty() => {
            let own = it.pieces(&[]);
            own.is_some() && allowed.runs.contains(&*own)
        }
        _ => false,
    };
    declared || is_idle(effect, &Allowed::default())
}

/// Whether a RUN comes to nothing, once its conditions are decided; or only told Poetry not to make the
/// environment that is there now.
pub(super) fn is_idle(effect: &Effect<'_>, allowed: &Allowed<'_>) -> bool {
    match effect {
        Effect::Run(it) if it.flags.is_empty() => {
            if !it.may_be_idle(&allowed.pipelines) {
                return false;
            }
            let settles = |it: &script::Piece| allowed.environment.is_some() && it.is_setting();
            it.pieces(&allowed.pipelines).as_ref().as_ref().is_some_and(|it| it.iter().all(settles))
        }
        _ => false,
    }
}

/// Whether an effect is the same after a change.
pub(super) fn same(before: &Effect<'_>, after: &Effect<'_>, allowed: &Allowed<'_>) -> bool {
    match (before, after) {
        (Effect::Folder { path, user, .. }, Effect::Folder { path: other, user: whose, .. }) => {
            path == other && user == whose
        }
        (Effect::Copy(a), Effect::Copy(b)) => same_copy(a, b, allowed),
        (Effect::Run(a), Effect::Run(b)) => {
            same_surroundings(a, b, allowed) && same_script(a, b, allowed)
        }
        _ => false,
    }
}

fn same_copy(a: &Copied<'_>, b: &Copied<'_>, allowed: &Allowed<'_>) -> bool {
    same_kind(a, b)
        && a.source == b.source
        && (&a.destination, a.into) == (&b.destination, b.into)
        && a.text == b.text
        && match (&a.from, &b.from) {
            (From::Context, From::Context) => true,
            (From::Image(a), From::Image(b)) => a == b,
            (From::Stage(a), From::Stage(b)) => Rc::ptr_eq(a, b) || alike(a, b, allowed),
            _ => false,
        }
}

/// Whether two COPYs copy in the same way, whatever and wherever.
pub(super) fn same_kind(a: &Copied<'_>, b: &Copied<'_>) -> bool {
    a.keyword == b.keyword && a.flags == b.flags
}

/// Whether two RUNs run in the same place: flags, user, folder, shell and variables.
pub(super) fn same_surroundings(a: &Run<'_>, b: &Run<'_>, allowed: &Allowed<'_>) -> bool {
    let mounted = a.mounted.len() == b.mounted.len()
        && a.mounted.iter().zip(&b.mounted).all(|(a, b)| alike(a, b, allowed));
    let differs = |name: &str| allowed.variables.contains(name);
    mounted
        && a.flags == b.flags
        && a.user == b.user
        && a.workdir == b.workdir
        && a.shell == b.shell
        && a.environment.are_like(&b.environment, differs)
}

fn same_script(a: &Run<'_>, b: &Run<'_>, allowed: &Allowed<'_>) -> bool {
    let bodies = |it: &Run<'_>| {
        let bodies = it.instruction.heredocs.iter();
        bodies.map(|body| it.dockerfile.source[body.body.clone()].to_owned()).collect::<Vec<_>>()
    };
    if let (Some(Command::Exec(a)), Some(Command::Exec(b))) =
        (a.instruction.command(), b.instruction.command())
    {
        return a.iter().map(|it| &it.text).eq(b.iter().map(|it| &it.text));
    }
    let exec = |it: &Run<'_>| it.instruction.json().is_some();
    if exec(a) != exec(b) {
        return false;
    }
    if a.instruction.text() == b.instruction.text() && bodies(a) == bodies(b) {
        return true;
    }
    // Of several here-documents, each may be for something else.
    let shape =
        |it: &Run<'_>| (it.instruction.heredocs.len(), it.script().0 == it.instruction.text());
    if shape(a) != shape(b) || shape(a).0 > 1 || (shape(a).0 == 1 && shape(a).1) {
        return false;
    }
    match (&*a.pieces(&allowed.pipelines), &*b.pieces(&[])) {
        (Some(a), Some(b)) => script::same(a, b),
        _ => false,
    }
}

impl Run<'_> {
    /// The pipelines of its script, of which those at `altered` in the file may say something else.
    ///
    /// Those of a RUN in which nothing is altered are read once.
    pub(super) fn pieces(&self, altered: &[Span]) -> Cow<'_, Option<Vec<script::Piece>>> {
        match self.is_altered(altered) {
            true => Cow::Owned(self.read_pieces(altered)),
            false => Cow::Borrowed(self.pieces.get_or_init(|| self.read_pieces(&[]))),
        }
    }

    fn is_altered(&self, altered: &[Span]) -> bool {
        let item = &self.dockerfile.items[self.item].span;
        altered.iter().any(|it| item.start <= it.start && it.end <= item.end)
    }

    /// False when its text alone shows that something runs whatever variables hold: it begins with a
    /// command, and no condition is in it.
    fn may_be_idle(&self, altered: &[Span]) -> bool {
        let text = self.script().0;
        let begins = text.trim_start().starts_with(|it: char| it.is_alphanumeric() || it == '/');
        !begins || text.contains("if") || self.is_altered(altered)
    }

    fn read_pieces(&self, altered: &[Span]) -> Option<Vec<script::Piece>> {
        if self.instruction.json().is_some() {
            return None;
        }
        let (text, place) = self.script();
        let value = |name: &str| self.environment.text(name).filter(|it| !it.contains('$'));
        let value = |name: &str| value(name).map(str::to_owned);
        let (first, last) = (place(0), place(text.len()));
        let near = altered.iter().filter(|it| first <= it.start && it.end <= last);
        // The script's own offsets: of the file's only those count that are left in the text.
        let within = |span: &Span| {
            let inside = |at: &usize| span.start <= place(*at) && place(*at) < span.end;
            let start = (0..text.len()).find(inside)?;
            let end = (start..text.len()).rfind(inside)? + 1;
            Some(start..end)
        };
        let spans: Vec<Span> = near.filter_map(within).collect();
        script::pieces(text, &spans, &value)
    }
}
