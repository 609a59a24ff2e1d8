//! ARG and ENV: what each variable is at each point of a Dockerfile.
//!
//! After the Dockerfile reference and BuildKit's `frontend/dockerfile/dockerfile2llb/convert.go`:
//!
//! - An ARG before the first FROM is global: FROM lines see it, a stage only when it declares it again.
//! - A stage that is built on another one starts with all its variables, of ENV and of ARG. What the image
//!   at the bottom sets is not known here.
//! - ENV beats an ARG of the same name, whichever comes first.
//! - All pairs of one ENV see the values from before it. The arguments of one ARG see one another.
//! - What the caller gives beats the default of an ARG. Without either it is what the global one is, or
//!   what it was before, or unset.
//! - The platform's arguments (`TARGETARCH` and so on) are global without an ARG. A stage has to declare
//!   them, and only the builder knows their values. A proxy's (`HTTP_PROXY`) reach every RUN, but are
//!   expanded only where an ARG declares them, and so need no rule of their own.

use std::{
    borrow::Cow,
    cell::Cell,
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, LazyLock},
};

use super::{Dockerfile, Instruction, Keyword, Kind, word};

/// The arguments that a caller gives a build, by name; `None` for one whose value is not known.
pub type Arguments = BTreeMap<String, Option<String>>;

/// The arguments that BuildKit defines before the first FROM (`defaultArgs` in `dockerfile2llb`), sorted.
const PLATFORM: &[&str] = &[
    "BUILDARCH",
    "BUILDOS",
    "BUILDOSVERSION",
    "BUILDPLATFORM",
    "BUILDVARIANT",
    "TARGETARCH",
    "TARGETOS",
    "TARGETOSVERSION",
    "TARGETPLATFORM",
    "TARGETSTAGE",
    "TARGETVARIANT",
];

/// A variable at a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    value: Value,
    /// Whether an ARG set it, and not an ENV.
    pub is_argument: bool,
    /// Whether a build argument may change it: an ARG, or an ENV whose value refers to one.
    pub from_argument: bool,
}

/// What a variable holds.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Value {
    Known(String),
    /// Part of it is known: the rest stands as `${NAME}`.
    Partial(String),
    /// An ARG without a default that nobody gives.
    Unset,
}

/// A text after expansion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expanded<'t> {
    /// The text. A variable without a known value stays as `${NAME}`; a text that needs its value, as
    /// `${NAME:-x}` does, and one that BuildKit refuses stay as they are.
    pub text: Cow<'t, str>,
    /// Whether that is what the builder makes of it.
    pub is_known: bool,
}

/// The variables at a point of a stage, or before the first FROM. A clone is cheap.
#[derive(Clone, Debug, Default)]
pub struct Variables {
    scope: Arc<Scope>,
    /// The index among the items of the first instruction that does not count yet.
    at: usize,
}

/// Everything that the instructions of a stage assign.
#[derive(Debug, Default)]
pub(super) struct Scope {
    /// The stage that it is built on. All its items come before those of this one.
    below: Option<Arc<Self>>,
    /// By name, the item of each assignment and what the variable is from then on, in order.
    assigned: BTreeMap<String, Vec<(usize, Variable)>>,
}

static PREDEFINED: LazyLock<BTreeMap<&str, Variable>> = LazyLock::new(|| {
    let unknown = |name: &&'static str| {
        let value = Value::Partial(format!("${{{name}}}"));
        (*name, Variable { value, is_argument: true, from_argument: true })
    };
    PLATFORM.iter().map(unknown).collect()
});

impl Variable {
    /// Its value; `None` if it is not known, or if it is an ARG that nobody gives a value.
    pub fn value(&self) -> Option<&str> {
        match &self.value {
            Value::Known(it) => Some(it),
            Value::Partial(_) | Value::Unset => None,
        }
    }
}

impl Scope {
    /// The arguments before the first FROM.
    pub(super) fn globals(dockerfile: &Dockerfile, given: &Arguments) -> Arc<Self> {
        let mut scope = Self::default();
        for (at, item) in dockerfile.items.iter().enumerate() {
            match &item.kind {
                Kind::Instruction(it) if it.keyword == Keyword::From => break,
                Kind::Instruction(it) if it.keyword == Keyword::Arg => {
                    scope.declare(it, at, dockerfile.escape, given, &Self::default());
                }
                _ => {}
            }
        }
        Arc::new(scope)
    }

    /// The assignments of a stage, given its instructions, each with its index among the items.
    pub(super) fn of_stage<'a>(
        instructions: impl Iterator<Item = (usize, &'a Instruction)>,
        escape: char,
        below: Option<Arc<Self>>,
        given: &Arguments,
        globals: &Self,
    ) -> Arc<Self> {
        let mut scope = Self { below, assigned: BTreeMap::new() };
        for (at, it) in instructions {
            match it.keyword {
                Keyword::Arg => scope.declare(it, at, escape, given, globals),
                Keyword::Env => scope.set(it, at, escape),
                _ => {}
            }
        }
        Arc::new(scope)
    }

    fn declare(
        &mut self,
        arg: &Instruction,
        item: usize,
        escape: char,
        given: &Arguments,
        globals: &Self,
    ) {
        for pair in arg.pairs() {
            // One argument sees those before it, also of its own ARG.
            let known = |name: &str| self.get(name, item + 1);
            let before = known(&pair.name);
            if before.is_some_and(|it| !it.is_argument) {
                continue;
            }
            let value = match (given.get(&pair.name), &pair.value) {
                (Some(Some(given)), _) => Value::Known(given.clone()),
                (Some(None), _) => Value::Partial(format!("${{{}}}", pair.name)),
                (None, Some(default)) => Value::of(expand(default, escape, known)),
                (None, None) => {
                    let global = globals.global(&pair.name).filter(|it| it.value != Value::Unset);
                    global.or(before).map_or(Value::Unset, |it| it.value.clone())
                }
            };
            let variable = Variable { value, is_argument: true, from_argument: true };
            self.assign(&pair.name, item, variable);
        }
    }

    fn set(&mut self, env: &Instruction, item: usize, escape: char) {
        for pair in env.pairs() {
            let known = |name: &str| self.get(name, item);
            let text = pair.value.as_deref().unwrap_or_default();
            let from_argument = names(text).any(|it| known(it).is_some_and(|it| it.from_argument));
            let value = Value::of(expand(text, escape, known));
            let variable = Variable { value, is_argument: false, from_argument };
            self.assign(&pair.name, item, variable);
        }
    }

    fn assign(&mut self, name: &str, item: usize, variable: Variable) {
        match self.assigned.get_mut(name) {
            Some(all) => all.push((item, variable)),
            // Most are assigned once.
            None => _ = self.assigned.insert(name.to_owned(), vec![(item, variable)]),
        }
    }

    fn get(&self, name: &str, at: usize) -> Option<&Variable> {
        let mut scope = self;
        loop {
            if let Some(all) = scope.assigned.get(name)
                && let Some((_, it)) = all[..all.partition_point(|it| it.0 < at)].last()
            {
                return Some(it);
            }
            scope = scope.below.as_deref()?;
        }
    }

    /// A global argument, also one of those that the builder defines.
    fn global(&self, name: &str) -> Option<&Variable> {
        self.get(name, usize::MAX).or_else(|| PREDEFINED.get(name))
    }

    /// Expands a word of a FROM line, which sees what stands before the first FROM.
    pub(super) fn expand_from<'t>(&self, text: &'t str, escape: char) -> Expanded<'t> {
        // Nobody can give what is declared nowhere, so the default in `${NAME:-3}` is what counts.
        let has_default = |name: &str| {
            self.global(name).is_none_or(|it| it.value == Value::Unset)
                && !references(text).any(|it| it == (name, true))
        };
        let unset =
            Variable { value: Value::Known(String::new()), is_argument: true, from_argument: true };
        expand(text, escape, |name| match has_default(name) {
            true => Some(&unset),
            false => self.global(name),
        })
    }
}

impl Value {
    fn of(expanded: Expanded<'_>) -> Self {
        match expanded.is_known {
            true => Self::Known(expanded.text.into_owned()),
            false => Self::Partial(expanded.text.into_owned()),
        }
    }
}

impl Variables {
    /// The variables before the item at `at`.
    pub(super) fn new(scope: &Arc<Scope>, at: usize) -> Self {
        Self { scope: Arc::clone(scope), at }
    }

    /// The variable of this name, when the Dockerfile sets or declares it.
    pub fn get(&self, name: &str) -> Option<&Variable> {
        self.scope.get(name, self.at)
    }

    /// What a variable holds, as far as is known, the rest as `${NAME}`; `None` when it is not set.
    pub fn text(&self, name: &str) -> Option<&str> {
        match &self.get(name)?.value {
            Value::Known(it) | Value::Partial(it) => Some(it),
            Value::Unset => None,
        }
    }

    /// All variables, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Variable)> {
        let scopes = std::iter::successors(Some(&*self.scope), |it| it.below.as_deref());
        let names: BTreeSet<&str> =
            scopes.flat_map(|it| it.assigned.keys().map(String::as_str)).collect();
        names.into_iter().filter_map(|it| Some((it, self.get(it)?)))
    }

    /// Expands a word as the builder does here.
    pub fn expand<'t>(&self, text: &'t str, escape: char) -> Expanded<'t> {
        expand(text, escape, |name| self.get(name))
    }

    /// Whether a RUN finds the same in its environment as with `other`, apart from what `differs` names.
    pub fn are_like(&self, other: &Self, differs: impl Fn(&str) -> bool) -> bool {
        if Arc::ptr_eq(&self.scope, &other.scope) && self.at == other.at {
            return true;
        }
        let set = |it: &(&str, &Variable)| it.1.value != Value::Unset && !differs(it.0);
        self.iter().filter(set).map(seen).eq(other.iter().filter(set).map(seen))
    }
}

/// What a RUN sees of a variable: its name, its value, and whether it is an argument.
fn seen<'v>((name, variable): (&'v str, &'v Variable)) -> (&'v str, &'v Value, bool) {
    (name, &variable.value, variable.is_argument)
}

impl PartialEq for Variables {
    fn eq(&self, other: &Self) -> bool {
        self.iter().eq(other.iter())
    }
}

/// Expands a word, given the variables.
fn expand<'v, 't>(
    text: &'t str,
    escape: char,
    known: impl Fn(&str) -> Option<&'v Variable>,
) -> Expanded<'t> {
    let as_it_is = |is_known| Expanded { text: Cow::Borrowed(text), is_known };
    if !text.contains(['$', escape, '"', '\'']) {
        return as_it_is(true);
    }
    let is_known = Cell::new(true);
    let lookup = |name: &str| {
        let value = known(name).map(|it| &it.value);
        if let Some(Value::Known(it)) = value {
            return Some(it.clone());
        }
        is_known.set(false);
        match value {
            Some(Value::Partial(it)) => Some(it.clone()),
            _ => Some(format!("${{{name}}}")),
        }
    };
    match word::expand(text, escape, &lookup) {
        Ok(it) if is_known.get() => Expanded { text: Cow::Owned(it), is_known: true },
        Ok(it) if references(text).all(|(name, plain)| plain || has_text(known(name))) => {
            Expanded { text: Cow::Owned(it), is_known: false }
        }
        _ => as_it_is(false),
    }
}

fn has_text(variable: Option<&Variable>) -> bool {
    variable.is_some_and(|it| it.value != Value::Unset)
}

/// The variables that `text` refers to.
pub fn names(text: &str) -> impl Iterator<Item = &str> {
    references(text).map(|it| it.0)
}

/// Whether `text` refers to the variable `name`.
pub fn mentions(text: &str, name: &str) -> bool {
    names(text).any(|it| it == name)
}

/// The variables that `text` refers to, and whether as `$V` or `${V}` without a modifier.
fn references(text: &str) -> impl Iterator<Item = (&str, bool)> {
    text.match_indices('$').map(move |(at, _)| {
        let braced = text[at + 1..].starts_with('{');
        let rest = &text[at + 1 + usize::from(braced)..];
        let end =
            rest.find(|it: char| !it.is_ascii_alphanumeric() && it != '_').unwrap_or(rest.len());
        (&rest[..end], !braced || rest[end..].starts_with('}'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::dockerfile::stage::{Outline, Start};

    /// A variable at the end of the last stage, when a caller gives these arguments.
    fn with(source: &str, given: &[(&str, Option<&str>)], name: &str) -> Option<Variable> {
        let given = given.iter().map(|it| (it.0.to_owned(), it.1.map(str::to_owned))).collect();
        let dockerfile = Dockerfile::parse(source);
        let outline = Outline::of(&dockerfile, &given, &|_| Start::default());
        let stages = dockerfile.instructions().filter(|it| it.1.keyword == Keyword::From).count();
        outline.variables(stages - 1, dockerfile.items.len()).get(name).cloned()
    }

    /// What it holds when nobody gives anything: `?` when that is not known, `-` when it is not set.
    fn value(source: &str, name: &str) -> String {
        given(source, &[], name)
    }

    fn given(source: &str, given: &[(&str, Option<&str>)], name: &str) -> String {
        with(source, given, name).map_or("-".to_owned(), |it| match it.value {
            Value::Known(it) => it,
            Value::Partial(it) => format!("?{it}"),
            Value::Unset => "-".to_owned(),
        })
    }

    #[test]
    fn env_beats_arg_whichever_comes_first() {
        for source in ["FROM a\nENV V=env\nARG V=arg\n", "FROM a\nARG V=arg\nENV V=env\n"] {
            assert_eq!(value(source, "V"), "env", "{source}");
            assert_eq!(given(source, &[("V", Some("given"))], "V"), "env", "{source}");
        }
        // Also an ENV that refers to an argument is one.
        let refers = "FROM a\nARG A=1\nENV V=$A\nARG V=arg\n";
        assert_eq!(value(refers, "V"), "1");
        // And one of the stage below.
        assert_eq!(value("FROM a AS b\nENV V=env\nFROM b\nARG V=arg\n", "V"), "env");
    }

    #[test]
    fn pairs_of_an_env_see_what_was_before_it_and_arguments_one_another() {
        assert_eq!(value("FROM a\nENV A=1\nENV A=2 B=$A\n", "B"), "1");
        assert_eq!(value("FROM a\nARG A=1\nARG A=2 B=$A\n", "B"), "2");
        assert_eq!(value("FROM a\nENV A=1\nENV A=2\nENV B=$A\n", "B"), "2");
    }

    #[test]
    fn a_global_argument_is_for_from_lines_until_a_stage_declares_it() {
        let head = "ARG V=1\nFROM a\n";
        assert_eq!(value(head, "V"), "-");
        assert_eq!(value(&format!("{head}ARG V\n"), "V"), "1");
        assert_eq!(value(&format!("{head}ARG V=2\n"), "V"), "2");
        assert_eq!(value(&format!("{head}ARG V\nFROM b\n"), "V"), "-");
        assert_eq!(given(head, &[("V", Some("2"))], "V"), "-");
        assert_eq!(given(&format!("{head}ARG V\n"), &[("V", Some("2"))], "V"), "2");
        // A declaration without a value takes nothing away.
        assert_eq!(value("FROM a\nARG V=1\nARG V\n", "V"), "1");
        assert_eq!(value("ARG V\nFROM a\nARG V=1\nARG V\n", "V"), "1");
        assert_eq!(value("ARG V=1\nARG V\nFROM a\nARG V\n", "V"), "1");
        assert_eq!(value("FROM a\nARG V\n", "V"), "-");
    }

    #[test]
    fn what_a_caller_gives_beats_the_default() {
        let source = "ARG A=1\nARG B=$A\nFROM a\nARG B\nARG C=$B\nENV D=$C E=$NONE\n";
        assert_eq!(value(source, "D"), "1");
        assert_eq!(given(source, &[("A", Some("2"))], "D"), "2");
        assert_eq!(given(source, &[("C", Some("3"))], "D"), "3");
        assert_eq!(given(source, &[("C", None)], "D"), "?${C}");
        // Only what is declared can be given.
        assert_eq!(given("FROM a\nENV D=$C\n", &[("C", Some("3"))], "D"), "?${C}");
    }

    #[test]
    fn a_stage_inherits_env_and_arg_from_the_stage_below() {
        let source = "FROM a AS b\nARG A=1\nENV E=2\nFROM b\n";
        assert_eq!((value(source, "A").as_str(), value(source, "E").as_str()), ("1", "2"));
        let source = "FROM a AS b\nARG A=1\nENV E=2\nFROM a\n";
        assert_eq!((value(source, "A").as_str(), value(source, "E").as_str()), ("-", "-"));
        // What the stage below sets later than here would be another file's order.
        assert_eq!(value("FROM a AS b\nENV E=1\nFROM b\nENV E=2\nFROM b\n", "E"), "1");
    }

    #[test]
    fn what_is_unknown_stays_unknown() {
        assert_eq!(value("FROM a\nENV P=/x:$PATH\n", "P"), "?/x:${PATH}");
        assert_eq!(value("FROM a\nENV P=/x:$PATH Q=1\nENV R=$P:$Q\n", "R"), "?/x:${PATH}:1");
        // It depends on whether the image sets it.
        assert_eq!(value("FROM a\nENV P=${X:-1}\n", "P"), "?${X:-1}");
        assert_eq!(value("FROM a\nARG X\nENV P=${X:-1}\n", "P"), "?${X:-1}");
        assert_eq!(value("FROM a\nENV P='$X'\n", "P"), "$X");
    }

    #[test]
    fn the_platform_is_known_to_the_builder_alone() {
        assert_eq!(value("FROM a\n", "TARGETARCH"), "-");
        assert_eq!(value("FROM a\nARG TARGETARCH\n", "TARGETARCH"), "?${TARGETARCH}");
        assert_eq!(value("FROM a\nARG TARGETARCH=arm\n", "TARGETARCH"), "arm");
        assert_eq!(
            given("FROM a\nARG TARGETARCH\n", &[("TARGETARCH", Some("arm"))], "TARGETARCH"),
            "arm"
        );
        assert_eq!(value("FROM a\nARG HTTP_PROXY\n", "HTTP_PROXY"), "-");
        assert!(PLATFORM.is_sorted());
    }

    #[test]
    fn from_lines_see_global_arguments_only() {
        let base = |source: &str, given: &[(&str, Option<&str>)]| {
            let given = given.iter().map(|it| (it.0.to_owned(), it.1.map(str::to_owned))).collect();
            let dockerfile = Dockerfile::parse(source);
            let scope = Scope::globals(&dockerfile, &given);
            let from = dockerfile.instructions().rev().find_map(|it| it.1.from());
            let it = scope.expand_from(from.unwrap().image, '\\');
            format!("{}{}", if it.is_known { "" } else { "?" }, it.text)
        };
        assert_eq!(base("ARG V=1\nFROM a:$V\n", &[]), "a:1");
        assert_eq!(base("ARG V=1\nFROM a:$V\n", &[("V", Some("2"))]), "a:2");
        assert_eq!(base("ARG V=1\nFROM a:$V\n", &[("V", None)]), "?a:${V}");
        assert_eq!(base("ARG V\nFROM a:${V}\n", &[]), "?a:${V}");
        assert_eq!(base("ARG V\nFROM a:${V:-1}\n", &[]), "a:1");
        assert_eq!(base("FROM a:${V:-1}\n", &[("V", Some("2"))]), "a:1");
        assert_eq!(base("FROM a\nARG V=1\nFROM a:$V\n", &[]), "?a:${V}");
        assert_eq!(base("FROM a:${TARGETARCH:-1}\n", &[]), "?a:${TARGETARCH}");
    }

    #[test]
    fn a_build_argument_reaches_what_refers_to_it() {
        let source = "FROM a\nARG A=1\nENV B=$A C=1\nENV D=${B}x\n";
        let from_argument = |name| with(source, &[], name).is_some_and(|it| it.from_argument);
        assert_eq!(["A", "B", "C", "D"].map(from_argument), [true, true, false, true]);
    }

    #[test]
    fn two_points_are_alike_when_a_run_finds_the_same() {
        let at = |source: &str| {
            let dockerfile = Dockerfile::parse(source);
            Outline::of(&dockerfile, &Arguments::new(), &|_| Start::default())
                .variables(0, usize::MAX)
        };
        let one = at("FROM a\nENV A=1\n");
        assert!(one.are_like(&at("FROM a\nENV A=2\nARG B\nENV A=1\n"), |_| false));
        assert!(!one.are_like(&at("FROM a\nENV A=2\n"), |_| false));
        assert!(!one.are_like(&at("FROM a\nARG A=1\n"), |_| false));
        assert!(!one.are_like(&at("FROM a\nENV A=1 B=1\n"), |_| false));
        assert!(one.are_like(&at("FROM a\nENV A=1 B=1\n"), |it| it == "B"));
    }
}
