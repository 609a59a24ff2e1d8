//! The folders that a process is known to write to: volumes, databases, logs, uploads.

use super::{
    Image,
    evidence::{
        Trace, Written, is_dependencies, is_file, is_installed, is_new, is_settings, is_state_name,
        named,
    },
    filled::Filled,
    given::{Folder, Given, Told},
    image::{Placed, resolve},
    mounts,
    needs::Needs,
    next,
    process::Process,
    source::Source,
    started::Started,
    unmade,
};
use crate::{
    dockerfile::Keyword,
    ecosystems::{Cache, system},
    run::Run,
    shell::{Command, Word},
    text::{ImagePath, Refusal},
};

/// The folders that the user gets, sorted by path; none lies in another that changes owner with its contents.
///
/// # Errors
/// A decline's code and reason: a mount has an owner of its own, or hides the source.
pub(super) fn folders(
    image: &Image<'_>,
    processes: &[Process],
    needs: &[Needs],
    source: &Source,
) -> Result<Vec<Folder>, Refusal> {
    let made = made(image, processes)?;
    let mut found = traces(image)?;
    found.extend(image.owner.traces());
    found.extend(needs.iter().flat_map(|it| it.folders.iter().cloned()));
    found.extend(source.traces.iter().cloned());
    found.extend(next::traces(image, processes)?);
    found.extend(empty_workdir(image)?);
    let alone = made.iter().filter(|it| it.alone);
    found.extend(alone.map(|it| {
        Trace::new(Written::folder(it.path.as_str()), format!("a RUN creates {}", it.path))
    }));
    let open: Vec<&ImagePath> = made.iter().filter(|it| it.open).map(|it| &it.path).collect();
    let filled_by_runs = Filled::of(image)?;
    let mut folders: Vec<Folder> = Vec::new();
    for Trace { written, evidence, is_volume, exists, is_whole } in found {
        let Some(path) = written.place(image.state().workdir.as_ref()) else {
            return Err(Refusal::new(
                "unknown-folder",
                format!("the folder of {} is not known", written.path),
            ));
        };
        let is_made = |it: &ImagePath| made.iter().any(|made| made.path.is_within(it));
        let path = unmade::above(image, source, &is_made, path)?;
        // Every user may write there.
        let scratch = ["/tmp", "/var/tmp", "/dev"];
        let own = made.iter().any(|it| it.path == path);
        if (path.is_within_fixed(&scratch) && !own) || open.iter().any(|it| path.is_within(it)) {
            continue;
        }
        if !is_volume {
            mounts::hides(image, &path, &evidence)?;
        }
        // A volume for settings, of which the image brings some.
        let etc = path.is_within_fixed(&["/etc"]);
        if etc && is_volume && image.fills(&path) {
            continue;
        }
        let own = own || (etc && is_volume);
        if is_shared(&path) && !(own && path.ancestors().count() > 2) {
            return Err(Refusal::new(
                "shared-folder",
                format!("{evidence}: {path} is not the application's own"),
            ));
        }
        let filled = image.fills(&path);
        if is_volume && filled && image.holds_code(&path) {
            return Err(Refusal::new(
                "volume-over-code",
                format!("{evidence}, which hides the source in {path}"),
            ));
        }
        let is_code = image.holds_code(&path);
        let is_filled = filled && !exists && !is_code;
        // What a RUN put there is root's, too: a file that is written itself, or all of a folder of data.
        let file = written.absolute(image.state().workdir.as_ref()).filter(|_| written.is_file);
        let is_at_work = image.state().workdir.as_ref().is_some_and(|it| it.is_within(&path));
        let is_apart = !is_code && !is_at_work && !exists;
        let is_written = match &file {
            Some(file) => filled_by_runs.has(file),
            None => filled_by_runs.fills(&path),
        };
        let is_whole = is_whole || is_apart && (is_written || image.would_bring(&path));
        if let Some(file) = file.filter(|it| !is_apart && !folders.iter().any(|of| of.path == *it))
        {
            let is_gone = is_passing(&file) || filled_by_runs.loses(&file);
            let loose = !is_written && !is_gone && image.would_bring(&file);
            if is_written || loose {
                let given = if loose { Given::IfThere } else { Given::Itself };
                folders.push(Folder::file(file, evidence.clone(), given));
            }
        }
        let is_brought = filled && is_whole;
        let given = if is_filled || is_whole { Given::Whole } else { Given::Itself };
        let is_made = made.iter().any(|it| it.path == path)
            || is_filled
            || exists
            || is_brought
            || image.state().made.contains(&path);
        match folders.iter_mut().find(|it| it.path == path) {
            Some(known) => {
                known.told = known.told.and(Told::by(is_volume));
                if given == Given::Whole {
                    known.given = given;
                }
            }
            None => {
                let (made, told) = (is_made, Told::by(is_volume));
                folders.push(Folder { path, evidence, made, given, told });
            }
        }
    }
    folders.sort_by(|a, b| a.path.cmp(&b.path));
    let whole: Vec<ImagePath> =
        folders.iter().filter(|it| it.given == Given::Whole).map(|it| it.path.clone()).collect();
    let written: Vec<ImagePath> =
        folders.iter().filter(|it| it.told.is_written()).map(|it| it.path.clone()).collect();
    for it in &mut folders {
        if it.given == Given::Whole && written.iter().any(|path| path.is_within(&it.path)) {
            it.told = it.told.and(Told::Use);
        }
    }
    folders.retain(|it| !whole.iter().any(|whole| *whole != it.path && it.path.is_within(whole)));
    Ok(folders)
}

/// Whether the name of a file says that it is gone when its program ends, so that no working copy has it.
fn is_passing(file: &ImagePath) -> bool {
    let endings = [".lock", ".part", ".pid", ".sock", ".temp", ".tmp", "~"];
    endings.iter().any(|it| file.as_str().ends_with(it))
}

/// Whether a folder belongs to the system, so that no application may have it.
pub(super) fn is_shared(path: &ImagePath) -> bool {
    let whole = [
        "/etc", "/proc", "/sys", "/boot", "/lib", "/lib64", "/bin", "/sbin", "/usr/bin", "/usr/lib",
    ];
    let alone = [
        "/home",
        "/mnt",
        "/opt",
        "/run",
        "/run/lock",
        "/usr",
        "/usr/local",
        "/usr/share",
        "/usr/src",
        "/var",
        "/var/cache",
        "/var/lib",
        "/var/lock",
        "/var/log",
        "/var/run",
        "/var/spool",
    ];
    path.is_root() || path.is_within_fixed(&whole) || alone.contains(&path.as_str())
}

/// The files and folders that instructions, compose services and variables say are written to.
///
/// # Errors
/// A decline's code and reason, as of [`folders`].
fn traces(image: &Image<'_>) -> Result<Vec<Trace>, Refusal> {
    let mut found = Vec::new();
    for Placed { instruction, .. } in image.instructions() {
        if instruction.keyword == Keyword::Volume {
            let words = instruction.words().into_iter();
            let words = words.filter_map(|it| image.expand(&it.text));
            let words = words.filter(|it| !is_file(it) && !is_installed(it) && !it.contains(':'));
            found.extend(words.map(|it| Trace::volume(Written::folder(it), "VOLUME")));
        }
    }
    for started in image.services() {
        let Started { file, service, .. } = started;
        for volume in &service.volumes {
            let place = started.at(&volume.place);
            let target = volume.target.trim_end_matches('/');
            if target.contains('$') && !volume.read_only {
                let reason = format!("{place} mounts something at {target}, which is not known");
                return Err(Refusal::new("unknown-mount", reason));
            }
            if volume.read_only && !mounts::is_socket(volume) {
                mounts::read(volume)
                    .map_err(|why| Refusal::new("bind-mount", format!("{place} {why}")))?;
                continue;
            }
            if is_dependencies(target) {
                continue;
            }
            mounts::owned(volume)
                .map_err(|why| Refusal::new("platform-volume", format!("{place} {why}")))?;
            if volume.is_bind() {
                mounts::bind(image, file, volume.source.as_deref().unwrap_or_default(), target)
                    .map_err(|why| Refusal::new("bind-mount", format!("{place} {why}")))?;
                continue;
            }
            if is_file(target) {
                continue;
            }
            mounts::shared(image, &started, volume)?;
            let name = volume.source.as_deref().unwrap_or("a volume");
            let evidence = format!("{place} mounts {name}");
            found.push(Trace::volume(Written::folder(target), evidence));
        }
        let place = started.place();
        if let Some(target) = service.synced.first() {
            let reason =
                format!("{place} syncs files to {target}, which the user could not write to");
            return Err(Refusal::new("bind-mount", reason));
        }
        for (name, value) in &service.environment {
            is_new(image, value)?;
            let written = named(name, value).filter(|it| !it.path.starts_with("/etc/"));
            found.extend(written.map(|it| Trace::new(it, format!("{name} of {place}"))));
        }
    }
    for (name, variable) in image.state().variables.iter() {
        let value = variable.value().unwrap_or_default();
        is_new(image, value)?;
        // A variable that names a file of /etc names settings.
        let written = named(name, value).filter(|it| !it.path.starts_with("/etc/"));
        found.extend(written.map(|it| Trace::new(it, name)));
    }
    Ok(found)
}

/// The folder in which the process starts, if a variable names it and the file puts nothing there: a program that
/// is installed elsewhere keeps its data in it.
fn empty_workdir(image: &Image<'_>) -> Result<Option<Trace>, Refusal> {
    let Some(path) = image.state().workdir.as_ref() else { return Ok(None) };
    if !image.state().made.contains(path) || image.fills(path) || is_shared(path) {
        return Ok(None);
    }
    let mut variables = image.state().variables.iter();
    let named = variables.find(|(_, it)| it.value() == Some(path.as_str()));
    let Some((name, _)) = named else { return Ok(None) };
    let is_used = |run: &Run<'_>| {
        let starts_there = run.state.workdir.as_ref().is_some_and(|it| it.is_within(path));
        starts_there || image.site.dockerfile.text(run.item).contains(path.as_str())
    };
    if image.runs(&[])?.iter().any(is_used) {
        return Ok(None);
    }
    let evidence = format!("{name} names it, and nothing is put there");
    Ok(Some(Trace::new(Written::folder(path.as_str()), evidence)))
}

/// A folder that a RUN creates.
struct Made {
    path: ImagePath,
    /// True if nothing else in the file mentions it, so that only the process can need it.
    alone: bool,
    /// True if every user may write to it.
    open: bool,
}

/// The folders that a `mkdir` of a RUN is told to make, as far as they are known.
pub(super) fn made_by<'r>(
    run: &'r Run<'_>,
    command: &'r Command,
) -> impl Iterator<Item = ImagePath> + 'r {
    let directory = run.directory(command).unwrap_or_else(ImagePath::root);
    let words = command.positional(&["-m", "--mode"]).into_iter();
    words.filter_map(move |it| Some(directory.join(&resolve(run, it.1)?)))
}

/// The folders that RUNs create.
fn made(image: &Image<'_>, processes: &[Process]) -> Result<Vec<Made>, Refusal> {
    let mut made: Vec<Made> = Vec::new();
    // What a process runs is code, and so is what lies beside it.
    let mut used: Vec<String> = processes.iter().flat_map(|it| run_files(image, it)).collect();
    for run in image.runs(&[])? {
        for command in run.script.commands() {
            let words = command.positional(&["-m", "--mode"]);
            let directory = run.directory(command).unwrap_or_else(ImagePath::root);
            let path = |it: &Word| Some(directory.join(&resolve(&run, it)?));
            match command.program() {
                Some("mkdir") => {
                    let open = command.flag_value("-m").is_some_and(|it| it.raw.ends_with("777"));
                    let paths = made_by(&run, command);
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
    let caches = system::CACHES.iter().flat_map(Cache::endings);
    let caches: Vec<ImagePath> = caches.filter_map(|it| ImagePath::new(&it)).collect();
    for it in &mut made {
        let inside = format!("{}/", it.path);
        let mentioned = |used: &String| it.path == **used || used.contains(&inside);
        let brought = image.is_destination(&it.path);
        let system = [
            "/usr",
            "/etc",
            "/root",
            "/lib",
            "/bin",
            "/sbin",
            "/opt/venv",
            "/run/sshd",
            "/var/run/sshd",
            "/build",
            "/src",
        ];
        let system =
            it.path.is_within_fixed(&system) || caches.iter().any(|cache| it.path.is_within(cache));
        let depth = it.path.ancestors().count() - 1;
        // A user's home is made with the user.
        let system = system || (it.path.is_within_fixed(&["/home"]) && depth < 3);
        let workdir = image.state().made.iter().any(|made| made.is_within(&it.path));
        let is_own = depth > 1 || is_state_name(it.path.as_str());
        it.alone &= !used.iter().any(mentioned) && !brought && !system && !workdir && is_own;
        it.alone &= !is_dependencies(it.path.as_str()) && !is_settings(it.path.as_str());
        // A folder that is there only until a COPY fills it with source.
        it.alone = it.alone && (is_state_name(it.path.as_str()) || !image.brings_code(&it.path));
    }
    Ok(made)
}

/// The program of a process and the files of code that its arguments name, as absolute paths.
fn run_files(image: &Image<'_>, process: &Process) -> Vec<String> {
    let code = [".dll", ".exe", ".jar", ".js", ".mjs", ".php", ".pl", ".py", ".rb", ".war"];
    let given = process.known().filter(|it| code.iter().any(|end| it.ends_with(end)));
    let program = Some(process.path.as_str()).filter(|it| it.contains('/'));
    let paths = program.into_iter().chain(given);
    paths.filter_map(|it| image.state().absolute(it)).map(|it| it.to_string()).collect()
}

/// The raw words of a command that contain a slash: a path may be part of them.
fn texts(command: &Command) -> impl Iterator<Item = String> {
    let words = command.arguments().iter().filter(|it| it.raw.contains('/'));
    words.map(|it| it.raw.trim_matches(['"', '\'']).to_owned())
}
