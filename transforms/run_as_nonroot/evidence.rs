//! What names and values tell of folders: which are written to, and which are only read.

use super::Image;
use crate::{
    ecosystems::MANAGERS,
    text::{ImagePath, Refusal},
};

/// A file or folder that is written to, as a variable or an option names it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Written {
    /// The path as written; it may be relative.
    pub path: String,
    /// True if it is a file, so that its folder is written to.
    pub is_file: bool,
}

impl Written {
    /// A folder.
    pub(super) fn folder(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_file: false }
    }

    /// A file.
    pub(super) fn file(path: impl Into<String>) -> Self {
        Self { path: path.into(), is_file: true }
    }

    /// The folder that is written to; `None` if the path is relative and the working directory is not known.
    pub(super) fn place(&self, workdir: Option<&ImagePath>) -> Option<ImagePath> {
        let path = ImagePath::new(&self.path).or_else(|| Some(workdir?.join(&self.path)))?;
        Some(path.parent().filter(|_| self.is_file).unwrap_or(path))
    }
}

/// Folders of installed packages, which are code: `node_modules` and its like.
pub(super) fn is_installed(path: &str) -> bool {
    let folders = ["node_modules", ".venv", "venv", "vendor", "__pypackages__", "site-packages"];
    folders.contains(&last(path))
}

/// The last part of a path.
fn last(path: &str) -> &str {
    path.trim_end_matches('/').rsplit('/').next().unwrap_or_default()
}

/// Folders of dependencies and builds, which are mounted to keep them from being hidden.
pub(super) fn is_dependencies(path: &str) -> bool {
    let builds = ["target", "dist", "build", ".next", "__pycache__", ".cargo"];
    is_installed(path) || builds.contains(&last(path))
}

/// Whether a path is that of a file, as settings are mounted.
pub(super) fn is_file(path: &str) -> bool {
    let extension = path.rsplit('/').next().and_then(|it| it.rsplit_once('.')).map(|it| it.1);
    let files = ["yaml", "yml", "json", "conf", "toml", "ini", "cfg", "xml", "env", "pem", "key"];
    extension.is_some_and(|it| files.contains(&it))
}

/// Whether a folder is called what is only read at run time.
pub(super) fn is_settings(path: &str) -> bool {
    let name = last(path);
    let read = ["etc", "conf", "config", "certs", "ssl", "keys", "bin", "lib", "src", "static"];
    read.contains(&name) || name.ends_with(".d")
}

/// Whether a folder is called what state is called.
pub(super) fn is_state_name(path: &str) -> bool {
    let name = last(path).to_lowercase();
    let name = name.trim_start_matches('.');
    [
        "data", "db", "database", "log", "upload", "media", "storage", "output", "download", "tmp",
        "temp", "cache", "session", "backup", "state", "instance", "chroma", "results", "files",
        "save",
    ]
    .iter()
    .any(|it| name.ends_with(it) || name.split(['-', '_']).any(|part| part.starts_with(it)))
}

/// The file or folder that a variable names, when its name or value says that it is written to.
pub(super) fn named(name: &str, value: &str) -> Option<Written> {
    if let Some(path) = sqlite(value) {
        return Some(Written::file(path));
    }
    let upper = name.to_uppercase();
    let kinds = [
        "UPLOAD", "MEDIA", "DATA", "LOG", "CACHE", "STORAGE", "DOWNLOAD", "OUTPUT", "SQLITE", "DB",
        "DATABASE", "SESSION", "TMP", "TEMP", "STATE", "PERSIST", "BACKUP",
    ];
    let places = ["DIR", "PATH", "FOLDER", "ROOT", "FILE", "DIRECTORY", "LOCATION"];
    let own = [
        "HF_HOME",
        "TRANSFORMERS_CACHE",
        "TORCH_HOME",
        "MPLCONFIGDIR",
        "XDG_CACHE_HOME",
        "SENTENCE_TRANSFORMERS_HOME",
        "NUMBA_CACHE_DIR",
    ];
    // What installs use at build, and what programs only read.
    let builds = [
        "NPM_",
        "YARN_",
        "APT_",
        "NUGET_",
        "LD_",
        "CARGO_",
        "GO",
        "COMPOSER_",
        "BUNDLE_",
        "PLAYWRIGHT_",
        "NLTK_",
        "TZ",
        "JAVA_",
        "HOMEBREW_",
        "CONDA_",
        "POSTGRES",
        "PG",
        "MYSQL",
        "REDIS",
        "MONGO",
        "PNPM_",
        "COREPACK",
    ];
    let managers = MANAGERS.iter().map(|it| it.variables);
    let parts: Vec<&str> = upper.split('_').collect();
    let kind =
        kinds.iter().any(|it| parts.contains(it) || parts.contains(&format!("{it}S").as_str()));
    let place = places.iter().any(|it| parts.last() == Some(it));
    let written = own.contains(&upper.as_str())
        || (kind
            && place
            && !builds.iter().copied().chain(managers).any(|it| upper.starts_with(it)));
    let plain = value.contains('/') || value.starts_with('.');
    if !written
        || value.is_empty()
        || value.contains(['$', '{', ' ', ':', '*'])
        || !(plain || own.contains(&upper.as_str()))
    {
        return None;
    }
    let last = last(value);
    let is_file = last.trim_start_matches('.').contains('.');
    Some(Written { path: value.to_owned(), is_file })
}

/// Whether the file of a database is none that a COPY brings, which would stay root's.
pub(super) fn is_new(image: &Image<'_>, value: &str) -> Result<(), Refusal> {
    match sqlite(value).filter(|it| image.provider(it).is_some()) {
        Some(path) => Err(Refusal::new(
            "database-in-image",
            format!("{path} is copied into the image as root"),
        )),
        None => Ok(()),
    }
}

/// The file of an SQLite database: `sqlite:///./data/app.db`, `sqlite+aiosqlite:////data/app.db`,
/// `file:./dev.db`.
fn sqlite(value: &str) -> Option<String> {
    let path = match value.split_once("://") {
        Some((scheme, rest)) if scheme.starts_with("sqlite") => {
            rest.strip_prefix('/').unwrap_or(rest)
        }
        None => value.strip_prefix("file:").filter(|it| it.ends_with(".db"))?,
        _ => return None,
    };
    let path = path.split('?').next().unwrap_or(path);
    let memory = path.is_empty() || path.contains(":memory:") || path.contains('$');
    (!memory).then(|| path.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables_name_folders() {
        let rows = [
            ("LOG_DIR", "/var/log/a", Some("/var/log/a")),
            ("LOG_FILE", "logs/a.log", Some("/w/logs")),
            ("UPLOAD_FOLDER", "/srv/up/", Some("/srv/up")),
            ("DATABASE_URL", "sqlite:////data/a.db?x=1", Some("/data")),
            ("DATABASE_URL", "sqlite+aiosqlite:///a.db", Some("/w")),
            ("DATABASE_URL", "file:./dev/a.db", Some("/w/dev")),
            ("DATABASE_URL", "sqlite:///:memory:", None),
            ("DATABASE_URL", "postgres://db/data", None),
            ("HF_HOME", "/models", Some("/models")),
            ("PIP_CACHE_DIR", "/opt/pip", None),
            ("LOG_LEVEL", "info", None),
            ("DATA_DIR", "$HOME/data", None),
            ("STATIC_ROOT", "/app/static", None),
        ];
        let workdir = ImagePath::new("/w");
        for (name, value, expected) in rows {
            let place = named(name, value).map(|it| it.place(workdir.as_ref()).unwrap());
            assert_eq!(place.as_ref().map(ImagePath::as_str), expected, "{name}={value}");
        }
        assert_eq!(named("LOG_FILE", "logs/a.log").unwrap().place(None), None);
        assert_eq!(named("LOG_FILE", "/a.log").unwrap().place(None), Some(ImagePath::root()));
    }

    #[test]
    fn names_tell_state_settings_and_dependencies() {
        assert!(is_state_name("/app/media") && is_state_name("/srv/user-uploads"));
        assert!(!is_state_name("/app/src"));
        assert!(is_settings("/opt/x/etc") && is_file("/app/config.yaml") && !is_file("/app/v1.2"));
        assert!(is_dependencies("/app/node_modules"));
    }
}
