//! What a RUN reads and writes, as the engine sees it.
//!
//! The engine judges changes by this, so it is read here from the script itself: words, redirections,
//! substitutions, folders. It asks no transform and nothing that a transform asks; of package managers and
//! other programs it knows only the tables in [`crate::ecosystems::habits`]. A program that has no row there
//! may touch anything.

mod call;
mod manager;
mod script;
mod settle;
#[cfg(test)]
mod tests;

use std::sync::Arc;

pub(super) use call::{downloads, empties_cache, fills, habit, is_of_manager, is_tool};

use crate::{
    ecosystems::habits::Habit,
    shell::{Invocation, Script},
    text::{ImagePath, glob::Glob},
};

/// What a RUN does with the files of the image.
#[derive(Clone, Debug, Default)]
pub(super) struct Effects {
    /// The files and folders it is known to touch.
    pub(super) touches: Vec<Touch>,
    /// The first command that may touch anything.
    pub(super) anything: Option<String>,
    /// Each command, in order.
    pub(super) commands: Vec<Done>,
    /// The names of the package managers that it calls.
    pub(super) managers: Vec<&'static str>,
    /// Whether it runs a program at all, which reads the system's own files.
    pub(super) runs: bool,
}

/// A command, and what it does.
#[derive(Clone, Debug)]
pub(super) struct Done {
    /// The call, if it is known what it calls.
    pub(super) call: Option<Invocation>,
    /// Whether it does more than install packages, fetch or clean up.
    pub(super) works: bool,
    /// What it touches.
    pub(super) effects: Effects,
}

/// A file or folder that a command touches.
#[derive(Clone, Debug)]
pub(super) struct Touch {
    /// Where it stands in the image; of a pattern, the folder that it matches in.
    pub(super) path: ImagePath,
    /// The pattern that files in the folder match, if the shell expands one.
    pub(super) pattern: Option<Glob>,
    /// What is done with it.
    pub(super) how: How,
}

/// What a command does with a file or folder.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// It reads it and what lies in it.
    Reads,
    /// It reads, changes or makes it and what lies in it.
    Changes,
    /// It makes or changes a file, for which its folder must be there.
    Writes,
    /// It is made anew, whatever there was: what an install makes where it runs.
    Makes,
    /// It removes it and what lies in it; whether it may be missing.
    Removes { forced: bool },
    /// It makes a folder, or leaves it as it is.
    Folder,
    /// It runs in it.
    Enters,
    /// It reads a list of requirements; what the list names is seen from this folder.
    List(ImagePath),
    /// It reads a manifest of the folder; with the folders that it depends on, with the project itself, and with all that
    /// the manifest makes it read.
    Manifest { habit: &'static Habit, folders: bool, own: bool, whole: bool },
    /// It reads a file if it has this text.
    Says(&'static str),
    /// It reads all of the folder of a file in which a line begins with this text.
    Lists(&'static str),
    /// It reads the files that settings name after this key.
    Names(&'static str),
}

/// What holds where a RUN starts.
pub(super) struct Surroundings<'a> {
    /// The working directory; `None` if it is not known.
    pub(super) workdir: Option<ImagePath>,
    /// The value of a variable, if it is known.
    pub(super) variable: &'a dyn Fn(&str) -> Option<String>,
    /// Every variable whose value is known.
    pub(super) environment: &'a [(&'a str, &'a str)],
    /// Whether root runs it.
    pub(super) is_root: bool,
}

/// What is known of the text of a file at a path of the image.
#[derive(Clone, Debug)]
pub(super) enum Said {
    /// It is a file of the project with this text.
    Text(Arc<str>),
    /// No file of the project is there.
    Nothing,
    /// Something is there, or may be, that was not read: of another stage, behind a mount, too large.
    Unknown,
}

/// The text of the file at a path of the image.
pub(super) type Text<'a> = &'a dyn Fn(&ImagePath) -> Said;

impl Said {
    /// The text, if it is known.
    pub(super) fn text(self) -> Option<Arc<str>> {
        match self {
            Self::Text(it) => Some(it),
            Self::Nothing | Self::Unknown => None,
        }
    }

    /// Whether it is not known what is there.
    fn is_unknown(&self) -> bool {
        matches!(self, Self::Unknown)
    }
}

impl Effects {
    /// The effects of a script whose text the shell is given like this.
    pub(super) fn of(script: &Script, text: &str, at: &Surroundings<'_>) -> Self {
        let mut effects = Self::default();
        script::read(script, text, at, &mut effects, 0);
        effects
    }

    /// A RUN that is not read: it may do anything.
    pub(super) fn unknown() -> Self {
        let anything = Some("it".to_owned());
        let unknown = Self { anything, runs: true, ..Self::default() };
        let done = Done { call: None, works: true, effects: unknown.clone() };
        Self { commands: vec![done], ..unknown }
    }

    fn touch(&mut self, path: ImagePath, how: How) {
        self.touches.push(Touch::new(path, how));
    }

    /// Takes note of a command that may touch anything.
    fn anything(&mut self, what: &str) {
        self.anything.get_or_insert_with(|| what.to_owned());
    }
}

impl Touch {
    pub(super) fn new(path: ImagePath, how: How) -> Self {
        Self { path, pattern: None, how }
    }

    /// Whether it is about a file that stands at or below its path.
    pub(super) fn covers(&self, file: &ImagePath) -> bool {
        let Some(inner) = file.strip_prefix(&self.path) else { return false };
        let first = inner.split('/').next().unwrap_or_default();
        self.pattern.as_ref().is_none_or(|it| it.matches(first))
    }

    /// Whether it names a file itself, not only a folder above it.
    pub(super) fn names(&self, file: &ImagePath) -> bool {
        match &self.pattern {
            Some(_) => file.parent().as_ref() == Some(&self.path) && self.covers(file),
            None => self.path == *file,
        }
    }
}

/// The part of an argument that may be a path: of `--flag=path` and `-Cpath` what follows, of a flag nothing.
fn path_in(text: &str) -> Option<&str> {
    let path = match text.strip_prefix('-') {
        None => text.rsplit('=').next().unwrap_or(text),
        Some(flag) => match flag.split_once('=') {
            Some((_, value)) => value,
            None => &flag[flag.find('/')?..],
        },
    };
    (!path.is_empty()).then_some(path)
}
