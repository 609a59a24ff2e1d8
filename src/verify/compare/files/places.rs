//! Places of a file system where files come and go.

use std::sync::LazyLock;

use crate::{
    ecosystems::{self, MANAGERS, Manager, python, system},
    verify::contents::Kind,
};

/// The folders of home directories in which package managers and tools keep what they have fetched and built,
/// each with a slash at its end.
static CACHES: LazyLock<Vec<String>> = LazyLock::new(|| {
    let endings = ecosystems::caches_at_home();
    endings.map(|it| format!("{}/", it.trim_matches('/'))).collect()
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
        CACHES
            .iter()
            .any(|cache| it.starts_with(cache) || (cache.starts_with(it) && !it.is_empty()))
    })
}

/// Whether a path belongs to a package manager: its settings and data, or a program that is all of it, as uv is.
pub(super) fn is_manager(path: &str) -> bool {
    let program = path.rsplit_once("/bin/").map(|it| it.1);
    if program.is_some_and(|it| {
        let is_own =
            |manager: &Manager| manager.has_program(it) || manager.grammar.runners.contains(&it);
        MANAGERS.iter().any(is_own)
    }) {
        return true;
    }
    let folder = format!("{path}/");
    let below = below_home(&folder);
    let is_in = |kept: &str| {
        let within = |it: &str| it.strip_prefix(kept).is_some_and(|it| it.starts_with('/'));
        path == kept || below.is_some_and(within)
    };
    MANAGERS.iter().flat_map(|it| it.keeps).chain(python::TOOL_DATA).any(|it| is_in(it))
}

/// Whether what lies there differs from build to build, or is made anew when it is needed. A folder that people
/// made does not count: a program that writes a log expects its folder.
pub(super) fn is_volatile(path: &str, kind: &Kind) -> bool {
    const FOLDERS: [&str; 11] = [
        "/dev/",
        "/proc/",
        "/run/",
        "/sys/",
        "/tmp/",
        "/usr/share/mime/",
        "/var/cache/",
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
                || FOLDERS.iter().chain(system::LISTS).any(|it| path.starts_with(it))
                || FILES.contains(&path)
        }
    }
}

/// Returns true if only its existence counts: it is compiled from the system's files.
pub(super) fn is_compiled(path: &str) -> bool {
    path == "/usr/lib/locale/locale-archive"
}

/// Returns true for a folder that the kernel, package managers and the like create and empty.
fn is_system(path: &str) -> bool {
    const FOLDERS: [&str; 9] = [
        "/dev/",
        "/proc/",
        "/sys/",
        "/usr/share/mime/",
        "/var/cache/fontconfig/",
        "/var/cache/ldconfig/",
        "/var/cache/man/",
        "/var/lib/systemd/",
        "/var/log/journal/",
    ];
    let folder = format!("{path}/");
    let of_managers = system::LISTS.iter().chain(system::SCRATCH);
    FOLDERS.iter().chain(of_managers).any(|it| folder.starts_with(it))
}

/// Returns true for a folder that tools leave behind, judging by its name.
fn is_temporary(path: &str) -> bool {
    const BEGINNINGS: [&str; 4] = [".", "go-build", "hsperfdata", "tmp"];
    let below = path.strip_prefix("/tmp/").or_else(|| path.strip_prefix("/var/tmp/"));
    let first = below.map(|it| it.split('/').next().unwrap_or(it));
    // Such as `pip-unpacked-wheel-1a2b3c`.
    let is_managers = |name: &str| {
        let manager = name.split_once('-').map(|it| it.0);
        manager.is_some_and(|it| MANAGERS.iter().any(|manager| manager.name == it))
    };
    first.is_some_and(|it| {
        BEGINNINGS.iter().any(|beginning| it.starts_with(beginning))
            || is_managers(it)
            || it.contains("cache")
    })
}

/// Whether the system's package managers keep it as a record of what is installed, or make it from what all
/// packages bring.
pub(super) fn is_record(path: &str) -> bool {
    system::RECORDS.iter().any(|it| path.starts_with(it))
}

/// Returns true if it lists users and groups.
pub(super) fn is_account(path: &str) -> bool {
    const FILES: [&str; 6] = ["passwd", "group", "shadow", "gshadow", "subuid", "subgid"];
    let name = path.strip_prefix("/etc/").map(|it| it.trim_end_matches('-'));
    name.is_some_and(|it| FILES.contains(&it))
}
