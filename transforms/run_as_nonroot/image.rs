//! The image that the last stage of a Dockerfile builds, and the services that run it.

use std::cell::OnceCell;

use super::{contents::Contents, evidence, owner::Owner, started::Runners, state::is_shared};
use crate::{
    dockerfile::{
        Dockerfile, Instruction, Keyword, Kind,
        stage::{Base, Stage, State},
    },
    ecosystems::{FETCHERS, homes, node, programs::BUILDS},
    project::Project,
    run::{Run, Site},
    shell::{Command, Script, Word},
    text::{Edit, ImagePath, Refusal, RepoPath},
};

/// The image that the last stage of a Dockerfile builds.
pub struct Image<'a> {
    pub(super) project: &'a Project,
    pub(super) site: &'a Site<'a>,
    pub(super) stage: &'a Stage<'a>,
    pub(super) owner: Owner,
    pub(super) lineage: Vec<Stage<'a>>,
    state: State,
    pub(super) contents: Contents<'a>,
    pub(super) runners: OnceCell<Runners<'a>>,
}

/// An instruction, and where it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Placed<'a> {
    /// Its position among the items of the Dockerfile.
    pub item: usize,
    /// The instruction.
    pub instruction: &'a Instruction,
}

/// Where lines are inserted.
#[derive(Clone, Copy, Debug)]
pub(super) enum Spot {
    /// Above an item and its comments.
    Before(usize),
    /// Below an item.
    After(usize),
}

impl<'a> Image<'a> {
    /// The image that the last stage builds; `None` if there is no stage.
    pub(super) fn of(project: &'a Project, site: &'a Site<'a>, owner: Owner) -> Option<Self> {
        let stage = site.stages.last()?;
        let lineage = stage.lineage(&site.stages);
        let state = stage.state_before(stage.end);
        let (contents, runners) = (Contents::default(), OnceCell::new());
        Some(Self { project, site, stage, owner, lineage, state, contents, runners })
    }

    /// The first stage that a COPY means by this name or number.
    pub(super) fn stage_called(&self, name: &str) -> Option<&'a Stage<'a>> {
        self.site.stages.iter().find(|it| it.is_called(name))
    }

    /// The item to name in a decline: its command, or else its FROM.
    pub fn item(&self) -> usize {
        let runs = |it: &Instruction| matches!(it.keyword, Keyword::Cmd | Keyword::Entrypoint);
        let own = placed(self.stage).filter(|it| runs(it.instruction));
        own.last().map_or(self.stage.from, |it| it.item)
    }

    /// The reference of its base image; `None` if that is not known.
    pub(super) fn base(&self) -> Option<&str> {
        match &self.lineage[0].base {
            Base::Image(it) => Some(it),
            _ => None,
        }
    }

    /// The state after its last instruction.
    pub(super) fn state(&self) -> &State {
        &self.state
    }

    /// Its instructions, those of the stages that it is built on first.
    pub(super) fn instructions(&self) -> impl Iterator<Item = Placed<'a>> + '_ {
        self.lineage.iter().flat_map(placed)
    }

    /// Its RUNs whose text contains one of these words; all of them if there are no words.
    ///
    /// # Errors
    /// A decline's code and reason: a RUN cannot be read.
    pub(super) fn runs(&self, words: &[&str]) -> Result<Vec<Run<'a>>, Refusal> {
        let mut runs = Vec::new();
        for stage in &self.lineage {
            for Placed { item, instruction } in placed(stage) {
                if instruction.keyword != Keyword::Run
                    || (!words.is_empty()
                        && !Script::mentions(self.site.dockerfile, instruction, words))
                {
                    continue;
                }
                match self.site.run(stage, item) {
                    Ok(run) => runs.push(run),
                    // A RUN without a shell has no script.
                    Err(why) if why.code == "exec-form" => {}
                    Err(why) => return Err(why),
                }
            }
        }
        Ok(runs)
    }

    /// Whether a RUN contains one of these words.
    pub(super) fn mentions_run(&self, words: &[&str]) -> bool {
        let dockerfile = self.site.dockerfile;
        self.instructions().any(|it| Script::mentions(dockerfile, it.instruction, words))
    }

    /// Whether the pipeline of a command fetches nothing, or contains one of these words.
    pub(super) fn pipes_from(&self, command: &Command, words: &[&str]) -> bool {
        let text = &self.site.dockerfile.source[command.pipeline.clone()];
        let fetches = FETCHERS.iter().any(|it| text.contains(it));
        !fetches || words.iter().any(|it| text.contains(it))
    }

    /// The value of a variable after the last instruction.
    pub(super) fn variable(&self, name: &str) -> Option<String> {
        self.state.variable(name).map(str::to_owned)
    }

    /// Whether the Dockerfile sets a variable.
    pub(super) fn sets(&self, name: &str) -> bool {
        self.state.sets(name)
    }

    /// Whether a path lies in a folder of the application: where the image starts, or what a WORKDIR makes, as
    /// `/usr/src/app`.
    pub(super) fn is_own(&self, path: &ImagePath) -> bool {
        let mut folders = self.state.made.iter().chain(&self.state.workdir);
        folders.any(|it| !is_shared(it) && path.is_within(it))
    }

    /// A word with its variables expanded.
    pub(super) fn expand(&self, text: &str) -> Option<String> {
        self.state.expand(text, self.site.dockerfile.escape)
    }

    /// The path that an instruction names.
    pub(super) fn path_at(&self, item: usize, text: &str) -> Option<ImagePath> {
        let state = self.state_at(item)?;
        state.absolute(&state.expand(text, self.site.dockerfile.escape)?)
    }

    /// The state before an instruction.
    fn state_at(&self, item: usize) -> Option<State> {
        let stage = self.lineage.iter().find(|it| it.from < item && item < it.end)?;
        Some(stage.state_before(item))
    }

    /// Whether a RUN of any stage contains one of these words.
    pub(super) fn mentions_any_run(&self, words: &[&str]) -> bool {
        let dockerfile = self.site.dockerfile;
        let all = self.site.stages.iter().flat_map(placed);
        let mut runs = all.filter(|it| it.instruction.keyword == Keyword::Run);
        runs.any(|it| Script::mentions(dockerfile, it.instruction, words))
    }

    /// Whether a program that is found on PATH is the project's own: a COPY brings a file of its name, a manifest
    /// makes it of a function, or a RUN builds it.
    pub(super) fn makes_program(&self, name: &str) -> bool {
        let is_named = |it: &str| it.trim_end_matches('/').rsplit('/').next() == Some(name);
        let copies = self.instructions().filter_map(|it| it.instruction.copy()).any(|it| {
            it.from.is_some()
                || is_named(&it.destination.text)
                || it.sources.iter().any(|it| is_named(&it.text))
        });
        let is_linked = |it: &&str| node::program(it, name).is_some();
        copies
            || self.function(name).is_some()
            || self.mentions_run(&BUILDS)
            || self.manifests().iter().any(is_linked)
    }

    /// The function of Python that a manifest makes a program of: `shop.cli:main`.
    pub(super) fn function(&self, name: &str) -> Option<&'a str> {
        // `shop = "shop.cli:main"`, `shop=shop.cli:main`.
        let plain = |it: char| ['"', '\'', ' ', '\t', '[', ']', ','].contains(&it);
        let function = |line: &'a str| {
            let (key, value) = line.split_once('=')?;
            let value = value.trim_matches(plain);
            (key.trim_matches(plain) == name && value.contains(':')).then_some(value)
        };
        self.manifests().iter().find_map(|it| it.lines().find_map(function))
    }

    /// The value of a variable that a process sees: what compose sets it to, else the image.
    pub(super) fn environment(&self, name: &str) -> Option<String> {
        let mut set = self.services().flat_map(|it| &it.service.environment);
        let given = set.find(|it| it.0 == name).map(|it| it.1.clone());
        given.or_else(|| self.variable(name))
    }

    /// Whether a service of compose sets a variable.
    pub(super) fn is_told(&self, name: &str) -> bool {
        self.services().any(|it| it.service.environment.iter().any(|it| it.0 == name))
    }

    /// The text of a file of the project; `None` if it was not read.
    pub(super) fn text(&self, path: &RepoPath) -> Option<String> {
        let file = self.project.source(path)?;
        Some(file.text.replace("\r\n", "\n"))
    }

    /// Whether the project has a file or folder.
    pub(super) fn exists(&self, path: &RepoPath) -> bool {
        self.project.tree().is_file(path) || self.project.tree().is_folder(path)
    }

    /// What keeps caches or settings in the home, if anything does: the first such package that a manifest names,
    /// a browser, a desktop program.
    pub(super) fn package_with_home(&self) -> Option<String> {
        let browser = self.mentions_run(&["chromium", "google-chrome", "chromedriver", "firefox"]);
        let desktop = ["libgtk", "libx11", "libxss", "pulseaudio", "libasound", "qt5", "xauth"];
        let found =
            homes::PACKAGES.iter().find(|it| self.depends_on(it)).map(|it| (*it).to_owned());
        let found = found.or_else(|| browser.then(|| "a browser".to_owned()));
        found.or_else(|| self.mentions_run(&desktop).then(|| "a desktop program".to_owned()))
    }

    /// Whether a folder holds source: something is copied there, and it is not named like state.
    pub(super) fn holds_code(&self, path: &ImagePath) -> bool {
        !evidence::is_state_name(path.as_str()) && self.is_destination(path)
    }

    /// The last item of the stage's head: its FROM, and a MAINTAINER below it.
    pub(super) fn head(&self) -> usize {
        let from = self.stage.from;
        let first = placed(self.stage).find(|it| it.item != from);
        let maintainer = first.filter(|it| it.instruction.keyword == Keyword::Maintainer);
        maintainer.map_or(from, |it| it.item)
    }

    /// Where USER goes: before the command, after all instructions that need root.
    pub(super) fn place(&self) -> Spot {
        let needs_root = |it: &Instruction| matches!(it.keyword, Keyword::Run | Keyword::Workdir);
        let own: Vec<_> = placed(self.stage).collect();
        let from = self.stage.from;
        let last = own.iter().rfind(|it| needs_root(it.instruction)).map_or(from, |it| it.item);
        let runs = |it: &Instruction| matches!(it.keyword, Keyword::Cmd | Keyword::Entrypoint);
        match own.iter().find(|it| last < it.item && runs(it.instruction)) {
            Some(found) => Spot::Before(found.item),
            None => Spot::After(own.last().map_or(from, |it| it.item)),
        }
    }

    /// The first VOLUME of the stage.
    pub(super) fn volume(&self) -> Option<usize> {
        let found = placed(self.stage).find(|it| it.instruction.keyword == Keyword::Volume);
        found.map(|it| it.item)
    }
}

/// The instructions of a stage.
pub(super) fn placed<'a>(stage: &Stage<'a>) -> impl Iterator<Item = Placed<'a>> {
    stage.instructions().map(|(item, _, instruction)| Placed { item, instruction })
}

impl Spot {
    /// The item that it is at.
    pub(super) fn item(self) -> usize {
        match self {
            Self::Before(it) | Self::After(it) => it,
        }
    }

    /// Whether it is directly below an item.
    pub(super) fn is_below(self, dockerfile: &Dockerfile, item: usize) -> bool {
        match self {
            Self::Before(it) => dockerfile.comments_above(it).start == item + 1,
            Self::After(it) => it == item,
        }
    }

    /// The edit that inserts lines there, as a paragraph of their own where the neighbour is one.
    pub(super) fn insert(self, dockerfile: &Dockerfile, lines: &str) -> Edit {
        match self {
            Self::Before(item) if dockerfile.begins_paragraph(item) => {
                dockerfile.insert_before(item, &format!("{lines}\n"))
            }
            Self::Before(item) => dockerfile.insert_before(item, lines),
            Self::After(item) => {
                let first = matches!(&dockerfile.items[item].kind, Kind::Instruction(it) if it.keyword == Keyword::From);
                let paragraph = !first && dockerfile.begins_paragraph(item);
                dockerfile.insert_after(item, lines, paragraph)
            }
        }
    }
}

/// The value of a word of a RUN's script, with the default values of build arguments.
pub(super) fn resolve(run: &Run<'_>, word: &Word) -> Option<String> {
    let lookup = |name: &str| match name {
        "HOME" => run.state.home().map(str::to_owned),
        name => run.state.variable(name).map(str::to_owned),
    };
    run.script.resolve(word, &lookup)
}

/// Merges insertions at the same place, in their order.
pub(super) fn in_one(edits: Vec<Edit>) -> Vec<Edit> {
    let mut all: Vec<Edit> = Vec::new();
    for edit in edits {
        match all.iter_mut().find(|it| it.span == edit.span) {
            Some(known) => known.text += &edit.text,
            None => all.push(edit),
        }
    }
    all
}
