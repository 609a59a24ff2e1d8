//! Folders of the host that containers get: the project's own source, or data that has another owner.

use super::{
    Image,
    contents::of_project,
    evidence::is_state_name,
    started::{Started, is_for_development},
};
use crate::{
    callers::service::{Owner, Volume},
    ecosystems::{code::Language, images},
    text::{ImagePath, Refusal, RepoPath},
};

/// Folders of a host that only root can read, or that have files which only root can read, and sockets of daemons:
/// certbot's documentation ("Where are my certificates?"), docs.docker.com ("Protect the Docker daemon socket"),
/// wiki.debian.org (SystemGroups: `adm`, `ssl-cert`).
const CLOSED: [&str; 9] = [
    "/etc/letsencrypt",
    "/etc/shadow",
    "/etc/ssl/private",
    "/root",
    "/run",
    "/var/lib/containerd",
    "/var/lib/docker",
    "/var/log",
    "/var/run",
];

/// Files of a host that everybody can read.
const READ: [&str; 4] = ["/etc/localtime", "/etc/timezone", "/etc/hosts", "/usr/share/zoneinfo"];

/// Checks a mount that is only read: whatever mounts it, only root can read some folders of a host.
///
/// # Errors
/// The reason, without the place that mounts it.
pub(super) fn read(volume: &Volume) -> Result<(), String> {
    let source = volume.source.as_deref().filter(|_| volume.is_bind()).unwrap_or_default();
    let path = ImagePath::new(source);
    if path.is_some_and(|it| it.is_root() || it.is_within_fixed(&CLOSED)) {
        let target = &volume.target;
        return Err(format!("mounts {source} of the host at {target}, which root alone can read"));
    }
    // `~/.ssh`, `$HOME/.aws`
    match ["~/.", "$HOME/.", "${HOME}/."].iter().any(|it| source.starts_with(it)) {
        true => Err(format!(
            "mounts {source} of the host at {}, which may be readable for its owner and root alone",
            volume.target
        )),
        false => Ok(()),
    }
}

/// Checks that a volume takes its owner from the image, as those of Docker do.
///
/// # Errors
/// The reason, without the place that mounts it.
pub(super) fn owned(volume: &Volume) -> Result<(), String> {
    let target = &volume.target;
    match volume.owner {
        Owner::Docker => Ok(()),
        Owner::Root => Err(format!("mounts a disk at {target}, which belongs to root there")),
        Owner::Unknown => {
            Err(format!("mounts a volume at {target}, and it is not known who owns it there"))
        }
    }
}

/// Whether a mount brings a socket, which is written to whatever the mount says of it.
pub(super) fn is_socket(volume: &Volume) -> bool {
    let is_socket = |it: &str| it.trim_end_matches('/').ends_with(".sock");
    is_socket(&volume.target) || volume.source.as_deref().is_some_and(is_socket)
}

/// The files that the user must be able to read besides those of the image and of the project: what compose mounts to
/// be read, and its secrets. Each with the place that brings it.
pub(super) fn readable(image: &Image<'_>) -> Vec<String> {
    let mut found = Vec::new();
    for started in image.services().filter(|it| it.is_sure) {
        for volume in started.service.volumes.iter().filter(|it| it.read_only && it.is_bind()) {
            let source = volume.source.as_deref().unwrap_or_default();
            let own = of_project(started.file, source).filter(|it| image.exists(it));
            if own.is_none() && !READ.iter().any(|it| source.starts_with(it)) {
                found.push(format!("{source} ({})", volume.place));
            }
        }
        let secrets = started.service.secrets.iter();
        found.extend(secrets.map(|it| format!("the secret {it} ({})", started.place())));
    }
    found.sort();
    found.dedup();
    found
}

/// Checks a bind mount: it may bring the project's source, but not data of the host, which has an owner of its
/// own.
///
/// # Errors
/// The reason, without the place that mounts it.
pub(super) fn bind(
    image: &Image<'_>,
    file: &RepoPath,
    source: &str,
    target: &str,
) -> Result<(), String> {
    if target.ends_with("docker.sock") || source.ends_with("docker.sock") {
        return Err("mounts Docker's socket, which only root can use".to_owned());
    }
    if READ.iter().any(|it| source.starts_with(it)) {
        return Ok(());
    }
    let Some(own) = of_project(file, source)
        .filter(|it| image.exists(it) && (it.is_root() || !is_state_name(it.as_str())))
    else {
        return Err(format!(
            "mounts {source} of the host at {target}, and its owner is another user"
        ));
    };
    // A folder without code that only the host has is data, or settings that the program may write.
    let holds_code =
        image.project.tree().is_file(&own) || image.project.tree().below(&own).any(is_code);
    match ImagePath::new(target).filter(|it| !holds_code && !image.fills(it)) {
        None => Ok(()),
        Some(_) => Err(format!(
            "mounts {source} of the host at {target}, where the image has nothing: its owner is another user"
        )),
    }
}

/// Whether a file is source or a script.
pub(super) fn is_code(path: &RepoPath) -> bool {
    let others = [".go", ".html", ".java", ".php", ".rb", ".rs", ".sh"];
    Language::of(path.file_name()).is_some() || others.iter().any(|it| path.as_str().ends_with(it))
}

/// Checks that no container of another image writes to a volume of this one: its files would have another owner, on a
/// new volume as well. One that only serves files does not, and neither does one of the project's own images, which
/// may get the same user.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn shared(
    image: &Image<'_>,
    started: &Started<'_>,
    volume: &Volume,
) -> Result<(), Refusal> {
    let Some(name) = volume.source.as_deref() else { return Ok(()) };
    let Some(file) = image.project.file(started.file.as_str()) else { return Ok(()) };
    let runs_it = |other: &str| {
        image.services().any(|it| it.file == started.file && it.service.name == other)
    };
    for other in file.callers().services.iter().filter(|it| !it.is_run) {
        let Some(theirs) = other.image.as_deref().filter(|_| other.dockerfile.is_none()) else {
            continue;
        };
        let is_ours = other.name == started.service.name || runs_it(&other.name);
        if is_ours || started.service.is_run || images::named(theirs).only_serves() {
            continue;
        }
        let mut mounts = other.volumes.iter().filter(|it| !it.read_only && !it.is_bind());
        if let Some(mount) = mounts.find(|it| it.source.as_deref() == Some(name)) {
            let reason = format!(
                "{} mounts {name} as well, in a container of {theirs}: what that writes there belongs to its own user",
                mount.place
            );
            return Err(Refusal::new("shared-volume", reason));
        }
    }
    Ok(())
}

/// Checks that compose mounts no folder of the host over a folder that is written to: it has another owner, and hides
/// what the image has there. A compose file for development is not for the user that is deployed.
///
/// # Errors
/// A decline's code and reason.
pub(super) fn hides(image: &Image<'_>, path: &ImagePath, evidence: &str) -> Result<(), Refusal> {
    let is_deployed = |it: &Started<'_>| !is_for_development(it.file, it.service);
    let deployed = || image.mounts().iter().filter(|it| is_deployed(&it.started));
    let over = deployed().filter(|it| path.is_within(&it.target));
    for mount in over {
        let Some(host) = mount.host else { continue };
        let length = mount.target.as_str().len();
        let mut own = deployed().filter(|it| it.started.service == mount.started.service);
        let hidden = own.any(|it| path.is_within(&it.target) && it.target.as_str().len() > length);
        if !hidden {
            let reason = format!(
                "{path} is written to ({evidence}), and {} mounts {host} of the host over it, whose owner is \
                 another user",
                mount.place
            );
            return Err(Refusal::new("bind-mount", reason));
        }
    }
    Ok(())
}
