//! Package managers of which only the command line is known: what they install is not read yet.
//!
//! One that gets a file of facts leaves this list: [`PARTIAL`] and [`MANAGERS`](super::MANAGERS) have no
//! program in common.

use super::{Grammar, Leaving, Scripts, Verb, homes::PUPPETEER, node, python::hatch};

/// A package manager of which only the command line is known.
#[derive(Clone, Copy, Debug)]
pub(super) struct Partial {
    /// What it is called on the command line.
    pub program: &'static str,
    /// How its command line is read.
    pub grammar: Grammar,
    /// What it leaves in the home directory.
    pub leaves: &'static [Leaving],
}

/// The managers, by name in alphabetical order.
pub(super) const PARTIAL: &[Partial] = &[
    // bun.com/docs: "bun install", "bun add", "bun run", "Lifecycle scripts": of packages, it runs the install
    // scripts of those that it trusts, and Puppeteer is one (src/install/default-trusted-dependencies.txt).
    Partial {
        program: "bun",
        grammar: Grammar {
            install: &[Verb::new("install"), Verb::new("i"), Verb::new("ci")],
            change: &[
                Verb::new("add"),
                Verb::new("a"),
                Verb::new("update"),
                Verb::new("remove"),
                Verb::new("rm"),
            ],
            scripts: Some(Scripts { verbs: &["run"], needs_home: false, ..node::SCRIPTS }),
            ..Grammar::NONE
        },
        leaves: &[Leaving {
            verbs: &[Verb::new("install"), Verb::new("i"), Verb::new("ci"), Verb::new("add")],
            ..PUPPETEER
        }],
    },
    Partial {
        program: "hatch",
        grammar: Grammar { runner: Some(hatch::RUNNER), ..Grammar::NONE },
        leaves: &[],
    },
    // pnpm.io/cli: "install", "ci", "add", "run".
    Partial {
        program: "pnpm",
        grammar: Grammar {
            valued: &["--filter", "-F", "--dir", "-C"],
            install: PNPM_INSTALLS,
            change: &[Verb::new("update"), Verb::new("remove")],
            scripts: Some(Scripts { folder: &["--dir", "-C"], ..node::SCRIPTS }),
            ..Grammar::NONE
        },
        leaves: &[Leaving { verbs: PNPM_INSTALLS, ..PUPPETEER }],
    },
    Partial { program: "rye", grammar: Grammar::NONE, leaves: &[] },
];

const PNPM_INSTALLS: &[Verb] = &[
    Verb::new("install"),
    Verb::new("i"),
    Verb::new("ci"),
    Verb::new("clean-install"),
    Verb::new("add"),
];

/// The manager that a program is.
pub(super) fn named(program: &str) -> Option<&'static Partial> {
    let at = PARTIAL.binary_search_by(|it| it.program.cmp(program)).ok()?;
    PARTIAL.get(at)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_in_order_and_have_no_file_of_facts() {
        assert!(PARTIAL.is_sorted_by(|a, b| a.program < b.program));
        let programs = crate::ecosystems::programs();
        assert!(!PARTIAL.iter().any(|it| programs.contains(&it.program)));
    }
}
