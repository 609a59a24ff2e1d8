//! The system's packages: `dpkg`'s database, also in the form that distroless images have, and `apk`'s.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::text::ImagePath;

/// The packages of the system's own manager.
#[derive(Clone, Debug, Default)]
pub struct System {
    packages: BTreeMap<String, Package>,
    /// The package of each path.
    owners: HashMap<ImagePath, String>,
    automatic: BTreeSet<String>,
    /// The packages of Alpine's that were asked for by name.
    world: BTreeSet<String>,
}

/// A package of the system.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Package {
    /// Its version.
    pub version: String,
    /// The names of its dependencies and recommendations, with all alternatives.
    pub requires: Vec<String>,
    /// The names that it also answers to.
    provides: Vec<String>,
    /// True for Alpine's.
    pub is_alpine: bool,
}

const STATUS: &str = "/var/lib/dpkg/status";
const AUTOMATIC: &str = "/var/lib/apt/extended_states";
const WORLD: &str = "/etc/apk/world";
const APK: [&str; 2] = ["/lib/apk/db/installed", "/usr/lib/apk/db/installed"];

impl System {
    /// The packages, by name.
    pub fn packages(&self) -> &BTreeMap<String, Package> {
        &self.packages
    }

    /// The package that a path belongs to.
    pub fn owner(&self, path: &ImagePath) -> Option<&str> {
        // Packages still say `/bin/ls` where `/bin` leads to `/usr/bin`.
        let merged = || path.as_str().strip_prefix("/usr").filter(|it| it.starts_with('/'));
        let owner = self.owners.get(path).or_else(|| self.owners.get(merged()?))?;
        Some(owner)
    }

    /// Returns true if a package was asked for by name, as far as that is recorded.
    pub fn is_asked_for(&self, package: &str) -> bool {
        match self.packages.get(package) {
            Some(it) if it.is_alpine => self.world.contains(package),
            _ => !self.automatic.contains(package),
        }
    }

    /// These packages and everything that they depend on or recommend.
    pub fn closure<'a>(&'a self, packages: impl IntoIterator<Item = &'a str>) -> BTreeSet<&'a str> {
        let mut providers: HashMap<&str, Vec<&str>> = HashMap::new();
        for (name, package) in &self.packages {
            for it in &package.provides {
                providers.entry(it).or_default().push(name);
            }
        }
        let mut open: Vec<&str> = packages.into_iter().collect();
        let mut closed = BTreeSet::new();
        while let Some(name) = open.pop() {
            let Some((name, package)) = self.packages.get_key_value(name) else { continue };
            if !closed.insert(name.as_str()) {
                continue;
            }
            for it in &package.requires {
                open.push(it);
                open.extend(providers.get(it.as_str()).into_iter().flatten());
            }
        }
        closed
    }
}

/// Returns true if a file describes packages.
pub(super) fn is_wanted(path: &str) -> bool {
    let dpkg = |it: &str| {
        (it.starts_with("/info/") && it.ends_with(".list"))
            || (it.starts_with("/status.d/") && !it.ends_with(".md5sums"))
    };
    path == STATUS
        || path == AUTOMATIC
        || path == WORLD
        || APK.contains(&path)
        || path.strip_prefix("/var/lib/dpkg").is_some_and(dpkg)
        || (path.starts_with("/var/lib/dpkg/status.d/") && path.ends_with(".md5sums"))
}

/// Reads what these files say.
pub(super) fn read(texts: Vec<(ImagePath, String)>) -> System {
    let mut system = System::default();
    for (path, text) in texts {
        let file = path.file_name();
        if let Some(package) = file.strip_suffix(".list") {
            let package = package.split(':').next().unwrap_or(package);
            for path in text.lines().filter(|it| *it != "/.").filter_map(ImagePath::new) {
                system.owners.insert(path, package.to_owned());
            }
        } else if let Some(package) = file.strip_suffix(".md5sums") {
            for line in text.lines() {
                let path = line.split_once("  ").map(|it| ImagePath::root().join(it.1));
                system.owners.extend(path.map(|it| (it, package.to_owned())));
            }
        } else if APK.contains(&path.as_str()) {
            text.split("\n\n").for_each(|it| system.alpine(it));
        } else if path == WORLD {
            system.world.extend(text.split_whitespace().map(alpine_name));
        } else if path == AUTOMATIC {
            let automatic = text.split("\n\n").filter(|it| it.contains("Auto-Installed: 1"));
            let names = automatic.filter_map(|it| field(it, "Package"));
            system.automatic.extend(names.map(str::to_owned));
        } else {
            text.split("\n\n").for_each(|it| system.debian(it));
        }
    }
    system
}

impl System {
    /// A paragraph of `dpkg`'s status.
    fn debian(&mut self, text: &str) {
        let status = field(text, "Status").unwrap_or("installed");
        let Some(name) = field(text, "Package").filter(|_| status.ends_with("installed")) else {
            return;
        };
        if status.ends_with("not-installed") {
            return;
        }
        let names = |key: &str| {
            let list = field(text, key).unwrap_or_default();
            let names = list.split([',', '|']).filter_map(|it| it.split_whitespace().next());
            names.map(|it| it.split(':').next().unwrap_or(it).to_owned()).collect::<Vec<_>>()
        };
        let requires = ["Pre-Depends", "Depends", "Recommends"].into_iter().flat_map(names);
        let package = Package {
            version: field(text, "Version").unwrap_or_default().to_owned(),
            requires: requires.collect(),
            provides: names("Provides"),
            is_alpine: false,
        };
        self.packages.insert(name.to_owned(), package);
    }

    /// A paragraph of `apk`'s database: a letter, a colon and a value per line.
    fn alpine(&mut self, text: &str) {
        let mut name = String::new();
        let mut package = Package { is_alpine: true, ..Package::default() };
        let mut folder = ImagePath::root();
        for line in text.lines() {
            match line.split_once(':') {
                Some(("P", it)) => it.clone_into(&mut name),
                Some(("V", it)) => it.clone_into(&mut package.version),
                Some(("D", it)) => package.requires.extend(it.split_whitespace().map(alpine_name)),
                Some(("p", it)) => package.provides.extend(it.split_whitespace().map(alpine_name)),
                Some(("F", it)) => folder = ImagePath::root().join(it),
                Some(("R", it)) => {
                    self.owners.insert(folder.join(it), name.clone());
                }
                _ => {}
            }
        }
        if !name.is_empty() {
            self.packages.insert(name, package);
        }
    }
}

/// The name of one of Alpine's packages, without the versions that are asked for.
fn alpine_name(text: &str) -> String {
    text.split(['=', '<', '>', '~', '@']).next().unwrap_or(text).to_owned()
}

/// The value of a field of a paragraph, on one line.
fn field<'a>(paragraph: &'a str, name: &str) -> Option<&'a str> {
    let line = |it: &'a str| it.strip_prefix(name)?.strip_prefix(':').map(str::trim);
    paragraph.lines().find_map(line)
}
