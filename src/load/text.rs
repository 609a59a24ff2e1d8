//! Reads the text of one file, and says what stands in the way.

use std::{
    fs,
    io::{self, Read as _},
    path::Path,
    sync::Arc,
};

use super::wanted::{self, Wanted};
use crate::{
    callers, ecosystems,
    project::{Problem, Reader, Unread, is_dockerfile},
    text::RepoPath,
};

/// The result of reading a file.
pub(super) enum Read {
    /// Its text, as it is kept: the room that it was read into is free for the next one.
    Text(Arc<str>),
    /// It matters and cannot be read.
    Problem(Problem),
    /// It may matter, and is not read; there is nothing to mend.
    Unread(Unread),
    /// Its text does not matter.
    Skipped,
}

impl From<Problem> for Read {
    fn from(problem: Problem) -> Self {
        Self::Problem(problem)
    }
}

/// A problem of a whole file.
pub(super) fn problem(path: &RepoPath, message: &str, hint: &str) -> Problem {
    Problem { path: path.clone(), line: None, message: message.to_owned(), hint: hint.to_owned() }
}

/// A file or folder that the system does not let us read.
pub(super) fn unreadable(path: &RepoPath, reason: &str) -> Problem {
    problem(path, &format!("cannot be read: {reason}"), "make it readable, or exclude it")
}

/// What a file is wanted for, if it matters at once: locks are read when something asks for them.
fn at_once(path: &RepoPath) -> Option<Wanted> {
    wanted::file(path).filter(|it| *it != Wanted::Lock)
}

/// Reads a file if it matters at once.
pub(super) fn read(root: &Path, path: &RepoPath) -> Read {
    at_once(path).map_or(Read::Skipped, |it| read_as(root, path, it))
}

/// Reads a file if it matters at once; the listing of its folder says that it is no link and no pipe.
pub(super) fn read_regular(root: &Path, path: &RepoPath) -> Read {
    let Some(wanted) = at_once(path) else { return Read::Skipped };
    let opened = fs::File::open(root.join(path.as_str()));
    match opened.and_then(|it| Ok((it.metadata()?, it))) {
        Ok((metadata, file)) => content(path, &metadata, || Ok(file), wanted),
        Err(error) => unreadable(path, &error.to_string()).into(),
    }
}

/// Reads source files and locks of a project later, when they are asked for.
pub(super) fn reader(root: &Path) -> Box<Reader> {
    let root = root.to_owned();
    Box::new(move |path| {
        let lock = wanted::file(path).filter(|it| *it == Wanted::Lock);
        match read_as(&root, path, lock.unwrap_or(Wanted::Source)) {
            Read::Text(text) => Ok(Some(text)),
            // Whoever asks for a source file says what follows if its text is not known.
            Read::Problem(problem) if lock.is_some() => Err(problem),
            Read::Problem(_) | Read::Unread(_) | Read::Skipped => Ok(None),
        }
    })
}

/// Reads a file that matters for this reason.
pub(super) fn read_as(root: &Path, path: &RepoPath, wanted: Wanted) -> Read {
    let place = root.join(path.as_str());
    let metadata = match place.symlink_metadata() {
        Ok(it) if it.is_symlink() => match link(root, path, &place, wanted) {
            Ok(it) => it,
            Err(read) => return read,
        },
        Ok(it) => it,
        Err(error) => return unreadable(path, &error.to_string()).into(),
    };
    content(path, &metadata, || fs::File::open(&place), wanted)
}

/// Reads what `open` opens, if it is a file that is not too large.
fn content(
    path: &RepoPath,
    metadata: &fs::Metadata,
    open: impl FnOnce() -> io::Result<fs::File>,
    wanted: Wanted,
) -> Read {
    if metadata.is_dir() {
        return Read::Skipped;
    }
    // Opening a pipe would wait for someone to write into it.
    if !metadata.is_file() {
        return match wanted {
            Wanted::Dockerfile => {
                Read::Problem(problem(path, "not a regular file", "rename or exclude it"))
            }
            _ => Read::Skipped,
        };
    }
    let limit = wanted.limit();
    if metadata.len() > limit {
        let too_large = format!("larger than {} MiB, and so not read", limit >> 20);
        return match wanted {
            Wanted::Script => unread(path, &too_large),
            Wanted::Lock
            | Wanted::MaybeCompose
            | Wanted::Mention
            | Wanted::Deployment
            | Wanted::Settings
            | Wanted::Source => Read::Skipped,
            _ => Read::Problem(problem(
                path,
                &too_large,
                "exclude it if it is not what its name says",
            )),
        };
    }
    let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
    let read = open().and_then(|it| it.take(limit + 1).read_to_end(&mut bytes));
    if let Err(error) = read {
        return unreadable(path, &error.to_string()).into();
    }
    decode(path, bytes, wanted)
}

/// The first bytes of programs that are compiled: ELF, Mach-O in both orders and for several machines, PE.
const COMPILED: [&[u8]; 7] = [
    b"\x7fELF",
    b"\xce\xfa\xed\xfe",
    b"\xcf\xfa\xed\xfe",
    b"\xfe\xed\xfa\xce",
    b"\xfe\xed\xfa\xcf",
    b"\xca\xfe\xba\xbe",
    b"MZ",
];

fn decode(path: &RepoPath, bytes: Vec<u8>, wanted: Wanted) -> Read {
    // A program may be called like a script.
    if wanted == Wanted::Script && COMPILED.iter().any(|it| bytes.starts_with(it)) {
        return Read::Skipped;
    }
    let is_list = wanted == Wanted::Manifest && ecosystems::is_decoded_by_mark(path.file_name());
    let bytes = is_list.then(|| utf_16(&bytes)).flatten().unwrap_or(bytes);
    // Scripts may be in any encoding, and few of them build images.
    let matters = |bytes: &[u8]| match wanted {
        Wanted::Script => mentions_a_builder(bytes),
        Wanted::MaybeCompose => {
            let text = String::from_utf8_lossy(bytes);
            builds_services(&text) || callers::runs_pods(&text)
        }
        Wanted::Mention | Wanted::Deployment | Wanted::Settings => false,
        _ => true,
    };
    let at = if bytes.contains(&0) { bytes.iter().position(|it| *it == 0) } else { None };
    if let Some(at) = at.filter(|_| matters(&bytes)) {
        let message = format!("a NUL byte at offset {at}");
        return Read::Problem(at_line(path, &bytes[..at], &message, "remove the byte"));
    }
    match String::from_utf8(bytes) {
        Ok(text) if !is_kept(path, &text, wanted) => Read::Skipped,
        Ok(text) if SLOW < text.len() && is_slow(&text, wanted) => {
            unread(path, &format!("larger than {} KiB, and so not read", SLOW >> 10))
        }
        Ok(text) => Read::Text(text.into()),
        Err(error) if matters(error.as_bytes()) => {
            let at = error.utf8_error().valid_up_to();
            let byte = error.as_bytes().get(at).copied().unwrap_or_default();
            let message = format!("not UTF-8: byte 0x{byte:02X} at offset {at}");
            let before = error.as_bytes().get(..at).unwrap_or_default();
            Read::Problem(at_line(path, before, &message, "save the file as UTF-8"))
        }
        Err(_) => Read::Skipped,
    }
}

/// A text of UTF-16 that begins with its mark, as UTF-8; `None` if it is none.
fn utf_16(bytes: &[u8]) -> Option<Vec<u8>> {
    let unit = match bytes.get(..2)? {
        [0xFF, 0xFE] => u16::from_le_bytes,
        [0xFE, 0xFF] => u16::from_be_bytes,
        _ => return None,
    };
    let (pairs, rest) = bytes[2..].as_chunks();
    let units: Vec<u16> = pairs.iter().map(|it| unit(*it)).collect();
    rest.is_empty().then(|| String::from_utf16(&units).ok().map(String::into_bytes)).flatten()
}

/// The size from which on a text of services in another file than a compose file, or a script, is not read:
/// reading takes long, and what people write is shorter.
const SLOW: usize = 256 << 10;

/// Returns true if reading a file would take long where it is large.
fn is_slow(text: &str, wanted: Wanted) -> bool {
    match wanted {
        Wanted::MaybeCompose => builds_services(text),
        Wanted::Script => mentions_a_builder(text.as_bytes()),
        _ => false,
    }
}

fn unread(path: &RepoPath, why: &str) -> Read {
    Read::Unread(Unread { path: path.clone(), line: 1, why: why.to_owned() })
}

fn at_line(path: &RepoPath, before: &[u8], message: &str, hint: &str) -> Problem {
    let line = before.split(|it| *it == b'\n').count();
    Problem { line: Some(line), ..problem(path, message, hint) }
}

/// Returns true if a file that may matter does, judging by its text.
fn is_kept(path: &RepoPath, text: &str, wanted: Wanted) -> bool {
    let names_one =
        || ["ockerfile", "ockerFile", "ontainerfile"].iter().any(|it| text.contains(it));
    match wanted {
        Wanted::MaybeCompose => {
            builds_services(text)
                || names_one()
                || callers::runs_pods(text)
                || callers::is_deployment(path)
                || callers::starts_processes(path, text)
                || callers::defines_maps(text)
                || callers::may_complete(path, text)
                || callers::runs_containers(text)
                || callers::may_sync(path)
                || callers::is_cloud_build(text)
        }
        Wanted::Mention => {
            names_one()
                || callers::starts_containers(text)
                || callers::has_compose_read(text)
                || callers::may_sync(path)
                || callers::sends_builds(text)
        }
        _ => true,
    }
}

/// Returns true if a YAML file has services and one of them is built.
fn builds_services(text: &str) -> bool {
    text.lines().any(|it| it.starts_with("services:")) && text.contains("build:")
}

fn mentions_a_builder(bytes: &[u8]) -> bool {
    ["docker", "podman", "buildah", "kaniko"]
        .iter()
        .any(|name| bytes.windows(name.len()).any(|it| it == name.as_bytes()))
}

/// The target of a symbolic link inside the root, if its text is to be read.
fn link(root: &Path, path: &RepoPath, place: &Path, wanted: Wanted) -> Result<fs::Metadata, Read> {
    let dockerfile = wanted == Wanted::Dockerfile;
    let calls = matches!(wanted, Wanted::Caller | Wanted::Script)
        && !path.file_name().ends_with(".dockerignore");
    let report = |message: &str, hint: &str| match dockerfile {
        true => Read::Problem(problem(path, message, hint)),
        false if calls => unread(path, message),
        false => Read::Skipped,
    };
    let Ok(target) = place.canonicalize() else {
        // A link to nothing says nothing.
        if !dockerfile {
            return Err(Read::Skipped);
        }
        return Err(report("a symbolic link to nothing", "remove it, or mend what it points at"));
    };
    let Ok(inside) = target.strip_prefix(root) else {
        let hint = "run refit where the file itself lies";
        return Err(report("a symbolic link out of the project, which is not followed", hint));
    };
    let name = target.file_name().and_then(|it| it.to_str()).unwrap_or_default();
    match wanted {
        // The file itself is done under its own name, and a change must not replace the link.
        Wanted::Dockerfile if target.is_dir() || is_dockerfile(name) => Err(Read::Skipped),
        Wanted::Dockerfile => {
            let message = format!("a symbolic link to {}, which is not followed", inside.display());
            Err(report(&message, "give the file itself a Dockerfile's name"))
        }
        // Its paths are seen from the folder of the link; beside the file they mean the same.
        _ if calls && !is_read_beside(path, inside) => {
            Err(unread(path, &format!("a symbolic link to {}", inside.display())))
        }
        Wanted::Caller if calls => Err(Read::Skipped),
        Wanted::Script
        | Wanted::MaybeCompose
        | Wanted::Mention
        | Wanted::Deployment
        | Wanted::Source => Err(Read::Skipped),
        _ => target.metadata().map_err(|_| Read::Skipped),
    }
}

/// Returns true if the target of a link is a file of the same kind in the same folder, which is read itself.
fn is_read_beside(path: &RepoPath, target: &Path) -> bool {
    let target = target.to_str().and_then(RepoPath::new);
    target.is_some_and(|it| {
        it.parent() == path.parent() && callers::Kind::of(&it) == callers::Kind::of(path)
    })
}
