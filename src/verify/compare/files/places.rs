//! Places of a file system where files come and go.

use std::sync::LazyLock;

use crate::{
    ecosystems::{Cache, MANAGERS, Manager},
    verify::contents::Kind,
};

/// Folders of home directories in which others than the known managers keep what they have fetched and built.
const CACHES: [&str; 7] = [
    ".cache/pip-tools/",
    ".cache/virtualenv/",
    ".cache/yarn/",
    ".cache/go-build/",
    ".cache/hatch/",
    ".npm/_cacache/",
    ".npm/_logs/",
];

/// Folders of home directories in which others than the known managers keep their settings.
const KEPT: [&str; 1] = [".local/share/virtualenv/"];

/// The folders of home directories in which the known managers cache.
static OWN_CACHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let endings = MANAGERS.iter().flat_map(|it| it.cache).flat_map(Cache::endings);
    endings.map(|it| format!("{}/", it.trim_start_matches('/'))).collect()
});

/// The part of a path below a home directory.
fn below_home(path: &str) -> Option<&str> {
    let below = path.strip_prefix("/root/");
    below.or_else(|| Some(path.strip_prefix("/home/")?.split_once('/')?.1))
}

/// Returns true if a path is in a cache of package managers.
pub(super) fn is_cache(path: &str) -> bool {
    let folder = format!("{path}/");
    let home = below_home(&folder);
    home.is_some_and(|it| {
        let is = |of: &str| it.starts_with(of) || (of.starts_with(it) && !it.is_empty());
        CACHES.iter().any(|of| is(of)) || OWN_CACHES.iter().any(|of| is(of))
    })
}

/// Whether a path is of a package manager's own: its settings, or a program that is all of it, as uv is.
pub(super) fn is_manager(path: &str) -> bool {
    let program = path.rsplit_once("/bin/").map(|it| it.1);
    if program.is_some_and(|it| {
        let is = |of: &Manager| of.programs.contains(&it) || of.grammar.runners.contains(&it);
        MANAGERS.iter().any(is)
    }) {
        return true;
    }
    let folder = format!("{path}/");
    let below = below_home(&folder);
    let keeps = |of: &str| {
        let within = |it: &str| it.strip_prefix(of).is_some_and(|it| it.starts_with('/'));
        path == of || below.is_some_and(within)
    };
    MANAGERS.iter().flat_map(|it| it.keeps).any(|it| keeps(it))
        || below.is_some_and(|it| KEPT.iter().any(|of| it.starts_with(of)))
}

/// Whether what lies there is another thing after each build, or made anew when it is needed. A folder that
/// people made is not: who writes a log looks for the folder.
pub(super) fn is_volatile(path: &str, kind: &Kind) -> bool {
    const FOLDERS: [&str; 12] = [
        "/dev/",
        "/proc/",
        "/run/",
        "/sys/",
        "/tmp/",
        "/usr/share/mime/",
        "/var/cache/",
        "/var/lib/apt/lists/",
        "/var/log/",
        "/var/run/",
        "/var/tmp/",
        "/var/lib/systemd/",
    ];
    const FILES: [&str; 10] = [
        "/.dockerenv",
        "/etc/.pwd.lock",
        "/etc/hostname",
        "/etc/hosts",
        "/etc/ld.so.cache",
        "/etc/machine-id",
        "/etc/mtab",
        "/etc/resolv.conf",
        "/root/.wget-hsts",
        "/usr/share/info/dir",
    ];
    match kind {
        Kind::Folder => path.ends_with("/__pycache__") || is_system(path) || is_temporary(path),
        // As `/dev/stdout` has the name of a log.
        Kind::Link(_) if path.starts_with("/var/log/") => false,
        _ => {
            path.ends_with(".pyc")
                || FOLDERS.iter().any(|it| path.starts_with(it))
                || FILES.contains(&path)
        }
    }
}

/// Returns true if only its existence counts: it is compiled from the system's files.
pub(super) fn is_compiled(path: &str) -> bool {
    path == "/usr/lib/locale/locale-archive"
}

/// Returns true for a folder that the kernel, `apt` and the like create and empty.
fn is_system(path: &str) -> bool {
    const FOLDERS: [&str; 16] = [
        "/dev/",
        "/proc/",
        "/sys/",
        "/usr/share/mime/",
        "/var/cache/apk/",
        "/var/cache/apt/",
        "/var/cache/debconf/",
        "/var/cache/dnf/",
        "/var/cache/fontconfig/",
        "/var/cache/ldconfig/",
        "/var/cache/man/",
        "/var/cache/yum/",
        "/var/lib/apt/lists/",
        "/var/lib/systemd/",
        "/var/log/apt/",
        "/var/log/journal/",
    ];
    let folder = format!("{path}/");
    FOLDERS.iter().any(|it| folder.starts_with(it))
}

/// Returns true for a folder that tools leave behind, judging by its name.
fn is_temporary(path: &str) -> bool {
    const BEGINNINGS: [&str; 10] =
        [".", "go-build", "hsperfdata", "npm-", "pdm-", "pip-", "poetry-", "tmp", "uv-", "yarn-"];
    let below = path.strip_prefix("/tmp/").or_else(|| path.strip_prefix("/var/tmp/"));
    let first = below.map(|it| it.split('/').next().unwrap_or(it));
    first.is_some_and(|it| BEGINNINGS.iter().any(|of| it.starts_with(of)) || it.contains("cache"))
}

/// Whether the system's package managers keep it as a record of what is installed, or make it out of what
/// all packages bring.
pub(super) fn is_record(path: &str) -> bool {
    const FOLDERS: [&str; 6] = [
        "/lib/apk/db",
        "/usr/lib/apk/db",
        "/var/lib/apt/",
        "/var/lib/dpkg/",
        "/var/lib/pam/",
        "/var/lib/ucf/",
    ];
    FOLDERS.iter().any(|it| path.starts_with(it))
}

/// Returns true if it lists users and groups.
pub(super) fn is_account(path: &str) -> bool {
    const FILES: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];
    let name = path.strip_prefix("/etc/").map(|it| it.trim_end_matches('-'));
    name.is_some_and(|it| FILES.contains(&it))
}
