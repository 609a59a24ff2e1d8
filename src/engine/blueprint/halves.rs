//! One RUN that became two: what its script says is done by the one or by the other.

use super::{
    Effect, Run, allowed::Allowed, caches::is_cache, compare::same_surroundings, judge::Judge,
    reading::read_text,
};
use crate::{
    ecosystems::{self, habits::Habit},
    engine::effects::{Effects, How, empties_cache, habit},
    shell::{Invocation, Script, token},
    text::ImagePath,
};

/// What the shell is told before other commands, so that what comes after it runs in something else.
const TELLS: &[&str] = &[
    ".", ":", "alias", "cd", "declare", "enable", "eval", "exec", "export", "hash", "local",
    "popd", "pushd", "read", "readonly", "set", "shift", "shopt", "source", "trap", "typeset",
    "ulimit", "umask", "unalias", "unset",
];

/// Folders of the system of which an image needs nothing.
const SPARE: &[&str] = &["/var/cache", "/var/lib/apt/lists"];

/// Folders for what is of use for a while.
const TEMPORARY: &[&str] = &["/tmp", "/var/tmp"];

/// Flags of installs that the same command makes up for when it is run again without them.
const LEAVES_OUT: &[&str] = &[
    "--no-root",
    "--no-directory",
    "--no-install-project",
    "--no-install-workspace",
    "--no-install-local",
    "--no-self",
];

/// Commands that change nothing, however often they run.
const IDLE: &[&str] = &["[", "test", "true", "false", ":", "echo", "printf", "exit"];

/// One of the commands that `&&` joins: a pipeline, or several in a group or a condition.
struct Part {
    text: String,
    words: Vec<String>,
    /// Whether it changes what those after it run in.
    tells: bool,
    /// Whether `;` or a line end comes after it.
    sequence: bool,
    /// The calls in it, where it can be read.
    calls: Option<Vec<Invocation>>,
}

/// Whether two RUNs do what one did, command by command and in its order.
///
/// Each command is in the first or in the second. In both are those that the shell is told, an install that leaves
/// out at first what needs the source, and those that clear a cache.
pub(super) fn in_two(
    whole: &Effect<'_>,
    first: &Effect<'_>,
    second: &Effect<'_>,
    earlier: &[Effect<'_>],
    allowed: &Allowed<'_>,
    judge: &Judge<'_>,
) -> bool {
    let (Effect::Run(whole), Effect::Run(first), Effect::Run(second)) = (whole, first, second)
    else {
        return false;
    };
    if !same_surroundings(whole, first, allowed) || !same_surroundings(whole, second, allowed) {
        return false;
    }
    let all = [whole, first, second].map(|it| parts(it.script().0));
    let [Some(all), Some(first), Some(second)] = all else { return false };
    let is_one = |one: &Part, other: &Part| {
        one.words == other.words && (!one.tells || one.sequence == other.sequence)
    };
    let begun = |one: &Part, other: &Part| is_one(one, other) || begins(one, other);
    // Where a command stands twice, the first RUN has the earlier one and the second the later one.
    let (Some(done), Some(left)) = (
        places(all.iter(), first.iter(), begun),
        places(all.iter().rev(), second.iter().rev(), is_one),
    ) else {
        return false;
    };
    let left: Vec<usize> = left.into_iter().map(|it| all.len() - 1 - it).collect();
    let site = Halves { run: whole, all: &all, done: &done, left: &left, earlier, judge };
    let is_whole =
        |at: usize| done.iter().zip(&first).any(|(it, part)| *it == at && is_one(part, &all[at]));
    (0..all.len()).all(|at| match (done.contains(&at), left.contains(&at)) {
        (false, false) => false,
        // A RUN starts anew, so what the shell was told has to be told again.
        (is_there, is_here) if all[at].tells => {
            (is_there || site.last(&done) < at) && (is_here || site.last(&left) < at)
        }
        (true, true) if is_whole(at) => site.clears(at),
        // What comes before it may not wait.
        (true, true) => (0..at).all(|it| all[it].tells || done.contains(&it)),
        (true, false) => is_whole(at) && (0..at).all(|it| all[it].tells || !left.contains(&it)),
        (false, true) => true,
    })
}

/// A RUN whose commands are done by one of two.
struct Halves<'h, 'a> {
    run: &'h Run<'a>,
    all: &'h [Part],
    /// Those of the first, by their places.
    done: &'h [usize],
    /// Those of the second.
    left: &'h [usize],
    /// What was done before the RUN.
    earlier: &'h [Effect<'a>],
    judge: &'h Judge<'h>,
}

impl Halves<'_, '_> {
    /// The last command of a half that does something; 0 without one.
    fn last(&self, places: &[usize]) -> usize {
        places.iter().copied().filter(|it| !self.all[*it].tells).max().unwrap_or(0)
    }

    /// What a command touches, after what the shell was told.
    fn effects(&self, at: usize) -> Effects {
        let told = self.all[..at].iter().filter(|it| it.tells);
        let texts = told.chain([&self.all[at]]).map(|it| it.text.as_str());
        read_text(self.run, &texts.collect::<Vec<_>>().join(" && "))
    }

    /// Whether a command that both do only clears what is no part of an image, and nothing that is of use to those
    /// which the second alone does.
    fn clears(&self, at: usize) -> bool {
        let Some(calls) = &self.all[at].calls else { return false };
        let removes = || {
            let effects = self.effects(at);
            effects.anything.is_none()
                && effects.touches.iter().all(|it| match it.how {
                    How::Removes { forced: true } => self.is_spare(at, &it.path),
                    How::Enters => true,
                    _ => false,
                })
        };
        let is_rm = |it: &Invocation| it.program == "rm";
        calls.iter().all(empties_cache) || (calls.iter().all(is_rm) && removes())
    }

    /// Whether nobody misses a path once the first RUN has removed it.
    fn is_spare(&self, at: usize, path: &ImagePath) -> bool {
        let waits = |it: &usize| self.left.contains(it) && !self.done.contains(it);
        let mut waiting = (0..at).filter(waits).map(|it| &self.all[it].text);
        let brings = |it: &Effect<'_>| match it {
            Effect::Copy(it) => self.judge.reaches(it, path),
            _ => false,
        };
        // By the XDG Base Directory Specification nothing essential is in `.cache`.
        path.as_str().split('/').any(|it| it == ".cache")
            || path.ancestors().any(|it| is_cache(it.as_str(), &self.run.environment))
            || path.is_within_fixed(SPARE)
            || (path.is_within_fixed(TEMPORARY)
                && !waiting.any(|it| TEMPORARY.iter().any(|folder| it.contains(folder)))
                && !self.earlier.iter().any(brings))
    }
}

/// Where each of some parts stands among all of them, one after the other.
fn places<'p>(
    all: impl Iterator<Item = &'p Part>,
    some: impl Iterator<Item = &'p Part>,
    is_it: impl Fn(&Part, &Part) -> bool,
) -> Option<Vec<usize>> {
    let mut rest = all.enumerate();
    some.map(|part| rest.by_ref().find(|it| is_it(part, it.1)).map(|it| it.0)).collect()
}

/// Whether the first of two is the other one with flags by which the installs in it leave out what needs the
/// source. In a condition, what else is done twice must do nothing.
fn begins(part: &Part, whole: &Part) -> bool {
    let Some(calls) = part.calls.as_deref() else { return false };
    let is_idle = |it: &Invocation| IDLE.contains(&it.program.as_str());
    if !calls.iter().all(|it| habit(it).is_some() || is_idle(it)) {
        return false;
    }
    let flags: Vec<&str> = calls.iter().filter_map(habit).flat_map(leaves_out).collect();
    let is_flag = |it: &String| flags.contains(&it.as_str());
    let left: Vec<&String> = part.words.iter().filter(|it| !is_flag(it)).collect();
    left.len() < part.words.len()
        && left.iter().copied().eq(whole.words.iter().filter(|it| !is_flag(it)))
}

/// The flags by which an install leaves out the project, the folders that it depends on, or its members.
fn leaves_out(habit: &'static Habit) -> impl Iterator<Item = &'static str> {
    let own = habit.own.map_or(&[][..], |it| it.without);
    let all = own.iter().chain(habit.without_folders).chain(habit.alone).copied();
    all.filter(|it| LEAVES_OUT.contains(it))
}

/// The commands of a script, if none runs where one before it failed: `&&` joins them, or `;` where the shell stops
/// at an error. After what only the shell is told, `;` is the same in all three.
fn parts(text: &str) -> Option<Vec<Part>> {
    let tokens = token::tokens(text)?;
    let mut parts: Vec<Part> = Vec::new();
    let (mut open, mut depth, mut starts) = (Vec::new(), 0_usize, true);
    for it in &tokens {
        if depth == 0 && it.ends_pipeline() {
            let sequence = matches!(it.text.as_str(), ";" | "\n");
            match sequence && open.is_empty() {
                true => {}
                false if sequence || it.text == "&&" => {
                    parts.push(Part::of(std::mem::take(&mut open), text, sequence)?);
                }
                false => return None,
            }
            starts = true;
            continue;
        }
        let is_mark = |mark: &str| it.text == mark && !it.is_word;
        match it.text.as_str() {
            _ if is_mark("(") => depth += 1,
            _ if is_mark(")") => depth = depth.checked_sub(1)?,
            "{" | "if" | "for" | "while" | "until" | "case" | "select" if starts => depth += 1,
            "}" | "fi" | "done" | "esac" if starts => depth = depth.checked_sub(1)?,
            _ => {}
        }
        let words = ["!", "{", "if", "then", "elif", "else", "while", "until", "do", "time"];
        let again = it.ends_pipeline() || is_mark("(") || is_mark("|");
        starts = again || (starts && words.contains(&it.text.as_str()));
        open.push(it);
    }
    if !open.is_empty() {
        parts.push(Part::of(open, text, false)?);
    }
    let does = |it: &&Part| !it.tells;
    let inner = parts.iter().rev().skip(1).filter(does);
    let stops = parts.first().is_some_and(Part::stops_at_errors);
    let mut sequences = inner.map(|it| it.sequence);
    let one = sequences.next().unwrap_or_default();
    (depth == 0 && (!one || stops) && sequences.all(|it| it == one)).then_some(parts)
}

impl Part {
    /// The part of these tokens; `None` if there are none.
    fn of(tokens: Vec<&token::Token>, text: &str, sequence: bool) -> Option<Self> {
        let (first, last) = (tokens.first()?, tokens.last()?);
        let text = text[first.span.start..last.span.end].to_owned();
        let script = Script::of_text(&text).ok();
        let calls = script.as_ref().and_then(|script| {
            let call = |it| ecosystems::invocation_of(it, |it| it.value.clone());
            script.commands().iter().map(call).collect()
        });
        let words: Vec<String> = tokens.iter().map(|it| it.text.clone()).collect();
        // Assignments before a command are for that command alone, unless the shell itself is told.
        let name = words.iter().find(|it| !assigns(it)).map(String::as_str);
        let tells = name.is_none_or(|it| TELLS.contains(&it))
            || tokens.get(1).is_some_and(|it| it.text == "(" && !it.is_word);
        Some(Self { text, words, tells, sequence, calls })
    }

    /// Whether the shell is told to stop at errors.
    fn stops_at_errors(&self) -> bool {
        let flag = |it: &String| it == "errexit" || (it.starts_with('-') && it.contains('e'));
        self.words.first().is_some_and(|it| it == "set") && self.words.iter().skip(1).any(flag)
    }
}

/// Whether a word sets a variable: `A=1`, `A+=1`.
fn assigns(word: &str) -> bool {
    word.split_once('=').is_some_and(|(name, _)| {
        let name = name.strip_suffix('+').unwrap_or(name);
        !name.is_empty() && name.bytes().all(|it| it.is_ascii_alphanumeric() || it == b'_')
    })
}
