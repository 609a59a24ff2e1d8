//! A program that a container runs, and its arguments.

use super::roles::Role;
use crate::{
    ecosystems::programs::{self, Program},
    shell::{Argument, Invocation},
    text::ImagePath,
};

/// What the name of a process stands for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Form {
    /// A program of the image or of a package.
    #[default]
    Program,
    /// A program that is built for this image, whatever it is called.
    Own,
    /// A module of Python.
    Module,
    /// A script of a manifest of this name that was not found.
    Script(&'static str),
    /// A program that fetches another one, whose name is the path, and runs that: no manifest that is copied names it.
    Fetches,
}

/// A program that a container runs, and its arguments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Process {
    /// The program without its folder; the module of `python -m`.
    pub program: String,
    /// Its arguments; `None` for one that cannot be known.
    pub arguments: Vec<Option<String>>,
    /// The program as it is named, with its folder if it has one.
    pub path: String,
    /// The files to which its output is redirected; `None` for one that cannot be known.
    pub writes: Vec<Option<String>>,
    /// What runs it, for people: `CMD`, `compose.yml:3`.
    pub from: String,
    /// What it is for in the script that runs it.
    pub role: Role,
    /// The folder that it starts in, seen from the image's own; empty for that.
    pub folder: String,
    /// What its name stands for.
    pub form: Form,
}

impl Process {
    /// What is known of its program by its name: nothing if it is the project's own.
    pub(super) fn facts(&self) -> Program {
        programs::named(if self.form == Form::Own { "" } else { &self.program })
    }

    /// Whether it is named without a folder, so that PATH says where it is.
    pub(super) fn is_bare(&self) -> bool {
        !self.path.contains('/')
    }

    /// The arguments that are known.
    pub(super) fn known(&self) -> impl Iterator<Item = &str> {
        self.arguments.iter().flatten().map(String::as_str)
    }

    /// The arguments that are known and are neither options nor their values, as far as it is known which these are.
    pub(super) fn operands(&self) -> impl Iterator<Item = &str> {
        let program = self.facts();
        let mut takes = false;
        self.arguments.iter().filter_map(move |it| {
            let word = it.as_deref().unwrap_or_default();
            let is_value = std::mem::replace(&mut takes, program.takes_value(word));
            Some(word).filter(|it| !is_value && !it.is_empty() && !it.starts_with('-'))
        })
    }

    /// The first argument that is not an option; empty if there is none.
    pub(super) fn first(&self) -> &str {
        self.operands().next().unwrap_or_default()
    }

    /// The call that starts it, for those who read command lines.
    pub(super) fn call(&self) -> Invocation {
        let arguments = self.arguments.iter().enumerate();
        let arguments = arguments.map(|(at, it)| Argument { text: it.clone(), word: at + 1 });
        Invocation {
            program: self.program.clone(),
            path: self.program.clone(),
            arguments: arguments.collect(),
            ..Invocation::default()
        }
    }

    /// Whether one of these is among its arguments.
    pub(super) fn has(&self, any: &[&str]) -> bool {
        self.known().any(|it| any.contains(&it))
    }

    /// The values of these flags: `--name value` and `--name=value`.
    pub(super) fn values(&self, flags: &[&str]) -> Vec<&str> {
        let known: Vec<Option<&str>> = self.arguments.iter().map(Option::as_deref).collect();
        let mut values = Vec::new();
        for (at, it) in known.iter().enumerate() {
            let Some(it) = it else { continue };
            if flags.contains(it) {
                values.extend(known.get(at + 1).copied().flatten());
            }
            let inline = it.split_once('=').filter(|(flag, _)| flags.contains(flag));
            values.extend(inline.map(|it| it.1));
        }
        values
    }

    /// Whether the value of an option cannot be known.
    pub(super) fn hides(&self, option: &str) -> bool {
        let mut pairs = self.arguments.windows(2);
        pairs.any(|it| it[0].as_deref() == Some(option) && it[1].is_none())
    }

    /// Whether a path lies where every user may write.
    pub(super) fn is_scratch(path: &str) -> bool {
        let scratch = ["/dev", "/tmp", "/var/tmp", "/proc/self"];
        ImagePath::new(path).is_some_and(|it| it.is_within_fixed(&scratch))
            || path.starts_with('&')
            || path.parse::<u32>().is_ok()
    }
}
