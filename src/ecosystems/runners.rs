//! The commands of package managers that run a program, and how a command line is read with them.
//!
//! To add one, add a line to [`PROGRAMS`]. `uvx`, `npx` and `pipx run` are not in here: they install the
//! program first, so it is they whose cache, network and user matter.

use crate::shell::{Command, Invocation, Options, Programs, Runner, Word};

const PROGRAMS: Programs = Programs {
    runners: &[
        Runner {
            program: "hatch",
            verb: Some("run"),
            options: Options {
                short: "ep",
                long: &["cache-dir", "config", "data-dir", "env", "project"],
            },
            modules: false,
        },
        Runner {
            program: "pdm",
            verb: Some("run"),
            options: Options { short: "cp", long: &["config", "project", "venv"] },
            modules: false,
        },
        Runner {
            program: "pipenv",
            verb: Some("run"),
            options: Options { short: "", long: &["pypi-mirror", "python"] },
            modules: false,
        },
        Runner {
            program: "poetry",
            verb: Some("run"),
            options: Options { short: "CP", long: &["directory", "project"] },
            modules: false,
        },
        Runner {
            program: "uv",
            verb: Some("run"),
            options: Options { short: "CPfipw", long: UV },
            modules: true,
        },
    ],
    versioned: &["pip", "pipx"],
};

/// The long options of `uv run` that take a value.
const UV: &[&str] = &[
    "allow-insecure-host",
    "cache-dir",
    "color",
    "config-file",
    "config-setting",
    "config-settings-package",
    "default-index",
    "directory",
    "env-file",
    "exclude-newer",
    "exclude-newer-package",
    "extra",
    "extra-index-url",
    "find-links",
    "fork-strategy",
    "group",
    "index",
    "index-strategy",
    "index-url",
    "keyring-provider",
    "link-mode",
    "no-binary-package",
    "no-build-isolation-package",
    "no-build-package",
    "no-extra",
    "no-group",
    "no-sources-package",
    "only-group",
    "package",
    "prerelease",
    "project",
    "python",
    "python-platform",
    "refresh-package",
    "reinstall-package",
    "resolution",
    "torch-backend",
    "upgrade-package",
    "with",
    "with-editable",
    "with-requirements",
];

/// The call that words make; see [`Invocation::read`].
pub fn invocation(words: &[Option<String>]) -> Option<Invocation> {
    Invocation::read(words, &PROGRAMS)
}

/// The call that a shell command makes; see [`Invocation::of_command`].
pub fn invocation_of(
    command: &Command,
    resolve: impl Fn(&Word) -> Option<String>,
) -> Option<Invocation> {
    Invocation::of_command(command, &PROGRAMS, resolve)
}
