//! Places of a file system where files come and go.

use crate::{ecosystems, verify::contents::Kind};

/// Folders of home directories in which package managers keep what they have fetched and built.
const CACHES: [&str; 13] = [
    ".cache/pip/",
    ".cache/pip-tools/",
    ".cache/pipenv/",
    ".cache/pdm/",
    ".cache/pypoetry/artifacts/",
    ".cache/pypoetry/cache/",
    ".cache/uv/",
    ".cache/virtualenv/",
    ".cache/yarn/",
    ".cache/go-build/",
    ".cache/hatch/",
    ".npm/_cacache/",
    ".npm/_logs/",
];

/// Folders of home directories and `/etc` in which package managers keep their settings.
const MANAGERS: [&str; 9] = [
    ".config/pypoetry/",
    ".config/pip/",
    ".config/pdm/",
    ".config/uv/",
    ".pip/",
    ".local/share/pypoetry/",
    ".local/share/uv/",
    ".local/share/virtualenv/",
    ".local/state/uv/",
];

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
        CACHES.iter().any(|of| it.starts_with(of) || (of.starts_with(it) && !it.is_empty()))
    })
}

/// Whether a path is of a package manager's own: its settings, or a program that is all of it, as uv is.
pub(super) fn is_manager(path: &str) -> bool {
    let program = path.rsplit_once("/bin/").map(|it| it.1);
    if program.is_some_and(|it| {
        ecosystems::MANAGERS.iter().any(|of| of.programs.contains(&it)) || it == "uvx"
    }) {
        return true;
    }
    let folder = format!("{path}/");
    below_home(&folder).is_some_and(|it| MANAGERS.iter().any(|of| it.starts_with(of)))
        || path == "/etc/pip.conf"
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
