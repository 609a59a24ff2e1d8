//! What an install reads, needs and makes.

use super::{At, Setting, python::pyproject::Pyproject};
use crate::{
    shell::Invocation,
    text::{ImagePath, Refusal},
};

/// What a command that installs from manifests reads and makes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Install {
    /// The files it reads.
    pub reads: Vec<Read>,
    /// The folders it reads as a whole; where one comes from the project, it needs that source.
    pub locals: Vec<Local>,
    /// What it needs of the project besides.
    pub source: Source,
    /// What it makes where a COPY of the project could overwrite it.
    pub makes: Vec<ImagePath>,
}

/// A file that an install reads.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Read {
    /// Where it stands in the image.
    pub path: ImagePath,
    /// Whether the install fails without it.
    pub required: bool,
}

/// A folder that an install reads as a whole: a package to build, or archives.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Local {
    /// Where it stands in the image; `None` when that cannot be known.
    pub path: Option<ImagePath>,
    /// Why the install needs it.
    pub reason: String,
}

/// What an install needs of the project besides its manifests.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Source {
    /// Nothing.
    #[default]
    Nothing,
    /// The project itself or folders of it, but these flags install everything else without them; the
    /// same command, run again when the source is there, installs the rest.
    Later(Vec<&'static str>),
    /// Something that cannot be left out.
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
    /// Adds a file that the install fails without.
    pub fn needs(&mut self, path: ImagePath) {
        self.reads.push(Read { path, required: true });
    }

    /// Adds a file that the install reads if it is there.
    pub fn takes(&mut self, path: ImagePath) {
        self.reads.push(Read { path, required: false });
    }

    /// Whether it says nothing of what it installs.
    pub(super) fn is_empty(&self) -> bool {
        self.reads.is_empty() && self.locals.is_empty() && self.source == Source::Nothing
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
