//! The blueprint of an image: the flattened build behind it.
//!
//! Base, ordered effects, final configuration, with the stages inlined that it is built on or copies
//! from, and variables expanded as far as the Dockerfile tells. Two Dockerfiles with equal blueprints
//! build the same image, however they are laid out; that is how the engine sees what a change does.

mod allowed;
mod build;
mod caches;
mod compare;
mod config;
mod fetch;
mod filled;
mod halves;
mod judge;
mod leaving;
mod order;
mod reading;
mod script;
mod split;

use std::{cell::OnceCell, rc::Rc};

pub use allowed::Allowed;
pub use build::blueprints;
pub(crate) use caches::named_caches;
pub use compare::difference;
pub use config::Config;

use super::effects::Effects;
use crate::{
    dockerfile::{Dockerfile, Instruction, Keyword, variables::Variables},
    text::ImagePath,
};

/// The flattened build of an image.
#[derive(Clone, Debug)]
pub struct Blueprint<'a> {
    /// The image at the bottom with its platform, expanded.
    pub base: String,
    /// What is done to its files, in order.
    pub effects: Vec<Effect<'a>>,
    /// What its containers start with.
    pub config: Config,
}

/// Something that changes the files of an image.
#[derive(Clone, Debug)]
pub enum Effect<'a> {
    /// A RUN.
    Run(Run<'a>),
    /// A COPY or ADD.
    Copy(Copied<'a>),
    /// A folder that a WORKDIR makes, and as whom.
    Folder {
        /// The folder.
        path: ImagePath,
        /// The user in force.
        user: Option<String>,
        /// The line of the WORKDIR.
        line: usize,
    },
}

/// A RUN and what it runs in.
#[derive(Clone, Debug)]
pub struct Run<'a> {
    instruction: &'a Instruction,
    dockerfile: &'a Dockerfile,
    /// Where it stands in the file.
    item: usize,
    /// Its flags, but for mounts of package managers' caches: these leave nothing in the image.
    flags: Vec<String>,
    /// The stages that it mounts.
    mounted: Vec<Rc<Blueprint<'a>>>,
    user: Option<String>,
    workdir: ImagePath,
    shell: Option<String>,
    environment: Variables,
    /// The pipelines of its script, once they were asked for.
    pieces: Rc<OnceCell<Option<Vec<script::Piece>>>>,
}

/// One source of a COPY or ADD, its paths resolved.
#[derive(Clone, Debug)]
pub struct Copied<'a> {
    line: usize,
    keyword: Keyword,
    flags: Vec<String>,
    from: From<'a>,
    /// From the root of the context or the image; of a here-document, its name.
    source: String,
    destination: ImagePath,
    /// True if the destination is a folder for certain.
    into: bool,
    /// True if a WORKDIR has made a folder of the destination before.
    finds_folder: bool,
    /// The text of a here-document.
    text: Option<&'a str>,
}

/// What a COPY copies from.
#[derive(Clone, Debug)]
pub enum From<'a> {
    /// The build context.
    Context,
    /// An image, or a context that the caller names.
    Image(String),
    /// Another stage of the file.
    Stage(Rc<Blueprint<'a>>),
}

/// A stage and its blueprint.
#[derive(Clone, Debug)]
pub struct Stage<'a> {
    /// Its name, as written.
    pub name: Option<&'a str>,
    /// Its image.
    pub image: Rc<Blueprint<'a>>,
}

/// The stage that `--target` names, by name or number; the last without one.
pub fn target<'s, 'a>(stages: &'s [Stage<'a>], target: Option<&str>) -> Option<&'s Stage<'a>> {
    let Some(target) = target else { return stages.last() };
    let named = stages.iter().rfind(|it| it.name.is_some_and(|it| it.eq_ignore_ascii_case(target)));
    named.or_else(|| stages.get(target.parse::<usize>().ok()?))
}

impl<'a> Blueprint<'a> {
    /// What its RUNs do, each with the index of its instruction among the items.
    pub(super) fn effects_of_runs(&self) -> impl Iterator<Item = (usize, Effects)> {
        self.effects.iter().filter_map(|it| match it {
            Effect::Run(run) => Some((run.item, reading::read(run))),
            Effect::Copy(_) | Effect::Folder { .. } => None,
        })
    }

    /// Whether a WORKDIR has made a folder, or one below it.
    fn has_folder(&self, folder: &ImagePath) -> bool {
        let is_in =
            |it: &Effect<'_>| matches!(it, Effect::Folder { path, .. } if path.is_within(folder));
        self.effects.iter().any(is_in)
    }

    fn new(image: String, platform: Option<&str>) -> Self {
        let base = platform.map_or(image.clone(), |it| format!("{image} for {it}"));
        Self { base, effects: Vec::new(), config: Config::default() }
    }

    fn enter(&mut self, path: &str, line: usize) -> Option<Effect<'a>> {
        let path = self.config.workdir().join(path);
        self.config.set(Keyword::Workdir, "", path.to_string());
        let known =
            |it: &Effect<'_>| matches!(it, Effect::Folder { path: made, .. } if *made == path);
        if path.is_root() || self.effects.iter().any(known) {
            return None;
        }
        let user = self.config.get(Keyword::User).map(str::to_owned);
        Some(Effect::Folder { path, user, line })
    }
}

impl Effect<'_> {
    /// What it is, for people.
    fn describe(&self) -> String {
        match self {
            Self::Run(it) => {
                format!("the RUN on line {}", it.dockerfile.items[it.item].lines.0)
            }
            Self::Copy(it) => format!("the {} on line {}", it.keyword, it.line),
            Self::Folder { line, .. } => format!("the WORKDIR on line {line}"),
        }
    }
}

impl Run<'_> {
    /// The text that the shell is given, and where each of its bytes stands in the file.
    fn script(&self) -> (&str, impl Fn(usize) -> usize) {
        let it = self.instruction;
        let body = match it.heredocs.as_slice() {
            [one] if it.text().split_whitespace().count() == 1 => Some(one.body.clone()),
            _ => None,
        };
        let text = body.clone().map_or_else(|| it.text(), |it| &self.dockerfile.source[it]);
        let start = it.arguments.start;
        let place = move |at: usize| match &body {
            Some(body) => body.start + at,
            None => it.logical.source_offset(start + at),
        };
        (text, place)
    }
}

/// Whether two scripts run the same when variables have these values: layout does not count, and conditions
/// on them are decided.
pub fn runs_alike(one: &str, other: &str, values: &dyn Fn(&str) -> Option<String>) -> bool {
    script::runs_alike(one, other, values)
}
