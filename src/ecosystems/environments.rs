//! Virtual environments: which commands of a manager make and fill them, and which tools do that.

use super::{Grammar, Installer, MANAGERS, Manager, TOOL_INSTALLERS, Verb, python};
use crate::shell::Invocation;

/// How the commands of a manager deal with environments that can be copied from one image to another.
#[derive(Clone, Copy, Debug)]
pub struct Environments {
    /// Verbs that install packages into an environment.
    pub fills: &'static [Verb],
    /// Verbs that make an environment: in the folder that they are given, or else in [`ENVIRONMENT_FOLDER`].
    pub makes: &'static [Verb],
    /// Verbs that install another Python than the image's.
    pub interpreters: &'static [Verb],
    /// Verbs that install programs, each into an environment of its own.
    pub programs: &'static [Verb],
    /// The environment that it makes by itself when it installs.
    pub own: Option<OwnEnvironment>,
    /// Options of the verbs that fill and make environments which name another place or another Python.
    pub elsewhere: &'static [&'static str],
    /// The variables that do the same.
    pub elsewhere_variables: &'static [&'static str],
    /// Options that make it install into the system's Python although there is an environment.
    pub system: &'static [&'static str],
    /// The variables that do the same.
    pub system_variables: &'static [&'static str],
    /// Options that name a file which lists packages.
    pub lists: &'static [&'static str],
    /// Options that name a project to install in place, which without a build system leaves metadata beside
    /// the source.
    pub in_place: &'static [&'static str],
    /// True if it comes with every Python: then it is what other managers are installed with, too.
    pub is_bundled: bool,
    /// Its programs that run wherever a COPY puts them.
    pub binaries: &'static [&'static str],
    /// How the paths of the folders end that its programs are installed to: `/.local/bin`.
    pub folders: &'static [&'static str],
}

/// The environment that a manager makes by itself when it installs, in the folder that
/// [`Manager::install`](super::Manager::install) says it makes.
#[derive(Clone, Copy, Debug)]
pub struct OwnEnvironment {
    /// Verbs that install into it.
    pub filled_by: &'static [Verb],
    /// What puts it beside the manifest; `None` if it is always there.
    pub beside: Option<Preference>,
    /// What makes the manager install into the Python that it finds instead.
    pub off: Option<Preference>,
    /// True if the manager makes none where `VIRTUAL_ENV` names one.
    pub yields: bool,
}

/// A setting of a manager, made by a variable or by a verb of [`Grammar::configure`].
#[derive(Clone, Copy, Debug)]
pub struct Preference {
    /// The variable.
    pub variable: &'static str,
    /// The key that the verb is given.
    pub key: &'static str,
    /// The values that count.
    pub values: &'static [&'static str],
}

/// A program that packages are installed with, and that an image can do without when they are installed.
#[derive(Clone, Copy, Debug)]
pub enum Tool {
    /// A manager that does not come with its language.
    Manager(&'static Manager, &'static Environments),
    /// A program that installs managers or makes environments, and that its package is named after.
    Program(&'static str),
}

/// The folder of an environment for which none is named, from where it is made.
pub const ENVIRONMENT_FOLDER: &str = ".venv";

impl Environments {
    /// A manager without a verb for environments, to start from.
    pub const NONE: Self = Self {
        fills: &[],
        makes: &[],
        interpreters: &[],
        programs: &[],
        own: None,
        elsewhere: &[],
        elsewhere_variables: &[],
        system: &[],
        system_variables: &[],
        lists: &[],
        in_place: &[],
        is_bundled: false,
        binaries: &[],
        folders: &[],
    };
}

impl Preference {
    /// Returns true if a call of the manager with this grammar makes the setting.
    pub fn is_made_by(&self, grammar: &Grammar, call: &Invocation) -> bool {
        grammar.has(call, grammar.configure)
            && call.texts().any(|it| it == self.key)
            && call.texts().any(|it| self.values.contains(&it))
    }
}

impl Tool {
    /// The name as people write it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Manager(it, _) => it.title,
            Self::Program(it) => it,
        }
    }

    /// The name that it goes by on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Manager(it, _) => it.name,
            Self::Program(it) => it,
        }
    }

    /// Returns true if a package of this name brings it or a plugin of it.
    pub fn is_in(self, package: &str) -> bool {
        match self {
            Self::Manager(it, _) => it.packages.contains(&package),
            Self::Program(it) => it == package,
        }
    }

    /// Returns true if a program of this name is one of its own.
    pub fn has_program(self, name: &str) -> bool {
        match self {
            Self::Manager(it, _) => {
                it.programs.contains(&name) || it.grammar.runners.contains(&name)
            }
            Self::Program(it) => it == name,
        }
    }

    /// Returns true if a program of this name runs wherever a COPY puts it.
    pub fn is_binary(self, name: &str) -> bool {
        matches!(self, Self::Manager(_, it) if it.binaries.contains(&name))
    }

    /// Returns true if a variable of this name only configures it.
    pub fn owns_variable(self, name: &str) -> bool {
        matches!(self, Self::Manager(it, _) if name.starts_with(it.variables))
    }

    /// The scripts on the net that install it.
    pub fn installers(self) -> &'static [Installer] {
        match self {
            Self::Manager(it, _) => it.installers,
            Self::Program(_) => &[],
        }
    }
}

impl PartialEq for Tool {
    fn eq(&self, other: &Self) -> bool {
        self.title() == other.title()
    }
}

impl Eq for Tool {}

/// The managers that can fill an environment, and how they do.
pub fn environments() -> impl Iterator<Item = (&'static Manager, &'static Environments)> {
    MANAGERS.iter().filter_map(|it| Some((it, it.environments.as_ref()?)))
}

/// The tools that are known.
pub fn tools() -> impl Iterator<Item = Tool> {
    let managers = environments().filter(|it| !it.1.is_bundled);
    let programs = TOOL_INSTALLERS.iter().chain(python::ENVIRONMENT_TOOLS);
    managers.map(|(it, own)| Tool::Manager(it, own)).chain(programs.map(|it| Tool::Program(it)))
}

/// The tool that one of these scripts on the net installs, if a text names it.
pub fn installed_by_script(text: &str) -> Option<Tool> {
    tools().find(|it| it.installers().iter().any(|it| text.contains(it.script)))
}
