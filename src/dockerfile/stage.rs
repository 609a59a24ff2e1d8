//! Stages, and what holds at a point in one: variables, user, working directory and shell.
//!
//! ARG and ENV scoping follow the Dockerfile reference: an ARG before the first FROM is visible in FROM
//! lines only, until a stage redeclares it; a stage built on another inherits its variables; ENV beats
//! an ARG of the same name.

use std::collections::BTreeMap;

use super::{
    Dockerfile, Instruction, Item, Keyword, Kind, image::ImageRef, instruction::Command, word,
};

/// A stage of a Dockerfile.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// The file it is a stage of.
    pub dockerfile: &'a Dockerfile,
    /// Its number, counted from 0 as `COPY --from=0` counts.
    pub index: usize,
    /// Its name, as written.
    pub name: Option<&'a str>,
    /// What it is built on.
    pub base: Base,
    /// The index of its FROM among the items.
    pub from: usize,
    /// The index of the item after its last.
    pub end: usize,
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

/// A variable's value at a point.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Variable {
    /// The value; `None` when it depends on something that the Dockerfile does not tell.
    pub value: Option<String>,
    /// Whether a build argument may change it.
    pub from_argument: bool,
}

/// What holds at a point of a stage.
#[derive(Clone, Debug)]
pub struct State {
    /// The variables that the Dockerfile sets, by name.
    pub variables: BTreeMap<String, Variable>,
    /// The user, as written in the last USER and expanded; `None` when nothing tells.
    pub user: Option<String>,
    /// The working directory, absolute; `None` when nothing tells.
    pub workdir: Option<String>,
    /// Every directory that a WORKDIR made.
    pub made: Vec<String>,
    /// The words of the last SHELL; `None` for the default shell.
    pub shell: Option<Vec<String>>,
    /// The image at the bottom, when it is known.
    pub image: Option<String>,
}

/// The stages of a Dockerfile, in order.
pub fn stages(dockerfile: &Dockerfile) -> Vec<Stage<'_>> {
    let mut globals = BTreeMap::new();
    let mut stages: Vec<Stage<'_>> = Vec::new();
    for (at, item) in dockerfile.items.iter().enumerate() {
        let Kind::Instruction(it) = &item.kind else { continue };
        if let Some(from) = it.from() {
            if let Some(last) = stages.last_mut() {
                last.end = at;
            }
            let base = base(from.image, dockerfile.escape, &globals, &stages);
            let (index, end) = (stages.len(), dockerfile.items.len());
            stages.push(Stage { dockerfile, index, name: from.name, base, from: at, end });
        } else if it.keyword == Keyword::Arg && stages.is_empty() {
            declare(it, dockerfile.escape, &mut globals, None);
        }
    }
    stages
}

fn base(
    image: &str,
    escape: char,
    globals: &BTreeMap<String, Variable>,
    stages: &[Stage<'_>],
) -> Base {
    let value = |name: &str| globals.get(name).and_then(|it| it.value.clone());
    // Only what stands before the first FROM can be given here, so `${V:-3}` of anything else is 3.
    let plain = |name: &str| value(name).is_none() && mentions_plainly(image, name);
    let unset = names(image).into_iter().any(plain);
    let expanded = word::expand(image, escape, &value).ok().filter(|_| !unset);
    let Some(image) = expanded else { return Base::Unknown(image.to_owned()) };
    // Stage names are case-insensitive, and the last stage of a name is the one meant.
    let named = stages.iter().rfind(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(&image)));
    named.map_or(Base::Image(image), |it| Base::Stage(it.index))
}

/// Expands `text`; `None` when a variable in it has no known value.
fn expand(text: &str, escape: char, variables: &BTreeMap<String, Variable>) -> Option<String> {
    let unknown = std::cell::Cell::new(false);
    let lookup = |name: &str| match variables.get(name) {
        Some(Variable { value: Some(value), .. }) => Some(value.clone()),
        // A declared ARG without value is unset unless someone gives it; neither is known here.
        _ => {
            unknown.set(true);
            None
        }
    };
    let expanded = word::expand(text, escape, &lookup).ok()?;
    (!unknown.get()).then_some(expanded)
}

fn declare(
    arg: &Instruction,
    escape: char,
    variables: &mut BTreeMap<String, Variable>,
    globals: Option<&BTreeMap<String, Variable>>,
) {
    for pair in arg.pairs() {
        // ENV beats ARG of the same name.
        if variables.get(&pair.name).is_some_and(|it| !it.from_argument) {
            continue;
        }
        let value = match &pair.value {
            Some(value) => expand(value, escape, variables),
            None => globals.and_then(|it| it.get(&pair.name)).and_then(|it| it.value.clone()),
        };
        variables.insert(pair.name, Variable { value, from_argument: true });
    }
}

impl<'a> Stage<'a> {
    /// Its instructions after FROM: index among the items, item, instruction.
    pub fn instructions(
        &self,
    ) -> impl DoubleEndedIterator<Item = (usize, &'a Item, &'a Instruction)> + use<'a> {
        let (dockerfile, range) = (self.dockerfile, self.from + 1..self.end);
        range.filter_map(move |at| match &dockerfile.items[at].kind {
            Kind::Instruction(it) => Some((at, &dockerfile.items[at], it)),
            _ => None,
        })
    }

    /// The stages it is built on, itself last.
    pub fn lineage(&self, stages: &[Self]) -> Vec<Self> {
        let mut lineage = vec![self.clone()];
        while let Base::Stage(index) = lineage[lineage.len() - 1].base {
            lineage.push(stages[index].clone());
        }
        lineage.reverse();
        lineage
    }

    /// What holds before the item at `at`, the stages below it taken into account.
    pub fn state_before(&self, at: usize, stages: &[Self]) -> State {
        let globals = self.globals(stages);
        let lineage = self.lineage(stages);
        let image = match &lineage[0].base {
            Base::Image(it) => Some(it.clone()),
            _ => None,
        };
        let root = image.as_deref().is_some_and(|it| ImageRef::parse(it).runs_as_root());
        let mut state = State {
            variables: BTreeMap::new(),
            user: root.then(|| "root".to_owned()),
            workdir: root.then(|| "/".to_owned()),
            made: Vec::new(),
            shell: None,
            image,
        };
        for stage in &lineage {
            for (_, _, it) in
                stage.instructions().take_while(|it| stage.index != self.index || it.0 < at)
            {
                state.step(it, self.dockerfile.escape, &globals);
            }
        }
        state
    }

    /// What holds before the item at `at`, from what holds before an earlier item of this stage.
    pub fn state_after(&self, mut state: State, from: usize, at: usize, stages: &[Self]) -> State {
        let globals = self.globals(stages);
        for (_, _, it) in
            self.instructions().skip_while(|it| it.0 < from).take_while(|it| it.0 < at)
        {
            state.step(it, self.dockerfile.escape, &globals);
        }
        state
    }

    /// The arguments before the first FROM.
    fn globals(&self, stages: &[Self]) -> BTreeMap<String, Variable> {
        let mut globals = BTreeMap::new();
        let head = stages.first().map_or(0, |it| it.from);
        for item in &self.dockerfile.items[..head] {
            if let Kind::Instruction(it) = &item.kind {
                declare(it, self.dockerfile.escape, &mut globals, None);
            }
        }
        globals
    }
}

impl State {
    fn step(&mut self, it: &Instruction, escape: char, globals: &BTreeMap<String, Variable>) {
        match it.keyword {
            Keyword::Arg => declare(it, escape, &mut self.variables, Some(globals)),
            Keyword::Env => {
                // All pairs of one ENV see the values from before it.
                let before = self.variables.clone();
                for pair in it.pairs() {
                    let value = pair.value.as_deref().unwrap_or_default();
                    let from_argument =
                        before.iter().any(|(name, it)| it.from_argument && mentions(value, name));
                    let value = expand(value, escape, &before);
                    self.variables.insert(pair.name, Variable { value, from_argument });
                }
            }
            Keyword::Workdir => {
                self.workdir = self.expand(it.text(), escape).and_then(|it| self.absolute(&it));
                self.made.extend(self.workdir.clone());
            }
            Keyword::User => self.user = self.expand(it.text(), escape),
            Keyword::Shell => {
                if let Some(Command::Exec(words)) = it.command() {
                    self.shell = Some(words.iter().map(|it| it.text.clone()).collect());
                }
            }
            _ => {}
        }
    }

    /// Expands a word as the builder would here; `None` when it cannot be known.
    pub fn expand(&self, text: &str, escape: char) -> Option<String> {
        expand(text, escape, &self.variables)
    }

    /// The value of a variable that the Dockerfile sets, when it is known.
    pub fn variable(&self, name: &str) -> Option<&str> {
        self.variables.get(name)?.value.as_deref()
    }

    /// Whether the Dockerfile sets a variable, to whatever.
    pub fn sets(&self, name: &str) -> bool {
        self.variables.contains_key(name)
    }

    /// `path` from the working directory, absolute and without `.` and `..`.
    pub fn absolute(&self, path: &str) -> Option<String> {
        if path.starts_with('/') {
            return Some(absolute("/", path));
        }
        self.workdir.as_deref().map(|it| absolute(it, path))
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

    /// Whether RUN lines go to a POSIX shell: the default one, or a SHELL that is sh, bash, dash or ash.
    pub fn is_posix_shell(&self) -> bool {
        let shell = self.shell.as_ref().and_then(|it| it.first());
        shell.is_none_or(|it| {
            let name = it.rsplit('/').next().unwrap_or_default();
            ["sh", "bash", "dash", "ash", "busybox"].contains(&name)
        })
    }
}

/// `path` from `directory`, without `.` and `..` components.
pub fn absolute(directory: &str, path: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    let whole = [if path.starts_with('/') { "" } else { directory }, path];
    for part in whole.iter().flat_map(|it| it.split('/')) {
        match part {
            "" | "." => {}
            ".." => _ = parts.pop(),
            part => parts.push(part),
        }
    }
    format!("/{}", parts.join("/"))
}

/// The variables that `text` refers to.
pub fn names(text: &str) -> Vec<&str> {
    references(text).map(|it| it.0).collect()
}

/// Whether `text` refers to the variable `name`.
pub fn mentions(text: &str, name: &str) -> bool {
    references(text).any(|it| it.0 == name)
}

fn mentions_plainly(text: &str, name: &str) -> bool {
    references(text).any(|it| it == (name, true))
}

/// The variables that `text` refers to, and whether as `$V` or `${V}` without a default.
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

    fn state(source: &str) -> State {
        let dockerfile = Dockerfile::parse(source);
        let stages = stages(&dockerfile);
        let last = stages.last().unwrap();
        last.state_before(last.end, &stages)
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
        assert_eq!(state("ARG V\nFROM debian:$V\n").image, None);
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
        assert_eq!(state.workdir.as_deref(), Some("/a/b"));
        assert_eq!((state.is_root(), state.home()), (Some(false), Some("/h")));
    }

    #[test]
    fn what_the_file_does_not_tell_is_unknown() {
        let state = state("FROM corp/python\nENV P=/x:$PATH\nWORKDIR app\n");
        assert_eq!((state.user.as_deref(), state.workdir.as_deref()), (None, None));
        assert_eq!((state.variable("P"), state.sets("P")), (None, true));
    }
}
