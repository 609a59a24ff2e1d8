//! Package managers of which little more than the command line is known: what they install is not read yet.
//!
//! To add one, add a row in alphabetical order: to [`PARTIAL`], or to [`BESIDES`] if it is also called to run
//! programs. The verbs are in the reference of its command line. One that gets a file of facts leaves these lists:
//! they and [`MANAGERS`](super::MANAGERS) have no program in common.

use super::{
    Ecosystem, Grammar, Leaving, Scripts, Switch, Verb, homes::PUPPETEER, node, python::hatch,
};
use serde_json::Value;

use crate::shell::{Options, Runner};

/// A package manager of which little more than the command line is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    /// What it is called on the command line.
    pub program: &'static str,
    /// What it installs packages for, if that is known here.
    pub ecosystem: Option<Ecosystem>,
    /// The manifest that it reads in the folder where it runs; empty if there is none of a fixed name.
    pub manifest: &'static str,
    /// How its command line is read.
    pub grammar: Grammar,
    /// What it leaves in the home directory.
    pub leaves: &'static [Leaving],
    /// True if the programs that it runs find the packages of all users.
    pub runs_for_all: bool,
}

/// Settings of Bundler that are left in the home.
const CONFIGURES: Leaving = Leaving {
    verbs: &[Verb::new("config").without(&["--local"])],
    unless: &[Switch::Set("BUNDLE_USER_CONFIG"), Switch::Set("BUNDLE_USER_HOME")],
    ..Leaving::ALWAYS
};

/// The managers, by name in alphabetical order.
const PARTIAL: &[Partial] = &[
    // bun.com/docs: "bun install", "bun add", "bun run", "Lifecycle scripts": of packages, it runs the install
    // scripts of those that it trusts, and Puppeteer is one (src/install/default-trusted-dependencies.txt).
    Partial {
        program: "bun",
        ecosystem: Some(Ecosystem::Node),
        manifest: "package.json",
        grammar: Grammar {
            install: &[Verb::new("install"), Verb::new("i"), Verb::new("ci")],
            change: &[
                Verb::new("add"),
                Verb::new("a"),
                Verb::new("update"),
                Verb::new("remove"),
                Verb::new("rm"),
            ],
            scripts: Some(Scripts {
                verbs: &["run"],
                // bun.com/docs: "bunx".
                executes: &["x"],
                needs_home: false,
                missing: "",
                separates: false,
                ..node::SCRIPTS
            }),
            run: &[Verb::new("x")],
            runners: &["bunx"],
            ..Grammar::NONE
        },
        leaves: &[Leaving {
            verbs: &[Verb::new("install"), Verb::new("i"), Verb::new("ci"), Verb::new("add")],
            ..PUPPETEER
        }],
        ..Partial::NONE
    },
    Partial {
        program: "hatch",
        ecosystem: Some(Ecosystem::Python),
        manifest: "pyproject.toml",
        grammar: Grammar { runner: Some(hatch::RUNNER), ..Grammar::NONE },
        ..Partial::NONE
    },
    // rye.astral.sh/guide/commands: "add", "install", "lock", "remove", "sync".
    Partial {
        program: "rye",
        ecosystem: Some(Ecosystem::Python),
        manifest: "pyproject.toml",
        grammar: Grammar {
            install: &[Verb::new("sync")],
            change: &[Verb::new("add"), Verb::new("lock"), Verb::new("remove")],
            tools: &[Verb::new("install"), Verb::new("tools install")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
];

/// Programs that install packages among other things, by name in alphabetical order. What a call does that has none
/// of these verbs is not known: it may run what was built.
const BESIDES: &[Partial] = &[
    Partial {
        program: "bundle",
        manifest: "Gemfile",
        grammar: Grammar {
            install: &[Verb::new("install")],
            change: &[Verb::new("add"), Verb::new("update"), Verb::new("remove")],
            bare: "install",
            // bundler.io/man/bundle-exec.1.html
            runner: Some(Runner {
                program: "bundle",
                verb: Some("exec"),
                options: Options { short: "", long: &["gemfile"] },
                modules: false,
            }),
            ..Grammar::NONE
        },
        // bundler.io/man/bundle-config.1.html: without `--local`, and where no Gemfile is, settings are the user's.
        leaves: &[
            Leaving { argument: Some("deployment"), ..CONFIGURES },
            Leaving { argument: Some("path"), ..CONFIGURES },
            Leaving { argument: Some("without"), ..CONFIGURES },
        ],
        runs_for_all: true,
        ..Partial::NONE
    },
    Partial {
        program: "cargo",
        manifest: "Cargo.toml",
        grammar: Grammar {
            fetch: &[Verb::new("fetch")],
            change: &[Verb::new("add"), Verb::new("update"), Verb::new("remove")],
            tools: &[Verb::new("install")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
    Partial {
        program: "composer",
        manifest: "composer.json",
        grammar: Grammar {
            install: &[Verb::new("install")],
            scripts: Some(COMPOSER_SCRIPTS),
            change: &[
                Verb::new("require"),
                Verb::new("update"),
                Verb::new("upgrade"),
                Verb::new("remove"),
            ],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
    Partial {
        program: "dotnet",
        grammar: Grammar {
            fetch: &[Verb::new("restore")],
            change: &[Verb::new("add")],
            tools: &[Verb::new("tool install")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
    Partial {
        program: "gem",
        grammar: Grammar {
            fetch: &[Verb::new("fetch")],
            change: &[Verb::new("update")],
            tools: &[Verb::new("install")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
    Partial {
        program: "mvn",
        manifest: "pom.xml",
        grammar: Grammar {
            install: &[Verb::new("install")],
            fetch: &[Verb::new("dependency:go-offline"), Verb::new("dependency:resolve")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
    Partial {
        program: PIPX,
        ecosystem: Some(Ecosystem::Python),
        grammar: Grammar {
            tools: &[Verb::new("install")],
            inject: &[Verb::new("inject")],
            ..Grammar::NONE
        },
        ..Partial::NONE
    },
];

/// How Composer runs scripts. getcomposer.org/doc: "Scripts".
const COMPOSER_SCRIPTS: Scripts = Scripts {
    manifest: "composer.json",
    text: |manifest, name| {
        let value: Value = serde_json::from_str(manifest).ok()?;
        let line = |it: &Value| {
            let text = it.as_str()?;
            // It lifts the limit of time.
            if text == "Composer\\Config::disableProcessTimeout" {
                return Some(String::new());
            }
            let own = ["@php ", "@composer "].iter().find(|it| text.starts_with(**it));
            Some(match (own, text.strip_prefix('@')) {
                (Some(_), Some(rest)) => rest.to_owned(),
                (None, Some(rest)) => format!("composer {rest}"),
                _ => text.to_owned(),
            })
        };
        match value.get("scripts")?.get(name)? {
            Value::Array(all) => Some(all.iter().map(line).collect::<Option<Vec<_>>>()?.join("\n")),
            one => line(one),
        }
    },
    executes: &["exec"],
    folder: &["--working-dir", "-d"],
    default: "list",
    missing: "",
    needs_home: false,
    runs_hooks: |_| false,
    ..node::SCRIPTS
};

/// The program that only installs and runs Python's tools.
pub(super) const PIPX: &str = "pipx";

impl Partial {
    /// A manager of which nothing is known, to start from.
    const NONE: Self = Self {
        program: "",
        ecosystem: None,
        manifest: "",
        grammar: Grammar::NONE,
        leaves: &[],
        runs_for_all: false,
    };
}

/// The manager that a program is.
pub(super) fn named(program: &str) -> Option<&'static Partial> {
    find(PARTIAL, program)
}

/// The manager that a program is, or the program that installs packages among other things.
pub(super) fn named_or_besides(program: &str) -> Option<&'static Partial> {
    named(program).or_else(|| find(BESIDES, program))
}

/// Whether a program runs others that a manager fetches: `bunx`.
pub(super) fn runs(program: &str) -> bool {
    PARTIAL.iter().any(|it| it.grammar.runners.contains(&program))
}

fn find(all: &'static [Partial], program: &str) -> Option<&'static Partial> {
    let at = all.binary_search_by(|it| it.program.cmp(program)).ok()?;
    all.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_order_and_have_no_file_of_facts() {
        let mut programs = crate::ecosystems::programs();
        for all in [PARTIAL, BESIDES] {
            assert!(all.is_sorted_by(|a, b| a.program < b.program));
            let known = all.iter().filter(|it| programs.contains(&it.program));
            assert_eq!(known.map(|it| it.program).collect::<Vec<_>>(), [""; 0]);
            programs.extend(all.iter().map(|it| it.program));
        }
    }
}
