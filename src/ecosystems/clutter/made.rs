//! Which commands make outputs again, and where.

use super::{Clutter, is_like};
use crate::{ecosystems, shell::Invocation};

/// The commands of Node's managers that run the script which builds a project.
pub(super) const NODE_BUILDS: &[&str] =
    &["npm run build", "npm build", "yarn build", "yarn run build", "pnpm build", "pnpm run build"];

/// Options by which they run it in other folders.
const NODE_ELSEWHERE: &[&str] =
    &["-F", "-r", "-w", "--filter", "--recursive", "--workspace", "--workspaces"];

/// Settings that say where a tool puts what it makes, by the names of their files.
const SETS_OUTPUT: &[(&str, &str)] = &[
    ("angular.json", "outputPath"),
    ("astro.config.*", "outDir"),
    ("next.config.*", "distDir"),
    ("nuxt.config.*", "buildDir"),
    ("svelte.config.*", "outDir"),
    ("tsconfig*.json", "outDir"),
    ("tsup.config.*", "outDir"),
    ("vite.config.*", "outDir"),
    ("vue.config.*", "outputDir"),
];

/// What compilers write of what they have made, and the files beside which they do. Where it is and what was made is not,
/// nothing is made again (typescriptlang.org/tsconfig, "incremental").
pub const BUILD_STATE: (&str, &str) = ("*.tsbuildinfo", "tsconfig*.json");

impl Clutter {
    /// Whether a call makes it again; if it runs a script of a manifest, in the folder that it runs in alone, and else
    /// also below.
    pub fn is_made_by(&self, call: &Invocation) -> bool {
        let runs_script = Self::runs_script(call);
        if runs_script && call.flags(NODE_ELSEWHERE).next().is_some() {
            return false;
        }
        self.made_by.iter().any(|command| {
            let mut wanted = command.split(' ');
            let mut said = call.texts().filter(|it| !it.starts_with('-'));
            let is = |said: &str, wanted: &str| {
                let rest = said.strip_prefix(wanted);
                rest.is_some_and(|it| it.is_empty() || it.starts_with([':', '[']))
            };
            wanted.next() == Some(call.program.as_str())
                && wanted.all(|wanted| match runs_script {
                    true => said.next().is_some_and(|it| is(it, wanted)),
                    false => said.any(|it| is(it, wanted)),
                })
        })
    }

    /// Whether a call is one of a program that runs scripts of a `package.json`.
    pub fn runs_script(call: &Invocation) -> bool {
        NODE_BUILDS.iter().any(|it| it.split(' ').next() == Some(call.program.as_str()))
    }

    /// Whether the text of a file of this name beside it may say something about it.
    pub fn may_be_told_by(&self, name: &str) -> bool {
        let settings = SETS_OUTPUT.iter().map(|it| it.0);
        settings.chain(self.beside()).any(|it| is_like(it, name))
            || ecosystems::file("", name).is_some()
    }

    /// What the text of a file beside it says about it: `Some(true)` that it is made there, `Some(false)` that it is made
    /// somewhere else.
    pub fn told_by(&self, name: &str, text: &str) -> Option<bool> {
        let mut settings = SETS_OUTPUT.iter().filter(|it| is_like(it.0, name));
        let is_elsewhere = |key: &str| {
            text.lines().any(|it| {
                let after = it.split_once(key).map(|it| it.1);
                after.is_some_and(|it| !it.contains(self.name))
            })
        };
        if settings.any(|it| is_elsewhere(it.1)) {
            return Some(false);
        }
        if self.beside().any(|it| is_like(it, name)) {
            return Some(true);
        }
        let is_named = match self.scripts.is_empty() {
            true => {
                let is_part = |it: char| it.is_alphanumeric() || "-_@/".contains(it);
                let mut words = text.split(|it| !is_part(it));
                words.any(|it| self.packages.contains(&it))
            }
            false => {
                let scripts = |it: &str| self.scripts.iter().any(|script| it.contains(script));
                text.lines().filter(|it| it.trim_start().starts_with("\"build")).any(scripts)
            }
        };
        (is_named && ecosystems::file("", name).is_some()).then_some(true)
    }

    /// Whether a script of a `package.json` makes it.
    pub fn is_made_by_script(&self) -> bool {
        !self.scripts.is_empty()
    }
}
