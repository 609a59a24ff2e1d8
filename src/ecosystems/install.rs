//! What an install reads, needs and makes.

use super::{At, Setting, python::pyproject::Pyproject};
use crate::{
    shell::Invocation,
    text::{ImagePath, Refusal},
};

/// What a command that installs from manifests reads and makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Install {
    /// What it reads of the image.
    pub reads: Vec<Read>,
    /// The scripts that it starts.
    pub runs: Vec<Lifecycle>,
    /// What it makes where a COPY of the project could overwrite it, as paths of the image.
    pub makes: Vec<ImagePath>,
    /// The lock that it may write anew, where that is one of the files that it reads.
    pub rewrites: Option<ImagePath>,
    /// What it needs of the project besides.
    pub source: Source,
}

/// A script that an install starts: `postinstall`, `prepare`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// What the manager calls it.
    pub name: String,
    /// What it does, as shell.
    pub text: String,
    /// The folder that it runs in.
    pub directory: ImagePath,
}

/// Something that an install reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Read {
    /// A file.
    File {
        /// Where it stands in the image.
        path: ImagePath,
        /// Whether the install fails without it.
        required: bool,
    },
    /// A folder, as a whole: a package to build, archives, patches. Where it comes from the project, the
    /// install needs that source.
    Folder {
        /// Where it stands in the image; `None` if it cannot be known.
        path: Option<ImagePath>,
        /// Why the install needs it.
        why: String,
    },
}

/// What an install needs of the project besides what it [reads](Read).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing.
    #[default]
    Nothing,
    /// The project itself or folders of it. With these flags it installs everything else without them; the
    /// same command, run again when the source is there, installs the rest.
    First {
        /// The flags.
        leaves_out: Vec<&'static str>,
    },
    /// The source, but what it downloads can be fetched before by these commands, each as its words, run in the
    /// same folder. What the install [reads](Install::reads) is what they read. The install stays as it is and
    /// finds what they fetched.
    Fetch {
        /// The commands.
        commands: Vec<Vec<String>>,
    },
    /// Something that cannot be left out: why it cannot come before the source.
    Now(Refusal),
}

/// The variables that name a file which every program that fetches packages reads.
const FILES: [&str; 4] = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NETRC"];

/// Why an install cannot be read whose manifests a variable names.
pub(super) const UNKNOWN: &str = "what it installs depends on a value that is not known";

impl At<'_> {
    /// The `pyproject.toml` at a path.
    ///
    /// # Errors
    /// Why an install that reads it cannot be told anything about, when it is not there or broken.
    pub(super) fn pyproject(&self, path: &ImagePath) -> Result<Pyproject, Source> {
        let Some(text) = (self.text)(path) else {
            let reason = format!("the install reads {path}, which is not in the build context");
            return Err(Source::Now(Refusal::new("manifest-not-found", reason)));
        };
        let unread =
            |_| Source::Now(Refusal::new("unknown-manifest", format!("{path} cannot be read")));
        Pyproject::read(&text).map_err(unread)
    }
}

impl Install {
    /// The files that it reads, and whether it fails without them.
    pub fn files(&self) -> impl Iterator<Item = (&ImagePath, bool)> {
        self.reads.iter().filter_map(|it| match it {
            Read::File { path, required } => Some((path, *required)),
            Read::Folder { .. } => None,
        })
    }

    /// The folders that it reads as a whole, and why.
    pub fn folders(&self) -> impl Iterator<Item = (Option<&ImagePath>, &str)> {
        self.reads.iter().filter_map(|it| match it {
            Read::Folder { path, why } => Some((path.as_ref(), why.as_str())),
            Read::File { .. } => None,
        })
    }

    /// Adds a file that the install fails without.
    pub fn needs(&mut self, path: ImagePath) {
        self.reads.push(Read::File { path, required: true });
    }

    /// Adds a file that the install reads if it is there.
    pub fn takes(&mut self, path: ImagePath) {
        self.reads.push(Read::File { path, required: false });
    }

    /// Adds a folder that the install reads as a whole.
    pub fn takes_folder(&mut self, path: Option<ImagePath>, why: String) {
        self.reads.push(Read::Folder { path, why });
    }

    /// Whether nothing is known of what it installs.
    pub(super) fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.source == Source::Nothing
    }

    /// Adds the files that the environment names, by these variables or those of every program, and the
    /// settings at these places in the home directory.
    pub(super) fn settings(
        &mut self,
        call: &Invocation,
        at: &At<'_>,
        variables: &[&str],
        home: &[&str],
    ) {
        for name in FILES.iter().chain(variables) {
            match at.variable(call, name) {
                Setting::Known(value) if !value.is_empty() => {
                    at.path(&value).into_iter().for_each(|it| self.takes(it));
                }
                Setting::Unknown => {
                    self.source = Source::Now(Refusal::new("unknown-manifest", UNKNOWN));
                }
                _ => {}
            }
        }
        let Some(folder) = at.home(call).and_then(|it| ImagePath::new(&it)) else { return };
        for name in [".netrc"].iter().chain(home) {
            self.takes(folder.join(name));
        }
    }
}
