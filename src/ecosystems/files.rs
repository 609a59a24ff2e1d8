//! The files that managers read, by name.

use std::sync::LazyLock;

use foldhash::{HashMap, HashMapExt as _};

use super::{Ecosystem, MANAGERS, Manager};

/// A file that a manager reads.
#[derive(Clone, Copy, Debug)]
pub struct File {
    /// Its name, in which `*` stands for anything; with a folder, the name of the folder that it lies in
    /// matters, too.
    pub pattern: &'static str,
    /// The `/` in the pattern.
    slash: Option<usize>,
    /// Whether the pattern is a name, without `*` and folder.
    is_name: bool,
    /// What it is to the manager.
    pub kind: FileKind,
    /// Whether a folder with such a file is a project of its own.
    pub marks_project: bool,
    /// The keys in it that say something about caches.
    pub cache_keys: &'static [&'static str],
}

/// What a file is to a manager.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    /// It lists what to install.
    Manifest,
    /// It pins what to install; it may be large.
    Lock,
    /// It configures the manager, whatever its verb is.
    Settings,
    /// It says which version of the language or of the manager to use.
    Runtime,
    /// It often is a manifest that another one or a command line names; its name alone does not prove it.
    Named,
}

impl File {
    const fn new(pattern: &'static str, kind: FileKind) -> Self {
        let (bytes, mut at) = (pattern.as_bytes(), pattern.len());
        let (mut slash, mut is_name) = (None, true);
        while 0 < at {
            at -= 1;
            is_name &= bytes[at] != b'*' && bytes[at] != b'/';
            if bytes[at] == b'/' && slash.is_none() {
                slash = Some(at);
            }
        }
        Self { pattern, slash, is_name, kind, marks_project: false, cache_keys: &[] }
    }

    /// A manifest.
    pub const fn manifest(pattern: &'static str) -> Self {
        Self::new(pattern, FileKind::Manifest)
    }

    /// A lock.
    pub const fn lock(pattern: &'static str) -> Self {
        Self::new(pattern, FileKind::Lock)
    }

    /// Settings.
    pub const fn settings(pattern: &'static str) -> Self {
        Self::new(pattern, FileKind::Settings)
    }

    /// What names a version of the language.
    pub const fn runtime(pattern: &'static str) -> Self {
        Self::new(pattern, FileKind::Runtime)
    }

    /// What may be a manifest.
    pub const fn named(pattern: &'static str) -> Self {
        Self::new(pattern, FileKind::Named)
    }

    /// The file, which makes its folder a project.
    #[must_use]
    pub const fn marking_project(self) -> Self {
        Self { marks_project: true, ..self }
    }

    /// The file, in which these keys say something about caches.
    #[must_use]
    pub const fn with_cache_keys(self, cache_keys: &'static [&'static str]) -> Self {
        Self { cache_keys, ..self }
    }

    /// Whether it is a file of this name, in a folder of that name.
    pub fn matches(&self, folder: &str, name: &str) -> bool {
        if self.is_name {
            return self.pattern == name;
        }
        let is = |pattern: &str, text: &str| is_like(pattern.as_bytes(), text.as_bytes());
        match self.slash {
            Some(at) => is(&self.pattern[at + 1..], name) && is(&self.pattern[..at], folder),
            None => is(self.pattern, name),
        }
    }
}

/// The files of all managers by their names, for every file of a project is asked for.
struct Names {
    /// Each with the manager that reads it.
    files: Vec<(&'static Manager, &'static File)>,
    /// The numbers of those with a name of their own.
    whole: HashMap<&'static str, Vec<usize>>,
    /// The numbers of those whose name is a pattern, or whose folder matters, by the first byte of the names that
    /// they match.
    begun: HashMap<u8, Vec<usize>>,
    /// The numbers of those that begin with anything, by the last byte.
    ended: HashMap<u8, Vec<usize>>,
    /// The numbers of those that end with anything, too.
    open: Vec<usize>,
}

static NAMES: LazyLock<Names> = LazyLock::new(|| {
    let files = MANAGERS.iter().flat_map(|of| of.files.iter().map(move |it| (of, it))).collect();
    let (whole, begun, ended) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut names = Names { files, whole, begun, ended, open: Vec::new() };
    for (at, (_, file)) in names.files.iter().enumerate() {
        if file.is_name {
            names.whole.entry(file.pattern).or_default().push(at);
            continue;
        }
        let name = file.slash.map_or(file.pattern, |it| &file.pattern[it + 1..]);
        match (name.bytes().next(), name.bytes().last()) {
            (Some(first), _) if first != b'*' => names.begun.entry(first).or_default().push(at),
            (_, Some(last)) if last != b'*' => names.ended.entry(last).or_default().push(at),
            _ => names.open.push(at),
        }
    }
    names
});

/// The numbers of the files of all managers that have this name in a folder of that name.
fn numbers(folder: &str, name: &str) -> impl Iterator<Item = usize> {
    let names = &*NAMES;
    let whole = names.whole.get(name).into_iter().flatten();
    let begun = name.bytes().next().and_then(|it| names.begun.get(&it)).into_iter().flatten();
    let ended = name.bytes().last().and_then(|it| names.ended.get(&it)).into_iter().flatten();
    let patterns = begun.chain(ended).chain(&names.open);
    let patterns = patterns.filter(move |it| names.files[**it].1.matches(folder, name));
    whole.chain(patterns).copied()
}

/// The files of all managers that have this name in a folder of that name, each with its number among all.
fn named(folder: &str, name: &str) -> impl Iterator<Item = (usize, &'static File)> {
    numbers(folder, name).map(|it| (it, NAMES.files[it].1))
}

/// Whether a manager reads files of this name.
pub(super) fn reads(manager: &Manager, name: &str) -> bool {
    numbers("", name).any(|it| NAMES.files[it].0.name == manager.name)
}

/// The number of the first manifest with just this name, among the files of all managers; patterns are not looked at.
pub fn manifest_rank(name: &str) -> Option<usize> {
    let names = &*NAMES;
    let known = names.whole.get(name)?;
    known.iter().copied().find(|it| names.files[*it].1.kind == FileKind::Manifest)
}

/// Whether a name is like a pattern, in which `*` stands for anything; nothing is built for it.
#[inline]
pub(super) fn is_like(pattern: &[u8], name: &[u8]) -> bool {
    // Each name is compared with many patterns, and most differ at one end.
    let fits = |pattern: Option<&u8>, name: Option<&u8>| pattern == Some(&b'*') || pattern == name;
    fits(pattern.first(), name.first())
        && fits(pattern.last(), name.last())
        && match pattern.split_first() {
            Some((b'*', end)) if !end.contains(&b'*') => name.ends_with(end),
            _ => is_like_throughout(pattern, name),
        }
}

fn is_like_throughout(pattern: &[u8], name: &[u8]) -> bool {
    let (mut at, mut in_name) = (0, 0);
    // The last `*`, and where in the name the rest after it was tried last.
    let mut star = None;
    while in_name < name.len() {
        match pattern.get(at) {
            Some(b'*') => {
                star = Some((at, in_name));
                at += 1;
            }
            Some(byte) if *byte == name[in_name] => {
                at += 1;
                in_name += 1;
            }
            _ => {
                let Some((before, tried)) = star else { return false };
                star = Some((before, tried + 1));
                (at, in_name) = (before + 1, tried + 1);
            }
        }
    }
    pattern[at..].iter().all(|it| *it == b'*')
}

/// What the managers of all ecosystems find beside manifests, and copy with them.
const BESIDE: [File; 5] = [
    File::manifest("README*"),
    File::manifest("LICENCE*"),
    File::manifest("LICENSE*"),
    File::lock("*.lock"),
    File::manifest("*.whl"),
];

/// What a file of this name in a folder of that name is to the first manager that reads it.
pub fn file(folder: &str, name: &str) -> Option<&'static File> {
    named(folder, name).min_by_key(|it| it.0).map(|it| it.1)
}

/// Whether a file of this name in a folder of that name is a lock to the first manager that reads it.
pub fn is_lock_in(folder: &str, name: &str) -> bool {
    file(folder, name).is_some_and(|it| it.kind == FileKind::Lock)
}

/// Whether a folder with a file of this name is a project of its own.
pub fn marks_project(name: &str) -> bool {
    named("", name).any(|it| it.1.marks_project)
}

/// Whether a file of this name pins what to install: it may be too large to be read, and is there all the same.
pub fn is_lock(name: &str) -> bool {
    named("", name).any(|it| it.1.kind == FileKind::Lock)
}

/// The files of all managers.
pub fn files() -> impl Iterator<Item = &'static File> {
    MANAGERS.iter().flat_map(|it| it.files)
}

/// The folders that managers make beside a manifest; one that several make comes several times.
pub fn makes() -> impl Iterator<Item = &'static str> {
    MANAGERS.iter().flat_map(|it| it.makes).copied()
}

/// Whether a file of this name is there for one of these managers and not for the program: a manifest, a
/// lock, or what manifests refer to.
pub fn is_manifest_of<'m>(managers: impl IntoIterator<Item = &'m Manager>, name: &str) -> bool {
    let files = managers.into_iter().flat_map(|it| it.files);
    let mut files = files.filter(|it| it.kind != FileKind::Named).chain(&BESIDE);
    files.any(|it| it.matches("", name))
}

impl Ecosystem {
    /// Whether a file of this name in a folder of that name is there for a manager of this ecosystem and not for
    /// the program: by its own name, or because of its folder's.
    pub fn is_manifest_in(self, folder: &str, name: &str) -> bool {
        let files = MANAGERS.iter().filter(|it| it.ecosystem == self).flat_map(|it| it.files);
        let mut beside_others = files.filter(|it| it.pattern.contains('/'));
        self.is_manifest(name) || beside_others.any(|it| it.matches(folder, name))
    }

    /// Whether a file of this name is there for a manager of this ecosystem and not for the program.
    pub fn is_manifest(self, name: &str) -> bool {
        is_manifest_of(MANAGERS.iter().filter(|it| it.ecosystem == self), name)
    }
}

/// What a file of this name and text says about caches: the managers, and the key that it sets.
pub fn cache_settings<'a>(
    name: &'a str,
    text: &'a str,
) -> impl Iterator<Item = (&'static str, &'static str)> + 'a {
    let says =
        |key: &str| text.lines().any(|it| !it.trim_start().starts_with('#') && it.contains(key));
    let all = MANAGERS.iter().flat_map(|it| it.files.iter().map(|file| (it.name, file)));
    let own = all.filter(move |(_, file)| !file.cache_keys.is_empty() && file.matches("", name));
    let keys = own.flat_map(|(manager, file)| file.cache_keys.iter().map(move |it| (manager, *it)));
    keys.filter(move |(_, key)| says(key))
}
