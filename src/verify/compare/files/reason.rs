//! Reasons why files are gone.

use std::collections::{HashMap, HashSet};

use super::{Reasons, places};
use crate::verify::compare::some;
use crate::{
    context::dockerignore::Dockerignore,
    ecosystems::{
        Ecosystem,
        clutter::{self, Class},
    },
    text::{ImagePath, count::counted, tails},
    verify::contents::{Distribution, Entry, Kind},
};

/// The folder of a distribution's metadata.
const METADATA: &str = ".dist-info/";

/// The reason why a file is gone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    /// It is of a package or distribution whose loss is a difference already.
    Told,
    Volatile,
    Cached,
    Moved,
    Package,
    Distribution,
    Manager,
    Manifest,
    Unquoted,
    Unsent,
}

impl Reasons<'_> {
    /// The reason why a file is gone.
    pub(super) fn reason(
        &self,
        path: &ImagePath,
        entry: &Entry,
        recorded: &Recorded<'_>,
    ) -> Option<Reason> {
        let split = self.declared.environment.as_ref();
        let text = path.as_str();
        if self.is_cache(path) {
            return (self.declared.caches || split.is_some()).then_some(Reason::Cached);
        }
        let unstable = self.declared.unstable.contains(path);
        if places::is_volatile(text, &entry.kind) || unstable {
            return Some(Reason::Volatile);
        }
        if let Some(environment) = split
            && let Some(new) = self.moved(environment, path)
        {
            // Programs name their interpreter, metadata their installer, and compilers are not exact.
            let free = entry.kind != Kind::File
                || recorded.is_shared(text)
                || entry.interpreter.is_some()
                || text.contains("-info/")
                || (entry.size, entry.digest) == (new.size, new.digest);
            let by = recorded.by(text);
            let other = by.is_some_and(|it| self.distributions.other.contains(it));
            return (free || other).then_some(Reason::Moved);
        }
        // Installers write different metadata for the same distribution.
        if let Some(environment) = split
            && let Some(at) = text.find(METADATA)
            && let Some(folder) = ImagePath::new(&text[..at + METADATA.len()])
            && self.moved(environment, &folder.join("METADATA")).is_some()
        {
            return Some(Reason::Moved);
        }
        if let Some(owner) = self.owner(path, entry) {
            let known = self.packages.gone.contains(owner) || self.packages.other.contains(owner);
            let told = self.packages.lost.contains(owner).then_some(Reason::Told);
            return known.then_some(Reason::Package).or(told);
        }
        let gone = &self.distributions.gone;
        if let Some(by) = recorded.by(text) {
            let known = gone.contains(by) || self.distributions.other.contains(by);
            let told = self.distributions.lost.contains(by).then_some(Reason::Told);
            return known.then_some(Reason::Distribution).or(told);
        }
        if places::is_record(text) {
            let none = self.packages.gone.is_empty();
            return Some(if none { Reason::Volatile } else { Reason::Package });
        }
        if entry.kind == Kind::Folder && self.is_made_by_package(path) {
            return Some(Reason::Package);
        }
        // A link goes with what it leads to.
        if matches!(entry.kind, Kind::Link(_)) {
            let target = self.before.follow(path);
            let behind = self.before.entry(&target).filter(|it| !matches!(it.kind, Kind::Link(_)));
            if let Some(reason) = behind.and_then(|it| self.reason(&target, it, recorded))
                && self.after.resolve(&target).is_none()
            {
                return Some(reason);
            }
        }
        if split.is_some() && (places::is_manager(text) || self.is_of_manager(path)) {
            return Some(Reason::Manager);
        }
        let name = path.file_name();
        // `pip install redis>=5`: the shell writes to `=5`.
        let unquoted =
            name.strip_prefix('=').is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()));
        match split {
            Some(_) if Ecosystem::Python.is_manifest(name) => Some(Reason::Manifest),
            Some(_) if unquoted && entry.kind == Kind::File => Some(Reason::Unquoted),
            _ => self.is_unsent(text).then_some(Reason::Unsent),
        }
    }

    /// Whether the builder is no longer sent a file, as a change says. What a RUN makes has to be there all the same.
    fn is_unsent(&self, path: &str) -> bool {
        let unsent = &self.declared.unsent;
        let is_made =
            |it: Class| matches!(it, Class::Environments | Class::Packages | Class::Outputs);
        let asked_for = Dockerignore::of_flags(unsent.asked_for.iter().map(String::as_str));
        let is_declared = |it: Class| unsent.classes.contains(&it);
        !clutter::classes_of(path).any(is_made) && clutter::classes_of(path).any(is_declared)
            || tails(path).any(|it| asked_for.excludes(it))
    }

    /// The place of a file in the new environment.
    fn moved(&self, environment: &ImagePath, path: &ImagePath) -> Option<&Entry> {
        let below = |rest: &str| self.after.entry(&environment.join(rest));
        let path = path.as_str();
        for folder in ["/site-packages/", "/dist-packages/"] {
            // Also the folder itself, which installers make.
            if let Some((site, rest)) = format!("{path}/").split_once(folder) {
                let python = site.rsplit('/').next().unwrap_or_default();
                let moved = format!("lib/{python}/site-packages/{rest}");
                return below(&moved);
            }
        }
        // The schemes of an installation and of an environment are the same below their prefixes, but for
        // headers, which Debian's Python has in the system's folder.
        let prefixes = ["/usr/local/", "/root/.local/"];
        let mut below_prefix = prefixes.iter().filter_map(|it| path.strip_prefix(it));
        let header = || below(&format!("include/site/{}", path.split_once("/include/")?.1));
        below_prefix.find_map(below).or_else(header)
    }

    /// The package of the system that a path belongs to, or one behind it that is a link.
    pub(super) fn owner(&self, path: &ImagePath, entry: &Entry) -> Option<&str> {
        let system = self.before.system();
        let owner = system.owner(path);
        owner.or_else(|| match entry.kind {
            Kind::Link(_) => system.owner(&self.before.follow(path)),
            _ => None,
        })
    }

    /// Whether packages that are gone made a folder while they were configured: one below a folder that they
    /// list, of their own name, or in a place where people make none.
    fn is_made_by_package(&self, path: &ImagePath) -> bool {
        let (gone, text) = (&self.packages.gone, path.as_str());
        let listed = |it: ImagePath| {
            let owner = self.before.system().owner(&it);
            self.after.entry(&it).is_none() && owner.is_some_and(|it| gone.contains(it))
        };
        let named = || {
            let roots = ["/etc/", "/run/", "/var/cache/", "/var/lib/", "/var/log/"];
            let below = roots.iter().find_map(|it| text.strip_prefix(it));
            let name = below.and_then(|it| it.split('/').next());
            let starts = |of: &str, name: &str| {
                of.strip_prefix(name).is_some_and(|it| it.is_empty() || it.starts_with('-'))
            };
            name.is_some_and(|name| gone.iter().any(|it| starts(it, name)))
        };
        let of_system = || {
            let peoples = ["/usr/src/", "/usr/local/"].iter().any(|it| text.starts_with(it));
            // Debian's Python, fonts and catalogues make these for what people add to them.
            let shared = text.strip_prefix("/usr/local/").is_some_and(|it| {
                (it.starts_with("lib/python3") && it.ends_with("/dist-packages"))
                    || ["share/fonts", "share/sgml", "share/xml"]
                        .iter()
                        .any(|of| it.starts_with(of))
            });
            !gone.is_empty() && (shared || text.starts_with("/usr/") && !peoples)
        };
        path.ancestors().skip(1).any(listed) || named() || of_system()
    }

    /// Returns true if a file belongs to the environment of a tool that stays in the builder, as installers make them.
    fn is_of_manager(&self, path: &ImagePath) -> bool {
        let tools = &self.distributions.tools;
        let all = self.before.distributions().iter().filter(|it| tools.contains(&it.name));
        let root =
            |it: &Distribution| ImagePath::new(it.site().as_str().split_once("/lib/python")?.0);
        let is_environment = |it: &ImagePath| self.before.entry(&it.join("pyvenv.cfg")).is_some();
        all.filter_map(root).filter(is_environment).any(|it| path.is_within(&it))
    }

    /// A reason for people.
    pub(super) fn sentence(&self, reason: Reason) -> String {
        match reason {
            Reason::Told => String::new(),
            Reason::Volatile => "of logs, bytecode and the like".to_owned(),
            Reason::Cached => "of package managers' caches".to_owned(),
            Reason::Moved => {
                let environment = self.declared.environment.as_ref();
                format!("moved to {}", environment.map_or("", ImagePath::as_str))
            }
            Reason::Package => {
                let (gone, other) = (&self.packages.gone, &self.packages.other);
                if gone.is_empty() {
                    let packages = counted(other.len(), "package");
                    return format!("of {packages} of the system in other versions");
                }
                let asked = gone.iter().filter(|it| self.before.system().is_asked_for(it));
                let mut asked: Vec<&String> = asked.collect();
                if asked.is_empty() {
                    asked = gone.iter().collect();
                }
                let packages = counted(gone.len(), "package");
                format!("of {packages} of the system that only build ({})", some(asked, 4))
            }
            Reason::Distribution => {
                let count = counted(self.distributions.gone.len(), "Python distribution");
                let tools = &self.distributions.tools;
                match tools.is_empty() {
                    true => "of Python distributions in other versions, as pinned".to_owned(),
                    false => format!("of {count} that only install ({})", some(tools, 4)),
                }
            }
            Reason::Manager => "of package managers and their settings".to_owned(),
            Reason::Unquoted => "that a shell made of requirements without quotes".to_owned(),
            Reason::Unsent => "that the builder is no longer sent".to_owned(),
            Reason::Manifest => "of manifests and locks, which package managers read".to_owned(),
        }
    }
}

/// The distributions that record files.
pub(super) struct Recorded<'a> {
    by: HashMap<&'a str, &'a str>,
    shared: HashSet<&'a str>,
}

impl<'a> Recorded<'a> {
    pub(super) fn of(all: &'a [Distribution]) -> Self {
        let (mut by, mut shared) = (HashMap::new(), HashSet::new());
        for it in all {
            let name = it.name.as_str();
            by.insert(it.place.as_str(), name);
            for file in &it.files {
                if by.insert(file.as_str(), name).is_some_and(|other| other != name) {
                    shared.insert(file.as_str());
                }
            }
        }
        Self { by, shared }
    }

    /// Whether several distributions bring a file, as fastapi and fastapi-cli do `bin/fastapi`: installers work
    /// side by side, and whose comes last is chance.
    pub(super) fn is_shared(&self, path: &str) -> bool {
        self.shared.contains(path)
    }

    /// The distribution that records a file, or the folder of its metadata.
    pub(super) fn by(&self, path: &str) -> Option<&'a str> {
        let metadata = || {
            let end = path.find(".dist-info/").map(|it| it + ".dist-info".len());
            let end = end.or_else(|| path.find(".egg-info/").map(|it| it + ".egg-info".len()));
            self.by.get(&path[..end?])
        };
        self.by.get(path).or_else(metadata).copied()
    }
}
