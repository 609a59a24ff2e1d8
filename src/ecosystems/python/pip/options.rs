//! The options of pip, and the settings that do the same.

/// The options that name another file or folder to read; uv's are the same.
pub(in crate::ecosystems::python) const HABIT_PATHS: &[&str] =
    &["-e", "--editable", "-f", "--find-links", "--cert", "--client-cert"];

/// The options that name a file or folder to write; uv's are the same.
pub(in crate::ecosystems::python) const HABIT_TARGETS: &[&str] = &[
    "-t",
    "--target",
    "--prefix",
    "--root",
    "--src",
    "-d",
    "--dest",
    "-w",
    "--wheel-dir",
    "--log",
    "--report",
];

/// The options of `pip install` that take a value.
pub(crate) const VALUED: &[&str] = &[
    "-r",
    "--requirement",
    "-c",
    "--constraint",
    "-e",
    "--editable",
    "-t",
    "--target",
    "-d",
    "--dest",
    "-w",
    "--wheel-dir",
    "--platform",
    "--python-version",
    "--implementation",
    "--abi",
    "--root",
    "--prefix",
    "--src",
    "-b",
    "--build",
    "-i",
    "--index-url",
    "--extra-index-url",
    "-f",
    "--find-links",
    "--no-binary",
    "--only-binary",
    "--progress-bar",
    "--log",
    "--proxy",
    "--retries",
    "--timeout",
    "--default-timeout",
    "--exists-action",
    "--trusted-host",
    "--cert",
    "--client-cert",
    "--cache-dir",
    "--global-option",
    "--install-option",
    "--config-settings",
    "-C",
    "--upgrade-strategy",
    "--python",
    "--report",
    "--root-user-action",
    "--use-feature",
    "--use-deprecated",
    "--keyring-provider",
    "--group",
    "--build-constraint",
    "--index-strategy",
    "--index",
    "--default-index",
    "-p",
    "--link-mode",
    "--resolution",
    "--prerelease",
    "--exclude-newer",
    "--extra",
    "--refresh-package",
    "--reinstall-package",
    "--upgrade-package",
];

/// The options that name a file of requirements or constraints.
pub(in crate::ecosystems::python) const FILES: &[&str] = &[
    "-r",
    "--requirement",
    "--requirements",
    "-c",
    "--constraint",
    "--constraints",
    "--build-constraint",
    "--build-constraints",
    "--override",
    "--overrides",
];

/// The options that name an index, which may be a folder.
pub(super) const INDEXES: &[&str] =
    &["-i", "--index-url", "--extra-index-url", "--index", "--default-index"];

/// The options that name a folder to install into.
pub(super) const TARGETS: &[&str] =
    &["-t", "--target", "--prefix", "--root", "-d", "--dest", "-w", "--wheel-dir"];

/// The keys of `pip.conf` that name files and folders.
pub(super) const CONFIGURED: &[&str] = &[
    "requirement",
    "constraint",
    "find-links",
    "editable",
    "target",
    "prefix",
    "root",
    "cert",
    "client-cert",
];
