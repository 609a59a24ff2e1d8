//! The folders that a process writes to, by evidence: volumes, databases, logs, uploads.

use super::{
    Image,
    evidence::{
        Written, is_dependencies, is_file, is_installed, is_new, is_settings, is_state_name, named,
    },
    image::resolve,
    needs::Needs,
};
use crate::{
    dockerfile::Keyword,
    shell::Command,
    text::{ImagePath, Refusal},
};

/// A folder that is handed over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Folder {
    /// Where it is.
    pub path: ImagePath,
    /// What tells that something writes there.
    pub evidence: String,
    /// Whether the file makes it already.
    pub made: bool,
    /// Whether something was put there, which is handed over with it.
    pub filled: bool,
    /// Whether a volume of production may be there, whose owner is what it was.
    pub volume: bool,
}

/// The folders to hand over, in the order of their paths; none lies in another that is handed over whole.
///
/// # Errors
/// A decline's code and reason: what is mounted there has an owner of its own, or it is where code is.
pub(super) fn folders(image: &Image<'_>, needs: &[Needs]) -> Result<Vec<Folder>, Refusal> {
    let mut found: Vec<(Written, String, bool)> = Vec::new();
    let made = made(image)?;
    for (_, it) in image.instructions() {
        if it.keyword == Keyword::Volume {
            let words = it.words().into_iter().filter_map(|it| image.expand(&it.text));
            let words = words.filter(|it| !is_file(it) && !is_installed(it) && !it.contains(':'));
            found.extend(words.map(|it| (Written::folder(it), "VOLUME".to_owned(), true)));
        }
    }
    for (file, service) in image.services() {
        for volume in &service.volumes {
            let target = volume.target.trim_end_matches('/');
            if target.contains('$') || volume.read_only || is_dependencies(target) {
                continue;
            }
            let place = service.place(file);
            if volume.is_bind() {
                bind(image, file, volume.source.as_deref().unwrap_or_default(), target)
                    .map_err(|why| Refusal::new("bind-mount", format!("{place} {why}")))?;
                continue;
            }
            if is_file(target) {
                continue;
            }
            let name = volume.source.as_deref().unwrap_or("a volume");
            found.push((Written::folder(target), format!("{place} mounts {name}"), true));
        }
        for (name, value) in &service.environment {
            let place = service.place(file);
            is_new(image, value)?;
            found.extend(named(name, value).map(|it| (it, format!("{name} of {place}"), false)));
        }
    }
    for (name, variable) in image.state().variables.iter() {
        let value = variable.value().unwrap_or_default();
        is_new(image, value)?;
        found.extend(named(name, value).map(|it| (it, name.to_owned(), false)));
    }
    for (item, it) in image.instructions() {
        let Some(copy) = it.copy() else { continue };
        let mut sources = copy.sources.iter().map(|it| it.text.trim_end_matches('/'));
        if sources.any(|it| it.ends_with(".next/standalone")) {
            let to = image.path_at(item, &copy.destination.text);
            let cache = to.map(|it| Written::folder(it.join(".next/cache").as_str()));
            found.extend(cache.map(|it| (it, "Next.js caches there".to_owned(), false)));
        }
    }
    for (folder, evidence) in needs.iter().flat_map(|it| &it.folders) {
        found.push((folder.clone(), evidence.clone(), false));
    }
    found.extend(
        made.iter().filter(|it| it.alone).map(|it| {
            (Written::folder(it.path.as_str()), format!("a RUN makes {}", it.path), false)
        }),
    );
    let open: Vec<&ImagePath> = made.iter().filter(|it| it.open).map(|it| &it.path).collect();
    let mut folders: Vec<Folder> = Vec::new();
    for (written, evidence, volume) in found {
        let Some(path) = written.place(image.state().workdir.as_ref()) else {
            return Err(Refusal::new(
                "unknown-folder",
                format!("the folder of {} is not known", written.path),
            ));
        };
        // Everybody may write there, or nobody should.
        let shared = ["/tmp", "/var/tmp", "/dev", "/proc", "/sys", "/etc"];
        let own = made.iter().any(|it| it.path == path) && !path.is_within_fixed(&["/etc"]);
        if (path.is_within_fixed(&shared) && !own) || open.iter().any(|it| path.is_within(it)) {
            continue;
        }
        if path.is_root()
            || ["/usr", "/bin", "/lib", "/opt", "/home", "/var"].contains(&path.as_str())
        {
            return Err(Refusal::new(
                "shared-folder",
                format!("{evidence}: {path} is not the application's own"),
            ));
        }
        let filled = image.fills(&path);
        if volume && filled && image.holds_code(&path) {
            return Err(Refusal::new(
                "volume-over-code",
                format!("{evidence}: it is mounted over the source in {path}"),
            ));
        }
        let filled = filled && !image.holds_code(&path);
        let is_made =
            made.iter().any(|it| it.path == path) || filled || image.state().made.contains(&path);
        match folders.iter_mut().find(|it| it.path == path) {
            Some(known) => known.volume |= volume,
            None => folders.push(Folder { path, evidence, made: is_made, filled, volume }),
        }
    }
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    let whole: Vec<ImagePath> =
        folders.iter().filter(|it| it.filled).map(|it| it.path.clone()).collect();
    folders.retain(|it| !whole.iter().any(|whole| *whole != it.path && it.path.is_within(whole)));
    Ok(folders)
}

/// A folder that a RUN makes.
struct Made {
    path: ImagePath,
    /// Whether nothing else in the file speaks of it, so that it is there for the process.
    alone: bool,
    /// Whether everybody may write to it.
    open: bool,
}

fn made(image: &Image<'_>) -> Result<Vec<Made>, Refusal> {
    let mut made: Vec<Made> = Vec::new();
    let mut used: Vec<String> = Vec::new();
    for (run, _) in image.runs(&[])? {
        for command in run.script.commands() {
            let words = command.positional(&["-m", "--mode"]);
            let directory = run.directory(command).unwrap_or_else(ImagePath::root);
            let path = |it: &crate::shell::Word| Some(directory.join(&resolve(&run, it)?));
            match command.program() {
                Some("mkdir") => {
                    let paths = words.iter().filter_map(|it| path(it.1));
                    let open = command.flag_value("-m").is_some_and(|it| it.raw.ends_with("777"));
                    made.extend(paths.map(|path| Made { path, alone: true, open }));
                }
                Some("chmod") => {
                    let mode = words.first().map_or("", |it| it.1.raw.as_str());
                    let open = mode.ends_with("777")
                        || mode.contains("a+w")
                        || mode.contains("a+rw")
                        || mode.contains("o+w")
                        || mode == "ugo+rwx";
                    for it in words.iter().skip(1).filter_map(|it| path(it.1)).filter(|_| open) {
                        let known = made.iter_mut().find(|made| made.path == it);
                        match known {
                            Some(known) => known.open = true,
                            None => made.push(Made { path: it, alone: false, open }),
                        }
                    }
                }
                Some("chown" | "chgrp" | "touch" | "echo" | "ls" | "rm") | None => {}
                Some(_) => {
                    let paths =
                        command.arguments().iter().filter_map(&path).filter(|it| !it.is_root());
                    used.extend(paths.map(|it| it.to_string()));
                    used.extend(texts(command));
                }
            }
        }
    }
    for it in &mut made {
        let inside = format!("{}/", it.path);
        let mentioned = |used: &String| it.path == **used || used.contains(&inside);
        let brought = image.is_destination(&it.path);
        let system = [
            "/usr",
            "/etc",
            "/root",
            "/home",
            "/lib",
            "/bin",
            "/sbin",
            "/var/lib/apt",
            "/opt/venv",
            "/run/sshd",
            "/var/run/sshd",
            "/build",
            "/src",
            "/var/cache/apt",
        ];
        let system = it.path.is_within_fixed(&system);
        let depth = it.path.ancestors().count() - 1;
        let workdir = image.state().made.iter().any(|made| made.is_within(&it.path));
        let stands = depth > 1 || is_state_name(it.path.as_str());
        it.alone &= !used.iter().any(mentioned) && !brought && !system && !workdir && stands;
        it.alone &= !is_dependencies(it.path.as_str()) && !is_settings(it.path.as_str());
    }
    Ok(made)
}

/// The raw words of a command that are more than a path, which may name one inside.
fn texts(command: &Command) -> impl Iterator<Item = String> {
    let words = command.arguments().iter().filter(|it| it.raw.contains('/'));
    words.map(|it| it.raw.trim_matches(['"', '\'']).to_owned())
}

/// A bind mount: the source of development is fine, data of the host has an owner of its own.
fn bind(
    image: &Image<'_>,
    file: &crate::text::RepoPath,
    source: &str,
    target: &str,
) -> Result<(), String> {
    if target.ends_with("docker.sock") || source.ends_with("docker.sock") {
        return Err("mounts Docker's socket, which only root can use".to_owned());
    }
    let read = ["/etc/localtime", "/etc/timezone", "/etc/hosts", "/usr/share/zoneinfo"];
    if read.iter().any(|it| source.starts_with(it)) {
        return Ok(());
    }
    let folder = file.parent().unwrap_or(crate::text::RepoPath::root());
    let own = if source.starts_with(['/', '~', '$']) { None } else { folder.join(source) };
    match own {
        Some(it) if image.exists(&it) && (it.is_root() || !is_state_name(it.as_str())) => Ok(()),
        _ => Err(format!("mounts {source} of the host at {target}, which has another owner")),
    }
}

/// The RUN's script that hands folders over.
pub(super) fn script(folders: &[Folder], owner: &str) -> Option<String> {
    let list = |pick: &dyn Fn(&Folder) -> bool| {
        let paths = folders.iter().filter(|it| pick(it)).map(|it| it.path.as_str());
        paths.collect::<Vec<_>>().join(" ")
    };
    let missing = list(&|it| !it.made);
    let plain = list(&|it| !it.filled);
    let filled = list(&|it| it.filled);
    let parts = [
        (missing, "mkdir -p "),
        (plain, &*format!("chown {owner} ")),
        (filled, &*format!("chown -R {owner} ")),
    ];
    let parts = parts.iter().filter(|it| !it.0.is_empty()).map(|it| format!("{}{}", it.1, it.0));
    let parts: Vec<String> = parts.collect();
    (!parts.is_empty()).then(|| parts.join(" && "))
}
