//! Where managers cache, what turns that off, and who needs what is there.

use super::{
    At, Compiling, Grammar, MANAGERS, Manager, Setting, Verb, images, node, python, system,
    version::Version,
};
use crate::{shell::Invocation, text::ImagePath};

/// A cache of a manager.
#[derive(Clone, Copy, Debug)]
pub struct Cache {
    /// What it is to the image.
    pub kind: CacheKind,
    /// Where it is: the first place that says so counts.
    pub places: &'static [CachePlace],
    /// The folders below that hold nothing but cache; an empty name is the place itself.
    pub parts: &'static [&'static str],
    /// The verbs that fill it.
    pub filled_by: &'static [Verb],
    /// Whether commands install from it what earlier ones fetched: those that do not find that there download it
    /// again. Else each needs other packages, as a rule.
    pub reused: bool,
    /// What turns it off.
    pub off: &'static [Off],
    /// The options with which nothing is fetched, and so nothing is cached.
    pub idle: &'static [&'static str],
    /// When what is installed leads into the cache or lives in it, so that the image needs it.
    pub linked: &'static [Switch],
    /// When what is in the cache is taken for granted, without network.
    pub offline: &'static [Switch],
    /// Whether all that it holds is the same on every system: archives as they were fetched, but nothing that
    /// was built for a C library.
    pub portable: bool,
    /// Whether builds may fill it at the same time.
    pub sharing: Sharing,
    /// The commands that print where it is: `pip cache dir`.
    pub printed_by: &'static [&'static str],
    /// Of a [`CacheKind::Store`]: the programs besides the manager's own that need what is in it.
    pub used_by: &'static [&'static str],
    /// Of a [`CacheKind::Store`]: what the Dockerfile says, one of these, where packages are in the store; a
    /// manifest in the folder of the command does, too. Empty if they always are.
    pub shown_by: &'static [&'static str],
    /// What the stages say where packages are elsewhere, or what is cached may be out of date.
    pub denied_by: &'static [&'static str],
    /// What a RUN says whose downloads another RUN may not be able to repeat: variables that hold for it alone.
    pub denied_by_run: &'static [&'static str],
    /// The files in the folder of the command that bring the packages along, so that it downloads none.
    pub brought_by: &'static [&'static str],
    /// Whether the same commands cache in other places, too, through programs that they run.
    pub spills: bool,
    /// What packages are compiled with, if it keeps what was compiled and knows it by the source alone.
    pub compiling: Option<Compiling>,
}

/// What a cache is to the image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CacheKind {
    /// Downloads and builds that an install takes what it needs from: nothing needs it afterwards.
    Cache,
    /// Where packages live: later commands use them there (Go's modules, NuGet's packages, `~/.m2`).
    Store,
}

/// A place that may say where a cache is.
#[derive(Clone, Copy, Debug)]
pub enum CachePlace {
    /// The value of one of these options.
    Option(&'static [&'static str]),
    /// The value of a variable.
    Variable(&'static str),
    /// A folder below the one that a variable names; of a list of folders, the first.
    Below(&'static str, &'static str),
    /// A folder of this name below `$XDG_CACHE_HOME`, else below `~/.cache`.
    Xdg(&'static str),
    /// A folder below the home directory.
    Home(&'static str),
    /// Always the same folder.
    Fixed(&'static str),
}

/// What turns a cache off.
#[derive(Clone, Copy, Debug)]
pub enum Off {
    /// An option.
    Option(&'static str),
    /// An option that may be cut short, as long as it starts like this.
    Abbreviated(&'static str, &'static str),
    /// A variable.
    Variable(OffVariable),
}

/// A variable that turns a cache off.
#[derive(Clone, Copy, Debug)]
pub struct OffVariable {
    /// Its name.
    pub name: &'static str,
    /// Whether a value turns the cache off.
    pub when: fn(&str) -> bool,
}

/// Something on the command line or in the environment.
#[derive(Clone, Copy, Debug)]
pub enum Switch {
    /// An option is given.
    Option(&'static str),
    /// An option is given with this value.
    Value(&'static str, &'static str),
    /// A variable has this value.
    Variable(&'static str, &'static str),
    /// A variable is set, to whatever it may be.
    Set(&'static str),
}

/// Whether builds may fill a cache at the same time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sharing {
    /// They may.
    Shared,
    /// They may trip over each other.
    Locked,
    /// They may since a version of the manager; before, and where no version is pinned, nothing is said.
    LockedBefore(&'static [u32]),
}

/// How a command uses a cache.
#[derive(Clone, Debug)]
pub struct Caching {
    /// The cache.
    pub cache: &'static Cache,
    /// Where the cache is; `None` if that cannot be known.
    pub location: Option<Location>,
    /// The arguments that turn the cache off, by position among the command's words.
    pub off: Vec<usize>,
    /// Whether what is installed leads into the cache or lives in it, which the image then needs.
    pub linked: bool,
    /// Whether it takes what is in the cache for granted, without network.
    pub offline: bool,
    /// Whether builds that fill it at the same time may trip over each other.
    pub exclusive: bool,
    /// The option or variable that sets how packages are compiled, of which the cache knows nothing.
    pub compiled_with: Option<String>,
}

/// Where a cache is in the image.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Location {
    /// The folders that hold nothing but cache; mount these.
    pub folders: Vec<ImagePath>,
    /// The folder that they are or lie in, whose removal is meant to empty them.
    pub root: ImagePath,
}

impl Cache {
    /// A cache that nothing fills, to start from.
    pub const NONE: Self = Self {
        kind: CacheKind::Cache,
        places: &[],
        parts: &[""],
        filled_by: &[],
        reused: false,
        off: &[],
        idle: &[],
        linked: &[],
        offline: &[],
        portable: false,
        sharing: Sharing::Shared,
        printed_by: &[],
        used_by: &[],
        shown_by: &[],
        denied_by: &[],
        denied_by_run: &[],
        brought_by: &[],
        spills: false,
        compiling: None,
    };

    /// The variables that turn it off.
    pub fn off_variables(&self) -> impl Iterator<Item = &'static OffVariable> + use<> {
        self.off.iter().filter_map(|it| match it {
            Off::Variable(it) => Some(it),
            _ => None,
        })
    }

    /// The variables that say where it is.
    pub fn variables(&self) -> impl Iterator<Item = &'static str> + use<> {
        self.places
            .iter()
            .flat_map(|it| -> &'static [&'static str] {
                match it {
                    CachePlace::Variable(name) | CachePlace::Below(name, _) => {
                        std::slice::from_ref(name)
                    }
                    CachePlace::Xdg(_) => &["XDG_CACHE_HOME", "HOME"],
                    CachePlace::Home(_) => &["HOME"],
                    CachePlace::Option(_) | CachePlace::Fixed(_) => &[],
                }
            })
            .copied()
    }

    /// The options that say where it is.
    pub fn options(&self) -> impl Iterator<Item = &'static str> + use<> {
        let options = self.places.iter().filter_map(|it| match it {
            CachePlace::Option(names) => Some(*names),
            _ => None,
        });
        options.flatten().copied()
    }

    /// How a call of a manager with this grammar uses it; `None` if the call does not fill it.
    fn caching(
        &'static self,
        grammar: &Grammar,
        call: &Invocation,
        at: &At<'_>,
    ) -> Option<Caching> {
        if !grammar.has(call, self.filled_by) || call.has(self.idle) {
            return None;
        }
        let is_off = |text: &str| {
            self.off.iter().any(|it| match it {
                Off::Option(name) => text.split('=').next() == Some(name),
                Off::Abbreviated(name, start) => text.starts_with(start) && name.starts_with(text),
                Off::Variable(_) => false,
            })
        };
        let off = call.arguments.iter().filter(|it| it.text.as_deref().is_some_and(is_off));
        let off: Vec<usize> = off.map(|it| it.word).collect();
        // An option that shares its word with others cannot be taken out of the line, so the call keeps no cache.
        let shares = |word| 1 < call.arguments.iter().filter(|it| it.word == word).count();
        if off.iter().any(|it| shares(*it)) {
            return None;
        }
        let holds = |switches: &[Switch]| switches.iter().any(|it| it.holds(call, at));
        let exclusive = match self.sharing {
            Sharing::Shared => false,
            Sharing::Locked => true,
            Sharing::LockedBefore(first) => {
                (at.version)().is_some_and(|it| it < Version::new(first))
            }
        };
        Some(Caching {
            cache: self,
            location: self.root(call, at).map(|root| Location {
                folders: self.parts.iter().map(|part| root.join(part)).collect(),
                root,
            }),
            off,
            linked: holds(self.linked),
            offline: holds(self.offline),
            exclusive,
            compiled_with: self.compiling.and_then(|it| it.setting(call, at)),
        })
    }

    /// Where it is; `None` when that cannot be known.
    fn root(&self, call: &Invocation, at: &At<'_>) -> Option<ImagePath> {
        // A home directory or a variable without a value is the root of the image to most programs.
        let below = |folder: &str, name: &str| ImagePath::new(&format!("{folder}/{name}"));
        let image = at.state.image.as_deref().map(images::named);
        let set = |name: &str| {
            let own = at.variable(call, name);
            let of_image = (own == Setting::Unset).then(|| image.map(|it| it.variable(name)));
            match of_image.flatten().unwrap_or(own) {
                Setting::Known(it) => Some(Some(it).filter(|it| !it.is_empty())),
                Setting::Unset => Some(None),
                Setting::Unknown => None,
            }
        };
        for place in self.places {
            match place {
                CachePlace::Option(names) => {
                    if let Some(folder) = call.values(names).last() {
                        return at.path((*folder)?);
                    }
                }
                CachePlace::Variable(name) => {
                    if let Some(folder) = set(name)? {
                        return ImagePath::new(&folder);
                    }
                }
                CachePlace::Below(name, folder) => {
                    if let Some(it) = set(name)? {
                        return below(it.split(':').next().unwrap_or_default(), folder);
                    }
                }
                CachePlace::Xdg(name) => {
                    if let Some(it) = set("XDG_CACHE_HOME")? {
                        return below(&it, name);
                    }
                    return below(&at.home(call)?, &format!(".cache/{name}"));
                }
                CachePlace::Home(folder) => return below(&at.home(call)?, folder),
                CachePlace::Fixed(folder) => return ImagePath::new(folder),
            }
        }
        None
    }

    /// The folders that it is in where variables have these values, whatever a command line says.
    pub fn named<'a>(&self, value: &dyn Fn(&str) -> Option<&'a str>) -> Vec<String> {
        let set =
            |name: &str| value(name).map(|it| it.trim_end_matches('/')).filter(|it| !it.is_empty());
        let roots = self.places.iter().filter_map(|it| match it {
            CachePlace::Variable(name) => set(name).map(str::to_owned),
            CachePlace::Below(name, folder) => {
                // Below the root, which is no cache itself.
                let above = value(name).filter(|it| !it.is_empty());
                above.map(|it| format!("{}/{folder}", it.trim_end_matches('/')))
            }
            CachePlace::Xdg(folder) => set("XDG_CACHE_HOME").map(|it| format!("{it}/{folder}")),
            CachePlace::Option(_) | CachePlace::Home(_) | CachePlace::Fixed(_) => None,
        });
        roots.flat_map(|root| self.in_parts(root)).collect()
    }

    /// How the path of each of its folders ends where no variable moves it: `/.cache/pip`.
    pub fn endings(&'static self) -> impl Iterator<Item = String> {
        let roots = self.places.iter().filter_map(|it| match it {
            CachePlace::Xdg(name) => Some(format!("/.cache/{name}")),
            CachePlace::Home(folder) => Some(format!("/{folder}")),
            CachePlace::Fixed(folder) => Some((*folder).to_owned()),
            CachePlace::Option(_) | CachePlace::Variable(_) | CachePlace::Below(..) => None,
        });
        roots.flat_map(|root| self.in_parts(root))
    }

    fn in_parts(&self, root: String) -> impl Iterator<Item = String> + use<> {
        let parts: &'static [&'static str] = self.parts;
        parts.iter().map(move |part| match *part {
            "" => root.clone(),
            part => format!("{root}/{part}"),
        })
    }
}

impl Caching {
    /// The folders to mount, as far as they are known.
    pub fn folders(&self) -> &[ImagePath] {
        self.location.as_ref().map_or(&[], |it| &it.folders)
    }
}

impl Switch {
    fn holds(self, call: &Invocation, at: &At<'_>) -> bool {
        match self {
            Self::Option(name) => call.has(&[name]),
            Self::Value(name, value) => call.values(&[name]).contains(&Some(value)),
            Self::Variable(name, value) => {
                matches!(at.variable(call, name), Setting::Known(it) if it == value)
            }
            Self::Set(name) => at.variable(call, name) != Setting::Unset,
        }
    }
}

impl Manager {
    /// The caches that a call fills.
    pub fn cachings(&self, call: &Invocation, at: &At<'_>) -> Vec<Caching> {
        if self.is_other(call, at).is_some() {
            return Vec::new();
        }
        self.cache.iter().filter_map(|it| it.caching(&self.grammar, call, at)).collect()
    }
}

/// Every cache that is known, those of the systems' managers included.
pub fn caches() -> impl Iterator<Item = &'static Cache> {
    MANAGERS.iter().flat_map(|it| it.cache).chain(system::CACHES)
}

/// How the paths of the folders end in which managers of languages and their tools cache in a home directory:
/// `/.cache/pip`.
pub fn caches_at_home() -> impl Iterator<Item = String> {
    let tools = python::TOOL_CACHES.iter().chain(node::USER_CACHES);
    let endings = MANAGERS.iter().flat_map(|it| it.cache).flat_map(Cache::endings);
    endings.chain(tools.map(|it| format!("/{it}")))
}

/// The variable of this name that turns a cache off.
pub fn off_variable(name: &str) -> Option<&'static OffVariable> {
    caches().flat_map(Cache::off_variables).find(|it| it.name == name)
}
