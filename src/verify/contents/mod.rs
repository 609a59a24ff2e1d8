//! The contents of an image, read from its tar stream in one pass; nothing is unpacked to disk.
//!
//! Most files are hashed as they pass by. Kept in memory for a while are: what Python distributions and the
//! system's packages say of themselves, programs and libraries in ELF, and scripts and Python that people wrote.

mod access;
mod accounts;
mod digest;
mod elf;
mod imports;
mod listing;
mod marker;
mod python;
mod system;
#[cfg(test)]
pub(super) mod tests;

use std::{
    borrow::Borrow,
    collections::{BTreeMap, BTreeSet, HashMap},
    hash::Hash,
    io::{self, Read},
};

use tar::EntryType;

pub use self::{
    access::{Ground, Obstacle},
    accounts::User,
    listing::{Listed, listing},
    marker::Requirement,
    python::Distribution,
    system::{Package, System},
};
use self::{digest::Digested, elf::Linked};
use super::config::Config;
use crate::text::ImagePath;

/// The bytes of a file that tell its type, and the largest script whose text is kept.
const BEGINNING: u64 = 64 << 10;
/// The largest ELF file that is looked into; the largest libraries of CUDA are some times larger.
const LARGEST_ELF: u64 = 200 << 20;
/// The largest text that is read whole: `dpkg`'s status of a desktop has 5 MB.
const LARGEST_TEXT: u64 = 64 << 20;
/// The cache of the GNU C library's loader.
const LOADER_CACHE: &str = "/etc/ld.so.cache";

/// The contents of an image.
#[derive(Clone, Debug, Default)]
pub struct Contents {
    files: BTreeMap<ImagePath, Entry>,
    distributions: Vec<Distribution>,
    system: System,
    linked: BTreeMap<ImagePath, Linked>,
    /// The paths of libraries that the loader's cache lists.
    cached: BTreeSet<ImagePath>,
    scripts: HashMap<ImagePath, String>,
    imports: imports::Imports,
    accounts: accounts::Accounts,
    codename: Option<String>,
}

/// A file, folder or link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The type.
    pub kind: Kind,
    /// Its permissions, without the type of the file.
    pub mode: u32,
    /// The numbers of its user and group.
    pub owner: (u64, u64),
    /// Its size in bytes.
    pub size: u64,
    /// The hash of its content; 0 without content.
    pub digest: u64,
    /// The interpreter and arguments of its `#!` line.
    pub interpreter: Option<Box<str>>,
}

/// The type of a file system entry.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A file, whatever its names.
    File,
    /// A file that the kernel or its loader runs or links to.
    Elf,
    /// A folder.
    Folder,
    /// A symbolic link to this path, as it is written.
    Link(String),
    /// A device, pipe or socket.
    Other,
}

impl Entry {
    /// What a header tells; a hard link counts as a file.
    fn read<R: Read>(entry: &tar::Entry<'_, R>) -> Self {
        let kind = match entry.header().entry_type() {
            EntryType::Directory => Kind::Folder,
            EntryType::Symlink => Kind::Link(target(entry)),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse | EntryType::Link => {
                Kind::File
            }
            _ => Kind::Other,
        };
        let header = entry.header();
        let number = |it: io::Result<u64>| it.unwrap_or_default();
        Self {
            mode: header.mode().unwrap_or_default() & 0o7777,
            owner: (number(header.uid()), number(header.gid())),
            size: if kind == Kind::File { entry.size() } else { 0 },
            digest: 0,
            interpreter: None,
            kind,
        }
    }
}

/// The target of a link, as it is written; empty for what is none.
fn target<R: Read>(entry: &tar::Entry<'_, R>) -> String {
    let name = entry.link_name_bytes();
    name.map(|it| String::from_utf8_lossy(&it).into_owned()).unwrap_or_default()
}

impl Contents {
    /// Reads an image from its tar stream.
    ///
    /// # Errors
    /// Errors of the stream, and of a stream that is not a tar.
    pub fn read(tar: &mut dyn Read) -> io::Result<Self> {
        let mut contents = Self::default();
        let mut texts = Texts::default();
        let mut hard_links = Vec::new();
        let mut archive = tar::Archive::new(tar);
        for entry in archive.entries()? {
            let mut entry = entry?;
            let path = rooted(&String::from_utf8_lossy(&entry.path_bytes()));
            if entry.header().entry_type() == EntryType::Link {
                hard_links.push((path, rooted(&target(&entry))));
                continue;
            }
            let mut found = Entry::read(&entry);
            if found.kind == Kind::File {
                let mut body = Digested::new(&mut entry);
                contents.file(&path, &mut found, &mut body, &mut texts)?;
                found.digest = body.finish()?;
            }
            contents.files.insert(path, found);
        }
        for (path, target) in hard_links {
            if let Some(entry) = contents.files.get(&target).cloned() {
                contents.files.insert(path, entry);
            }
        }
        contents.distributions = python::distributions(texts.python);
        contents.system = system::read(texts.system);
        contents.accounts = accounts::read(&texts.accounts);
        contents.codename = texts.release.iter().find_map(codename);
        Ok(contents)
    }

    /// Reads what is wanted of a file.
    fn file(
        &mut self,
        path: &ImagePath,
        entry: &mut Entry,
        body: &mut dyn Read,
        texts: &mut Texts,
    ) -> io::Result<()> {
        let mut read = Vec::new();
        body.take(BEGINNING).read_to_end(&mut read)?;
        if elf::is_elf(&read) {
            entry.kind = Kind::Elf;
            if entry.size <= LARGEST_ELF {
                body.read_to_end(&mut read)?;
                self.linked.insert(path.clone(), elf::linked(&read).unwrap_or_default());
            }
            return Ok(());
        }
        if let Some(line) = read.strip_prefix(b"#!") {
            let line = line.split(|it| *it == b'\n').next().unwrap_or_default();
            let line = String::from_utf8_lossy(&line[..line.len().min(256)]);
            entry.interpreter = Some(line.trim().into());
            if entry.size <= BEGINNING && !is_of_system(path.as_str()) {
                let text = String::from_utf8_lossy(&read).into_owned();
                self.scripts.insert(path.clone(), text);
            }
        }
        if *path == LOADER_CACHE && entry.size <= LARGEST_TEXT {
            body.read_to_end(&mut read)?;
            self.cached = elf::cached(&read);
            return Ok(());
        }
        let interpreter = entry.interpreter.as_deref();
        if entry.size <= imports::LARGEST && imports::is_wanted(path.as_str(), interpreter) {
            body.read_to_end(&mut read)?;
            imports::add(&mut self.imports, path, &String::from_utf8_lossy(&read));
            return Ok(());
        }
        let Some(into) = texts.wanting(path).filter(|_| entry.size <= LARGEST_TEXT) else {
            return Ok(());
        };
        body.read_to_end(&mut read)?;
        into.push((path.clone(), String::from_utf8_lossy(&read).into_owned()));
        Ok(())
    }

    /// Everything in it, by path.
    pub fn files(&self) -> &BTreeMap<ImagePath, Entry> {
        &self.files
    }

    /// The paths that another build of the same Dockerfile gave something else, where one of the two is as in
    /// `model`: what differs from that differs by chance. Poetry's installers are an example: their threads
    /// read the umask by setting it, and a folder that another one makes meanwhile is open for all to write.
    pub fn unstable(&self, again: &Self, model: &Self) -> BTreeSet<ImagePath> {
        let by_chance = |path: &&ImagePath| {
            let [one, other, model] = [self, again, model].map(|it| it.files.get(*path));
            one != other && (one == model || other == model)
        };
        self.files.keys().chain(again.files.keys()).filter(by_chance).cloned().collect()
    }

    /// The entry at a path, without following a link.
    pub fn entry<P: Ord + ?Sized>(&self, path: &P) -> Option<&Entry>
    where
        ImagePath: Borrow<P>,
    {
        self.files.get(path)
    }

    /// The Python distributions, wherever they lie, in the order of their paths.
    pub fn distributions(&self) -> &[Distribution] {
        &self.distributions
    }

    /// The packages of the system's own manager.
    pub fn system(&self) -> &System {
        &self.system
    }

    /// The libraries that the inspected ELF files are linked with, by path.
    pub(super) fn linked(&self) -> &BTreeMap<ImagePath, Linked> {
        &self.linked
    }

    /// The paths of the libraries that the loader's cache lists: `ldconfig` wrote it.
    pub(super) fn cached(&self) -> &BTreeSet<ImagePath> {
        &self.cached
    }

    /// The text of a script that people wrote.
    pub(super) fn script<P: Eq + Hash + ?Sized>(&self, path: &P) -> Option<&str>
    where
        ImagePath: Borrow<P>,
    {
        self.scripts.get(path).map(String::as_str)
    }

    /// The name of Debian's or Ubuntu's release.
    pub(super) fn codename(&self) -> Option<&str> {
        self.codename.as_deref()
    }

    /// The path that a path leads to, symbolic links followed; `None` where there is nothing.
    pub fn resolve(&self, path: &ImagePath) -> Option<ImagePath> {
        let end = self.follow(path);
        (end.is_root() || self.files.contains_key(&end)).then_some(end)
    }

    /// Follows symbolic links as far as they lead, also to where nothing lies.
    pub(super) fn follow(&self, path: &ImagePath) -> ImagePath {
        let mut path = path.clone();
        // As many links as the kernel follows.
        for _ in 0..40 {
            let Some(next) = self.follow_one(&path) else { return path };
            path = next;
        }
        path
    }

    /// The path with its first symbolic link replaced by what it leads to.
    fn follow_one(&self, path: &ImagePath) -> Option<ImagePath> {
        let path = path.as_str();
        let ends = path.match_indices('/').map(|it| it.0).skip(1).chain([path.len()]);
        for end in ends {
            let at = path.get(..end)?;
            if let Some((link, entry)) = self.files.get_key_value(at)
                && let Kind::Link(target) = &entry.kind
            {
                let rest = path[end..].trim_start_matches('/');
                return Some(link.parent().unwrap_or_default().join(target).join(rest));
            }
        }
        None
    }

    /// Where a shell or the kernel finds a program: at its path, or in the first folder of `PATH` that has one
    /// which the image's user may execute. A folder with a path of its own is looked for from `WORKDIR`.
    ///
    /// # Errors
    /// Why it cannot start, worded to follow its name.
    pub fn program(&self, name: &str, config: &Config) -> Result<ImagePath, String> {
        let Some(user) = self.user(&config.user) else {
            return Err(format!("runs as {}, a user that is not in /etc/passwd", config.user));
        };
        let candidates: Vec<ImagePath> = match name.contains('/') {
            true => vec![config.workdir.join(name)],
            false => {
                let folders = config.path().split(':');
                folders.map(|it| config.workdir.join(it).join(name)).collect()
            }
        };
        let mut why = if name.contains('/') { "is not there" } else { "is not on PATH" }.to_owned();
        for candidate in candidates {
            let Some(at) = self.resolve(&candidate) else { continue };
            let Some(entry) = self.files.get(&at) else { continue };
            if !matches!(entry.kind, Kind::File | Kind::Elf) {
                continue;
            }
            match self.executable(&candidate, &user) {
                Ok(()) => return self.interpreted(entry, &user).map(|()| candidate),
                Err(it) => why = it,
            }
        }
        Err(why)
    }

    /// Returns true if the interpreter of its `#!` line exists.
    fn interpreted(&self, entry: &Entry, user: &User) -> Result<(), String> {
        let Some(line) = &entry.interpreter else { return Ok(()) };
        let program = line.split_whitespace().next().unwrap_or_default();
        let path = rooted(program);
        let found = match self.resolve(&path) {
            Some(_) => self.executable(&path, user),
            None => Err("is not there".to_owned()),
        };
        found.map_err(|why| format!("is a script for {program}, which {why}"))
    }
}

/// The files whose whole text is wanted.
#[derive(Default)]
struct Texts {
    python: Vec<(ImagePath, String)>,
    system: Vec<(ImagePath, String)>,
    accounts: Vec<(ImagePath, String)>,
    release: Vec<(ImagePath, String)>,
}

impl Texts {
    /// The place for the text of a file, if that is wanted.
    fn wanting(&mut self, path: &ImagePath) -> Option<&mut Vec<(ImagePath, String)>> {
        if python::is_wanted(path) {
            return Some(&mut self.python);
        }
        let path = path.as_str();
        if system::is_wanted(path) {
            return Some(&mut self.system);
        }
        if accounts::is_wanted(path) {
            return Some(&mut self.accounts);
        }
        ["/etc/os-release", "/usr/lib/os-release"].contains(&path).then_some(&mut self.release)
    }
}

/// A path as archives and `#!` have it, seen from the root.
fn rooted(path: &str) -> ImagePath {
    ImagePath::root().join(path)
}

/// Returns true if a path belongs to the system, where users have no scripts.
fn is_of_system(path: &str) -> bool {
    ["/usr/lib/", "/usr/share/", "/usr/bin/", "/usr/sbin/", "/bin/", "/sbin/", "/lib/", "/etc/"]
        .iter()
        .any(|it| path.starts_with(it))
}

/// The release that `os-release` names.
fn codename(file: &(ImagePath, String)) -> Option<String> {
    let value = file.1.lines().find_map(|it| it.strip_prefix("VERSION_CODENAME="))?;
    Some(value.trim_matches('"').to_owned())
}
