//! The kinds of problems that an audit tells of: how much each matters and why, and what mends it.
//!
//! To add one, add a line to [`KINDS`], sorted by priority.

use schemars::JsonSchema;
use serde::Serialize;

/// How much a problem matters.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema,
)]
#[serde(rename_all = "kebab-case")]
pub enum Priority {
    /// It gives away what is secret.
    Critical,
    /// It costs every build, or every container has more rights than it needs.
    High,
    /// It costs some builds, or makes them depend on the day.
    #[default]
    Medium,
    /// It is good to have it mended.
    Low,
}

impl Priority {
    /// All of them, the gravest first.
    pub const ALL: [Self; 4] = [Self::Critical, Self::High, Self::Medium, Self::Low];

    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::High => "high",
            Self::Medium => "medium",
            Self::Low => "low",
        }
    }
}

/// A kind of problems.
#[derive(Debug)]
pub(super) struct Kind {
    /// Its stable name.
    pub(super) code: &'static str,
    pub(super) priority: Priority,
    /// What is wrong, in a sentence without a full stop.
    pub(super) title: &'static str,
    /// Why that matters.
    pub(super) why: &'static str,
    /// The transform that mends it; `None` if that is not refit's.
    pub(super) transform: Option<&'static str>,
}

pub(super) const SECRETS: &str = "secrets-in-image";
pub(super) const NO_IGNORE_FILE: &str = "no-dockerignore";
pub(super) const SOURCE_FIRST: &str = "source-before-install";
pub(super) const ROOT: &str = "root-user";
pub(super) const PRUNED: &str = "volumes-pruned";
pub(super) const REPEATED_FILE: &str = "repeated-dockerfile";
pub(super) const TOOL: &str = "unpinned-tool";
pub(super) const BASE: &str = "unpinned-base";
pub(super) const CLUTTER: &str = "context-clutter";
pub(super) const NO_CACHE: &str = "no-cache-mount";
pub(super) const BUILD_TOOLS: &str = "build-tools-in-image";
pub(super) const REPEATED_BUILD: &str = "repeated-build";
pub(super) const UNREAD: &str = "unread-file";
pub(super) const COMPOSE: &str = "dated-compose";
pub(super) const NO_RESTART: &str = "no-restart-policy";
pub(super) const NO_LIMITS: &str = "no-limits";

const IGNORES: &str = "write-dockerignore";

const fn kind(
    code: &'static str,
    priority: Priority,
    title: &'static str,
    why: &'static str,
    transform: Option<&'static str>,
) -> Kind {
    Kind { code, priority, title, why, transform }
}

/// The kinds of problems, the gravest first.
pub(super) const KINDS: &[Kind] = &[
    kind(
        SECRETS,
        Priority::Critical,
        "Passwords or keys are copied into images",
        "Everybody who can pull such an image can read them. What was pushed already has to be changed.",
        Some(IGNORES),
    ),
    kind(
        NO_IGNORE_FILE,
        Priority::High,
        "Build contexts have no .dockerignore",
        "Builders are sent files that no image needs, and whatever changes among them runs the steps after the COPY again.",
        Some(IGNORES),
    ),
    kind(
        SOURCE_FIRST,
        Priority::High,
        "An edit of a source file installs packages again",
        "The source is copied before the install, so the installed packages are not found in the build cache.",
        Some("copy-manifests-first"),
    ),
    kind(
        ROOT,
        Priority::High,
        "Containers run as root",
        "Whoever takes over a process in such a container is root in it.",
        Some("run-as-nonroot"),
    ),
    kind(
        PRUNED,
        Priority::High,
        "A cleanup deletes volumes",
        "`prune --volumes` deletes the data of services that do not run at that moment.",
        None,
    ),
    kind(
        REPEATED_FILE,
        Priority::Medium,
        "Dockerfiles repeat each other",
        "Each change has to be made twice, and the image that is tested is not the one that ships.",
        Some("merge-test-dockerfile"),
    ),
    kind(
        TOOL,
        Priority::Medium,
        "Tools are installed without a version",
        "The build takes whatever is the newest on that day, and may fail or lock other versions tomorrow.",
        Some("pin-poetry"),
    ),
    kind(
        BASE,
        Priority::Medium,
        "Base images have no version",
        "Without a tag, or with `latest`, the next pull may bring another major version.",
        None,
    ),
    kind(
        CLUTTER,
        Priority::Medium,
        "The ignore file lets through what no image needs",
        "Builders are sent these files, and whatever changes among them runs the steps after the COPY again.",
        Some(IGNORES),
    ),
    kind(
        NO_CACHE,
        Priority::Medium,
        "Installs download again what an earlier build had",
        "When a lock changes, every package is downloaded again, not only the new ones.",
        Some("mount-caches"),
    ),
    kind(
        BUILD_TOOLS,
        Priority::Medium,
        "Images have what only the build needs",
        "Compilers and package managers make an image larger, and give more to whoever gets into it.",
        Some("split-venv-stage"),
    ),
    kind(
        REPEATED_BUILD,
        Priority::Medium,
        "The same image is built more than once",
        "Each of them is exported and named apart, and one may be newer than the other. One service can build it under an `image:` that the others use.",
        None,
    ),
    kind(
        UNREAD,
        Priority::Medium,
        "Files cannot be read",
        "What they say of images is not known, so refit leaves alone what may depend on them.",
        None,
    ),
    kind(
        COMPOSE,
        Priority::Low,
        "Compose files are written as for older releases, or start services before what they need answers",
        "A service that is started too early fails, or waits in a script of its own.",
        Some("modernise-compose"),
    ),
    kind(
        NO_RESTART,
        Priority::Low,
        "Services have no restart policy",
        "A process that ends stays down until somebody notices. Which policy is right is for the owner to say.",
        None,
    ),
    kind(
        NO_LIMITS,
        Priority::Low,
        "Services have no limits",
        "One that leaks memory takes that of all others on the host. How much each may have is for the owner to say.",
        None,
    ),
];

/// The kind of this code.
pub(super) fn find(code: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|it| it.code == code)
}
