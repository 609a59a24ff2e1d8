//! Stages, and what holds at a point in one: variables, user, working directory and shell.
//!
//! The stages of a file and all states between their instructions are found out in one pass, and kept with
//! the file: a [`Stage`] and a [`State`] are views of that.

use std::{
    collections::BTreeMap,
    marker::PhantomData,
    ops::{Deref, Range},
    sync::Arc,
};

use super::{
    Dockerfile, Instruction, Item, Keyword,
    image::ImageRef,
    instruction::Command,
    variables::{Arguments, Scope, Variables},
};
use crate::text::ImagePath;

/// A stage of a Dockerfile.
#[derive(Clone, Copy, Debug)]
pub struct Stage<'a> {
    /// The file it is a stage of.
    pub dockerfile: &'a Dockerfile,
    /// Its number, counted from 0 as `COPY --from=0` counts.
    pub index: usize,
    /// Its name, as written.
    pub name: Option<&'a str>,
    /// What it is built on.
    pub base: &'a Base,
    /// The index of its FROM among the items.
    pub from: usize,
    /// The index of the item after its last.
    pub end: usize,
    facts: &'a Facts,
}

/// What a stage is built on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Base {
    /// An image: its reference with variables expanded.
    Image(String),
    /// An earlier stage: its number.
    Stage(usize),
    /// A reference with a variable that has no known value.
    Unknown(String),
}

/// What holds at a point of a stage. A clone is cheap.
///
/// It dereferences to what other instructions than ARG and ENV set.
#[derive(Clone, Debug)]
pub struct State {
    /// The variables that the Dockerfile sets.
    pub variables: Variables,
    setup: Arc<Setup>,
}

/// What a RUN runs in, apart from variables.
#[derive(Clone, Debug, Default)]
pub struct Setup {
    /// The user, as written in the last USER and expanded; `None` when nothing tells.
    pub user: Option<String>,
    /// The working directory; `None` when nothing tells.
    pub workdir: Option<ImagePath>,
    /// Every directory that a WORKDIR made.
    pub made: Vec<ImagePath>,
    /// The words of the last SHELL; `None` for the default shell.
    pub shell: Option<Vec<String>>,
    /// The image at the bottom, when it is known.
    pub image: Option<String>,
}

/// The stages of a Dockerfile when a caller gives these arguments.
pub(crate) struct Outline {
    globals: Arc<Scope>,
    stages: Vec<Facts>,
}

/// What is known of a stage.
#[derive(Debug)]
struct Facts {
    name: Option<String>,
    base: Base,
    from: usize,
    end: usize,
    /// The numbers of the stages that it is built on, ascending, its own last.
    lineage: Vec<usize>,
    scope: Arc<Scope>,
    /// What holds from an item on, where that changes; the first is what the stage starts with.
    setups: Vec<(usize, Arc<Setup>)>,
}

/// What processes start with in an image; `None` for what is not known.
#[derive(Clone, Copy, Debug, Default)]
pub struct Start {
    /// The user: a name, or numbers as USER takes them.
    pub user: Option<&'static str>,
    /// The working directory, absolute.
    pub workdir: Option<&'static str>,
}

/// An outline that is kept with its file, for one answer to what images start with.
struct Kept<F> {
    outline: Outline,
    start: PhantomData<fn() -> F>,
}

/// The stages of a Dockerfile, in order, when nobody gives an argument; `start` says what images start with.
pub fn stages<F: Fn(&ImageRef<'_>) -> Start + 'static>(
    dockerfile: &Dockerfile,
    start: F,
) -> Vec<Stage<'_>> {
    outline(dockerfile, start).stages(dockerfile)
}

/// The outline of a Dockerfile when nobody gives an argument; `start` says what images start with.
pub(crate) fn outline<F: Fn(&ImageRef<'_>) -> Start + 'static>(
    dockerfile: &Dockerfile,
    start: F,
) -> &Outline {
    let kept: &Kept<F> = dockerfile.memo.get(|| Kept {
        outline: Outline::of(dockerfile, &BTreeMap::new(), &start),
        start: PhantomData,
    });
    &kept.outline
}

impl Outline {
    /// Reads the stages of a Dockerfile.
    pub(crate) fn of(
        dockerfile: &Dockerfile,
        given: &Arguments,
        start: &dyn Fn(&ImageRef<'_>) -> Start,
    ) -> Self {
        let globals = Scope::globals(dockerfile, given);
        let froms = dockerfile.instructions_at(0..dockerfile.items.len());
        let froms: Vec<_> = froms.filter_map(|(at, it)| Some((at, it.from()?))).collect();
        let ends = froms.iter().skip(1).map(|it| it.0).chain([dockerfile.items.len()]);
        let mut stages: Vec<Facts> = Vec::with_capacity(froms.len());
        for ((from, words), end) in froms.iter().zip(ends) {
            let base = base(words.image, dockerfile.escape, &globals, &stages);
            let name = words.name.map(str::to_owned);
            let setup = match &base {
                Base::Image(it) => Setup::of_image(it, start(&ImageRef::parse(it))),
                // Of what only the tag is not known the rest tells.
                Base::Unknown(it) if ImageRef::parse(it).has_open_tag() => {
                    Setup::of_image(it, start(&ImageRef::parse(it)))
                }
                Base::Stage(_) | Base::Unknown(_) => Setup::default(),
            };
            let own = Own { items: *from..end, name, base, setup };
            stages.push(Facts::of(dockerfile, own, given, &globals, &stages));
        }
        Self { globals, stages }
    }

    /// The stages, in order; `dockerfile` is the one that was read.
    pub(crate) fn stages<'a>(&'a self, dockerfile: &'a Dockerfile) -> Vec<Stage<'a>> {
        let numbered = self.stages.iter().enumerate();
        let stages = numbered.map(|(index, facts)| Stage {
            dockerfile,
            index,
            name: facts.name.as_deref(),
            base: &facts.base,
            from: facts.from,
            end: facts.end,
            facts,
        });
        stages.collect()
    }

    /// The arguments that FROM lines see.
    pub(crate) fn expand_from(&self, text: &str, escape: char) -> String {
        self.globals.expand_from(text, escape).text.into_owned()
    }

    /// What the stage of this number is built on.
    pub(crate) fn base(&self, stage: usize) -> Option<&Base> {
        self.stages.get(stage).map(|it| &it.base)
    }

    /// The variables of the stage of this number before an item.
    pub(crate) fn variables(&self, stage: usize, item: usize) -> Variables {
        let scope = self.stages.get(stage).map_or(&self.globals, |it| &it.scope);
        Variables::new(scope, item)
    }
}

/// What a stage says itself, and what its image starts with.
struct Own {
    items: Range<usize>,
    name: Option<String>,
    base: Base,
    setup: Setup,
}

impl Facts {
    fn of(
        dockerfile: &Dockerfile,
        own: Own,
        given: &Arguments,
        globals: &Scope,
        stages: &[Self],
    ) -> Self {
        let Own { items, name, base, setup } = own;
        let escape = dockerfile.escape;
        let instructions = || dockerfile.instructions_at(items.start + 1..items.end);
        let below = match base {
            Base::Stage(it) => stages.get(it),
            Base::Image(_) | Base::Unknown(_) => None,
        };
        let scope = below.map(|it| Arc::clone(&it.scope));
        let scope = Scope::of_stage(instructions(), escape, scope, given, globals);
        let start = match below.and_then(|it| it.setups.last()) {
            Some((_, last)) => Arc::clone(last),
            None => Arc::new(setup),
        };
        let mut setups = vec![(items.start, start)];
        for (at, it) in instructions() {
            let next = setups.last().and_then(|last| {
                let variables = Variables::new(&scope, at);
                State { variables, setup: Arc::clone(&last.1) }.step(it, escape)
            });
            setups.extend(next.map(|it| (at + 1, Arc::new(it))));
        }
        let mut lineage = below.map_or_else(Vec::new, |it| it.lineage.clone());
        lineage.push(stages.len());
        Self { name, base, from: items.start, end: items.end, lineage, scope, setups }
    }
}

fn base(image: &str, escape: char, globals: &Scope, stages: &[Facts]) -> Base {
    let expanded = globals.expand_from(image, escape);
    if !expanded.is_known {
        return Base::Unknown(image.to_owned());
    }
    let image = expanded.text;
    // Stage names are case-insensitive, and the last stage of a name is the one meant.
    let is_named = |it: &Facts| it.name.as_ref().is_some_and(|it| it.eq_ignore_ascii_case(&image));
    match stages.iter().rposition(is_named) {
        Some(it) => Base::Stage(it),
        None => Base::Image(image.into_owned()),
    }
}

impl<'a> Stage<'a> {
    /// Its instructions after FROM: index among the items, item, instruction.
    pub fn instructions(
        &self,
    ) -> impl DoubleEndedIterator<Item = (usize, &'a Item, &'a Instruction)> + use<'a> {
        let (dockerfile, range) = (self.dockerfile, self.from + 1..self.end);
        let instructions = dockerfile.instructions_at(range);
        instructions.map(|(at, it)| (at, &dockerfile.items[at], it))
    }

    /// Whether `COPY --from`, a mount or a target means it by this: its name in any case, or its number.
    pub fn is_called(&self, name: &str) -> bool {
        // What is no digit or zero-padded is a name: nothing is allocated for the number.
        let is_number = || {
            let plain = name.bytes().all(|it| it.is_ascii_digit())
                && (name == "0" || !name.starts_with('0'));
            plain && name.parse() == Ok(self.index)
        };
        self.name.is_some_and(|it| it.eq_ignore_ascii_case(name)) || is_number()
    }

    /// The stages it is built on, itself last.
    pub fn lineage(&self, stages: &[Self]) -> Vec<Self> {
        self.facts.lineage.iter().map(|it| stages[*it]).collect()
    }

    /// Whether it is the stage of this number, or built on that one.
    pub fn is_built_on(&self, stage: usize) -> bool {
        self.facts.lineage.binary_search(&stage).is_ok()
    }

    /// What holds before the item at `at`, the stages below it taken into account.
    pub fn state_before(&self, at: usize) -> State {
        let setups = &self.facts.setups;
        let setup = &setups[setups.partition_point(|it| it.0 <= at).saturating_sub(1)].1;
        State { variables: Variables::new(&self.facts.scope, at), setup: Arc::clone(setup) }
    }
}

impl State {
    /// The same in another working directory.
    #[must_use]
    pub fn at_directory(&self, directory: ImagePath) -> Self {
        let setup = Setup { workdir: Some(directory), ..Setup::clone(&self.setup) };
        Self { variables: self.variables.clone(), setup: Arc::new(setup) }
    }
}

impl Deref for State {
    type Target = Setup;

    fn deref(&self) -> &Setup {
        &self.setup
    }
}

impl Setup {
    fn of_image(image: &str, start: Start) -> Self {
        Self {
            user: start.user.map(str::to_owned),
            workdir: start.workdir.and_then(ImagePath::new),
            image: Some(image.to_owned()),
            ..Self::default()
        }
    }
}

impl State {
    /// The setup after an instruction, when it changes it.
    fn step(&self, instruction: &Instruction, escape: char) -> Option<Setup> {
        let next = || Setup::clone(&self.setup);
        match instruction.keyword {
            Keyword::Workdir => {
                let path = self.expand(instruction.text(), escape);
                let workdir = path.and_then(|it| self.absolute(&it));
                let mut next = next();
                next.made.extend(workdir.clone());
                Some(Setup { workdir, ..next })
            }
            Keyword::User => {
                Some(Setup { user: self.expand(instruction.text(), escape), ..next() })
            }
            Keyword::Shell => match instruction.command() {
                Some(Command::Exec(words)) => {
                    let words = words.iter().map(|it| it.text.clone()).collect();
                    Some(Setup { shell: Some(words), ..next() })
                }
                _ => None,
            },
            _ => None,
        }
    }

    /// Expands a word as the builder would here; `None` when it cannot be known.
    pub fn expand(&self, text: &str, escape: char) -> Option<String> {
        let expanded = self.variables.expand(text, escape);
        expanded.is_known.then(|| expanded.text.into_owned())
    }

    /// The value of a variable that the Dockerfile sets, when it is known.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.value()
    }

    /// Whether the Dockerfile sets a variable, to whatever.
    pub fn sets(&self, name: &str) -> bool {
        self.variables.get(name).is_some()
    }

    /// `path` from the working directory; `None` if it is relative and the directory is not known.
    pub fn absolute(&self, path: &str) -> Option<ImagePath> {
        ImagePath::new(path).or_else(|| self.workdir.as_ref().map(|it| it.join(path)))
    }

    /// Whether the user in force is root, as far as is known.
    pub fn is_root(&self) -> Option<bool> {
        let user = self.user.as_deref()?;
        let name = user.split(':').next().unwrap_or_default();
        Some(name == "root" || name == "0")
    }

    /// The home directory: `$HOME` where the Dockerfile sets it, else root's.
    pub fn home(&self) -> Option<&str> {
        if self.sets("HOME") {
            return self.variable("HOME");
        }
        self.is_root()?.then_some("/root")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(image: &ImageRef<'_>) -> Start {
        match image.repository {
            "debian" => Start { user: Some("root"), workdir: Some("/") },
            _ => Start::default(),
        }
    }

    fn state(source: &str) -> State {
        let dockerfile = Dockerfile::parse(source);
        let stages = stages(&dockerfile, start);
        let last = stages.last().unwrap();
        last.state_before(last.end)
    }

    #[test]
    fn a_global_argument_is_invisible_until_redeclared() {
        let before = "ARG V=1\nFROM debian:$V\n";
        assert_eq!(state(before).image.as_deref(), Some("debian:1"));
        assert_eq!(state(before).variable("V"), None);
        assert_eq!(state(&format!("{before}ARG V\n")).variable("V"), Some("1"));
    }

    #[test]
    fn a_default_in_a_from_line_is_known() {
        assert_eq!(state("FROM debian:${V:-12}\n").image.as_deref(), Some("debian:12"));
        assert_eq!(state("ARG V\nFROM debian:$V\n").image.as_deref(), Some("debian:$V"));
        assert_eq!(state("ARG V\nFROM $V:12\n").image, None);
    }

    #[test]
    fn env_beats_arg_and_sees_what_was_before_it() {
        let state = state("FROM debian\nENV A=1\nARG A=2\nENV A=3 B=$A\n");
        assert_eq!((state.variable("A"), state.variable("B")), (Some("3"), Some("1")));
    }

    #[test]
    fn a_stage_inherits_from_the_stage_below() {
        let state =
            state("FROM debian AS Base\nENV HOME=/h\nWORKDIR /a\nUSER 7:7\nFROM base\nWORKDIR b\n");
        assert_eq!(state.workdir, ImagePath::new("/a/b"));
        assert_eq!((state.is_root(), state.home()), (Some(false), Some("/h")));
    }

    #[test]
    fn what_the_file_does_not_tell_is_unknown() {
        let state = state("FROM corp/python\nENV P=/x:$PATH\nWORKDIR app\n");
        assert_eq!((state.user.as_deref(), state.workdir.as_ref()), (None, None));
        assert_eq!((state.variable("P"), state.sets("P")), (None, true));
    }
}
